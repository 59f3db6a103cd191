//! Tests of ticks, text, dashes, clipping, bins and styles.

use super::super::axis::Axis;
use super::super::boxes::{Bins, BoxStats};
use super::super::scene::{Frame, Scene, Shape, clip_line, distance};
use super::super::style::Dash;
use super::super::ticks::{self, Ticks, brief};
use super::super::{Body, Colour, Figure, missing_glyphs, text};

fn labels(ticks: &Ticks) -> Vec<&str> {
    ticks.major.iter().map(|(_, label)| label.as_str()).collect()
}

/// The number that a label and the common factor stand for.
fn read(label: &str, factor: &str) -> f64 {
    let plain = |s: &str| s.replace('−', "-").replace("10^{", "1e").replace('}', "");
    let (mantissa, power) = label.split_once('·').unwrap_or((label, "1"));
    let factor = if factor.is_empty() { "1" } else { factor.trim_start_matches('×') };
    [mantissa, power, factor].iter().map(|s| plain(s).parse::<f64>().unwrap_or_else(|e| panic!("{s:?}: {e}"))).product()
}

#[test]
fn linear_ticks_are_round_numbers() {
    assert_eq!(
        labels(&ticks::linear(-0.05, 1.05, 11)),
        ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]
    );
    assert_eq!(labels(&ticks::linear(-2.2, 4.1, 7)), ["−2", "−1", "0", "1", "2", "3", "4"]);
    assert_eq!(labels(&ticks::linear(0.0, 10.0, 4)), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
    let tiny = ticks::linear(0.0, 3.1e-5, 4);
    assert_eq!((labels(&tiny), tiny.factor.as_str()), (vec!["0", "1", "2", "3"], "×10^{−5}"));
    let huge = ticks::linear(-2e6, 2e6, 4);
    assert_eq!((labels(&huge), huge.factor.as_str()), (vec!["−2", "−1", "0", "1", "2"], "×10^{6}"));
}

#[test]
fn logarithmic_ticks_are_powers_of_ten_or_as_many_round_numbers_as_it_takes() {
    assert_eq!(labels(&ticks::log(8e-4, 0.3, 8)), ["10^{−3}", "10^{−2}", "10^{−1}"]);
    assert_eq!(labels(&ticks::log(1e-16, 1.0, 5)), ["10^{−16}", "10^{−12}", "10^{−8}", "10^{−4}", "10^{0}"]);
    assert_eq!(labels(&ticks::log(8.0, 60.0, 8)), ["10", "20", "50"]);
    assert_eq!(labels(&ticks::log(1.1, 4.5, 8)), ["2", "3", "4"]);
    assert_eq!(labels(&ticks::log(2e-7, 9e-7, 8)), ["2·10^{−7}", "3·10^{−7}", "5·10^{−7}", "7·10^{−7}"]);
    assert_eq!(labels(&ticks::log(1.02, 1.07, 6)), ["1.02", "1.03", "1.04", "1.05", "1.06", "1.07"]);
    let minor = ticks::log(1.0, 100.0, 8).minor;
    assert_eq!(minor.len(), 16);
    assert!(minor.contains(&30.0) && !minor.contains(&10.0));
}

#[test]
fn every_label_says_the_value_of_its_tick() {
    let ranges = (0..200).map(|i| (10f64.powf(f64::from(i % 40) - 20.3), 1.0 + f64::from(i * i) * 0.37));
    for (scale, ratio) in ranges {
        for (low, high) in [(scale, scale * (1.0 + ratio)), (-scale * ratio, scale), (0.0, scale)] {
            for log in [false, true] {
                if log && low <= 0.0 {
                    continue;
                }
                let axis = Axis { log, low, high };
                let ticks = axis.ticks(8, |_| true);
                assert!((2..=11).contains(&ticks.major.len()), "{axis:?}: {ticks:?}");
                for (value, label) in &ticks.major {
                    let said = read(label, &ticks.factor);
                    let tolerance = if log { 1e-9 * value.abs() } else { 1e-9 * (high - low) };
                    assert!((said - value).abs() <= tolerance, "{axis:?}: {label} {} at {value}", ticks.factor);
                    assert!(axis.contains(*value), "{axis:?}: {value}");
                    assert!(text::width(label, 16.0) < 90.0, "{axis:?}: {label}");
                }
                assert!(
                    ticks.major.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1),
                    "{axis:?}: {ticks:?}"
                );
            }
        }
    }
}

#[test]
fn numbers_in_prose_are_short() {
    let cases = [
        (0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (-2.0, "−2"),
        (1234.56, "1235"),
        (1.5e-7, "1.5·10⁻⁷"),
        (-1e12, "−1·10¹²"),
        (123_456.0, "123500"),
    ];
    for (value, expected) in cases {
        assert_eq!(brief(value), expected);
    }
}

#[test]
fn sub_and_superscripts_are_found_and_names_are_left_alone() {
    let runs = |markup: &str| {
        text::runs(markup).into_iter().map(|r| (r.text, r.rise.total_cmp(&0.0) as i8)).collect::<Vec<_>>()
    };
    let run = |text: &str, level: i8| (text.to_owned(), level);
    assert_eq!(runs("‖A‖_F² / m"), [run("‖A‖", 0), run("F", -1), run("² / m", 0)]);
    assert_eq!(runs("10^{−3}"), [run("10", 0), run("−3", 1)]);
    assert_eq!(runs("λ_{max} x_i"), [run("λ", 0), run("max", -1), run(" x", 0), run("i", -1)]);
    for plain in ["slq_density", "tiny_mlp", "a_", "x^", "_{", "a_{}", "snake_c_name", "__init__"] {
        assert_eq!(runs(plain), [run(plain, 0)]);
    }
    assert_eq!(text::plain("λ_{max} of ‖A‖_F, 10^{−3}, tiny_mlp"), "λ_max of ‖A‖_F, 10^−3, tiny_mlp");
    assert!(text::width("x_{max}", 10.0) < text::width("xmax", 10.0));
}

#[test]
fn lines_break_at_spaces_and_lose_no_word() {
    let words = "a legend entry of ‖A − QQᵀA‖₂ that is rather long";
    for room in [1.0, 60.0, 120.0, 1000.0] {
        let lines = text::wrap(words, 15.0, room);
        assert_eq!(lines.join(" "), words);
        assert!(lines.iter().all(|line| text::width(line, 15.0) <= room || !line.contains(' ')), "{room}: {lines:?}");
    }
    assert_eq!(text::wrap("", 15.0, 10.0), Vec::<String>::new());
}

#[test]
fn the_font_has_the_letters_of_the_course() {
    let latin: String = ('!'..='~').chain('¡'..='ÿ').collect();
    let greek: String = ('Α'..='Ω').chain('α'..='ω').filter(|&c| c != '\u{3a2}').collect();
    let rest = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋ₖᵢⱼₙᵀϵϕ‖·×±≤≥≈≠≪≫∈∉√∞∂∇∑∏∫⊥⊗∘→←↦⇒⟨⟩⌊⌋–—…“”‘’′″−ℝℓ½✓✗";
    for letters in [&latin, &greek, rest] {
        assert_eq!(missing_glyphs(letters), []);
    }
    assert_eq!(missing_glyphs("日本 ☃"), ['日', '本', '☃']);
}

#[test]
fn dashes_have_the_length_of_their_pattern_and_follow_the_line() {
    let corner = [(0.0, 0.0), (33.0, 0.0), (33.0, 50.0)];
    let mut scene = Scene::new(100.0, 100.0);
    scene.path(&corner, 2.0, Colour::Black.rgb(), Dash::Dashed);
    let lengths: Vec<f64> = scene
        .shapes
        .iter()
        .map(|shape| {
            if let Shape::Line { points, .. } = shape {
                points.windows(2).map(|p| distance(p[0], p[1])).sum()
            } else {
                0.0
            }
        })
        .collect();
    assert_eq!(lengths.len(), 7, "83 pixels hold seven strokes of 8 and gaps of 4.4");
    assert!(lengths[..6].iter().all(|l| (l - 8.0).abs() < 1e-9), "{lengths:?}");
    let mut solid = Scene::new(100.0, 100.0);
    solid.path(&corner, 2.0, Colour::Black.rgb(), Dash::Solid);
    assert_eq!(solid.shapes.len(), 1);
}

#[test]
fn thousands_of_points_cost_no_more_than_their_pixels_and_keep_their_extremes() {
    let points: Vec<(f64, f64)> =
        (0..50_000).map(|i| (f64::from(i) / 100.0, if i == 25_050 { 90.0 } else { f64::from(i % 7) })).collect();
    let mut scene = Scene::new(500.0, 100.0);
    scene.path(&points, 2.0, Colour::Black.rgb(), Dash::Solid);
    let Shape::Line { points: drawn, .. } = &scene.shapes[0] else { panic!("a line") };
    assert!(drawn.len() <= 4 * 501, "{}", drawn.len());
    assert!(drawn.contains(&(250.5, 90.0)), "the only spike must stay");
}

#[test]
fn clipped_lines_end_on_the_frame() {
    let frame = Frame::new(0.0, 0.0, 10.0, 10.0);
    let through = clip_line(&[(-5.0, 5.0), (5.0, 5.0), (5.0, 20.0), (20.0, 20.0), (5.0, -4.0)], frame);
    assert_eq!(through[0], [(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)]);
    assert_eq!(through.len(), 2, "the last segment cuts the corner");
    assert!(through.iter().flatten().all(|&p| frame.grown(1e-9).contains(p)), "{through:?}");
    assert!(clip_line(&[(11.0, 0.0), (12.0, 10.0)], frame).is_empty());
}

#[test]
fn box_plots_show_quartiles_as_numpy_computes_them() {
    // numpy.quantile([1..10, 50], [0.25, 0.5, 0.75]) is [3.5, 6, 8.5].
    let stats = BoxStats::of([50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!((stats.lower, stats.median, stats.upper), (3.5, 6.0, 8.5));
    assert_eq!((stats.whisker_low, stats.whisker_high, stats.outliers), (1.0, 10.0, vec![50.0]));
    let one = BoxStats::of([2.0]);
    assert_eq!((one.lower, one.median, one.upper, one.whisker_low, one.whisker_high), (2.0, 2.0, 2.0, 2.0, 2.0));
    let low = BoxStats::of([-100.0, 1.0, 1.1, 1.2, 1.3]);
    assert_eq!((low.outliers, low.whisker_low), (vec![-100.0], 1.0));
}

#[test]
fn bins_count_each_value_once() {
    let bins = Bins::uniform(0.0, 1.0, 10);
    assert_eq!(bins.edges().len(), 11);
    let edges_counted = bins.counts(bins.edges());
    assert_eq!(
        edges_counted,
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 2],
        "each edge belongs to the bin above it, the last one to the last bin"
    );
    assert_eq!(bins.counts([-0.1, 1.1]).iter().sum::<usize>(), 0);
    assert_eq!(Bins::from_edges([0.0, 1.0, 10.0]).counts([0.5, 5.0, 9.0]), [1, 2]);
}

#[test]
fn no_two_series_differ_in_colour_alone() {
    let mut figure = Figure::new("t");
    for i in 0..6 {
        figure = figure.line(&format!("line {i}"), [0, 1], [0, 1]).points(&format!("points {i}"), [0], [0]);
    }
    figure = figure.reference("r", [0, 1], [0, 1]).h_line("h", 0.0);
    let Body::Chart(chart) = &figure.body else { panic!("a chart") };
    let styles = chart.styles();
    for kind in [0, 1] {
        let of_kind: Vec<_> = styles.iter().skip(kind).step_by(2).take(6).collect();
        for (i, a) in of_kind.iter().enumerate() {
            for b in &of_kind[..i] {
                assert!(a.dash != b.dash || kind == 1, "{a:?} {b:?}");
                assert!(a.marker != b.marker || kind == 0, "{a:?} {b:?}");
            }
        }
    }
    assert!(styles[12].dash != styles[13].dash && styles[12].colour == Colour::Black.rgb());
}
