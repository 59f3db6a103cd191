//! The arithmetic of dual numbers.

use num_traits::{One, Zero};
use small_networks::Dual;

/// Each rule against the derivative that a table gives.
#[test]
fn rules_of_differentiation() {
    let (a, b) = (Dual::new(0.7, 1.3), Dual::new(-0.4, 0.6));
    let cases = [
        ("a + b", a + b, 0.3, 1.9),
        ("a - b", a - b, 1.1, 0.7),
        ("a b", a * b, -0.28, 1.3 * -0.4 + 0.7 * 0.6),
        ("a / b", a / b, -1.75, (1.3 * -0.4 - 0.7 * 0.6) / 0.16),
        ("-a", -a, -0.7, -1.3),
        ("tanh a", a.tanh(), 0.7_f64.tanh(), 1.3 / 0.7_f64.cosh().powi(2)),
        ("exp a", a.exp(), 0.7_f64.exp(), 1.3 * 0.7_f64.exp()),
    ];
    for (name, got, re, eps) in cases {
        assert!((got.re - re).abs() < 1e-15 && (got.eps - eps).abs() < 1e-14, "{name}: {got:?}, not {re}, {eps}");
    }
    assert!(Dual::zero().is_zero() && !Dual::new(0.0, 1.0).is_zero());
    assert_eq!((Dual::one() * a, Dual::zero() + a), (a, a));
}
