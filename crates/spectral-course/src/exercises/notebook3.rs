// Not `expect`: the switch may also be an environment variable, which no `cfg` sees, and then there is nothing to expect.
#![allow(clippy::todo, unused_variables, reason = "these are what the student fills in")]

use ndarray::{Array1, Array2};

use super::exercise;
use estimators::{Bootstrap, TraceEstimate};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::Probe;
use small_networks::Mlp;

/// The mean and the samples of `m` probes: `z^T A z` for each.
#[exercise]
pub fn hutchinson_trace(a: &dyn SymmetricOperator, m: usize, probe: Probe, seed: u64) -> TraceEstimate {
    todo!("exercise 3/1.1")
}

/// For each `m` in `ms`, the sample variance of `n_trials` independent estimates with `m` probes each.
#[exercise]
pub fn variance_sweep(
    a: &dyn SymmetricOperator,
    ms: &[usize],
    probe: Probe,
    n_trials: usize,
    seed: u64,
) -> Array1<f64> {
    todo!("exercise 3/1.2")
}

/// The smoothed spectral density on the points of `grid`, from `m_probes` runs of `s_lanczos` steps.
#[exercise]
pub fn slq_density(
    a: &dyn SymmetricOperator,
    m_probes: usize,
    s_lanczos: usize,
    grid: &Array1<f64>,
    sigma: f64,
    seed: u64,
) -> Array1<f64> {
    todo!("exercise 3/3.1")
}

/// For each `alpha`, the largest `|lambda_k(A + alpha E) - lambda_k(A)|` over all `k`.
#[exercise]
pub fn weyl_shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>) -> Array1<f64> {
    todo!("exercise 3/5.1")
}

/// The largest principal angle between the column spaces of `u` and `v`, in radians.
#[exercise]
pub fn principal_angle(u: &Array2<f64>, v: &Array2<f64>) -> f64 {
    todo!("exercise 3/5.2")
}

/// For each gap, the sine of the angle by which `e` turns the top-`k` eigenspace of
/// `matrix_with_gap(gap, n, seed)`.
#[exercise]
pub fn gap_experiment(gaps: &[f64], e: &Array2<f64>, k: usize, seed: u64) -> Array1<f64> {
    todo!("exercise 3/5.2")
}

/// The top `k` eigenpairs of the kernel on `n_boot` resamples of the images, and their directions in
/// parameter space.
#[exercise]
pub fn bootstrap_entk(model: &Mlp, x: &Array2<f64>, n_boot: usize, k: usize, seed: u64) -> Bootstrap {
    todo!("exercise 3/5.3")
}

/// For every pair of `bases`, each pair once, the sine of the largest angle between the spans of their
/// first `k` columns.
#[exercise]
pub fn pairwise_sines(bases: &[Array2<f64>], k: usize) -> Array1<f64> {
    todo!("exercise 3/5.4")
}
