// Not `expect`: the switch may also be an environment variable, which no `cfg` sees, and then there is nothing to expect.
#![allow(clippy::todo, unused_variables, reason = "these are what the student fills in")]

use ndarray::{Array1, Array2};

use crate::operator::SymmetricOperator;
use crate::solutions::{Lanczos, RitzValues, Top};
use spectral_course_macros::exercise;

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
pub fn lanczos_full(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize, passes: usize) -> Lanczos {
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
