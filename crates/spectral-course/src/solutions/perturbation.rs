use ndarray::{Array1, Array2, ArrayRef2, CowArray, Ix2};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardUniform;

use matrix_free::linalg::{eigh, eigvalsh, orthonormalize, singular_values};
use matrix_free::probe::{Stream, symmetric_with_spectrum};

/// The largest shift of an eigenvalue along a perturbation: `max_k |lambda_k(A + alpha E) - lambda_k(A)|` for each `alpha`.
///
/// Eigenvalues are matched in ascending order. Weyl's inequality bounds each by `|alpha| ||E||_2`. `a` and `e` are symmetric,
/// of one shape `(n, n)`. Cost: one eigenvalue problem an `alpha`, and one more.
///
/// # Panics
/// If the shapes differ.
///
/// # References
/// Horn and Johnson, *Matrix Analysis*, 2nd edition, corollary 4.3.15 (Weyl).
pub fn weyl_shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>) -> Array1<f64> {
    assert!(a.dim() == e.dim(), "a and e must have the same shape, got {:?} and {:?}", a.dim(), e.dim());
    let unperturbed = eigvalsh(a);
    alphas.mapv(|alpha| {
        let shifts = eigvalsh(&(a + &(e * alpha))) - &unperturbed;
        shifts.iter().fold(0.0, |largest: f64, shift| largest.max(shift.abs()))
    })
}

/// The sine of the largest principal angle between the column spaces of `u` and `v`: `||(I - U U^T) V||_2` for orthonormal bases.
///
/// The columns are orthonormalised first. Accurate to rounding for small angles, where the cosine of the angle is 1 up to
/// rounding and `acos` loses half the digits.
///
/// # Panics
/// If the shapes differ, or there are more columns than rows.
///
/// # References
/// Björck and Golub, *Numerical methods for computing angles between linear subspaces*, 1973, section 4.
pub fn sin_theta(u: &ArrayRef2<f64>, v: &ArrayRef2<f64>) -> f64 {
    let (_, outside) = overlap_and_rest(u, v);
    // The largest singular value alone: squaring the matrix costs only the small ones their digits.
    let squares = eigvalsh(&outside.t().dot(&outside));
    squares[squares.len() - 1].max(0.0).sqrt()
}

/// The largest principal angle between the column spaces of `u` and `v`, in radians, from 0 to pi/2.
///
/// # Panics
/// As [`sin_theta`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let t: f64 = 1e-9;
/// let angle = principal_angle(&array![[1.0], [0.0]], &array![[t.cos()], [t.sin()]]);
/// assert!((angle - t).abs() < 1e-15);
/// ```
pub fn principal_angle(u: &Array2<f64>, v: &Array2<f64>) -> f64 {
    principal_angles(u, v)[0]
}

/// All `k` principal angles between the column spaces of `u` and `v`, in radians, descending.
///
/// Below 45 degrees an angle comes from its sine, above from its cosine: each where it is well conditioned.
///
/// # Panics
/// As [`sin_theta`].
///
/// # References
/// Björck and Golub, *Numerical methods for computing angles between linear subspaces*, 1973, section 4; Knyazev and
/// Argentati, *Principal angles between subspaces in an A-based scalar product*, 2002, section 3.
pub fn principal_angles(u: &ArrayRef2<f64>, v: &ArrayRef2<f64>) -> Array1<f64> {
    let (overlap, outside) = overlap_and_rest(u, v);
    // Both descending.
    let (sines, cosines) = (singular_values(&outside), singular_values(&overlap));
    sines.iter().zip(cosines.iter().rev()).map(|(&sine, &cosine)| angle_of(sine, cosine)).collect()
}

fn angle_of(sine: f64, cosine: f64) -> f64 {
    // Rounding can push either past 1.
    if sine < cosine { sine.min(1.0).asin() } else { cosine.min(1.0).acos() }
}

/// `U^T V` and `(I - U U^T) V` of orthonormal bases: their singular values are the cosines and the sines of the principal angles.
fn overlap_and_rest(u: &ArrayRef2<f64>, v: &ArrayRef2<f64>) -> (Array2<f64>, Array2<f64>) {
    assert!(u.dim() == v.dim(), "u and v must have the same shape, got {:?} and {:?}", u.dim(), v.dim());
    let (u, v) = (orthonormal(u), orthonormal(v));
    let overlap = u.t().dot(&v);
    let outside = &v - &u.dot(&overlap);
    (overlap, outside)
}

/// An orthonormal basis of the column space of `a`: `a` itself if it is as orthonormal as one that QR makes.
fn orthonormal(a: &ArrayRef2<f64>) -> CowArray<'_, f64, Ix2> {
    let gram = a.t().dot(a);
    let is_basis = gram.indexed_iter().all(|((i, j), &g)| (g - f64::from(u8::from(i == j))).abs() <= 1e-15);
    if is_basis { a.view().into() } else { orthonormalize(a).into() }
}

/// A symmetric test matrix of size `n` with the top eigenvalues `10, 10 - gap, 10 - 2 gap` and the other `n - 3` uniform in `[0, 1]`,
/// in a random basis. One seed gives the same basis and the same lower eigenvalues for every gap.
///
/// # Panics
/// If `n` is below 4, or `gap` is not from 0 to 4.5, where the third eigenvalue meets the others.
pub fn matrix_with_gap(gap: f64, n: usize, seed: u64) -> Array2<f64> {
    assert!(n >= 4, "n must be at least 4, got {n}");
    assert!((0.0..=4.5).contains(&gap), "gap must be from 0 to 4.5, got {gap}");
    let mut eigenvalues: Array1<f64> = Array1::random_using(n, StandardUniform, &mut Stream::Eigenvalues.rng(seed));
    for (i, top) in [10.0, 10.0 - gap, 10.0 - 2.0 * gap].into_iter().enumerate() {
        eigenvalues[i] = top;
    }
    symmetric_with_spectrum(&eigenvalues, seed)
}

/// The sine of the angle by which the perturbation `e` turns the top-`k` eigenspace of [`matrix_with_gap`], for each gap in `gaps`.
///
/// The size is that of `e`, and all gaps share the basis that `seed` gives. Cost: two dense eigenproblems a gap.
///
/// # Panics
/// If `k` is not from 1 to the size of `e`, or as [`matrix_with_gap`].
///
/// # References
/// Davis and Kahan, *The rotation of eigenvectors by a perturbation III*, 1970; Yu, Wang and Samworth, *A useful variant
/// of the Davis-Kahan theorem for statisticians*, 2015.
pub fn gap_experiment(gaps: &[f64], e: &Array2<f64>, k: usize, seed: u64) -> Array1<f64> {
    let n = e.nrows();
    assert!((1..=n).contains(&k), "k must be from 1 to the size of e, {n}, got {k}");
    gaps.iter()
        .map(|&gap| {
            let a = matrix_with_gap(gap, n, seed);
            sin_theta(&eigh(&a).top(k), &eigh(&(&a + e)).top(k))
        })
        .collect()
}
