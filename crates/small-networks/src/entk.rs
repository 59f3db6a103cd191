use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

use crate::backprop::activations;
use crate::layer::{Layer, count_params, parts};
use crate::model::Model;
use crate::narrow::{Narrow, Onto};
use crate::r_operator::{images_per_strip, scaled};
use matrix_free::operator::{SymmetricOperator, check_rows};
use matrix_free::parallel::{self, Spare};

/// The empirical neural tangent kernel of `N` images, `N x N`, by exact products.
///
/// ```math
/// K = J J^\top, \qquad J_{i \cdot} = \nabla_\theta f(x_i), \qquad f(x) = \sum_c \mathrm{logits}(x)_c
/// ```
///
/// The Jacobian `J` has shape `(N, P)`. A product is one vector-Jacobian product ([`vjp`](Entk::vjp)) and one Jacobian-vector
/// product ([`jvp`](Entk::jvp)): neither `K` nor `J` is formed. The activations and the gradients in the layers' outputs are
/// computed once.
///
/// Cost of a product: `O(N P)`; of forming `K` ([`entk_explicit`]): `O(N^2 P)`.
///
/// # Example
/// ```
/// use matrix_free::linalg::norm;
/// use matrix_free::operator::SymmetricOperator;
/// use matrix_free::probe::{Probe, rng};
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Entk, entk_explicit, tiny_mlp};
/// let (x, _) = load_mnist_7x7(50, 0)?;
/// let model = tiny_mlp(0);
/// let v = Probe::Gaussian.draw(50, &mut rng(1));
/// let expected = entk_explicit(&model, &x).dot(&v);
/// let difference = Entk::new(&model, &x).apply(&v) - &expected;
/// assert!(norm(&difference) < 1e-12 * norm(&expected));
/// # Ok::<(), DataError>(())
/// ```
///
/// # References
/// Jacot, Gabriel and Hongler, *Neural tangent kernel*, NeurIPS 2018, section 4.
#[derive(Clone, Debug)]
pub struct Entk {
    shapes: Vec<Layer>,
    n_images: usize,
    /// `h[l]`: what layer `l` reads, shape `(N positions, patch)`; the columns stand in the order of a patch.
    h: Vec<Array2<f64>>,
    /// `delta[l]`: the derivative of `f` in the output of layer `l`, shape `(N positions, out)`.
    delta: Vec<Array2<f64>>,
    /// `h` and `delta` of each layer once more, as the products read them.
    layers: Vec<[Narrow; 2]>,
    /// How many images go through a layer at a time.
    strip: usize,
    spare: Spare<Vec<Space>>,
}

/// What a product needs of space for one layer.
#[derive(Debug)]
struct Space {
    /// The layer's part of `J^T v`: the weights, transposed to shape `(patch, out)`, and the biases.
    weight_t: Narrow,
    bias: Narrow,
    /// A strip of images, as wide as the layer's output.
    strip: Narrow,
    /// A number for each row of the strip.
    numbers: Vec<f64>,
}

impl Entk {
    /// The kernel of the images `x`, shape `(N, inputs)`, at the model's present parameters.
    ///
    /// # Panics
    /// If `x` does not have one column per input and at least one row.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::SymmetricOperator;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// let kernel = Entk::new(&toy_mlp(0), &x);
    /// assert_eq!((kernel.dim(), kernel.n_params()), (30, 276));
    /// ```
    pub fn new(model: &dyn Model, x: &ArrayRef2<f64>) -> Self {
        Self::with_output(model, x, |_| 1.0)
    }

    /// The kernel of the logit of one class, `f(x) = logits(x)[class]`, in place of their sum.
    ///
    /// Added up over the classes, these are the kernel of all outputs:
    ///
    /// ```math
    /// K_{ij} = \sum_c \nabla f_c(x_i)^\top \nabla f_c(x_j)
    /// ```
    ///
    /// # Panics
    /// As [`Entk::new`], and if `class` is not below the number of classes.
    ///
    /// # Example
    /// The Jacobian of the sum of the logits is the sum of theirs.
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let ((x, _), model) = (toy_batch(5, 0), toy_mlp(0));
    /// let of_class = |class| Entk::of_logit(&model, &x, class).jacobian();
    /// let sum = of_class(0) + of_class(1) + of_class(2) + of_class(3);
    /// let difference = sum - Entk::new(&model, &x).jacobian();
    /// assert!(difference.iter().all(|d| d.abs() < 1e-12));
    /// ```
    pub fn of_logit(model: &dyn Model, x: &ArrayRef2<f64>, class: usize) -> Self {
        let classes = model.layers().last().map_or(0, Layer::outputs);
        assert!(class < classes, "class must be below the number of classes, {classes}, got {class}");
        Self::with_output(model, x, |c| if c == class { 1.0 } else { 0.0 })
    }

    /// The kernel of `f(x) = sum_c weight(c) logits(x)[c]`.
    fn with_output(model: &dyn Model, x: &ArrayRef2<f64>, weight: impl Fn(usize) -> f64) -> Self {
        assert!(x.nrows() > 0, "x must have at least one row, got none");
        let shapes = model.layers();
        let mut h = activations(shapes, model.params(), x);
        let logits = h[shapes.len()].dim();
        let mut delta = vec![Array2::from_shape_fn(logits, |(_, c)| weight(c))];
        for (l, (shape, part)) in parts(shapes, model.params()).collect::<Vec<_>>().into_iter().enumerate().rev() {
            if l > 0 {
                let (weight, _) = shape.weights(part);
                delta.insert(0, shape.fold(delta[0].dot(&weight)) * h[l].mapv(|h| 1.0 - h * h));
            }
            h[l] = shape.unfold(&h[l]).into_owned();
        }
        h.truncate(shapes.len());
        let layers = h.iter().zip(&delta).map(|(h, delta)| [h, delta].map(|a| Narrow::from_array(a))).collect();
        let strip = images_per_strip(shapes).min(x.nrows());
        Self { shapes: shapes.to_vec(), n_images: x.nrows(), h, delta, layers, strip, spare: Spare::default() }
    }

    /// The number of parameters, `P`.
    ///
    /// # Example
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// let kernel = Entk::new(&toy_mlp(0), &x);
    /// assert_eq!(kernel.n_params(), 276);
    /// ```
    pub fn n_params(&self) -> usize {
        count_params(&self.shapes)
    }

    /// The vector-Jacobian product `J^T v`: the gradient of a weighted sum.
    ///
    /// ```math
    /// J^\top v = \nabla_\theta \sum_i v_i f(x_i)
    /// ```
    ///
    /// Shapes: `v` has length `N`, the product length `P`. Cost: `O(N P)`.
    ///
    /// # Panics
    /// If `v` is not of length `N`.
    ///
    /// # Example
    /// ```
    /// use ndarray::Array1;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// let kernel = Entk::new(&toy_mlp(0), &x);
    /// let weights = Array1::linspace(-1.0, 1.0, 30);
    /// let difference = kernel.vjp(&weights) - kernel.jacobian().t().dot(&weights);
    /// assert!(difference.iter().all(|d| d.abs() < 1e-12));
    /// ```
    pub fn vjp(&self, v: &ArrayRef1<f64>) -> Array1<f64> {
        check_rows(self.dim(), v.len());
        let mut product = Array1::zeros(self.n_params());
        let mut start = 0;
        for ((shape, h), delta) in self.shapes.iter().zip(&self.h).zip(&self.delta) {
            let of_rows = Array1::from_shape_fn(h.nrows(), |row| v[row / shape.positions()]);
            let weighted = delta * &of_rows.insert_axis(Axis(1));
            let part = product.slice_mut(s![start..start + shape.n_params()]);
            shape.store(&weighted.t().dot(h), &weighted.sum_axis(Axis(0)), part);
            start += shape.n_params();
        }
        product
    }

    /// The Jacobian-vector product `J u`: how each `f(x_i)` changes along `u`.
    ///
    /// ```math
    /// (J u)_i = \frac{\mathrm{d}}{\mathrm{d} r}\, f(x_i; \theta + r u) \Big|_{r = 0}
    /// ```
    ///
    /// Shapes: `u` has length `P`, the product length `N`. Cost: `O(N P)`.
    ///
    /// # Panics
    /// If `u` is not of length `P`.
    ///
    /// # Example
    /// ```
    /// use ndarray::Array1;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// let kernel = Entk::new(&toy_mlp(0), &x);
    /// let direction = Array1::linspace(-1.0, 1.0, 276);
    /// let difference = kernel.jvp(&direction) - kernel.jacobian().dot(&direction);
    /// assert!(difference.iter().all(|d| d.abs() < 1e-12));
    /// ```
    pub fn jvp(&self, u: &ArrayRef1<f64>) -> Array1<f64> {
        assert!(u.len() == self.n_params(), "u must have P = {} entries, got {}", self.n_params(), u.len());
        let mut product = Array1::zeros(self.dim());
        for (((shape, part), h), delta) in parts(&self.shapes, u).zip(&self.h).zip(&self.delta) {
            let (weight, bias) = shape.weights(part);
            let change = (h.dot(&weight.t()) + bias) * delta;
            for (sum, of_image) in product.iter_mut().zip(change.axis_chunks_iter(Axis(0), shape.positions())) {
                *sum += of_image.sum();
            }
        }
        product
    }

    /// The Jacobian itself, shape `(N, P)`. Cost: `O(N P)`.
    ///
    /// # Example
    /// ```
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, toy_mlp};
    /// let (x, _) = toy_batch(30, 0);
    /// let kernel = Entk::new(&toy_mlp(0), &x);
    /// assert_eq!(kernel.jacobian().dim(), (30, 276));
    /// ```
    pub fn jacobian(&self) -> Array2<f64> {
        let mut jacobian = Array2::zeros((self.dim(), self.n_params()));
        let mut start = 0;
        for ((shape, h), delta) in self.shapes.iter().zip(&self.h).zip(&self.delta) {
            let of_images = |a| ArrayRef2::axis_chunks_iter(a, Axis(0), shape.positions());
            for ((h, delta), mut row) in of_images(h).zip(of_images(delta)).zip(jacobian.rows_mut()) {
                let part = row.slice_mut(s![start..start + shape.n_params()]);
                shape.store(&delta.t().dot(&h), &delta.sum_axis(Axis(0)), part);
            }
            start += shape.n_params();
        }
        jacobian
    }

    /// The two factors of each layer's part of the Jacobian, first layer first.
    ///
    /// With them the kernel is a sum over layers, here dense ones, where `$\odot$` multiplies entry by entry:
    ///
    /// ```math
    /// K = \sum_l (H_l H_l^\top + \mathbf{1} \mathbf{1}^\top) \odot (D_l D_l^\top)
    /// ```
    ///
    /// # Example
    /// ```
    /// use ndarray::Array2;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Entk, entk_explicit, toy_mlp};
    /// let ((x, _), model) = (toy_batch(30, 0), toy_mlp(0));
    /// let mut kernel = Array2::zeros((30, 30));
    /// for layer in Entk::new(&model, &x).layers() {
    ///     let (h, d) = (layer.inputs, layer.deltas);
    ///     kernel += &((h.dot(&h.t()) + 1.0) * d.dot(&d.t()));
    /// }
    /// assert!((kernel - entk_explicit(&model, &x)).iter().all(|d| d.abs() < 1e-10));
    /// ```
    pub fn layers(&self) -> Vec<LayerFactors> {
        let factors = self.shapes.iter().zip(&self.h).zip(&self.delta);
        let of_layer = |((shape, h), delta): ((&Layer, &Array2<f64>), &Array2<f64>)| LayerFactors {
            inputs: shape.columns_as_weights(h),
            deltas: delta.clone(),
        };
        factors.map(of_layer).collect()
    }

    /// `out = K v`, layer by layer: the layer's part of `J^T v`, and at once its image under `J`.
    fn product(&self, v: &[f64], out: &mut [f64], space: &mut [Space]) {
        let n = v.len();
        let strips = || (0..n).step_by(self.strip).map(|start| start..n.min(start + self.strip));
        out.fill(0.0);
        for ((shape, [h, delta]), space) in self.shapes.iter().zip(&self.layers).zip(space) {
            let Space { weight_t, bias, strip, numbers } = space;
            let positions = shape.positions();
            weight_t.all_mut().fill(0.0);
            bias.all_mut().fill(0.0);
            for images in strips() {
                let (rows, own) = scaled(&images, positions);
                for (of_image, v) in numbers.chunks_exact_mut(positions).zip(&v[images]) {
                    of_image.fill(*v);
                }
                strip.strip_mut(&own).scale_rows(&numbers[own.clone()], delta.strip(&rows));
                weight_t.all_mut().transposed_product(Onto::Itself, h.strip(&rows), strip.strip(&own));
                bias.all_mut().add_rows(strip.strip(&own));
            }
            for images in strips() {
                let (rows, own) = scaled(&images, positions);
                strip.strip_mut(&own).product(Onto::Row(bias.all()), h.strip(&rows), weight_t.all());
                numbers.fill(0.0);
                strip.strip(&own).add_row_products(delta.strip(&rows), &mut numbers[own]);
                for (sum, of_image) in out[images].iter_mut().zip(numbers.chunks_exact(positions)) {
                    *sum += of_image.iter().sum::<f64>();
                }
            }
        }
    }

    fn space(&self) -> Vec<Space> {
        let of_layer = |shape: &Layer| {
            let (n, fan_in, fan_out) = (self.strip * shape.positions(), shape.patch(), shape.outputs());
            Space {
                weight_t: Narrow::zeros(fan_in, fan_out),
                bias: Narrow::zeros(1, fan_out),
                strip: Narrow::zeros(n, fan_out),
                numbers: vec![0.0; n],
            }
        };
        self.shapes.iter().map(of_layer).collect()
    }

    /// The floating-point operations of one product.
    fn operations(&self) -> usize {
        let of_layer = |shape: &Layer| 4 * shape.positions() * shape.n_weights();
        self.n_images * self.shapes.iter().map(of_layer).sum::<usize>()
    }
}

impl SymmetricOperator for Entk {
    fn dim(&self) -> usize {
        self.n_images
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.apply_block(&x.view().insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        check_rows(self.dim(), x.nrows());
        let product = |v: &[f64], out: &mut [f64]| {
            self.spare.with(|| self.space(), |space| self.product(v, out, space));
        };
        parallel::by_columns(self.dim(), x, self.operations(), product)
    }
}

/// What one layer contributes to the Jacobian of `f`, by [`Entk::layers`].
///
/// Row `i` of `J` holds, for this layer, the products `$d_i h_i^\top$` for its weights (out x in, row-major) and `$d_i$` for its
/// biases, where `$h_i$` and `$d_i$` are rows of the two factors.
///
/// A convolution has a row for each position of its output, those of an image one after the other, and row `i` of `J` is the sum
/// over them; `h` is then the window that is read there, channel by channel.
#[derive(Clone, Debug)]
pub struct LayerFactors {
    /// `H`: what enters the layer, shape `(N, in)`, for a convolution `(N positions, channels height width)` of the kernel.
    pub inputs: Array2<f64>,
    /// `D`: the derivative of `f` in what leaves the layer, before tanh, shape `(N, out)`, for a convolution `(N positions, out)`.
    pub deltas: Array2<f64>,
}

/// The empirical neural tangent kernel of the images `x`, formed: `K = J J^T`, shape `(N, N)`.
///
/// Cost: `O(N^2 P)`, and the `N P` numbers of the Jacobian.
///
/// # Panics
/// As [`Entk::new`].
///
/// # Example
/// ```
/// use small_networks::data::toy_batch;
/// use small_networks::{entk_explicit, toy_mlp};
/// let (x, _) = toy_batch(30, 0);
/// let kernel = entk_explicit(&toy_mlp(0), &x);
/// assert_eq!((kernel.dim(), &kernel), ((30, 30), &kernel.t().to_owned()));
/// ```
pub fn entk_explicit(model: &dyn Model, x: &ArrayRef2<f64>) -> Array2<f64> {
    let jacobian = Entk::new(model, x).jacobian();
    jacobian.dot(&jacobian.t())
}
