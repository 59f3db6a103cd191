//! A backend of plotters around another one: finer units, strokes without holes, and text of our own.
//!
//! Plotters knows whole pixels only, so a drawing area has ten units in a CSS pixel, and the canvas scales them to the
//! pixels of the backend that it wraps. Texts are kept as [`Label`]s, which [`svg`](crate::svg) and [`png`](crate::png)
//! draw: plotters' own drop the bearing of each letter, which spaces them unevenly, and know no subscripts.

use crate::text;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

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

/// The backend, and the texts that were drawn on it.
pub(crate) struct Canvas<B> {
    backend: B,
    size: (u32, u32),
    scale: f64,
    pub(crate) labels: Vec<Label>,
}

type Result<B> = std::result::Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> Canvas<B> {
    /// A canvas of this size in CSS pixels, of which the backend draws `pixels` each.
    pub(crate) fn new(backend: B, (width, height): (u32, u32), pixels: f64) -> Self {
        Self { backend, size: (width * UNITS as u32, height * UNITS as u32), scale: pixels / UNITS, labels: Vec::new() }
    }

    fn at(&self, (x, y): (f64, f64)) -> BackendCoord {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn at_unit(&self, (x, y): BackendCoord) -> BackendCoord {
        self.at((f64::from(x), f64::from(y)))
    }

    /// Segment by segment: plotters' rasteriser fills a thick path as one polygon, which leaves holes where it crosses
    /// itself.
    fn draw_strips(&mut self, path: &[BackendCoord], color: BackendColor, width: f64) -> Result<B> {
        let path: Vec<(f64, f64)> = path.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect();
        for pair in path.windows(2) {
            let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
            let scale = 0.5 * width / dx.hypot(dy).max(1e-9);
            let (nx, ny) = (-dy * scale, dx * scale);
            let corners = [(x + nx, y + ny), (x + dx + nx, y + dy + ny), (x + dx - nx, y + dy - ny), (x - nx, y - ny)];
            self.backend.fill_polygon(corners.map(|c| self.at(c)), &color)?;
        }
        let radius = (0.5 * width * self.scale) as u32;
        // Where a line turns, its strips would leave a notch.
        for &inner in path.iter().skip(1).rev().skip(1) {
            self.backend.draw_circle(self.at(inner), radius, &color, true)?;
        }
        Ok(())
    }
}

impl<B: DrawingBackend> DrawingBackend for Canvas<B> {
    type ErrorType = B::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<B> {
        self.backend.ensure_prepared()
    }

    fn present(&mut self) -> Result<B> {
        self.backend.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Result<B> {
        self.backend.draw_pixel(self.at_unit(point), color)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Result<B> {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Result<B> {
        if fill {
            return self.backend.draw_rect(self.at_unit(a), self.at_unit(b), &style.color(), true);
        }
        // One more corner closes the first; plotters' own outline has no width.
        self.draw_path([a, (b.0, a.1), b, (a.0, b.1), a, (b.0, a.1)], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Result<B> {
        let (color, width) = (style.color(), style.stroke_width());
        if color.alpha == 0.0 {
            return Ok(());
        }
        let mut path: Vec<BackendCoord> = path.into_iter().collect();
        path.dedup();
        if self.scale == 1.0 {
            return self.backend.draw_path(path, style);
        }
        self.draw_strips(&path, color, f64::from(width))
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Result<B> {
        // The only circle without a filling is the one that plotters' error bars draw around their middle, where a series
        // has a marker of its own.
        if !fill {
            return Ok(());
        }
        let radius = (f64::from(radius) * self.scale).round() as u32;
        self.backend.draw_circle(self.at_unit(centre), radius, &style.color(), true)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Result<B> {
        let path: Vec<BackendCoord> = path.into_iter().map(|p| self.at_unit(p)).collect();
        self.backend.fill_polygon(path, &style.color())
    }

    /// Keeps the text, whose lines are separated by `\n`.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Result<B> {
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
    ) -> std::result::Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let size = style.size() / text::line_height();
        let (width, height) = (text::width(text, size), text::height(text, size));
        Ok((width.ceil() as u32, height.ceil() as u32))
    }
}
