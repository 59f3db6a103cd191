use ndarray::{Array1, Array2, ShapeBuilder};

use super::range::power_range_finder;
use matrix_free::linalg::{eigh, norm};
use matrix_free::operator::SymmetricOperator;

/// Approximate eigenpairs, and what they cost.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(0.0, 3.0, 50).mapv(|t| (-3.0 * t).exp()), 0));
/// let pairs = randomized_eigh(&a, 2, 5, 1, 0);
/// let v = pairs.vectors.column(1);
/// let residual = norm(&(a.apply(&v) - &v * pairs.values[1]));
/// assert!(pairs.residuals.is_some_and(|residuals| (residuals[1] - residual).abs() < 1e-12));
/// ```
#[derive(Clone, Debug)]
pub struct Eigenpairs {
    /// The `k` eigenvalues, by descending magnitude.
    pub values: Array1<f64>,
    /// The eigenvectors as columns, shape `(n, k)`, orthonormal.
    pub vectors: Array2<f64>,
    /// The number of matvecs.
    pub n_matvecs: usize,
    /// For each pair the norm of its residual `A v - value v`, or a bound on it: for a unit `v` an eigenvalue of `A` is no further than this
    /// from `value`. None if the method did not keep the products that it takes.
    pub residuals: Option<Array1<f64>>,
}

impl Eigenpairs {
    /// Eigenpairs without residuals.
    pub fn new(values: Array1<f64>, vectors: Array2<f64>, n_matvecs: usize) -> Self {
        Self { values, vectors, n_matvecs, residuals: None }
    }

    /// The same with their residuals, one per pair.
    pub fn with_residuals(self, residuals: Array1<f64>) -> Self {
        Self { residuals: Some(residuals), ..self }
    }
}

/// The `k` eigenpairs of largest magnitude by a randomized range finder and a Rayleigh-Ritz step.
///
/// A basis `Q` of `A^(n_power + 1) G`, `G` Gaussian with `k + oversample` columns (at most `n`), and the eigenpairs of
/// `Q^T A Q`. Between powers the block is orthonormalised: without that its columns all turn towards the first eigenvector.
/// The residuals `||A v - lambda v||` of `v = Q w` come from `A v = (A Q) w`, which is at hand.
///
/// Cost: `(n_power + 2) (k + oversample)` matvecs, with at most `n` in place of `k + oversample`.
///
/// # Panics
/// If `k` is not from 1 to `n`, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let spectrum = Array1::from_shape_fn(60, |i| (-0.5_f64).powi(i as i32));
/// let pairs = randomized_eigh(&Dense::new(symmetric_with_spectrum(&spectrum, 0)), 3, 10, 1, 0);
/// assert!((&pairs.values - &array![1.0, -0.5, 0.25]).iter().all(|d| d.abs() < 1e-6));
/// assert_eq!(pairs.n_matvecs, 39);
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, algorithms 4.4 and 5.3.
pub fn randomized_eigh(
    a: &dyn SymmetricOperator,
    k: usize,
    oversample: usize,
    n_power: usize,
    seed: u64,
) -> Eigenpairs {
    let n = a.dim();
    assert!((1..=n).contains(&k), "k must be from 1 to n = {n}, got {k}");
    let width = (k + oversample).min(n);
    let q = power_range_finder(a, width, n_power, seed);
    let a_q = a.apply_block(&q);
    let b = q.t().dot(&a_q);
    // Rounding leaves Q^T A Q a little unsymmetric; the eigensolver reads one triangle.
    let small = eigh(&((&b + &b.t()) / 2.0));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&i, &j| small.values[j].abs().total_cmp(&small.values[i].abs()));
    order.truncate(k);
    let chosen = Array2::from_shape_fn((width, k).f(), |(i, j)| small.vectors[[i, order[j]]]);
    let values: Array1<f64> = order.iter().map(|&i| small.values[i]).collect();
    let vectors = q.dot(&chosen);
    let residuals = (a_q.dot(&chosen) - &vectors * &values).columns().into_iter().map(|r| norm(&r)).collect();
    Eigenpairs::new(values, vectors, (n_power + 2) * width).with_residuals(residuals)
}
