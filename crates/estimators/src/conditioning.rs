use ndarray::{Array1, Array2};

use matrix_free::linalg::{frobenius_squared, singular_values};
use matrix_free::operator::SymmetricOperator;

/// Two norms of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norms {
    /// The spectral norm: the largest singular value.
    ///
    /// ```math
    /// \lVert A \rVert_2 = \max_{x \ne 0} \frac{\lVert A x \rVert}{\lVert x \rVert} = \sigma_1
    /// ```
    pub spectral: f64,
    /// The Frobenius norm: the Euclidean norm of the entries, and of the singular values.
    ///
    /// ```math
    /// \lVert A \rVert_F = \sqrt{\sum_{ij} a_{ij}^2} = \sqrt{\sum_j \sigma_j^2}
    /// ```
    pub frobenius: f64,
}

/// The spectral norm and the Frobenius norm of any matrix.
///
/// ```math
/// \lVert A \rVert_2 \le \lVert A \rVert_F \le \sqrt{\operatorname{rank} A}\; \lVert A \rVert_2
/// ```
///
/// Cost: the singular values, `O(n k min(n, k))` for shape `(n, k)`.
///
/// # Panics
/// If `a` is empty or an entry is not finite.
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

/// The condition number of the square matrix `a` in the spectral norm.
///
/// ```math
/// \kappa(A) = \lVert A \rVert_2\, \lVert A^{-1} \rVert_2 = \frac{\sigma_1}{\sigma_n}
/// ```
///
/// It is at least 1, and infinite for a singular matrix. Cost: the singular values, `O(n^3)`.
///
/// # Panics
/// If `a` is empty, not square or zero, or an entry is not finite.
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

/// The machine epsilon of single precision, found by halving: the smallest power of two with `$1 + \varepsilon > 1$`,
/// which is `$2^{-23}$`.
///
/// It is the distance from 1 to the next larger number. The relative rounding error of one operation is at most half of
/// it.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// assert_eq!(epsilon_f32(), f32::EPSILON);
/// ```
pub fn epsilon_f32() -> f32 {
    let mut epsilon = 1.0_f32;
    while 1.0 + epsilon / 2.0 > 1.0 {
        epsilon /= 2.0;
    }
    epsilon
}

/// The machine epsilon of double precision, `$2^{-52}$`, found like [`epsilon_f32`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// assert_eq!(epsilon_f64(), f64::EPSILON);
/// ```
pub fn epsilon_f64() -> f64 {
    let mut epsilon = 1.0_f64;
    while 1.0 + epsilon / 2.0 > 1.0 {
        epsilon /= 2.0;
    }
    epsilon
}

/// The Rayleigh quotient of `v`, which need not be a unit vector.
///
/// ```math
/// \rho(v) = \frac{v^\top A v}{v^\top v}, \qquad \lambda_{\min} \le \rho(v) \le \lambda_{\max}
/// ```
///
/// It is the number that minimises `$\lVert A v - \rho v \rVert$`. If the angle between `v` and an eigenvector is `$t$`,
/// the quotient differs from the eigenvalue by at most `$(\lambda_{\max} - \lambda_{\min}) \sin^2 t$`. Cost: one matvec.
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
/// Parlett, *The Symmetric Eigenvalue Problem*, 1998, section 1.5; Trefethen and Bau, *Numerical Linear Algebra*, 1997,
/// lecture 27.
pub fn rayleigh_quotient(a: &dyn SymmetricOperator, v: &Array1<f64>) -> f64 {
    let squared = v.dot(v);
    assert!(squared > 0.0 && squared.is_finite(), "v must be finite and not zero, got a squared norm of {squared}");
    v.dot(&a.apply(v)) / squared
}
