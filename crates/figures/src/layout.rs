//! Lays out a whole figure: title and notes, one chart, a grid of pictures, or panels.

use crate::chart::Chart;
use crate::legend::{self, Block};
use crate::panel::{FULL, Margins, Panel, SMALL, Sizes};
use crate::scene::{Anchor, Frame, Scene};
use crate::style::{FAINT, Legend, Rgb, TEXT, WHITE};
use crate::{Body, Figure, text};

/// Around the whole figure, and between panels.
const EDGE: f64 = 12.0;
const BETWEEN: f64 = 20.0;

/// The figure as shapes and texts on white.
pub(crate) fn scene(figure: &Figure) -> Scene {
    let (width, height) = figure.size.map_or_else(|| default_size(figure), |(w, h)| (f64::from(w), f64::from(h)));
    let (width, height) = (width.ceil(), height.ceil());
    let mut scene = Scene::new(width, height);
    scene.rect(Frame::new(0.0, 0.0, width, height), WHITE);
    let area = Frame::new(0.0, 0.0, width, height).grown(-EDGE);
    match &figure.body {
        Body::Panels { columns, panels } => {
            let header = header(figure, FULL, area).1;
            draw_header(figure, FULL, area, area.centre().0, &mut scene);
            let footer = footer(figure, FULL, area, Some(&mut scene));
            let area = Frame { top: area.top + header, bottom: area.bottom - footer, ..area };
            draw_panels(*columns, panels, area, &mut scene);
        }
        Body::Images(_) | Body::Chart(_) => draw_single(figure, FULL, area, &mut scene),
    }
    scene
}

fn default_size(figure: &Figure) -> (f64, f64) {
    match &figure.body {
        Body::Chart(_) => (760.0, 460.0),
        Body::Images(grid) => {
            let (width, height) = grid.natural_size();
            let (width, height) = (width.clamp(420.0, 1000.0), height.clamp(160.0, 1400.0));
            let area = Frame::new(0.0, 0.0, width, height);
            (width + 2.0 * EDGE, height + 2.0 * EDGE + header(figure, FULL, area).1 + footer(figure, FULL, area, None))
        }
        Body::Panels { columns, panels } => {
            let across = (*columns).min(panels.len());
            let (width, height) = match across {
                1 => (740.0, 290.0),
                2 => (470.0, 310.0),
                3 => (370.0, 300.0),
                _ => (320.0, 270.0),
            };
            let area = Frame::new(EDGE, 0.0, width * across as f64, height);
            let shared = shared_legend(panels);
            // What some panels need for long titles, notes and legends does not go off the height of the axes.
            let cell = Frame::new(0.0, 0.0, width - BETWEEN, height);
            let extra = panels.iter().map(|panel| around_axes(panel, cell, shared.is_none())).fold(0.0, f64::max);
            let rows = panels.len().div_ceil(*columns) as f64;
            let below = shared.map_or(0.0, |entries| Block::flow(entries, FULL.legend, area.width()).extent().1);
            let height =
                rows * (height + extra) + below + header(figure, FULL, area).1 + footer(figure, FULL, area, None);
            (area.width() + 2.0 * EDGE, height + 2.0 * EDGE)
        }
    }
}

/// The height of all of a panel that is neither axes nor their labels.
fn around_axes(figure: &Figure, area: Frame, with_legend: bool) -> f64 {
    let (header, footer) = (header(figure, SMALL, area).1, footer(figure, SMALL, area, None));
    let legend = match &figure.body {
        Body::Chart(chart) => Panel::new(chart, SMALL, area, header, footer, with_legend).lower_height(area),
        _ => 0.0,
    };
    header + footer + legend
}

/// The lines of title and subtitle, each with the height of its baseline in `area`, its size and its colour; and the
/// height of all.
fn header(figure: &Figure, sizes: Sizes, area: Frame) -> (Vec<(String, f64, f64, Rgb)>, f64) {
    let (mut lines, mut y) = (Vec::new(), area.top);
    for (text, size, colour) in [(&figure.title, sizes.title, TEXT), (&figure.subtitle, sizes.subtitle, FAINT)] {
        for line in text::wrap(text, size, area.width()) {
            lines.push((line, y + 0.85 * size, size, colour));
            y += 1.28 * size;
        }
    }
    let height = if lines.is_empty() { 0.0 } else { y - area.top + 6.0 };
    (lines, height)
}

/// Draws the header over the middle of the axes, as far as it stays inside `area`.
fn draw_header(figure: &Figure, sizes: Sizes, area: Frame, centre: f64, scene: &mut Scene) {
    for (line, y, size, colour) in header(figure, sizes, area).0 {
        let half = text::width(&line, size) / 2.0;
        let centre = centre.min(area.right - half).max(area.left + half);
        scene.label(&line, (centre, y), size, Anchor::Middle, colour);
    }
}

/// Draws the caption and what could not be drawn; returns their height.
fn footer(figure: &Figure, sizes: Sizes, area: Frame, mut scene: Option<&mut Scene>) -> f64 {
    let notes = if let Body::Chart(chart) = &figure.body { chart.notes() } else { Vec::new() };
    let size = sizes.note;
    let lines: Vec<String> =
        std::iter::once(&figure.caption).chain(&notes).flat_map(|note| text::wrap(note, size, area.width())).collect();
    if lines.is_empty() {
        return 0.0;
    }
    let height = 1.3 * size * lines.len() as f64 + 5.0;
    for (i, line) in lines.iter().enumerate() {
        if let Some(scene) = scene.as_deref_mut() {
            let baseline = area.bottom - height + 5.0 + 1.3 * size * i as f64 + 0.95 * size;
            scene.label(line, (area.left, baseline), size, Anchor::Start, FAINT);
        }
    }
    height
}

fn draw_single(figure: &Figure, sizes: Sizes, area: Frame, scene: &mut Scene) {
    let header = header(figure, sizes, area).1;
    let footer = footer(figure, sizes, area, Some(scene));
    match &figure.body {
        Body::Chart(chart) => {
            let panel = Panel::new(chart, sizes, area, header, footer, true);
            let frame = panel.margins(area, header, footer).inside(area);
            draw_header(figure, sizes, area, frame.centre().0, scene);
            panel.draw(area, frame, footer, scene);
        }
        Body::Images(grid) => {
            draw_header(figure, sizes, area, area.centre().0, scene);
            grid.draw(Frame { top: area.top + header, bottom: area.bottom - footer, ..area }, sizes, scene);
        }
        Body::Panels { .. } => {}
    }
}

fn draw_panels(columns: usize, panels: &[Figure], mut area: Frame, scene: &mut Scene) {
    let shared = shared_legend(panels);
    if let Some(block) = shared.as_ref().map(|entries| Block::flow(entries.clone(), FULL.legend, area.width())) {
        let (width, height) = block.extent();
        block.draw((area.centre().0 - width / 2.0, area.bottom - height), false, scene);
        area.bottom -= height + 2.0;
    }
    let across = columns.min(panels.len());
    let rows = panels.len().div_ceil(columns);
    let width = (area.width() - BETWEEN * (across - 1) as f64) / across as f64;
    let height = (area.height() - BETWEEN * (rows - 1) as f64) / rows as f64;
    let cell = |i: usize| {
        let (row, column) = (i / columns, i % columns);
        Frame::new(
            area.left + (width + BETWEEN) * column as f64,
            area.top + (height + BETWEEN) * row as f64,
            width,
            height,
        )
    };
    let mut charts = Vec::new();
    for (i, figure) in panels.iter().enumerate() {
        if let Body::Chart(chart) = &figure.body {
            let area = cell(i);
            let (header, footer) = (header(figure, SMALL, area).1, footer(figure, SMALL, area, Some(scene)));
            let panel = Panel::new(chart, SMALL, area, header, footer, shared.is_none());
            charts.push((i, panel.margins(area, header, footer), footer, panel));
        } else {
            draw_single(figure, SMALL, cell(i), scene);
        }
    }
    // Axes line up: charts of one row agree on top and bottom, charts of one column on left and right.
    for (i, _, footer, panel) in &charts {
        let common = |same: &dyn Fn(usize) -> bool| {
            charts.iter().filter(|(j, ..)| same(*j)).fold(Margins::default(), |all, (_, margins, ..)| all.or(margins))
        };
        let (in_row, in_column) = (common(&|j| j / columns == i / columns), common(&|j| j % columns == i % columns));
        let margins = Margins { left: in_column.left, right: in_column.right, top: in_row.top, bottom: in_row.bottom };
        let frame = margins.inside(cell(*i));
        draw_header(&panels[*i], SMALL, cell(*i), frame.centre().0, scene);
        panel.draw(cell(*i), frame, *footer, scene);
    }
}

/// The entries of the legend if all panels are charts and would have the same one.
fn shared_legend(panels: &[Figure]) -> Option<Vec<legend::Entry>> {
    let charts: Vec<&Chart> = panels
        .iter()
        .map(|p| if let Body::Chart(chart) = &p.body { Some(chart) } else { None })
        .collect::<Option<_>>()?;
    let first = legend::entries(charts.first()?);
    let same = charts.iter().all(|chart| chart.legend == Legend::Auto && legend::entries(chart) == first);
    (same && charts.len() > 1 && !first.is_empty()).then_some(first)
}
