//! Ritz values: the top, interlacing and certificates.

use matrix_free::linalg::{eigh, eigvalsh, linspace, norm, spectral_norm};
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;
use spectral_course::solutions::{Reorthogonalization, Top, hessian_topk, lanczos, lanczos_top, ritz_values};

use super::common::orthogonality_loss;

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

/// The same run as that of the Ritz values, with vectors.
#[test]
fn pairs_of_the_hessian_are_those_of_one_run() {
    let matrix = symmetric_with_spectrum(&linspace(-3.0, 5.0, 40), 4);
    let a = Counting::new(Dense::new(matrix.clone()));
    let pairs = hessian_topk(&a, 5, 12, 3);
    assert_eq!((pairs.n_matvecs, a.matvecs(), pairs.vectors.dim()), (12, 12, (40, 5)));
    let top = lanczos_top(&a, 5, 12, Top::Largest, 3);
    assert_eq!((&pairs.values, pairs.residuals.as_ref()), (&top.values, Some(&top.bounds)));
    // Nothing has converged, so a residual that is right is right for a reason.
    assert!(top.bounds.iter().all(|bound| *bound > 1e-3), "{}", top.bounds);
    let residual =
        |j: usize| norm(&(matrix.dot(&pairs.vectors.column(j)) - &pairs.vectors.column(j) * pairs.values[j]));
    assert!((0..5).all(|j| (residual(j) - top.bounds[j]).abs() < 1e-12), "{}", top.bounds);
    assert!(orthogonality_loss(&pairs.vectors) < 1e-13);
}

/// A double eigenvalue at the top shows once; the run ends, and the residuals say that the pairs are exact.
#[test]
fn pairs_of_the_hessian_at_an_invariant_subspace() {
    let matrix = symmetric_with_spectrum(&array![3.0, 3.0, -1.0, -7.0, -7.0], 2);
    let pairs = hessian_topk(&Dense::new(matrix), 3, 5, 0);
    assert!((&pairs.values - &array![3.0, -1.0, -7.0]).iter().all(|d| d.abs() < 1e-12), "{}", pairs.values);
    assert!(pairs.n_matvecs == 3 && pairs.residuals.is_some_and(|residuals| residuals.iter().all(|r| *r < 1e-12)));
}

/// Converged pairs are eigenpairs, whatever the scale of the matrix.
#[test]
fn outliers_and_their_directions_are_found_at_every_scale() {
    let mut spectrum = linspace(-0.5, 1.0, 100);
    for (i, outlier) in [(0, -40.0), (98, 20.0), (99, 30.0)] {
        spectrum[i] = outlier;
    }
    let matrix = symmetric_with_spectrum(&spectrum, 6);
    let truth: Array2<f64> = eigh(&matrix).top(2);
    for scale in [1e-100, 1e-8, 1.0, 1e100] {
        let pairs = hessian_topk(&Dense::new(&matrix * scale), 2, 40, 9);
        let off = &pairs.values / scale - array![30.0, 20.0];
        assert!(off.iter().all(|d: &f64| d.abs() < 1e-11), "{scale:e}: {off}");
        let cosines = truth.t().dot(&pairs.vectors).mapv(f64::abs);
        assert!((&cosines - &Array2::<f64>::eye(2)).iter().all(|d| d.abs() < 1e-10), "{scale:e}: {cosines}");
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
