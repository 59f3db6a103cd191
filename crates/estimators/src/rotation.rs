use ndarray::{Array1, Array2, Axis};
use rand::Rng;

use super::perturbation::sin_theta;
use matrix_free::linalg::{eigh, frobenius_squared};
use matrix_free::probe::{Stream, seeds};

/// The alignment of two kernels of the same images: the cosine of the angle between the two matrices.
///
/// ```math
/// \frac{\langle K, K' \rangle_F}{\lVert K \rVert_F \lVert K' \rVert_F}
/// ```
///
/// It is 1 exactly if one kernel is a positive multiple of the other. The largest eigenvalues dominate it: that the eigenvectors
/// of small ones turn is hardly seen. Shapes: `(N, N)` both. Cost: `O(N^2)`.
///
/// # Panics
/// If the shapes differ or a kernel is zero.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, _) = toy_batch(30, 0);
/// let kernel = entk_explicit(&toy_mlp(0), &x);
/// assert!((kernel_alignment(&kernel, &(3.0 * &kernel)) - 1.0).abs() < 1e-14);
/// ```
///
/// # References
/// Cristianini, Shawe-Taylor, Elisseeff and Kandola, *On kernel-target alignment*, NIPS 2001, definition 1.
pub fn kernel_alignment(first: &Array2<f64>, second: &Array2<f64>) -> f64 {
    assert!(
        first.dim() == second.dim(),
        "both kernels must have the same shape, got {:?} and {:?}",
        first.dim(),
        second.dim()
    );
    let scale = (frobenius_squared(first) * frobenius_squared(second)).sqrt();
    assert!(scale > 0.0, "a kernel must not be zero");
    (first * second).sum() / scale
}

/// How far the choice of the images alone turns the top `k` eigenfunctions of a kernel: for each of `n_boot` resamples the sine of the largest principal angle.
///
/// A resample draws `N` of the images `$i_1, \dots, i_N$` with replacement, and has the kernel `$K_b$` of those, with the top eigenvectors `$U_b$`, which
/// have an entry per image drawn. Nyström's formula continues them to all images, up to a factor per column, and there they can be compared:
///
/// ```math
/// (K_b)_{jl} = K_{i_j i_l}, \qquad F_b = K_{:,\,(i_1, \dots, i_N)}\, U_b \in \mathbb{R}^{N \times k}, \qquad
/// \sin \Theta_k\big(\operatorname{span} F_b,\ \operatorname{span} U\big)
/// ```
///
/// with the top `k` eigenvectors `$U$` of `$K$`. Shape of `kernel`: `(N, N)`. Cost: `O(N^3)` per resample.
///
/// # Panics
/// If `kernel` is not square, or `k` is not between 1 and `N`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, _) = toy_batch(30, 0);
/// let sines = resampled_rotations(&entk_explicit(&toy_mlp(0), &x), 2, 5, 0);
/// assert!(sines.len() == 5 && sines.iter().all(|sine| (0.0..=1.0).contains(sine)));
/// ```
///
/// # References
/// Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, section 7.2; Williams and Seeger, *Using the Nyström method to
/// speed up kernel machines*, NIPS 2000, section 2.
pub fn resampled_rotations(kernel: &Array2<f64>, k: usize, n_boot: usize, seed: u64) -> Array1<f64> {
    let n = kernel.nrows();
    assert!(kernel.is_square(), "kernel must be square, got shape {:?}", kernel.dim());
    assert!((1..=n).contains(&k), "k must be from 1 to the size of the kernel, {n}, got {k}");
    let top = eigh(kernel).top(k);
    let sines = seeds(seed).take(n_boot).map(|seed| {
        let mut rng = Stream::Resamples.rng(seed);
        let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
        let columns = kernel.select(Axis(1), &drawn);
        let eigenvectors = eigh(&columns.select(Axis(0), &drawn)).top(k);
        // Rounding can push a sine past 1.
        sin_theta(&columns.dot(&eigenvectors), &top).min(1.0)
    });
    sines.collect()
}
