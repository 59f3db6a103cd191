//! The methods that name the axes of a chart, add series to it, and change the one added last.

use crate::Figure;
use crate::bins::Bins;
use crate::data::{Data, check, check_pair};
use crate::series::{Kind, Series};
use crate::style::{Colour, Dash, Legend, Marker};
use crate::text::clean;

/// # Axes
impl Figure {
    /// Names the x axis.
    #[track_caller]
    pub fn x_label(mut self, text: &str) -> Self {
        self.chart("x_label").x.label = clean(text);
        self
    }

    /// Names the y axis.
    #[track_caller]
    pub fn y_label(mut self, text: &str) -> Self {
        self.chart("y_label").y.label = clean(text);
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

    /// Sets the range of y; what lies outside is cut off.
    ///
    /// # Panics
    ///
    /// Unless `low < high`, both finite, or if the axis is logarithmic and `low <= 0`.
    #[track_caller]
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        // The difference must not overflow, nor vanish.
        assert!(
            low < high && (high - low).is_normal(),
            "y_range: low must be below high, both finite, got {low} and {high}"
        );
        self.chart("y_range").y.range = Some((low, high));
        self
    }

    /// Places the legend; by default it stands in the emptiest corner, or below when no corner is free, and panels with
    /// the same entries share one.
    #[track_caller]
    pub fn legend(mut self, place: Legend) -> Self {
        self.chart("legend").legend = place;
        self
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
        check(name, "y", &[y]);
        self.add(Series::new(name, Kind::Reference, Vec::new(), vec![y]))
    }

    /// A vertical reference line.
    #[track_caller]
    pub fn v_line(self, name: &str, x: f64) -> Self {
        self.add_x(name, vec![x], Kind::Reference)
    }

    /// Short strokes at the bottom of the chart, one at each `x`; several rugs stand on one another.
    #[track_caller]
    pub fn rug(self, name: &str, x: impl Data) -> Self {
        self.add_x(name, x.values(), Kind::Rug)
    }

    /// The counts of `values` in `bins`; several histograms overlay one another. Values outside the bins are not drawn, and a
    /// note under the chart tells how many.
    #[track_caller]
    pub fn histogram(self, name: &str, values: impl Data, bins: &Bins) -> Self {
        let values = values.values();
        check(name, "values", &values);
        let counts = bins.counts(&values);
        let outside = values.len() - counts.iter().sum::<f64>() as usize;
        self.add(Series { outside, ..Series::new(name, Kind::Histogram, bins.edges.clone(), counts) })
    }

    /// A box plot of `values` in a column of its own, labelled `category`: median, quartiles, whiskers to the last
    /// value within 1.5 times the interquartile range, and the outliers beyond. The columns stand at x = 1, 2, 3, ...,
    /// where points and lines can be laid over them.
    #[track_caller]
    pub fn box_plot(self, category: &str, values: impl Data) -> Self {
        let values = values.values();
        check(category, "values", &values);
        self.add(Series::new(category, Kind::BoxPlot, Vec::new(), values))
    }

    #[track_caller]
    fn add_pair(self, name: &str, x: Vec<f64>, y: Vec<f64>, kind: Kind) -> Self {
        check_pair(name, ("x", &x), ("y", &y));
        self.add(Series::new(name, kind, x, y))
    }

    #[track_caller]
    fn add_x(self, name: &str, x: Vec<f64>, kind: Kind) -> Self {
        check(name, "x", &x);
        self.add(Series::new(name, kind, x, Vec::new()))
    }

    #[track_caller]
    fn add(mut self, series: Series) -> Self {
        self.chart("a series").series.push(series);
        self
    }
}

/// # Changes to the series added last
///
/// All of these panic if there is no series yet.
impl Figure {
    /// Adds bars of half-length `errors` (one per point, not negative) above and below each point.
    #[track_caller]
    pub fn error_bars(self, errors: impl Data) -> Self {
        let errors = errors.values();
        self.add_errors("error_bars", |y, name| {
            check_pair(name, ("errors", &errors), ("y", y));
            assert!(errors.iter().all(|e| *e >= 0.0), "series {name:?}: errors must not be negative, got {errors:?}");
            y.iter().zip(&errors).map(|(&y, &e)| (y - e, y + e)).collect()
        })
    }

    /// Adds bars from `low` to `high` (one of each per point), in units of y.
    #[track_caller]
    pub fn error_bars_between(self, low: impl Data, high: impl Data) -> Self {
        let (low, high) = (low.values(), high.values());
        self.add_errors("error_bars_between", |y, name| {
            check_pair(name, ("low", &low), ("y", y));
            check_pair(name, ("high", &high), ("y", y));
            low.iter().copied().zip(high.iter().copied()).collect()
        })
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

    #[track_caller]
    fn dash(mut self, dash: Dash) -> Self {
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
        match self.chart(method).series.last_mut() {
            Some(series) => series,
            None => panic!("{method} must follow a series, got none yet"),
        }
    }

    #[track_caller]
    fn add_errors(mut self, method: &str, ends: impl FnOnce(&[f64], &str) -> Vec<(f64, f64)>) -> Self {
        let series = self.last(method);
        let has_points = matches!(series.kind, Kind::Line | Kind::Points | Kind::LinePoints);
        assert!(has_points, "{method} must follow points or a line, got {:?} {:?}", series.kind, series.name);
        series.errors = ends(&series.y, &series.name);
        self
    }
}
