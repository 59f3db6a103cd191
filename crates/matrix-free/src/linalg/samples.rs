//! Sequences of numbers: grids, integrals over them, and the statistics of samples.

use ndarray::{Array1, ArrayRef1};

/// `n` equally spaced numbers from `start` to `end`, both included.
///
/// # Panics
/// If `n` is zero.
///
/// # Example
/// ```
/// use matrix_free::linalg::linspace;
/// use ndarray::array;
/// assert_eq!(linspace(0.0, 2.0, 5), array![0.0, 0.5, 1.0, 1.5, 2.0]);
/// ```
pub fn linspace(start: f64, end: f64, n: usize) -> Array1<f64> {
    assert!(n > 0, "n must be at least 1, got 0");
    Array1::linspace(start, end, n)
}

/// The integral of the samples `y` at the points `x` by the trapezoidal rule, `$\sum_i \tfrac12 (x_{i+1} - x_i)(y_{i+1} + y_i)$`.
///
/// # Panics
/// If the lengths differ.
///
/// # Example
/// ```
/// use matrix_free::linalg::trapezoid;
/// use ndarray::array;
/// assert_eq!(trapezoid(&array![0.0, 1.0, 1.0], &array![0.0, 1.0, 3.0]), 2.5);
/// ```
pub fn trapezoid(y: &ArrayRef1<f64>, x: &ArrayRef1<f64>) -> f64 {
    assert!(x.len() == y.len(), "x and y must have the same length, got {} and {}", x.len(), y.len());
    (1..x.len()).map(|i| 0.5 * (x[i] - x[i - 1]) * (y[i] + y[i - 1])).sum()
}

/// The mean, `$\bar{x} = \frac{1}{m} \sum_i x_i$`.
///
/// # Panics
/// If there are no numbers.
///
/// # Example
/// ```
/// use matrix_free::linalg::mean;
/// use ndarray::array;
/// assert_eq!(mean(&array![1.0, 3.0]), 2.0);
/// ```
pub fn mean(x: &ArrayRef1<f64>) -> f64 {
    assert!(!x.is_empty(), "a mean needs at least one number, got none");
    x.sum() / x.len() as f64
}

/// The sample variance, `$\frac{1}{m - 1} \sum_i (x_i - \bar{x})^2$`.
///
/// # Panics
/// If there are fewer than two numbers.
///
/// # Example
/// ```
/// use matrix_free::linalg::variance;
/// use ndarray::array;
/// assert_eq!(variance(&array![1.0, 3.0]), 2.0);
/// ```
pub fn variance(x: &ArrayRef1<f64>) -> f64 {
    assert!(x.len() > 1, "a variance needs at least two numbers, got {}", x.len());
    let mean = mean(x);
    x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() - 1) as f64
}

/// The median; for an even count, the mean of the middle two numbers.
///
/// # Panics
/// If there are no numbers.
///
/// # Example
/// ```
/// use matrix_free::linalg::median;
/// use ndarray::array;
/// assert_eq!(median(&array![5.0, 1.0, 2.0, 3.0]), 2.5);
/// ```
pub fn median(x: &ArrayRef1<f64>) -> f64 {
    assert!(!x.is_empty(), "a median needs at least one number, got none");
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
    0.5 * (sorted[low] + sorted[high])
}
