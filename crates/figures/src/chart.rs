//! What a chart holds, before it is laid out: axes, series, the styles that follow from their order.

use crate::axis::Axis;
use crate::boxes::BoxStats;
use crate::style::{Colour, Dash, Legend, Marker, Rgb};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    X,
    Y,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct AxisSpec {
    pub(crate) label: String,
    pub(crate) log: bool,
    pub(crate) range: Option<(f64, f64)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) x: AxisSpec,
    pub(crate) y: AxisSpec,
    pub(crate) legend: Legend,
    pub(crate) side_by_side: bool,
    pub(crate) series: Vec<Series>,
}

/// The data of a series, checked: finite, of equal lengths, not empty.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Line(Vec<f64>, Vec<f64>),
    Points(Vec<f64>, Vec<f64>),
    LinePoints(Vec<f64>, Vec<f64>),
    Reference(Vec<f64>, Vec<f64>),
    Stems(Vec<f64>, Vec<f64>),
    Band(Vec<f64>, Vec<f64>, Vec<f64>),
    Rug(Vec<f64>),
    /// A line at the first (and only) value, as `VLine`.
    HLine(Vec<f64>),
    VLine(Vec<f64>),
    Box(Vec<f64>),
    Histogram {
        edges: Vec<f64>,
        counts: Vec<usize>,
        outside: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Ends of the error bars, in units of y.
    pub(crate) errors: Vec<(f64, f64)>,
    pub(crate) colour: Option<Colour>,
    pub(crate) dash: Option<Dash>,
    pub(crate) marker: Option<Marker>,
    pub(crate) thin: bool,
}

/// How a series looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) colour: Rgb,
    pub(crate) dash: Dash,
    pub(crate) marker: Marker,
    pub(crate) width: f64,
    pub(crate) radius: f64,
    /// Drawn as dots: hundreds of points.
    pub(crate) dense: bool,
    /// Position among the series of the same kind: histograms and rugs make room for one another.
    pub(crate) rank: usize,
}

impl Series {
    pub(crate) fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, errors: Vec::new(), colour: None, dash: None, marker: None, thin: false }
    }

    #[track_caller]
    pub(crate) fn y_of_points(&self, method: &str) -> Vec<f64> {
        match &self.kind {
            Kind::Line(_, y) | Kind::Points(_, y) | Kind::LinePoints(_, y) | Kind::Stems(_, y) => y.clone(),
            _ => panic!("series {:?}: {method} applies to points and lines", self.name),
        }
    }

    /// The data along an axis, without error bars. A reference line across the whole chart has none along the other
    /// axis.
    pub(crate) fn values(&self, dimension: Dimension) -> Vec<f64> {
        match (&self.kind, dimension) {
            (Kind::Line(x, _) | Kind::Points(x, _) | Kind::LinePoints(x, _), Dimension::X) => x.clone(),
            (
                Kind::Reference(x, _) | Kind::Stems(x, _) | Kind::Band(x, _, _) | Kind::Rug(x) | Kind::VLine(x),
                Dimension::X,
            ) => x.clone(),
            (Kind::Histogram { edges, .. }, Dimension::X) => edges.clone(),
            (Kind::Line(_, y) | Kind::Points(_, y) | Kind::LinePoints(_, y), Dimension::Y) => y.clone(),
            (Kind::Reference(_, y) | Kind::Stems(_, y) | Kind::HLine(y) | Kind::Box(y), Dimension::Y) => y.clone(),
            (Kind::Band(_, lower, upper), Dimension::Y) => [lower.as_slice(), upper].concat(),
            (Kind::Histogram { counts, .. }, Dimension::Y) => counts.iter().map(|&count| count as f64).collect(),
            (Kind::HLine(_) | Kind::Box(_), Dimension::X) | (Kind::Rug(_) | Kind::VLine(_), Dimension::Y) => Vec::new(),
        }
    }

    fn is_dense(&self) -> bool {
        matches!(&self.kind, Kind::Points(x, _) | Kind::LinePoints(x, _) | Kind::Stems(x, _) if x.len() > 400)
    }

    pub(crate) fn box_stats(&self) -> Option<BoxStats> {
        if let Kind::Box(values) = &self.kind { Some(BoxStats::of(values)) } else { None }
    }
}

impl Chart {
    #[track_caller]
    pub(crate) fn set_range(&mut self, dimension: Dimension, low: f64, high: f64) {
        let name = if dimension == Dimension::X { "x_range" } else { "y_range" };
        // The difference must not overflow, nor vanish.
        assert!(low < high && (high - low).is_normal(), "{name} needs finite low < high, got {low} and {high}");
        self.spec_mut(dimension).range = Some((low, high));
    }

    pub(crate) fn spec(&self, dimension: Dimension) -> &AxisSpec {
        if dimension == Dimension::X { &self.x } else { &self.y }
    }

    fn spec_mut(&mut self, dimension: Dimension) -> &mut AxisSpec {
        if dimension == Dimension::X { &mut self.x } else { &mut self.y }
    }

    /// The labels of the columns of box plots.
    pub(crate) fn categories(&self) -> Vec<&str> {
        self.series.iter().filter(|s| matches!(s.kind, Kind::Box(_))).map(|s| s.name.as_str()).collect()
    }

    fn has_histogram(&self) -> bool {
        self.series.iter().any(|s| matches!(s.kind, Kind::Histogram { .. }))
    }

    fn has_stems(&self) -> bool {
        self.series.iter().any(|s| matches!(s.kind, Kind::Stems(..)))
    }

    /// The smallest and largest value to show.
    fn extent(&self, dimension: Dimension) -> Option<(f64, f64)> {
        let log = self.spec(dimension).log;
        let mut values: Vec<f64> = self.series.iter().flat_map(|s| s.values(dimension)).collect();
        if dimension == Dimension::Y {
            values.extend(self.series.iter().flat_map(|s| &s.errors).flat_map(|&(low, high)| [low, high]));
        }
        if dimension == Dimension::X && !self.categories().is_empty() {
            values.extend([0.5, self.categories().len() as f64 + 0.5]);
        }
        if dimension == Dimension::Y && self.has_histogram() {
            // On a logarithmic axis a bin with a single value still gets a bar.
            values.push(if log { 0.5 } else { 0.0 });
        }
        if dimension == Dimension::Y && self.has_stems() {
            // Stems are compared by their length, which counts from zero.
            values.push(0.0);
        }
        values.retain(|&v| !log || v > 0.0);
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        Some((low, high))
    }

    #[track_caller]
    pub(crate) fn axis(&self, dimension: Dimension) -> Axis {
        let AxisSpec { log, range, .. } = *self.spec(dimension);
        if let Some((low, high)) = range {
            assert!(!log || low > 0.0, "the range of a logarithmic axis must be positive, got {low} to {high}");
            return Axis { log, low, high };
        }
        let extent = self.extent(dimension);
        let from_zero = !log && self.has_stems() && extent.is_some_and(|(low, _)| low == 0.0);
        let standing = dimension == Dimension::Y && (self.has_histogram() || from_zero);
        let columns = dimension == Dimension::X && !self.categories().is_empty();
        Axis::around(log, extent, (standing || columns, columns))
    }

    /// The style of each series: what was asked for, otherwise the next colour of all, the next dash of the lines (or
    /// histograms) and the next marker of the points. References are black and take no colour.
    pub(crate) fn styles(&self) -> Vec<Style> {
        const REFERENCES: [Dash; 4] = [Dash::Dashed, Dash::Dotted, Dash::DashDot, Dash::Long];
        let (mut coloured, mut lines, mut marked, mut references) = (0, 0, 0, 0);
        let mut ranks = HashMap::new();
        let mut styles: Vec<Style> = Vec::new();
        for series in &self.series {
            let rank = next(ranks.entry(std::mem::discriminant(&series.kind)).or_insert(0));
            let colour = match series.kind {
                Kind::Reference(..) | Kind::HLine(_) | Kind::VLine(_) => Colour::Black.rgb(),
                Kind::Box(_) => Colour::Blue.rgb(),
                Kind::Band(..) => styles.last().map_or(Colour::Grey.rgb(), |style| style.colour),
                _ => Colour::nth(next(&mut coloured)).rgb(),
            };
            let dash = match series.kind {
                Kind::Reference(..) | Kind::HLine(_) | Kind::VLine(_) => {
                    REFERENCES[next(&mut references) % REFERENCES.len()]
                }
                Kind::Line(..) => Dash::nth(next(&mut lines)),
                Kind::Histogram { .. } => Dash::nth(rank),
                // Between the markers of a line-and-points series a dash pattern would only be noise.
                _ => Dash::Solid,
            };
            let marker = match series.kind {
                Kind::Points(..) | Kind::LinePoints(..) | Kind::Stems(..) => Marker::nth(next(&mut marked)),
                _ => Marker::Circle,
            };
            let thin = if series.thin { (0.5, 0.67) } else { (1.0, 1.0) };
            let marker = series.marker.unwrap_or(marker);
            let dense = series.is_dense();
            styles.push(Style {
                colour: series.colour.map_or(colour, Colour::rgb),
                dash: series.dash.unwrap_or(dash),
                // At the size of dots only two shapes can be told apart.
                marker: if dense && marker as usize % 2 == 1 {
                    Marker::Square
                } else if dense {
                    Marker::Circle
                } else {
                    marker
                },
                width: 2.4 * thin.0,
                radius: 4.6 * thin.1 * if dense { 0.55 } else { 1.0 },
                dense,
                rank,
            });
        }
        styles
    }

    /// How many series are of the kind of this one.
    pub(crate) fn siblings(&self, series: &Series) -> usize {
        let kind = std::mem::discriminant(&series.kind);
        self.series.iter().filter(|s| std::mem::discriminant(&s.kind) == kind).count()
    }

    /// What the chart cannot show, in words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (dimension, letter) in [(Dimension::X, "x"), (Dimension::Y, "y")] {
            // An empty bin has no bar on any axis: nothing is lost.
            let shown = self.series.iter().filter(|s| !matches!(s.kind, Kind::Histogram { .. }));
            let values: Vec<f64> = shown.flat_map(|s| s.values(dimension)).collect();
            let lost = values.iter().filter(|&&v| v <= 0.0).count();
            if self.spec(dimension).log && lost > 0 {
                notes.push(format!(
                    "{lost} of {} values of {letter} are ≤ 0 and cannot be drawn on a logarithmic axis.",
                    values.len()
                ));
            }
        }
        for series in &self.series {
            if let Kind::Histogram { outside, .. } = series.kind
                && outside > 0
            {
                let lie = if outside == 1 { "value lies" } else { "values lie" };
                notes.push(format!("{}: {outside} {lie} outside the bins.", series.name));
            }
        }
        notes
    }
}

/// Counts up and returns the count before.
fn next(counter: &mut usize) -> usize {
    *counter += 1;
    *counter - 1
}

/// Gives all charts the union of their ranges.
#[track_caller]
pub(crate) fn share(mut charts: Vec<&mut Chart>, dimension: Dimension) {
    let same = charts.windows(2).all(|pair| pair[0].spec(dimension).log == pair[1].spec(dimension).log);
    assert!(same, "panels share an axis only if it is logarithmic in all of them or in none");
    let axes: Vec<Axis> = charts.iter().map(|chart| chart.axis(dimension)).collect();
    let low = axes.iter().map(|axis| axis.low).reduce(f64::min);
    let high = axes.iter().map(|axis| axis.high).reduce(f64::max);
    if let (Some(low), Some(high)) = (low, high) {
        for chart in &mut charts {
            chart.spec_mut(dimension).range = Some((low, high));
        }
    }
}
