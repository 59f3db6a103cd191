//! What a figure draws stands where its data say, in the colours that it says.

use crate::scene::{Frame, Point, Scene, Shape};
use crate::style::Rgb;
use crate::{Bins, Colour, Figure, Image, Legend, Shades, layout, palette, raster};

const BLUE: Rgb = (0, 114, 178);

fn scene(figure: &Figure) -> Scene {
    layout::scene(&figure.clone().legend(Legend::Hidden))
}

/// Two-point lines of this colour, as (x, from, to) of vertical ones.
fn vertical_strokes(scene: &Scene, colour: Rgb) -> Vec<(f64, f64, f64)> {
    let stroke = |shape: &Shape| match shape {
        Shape::Line { points, colour: c, .. } if *c == colour && points.len() == 2 && points[0].0 == points[1].0 => {
            Some((points[0].0, points[0].1, points[1].1))
        }
        _ => None,
    };
    scene.shapes.iter().filter_map(stroke).collect()
}

fn discs(scene: &Scene, colour: Rgb) -> Vec<Point> {
    let disc = |shape: &Shape| match shape {
        Shape::Disc { centre, colour: c, .. } if *c == colour => Some(*centre),
        _ => None,
    };
    scene.shapes.iter().filter_map(disc).collect()
}

#[track_caller]
fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} is not {b}");
}

#[test]
fn points_and_error_bars_stand_at_their_values() {
    let linear =
        Figure::new("t").points("p", [0.0, 1.0, 4.0], [0.0, 1.0, 2.0]).error_bars_between([-1, 0, 2], [1, 4, 3]);
    let log = Figure::new("t").log_x().log_y().points("p", [1.0, 10.0, 1e4], [1.0, 10.0, 100.0]);
    let log = log.error_bars_between([0.1, 1.0, 100.0], [10.0, 1e4, 1e3]);
    for figure in [linear, log] {
        let scene = scene(&figure);
        let at = discs(&scene, BLUE);
        let (dx, dy) = (at[1].0 - at[0].0, at[1].1 - at[0].1);
        assert!(dx > 0.0 && dy < 0.0, "x grows to the right, y upwards");
        assert_close(at[2].0 - at[0].0, 4.0 * dx);
        assert_close(at[2].1 - at[0].1, 2.0 * dy);
        let bars = vertical_strokes(&scene, BLUE);
        assert_eq!(bars.len(), 3);
        for (bar, (low, high)) in bars.iter().zip([(-1.0, 1.0), (0.0, 4.0), (2.0, 3.0)]) {
            assert_close(bar.1, at[0].1 + low * dy);
            assert_close(bar.2, at[0].1 + high * dy);
        }
    }
}

#[test]
fn nothing_leaves_the_axes() {
    let x = [0.0, 1.0, 2.0, 3.0];
    let figure =
        Figure::new("t").x_range(0.5, 2.5).y_range(1.0, 2.0).line("l", x, [0.0, 9.0, -9.0, 3.0]).points("p", x, x);
    let figure = figure.band("b", x, [0.0; 4], [3.0; 4]).rug("r", x).v_line("v", 7.0).h_line("h", 1.5).stems("s", x, x);
    let scene = scene(&figure);
    let line = |shape: &Shape| match shape {
        Shape::Line { points, width, .. } if *width == 1.4 => Some((points[0], points[1])),
        _ => None,
    };
    // The lines of the axes: down the left side, then along the bottom.
    let lines: Vec<(Point, Point)> = scene.shapes.iter().filter_map(line).collect();
    let axes = Frame { left: lines[0].0.0, top: lines[0].0.1, right: lines[1].1.0, bottom: lines[1].1.1 };
    let own = [BLUE, Colour::Vermillion.rgb(), Colour::Green.rgb(), Colour::Purple.rgb(), Colour::Black.rgb()];
    let mut seen = 0;
    for shape in &scene.shapes {
        if let Shape::Line { points, colour, .. } | Shape::Area { points, colour, .. } = shape
            && own.contains(colour)
        {
            seen += 1;
            assert!(points.iter().all(|&p| axes.grown(1e-6).contains(p)), "{colour:?}: {points:?} in {axes:?}");
        }
    }
    assert!(seen > 8, "{seen} shapes test little");
    // Of the points at 0, 1, 2 and 3, the stems' and the others', two are in range.
    assert_eq!(discs(&scene, Colour::Vermillion.rgb()).len(), 2);
}

#[test]
fn bars_are_as_high_as_their_counts() {
    let bins = Bins::uniform(0.0, 3.0, 3);
    let figure = Figure::new("t")
        .histogram("a", [0.5, 1.5, 1.6, 2.5, 2.6, 2.7], &bins)
        .histogram("b", [0.5], &bins)
        .side_by_side();
    let scene = scene(&figure);
    let bars: Vec<Frame> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Rect { frame, colour } if *colour == BLUE => Some(*frame),
            _ => None,
        })
        .collect();
    assert_eq!(bars.len(), 3);
    assert_close(bars[1].height(), 2.0 * bars[0].height());
    assert_close(bars[2].height(), 3.0 * bars[0].height());
    assert!(bars.iter().all(|bar| bar.bottom == bars[0].bottom));
    assert!(bars.windows(2).all(|pair| pair[0].right < pair[1].left), "room for the other histogram");
}

#[test]
fn negative_is_blue_zero_white_and_positive_vermillion() {
    let cells = |image: Image| -> Vec<Rgb> {
        let scene = layout::scene(&Figure::images("t", 1, vec![image]));
        let rects =
            scene.shapes.iter().filter_map(|s| if let Shape::Rect { colour, .. } = s { Some(*colour) } else { None });
        // The first one is the background.
        rects.skip(1).take(3).collect()
    };
    let [low, zero, high] = cells(Image::new("", 3, [-1.0, 0.0, 2.0]))[..] else { panic!("three cells") };
    assert!(low.2 > low.0 && high.0 > high.2, "{low:?} {high:?}");
    assert_eq!(zero, (255, 255, 255));
    let darkness = |c: Rgb| 765 - u32::from(c.0) - u32::from(c.1) - u32::from(c.2);
    assert!(darkness(high) > darkness(low), "the larger magnitude is darker");
    let [a, b, c] = cells(Image::new("", 3, [0.0, 1.0, 4.0]).shades(Shades::Sequential).limit(4.0))[..] else {
        panic!("three cells")
    };
    assert!(darkness(a) == 0 && darkness(a) < darkness(b) && darkness(b) < darkness(c));
    // With a scale in common, the same value has the same colour in every picture.
    let [x, ..] = cells(Image::new("", 3, [1.0, 0.0, 2.0]).limit(5.0))[..] else { panic!("three cells") };
    let [y, ..] = cells(Image::new("", 3, [1.0, 0.0, 3.0]).limit(5.0))[..] else { panic!("three cells") };
    assert_eq!(x, y);
}

#[test]
fn dense_points_are_all_drawn() {
    let n = 1000;
    let y: Vec<usize> = (0..n).map(|i| i * 7 % 400).collect();
    let svg = Figure::new("t").points("p", 0..n, &y).to_svg();
    assert_eq!(svg.matches("h0").count(), n);
    // Thousands on the same spot are one.
    let same = Figure::new("t").points("p", vec![1.0; n], vec![1.0; n]).to_svg();
    assert_eq!(same.matches("h0").count(), 1);
}

#[test]
fn panels_share_a_legend_only_if_it_is_the_same() {
    let named = |name: &str| Figure::new("t").line(name, [0, 1], [0, 1]);
    let count = |figures, name: &str| {
        layout::scene(&Figure::row("r", figures)).labels.iter().filter(|l| l.text == name).count()
    };
    assert_eq!(count(vec![named("a"), named("a")], "a"), 1);
    assert_eq!(count(vec![named("a"), named("b")], "a"), 1);
    assert_eq!(count(vec![named("a"), named("b")], "b"), 1);
    assert_eq!(count(vec![named("a"), named("a").colour(Colour::Green)], "a"), 2);
    assert_eq!(count(vec![named("a"), named("a").legend(Legend::UpperLeft)], "a"), 2);
}

#[test]
fn panels_share_the_range_that_shows_all() {
    let chart = |y: [f64; 2]| Figure::new("t").points("", [0, 1], y);
    let figure = Figure::row("r", vec![chart([0.0, 1.0]), chart([0.0, 2.0])]).shared_y();
    let at = discs(&layout::scene(&figure), BLUE);
    assert_close(at[0].1 - at[1].1, (at[2].1 - at[3].1) / 2.0);
    assert_close(at[0].1, at[2].1);
}

#[test]
fn a_palette_keeps_frequent_colours_and_changes_rare_ones_little() {
    let few: Vec<u8> = (0..300).map(|i| (i % 90) as u8).collect();
    let (_, _, back) = super::png_of(&palette::encode(&few, 10, 10, 2));
    assert_eq!(back, few);
    // Blends at the edges of many lines: more colours than a palette holds.
    let (pixels, width, height) = raster::pixels(&layout::scene(&super::gallery::money()));
    let distinct: std::collections::HashSet<&[u8]> = pixels.chunks_exact(3).collect();
    assert!(distinct.len() > 300, "{} colours test nothing", distinct.len());
    let (_, _, back) = super::png_of(&palette::encode(&pixels, width, height, 2));
    // Above 48 dB two pictures are told apart by no eye: a root mean square of one level of 255.
    let square = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b)).powi(2);
    let rms = (back.iter().zip(&pixels).map(square).sum::<f64>() / pixels.len() as f64).sqrt();
    assert!(rms < 1.0 && rms > 0.0, "{rms}");
}
