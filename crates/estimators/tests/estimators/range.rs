//! The range finder with powers, and the certificate of a basis.

use matrix_free::linalg::orthonormalize;
use matrix_free::operator::{Dense, SymmetricOperator};
use matrix_free::probe::{Probe, rng, symmetric_with_spectrum};
use ndarray::Array1;
use spectral_course::solutions::{power_range_finder, range_certificate, range_error, range_finder};

/// Each power multiplies what belongs to a wrong direction by `lambda_j / lambda_k` once more; and without orthonormalising, rounding takes all.
#[test]
fn powers_sharpen_and_orthonormalising_keeps_them() {
    let sigma = Array1::from_shape_fn(60, |i| 1.0 / (1.0 + i as f64));
    let slow = Dense::new(symmetric_with_spectrum(&sigma, 1));
    let error = |q: usize| -> f64 {
        (0..10).map(|t| range_error(slow.matrix(), &power_range_finder(&slow, 8, q, t))).sum::<f64>() / 10.0
    };
    let errors = [error(0), error(1), error(4), error(40)];
    assert!(errors.windows(2).all(|w| w[1] < w[0]), "{errors:?}");
    assert!((errors[3] / sigma[8] - 1.0).abs() < 0.01, "{errors:?} against {}", sigma[8]);

    let fast = Dense::new(symmetric_with_spectrum(&Array1::from_shape_fn(30, |i| 0.25_f64.powi(i as i32)), 1));
    let mut plain = Probe::Gaussian.draw_block(30, 8, &mut rng(1));
    for _ in 0..9 {
        plain = fast.apply_block(&plain);
    }
    let stable = range_error(fast.matrix(), &power_range_finder(&fast, 8, 8, 1));
    let unstable = range_error(fast.matrix(), &orthonormalize(&plain));
    assert!(stable < 1.1 * 0.25_f64.powi(8) && unstable > 100.0 * stable, "{stable} and {unstable}");
}

/// The probability of failure is at most `2^-r`. For a matrix of rank one, `||B w|| = ||B|| |z|`, it is attained nearly: with one probe it is
/// the probability of `|z| < sqrt(pi / 8)`, 0.469.
#[test]
fn the_certificate_fails_as_rarely_as_promised() {
    let spectrum = Array1::from_shape_fn(20, |i| if i == 0 { 1.0 } else { 0.0 });
    let a = Dense::new(symmetric_with_spectrum(&spectrum, 1));
    let q = orthonormalize(&Probe::Gaussian.draw_block(20, 2, &mut rng(2)));
    let truth = range_error(a.matrix(), &q);
    let failures = |r: usize| {
        let certificate = |seed| range_certificate(&a, &q, &Probe::Gaussian.draw_block(20, r, &mut rng(seed)));
        (0..4000).filter(|&seed| certificate(seed) < truth).count() as f64 / 4000.0
    };
    for r in [1, 3] {
        let (rate, expected) = (failures(r), 0.469_f64.powi(r as i32));
        assert!((rate - expected).abs() < 5.0 * (expected / 4000.0).sqrt(), "r = {r}: {rate} against {expected}");
        assert!(rate < 0.5_f64.powi(r as i32), "r = {r}: {rate}");
    }
}

/// Probes that the basis was made from see nothing of what it misses.
#[test]
fn old_probes_certify_nothing() {
    let a = Dense::new(symmetric_with_spectrum(&Array1::linspace(0.0, 1.0, 40), 1));
    let (q, old) = (range_finder(&a, 10, 3), Probe::Gaussian.draw_block(40, 10, &mut rng(3)));
    assert!(range_error(a.matrix(), &q) > 0.5 && range_certificate(&a, &q, &old) < 1e-12);
}
