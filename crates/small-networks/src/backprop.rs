//! The forward pass and back-propagation, written once for plain and for dual numbers.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};

use crate::dual::Scalar;
use crate::layer::{Layer, count_params, parts};

/// What enters each layer, and the outputs last.
///
/// A matrix with a row for each pixel of each image, `(N pixels, channels)`, and for a dense layer with a row for each image.
///
/// # Panics
/// As [`Model::logits`](crate::Model::logits).
pub(crate) fn activations<T: Scalar>(layers: &[Layer], theta: &ArrayRef1<T>, x: &ArrayRef2<f64>) -> Vec<Array2<T>> {
    check_layers(layers, theta.len());
    check_columns(layers, x);
    let pixels = x.as_standard_layout().mapv(T::from);
    #[expect(clippy::expect_used, reason = "an image has as many columns as the layer has inputs")]
    let pixels = pixels.into_shape_with_order((x.nrows() * layers[0].pixels(), layers[0].channels())).expect("pixels");
    let mut h = vec![pixels];
    for (l, (layer, part)) in parts(layers, theta).enumerate() {
        let (weight, bias) = layer.weights(part);
        let mut z = layer.unfold(&h[l]).dot(&weight.t()) + bias;
        if l + 1 < layers.len() {
            z.mapv_inplace(T::tanh);
        }
        h.push(z);
    }
    h
}

/// The gradient of a loss in the parameters; `delta_of` gives its derivative in the outputs.
pub(crate) fn gradient<T: Scalar>(
    layers: &[Layer],
    theta: &ArrayRef1<T>,
    x: &ArrayRef2<f64>,
    delta_of: impl FnOnce(&Array2<T>) -> Array2<T>,
) -> Array1<T> {
    let h = activations(layers, theta, x);
    let mut delta = delta_of(&h[layers.len()]);
    let mut gradient = Array1::zeros(theta.len());
    let mut end = theta.len();
    for (l, (layer, part)) in parts(layers, theta).collect::<Vec<_>>().into_iter().enumerate().rev() {
        let own = s![end - layer.n_params()..end];
        let of_weight = delta.t().dot(&layer.unfold(&h[l]));
        layer.store(&of_weight, &delta.sum_axis(Axis(0)), gradient.slice_mut(own));
        end -= layer.n_params();
        if l > 0 {
            let (weight, _) = layer.weights(part);
            delta = layer.fold(delta.dot(&weight)) * h[l].mapv(|h| T::one() - h * h);
        }
    }
    gradient
}

/// Panics unless each layer reads what the one before it gives, the last gives numbers, and there are `len` parameters.
#[track_caller]
pub(crate) fn check_layers(layers: &[Layer], len: usize) {
    assert!(!layers.is_empty(), "layers must have at least one layer, got none");
    for pair in layers.windows(2) {
        assert!(pair[0].fits(&pair[1]), "layers must fit: {:?} does not read what {:?} gives", pair[1], pair[0]);
    }
    let last = layers[layers.len() - 1].output_size();
    assert!(last == [1, 1], "layers must end with one position, got an output of {last:?}");
    let n_params = count_params(layers);
    assert!(len == n_params, "theta must have P = {n_params} entries, got {len}");
}

/// Panics unless `x` has a column for each input.
#[track_caller]
pub(crate) fn check_columns(layers: &[Layer], x: &ArrayRef2<f64>) {
    let (inputs, (n, columns)) = (layers[0].inputs(), x.dim());
    assert!(columns == inputs, "x must have one column per input, {inputs}, got shape ({n}, {columns})");
}
