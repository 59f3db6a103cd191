use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::backprop::{activations, check_columns, check_layers, gradient};
use crate::layer::Layer;
use crate::loss::{CrossEntropy, Loss};

/// A network and its loss: a stack of [layers](Layer) with tanh after each but the last, and what is done with the outputs.
///
/// With `$h_0 = x$`, layer `l` of `$d$` takes `$h_{l-1}$` to `$h_l$`; the last layer's `$z_d$` are the outputs, or logits. The loss is
/// the mean over `N` images with the labels `$y_i$`:
///
/// ```math
/// z_l = W_l * h_{l-1} + b_l, \qquad h_l = \tanh z_l, \qquad
/// L(\theta) = \frac{1}{N} \sum_{i=1}^{N} \ell\big(z_d(x_i), y_i\big)
/// ```
///
/// Images are rows: a batch `x` has shape `(N, inputs)`, and its labels `y` have length `N`. All parameters stand in one flat
/// vector `theta` of length `P`: each layer's weights and biases, first layer first. A vector in parameter space (a gradient, a
/// direction, an eigenvector of the Hessian) has the same order.
///
/// [`Mlp`](crate::Mlp) and [`Cnn`](crate::Cnn) are models. Whoever says what the layers are, where the parameters lie and, if it is
/// not the cross-entropy, what the loss is, has all else for it: training ([`train`](crate::train())), and the exact products by the
/// [`Hessian`](crate::Hessian), the [`GaussNewton`](crate::GaussNewton) matrix and the tangent kernel ([`Entk`](crate::Entk)).
///
/// # Example
/// Least squares: one layer, and half the squared distance of its outputs from the label's unit vector. The outputs are linear in
/// the parameters, and the second derivative of the loss in them is the identity, so `H = G`, whatever the parameters are.
/// ```
/// use matrix_free::operator::to_dense;
/// use ndarray::{Array1, Array2, ArrayRef1, Axis};
/// use small_networks::data::toy_batch;
/// use small_networks::{Curvatures, GaussNewton, Hessian, Layer, Loss, Model, Sgd, train};
///
/// struct Squares;
///
/// impl Loss for Squares {
///     fn losses(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array1<f64> {
///         self.gradients(z, y).map_axis(Axis(1), |residual| residual.dot(&residual) / 2.0)
///     }
///     fn gradients(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array2<f64> {
///         let mut residuals = z.clone();
///         y.iter().enumerate().for_each(|(i, &label)| residuals[[i, label]] -= 1.0);
///         residuals
///     }
///     fn curvatures(&self, z: &Array2<f64>, _: &Array1<usize>) -> Curvatures {
///         Curvatures::diagonal(Array2::ones(z.dim()))
///     }
/// }
///
/// struct LeastSquares {
///     layers: [Layer; 1],
///     theta: Array1<f64>,
/// }
///
/// impl Model for LeastSquares {
///     fn layers(&self) -> &[Layer] {
///         &self.layers
///     }
///     fn params(&self) -> &Array1<f64> {
///         &self.theta
///     }
///     fn params_mut(&mut self) -> &mut ArrayRef1<f64> {
///         &mut self.theta
///     }
///     fn loss_function(&self) -> &dyn Loss {
///         &Squares
///     }
/// }
///
/// let (x, y) = toy_batch(30, 0);
/// let mut model = LeastSquares { layers: [Layer::dense(20, 4)], theta: Array1::zeros(84) };
/// assert_eq!(model.loss(&x, &y), 0.5);
/// train(&mut model, &x, &y, &Sgd { learning_rate: 0.01, ..Sgd::default() });
/// assert!(model.loss(&x, &y) < 0.5);
/// let (h, g) = (Hessian::new(&model, &x, &y), GaussNewton::new(&model, &x, &y));
/// assert!((to_dense(&h) - to_dense(&g)).iter().all(|d| d.abs() < 1e-13));
/// ```
///
/// # A model that is no stack of layers
/// The estimators take any [`SymmetricOperator`](matrix_free::operator::SymmetricOperator) and do not ask where it comes from: a
/// product written by hand becomes one by [`from_fn`](matrix_free::operator::from_fn). Here, weight decay on top of a network:
/// ```
/// use matrix_free::operator::{SymmetricOperator, from_fn};
/// use ndarray::Array1;
/// use small_networks::data::toy_batch;
/// use small_networks::{Hessian, toy_mlp};
/// let ((x, y), decay) = (toy_batch(30, 0), 0.01);
/// let hessian = Hessian::new(&toy_mlp(0), &x, &y);
/// let decayed = from_fn(hessian.dim(), |v| hessian.apply(v) + v * decay);
/// assert_eq!(decayed.apply(&Array1::ones(276)).len(), 276);
/// ```
pub trait Model {
    /// The layers, first to last. Each must read what the one before it gives, and the last must give one number per class.
    fn layers(&self) -> &[Layer];

    /// The parameters, a vector of length `P`.
    fn params(&self) -> &Array1<f64>;

    /// The parameters, to be changed.
    fn params_mut(&mut self) -> &mut ArrayRef1<f64>;

    /// The loss of an image as a function of its outputs; by default [`CrossEntropy`].
    fn loss_function(&self) -> &dyn Loss {
        &CrossEntropy
    }

    /// The number of parameters, `P`.
    ///
    /// # Example
    /// ```
    /// use small_networks::{Model, tiny_cnn};
    /// assert_eq!(tiny_cnn(0).n_params(), 2698);
    /// ```
    fn n_params(&self) -> usize {
        self.params().len()
    }

    /// The same network with the parameters `theta`, of length `P`.
    ///
    /// # Panics
    /// If `theta` is not of length `P`.
    ///
    /// # Example
    /// The loss, a step away along the gradient.
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Model, toy_mlp};
    /// let ((x, y), model) = (toy_batch(30, 0), toy_mlp(0));
    /// let moved = model.at(&(model.params() - 0.01 * model.gradient(&x, &y)));
    /// assert!(moved.loss(&x, &y) < model.loss(&x, &y));
    /// ```
    fn at(&self, theta: &ArrayRef1<f64>) -> Self
    where
        Self: Clone + Sized,
    {
        assert!(theta.len() == self.n_params(), "theta must have P = {} entries, got {}", self.n_params(), theta.len());
        let mut moved = self.clone();
        moved.params_mut().assign(theta);
        moved
    }

    /// What the last layer gives for the images `x`, shape `(N, inputs)`: shape `(N, classes)`.
    ///
    /// # Panics
    /// If `x` does not have one column per input; for a model of your own also if its layers do not fit each other, or there are
    /// more or fewer parameters than they have.
    ///
    /// # Example
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Model, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// assert_eq!(toy_mlp(0).logits(&x).dim(), (30, 4));
    /// ```
    fn logits(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        outputs(self.layers(), self.params(), x)
    }

    /// The mean loss of the images `x` with the labels `y`.
    ///
    /// # Panics
    /// As [`check_batch`](Model::check_batch).
    ///
    /// # Example
    /// A network that prefers no class has the cross-entropy `ln(classes)`.
    /// ```
    /// use ndarray::Array1;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Model, toy_mlp};
    /// let (x, y) = toy_batch(30, 0);
    /// let model = toy_mlp(0).at(&Array1::zeros(276));
    /// assert!((model.loss(&x, &y) - 4.0_f64.ln()).abs() < 1e-14);
    /// ```
    fn loss(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        self.check_batch(x, y);
        mean_loss(self.loss_function(), &self.logits(x), y)
    }

    /// The gradient of the [loss](Model::loss) with respect to the parameters, by back-propagation.
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
    /// As [`check_batch`](Model::check_batch).
    ///
    /// # Example
    /// A small step down the gradient lowers the loss by the step times the squared norm of the gradient.
    /// ```
    /// use small_networks::data::{DataError, load_mnist_7x7};
    /// use small_networks::{Model, tiny_cnn};
    /// let ((x, y), model) = (load_mnist_7x7(30, 0)?, tiny_cnn(0));
    /// let gradient = model.gradient(&x, &y);
    /// let step = 1e-6;
    /// let moved = model.at(&(model.params() - step * &gradient));
    /// let slope = (model.loss(&x, &y) - moved.loss(&x, &y)) / step;
    /// assert!((slope / gradient.dot(&gradient) - 1.0).abs() < 1e-4);
    /// # Ok::<(), DataError>(())
    /// ```
    fn gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<f64> {
        self.check_batch(x, y);
        mean_gradient(self.layers(), self.params(), self.loss_function(), x, y)
    }

    /// The fraction of the images `x` whose largest logit is that of the label in `y`.
    ///
    /// # Panics
    /// As [`check_batch`](Model::check_batch).
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use small_networks::{Mlp, Model};
    /// // The logits are the two inputs.
    /// let model = Mlp::with_params(&[2, 2], array![1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    /// assert_eq!(model.accuracy(&array![[1.0, 2.0], [3.0, 0.0]], &array![1, 1]), 0.5);
    /// ```
    fn accuracy(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        self.check_batch(x, y);
        share_of_hits(&self.logits(x), y)
    }

    /// Panics unless the images `x` and the labels `y` are a batch for this network.
    ///
    /// # Panics
    /// If `x` does not have one column per input and at least one row, `y` does not have one label per row of `x`, or a label
    /// is not below the number of classes.
    ///
    /// # Example
    /// ```should_panic
    /// use ndarray::{Array1, Array2};
    /// use small_networks::{Model, tiny_cnn};
    /// // "x must have one column per input, 49, got shape (3, 20)"
    /// tiny_cnn(0).check_batch(&Array2::zeros((3, 20)), &Array1::zeros(3));
    /// ```
    #[track_caller]
    fn check_batch(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) {
        check(self.layers(), self.n_params(), self.loss_function(), x, y);
    }
}

// The bodies of the methods above stand here, so that they are compiled once and not for each model.

fn outputs(layers: &[Layer], theta: &ArrayRef1<f64>, x: &ArrayRef2<f64>) -> Array2<f64> {
    #[expect(clippy::expect_used, reason = "a network has at least one layer")]
    activations(layers, theta, x).pop().expect("the outputs are the last activation")
}

fn mean_loss(loss: &dyn Loss, z: &Array2<f64>, y: &ArrayRef1<usize>) -> f64 {
    loss.losses(z, &y.to_owned()).sum() / y.len() as f64
}

fn mean_gradient(
    layers: &[Layer],
    theta: &ArrayRef1<f64>,
    loss: &dyn Loss,
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<usize>,
) -> Array1<f64> {
    gradient(layers, theta, x, |z| loss.gradients(z, &y.to_owned()) / y.len() as f64)
}

fn share_of_hits(logits: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
    let is_hit = |row: &ndarray::ArrayView1<f64>, label: usize| row.iter().all(|&z| z <= row[label]);
    let hits = logits.rows().into_iter().zip(y).filter(|(row, label)| is_hit(row, **label));
    hits.count() as f64 / y.len() as f64
}

#[track_caller]
fn check(layers: &[Layer], n_params: usize, loss: &dyn Loss, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) {
    check_layers(layers, n_params);
    check_columns(layers, x);
    let (n, classes) = (x.nrows(), loss.n_labels(layers[layers.len() - 1].outputs()));
    assert!(n > 0, "x must have at least one row, got none");
    assert!(y.len() == n, "y must have one label per row of x, {n}, got {}", y.len());
    if let Some((i, label)) = y.iter().enumerate().find(|(_, label)| **label >= classes) {
        panic!("y must have labels below the number of classes, {classes}, got {label} at {i}");
    }
}
