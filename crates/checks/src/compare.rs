//! Comparisons shared by several checks.

use ndarray::{Array1, Array2, ArrayRef1};

use super::claim::number;
use super::report::{Outcome, Report};

/// Whether two numbers agree to `tolerance`, relative to the larger of `expected` and 1; NaN agrees with nothing.
pub(super) fn close(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// The largest difference between two vectors of the same length; NaN if any entry is NaN.
pub(super) fn distance(got: &ArrayRef1<f64>, expected: &ArrayRef1<f64>) -> f64 {
    let differences = got.iter().zip(expected).map(|(g, e)| (g - e).abs());
    // f64::max drops NaN, so look for NaN first.
    differences.fold(0.0, |largest: f64, d| if d.is_nan() { f64::NAN } else { nan_max(largest, d) })
}

pub(super) fn nan_max(largest: f64, d: f64) -> f64 {
    if largest.is_nan() { largest } else { largest.max(d) }
}

/// Ends the check unless the vector has this length and is finite; says nothing if it does.
pub(super) fn require_vector(
    report: &mut Report,
    what: &str,
    got: &Array1<f64>,
    length: usize,
    meaning: &str,
) -> Outcome {
    report.insist(got.len() == length, &format!("{what} has one entry {meaning}"), || {
        format!("expected length {length}, got {}", got.len())
    })?;
    require_finite(report, what, got.iter())
}

/// Ends the check unless all the numbers are finite; adds no line if they are.
pub(super) fn require_finite<'a>(
    report: &mut Report,
    what: &str,
    mut values: impl Iterator<Item = &'a f64>,
) -> Outcome {
    let at = values.position(|value| !value.is_finite());
    report.insist(at.is_none(), &format!("{what} is finite"), || {
        let at = at.unwrap_or(0);
        format!("entry {at} is NaN or infinite. Did you divide by zero, or take the square root of a negative number?")
    })
}

/// Expects the entries of two vectors to agree; otherwise names the one of the `suspects` that matches.
pub(super) fn expect_entries(
    report: &mut Report,
    what: &str,
    got: &Array1<f64>,
    expected: &Array1<f64>,
    tolerance: f64,
    suspects: &[(&str, Array1<f64>)],
) -> bool {
    let scale = expected.iter().fold(1e-300, |largest: f64, e| largest.max(e.abs()));
    let holds = distance(got, expected) <= tolerance * scale;
    report.expect(holds, what, || {
        let worst = (0..expected.len())
            .max_by(|&i, &j| (got[i] - expected[i]).abs().total_cmp(&(got[j] - expected[j]).abs()))
            .unwrap_or(0);
        let cause = suspects
            .iter()
            .find(|(_, suspect)| suspect.len() == got.len() && distance(got, suspect) <= 1e-6 * scale)
            .map_or(String::new(), |(cause, _)| format!(". {cause}"));
        format!("expected {} at entry {worst}, got {}{cause}", number(expected[worst]), number(got[worst]))
    })
}

/// How far the columns are from orthonormal: `max |Q^T Q - I|`.
pub(super) fn loss_of_orthogonality(q: &Array2<f64>) -> f64 {
    let defect = q.t().dot(q) - Array2::<f64>::eye(q.ncols());
    defect.iter().fold(0.0, |largest, d| nan_max(largest, if d.is_nan() { f64::NAN } else { d.abs() }))
}

/// Expects a number to `tolerance`, relative to `expected`; otherwise names the one of the `suspects` that matches.
pub(super) fn expect_number(
    report: &mut Report,
    what: &str,
    got: f64,
    expected: f64,
    tolerance: f64,
    suspects: &[(&str, f64)],
) -> bool {
    let is = |value: f64, tolerance: f64| got == value || (got - value).abs() <= tolerance * value.abs().max(1e-300);
    report.expect(is(expected, tolerance), what, || {
        // A suspect may be zero up to rounding.
        let near = |suspect: f64| (got - suspect).abs() <= 1e-13 * expected.abs() || is(suspect, tolerance.max(1e-7));
        let cause = suspects.iter().find(|(_, suspect)| near(*suspect));
        let cause = cause.map_or(String::new(), |(cause, _)| format!(". {cause}"));
        format!("expected {}, got {}{cause}", number(expected), number(got))
    })
}

/// Ends the check unless the matrix has this shape and is finite; says nothing if it does.
pub(super) fn require_matrix(
    report: &mut Report,
    what: &str,
    got: &Array2<f64>,
    shape: (usize, usize),
    why: &str,
) -> Outcome {
    report.insist(got.dim() == shape, &format!("{what} has shape {shape:?}"), || {
        format!("expected {shape:?}, got {:?}{why}", got.dim())
    })?;
    require_finite(report, what, got.iter())
}

/// The largest magnitude of an entry; NaN if any entry is NaN.
pub(super) fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |largest, x| nan_max(largest, if x.is_nan() { f64::NAN } else { x.abs() }))
}
