//! Comparisons shared by several checks.

use ndarray::{Array1, Array2, ArrayRef1};

use super::claim::expected_and_got;
use super::report::{Outcome, Report};

/// What may be wrong with a result that is nearly right.
pub(super) const NEARLY: &str = "It is nearly right, but digits are lost: through `f32`, a difference of nearly equal numbers, a small number that is added or compared with, or an iteration that stops early";

/// Whether two numbers agree to `tolerance`, relative to the larger of `expected` and 1; NaN agrees with nothing.
pub(super) fn close(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// Whether two numbers agree to `tolerance`, relative to `scale`, so that it means the same whatever the size of the numbers; NaN
/// agrees with nothing.
pub(super) fn agree(got: f64, expected: f64, scale: f64, tolerance: f64) -> bool {
    got == expected || (got - expected).abs() <= tolerance * scale.abs()
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

/// The one of the `suspects` that fits, as the end of a sentence; nothing if none does or several with different causes do.
pub(super) fn only_cause<T>(suspects: &[(&str, T)], fits: impl Fn(&T) -> bool) -> Option<String> {
    let mut causes: Vec<&str> = suspects.iter().filter(|(_, suspect)| fits(suspect)).map(|(cause, _)| *cause).collect();
    causes.sort_unstable();
    causes.dedup();
    match causes[..] {
        [cause] => Some(format!(". {cause}")),
        _ => None,
    }
}

/// Expects the entries of two vectors to agree; otherwise names the only one of the `suspects` that matches.
pub(super) fn expect_entries(
    report: &mut Report,
    what: &str,
    got: &Array1<f64>,
    expected: &Array1<f64>,
    tolerance: f64,
    suspects: &[(&str, Array1<f64>)],
) -> bool {
    expect_entries_or(report, what, got, expected, tolerance, suspects, "")
}

/// Like [`expect_entries`]; `look` says where to look first when no suspect matches.
pub(super) fn expect_entries_or(
    report: &mut Report,
    what: &str,
    got: &Array1<f64>,
    expected: &Array1<f64>,
    tolerance: f64,
    suspects: &[(&str, Array1<f64>)],
    look: &str,
) -> bool {
    let scale = expected.iter().fold(1e-300, |largest: f64, e| largest.max(e.abs()));
    let off = distance(got, expected);
    report.expect(off <= tolerance * scale, what, || {
        let worst = (0..expected.len())
            .max_by(|&i, &j| (got[i] - expected[i]).abs().total_cmp(&(got[j] - expected[j]).abs()))
            .unwrap_or(0);
        // Closer to the suspect than to the truth, or a difference in the last digits would be given a cause.
        let fits = |suspect: &Array1<f64>| {
            let away = distance(got, suspect);
            suspect.len() == got.len() && away <= 1e-6 * scale && (away <= 0.1 * off || off.is_nan())
        };
        let cause = only_cause(suspects, fits).unwrap_or_else(|| look_first(look, off <= 1e-5 * scale));
        format!("{}{cause}", versus(expected[worst], got[worst], &format!(" at entry {worst}")))
    })
}

/// Where to look first; of a result that is nearly right, unless `look` is about that, what loses digits.
fn look_first(look: &str, nearly: bool) -> String {
    match look {
        _ if nearly && !look.contains("f32") => format!(". {NEARLY}"),
        "" => String::new(),
        look => format!(". {look}"),
    }
}

/// `expected 2 at entry 1, got 3`; with as many digits as it takes to tell the two apart.
pub(super) fn versus(expected: f64, got: f64, at: &str) -> String {
    expected_and_got(expected, got).replacen(", got", &format!("{at}, got"), 1)
}

/// How far the columns are from orthonormal: `max |Q^T Q - I|`.
pub(super) fn loss_of_orthogonality(q: &Array2<f64>) -> f64 {
    let defect = q.t().dot(q) - Array2::<f64>::eye(q.ncols());
    defect.iter().fold(0.0, |largest, d| nan_max(largest, if d.is_nan() { f64::NAN } else { d.abs() }))
}

/// Expects a number to `tolerance`, relative to `expected`; otherwise names the only one of the `suspects` that matches.
pub(super) fn expect_number(
    report: &mut Report,
    what: &str,
    got: f64,
    expected: f64,
    tolerance: f64,
    suspects: &[(&str, f64)],
) -> bool {
    expect_number_or(report, what, got, expected, tolerance, suspects, "")
}

/// Like [`expect_number`]; `look` says where to look first when no suspect matches.
pub(super) fn expect_number_or(
    report: &mut Report,
    what: &str,
    got: f64,
    expected: f64,
    tolerance: f64,
    suspects: &[(&str, f64)],
    look: &str,
) -> bool {
    let is = |value: f64, tolerance: f64| got == value || (got - value).abs() <= tolerance * value.abs().max(1e-300);
    report.expect(is(expected, tolerance), what, || {
        let off = (got - expected).abs();
        let fits = |suspect: &f64| {
            // A suspect may be zero up to rounding.
            let near = (got - suspect).abs() <= 1e-13 * expected.abs() || is(*suspect, tolerance.max(1e-7));
            near && (got == *suspect || (got - suspect).abs() <= 0.1 * off)
        };
        let cause = only_cause(suspects, fits).unwrap_or_else(|| look_first(look, off <= 1e-5 * expected.abs()));
        format!("{}{cause}", expected_and_got(expected, got))
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

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn agreement_is_relative_to_the_scale() {
        assert!(agree(1e-20, 1.1e-20, 1.0, 1e-9) && !agree(1e-20, 1.1e-20, 1e-20, 1e-9));
        assert!(!agree(f64::NAN, 1.0, 1.0, 1.0) && agree(0.0, 0.0, 0.0, 0.0));
    }
}
