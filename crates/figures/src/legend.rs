//! The legend: what it says, how large it is, and where it stands clear of the data.

use crate::chart::{Chart, Kind, Style};
use crate::marks;
use crate::scene::{Anchor, Frame, Point, Scene};
use crate::style::{FRAME, Legend, TEXT, WHITE, tint};
use crate::text;

/// Width of a sample, from it to its name, around the whole, between columns.
const SAMPLE: f64 = 40.0;
const GAP: f64 = 8.0;
const PAD: f64 = 8.0;
const COLUMN_GAP: f64 = 22.0;
/// Between an inner legend and the axes, and the least distance from the data.
const INSET: f64 = 9.0;
const CLEAR: f64 = 7.0;

/// The entries of a legend, with their names broken into lines, in columns.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    entries: Vec<Entry>,
    columns: usize,
    size: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    lines: Vec<String>,
    kind: Sample,
    errors: bool,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sample {
    Line,
    Points,
    LinePoints,
    Stem,
    Rug,
    Band,
    Steps,
    Bar,
}

/// What a legend of this chart has to explain: each name once.
pub(crate) fn entries(chart: &Chart) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (series, style) in chart.series.iter().zip(chart.styles()) {
        let kind = match series.kind {
            Kind::Box(_) => continue,
            _ if series.name.is_empty() => continue,
            Kind::Line(..) | Kind::Reference(..) | Kind::HLine(_) | Kind::VLine(_) => Sample::Line,
            Kind::Points(..) => Sample::Points,
            Kind::LinePoints(..) => Sample::LinePoints,
            Kind::Stems(..) => Sample::Stem,
            Kind::Rug(_) => Sample::Rug,
            Kind::Band(..) => Sample::Band,
            Kind::Histogram { .. } if chart.side_by_side && chart.siblings(series) > 1 => Sample::Bar,
            Kind::Histogram { .. } => Sample::Steps,
        };
        let entry = Entry { lines: vec![series.name.clone()], kind, errors: !series.errors.is_empty(), style };
        if !entries.iter().any(|e| e.lines == entry.lines) {
            entries.push(entry);
        }
    }
    entries
}

impl Block {
    /// One column, no wider than `room` if breaking lines can make it so.
    pub(crate) fn column(entries: Vec<Entry>, size: f64, room: f64) -> Self {
        Self::with_columns(entries, size, room, 1)
    }

    /// As many columns as fit into `room`.
    pub(crate) fn flow(entries: Vec<Entry>, size: f64, room: f64) -> Self {
        let widest = entries.len().max(1);
        (2..=widest)
            .rev()
            .map(|columns| Self::with_columns(entries.clone(), size, f64::INFINITY, columns))
            .find(|block| block.extent().0 <= room)
            .unwrap_or_else(|| Self::with_columns(entries, size, room, 1))
    }

    fn with_columns(mut entries: Vec<Entry>, size: f64, room: f64, columns: usize) -> Self {
        let room_for_name = room - SAMPLE - GAP - 2.0 * PAD;
        for entry in &mut entries {
            entry.lines = text::wrap(&entry.lines.join(" "), size, room_for_name);
        }
        Self { entries, columns, size }
    }

    fn row_height(&self) -> f64 {
        1.42 * self.size
    }

    fn line_height(&self) -> f64 {
        1.2 * self.size
    }

    fn entry_height(&self, entry: &Entry) -> f64 {
        self.row_height() + self.line_height() * (entry.lines.len() - 1) as f64
    }

    fn column_widths(&self) -> Vec<f64> {
        let mut widths = vec![0.0_f64; self.columns];
        for (i, entry) in self.entries.iter().enumerate() {
            let name = entry.lines.iter().map(|line| text::width(line, self.size)).fold(0.0, f64::max);
            let width = &mut widths[i % self.columns];
            *width = width.max(SAMPLE + GAP + name);
        }
        widths
    }

    fn row_heights(&self) -> Vec<f64> {
        self.entries
            .chunks(self.columns)
            .map(|row| row.iter().map(|e| self.entry_height(e)).fold(0.0, f64::max))
            .collect()
    }

    /// Width and height, with the padding.
    pub(crate) fn extent(&self) -> (f64, f64) {
        let width = self.column_widths().iter().sum::<f64>() + COLUMN_GAP * (self.columns - 1) as f64;
        (width + 2.0 * PAD, self.row_heights().iter().sum::<f64>() + PAD)
    }

    /// Draws the legend with its upper left corner at `at`, on white with a thin frame if it is `boxed`.
    pub(crate) fn draw(&self, at: Point, boxed: bool, scene: &mut Scene) {
        let (width, height) = self.extent();
        if boxed {
            let frame = Frame::new(at.0, at.1, width, height);
            scene.rect(frame, WHITE);
            scene.outline(frame, 0.8, tint(FRAME, 0.4));
        }
        let (widths, heights) = (self.column_widths(), self.row_heights());
        let mut y = at.1 + 0.5 * PAD;
        for (row, row_height) in self.entries.chunks(self.columns).zip(heights) {
            let mut x = at.0 + PAD;
            for (entry, column) in row.iter().zip(&widths) {
                let middle = y + 0.5 * self.row_height();
                entry.draw_sample((x, middle), scene);
                for (i, line) in entry.lines.iter().enumerate() {
                    let baseline = middle + 0.36 * self.size + self.line_height() * i as f64;
                    scene.label(line, (x + SAMPLE + GAP, baseline), self.size, Anchor::Start, TEXT);
                }
                x += column + COLUMN_GAP;
            }
            y += row_height;
        }
    }
}

impl Entry {
    fn draw_sample(&self, (x, y): Point, scene: &mut Scene) {
        let Style { colour, width, dash, rank, .. } = self.style;
        let (right, centre) = (x + SAMPLE, x + SAMPLE / 2.0);
        let swatch = Frame { left: x + 5.0, right: right - 5.0, top: y - 6.0, bottom: y + 6.0 };
        if self.errors {
            scene.stroke((centre, y - 9.0), (centre, y + 9.0), 1.6, colour);
            for end in [y - 9.0, y + 9.0] {
                scene.stroke((centre - 4.0, end), (centre + 4.0, end), 1.6, colour);
            }
        }
        match self.kind {
            Sample::Line => scene.path(&[(x, y), (right, y)], width, colour, dash),
            Sample::Points => marks::marker((centre, y), &self.style, scene),
            Sample::LinePoints => {
                scene.path(&[(x, y), (right, y)], width, colour, dash);
                marks::marker((centre, y), &self.style, scene);
            }
            Sample::Stem => {
                scene.stroke((centre, y + 8.0), (centre, y - 4.0), 0.75 * width, colour);
                marks::marker((centre, y - 4.0), &self.style, scene);
            }
            Sample::Rug => {
                for i in -2..=2 {
                    let x = centre + 6.0 * f64::from(i);
                    scene.stroke((x, y + 6.0), (x, y - 6.0), 0.7 * width, colour);
                }
            }
            Sample::Band => scene.rect(swatch, tint(colour, 0.25)),
            Sample::Bar => {
                scene.rect(swatch, tint(colour, marks::bar_fill(rank)));
                scene.outline(swatch, 1.0, colour);
            }
            Sample::Steps => {
                scene.rect(swatch, tint(colour, 0.3));
                let Frame { left, right, top, bottom } = swatch;
                scene.path(
                    &[(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)],
                    0.8 * width,
                    colour,
                    dash,
                );
            }
        }
    }
}

/// The inner place with the most room around a legend of this extent, and its distance from the data; a negative one
/// tells how many points it hides.
pub(crate) fn best_inside(extent: (f64, f64), plot: Frame, ink: &[Point]) -> (Frame, f64) {
    let (width, height) = extent;
    let across = [plot.right - INSET - width, plot.left + INSET, plot.centre().0 - width / 2.0];
    let down = [plot.top + INSET, plot.bottom - INSET - height, plot.centre().1 - height / 2.0];
    // Corners first, from the upper right, then the middles of the sides.
    let order = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2), (2, 1)];
    let mut best: Option<(Frame, f64)> = None;
    for (i, j) in order {
        let frame = Frame::new(across[i], down[j], width, height);
        let clearance = clearance(frame, ink);
        // A corner that is clear enough is taken in this order: the legend then stays where readers expect it.
        if best.is_none_or(|(_, most)| clearance.min(3.0 * CLEAR) > most.min(3.0 * CLEAR)) {
            best = Some((frame, clearance));
        }
    }
    best.unwrap_or((Frame::new(plot.left, plot.top, width, height), 0.0))
}

/// Whether a legend at this distance from the data is clear of it.
pub(crate) fn is_clear(clearance: f64) -> bool {
    clearance >= CLEAR
}

pub(crate) fn clearance(frame: Frame, ink: &[Point]) -> f64 {
    let hidden = ink.iter().filter(|&&p| frame.contains(p)).count();
    if hidden > 0 {
        return -(hidden as f64);
    }
    let gap = |low: f64, high: f64, v: f64| (low - v).max(v - high).max(0.0);
    ink.iter()
        .map(|p| gap(frame.left, frame.right, p.0).hypot(gap(frame.top, frame.bottom, p.1)))
        .fold(f64::INFINITY, f64::min)
}

/// The inner corner that was asked for.
pub(crate) fn corner(place: Legend, extent: (f64, f64), plot: Frame) -> Option<Frame> {
    let (width, height) = extent;
    let (right, bottom) = (plot.right - INSET - width, plot.bottom - INSET - height);
    let (left, top) = (plot.left + INSET, plot.top + INSET);
    let (x, y) = match place {
        Legend::UpperRight => (right, top),
        Legend::UpperLeft => (left, top),
        Legend::LowerRight => (right, bottom),
        Legend::LowerLeft => (left, bottom),
        Legend::Auto | Legend::Right | Legend::Below | Legend::Hidden => return None,
    };
    Some(Frame::new(x, y, width, height))
}
