//! The share of a gradient in the span of eigenvectors: a projection, the scale, and a direction drawn at random.

use super::common::z_score;
use matrix_free::linalg::{linspace, mean, norm, orthonormalize, variance};
use matrix_free::probe::{Probe, gaussian_matrix, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;
use spectral_course::solutions::{gradient_overlap, hessian_topk};

#[test]
fn the_shares_are_those_of_the_directions_it_is_made_of() {
    // 1, 4 and 4 of 9 along the top eigenvector, the third, and one that is not asked for.
    let a = matrix_free::operator::Dense::new(symmetric_with_spectrum(&linspace(0.0, 7.0, 8), 2));
    let vectors = hessian_topk(&a, 8, 8, 1).vectors;
    let gradient = vectors.dot(&array![1.0, 0.0, -2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    let shares = gradient_overlap(&gradient, &vectors.slice(s![.., ..4]).to_owned());
    let expected = array![1.0, 1.0, 5.0, 5.0] / 9.0;
    assert!((&shares - &expected).iter().all(|d| d.abs() < 1e-12), "{shares}");
}

/// Squares of 1e-200 or 1e200 are not numbers.
#[test]
fn the_size_of_the_gradient_does_not_matter() {
    let (gradient, vectors) = (array![3.0, 0.0, 4.0], array![[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]);
    for size in [1e-300, 1e-200, 1e-8, 1.0, 1e8, 1e200, 1e300] {
        let shares = gradient_overlap(&(&gradient * size), &vectors);
        assert!((&shares - array![0.36, 1.0]).iter().all(|d: &f64| d.abs() < 1e-14), "{size:e}: {shares}");
    }
}

#[test]
fn a_direction_drawn_at_random_has_the_share_of_its_dimensions() {
    let (p, k, n) = (50, 5, 4000);
    let vectors = orthonormalize(&gaussian_matrix(p, k, &mut rng(1)));
    let mut rng = rng(2);
    let shares: Array1<f64> =
        (0..n).map(|_| gradient_overlap(&Probe::Gaussian.draw(p, &mut rng), &vectors)[k - 1]).collect();
    let error = (variance(&shares) / n as f64).sqrt();
    let z = z_score(mean(&shares), k as f64 / p as f64, error, 0.02);
    assert!(z.abs() < 4.0, "z = {z}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// By Pythagoras: `s_j` and the share of what the first `j` leave add to one. All of space leaves nothing, and signs do not matter.
    #[test]
    fn the_rest_is_what_the_projection_leaves(p in 1..20_usize, seed in any::<u64>()) {
        let gradient = Probe::Gaussian.draw(p, &mut rng(seed));
        let vectors = orthonormalize(&gaussian_matrix(p, p, &mut rng(seed ^ 1)));
        let shares = gradient_overlap(&gradient, &vectors);
        for j in 1..=p {
            let leading: Array2<f64> = vectors.slice(s![.., ..j]).to_owned();
            let rest = &gradient - &leading.dot(&leading.t().dot(&gradient));
            let outside = (norm(&rest) / norm(&gradient)).powi(2);
            prop_assert!((shares[j - 1] + outside - 1.0).abs() < 1e-12, "{} and {outside}", shares[j - 1]);
            prop_assert!(j == 1 || shares[j - 1] >= shares[j - 2]);
        }
        prop_assert!((shares[p - 1] - 1.0).abs() < 1e-12);
        prop_assert_eq!(gradient_overlap(&gradient, &-vectors), shares);
    }
}
