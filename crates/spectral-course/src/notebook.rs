//! What a notebook's first cell calls.

use std::env;
use std::panic;
use std::thread;

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
    use super::explain;

    #[test]
    fn panics_are_told_in_a_line() {
        assert_eq!(
            explain("not yet implemented: exercise 3/1.1"),
            "exercise 3/1.1 is not written yet; hint(\"3/1.1\") helps"
        );
        assert_eq!(explain("m is at least 1, got 0"), "panicked: m is at least 1, got 0");
    }
}
