use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::backprop::gradient;
use crate::dual::Dual;
use crate::layer::{Layer, count_params, he_normal};
use crate::loss::softmax_less_label;
use crate::model::Model;

/// A multilayer perceptron with tanh after every layer but the last, and softmax cross-entropy as its loss.
///
/// With `$h_0 = x$`, layer `l` of `$d$` takes `$h_{l-1}$` to `$h_l$`, and the loss is the mean over `N` images with the labels `$y_i$`:
///
/// ```math
/// z_l = W_l h_{l-1} + b_l, \qquad h_l = \tanh z_l, \qquad
/// L(\theta) = -\frac{1}{N} \sum_{i=1}^{N} \log \operatorname{softmax}\big(z_d(x_i)\big)_{y_i}
/// ```
///
/// All parameters stand in one flat vector `theta` of length `P`, in the order `W1` (out x in, row-major), `b1`, `W2`,
/// `b2`, ...; a vector in parameter space (a gradient, a direction, an eigenvector of the Hessian) has the same order.
///
/// Images are rows: a batch `x` has shape `(N, inputs)` and its labels `y` have length `N`.
///
/// The methods that [`Model`] has too are here once more, so that nothing has to be imported for them.
///
/// # Example
/// ```
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Sgd, tiny_mlp, train};
/// let (x, y) = load_mnist_7x7(300, 0)?;
/// let mut model = tiny_mlp(0);
/// train(&mut model, &x, &y, &Sgd::default());
/// assert!(model.accuracy(&x, &y) > 0.9);
/// # Ok::<(), DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mlp {
    widths: Vec<usize>,
    layers: Vec<Layer>,
    theta: Array1<f64>,
}

/// The 20-8-8-4 network, `P = 276`: small enough that its Hessian can be formed at once.
///
/// # Example
/// ```
/// use small_networks::toy_mlp;
/// assert_eq!((toy_mlp(0).widths(), toy_mlp(0).n_params()), (&[20, 8, 8, 4][..], 276));
/// ```
pub fn toy_mlp(seed: u64) -> Mlp {
    Mlp::new(&[20, 8, 8, 4], seed)
}

/// The 49-32-32-10 network for 7x7 digits, `P = 2986`.
///
/// # Example
/// ```
/// use small_networks::tiny_mlp;
/// assert_eq!(tiny_mlp(0).n_params(), 2986);
/// ```
pub fn tiny_mlp(seed: u64) -> Mlp {
    Mlp::new(&[49, 32, 32, 10], seed)
}

/// The dense layers of a network with the given widths.
fn layers_of(widths: &[usize]) -> Vec<Layer> {
    assert!(widths.len() >= 2, "widths must have at least inputs and classes, got {widths:?}");
    assert!(widths.iter().all(|&w| w > 0), "widths must all be at least 1, got {widths:?}");
    widths.windows(2).map(|pair| Layer::dense(pair[0], pair[1])).collect()
}

impl Mlp {
    /// A network with the given layer widths, inputs first and classes last, and random parameters.
    ///
    /// Weights are normal with variance `2 / in`, where `in` is the width that enters the layer; biases are zero.
    ///
    /// # Panics
    /// If there are fewer than two widths, or one is zero.
    ///
    /// # Example
    /// ```
    /// use small_networks::Mlp;
    /// let model = Mlp::new(&[4, 3, 2], 0);
    /// assert_eq!(model.n_params(), 3 * (4 + 1) + 2 * (3 + 1));
    /// ```
    ///
    /// # References
    /// He, Zhang, Ren and Sun, *Delving deep into rectifiers*, 2015, section 2.2.
    pub fn new(widths: &[usize], seed: u64) -> Self {
        let layers = layers_of(widths);
        let theta = he_normal(&layers, seed);
        Self { widths: widths.to_vec(), layers, theta }
    }

    /// A network with the given layer widths and parameters `theta`, of length `P`.
    ///
    /// # Panics
    /// If there are fewer than two widths, one is zero, or `theta` is not of length `P`.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use small_networks::Mlp;
    /// // One layer, W = (1 2; 3 4) and b = (5 6).
    /// let model = Mlp::with_params(&[2, 2], array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// assert_eq!(model.logits(&array![[1.0, 0.0]]), array![[6.0, 9.0]]);
    /// ```
    pub fn with_params(widths: &[usize], theta: Array1<f64>) -> Self {
        let model = Self { widths: widths.to_vec(), layers: layers_of(widths), theta };
        model.check_params(model.theta.len());
        model
    }

    /// The layer widths, inputs first and classes last.
    ///
    /// # Example
    /// ```
    /// use small_networks::Mlp;
    /// assert_eq!(Mlp::new(&[4, 3, 2], 0).widths(), [4, 3, 2]);
    /// ```
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// The number of parameters, `$P = \sum_l m_l (m_{l-1} + 1)$` for the widths `$m_0, m_1, \dots$`.
    ///
    /// # Example
    /// ```
    /// use small_networks::Mlp;
    /// assert_eq!(Mlp::new(&[4, 3, 2], 0).n_params(), 23);
    /// ```
    pub fn n_params(&self) -> usize {
        self.theta.len()
    }

    /// The parameters, a vector of length `P`.
    ///
    /// # Example
    /// ```
    /// use small_networks::Mlp;
    /// let model = Mlp::new(&[4, 3, 2], 0);
    /// let same = Mlp::with_params(model.widths(), model.params().clone());
    /// assert_eq!(same.params(), model.params());
    /// ```
    pub fn params(&self) -> &Array1<f64> {
        &self.theta
    }

    /// What the last layer gives for the images `x`, shape `(N, inputs)`: shape `(N, classes)`.
    ///
    /// # Panics
    /// If `x` does not have one column per input.
    ///
    /// # Example
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::toy_mlp;
    /// let (x, _) = toy_batch(30, 0);
    /// assert_eq!(toy_mlp(0).logits(&x).dim(), (30, 4));
    /// ```
    pub fn logits(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        Model::logits(self, x)
    }

    /// The mean cross-entropy, in natural logarithms, of the images `x` with the labels `y`.
    ///
    /// # Panics
    /// As [`Mlp::check_batch`].
    ///
    /// # Example
    /// A network that prefers no class has the loss `ln(classes)`.
    /// ```
    /// use ndarray::Array1;
    /// use small_networks::Mlp;
    /// use small_networks::data::toy_batch;
    /// let (x, y) = toy_batch(30, 0);
    /// let model = Mlp::with_params(&[20, 4], Array1::zeros(84));
    /// assert!((model.loss(&x, &y) - 4.0_f64.ln()).abs() < 1e-14);
    /// ```
    pub fn loss(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        Model::loss(self, x, y)
    }

    /// The fraction of the images `x` whose largest logit is that of the label in `y`.
    ///
    /// # Panics
    /// As [`Mlp::check_batch`].
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use small_networks::Mlp;
    /// // The logits are the two inputs.
    /// let model = Mlp::with_params(&[2, 2], array![1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    /// assert_eq!(model.accuracy(&array![[1.0, 2.0], [3.0, 0.0]], &array![1, 1]), 0.5);
    /// ```
    pub fn accuracy(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        Model::accuracy(self, x, y)
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
    /// use small_networks::tiny_mlp;
    /// // "x must have one column per input, 49, got shape (3, 20)"
    /// tiny_mlp(0).check_batch(&Array2::zeros((3, 20)), &Array1::zeros(3));
    /// ```
    #[track_caller]
    pub fn check_batch(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) {
        Model::check_batch(self, x, y);
    }

    /// The gradient of [`Mlp::loss`] with respect to the parameters, by back-propagation: [`Model::gradient`].
    ///
    /// # Example
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::toy_mlp;
    /// let (x, y) = toy_batch(30, 0);
    /// assert_eq!(toy_mlp(0).gradient(&x, &y).len(), 276);
    /// ```
    pub fn gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<f64> {
        Model::gradient(self, x, y)
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
        self.check_batch(x, y);
        let n = Dual::from(y.len() as f64);
        gradient(&self.layers, theta, x, |z| softmax_less_label(z, y).mapv_into(|d| d / n))
    }

    #[track_caller]
    fn check_params(&self, len: usize) {
        let (n_params, widths) = (count_params(&self.layers), &self.widths);
        assert!(len == n_params, "theta must have P = {n_params} entries for widths {widths:?}, got {len}");
    }
}

impl Model for Mlp {
    fn layers(&self) -> &[Layer] {
        &self.layers
    }

    fn params(&self) -> &Array1<f64> {
        &self.theta
    }

    fn params_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }
}
