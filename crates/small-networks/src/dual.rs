use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use ndarray::LinalgScalar;
use num_traits::{One, Zero};

/// A number and its derivative, carried along together: `re + eps e` with `e^2 = 0`.
///
/// For every differentiable function,
///
/// ```math
/// f(x + x'\, e) = f(x) + f'(x)\, x'\, e
/// ```
///
/// The arithmetic below is the rules of differentiation, so a program run in dual numbers gives its result *and* the exact
/// derivative of the result along the direction in the `eps` of its inputs.
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
    ///
    /// # Example
    /// The product rule, for `x * y` along `x' = 1`, `y' = -1`.
    /// ```
    /// use small_networks::Dual;
    /// let (x, y) = (Dual::new(3.0, 1.0), Dual::new(5.0, -1.0));
    /// assert_eq!(x * y, Dual::new(15.0, 5.0 - 3.0));
    /// ```
    pub fn new(re: f64, eps: f64) -> Self {
        Self { re, eps }
    }

    /// The hyperbolic tangent, `tanh(x + x' e) = tanh x + (1 - tanh^2 x) x' e`.
    ///
    /// # Example
    /// ```
    /// use small_networks::Dual;
    /// assert_eq!(Dual::new(0.0, 2.0).tanh(), Dual::new(0.0, 2.0));
    /// ```
    pub fn tanh(self) -> Self {
        let t = self.re.tanh();
        Self { re: t, eps: (1.0 - t * t) * self.eps }
    }

    /// The exponential function, `exp(x + x' e) = exp x + exp(x) x' e`.
    ///
    /// # Example
    /// ```
    /// use small_networks::Dual;
    /// assert_eq!(Dual::new(0.0, 2.0).exp(), Dual::new(1.0, 2.0));
    /// ```
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
pub(crate) trait Scalar: LinalgScalar + From<f64> + Neg<Output = Self> + AddAssign + SubAssign {
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
