//! Draws the series of a chart into the area inside its axes.

use crate::axis::Plot;
use crate::chart::{Chart, Kind, Series, Style};
use crate::scene::{Frame, Point, Scene, Shape, clip_line};
use crate::style::{Dash, Marker, TEXT, WHITE, tint};
use std::collections::HashSet;

/// Height of a stroke of a rug, and from one rug to the next.
const RUG: (f64, f64) = (12.0, 15.0);

/// Draws all series: bands and bars below, then the others in their order.
pub(crate) fn draw(chart: &Chart, plot: &Plot, scene: &mut Scene) {
    let below = |series: &Series| matches!(series.kind, Kind::Band(..) | Kind::Histogram { .. } | Kind::Box(_));
    let styles = chart.styles();
    for background in [true, false] {
        for (series, style) in chart.series.iter().zip(&styles) {
            if below(series) == background {
                draw_series(chart, series, style, plot, scene);
            }
        }
    }
}

fn draw_series(chart: &Chart, series: &Series, style: &Style, plot: &Plot, scene: &mut Scene) {
    let frame = plot.frame;
    match &series.kind {
        Kind::Line(x, y) | Kind::Reference(x, y) => line(x, y, style, plot, scene),
        Kind::LinePoints(x, y) => {
            line(x, y, style, plot, scene);
            points(x, y, style, plot, scene);
        }
        Kind::Points(x, y) => points(x, y, style, plot, scene),
        Kind::Stems(x, y) => {
            for (&x, &y) in x.iter().zip(y) {
                if let Some(px) = inside_x(plot, x) {
                    scene.stroke((px, plot.base()), (px, plot.py_clamped(y)), 0.75 * style.width, style.colour);
                }
            }
            points(x, y, style, plot, scene);
        }
        Kind::Rug(x) => {
            let bottom = frame.bottom - RUG.1 * style.rank as f64;
            let mut seen = HashSet::new();
            for px in x.iter().filter_map(|&x| inside_x(plot, x)) {
                if seen.insert((px * 2.0).round() as i64) {
                    scene.stroke((px, bottom), (px, bottom - RUG.0), 0.7 * style.width, style.colour);
                }
            }
        }
        Kind::HLine(y) => {
            let ends: Vec<Point> =
                y.iter().filter_map(|&y| plot.py(y)).flat_map(|y| [(frame.left, y), (frame.right, y)]).collect();
            clipped(&ends, style, plot, scene);
        }
        Kind::VLine(x) => {
            let ends: Vec<Point> =
                x.iter().filter_map(|&x| plot.px(x)).flat_map(|x| [(x, frame.bottom), (x, frame.top)]).collect();
            clipped(&ends, style, plot, scene);
        }
        Kind::Band(x, lower, upper) => band(x, lower, upper, style, plot, scene),
        Kind::Histogram { edges, counts, .. } => {
            let siblings = chart.siblings(series);
            if chart.side_by_side && siblings > 1 {
                bars(edges, counts, siblings, style, plot, scene);
            } else {
                steps(edges, counts, style, plot, scene);
            }
        }
        Kind::Box(_) => box_plot(series, style, plot, scene),
    }
    error_bars(series, style, plot, scene);
}

fn inside_x(plot: &Plot, x: f64) -> Option<f64> {
    if plot.x.contains(x) { plot.px(x) } else { None }
}

/// A line through what can be shown; a value that cannot breaks it.
fn line(x: &[f64], y: &[f64], style: &Style, plot: &Plot, scene: &mut Scene) {
    let points: Vec<Option<Point>> = x.iter().zip(y).map(|(&x, &y)| plot.at(x, y)).collect();
    for part in points.split(Option::is_none) {
        let part: Vec<Point> = part.iter().flatten().copied().collect();
        clipped(&part, style, plot, scene);
    }
}

fn clipped(points: &[Point], style: &Style, plot: &Plot, scene: &mut Scene) {
    for part in clip_line(points, plot.frame) {
        scene.path(&part, style.width, style.colour, style.dash);
    }
}

fn points(x: &[f64], y: &[f64], style: &Style, plot: &Plot, scene: &mut Scene) {
    // Those that coincide on paper are drawn once.
    let (mut seen, cells) = (HashSet::new(), if style.dense { 1.0 } else { 2.0 });
    let visible = x.iter().zip(y).filter(|&(&x, &y)| plot.x.contains(x) && plot.y.contains(y));
    let mut centres: Vec<Point> = visible.filter_map(|(&x, &y)| plot.at(x, y)).collect();
    centres.retain(|at| seen.insert(((at.0 * cells).round() as i64, (at.1 * cells).round() as i64)));
    if style.dense {
        let square = style.marker == Marker::Square;
        scene.shapes.push(Shape::Dots { centres, radius: style.radius, square, colour: style.colour });
    } else {
        centres.into_iter().for_each(|at| marker(at, style, scene));
    }
}

/// Draws one marker.
pub(crate) fn marker(at: Point, style: &Style, scene: &mut Scene) {
    let (r, colour) = (style.radius, style.colour);
    let mut polygon = |corners: &[Point]| {
        scene.area(corners.iter().map(|(dx, dy)| (at.0 + r * dx, at.1 + r * dy)).collect(), colour, 1.0);
    };
    match style.marker {
        Marker::Circle => scene.disc(at, r, colour),
        Marker::Ring => {
            scene.disc(at, r, colour);
            scene.disc(at, 0.58 * r, WHITE);
        }
        Marker::Square => scene.rect(Frame::new(at.0, at.1, 0.0, 0.0).grown(0.9 * r), colour),
        Marker::Diamond => polygon(&[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)]),
        Marker::Triangle => polygon(&[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
        Marker::TriangleDown => polygon(&[(0.0, 1.2), (1.15, -0.85), (-1.15, -0.85)]),
        Marker::Cross | Marker::Plus => {
            let arms =
                if style.marker == Marker::Cross { [(0.85, 0.85), (0.85, -0.85)] } else { [(1.15, 0.0), (0.0, 1.15)] };
            for (dx, dy) in arms {
                scene.stroke((at.0 - r * dx, at.1 - r * dy), (at.0 + r * dx, at.1 + r * dy), 0.45 * r, colour);
            }
        }
    }
}

fn error_bars(series: &Series, style: &Style, plot: &Plot, scene: &mut Scene) {
    let (Kind::Line(x, _) | Kind::Points(x, _) | Kind::LinePoints(x, _) | Kind::Stems(x, _)) = &series.kind else {
        return;
    };
    for (&x, &(low, high)) in x.iter().zip(&series.errors) {
        let Some(px) = inside_x(plot, x) else { continue };
        let (bottom, top) = (plot.py_clamped(low), plot.py_clamped(high));
        if bottom == top && !plot.y.contains(low) {
            continue;
        }
        scene.stroke((px, bottom), (px, top), 1.6, style.colour);
        // An end that is cut off gets no cap.
        for (end, y) in [(low, bottom), (high, top)] {
            if plot.y.contains(end) {
                scene.stroke((px - 5.0, y), (px + 5.0, y), 1.6, style.colour);
            }
        }
    }
}

fn band(x: &[f64], lower: &[f64], upper: &[f64], style: &Style, plot: &Plot, scene: &mut Scene) {
    // What a logarithmic axis cannot show lies below the frame.
    let below = plot.frame.bottom + 1.0;
    let edge = |ends: &[f64]| -> Vec<Point> {
        x.iter().zip(ends).filter_map(|(&x, &y)| Some((plot.px(x)?, plot.py(y).unwrap_or(below)))).collect()
    };
    let mut polygon = edge(upper);
    polygon.extend(edge(lower).into_iter().rev());
    scene.area(clip_polygon(polygon, plot.frame), style.colour, 0.22);
}

/// Sutherland and Hodgman's clipping.
fn clip_polygon(mut polygon: Vec<Point>, frame: Frame) -> Vec<Point> {
    let sides: [fn(Point, Frame) -> f64; 4] =
        [|p, f| p.0 - f.left, |p, f| f.right - p.0, |p, f| p.1 - f.top, |p, f| f.bottom - p.1];
    for side in sides {
        let mut kept = Vec::with_capacity(polygon.len() + 4);
        for (i, &b) in polygon.iter().enumerate() {
            let a = polygon[(i + polygon.len() - 1) % polygon.len()];
            let (da, db) = (side(a, frame), side(b, frame));
            if (da < 0.0) != (db < 0.0) {
                kept.push(super::scene::between(a, b, da / (da - db)));
            }
            if db >= 0.0 {
                kept.push(b);
            }
        }
        polygon = kept;
    }
    polygon
}

/// A histogram as one outline, filled lightly, so that several can lie over one another.
fn steps(edges: &[f64], counts: &[usize], style: &Style, plot: &Plot, scene: &mut Scene) {
    let base = plot.base();
    let mut outline = Vec::new();
    for (pair, &count) in edges.windows(2).zip(counts) {
        let height = if count == 0 { base } else { plot.py(count as f64).unwrap_or(base) };
        for edge in pair {
            outline.extend(plot.px(*edge).map(|x| (x, height)));
        }
    }
    if let (Some(&(first, _)), Some(&(last, _))) = (outline.first(), outline.last()) {
        outline.insert(0, (first, base));
        outline.push((last, base));
    }
    scene.area(clip_polygon(outline.clone(), plot.frame), style.colour, 0.28);
    // Along empty bins there is nothing to outline.
    for part in outline.chunk_by(|a, b| a.1 != base || b.1 != base) {
        for part in clip_line(part, plot.frame) {
            scene.path(&part, 0.8 * style.width, style.colour, style.dash);
        }
    }
}

/// The share of the full colour that fills the bars of a histogram, by its rank.
pub(crate) fn bar_fill(rank: usize) -> f64 {
    [1.0, 0.25, 0.6][rank % 3]
}

fn bars(edges: &[f64], counts: &[usize], siblings: usize, style: &Style, plot: &Plot, scene: &mut Scene) {
    for (pair, &count) in edges.windows(2).zip(counts) {
        let (Some(left), Some(right)) = (plot.px(pair[0]), plot.px(pair[1])) else { continue };
        let slot = 0.86 * (right - left) / siblings as f64;
        let from = (left + 0.07 * (right - left) + slot * style.rank as f64).clamp(plot.frame.left, plot.frame.right);
        let to = (from + slot).min(plot.frame.right);
        if count == 0 || to <= from {
            continue;
        }
        let bar = Frame { left: from, right: to, top: plot.py_clamped(count as f64), bottom: plot.base() };
        scene.rect(bar, tint(style.colour, bar_fill(style.rank)));
        scene.outline(bar, 1.0, style.colour);
    }
}

fn box_plot(series: &Series, style: &Style, plot: &Plot, scene: &mut Scene) {
    let Some(stats) = series.box_stats() else { return };
    let x = style.rank as f64 + 1.0;
    let (Some(centre), Some(next)) = (plot.px(x), plot.px(x + 1.0)) else { return };
    let half = (0.28 * (next - centre)).min(34.0);
    let y = |value: f64| plot.py_clamped(value);
    let whisker = Style { dash: Dash::Solid, width: 1.6, ..*style };
    for (end, edge) in [(stats.whisker_low, stats.lower), (stats.whisker_high, stats.upper)] {
        scene.stroke((centre, y(end)), (centre, y(edge)), whisker.width, whisker.colour);
        if plot.y.contains(end) {
            scene.stroke((centre - 0.5 * half, y(end)), (centre + 0.5 * half, y(end)), whisker.width, whisker.colour);
        }
    }
    let body = Frame { left: centre - half, right: centre + half, top: y(stats.upper), bottom: y(stats.lower) };
    scene.rect(body, tint(style.colour, 0.3));
    scene.outline(body, 1.6, style.colour);
    if plot.y.contains(stats.median) {
        scene.stroke((body.left, y(stats.median)), (body.right, y(stats.median)), 3.0, TEXT);
    }
    let outlier = Style { marker: Marker::Ring, radius: 4.2, ..*style };
    let xs = vec![x; stats.outliers.len()];
    points(&xs, &stats.outliers, &outlier, plot, scene);
}
