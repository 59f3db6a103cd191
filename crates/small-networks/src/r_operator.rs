//! The engine of [`Hessian`](crate::Hessian) and [`GaussNewton`](crate::GaussNewton): back-propagation, differentiated along a
//! direction, in blocks of matrix products.

use std::ops::Range;

use ndarray::{Array2, ArrayRef1, ArrayRef2};

use crate::backprop::activations;
use crate::layer::{Layer, parts};
use crate::loss::Curvatures;
use crate::model::Model;
use crate::narrow::{Narrow, Onto};
use matrix_free::operator::check_rows;
use matrix_free::parallel::{self, Spare};

/// Which terms of the derivative belong to the product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Terms {
    /// All: the Hessian.
    All,
    /// Those in which the outputs are as if linear in the parameters: the Gauss-Newton matrix.
    GaussNewton,
}

/// What is known of a network and its loss at one point: all that does not depend on the direction.
#[derive(Clone, Debug)]
pub(crate) struct ROperator {
    layers: Vec<LayerAtPoint>,
    /// `d` and `u` of the loss's second derivative `diag(d) - u u^T`, for the mean over the images; shape `(N, outputs)`.
    curvatures: [Narrow; 2],
    n_images: usize,
    n_params: usize,
    /// How many images go through all layers at a time.
    strip: usize,
    spare: Spare<Vec<Changes>>,
}

/// A layer at the point. Rows are images, and for a convolution positions or pixels of images.
#[derive(Clone, Debug)]
struct LayerAtPoint {
    shape: Layer,
    /// `W`, shape `(out, patch)`.
    weight: Narrow,
    weight_t: Narrow,
    /// What the layer reads, shape `(N positions, patch)`.
    h: Narrow,
    /// The derivative of the loss in the layer's output, shape `(N positions, out)`; empty for Gauss-Newton.
    delta: Narrow,
    /// `tanh' = 1 - h^2` where the layer reads its input, shape `(N pixels, channels)`; empty for the first layer, which reads images.
    slope: Narrow,
    /// How the delta of the layer before changes with `h` through tanh'', shape of `slope`; empty for the first layer and Gauss-Newton.
    curve: Narrow,
}

/// How a layer changes along one direction, for a strip of `S` images at a time.
#[derive(Debug)]
struct Changes {
    /// `R{W}`, shape `(out, patch)`.
    weight: Narrow,
    weight_t: Narrow,
    /// `R{b}`, shape `(1, out)`.
    bias: Narrow,
    /// `R{h}` of the layer's input, shape `(S pixels, channels)`; empty for the first layer, whose input never changes.
    h: Narrow,
    /// `R{h}` in patches, and `R{back}`, shape `(S positions, patch)`; empty where patches are pixels.
    patches: Narrow,
    back: Narrow,
    /// `R{delta}` of the layer's output, shape `(S positions, out)`.
    delta: Narrow,
    /// `R{dL/dW}` of the images so far, shape `(out, patch)`, or `(patch, out)`.
    gradient: Narrow,
    is_transposed: bool,
    /// `R{dL/db}` of the images so far, shape `(1, out)`.
    bias_gradient: Narrow,
    /// Weights on their way between two orders; empty where there is only one.
    ordered: Vec<f64>,
}

impl ROperator {
    /// # Panics
    /// As [`Model::check_batch`].
    pub(crate) fn new(model: &dyn Model, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>, terms: Terms) -> Self {
        model.check_batch(x, y);
        let shapes = model.layers();
        let (depth, n) = (shapes.len(), x.nrows() as f64);
        let h = activations(shapes, model.params(), x);
        let loss = model.loss_function();
        let y = y.to_owned();
        let mut delta = loss.gradients(&h[depth], &y) / n;
        let mut layers = Vec::with_capacity(depth);
        for (l, (shape, part)) in parts(shapes, model.params()).collect::<Vec<_>>().into_iter().enumerate().rev() {
            let (weight, _) = shape.weights(part);
            let if_all = |a: &Array2<f64>| if terms == Terms::All { Narrow::from_array(a) } else { Narrow::default() };
            let mut layer = LayerAtPoint {
                shape: shape.clone(),
                weight: Narrow::from_array(&weight),
                weight_t: Narrow::from_array(&weight.t()),
                h: Narrow::from_array(&shape.unfold(&h[l])),
                delta: if_all(&delta),
                slope: Narrow::default(),
                curve: Narrow::default(),
            };
            if l > 0 {
                let back = shape.fold(delta.dot(&weight));
                let slope = h[l].mapv(|h| 1.0 - h * h);
                delta = &back * &slope;
                layer.slope = Narrow::from_array(&slope);
                // d/dr of (1 - h^2) back with back held fixed is -2 h back R{h}.
                layer.curve = if_all(&(-2.0 * &h[l] * &back));
            }
            layers.insert(0, layer);
        }
        let Curvatures { d, u } = loss.curvatures(&h[depth], &y);
        let curvatures = [d / n, u / n.sqrt()].map(|of_mean| Narrow::from_array(&of_mean));
        let (strip, n_images) = (images_per_strip(shapes).min(x.nrows()), x.nrows());
        Self { layers, curvatures, n_images, n_params: model.n_params(), strip, spare: Spare::default() }
    }

    pub(crate) fn dim(&self) -> usize {
        self.n_params
    }

    /// The products with the columns of `x`.
    pub(crate) fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        check_rows(self.n_params, x.nrows());
        let product = |v: &[f64], out: &mut [f64]| {
            self.spare.with(|| self.changes(), |changes| self.product(v, out, changes));
        };
        parallel::by_columns(self.n_params, x, self.operations(), product)
    }

    /// The floating-point operations of one product.
    fn operations(&self) -> usize {
        let of_layer = |layer: &LayerAtPoint| {
            // By R{W} and by W; forward, backward and in the gradient.
            let products = if layer.slope.is_empty() {
                2
            } else if layer.delta.is_empty() {
                4
            } else {
                6
            };
            2 * products * layer.h.n_rows() * layer.shape.n_weights()
        };
        self.layers.iter().map(of_layer).sum()
    }

    /// `out = H v`, or `G v`.
    fn product(&self, v: &[f64], out: &mut [f64], changes: &mut [Changes]) {
        let pairs = self.layers.iter().zip(changes.iter_mut());
        pairs.fold(v, |v, (layer, change)| change.read(&layer.shape, v));
        for start in (0..self.n_images).step_by(self.strip) {
            let strip = start..self.n_images.min(start + self.strip);
            self.forward(&strip, changes);
            self.backward(&strip, changes);
            for (layer, change) in self.layers.iter().zip(changes.iter_mut()) {
                change.add_gradient(layer, &strip);
            }
        }
        let pairs = self.layers.iter().zip(changes);
        pairs.fold(out, |out, (layer, change)| change.write_gradient(&layer.shape, out));
    }

    /// Fills `R{h}` of every layer but the first, and `R{delta}` of the last.
    fn forward(&self, strip: &Range<usize>, changes: &mut [Changes]) {
        for (l, layer) in self.layers.iter().enumerate() {
            let [change, after @ ..] = &mut changes[l..] else { return };
            let (rows, own) = layer.rows(strip);
            let z = after.first_mut().map_or(&mut change.delta, |next| &mut next.h);
            // R{z} = R{b} + h R{W}^T + R{h} W^T.
            z.strip_mut(&own).product(Onto::Row(change.bias.all()), layer.h.strip(&rows), change.weight_t.all());
            if l > 0 {
                let h = read_by(&layer.shape, &change.h, &change.patches);
                z.strip_mut(&own).product(Onto::Itself, h.strip(&own), layer.weight_t.all());
            }
            match (self.layers.get(l + 1), after.first_mut()) {
                (Some(next), Some(change)) => {
                    change.h.strip_mut(&own).scale(next.slope.strip(&rows));
                    if next.shape.unfolds() {
                        let (_, positions) = next.rows(strip);
                        change.patches.strip_mut(&positions).unfold(&next.shape, change.h.strip(&own));
                    }
                }
                _ => self.through_loss(strip, &mut change.delta),
            }
        }
    }

    /// `R{delta} = (diag(d) - u u^T) R{z}`, in place.
    fn through_loss(&self, strip: &Range<usize>, z: &mut Narrow) {
        let [d, u] = self.curvatures.each_ref().map(|of_mean| of_mean.strip(strip).into_rows());
        for ((z, d), u) in z.all_mut().into_rows().zip(d).zip(u) {
            let along: f64 = z.iter().zip(u).map(|(z, u)| z * u).sum();
            z.iter_mut().zip(d).zip(u).for_each(|((z, d), u)| *z = d * *z - u * along);
        }
    }

    /// Fills `R{delta}` of every layer but the last.
    fn backward(&self, strip: &Range<usize>, changes: &mut [Changes]) {
        for (l, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let [before, change] = &mut changes[l - 1..=l] else { return };
            let (rows, own) = layer.rows(strip);
            let (pixels, own_pixels) = layer.pixels(strip);
            // R{back} = R{delta} W + delta R{W}, then through tanh' and tanh''.
            let back = if layer.shape.unfolds() { &mut change.back } else { &mut before.delta };
            back.strip_mut(&own).product(Onto::Zero, change.delta.strip(&own), layer.weight.all());
            if !layer.delta.is_empty() {
                back.strip_mut(&own).product(Onto::Itself, layer.delta.strip(&rows), change.weight.all());
            }
            if layer.shape.unfolds() {
                before.delta.strip_mut(&own_pixels).fold(&layer.shape, change.back.strip(&own));
            }
            let (slope, delta) = (layer.slope.strip(&pixels), before.delta.strip_mut(&own_pixels));
            if layer.curve.is_empty() {
                delta.scale(slope);
            } else {
                delta.scale_and_add(slope, layer.curve.strip(&pixels), change.h.strip(&own_pixels));
            }
        }
    }

    fn changes(&self) -> Vec<Changes> {
        self.layers.iter().map(|layer| Changes::of(layer, self.strip)).collect()
    }
}

/// So few images that what belongs to them stays in the fast caches: at most 60, and at most 500 rows of the largest output.
pub(crate) fn images_per_strip(layers: &[Layer]) -> usize {
    let rows = layers.iter().map(Layer::positions).max().unwrap_or(1);
    (500 / rows).clamp(1, 60)
}

/// What the layer reads: its input, or the patches of it.
fn read_by<'a>(shape: &Layer, h: &'a Narrow, patches: &'a Narrow) -> &'a Narrow {
    if shape.unfolds() { patches } else { h }
}

impl LayerAtPoint {
    /// The rows of its output for a strip of images, in a matrix of all images and in one of the strip.
    fn rows(&self, strip: &Range<usize>) -> (Range<usize>, Range<usize>) {
        scaled(strip, self.shape.positions())
    }

    /// The rows of its input, likewise.
    fn pixels(&self, strip: &Range<usize>) -> (Range<usize>, Range<usize>) {
        scaled(strip, self.shape.pixels())
    }
}

/// The rows of a strip of images, in a matrix of all images and in one of the strip, with so many rows for each image.
pub(crate) fn scaled(strip: &Range<usize>, rows: usize) -> (Range<usize>, Range<usize>) {
    (strip.start * rows..strip.end * rows, 0..strip.len() * rows)
}

impl Changes {
    /// Space for the changes of `layer` on strips of `n` images.
    fn of(layer: &LayerAtPoint, n: usize) -> Self {
        let shape = &layer.shape;
        let (fan_in, fan_out) = (shape.patch(), shape.outputs());
        let n_positions = n * shape.positions();
        // The first layer never sees its input change.
        let is_first = layer.slope.is_empty();
        let patches = || {
            if is_first || !shape.unfolds() { Narrow::default() } else { Narrow::zeros(n_positions, fan_in) }
        };
        // Rows that need less filling up make the shorter work.
        let is_transposed = layer.weight.stride() * fan_out > layer.weight_t.stride() * fan_in;
        Self {
            weight: Narrow::zeros(fan_out, fan_in),
            weight_t: Narrow::zeros(fan_in, fan_out),
            bias: Narrow::zeros(1, fan_out),
            h: if is_first { Narrow::default() } else { Narrow::zeros(n * shape.pixels(), shape.channels()) },
            patches: patches(),
            back: patches(),
            delta: Narrow::zeros(n_positions, fan_out),
            gradient: if is_transposed { Narrow::zeros(fan_in, fan_out) } else { Narrow::zeros(fan_out, fan_in) },
            is_transposed,
            bias_gradient: Narrow::zeros(1, fan_out),
            ordered: if shape.has_patch_order() { Vec::new() } else { vec![0.0; shape.n_weights()] },
        }
    }

    /// Takes this layer's part from the front of a direction; what is left belongs to the next layers.
    fn read<'a>(&mut self, shape: &Layer, v: &'a [f64]) -> &'a [f64] {
        let (weight, rest) = v.split_at(shape.n_weights());
        let (bias, rest) = rest.split_at(shape.outputs());
        let weight = if shape.has_patch_order() {
            weight
        } else {
            shape.to_patch_order(weight, &mut self.ordered);
            &self.ordered
        };
        self.weight.fill_from(weight);
        self.weight_t.fill_from_transposed(weight);
        self.bias.fill_from(bias);
        rest
    }

    /// Adds what a strip of images contributes: `R{delta}^T h + delta^T R{h}` to `R{dL/dW}`, and the sum of `R{delta}` to `R{dL/db}`.
    fn add_gradient(&mut self, layer: &LayerAtPoint, strip: &Range<usize>) {
        let (rows, own) = layer.rows(strip);
        let is_transposed = self.is_transposed;
        let gradient = &mut self.gradient;
        let mut add = |onto, delta, h| {
            let (a, b) = if is_transposed { (h, delta) } else { (delta, h) };
            gradient.all_mut().transposed_product(onto, a, b);
        };
        add(if strip.start == 0 { Onto::Zero } else { Onto::Itself }, self.delta.strip(&own), layer.h.strip(&rows));
        if !self.h.is_empty() && !layer.delta.is_empty() {
            let h = read_by(&layer.shape, &self.h, &self.patches);
            add(Onto::Itself, layer.delta.strip(&rows), h.strip(&own));
        }
        if strip.start == 0 {
            self.bias_gradient.all_mut().fill(0.0);
        }
        self.bias_gradient.all_mut().add_rows(self.delta.strip(&own));
    }

    /// Writes this layer's part of the product to the front of `out`; what is left belongs to the next layers.
    fn write_gradient<'a>(&mut self, shape: &Layer, out: &'a mut [f64]) -> &'a mut [f64] {
        let (weight, rest) = out.split_at_mut(shape.n_weights());
        let (bias, rest) = rest.split_at_mut(shape.outputs());
        let ordered = if shape.has_patch_order() { &mut *weight } else { &mut self.ordered[..] };
        if self.is_transposed {
            self.gradient.write_transposed_to(ordered);
        } else {
            self.gradient.write_to(ordered);
        }
        if !shape.has_patch_order() {
            shape.to_weight_order(&self.ordered, weight);
        }
        self.bias_gradient.write_to(bias);
        rest
    }
}
