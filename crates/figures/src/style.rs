//! Colours, dashes and markers: series differ in two of them, so that no meaning rests on colour alone.

use crate::canvas::length;
use plotters::prelude::*;
use plotters_backend::BackendColor;

pub(crate) const TEXT: RGBColor = RGBColor(26, 26, 26);
pub(crate) const FAINT: RGBColor = RGBColor(90, 90, 90);
pub(crate) const FRAME: RGBColor = RGBColor(60, 60, 60);
pub(crate) const GRID: RGBColor = RGBColor(226, 226, 226);

/// A colour of the palette of Okabe and Ito, which is made to be told apart with any kind of colour vision; or black. It is a
/// [`Color`] of plotters: `Colour::Blue.filled()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The first series.
    Blue,
    /// The second series.
    Vermillion,
    /// The third series.
    Green,
    /// The fourth series.
    Purple,
    /// The fifth series.
    Sky,
    /// The sixth series.
    Orange,
    /// The seventh series; weak on white, so last.
    Yellow,
    /// Theory, truth, bounds.
    Black,
}

impl Color for Colour {
    fn to_backend_color(&self) -> BackendColor {
        let rgb = match self {
            Colour::Blue => (0, 114, 178),
            Colour::Vermillion => (213, 94, 0),
            Colour::Green => (0, 158, 115),
            Colour::Purple => (204, 121, 167),
            Colour::Sky => (86, 180, 233),
            Colour::Orange => (230, 159, 0),
            Colour::Yellow => (240, 228, 66),
            Colour::Black => (0, 0, 0),
        };
        BackendColor { rgb, alpha: 1.0 }
    }
}

impl Colour {
    pub(crate) const CYCLE: [Colour; 7] = {
        use Colour::*;
        [Blue, Vermillion, Green, Purple, Sky, Orange, Yellow]
    };
}

type Lengths = (f64, f64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    /// A stroke and a dot by turns.
    OneDot,
    Dotted,
    Long,
    TwoDots,
}

impl Dash {
    pub(crate) const CYCLE: [Dash; 6] =
        [Dash::Solid, Dash::Dashed, Dash::OneDot, Dash::Dotted, Dash::Long, Dash::TwoDots];

    /// Lengths in units of the line's width: a stroke and the gap to the next one, if there are strokes; where the first of
    /// each row of dots stands, and how far apart they are.
    pub(crate) fn pattern(self) -> (Option<Lengths>, &'static [Lengths]) {
        match self {
            Dash::Solid => (None, &[]),
            Dash::Dashed => (Some((4.0, 2.2)), &[]),
            Dash::OneDot => (Some((5.0, 4.8)), &[(7.4, 9.8)]),
            Dash::Dotted => (None, &[(0.0, 2.6)]),
            Dash::Long => (Some((9.0, 2.5)), &[]),
            Dash::TwoDots => (Some((5.0, 7.2)), &[(7.2, 12.2), (10.0, 12.2)]),
        }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle.
    Triangle,
    /// A filled square on its corner.
    Diamond,
    /// An open circle.
    Ring,
    /// An x.
    Cross,
}

impl Marker {
    pub(crate) const CYCLE: [Marker; 6] =
        [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Ring, Marker::Cross];
}

/// Where the legend stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legend {
    /// In the corner with the most room; below if no corner is free of data.
    #[default]
    Auto,
    /// Below the axes.
    Below,
}

/// How a series looks; lengths in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) colour: Colour,
    pub(crate) dash: Dash,
    pub(crate) marker: Marker,
    pub(crate) width: f64,
    pub(crate) radius: f64,
    /// Position among the series of the same kind: rugs stand on one another, box plots side by side.
    pub(crate) rank: usize,
}

impl Style {
    pub(crate) fn stroke(&self, width: f64) -> ShapeStyle {
        self.colour.stroke_width(length(width))
    }
}

#[cfg(test)]
mod tests;
