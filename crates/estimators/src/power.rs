use ndarray::Array1;

use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng};

/// The result of power iteration, with the evidence for it.
#[derive(Clone, Debug)]
pub struct PowerIteration {
    /// The Rayleigh quotient of `vector`: the estimate of the eigenvalue of largest magnitude.
    pub value: f64,
    /// The last unit vector that was multiplied with the matrix.
    pub vector: Array1<f64>,
    /// The norm of the residual, `$\lVert A v - \rho v \rVert$`: `value` is at most this far from an eigenvalue of `A`.
    pub residual: f64,
    /// The Rayleigh quotient of every step, one per matvec; the last is `value`.
    pub history: Vec<f64>,
}

impl PowerIteration {
    /// The number of matvecs.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let a = Dense::new(Array2::eye(3));
    /// // Every vector is an eigenvector of the identity.
    /// assert_eq!(power_iteration(&a, 100, 1e-10, 0).n_matvecs(), 1);
    /// ```
    pub fn n_matvecs(&self) -> usize {
        self.history.len()
    }
}

/// Power iteration from a Gaussian vector drawn with `seed`, until the residual is small or `max_steps` matvecs are done.
///
/// ```math
/// v \leftarrow \frac{A v}{\lVert A v \rVert} \quad \text{until} \quad \lVert A v - \rho v \rVert \le \text{tolerance} \cdot |\rho|, \qquad \rho = v^\top A v
/// ```
///
/// It converges to the eigenvalue of largest *magnitude*. With magnitudes in descending order, each step reduces the
/// error of the vector by the factor `$|\lambda_2 / \lambda_1|$`, and that of the value by its square. For a pair
/// `$\lambda, -\lambda$` at the top it does not converge, and the residual stays large. If `$A v = 0$`, the result is the
/// eigenvalue 0 with residual 0.
///
/// Cost: one matvec per step.
///
/// # Panics
/// If `max_steps` is zero, `tolerance` is negative or not a number, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&array![-9.0, 0.0, 0.5, 1.0, 4.0], 0));
/// let run = power_iteration(&a, 100, 1e-10, 0);
/// assert!((run.value + 9.0).abs() < 1e-12 && run.residual <= 9e-10);
/// ```
///
/// # References
/// Golub and Van Loan, *Matrix Computations*, 4th edition, section 8.2.1; Parlett, *The Symmetric Eigenvalue Problem*,
/// 1998, section 4.2.
pub fn power_iteration(a: &dyn SymmetricOperator, max_steps: usize, tolerance: f64, seed: u64) -> PowerIteration {
    assert!(max_steps > 0, "max_steps must be at least 1, got 0");
    assert!(tolerance >= 0.0, "tolerance must be at least 0, got {tolerance}");
    let mut v = Probe::Gaussian.draw(a.dim(), &mut rng(seed));
    v /= norm(&v);
    let mut history = Vec::new();
    loop {
        let product = a.apply(&v);
        let value = v.dot(&product);
        assert!(value.is_finite(), "the product in step {} must be finite, got v^T A v = {value}", history.len() + 1);
        history.push(value);
        // Not the change of the value, which also vanishes when the vector alternates between two directions.
        let residual = norm(&(&product - &(&v * value)));
        if residual <= tolerance * value.abs() || history.len() == max_steps {
            return PowerIteration { value, vector: v, residual, history };
        }
        let length = norm(&product);
        v = product / length;
    }
}

/// How fast power iteration converges: the decimal logarithm of the factor by which an error changes in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    /// For the error of the value.
    pub value: f64,
    /// For the sine of the angle between the vector and the eigenspace of `$\lambda_1$`.
    pub vector: f64,
}

/// The slopes that theory predicts for power iteration on a matrix with these `eigenvalues`, in decades per step.
///
/// ```math
/// \log_{10} \left| \frac{\lambda_2}{\lambda_1} \right| \text{ for the vector,} \qquad 2 \log_{10} \left| \frac{\lambda_2}{\lambda_1} \right| \text{ for the value}
/// ```
///
/// `$\lambda_1$` is the eigenvalue of largest magnitude, and `$\lambda_2$` has the largest magnitude among those
/// *different* from it: copies of `$\lambda_1$` belong to its eigenspace and do no harm. A pair `$\lambda, -\lambda$` has
/// slopes of zero. If all other eigenvalues are zero, or there are none, one step suffices, and the slopes are minus
/// infinity. The order of `eigenvalues` does not matter.
///
/// # Panics
/// If there are no eigenvalues, one is not finite, or all are zero.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let slopes = predicted_slopes(&array![10.0, 10.0, 1.0]);
/// assert_eq!((slopes.vector, slopes.value), (-1.0, -2.0));
/// ```
///
/// # References
/// As [`power_iteration`].
pub fn predicted_slopes(eigenvalues: &Array1<f64>) -> Slopes {
    if let Some((i, value)) = eigenvalues.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        panic!("every eigenvalue must be finite, got {value} at {i}");
    }
    let first = eigenvalues.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    assert!(first != 0.0, "eigenvalues must hold at least one that is not zero, got {eigenvalues}");
    let others = eigenvalues.iter().filter(|value| **value != first);
    let second = others.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let vector = (second / first.abs()).log10();
    Slopes { value: 2.0 * vector, vector }
}
