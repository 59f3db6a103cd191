//! What a notebook calls that is neither mathematics nor a check: its first cell, and the clock.

use std::env;
use std::hint;
use std::panic;
use std::thread;
use std::time::Instant;

use crate::check::{display, panic_message};

/// What the first cell of a notebook shows.
#[derive(Clone, Debug)]
pub struct Banner {
    text: String,
}

/// Makes a panic a short message instead of a backtrace, and tells which mode the notebook is in.
///
/// The hook outlives the cell: the standard library is shared between cells, so one call in the first cell serves them all.
pub fn begin() -> Banner {
    panic::set_hook(Box::new(|info| eprintln!("{}", explain(&panic_message(info.payload())))));
    let solutions =
        cfg!(feature = "solutions") || env::var("SPECTRAL_COURSE_SOLUTIONS").is_ok_and(|value| value == "1");
    let mode = if solutions { "reference solutions" } else { "your own solutions" };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    Banner { text: format!("spectral-course {}: {mode}, {threads} threads", env!("CARGO_PKG_VERSION")) }
}

/// The seconds that the fastest of `n_runs` runs took.
///
/// The fastest and not the mean: whatever else the machine does can only add to a time.
///
/// # Panics
/// If `n_runs` is zero.
pub fn fastest<T>(n_runs: usize, mut run: impl FnMut() -> T) -> f64 {
    assert!(n_runs > 0, "n_runs is at least 1, got 0");
    let times = (0..n_runs).map(|_| {
        let start = Instant::now();
        // Otherwise a compiler that sees the result unused need not compute it.
        hint::black_box(run());
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn explain(message: &str) -> String {
    match message.strip_prefix("not yet implemented: exercise ") {
        Some(id) => format!("exercise {id} is not written yet; hint(\"{id}\") helps"),
        None => format!("panicked: {message}"),
    }
}

impl Banner {
    /// Shows the banner as the result of a notebook's cell.
    pub fn evcxr_display(&self) {
        display::show(&[("text/plain", &self.text)]);
    }
}

#[cfg(test)]
mod tests {
    use super::{explain, fastest};

    #[test]
    fn the_fastest_run_counts() {
        let mut naps = [30, 1, 30].into_iter();
        let nap = || std::thread::sleep(std::time::Duration::from_millis(naps.next().unwrap_or(0)));
        let seconds = fastest(3, nap);
        assert!((0.001..0.03).contains(&seconds), "{seconds}");
    }

    #[test]
    fn panics_are_told_in_a_line() {
        assert_eq!(
            explain("not yet implemented: exercise 3/1.1"),
            "exercise 3/1.1 is not written yet; hint(\"3/1.1\") helps"
        );
        assert_eq!(explain("m is at least 1, got 0"), "panicked: m is at least 1, got 0");
    }
}
