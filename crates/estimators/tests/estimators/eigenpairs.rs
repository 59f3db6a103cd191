//! What comes with eigenpairs: the residuals, and what they promise.

use matrix_free::linalg::{eigvalsh, norm, spectral_norm};
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::{random_symmetric, seeds, symmetric_with_spectrum};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use spectral_course::solutions::{Eigenpairs, deflation, power_iteration, randomized_eigh};

/// `||A v - lambda v||` for each pair, by products of its own.
fn recomputed(a: &Array2<f64>, pairs: &Eigenpairs) -> Array1<f64> {
    (a.dot(&pairs.vectors) - &pairs.vectors * &pairs.values).columns().into_iter().map(|r| norm(&r)).collect()
}

fn residuals(pairs: &Eigenpairs) -> &Array1<f64> {
    pairs.residuals.as_ref().expect("the library keeps the residuals")
}

#[test]
fn residuals_cost_no_matvec() {
    let a = Counting::new(Dense::new(random_symmetric(40, 1)));
    let pairs = randomized_eigh(&a, 3, 5, 2, 0);
    assert_eq!((a.matvecs(), pairs.n_matvecs, residuals(&pairs).len()), (32, 32, 3));
    let before = a.matvecs();
    let pairs = deflation(&a, 3, 20, 0.0, 0);
    assert_eq!((a.matvecs() - before, pairs.n_matvecs, residuals(&pairs).len()), (60, 60, 3));
}

/// The first pair has nothing to take off, so its residual is that of its run. The bound on the others is no more than their two terms add to.
#[test]
fn deflation_bounds_its_residuals() {
    let spectrum = Array1::from_shape_fn(30, |i| (-0.7_f64).powi(i as i32));
    let matrix = symmetric_with_spectrum(&spectrum, 1);
    let a = Dense::new(matrix.clone());
    let first_seed = seeds(0).next().expect("seeds without end");
    for tolerance in [1e-2, 1e-4, 1e-6] {
        let pairs = deflation(&a, 6, 2000, tolerance, 0);
        let (bounds, truth) = (residuals(&pairs), recomputed(&matrix, &pairs));
        assert_eq!(bounds[0], power_iteration(&a, 2000, tolerance, first_seed).residual);
        for (j, (bound, truth)) in bounds.iter().zip(&truth).enumerate() {
            assert!(truth <= &(bound + 1e-14), "pair {j} at {tolerance:e}: {truth}, bound {bound}");
            assert!(*bound < 5.0 * truth, "pair {j} at {tolerance:e}: the bound {bound} is far from {truth}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// An eigenvalue is no further from the value than the residual, in both methods.
    #[test]
    fn an_eigenvalue_is_within_each_residual(n in 4..25_usize, seed in any::<u64>(), power in 0..3_usize) {
        let matrix = random_symmetric(n, seed);
        let (spectrum, slack) = (eigvalsh(&matrix), 100.0 * n as f64 * f64::EPSILON * spectral_norm(&matrix));
        let a = Dense::new(matrix.clone());
        let exact = randomized_eigh(&a, 3, 1, power, seed);
        let difference = residuals(&exact) - &recomputed(&matrix, &exact);
        prop_assert!(difference.iter().all(|d| d.abs() <= slack), "{difference}");
        for pairs in [exact, deflation(&a, 3, 15, 1e-3, seed)] {
            for (value, residual) in pairs.values.iter().zip(residuals(&pairs)) {
                let nearest = spectrum.iter().map(|e| (e - value).abs()).fold(f64::INFINITY, f64::min);
                prop_assert!(nearest <= residual + slack, "{nearest} from {value}, residual {residual}");
            }
        }
    }
}
