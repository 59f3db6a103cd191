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

/// If set to a number other than 0, every random stream of the library starts from another seed: the same notebooks, another draw.
pub const SEED_SHIFT: &str = "SPECTRAL_COURSE_SEED_SHIFT";

/// The value of [`SEED_SHIFT`]; 0 if it is not set.
///
/// # Panics
/// If it is not a number: a run that silently took the usual seeds would prove nothing.
pub fn seed_shift() -> u64 {
    let Some(value) = std::env::var_os(SEED_SHIFT) else {
        return 0;
    };
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.unwrap_or_else(|| panic!("{SEED_SHIFT} must be a number, got {value:?}"))
}
