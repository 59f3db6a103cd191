use ndarray::{ArrayRef1, ArrayRef2, Axis};
use rand::Rng;

use crate::Mlp;
use matrix_free::probe::rng;

/// Plain stochastic gradient descent: no momentum, no decay.
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

/// Trains `model` in place on the images `x`, shape `(N, inputs)`, with labels `y`.
///
/// # Panics
/// As [`Mlp::loss`], and if the learning rate is not above zero or the batch is empty.
pub fn train(model: &mut Mlp, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>, sgd: &Sgd) {
    let &Sgd { learning_rate, batch, n_steps, seed } = sgd;
    assert!(
        learning_rate > 0.0 && learning_rate.is_finite(),
        "learning_rate is above 0 and finite, got {learning_rate}"
    );
    assert!(batch > 0, "batch is at least 1, got 0");
    model.check_batch(x, y);
    let mut rng = rng(seed);
    for _ in 0..n_steps {
        let drawn: Vec<usize> = (0..batch).map(|_| rng.random_range(0..x.nrows())).collect();
        let gradient = model.gradient_view(&x.select(Axis(0), &drawn), &y.select(Axis(0), &drawn));
        model.theta.scaled_add(-learning_rate, &gradient);
    }
}
