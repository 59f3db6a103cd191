use ndarray::{ArrayRef1, ArrayRef2, Axis};
use rand::Rng;

use crate::Model;
use matrix_free::probe::Stream;

/// The settings of plain stochastic gradient descent: no momentum, no decay.
///
/// # Example
/// ```
/// use small_networks::Sgd;
/// let longer = Sgd { n_steps: 1000, ..Sgd::default() };
/// assert_eq!((longer.batch, longer.learning_rate), (64, 0.1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// The learning rate, above zero.
    pub learning_rate: f64,
    /// How many images a step draws, with replacement.
    pub batch: usize,
    /// How many steps to take.
    pub n_steps: usize,
    /// The seed of the batches.
    pub seed: u64,
}

impl Default for Sgd {
    /// The course's training: 200 steps, learning rate 0.1, batches of 64.
    fn default() -> Self {
        Self { learning_rate: 0.1, batch: 64, n_steps: 200, seed: 0 }
    }
}

/// Trains `model` in place on the images `x` with the labels `y`.
///
/// Each step goes down the gradient `g` of a batch `B`, drawn from the images with replacement:
///
/// ```math
/// \theta \leftarrow \theta - \eta\, g_B(\theta)
/// ```
///
/// Shapes: `x` is `(N, inputs)`, `y` has length `N`. Cost: one gradient of a batch per step.
///
/// # Panics
/// As [`Model::check_batch`], and if the learning rate is not above zero and finite or the batch is empty.
///
/// # Example
/// ```
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Sgd, tiny_mlp, train};
/// let (x, y) = load_mnist_7x7(300, 0)?;
/// let mut model = tiny_mlp(0);
/// let before = model.loss(&x, &y);
/// train(&mut model, &x, &y, &Sgd { n_steps: 50, ..Sgd::default() });
/// assert!(model.loss(&x, &y) < 0.5 * before);
/// # Ok::<(), DataError>(())
/// ```
pub fn train(model: &mut dyn Model, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>, sgd: &Sgd) {
    let &Sgd { learning_rate, batch, n_steps, seed } = sgd;
    assert!(
        learning_rate > 0.0 && learning_rate.is_finite(),
        "learning_rate must be above 0 and finite, got {learning_rate}"
    );
    assert!(batch > 0, "batch must be at least 1, got 0");
    model.check_batch(x, y);
    let mut rng = Stream::Batches.rng(seed);
    for _ in 0..n_steps {
        let drawn: Vec<usize> = (0..batch).map(|_| rng.random_range(0..x.nrows())).collect();
        let gradient = model.gradient(&x.select(Axis(0), &drawn), &y.select(Axis(0), &drawn));
        model.params_mut().scaled_add(-learning_rate, &gradient);
    }
}
