use estimators::{PointMasses, Quadrature, smooth};
use figures::Figure;
use matrix_free::linalg::linspace;
use ndarray::Array1;

use crate::settings::{Setting, Values, in_words};
use crate::{Answer, Chosen, Playground, sized};

/// The steps of training with a quadrature, each about a fifth further than the one before.
pub const STEPS: [f64; 28] = [
    0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, 27.0, 33.0, 40.0, 48.0, 58.0, 70.0, 84.0,
    100.0, 120.0, 150.0, 180.0, 220.0, 280.0, 370.0, 500.0,
];
const N_PROBES: usize = 10;
const N_NODES: usize = 40;
const WIDTHS: [f64; 8] = [0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0];
/// The lowest density that is drawn: a thousandth of an eigenvalue at the widest.
const FLOOR: f64 = 0.05;

/// The quadratures of all steps, which `examples/quadratures_along_training.rs` writes: of each step the loss, then of each probe the
/// nodes and the weights, as little-endian `f32`.
pub const FILM: &[u8] = include_bytes!("../assets/quadratures-along-training.f32");

pub(crate) static TRAINING: Playground = Playground {
    name: "training",
    title: "The density of a network’s Hessian along training",
    look_for: "The 2986 eigenvalues of the Hessian of a small network while it learns 500 digits, from 400 products at each of 28 steps. Drag \
        the step: the negative side shrinks to nothing, and a handful of single eigenvalues stay far out on the positive side. The smaller σ, the more the single nodes of the quadrature show.",
    settings: &[
        Setting { name: "step", label: "step of training", values: Values::Among(&STEPS), position: 0.0 },
        Setting { name: "sigma", label: "width σ", values: Values::Among(&WIDTHS), position: 3.0 },
        Setting {
            name: "probes",
            label: "probes",
            values: Values::Linear { low: 1.0, high: N_PROBES as f64, step: 1.0 },
            position: 10.0,
        },
    ],
    strip: None,
    answer,
};

/// Loss and quadrature of each step in [`FILM`].
///
/// # Example
/// ```
/// let film = playground::film();
/// assert!(film[0].0 > film[27].0, "training makes the loss smaller");
/// ```
pub fn film() -> Vec<(f64, Quadrature)> {
    let mut numbers = FILM.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
    let mut take = |count: usize| -> Array1<f64> { numbers.by_ref().take(count).collect() };
    let mut frame = || {
        let loss = take(1)[0];
        let probes = (0..N_PROBES).map(|_| PointMasses { nodes: take(N_NODES), weights: take(N_NODES) }).collect();
        (loss, Quadrature { probes, n_matvecs: N_PROBES * N_NODES })
    };
    STEPS.map(|_| frame()).into()
}

fn answer(chosen: &Chosen<'_>, width: u32) -> Answer {
    let (step, sigma) = (chosen.value("step"), chosen.value("sigma"));
    let film = film();
    // The same axes for all steps.
    let nodes = || film.iter().flat_map(|(_, measure)| &measure.probes).flat_map(|probe| &probe.nodes).copied();
    let (low, high) = (nodes().fold(f64::INFINITY, f64::min), nodes().fold(f64::NEG_INFINITY, f64::max));
    let grid = linspace(low - 0.5, high + 0.5, 400);

    let at = STEPS.iter().position(|&other| other == step).unwrap_or(0);
    let (loss, mut measure) = film[at].clone();
    measure.probes.truncate(chosen.count("probes"));
    let density = smooth(&measure, &grid, sigma).mapv(|value| value.max(FLOOR));
    let count = |holds: fn(f64) -> bool| measure.integrate(|node| f64::from(u8::from(holds(node)))).mean;
    let top = measure.probes.iter().flat_map(|probe| &probe.nodes).copied().fold(f64::NEG_INFINITY, f64::max);

    let figure = Figure::new("")
        .alt(&format!(
            "The density of the Hessian's eigenvalues after {step} steps of training, on a logarithmic axis."
        ))
        .x_label("eigenvalue λ")
        .y_label("eigenvalues per unit")
        .log_y()
        .y_range(FLOOR, 2e5)
        .line("density", &grid, density)
        .h_line("height of one eigenvalue", 1.0 / (sigma * (2.0 * std::f64::consts::PI).sqrt()))
        .v_line("", 0.0);
    let numbers = vec![
        ("loss", loss),
        ("largest Ritz value", top),
        ("eigenvalues above 1", count(|node| node > 1.0)),
        ("eigenvalues below −0.05", count(|node| node < -0.05)),
    ];
    let sentence = format!(
        "After {step} steps the loss is {}: about {} eigenvalues lie above 1 and {} below −0.05; the largest is {}.",
        in_words(loss),
        in_words(numbers[2].1.round()),
        in_words(numbers[3].1.round()),
        in_words(top)
    );
    Answer { figures: vec![sized(figure, width)], numbers, sentence }
}

#[cfg(test)]
mod tests {
    use estimators::slq_quadrature;
    use small_networks::data::{DataError, load_mnist_7x7};
    use small_networks::{Hessian, tiny_mlp};

    use super::*;

    #[test]
    fn training_leaves_outliers_and_nothing_negative() {
        let at = |step: f64| TRAINING.answer(&[step, 3.0, 10.0], 600).numbers;
        let (first, last) = (at(0.0), at(27.0));
        assert!(first[3].1 > 100.0 && last[3].1 < 1.0, "{first:?} and {last:?}");
        assert!((5.0..15.0).contains(&last[2].1), "{last:?}");
    }

    /// The file is as old as it may be: the library computes its first frame again.
    #[test]
    fn the_film_is_that_of_the_library() -> Result<(), DataError> {
        assert_eq!(FILM.len(), size_of::<f32>() * STEPS.len() * (1 + 2 * N_PROBES * N_NODES));
        let (x, y) = load_mnist_7x7(500, 0)?;
        let computed = slq_quadrature(&Hessian::new(&tiny_mlp(0), &x, &y), N_PROBES, N_NODES, 0);
        let grid = linspace(-3.0, 4.0, 50);
        let [kept, computed] = [&film()[0].1, &computed].map(|measure| smooth(measure, &grid, 0.1));
        let largest = computed.iter().fold(0.0, |largest: f64, value| largest.max(*value));
        assert!((kept - computed).iter().all(|error| error.abs() < 1e-5 * largest));
        Ok(())
    }
}
