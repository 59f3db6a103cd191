//! Draws the series of a chart with plotters' elements.

use crate::axis::{Axis, visible};
use crate::bins::BoxStats;
use crate::canvas::{Canvas, Drawn, length, units};
use crate::chart::Chart;
use crate::elements::{Element, bar, line, marker};
use crate::series::{Kind, Series, styles};
use crate::style::{Dash, Marker, Style, TEXT};
use plotters::prelude::*;

/// A chart of plotters with our axes.
pub(crate) type Plot<'a> = ChartContext<'a, Canvas, Cartesian2d<Axis, Axis>>;

type Elements = Vec<Element<(f64, f64)>>;

/// Half the width of the cap of an error bar.
pub(crate) const CAP: f64 = 5.0;

/// Draws all series: bars and boxes below, then the others in their order.
pub(crate) fn draw_series(plot: &mut Plot<'_>, chart: &Chart) -> Drawn {
    let below = |series: &Series| matches!(series.kind, Kind::Histogram | Kind::BoxPlot);
    let styles = styles(&chart.series);
    for background in [true, false] {
        for (series, style) in chart.series.iter().zip(&styles) {
            if below(series) == background {
                let elements = elements(plot, series, style);
                plot.draw_series(elements)?;
            }
        }
    }
    Ok(())
}

fn axes<'p>(plot: &'p Plot<'_>) -> (&'p Axis, &'p Axis) {
    (plot.as_coord_spec().x_spec(), plot.as_coord_spec().y_spec())
}

fn elements(plot: &Plot<'_>, series: &Series, style: &Style) -> Elements {
    let (x_axis, y_axis) = axes(plot);
    let points = || series.x.iter().copied().zip(series.y.iter().copied());
    let mut elements = match &series.kind {
        Kind::Reference if series.x.is_empty() => {
            lines(plot, &[(x_axis.low, series.y[0]), (x_axis.high, series.y[0])], style)
        }
        Kind::Reference if series.y.is_empty() => {
            lines(plot, &[(series.x[0], y_axis.low), (series.x[0], y_axis.high)], style)
        }
        Kind::Rug => rug(plot, &series.x, style),
        Kind::Histogram => histogram(plot, &series.x, &series.y, style),
        Kind::BoxPlot => box_plot(plot, &series.y, style),
        Kind::Points => Vec::new(),
        Kind::Line | Kind::LinePoints | Kind::Reference => lines(plot, &points().collect::<Vec<_>>(), style),
    };
    for ((x, y), &(low, high)) in points().zip(&series.errors) {
        // An end out of range is moved to its edge; a bar of which nothing is left is none.
        let (low, high) = (y_axis.clamp(low), y_axis.clamp(high));
        if x_axis.contains(x) && low < high {
            let cap = length(2.0 * CAP);
            elements.push(ErrorBar::new_vertical(x, low, y_axis.clamp(y), high, style.stroke(1.6), cap).into_dyn());
        }
    }
    if series.has_markers() {
        let shown = points().filter(|&(x, y)| x_axis.contains(x) && y_axis.contains(y));
        elements.extend(shown.map(|at| marker(at, style)));
    }
    elements
}

fn lines(plot: &Plot<'_>, points: &[(f64, f64)], style: &Style) -> Elements {
    let draw = |part: Vec<(f64, f64)>| {
        let pixels: Vec<(i32, i32)> = part.iter().map(|p| plot.backend_coord(p)).collect();
        let step = |p: &[(i32, i32)]| f64::from(p[1].0 - p[0].0).hypot(f64::from(p[1].1 - p[0].1));
        let along: f64 = pixels.windows(2).map(step).sum();
        // In a line that fills the chart many times over, as noise does, nobody sees dashes.
        let dash = if along > 4000.0 * f64::from(units(style.width)) { Dash::Solid } else { style.dash };
        line(part, &Style { dash, ..*style })
    };
    visible(axes(plot).0, axes(plot).1, points).into_iter().flat_map(draw).collect()
}

/// Short strokes above the bottom of the chart.
fn rug(plot: &Plot<'_>, x: &[f64], style: &Style) -> Elements {
    let (x_axis, y_axis) = axes(plot);
    let bottom = -15.0 * style.rank as f64;
    let path = || PathElement::new([(0, units(bottom)), (0, units(bottom - 12.0))], style.stroke(0.7 * style.width));
    let shown = x.iter().filter(|&&x| x_axis.contains(x));
    shown.map(|&x| (EmptyElement::at((x, y_axis.low)) + path()).into_dyn()).collect()
}

/// Plotters' own histogram needs an axis of as many values as bins, on which no line could be drawn.
fn histogram(plot: &Plot<'_>, edges: &[f64], counts: &[f64], style: &Style) -> Elements {
    let y = axes(plot).1;
    let base = if y.log { y.low } else { y.clamp(0.0) };
    let mut steps = vec![(edges[0], base)];
    for (pair, &count) in edges.windows(2).zip(counts) {
        let height = if count > 0.0 { y.clamp(count) } else { base };
        steps.extend(pair.iter().map(|&edge| (edge, height)));
    }
    steps.push((edges[edges.len() - 1], base));
    // Along empty bins there is nothing to outline.
    let parts = steps.chunk_by(|a, b| a.1 != base || b.1 != base).filter(|part| part.len() > 1);
    parts.flat_map(|part| bar(part.to_vec(), style)).collect()
}

/// Plotters' own box plot knows no outliers, its whiskers end where no value is, and it needs an axis in f32.
fn box_plot(plot: &Plot<'_>, values: &[f64], style: &Style) -> Elements {
    let stats = BoxStats::of(values);
    let x = style.rank as f64 + 1.0;
    let y = axes(plot).1;
    let pixels = plot.backend_coord(&(1.5, y.low)).0 - plot.backend_coord(&(0.5, y.low)).0;
    let half = 0.28f64.min(f64::from(units(34.0)) / f64::from(pixels.max(1)));
    let stroke = style.stroke(1.6);
    let across = |value: f64| [(x - half, y.clamp(value)), (x + half, y.clamp(value))];
    let corners = [across(stats.upper)[0], across(stats.lower)[1]];
    let (low, median, high) = (y.clamp(stats.whisker_low), y.clamp(stats.median), y.clamp(stats.whisker_high));
    let mut elements = vec![
        // The box covers the middle of what is both whiskers.
        ErrorBar::new_vertical(x, low, median, high, stroke, (half * f64::from(pixels)) as u32).into_dyn(),
        Rectangle::new(corners, WHITE.filled()).into_dyn(),
        Rectangle::new(corners, style.colour.mix(0.3).filled()).into_dyn(),
        Rectangle::new(corners, stroke).into_dyn(),
        PathElement::new(across(stats.median), TEXT.stroke_width(length(3.0))).into_dyn(),
    ];
    let outlier = Style { marker: Marker::Ring, radius: 4.2, ..*style };
    elements.extend(stats.outliers.iter().filter(|&&v| y.contains(v)).map(|&v| marker((x, v), &outlier)));
    elements
}
