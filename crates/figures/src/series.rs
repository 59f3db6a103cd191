//! The methods that add series to a chart and change the one added last.

use crate::boxes::Bins;
use crate::chart::{Chart, Dimension, Kind, Series};
use crate::data::{Data, check, check_pair};
use crate::style::{Colour, Dash, Legend, Marker};
use crate::{Body, Figure};

/// # Axes
impl Figure {
    /// Names the x axis.
    #[track_caller]
    pub fn x_label(mut self, text: &str) -> Self {
        self.chart("x_label").x.label = text.to_owned();
        self
    }

    /// Names the y axis.
    #[track_caller]
    pub fn y_label(mut self, text: &str) -> Self {
        self.chart("y_label").y.label = text.to_owned();
        self
    }

    /// Makes the x axis logarithmic. Values that are not positive are left out, and a note under the chart tells how
    /// many.
    #[track_caller]
    pub fn log_x(mut self) -> Self {
        self.chart("log_x").x.log = true;
        self
    }

    /// Makes the y axis logarithmic. Values that are not positive are left out, and a note under the chart tells how
    /// many.
    #[track_caller]
    pub fn log_y(mut self) -> Self {
        self.chart("log_y").y.log = true;
        self
    }

    /// Sets the range of x; what lies outside is cut off.
    ///
    /// # Panics
    ///
    /// Unless `low < high`, both finite, or if the axis is logarithmic and `low <= 0` (also when
    /// [`log_x`](Figure::log_x) follows, at the drawing).
    #[track_caller]
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.chart("x_range").set_range(Dimension::X, low, high);
        self
    }

    /// Sets the range of y; what lies outside is cut off.
    ///
    /// # Panics
    ///
    /// Unless `low < high`, both finite, or if the axis is logarithmic and `low <= 0`.
    #[track_caller]
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.chart("y_range").set_range(Dimension::Y, low, high);
        self
    }

    /// Places the legend, in figures of panels that of each panel; by default it stands in the emptiest corner, or
    /// outside when no corner is free, and panels with the same entries share one.
    pub fn legend(mut self, place: Legend) -> Self {
        self.set_legend(place);
        self
    }

    fn set_legend(&mut self, place: Legend) {
        match &mut self.body {
            Body::Chart(chart) => chart.legend = place,
            Body::Panels { panels, .. } => panels.iter_mut().for_each(|panel| panel.set_legend(place)),
            Body::Images(_) => {}
        }
    }
}

/// # Series
///
/// A series with an empty name has no legend entry. All of these panic if x and y differ in length, if one is empty,
/// or if a value is not finite, and name the series and the first bad value.
impl Figure {
    /// A line through the points `(x, y)`, in their order.
    #[track_caller]
    pub fn line(self, name: &str, x: impl Data, y: impl Data) -> Self {
        self.add_pair(name, x.values(), y.values(), Kind::Line)
    }

    /// The points `(x, y)`.
    #[track_caller]
    pub fn points(self, name: &str, x: impl Data, y: impl Data) -> Self {
        self.add_pair(name, x.values(), y.values(), Kind::Points)
    }

    /// A line through the points `(x, y)`, with a marker on each.
    #[track_caller]
    pub fn line_points(self, name: &str, x: impl Data, y: impl Data) -> Self {
        self.add_pair(name, x.values(), y.values(), Kind::LinePoints)
    }

    /// A black dashed line through the points `(x, y)`: theory, a bound, the diagonal y = x.
    #[track_caller]
    pub fn reference(self, name: &str, x: impl Data, y: impl Data) -> Self {
        self.add_pair(name, x.values(), y.values(), Kind::Reference)
    }

    /// A horizontal reference line.
    #[track_caller]
    pub fn h_line(self, name: &str, y: f64) -> Self {
        self.add_sequence(name, "y", vec![y], Kind::HLine)
    }

    /// A vertical reference line.
    #[track_caller]
    pub fn v_line(self, name: &str, x: f64) -> Self {
        self.add_sequence(name, "x", vec![x], Kind::VLine)
    }

    /// Short strokes at the bottom of the chart, one at each `x`; several rugs stand on one another.
    #[track_caller]
    pub fn rug(self, name: &str, x: impl Data) -> Self {
        self.add_sequence(name, "x", x.values(), Kind::Rug)
    }

    /// A stroke from the bottom of the chart (or from y = 0 if that is visible) up to each point `(x, y)`, with a
    /// marker on top.
    #[track_caller]
    pub fn stems(self, name: &str, x: impl Data, y: impl Data) -> Self {
        self.add_pair(name, x.values(), y.values(), Kind::Stems)
    }

    /// The area between `lower` and `upper` over `x`, shaded in the colour of the series before it (grey if there is
    /// none).
    #[track_caller]
    pub fn band(self, name: &str, x: impl Data, lower: impl Data, upper: impl Data) -> Self {
        self.add_band(name, x.values(), lower.values(), upper.values())
    }

    /// The counts of `values` in `bins`. Several histograms overlay one another unless
    /// [`side_by_side`](Figure::side_by_side) is set. Values outside the bins are not drawn, and a note under the
    /// chart tells how many.
    #[track_caller]
    pub fn histogram(self, name: &str, values: impl Data, bins: &Bins) -> Self {
        self.add_histogram(name, values.values(), bins)
    }

    /// Draws histograms beside one another in each bin.
    #[track_caller]
    pub fn side_by_side(mut self) -> Self {
        self.chart("side_by_side").side_by_side = true;
        self
    }

    /// A box plot of `values` in a column of its own, labelled `category`: median, quartiles, whiskers to the last
    /// value within 1.5 times the interquartile range, and the outliers beyond. The columns stand at x = 1, 2, 3, ...,
    /// where points and lines can be laid over them.
    #[track_caller]
    pub fn box_plot(self, category: &str, values: impl Data) -> Self {
        self.add_sequence(category, "values", values.values(), Kind::Box)
    }

    #[track_caller]
    fn add_pair(mut self, name: &str, x: Vec<f64>, y: Vec<f64>, kind: fn(Vec<f64>, Vec<f64>) -> Kind) -> Self {
        check_pair(name, ("x", &x), ("y", &y));
        self.chart("a series").series.push(Series::new(name, kind(x, y)));
        self
    }

    #[track_caller]
    fn add_sequence(mut self, name: &str, what: &str, x: Vec<f64>, kind: fn(Vec<f64>) -> Kind) -> Self {
        check(name, what, &x);
        self.chart("a series").series.push(Series::new(name, kind(x)));
        self
    }

    #[track_caller]
    fn add_band(mut self, name: &str, x: Vec<f64>, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        check_pair(name, ("x", &x), ("lower", &lower));
        check_pair(name, ("x", &x), ("upper", &upper));
        self.chart("a series").series.push(Series::new(name, Kind::Band(x, lower, upper)));
        self
    }

    #[track_caller]
    fn add_histogram(mut self, name: &str, values: Vec<f64>, bins: &Bins) -> Self {
        check(name, "values", &values);
        let counts = bins.counts(&values);
        let outside = values.len() - counts.iter().sum::<usize>();
        self.chart(name)
            .series
            .push(Series::new(name, Kind::Histogram { edges: bins.edges().to_vec(), counts, outside }));
        self
    }
}

/// # Changes to the series added last
///
/// All of these panic if there is no series yet.
impl Figure {
    /// Adds bars of half-length `errors` (one a point, not negative) above and below each point.
    #[track_caller]
    pub fn error_bars(self, errors: impl Data) -> Self {
        self.add_errors("errors", errors.values(), |y, e| (y - e, y + e))
    }

    /// Adds bars from `low` to `high` (one each a point), in units of y.
    #[track_caller]
    pub fn error_bars_between(self, low: impl Data, high: impl Data) -> Self {
        self.add_error_ends(low.values(), high.values())
    }

    /// Draws the line dashed.
    #[track_caller]
    pub fn dashed(self) -> Self {
        self.dash(Dash::Dashed)
    }

    /// Draws the line dotted.
    #[track_caller]
    pub fn dotted(self) -> Self {
        self.dash(Dash::Dotted)
    }

    /// Draws the line without gaps.
    #[track_caller]
    pub fn solid(self) -> Self {
        self.dash(Dash::Solid)
    }

    /// Sets the pattern of the line.
    #[track_caller]
    pub fn dash(mut self, dash: Dash) -> Self {
        self.last("dash").dash = Some(dash);
        self
    }

    /// Sets the colour.
    #[track_caller]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.last("colour").colour = Some(colour);
        self
    }

    /// Sets the shape of the points.
    #[track_caller]
    pub fn marker(mut self, marker: Marker) -> Self {
        self.last("marker").marker = Some(marker);
        self
    }

    /// Draws the line at half its width, the points at two thirds of their size.
    #[track_caller]
    pub fn thin(mut self) -> Self {
        self.last("thin").thin = true;
        self
    }

    #[track_caller]
    fn last(&mut self, method: &str) -> &mut Series {
        let chart: &mut Chart = self.chart(method);
        match chart.series.last_mut() {
            Some(series) => series,
            None => panic!("{method} changes the series before it, but there is none yet"),
        }
    }

    #[track_caller]
    fn add_errors(mut self, what: &str, errors: Vec<f64>, ends: fn(f64, f64) -> (f64, f64)) -> Self {
        let series = self.last("error_bars");
        let y = series.y_of_points("error_bars");
        check_pair(&series.name, ("y", &y), (what, &errors));
        if let Some(i) = errors.iter().position(|e| *e < 0.0) {
            panic!("series {:?}: {what} value {i} must not be negative, got {}", series.name, errors[i]);
        }
        series.errors = y.iter().zip(&errors).map(|(&y, &e)| ends(y, e)).collect();
        self
    }

    #[track_caller]
    fn add_error_ends(mut self, low: Vec<f64>, high: Vec<f64>) -> Self {
        let series = self.last("error_bars_between");
        let y = series.y_of_points("error_bars_between");
        check_pair(&series.name, ("y", &y), ("low", &low));
        check_pair(&series.name, ("y", &y), ("high", &high));
        series.errors = low.into_iter().zip(high).collect();
        self
    }
}
