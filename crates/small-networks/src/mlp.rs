//! Fully connected networks.

use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis,
    linalg::general_mat_mul, s,
};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::Normal;

use matrix_free::probe::rng;

/// A multilayer perceptron with tanh after every layer but the last, and softmax cross-entropy as its loss.
///
/// All parameters stand in one flat vector `theta` of length `P`, in the order `W1` (out x in, row-major), `b1`, `W2`,
/// `b2`, ...; a vector in parameter space (a gradient, a direction, an eigenvector of the Hessian) has the same order.
#[derive(Clone, Debug)]
pub struct Mlp {
    widths: Vec<usize>,
    pub(crate) theta: Array1<f64>,
}

/// The 20-8-8-4 network, `P = 276`: small enough that its Hessian can be formed at once.
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
    /// A network with the given layer widths (inputs first, classes last): weights normal with variance `2 / fan_in`, biases zero.
    ///
    /// # Panics
    /// If there are fewer than two widths, or one is zero.
    ///
    /// # References
    /// He, Zhang, Ren and Sun, *Delving deep into rectifiers*, 2015, section 2.2.
    pub fn new(widths: &[usize], seed: u64) -> Self {
        let mut model = Self::with_params(widths, Array1::zeros(count_params(widths)));
        let mut rng = rng(seed);
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
    pub fn with_params(widths: &[usize], theta: Array1<f64>) -> Self {
        assert!(widths.len() >= 2, "widths holds at least inputs and classes, got {widths:?}");
        assert!(widths.iter().all(|&w| w > 0), "every width is at least 1, got {widths:?}");
        let n_params = count_params(widths);
        assert!(theta.len() == n_params, "theta has P = {n_params} entries for widths {widths:?}, got {}", theta.len());
        Self { widths: widths.to_vec(), theta }
    }

    /// The layer widths, inputs first.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// The number of parameters `P`.
    pub fn n_params(&self) -> usize {
        self.theta.len()
    }

    /// The parameters, a vector of length `P`.
    pub fn params(&self) -> &Array1<f64> {
        &self.theta
    }

    /// The logits of the images `x`, shape `(N, inputs)`: shape `(N, classes)`.
    ///
    /// # Panics
    /// If `x` does not have as many columns as the network has inputs.
    pub fn logits(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        self.activations(x).pop().expect("the logits are the last activation")
    }

    /// The mean cross-entropy (natural logarithm) of the images `x`, shape `(N, inputs)`, with labels `y`, length `N`.
    ///
    /// # Panics
    /// If the shapes do not fit, there are no images, or a label is not below the number of classes.
    pub fn loss(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        self.check_batch(x, y);
        mean_cross_entropy(&self.logits(x), y)
    }

    /// The share of the images `x` whose largest logit is that of the label.
    ///
    /// # Panics
    /// As [`Mlp::loss`].
    pub fn accuracy(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
        self.check_batch(x, y);
        let logits = self.logits(x);
        let hits = logits.rows().into_iter().zip(y).filter(|(row, label)| row.iter().all(|&z| z <= row[**label]));
        hits.count() as f64 / y.len() as f64
    }

    /// The gradient of [`Mlp::loss`] in the parameters, a vector of length `P`, by back-propagation.
    ///
    /// Cost: about three times that of the loss.
    ///
    /// # Panics
    /// As [`Mlp::loss`].
    pub fn gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<f64> {
        self.gradient_view(x, y)
    }

    pub(crate) fn gradient_view(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array1<f64> {
        self.check_batch(x, y);
        let h = self.activations(x);
        let mut delta = loss_delta(&h[self.depth()], y);
        let mut gradient = Array1::zeros(self.n_params());
        for layer in (0..self.depth()).rev() {
            let (mut weight, mut bias) = self.layer_mut(layer, &mut gradient);
            general_mat_mul(1.0, &delta.t(), &h[layer], 0.0, &mut weight);
            bias.assign(&delta.sum_axis(Axis(0)));
            if layer > 0 {
                delta = delta.dot(&self.weight(layer)) * h[layer].mapv(|h| 1.0 - h * h);
            }
        }
        gradient
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

    /// The input of each layer, and the logits last: `depth + 1` matrices with a row an image.
    pub(crate) fn activations(&self, x: &ArrayRef2<f64>) -> Vec<Array2<f64>> {
        self.check_columns(x);
        let mut h = vec![x.to_owned()];
        for layer in 0..self.depth() {
            let (weight, bias) = self.layer_of(layer, &self.theta);
            let mut z = h[layer].dot(&weight.t()) + bias;
            if layer + 1 < self.depth() {
                z.mapv_inplace(f64::tanh);
            }
            h.push(z);
        }
        h
    }

    fn check_columns(&self, x: &ArrayRef2<f64>) {
        let (inputs, (n, columns)) = (self.widths[0], x.dim());
        assert!(columns == inputs, "x must have one column per input, {inputs}, got shape ({n}, {columns})");
    }

    /// Panics unless the images `x`, shape `(N, inputs)`, and the labels `y`, length `N`, are a batch for this network.
    ///
    /// # Panics
    /// If `x` does not have one column per input, there are no images, `y` does not have one label per image, or a label is
    /// not below the number of classes.
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
}

/// Softmax of every row. The row's maximum is taken off first: `exp` of a large logit overflows.
pub(crate) fn softmax(logits: &ArrayRef2<f64>) -> Array2<f64> {
    let mut p = logits.to_owned();
    for mut row in p.rows_mut() {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|z| (z - largest).exp());
        let sum = row.sum();
        row /= sum;
    }
    p
}

/// The derivative of the mean cross-entropy in the logits, `(softmax - onehot) / N`.
pub(crate) fn loss_delta(logits: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Array2<f64> {
    let mut delta = softmax(logits);
    for (mut row, &label) in delta.rows_mut().into_iter().zip(y) {
        row[label] -= 1.0;
    }
    delta / y.len() as f64
}

fn mean_cross_entropy(logits: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> f64 {
    let losses = logits.rows().into_iter().zip(y).map(|(row, &label)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + row.iter().map(|z| (z - largest).exp()).sum::<f64>().ln() - row[label]
    });
    losses.sum::<f64>() / y.len() as f64
}
