//! Agreement relative to a scale, so that it means the same whatever the size of the numbers, and two numbers in words.

use super::claim::number;

/// Whether two numbers agree to `tolerance`, relative to `scale`; NaN agrees with nothing.
pub(super) fn agree(got: f64, expected: f64, scale: f64, tolerance: f64) -> bool {
    got == expected || (got - expected).abs() <= tolerance * scale.abs()
}

/// "expected 1, got 2", with as many digits as it takes to tell the two apart.
pub(super) fn expected_got(expected: f64, got: f64) -> String {
    let short = (number(expected), number(got));
    if short.0 != short.1 || expected == got {
        return format!("expected {}, got {}", short.0, short.1);
    }
    let digits = (4..17).find(|&digits| format!("{expected:.digits$e}") != format!("{got:.digits$e}")).unwrap_or(17);
    format!("expected {expected:.digits$e}, got {got:.digits$e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_never_print_alike() {
        assert_eq!(expected_got(1.0, 2.5), "expected 1, got 2.5");
        assert_eq!(expected_got(3.36281, 3.36282), "expected 3.36281e0, got 3.36282e0");
        assert_eq!(expected_got(1.0, 1.0 + f64::EPSILON), "expected 1.0000000000000000e0, got 1.0000000000000002e0");
    }

    #[test]
    fn agreement_is_relative_to_the_scale() {
        assert!(agree(1e-20, 1.1e-20, 1.0, 1e-9) && !agree(1e-20, 1.1e-20, 1e-20, 1e-9));
        assert!(!agree(f64::NAN, 1.0, 1.0, 1.0) && agree(0.0, 0.0, 0.0, 0.0));
    }
}
