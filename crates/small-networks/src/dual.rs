use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, LinalgScalar};
use num_traits::{One, Zero};

use crate::Mlp;

/// A dual number `re + eps e` with `e^2 = 0`: a number and its derivative, carried along together.
///
/// For every function, `f(x + x' e) = f(x) + f'(x) x' e`: the arithmetic below is the rules of differentiation, so a program run
/// in dual numbers gives its result *and* the exact derivative of the result along the direction in the `eps` of its inputs.
///
/// # Example
/// ```
/// use small_networks::Dual;
/// let x = Dual::new(3.0, 1.0);
/// let square = x * x;
/// assert_eq!((square.re, square.eps), (9.0, 6.0));
/// ```
///
/// # References
/// Griewank and Walther, *Evaluating Derivatives*, 2nd edition, 2008, section 3.1 (the forward mode).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dual {
    /// The number.
    pub re: f64,
    /// Its derivative.
    pub eps: f64,
}

impl Dual {
    /// The dual number `re + eps e`.
    pub fn new(re: f64, eps: f64) -> Self {
        Self { re, eps }
    }

    /// The hyperbolic tangent; its derivative is `1 - tanh^2`.
    pub fn tanh(self) -> Self {
        let t = self.re.tanh();
        Self { re: t, eps: (1.0 - t * t) * self.eps }
    }

    /// The exponential function.
    pub fn exp(self) -> Self {
        let e = self.re.exp();
        Self { re: e, eps: e * self.eps }
    }
}

/// A constant: its derivative is zero.
impl From<f64> for Dual {
    fn from(re: f64) -> Self {
        Self { re, eps: 0.0 }
    }
}

impl Add for Dual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { re: self.re + other.re, eps: self.eps + other.eps }
    }
}

impl Sub for Dual {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { re: self.re - other.re, eps: self.eps - other.eps }
    }
}

impl Mul for Dual {
    type Output = Self;

    /// The product rule.
    fn mul(self, other: Self) -> Self {
        Self { re: self.re * other.re, eps: self.eps * other.re + self.re * other.eps }
    }
}

impl Div for Dual {
    type Output = Self;

    /// The quotient rule, `q' = (a' - q b') / b` for `q = a / b`.
    fn div(self, other: Self) -> Self {
        let q = self.re / other.re;
        Self { re: q, eps: (self.eps - q * other.eps) / other.re }
    }
}

impl Neg for Dual {
    type Output = Self;

    fn neg(self) -> Self {
        Self { re: -self.re, eps: -self.eps }
    }
}

impl AddAssign for Dual {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Dual {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

// Zero and One are what ndarray asks of a number in a matrix product.
impl Zero for Dual {
    fn zero() -> Self {
        Self::default()
    }

    fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl One for Dual {
    fn one() -> Self {
        Self::from(1.0)
    }
}

/// What a number must be able to do for the network's gradient to be computed in it.
trait Scalar: LinalgScalar + From<f64> + Neg<Output = Self> + AddAssign + SubAssign {
    fn tanh(self) -> Self;
    fn exp(self) -> Self;
    /// The number without its derivative: what comparisons look at.
    fn real(self) -> f64;
}

impl Scalar for Dual {
    fn tanh(self) -> Self {
        Dual::tanh(self)
    }

    fn exp(self) -> Self {
        Dual::exp(self)
    }

    fn real(self) -> f64 {
        self.re
    }
}

impl Scalar for f64 {
    fn tanh(self) -> Self {
        f64::tanh(self)
    }

    fn exp(self) -> Self {
        f64::exp(self)
    }

    fn real(self) -> f64 {
        self
    }
}

impl Mlp {
    /// The gradient of [`Mlp::loss`] with the dual numbers `theta`, length `P`, in place of the model's parameters.
    ///
    /// With `theta + e v` as parameters the result is `g(theta) + e H v`: the gradient and, exactly, the product of the Hessian with `v`.
    ///
    /// Cost: three times the operations of [`Mlp::gradient`], and more time than that: matrix products of dual numbers have no
    /// kernel that is tuned to the machine.
    ///
    /// # Panics
    /// As [`Mlp::loss`], and if `theta` is not of length `P`.
    pub fn dual_gradient(&self, theta: &ArrayRef1<Dual>, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<Dual> {
        assert!(theta.len() == self.n_params(), "theta has P = {} entries, got {}", self.n_params(), theta.len());
        self.check_batch(x, y);
        self.gradient_in(theta, x, y)
    }

    /// Back-propagation in the numbers `T`: line by line what [`Mlp::gradient`] does in `f64`.
    fn gradient_in<T: Scalar>(&self, theta: &ArrayRef1<T>, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<T> {
        let mut h = vec![x.mapv(T::from)];
        for layer in 0..self.depth() {
            let (weight, bias) = self.layer_of(layer, theta);
            let z = h[layer].dot(&weight.t()) + bias;
            h.push(if layer + 1 < self.depth() { z.mapv(T::tanh) } else { z });
        }
        let mut delta = loss_delta(&h[self.depth()], y);
        let mut gradient = Array1::zeros(self.n_params());
        for layer in (0..self.depth()).rev() {
            let (mut weight, mut bias) = self.layer_mut(layer, &mut gradient);
            general_mat_mul(T::one(), &delta.t(), &h[layer], T::zero(), &mut weight);
            bias.assign(&delta.sum_axis(Axis(0)));
            if layer > 0 {
                let (weight, _) = self.layer_of(layer, theta);
                delta = delta.dot(&weight) * h[layer].mapv(|h| T::one() - h * h);
            }
        }
        gradient
    }
}

/// The derivative of the mean cross-entropy in the logits, `(softmax - onehot) / N`.
fn loss_delta<T: Scalar>(logits: &ArrayRef2<T>, y: &ArrayRef1<usize>) -> Array2<T> {
    let n = T::from(y.len() as f64);
    let mut delta = logits.to_owned();
    for (mut row, &label) in delta.rows_mut().into_iter().zip(y) {
        // Softmax does not change when a constant is taken off, so the largest logit may count as one.
        let largest = T::from(row.iter().map(|z| z.real()).fold(f64::NEG_INFINITY, f64::max));
        row.mapv_inplace(|z| (z - largest).exp());
        let sum = row.sum();
        row.mapv_inplace(|e| e / sum);
        row[label] -= T::one();
        row.mapv_inplace(|d| d / n);
    }
    delta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hessian, tiny_mlp};
    use matrix_free::operator::SymmetricOperator;
    use matrix_free::probe::{Probe, gaussian_matrix, rng};

    /// Each rule against the derivative that a table gives.
    #[test]
    fn rules_of_differentiation() {
        let (a, b) = (Dual::new(0.7, 1.3), Dual::new(-0.4, 0.6));
        let cases = [
            ("a + b", a + b, 0.3, 1.9),
            ("a - b", a - b, 1.1, 0.7),
            ("a b", a * b, -0.28, 1.3 * -0.4 + 0.7 * 0.6),
            ("a / b", a / b, -1.75, (1.3 * -0.4 - 0.7 * 0.6) / 0.16),
            ("-a", -a, -0.7, -1.3),
            ("tanh a", a.tanh(), 0.7_f64.tanh(), 1.3 / 0.7_f64.cosh().powi(2)),
            ("exp a", a.exp(), 0.7_f64.exp(), 1.3 * 0.7_f64.exp()),
        ];
        for (name, got, re, eps) in cases {
            assert!((got.re - re).abs() < 1e-15 && (got.eps - eps).abs() < 1e-14, "{name}: {got:?}, not {re}, {eps}");
        }
        assert!(Dual::zero().is_zero() && !Dual::new(0.0, 1.0).is_zero());
        assert_eq!((Dual::one() * a, Dual::zero() + a), (a, a));
    }

    /// The generic gradient in f64 is the gradient; in dual numbers it is that and the product with the Hessian.
    #[test]
    fn one_gradient_in_two_kinds_of_numbers() {
        let model = tiny_mlp(1);
        let (x, y) = (gaussian_matrix(9, 49, &mut rng(1)), Array1::from_shape_fn(9, |i| (7 * i) % 10));
        let v = Probe::Gaussian.draw(model.n_params(), &mut rng(2));
        let gradient = model.gradient(&x, &y);
        let product = Hessian::new(&model, &x, &y).apply(&v);
        let theta: Array1<Dual> = model.params().iter().zip(&v).map(|(&re, &eps)| Dual { re, eps }).collect();
        let dual = model.dual_gradient(&theta, &x, &y);
        let in_f64 = model.gradient_in(model.params(), &x, &y);
        let scale = |of: &Array1<f64>| of.iter().fold(0.0, |largest: f64, g| largest.max(g.abs()));
        for i in 0..model.n_params() {
            assert!((in_f64[i] - gradient[i]).abs() < 1e-14 * scale(&gradient), "f64 at {i}");
            assert!((dual[i].re - gradient[i]).abs() < 1e-14 * scale(&gradient), "re at {i}");
            assert!((dual[i].eps - product[i]).abs() < 1e-13 * scale(&product), "eps at {i}");
        }
    }
}
