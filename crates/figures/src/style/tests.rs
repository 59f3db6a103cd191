//! Colours as they are seen without one of the three kinds of cones.

use super::*;
use crate::series::{Kind, Series, styles};

type Matrix = [[f64; 3]; 3];

/// Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009: the matrices of
/// severity 1 for linear RGB.
const VISIONS: [(&str, Matrix); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    (
        "deuteranopia",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    ("tritanopia", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| (0..3).map(|i| row[i] * vector[i]).sum())
}

fn linear((red, green, blue): (u8, u8, u8)) -> [f64; 3] {
    [red, green, blue].map(|value| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

/// CIE Lab of linear sRGB, white point D65.
fn lab(linear: [f64; 3]) -> [f64; 3] {
    const XYZ: Matrix =
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]];
    let (xyz, white) = (times(&XYZ, linear), times(&XYZ, [1.0; 3]));
    let delta: f64 = 6.0 / 29.0;
    let [x, y, z] = [0, 1, 2].map(|i| {
        let share = xyz[i] / white[i];
        if share > delta.powi(3) { share.cbrt() } else { share / (3.0 * delta * delta) + 4.0 / 29.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The distance of two colours in CIE Lab, as this vision sees them; about 2 can just be noticed side by side.
fn distance(vision: &Matrix, a: Colour, b: Colour) -> f64 {
    let seen = |colour: Colour| lab(times(vision, linear(colour.to_backend_color().rgb)).map(|x| x.clamp(0.0, 1.0)));
    let (a, b) = (seen(a), seen(b));
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// The smallest distance in these pairs with any vision, and in which of them it is.
fn smallest(pairs: &[(Colour, Colour)]) -> (f64, String) {
    let seen = VISIONS.iter().flat_map(|(vision, matrix)| {
        pairs.iter().map(move |&(a, b)| (distance(matrix, a, b), format!("{a:?} and {b:?}, {vision}")))
    });
    seen.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a pair")
}

/// All pairs of these that meet a condition.
fn pairs<T: Copy>(of: &[T], condition: impl Fn(T, T) -> bool) -> Vec<(T, T)> {
    let all = of.iter().enumerate().flat_map(|(i, &a)| of[..i].iter().map(move |&b| (a, b)));
    all.filter(|&(a, b)| condition(a, b)).collect()
}

/// 16.1 for green and sky without the cones for blue; vermillion and green, a problem elsewhere, have 37 without those for red.
#[test]
fn any_two_colours_can_be_told_apart_with_any_kind_of_colour_vision() {
    let all: Vec<Colour> = Colour::CYCLE.into_iter().chain([Colour::Black]).collect();
    let (distance, pair) = smallest(&pairs(&all, |_, _| true));
    assert!(distance > 15.0, "{distance:.1}: {pair}");
    // A test of the test: a red and a green that do differ for most people.
    let [red, green] = [[0.5, 0.05, 0.02], [0.07, 0.2, 0.01]];
    let apart = |(_, matrix): &(&str, Matrix)| {
        let (red, green) = (lab(times(matrix, red)), lab(times(matrix, green)));
        (0..3).map(|i| (red[i] - green[i]).powi(2)).sum::<f64>().sqrt()
    };
    assert!(apart(&VISIONS[0]) > 60.0 && apart(&VISIONS[2]) < 15.0, "{:?}", VISIONS.each_ref().map(apart));
}

/// 61 for the first and the seventh of a kind, blue and yellow: no others share their dash and marker.
#[test]
fn seven_series_of_a_kind_differ_in_dash_or_marker_or_far_in_colour() {
    for kind in [Kind::Line, Kind::Points, Kind::LinePoints, Kind::Histogram] {
        let series: Vec<Series> = (0..7).map(|_| Series::new("", kind, Vec::new(), Vec::new())).collect();
        let alike = pairs(&styles(&series), |a, b| (a.dash, a.marker) == (b.dash, b.marker));
        let colours: Vec<_> = alike.iter().map(|(a, b)| (a.colour, b.colour)).collect();
        let (distance, pair) = smallest(&colours);
        assert!(distance > 60.0, "{kind:?}, {distance:.1}: {pair}");
    }
}
