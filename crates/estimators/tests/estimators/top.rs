//! Ritz values: the top, interlacing and certificates.

use matrix_free::linalg::{eigvalsh, spectral_norm};
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};
use ndarray::{Array1, array};
use proptest::prelude::*;
use spectral_course::solutions::{Reorthogonalization, Top, lanczos, lanczos_top, ritz_values};

#[test]
fn the_top_has_two_meanings() {
    let a = Counting::new(Dense::new(symmetric_with_spectrum(&array![-9.0, -5.0, 0.5, 1.0, 2.0, 4.0], 3)));
    let largest = lanczos_top(&a, 2, 6, Top::Largest, 1);
    assert_eq!((largest.n_matvecs, a.matvecs()), (6, 6));
    let magnitude = lanczos_top(&a, 2, 6, Top::LargestMagnitude, 1);
    for (got, expected) in [(largest, array![4.0, 2.0]), (magnitude, array![-9.0, -5.0])] {
        assert!((&got.values - &expected).iter().all(|d| d.abs() < 1e-12), "{} against {expected}", got.values);
        assert!(got.bounds.iter().all(|bound| (0.0..1e-10).contains(bound)), "{}", got.bounds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cauchy: the Ritz values of one step interlace with those of the next, and all lie within the spectrum.
    #[test]
    fn ritz_values_interlace(n in 4..25_usize, seed in any::<u64>()) {
        let a = random_symmetric(n, seed);
        let (spectrum, slack) = (eigvalsh(&a), 100.0 * n as f64 * f64::EPSILON * spectral_norm(&a));
        let run = lanczos(&Dense::new(a), seed, n, Reorthogonalization::Full);
        let steps: Vec<Array1<f64>> = (1..=run.alpha.len()).map(|k| ritz_values(&run, k)).collect();
        for pair in steps.windows(2) {
            for (i, theta) in pair[0].iter().enumerate() {
                prop_assert!(pair[1][i] <= theta + slack && *theta <= pair[1][i + 1] + slack);
            }
        }
        for values in &steps {
            prop_assert!(values[0] >= spectrum[0] - slack && values[values.len() - 1] <= spectrum[n - 1] + slack);
        }
    }

    /// An eigenvalue stands within each certificate.
    #[test]
    fn the_certificates_hold(n in 4..30_usize, seed in any::<u64>(), steps in 1..12_usize) {
        let a = random_symmetric(n, seed);
        let (spectrum, slack) = (eigvalsh(&a), 100.0 * n as f64 * f64::EPSILON * spectral_norm(&a));
        let steps = steps.min(n);
        for top in [Top::Largest, Top::LargestMagnitude] {
            let got = lanczos_top(&Dense::new(a.clone()), steps.min(4), steps, top, seed);
            for (theta, bound) in got.values.iter().zip(&got.bounds) {
                let nearest = spectrum.iter().map(|value| (value - theta).abs()).fold(f64::INFINITY, f64::min);
                prop_assert!(nearest <= bound + slack, "{nearest} from {theta}, bound {bound}");
            }
        }
    }
}
