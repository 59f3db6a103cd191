use ndarray::{Array1, ArrayRef1};

use crate::layer::{Layer, count_params, he_normal};
use crate::model::Model;

/// Height and width of every kernel.
const KERNEL: [usize; 2] = [3, 3];

/// A convolutional network: 3 x 3 convolutions without padding, tanh after each, and a dense layer on all that is left; softmax
/// cross-entropy is its loss.
///
/// Images have one channel and are rows, pixel by pixel: a batch `x` has shape `(N, height width)`. A convolution takes two
/// off the height and the width. What can be done with the network is in [`Model`].
///
/// **Parameters**, in the order and the shapes of PyTorch, for channels `$c_1, c_2, \dots$` and an image of `$s$` pixels after the last
/// convolution:
///
/// | parameters | shape, row-major |
/// | --- | --- |
/// | `W1`, `b1` | `(c1, 1, 3, 3)`, `(c1)` |
/// | `W2`, `b2` | `(c2, c1, 3, 3)`, `(c2)` |
/// | .. | |
/// | `W`, `b` of the dense layer, whose inputs stand channel by channel | `(classes, c s)`, `(classes)` |
///
/// # Example
/// ```
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Model, Sgd, tiny_cnn, train};
/// let (x, y) = load_mnist_7x7(300, 0)?;
/// let mut model = tiny_cnn(0);
/// train(&mut model, &x, &y, &Sgd::default());
/// assert!(model.accuracy(&x, &y) > 0.9);
/// # Ok::<(), DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cnn {
    layers: Vec<Layer>,
    theta: Array1<f64>,
}

/// The convolutional network for 7x7 digits, with 8 and 16 channels: `P = 80 + 1168 + 1450 = 2698`.
///
/// ```math
/// 1 \times 7 \times 7 \;\to\; 8 \times 5 \times 5 \;\to\; 16 \times 3 \times 3 \;\to\; 10
/// ```
///
/// # Example
/// ```
/// use small_networks::{Model, tiny_cnn};
/// assert_eq!(tiny_cnn(0).n_params(), 2698);
/// ```
pub fn tiny_cnn(seed: u64) -> Cnn {
    Cnn::new([7, 7], &[8, 16], 10, seed)
}

/// The layers for images of `size`: a convolution for each number of channels, and the dense layer.
fn layers_of(size: [usize; 2], channels: &[usize], classes: usize) -> Vec<Layer> {
    let (mut size, mut entering) = (size, 1);
    let mut layers = Vec::with_capacity(channels.len() + 1);
    for &leaving in channels {
        let layer = Layer::convolution(size, entering, KERNEL, leaving);
        (size, entering) = (layer.output_size(), leaving);
        layers.push(layer);
    }
    layers.push(Layer::convolution(size, entering, size, classes));
    layers
}

impl Cnn {
    /// A network for images of `size`, height and width, with a convolution for each number in `channels`, and random parameters.
    ///
    /// Weights are normal with variance `2 / n`, where `n` is the number of inputs that an output depends on; biases are zero.
    ///
    /// # Panics
    /// If a number is zero, or an image becomes smaller than a kernel.
    ///
    /// # Example
    /// ```
    /// use small_networks::{Cnn, Model};
    /// // The convolution leaves 2 x 1 pixels.
    /// assert_eq!(Cnn::new([4, 3], &[5], 2, 0).n_params(), 5 * (9 + 1) + 2 * (5 * 2 + 1));
    /// ```
    ///
    /// # References
    /// He, Zhang, Ren and Sun, *Delving deep into rectifiers*, 2015, section 2.2.
    pub fn new(size: [usize; 2], channels: &[usize], classes: usize, seed: u64) -> Self {
        let layers = layers_of(size, channels, classes);
        let theta = he_normal(&layers, seed);
        Self { layers, theta }
    }

    /// A network as [`Cnn::new`] makes it, with the parameters `theta`, of length `P`.
    ///
    /// # Panics
    /// As [`Cnn::new`], and if `theta` is not of length `P`.
    ///
    /// # Example
    /// A kernel that takes the pixel in the middle, and a dense layer that passes it on to the second class.
    /// ```
    /// use ndarray::{Array2, array, concatenate, Axis};
    /// use small_networks::{Cnn, Model};
    /// let kernel = array![0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    /// let theta = concatenate![Axis(0), kernel, array![0.0], array![0.0, 1.0], array![0.0, 0.0]];
    /// let model = Cnn::with_params([3, 3], &[1], 2, theta);
    /// let mut image = Array2::zeros((1, 9));
    /// image[[0, 4]] = 0.5;
    /// assert_eq!(model.logits(&image), array![[0.0, 0.5_f64.tanh()]]);
    /// ```
    pub fn with_params(size: [usize; 2], channels: &[usize], classes: usize, theta: Array1<f64>) -> Self {
        let layers = layers_of(size, channels, classes);
        let n_params = count_params(&layers);
        assert!(theta.len() == n_params, "theta must have P = {n_params} entries, got {}", theta.len());
        Self { layers, theta }
    }
}

impl Model for Cnn {
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
