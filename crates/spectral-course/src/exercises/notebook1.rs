// Not `expect`: the switch may also be an environment variable, which no `cfg` sees, and then there is nothing to expect.
#![allow(clippy::todo, unused_variables, reason = "these are what the student fills in")]

use ndarray::{Array1, Array2};

use super::exercise;
use estimators::{Eigenpairs, Lanczos, Norms, PowerIteration, RitzValues, Slopes, Top};
use matrix_free::operator::SymmetricOperator;
use small_networks::{Dual, Mlp};

/// The spectral and the Frobenius norm of `a`.
#[exercise]
pub fn norms(a: &Array2<f64>) -> Norms {
    todo!("exercise 1/0.1")
}

/// The condition number of the square matrix `a` in the spectral norm.
#[exercise]
pub fn condition_number(a: &Array2<f64>) -> f64 {
    todo!("exercise 1/0.2")
}

/// The smallest power of two that changes 1 when it is added to it, in single precision.
#[exercise]
pub fn epsilon_f32() -> f32 {
    todo!("exercise 1/0.3")
}

/// The same in double precision.
#[exercise]
pub fn epsilon_f64() -> f64 {
    todo!("exercise 1/0.3")
}

/// The Rayleigh quotient of `v`, which need not be a unit vector.
#[exercise]
pub fn rayleigh_quotient(a: &dyn SymmetricOperator, v: &Array1<f64>) -> f64 {
    todo!("exercise 1/0.4")
}

/// The product of the Hessian with `v` by central differences of the gradient.
#[exercise]
pub fn hvp_central(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, v: &Array1<f64>, step: f64) -> Array1<f64> {
    todo!("exercise 1/1.1")
}

/// The product of two dual numbers.
#[exercise]
pub fn dual_mul(a: Dual, b: Dual) -> Dual {
    todo!("exercise 1/1.2")
}

/// The hyperbolic tangent of a dual number.
#[exercise]
pub fn dual_tanh(a: Dual) -> Dual {
    todo!("exercise 1/1.2")
}

/// The product of the Hessian with `v` by the gradient in dual numbers.
#[exercise]
pub fn hvp_dual(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, v: &Array1<f64>) -> Array1<f64> {
    todo!("exercise 1/1.3")
}

/// Power iteration until the residual is at most `tolerance` times the value, for at most `max_steps`
/// matvecs.
#[exercise]
pub fn power_iteration(a: &dyn SymmetricOperator, max_steps: usize, tolerance: f64, seed: u64) -> PowerIteration {
    todo!("exercise 1/2.1")
}

/// The slopes of power iteration on a matrix with these eigenvalues, in decades per step; minus infinity
/// if one step is enough.
#[exercise]
pub fn predicted_slopes(eigenvalues: &Array1<f64>) -> Slopes {
    todo!("exercise 1/2.2")
}

/// The `k` eigenpairs of largest magnitude, one after the other.
#[exercise]
pub fn deflation(a: &dyn SymmetricOperator, k: usize, max_steps: usize, tolerance: f64, seed: u64) -> Eigenpairs {
    todo!("exercise 1/3.1")
}

/// Lanczos by the three-term recurrence alone, from `start`: up to `n_steps` steps.
#[exercise]
pub fn lanczos_three_term(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    todo!("exercise 1/4.1")
}

/// The Ritz values of the first `k` steps of a run, ascending.
#[exercise]
pub fn ritz_values(run: &Lanczos, k: usize) -> Array1<f64> {
    todo!("exercise 1/4.2")
}

/// Entry `j`: `max |Q_j^T Q_j - I|` over the first `j + 1` columns of `basis`.
#[exercise]
pub fn orthogonality_history(basis: &Array2<f64>) -> Array1<f64> {
    todo!("exercise 1/5.1")
}

/// Lanczos where each product goes `passes` times against all the vectors so far.
#[exercise]
pub fn lanczos_gram_schmidt(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize, passes: usize) -> Lanczos {
    todo!("exercise 1/5.2")
}

/// Lanczos with one pass against all the vectors so far where `||r|| < ||A q|| / sqrt(2)`.
#[exercise]
pub fn lanczos_conditional(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    todo!("exercise 1/5.3")
}

/// The top `k` Ritz values of `n_steps` steps, the top one first, each with its residual bound.
#[exercise]
pub fn lanczos_top(a: &dyn SymmetricOperator, k: usize, n_steps: usize, top: Top, seed: u64) -> RitzValues {
    todo!("exercise 1/6.1")
}

/// By what factor a step of gradient descent of size `eta` changes a displacement of 1e-4 along the unit
/// vector `u`: the geometric mean over `n_steps` steps.
#[exercise]
pub fn growth_per_step(
    gradient: &dyn Fn(&Array1<f64>) -> Array1<f64>,
    theta: &Array1<f64>,
    u: &Array1<f64>,
    eta: f64,
    n_steps: usize,
) -> f64 {
    todo!("exercise 1/7.1")
}
