//! What plotters' elements do not offer ready made: lines with a pattern, all markers.

use crate::canvas::{Canvas, length, units};
use crate::style::{Marker, Style};
use plotters::element::{DashedPathElement, DottedPathElement};
use plotters::prelude::*;
use plotters_backend::BackendCoord;

/// An element in the coordinates of a chart, or in pixels.
pub(crate) type Element<Coord> = DynElement<'static, Canvas, Coord>;

/// A line through `points` with the dash pattern of the style, whose lengths are measured along the line.
pub(crate) fn line<Coord: Clone + 'static>(points: Vec<Coord>, style: &Style) -> Vec<Element<Coord>> {
    let (stroke, width) = (style.stroke(style.width), style.width);
    let (dash, dots) = style.dash.pattern();
    if dash.is_none() && dots.is_empty() {
        return vec![PathElement::new(points, stroke).into_dyn()];
    }
    let dash = dash.map(|(on, off)| {
        DashedPathElement::new(points.clone(), units(on * width), units(off * width), stroke).into_dyn()
    });
    let dot = (length(0.62 * width), style.colour.filled());
    let dots = dots.iter().map(|(first, apart)| {
        let at = move |at: BackendCoord| Circle::new(at, dot.0, dot.1);
        DottedPathElement::new(points.clone(), units(first * width), units(apart * width), at).into_dyn()
    });
    dash.into_iter().chain(dots).collect()
}

/// A bar of a histogram: a line around it, filled lightly, so that several can lie over one another.
pub(crate) fn bar<Coord: Clone + 'static>(outline: Vec<Coord>, style: &Style) -> Vec<Element<Coord>> {
    let filled = Polygon::new(outline.clone(), style.colour.mix(0.28).filled()).into_dyn();
    let line = line(outline, &Style { width: 0.8 * style.width, ..*style });
    [filled].into_iter().chain(line).collect()
}

/// The marker of the style.
pub(crate) fn marker<Coord: Clone + 'static>(at: Coord, style: &Style) -> Element<Coord> {
    let (r, filled) = (style.radius, style.colour.filled());
    match style.marker {
        Marker::Circle => Circle::new(at, length(r), filled).into_dyn(),
        Marker::Ring => {
            let (ring, hole) =
                (Circle::new((0, 0), length(r), filled), Circle::new((0, 0), length(0.58 * r), WHITE.filled()));
            (EmptyElement::at(at) + ring + hole).into_dyn()
        }
        Marker::Square => {
            let r = units(0.9 * r);
            (EmptyElement::at(at) + Rectangle::new([(-r, -r), (r, r)], filled)).into_dyn()
        }
        Marker::Triangle => TriangleMarker::new(at, length(1.3 * r), filled).into_dyn(),
        Marker::Diamond => {
            let (x, y) = (units(1.1 * r), units(1.3 * r));
            (EmptyElement::at(at) + Polygon::new([(0, -y), (x, 0), (0, y), (-x, 0)], filled)).into_dyn()
        }
        Marker::Cross => Cross::new(at, length(0.85 * r), style.stroke(0.45 * r)).into_dyn(),
    }
}

/// Several elements as one.
pub(crate) fn together(elements: Vec<Element<BackendCoord>>) -> Element<BackendCoord> {
    let nothing = || EmptyElement::at((0, 0));
    elements.into_iter().fold(nothing().into_dyn(), |all, next| (nothing() + all + next).into_dyn())
}
