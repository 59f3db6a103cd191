use estimators::{hutchinson_trace, variance_sweep};
use figures::{Colour, Figure, Marker};
use matrix_free::linalg::frobenius_squared;
use matrix_free::operator::Dense;
use matrix_free::probe::{Probe, random_symmetric};

use crate::settings::{SEED, Setting, Values, in_words};
use crate::{Answer, Chosen, Playground, sized};

const PROBES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// The variance is measured up to here: further on it would keep the reader waiting.
const MEASURED: usize = 7;
const TRIALS: usize = 40;

pub(crate) static HUTCHINSON: Playground = Playground {
    name: "hutchinson",
    title: "Hutchinson’s variance against the number of probes",
    look_for: "The trace of A + cI is estimated from m probes, forty times over, and the variance of the estimates is drawn with its theory: \
        it falls as 1/m, whatever A is. Drag the shift c away from zero: with Gaussian probes the variance grows, with sign probes it \
        stays where it was, because z² = 1 leaves the diagonal no randomness.",
    settings: &[
        Setting { name: "m", label: "probes m", values: Values::Among(&PROBES), position: 4.0 },
        Setting {
            name: "n",
            label: "size n",
            values: Values::Linear { low: 10.0, high: 100.0, step: 10.0 },
            position: 50.0,
        },
        Setting {
            name: "c",
            label: "diagonal shift c",
            values: Values::Linear { low: -30.0, high: 30.0, step: 1.0 },
            position: 0.0,
        },
        SEED,
    ],
    strip: None,
    answer,
};

fn answer(chosen: &Chosen<'_>, width: u32) -> Answer {
    let (m, n, c, seed) = (chosen.count("m"), chosen.count("n"), chosen.value("c"), chosen.seed());
    let mut a = random_symmetric(n, seed);
    a.diag_mut().mapv_inplace(|entry| entry + c);
    let (all, diagonal, trace) = (frobenius_squared(&a), a.diag().mapv(|entry| entry * entry).sum(), a.diag().sum());
    let a = Dense::new(a);
    let variance_of_one = [2.0 * (all - diagonal), 2.0 * all];
    let ms = PROBES.map(|m| m as usize);

    let mut figure = Figure::new("")
        .alt("The variance of Hutchinson's estimate against the number of probes, both on logarithmic axes, for sign and Gaussian probes: points near two parallel lines of slope minus one.")
        .x_label("probes m")
        .y_label("variance")
        .log_x()
        .log_y();
    let mut numbers = vec![("trace of A + cI", trace)];
    let mut said = Vec::new();
    let names = [
        ["signs, measured", "signs, theory", "signs: estimate", "signs: standard deviation by theory"],
        ["Gaussian, measured", "Gaussian, theory", "Gaussian: estimate", "Gaussian: standard deviation by theory"],
    ];
    let looks = [(Colour::Blue, Marker::Circle), (Colour::Vermillion, Marker::Square)];
    let probes = Probe::RADEMACHER_AND_GAUSSIAN.into_iter().zip(variance_of_one);
    for (((probe, of_one), names), (colour, marker)) in probes.zip(names).zip(looks) {
        let [measured, theory, estimate, deviation] = names;
        let variances = variance_sweep(&a, &ms[..MEASURED], probe, TRIALS, seed);
        // The relative standard deviation of a sample variance, if the estimates are about normal.
        let errors = &variances * (2.0 / (TRIALS as f64 - 1.0)).sqrt();
        figure = figure
            .points(measured, &ms[..MEASURED], &variances)
            .error_bars(&errors)
            .colour(colour)
            .marker(marker)
            .line(theory, ms, ms.map(|m| of_one / m as f64))
            .colour(colour);
        let mean = hutchinson_trace(&a, m, probe, seed).mean;
        let spread = (of_one / m as f64).sqrt();
        numbers.extend([(estimate, mean), (deviation, spread)]);
        said.push(format!("{} give or take {}", in_words(mean), in_words(spread)));
    }
    let figure = sized(figure.v_line("", m as f64), width);
    let sentence = format!(
        "With m = {m}: signs estimate {}, Gaussian probes {}; the trace is {}.",
        said[0],
        said[1],
        in_words(trace)
    );
    Answer { figures: vec![figure], numbers, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_moves_gaussian_probes_only() {
        let spread = |shift: f64| {
            let numbers = HUTCHINSON.answer(&[4.0, 50.0, shift, 0.0], 600).numbers;
            [numbers[2].1, numbers[4].1]
        };
        let ([sign, gaussian], [sign_shifted, gaussian_shifted]) = (spread(0.0), spread(30.0));
        assert!((sign / sign_shifted - 1.0).abs() < 1e-12, "{sign} against {sign_shifted}");
        assert!(gaussian_shifted > 2.0 * gaussian, "{gaussian} against {gaussian_shifted}");
    }
}
