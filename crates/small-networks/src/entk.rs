use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

use crate::Mlp;
use crate::narrow::{Narrow, Onto};
use matrix_free::operator::{SymmetricOperator, check_rows};
use matrix_free::parallel::{self, Spare};

/// How many images go through a layer at a time: so few that what belongs to them stays in the fastest caches.
const STRIP: usize = 60;

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
    model: Mlp,
    /// `h[l]`: the input of layer `l`, shape `(N, in)`.
    h: Vec<Array2<f64>>,
    /// `delta[l]`: the derivative of `f` in the output of layer `l`, shape `(N, out)`.
    delta: Vec<Array2<f64>>,
    /// `h` and `delta` of each layer once more, as the products read them.
    layers: Vec<[Narrow; 2]>,
    spare: Spare<Vec<Space>>,
}

/// What a product needs of space for one layer.
#[derive(Debug)]
struct Space {
    /// The layer's part of `J^T v`: the weights, transposed to shape `(in, out)`, and the biases.
    weight_t: Narrow,
    bias: Narrow,
    /// A strip of images, as wide as the layer's output.
    strip: Narrow,
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
    pub fn new(model: &Mlp, x: &ArrayRef2<f64>) -> Self {
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
    pub fn of_logit(model: &Mlp, x: &ArrayRef2<f64>, class: usize) -> Self {
        let classes = model.widths()[model.depth()];
        assert!(class < classes, "class must be below the number of classes, {classes}, got {class}");
        Self::with_output(model, x, |c| if c == class { 1.0 } else { 0.0 })
    }

    /// The kernel of `f(x) = sum_c weight(c) logits(x)[c]`.
    fn with_output(model: &Mlp, x: &ArrayRef2<f64>, weight: impl Fn(usize) -> f64) -> Self {
        assert!(x.nrows() > 0, "x must have at least one row, got none");
        let depth = model.depth();
        let mut h = model.activations(model.params(), x);
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        let logits = h.pop().expect("the logits are the last activation");
        let mut delta = vec![Array2::from_shape_fn(logits.dim(), |(_, c)| weight(c)); depth];
        for layer in (1..depth).rev() {
            delta[layer - 1] = delta[layer].dot(&model.weight(layer)) * h[layer].mapv(|h| 1.0 - h * h);
        }
        let layers = h.iter().zip(&delta).map(|(h, delta)| [h, delta].map(|a| Narrow::from_array(a))).collect();
        Self { model: model.clone(), h, delta, layers, spare: Spare::default() }
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
        self.model.n_params()
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
        for layer in 0..self.model.depth() {
            let weighted = &self.delta[layer] * &v.view().insert_axis(Axis(1));
            let (mut weight, mut bias) = self.model.layer_mut(layer, &mut product);
            general_mat_mul(1.0, &weighted.t(), &self.h[layer], 0.0, &mut weight);
            bias.assign(&weighted.sum_axis(Axis(0)));
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
        let contiguous = u.as_standard_layout();
        let mut product = Array1::zeros(self.dim());
        for layer in 0..self.model.depth() {
            let (weight, bias) = self.model.layer_of(layer, &contiguous);
            let change = self.h[layer].dot(&weight.t()) + bias;
            product += &(change * &self.delta[layer]).sum_axis(Axis(1));
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
        for (i, mut row) in jacobian.rows_mut().into_iter().enumerate() {
            for layer in 0..self.model.depth() {
                let (delta, h) = (self.delta[layer].row(i), self.h[layer].row(i));
                let (start, fan_in) = (self.model.offset(layer), h.len());
                for (o, &d) in delta.iter().enumerate() {
                    row.slice_mut(s![start + o * fan_in..start + (o + 1) * fan_in]).assign(&(&h * d));
                }
                let biases = start + delta.len() * fan_in;
                row.slice_mut(s![biases..biases + delta.len()]).assign(&delta);
            }
        }
        jacobian
    }

    /// The two factors of each layer's part of the Jacobian, first layer first.
    ///
    /// With them the kernel is a sum over layers, where `$\odot$` multiplies entry by entry:
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
        let factors = self.h.iter().zip(&self.delta);
        factors.map(|(h, delta)| LayerFactors { inputs: h.clone(), deltas: delta.clone() }).collect()
    }

    /// `out = K v`, layer by layer: the layer's part of `J^T v`, and at once its image under `J`.
    fn product(&self, v: &[f64], out: &mut [f64], space: &mut [Space]) {
        let n = v.len();
        let strips = || (0..n).step_by(STRIP).map(|start| start..n.min(start + STRIP));
        out.fill(0.0);
        for ([h, delta], Space { weight_t, bias, strip }) in self.layers.iter().zip(space) {
            weight_t.all_mut().fill(0.0);
            bias.all_mut().fill(0.0);
            for range in strips() {
                let own = 0..range.len();
                strip.strip_mut(&own).scale_rows(&v[range.clone()], delta.strip(&range));
                weight_t.all_mut().transposed_product(Onto::Itself, h.strip(&range), strip.strip(&own));
                bias.all_mut().add_rows(strip.strip(&own));
            }
            for range in strips() {
                let own = 0..range.len();
                strip.strip_mut(&own).product(Onto::Row(bias.all()), h.strip(&range), weight_t.all());
                strip.strip(&own).add_row_products(delta.strip(&range), &mut out[range]);
            }
        }
    }

    fn space(&self) -> Vec<Space> {
        let of_layer = |[h, delta]: &[Narrow; 2]| {
            let (n, fan_in, fan_out) = (h.n_rows(), h.n_columns(), delta.n_columns());
            Space {
                weight_t: Narrow::zeros(fan_in, fan_out),
                bias: Narrow::zeros(1, fan_out),
                strip: Narrow::zeros(STRIP.min(n), fan_out),
            }
        };
        self.layers.iter().map(of_layer).collect()
    }
}

impl SymmetricOperator for Entk {
    fn dim(&self) -> usize {
        self.h[0].nrows()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.apply_block(&x.view().insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        check_rows(self.dim(), x.nrows());
        let product = |v: &[f64], out: &mut [f64]| {
            self.spare.with(|| self.space(), |space| self.product(v, out, space));
        };
        parallel::by_columns(self.dim(), x, 4 * self.dim() * self.n_params(), product)
    }
}

/// What one layer contributes to the Jacobian of `f`, by [`Entk::layers`].
///
/// Row `i` of `J` holds, for this layer, the products `$d_i h_i^\top$` for its weights (out x in, row-major) and `$d_i$` for its
/// biases, where `$h_i$` and `$d_i$` are rows of the two factors.
#[derive(Clone, Debug)]
pub struct LayerFactors {
    /// `H`: what enters the layer, shape `(N, in)`.
    pub inputs: Array2<f64>,
    /// `D`: the derivative of `f` in what leaves the layer, before tanh, shape `(N, out)`.
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
pub fn entk_explicit(model: &Mlp, x: &ArrayRef2<f64>) -> Array2<f64> {
    let jacobian = Entk::new(model, x).jacobian();
    jacobian.dot(&jacobian.t())
}
