use ndarray::{Array1, Array2, ArrayRef1};

use small_networks::{Dual, Mlp};

/// The product of the Hessian with `v` by central differences of the gradient, with the step `$s$`.
///
/// ```math
/// H v \approx \frac{g(\theta + s v) - g(\theta - s v)}{2 s}
/// ```
///
/// It is never exact: the truncation error is `$s^2 / 6$` times a third derivative, and cancellation adds about the
/// gradient times `$\varepsilon / s$`. Shapes: `x` is `(N, inputs)`, `y` has length `N`, `v` and the product have length
/// `P`. Cost: two gradients.
///
/// # Panics
/// If `step` is not positive and finite, or `v` is not of length `P`; otherwise as [`Mlp::loss`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, y) = toy_batch(30, 0);
/// let model = toy_mlp(0);
/// let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
/// let (central, exact) = (hvp_central(&model, &x, &y, &v, 1e-5), Hessian::new(&model, &x, &y).apply(&v));
/// assert!(norm(&(&central - &exact)) < 1e-6 * norm(&exact));
/// ```
///
/// # References
/// Pearlmutter, *Fast exact multiplication by the Hessian*, 1994, section 1; Nocedal and Wright, *Numerical
/// Optimization*, 2nd edition, 2006, section 8.1.
pub fn hvp_central(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, v: &Array1<f64>, step: f64) -> Array1<f64> {
    assert!(step > 0.0 && step.is_finite(), "step must be above 0 and finite, got {step}");
    check_direction(model, v);
    let gradient_at = |s: f64| Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(x, y);
    (gradient_at(step) - gradient_at(-step)) / (2.0 * step)
}

/// The product of two dual numbers, where `$\varepsilon^2 = 0$`.
///
/// ```math
/// (a + a' \varepsilon)(b + b' \varepsilon) = a b + (a' b + a b')\, \varepsilon
/// ```
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// // x^2 at 3: the value is 9, the derivative 6.
/// let x = Dual { re: 3.0, eps: 1.0 };
/// let square = dual_mul(x, x);
/// assert_eq!((square.re, square.eps), (9.0, 6.0));
/// ```
pub fn dual_mul(a: Dual, b: Dual) -> Dual {
    Dual { re: a.re * b.re, eps: a.eps * b.re + a.re * b.eps }
}

/// The hyperbolic tangent of a dual number.
///
/// ```math
/// \tanh(a + a' \varepsilon) = \tanh a + (1 - \tanh^2 a)\, a' \varepsilon
/// ```
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let t = dual_tanh(Dual { re: 0.0, eps: 2.0 });
/// assert_eq!((t.re, t.eps), (0.0, 2.0));
/// ```
pub fn dual_tanh(a: Dual) -> Dual {
    let t = a.re.tanh();
    Dual { re: t, eps: (1.0 - t * t) * a.eps }
}

/// The product of the Hessian with `v` by evaluating the gradient in dual numbers, exact up to rounding.
///
/// ```math
/// g(\theta + v \varepsilon) = g(\theta) + (H v)\, \varepsilon
/// ```
///
/// Shapes: `x` is `(N, inputs)`, `y` has length `N`, `v` and the product have length `P`. Cost: one gradient in dual
/// numbers.
///
/// # Panics
/// If `v` is not of length `P`; otherwise as [`Mlp::loss`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, y) = toy_batch(30, 0);
/// let model = toy_mlp(0);
/// let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
/// let (dual, exact) = (hvp_dual(&model, &x, &y, &v), Hessian::new(&model, &x, &y).apply(&v));
/// assert!((&dual - &exact).iter().all(|d| d.abs() < 1e-12));
/// ```
///
/// # References
/// Griewank and Walther, *Evaluating Derivatives*, 2nd edition, 2008, section 5.1 (forward over reverse).
pub fn hvp_dual(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, v: &Array1<f64>) -> Array1<f64> {
    check_direction(model, v);
    let theta: Array1<Dual> = model.params().iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect();
    model.dual_gradient(&theta, x, y).mapv(|g| g.eps)
}

pub(super) fn check_direction(model: &Mlp, v: &ArrayRef1<f64>) {
    assert!(v.len() == model.n_params(), "v must have P = {} entries, got {}", model.n_params(), v.len());
}
