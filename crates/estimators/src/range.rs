use std::f64::consts::{E, PI};

use ndarray::{Array1, Array2, Axis};

use matrix_free::linalg::{frobenius_squared, norm, orthonormalize, singular_values};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng, seeds};

/// The stable rank of `a`, a number from 1 to its rank.
///
/// ```math
/// \frac{\lVert A \rVert_F^2}{\lVert A \rVert_2^2} = \sum_j \frac{\sigma_j^2}{\sigma_1^2}
/// ```
///
/// Multiplying `a` by a number does not change it, and a small perturbation changes it little, unlike the rank. Cost: the
/// singular values.
///
/// # Panics
/// If `a` is zero or an entry is not finite.
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
    assert!(largest > 0.0, "a must not be zero, got a matrix of norm 0");
    frobenius_squared(a) / largest.powi(2)
}

/// A basis for the range of `A` from a random sketch: `Q` with orthonormal columns, shape `(n, width)`.
///
/// ```math
/// Q = \operatorname{orth}(A G), \qquad Q Q^\top A = A \quad \text{if } \operatorname{rank} A \le \text{width}
/// ```
///
/// `$G$` is a Gaussian matrix with `width` columns; the second identity holds with probability 1. Cost: `width` matvecs,
/// and a QR factorisation in `O(n width^2)`.
///
/// # Panics
/// If `width` is not between 1 and `n`.
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

/// A basis for the range of `$A^{q + 1}$` with `$q$` = `n_power`, by subspace iteration from a random start: shape `(n, width)`.
///
/// Each power damps the components along small eigenvalues once more. Between powers the block is orthonormalised:
/// without that its columns would all turn towards the first eigenvector, and rounding would swallow their differences.
/// Cost: `(n_power + 1) width` matvecs.
///
/// # Panics
/// If `width` is not between 1 and `n`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = symmetric_with_spectrum(&linspace(0.0, 1.0, 40), 0);
/// let (plain, powered) = (range_finder(&Dense::from(&a), 10, 0), power_range_finder(&Dense::from(&a), 10, 3, 0));
/// assert!(range_error(&a, &powered) < range_error(&a, &plain));
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, algorithm 4.4. For a
/// rectangular matrix their iteration multiplies by `$A A^\top$`; for a symmetric matrix each power is one product.
pub fn power_range_finder(a: &dyn SymmetricOperator, width: usize, n_power: usize, seed: u64) -> Array2<f64> {
    let n = a.dim();
    assert!((1..=n).contains(&width), "width must be from 1 to n = {n}, got {width}");
    let mut q = Probe::Gaussian.draw_block(n, width, &mut rng(seed));
    for _ in 0..=n_power {
        q = orthonormalize(&a.apply_block(&q));
    }
    q
}

/// The part of `a` that the basis `q` misses, in the spectral norm.
///
/// ```math
/// \lVert A - Q Q^\top A \rVert_2 \ge \sigma_{l + 1} \qquad \text{for } Q \text{ with } l \text{ orthonormal columns}
/// ```
///
/// Cost: one singular value decomposition.
///
/// # Panics
/// If `q` does not have as many rows as `a`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Array2::from_diag(&array![3.0, 2.0, 1.0]);
/// assert!((range_error(&a, &array![[1.0], [0.0], [0.0]]) - 2.0).abs() < 1e-14);
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, section 1.2.
pub fn range_error(a: &Array2<f64>, q: &Array2<f64>) -> f64 {
    assert!(q.nrows() == a.nrows(), "q must have as many rows as a, {}, got {}", a.nrows(), q.nrows());
    // The residual is not symmetric even if a is: its norm is a singular value, not an eigenvalue.
    singular_values(&(a - &q.dot(&q.t().dot(a))))[0]
}

/// An upper bound on [`range_error`] from products alone, with the columns of `omega`, shape `(n, r)`.
///
/// ```math
/// \lVert A - Q Q^\top A \rVert_2 \le 2 \sqrt{\frac{2}{\pi}}\, \max_{i \le r} \big\lVert (I - Q Q^\top) A\, \omega_i \big\rVert
/// ```
///
/// If the columns are Gaussian and independent of `q`, it fails with a probability of at most `$2^{-r}$`. The columns that `q` was
/// made from are no good: `q` captures their products. Cost: `r` matvecs, and `O(n l r)` work for `$l$` columns in `q`.
///
/// # Panics
/// If `q` or `omega` does not have as many rows as `a`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(0.0, 1.0, 40), 0));
/// let q = range_finder(&a, 15, 0);
/// let omega = Probe::Gaussian.draw_block(40, 10, &mut rng(1));
/// assert!(range_error(a.matrix(), &q) <= range_certificate(&a, &q, &omega));
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, lemma 4.1 (with `$\alpha = 2$`).
pub fn range_certificate(a: &dyn SymmetricOperator, q: &Array2<f64>, omega: &Array2<f64>) -> f64 {
    let n = a.dim();
    assert!(q.nrows() == n, "q must have as many rows as a, {n}, got {}", q.nrows());
    assert!(omega.nrows() == n, "omega must have as many rows as a, {n}, got {}", omega.nrows());
    let product = a.apply_block(omega);
    let missed = &product - &q.dot(&q.t().dot(&product));
    let longest = missed.columns().into_iter().map(|column| norm(&column)).fold(0.0, f64::max);
    2.0 * (2.0 / PI).sqrt() * longest
}

/// An upper bound on the average error of a sketch with `k + p` Gaussian columns.
///
/// ```math
/// \mathbb{E}\, \lVert A - Q Q^\top A \rVert_2 \le \Big( 1 + \sqrt{\frac{k}{p - 1}} \Big) \sigma_{k+1} + \frac{e \sqrt{k + p}}{p} \Big( \sum_{j > k} \sigma_j^2 \Big)^{1/2}
/// ```
///
/// `sigma` holds all singular values, descending: `$\sigma_1$` first.
///
/// # Panics
/// If `k` or `p` is below 2, or `k + p` is more than the number of singular values.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = symmetric_with_spectrum(&linspace(0.0, 1.0, 40), 0);
/// let error = range_error(&a, &range_finder(&Dense::from(&a), 15, 0));
/// assert!(error <= range_bound(&singular_values(&a), 10, 5));
/// ```
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

/// An upper bound on the average error of [`power_range_finder`] with `k + p` columns: the bound for `$A^s$`, `$s = q + 1$`,
/// to the power `$1 / s$`, where `$q$` is `n_power`.
///
/// ```math
/// \lVert P A \rVert^s \le \lVert P A^s \rVert \quad \text{for every orthogonal projector } P \text{ and symmetric } A
/// ```
///
/// With `$P = I - Q Q^\top$`, and with Jensen's inequality for the mean, [`range_bound`] for `$A^s$` therefore bounds the
/// error for `A`.
///
/// # Panics
/// As [`range_bound`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let sigma = linspace(1.0, 0.0, 40);
/// assert_eq!(power_bound(&sigma, 10, 5, 0), range_bound(&sigma, 10, 5));
/// assert!(power_bound(&sigma, 10, 5, 3) < range_bound(&sigma, 10, 5));
/// ```
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, proposition 8.6 and corollary
/// 10.10 (with `$2 q + 1$` in place of `$s$`, since their iteration multiplies by `$A A^\top$`).
pub fn power_bound(sigma: &Array1<f64>, k: usize, p: usize, n_power: usize) -> f64 {
    let s = n_power as f64 + 1.0;
    range_bound(&sigma.mapv(|sigma| sigma.powf(s)), k, p).powf(1.0 / s)
}

/// The range errors of sketches with `k + p` columns, `n_trials` for each `p` in `ps`: shape `(ps.len(), n_trials)`.
///
/// Trial `t` uses the same seed for every `p`, the `t`-th of [`seeds`]`(seed)`. Cost: for each `p`, `n_trials (k + p)`
/// matvecs and `n_trials` singular value decompositions.
///
/// # Panics
/// If a `k + p` is not between 1 and `n`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = symmetric_with_spectrum(&linspace(0.0, 1.0, 40), 0);
/// let errors = oversampling_errors(&a, 5, &[0, 20], 4, 0);
/// assert!((0..4).all(|t| errors[[1, t]] < errors[[0, t]]));
/// ```
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
