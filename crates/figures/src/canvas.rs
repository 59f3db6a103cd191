//! The backend of plotters on which all figures are drawn. It keeps what is drawn, and draws it again on plotters' own, with
//! finer units, strokes without holes, and text of our own.
//!
//! Plotters knows whole pixels only, so the canvas has ten units in a CSS pixel, which are scaled to the pixels of the backend
//! that draws them. Texts are kept as [`Label`]s, which [`svg`](crate::svg) and [`png`](crate::png) draw: plotters' own drop the
//! bearing of each letter, which spaces them unevenly, and know no subscripts.

use crate::text;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// Units of a drawing area in a CSS pixel.
pub(crate) const UNITS: f64 = 10.0;

/// CSS pixels in units of a drawing area.
pub(crate) fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

/// As [`units`], for what plotters wants unsigned.
pub(crate) fn length(pixels: f64) -> u32 {
    units(pixels).max(0).unsigned_abs()
}

/// A line of text, with lengths in units.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// With markup, see [`text::runs`].
    pub(crate) text: String,
    /// Where its baseline starts.
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// The em.
    pub(crate) size: f64,
    /// Read from bottom to top.
    pub(crate) upright: bool,
    pub(crate) colour: (u8, u8, u8),
}

enum Shape {
    Path(Vec<BackendCoord>, ShapeStyle),
    Polygon(Vec<BackendCoord>, BackendColor),
    Rectangle(BackendCoord, BackendCoord, BackendColor),
    Circle(BackendCoord, u32, BackendColor),
}

/// What was drawn: shapes, and texts above them. All lengths are in units.
#[derive(Default)]
pub(crate) struct Canvas {
    pub(crate) size: (u32, u32),
    shapes: Vec<Shape>,
    pub(crate) labels: Vec<Label>,
}

/// A part of a canvas.
pub(crate) type Area = DrawingArea<Canvas, Shift>;

pub(crate) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<Infallible>>;

impl Canvas {
    /// What `draw` draws on a canvas of this size in CSS pixels.
    pub(crate) fn drawn((width, height): (u32, u32), draw: impl FnOnce(&Area) -> Drawn) -> Self {
        let size = (width * UNITS as u32, height * UNITS as u32);
        let canvas = Rc::new(RefCell::new(Self { size, ..Self::default() }));
        draw(&DrawingArea::from(&canvas)).expect("a canvas takes whatever is drawn");
        canvas.take()
    }

    /// Draws the shapes on a backend that writes into memory and has so many pixels in a CSS pixel.
    pub(crate) fn draw_shapes<B: DrawingBackend>(&self, mut backend: B, pixels: f64) {
        let scale = pixels / UNITS;
        let draw = |shape| draw_shape(&mut backend, shape, scale);
        let drawn = self.shapes.iter().try_for_each(draw).and_then(|()| backend.present());
        drawn.expect("drawing into memory does not fail");
    }
}

fn draw_shape<B: DrawingBackend>(
    backend: &mut B,
    shape: &Shape,
    scale: f64,
) -> Result<(), DrawingErrorKind<B::ErrorType>> {
    let scaled = |x: f64, y: f64| ((x * scale).round() as i32, (y * scale).round() as i32);
    let at = |&(x, y): &BackendCoord| scaled(f64::from(x), f64::from(y));
    match shape {
        Shape::Polygon(corners, color) => backend.fill_polygon(corners.iter().map(at), color),
        Shape::Rectangle(a, b, color) => backend.draw_rect(at(a), at(b), color, true),
        Shape::Circle(centre, radius, color) => {
            backend.draw_circle(at(centre), (f64::from(*radius) * scale).round() as u32, color, true)
        }
        Shape::Path(path, style) if scale == 1.0 => backend.draw_path(path.iter().copied(), style),
        // Segment by segment: plotters' rasteriser fills a thick path as one polygon, which leaves holes where it crosses
        // itself.
        Shape::Path(path, style) => {
            let (half, color) = (0.5 * f64::from(style.stroke_width), &style.color());
            for pair in path.windows(2) {
                let [(x, y), (to_x, to_y)] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
                let length = (to_x - x).hypot(to_y - y).max(1e-9);
                let (nx, ny) = (half * (y - to_y) / length, half * (to_x - x) / length);
                let corners = [(x + nx, y + ny), (to_x + nx, to_y + ny), (to_x - nx, to_y - ny), (x - nx, y - ny)];
                backend.fill_polygon(corners.map(|(x, y)| scaled(x, y)), color)?;
            }
            // Where a line turns, its strips would leave a notch.
            let inner = path.iter().skip(1).rev().skip(1);
            inner.map(at).try_for_each(|turn| backend.draw_circle(turn, (half * scale) as u32, color, true))
        }
    }
}

type Kept = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Kept {
        Ok(())
    }

    fn present(&mut self) -> Kept {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Kept {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Kept {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Kept {
        if !fill {
            // One more corner closes the first; plotters' own outline has no width.
            return self.draw_path([a, (b.0, a.1), b, (a.0, b.1), a, (b.0, a.1)], style);
        }
        self.shapes.push(Shape::Rectangle(a, b, style.color()));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Kept {
        let BackendColor { alpha, rgb: (r, g, b) } = style.color();
        if alpha > 0.0 {
            let mut path: Vec<BackendCoord> = path.into_iter().collect();
            path.dedup();
            let style = ShapeStyle::from(RGBAColor(r, g, b, alpha)).stroke_width(style.stroke_width());
            self.shapes.push(Shape::Path(path, style));
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Kept {
        // The only circle without a filling is the one that plotters' error bars draw around their middle, where a series
        // has a marker of its own.
        if fill {
            self.shapes.push(Shape::Circle(centre, radius, style.color()));
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Kept {
        self.shapes.push(Shape::Polygon(path.into_iter().collect(), style.color()));
        Ok(())
    }

    /// Keeps the text, whose lines are separated by `\n`.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Kept {
        let size = style.size() / text::line_height();
        let lines: Vec<&str> = text.split('\n').collect();
        let below_first = (lines.len() - 1) as f64 * text::SPACING * size;
        let first = match style.anchor().v_pos {
            VPos::Top => 0.82 * size,
            VPos::Center => 0.36 * size - below_first / 2.0,
            VPos::Bottom => -0.24 * size - below_first,
        };
        for (i, line) in lines.into_iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let width = text::width(line, size);
            let back = match style.anchor().h_pos {
                HPos::Left => 0.0,
                HPos::Center => width / 2.0,
                HPos::Right => width,
            };
            let down = first + i as f64 * text::SPACING * size;
            let upright = matches!(style.transform(), FontTransform::Rotate270);
            let (dx, dy) = if upright { (down, back) } else { (-back, down) };
            let (x, y, colour) = (f64::from(x) + dx, f64::from(y) + dy, style.color().rgb);
            self.labels.push(Label { text: line.to_owned(), x, y, size, upright, colour });
        }
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size() / text::line_height();
        let (width, height) = (text::width(text, size), text::height(text, size));
        Ok((width.ceil() as u32, height.ceil() as u32))
    }
}
