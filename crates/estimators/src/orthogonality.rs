use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use super::lanczos::{Lanczos, Reorthogonalization, run};
use matrix_free::operator::SymmetricOperator;

/// How orthonormal the leading columns of `basis` are: entry `j` is `$\max |Q_j^\top Q_j - I|$` over the first `j + 1`
/// columns.
///
/// It is of the size of the machine epsilon for a good basis, is 1 when two unit columns coincide, and never decreases.
/// Shape of `basis`: `(n, k)`; the result has length `k`. Cost: `O(n k^2)`.
///
/// # Panics
/// If an entry of `basis` is not finite.
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
            // A new column adds its products with the earlier ones, and its own length.
            for i in 0..=j {
                let expected = if i == j { 1.0 } else { 0.0 };
                largest = largest.max((gram[[i, j]] - expected).abs());
            }
            largest
        })
        .collect()
}

/// Lanczos with `passes` Gram-Schmidt passes against the whole basis in each step.
///
/// ```math
/// r = A q_j, \qquad r \leftarrow r - Q_j (Q_j^\top r) \text{ in each pass}, \qquad \beta_j = \lVert r \rVert
/// ```
///
/// The first pass replaces the three-term recurrence, to which it is equal in exact arithmetic. It leaves an error of
/// `$\varepsilon \lVert A q_j \rVert$`, so the loss of orthogonality is `$\varepsilon \lVert A q_j \rVert / \lVert r \rVert$`
/// and grows from step to step; a second pass reduces it to `$\varepsilon$`. [`Reorthogonalization::Full`] keeps
/// the recurrence and adds two passes.
///
/// Cost: `k` matvecs, and `O(n k^2)` work per pass.
///
/// # Panics
/// If `passes` is zero; otherwise as [`lanczos`](super::lanczos).
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let run = lanczos_gram_schmidt(&a, &Array1::ones(40), 30, 2);
/// assert!(orthogonality_history(&run.basis)[29] < 1e-14);
/// assert_eq!(run.n_passes, 60);
/// ```
///
/// # References
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, section 6.9 (twice is enough, after Kahan); Giraud, Langou and
/// Rozložník, *The loss of orthogonality in the Gram-Schmidt orthogonalization process*, 2005.
pub fn lanczos_gram_schmidt(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize, passes: usize) -> Lanczos {
    run(a.dim(), |q| a.apply(q), start, n_steps, Reorthogonalization::GramSchmidt { passes })
}

/// Lanczos with one pass against all basis vectors in steps with heavy cancellation:
/// [`Reorthogonalization::Conditional`].
///
/// ```math
/// \lVert r \rVert < \frac{\lVert A q_j \rVert}{\sqrt{2}} \quad \Rightarrow \quad r \leftarrow r - Q_j (Q_j^\top r)
/// ```
///
/// Cost: `k` matvecs, and `O(n k)` work per pass; `n_passes` counts the passes.
///
/// # Panics
/// As [`lanczos`](super::lanczos).
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let run = lanczos_conditional(&a, &Array1::ones(40), 30);
/// assert!(orthogonality_history(&run.basis)[29] < 1e-10);
/// assert!(run.n_passes <= 30);
/// ```
///
/// # References
/// Daniel, Gragg, Kaufman and Stewart, *Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR
/// factorization*, 1976, section 4.
pub fn lanczos_conditional(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    run(a.dim(), |q| a.apply(q), start, n_steps, Reorthogonalization::Conditional)
}

/// [`lanczos`](super::lanczos) in single precision: `a`, `start` and the result of every operation are rounded to `f32`.
///
/// The result is converted to `f64`, which is exact, so that it can be measured without further rounding.
///
/// # Panics
/// If `a` is not square; otherwise as [`lanczos`](super::lanczos).
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
    run(a.nrows(), |q| a.dot(q), &start, n_steps, reorthogonalization)
}
