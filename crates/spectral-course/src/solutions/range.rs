use std::f64::consts::E;

use ndarray::{Array1, Array2, Axis};

use matrix_free::linalg::{frobenius_squared, orthonormalize, singular_values};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng, seeds};

/// The stable rank `||A||_F^2 / ||A||_2^2 = sum_j sigma_j^2 / sigma_1^2`, from 1 to the rank of `a`.
///
/// It does not change when `a` is multiplied by a number, and little when `a` is perturbed a little, unlike the rank. Cost: one
/// singular value decomposition.
///
/// # Panics
/// If `a` is zero or holds a number that is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Array2::from_diag(&array![2.0, 1.0, 1.0, 0.0]);
/// assert!((stable_rank(&a) - 1.5).abs() < 1e-14);
/// ```
///
/// # References
/// Rudelson and Vershynin, *Sampling from large matrices*, 2007, section 1 (there "numerical rank").
pub fn stable_rank(a: &Array2<f64>) -> f64 {
    let largest = singular_values(a)[0];
    assert!(largest > 0.0, "a is not zero, got a matrix of norm 0");
    frobenius_squared(a) / largest.powi(2)
}

/// A basis for the range of `A`, by a random sketch: `Q` with orthonormal columns that span those of `A G`, shape `(n, width)`.
///
/// `G` is a Gaussian matrix with `width` columns. If `A` has a rank of at most `width`, `Q Q^T A = A` (with probability 1). Cost:
/// `width` matvecs, and a QR factorisation in `O(n width^2)`.
///
/// # Panics
/// If `width` is not from 1 to `n`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = symmetric_with_spectrum(&array![3.0, -2.0, 0.0, 0.0, 0.0, 0.0], 1);
/// let q = range_finder(&Dense::from(&a), 2, 0);
/// assert!(range_error(&a, &q) < 1e-12);
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, algorithm 4.1.
pub fn range_finder(a: &dyn SymmetricOperator, width: usize, seed: u64) -> Array2<f64> {
    power_range_finder(a, width, 0, seed)
}

/// A basis for the range of `A^(n_power + 1)`, by subspace iteration from a random start: shape `(n, width)`.
///
/// Each power damps what belongs to small eigenvalues once more. Between powers the block is orthonormalised: without that its columns all
/// turn towards the first eigenvector, and rounding swallows what distinguishes them. Cost: `(n_power + 1) width` matvecs.
///
/// # Panics
/// If `width` is not from 1 to `n`.
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, algorithm 4.4. For a rectangular matrix their
/// iteration multiplies by `A A^T`; a symmetric one may count single products.
pub fn power_range_finder(a: &dyn SymmetricOperator, width: usize, n_power: usize, seed: u64) -> Array2<f64> {
    let n = a.dim();
    assert!((1..=n).contains(&width), "width must be from 1 to n = {n}, got {width}");
    let mut q = Probe::Gaussian.draw_block(n, width, &mut rng(seed));
    for _ in 0..=n_power {
        q = orthonormalize(&a.apply_block(&q));
    }
    q
}

/// What the basis `q` misses of `a`: the norm `||A - Q Q^T A||_2`, for `q` with orthonormal columns.
///
/// No basis of `l` columns misses less than `sigma_(l + 1)`. Cost: one singular value decomposition.
///
/// # Panics
/// If `q` does not have as many rows as `a`.
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, section 1.2.
pub fn range_error(a: &Array2<f64>, q: &Array2<f64>) -> f64 {
    assert!(q.nrows() == a.nrows(), "q must have as many rows as a, {}, got {}", a.nrows(), q.nrows());
    // The residual is not symmetric, though a is: its norm is a singular value and no eigenvalue.
    singular_values(&(a - &q.dot(&q.t().dot(a))))[0]
}

/// The error that a sketch of `k + p` Gaussian columns has at most on average:
/// `E ||A - Q Q^T A||_2 <= (1 + sqrt(k / (p - 1))) sigma_(k+1) + e sqrt(k + p) / p sqrt(sum_(j > k) sigma_j^2)`.
///
/// `sigma` holds all the singular values, descending: `sigma_1` first.
///
/// # Panics
/// If `k` or `p` is below 2, or `k + p` is more than the number of singular values.
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, theorem 10.6.
pub fn range_bound(sigma: &Array1<f64>, k: usize, p: usize) -> f64 {
    assert!(k >= 2, "k must be at least 2, got {k}");
    assert!(p >= 2, "p must be at least 2, got {p}");
    assert!(
        k + p <= sigma.len(),
        "k + p must be at most the number of singular values, {}, got {}",
        sigma.len(),
        k + p
    );
    let tail = sigma.iter().skip(k).map(|s| s * s).sum::<f64>().sqrt();
    let (kf, pf) = (k as f64, p as f64);
    (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + E * (kf + pf).sqrt() / pf * tail
}

/// The same for the basis of [`power_range_finder`]: the bound for `A^s`, `s = n_power + 1`, to the power `1 / s`.
///
/// For every orthogonal projector `P` and symmetric `A`, `||P A||^s <= ||P A^s||`; with `P = I - Q Q^T`, and Jensen's inequality for the
/// mean, what bounds the error for `A^s` bounds it for `A`.
///
/// # Panics
/// As [`range_bound`].
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, proposition 8.6 and corollary 10.10 (with
/// `2 q + 1` in place of `s`, since their iteration multiplies by `A A^T`).
pub fn power_bound(sigma: &Array1<f64>, k: usize, p: usize, n_power: usize) -> f64 {
    let s = n_power as f64 + 1.0;
    range_bound(&sigma.mapv(|sigma| sigma.powf(s)), k, p).powf(1.0 / s)
}

/// The range error of sketches of `k + p` columns for each `p` in `ps`, `n_trials` times: shape `(ps.len(), n_trials)`.
///
/// Trial `t` uses the same seed for every `p`, the `t`-th of [`seeds`]`(seed)`. Cost: `n_trials` times the sum of `k + p` matvecs.
///
/// # Panics
/// If a `k + p` is not from 1 to `n`.
pub fn oversampling_errors(a: &Array2<f64>, k: usize, ps: &[usize], n_trials: usize, seed: u64) -> Array2<f64> {
    let operator = matrix_free::operator::Dense::from(a);
    let mut errors = Array2::zeros((ps.len(), n_trials));
    for (mut row, &p) in errors.axis_iter_mut(Axis(0)).zip(ps) {
        for (error, seed) in row.iter_mut().zip(seeds(seed)) {
            *error = range_error(a, &range_finder(&operator, k + p, seed));
        }
    }
    errors
}
