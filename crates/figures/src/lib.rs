//! Figures: a thin, typed layer over the backends of plotters.
//!
//! A [`Figure`] is a value: built by a chain of calls, kept in a notebook variable, shown as the last expression of a
//! cell, saved to a file. It draws lines, points, error bars, bands, histograms, box plots, grids of pictures, and
//! rows of panels. Series differ in colour *and* in dash or marker, the legend keeps clear of the data, and each
//! figure carries an alternative text.
//!
//! Plotters' backends put shapes into SVG and pixels; layout, ticks, legends and text metrics are ours, since plotters
//! draws no power of ten as one, has no free corner for a legend, and spaces the letters of a bundled font unevenly. A
//! figure is first laid out as a list of shapes and texts in pixels (`Scene`), which is what the tests look at, then
//! replayed onto a backend.
//!
//! In titles, labels and names, `_` and `^` set what follows them in braces, or a single character that no letter or
//! digit follows, as a subscript or superscript: `λ_max` stays as it is, `λ_{max}`, `‖A‖_F` and `10^{-3}` do not.
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

mod alt;
mod axis;
mod boxes;
mod chart;
mod data;
mod image;
mod layout;
mod legend;
mod marks;
mod output;
mod palette;
mod panel;
mod raster;
mod scene;
mod series;
mod style;
mod svg;
mod text;
mod ticks;

#[cfg(test)]
mod tests;

pub use boxes::{Bins, BoxStats};
pub use data::{Data, Number};
pub use image::{Image, Shades};
pub use style::{Colour, Dash, Legend, Marker};
pub use text::missing_glyphs;

use chart::Chart;

/// A figure: a chart, a grid of pictures or several panels, with a title and an alternative text.
///
/// As the last expression of a notebook cell it displays itself (as SVG, PNG and text). All methods take and return
/// the figure by value.
#[derive(Clone, Debug)]
#[must_use = "a figure shows itself only as the last expression of a cell"]
pub struct Figure {
    title: String,
    subtitle: String,
    caption: String,
    alt: String,
    size: Option<(u32, u32)>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Chart(Chart),
    Images(image::Grid),
    Panels { columns: usize, panels: Vec<Figure> },
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
        Self::with_body(title, Body::Chart(Chart::default()))
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
        assert!(!images.is_empty(), "figure {title:?}: images is empty");
        Self::with_body(title, Body::Images(image::Grid::new(columns, images)))
    }

    /// Several figures as panels in one row.
    ///
    /// # Panics
    ///
    /// If `panels` is empty, or one of them has panels itself.
    #[track_caller]
    pub fn row(title: &str, panels: Vec<Figure>) -> Self {
        let columns = panels.len().max(1);
        Self::grid(title, columns, panels)
    }

    /// Several figures as panels, `columns` in a row.
    ///
    /// # Panics
    ///
    /// If `columns` is 0, `panels` is empty, or one of them has panels itself.
    #[track_caller]
    pub fn grid(title: &str, columns: usize, panels: Vec<Figure>) -> Self {
        assert!(columns > 0, "figure {title:?}: columns must be at least 1, got 0");
        assert!(!panels.is_empty(), "figure {title:?}: panels is empty");
        for panel in &panels {
            assert!(
                !matches!(panel.body, Body::Panels { .. }),
                "figure {title:?}: panel {:?} has panels itself",
                panel.title
            );
        }
        Self::with_body(title, Body::Panels { columns, panels })
    }

    fn with_body(title: &str, body: Body) -> Self {
        Self {
            title: title.to_owned(),
            subtitle: String::new(),
            caption: String::new(),
            alt: String::new(),
            size: None,
            body,
        }
    }

    /// Sets the alternative text: what the figure shows, for a reader who does not see it. Without it, title, axes,
    /// series and ranges are listed.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = text.to_owned();
        self
    }

    /// Sets a second, smaller line under the title.
    pub fn subtitle(mut self, text: &str) -> Self {
        self.subtitle = text.to_owned();
        self
    }

    /// Sets a note under the figure.
    pub fn caption(mut self, text: &str) -> Self {
        self.caption = text.to_owned();
        self
    }

    /// Sets width and height in CSS pixels; a PNG has twice as many. By default 760 x 460 for a chart, and what the
    /// panels or pictures need for others.
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

    /// Gives all charts among the panels the same range of x.
    ///
    /// # Panics
    ///
    /// If this is not a figure of panels, or the axis is logarithmic in some of them only.
    #[track_caller]
    pub fn shared_x(mut self) -> Self {
        chart::share(self.charts_of_panels("shared_x"), chart::Dimension::X);
        self
    }

    /// Gives all charts among the panels the same range of y.
    ///
    /// # Panics
    ///
    /// If this is not a figure of panels, or the axis is logarithmic in some of them only.
    #[track_caller]
    pub fn shared_y(mut self) -> Self {
        chart::share(self.charts_of_panels("shared_y"), chart::Dimension::Y);
        self
    }

    #[track_caller]
    fn charts_of_panels(&mut self, method: &str) -> Vec<&mut Chart> {
        let Body::Panels { panels, .. } = &mut self.body else {
            panic!("{method} applies to a figure of panels, {:?} is none", self.title);
        };
        panels
            .iter_mut()
            .filter_map(|panel| match &mut panel.body {
                Body::Chart(chart) => Some(chart),
                _ => None,
            })
            .collect()
    }

    #[track_caller]
    fn chart(&mut self, method: &str) -> &mut Chart {
        match &mut self.body {
            Body::Chart(chart) => chart,
            _ => panic!("{method} applies to a chart, {:?} is none", self.title),
        }
    }
}
