//! What a notebook calls besides mathematics and checks: its first cell, a timer, background work, and a line of progress.

mod progress;

use std::hint;
use std::panic;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use course_protocol::mark::{Panicked, explain};
use course_protocol::{output, variables};

use checks::panic_message;

pub use progress::{Progress, Watched, progress, watched};

/// The output of a notebook's first cell.
#[derive(Clone, Debug)]
pub struct Banner {
    text: String,
}

/// Replaces the backtrace of a panic by a short message, and says which mode the notebook runs in.
/// Under the launcher the message goes to it, and the cell fails if nobody catches the panic.
///
/// The hook outlives the cell: cells share the standard library, so one call in the first cell serves them all.
pub fn begin() -> Banner {
    let launcher = std::env::var(variables::LAUNCHER).ok();
    panic::set_hook(Box::new(move |info| {
        let message = panic_message(info.payload());
        let Some(token) = &launcher else {
            return eprintln!("{}", explain(&message));
        };
        let (file, line) = info.location().map_or((String::new(), 0), |place| (place.file().to_owned(), place.line()));
        eprintln!("{}", Panicked { message, file, line }.line(token));
    }));
    let solutions = cfg!(feature = "solutions") || variables::solutions_wanted();
    let mode = if solutions { "reference solutions" } else { "your own solutions" };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    Banner { text: format!("spectral-course {}: {mode}, {threads} threads", env!("CARGO_PKG_VERSION")) }
}

/// The time of the fastest of `n_runs` runs, in seconds.
///
/// The fastest run is a better measure than the mean, because other work on the machine can only add time.
///
/// # Panics
/// If `n_runs` is zero.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let seconds = fastest(3, || random_symmetric(20, 0));
/// assert!(seconds > 0.0);
/// ```
pub fn fastest<T>(n_runs: usize, mut run: impl FnMut() -> T) -> f64 {
    assert!(n_runs > 0, "n_runs must be at least 1, got 0");
    let times = (0..n_runs).map(|_| {
        let start = Instant::now();
        // Otherwise a compiler that sees the result unused need not compute it.
        hint::black_box(run());
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// A value that another thread computes while the notebook continues; [`in_background`] starts it.
#[derive(Debug)]
pub struct Background<T> {
    thread: Mutex<Option<JoinHandle<T>>>,
    value: OnceLock<T>,
}

/// Starts to compute a value that a later cell needs.
///
/// # Example
/// ```
/// use spectral_course::notebook;
/// let sum = notebook::in_background(|| (1..=100).sum::<u32>());
/// assert_eq!(*sum.get(), 5050);
/// ```
pub fn in_background<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Background<T> {
    Background { thread: Mutex::new(Some(thread::spawn(compute))), value: OnceLock::new() }
}

impl<T> Background<T> {
    /// The value; waits until it is computed.
    ///
    /// # Panics
    /// If the computation panicked.
    pub fn get(&self) -> &T {
        self.value.get_or_init(|| {
            let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            match thread.map(JoinHandle::join) {
                Some(Ok(value)) => value,
                Some(Err(message)) => panic::resume_unwind(message),
                None => panic!("the computation in the background has panicked"),
            }
        })
    }
}

impl Banner {
    /// Shows the banner as the result of a notebook's cell.
    pub fn evcxr_display(&self) {
        output::show(&[("text/plain", &self.text)]);
    }
}

#[cfg(test)]
mod tests {
    use super::{fastest, in_background};
    use checks::panic_message;

    #[test]
    fn the_fastest_run_counts() {
        let mut naps = [30, 1, 30].into_iter();
        let nap = || std::thread::sleep(std::time::Duration::from_millis(naps.next().unwrap_or(0)));
        let seconds = fastest(3, nap);
        assert!((0.001..0.03).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_value_from_the_background_is_computed_once() {
        let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = runs.clone();
        let value = in_background(move || 7 + counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        assert_eq!((*value.get(), *value.get()), (7, 7));
        assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[test]
    fn a_panic_in_the_background_comes_out_where_the_value_is_needed() {
        let value = in_background(|| -> f64 { panic!("no eigenvalues") });
        let panic_of = || {
            let got = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| *value.get()));
            panic_message(&*got.expect_err("the computation panics"))
        };
        assert_eq!(panic_of(), "no eigenvalues");
        assert!(panic_of().contains("has panicked"));
    }
}
