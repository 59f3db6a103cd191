//! What a chart draws, and the look that follows from the order of its series.

use crate::style::{Colour, Dash, Marker, Style};
use crate::text::clean;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    #[default]
    Line,
    Points,
    LinePoints,
    /// Without `x` it is horizontal, without `y` vertical.
    Reference,
    Rug,
    BoxPlot,
    /// The edges of the bins are the `x` of the series, their counts the `y`.
    Histogram,
}

/// The data of a series, checked: finite, of equal lengths, not empty. A rug has no `y`, a box plot no `x`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    /// Ends of the error bars, in units of y.
    pub(crate) errors: Vec<(f64, f64)>,
    pub(crate) colour: Option<Colour>,
    pub(crate) dash: Option<Dash>,
    pub(crate) marker: Option<Marker>,
    pub(crate) thin: bool,
    /// How many values lie outside the bins of a histogram.
    pub(crate) outside: usize,
}

impl Series {
    pub(crate) fn new(name: &str, kind: Kind, x: Vec<f64>, y: Vec<f64>) -> Self {
        Self { name: clean(name), kind, x, y, ..Self::default() }
    }

    pub(crate) fn has_markers(&self) -> bool {
        matches!(self.kind, Kind::Points | Kind::LinePoints)
    }
}

/// The style of each series: what was asked for, otherwise the next colour of all, the next dash of the lines (or
/// histograms) and the next marker of the points. References are black and take no colour.
pub(crate) fn styles(series: &[Series]) -> Vec<Style> {
    const REFERENCES: [Dash; 4] = [Dash::Dashed, Dash::Dotted, Dash::OneDot, Dash::Long];
    let (mut colours, mut markers) = (Colour::CYCLE.into_iter().cycle(), Marker::CYCLE.into_iter().cycle());
    let mut ranks = HashMap::new();
    let style = |series: &Series| {
        let rank: &mut usize = ranks.entry(series.kind).or_default();
        let colour = match series.kind {
            Kind::Reference => Some(Colour::Black),
            Kind::BoxPlot => Some(Colour::Blue),
            _ => colours.next(),
        };
        let dash = match series.kind {
            Kind::Reference => Some(REFERENCES[*rank % 4]),
            Kind::Line | Kind::Histogram => Some(Dash::CYCLE[*rank % 6]),
            // Between the markers of a line-and-points series a dash pattern would only be noise.
            _ => None,
        };
        let next = if series.has_markers() { markers.next() } else { None };
        let marker = series.marker.or(next).unwrap_or(Marker::Circle);
        // Hundreds of points are drawn as dots, at whose size only two shapes can be told apart.
        let dots = series.x.len() > 400;
        let dot = [Marker::Circle, Marker::Square][marker as usize % 2];
        let (width, radius) = if series.thin { (1.2, 3.1) } else { (2.4, 4.6) };
        *rank += 1;
        Style {
            colour: series.colour.or(colour).unwrap_or(Colour::Blue),
            dash: series.dash.or(dash).unwrap_or(Dash::Solid),
            marker: if dots { dot } else { marker },
            width,
            radius: if dots { 0.55 * radius } else { radius },
            rank: *rank - 1,
        }
    };
    series.iter().map(style).collect()
}
