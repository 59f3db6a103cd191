use ndarray::Array1;

use super::lanczos::{Lanczos, Reorthogonalization, lanczos};
use super::randomized::Eigenpairs;
use matrix_free::linalg::eigh_tridiagonal;
use matrix_free::operator::SymmetricOperator;

/// What counts as the top of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// The largest eigenvalues, signs included: the directions of steepest upward curvature.
    Largest,
    /// The eigenvalues of largest absolute value, of either sign.
    LargestMagnitude,
}

/// Ritz values at the top of a spectrum, each with its error bound.
#[derive(Clone, Debug)]
pub struct RitzValues {
    /// The `k` Ritz values, the top one first.
    pub values: Array1<f64>,
    /// For each value the norm of its residual, `$\lVert A y - \theta y \rVert = \beta_s |e_s^\top u|$`: an eigenvalue of
    /// `A` is at most this far away.
    pub bounds: Array1<f64>,
    /// The number of matvecs.
    pub n_matvecs: usize,
}

/// The Ritz values of the first `k` steps of the run, ascending: the eigenvalues of the leading `k x k` block of `T`.
///
/// A run of Lanczos contains all shorter ones, so this costs no matvec, and `O(k^3)` work.
///
/// # Panics
/// If `k` is not between 1 and the number of steps.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let run = lanczos(&a, 7, 30, Reorthogonalization::Full);
/// assert_eq!(ritz_values(&run, 1)[0], run.alpha[0]);
/// assert_eq!(ritz_values(&run, 30), run.ritz().values);
/// ```
pub fn ritz_values(run: &Lanczos, k: usize) -> Array1<f64> {
    let steps = run.alpha.len();
    assert!((1..=steps).contains(&k), "k must be from 1 to the number of steps, {steps}, got {k}");
    let leading =
        |numbers: &Array1<f64>, count: usize| -> Array1<f64> { numbers.iter().take(count).copied().collect() };
    eigh_tridiagonal(&leading(&run.alpha, k), &leading(&run.beta, k - 1)).values
}

/// The top `k` eigenvalues of `a` from `n_steps` Lanczos steps with full re-orthogonalisation, each with an error bound.
///
/// ```math
/// \min_j |\lambda_j - \theta| \le \beta_s\, |e_s^\top u|, \qquad T u = \theta u
/// ```
///
/// The bound says that *an* eigenvalue is there, not that none was missed: a multiple eigenvalue appears once, and one
/// whose eigenvector is orthogonal to the start does not appear at all. Below `$\varepsilon \lVert A \rVert$` rounding is
/// larger than the bound. Cost: `n_steps` matvecs, fewer at an invariant subspace.
///
/// # Panics
/// If `k` is zero or more than the number of steps taken; otherwise as [`lanczos`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&array![-9.0, 0.0, 0.5, 1.0, 4.0], 0));
/// let largest = lanczos_top(&a, 1, 5, Top::Largest, 0);
/// let of_magnitude = lanczos_top(&a, 1, 5, Top::LargestMagnitude, 0);
/// assert!((largest.values[0] - 4.0).abs() < 1e-12 && (of_magnitude.values[0] + 9.0).abs() < 1e-12);
/// ```
///
/// # References
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, sections 4.5 (the residual bound) and 13.2 (its form in Lanczos).
pub fn lanczos_top(a: &dyn SymmetricOperator, k: usize, n_steps: usize, top: Top, seed: u64) -> RitzValues {
    let run = lanczos(a, seed, n_steps, Reorthogonalization::Full);
    let steps = run.alpha.len();
    assert!((1..=steps).contains(&k), "k must be from 1 to the number of steps, {steps}, got {k}");
    let ritz = run.ritz();
    let mut order: Vec<usize> = (0..steps).collect();
    let key = |i: usize| match top {
        Top::Largest => ritz.values[i],
        Top::LargestMagnitude => ritz.values[i].abs(),
    };
    order.sort_by(|&i, &j| key(j).total_cmp(&key(i)));
    order.truncate(k);
    RitzValues {
        values: order.iter().map(|&i| ritz.values[i]).collect(),
        bounds: order.iter().map(|&i| run.residual * ritz.vectors[[steps - 1, i]].abs()).collect(),
        n_matvecs: run.n_matvecs,
    }
}

/// The `k` largest eigenvalues of `a` with their eigenvectors, from `n_steps` Lanczos steps with full re-orthogonalisation: the top of a Hessian.
///
/// Signs count: the largest value is the steepest upward curvature. A Ritz pair is `$(\theta, Q u)$`, and its residual costs no product:
///
/// ```math
/// T u = \theta u, \qquad y = Q u, \qquad \lVert A y - \theta y \rVert = \beta_s\, |e_s^\top u|
/// ```
///
/// Values come in descending order, and vectors and residuals with them; the vectors have shape `(n, k)`. An eigenvalue is at most its
/// residual away from each value, but as in [`lanczos_top`] one may be missed, and a multiple one appears once. Cost: `n_steps` matvecs,
/// fewer at an invariant subspace, and `O(n n_steps^2)` work.
///
/// # Panics
/// If `k` is zero or more than the number of steps taken; otherwise as [`lanczos`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&array![-9.0, 0.0, 0.5, 1.0, 4.0], 0));
/// let pairs = hessian_topk(&a, 2, 5, 0);
/// assert!((&pairs.values - &array![4.0, 1.0]).iter().all(|d| d.abs() < 1e-12));
/// assert_eq!((pairs.vectors.dim(), pairs.n_matvecs), ((5, 2), 5));
/// ```
///
/// # References
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, sections 13.1 and 13.2.
pub fn hessian_topk(a: &dyn SymmetricOperator, k: usize, n_steps: usize, seed: u64) -> Eigenpairs {
    let run = lanczos(a, seed, n_steps, Reorthogonalization::Full);
    let steps = run.alpha.len();
    assert!((1..=steps).contains(&k), "k must be from 1 to the number of steps, {steps}, got {k}");
    let ritz = run.ritz();
    // Ascending: the last k, backwards.
    let values = ritz.values.iter().rev().take(k).copied().collect();
    let u = ritz.top(k);
    let residuals = u.row(steps - 1).mapv(|last| run.residual * last.abs());
    Eigenpairs::new(values, run.basis.dot(&u), run.n_matvecs).with_residuals(residuals)
}
