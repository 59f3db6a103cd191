// Not `expect`: the switch may also be an environment variable, which no `cfg` sees, and then there is nothing to expect.
#![allow(clippy::todo, unused_variables, reason = "these are what the student fills in")]

use ndarray::{Array1, Array2};

use super::exercise;
use estimators::Eigenpairs;
use matrix_free::operator::SymmetricOperator;
use small_networks::Mlp;

/// The stable rank `||A||_F^2 / ||A||_2^2` of any matrix.
#[exercise]
pub fn stable_rank(a: &Array2<f64>) -> f64 {
    todo!("exercise 2/0.1")
}

/// An orthonormal basis, shape `(n, width)`, of the columns of `A G`, with `G` Gaussian.
#[exercise]
pub fn range_finder(a: &dyn SymmetricOperator, width: usize, seed: u64) -> Array2<f64> {
    todo!("exercise 2/1.1")
}

/// What the basis misses: `||A - Q Q^T A||_2`.
#[exercise]
pub fn range_error(a: &Array2<f64>, q: &Array2<f64>) -> f64 {
    todo!("exercise 2/1.1")
}

/// The bound on the mean range error of `k + p` Gaussian columns; `sigma` is descending.
#[exercise]
pub fn range_bound(sigma: &Array1<f64>, k: usize, p: usize) -> f64 {
    todo!("exercise 2/1.2")
}

/// The `k` eigenpairs of largest magnitude, from `k + oversample` columns and `n_power` power
/// iterations.
#[exercise]
pub fn randomized_eigh(
    a: &dyn SymmetricOperator,
    k: usize,
    oversample: usize,
    n_power: usize,
    seed: u64,
) -> Eigenpairs {
    todo!("exercise 2/2.1")
}

/// The range error of sketches of `k + p` columns, for each `p` in `ps`, `n_trials` times:
/// shape `(ps.len(), n_trials)`.
#[exercise]
pub fn oversampling_errors(a: &Array2<f64>, k: usize, ps: &[usize], n_trials: usize, seed: u64) -> Array2<f64> {
    todo!("exercise 2/2.2")
}

/// The bound on the mean range error after `n_power` power iterations.
#[exercise]
pub fn power_bound(sigma: &Array1<f64>, k: usize, p: usize, n_power: usize) -> f64 {
    todo!("exercise 2/2.3")
}

/// The product `K v` with the tangent kernel of the images `x`: one VJP, then one JVP.
#[exercise]
pub fn entk_matvec(model: &Mlp, x: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    todo!("exercise 2/3.1")
}

/// Row `k` is the picture `sum_i u_k[i] x_i`, with a positive sum of cubes.
#[exercise]
pub fn eigenfunction_images(x: &Array2<f64>, vectors: &Array2<f64>) -> Array2<f64> {
    todo!("exercise 2/4.1")
}

/// A bound on `||A - Q Q^T A||_2` from the products with the columns of `omega`.
#[exercise]
pub fn range_certificate(a: &dyn SymmetricOperator, q: &Array2<f64>, omega: &Array2<f64>) -> f64 {
    todo!("exercise 2/5.1")
}
