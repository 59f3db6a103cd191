//! The forward pass and back-propagation, written once for plain and for dual numbers.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::dual::{Dual, Scalar};
use crate::mlp::Mlp;

impl Mlp {
    /// The gradient of [`Mlp::loss`] with respect to the parameters, by back-propagation.
    ///
    /// ```math
    /// g(\theta) = \frac{\partial L}{\partial \theta} \in \mathbb{R}^P
    /// ```
    ///
    /// Shapes: images `x`, `(N, inputs)`, labels `y`, length `N`; the gradient has length `P`.
    ///
    /// Cost: about three times that of the loss.
    ///
    /// # Panics
    /// As [`Mlp::check_batch`].
    ///
    /// # Example
    /// A small step down the gradient lowers the loss by the step times the squared norm of the gradient.
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Mlp, toy_mlp};
    /// let ((x, y), model) = (toy_batch(30, 0), toy_mlp(0));
    /// let gradient = model.gradient(&x, &y);
    /// let step = 1e-6;
    /// let theta = model.params() - &(step * &gradient);
    /// let moved = Mlp::with_params(model.widths(), theta);
    /// let slope = (model.loss(&x, &y) - moved.loss(&x, &y)) / step;
    /// assert!((slope / gradient.dot(&gradient) - 1.0).abs() < 1e-4);
    /// ```
    pub fn gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<f64> {
        self.gradient_at(self.params(), x, y)
    }

    /// The gradient of [`Mlp::loss`] with the dual numbers `theta` in place of the model's parameters.
    ///
    /// With `e^2 = 0`, the result holds the gradient and, exactly, the product of the Hessian with `v`:
    ///
    /// ```math
    /// g(\theta + v\, e) = g(\theta) + (H v)\, e
    /// ```
    ///
    /// Shapes: `theta` and the result have length `P`; `x` and `y` as in [`Mlp::gradient`].
    ///
    /// Cost: three times the operations of [`Mlp::gradient`], and more time than that: matrix products of dual numbers have no
    /// kernel that is tuned to the machine.
    ///
    /// # Panics
    /// As [`Mlp::check_batch`], and if `theta` is not of length `P`.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::SymmetricOperator;
    /// use matrix_free::probe::{Probe, rng};
    /// use ndarray::Array1;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Dual, Hessian, toy_mlp};
    /// let ((x, y), model) = (toy_batch(30, 0), toy_mlp(0));
    /// let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
    /// let pairs = model.params().iter().zip(&v);
    /// let theta: Array1<Dual> = pairs.map(|(&re, &eps)| Dual { re, eps }).collect();
    /// let product = model.dual_gradient(&theta, &x, &y).mapv(|g| g.eps);
    /// let difference = product - Hessian::new(&model, &x, &y).apply(&v);
    /// assert!(difference.iter().all(|d| d.abs() < 1e-12));
    /// ```
    pub fn dual_gradient(&self, theta: &ArrayRef1<Dual>, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<Dual> {
        self.check_params(theta.len());
        self.gradient_at(theta, x, y)
    }

    fn gradient_at<T: Scalar>(&self, theta: &ArrayRef1<T>, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<T> {
        self.check_batch(x, y);
        let h = self.activations(theta, x);
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

    /// The input of each layer, and the logits last: `depth + 1` matrices with one row per image.
    pub(crate) fn activations<T: Scalar>(&self, theta: &ArrayRef1<T>, x: &ArrayRef2<f64>) -> Vec<Array2<T>> {
        self.check_columns(x);
        let mut h = vec![x.mapv(T::from)];
        for layer in 0..self.depth() {
            let (weight, bias) = self.layer_of(layer, theta);
            let mut z = h[layer].dot(&weight.t()) + bias;
            if layer + 1 < self.depth() {
                z.mapv_inplace(T::tanh);
            }
            h.push(z);
        }
        h
    }
}

/// Softmax of every row.
pub(crate) fn softmax<T: Scalar>(logits: &ArrayRef2<T>) -> Array2<T> {
    let mut p = logits.to_owned();
    for mut row in p.rows_mut() {
        // Softmax does not change when a constant is taken off, and `exp` of a large logit overflows.
        let largest = T::from(row.iter().map(|z| z.real()).fold(f64::NEG_INFINITY, f64::max));
        row.mapv_inplace(|z| (z - largest).exp());
        let sum = row.sum();
        row.mapv_inplace(|e| e / sum);
    }
    p
}

/// The derivative of the mean cross-entropy with respect to the logits, `(softmax - onehot) / N`.
pub(crate) fn loss_delta<T: Scalar>(logits: &ArrayRef2<T>, y: &ArrayRef1<usize>) -> Array2<T> {
    let n = T::from(y.len() as f64);
    let mut delta = softmax(logits);
    for (mut row, &label) in delta.rows_mut().into_iter().zip(y) {
        row[label] -= T::one();
    }
    delta.mapv_inplace(|d| d / n);
    delta
}
