//! Plotters for a student's own cell.

use ::plotters::coord::Shift;
use ::plotters::drawing::DrawingArea;
use ::plotters::evcxr::SVGWrapper;
use ::plotters::prelude::SVGBackend;

/// [Plotters](https://docs.rs/plotters/0.3.7), with an [`evcxr_figure`] that has a font.
pub mod plotters {
    // Its pages are on docs.rs; here they would be four in five.
    #[doc(no_inline)]
    pub use ::plotters::*;

    /// All that a chart needs, as `plotters::prelude` has it.
    pub mod prelude {
        pub use crate::evcxr::evcxr_figure;
        #[doc(no_inline)]
        pub use ::plotters::prelude::*;
    }
}

/// Draws with plotters, and shows the drawing as the last expression of a notebook cell: plotters' own `evcxr_figure`, after
/// the bundled font was made known to it as `sans-serif`, `serif`, `monospace`, `Arial` and some more.
///
/// # Panics
///
/// If `draw` returns an error.
///
/// # Example
///
/// ```
/// use figures::plotters;
/// use plotters::prelude::*;
///
/// evcxr_figure((640, 480), |root| {
///     let mut chart = ChartBuilder::on(&root)
///         .caption("Squares", ("sans-serif", 24))
///         .margin(10)
///         .x_label_area_size(40)
///         .y_label_area_size(40)
///         .build_cartesian_2d(0.0..2.0, 0.0..4.0)?;
///     chart.configure_mesh().draw()?;
///     chart.draw_series(LineSeries::new((0..=20).map(|i| (0.1 * i as f64, 0.01 * (i * i) as f64)), &BLUE))?;
///     Ok(())
/// })
/// # ;
/// ```
pub fn evcxr_figure<Draw>(size: (u32, u32), draw: Draw) -> SVGWrapper
where
    Draw: FnOnce(DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Box<dyn std::error::Error>>,
{
    // Each cell is linked statically, and has a table of fonts of its own.
    crate::text::register_fonts();
    ::plotters::evcxr::evcxr_figure(size, draw)
}
