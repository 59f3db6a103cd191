//! The range finder with powers.

use matrix_free::linalg::orthonormalize;
use matrix_free::operator::{Dense, SymmetricOperator};
use matrix_free::probe::{Probe, rng, symmetric_with_spectrum};
use ndarray::Array1;
use spectral_course::solutions::{power_range_finder, range_error};

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
