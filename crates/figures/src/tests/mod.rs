//! Tests of the figures as a whole; `drawing` tests what stands where, `pieces` their parts.

mod drawing;
mod gallery;
mod pieces;

use super::scene::ink;
use super::{Body, Figure, Legend, layout, marks, panel, raster, svg};
use gallery::{crowded, gallery, variance};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message of the panic that `f` must raise.
#[track_caller]
fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("this call must panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

fn png_of(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG header");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a PNG image");
    (info.width, info.height, pixels)
}

#[test]
fn every_figure_is_valid_svg_with_title_and_description() {
    let mut ids = HashSet::new();
    for figure in gallery() {
        let svg = figure.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{}: {e}", figure.title));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let labelled = root.attribute("aria-labelledby").expect("labels");
        for (id, text) in labelled.split(' ').zip([super::text::plain(&figure.title), figure.alt_text()]) {
            let element =
                document.descendants().find(|n| n.attribute("id") == Some(id)).expect("an element of this id");
            assert_eq!(element.text().unwrap_or(""), text);
            assert!(ids.insert(id.to_owned()), "{id} stands in two figures");
        }
        assert!(svg.len() < 150_000, "{}: {} bytes of SVG", figure.title, svg.len());
        let numbers =
            document.descendants().flat_map(|n| n.attributes()).filter(|a| a.name() != "style" && a.name() != "id");
        for attribute in numbers {
            assert!(
                !attribute.value().contains("NaN") && !attribute.value().contains("inf"),
                "{}: {attribute:?}",
                figure.title
            );
        }
    }
}

#[test]
fn every_figure_is_a_small_png_of_twice_its_size() {
    for figure in gallery() {
        let scene = layout::scene(&figure);
        let bytes = figure.to_png();
        let (width, height, pixels) = png_of(&bytes);
        assert_eq!((f64::from(width), f64::from(height)), (2.0 * scene.width, 2.0 * scene.height), "{}", figure.title);
        assert!(bytes.len() < 150_000, "{}: {} bytes of PNG", figure.title, bytes.len());
        // The corner is opaque white, whatever the theme of the page; somewhere there is text.
        assert_eq!(&pixels[..3], [255, 255, 255]);
        assert!(pixels.iter().any(|&v| v < 60), "{}: nothing dark", figure.title);
        assert_eq!(bytes, figure.to_png(), "{}: two renderings differ", figure.title);
    }
}

#[test]
fn every_text_is_inside_the_figure_and_clear_of_other_texts() {
    for figure in gallery() {
        let scene = layout::scene(&figure);
        for (i, label) in scene.labels.iter().enumerate() {
            let frame = label.frame();
            let inside =
                frame.left >= 0.0 && frame.top >= 0.0 && frame.right <= scene.width && frame.bottom <= scene.height;
            assert!(inside, "{}: {:?} is cut off: {frame:?}", figure.title, label.text);
            for other in &scene.labels[..i] {
                assert!(
                    !frame.overlaps(&other.frame()),
                    "{}: {:?} overlaps {:?}",
                    figure.title,
                    label.text,
                    other.text
                );
            }
        }
        assert_eq!(figure.missing_glyphs(), [], "{}", figure.title);
    }
}

#[test]
fn every_text_is_drawn_where_the_layout_put_it() {
    let scene = layout::scene(&variance());
    let (width, _, pixels) = png_of(&raster::render(&scene));
    for label in &scene.labels {
        let frame = label.frame();
        let dark = ((2.0 * frame.top) as usize..(2.0 * frame.bottom) as usize)
            .flat_map(|y| ((2.0 * frame.left) as usize..(2.0 * frame.right) as usize).map(move |x| (x, y)))
            .filter(|(x, y)| pixels[3 * (y * width as usize + x)] < 128)
            .count();
        let letters = super::text::plain(&label.text).chars().filter(|c| !c.is_whitespace()).count();
        assert!(dark > 8 * letters, "{:?}: {dark} dark pixels at {frame:?}", label.text);
    }
}

/// The place of the legend of a chart at its default size, and its distance from the data.
fn legend_of(figure: &Figure) -> (panel::Place, f64) {
    let Body::Chart(chart) = &figure.body else { panic!("{} is no chart", figure.title) };
    let area = super::scene::Frame::new(0.0, 0.0, 760.0, 460.0).grown(-12.0);
    let panel = panel::Panel::new(chart, panel::FULL, area, 30.0, 0.0, true);
    let frame = panel.margins(area, 30.0, 0.0).inside(area);
    let mut scene = super::scene::Scene::new(760.0, 460.0);
    marks::draw(chart, &panel.plot(frame), &mut scene);
    let ink = ink(&scene.shapes, 2.0);
    assert!(!ink.is_empty());
    (panel.place, super::legend::clearance(panel.inner_legend(frame, &ink), &ink))
}

#[test]
fn a_legend_keeps_clear_of_the_data() {
    let falling = Figure::new("falling").line("a", 0..10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let rising = Figure::new("rising").line("a", 0..10, 0..10).points("b", 0..10, 1..11);
    let hill =
        Figure::new("hill").line("a", [0, 1, 2, 3, 4], [0, 1, 9, 1, 0]).band("b", [0, 2, 4], [0, 7, 0], [1, 9, 1]);
    for figure in [falling, rising, hill, variance()] {
        let (place, clearance) = legend_of(&figure);
        assert_eq!(place, panel::Place::Inside, "{}", figure.title);
        assert!(clearance >= 7.0, "{}: the data comes as close as {clearance}", figure.title);
    }
    assert_eq!(legend_of(&crowded("short")).0, panel::Place::Right);
    assert_eq!(
        legend_of(&crowded("a name that is so long that no room is left for the data beside it")).0,
        panel::Place::Below
    );
    // A legend that is forced into a corner full of data is seen to cover it: the measure can fail.
    assert!(legend_of(&crowded("short").legend(Legend::UpperLeft)).1 < 0.0);
}

#[test]
fn wrong_data_panics_with_the_name_the_place_and_the_value() {
    let figure = || Figure::new("t");
    let nan = panic_of(|| figure().line("x", [1.0, 2.0], [0.0, f64::NAN]));
    assert_eq!(nan, "series \"x\": y value 1 is NaN");
    assert_eq!(panic_of(|| figure().rug("r", [f64::INFINITY])), "series \"r\": x value 0 is inf");
    assert_eq!(panic_of(|| figure().points("p", [1, 2, 3], [1, 2])), "series \"p\": x has 3 values, y has 2");
    assert_eq!(panic_of(|| figure().box_plot("b", Vec::<f64>::new())), "series \"b\": values is empty");
    assert_eq!(panic_of(|| figure().band("b", [1, 2], [1, 2], [1])), "series \"b\": x has 2 values, upper has 1");
    assert_eq!(
        panic_of(|| figure().points("p", [1], [1]).error_bars([1, 2])),
        "series \"p\": y has 1 values, errors has 2"
    );
    assert_eq!(
        panic_of(|| figure().points("p", [1], [1]).error_bars([-1])),
        "series \"p\": errors value 0 must not be negative, got -1"
    );
    assert_eq!(panic_of(|| figure().dashed()), "dash changes the series before it, but there is none yet");
    assert_eq!(
        panic_of(|| figure().rug("r", [1]).error_bars([1])),
        "series \"r\": error_bars applies to points and lines"
    );
    assert_eq!(panic_of(|| figure().x_range(2.0, 1.0)), "x_range needs finite low < high, got 2 and 1");
    assert!(panic_of(|| figure().size(10, 10)).contains("200..=4000"));
    assert!(panic_of(|| figure().log_y().y_range(-1.0, 1.0).to_svg()).contains("must be positive"));
    assert!(panic_of(|| Figure::row("r", vec![])).contains("panels is empty"));
    assert!(panic_of(|| Figure::row("r", vec![Figure::row("s", vec![figure()])])).contains("has panels itself"));
    assert!(panic_of(|| Figure::row("r", vec![figure()]).x_label("x")).contains("applies to a chart"));
    assert!(panic_of(|| figure().shared_x()).contains("applies to a figure of panels"));
    let mixed = || Figure::row("r", vec![figure().log_x(), figure()]);
    assert!(panic_of(|| mixed().shared_x()).contains("logarithmic in all of them or in none"));
    assert!(panic_of(|| super::Image::new("i", 2, [1, 2, 3])).contains("do not fill rows of 2"));
    assert!(panic_of(|| super::Bins::uniform(1.0, 0.0, 3)).contains("low < high"));
    assert!(panic_of(|| super::Bins::from_edges([0.0, 0.0])).contains("increasing"));
}

#[test]
fn what_a_logarithmic_axis_cannot_show_is_counted() {
    let figure = Figure::new("t")
        .log_x()
        .log_y()
        .line_points("e", [0, 1, 2, 3], [1.0, 0.0, -1.0, 2.0])
        .error_bars([0.0, 0.0, 0.0, 3.0]);
    let svg = figure.to_svg();
    assert!(svg.contains("1 of 4 values of x are ≤ 0"), "{svg}");
    // Ends of error bars are no data.
    assert!(svg.contains("2 of 4 values of y are ≤ 0"), "{svg}");
    let nothing =
        Figure::new("t").log_y().line("e", [1, 2], [-1, 0]).band("b", [1, 2], [-2, -2], [-1, -1]).h_line("h", 0.0);
    assert!(nothing.to_svg().contains("7 of 7 values of y are ≤ 0"));
    assert!(!nothing.to_png().is_empty());
}

#[test]
fn extreme_values_and_sizes_neither_panic_nor_leave_the_figure() {
    let values: [&[f64]; 7] = [
        &[0.0, 0.0],
        &[1e300, -1e300],
        &[f64::MAX, -f64::MAX],
        &[5e-324, 1e-323],
        &[1.0, 1.0 + f64::EPSILON],
        &[1e-308, 1e308],
        &[-3.0, -3.0],
    ];
    for y in values {
        for log in [false, true] {
            for (width, height) in [(760, 460), (200, 200)] {
                let figure = Figure::new("a title of some length")
                    .size(width, height)
                    .x_label("x")
                    .y_label("a label that is longer than the axis");
                let figure =
                    figure.line_points("some name", y, y).error_bars(y.iter().map(|v| v.abs()).collect::<Vec<_>>());
                let figure = if log { figure.log_x().log_y() } else { figure };
                let svg = figure.to_svg();
                assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{y:?}, log {log}");
                assert!(!figure.to_png().is_empty());
            }
        }
    }
}

#[test]
fn a_figure_is_saved_by_its_extension() {
    let folder = std::env::temp_dir().join(format!("spectral-course-figure-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let figure = variance();
    figure.save(folder.join("a.svg")).expect("written");
    figure.save(folder.join("a.PNG")).expect("written");
    assert_eq!(std::fs::read_to_string(folder.join("a.svg")).expect("read"), figure.to_svg());
    assert_eq!(std::fs::read(folder.join("a.PNG")).expect("read"), figure.to_png());
    for name in ["a.jpg", "a"] {
        let error = figure.save(folder.join(name)).expect_err("an error");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().starts_with("a figure is saved as .svg or .png, got "), "{error}");
        assert!(!folder.join(name).exists());
    }
    assert_eq!(
        figure.save(folder.join("no/such/folder.svg")).expect_err("an error").kind(),
        std::io::ErrorKind::NotFound
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_cell_shows_svg_png_and_text_once_each() {
    let figure = variance();
    let bundle = figure.mime_bundle();
    let blocks: Vec<(&str, &str)> = bundle
        .split("EVCXR_BEGIN_CONTENT ")
        .skip(1)
        .map(|block| block.strip_suffix("\nEVCXR_END_CONTENT\n").expect("an end").split_once('\n').expect("a body"))
        .collect();
    assert_eq!(blocks.iter().map(|b| b.0).collect::<Vec<_>>(), ["image/svg+xml", "image/png", "text/plain"]);
    assert_eq!(blocks[0].1, figure.to_svg().trim_end());
    let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, blocks[1].1).expect("base64");
    assert_eq!(png, figure.to_png());
    assert_eq!(blocks[2].1, figure.alt_text());
}

#[test]
fn the_alternative_text_is_the_given_one_or_a_description() {
    assert_eq!(variance().alt_text(), "The variance falls as 1/m.");
    let described = Figure::new("T").x_label("λ_{max}").log_y().points("p", [1, 2], [0.001, 1000.0]).alt_text();
    let expected = "T. Axis x (λ_max), linear, from 0.955 to 2.045, axis y, logarithmic, from 5.37·10⁻⁴ to 1862. p: 2 points, y from 0.001 to 1000.";
    assert_eq!(described, expected);
    let boxes = Figure::new("").box_plot("k = 1", [1, 2, 3]).alt_text();
    assert!(boxes.contains("k = 1: box plot of 3 values, median 2, quartiles 1.5 and 2.5."), "{boxes}");
    let panels = Figure::row("", vec![Figure::new("A"), Figure::new("B").alt("b!")]).alt_text();
    assert!(panels.starts_with("2 panels. Panel 1: A. ") && panels.ends_with("Panel 2: b!"), "{panels}");
}

#[test]
fn markup_characters_are_escaped() {
    let figure = Figure::new("a < b & \"c\"\u{1}").x_label("<script>").line("x\ny", [1, 2], [1, 2]);
    let svg = figure.to_svg();
    let document = roxmltree::Document::parse(&svg).expect("valid XML");
    assert!(document.descendants().any(|n| n.text() == Some("<script>")));
    assert!(svg::render(&layout::scene(&figure), "", "").contains("&lt;script&gt;"));
}
