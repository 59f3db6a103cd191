//! The second function of exercise 2/1.1: what a basis misses.

use ndarray::{Array2, array};

use super::compare::largest;
use super::report::{Outcome, Report};
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use matrix_free::linalg::{eigh, frobenius_squared, orthonormalize, singular_values, spectral_norm};
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng, symmetric_with_spectrum};

type RangeError = fn(&Array2<f64>, &Array2<f64>) -> f64;
/// The matrix and the basis.
type Input = (Array2<f64>, Array2<f64>);

pub(super) fn error_checks(student: RangeError, report: &mut Report) -> Outcome {
    judge(
        report,
        &cases(),
        |(a, q)| student(a, q),
        truth,
        &suspects(),
        "Form the residual A - Q Q^T A as a matrix, and take its largest singular value",
    )
}

fn truth((a, q): &Input) -> f64 {
    estimators::range_error(a, q)
}

fn cases() -> Vec<Case<Input>> {
    let basis = |n: usize, width: usize, seed: u64| orthonormalize(&gaussian_matrix(n, width, &mut rng(seed)));
    let a = random_symmetric(7, 3);
    let steep = symmetric_with_spectrum(&array![1.0, 0.1, 1e-9, 5e-10, -3.0, 0.0], 5);
    // The eigenvectors for -3, 1 and 0.1.
    let pairs = eigh(&steep);
    let top = ndarray::concatenate![
        ndarray::Axis(1),
        pairs.vectors.slice(ndarray::s![.., ..1]),
        pairs.vectors.slice(ndarray::s![.., 4..])
    ];
    let unit = array![[1.0], [0.0], [0.0]];
    vec![
        Case::new(
            "the error of the first unit vector for diag(3, 2, 1) is 2",
            (Array2::from_diag(&array![3.0, 2.0, 1.0]), unit.clone()),
        ),
        Case::new("for diag(1, 2, -3) it is 3", (Array2::from_diag(&array![1.0, 2.0, -3.0]), unit)),
        Case::new("the error of a random basis for a random matrix", (a.clone(), basis(7, 3, 4))),
        Case::new("of another", (random_symmetric(8, 4), basis(8, 2, 5))),
        Case::new("for the matrix multiplied by 1e-8", (&a * 1e-8, basis(7, 3, 4))).note(FIXED_NUMBER),
        Case::new("by 1e8", (&a * 1e8, basis(7, 3, 4))).note(FIXED_NUMBER),
        Case::new("for five times the identity it is 5", (Array2::eye(6) * 5.0, basis(6, 4, 6))),
        Case::new("an error of 1e-9 is found beside a norm of 3", (steep, top)).slack(1e-13).size(3.0),
        Case::new("a basis of the whole space misses nothing", (a.clone(), basis(7, 7, 5))).slack(1e-12).size(5.0),
    ]
}

fn suspects() -> Vec<Suspect<Input>> {
    fn residual((a, q): &Input) -> Array2<f64> {
        a - &q.dot(&q.t().dot(a))
    }
    fn kept((a, q): &Input) -> Array2<f64> {
        q.dot(&q.t().dot(a))
    }
    fn norm(a: &Array2<f64>) -> f64 {
        singular_values(a)[0]
    }
    let frobenius = "This is the Frobenius norm of the residual; the spectral norm is its largest singular value";
    type Wrong = (&'static str, fn(&Input) -> f64);
    let wrong: [Wrong; 28] = [
        (
            "A - Q Q^T A is not symmetric, and `spectral_norm` and `eigvalsh` read only one triangle; take the largest singular value",
            |input| spectral_norm(&residual(input)),
        ),
        (
            "A - Q Q^T A is not symmetric; its norm is not that of its symmetric part. Take the largest singular value",
            |input| spectral_norm(&((residual(input) + residual(input).t()) / 2.0)),
        ),
        (frobenius, |input| frobenius_squared(&residual(input)).sqrt()),
        ("This is the square of the Frobenius norm of the residual; take its largest singular value", |input| {
            frobenius_squared(&residual(input))
        }),
        ("This is the squared norm; take the square root", |input| norm(&residual(input)).powi(2)),
        ("The square root is one too many; a singular value is a norm already", |input| norm(&residual(input)).sqrt()),
        ("This is the norm of (I - Q Q^T) A (I - Q Q^T); project on the left only", |input| {
            norm(&(residual(input) - residual(input).dot(&input.1.dot(&input.1.t()))))
        }),
        ("This is the norm of A - Q Q^T A Q Q^T; project on the left only", |input| {
            norm(&(&input.0 - &kept(input).dot(&input.1.dot(&input.1.t()))))
        }),
        ("This is the norm of A - Q Q^T; apply the projector to A first", |input| {
            norm(&(&input.0 - &input.1.dot(&input.1.t())))
        }),
        ("This is the norm of I - Q Q^T; multiply the projector by A", |input| {
            norm(&(Array2::eye(input.0.nrows()) - input.1.dot(&input.1.t())))
        }),
        (
            "This is the norm of Q Q^T A, the part that the basis captures; return the norm of the part it misses",
            |input| norm(&kept(input)),
        ),
        ("This is the norm of A + Q Q^T A; subtract the part that the basis captures", |input| {
            norm(&(&input.0 + &kept(input)))
        }),
        ("This is the norm of A; subtract the part that the basis captures", |input| norm(&input.0)),
        ("This is the smallest singular value; they are in descending order", |input| {
            let sigma = singular_values(&residual(input));
            sigma[sigma.len() - 1]
        }),
        ("This is the second singular value of the residual; the largest is entry 0", |input| {
            singular_values(&residual(input)).get(1).copied().unwrap_or(f64::NAN)
        }),
        ("This is the sum of the singular values; the spectral norm is the largest of them", |input| {
            singular_values(&residual(input)).sum()
        }),
        ("This is the mean of the singular values; the spectral norm is the largest of them", |input| {
            singular_values(&residual(input)).sum() / input.0.nrows() as f64
        }),
        ("This is the norm of A minus that of Q Q^T A; subtract the matrices first", |input| {
            norm(&input.0) - norm(&kept(input))
        }),
        ("This is the largest entry; the spectral norm is the largest singular value", |input| {
            largest(&residual(input))
        }),
        ("This is the largest length of a column; the spectral norm is the largest singular value", |input| {
            residual(input).columns().into_iter().map(|c| c.dot(&c).sqrt()).fold(0.0, f64::max)
        }),
        (
            "This is the largest sum of magnitudes in a column; the spectral norm is the largest singular value",
            |input| residual(input).columns().into_iter().map(|c| c.mapv(f64::abs).sum()).fold(0.0, f64::max),
        ),
        ("This is the largest sum of magnitudes in a row; the spectral norm is the largest singular value", |input| {
            residual(input).rows().into_iter().map(|c| c.mapv(f64::abs).sum()).fold(0.0, f64::max)
        }),
        ("This is the error relative to the norm of A; return the norm of the residual itself", |input| {
            truth(input) / norm(&input.0)
        }),
        ("This is the error relative to the Frobenius norm of A; return the norm of the residual itself", |input| {
            truth(input) / frobenius_squared(&input.0).sqrt()
        }),
        ("This is the error relative to sigma_{l+1}; return the norm of the residual itself", |input| {
            singular_values(&input.0).get(input.1.ncols()).map_or(truth(input), |floor| truth(input) / floor)
        }),
        ("This is sigma_{l+1}, the least that a basis with l columns can miss; measure what this one does", |input| {
            singular_values(&input.0).get(input.1.ncols()).copied().unwrap_or(0.0)
        }),
        ("This is the norm divided by the square root of n; the spectral norm is no mean", |input| {
            truth(input) / (input.0.nrows() as f64).sqrt()
        }),
        ("This is twice the norm of the residual", |input| 2.0 * truth(input)),
    ];
    wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
    }
}
