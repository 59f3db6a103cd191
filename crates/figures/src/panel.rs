//! One chart in its area: title, axes with ticks and labels, the series, the legend, notes.

use crate::axis::Axis;
use crate::canvas::{Area, Canvas, Drawn, length, units};
use crate::chart::Chart;
use crate::legend::{Block, entries};
use crate::plot::{Plot, draw_series};
use crate::style::{FAINT, FRAME, GRID, Legend, TEXT};
use crate::text::{self, SPACING, font_of};
use plotters::prelude::*;

/// Sizes of text in CSS pixels, large enough to be read at half size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) title: f64,
    label: f64,
    tick: f64,
    pub(crate) legend: f64,
    note: f64,
}

pub(crate) const FULL: Sizes = Sizes { title: 19.0, label: 17.0, tick: 16.0, legend: 15.5, note: 14.0 };
pub(crate) const SMALL: Sizes = Sizes { title: 16.5, label: 15.5, tick: 14.5, legend: 14.0, note: 13.0 };

/// Ticks reach out of the axes by this much; plotters sets their labels at twice the distance.
const TICK: f64 = 5.0;

/// Room around the area inside the axes, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Margins {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// A chart with the decisions that its layout needs.
pub(crate) struct Panel<'a> {
    chart: &'a Chart,
    sizes: Sizes,
    title: String,
    notes: String,
    /// The height of the notes.
    foot: f64,
    /// The size of the chart with its labels, without title, notes and a legend below.
    size: (f64, f64),
    x: Axis,
    y: Axis,
    x_label: String,
    y_label: String,
    margins: Margins,
    /// The legend, and where it stands inside the axes; otherwise below.
    legend: Option<(Block, Option<(f64, f64)>)>,
}

impl<'a> Panel<'a> {
    /// Decides what stands where in an area of this size; the title has at least so many lines.
    pub(crate) fn plan(
        chart: &'a Chart,
        sizes: Sizes,
        (width, height): (f64, f64),
        title_lines: usize,
        with_legend: bool,
    ) -> Self {
        let (mut title, mut head) = text::title(&chart.title, sizes.title, width);
        let missing = title_lines.saturating_sub(title.split('\n').count());
        title.push_str(&"\n".repeat(missing));
        head += SPACING * sizes.title * missing as f64;
        let notes = text::wrap(&chart.notes().join(" "), sizes.note, width);
        let foot = if notes.is_empty() { 0.0 } else { text::height(&notes, sizes.note) + 5.0 };
        let entries = if with_legend { entries(chart) } else { Vec::new() };
        let mut panel = Self {
            chart,
            sizes,
            title,
            notes,
            foot,
            size: (width, height - head - foot),
            x: chart.x_axis(),
            y: chart.y_axis(),
            x_label: String::new(),
            y_label: String::new(),
            margins: Margins { left: 70.0, top: 0.0, right: 14.0, bottom: 60.0 },
            legend: None,
        };
        panel.settle();
        if entries.is_empty() {
            return panel;
        }
        let column = Block::in_columns(&entries, sizes.legend, 1);
        let place = (chart.legend == Legend::Auto).then(|| panel.free_place(column.extent())).flatten();
        if place.is_some() {
            panel.legend = Some((column, place));
        } else {
            let below = Block::flow(&entries, sizes.legend, width);
            panel.size.1 -= below.extent().1;
            panel.legend = Some((below, None));
            panel.settle();
        }
        panel
    }

    /// Lets the axes of panels in a row line up.
    pub(crate) fn align(panels: &mut [Panel<'_>]) {
        let all = |of: fn(&Panel<'_>) -> f64| panels.iter().map(of).fold(0.0, f64::max);
        let (left, top, right) = (all(|p| p.margins.left), all(|p| p.margins.top), all(|p| p.margins.right));
        let lowest = panels.iter().map(|p| p.size.1 - p.margins.bottom).fold(f64::INFINITY, f64::min);
        for panel in panels {
            panel.margins = Margins { left, top, right, bottom: panel.size.1 - lowest };
            panel.label();
        }
    }

    /// The size of the area inside the axes: in a figure too small for its texts, a little all the same.
    fn frame(&self) -> (f64, f64) {
        let Margins { left, top, right, bottom } = self.margins;
        ((self.size.0 - left - right).max(20.0), (self.size.1 - top - bottom).max(20.0))
    }

    /// Chooses ticks, breaks labels into lines and measures the room that they take. What stands at one axis depends a
    /// little on the room for the other: two rounds settle it.
    fn settle(&mut self) {
        let Sizes { tick, label, .. } = self.sizes;
        for _ in 0..2 {
            self.label();
            let largest = |axis: &Axis, of: fn(&str, f64) -> f64| {
                axis.ticks.major.iter().map(|(_, label)| of(label, tick)).fold(0.0, f64::max)
            };
            let overhang = self.x.ticks.major.last().map_or(0.0, |(value, label)| {
                text::width(label, tick) / 2.0 - (1.0 - self.x.share(*value)) * self.frame().0
            });
            let (top, right) = (5.0 + 0.5 * tick, overhang.max(8.0) + 2.0);
            let left = largest(&self.y, text::width) + text::height(&self.y_label, label);
            let bottom = largest(&self.x, text::height) + text::height(&self.x_label, label);
            // In a figure too small for its texts something is left for the axes.
            self.margins = Margins {
                left: (left + 2.0 * TICK + 4.0).min(self.size.0 - right - 20.0).max(1.0),
                top,
                right,
                bottom: (bottom + 2.0 * TICK + 3.0).min(self.size.1 - top - 20.0).max(1.0),
            };
        }
        self.label();
    }

    /// Chooses ticks and breaks labels into lines for the present margins.
    fn label(&mut self) {
        let (width, height) = self.frame();
        let Sizes { label, tick, .. } = self.sizes;
        self.x_label = text::wrap(&self.chart.x.label, label, width);
        self.y_label = text::wrap(&self.chart.y.label, label, height);
        self.y.set_ticks(((height / (2.6 * tick)) as usize).clamp(2, 10), |_| true);
        let categories = self.chart.categories();
        let room = width / categories.len() as f64 - 4.0;
        let column = |(i, name): (usize, &&str)| (i as f64 + 1.0, text::wrap(name, tick, room));
        if !categories.is_empty() {
            self.x.ticks.major = categories.iter().enumerate().map(column).collect();
            return;
        }
        self.x.set_ticks(((width / (3.2 * tick)) as usize).clamp(2, 11), |axis| {
            let span = |(v, label): &(f64, String)| (axis.share(*v) * width, text::width(label, tick) / 2.0);
            let spans: Vec<(f64, f64)> = axis.ticks.major.iter().map(span).collect();
            spans.windows(2).all(|pair| pair[1].0 - pair[1].1 - (pair[0].0 + pair[0].1) >= 0.8 * tick)
        });
    }

    /// The upper left corner of a legend of this extent where it stands clear of the data: with as much room as possible
    /// around it, and then in the corner where readers expect it. The series are drawn in pixels: where all is white is room.
    fn free_place(&self, extent: (f64, f64)) -> Option<(f64, f64)> {
        const INSET: f64 = 9.0;
        let frame = self.frame();
        if extent.0 > 0.8 * frame.0 || extent.1 > 0.8 * frame.1 {
            return None;
        }
        let (width, height) = (self.size.0.max(1.0).ceil() as u32, self.size.1.max(1.0).ceil() as u32);
        let mut pixels = vec![255; (width * height * 3) as usize];
        let series = Canvas::drawn((width, height), |area| draw_series(&mut self.build(area)?, self.chart));
        series.draw_shapes(BitMapBackend::with_buffer(&mut pixels, (width, height)), 1.0);
        let clear = |room: f64, (x, y): (f64, f64)| {
            let column = |x: f64| ((x + self.margins.left).max(0.0) as usize).min(width as usize);
            let row = |y: f64| ((y + self.margins.top).max(0.0) as usize).min(height as usize);
            let (from, to) = (3 * column(x - room), 3 * column(x + extent.0 + room));
            let rows = pixels.chunks_exact(3 * width as usize).take(row(y + extent.1 + room)).skip(row(y - room));
            rows.flat_map(|row| &row[from..to]).all(|&v| v == 255)
        };
        let across = [frame.0 - INSET - extent.0, INSET, (frame.0 - extent.0) / 2.0];
        let down = [INSET, frame.1 - INSET - extent.1, (frame.1 - extent.1) / 2.0];
        // Corners first, from the upper right, then the middles of the sides.
        let places = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2), (2, 1)];
        let places = places.map(|(i, j)| (across[i], down[j]));
        [21.0, 14.0, 7.0].into_iter().find_map(|room| places.into_iter().find(|&place| clear(room, place)))
    }

    fn build<'p>(&self, area: &Area) -> Drawn<Plot<'p>> {
        ChartBuilder::on(area)
            .margin_top(units(self.margins.top))
            .margin_right(units(self.margins.right))
            .x_label_area_size(units(self.margins.bottom))
            .y_label_area_size(units(self.margins.left))
            .build_cartesian_2d(self.x.clone(), self.y.clone())
    }

    pub(crate) fn draw(&self, area: &Area) -> Drawn {
        let area = if self.title.is_empty() {
            area.clone()
        } else {
            // Over the axes if the title has room there.
            let Margins { left, right, .. } = self.margins;
            let over = area.margin(0, 0, units(left), units(right));
            let fits = self.title.split('\n').all(|line| text::width(line, self.sizes.title) <= self.frame().0);
            let font = font_of(self.sizes.title, TEXT);
            let below = if fits { over } else { area.clone() }.titled(&self.title, font)?;
            area.split_vertically(below.get_base_pixel().1 - area.get_base_pixel().1).1
        };
        let (area, notes) = area.split_vertically(area.dim_in_pixel().1 as i32 - units(self.foot));
        notes.draw_text(&self.notes, &font_of(self.sizes.note, FAINT), (0, units(5.0)))?;
        let (area, below) = area.split_vertically(units(self.size.1));
        let mut plot = self.build(&area)?;
        self.draw_mesh(&mut plot, &area)?;
        draw_series(&mut plot, self.chart)?;
        match &self.legend {
            Some((legend, Some(place))) => legend.draw_framed(&plot.plotting_area().strip_coord_spec(), *place),
            Some((legend, None)) => {
                let width = legend.extent().0;
                let left = self.margins.left + (self.frame().0 - width) / 2.0;
                legend.draw(&below, (left.min(self.size.0 - width).max(0.0), 0.0))
            }
            None => Ok(()),
        }
    }

    fn draw_mesh(&self, plot: &mut Plot<'_>, area: &Area) -> Drawn {
        let mut mesh = plot.configure_mesh();
        mesh.bold_line_style(GRID.stroke_width(length(1.0)))
            .light_line_style(TRANSPARENT)
            .axis_style(FRAME.stroke_width(length(1.3)))
            .set_all_tick_mark_size(units(TICK))
            .label_style(font_of(self.sizes.tick, TEXT))
            .axis_desc_style(font_of(self.sizes.label, TEXT))
            .x_desc(&self.x_label)
            .y_desc(&self.y_label);
        if !self.chart.categories().is_empty() {
            mesh.disable_x_mesh();
        }
        mesh.draw()?;
        // Minor ticks.
        let (columns, rows) = plot.plotting_area().get_pixel_range();
        let (stroke, reach) = (FRAME.stroke_width(length(0.8)), units(0.6 * TICK));
        let at = |x: f64, y: f64| plot.backend_coord(&(x, y));
        let below =
            self.x.ticks.minor.iter().map(|&x| at(x, self.y.low).0).map(|x| [(x, rows.end), (x, rows.end + reach)]);
        let beside = self.y.ticks.minor.iter().map(|&y| at(self.x.low, y).1);
        let beside = beside.map(|y| [(columns.start - reach, y), (columns.start, y)]);
        below.chain(beside).try_for_each(|ends| area.use_screen_coord().draw(&PathElement::new(ends, stroke)))
    }
}
