//! Environment variables.

/// If set to `1`, every exercise is replaced by its reference solution. It is read when the macro `#[exercise]` expands.
pub const SOLUTIONS: &str = "SPECTRAL_COURSE_SOLUTIONS";

/// If set to `1`, a panic in a cell makes the kernel reply with an error and lose all variables. `cargo course run` sets
/// it.
pub const STRICT: &str = "SPECTRAL_COURSE_STRICT";

/// The number of threads to use, if set: for measurements.
pub const THREADS: &str = "SPECTRAL_COURSE_THREADS";

/// Whether [`SOLUTIONS`] is set.
pub fn solutions_wanted() -> bool {
    std::env::var(SOLUTIONS).is_ok_and(|value| value == "1")
}
