// Not `expect`: the switch may also be an environment variable, which no `cfg` sees, and then there is nothing to expect.
#![allow(clippy::todo, unused_variables, reason = "these are what the student fills in")]

use ndarray::{Array1, Array2};

use super::exercise;
use estimators::{Eigenpairs, TraceEstimate};
use matrix_free::operator::SymmetricOperator;
use small_networks::Model;

/// The `k` largest eigenvalues, descending, with unit eigenvectors and residuals, by
/// `n_steps` Lanczos steps.
#[exercise]
pub fn hessian_topk(a: &dyn SymmetricOperator, k: usize, n_steps: usize, seed: u64) -> Eigenpairs {
    todo!("exercise 4/2.1")
}

/// How many of the `values`, which are descending, stand above the relatively largest
/// gap; 0 if no ratio reaches `least_ratio`.
#[exercise]
pub fn count_outliers(values: &Array1<f64>, least_ratio: f64) -> usize {
    todo!("exercise 4/2.2")
}

/// `G v` for the Gauss-Newton matrix of softmax cross-entropy on the images `x`.
#[exercise]
pub fn gauss_newton_matvec(model: &dyn Model, x: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    todo!("exercise 4/3.1")
}

/// Hutchinson's estimate with sign probes in batches of ten, until its standard error is
/// at most `tolerance`.
#[exercise]
pub fn trace_to_tolerance(a: &dyn SymmetricOperator, tolerance: f64, max_probes: usize, seed: u64) -> TraceEstimate {
    todo!("exercise 4/3.2")
}

/// For each `j` from 1 to `k`, the share of the gradient's squared length in the span of
/// the first `j` columns of `vectors`.
#[exercise]
pub fn gradient_overlap(gradient: &Array1<f64>, vectors: &Array2<f64>) -> Array1<f64> {
    todo!("exercise 4/5.1")
}

/// For each of `n_boot` resamples, the sine of the angle by which it turns the top `k`
/// eigenfunctions of the kernel.
#[exercise]
pub fn resampled_rotations(kernel: &Array2<f64>, k: usize, n_boot: usize, seed: u64) -> Array1<f64> {
    todo!("exercise 4/6.1")
}
