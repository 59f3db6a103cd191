use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

use crate::Mlp;
use crate::narrow::{Narrow, Onto};
use matrix_free::operator::{SymmetricOperator, check_rows};
use matrix_free::parallel::{self, Spare};

/// How many images go through a layer at a time: so few that what belongs to them stays in the fastest caches.
const STRIP: usize = 60;

/// The empirical neural tangent kernel of `N` images, `K = J J^T`, `N x N`.
///
/// Row `i` of the Jacobian `J`, shape `(N, P)`, is the gradient of `f(x_i)` in the parameters, where `f` is the sum of the
/// logits. A product is one vector-Jacobian product ([`vjp`](Entk::vjp)) and one Jacobian-vector product
/// ([`jvp`](Entk::jvp)): neither `K` nor `J` is formed. The activations and the gradients in the layers' outputs are
/// computed once.
///
/// Cost of a product: `O(N P)`; of forming `K` ([`entk_explicit`]): `O(N^2 P)`.
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
    /// If `x` has no rows, or not as many columns as the network has inputs.
    pub fn new(model: &Mlp, x: &ArrayRef2<f64>) -> Self {
        Self::with_output(model, x, |_| 1.0)
    }

    /// The kernel of the logit of one class, `f(x) = logits(x)[class]`, in place of their sum.
    ///
    /// Added up over the classes, these are the kernel of all outputs, `K_ij = sum_c <grad f_c(x_i), grad f_c(x_j)>`.
    ///
    /// # Panics
    /// As [`Entk::new`], and if `class` is not below the number of classes.
    pub fn of_logit(model: &Mlp, x: &ArrayRef2<f64>, class: usize) -> Self {
        let classes = model.widths()[model.depth()];
        assert!(class < classes, "class is below the number of classes, {classes}, got {class}");
        Self::with_output(model, x, |c| if c == class { 1.0 } else { 0.0 })
    }

    /// The kernel of `f(x) = sum_c weight(c) logits(x)[c]`.
    fn with_output(model: &Mlp, x: &ArrayRef2<f64>, weight: impl Fn(usize) -> f64) -> Self {
        assert!(x.nrows() > 0, "x must have at least one row, got none");
        let depth = model.depth();
        let mut h = model.activations(x);
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        let logits = h.pop().expect("the logits are the last activation");
        let mut delta = vec![Array2::from_shape_fn(logits.dim(), |(_, c)| weight(c)); depth];
        for layer in (1..depth).rev() {
            delta[layer - 1] = delta[layer].dot(&model.weight(layer)) * h[layer].mapv(|h| 1.0 - h * h);
        }
        let layers = h.iter().zip(&delta).map(|(h, delta)| [h, delta].map(|a| Narrow::from_array(a))).collect();
        Self { model: model.clone(), h, delta, layers, spare: Spare::default() }
    }

    /// The number of parameters `P`.
    pub fn n_params(&self) -> usize {
        self.model.n_params()
    }

    /// The vector-Jacobian product `J^T v`, from length `N` to length `P`: the gradient of `sum_i v_i f(x_i)`.
    ///
    /// # Panics
    /// If `v` is not of length `N`.
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

    /// The Jacobian-vector product `J u`, from length `P` to length `N`: how each `f(x_i)` changes along `u`.
    ///
    /// # Panics
    /// If `u` is not of length `P`.
    pub fn jvp(&self, u: &ArrayRef1<f64>) -> Array1<f64> {
        assert!(u.len() == self.n_params(), "u has P = {} entries, got {}", self.n_params(), u.len());
        let contiguous = u.as_standard_layout();
        let mut product = Array1::zeros(self.dim());
        for layer in 0..self.model.depth() {
            let (weight, bias) = self.model.layer_of(layer, &contiguous);
            let change = self.h[layer].dot(&weight.t()) + bias;
            product += &(change * &self.delta[layer]).sum_axis(Axis(1));
        }
        product
    }

    /// The Jacobian itself, shape `(N, P)`.
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

/// What one layer contributes to the Jacobian of `f`: row `i` of `J` holds, for this layer, the products `d_i h_i^T` for its weights
/// (out x in, row-major) and `d_i` for its biases, where `h_i` and `d_i` are rows of the two factors.
#[derive(Clone, Debug)]
pub struct LayerFactors {
    /// `H`: what enters the layer, shape `(N, in)`.
    pub inputs: Array2<f64>,
    /// `D`: the derivative of `f` in what leaves the layer, before tanh, shape `(N, out)`.
    pub deltas: Array2<f64>,
}

impl Entk {
    /// The two factors of each layer's part of the Jacobian, first layer first.
    ///
    /// With them the kernel is `K = sum_l (H_l H_l^T + 1) * (D_l D_l^T)`, where `*` multiplies entry by entry.
    pub fn layers(&self) -> Vec<LayerFactors> {
        let factors = self.h.iter().zip(&self.delta);
        factors.map(|(h, delta)| LayerFactors { inputs: h.clone(), deltas: delta.clone() }).collect()
    }
}

/// The empirical neural tangent kernel of the images `x`, formed: `K = J J^T`, shape `(N, N)`.
///
/// Cost: `O(N^2 P)`, and the `N P` numbers of the Jacobian.
///
/// # Panics
/// As [`Entk::new`].
pub fn entk_explicit(model: &Mlp, x: &ArrayRef2<f64>) -> Array2<f64> {
    let jacobian = Entk::new(model, x).jacobian();
    jacobian.dot(&jacobian.t())
}
