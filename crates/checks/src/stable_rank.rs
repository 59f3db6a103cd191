use ndarray::{Array2, array, s};

use super::report::report;
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::linalg::{eigvalsh, frobenius_squared, singular_values};
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};

type StableRank = fn(&Array2<f64>) -> f64;

/// Checks exercise 2/0.1: matrices that are diagonal, indefinite, not symmetric, tall, wide, large and small.
pub fn stable_rank(student: StableRank) -> Card {
    report("2/0.1", |report| {
        judge(
            report,
            &cases(),
            student,
            estimators::stable_rank,
            &suspects(),
            "Compare the two norms one by one: `frobenius_squared(a)` is a square already, and `singular_values(a)[0]` is the spectral norm",
        )
    })
}

fn cases() -> Vec<Case<Array2<f64>>> {
    let general = gaussian_matrix(6, 4, &mut rng(3));
    let cases = vec![
        Case::new(
            "the stable rank of diag(4, 2, 2, 1, 0) is 25/16",
            Array2::from_diag(&array![4.0, 2.0, 2.0, 1.0, 0.0]),
        ),
        Case::new("with eigenvalues -3, 1, 2 it is 14/9", symmetric_with_spectrum(&array![-3.0, 1.0, 2.0], 1)),
        Case::new("for an unsymmetric matrix of rank 1 it is 1", array![[0.0, 2.0], [0.0, 1.0]]),
        Case::new(
            "for a 4 x 2 matrix with singular values 5 and 2 it is 29/25",
            array![[3.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 0.0]],
        ),
        Case::new("for a random 6 x 4 matrix", general.clone()),
        Case::new("for its transpose", general.t().to_owned()),
        Case::new("for a random 4 x 4 matrix, not symmetric", general.slice(s![..4, ..]).to_owned()),
        Case::new("for twice the identity, n = 5, it is 5", Array2::eye(5) * 2.0),
        Case::new("for the 1 x 1 matrix -3 it is 1", array![[-3.0]]),
        Case::new("it does not change when the matrix is multiplied by 1e-8", &general * 1e-8).note(FIXED_NUMBER),
        Case::new("nor by 1e8", &general * 1e8).note(FIXED_NUMBER),
    ];
    cases.into_iter().map(|case| case.slack(1e-12)).collect()
}

fn suspects() -> Vec<Suspect<Array2<f64>>> {
    type Wrong = (&'static str, fn(&Array2<f64>) -> f64);
    let wrong: [Wrong; 22] = [
        ("This is the rank, the number of nonzero singular values", |a| {
            let sigma = singular_values(a);
            sigma.iter().filter(|s| **s > 1e-12 * sigma[0]).count() as f64
        }),
        ("This is the square root; square both norms", |a| estimators::stable_rank(a).sqrt()),
        ("This is the square; each norm is squared once", |a| estimators::stable_rank(a).powi(2)),
        ("Square the spectral norm in the denominator too", |a| frobenius_squared(a) / singular_values(a)[0]),
        ("This is upside down; the Frobenius norm goes in the numerator", |a| 1.0 / estimators::stable_rank(a)),
        ("This is the sum of the singular values over the largest; square them all", |a| {
            singular_values(a).sum() / singular_values(a)[0]
        }),
        ("This squares the sum of the singular values; sum their squares", |a| {
            (singular_values(a).sum() / singular_values(a)[0]).powi(2)
        }),
        ("Square the Frobenius norm in the numerator too", |a| {
            frobenius_squared(a).sqrt() / singular_values(a)[0].powi(2)
        }),
        ("`frobenius_squared` is a square already; do not square it again", |a| {
            frobenius_squared(a).powi(2) / singular_values(a)[0].powi(2)
        }),
        ("This divides by the smallest singular value; they are in descending order, so the largest is entry 0", |a| {
            let sigma = singular_values(a);
            frobenius_squared(a) / sigma[sigma.len() - 1].powi(2)
        }),
        ("This divides by the second singular value; the largest is entry 0", |a| {
            singular_values(a).get(1).map_or(f64::NAN, |sigma| frobenius_squared(a) / sigma.powi(2))
        }),
        ("This divides by the square of the largest entry; the spectral norm is the largest singular value", |a| {
            frobenius_squared(a) / a.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())).powi(2)
        }),
        ("This divides by the fourth power of sigma_1: the eigenvalues of A^T A are squares already", |a| {
            frobenius_squared(a) / singular_values(a)[0].powi(4)
        }),
        ("This is (sum sigma^2)^2 / sum sigma^4, the participation ratio; divide by the largest square", |a| {
            let squares = singular_values(a).mapv(|s| s * s);
            squares.sum().powi(2) / squares.dot(&squares)
        }),
        (
            "This is (sum sigma)^2 / sum sigma^2; the Frobenius norm goes in the numerator, and the largest singular value below it",
            |a| singular_values(a).sum().powi(2) / frobenius_squared(a),
        ),
        ("The first singular value is left out of the sum; the sum runs over all", |a| {
            estimators::stable_rank(a) - 1.0
        }),
        ("You divided by the number of singular values; the stable rank is not a mean", |a| {
            estimators::stable_rank(a) / a.nrows().min(a.ncols()) as f64
        }),
        ("You divided by the number of rows; the stable rank is not a mean", |a| {
            estimators::stable_rank(a) / a.nrows() as f64
        }),
        ("You rounded; the stable rank is seldom a whole number", |a| estimators::stable_rank(a).round()),
        ("You rounded up; the stable rank is seldom a whole number", |a| estimators::stable_rank(a).ceil()),
        ("You rounded down; the stable rank is seldom a whole number", |a| estimators::stable_rank(a).floor()),
        (
            "This divides by the largest square of a column's length; the spectral norm is the largest singular value",
            |a| {
                let longest = a.columns().into_iter().map(|c| c.dot(&c)).fold(0.0, f64::max);
                frobenius_squared(a) / longest
            },
        ),
    ];
    // On a matrix that is not square these stop with a message of their own.
    let square: [Wrong; 2] = [
        ("This divides by the square of the largest eigenvalue; the spectral norm is the largest *magnitude*", |a| {
            frobenius_squared(a) / eigvalsh(a)[a.nrows() - 1].powi(2)
        }),
        (
            "`spectral_norm` and `eigvalsh` are for symmetric matrices and read only one triangle; take the largest singular value",
            |a| frobenius_squared(a) / matrix_free::linalg::spectral_norm(a).powi(2),
        ),
    ];
    let mut suspects: Vec<Suspect<Array2<f64>>> =
        wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect();
    suspects.extend(square.into_iter().map(|(cause, gives)| {
        Suspect::new(cause, move |a: &Array2<f64>| if a.is_square() { gives(a) } else { estimators::stable_rank(a) })
    }));
    suspects
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), estimators::stable_rank, &suspects());
    }
}
