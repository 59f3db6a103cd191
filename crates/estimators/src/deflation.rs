use ndarray::{Array1, Array2, ArrayRef1, ShapeBuilder};

use super::power::power_iteration;
use super::randomized::Eigenpairs;
use matrix_free::linalg::norm;
use matrix_free::operator::{SymmetricOperator, from_fn};
use matrix_free::probe::seeds;

/// The `k` eigenpairs of largest magnitude, found one after another by power iteration on deflated matrices.
///
/// ```math
/// A_j = A - \sum_{i < j} \lambda_i v_i v_i^\top
/// ```
///
/// Subtracting `$\lambda v v^\top$` moves the eigenvalue `$\lambda$` to zero and leaves the other eigenvalues, and all
/// eigenvectors, unchanged. The pairs are returned in the order in which they are found, by descending magnitude. Each
/// pair adds its own error to the pairs after it: if every residual in `$A_j$` is `$\tau$`, the residual of pair `j` in
/// `A` is, to first order, at most `$\tau\, (1 + 2 \sum_{i < j} |\lambda_i / \lambda_j|)$`, and the error of the
/// eigenvalue is of the order of its square.
///
/// The `residuals` returned are bounds on the residuals in `A`, whether or not the tolerance was reached:
///
/// ```math
/// A v - \lambda v = (A_j v - \lambda v) + \sum_{i < j} \lambda_i v_i (v_i^\top v)
/// ```
///
/// Power iteration returns the norm of the first term, and the second is computed.
///
/// Cost: the matvecs of `k` power iterations, each of at most `max_steps`, and `O(n k)` work per matvec.
///
/// # Panics
/// If `k` is not between 1 and `n`; otherwise as [`power_iteration`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&array![-9.0, 0.0, 0.5, 1.0, 4.0], 0));
/// let pairs = deflation(&a, 3, 200, 1e-10, 0);
/// assert!((&pairs.values - &array![-9.0, 4.0, 1.0]).iter().all(|d| d.abs() < 1e-12));
/// assert!(pairs.residuals.is_some_and(|residuals| residuals.iter().all(|r| *r < 1e-8)));
/// ```
///
/// # References
/// Saad, *Numerical Methods for Large Eigenvalue Problems*, 2nd edition, 2011, section 4.2 (Wielandt and Hotelling
/// deflation); Parlett, *The Symmetric Eigenvalue Problem*, 1998, section 5.1.
pub fn deflation(a: &dyn SymmetricOperator, k: usize, max_steps: usize, tolerance: f64, seed: u64) -> Eigenpairs {
    let n = a.dim();
    assert!((1..=n).contains(&k), "k must be from 1 to n = {n}, got {k}");
    let mut values: Vec<f64> = Vec::new();
    let mut vectors = Array2::zeros((n, k).f());
    let (mut residuals, mut n_matvecs) = (Vec::new(), 0);
    // Each run has its own seed, so that a start orthogonal to an eigenvector does not miss it in every run.
    for (j, seed) in seeds(seed).take(k).enumerate() {
        // The matrix itself is never changed: the pairs are subtracted from its products.
        let taken_off = |x: &ArrayRef1<f64>| {
            let mut sum = Array1::zeros(n);
            for (value, v) in values.iter().zip(vectors.columns()) {
                sum.scaled_add(value * v.dot(x), &v);
            }
            sum
        };
        let deflated = from_fn(n, |x: &ArrayRef1<f64>| a.apply(x) - taken_off(x));
        let run = power_iteration(&deflated, max_steps, tolerance, seed);
        n_matvecs += run.n_matvecs();
        residuals.push(run.residual + norm(&taken_off(&run.vector)));
        values.push(run.value);
        vectors.column_mut(j).assign(&run.vector);
    }
    Eigenpairs::new(values.into(), vectors, n_matvecs).with_residuals(residuals.into())
}
