use std::ops::Range;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::backprop::{loss_delta, softmax};
use crate::mlp::Mlp;
use crate::narrow::{Narrow, Onto};
use matrix_free::operator::{SymmetricOperator, check_rows};
use matrix_free::parallel::{self, Spare};

/// How many images go through all layers at a time: so few that what belongs to them stays in the fastest caches.
const STRIP: usize = 60;

/// The Hessian of a network's loss in its parameters, `P x P`, by exact products.
///
/// ```math
/// H = \frac{\partial^2 L}{\partial \theta^2}, \qquad
/// H v = \mathcal{R}\Big\{\frac{\partial L}{\partial \theta}\Big\}, \qquad
/// \mathcal{R}\{f\} = \frac{\mathrm{d}}{\mathrm{d} r}\, f(\theta + r v) \Big|_{r = 0}
/// ```
///
/// [`apply`](SymmetricOperator::apply) is Pearlmutter's R-operator: every line of back-propagation is differentiated once
/// more, so nothing is approximated. The activations and the deltas of the point are computed once, in [`Hessian::new`],
/// and serve every product.
///
/// Cost of a product with `N` images: two matrix products for the first layer and six for each further one, each of
/// `2 N` times its number of weights operations; less than two gradients. Memory: about `4 N` times the sum of the widths, and
/// a few `P` for each thread.
///
/// # Example
/// ```
/// use matrix_free::operator::SymmetricOperator;
/// use matrix_free::probe::{Probe, rng};
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Hessian, tiny_mlp};
/// let (x, y) = load_mnist_7x7(50, 0)?;
/// let hessian = Hessian::new(&tiny_mlp(0), &x, &y);
/// let v = Probe::Gaussian.draw(hessian.dim(), &mut rng(1));
/// assert_eq!(hessian.apply(&v).len(), 2986);
/// # Ok::<(), DataError>(())
/// ```
///
/// # References
/// Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6, 1994, sections 3 and 4.
#[derive(Clone, Debug)]
pub struct Hessian {
    layers: Vec<Layer>,
    /// Softmax of the logits, `(N, classes)`.
    p: Narrow,
    n_params: usize,
    spare: Spare<Vec<Changes>>,
}

/// What is known of a layer at the point: all that does not depend on the direction.
#[derive(Clone, Debug)]
struct Layer {
    /// `W`, shape `(out, in)`.
    weight: Narrow,
    weight_t: Narrow,
    /// The layer's input, shape `(N, in)`.
    h: Narrow,
    /// The derivative of the loss in the layer's output, shape `(N, out)`.
    delta: Narrow,
    /// `tanh' = 1 - h^2` where the layer reads its input, shape of `h`; empty for the first layer, which reads images.
    slope: Narrow,
    /// How the delta of the layer before changes with `h` through tanh'', shape of `h`; empty for the first layer.
    curve: Narrow,
}

/// How a layer changes along one direction, for a strip of `S` images at a time.
#[derive(Debug)]
struct Changes {
    /// `R{W}`, shape `(out, in)`.
    weight: Narrow,
    weight_t: Narrow,
    /// `R{b}`, shape `(1, out)`.
    bias: Narrow,
    /// `R{h}` of the layer's input, shape `(S, in)`; empty for the first layer, whose input never changes.
    h: Narrow,
    /// `R{delta}` of the layer's output, shape `(S, out)`.
    delta: Narrow,
    /// `R{dL/dW}` of the images so far, shape `(out, in)`, or `(in, out)`.
    gradient: Narrow,
    is_transposed: bool,
    /// `R{dL/db}` of the images so far, shape `(1, out)`.
    bias_gradient: Narrow,
}

impl Hessian {
    /// The Hessian of the mean loss over the images `x`, shape `(N, inputs)`, with labels `y`, at the model's present parameters.
    ///
    /// The model is copied: training it further leaves this operator as it is.
    ///
    /// Cost: about that of a gradient.
    ///
    /// # Panics
    /// As [`Mlp::check_batch`].
    ///
    /// # Example
    /// The Hessian, formed, is symmetric.
    /// ```
    /// use matrix_free::operator::to_dense;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Hessian, toy_mlp};
    /// let (x, y) = toy_batch(30, 0);
    /// let h = to_dense(&Hessian::new(&toy_mlp(0), &x, &y));
    /// assert!((&h - &h.t()).iter().all(|d| d.abs() < 1e-13));
    /// ```
    pub fn new(model: &Mlp, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Self {
        model.check_batch(x, y);
        let mut h = model.activations(model.params(), x);
        #[expect(clippy::expect_used, reason = "a network has at least one layer")]
        let logits = h.pop().expect("the logits are the last activation");
        let mut delta = loss_delta(&logits, y);
        let mut layers = Vec::with_capacity(model.depth());
        for (l, h) in h.iter().enumerate().rev() {
            let mut layer = Layer {
                weight: Narrow::from_array(&model.weight(l)),
                weight_t: Narrow::from_array(&model.weight(l).t()),
                h: Narrow::from_array(h),
                delta: Narrow::from_array(&delta),
                slope: Narrow::default(),
                curve: Narrow::default(),
            };
            if l > 0 {
                let back = delta.dot(&model.weight(l));
                let slope = h.mapv(|h| 1.0 - h * h);
                delta = &back * &slope;
                layer.slope = Narrow::from_array(&slope);
                // d/dr of (1 - h^2) back with back held fixed is -2 h back R{h}.
                layer.curve = Narrow::from_array(&(-2.0 * h * &back));
            }
            layers.insert(0, layer);
        }
        let p = Narrow::from_array(&softmax(&logits));
        Self { layers, p, n_params: model.n_params(), spare: Spare::default() }
    }

    /// `out = H v`.
    fn product(&self, v: &[f64], out: &mut [f64], changes: &mut [Changes]) {
        changes.iter_mut().fold(v, |v, change| change.read(v));
        let n = self.p.n_rows();
        for start in (0..n).step_by(STRIP) {
            let strip = start..n.min(start + STRIP);
            self.forward(&strip, changes);
            self.backward(&strip, changes);
            for (layer, change) in self.layers.iter().zip(changes.iter_mut()) {
                change.add_gradient(layer, &strip);
            }
        }
        changes.iter().fold(out, |out, change| change.write_gradient(out));
    }

    /// Fills `R{h}` of every layer but the first, and `R{delta}` of the last.
    fn forward(&self, strip: &Range<usize>, changes: &mut [Changes]) {
        let own = 0..strip.len();
        for (l, layer) in self.layers.iter().enumerate() {
            let [change, after @ ..] = &mut changes[l..] else { return };
            let z = after.first_mut().map_or(&mut change.delta, |next| &mut next.h);
            // R{z} = R{b} + h R{W}^T + R{h} W^T.
            z.strip_mut(&own).product(Onto::Row(change.bias.all()), layer.h.strip(strip), change.weight_t.all());
            if l > 0 {
                z.strip_mut(&own).product(Onto::Itself, change.h.strip(&own), layer.weight_t.all());
            }
            match self.layers.get(l + 1) {
                Some(next) => z.strip_mut(&own).scale(next.slope.strip(strip)),
                None => self.through_softmax(strip, z),
            }
        }
    }

    /// `R{delta} = (diag(p) - p p^T) R{z} / N`, in place.
    fn through_softmax(&self, strip: &Range<usize>, z: &mut Narrow) {
        let n = self.p.n_rows() as f64;
        for (z, p) in z.all_mut().into_rows().zip(self.p.strip(strip).into_rows()) {
            let mean: f64 = z.iter().zip(p).map(|(z, p)| z * p).sum();
            z.iter_mut().zip(p).for_each(|(z, p)| *z = p * (*z - mean) / n);
        }
    }

    /// Fills `R{delta}` of every layer but the last.
    fn backward(&self, strip: &Range<usize>, changes: &mut [Changes]) {
        let own = 0..strip.len();
        for (l, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let [before, change] = &mut changes[l - 1..=l] else { return };
            // R{back} = R{delta} W + delta R{W}, then through tanh' and tanh''.
            let back = &mut before.delta;
            back.strip_mut(&own).product(Onto::Zero, change.delta.strip(&own), layer.weight.all());
            back.strip_mut(&own).product(Onto::Itself, layer.delta.strip(strip), change.weight.all());
            let (slope, curve) = (layer.slope.strip(strip), layer.curve.strip(strip));
            back.strip_mut(&own).scale_and_add(slope, curve, change.h.strip(&own));
        }
    }

    fn changes(&self) -> Vec<Changes> {
        self.layers.iter().map(|layer| Changes::of(layer, STRIP.min(self.p.n_rows()))).collect()
    }
}

impl Changes {
    /// Space for the changes of `layer` on strips of `n` images.
    fn of(layer: &Layer, n: usize) -> Self {
        let (fan_in, fan_out) = (layer.h.n_columns(), layer.delta.n_columns());
        // The first layer never sees its input change.
        let h = if layer.slope.is_empty() { Narrow::default() } else { Narrow::zeros(n, fan_in) };
        // Rows that need less filling up make the shorter work.
        let is_transposed = layer.h.stride() * fan_out > layer.delta.stride() * fan_in;
        Self {
            weight: Narrow::zeros(fan_out, fan_in),
            weight_t: Narrow::zeros(fan_in, fan_out),
            bias: Narrow::zeros(1, fan_out),
            h,
            delta: Narrow::zeros(n, fan_out),
            gradient: if is_transposed { Narrow::zeros(fan_in, fan_out) } else { Narrow::zeros(fan_out, fan_in) },
            is_transposed,
            bias_gradient: Narrow::zeros(1, fan_out),
        }
    }

    /// Takes this layer's part from the front of a direction; what is left belongs to the next layers.
    fn read<'a>(&mut self, v: &'a [f64]) -> &'a [f64] {
        let (fan_out, fan_in) = (self.weight.n_rows(), self.weight.n_columns());
        let (weight, rest) = v.split_at(fan_out * fan_in);
        let (bias, rest) = rest.split_at(fan_out);
        self.weight.fill_from(weight);
        self.weight_t.fill_from_transposed(weight);
        self.bias.fill_from(bias);
        rest
    }

    /// Adds what a strip of images contributes: `R{delta}^T h + delta^T R{h}` to `R{dL/dW}`, and the sum of `R{delta}` to `R{dL/db}`.
    fn add_gradient(&mut self, layer: &Layer, strip: &Range<usize>) {
        let own = 0..strip.len();
        let is_transposed = self.is_transposed;
        let gradient = &mut self.gradient;
        let mut add = |onto, delta, h| {
            let (a, b) = if is_transposed { (h, delta) } else { (delta, h) };
            gradient.all_mut().transposed_product(onto, a, b);
        };
        add(if strip.start == 0 { Onto::Zero } else { Onto::Itself }, self.delta.strip(&own), layer.h.strip(strip));
        if !self.h.is_empty() {
            add(Onto::Itself, layer.delta.strip(strip), self.h.strip(&own));
        }
        if strip.start == 0 {
            self.bias_gradient.all_mut().fill(0.0);
        }
        self.bias_gradient.all_mut().add_rows(self.delta.strip(&own));
    }

    /// Writes this layer's part of the product to the front of `out`; what is left belongs to the next layers.
    fn write_gradient<'a>(&self, out: &'a mut [f64]) -> &'a mut [f64] {
        let (weight, rest) = out.split_at_mut(self.weight.n_rows() * self.weight.n_columns());
        let (bias, rest) = rest.split_at_mut(self.bias.n_columns());
        if self.is_transposed {
            self.gradient.write_transposed_to(weight)
        } else {
            self.gradient.write_to(weight)
        }
        self.bias_gradient.write_to(bias);
        rest
    }
}

impl SymmetricOperator for Hessian {
    fn dim(&self) -> usize {
        self.n_params
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.apply_block(&x.view().insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        check_rows(self.dim(), x.nrows());
        let product = |v: &[f64], out: &mut [f64]| {
            self.spare.with(|| self.changes(), |changes| self.product(v, out, changes));
        };
        parallel::by_columns(self.dim(), x, 8 * self.p.n_rows() * self.n_params, product)
    }
}
