//! The legend: what it says, how large it is, which corner is free for it. Plotters draws it.

use crate::canvas::{Area, Drawn, length, units};
use crate::chart::Chart;
use crate::elements::{Element, bar, line, marker, together};
use crate::plot::CAP;
use crate::series::{Kind, styles};
use crate::style::{Style, TEXT};
use crate::text::{self, font_of};
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
    fn sample(&self, (x, y): BackendCoord) -> Element<BackendCoord> {
        let (right, centre, half, style) = (x + units(SAMPLE), x + units(SAMPLE / 2.0), units(6.0), &self.style);
        let mut elements = match &self.kind {
            Kind::Histogram => {
                let (left, right, top, bottom) = (x + half, right - half, y - half, y + half);
                bar(vec![(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)], style)
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
        together(elements)
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

    /// Draws the legend with its upper left corner `at` a place.
    pub(crate) fn draw(&self, area: &Area, (mut left, top): (f64, f64)) -> Drawn {
        for column in &self.columns {
            // Plotters sets a legend in one column: each is that of a chart without axes.
            let place = area.clone().shrink((units(left), units(top)), area.dim_in_pixel());
            let mut chart = ChartBuilder::on(&place).build_cartesian_2d(0..1, 0..1)?;
            for entry in column.iter().cloned() {
                let series = chart.draw_series(std::iter::empty::<PathElement<(i32, i32)>>())?;
                series.label(&entry.name).legend(move |at| entry.sample(at));
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::Coordinate(0, 0))
                .margin(units(PAD))
                .legend_area_size(units(SAMPLE_AREA))
                .label_font(font_of(self.size, TEXT))
                .draw()?;
            left += self.column_width(column) + COLUMN_GAP;
        }
        Ok(())
    }

    /// Draws the legend over what is there, on white with a thin frame.
    pub(crate) fn draw_framed(&self, area: &Area, at: (f64, f64)) -> Drawn {
        let (width, height) = self.extent();
        let corners = [(units(at.0), units(at.1)), (units(at.0 + width), units(at.1 + height))];
        area.draw(&Rectangle::new(corners, WHITE.filled()))?;
        // Plotters measures the markup of subscripts along with the names: its own frame could be too wide.
        area.draw(&Rectangle::new(corners, RGBColor(177, 177, 177).stroke_width(length(0.8))))?;
        self.draw(area, at)
    }
}
