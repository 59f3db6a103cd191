use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::Normal;

use matrix_free::probe::Stream;

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
    pub(crate) theta: Array1<f64>,
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

/// The number of parameters of layers with the given widths.
fn count_params(widths: &[usize]) -> usize {
    widths.windows(2).map(|w| w[1] * (w[0] + 1)).sum()
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
        let mut model = Self::with_params(widths, Array1::zeros(count_params(widths)));
        let mut rng = Stream::Parameters.rng(seed);
        for layer in 0..model.depth() {
            let (fan_out, fan_in) = (widths[layer + 1], widths[layer]);
            #[expect(clippy::expect_used, reason = "the standard deviation is finite and positive")]
            let normal = Normal::new(0.0, (2.0 / fan_in as f64).sqrt()).expect("a normal distribution");
            let start = model.offset(layer);
            let weights = Array1::random_using(fan_out * fan_in, normal, &mut rng);
            model.theta.slice_mut(s![start..start + fan_out * fan_in]).assign(&weights);
        }
        model
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
        assert!(widths.len() >= 2, "widths must have at least inputs and classes, got {widths:?}");
        assert!(widths.iter().all(|&w| w > 0), "widths must all be at least 1, got {widths:?}");
        let model = Self { widths: widths.to_vec(), theta };
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
        count_params(&self.widths)
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
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        self.activations(&self.theta, x).pop().expect("the logits are the last activation")
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
        self.check_batch(x, y);
        mean_cross_entropy(&self.logits(x), y)
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
        self.check_batch(x, y);
        let logits = self.logits(x);
        let hits = logits.rows().into_iter().zip(y).filter(|(row, label)| row.iter().all(|&z| z <= row[**label]));
        hits.count() as f64 / y.len() as f64
    }

    /// The number of layers of weights.
    pub(crate) fn depth(&self) -> usize {
        self.widths.len() - 1
    }

    /// Where the parameters of `layer` begin in the flat vector.
    pub(crate) fn offset(&self, layer: usize) -> usize {
        count_params(&self.widths[..=layer])
    }

    /// The weights of `layer`, shape `(out, in)`.
    pub(crate) fn weight(&self, layer: usize) -> ArrayView2<'_, f64> {
        self.layer_of(layer, &self.theta).0
    }

    /// The weights and biases of `layer` in a vector of parameter space: shapes `(out, in)` and `(out)`.
    pub(crate) fn layer_of<'a, T>(
        &self,
        layer: usize,
        vector: &'a ArrayRef1<T>,
    ) -> (ArrayView2<'a, T>, ArrayView1<'a, T>) {
        let (fan_out, fan_in) = (self.widths[layer + 1], self.widths[layer]);
        let (_, rest) = vector.view().split_at(Axis(0), self.offset(layer));
        let (weight, rest) = rest.split_at(Axis(0), fan_out * fan_in);
        #[expect(clippy::expect_used, reason = "a one-dimensional view reshapes when the counts agree")]
        let weight = weight.into_shape_with_order((fan_out, fan_in)).expect("as many weights as out x in");
        (weight, rest.split_at(Axis(0), fan_out).0)
    }

    /// As `layer_of`, to write to.
    pub(crate) fn layer_mut<'a, T>(
        &self,
        layer: usize,
        vector: &'a mut Array1<T>,
    ) -> (ArrayViewMut2<'a, T>, ArrayViewMut1<'a, T>) {
        let (fan_out, fan_in) = (self.widths[layer + 1], self.widths[layer]);
        let (_, rest) = vector.view_mut().split_at(Axis(0), self.offset(layer));
        let (weight, rest) = rest.split_at(Axis(0), fan_out * fan_in);
        #[expect(clippy::expect_used, reason = "a contiguous view reshapes when the counts agree")]
        let weight = weight.into_shape_with_order((fan_out, fan_in)).expect("as many weights as out x in");
        (weight, rest.split_at(Axis(0), fan_out).0)
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
        self.check_columns(x);
        let (n, classes) = (x.nrows(), self.widths[self.depth()]);
        assert!(n > 0, "x must have at least one row, got none");
        assert!(y.len() == n, "y must have one label per row of x, {n}, got {}", y.len());
        if let Some((i, label)) = y.iter().enumerate().find(|(_, label)| **label >= classes) {
            panic!("y must have labels below the number of classes, {classes}, got {label} at {i}");
        }
    }

    #[track_caller]
    pub(crate) fn check_columns(&self, x: &ArrayRef2<f64>) {
        let (inputs, (n, columns)) = (self.widths[0], x.dim());
        assert!(columns == inputs, "x must have one column per input, {inputs}, got shape ({n}, {columns})");
    }

    #[track_caller]
    pub(crate) fn check_params(&self, len: usize) {
        let (n_params, widths) = (self.n_params(), &self.widths);
        assert!(len == n_params, "theta must have P = {n_params} entries for widths {widths:?}, got {len}");
    }
}

fn mean_cross_entropy(logits: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
    let losses = logits.rows().into_iter().zip(y).map(|(row, &label)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + row.iter().map(|z| (z - largest).exp()).sum::<f64>().ln() - row[label]
    });
    losses.sum::<f64>() / y.len() as f64
}
