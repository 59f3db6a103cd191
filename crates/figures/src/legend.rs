//! The legend: what it says, how large it is, which corner is free for it. Plotters draws it.

use crate::axis::Axis;
use crate::canvas::{length, units};
use crate::chart::Chart;
use crate::elements::{Group, line, marker};
use crate::plot::{CAP, Drawn, Plot};
use crate::series::{Kind, styles};
use crate::style::{Style, TEXT};
use crate::text::{self, font_of};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters_backend::BackendCoord;

/// Width of a sample, and with its distance to the name; around the whole, between columns.
const SAMPLE: f64 = 40.0;
const SAMPLE_AREA: f64 = 48.0;
const PAD: f64 = 8.0;
const COLUMN_GAP: f64 = 22.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    name: String,
    kind: Kind,
    errors: bool,
    style: Style,
}

/// What a legend of this chart has to explain: each name once.
pub(crate) fn entries(chart: &Chart) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (series, style) in chart.series.iter().zip(styles(&chart.series)) {
        let name = series.name.clone();
        let known = name.is_empty() || series.kind == Kind::BoxPlot || entries.iter().any(|e| e.name == name);
        if !known {
            entries.push(Entry { name, kind: series.kind, errors: !series.errors.is_empty(), style });
        }
    }
    entries
}

impl Entry {
    /// A sample of the series, `at` the middle of its left end.
    fn sample<'a, DB: DrawingBackend + 'a>(&self, (x, y): BackendCoord) -> Group<'a, DB, BackendCoord> {
        let (right, centre, half, style) = (x + units(SAMPLE), x + units(SAMPLE / 2.0), units(6.0), &self.style);
        let mut elements = match &self.kind {
            Kind::Histogram => {
                let (a, b) = ((x + half, y - half), (right - half, y + half));
                let outline = Style { width: 0.8 * style.width, ..*style };
                let mut elements = line(vec![(a.0, b.1), a, (b.0, a.1), b, (a.0, b.1)], &outline);
                elements.push(Rectangle::new([a, b], style.colour.mix(0.28).filled()).into_dyn());
                elements
            }
            Kind::Rug => {
                let stroke = |i| {
                    PathElement::new([(centre + i * half, y - half), (centre + i * half, y + half)], style.stroke(1.7))
                };
                (-2..=2).map(|i| stroke(i).into_dyn()).collect()
            }
            Kind::Points => Vec::new(),
            _ => line(vec![(x, y), (right, y)], style),
        };
        if self.errors {
            let ends = (y - units(9.0), y + units(9.0));
            elements.push(
                ErrorBar::new_vertical(centre, ends.0, y, ends.1, style.stroke(1.6), length(1.6 * CAP)).into_dyn(),
            );
        }
        if matches!(self.kind, Kind::Points | Kind::LinePoints) {
            elements.push(marker((centre, y), style));
        }
        Group(elements)
    }
}

/// Entries in columns, with texts of this size.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    columns: Vec<Vec<Entry>>,
    size: f64,
}

impl Block {
    pub(crate) fn in_columns(entries: &[Entry], size: f64, n: usize) -> Self {
        let column = |c| entries.iter().skip(c).step_by(n).cloned().collect();
        Self { columns: (0..n).map(column).collect(), size }
    }

    /// As many columns as fit into `room`.
    pub(crate) fn flow(entries: &[Entry], size: f64, room: f64) -> Self {
        let blocks = (2..=entries.len()).rev().map(|n| Self::in_columns(entries, size, n));
        blocks.into_iter().find(|block| block.extent().0 <= room).unwrap_or_else(|| Self::in_columns(entries, size, 1))
    }

    fn column_width(&self, column: &[Entry]) -> f64 {
        SAMPLE_AREA + column.iter().map(|entry| text::width(&entry.name, self.size)).fold(0.0, f64::max)
    }

    /// Width and height in CSS pixels, with the padding.
    pub(crate) fn extent(&self) -> (f64, f64) {
        let gaps = COLUMN_GAP * (self.columns.len() - 1) as f64;
        let width = self.columns.iter().map(|column| self.column_width(column)).sum::<f64>() + gaps;
        // Plotters sets lines of text 1.25 sizes of a font apart.
        let below_first = 1.25 * text::line_height() * self.size * self.columns[0].len().saturating_sub(1) as f64;
        (width + 2.0 * PAD, below_first + self.size + 2.0 * PAD)
    }

    /// Draws a legend of one column at a place inside a chart, on white with a thin frame.
    pub(crate) fn draw_inside<'a, DB: DrawingBackend + 'a>(
        &self,
        plot: &mut Plot<'a, DB>,
        at: (f64, f64),
    ) -> Drawn<DB> {
        let (width, height) = self.extent();
        let corners = [(units(at.0), units(at.1)), (units(at.0 + width), units(at.1 + height))];
        let area = plot.plotting_area().strip_coord_spec();
        area.draw(&Rectangle::new(corners, WHITE.filled()))?;
        // Plotters measures the markup of subscripts along with the names: its own frame could be too wide.
        area.draw(&Rectangle::new(corners, RGBColor(177, 177, 177).stroke_width(length(0.8))))?;
        self.draw_column(&self.columns[0], plot, at)
    }

    /// Draws the legend at the top of an area of its own.
    pub(crate) fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, mut left: f64) -> Drawn<DB> {
        for column in &self.columns {
            let width = self.column_width(column);
            let cell = area.clone().shrink((units(left), 0), (units(width + 2.0 * PAD), units(self.extent().1)));
            let unit = || Axis::new(false, 0.0, 1.0);
            let mut plot = ChartBuilder::on(&cell).build_cartesian_2d(unit(), unit())?;
            self.draw_column(column, &mut plot, (0.0, 0.0))?;
            left += width + COLUMN_GAP;
        }
        Ok(())
    }

    fn draw_column<'a, DB: DrawingBackend + 'a>(
        &self,
        column: &[Entry],
        plot: &mut Plot<'a, DB>,
        at: (f64, f64),
    ) -> Drawn<DB> {
        for entry in column.iter().cloned() {
            let series = plot.draw_series(std::iter::empty::<PathElement<(f64, f64)>>())?;
            series.label(&entry.name).legend(move |at| entry.sample(at));
        }
        plot.configure_series_labels()
            .position(SeriesLabelPosition::Coordinate(units(at.0), units(at.1)))
            .margin(units(PAD))
            .legend_area_size(units(SAMPLE_AREA))
            .label_font(font_of(self.size, TEXT))
            .draw()
    }
}

/// Where a legend of this extent stands clear of the data, by its upper left corner: with as much room as possible around
/// it, and then in the corner where readers expect it. `is_free` tells whether nothing is drawn between left, top, right
/// and bottom.
pub(crate) fn free_place(
    (width, height): (f64, f64),
    plot: (f64, f64),
    is_free: impl Fn([f64; 4]) -> bool,
) -> Option<(f64, f64)> {
    const INSET: f64 = 9.0;
    if width > 0.8 * plot.0 || height > 0.8 * plot.1 {
        return None;
    }
    let across = [plot.0 - INSET - width, INSET, (plot.0 - width) / 2.0];
    let down = [INSET, plot.1 - INSET - height, (plot.1 - height) / 2.0];
    // Corners first, from the upper right, then the middles of the sides.
    let places = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2), (2, 1)].map(|(i, j)| (across[i], down[j]));
    let clear = |room: f64, (x, y): (f64, f64)| is_free([x - room, y - room, x + width + room, y + height + room]);
    [21.0, 14.0, 7.0].into_iter().find_map(|room| places.into_iter().find(|&place| clear(room, place)))
}
