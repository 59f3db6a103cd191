use ndarray::{Array1, Array2};

use matrix_free::linalg::{frobenius_squared, singular_values};
use matrix_free::operator::SymmetricOperator;

/// Two norms of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norms {
    /// The spectral norm, `||A||_2 = max ||A x|| / ||x||`: the largest singular value.
    pub spectral: f64,
    /// The Frobenius norm, `||A||_F = sqrt(sum_ij a_ij^2)`: the root of the sum of the squared singular values.
    pub frobenius: f64,
}

/// The spectral and the Frobenius norm of any matrix: `||A||_2 <= ||A||_F <= sqrt(rank A) ||A||_2`.
///
/// Cost: the singular values, `O(n k min(n, k))`.
///
/// # Panics
/// If `a` is empty or holds a number that is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let Norms { spectral, frobenius } = norms(&array![[3.0, 0.0], [0.0, 4.0]]);
/// assert!((spectral - 4.0).abs() < 1e-14 && (frobenius - 5.0).abs() < 1e-14);
/// ```
pub fn norms(a: &Array2<f64>) -> Norms {
    assert!(!a.is_empty(), "a must hold at least one number, got shape ({}, {})", a.nrows(), a.ncols());
    Norms { spectral: singular_values(a)[0], frobenius: frobenius_squared(a).sqrt() }
}

/// The condition number of the square matrix `a` in the spectral norm: `kappa(A) = ||A||_2 ||A^-1||_2 = sigma_1 / sigma_n`.
///
/// It is at least 1, and infinite for a singular matrix. Cost: the singular values, `O(n^3)`.
///
/// # Panics
/// If `a` is not square, is zero or empty, or holds a number that is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// assert_eq!(condition_number(&array![[0.0, 2.0], [-8.0, 0.0]]), 4.0);
/// ```
///
/// # References
/// Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, 2002, section 7.1.
pub fn condition_number(a: &Array2<f64>) -> f64 {
    assert!(a.is_square(), "a must be a square matrix, got shape ({}, {})", a.nrows(), a.ncols());
    let sigma = singular_values(a);
    assert!(sigma.first().is_some_and(|&largest| largest > 0.0), "a must not be zero everywhere, got a zero matrix");
    sigma[0] / sigma[sigma.len() - 1]
}

/// The machine epsilon of single precision, `2^-23`, by halving: the smallest power of two with `1 + epsilon > 1`.
///
/// It is the distance from 1 to the next number; an operation rounds by half of it, relative to the result.
pub fn epsilon_f32() -> f32 {
    let mut epsilon = 1.0_f32;
    while 1.0 + epsilon / 2.0 > 1.0 {
        epsilon /= 2.0;
    }
    epsilon
}

/// The machine epsilon of double precision, `2^-52`: as [`epsilon_f32`].
pub fn epsilon_f64() -> f64 {
    let mut epsilon = 1.0_f64;
    while 1.0 + epsilon / 2.0 > 1.0 {
        epsilon /= 2.0;
    }
    epsilon
}

/// The Rayleigh quotient of `v`, which need not be a unit vector: `rho(v) = v^T A v / v^T v`.
///
/// It lies between the smallest and the largest eigenvalue, and is the number `rho` that makes `||A v - rho v||` smallest. If `v` is
/// off an eigenvector by the angle `t`, its quotient is off the eigenvalue by at most `(lambda_max - lambda_min) sin(t)^2`.
/// Cost: one matvec.
///
/// # Panics
/// If `v` is zero, not finite or not of length `n`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(array![[2.0, 1.0], [1.0, 2.0]]);
/// assert_eq!(rayleigh_quotient(&a, &array![5.0, 5.0]), 3.0);
/// ```
///
/// # References
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, section 1.5; Trefethen and Bau, *Numerical Linear Algebra*, 1997, lecture 27.
pub fn rayleigh_quotient(a: &dyn SymmetricOperator, v: &Array1<f64>) -> f64 {
    let squared = v.dot(v);
    assert!(squared > 0.0 && squared.is_finite(), "v must be finite and not zero, got a squared norm of {squared}");
    v.dot(&a.apply(v)) / squared
}
