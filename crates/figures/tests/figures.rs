//! What figures draw, read from their SVG and PNG.

#[path = "../examples/gallery.rs"]
mod gallery;

use figures::{Colour, Figure, Legend, plotters};
use gallery::gallery;
use plotters::prelude::Color;
use roxmltree::{Document, Node};
use std::collections::HashSet;

/// A rectangle: left, top, right, bottom.
type Frame = [f64; 4];

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let value = node.attribute(name).unwrap_or_else(|| panic!("{name} is missing"));
    value.parse().unwrap_or_else(|e| panic!("{name}={value}: {e}"))
}

fn elements<'a>(document: &'a Document<'a>, tag: &'a str, colour: Colour) -> Vec<Node<'a, 'a>> {
    let (r, g, b) = colour.rgb();
    let colour = format!("#{r:02X}{g:02X}{b:02X}");
    let own = move |n: &Node<'_, '_>| n.attribute("fill") == Some(&colour) || n.attribute("stroke") == Some(&colour);
    document.descendants().filter(|n| n.has_tag_name(tag)).filter(own).collect()
}

fn path(node: Node<'_, '_>) -> Vec<(f64, f64)> {
    let points = node.attribute("points").expect("points").split_whitespace();
    let number = |s: &str| s.parse::<f64>().expect("a number");
    points.map(|p| p.split_once(',').expect("a point")).map(|(x, y)| (number(x), number(y))).collect()
}

/// What a text may cover.
fn frame(text: Node<'_, '_>) -> Frame {
    let (x, y, size) = (number(text, "x"), number(text, "y"), number(text, "font-size"));
    let (up, down, width) = (0.76 * size, 0.2 * size, number(text, "textLength"));
    match text.attribute("transform") {
        Some(_) => [x - up, y - width, x + down, y],
        None => [x, y - up, x + width, y + down],
    }
}

fn overlap(a: Frame, b: Frame) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn pixels(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG header");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a PNG image");
    (info.width, info.height, pixels)
}

#[test]
fn every_figure_is_valid_svg_with_title_and_description() {
    for (name, figure) in gallery() {
        let svg = figure.to_svg();
        let document = Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (root, alt) = (document.root_element(), figure.alt_text());
        let texts = ["title", "desc"].map(|tag| root.children().find(|n| n.has_tag_name(tag)).and_then(|n| n.text()));
        assert!(texts[0].is_some_and(|title| !title.is_empty()), "{name}");
        assert_eq!(
            (root.attribute("role"), root.attribute("aria-label"), texts[1]),
            (Some("img"), Some(alt.as_str()), Some(alt.as_str()))
        );
        assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{name}");
    }
}

#[test]
fn every_figure_is_a_png_of_twice_its_size_and_always_the_same() {
    for (name, figure) in gallery() {
        let (svg, bytes) = (figure.to_svg(), figure.to_png());
        let document = Document::parse(&svg).expect("XML");
        let (width, height, pixels) = pixels(&bytes);
        let root = document.root_element();
        let size = (2.0 * number(root, "width"), 2.0 * number(root, "height"));
        assert_eq!((f64::from(width), f64::from(height)), size, "{name}");
        assert!(bytes.len() < 180_000, "{name}: {} bytes", bytes.len());
        // The corner is opaque white, whatever the theme of the page.
        assert_eq!(pixels[..3], [255, 255, 255]);
        assert!(bytes == figure.to_png() && svg == figure.to_svg(), "{name}: two renderings differ");
    }
}

#[test]
fn every_text_is_inside_the_figure_clear_of_other_texts_and_drawn_in_the_png_too() {
    for (name, figure) in gallery() {
        let svg = figure.to_svg();
        let document = Document::parse(&svg).expect("XML");
        let (columns, rows, pixels) = pixels(&figure.to_png());
        let texts: Vec<Node<'_, '_>> = document.descendants().filter(|n| n.has_tag_name("text")).collect();
        assert!(!texts.is_empty(), "{name}");
        for (i, &text) in texts.iter().enumerate() {
            let [left, top, right, bottom] = frame(text);
            let inside =
                left >= 0.0 && top >= 0.0 && right <= 5.0 * f64::from(columns) && bottom <= 5.0 * f64::from(rows);
            assert!(inside, "{name}: {text:?} is cut off");
            for &other in &texts[..i] {
                assert!(!overlap(frame(text), frame(other)), "{name}: {text:?} overlaps {other:?}");
            }
            let [left, top, right, bottom] = [left, top, right, bottom].map(|v| (v / 5.0) as usize);
            let dark = (top..bottom).flat_map(|y| (left..right).map(move |x| 3 * (y * columns as usize + x)));
            assert!(dark.filter(|&i| pixels[i] < 128).count() > 8, "{name}: {text:?} is not in the PNG");
        }
    }
}

#[test]
fn points_and_error_bars_stand_at_their_values() {
    let linear = Figure::new("").points("", [0.0, 1.0, 4.0], [0.0, 1.0, 2.0]).error_bars_between([-1, 0, 2], [1, 4, 3]);
    let log = Figure::new("").log_x().log_y().points("", [1.0, 10.0, 1e4], [1.0, 10.0, 100.0]);
    let log = log.error_bars_between([0.1, 1.0, 100.0], [10.0, 1e4, 1e3]);
    for figure in [linear, log] {
        let svg = figure.to_svg();
        let document = Document::parse(&svg).expect("XML");
        let at: Vec<(f64, f64)> = elements(&document, "circle", Colour::Blue)
            .into_iter()
            .map(|c| (number(c, "cx"), number(c, "cy")))
            .collect();
        let (dx, dy) = (at[1].0 - at[0].0, at[1].1 - at[0].1);
        assert!(dx > 0.0 && dy < 0.0, "x grows to the right, y upwards");
        // Units of the drawing are tenths of a pixel: four roundings.
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 4.0, "{a} is not {b}");
        close(at[2].0 - at[0].0, 4.0 * dx);
        close(at[2].1 - at[0].1, 2.0 * dy);
        let paths = elements(&document, "polyline", Colour::Blue).into_iter().map(path);
        let bars: Vec<_> = paths.filter(|p| p[0].0 == p[1].0).collect();
        assert_eq!(bars.len(), 3);
        for (bar, (low, high)) in bars.iter().zip([(-1.0, 1.0), (0.0, 4.0), (2.0, 3.0)]) {
            close(bar[0].1, at[0].1 + low * dy);
            close(bar[1].1, at[0].1 + high * dy);
        }
    }
}

#[test]
fn a_line_is_cut_off_at_the_range_of_y() {
    let svg = Figure::new("").y_range(1.0, 2.0).line("", [0.0, 1.0, 2.0], [0.0, 4.0, 0.0]).to_svg();
    let document = Document::parse(&svg).expect("XML");
    let parts: Vec<_> = elements(&document, "polyline", Colour::Blue).into_iter().map(path).collect();
    // Up through the range from a quarter to half of the way, and down again.
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    let slope = |p: &[(f64, f64)]| (p[1].1 - p[0].1) / (p[1].0 - p[0].0);
    assert!((slope(&parts[0]) + slope(&parts[1])).abs() < 0.1 && slope(&parts[0]) < 0.0);
    assert_eq!((parts[0][0].1, parts[0][1].1), (parts[1][1].1, parts[1][0].1));
}

#[test]
fn dashes_differ_also_without_colour() {
    let mut figure = Figure::new("");
    for i in 0..6 {
        figure = figure.line("", [0, 1], [i, i]);
    }
    let svg = figure.to_svg();
    let document = Document::parse(&svg).expect("XML");
    let colours = [Colour::Blue, Colour::Vermillion, Colour::Green, Colour::Purple, Colour::Sky, Colour::Orange];
    let counts = colours.map(|c| (elements(&document, "polyline", c).len(), elements(&document, "circle", c).len()));
    assert_eq!(counts[0], (1, 0), "the first line is solid");
    assert_eq!(HashSet::from(counts).len(), 6, "strokes and dots of each: {counts:?}");
    // Strokes have one length, measured along the line, but for the last.
    let steep = Figure::new("").line("", [0.0, 0.4, 1.0], [0.0, 1.0, 0.5]).dashed().to_svg();
    let document = Document::parse(&steep).expect("XML");
    let length = |p: Vec<(f64, f64)>| p.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum::<f64>();
    let strokes: Vec<f64> = elements(&document, "polyline", Colour::Blue).into_iter().map(path).map(length).collect();
    assert!(strokes.len() > 40 && strokes[..strokes.len() - 1].iter().all(|l| (l - 96.0).abs() < 3.0), "{strokes:?}");
}

const PALETTE: [Colour; 8] = {
    use Colour::*;
    [Blue, Vermillion, Green, Purple, Sky, Orange, Yellow, Black]
};

#[test]
fn colours_differ_for_those_who_see_no_red_or_no_green() {
    // Viénot, Brettel and Mollon (1999), in linear light.
    let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
    let seen = |(r, g, b): (u8, u8, u8), (from_r, from_g): (f64, f64)| {
        let (r, g, b) = (linear(r), linear(g), linear(b));
        [from_r * r + from_g * g, b].map(|v: f64| 255.0 * v.powf(1.0 / 2.2))
    };
    for kind in [(0.11238, 0.88762), (0.29275, 0.70725)] {
        for (i, a) in PALETTE.iter().enumerate() {
            for b in &PALETTE[..i] {
                let ([a, c], [b, d]) = (seen(a.rgb(), kind), seen(b.rgb(), kind));
                assert!((a - b).hypot(c - d) > 20.0, "{a} {c} and {b} {d}");
            }
        }
    }
}

/// The white box of a legend inside the axes.
fn legend_box(document: &Document<'_>) -> Option<Frame> {
    let white = |n: &Node<'_, '_>| n.has_tag_name("rect") && n.attribute("fill") == Some("#FFFFFF");
    let rect = document.descendants().filter(white).nth(1)?;
    let (x, y) = (number(rect, "x"), number(rect, "y"));
    Some([x, y, x + number(rect, "width"), y + number(rect, "height")])
}

#[test]
fn a_legend_keeps_clear_of_the_data() {
    let falling = Figure::new("").line("a", 0..10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let rising = Figure::new("").line("a", 0..10, 0..10);
    let hill = Figure::new("").line("a", [0, 1, 2, 3, 4], [0, 1, 9, 1, 0]).h_line("", 8.0);
    let valley = Figure::new("").line("a", [0, 1, 2, 3, 4], [9, 8, 0, 8, 9]).h_line("", 0.0);
    for figure in [falling, rising, hill, valley] {
        let svg = figure.to_svg();
        let document = Document::parse(&svg).expect("XML");
        let legend = legend_box(&document).expect("a legend inside");
        let data = path(elements(&document, "polyline", Colour::Blue)[0]);
        let along = data.windows(2).flat_map(|p| {
            (0..=100)
                .map(|i| f64::from(i) / 100.0)
                .map(|t| [p[0].0 + t * (p[1].0 - p[0].0), p[0].1 + t * (p[1].1 - p[0].1)])
        });
        for [x, y] in along {
            assert!(!overlap(legend, [x - 60.0, y - 60.0, x + 60.0, y + 60.0]), "the legend is too near to {x}, {y}");
        }
    }
    let crowded = gallery().into_iter().find(|(name, _)| *name == "crowded").expect("a figure").1;
    assert_eq!(legend_box(&Document::parse(&crowded.to_svg()).expect("XML")), None, "below, not inside");
}

#[test]
fn panels_share_a_legend_only_if_it_is_the_same() {
    let named = |name: &str| Figure::new("").line(name, [0, 1], [0, 1]);
    let count = |panels: Vec<Figure>| Figure::row("", panels).to_svg().matches(">a<").count();
    assert_eq!(count(vec![named("a"), named("a")]), 1);
    assert_eq!(count(vec![named("a"), named("b")]), 1);
    assert_eq!(count(vec![named("a"), named("a").colour(Colour::Green)]), 2);
    assert_eq!(count(vec![named("a"), named("a").legend(Legend::Below)]), 2);
}

#[test]
fn panels_share_the_range_that_shows_all() {
    let chart = |y: [f64; 2]| Figure::new("").points("", [0, 1], y);
    let svg = Figure::row("", vec![chart([0.0, 1.0]), chart([0.0, 2.0])]).shared_y().to_svg();
    let document = Document::parse(&svg).expect("XML");
    let y: Vec<f64> = elements(&document, "circle", Colour::Blue).into_iter().map(|c| number(c, "cy")).collect();
    assert!((2.0 * (y[0] - y[1]) - (y[2] - y[3])).abs() <= 4.0 && y[0] == y[2], "{y:?}");
}

#[test]
fn markup_is_escaped() {
    let svg = Figure::new("a < b & \"c\"\u{1}").x_label("<script>").line("x\ny", [1, 2], [1, 2]).to_svg();
    let document = Document::parse(&svg).expect("valid XML");
    let has = |text: &str| document.descendants().any(|n| n.has_tag_name("text") && n.text() == Some(text));
    assert!(has("<script>") && has("x y") && has("a < b & \"c\" "), "{svg}");
}

#[test]
fn a_character_that_the_font_lacks_is_a_box_in_the_png() {
    let dark = |title: &str| pixels(&Figure::new(title).to_png()).2.iter().filter(|&&v| v < 128).count();
    // A box is as much ink as four strokes; a blank would be none.
    assert!(dark("漢") > dark("") + 100);
    assert_eq!(dark("漢"), dark("☃"), "one box is as the other");
}
