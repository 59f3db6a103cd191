//! Environment variables.

/// If set to `1`, every exercise is replaced by its reference solution. It is read when the macro `#[exercise]` expands.
pub const SOLUTIONS: &str = "SPECTRAL_COURSE_SOLUTIONS";

/// Set by the launcher: what its marks begin with, after a control character. What a cell prints behind a mark is for the launcher, and no client sees it.
pub const LAUNCHER: &str = "SPECTRAL_COURSE_LAUNCHER";

/// The number of threads to use, if set: for measurements.
pub const THREADS: &str = "SPECTRAL_COURSE_THREADS";

/// Whether [`SOLUTIONS`] is set.
pub fn solutions_wanted() -> bool {
    std::env::var(SOLUTIONS).is_ok_and(|value| value == "1")
}
