use ndarray::{Array1, Array2, ShapeBuilder};

use super::range::power_range_finder;
use matrix_free::linalg::{eigh, norm};
use matrix_free::operator::SymmetricOperator;

/// Approximate eigenpairs, with the matvecs they cost.
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
    /// The `k` eigenvalues, the top one first: by magnitude, or by value if the method says so.
    pub values: Array1<f64>,
    /// The eigenvectors as columns, shape `(n, k)`, orthonormal.
    pub vectors: Array2<f64>,
    /// The number of matvecs.
    pub n_matvecs: usize,
    /// For each pair the norm of its residual, `$\lVert A v - \lambda v \rVert$`, or an upper bound on it. For a unit
    /// vector `v`, an eigenvalue of `A` is at most this far from the value. `None` if the method does not keep the
    /// products from which the residual follows.
    pub residuals: Option<Array1<f64>>,
}

impl Eigenpairs {
    /// Eigenpairs without residuals.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let pairs = Eigenpairs::new(array![3.0], array![[1.0], [0.0]], 5);
    /// assert!(pairs.residuals.is_none());
    /// ```
    pub fn new(values: Array1<f64>, vectors: Array2<f64>, n_matvecs: usize) -> Self {
        Self { values, vectors, n_matvecs, residuals: None }
    }

    /// These eigenpairs with their residuals, one per pair.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let pairs = Eigenpairs::new(array![3.0], array![[1.0], [0.0]], 5).with_residuals(array![1e-9]);
    /// assert_eq!(pairs.residuals, Some(array![1e-9]));
    /// ```
    pub fn with_residuals(self, residuals: Array1<f64>) -> Self {
        Self { residuals: Some(residuals), ..self }
    }
}

/// The `k` eigenpairs of largest magnitude by a randomized range finder and a Rayleigh-Ritz step.
///
/// ```math
/// Q = \operatorname{orth}(A^{q + 1} G), \qquad (Q^\top A Q)\, w = \lambda w, \qquad v = Q w
/// ```
///
/// `$G$` is Gaussian with `k + oversample` columns (at most `n`), and `$q$` is `n_power`. Between powers the block is
/// orthonormalised: without that its columns would all turn towards the first eigenvector. The residuals `$\lVert A v - \lambda v \rVert$`
/// cost no matvec, because `$A v = (A Q)\, w$`.
///
/// Cost: `(n_power + 2) (k + oversample)` matvecs, with at most `n` in place of `k + oversample`.
///
/// # Panics
/// If `k` is not between 1 and `n`, or a product is not finite.
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
