//! Lays out a whole figure: a chart, a row of charts or a grid of pictures, with a title.

use crate::canvas::{Area, Canvas, Drawn, units};
use crate::chart::Chart;
use crate::legend::{Block, entries};
use crate::panel::{FULL, Panel, SMALL};
use crate::style::{Legend, TEXT};
use crate::text::{self, font_of, register_fonts};
use crate::{Body, Figure};
use plotters::prelude::*;

/// Around the whole figure, and between panels.
const EDGE: f64 = 12.0;
const BETWEEN: f64 = 20.0;
const UNDER_TITLE: f64 = 7.0;

/// The figure, drawn on white.
pub(crate) fn drawn(figure: &Figure) -> Canvas {
    register_fonts();
    Canvas::drawn(size(figure), |area| draw(figure, area))
}

fn draw(figure: &Figure, root: &Area) -> Drawn {
    root.fill(&WHITE)?;
    let area = root.margin(units(EDGE), units(EDGE), units(EDGE), units(EDGE));
    let (width, height) = size(figure);
    let (width, height) = (f64::from(width) - 2.0 * EDGE, f64::from(height) - 2.0 * EDGE);
    if let Body::Chart(chart) = &figure.body {
        return Panel::plan(chart, FULL, (width, height), 0, true).draw(&area);
    }
    let (title, head) = text::title(&figure.title, FULL.title, width);
    let area = if title.is_empty() { area } else { area.titled(&title, font_of(FULL.title, TEXT))? };
    let area = area.margin(units(UNDER_TITLE), 0, 0, 0);
    match &figure.body {
        Body::Images(grid) => grid.draw(&area),
        Body::Row(charts) => draw_row(charts, &area, (width, height - head - UNDER_TITLE)),
        Body::Chart(_) => Ok(()),
    }
}

fn draw_row(charts: &[Chart], area: &Area, (width, height): (f64, f64)) -> Drawn {
    let shared = shared_legend(charts, width);
    let height = height - shared.as_ref().map_or(0.0, |block| block.extent().1);
    let (area, below) = area.split_vertically(units(height));
    if let Some(block) = &shared {
        block.draw(&below, ((width - block.extent().0) / 2.0, 0.0))?;
    }
    let n = charts.len() as f64;
    let cell = ((width - BETWEEN * (n - 1.0)) / n, height);
    let lines =
        charts.iter().map(|chart| text::wrap(&chart.title, SMALL.title, cell.0).split('\n').count()).max().unwrap_or(0);
    let plan = |chart| Panel::plan(chart, SMALL, cell, lines, shared.is_none());
    let mut panels: Vec<Panel<'_>> = charts.iter().map(plan).collect();
    Panel::align(&mut panels);
    for (i, panel) in panels.iter().enumerate() {
        let left = units((cell.0 + BETWEEN) * i as f64);
        panel.draw(&area.clone().shrink((left, 0), (units(cell.0), units(cell.1))))?;
    }
    Ok(())
}

/// The legend of all panels if they would have the same one.
fn shared_legend(charts: &[Chart], room: f64) -> Option<Block> {
    let first = entries(&charts[0]);
    let same = charts.iter().all(|chart| chart.legend == Legend::Auto && entries(chart) == first);
    (same && charts.len() > 1 && !first.is_empty()).then(|| Block::flow(&first, FULL.legend, room))
}

/// Width and height in CSS pixels.
pub(crate) fn size(figure: &Figure) -> (u32, u32) {
    let (width, height) = match (&figure.body, figure.size) {
        (_, Some(size)) => return size,
        (Body::Chart(_), None) => return (760, 460),
        (Body::Images(_), None) => return (560, 480),
        (Body::Row(charts), None) => {
            let (width, height) =
                [(740.0, 310.0), (470.0, 330.0), (370.0, 320.0), (320.0, 290.0)][charts.len().min(4) - 1];
            let width = width * charts.len() as f64;
            (width, height + shared_legend(charts, width).map_or(0.0, |block| block.extent().1))
        }
    };
    let head = text::title(&figure.title, FULL.title, width).1;
    ((width + 2.0 * EDGE).ceil() as u32, (height + head + UNDER_TITLE + 2.0 * EDGE).ceil() as u32)
}
