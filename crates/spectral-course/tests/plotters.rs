//! A cell may use plotters itself, through the prelude alone, beside the library's figures.

use plotters::prelude::*;
use spectral_course::prelude::*;

#[test]
fn a_cell_draws_with_plotters_own_chart_builder() {
    let values = linspace(0.0, 1.0, 5);
    let shown = evcxr_figure((320, 240), |root| {
        let mut chart = ChartBuilder::on(&root)
            .caption("a caption", ("sans-serif", 20))
            .x_label_area_size(30)
            .y_label_area_size(30)
            .build_cartesian_2d(0.0..1.0, (0.1..10.0).log_scale())?;
        chart.configure_mesh().draw()?;
        let line = LineSeries::new(values.iter().map(|&x| (x, 1.0 + x)), Colour::Blue.stroke_width(2));
        chart.draw_series(line)?.label("a line").legend(|at| Circle::new(at, 3, BLUE.filled()));
        chart.configure_series_labels().draw()?;
        Ok(())
    });
    let html = format!("{shown:?}");
    assert!(html.contains("a caption") && html.contains("#0072B2"), "{html}");
    // Names that both preludes could export are still the library's.
    let figure = Figure::new("t").line("l", &values, &values).marker(Marker::Circle).legend(Legend::Below);
    assert!(Axis(0).index() == 0 && !figure.to_svg().is_empty());
}
