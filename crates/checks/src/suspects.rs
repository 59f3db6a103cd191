//! Checks of a function whose results are determined: it runs on several inputs, and a cause is named only if it explains all the
//! results, and no other listed cause does.

use ndarray::{Array1, array};

use super::compare::{NEARLY, distance, versus};
use super::listener::Stopped;
use super::report::{End, Outcome, Report};

/// One input, with what the card says about it.
pub(super) struct Case<I> {
    pub(super) what: String,
    pub(super) input: I,
    /// The rounding error that a right function may have here, besides a relative one of 1e-9.
    pub(super) slack: f64,
    /// The size of the numbers whose difference the result is, if it is much smaller than they are.
    pub(super) size: f64,
    /// What this input asks for, said where no cause explains the results.
    pub(super) note: &'static str,
    /// What the entries of the result are, if not numbered.
    pub(super) names: &'static [&'static str],
}

impl<I> Case<I> {
    pub(super) fn new(what: impl Into<String>, input: I) -> Self {
        Self { what: what.into(), input, slack: 0.0, size: 0.0, note: "", names: &[] }
    }

    pub(super) fn slack(self, slack: f64) -> Self {
        Self { slack, ..self }
    }

    pub(super) fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub(super) fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    pub(super) fn names(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }
}

/// The note for an input of another scale.
pub(super) const FIXED_NUMBER: &str = "Is something compared with a fixed number, or is one added?";

type Function<I, T> = Box<dyn Fn(&I) -> T>;

/// A likely mistake, and what the function returns with it.
pub(super) struct Suspect<I, T = f64> {
    pub(super) cause: String,
    pub(super) gives: Function<I, T>,
    /// How many mistakes this takes: the fewest that explain the results are named.
    pub(super) mistakes: usize,
}

impl<I, T> Suspect<I, T> {
    pub(super) fn new(cause: impl Into<String>, gives: impl Fn(&I) -> T + 'static) -> Self {
        Self { cause: cause.into(), gives: Box::new(gives), mistakes: 1 }
    }

    pub(super) fn mistakes(self, mistakes: usize) -> Self {
        Self { mistakes, ..self }
    }
}

/// A result that can be compared: a number, or a vector.
pub(super) trait Comparable {
    fn entries(self) -> Array1<f64>;
}

impl Comparable for f64 {
    fn entries(self) -> Array1<f64> {
        array![self]
    }
}

impl Comparable for Array1<f64> {
    fn entries(self) -> Array1<f64> {
        self
    }
}

/// Runs the student's function on all the cases, and ends the check unless every result is right.
///
/// If no listed cause, or more than one, explains all the results, the card says what differs, and the case's note or `look_first`.
pub(super) fn judge<I, T: Comparable>(
    report: &mut Report,
    cases: &[Case<I>],
    student: impl Fn(&I) -> T,
    truth: impl Fn(&I) -> T,
    suspects: &[Suspect<I, T>],
    look_first: &str,
) -> Outcome {
    let mut results = Vec::new();
    let mut end: Option<End> = None;
    for case in cases {
        match report.call(|| student(&case.input)) {
            Ok(result) => results.push(result.entries()),
            Err(stopped) => {
                end = Some(stopped);
                break;
            }
        }
    }
    let expected: Vec<Array1<f64>> = cases.iter().map(|case| truth(&case.input).entries()).collect();
    let mut explained = false;
    for ((case, got), expected) in cases.iter().zip(&results).zip(&expected) {
        let holds = near(got, expected, 1e-9, case.slack);
        report.expect(holds, &case.what, || {
            let difference = versus_entries(expected, got, case.names);
            if explained {
                return difference;
            }
            explained = true;
            let explanation = match causes(cases, &results, suspects).as_slice() {
                [cause] => (*cause).to_owned(),
                _ if near(got, expected, 1e-4, case.slack + 1e-4 * case.size) => NEARLY.to_owned(),
                _ if !case.note.is_empty() => case.note.to_owned(),
                _ => look_first.to_owned(),
            };
            format!("{difference}. {explanation}")
        });
    }
    if let (Some(End::Stopped(Stopped::Panicked(_))), Some(case)) = (&end, cases.get(results.len()))
        && !case.note.is_empty()
        && report.is_clean()
    {
        report.expect(false, &case.what, || format!("your function panicked. {}", case.note));
    }
    match end {
        Some(stopped) => Err(stopped),
        None if report.is_clean() => Ok(()),
        None => Err(End::Pointless),
    }
}

/// The distinct causes that explain all the results, with the fewest mistakes.
fn causes<'a, I, T: Comparable>(
    cases: &[Case<I>],
    results: &[Array1<f64>],
    suspects: &'a [Suspect<I, T>],
) -> Vec<&'a str> {
    let explains = |suspect: &Suspect<I, T>| {
        cases
            .iter()
            .zip(results)
            .all(|(case, got)| near(got, &(suspect.gives)(&case.input).entries(), 1e-7, case.slack))
    };
    let fitting: Vec<&Suspect<I, T>> = suspects.iter().filter(|suspect| explains(suspect)).collect();
    let fewest = fitting.iter().map(|suspect| suspect.mistakes).min();
    let simplest = fitting.iter().filter(|suspect| Some(suspect.mistakes) == fewest);
    let mut causes: Vec<&str> = simplest.map(|suspect| suspect.cause.as_str()).collect();
    causes.sort_unstable();
    causes.dedup();
    causes
}

/// Whether two results agree: entry by entry to `tolerance`, relative to the largest entry of `expected`, and `slack`.
fn near(got: &Array1<f64>, expected: &Array1<f64>, tolerance: f64, slack: f64) -> bool {
    let both_nan = |(g, e): (&f64, &f64)| g.is_nan() && e.is_nan();
    let same = |(g, e): (&f64, &f64)| g == e || both_nan((g, e));
    if got.len() != expected.len() {
        return false;
    }
    if got.iter().zip(expected).all(same) {
        return true;
    }
    let scale = expected.iter().fold(0.0, |largest: f64, e| largest.max(e.abs()));
    // Beside infinity every difference would be small.
    scale.is_finite() && distance(got, expected) <= tolerance * scale + slack
}

fn versus_entries(expected: &Array1<f64>, got: &Array1<f64>, names: &[&str]) -> String {
    if got.len() != expected.len() {
        return format!("expected length {}, got {}", expected.len(), got.len());
    }
    let off = |i: &usize| (got[*i] - expected[*i]).abs();
    let worst = (0..expected.len()).max_by(|i, j| off(i).total_cmp(&off(j))).unwrap_or(0);
    let at = match names.get(worst) {
        Some(name) => format!(" for {name}"),
        None if expected.len() == 1 => String::new(),
        None => format!(" at entry {worst}"),
    };
    versus(expected[worst], got[worst], &at)
}

/// What two suspects of one check may not be: the same on all its cases, or right.
#[cfg(test)]
pub(super) fn assert_told_apart<I, T: Comparable>(
    cases: &[Case<I>],
    truth: impl Fn(&I) -> T,
    suspects: &[Suspect<I, T>],
) {
    let right: Vec<Array1<f64>> = cases.iter().map(|case| truth(&case.input).entries()).collect();
    assert!(causes(cases, &right, suspects).is_empty(), "right, and blamed: {:?}", causes(cases, &right, suspects));
    for suspect in suspects.iter().filter(|suspect| suspect.mistakes == 1) {
        let results: Vec<Array1<f64>> = cases.iter().map(|case| (suspect.gives)(&case.input).entries()).collect();
        let found = causes(cases, &results, suspects);
        assert!(found == [suspect.cause.as_str()], "{}: {found:?}", suspect.cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_print_alike_get_more_digits() {
        assert_eq!(versus(2.0, 3.0, ""), "expected 2, got 3");
        assert!(versus(1.23451, 1.23452, " at entry 4").starts_with("expected 1.23451 at entry 4, got 1.23452"));
        assert!(versus(1.0, 1.0 + f64::EPSILON, "").starts_with("expected 1, got 1.0000000000000002"));
    }

    #[test]
    fn two_causes_that_fit_are_none() {
        let cases = [Case::new("one", 1.0), Case::new("two", 2.0)];
        let suspects = [
            Suspect::new("squared", |x: &f64| x * x),
            Suspect::new("one more", |x: &f64| x * x),
            Suspect::new("negative", |x: &f64| -x),
        ];
        let causes_of = |f: fn(f64) -> f64| {
            let results: Vec<Array1<f64>> = cases.iter().map(|case| array![f(case.input)]).collect();
            causes(&cases, &results, &suspects).len()
        };
        assert_eq!((causes_of(|x| x * x), causes_of(|x| -x), causes_of(|x| x + 1.0)), (2, 1, 0));
    }
}
