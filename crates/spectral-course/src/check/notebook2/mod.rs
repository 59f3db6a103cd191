//! The checks of notebook 2.

mod eigenpairs;
mod kernel;
mod range;
mod sweeps;

pub use eigenpairs::randomized_eigh;
pub use kernel::{eigenfunction_images, entk_matvec};
pub use range::{range_bound, range_finder, stable_rank};
pub use sweeps::{oversampling_errors, power_bound};

use ndarray::Array2;

use super::card::{Outcome, Report};
use super::claim::number;
use super::compare::{close, nan_max};

/// Expects a number; otherwise says which of the `suspects` gives what came.
fn expect_number(report: &mut Report, what: &str, got: f64, expected: f64, suspects: &[(&str, f64)]) -> bool {
    report.expect(close(got, expected, 1e-9), what, || {
        // Relative to the suspect, which may be far below 1, or zero up to rounding.
        let same = |suspect: f64| (got - suspect).abs() <= 1e-9 * suspect.abs().max(1e-3);
        let cause = suspects.iter().find(|(_, suspect)| same(*suspect));
        let cause = cause.map_or(String::new(), |(cause, _)| format!(". {cause}"));
        format!("expected {}, got {}{cause}", number(expected), number(got))
    })
}

/// Ends the check unless the matrix has this shape and is finite; says nothing if it does.
fn require_matrix(report: &mut Report, what: &str, got: &Array2<f64>, shape: (usize, usize), why: &str) -> Outcome {
    report.insist(got.dim() == shape, &format!("{what} has shape {shape:?}"), || {
        format!("expected {shape:?}, got {:?}{why}", got.dim())
    })?;
    super::compare::require_finite(report, what, got.iter())
}

/// The largest entry by magnitude; NaN if any is.
fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |largest, x| nan_max(largest, if x.is_nan() { f64::NAN } else { x.abs() }))
}
