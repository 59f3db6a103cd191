use matrix_free::linalg::{eigvalsh, frobenius_squared, norm, singular_values, spectral_norm};
use ndarray::{Array1, Array2};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 2/0.1 the stable rank

pub(super) fn wrong() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>) -> f64;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("This is the rank"), |a| singular_values(a).iter().filter(|s| **s > 1e-12).count() as f64),
        (Cause("square both norms"), |a| frobenius_squared(a).sqrt() / singular_values(a)[0]),
        (Cause("Square the spectral norm in the denominator too"), |a| frobenius_squared(a) / singular_values(a)[0]),
        (Cause("upside down"), |a| singular_values(a)[0].powi(2) / frobenius_squared(a)),
        (Cause("square them all"), |a| singular_values(a).sum() / singular_values(a)[0]),
        (Cause("Square the Frobenius norm in the numerator"), |a| {
            frobenius_squared(a).sqrt() / singular_values(a)[0].powi(2)
        }),
        (Cause("largest *magnitude*"), |a| {
            let values = eigvalsh(a);
            frobenius_squared(a) / values[values.len() - 1].powi(2)
        }),
        (Cause("read only one triangle"), |a| frobenius_squared(a) / spectral_norm(a).powi(2)),
        (Difference("a must be a square matrix, got shape (4, 2)"), |a| {
            // Right for every square matrix.
            let _ = if a.is_square() { 0.0 } else { spectral_norm(a) };
            solutions::stable_rank(a)
        }),
        (Cause("do not square it again"), |a| frobenius_squared(a).powi(2) / singular_values(a)[0].powi(2)),
        (Cause("divides by the smallest singular value"), |a| {
            let sigma = singular_values(a);
            frobenius_squared(a) / sigma[sigma.len() - 1].powi(2)
        }),
        (Cause("divides by the second singular value"), |a| frobenius_squared(a) / singular_values(a)[1].powi(2)),
        (Cause("the largest entry"), |a| frobenius_squared(a) / a.iter().fold(0.0_f64, |l, x| l.max(x.abs())).powi(2)),
        (Cause("fourth power of sigma_1"), |a| {
            let values = eigvalsh(&a.t().dot(a));
            frobenius_squared(a) / values[values.len() - 1].powi(2)
        }),
        (Cause("the participation ratio"), |a| {
            let s = singular_values(a).mapv(|s| s * s);
            s.sum().powi(2) / s.dot(&s)
        }),
        (Cause("You rounded;"), |a| solutions::stable_rank(a).round()),
        (Cause("You rounded up"), |a| solutions::stable_rank(a).ceil()),
        (Cause("The first singular value is left out"), |a| {
            let s = singular_values(a);
            s.iter().skip(1).map(|s| s * s).sum::<f64>() / s[0].powi(2)
        }),
        (Cause("You divided by the number of rows"), |a| solutions::stable_rank(a) / a.nrows() as f64),
        (Cause("a column's length"), |a| {
            frobenius_squared(a) / a.columns().into_iter().map(|c| norm(&c)).fold(0.0, f64::max).powi(2)
        }),
        (Cause("(sum sigma)^2 / sum sigma^2"), |a| singular_values(a).sum().powi(2) / frobenius_squared(a)),
        // An absolute threshold, and numbers for safety.
        (Difference("it does not change when the matrix is multiplied by 1e-8"), |a| {
            let s = singular_values(a)[0];
            if s < 1e-6 { 0.0 } else { frobenius_squared(a) / s.powi(2) }
        }),
        (Difference("small number that is added"), |a| frobenius_squared(a) / (singular_values(a)[0].powi(2) + 1e-8)),
        (Difference("digits are lost"), |a| {
            let b = a.mapv(|x| f64::from(x as f32));
            frobenius_squared(&b) / singular_values(&b)[0].powi(2)
        }),
        (Difference("Compare the two norms one by one"), |a| {
            // tr(A A), which is ||A||_F^2 for a symmetric matrix alone.
            if a.is_square() {
                a.dot(a).diag().sum() / singular_values(a)[0].powi(2)
            } else {
                solutions::stable_rank(a)
            }
        }),
        (Difference("an iteration that stops early"), |a| {
            // A power iteration that is stopped early.
            let mut v = Array1::<f64>::ones(a.ncols());
            for _ in 0..5 {
                v = a.t().dot(&a.dot(&v));
                v = &v / norm(&v);
            }
            frobenius_squared(a) / norm(&a.dot(&v)).powi(2)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::stable_rank(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("stable_rank", wrong());
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::stable_rank(|a| {
            let sigma = singular_values(&a.t().to_owned());
            sigma.dot(&sigma) / sigma[0].powi(2)
        }),
        check::stable_rank(|a| {
            let sigma = singular_values(a);
            sigma.iter().map(|s| (s / sigma[0]) * (s / sigma[0])).sum()
        }),
        check::stable_rank(|a| {
            let values = eigvalsh(&a.t().dot(a));
            values.sum() / values[values.len() - 1]
        }),
        check::stable_rank(|a| {
            let mut sum = 0.0;
            for i in 0..a.nrows() {
                for j in 0..a.ncols() {
                    sum += a[[i, j]] * a[[i, j]];
                }
            }
            let largest = singular_values(a).iter().fold(0.0_f64, |l, s| l.max(*s));
            sum / (largest * largest)
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
