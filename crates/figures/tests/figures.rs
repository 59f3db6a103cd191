//! What figures draw, read from their SVG and PNG.

#[path = "../examples/gallery.rs"]
mod gallery;

use figures::{Bins, Colour, Figure, Image, Legend, OkabeIto, plotters};
use gallery::gallery;
use ndarray::{Array1, Array2, ArrayRef1};
use plotters::prelude::{ChartBuilder, Palette};
use roxmltree::{Document, Node};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A rectangle: left, top, right, bottom.
type Frame = [f64; 4];

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let value = node.attribute(name).unwrap_or_else(|| panic!("{name} is missing"));
    value.parse().unwrap_or_else(|e| panic!("{name}={value}: {e}"))
}

fn elements<'a>(document: &'a Document<'a>, tag: &'a str, colour: Colour) -> Vec<Node<'a, 'a>> {
    let (r, g, b) = OkabeIto::COLORS[colour as usize];
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

#[track_caller]
fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("this call must panic");
    let text = payload.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or(payload.downcast_ref::<String>().cloned()).expect("a message")
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
        assert!(bytes.len() < 150_000, "{name}: {} bytes", bytes.len());
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

#[test]
fn colours_differ_for_those_who_see_no_red_or_no_green() {
    // Viénot, Brettel and Mollon (1999), in linear light.
    let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
    let seen = |(r, g, b): (u8, u8, u8), (from_r, from_g): (f64, f64)| {
        let (r, g, b) = (linear(r), linear(g), linear(b));
        [from_r * r + from_g * g, b].map(|v: f64| 255.0 * v.powf(1.0 / 2.2))
    };
    for kind in [(0.11238, 0.88762), (0.29275, 0.70725)] {
        for (i, &a) in OkabeIto::COLORS.iter().enumerate() {
            for &b in &OkabeIto::COLORS[..i] {
                let ([a, c], [b, d]) = (seen(a, kind), seen(b, kind));
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
fn all_kinds_of_data_are_taken() {
    let (array, matrix): (Array1<f64>, _) = (Array1::linspace(0.0, 3.0, 4), Array2::<f32>::eye(4));
    let (by_ref, owned): (&ArrayRef1<f64>, _) = (&array, vec![1.0, 0.0, 0.0, 0.0]);
    let expected = Figure::new("").line("", [0, 1, 2, 3], [1, 0, 0, 0]).to_svg();
    let figures = [
        Figure::new("").line("", by_ref, vec![1u8, 0, 0, 0]),
        Figure::new("").line("", &array, matrix.column(0)),
        Figure::new("").line("", array.view(), &[1i64, 0, 0, 0][..]),
        Figure::new("").line("", 0..4, matrix.row(0)),
        Figure::new("").line("", 0..=3usize, &owned),
    ];
    assert!(figures.iter().all(|figure| figure.to_svg() == expected));
}

#[test]
fn wrong_data_panics_with_the_name_what_must_be_and_what_came() {
    let figure = || Figure::new("t");
    let points = || figure().points("p", [1], [1]);
    let cases = [
        (
            panic_of(|| figure().line("x", [1.0, 2.0], [0.0, f64::NAN])),
            "series \"x\": y must be finite, got NaN at index 1",
        ),
        (panic_of(|| figure().rug("r", [f64::INFINITY])), "series \"r\": x must be finite, got inf at index 0"),
        (
            panic_of(|| figure().points("p", [1, 2, 3], [1, 2])),
            "series \"p\": x and y must have the same length, got 3 and 2",
        ),
        (panic_of(|| figure().box_plot("b", Vec::<f64>::new())), "series \"b\": values must not be empty"),
        (panic_of(|| points().error_bars([-1])), "series \"p\": errors must not be negative, got [-1.0]"),
        (panic_of(|| points().error_bars([1, 2])), "series \"p\": errors and y must have the same length, got 2 and 1"),
        (panic_of(|| figure().error_bars([1])), "error_bars must follow a series, got none yet"),
        (
            panic_of(|| figure().h_line("h", 0.0).error_bars([1])),
            "error_bars must follow points or a line, got HLine \"h\"",
        ),
        (panic_of(|| figure().size(100, 300)), "figure \"t\": width and height must be in 200..=4000, got 100 x 300"),
        (panic_of(|| figure().y_range(2.0, 1.0)), "y_range: low must be below high, both finite, got 2 and 1"),
        (
            panic_of(|| figure().y_range(0.0, 1.0).log_y().to_svg()),
            "the range of a logarithmic axis must be positive, got 0 to 1",
        ),
        (panic_of(|| Figure::row("t", vec![])), "figure \"t\": panels must not be empty"),
        (
            panic_of(|| Figure::row("t", vec![Figure::row("u", vec![figure()])])),
            "figure \"t\": panels must be charts, \"u\" is none",
        ),
        (
            panic_of(|| Figure::row("t", vec![figure(), figure().log_y()]).shared_y()),
            "the y axis must be logarithmic in all panels or in none to be shared",
        ),
        (panic_of(|| Figure::row("t", vec![figure()]).log_x()), "log_x must follow a chart, \"t\" is none"),
        (
            panic_of(|| Image::new("i", 2, [1, 2, 3])),
            "image \"i\": the number of values must be a multiple of columns = 2, got 3",
        ),
        (panic_of(|| Bins::uniform(1.0, 0.0, 3)), "bins: low must be below high, both finite, got 1 and 0"),
        (panic_of(|| Bins::uniform(0.0, 1.0, 0)), "bins: count must be at least 1, got 0"),
    ];
    for (message, expected) in cases {
        assert_eq!(message, expected);
    }
}

#[test]
fn what_cannot_be_shown_is_counted() {
    let figure = Figure::new("t").log_x().log_y().line_points("e", [0, 1, 2, 3], [1.0, 0.0, -1.0, 2.0]);
    let svg = figure.error_bars([0.0, 0.0, 0.0, 3.0]).to_svg();
    assert!(svg.contains("1 of 4 values of x are ≤ 0"), "{svg}");
    // Ends of error bars are no data.
    assert!(svg.contains("2 of 4 values of y are ≤ 0"), "{svg}");
    let histogram = Figure::new("t").histogram("h", [-1.0, 0.5, 3.0], &Bins::uniform(0.0, 1.0, 2)).to_svg();
    assert!(histogram.contains("h: 2 values lie outside the bins."));
}

#[test]
fn extreme_values_and_sizes_neither_panic_nor_leave_the_figure() {
    let pairs: [[f64; 2]; 7] = [
        [0.0, 0.0],
        [1e300, -1e300],
        [f64::MAX, -f64::MAX],
        [5e-324, 1e-323],
        [1.0, 1.0 + f64::EPSILON],
        [1e-308, 1e308],
        [-3.0, -3.0],
    ];
    for y in pairs {
        for (log, (width, height)) in [(false, (760, 460)), (true, (760, 460)), (false, (200, 200)), (true, (200, 200))]
        {
            let figure = Figure::new("a title of some length").size(width, height).x_label("x");
            let figure = figure.y_label("a label that is longer than the axis").line_points("some name", y, y);
            let figure = figure.error_bars(y.map(f64::abs)).box_plot("column", y);
            let figure = if log { figure.log_x().log_y() } else { figure };
            let svg = figure.to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{y:?}, log {log}");
            assert!(!figure.to_png().is_empty());
        }
    }
}

#[test]
fn a_figure_is_saved_by_its_extension() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let figure = Figure::new("t").line("l", [0, 1], [0, 1]);
    figure.save(path("a.svg")).expect("written");
    figure.save(path("a.PNG")).expect("written");
    assert_eq!(std::fs::read_to_string(path("a.svg")).expect("read"), figure.to_svg());
    assert_eq!(std::fs::read(path("a.PNG")).expect("read"), figure.to_png());
    for name in ["a.jpg", "a"] {
        let error = figure.save(path(name)).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().starts_with("the extension must be .svg or .png, got "), "{error}");
        assert!(!path(name).exists());
    }
    assert_eq!(figure.save(path("no/such/folder.svg")).expect_err("an error").kind(), ErrorKind::NotFound);
}

#[test]
fn the_alternative_text_is_the_given_one_or_a_description() {
    assert_eq!(Figure::new("t").alt("It falls.").alt_text(), "It falls.");
    let described = Figure::new("T").x_label("λ_{max}").log_y().points("p", [1, 2], [0.001, 1000.0]).alt_text();
    let axes = "T. Axis x (λ_max), linear, from 0.955 to 2.045, axis y, logarithmic, from 5.37e−4 to 1862.";
    assert_eq!(described, format!("{axes} p: 2 points, y from 0.001 to 1000."));
    let boxes = Figure::new("").box_plot("k = 1", [1, 2, 3]).alt_text();
    assert!(boxes.ends_with("k = 1: box plot of 3 values, median 2, quartiles 1.5 and 2.5."), "{boxes}");
    let panels = Figure::row("", vec![Figure::new("A"), Figure::new("B").alt("b!")]).alt_text();
    assert!(panels.starts_with("2 panels. Panel 1: A. ") && panels.ends_with("Panel 2: b!"), "{panels}");
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

#[test]
fn plotters_own_figure_has_a_font() {
    let shown = plotters::prelude::evcxr_figure((320, 240), |root| {
        let mut chart = ChartBuilder::on(&root)
            .caption("own", ("sans-serif", 20))
            .x_label_area_size(30)
            .y_label_area_size(30)
            .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart.configure_mesh().draw()?;
        Ok(())
    });
    assert!(format!("{shown:?}").contains("own"));
}
