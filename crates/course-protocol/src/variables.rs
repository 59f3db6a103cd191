//! Environment variables.

/// Set to `1`, every exercise is replaced by its reference solution: read when the macro `#[exercise]` expands.
pub const SOLUTIONS: &str = "SPECTRAL_COURSE_SOLUTIONS";

/// Set to `1`, a kernel ends a cell's panic with an error reply, and loses all variables: `cargo course run` sets it.
pub const STRICT: &str = "SPECTRAL_COURSE_STRICT";

/// How many threads to use, where it is set: for measurements.
pub const THREADS: &str = "SPECTRAL_COURSE_THREADS";

/// Whether [`SOLUTIONS`] is set.
pub fn solutions_wanted() -> bool {
    std::env::var(SOLUTIONS).is_ok_and(|value| value == "1")
}
