use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

/// No eye follows more, and each line is a message from the kernel to the browser.
const INTERVAL: Duration = Duration::from_millis(200);

/// One line that says how far a long computation is, updated in place.
///
/// The launcher of the course's kernels makes one output of its states; other kernels show one line after the other.
#[derive(Debug)]
struct Line {
    what: String,
    total: usize,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    done: usize,
    shown: Instant,
}

impl Line {
    fn new(what: &str, total: usize) -> Self {
        let started = Instant::now();
        Self { what: what.to_owned(), total, started, state: Mutex::new(State { done: 0, shown: started }) }
    }

    fn advance(&self, steps: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += steps;
        if state.shown.elapsed() >= INTERVAL {
            state.shown = Instant::now();
            let text = running(&self.what, state.done, self.total, self.started.elapsed());
            print!("{}", course_protocol::progress::line(&text, false));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let seconds = self.started.elapsed().as_secs_f64();
        // After a panic or a `break` the line says how far it came.
        let text = format!("{}: {} of {} in {seconds:.1} s", self.what, state.done, self.total);
        print!("{}", course_protocol::progress::line(&text, true));
    }
}

fn running(what: &str, done: usize, total: usize, elapsed: Duration) -> String {
    let seconds_left = elapsed.as_secs_f64() * (total as f64 / done.max(1) as f64 - 1.0);
    if done == 0 || done > total {
        format!("{what}: {done} of {total}")
    } else {
        format!("{what}: {done} of {total}, about {:.0} s left", seconds_left.ceil())
    }
}

/// An iterator that shows on one line how far it is; [`progress`] makes it.
#[derive(Debug)]
pub struct Progress<I> {
    steps: I,
    line: Line,
    /// Whether a step is being worked on.
    begun: bool,
}

/// Goes through `steps` and shows on one line how far it is: `for step in progress("training", 0..500) { .. }`.
///
/// # Example
/// ```
/// use spectral_course::notebook::progress;
/// let sum: usize = progress("summing", 0..100).sum();
/// assert_eq!(sum, 4950);
/// ```
pub fn progress<S>(what: &str, steps: S) -> Progress<S::IntoIter>
where
    S: IntoIterator,
    S::IntoIter: ExactSizeIterator,
{
    let steps = steps.into_iter();
    Progress { line: Line::new(what, steps.len()), steps, begun: false }
}

impl<I: ExactSizeIterator> Iterator for Progress<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        // A step is done when the next is asked for.
        if self.begun {
            self.line.advance(1);
        }
        let next = self.steps.next();
        self.begun = next.is_some();
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Progress<I> {}

/// An operator that shows on one line how many products it has made; [`watched`] makes it.
pub struct Watched<'a> {
    operator: &'a dyn SymmetricOperator,
    line: Line,
}

/// The operator `a`, which from now on shows how many of `n_matvecs` products have been made.
///
/// So every estimator can show its progress, without knowing of it.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(random_symmetric(50, 0));
/// let quadrature = slq_quadrature(&notebook::watched("density", &a, 4 * 20), 4, 20, 0);
/// assert_eq!(quadrature.probes.len(), 4);
/// ```
pub fn watched<'a>(what: &str, a: &'a dyn SymmetricOperator, n_matvecs: usize) -> Watched<'a> {
    Watched { operator: a, line: Line::new(what, n_matvecs) }
}

impl SymmetricOperator for Watched<'_> {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let product = self.operator.apply(x);
        self.line.advance(1);
        product
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let product = self.operator.apply_block(x);
        self.line.advance(x.ncols());
        product
    }
}

#[cfg(test)]
mod tests {
    use std::sync::PoisonError;
    use std::time::Duration;

    use super::{progress, running, watched};
    use estimators::hutchinson_trace;
    use matrix_free::operator::Dense;
    use matrix_free::probe::Probe;
    use ndarray::Array2;

    #[test]
    fn a_line_says_how_long_it_will_take() {
        let text = |done| running("density", done, 50, Duration::from_secs(10));
        assert_eq!(text(0), "density: 0 of 50");
        assert_eq!(text(20), "density: 20 of 50, about 15 s left");
        assert_eq!(text(60), "density: 60 of 50");
    }

    #[test]
    fn each_step_counts_once_it_is_done() {
        let mut steps = progress("test", [1, 2, 3]);
        let done = |steps: &super::Progress<_>| steps.line.state.lock().unwrap_or_else(PoisonError::into_inner).done;
        let mut seen = vec![];
        while let Some(step) = steps.next() {
            seen.push((step, done(&steps)));
        }
        assert_eq!(seen, [(1, 0), (2, 1), (3, 2)]);
        assert_eq!((done(&steps), steps.next()), (3, None));
        assert_eq!(done(&steps), 3);
    }

    #[test]
    fn every_product_counts_and_none_changes() {
        let a = Dense::new(Array2::eye(6));
        let watched = watched("trace", &a, 10);
        let got = hutchinson_trace(&watched, 10, Probe::Gaussian, 3);
        assert_eq!(got.samples, hutchinson_trace(&a, 10, Probe::Gaussian, 3).samples);
        assert_eq!(watched.line.state.lock().unwrap_or_else(PoisonError::into_inner).done, 10);
    }
}
