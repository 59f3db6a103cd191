use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use super::lanczos::{Lanczos, Orthogonalization, Reorthogonalization, run};
use matrix_free::operator::SymmetricOperator;

/// How orthonormal the leading columns of `basis` are, shape `(n, k)`: entry `j` is `max |Q_j^T Q_j - I|` over the first `j + 1` columns.
///
/// Of the size of the machine epsilon for a good basis, 1 when two columns are the same; it never falls. Cost: `O(n k^2)`.
///
/// # Panics
/// If `basis` holds a number that is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let basis = array![[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]];
/// assert_eq!(orthogonality_history(&basis), array![0.0, 0.0, 0.8]);
/// ```
pub fn orthogonality_history(basis: &Array2<f64>) -> Array1<f64> {
    if let Some(((i, j), value)) = basis.indexed_iter().find(|(_, value)| !value.is_finite()) {
        panic!("basis must be finite everywhere, got {value} at [{i}, {j}]");
    }
    let gram = basis.t().dot(basis);
    let mut largest: f64 = 0.0;
    (0..basis.ncols())
        .map(|j| {
            // A further column brings its products with those before it, and its own length.
            for i in 0..=j {
                let expected = if i == j { 1.0 } else { 0.0 };
                largest = largest.max((gram[[i, j]] - expected).abs());
            }
            largest
        })
        .collect()
}

/// Lanczos with Gram-Schmidt against the whole basis: `r = A q_j`, then `passes` times `r <- r - Q_j (Q_j^T r)`, then `beta_j = ||r||`.
///
/// The first pass takes the place of the three-term recurrence, to which it is equal in exact arithmetic. It leaves an error of `eps ||A q_j||`, so
/// the loss of orthogonality is `eps ||A q_j|| / ||r||` and grows from step to step; a second pass brings it to `eps`.
/// [`Reorthogonalization::Full`] keeps the recurrence and adds two passes. Cost: `k` matvecs, and `O(n k^2)` work per pass.
///
/// # Panics
/// If `passes` is zero, or as [`lanczos`](super::lanczos).
///
/// # References
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, section 6.9 (twice is enough, after Kahan); Giraud, Langou and
/// Rozložník, *The loss of orthogonality in the Gram-Schmidt orthogonalization process*, 2005.
pub fn lanczos_full(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize, passes: usize) -> Lanczos {
    assert!(passes > 0, "passes must be at least 1, got 0");
    run(a.dim(), |q| a.apply(q), start, n_steps, Orthogonalization::GramSchmidt { passes })
}

/// Lanczos with one pass against all the basis vectors in those steps where `||r|| < ||A q_j|| / sqrt(2)`: [`Reorthogonalization::Conditional`].
///
/// Cost: `k` matvecs, and `O(n k)` work per pass; `n_passes` counts them.
///
/// # Panics
/// As [`lanczos`](super::lanczos).
///
/// # References
/// Daniel, Gragg, Kaufman and Stewart, *Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR
/// factorization*, 1976, section 4.
pub fn lanczos_conditional(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    run(a.dim(), |q| a.apply(q), start, n_steps, Orthogonalization::Conditional)
}

/// [`lanczos`](super::lanczos) in single precision: `a` and `start` are rounded to `f32`, and so is every operation, the products with `a` included.
///
/// The result is widened to `f64`, which changes no digit, so that it can be measured without further rounding.
///
/// # Panics
/// If `a` is not square, or as [`lanczos`](super::lanczos).
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = symmetric_with_spectrum(&linspace(0.0, 1.0, 30), 0);
/// let run = lanczos_f32(&a, &Array1::ones(30), 5, Reorthogonalization::Full);
/// let loss = orthogonality_history(&run.basis)[4];
/// assert!((1e-9..1e-6).contains(&loss));
/// ```
pub fn lanczos_f32(
    a: &ArrayRef2<f64>,
    start: &ArrayRef1<f64>,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Lanczos {
    assert!(a.is_square(), "a must be a square matrix, got shape ({}, {})", a.nrows(), a.ncols());
    let (a, start) = (a.mapv(|x| x as f32), start.mapv(|x| x as f32));
    run(a.nrows(), |q| a.dot(q), &start, n_steps, reorthogonalization.into())
}
