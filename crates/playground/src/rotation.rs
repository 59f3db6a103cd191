use estimators::{gap_experiment, matrix_with_gap};
use figures::Figure;
use matrix_free::linalg::{eigvalsh, linspace, spectral_norm};
use matrix_free::probe::{random_symmetric, seeds};

use crate::settings::{SEED, Setting, Values, in_words};
use crate::{Answer, Chosen, Playground, sized};

const SMALLEST: [f64; 10] = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0];
const LARGEST: [f64; 5] = [0.1, 0.3, 1.0, 2.0, 4.0];
const NORMS: [f64; 10] = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0];
const GAPS: usize = 13;

pub(crate) static ROTATION: Playground = Playground {
    name: "rotation",
    title: "Davis and Kahan: how far an eigenspace turns",
    look_for: "A has the eigenvalues 10, 10 − g, 10 − 2g and the rest below 1; a perturbation E turns the space of its k largest. The measured \
        sine stays below the bound and runs parallel to it, until the gap g is as small as E: then the space is lost. With k = 3 \
        the gap that counts is the one below all three, and the three may trade places at no cost.",
    settings: &[
        Setting { name: "size", label: "size of E, ‖E‖", values: Values::Among(&NORMS), position: 5.0 },
        Setting {
            name: "k",
            label: "dimension k",
            values: Values::Linear { low: 1.0, high: 3.0, step: 1.0 },
            position: 1.0,
        },
        Setting { name: "smallest", label: "smallest gap", values: Values::Among(&SMALLEST), position: 3.0 },
        Setting { name: "largest", label: "largest gap", values: Values::Among(&LARGEST), position: 4.0 },
        Setting {
            name: "n",
            label: "matrix size n",
            values: Values::Linear { low: 10.0, high: 60.0, step: 5.0 },
            position: 30.0,
        },
        SEED,
    ],
    strip: None,
    answer,
};

fn answer(chosen: &Chosen<'_>, width: u32) -> Answer {
    let (size, k, n, seed) = (chosen.value("size"), chosen.count("k"), chosen.count("n"), chosen.seed());
    let largest = chosen.value("largest");
    let smallest = chosen.value("smallest").min(0.5 * largest);
    let gaps: Vec<f64> = linspace(smallest.ln(), largest.ln(), GAPS).iter().map(|log| log.exp()).collect();
    // Another seed than that of A: E must know nothing of its basis.
    let e = random_symmetric(n, seeds(seed).next().unwrap_or(seed));
    let e = &e * (size / spectral_norm(&e));

    let sines = gap_experiment(&gaps, &e, k, seed);
    let bound = |&gap: &f64| {
        let eigenvalues = eigvalsh(&matrix_with_gap(gap, n, seed));
        (2.0 * size / (eigenvalues[n - k] - eigenvalues[n - k - 1])).min(1.0)
    };
    let bounds: Vec<f64> = gaps.iter().map(bound).collect();
    // Below rounding nothing is measured, and zero has no place on a logarithmic axis.
    let drawn = sines.mapv(|sine| sine.max(1e-16));

    let figure = Figure::new("")
        .alt("The sine of the angle by which an eigenspace turns, against the gap, both on logarithmic axes, below the bound of Davis and Kahan.")
        .x_label("gap g")
        .y_label("sin Θ")
        .log_x()
        .log_y()
        .line_points("measured", &gaps, &drawn)
        .reference("bound", &gaps, &bounds)
        .v_line("g = ‖E‖", size.clamp(smallest, largest));
    let last = GAPS - 1;
    let closest = sines.iter().zip(&bounds).map(|(sine, bound)| sine / bound).fold(0.0, f64::max);
    let numbers = vec![
        ("at the smallest gap: sine", sines[0]),
        ("at the smallest gap: bound", bounds[0]),
        ("at the largest gap: sine", sines[last]),
        ("at the largest gap: bound", bounds[last]),
        ("largest share of the bound", closest),
    ];
    let sentence = format!(
        "At a gap of {} the sine is {} and the Davis–Kahan bound {}; at a gap of {}, {} and {}.",
        in_words(gaps[0]),
        in_words(sines[0]),
        in_words(bounds[0]),
        in_words(gaps[last]),
        in_words(sines[last]),
        in_words(bounds[last])
    );
    Answer { figures: vec![sized(figure, width)], numbers, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_the_bound() {
        for seed in 0..5 {
            for k in 1..=3 {
                for size in [1.0, 5.0, 8.0] {
                    let answer = ROTATION.answer(&[size, f64::from(k), 3.0, 4.0, 20.0, f64::from(seed)], 600);
                    assert!(answer.numbers[4].1 <= 1.0 + 1e-9, "{answer:?}");
                }
            }
        }
    }

    #[test]
    fn three_together_have_a_gap_of_their_own() {
        let sine = |k: f64| ROTATION.answer(&[5.0, k, 3.0, 4.0, 30.0, 0.0], 600).numbers[0].1;
        assert!(sine(1.0) > 0.1 && sine(3.0) < 0.01, "{} and {}", sine(1.0), sine(3.0));
    }

    #[test]
    fn a_small_perturbation_turns_in_inverse_proportion_to_the_gap() {
        for seed in 0..5 {
            // Gaps from 0.1 to 1, and a perturbation of 1e-5.
            let numbers = ROTATION.answer(&[0.0, 1.0, 7.0, 2.0, 30.0, f64::from(seed)], 600).numbers;
            let ratio = numbers[0].1 / numbers[2].1;
            assert!((5.0..=10.1).contains(&ratio), "{ratio}");
        }
    }
}
