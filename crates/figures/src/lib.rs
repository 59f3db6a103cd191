//! The figures of the course, drawn with plotters' charts.
//!
//! A [`Figure`] is a value: built by a chain of calls, kept in a notebook variable, shown as the last expression of a cell,
//! saved to a file. It draws lines, points, error bars, histograms, box plots, grids of pictures, and rows of panels. Series
//! differ in colour *and* in dash or marker, the legend keeps clear of the data, and each figure carries an alternative
//! text.
//!
//! The charts are [`plotters`]': its `ChartBuilder`, cartesian coordinates with logarithmic ranges, mesh, series, elements,
//! error bars and series labels. What it lacks stands on top in small pieces:
//!
//! - Text. Plotters drops the bearing of each letter of a bundled font, which spaces them unevenly, and knows no
//!   subscripts: the canvas, a backend in front of its own, keeps the texts, and they are drawn here. In titles, labels and
//!   names, `_` and `^` set what follows them in braces, or a single character that no letter or digit follows, as a
//!   subscript or superscript: `λ_max` stays as it is, `λ_{max}`, `‖A‖_F` and `10^{-3}` do not.
//! - Fine lines. Plotters counts in whole pixels and does not smooth thick lines: the canvas has ten units in a pixel, and a
//!   PNG is drawn finer than it is.
//! - Ticks: a logarithmic axis of plotters has none within a decade and none below 2e-16, where rounding errors are, and a
//!   linear one has a single tick if it is shorter than that. Labels as powers of ten.
//! - Lines that end at the edge of a given range: plotters draws on beside the axes.
//! - The corner for the legend that the data leave free.
//! - Patterns of dashes and dots, put together from plotters' dashed and dotted lines.
//! - Box plots: plotters' whiskers end where no value is, it draws no outliers, and takes `f32` only. Ours are its error bars
//!   and rectangles. Histograms: plotters' need an axis of as many values as bins. The circle of plotters' error bars is left
//!   out, as it would cover the marker.
//! - Legends of several columns: each column is one of plotters'. Its frame and its default places fit neither subscripts
//!   nor the data.
//! - Room for labels, which plotters takes as given: it is measured, and the axes of panels line up.
//!
//! Text, error bars and box plots of plotters, left, and of this crate:
//!
//! ![The letters on the left are spaced unevenly, and the whiskers end beyond the data](../../../crates/figures/assets/plotters-pieces.png)
//!
//! What the crate does not hold: any mathematics, any knowledge of exercises and checks, three-dimensional or animated
//! charts. For those there is plotters itself, which the module [`plotters`] re-exports with a font: a cell with
//! [`evcxr_figure`] displays at once.
//!
//! # Example
//!
//! ```
//! use figures::Figure;
//!
//! let m = [10, 100, 1000];
//! let figure = Figure::new("Variance of Hutchinson's estimate")
//!     .alt("Log-log plot: the variance falls as 1/m, on the theory line.")
//!     .x_label("probes m")
//!     .y_label("variance")
//!     .log_x()
//!     .log_y()
//!     .reference("2‖A‖_F² / m", m, [2.0, 0.2, 0.02])
//!     .points("measured", m, [2.1, 0.19, 0.021])
//!     .error_bars([0.4, 0.04, 0.004]);
//! assert!(figure.to_svg().starts_with("<svg"));
//! ```

mod axis;
mod bins;
mod builder;
mod canvas;
mod chart;
mod data;
mod elements;
mod evcxr;
mod image;
mod layout;
mod legend;
mod output;
mod panel;
mod plot;
mod png;
mod series;
mod style;
mod svg;
mod text;
mod ticks;

#[cfg(test)]
mod tests;

pub use bins::Bins;
pub use data::Data;
pub use evcxr::{evcxr_figure, plotters};
pub use image::Image;
pub use style::{Colour, Legend, Marker};

use chart::Chart;

/// A figure: a chart, a row of charts or a grid of pictures, with a title and an alternative text.
///
/// As the last expression of a notebook cell it displays itself (as SVG, PNG and text). All methods take and return
/// the figure by value.
#[derive(Clone, Debug)]
#[must_use = "a figure shows itself only as the last expression of a cell"]
pub struct Figure {
    title: String,
    alt: String,
    size: Option<(u32, u32)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Chart(Chart),
    Images(image::Grid),
    Row(Vec<Chart>),
}

impl Figure {
    /// An empty chart with this title; the methods that follow add axes and series.
    ///
    /// # Example
    ///
    /// ```
    /// use figures::Figure;
    /// let figure = Figure::new("Squares").x_label("n").y_label("n²").line("n²", 1..=4, [1, 4, 9, 16]);
    /// ```
    pub fn new(title: &str) -> Self {
        Self::with_body(title, Body::Chart(Chart { title: title.to_owned(), ..Chart::default() }))
    }

    /// A grid of small pictures, `columns` in a row, each with its own title.
    ///
    /// # Panics
    ///
    /// If `columns` is 0 or there is no picture.
    ///
    /// # Example
    ///
    /// ```
    /// use figures::{Figure, Image};
    /// let saddle = Image::new("xy", 3, [1, 0, -1, 0, 0, 0, -1, 0, 1]);
    /// let figure = Figure::images("Pictures", 2, vec![saddle.clone(), saddle]);
    /// ```
    #[track_caller]
    pub fn images(title: &str, columns: usize, images: Vec<Image>) -> Self {
        assert!(columns > 0, "figure {title:?}: columns must be at least 1, got 0");
        assert!(!images.is_empty(), "figure {title:?}: images must not be empty");
        Self::with_body(title, Body::Images(image::Grid { columns: columns.min(images.len()), images }))
    }

    /// Several charts as panels in one row. Their axes line up, and panels with the same entries share one legend.
    ///
    /// # Panics
    ///
    /// If `panels` is empty, or one of them is no chart.
    #[track_caller]
    pub fn row(title: &str, panels: Vec<Figure>) -> Self {
        assert!(!panels.is_empty(), "figure {title:?}: panels must not be empty");
        let chart = |panel: Figure| match panel.body {
            Body::Chart(chart) => chart,
            _ => panic!("figure {title:?}: panels must be charts, {:?} is none", panel.title),
        };
        Self::with_body(title, Body::Row(panels.into_iter().map(chart).collect()))
    }

    fn with_body(title: &str, body: Body) -> Self {
        Self { title: title.to_owned(), alt: String::new(), size: None, body }
    }

    /// Sets the alternative text: what the figure shows, for a reader who does not see it. Without it, title, axes
    /// and series are listed.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = text.to_owned();
        self
    }

    /// Sets width and height in CSS pixels; a PNG has twice as many pixels. By default 760 x 460 for a chart, 560 x 480 for
    /// pictures, and what the panels need for a row.
    ///
    /// # Panics
    ///
    /// Unless both are in 200 to 4000.
    #[track_caller]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        let allowed = 200..=4000;
        assert!(
            allowed.contains(&width) && allowed.contains(&height),
            "figure {:?}: width and height must be in 200..=4000, got {width} x {height}",
            self.title
        );
        self.size = Some((width, height));
        self
    }

    /// Gives all panels of a row the same range of y.
    ///
    /// # Panics
    ///
    /// If this is not a row of panels, or the axis is logarithmic in some of them only.
    #[track_caller]
    pub fn shared_y(mut self) -> Self {
        match &mut self.body {
            Body::Row(charts) => chart::share_y(charts),
            _ => panic!("shared_y must follow a row of panels, {:?} is none", self.title),
        }
        self
    }

    #[track_caller]
    fn chart(&mut self, method: &str) -> &mut Chart {
        match &mut self.body {
            Body::Chart(chart) => chart,
            _ => panic!("{method} must follow a chart, {:?} is none", self.title),
        }
    }
}
