use estimators::{Quadrature, slq_quadrature, smooth};
use figures::Figure;
use matrix_free::linalg::{linspace, trapezoid};
use matrix_free::operator::Dense;
use matrix_free::probe::symmetric_with_spectrum;
use ndarray::Array1;

use crate::settings::{SEED, Setting, Strip, Values, in_words};
use crate::{Answer, Chosen, Playground, sized};

const WIDTHS: [f64; 10] = [0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0];

const STRIP: Strip = Strip {
    low: 0.0,
    width: 0.25,
    most: 12,
    counts: &[6, 12, 12, 10, 8, 6, 4, 2, 0, 0, 0, 0, 6, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
};

pub(crate) static QUADRATURE: Playground = Playground {
    name: "quadrature",
    title: "Stochastic Lanczos quadrature of a spectrum that you draw",
    look_for: "Draw a spectrum on the strip: one column per bin, one step per eigenvalue. The estimator knows a random matrix with these \
        eigenvalues by its products alone. With few steps the outliers are found and the bulk falls apart into a few peaks; with few probes \
        the heights are wrong. The smaller σ, the more of both it takes.",
    settings: &[
        Setting { name: "sigma", label: "width σ", values: Values::Among(&WIDTHS), position: 4.0 },
        Setting {
            name: "m",
            label: "probes",
            values: Values::Linear { low: 1.0, high: 30.0, step: 1.0 },
            position: 10.0,
        },
        Setting {
            name: "steps",
            label: "Lanczos steps",
            values: Values::Linear { low: 1.0, high: 50.0, step: 1.0 },
            position: 20.0,
        },
        SEED,
    ],
    strip: Some(STRIP),
    answer,
};

/// The eigenvalues that a strip shows, ascending: evenly spread over each bin.
fn eigenvalues(counts: &[usize]) -> Array1<f64> {
    let bin = |(i, &count): (usize, &usize)| {
        (0..count).map(move |j| STRIP.centre(i) + STRIP.width * ((j as f64 + 0.5) / count as f64 - 0.5))
    };
    counts.iter().enumerate().flat_map(bin).collect()
}

fn answer(chosen: &Chosen<'_>, width: u32) -> Answer {
    let (sigma, m, steps) = (chosen.value("sigma"), chosen.count("m"), chosen.count("steps"));
    let eigenvalues = eigenvalues(&chosen.counts);
    let n = eigenvalues.len();
    let end = STRIP.low + STRIP.width * STRIP.counts.len() as f64;
    let grid = linspace(STRIP.low - 0.5, end + 0.5, 351);

    let exact = smooth(&Quadrature::known(eigenvalues.clone(), Array1::ones(n)), &grid, sigma);
    let (estimate, n_matvecs) = if n == 0 {
        (Array1::zeros(grid.len()), 0)
    } else {
        let a = Dense::new(symmetric_with_spectrum(&eigenvalues, chosen.seed()));
        let quadrature = slq_quadrature(&a, m, steps, chosen.seed());
        (smooth(&quadrature, &grid, sigma), quadrature.n_matvecs)
    };
    // Each eigenvalue in the wrong place leaves a hill where it is missing and one where it is too many.
    let misplaced = 0.5 * trapezoid(&(&estimate - &exact).mapv(f64::abs), &grid);
    let highest = |density: &Array1<f64>| density.iter().fold(0.0, |highest: f64, &value| highest.max(value));

    let figure = Figure::new("")
        .alt("Two densities of eigenvalues over the real line: the estimate, and that of the spectrum on the strip.")
        .x_label("eigenvalue λ")
        .y_label("eigenvalues per unit")
        .y_range(0.0, (1.08 * highest(&exact).max(highest(&estimate))).max(1.0))
        .line("estimate", &grid, &estimate)
        .reference("true density", &grid, &exact);
    let numbers = vec![
        ("eigenvalues", n as f64),
        ("products with the matrix", n_matvecs as f64),
        ("eigenvalues in the wrong place", misplaced),
        ("highest point of the estimate", highest(&estimate)),
        ("highest point of the true density", highest(&exact)),
    ];
    let sentence = if n == 0 {
        "There are no eigenvalues: draw some on the strip.".to_owned()
    } else {
        format!(
            "{n_matvecs} products put the equivalent of {} of {n} eigenvalues in the wrong place.",
            in_words(misplaced)
        )
    };
    Answer { figures: vec![sized(figure, width)], numbers, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_steps_and_probes_misplace_less() {
        let misplaced = |m: f64, steps: f64| QUADRATURE.answer(&[4.0, m, steps, 0.0], 600).numbers[2].1;
        assert!(misplaced(30.0, 50.0) < 0.5 * misplaced(30.0, 3.0));
        assert!(misplaced(30.0, 50.0) < 0.5 * misplaced(1.0, 50.0));
    }

    #[test]
    fn no_one_and_many_eigenvalues() {
        let bins = STRIP.counts.len();
        let with = |counts: Vec<f64>| QUADRATURE.answer(&[vec![4.0, 10.0, 20.0, 0.0], counts].concat(), 600);
        assert_eq!(with(vec![0.0; bins]).numbers[0].1, 0.0);
        let mut one = vec![0.0; bins];
        one[3] = 1.0;
        // A single eigenvalue is found by a single product.
        let answer = with(one);
        assert!(answer.numbers[2].1 < 1e-9 && answer.numbers[1].1 == 10.0, "{answer:?}");
        assert_eq!(with(vec![99.0; bins]).numbers[0].1, f64::from(STRIP.most) * bins as f64);
    }
}
