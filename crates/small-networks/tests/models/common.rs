//! What the tests of several subjects share: two small models with a batch, and central differences.

use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, Array2, ArrayRef2};
use small_networks::{Cnn, Mlp, Model};

/// A network with a batch of its size.
pub(super) struct Case<M> {
    pub(super) model: M,
    pub(super) x: Array2<f64>,
    pub(super) y: Array1<usize>,
}

impl<M: Model + Clone> Case<M> {
    /// Random parameters, biases too, and random images. More images than go through the layers at a time.
    fn of(model: M, inputs: usize, classes: usize) -> Self {
        let n = 67;
        let theta = Probe::Gaussian.draw(model.n_params(), &mut rng(1)) * 0.7;
        let y = Array1::from_shape_fn(n, |i| (i * i + 1) % classes);
        Self { model: model.at(&theta), x: gaussian_matrix(n, inputs, &mut rng(2)), y }
    }

    /// `f` of the model at the parameters moved by `t v`, differentiated in `t` at zero.
    pub(super) fn derivative(&self, v: &Array1<f64>, f: impl Fn(&M) -> Array1<f64>) -> Array1<f64> {
        let step = 1e-5;
        let at = |t: f64| f(&self.model.at(&(self.model.params() + &(v * t))));
        (at(step) - at(-step)) / (2.0 * step)
    }
}

/// Images higher than wide, and channels that do not fill a vector of the machine.
pub(super) fn small_cnn() -> Case<Cnn> {
    Case::of(Cnn::new([6, 5], &[2, 3], 4, 0), 30, 4)
}

pub(super) fn small_mlp() -> Case<Mlp> {
    Case::of(Mlp::new(&[6, 5, 4, 3], 0), 6, 3)
}

pub(super) fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |largest: f64, &value| {
        assert!(value.is_finite(), "a value is {value}");
        largest.max(value.abs())
    })
}

/// Agreement up to `tolerance`, relative to the largest expected entry.
#[track_caller]
pub(super) fn assert_close(what: &str, got: &ArrayRef2<f64>, expected: &ArrayRef2<f64>, tolerance: f64) {
    assert_eq!(got.dim(), expected.dim(), "{what}");
    let (error, scale) = (largest(&(got - expected)), largest(expected));
    assert!(error <= tolerance * scale, "{what}: off by {error}, where the largest entry is {scale}");
}
