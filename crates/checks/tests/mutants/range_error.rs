use matrix_free::linalg::{eigvalsh, frobenius_squared, norm, singular_values, spectral_norm};
use ndarray::Array2;
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 2/1.1 the error of a basis

fn residual(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
    a - &q.dot(&q.t().dot(a))
}

fn kept(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
    q.dot(&q.t().dot(a))
}

type Student = fn(&Array2<f64>, &Array2<f64>) -> f64;

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("read only one triangle"), |a, q| spectral_norm(&residual(a, q))),
        (Cause("that of its symmetric part"), |a, q| spectral_norm(&((residual(a, q) + residual(a, q).t()) / 2.0))),
        (Cause("This is the Frobenius norm"), |a, q| frobenius_squared(&residual(a, q)).sqrt()),
        (Cause("the square of the Frobenius norm"), |a, q| frobenius_squared(&residual(a, q))),
        (Cause("This is the squared norm"), |a, q| singular_values(&residual(a, q))[0].powi(2)),
        (Cause("The square root is one too many"), |a, q| singular_values(&residual(a, q))[0].sqrt()),
        (Cause("(I - Q Q^T) A (I - Q Q^T); project on the left only"), |a, q| {
            spectral_norm(&(residual(a, q) - residual(a, q).dot(&q.dot(&q.t()))))
        }),
        (Cause("A - Q Q^T A Q Q^T; project on the left only"), |a, q| {
            spectral_norm(&(a - &q.dot(&q.t().dot(a).dot(q)).dot(&q.t())))
        }),
        (Cause("apply the projector to A first"), |a, q| singular_values(&(a - &q.dot(&q.t())))[0]),
        (Cause("multiply the projector by A"), |_, q| {
            singular_values(&(Array2::<f64>::eye(q.nrows()) - q.dot(&q.t())))[0]
        }),
        (Cause("return the norm of the part it misses"), |a, q| singular_values(&kept(a, q))[0]),
        (Cause("This is the norm of A + Q Q^T A"), |a, q| singular_values(&(a + &kept(a, q)))[0]),
        (Cause("This is the norm of A; subtract"), |a, _| singular_values(a)[0]),
        (Cause("This is the smallest singular value"), |a, q| {
            let values = singular_values(&residual(a, q));
            values[values.len() - 1]
        }),
        (Cause("the second singular value"), |a, q| singular_values(&residual(a, q))[1]),
        (Cause("the sum of the singular values"), |a, q| singular_values(&residual(a, q)).sum()),
        (Cause("subtract the matrices first"), |a, q| singular_values(a)[0] - singular_values(&kept(a, q))[0]),
        (Cause("This is the largest entry"), |a, q| residual(a, q).iter().fold(0.0, |l: f64, x| l.max(x.abs()))),
        (Cause("the largest length of a column"), |a, q| {
            residual(a, q).columns().into_iter().map(|c| norm(&c)).fold(0.0, f64::max)
        }),
        (Cause("relative to the norm of A"), |a, q| solutions::range_error(a, q) / singular_values(a)[0]),
        (Cause("relative to the Frobenius norm of A"), |a, q| {
            solutions::range_error(a, q) / frobenius_squared(a).sqrt()
        }),
        (Cause("the least that a basis with l columns can miss"), |a, q| {
            singular_values(a).get(q.ncols()).copied().unwrap_or(0.0)
        }),
        // The difference of two squares: half of the digits are lost.
        (Difference("digits are lost"), |a, q| {
            let difference = a.t().dot(a) - kept(a, q).t().dot(&kept(a, q));
            eigvalsh(&difference)[a.nrows() - 1].max(0.0).sqrt()
        }),
        (Difference("an error of 1e-9 is found"), |a, q| {
            let error = solutions::range_error(a, q);
            if error < 1e-8 && singular_values(a)[0] > 1.0 { 0.0 } else { error }
        }),
        (Difference("for the matrix multiplied by 1e-8"), |a, q| solutions::range_error(a, q) + 1e-10),
        (Difference("digits are lost"), |a, q| solutions::range_error(&a.mapv(|x| f64::from(x as f32)), q)),
        (Difference("Form the residual"), |a, q| {
            // Only the columns that the basis was made for.
            let residual = residual(a, q);
            singular_values(&residual.slice(ndarray::s![.., ..q.ncols()]).to_owned())[0]
        }),
    ];
    let error = |student: Student| move || check::range_finder(solutions::range_finder, student);
    wrong.into_iter().map(|(says, student)| Wrong::new(says, error(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("range_error", wrong());
}

#[test]
fn other_right_versions_pass() {
    let errors: [Student; 4] = [
        |a, q| {
            let residual = a - &q.dot(&q.t()).dot(a);
            spectral_norm(&residual.t().dot(&residual)).max(0.0).sqrt()
        },
        // The projection on the right: the transpose, for a symmetric matrix.
        |a, q| singular_values(&(a - &a.dot(q).dot(&q.t())))[0],
        |a, q| singular_values(&(Array2::eye(q.nrows()) - q.dot(&q.t())).dot(a))[0],
        // Column by column.
        |a, q| {
            let mut residual = a.clone();
            for u in q.columns() {
                let weights = a.t().dot(&u);
                for i in 0..a.nrows() {
                    for j in 0..a.ncols() {
                        residual[[i, j]] -= u[i] * weights[j];
                    }
                }
            }
            singular_values(&residual).iter().fold(0.0, |l: f64, s| l.max(*s))
        },
    ];
    for error in errors {
        assert_passed(check::range_finder(solutions::range_finder, error));
    }
}
