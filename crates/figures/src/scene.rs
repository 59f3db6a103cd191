//! A figure laid out: shapes and texts in CSS pixels, x to the right and y down.

use crate::style::{Dash, Rgb};
use crate::text;

pub(crate) type Point = (f64, f64);

/// A rectangle with sides along the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    pub(crate) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn centre(&self) -> Point {
        ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    pub(crate) fn grown(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    pub(crate) fn contains(&self, (x, y): Point) -> bool {
        self.left <= x && x <= self.right && self.top <= y && y <= self.bottom
    }

    #[cfg(test)]
    pub(crate) fn overlaps(&self, other: &Frame) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn corners(&self) -> Vec<Point> {
        vec![(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
    }
}

/// Something drawn; later shapes cover earlier ones.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Line {
        points: Vec<Point>,
        width: f64,
        colour: Rgb,
    },
    Area {
        points: Vec<Point>,
        colour: Rgb,
        opacity: f64,
    },
    Rect {
        frame: Frame,
        colour: Rgb,
    },
    Disc {
        centre: Point,
        radius: f64,
        colour: Rgb,
    },
    /// Many discs or squares of one size, in one element of SVG.
    Dots {
        centres: Vec<Point>,
        radius: f64,
        square: bool,
        colour: Rgb,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; all texts are drawn after all shapes.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// With markup, see [`text::runs`].
    pub(crate) text: String,
    /// Where the anchor of the baseline stands.
    pub(crate) at: Point,
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    /// Read from bottom to top.
    pub(crate) upright: bool,
    pub(crate) colour: Rgb,
}

impl Label {
    pub(crate) fn width(&self) -> f64 {
        text::width(&self.text, self.size)
    }

    /// Where the text starts, after its anchor is taken into account.
    pub(crate) fn start(&self) -> Point {
        let back = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => self.width() / 2.0,
            Anchor::End => self.width(),
        };
        if self.upright { (self.at.0, self.at.1 + back) } else { (self.at.0 - back, self.at.1) }
    }

    /// The area the text may cover.
    #[cfg(test)]
    pub(crate) fn frame(&self) -> Frame {
        let (x, y) = self.start();
        let (up, down, width) = (0.78 * self.size, 0.22 * self.size, self.width());
        if self.upright {
            Frame::new(x - up, y - width, up + down, width)
        } else {
            Frame::new(x, y - up, width, up + down)
        }
    }
}

/// All that a figure draws.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) labels: Vec<Label>,
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new(), labels: Vec::new() }
    }

    pub(crate) fn rect(&mut self, frame: Frame, colour: Rgb) {
        self.shapes.push(Shape::Rect { frame, colour });
    }

    pub(crate) fn area(&mut self, points: Vec<Point>, colour: Rgb, opacity: f64) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area { points, colour, opacity });
        }
    }

    pub(crate) fn disc(&mut self, centre: Point, radius: f64, colour: Rgb) {
        self.shapes.push(Shape::Disc { centre, radius, colour });
    }

    pub(crate) fn stroke(&mut self, from: Point, to: Point, width: f64, colour: Rgb) {
        self.shapes.push(Shape::Line { points: vec![from, to], width, colour });
    }

    pub(crate) fn outline(&mut self, frame: Frame, width: f64, colour: Rgb) {
        let mut points = frame.corners();
        points.push(points[0]);
        // One more point closes the corner.
        points.push(points[1]);
        self.shapes.push(Shape::Line { points, width, colour });
    }

    /// A line through `points` with a dash pattern.
    pub(crate) fn path(&mut self, points: &[Point], width: f64, colour: Rgb, dash: Dash) {
        for points in dashes(&thinned(points), dash.pattern(), width) {
            self.shapes.push(Shape::Line { points, width, colour });
        }
    }

    pub(crate) fn label(&mut self, text: &str, at: Point, size: f64, anchor: Anchor, colour: Rgb) {
        self.labels.push(Label { text: text.to_owned(), at, size, anchor, upright: false, colour });
    }

    pub(crate) fn upright_label(&mut self, text: &str, at: Point, size: f64, colour: Rgb) {
        self.labels.push(Label { text: text.to_owned(), at, size, anchor: Anchor::Middle, upright: true, colour });
    }
}

/// Points along the shapes, at most `step` apart: what a legend must not cover.
pub(crate) fn ink(shapes: &[Shape], step: f64) -> Vec<Point> {
    let mut ink = Vec::new();
    for shape in shapes {
        match shape {
            Shape::Line { points, .. } => {
                for pair in points.windows(2) {
                    let length = distance(pair[0], pair[1]);
                    let n = (length / step).ceil().max(1.0) as usize;
                    ink.extend((0..=n).map(|i| between(pair[0], pair[1], i as f64 / n as f64)));
                }
            }
            Shape::Disc { centre, .. } => ink.push(*centre),
            Shape::Dots { centres, .. } => ink.extend_from_slice(centres),
            Shape::Rect { frame, .. } => fill(&mut ink, &frame.corners(), step),
            Shape::Area { points, .. } => fill(&mut ink, points, step),
        }
    }
    ink
}

/// Points inside a polygon, row by row, and its corners.
fn fill(ink: &mut Vec<Point>, polygon: &[Point], step: f64) {
    ink.extend_from_slice(polygon);
    let top = polygon.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let bottom = polygon.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let mut y = top + step / 2.0;
    while y < bottom {
        let mut crossings: Vec<f64> = (0..polygon.len())
            .map(|i| (polygon[i], polygon[(i + 1) % polygon.len()]))
            .filter(|(a, b)| (a.1 <= y) != (b.1 <= y))
            .map(|(a, b)| a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
            .collect();
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let n = ((pair[1] - pair[0]) / step).ceil().max(1.0) as usize;
            ink.extend((0..=n).map(|i| (pair[0] + (pair[1] - pair[0]) * i as f64 / n as f64, y)));
        }
        y += step;
    }
}

pub(crate) fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

pub(crate) fn between(a: Point, b: Point, t: f64) -> Point {
    (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
}

/// Leaves out what cannot be seen, so that thousands of points cost no more than the pixels they cover: of consecutive
/// points in one column of pixels only the first, the lowest, the highest and the last remain, and of those none that
/// coincides with the one before.
fn thinned(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len().min(4096));
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let last = column.len() - 1;
        let by_height = |i: &usize, j: &usize| column[*i].1.total_cmp(&column[*j].1);
        let (low, high) = ((0..=last).min_by(by_height).unwrap_or(0), (0..=last).max_by(by_height).unwrap_or(0));
        for i in [0, low.min(high), low.max(high), last] {
            if kept.last().is_none_or(|&k| distance(k, column[i]) > 0.2) {
                kept.push(column[i]);
            }
        }
    }
    kept
}

/// Cuts a line into the strokes of a dash pattern, in units of the line's width.
fn dashes(points: &[Point], pattern: &[f64], width: f64) -> Vec<Vec<Point>> {
    let length: f64 = points.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
    let period = width * pattern.iter().sum::<f64>();
    // In a line that fills the chart many times over, as noise does, nobody sees dashes.
    if pattern.is_empty() || length > 500.0 * period {
        return if points.len() > 1 { vec![points.to_vec()] } else { Vec::new() };
    }
    let (mut strokes, mut stroke) = (Vec::new(), Vec::new());
    let (mut index, mut left) = (0, pattern[0] * width);
    for pair in points.windows(2) {
        let length = distance(pair[0], pair[1]);
        let mut done = 0.0;
        while done < length {
            let drawn = index % 2 == 0;
            if drawn && stroke.is_empty() {
                stroke.push(between(pair[0], pair[1], done / length));
            }
            let step = left.min(length - done);
            done += step;
            left -= step;
            if drawn {
                stroke.push(if done < length { between(pair[0], pair[1], done / length) } else { pair[1] });
            }
            if left <= 1e-9 {
                if drawn {
                    strokes.push(std::mem::take(&mut stroke));
                }
                index = (index + 1) % pattern.len();
                left = pattern[index] * width;
            }
        }
    }
    if stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

/// The parts of a line that lie inside `frame`.
pub(crate) fn clip_line(points: &[Point], frame: Frame) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = clip_segment(pair[0], pair[1], frame) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// Liang and Barsky's clipping of a segment.
fn clip_segment(a: Point, b: Point, frame: Frame) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut t0, mut t1) = (0.0_f64, 1.0_f64);
    for (p, q) in [(-dx, a.0 - frame.left), (dx, frame.right - a.0), (-dy, a.1 - frame.top), (dy, frame.bottom - a.1)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            t0 = t0.max(q / p);
        } else {
            t1 = t1.min(q / p);
        }
    }
    // An unclipped end is kept bit for bit, so that consecutive segments join.
    let end = |t: f64| {
        if t <= 0.0 {
            a
        } else if t >= 1.0 {
            b
        } else {
            between(a, b, t)
        }
    };
    (t0 <= t1).then(|| (end(t0), end(t1)))
}
