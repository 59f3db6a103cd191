use std::f64::consts::PI;

use matrix_free::linalg::{frobenius_squared, norm, singular_values};
use matrix_free::operator::to_dense;
use ndarray::Array2;
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 2/5.1 a bound from products alone

type Student = fn(Operator<'_>, &Array2<f64>, &Array2<f64>) -> f64;

const FACTOR: f64 = 1.595_769_121_605_731;

fn left(q: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
    y - &q.dot(&q.t().dot(y))
}

fn lengths(block: &Array2<f64>) -> Vec<f64> {
    block.columns().into_iter().map(|column| norm(&column)).collect()
}

fn longest(block: &Array2<f64>) -> f64 {
    lengths(block).into_iter().fold(0.0, f64::max)
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("The factor 2 sqrt(2 / pi) is missing"), |a, q, omega| longest(&left(q, &a.apply_block(omega)))),
        (Cause("The 2 before the root is missing"), |a, q, omega| {
            FACTOR / 2.0 * longest(&left(q, &a.apply_block(omega)))
        }),
        (Cause("not pi / 2"), |a, q, omega| 2.0 * (PI / 2.0).sqrt() * longest(&left(q, &a.apply_block(omega)))),
        (Cause("The root around 2 / pi is missing"), |a, q, omega| {
            2.0 * 2.0 / PI * longest(&left(q, &a.apply_block(omega)))
        }),
        (Cause("The first 2 stands outside the root"), |a, q, omega| {
            (2.0 * 2.0 / PI).sqrt() * longest(&left(q, &a.apply_block(omega)))
        }),
        (Cause("for a failure in one of 10^r"), |a, q, omega| 5.0 * FACTOR * longest(&left(q, &a.apply_block(omega)))),
        (Cause("the mean length of the columns"), |a, q, omega| {
            let lengths = lengths(&left(q, &a.apply_block(omega)));
            FACTOR * lengths.iter().sum::<f64>() / lengths.len() as f64
        }),
        (Cause("This is the shortest column"), |a, q, omega| {
            FACTOR * lengths(&left(q, &a.apply_block(omega))).into_iter().fold(f64::INFINITY, f64::min)
        }),
        (Cause("This is the first column"), |a, q, omega| FACTOR * norm(&left(q, &a.apply_block(omega)).column(0))),
        (Cause("This is the Frobenius norm"), |a, q, omega| {
            FACTOR * frobenius_squared(&left(q, &a.apply_block(omega))).sqrt()
        }),
        (Cause("This is the spectral norm of all columns"), |a, q, omega| {
            FACTOR * singular_values(&left(q, &a.apply_block(omega)))[0]
        }),
        (Cause("This is the largest entry"), |a, q, omega| {
            FACTOR * left(q, &a.apply_block(omega)).iter().fold(0.0, |l: f64, x| l.max(x.abs()))
        }),
        (Cause("the lengths of the rows"), |a, q, omega| {
            FACTOR * longest(&left(q, &a.apply_block(omega)).reversed_axes())
        }),
        (Cause("the root of its sum of squares"), |a, q, omega| {
            let missed = left(q, &a.apply_block(omega));
            FACTOR * missed.columns().into_iter().map(|c| c.dot(&c)).fold(0.0, f64::max)
        }),
        (Cause("yours projects the probes before the product"), |a, q, omega| {
            FACTOR * longest(&a.apply_block(&left(q, omega)))
        }),
        (Cause("project the products alone"), |a, q, omega| {
            FACTOR * longest(&left(q, &a.apply_block(&left(q, omega))))
        }),
        (Cause("is not subtracted: Y - Q (Q^T Y)"), |a, _, omega| FACTOR * longest(&a.apply_block(omega))),
        (Cause("This is the part that the basis captures"), |a, q, omega| {
            FACTOR * longest(&q.t().dot(&a.apply_block(omega)))
        }),
        (Cause("multiply them by A first"), |_, q, omega| FACTOR * longest(&left(q, omega))),
        (Cause("not from omega"), |a, q, omega| FACTOR * longest(&(omega - &q.dot(&q.t().dot(&a.apply_block(omega)))))),
        (Cause("divided by those of the probes"), |a, q, omega| {
            let missed = lengths(&left(q, &a.apply_block(omega)));
            FACTOR * missed.iter().zip(lengths(omega)).map(|(m, o)| m / o).fold(0.0, f64::max)
        }),
        (Cause("This is the range error itself"), |a, q, _| solutions::range_error(&to_dense(a), q)),
        (Cause("You form the matrix"), |a, q, omega| FACTOR * longest(&left(q, &to_dense(a).dot(omega)))),
        (Cause("Each probe is multiplied twice"), |a, q, omega| {
            FACTOR * longest(&(a.apply_block(omega) - q.dot(&q.t().dot(&a.apply_block(omega)))))
        }),
        // The difference of two squares: half of the digits are lost.
        (Difference("digits are lost"), |a, q, omega| {
            let product = a.apply_block(omega);
            let (all, captured) = (lengths(&product), lengths(&q.t().dot(&product)));
            let squares = all.iter().zip(captured).map(|(a, c)| (a * a - c * c).max(0.0));
            FACTOR * squares.fold(0.0, f64::max).sqrt()
        }),
        // Probes of its own.
        (Difference("Take it in three parts"), |a, q, omega| {
            let probes = matrix_free::probe::gaussian_matrix(a.dim(), omega.ncols(), &mut matrix_free::probe::rng(0));
            FACTOR * longest(&left(q, &a.apply_block(&probes)))
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::range_certificate(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("range_certificate", wrong());
}

#[test]
fn other_right_versions_pass() {
    let right: [Student; 4] = [
        |a, q, omega| FACTOR * longest(&left(q, &a.apply_block(omega))),
        // One probe at a time.
        |a, q, omega| {
            let mut largest: f64 = 0.0;
            for probe in omega.columns() {
                let y = a.apply(&probe);
                let missed = &y - &q.dot(&q.t().dot(&y));
                largest = largest.max(norm(&missed));
            }
            2.0 * (2.0 / PI).sqrt() * largest
        },
        // The projector as a matrix, and the root taken last.
        |a, q, omega| {
            let missed = (Array2::<f64>::eye(a.dim()) - q.dot(&q.t())).dot(&a.apply_block(omega));
            let squares = (&missed * &missed).sum_axis(ndarray::Axis(0));
            (8.0 / PI * squares.iter().copied().fold(0.0, f64::max)).sqrt()
        },
        // Each column of the basis in turn.
        |a, q, omega| {
            let mut y = a.apply_block(omega);
            for u in q.columns() {
                let weights = y.t().dot(&u);
                for i in 0..y.nrows() {
                    for j in 0..y.ncols() {
                        y[[i, j]] -= u[i] * weights[j];
                    }
                }
            }
            FACTOR * longest(&y)
        },
    ];
    for student in right {
        assert_passed(check::range_certificate(student));
    }
}
