use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, ArrayViewMut2, Axis, s};

use super::{Mlp, loss_delta, parallel, softmax};
use crate::operator::{SymmetricOperator, check_rows};

/// How many directions share one pass. Wider passes make larger matrix products but leave the cache.
const WIDTH: usize = 16;

/// The Hessian of a network's loss in its parameters, `H = d^2 L / d theta^2`, `P x P`, by exact products.
///
/// [`apply`](SymmetricOperator::apply) is Pearlmutter's R-operator: with `R{f} = d/dr f(theta + r v)` at `r = 0`, the
/// product `H v = R{gradient}` follows from differentiating every line of back-propagation once more. Nothing is
/// approximated. The activations and the deltas of the point are computed once, in [`Hessian::new`], and serve every product.
///
/// Cost of a product with `N` images: two matrix products for the first layer and six for each further one, each of
/// `2 N` times its number of weights operations; less than two gradients. Memory: the activations, about
/// `3 N` times the sum of the widths.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, y) = load_mnist_7x7(50, 0)?;
/// let hessian = Hessian::new(&tiny_mlp(0), &x, &y);
/// let v = Probe::Gaussian.draw(hessian.dim(), &mut rng(1));
/// assert_eq!(hessian.apply(v.view()).len(), 2986);
/// # Ok::<(), DataError>(())
/// ```
///
/// # References
/// Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6, 1994, sections 3 and 4.
#[derive(Clone, Debug)]
pub struct Hessian {
    model: Mlp,
    /// `h[l]`: the input of layer `l`, shape `(N, in)`.
    h: Vec<Array2<f64>>,
    /// `slope[l] = tanh' = 1 - h^2` where layer `l` reads its input; empty for the images themselves.
    slope: Vec<Array2<f64>>,
    /// `delta[l]`: the derivative of the loss in the output of layer `l`, shape `(N, out)`.
    delta: Vec<Array2<f64>>,
    /// `curve[l]`: how `delta[l - 1]` changes with `h[l]` through tanh'', shape of `h[l]`; empty for the images themselves.
    curve: Vec<Array2<f64>>,
    /// Softmax of the logits, `(N, classes)`.
    p: Array2<f64>,
}

impl Hessian {
    /// The Hessian of the mean loss over the images `x`, shape `(N, inputs)`, with labels `y`, at the model's present parameters.
    ///
    /// The model is copied: training it further leaves this operator as it is.
    ///
    /// # Panics
    /// As [`Mlp::loss`].
    pub fn new(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>) -> Self {
        model.check_labels(x.view(), y.view());
        let depth = model.depth();
        let mut h = model.activations(x.view());
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        let logits = h.pop().expect("the logits are the last activation");
        let empty = || vec![Array2::zeros((0, 0)); depth];
        let (mut slope, mut delta, mut curve) = (empty(), empty(), empty());
        delta[depth - 1] = loss_delta(logits.view(), y.view());
        for layer in (1..depth).rev() {
            let back = delta[layer].dot(&model.weight(layer));
            slope[layer] = h[layer].mapv(|h| 1.0 - h * h);
            delta[layer - 1] = &back * &slope[layer];
            // d/dr of (1 - h^2) back with back held fixed is -2 h back R{h}.
            curve[layer] = -2.0 * &h[layer] * &back;
        }
        Self { model: model.clone(), h, slope, delta, curve, p: softmax(logits.view()) }
    }

    /// `H V` for `c` directions at once, the columns of `v`.
    ///
    /// Everything that depends on the direction is kept as `(N, c, width)`: seen as `(N, c width)` it meets the
    /// activations, which all directions share, and seen as `(N c, width)` it meets the weights, in one matrix product each.
    fn product(&self, v: ArrayView2<f64>, out: &mut ArrayViewMut2<f64>) {
        let depth = self.model.depth();
        // Forward: rh[l] = R{h[l]}; rz ends as R{logits}.
        let mut rh: Vec<Array3<f64>> = vec![Array3::zeros((0, 0, 0))];
        let mut rz = self.forward(0, v, None);
        for layer in 1..depth {
            let hidden = rz * self.slope[layer].view().insert_axis(Axis(1));
            rz = self.forward(layer, v, Some(&hidden));
            rh.push(hidden);
        }
        let mut rdelta = self.through_softmax(rz);
        for layer in (0..depth).rev() {
            self.store_gradient(layer, &rdelta, &rh[layer], out);
            if layer > 0 {
                // R{back} = R{delta} W + delta R{W}, then through tanh' and tanh''.
                let back = self.backward(layer, v, &rdelta);
                rdelta = back * self.slope[layer].view().insert_axis(Axis(1));
                rdelta += &(&rh[layer] * &self.curve[layer].view().insert_axis(Axis(1)));
            }
        }
    }

    /// `R{z} = R{W} h + W R{h} + R{b}` of one layer, shape `(N, c, out)`.
    fn forward(&self, layer: usize, v: ArrayView2<f64>, rh: Option<&Array3<f64>>) -> Array3<f64> {
        let (n, c) = (self.h[0].nrows(), v.ncols());
        let (fan_out, fan_in) = self.model.weight(layer).dim();
        let mut rw = Array2::zeros((c * fan_out, fan_in));
        let mut rb = Array1::zeros(c * fan_out);
        for (d, direction) in v.columns().into_iter().enumerate() {
            let rows = s![d * fan_out..(d + 1) * fan_out];
            let (weight, bias) = self.model.layer_of(layer, direction);
            rw.slice_mut(s![d * fan_out..(d + 1) * fan_out, ..]).assign(&weight);
            rb.slice_mut(rows).assign(&bias);
        }
        let mut rz = self.h[layer].dot(&rw.t());
        rz += &rb;
        if let Some(rh) = rh {
            let mut by_direction = reshape_mut(&mut rz, (n * c, fan_out));
            general_mat_mul(1.0, &merge(rh), &self.model.weight(layer).t(), 1.0, &mut by_direction);
        }
        unmerge(rz, (n, c, fan_out))
    }

    /// `R{delta} = (diag(p) - p p^T) R{logits} / N` for every image.
    fn through_softmax(&self, mut rz: Array3<f64>) -> Array3<f64> {
        let n = self.p.nrows() as f64;
        for (mut directions, p) in rz.outer_iter_mut().zip(self.p.rows()) {
            for mut row in directions.rows_mut() {
                let mean = row.dot(&p);
                row.zip_mut_with(&p, |rz, p| *rz = p * (*rz - mean) / n);
            }
        }
        rz
    }

    /// `R{back} = R{delta} W + delta R{W}` of one layer, shape `(N, c, in)`.
    fn backward(&self, layer: usize, v: ArrayView2<f64>, rdelta: &Array3<f64>) -> Array3<f64> {
        let (n, c) = (self.h[0].nrows(), v.ncols());
        let (fan_out, fan_in) = self.model.weight(layer).dim();
        let mut rw = Array2::zeros((fan_out, c * fan_in));
        for (d, direction) in v.columns().into_iter().enumerate() {
            let (weight, _) = self.model.layer_of(layer, direction);
            rw.slice_mut(s![.., d * fan_in..(d + 1) * fan_in]).assign(&weight);
        }
        let mut back = self.delta[layer].dot(&rw);
        let mut by_direction = reshape_mut(&mut back, (n * c, fan_in));
        general_mat_mul(1.0, &merge(rdelta), &self.model.weight(layer), 1.0, &mut by_direction);
        unmerge(back, (n, c, fan_in))
    }

    /// `R{dL/dW} = R{delta}^T h + delta^T R{h}` and `R{dL/db}`, the sum of `R{delta}` over the images, into the columns of `out`.
    fn store_gradient(&self, layer: usize, rdelta: &Array3<f64>, rh: &Array3<f64>, out: &mut ArrayViewMut2<f64>) {
        let (n, c, fan_out) = rdelta.dim();
        let fan_in = self.h[layer].ncols();
        let by_image = flatten(rdelta, (n, c * fan_out));
        let rgw = by_image.t().dot(&self.h[layer]);
        let rgb = by_image.sum_axis(Axis(0));
        let shared = (layer > 0).then(|| self.delta[layer].t().dot(&flatten(rh, (n, c * fan_in))));
        let start = self.model.offset(layer);
        for (d, mut column) in out.columns_mut().into_iter().enumerate() {
            for o in 0..fan_out {
                let mut weights = column.slice_mut(s![start + o * fan_in..start + (o + 1) * fan_in]);
                weights.assign(&rgw.row(d * fan_out + o));
                if let Some(shared) = &shared {
                    weights += &shared.slice(s![o, d * fan_in..(d + 1) * fan_in]);
                }
            }
            let biases = start + fan_out * fan_in;
            column.slice_mut(s![biases..biases + fan_out]).assign(&rgb.slice(s![d * fan_out..(d + 1) * fan_out]));
        }
    }
}

impl SymmetricOperator for Hessian {
    fn dim(&self) -> usize {
        self.model.n_params()
    }

    fn apply(&self, x: ArrayView1<f64>) -> Array1<f64> {
        self.apply_block(x.insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: ArrayView2<f64>) -> Array2<f64> {
        check_rows(self.dim(), x.nrows());
        parallel::by_columns(self.dim(), x, WIDTH, |v, mut out| self.product(v, &mut out))
    }
}

/// `(N, c, width)` seen as `(N c, width)`.
fn merge(a: &Array3<f64>) -> ArrayView2<'_, f64> {
    let (n, c, width) = a.dim();
    flatten(a, (n * c, width))
}

#[expect(clippy::expect_used, reason = "the arrays are in row-major order and the counts agree")]
fn flatten(a: &Array3<f64>, shape: (usize, usize)) -> ArrayView2<'_, f64> {
    a.view().into_shape_with_order(shape).expect("a row-major array reshapes")
}

#[expect(clippy::expect_used, reason = "the arrays are in row-major order and the counts agree")]
fn reshape_mut(a: &mut Array2<f64>, shape: (usize, usize)) -> ArrayViewMut2<'_, f64> {
    a.view_mut().into_shape_with_order(shape).expect("a row-major array reshapes")
}

#[expect(clippy::expect_used, reason = "the arrays are in row-major order and the counts agree")]
fn unmerge(a: Array2<f64>, shape: (usize, usize, usize)) -> Array3<f64> {
    a.into_shape_with_order(shape).expect("a row-major array reshapes")
}
