//! What figures take and refuse, say in words, and write.

use figures::{Bins, Figure, Image, plotters};
use ndarray::{Array1, Array2, ArrayRef1};
use plotters::prelude::ChartBuilder;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[track_caller]
fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("this call must panic");
    let text = payload.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or(payload.downcast_ref::<String>().cloned()).expect("a message")
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
            "error_bars must follow points or a line, got Reference \"h\"",
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
    let described =
        Figure::new("T").x_label("λ_{max}").y_label("y").log_y().points("p", [1, 2], [0, 9]).line("q", [1], [1]);
    let note = "1 of 3 values of y are ≤ 0 and cannot be drawn on a logarithmic axis.";
    let expected = format!("T. Axis x: λ_max. Axis y (logarithmic): y. Series: p, q. {note}");
    assert_eq!(described.alt_text(), expected);
    let panels = Figure::row("", vec![Figure::new("A").line("a", [0], [0]), Figure::new("B")]).alt_text();
    assert_eq!(panels, "A. Series: a. B.");
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
