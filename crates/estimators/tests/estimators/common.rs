//! What the tests of several subjects share: the z-score of an estimate, the matrices of the traces and of the Lanczos runs, distances.

use matrix_free::linalg::{frobenius_squared, linspace, norm};
use matrix_free::probe::{Probe, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, ArrayRef2};

/// A + 3 I: a trace that is not small against its standard error.
pub(super) fn test_matrix() -> Array2<f64> {
    random_symmetric(30, 0) + Array2::<f64>::eye(30) * 3.0
}

/// The z-score of an estimate with a known standard error that is at most `power` of what is estimated.
#[track_caller]
pub(super) fn z_score(got: f64, expected: f64, standard_error: f64, power: f64) -> f64 {
    assert!(standard_error > 0.0, "a test without spread proves nothing");
    assert!(standard_error < power * expected.abs(), "no power: standard error {standard_error} against {expected}");
    (got - expected) / standard_error
}

/// The variance of one sample `z^T A z`.
pub(super) fn theory(a: &Array2<f64>, probe: Probe) -> f64 {
    let (n, squares, trace) = (a.nrows() as f64, frobenius_squared(a), a.diag().sum());
    match probe {
        Probe::Rademacher => 2.0 * (squares - a.diag().dot(&a.diag())),
        Probe::Gaussian => 2.0 * squares,
        Probe::Sphere => 2.0 * n / (n + 2.0) * (squares - trace * trace / n),
    }
}

pub(super) fn orthogonality_loss(q: &ArrayRef2<f64>) -> f64 {
    (q.t().dot(q) - Array2::<f64>::eye(q.ncols())).iter().fold(0.0, |l: f64, d| l.max(d.abs()))
}

/// 196 eigenvalues in `[-1, 1]` and four outliers, plus `shift`.
pub(super) fn with_outliers(shift: f64) -> Array2<f64> {
    let mut levels = linspace(-1.0, 1.0, 200);
    for (i, outlier) in [(0, -3.0), (1, -2.0), (198, 2.0), (199, 3.0)] {
        levels[i] = outlier;
    }
    symmetric_with_spectrum(&(levels + shift), 2)
}

pub(super) fn start(n: usize) -> Array1<f64> {
    Probe::Gaussian.draw(n, &mut rng(2))
}

/// `||got - expected|| / ||expected||`.
pub(super) fn distance(got: &Array1<f64>, expected: &Array1<f64>) -> f64 {
    norm(&(got - expected)) / norm(expected)
}
