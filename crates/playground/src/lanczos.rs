use estimators::{Lanczos, Reorthogonalization, lanczos, lanczos_f32, orthogonality_history, ritz_values};
use figures::{Colour, Figure, Legend, Marker};
use matrix_free::linalg::linspace;
use matrix_free::operator::from_fn;
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2};

use crate::settings::{SEED, Setting, Values, in_words};
use crate::{Answer, Chosen, Playground};

const N: usize = 100;

pub(crate) static LANCZOS: Playground = Playground {
    name: "lanczos",
    title: "Lanczos step by step, and what rounding does to it",
    look_for: "Each column holds the Ritz values of one step. The outliers are found first, in exact arithmetic each once. Without \
        re-orthogonalisation a converged outlier comes back some steps later: a further Ritz value leaves the bulk and lands on the same \
        eigenvalue, marked by a ring. In single precision that happens sooner.",
    settings: &[
        Setting {
            name: "steps",
            label: "steps",
            values: Values::Linear { low: 2.0, high: 60.0, step: 1.0 },
            position: 40.0,
        },
        Setting {
            name: "outliers",
            label: "outliers",
            values: Values::Linear { low: 1.0, high: 4.0, step: 1.0 },
            position: 2.0,
        },
        Setting {
            name: "distance",
            label: "distance between them",
            values: Values::Among(&[0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0]),
            position: 3.0,
        },
        Setting { name: "precision", label: "precision", values: Values::Named(&["f64", "f32"]), position: 0.0 },
        SEED,
    ],
    strip: None,
    answer,
};

/// A run, what is to be seen of it, and what is to be said.
struct Shown {
    figure: Figure,
    n_copies: usize,
    loss: f64,
    top: f64,
}

fn answer(chosen: &Chosen<'_>, width: u32) -> Answer {
    let (steps, n_outliers, distance) = (chosen.count("steps"), chosen.count("outliers"), chosen.value("distance"));
    let outliers: Vec<f64> = (1..=n_outliers).map(|i| 1.0 + distance * i as f64).collect();
    let mut eigenvalues = linspace(0.0, 1.0, N - n_outliers).to_vec();
    eigenvalues.extend(&outliers);
    let eigenvalues = Array1::from(eigenvalues);
    // A diagonal matrix: Lanczos sees only the eigenvalues and the components of the start.
    let start = Probe::Gaussian.draw(N, &mut rng(chosen.seed()));
    let run = |reorthogonalization| {
        if chosen.count("precision") == 0 {
            lanczos(&from_fn(N, |x| x.to_owned() * &eigenvalues), &start, steps, reorthogonalization)
        } else {
            lanczos_f32(&Array2::from_diag(&eigenvalues), &start, steps, reorthogonalization)
        }
    };
    // Side by side where there is room.
    let width = if width < 600 { width } else { width / 2 - 8 };
    let shown = |title, reorthogonalization| show(title, &run(reorthogonalization), &outliers, width);
    let without = shown("Without re-orthogonalisation", Reorthogonalization::None);
    let with = shown("With full re-orthogonalisation", Reorthogonalization::Full);
    let numbers = vec![
        ("largest eigenvalue", outliers[n_outliers - 1]),
        ("without: copies of outliers", without.n_copies as f64),
        ("with: copies of outliers", with.n_copies as f64),
        ("without: loss of orthogonality", without.loss),
        ("with: loss of orthogonality", with.loss),
        ("with: error of the largest Ritz value", (with.top - outliers[n_outliers - 1]).abs()),
    ];
    // Below that, the digits are another machine's.
    let up_to = |loss| if loss < 1e-12 { "rounding".to_owned() } else { in_words(loss) };
    let copies = |n: usize| if n == 1 { "1 copy".to_owned() } else { format!("{n} copies") };
    let sentence = format!(
        "After {steps} steps there are {} of outliers without re-orthogonalisation, {} with it; the basis is orthonormal up to {} and {}.",
        copies(without.n_copies),
        copies(with.n_copies),
        up_to(without.loss),
        up_to(with.loss)
    );
    Answer { figures: vec![without.figure, with.figure], numbers, sentence }
}

fn show(title: &str, run: &Lanczos, outliers: &[f64], width: u32) -> Shown {
    let largest = outliers[outliers.len() - 1];
    let steps = run.alpha.len();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let (mut copies_x, mut copies_y) = (Vec::new(), Vec::new());
    let (mut n_copies, mut top) = (0, 0.0);
    for step in 1..=steps {
        let ritz = ritz_values(run, step);
        let copies: Vec<f64> =
            outliers.iter().flat_map(|&outlier| beyond_the_first(&ritz, outlier, 1e-3 * largest)).collect();
        (n_copies, top) = (copies.len(), ritz[step - 1]);
        x.extend(vec![step; step]);
        y.extend(ritz);
        copies_x.extend(vec![step; copies.len()]);
        copies_y.extend(copies);
    }
    let mut figure = Figure::new(title)
        .alt(&format!(
            "{title}: the Ritz values of each step up to {steps}; copies of outliers at the end: {n_copies}."
        ))
        .x_label("step")
        .y_label("Ritz values")
        .legend(Legend::Below)
        .y_range(-0.05 * largest, 1.08 * largest)
        .size(width, 420);
    for &outlier in outliers {
        figure = figure.h_line("outlying eigenvalues", outlier).dotted();
    }
    figure = figure.points("Ritz values", x, y).marker(Marker::Circle);
    if !copies_x.is_empty() {
        figure = figure.points("copies", copies_x, copies_y).marker(Marker::Ring).colour(Colour::Vermillion);
    }
    let loss = orthogonality_history(&run.basis)[steps - 1];
    Shown { figure, n_copies, loss, top }
}

/// The Ritz values this close to an eigenvalue, without the closest.
fn beyond_the_first(ritz: &Array1<f64>, eigenvalue: f64, tolerance: f64) -> Vec<f64> {
    let mut near: Vec<f64> = ritz.iter().copied().filter(|value| (value - eigenvalue).abs() < tolerance).collect();
    near.sort_by(|a, b| (a - eigenvalue).abs().total_cmp(&(b - eigenvalue).abs()));
    near.split_off(near.len().min(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_appear_without_reorthogonalisation_and_sooner_in_single_precision() {
        let copies = |steps: f64, precision: f64| {
            let numbers = LANCZOS.answer(&[steps, 2.0, 3.0, precision, 0.0], 600).numbers;
            [numbers[1].1, numbers[2].1]
        };
        let first = |precision| (2..=60).find(|&steps| copies(f64::from(steps), precision)[0] > 0.0).expect("a copy");
        let (double, single) = (first(0.0), first(1.0));
        assert!(single < double && double <= 40, "{single} and {double} steps");
        assert_eq!([copies(60.0, 0.0)[1], copies(60.0, 1.0)[1]], [0.0, 0.0]);
    }
}
