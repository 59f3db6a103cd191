use ndarray::{Array1, Array2, ArrayRef2, CowArray, Ix2};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardUniform;

use matrix_free::linalg::{eigh, eigvalsh, orthonormalize, singular_values};
use matrix_free::probe::{Stream, symmetric_with_spectrum};

/// The largest shift of an eigenvalue under the perturbation `$\alpha E$`, for each `$\alpha$` in `alphas`.
///
/// ```math
/// \max_k |\lambda_k(A + \alpha E) - \lambda_k(A)| \le |\alpha|\, \lVert E \rVert_2
/// ```
///
/// Eigenvalues are matched in ascending order; the bound is Weyl's. `a` and `e` are symmetric and have the same shape
/// `(n, n)`. Cost: one eigenvalue problem per `alpha`, and one for `a`, `O(n^3)` each.
///
/// # Panics
/// If the shapes differ.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (a, e) = (random_symmetric(20, 0), random_symmetric(20, 1));
/// let shifts = weyl_shifts(&a, &e, &array![0.0, 0.1]);
/// assert_eq!(shifts[0], 0.0);
/// assert!(shifts[1] <= 0.1 * spectral_norm(&e));
/// ```
///
/// # References
/// Horn and Johnson, *Matrix Analysis*, 2nd edition, Cambridge University Press, 2013, corollary 4.3.15 (Weyl).
pub fn weyl_shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>) -> Array1<f64> {
    assert!(a.dim() == e.dim(), "a and e must have the same shape, got {:?} and {:?}", a.dim(), e.dim());
    let unperturbed = eigvalsh(a);
    alphas.mapv(|alpha| {
        let shifts = eigvalsh(&(a + &(e * alpha))) - &unperturbed;
        shifts.iter().fold(0.0, |largest: f64, shift| largest.max(shift.abs()))
    })
}

/// The sine of the largest principal angle between the column spaces of `u` and `v`, shape `(n, k)` each.
///
/// ```math
/// \sin \theta = \lVert (I - U U^\top) V \rVert_2 \qquad \text{for orthonormal } U, V
/// ```
///
/// The columns are orthonormalised first. The result is accurate to rounding for small angles, where the cosine rounds to
/// 1 and `acos` loses half the digits. Cost: `O(n k^2)`.
///
/// # Panics
/// If the shapes differ, or there are more columns than rows.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let sine = sin_theta(&array![[1.0], [0.0]], &array![[4.0], [3.0]]);
/// assert!((sine - 0.6).abs() < 1e-15);
/// ```
///
/// # References
/// Björck and Golub, *Numerical methods for computing angles between linear subspaces*, Mathematics of Computation 27, 1973,
/// section 4.
pub fn sin_theta(u: &ArrayRef2<f64>, v: &ArrayRef2<f64>) -> f64 {
    let (_, outside) = overlap_and_rest(u, v);
    // Only the largest singular value is needed; squaring the matrix loses digits in the small ones alone.
    let squares = eigvalsh(&outside.t().dot(&outside));
    squares[squares.len() - 1].max(0.0).sqrt()
}

/// The largest principal angle between the column spaces of `u` and `v`, in radians, from 0 to `$\pi / 2$`.
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
/// ```math
/// \sin \theta_i = \sigma_i\big((I - U U^\top) V\big), \qquad \cos \theta_i = \sigma_{k + 1 - i}(U^\top V), \qquad \text{for orthonormal } U, V
/// ```
///
/// Below 45 degrees an angle is computed from its sine, above from its cosine: each is used where it is well conditioned.
/// Cost: `O(n k^2)`.
///
/// # Panics
/// As [`sin_theta`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// // Two planes that share the first axis and are otherwise perpendicular.
/// let u = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let v = array![[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]];
/// let angles = principal_angles(&u, &v);
/// assert!((angles[0] - PI / 2.0).abs() < 1e-15 && angles[1].abs() < 1e-15);
/// ```
///
/// # References
/// Björck and Golub, *Numerical methods for computing angles between linear subspaces*, Mathematics of Computation 27, 1973,
/// section 4; Knyazev and Argentati, *Principal angles between subspaces in an A-based scalar product: algorithms and perturbation
/// estimates*, SIAM J. Sci. Comput. 23, 2002, section 3.
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

/// An orthonormal basis of the column space of `a`: `a` itself if it is already as orthonormal as a result of QR.
fn orthonormal(a: &ArrayRef2<f64>) -> CowArray<'_, f64, Ix2> {
    let gram = a.t().dot(a);
    let is_basis = gram.indexed_iter().all(|((i, j), &g)| (g - f64::from(u8::from(i == j))).abs() <= 1e-15);
    if is_basis { a.view().into() } else { orthonormalize(a).into() }
}

/// A symmetric test matrix of size `n` with a given gap between its three largest eigenvalues.
///
/// The top eigenvalues are `$10,\; 10 - g,\; 10 - 2 g$` with the gap `$g$`, the other `n - 3` are uniform in `$[0, 1]$`,
/// and the basis is random. A seed gives the same basis and the same lower eigenvalues for every gap.
///
/// # Panics
/// If `n` is below 4, or `gap` is not between 0 and 4.5, where the third eigenvalue meets the others.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let values = eigvalsh(&matrix_with_gap(0.5, 20, 0));
/// assert!((values[19] - values[18] - 0.5).abs() < 1e-12);
/// ```
pub fn matrix_with_gap(gap: f64, n: usize, seed: u64) -> Array2<f64> {
    assert!(n >= 4, "n must be at least 4, got {n}");
    assert!((0.0..=4.5).contains(&gap), "gap must be from 0 to 4.5, got {gap}");
    let mut eigenvalues: Array1<f64> = Array1::random_using(n, StandardUniform, &mut Stream::Eigenvalues.rng(seed));
    for (i, top) in [10.0, 10.0 - gap, 10.0 - 2.0 * gap].into_iter().enumerate() {
        eigenvalues[i] = top;
    }
    symmetric_with_spectrum(&eigenvalues, seed)
}

/// The sine of the angle by which the perturbation `e` rotates the top-`k` eigenspace of [`matrix_with_gap`], for each
/// gap in `gaps`.
///
/// ```math
/// \sin \theta \le \frac{2\, \lVert E \rVert_2}{\lambda_k - \lambda_{k+1}} \qquad \text{(Davis-Kahan, with Weyl's inequality)}
/// ```
///
/// The matrices have the size of `e`, and all share the basis that `seed` gives. Cost: two dense eigenproblems per gap.
///
/// # Panics
/// If `k` is not between 1 and the size of `e`; otherwise as [`matrix_with_gap`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let e = random_symmetric(20, 1) * 1e-3;
/// let sines = gap_experiment(&[0.1, 1.0], &e, 1, 0);
/// // The smaller gap lets the eigenvector turn further.
/// assert!(sines[0] > sines[1] && sines[0] <= 2.0 * spectral_norm(&e) / 0.1);
/// ```
///
/// # References
/// Davis and Kahan, *The rotation of eigenvectors by a perturbation. III*, SIAM J. Numer. Anal. 7, 1970; Yu, Wang and Samworth,
/// *A useful variant of the Davis-Kahan theorem for statisticians*, Biometrika 102, 2015.
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
