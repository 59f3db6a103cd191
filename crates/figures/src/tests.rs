//! Tests of ticks, text and summaries, which the pictures show only in part.

use crate::Figure;
use crate::axis::Axis;
use crate::bins::{Bins, BoxStats};
use crate::output::notice;
use crate::text::{missing_glyphs, plain, runs, width, wrap};
use crate::ticks::ticks;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn labels(log: bool, low: f64, high: f64, count: usize) -> Vec<String> {
    ticks(log, low, high, count).major.into_iter().map(|(_, label)| label).collect()
}

#[test]
fn ticks_are_round_numbers_or_powers_of_ten() {
    assert_eq!(labels(false, -2.2, 4.1, 7), ["−2", "−1", "0", "1", "2", "3", "4"]);
    assert_eq!(labels(false, 0.0, 10.0, 4), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
    assert_eq!(labels(false, 0.0, 3.1e-5, 4), ["0", "1·10^{−5}", "2·10^{−5}", "3·10^{−5}"]);
    assert_eq!(labels(true, 8e-4, 0.3, 8), ["10^{−3}", "10^{−2}", "10^{−1}"]);
    assert_eq!(labels(true, 1e-16, 1.0, 5), ["10^{−16}", "10^{−12}", "10^{−8}", "10^{−4}", "10^{0}"]);
    assert_eq!(labels(true, 8.0, 60.0, 8), ["10", "20", "50"]);
    assert_eq!(labels(true, 2e-7, 9e-7, 8), ["2·10^{−7}", "3·10^{−7}", "5·10^{−7}", "7·10^{−7}"]);
    assert_eq!(labels(true, 1.02, 1.07, 6), ["1.02", "1.03", "1.04", "1.05", "1.06", "1.07"]);
}

#[test]
fn every_label_says_the_value_of_its_tick() {
    let read = |label: &str| -> f64 {
        let number = label.replace('−', "-").replace("·10^{", "e").replace("10^{", "1e").replace('}', "");
        number.parse().unwrap_or_else(|e| panic!("{label:?}: {e}"))
    };
    let ranges = (0..200).map(|i| (10f64.powf(f64::from(i % 40) - 20.3), 1.0 + f64::from(i * i) * 0.37));
    for (scale, ratio) in ranges {
        for (low, high) in [(scale, scale * (1.0 + ratio)), (-scale * ratio, scale), (0.0, scale)] {
            for log in [false, true].into_iter().take(if low > 0.0 { 2 } else { 1 }) {
                let mut axis = Axis::new(log, low, high);
                axis.set_ticks(8, |_| true);
                let major = &axis.ticks.major;
                assert!((2..=11).contains(&major.len()), "{axis:?}");
                for (value, label) in major {
                    let tolerance = 1e-9 * if log { value.abs() } else { high - low };
                    assert!((read(label) - value).abs() <= tolerance, "{axis:?}: {label} at {value}");
                    assert!(axis.contains(*value), "{axis:?}: {value}");
                }
                assert!(major.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1), "{axis:?}");
            }
        }
    }
}

#[test]
fn sub_and_superscripts_are_found_and_names_are_left_alone() {
    let runs = |markup: &str| -> Vec<(String, i8)> {
        runs(markup).into_iter().map(|r| (r.text, r.rise.total_cmp(&0.0) as i8)).collect()
    };
    let run = |text: &str, level: i8| (text.to_owned(), level);
    assert_eq!(runs("‖A‖_F² / m"), [run("‖A‖", 0), run("F", -1), run("² / m", 0)]);
    assert_eq!(runs("λ_{max} x_i"), [run("λ", 0), run("max", -1), run(" x", 0), run("i", -1)]);
    for markup in ["slq_density", "tiny_mlp", "a_", "x^", "_{", "a_{}", "snake_c_name", "__init__"] {
        assert_eq!(runs(markup), [run(markup, 0)]);
    }
    assert_eq!(plain("λ_{max} of ‖A‖_F, 10^{−3}, tiny_mlp"), "λ_max of ‖A‖_F, 10^−3, tiny_mlp");
    assert!(width("x_{max}", 10.0) < width("xmax", 10.0));
}

#[test]
fn lines_break_at_spaces_and_lose_no_word() {
    let words = "a legend entry of ‖A − QQᵀA‖₂ that is rather long";
    for room in [1.0, 60.0, 120.0, 1000.0] {
        let lines = wrap(words, 15.0, room);
        assert_eq!(lines.replace('\n', " "), words);
        assert!(lines.lines().all(|line| width(line, 15.0) <= room || !line.contains(' ')), "{room}: {lines:?}");
    }
}

#[test]
fn the_font_has_the_letters_of_the_course_and_what_it_lacks_is_named() {
    let latin: String = ('!'..='~').chain('¡'..='ÿ').collect();
    let greek: String = ('Α'..='Ω').chain('α'..='ω').filter(|&c| c != '\u{3a2}').collect();
    let rest = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋ₖᵢⱼₙᵀϵϕ‖·×±≤≥≈≠≪≫∈∉√∞∂∇∑∏∫⊥⊗∘→←↦⇒⟨⟩⌊⌋–—…“”‘’′″−ℝℓ½✓✗□";
    assert!(missing_glyphs(&format!("{latin}{greek}{rest}")).is_empty());
    let figure = Figure::row("漢字", vec![Figure::new("a").line("☃ 漢", [0], [0])]);
    let said = notice(&figure.to_svg()).expect("a notice");
    let named = "漢 (U+6F22), 字 (U+5B57)";
    assert!(said.starts_with("figure: the font has no glyph for ☃ (U+2603), ") && said.contains("U+6F22"), "{said}");
    assert!(!said.contains('\n') && named.split(", ").all(|name| said.contains(name)), "{said}");
    assert_eq!(notice(&Figure::new("plain").alt("漢").x_label("λ_{max}").to_svg()), None);
}

#[test]
fn box_plots_show_quartiles_as_numpy_computes_them() {
    // numpy.quantile([1..10, 50], [0.25, 0.5, 0.75]) is [3.5, 6, 8.5].
    let stats = BoxStats::of(&[50.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
    assert_eq!((stats.lower, stats.median, stats.upper), (3.5, 6.0, 8.5));
    assert_eq!((stats.whisker_low, stats.whisker_high, stats.outliers), (1.0, 10.0, vec![50.0]));
    let one = BoxStats::of(&[2.0]);
    assert_eq!((one.lower, one.median, one.upper, one.whisker_low, one.whisker_high), (2.0, 2.0, 2.0, 2.0, 2.0));
}

#[test]
fn bins_count_each_value_once() {
    let bins = Bins::uniform(0.0, 1.0, 4);
    // Each edge belongs to the bin above it, the last one to the last bin.
    assert_eq!(bins.counts(&bins.edges), [1.0, 1.0, 1.0, 2.0]);
    assert_eq!(bins.counts(&[-0.1, 1.1, 0.3]), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_notebook_gets_an_image_that_fits_the_page_and_has_a_description() {
    let figure = Figure::new("t").alt("a \"b\" & c").line("", [0.0, 1.0], [0.0, 1.0]);
    let svg = figure.to_svg();
    let html = figure.html(&svg);
    assert!(html.starts_with("<img alt=\"a &quot;b&quot; &amp; c\" style=\"max-width:100%;"), "{html}");
    let data = html.split_once("base64,").and_then(|(_, rest)| rest.split_once('"')).expect("data").0;
    assert_eq!(STANDARD.decode(data).expect("base64"), svg.trim_end().as_bytes());
}
