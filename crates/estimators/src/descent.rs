use ndarray::Array1;

/// How far [`growth_per_step`] moves the parameters at first: little enough for the gradient to be nearly linear there, and far more
/// than rounding.
const DISPLACEMENT: f64 = 1e-4;

/// By what factor a step of gradient descent changes a small displacement along the unit vector `u`: the geometric mean over
/// `n_steps` steps of size `eta`.
///
/// ```math
/// d_0 = 10^{-4} u, \qquad d_{j+1} = d_j - \eta \big( g(\theta + d_j) - g(\theta) \big), \qquad \Big( \frac{|u^\top d_n|}{10^{-4}} \Big)^{1/n}
/// ```
///
/// This is descent on a loss with the same Hessian that is stationary at `theta`. If `u` is an eigenvector of the Hessian with
/// eigenvalue `$\lambda$`, the factor is `$|1 - \eta \lambda|$`, up to the third derivatives of the loss. Cost: `n_steps + 1`
/// gradients.
///
/// # Panics
/// If `n_steps` is zero, or `theta` and `u` differ in length.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let gradient = |theta: &Array1<f64>| theta * 3.0;
/// let factor = growth_per_step(&gradient, &array![1.0, 2.0], &array![0.0, 1.0], 0.5, 10);
/// assert!((factor - 0.5).abs() < 1e-9);
/// ```
///
/// # References
/// Polyak, *Introduction to Optimization*, 1987, chapter 1 (the limit on the step).
pub fn growth_per_step(
    gradient: &dyn Fn(&Array1<f64>) -> Array1<f64>,
    theta: &Array1<f64>,
    u: &Array1<f64>,
    eta: f64,
    n_steps: usize,
) -> f64 {
    assert!(n_steps > 0, "n_steps must be at least 1, got 0");
    assert!(u.len() == theta.len(), "u must have the length of theta, {}, got {}", theta.len(), u.len());
    let at_theta = gradient(theta);
    let mut displacement = u * DISPLACEMENT;
    for _ in 0..n_steps {
        let force = gradient(&(theta + &displacement)) - &at_theta;
        displacement.scaled_add(-eta, &force);
    }
    (u.dot(&displacement).abs() / DISPLACEMENT).powf(1.0 / n_steps as f64)
}
