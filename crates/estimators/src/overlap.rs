use ndarray::{Array1, Array2};

use matrix_free::linalg::norm;

/// The share of a gradient's squared length that lies in the span of the first `j` eigenvectors, for each `j` from 1 to `k`.
///
/// ```math
/// s_j = \frac{\lVert V_j^\top g \rVert^2}{\lVert g \rVert^2} = \sum_{i \le j} \frac{(v_i^\top g)^2}{\lVert g \rVert^2}
/// ```
///
/// A direction drawn at random has `$\mathbb{E}[s_j] = j / P$`. Shapes: `gradient` has length `P`, `vectors` has shape `(P, k)` and
/// orthonormal columns, the result has length `k`. It ascends, and up to rounding stays at or below 1. Cost: `O(P k)`.
///
/// # Panics
/// If the gradient is zero or not finite, or does not have one entry per row of `vectors`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let share = gradient_overlap(&array![3.0, 0.0, 4.0], &array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]);
/// assert!((share - array![0.36, 0.36]).iter().all(|d: &f64| d.abs() < 1e-15));
/// ```
///
/// # References
/// Gur-Ari, Roberts and Dyer, *Gradient descent happens in a tiny subspace*, arXiv:1812.04754, 2018, section 2.
pub fn gradient_overlap(gradient: &Array1<f64>, vectors: &Array2<f64>) -> Array1<f64> {
    let (p, rows) = (gradient.len(), vectors.nrows());
    assert!(p == rows, "gradient must have one entry per row of vectors, {rows}, got length {p}");
    // Not the squared norm, which underflows for a gradient of 1e-200.
    let length = norm(gradient);
    assert!(length > 0.0 && length.is_finite(), "gradient must be finite and not zero, got a vector of norm {length}");
    let mut so_far = 0.0;
    vectors.t().dot(&(gradient / length)).mapv(|along| {
        so_far += along * along;
        so_far
    })
}
