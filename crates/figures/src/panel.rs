//! Lays out one chart: axes with ticks and labels, the series inside, the legend.

use crate::axis::{Axis, Plot};
use crate::chart::{Chart, Dimension};
use crate::legend::{self, Block};
use crate::marks;
use crate::scene::{Anchor, Frame, Point, Scene, ink};
use crate::style::{FRAME, GRID, Legend, TEXT};
use crate::text;
use crate::ticks::Ticks;

/// Sizes of text in CSS pixels, large enough to be read at half size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) title: f64,
    pub(crate) subtitle: f64,
    pub(crate) label: f64,
    pub(crate) tick: f64,
    pub(crate) legend: f64,
    pub(crate) note: f64,
}

pub(crate) const FULL: Sizes = Sizes { title: 19.0, subtitle: 15.5, label: 17.0, tick: 16.0, legend: 15.5, note: 14.0 };
pub(crate) const SMALL: Sizes =
    Sizes { title: 16.5, subtitle: 14.0, label: 15.5, tick: 14.5, legend: 14.0, note: 13.0 };

/// Ticks reach out of the frame by this much, with a gap to their labels.
const TICK: f64 = 5.0;
const TICK_GAP: f64 = 4.0;

/// Room between the edges of the area of a chart and the area inside its axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Margins {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Margins {
    /// What is left of `area`; in a figure too small for its texts, a little all the same, so that nothing turns
    /// inside out.
    pub(crate) fn inside(&self, area: Frame) -> Frame {
        let (left, top) = (area.left + self.left, area.top + self.top);
        Frame {
            left,
            top,
            right: (area.right - self.right).max(left + 20.0),
            bottom: (area.bottom - self.bottom).max(top + 20.0),
        }
    }

    pub(crate) fn or(&self, other: &Margins) -> Margins {
        Margins {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Where the legend of a chart goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    Inside,
    Right,
    Below,
}

/// A chart with the decisions that its layout needs.
pub(crate) struct Panel<'a> {
    chart: &'a Chart,
    sizes: Sizes,
    pub(crate) place: Place,
}

impl<'a> Panel<'a> {
    /// Decides the place of the legend for a chart in `area`, of which `header` above and `footer` below are taken.
    pub(crate) fn new(
        chart: &'a Chart,
        sizes: Sizes,
        area: Frame,
        header: f64,
        footer: f64,
        with_legend: bool,
    ) -> Self {
        let mut panel = Self { chart, sizes, place: Place::Nowhere };
        let entries = legend::entries(chart);
        if entries.is_empty() || !with_legend {
            return panel;
        }
        panel.place = match chart.legend {
            Legend::Hidden => Place::Nowhere,
            Legend::Right => Place::Right,
            Legend::Below => Place::Below,
            Legend::UpperRight | Legend::UpperLeft | Legend::LowerRight | Legend::LowerLeft => Place::Inside,
            Legend::Auto => {
                let frame = panel.margins(area, header, footer).inside(area);
                let (plot, block) = (panel.plot(frame), panel.inner_block(frame));
                let mut scene = Scene::new(area.right, area.bottom);
                marks::draw(chart, &plot, &mut scene);
                let (_, clearance) = legend::best_inside(block.extent(), frame, &ink(&scene.shapes, 3.0));
                let (width, height) = block.extent();
                let fits = width < 0.8 * frame.width() && height < 0.8 * frame.height();
                if fits && legend::is_clear(clearance) {
                    Place::Inside
                } else if panel.side_block(area).extent().0 < 0.3 * area.width() {
                    Place::Right
                } else {
                    Place::Below
                }
            }
        };
        panel
    }

    /// Where an inner legend stands.
    pub(crate) fn inner_legend(&self, frame: Frame, ink: &[Point]) -> Frame {
        let extent = self.inner_block(frame).extent();
        legend::corner(self.chart.legend, extent, frame).unwrap_or_else(|| legend::best_inside(extent, frame, ink).0)
    }

    fn inner_block(&self, frame: Frame) -> Block {
        Block::column(legend::entries(self.chart), self.sizes.legend, 0.76 * frame.width())
    }

    fn side_block(&self, area: Frame) -> Block {
        Block::column(legend::entries(self.chart), self.sizes.legend, 0.34 * area.width())
    }

    fn lower_block(&self, area: Frame) -> Block {
        Block::flow(legend::entries(self.chart), self.sizes.legend, area.width())
    }

    /// The height of a legend below the axes, if that is its place.
    pub(crate) fn lower_height(&self, area: Frame) -> f64 {
        if self.place == Place::Below { self.lower_block(area).extent().1 + 2.0 } else { 0.0 }
    }

    pub(crate) fn plot(&self, frame: Frame) -> Plot {
        Plot { frame, x: self.chart.axis(Dimension::X), y: self.chart.axis(Dimension::Y) }
    }

    fn line(&self) -> f64 {
        1.25 * self.sizes.tick
    }

    fn x_ticks(&self, axis: &Axis, width: f64) -> Ticks {
        let size = self.sizes.tick;
        let most = ((width / (3.2 * size)) as usize).clamp(2, 11);
        axis.ticks(most, |ticks| {
            let spans: Vec<(f64, f64)> = ticks
                .major
                .iter()
                .filter_map(|(v, label)| Some((axis.share(*v)? * width, text::width(label, size) / 2.0)))
                .collect();
            spans.windows(2).all(|pair| pair[1].0 - pair[1].1 - (pair[0].0 + pair[0].1) >= 0.8 * size)
        })
    }

    fn y_ticks(&self, axis: &Axis, height: f64) -> Ticks {
        let most = ((height / (2.6 * self.sizes.tick)) as usize).clamp(2, 10);
        axis.ticks(most, |_| true)
    }

    fn categories(&self, width: f64) -> Vec<Vec<String>> {
        let names = self.chart.categories();
        let room = width / names.len().max(1) as f64 - 4.0;
        names.iter().map(|name| text::wrap(name, self.sizes.tick, room)).collect()
    }

    /// The lines of the y label, read from bottom to top.
    fn y_label(&self, height: f64) -> Vec<String> {
        text::wrap(&self.chart.y.label, self.sizes.label, height)
    }

    fn x_label(&self, width: f64) -> Vec<String> {
        text::wrap(&self.chart.x.label, self.sizes.label, width)
    }

    /// The room that title, ticks, labels and an outer legend need around the axes.
    pub(crate) fn margins(&self, area: Frame, header: f64, footer: f64) -> Margins {
        let sizes = self.sizes;
        let (x, y) = (self.chart.axis(Dimension::X), self.chart.axis(Dimension::Y));
        let mut margins = Margins { left: 70.0, top: header, right: 14.0, bottom: 60.0 + footer };
        // Labels need room, which changes the ticks, which changes their labels: two rounds settle it.
        for _ in 0..2 {
            let frame = margins.inside(area);
            let x_ticks = self.x_ticks(&x, frame.width());
            let y_ticks = self.y_ticks(&y, frame.height());
            let widest = y_ticks.major.iter().map(|(_, label)| text::width(label, sizes.tick)).fold(0.0, f64::max);
            let y_lines = self.y_label(frame.height()).len() as f64;
            margins.left =
                TICK + TICK_GAP + widest + 1.3 * sizes.label * y_lines + if y_lines > 0.0 { 6.0 } else { 2.0 };
            margins.top = header + if y_ticks.factor.is_empty() { 0.5 * sizes.tick } else { 1.5 * sizes.tick };
            let overhang = x_ticks.major.last().and_then(|(v, label)| {
                Some(text::width(label, sizes.tick) / 2.0 - (1.0 - x.share(*v)?) * frame.width())
            });
            margins.right = overhang.unwrap_or(0.0).max(8.0) + 2.0;
            let lines = self.categories(frame.width()).iter().map(Vec::len).max().unwrap_or(1) as f64;
            margins.bottom = footer + TICK + TICK_GAP + self.line() * lines;
            margins.bottom += 1.3 * sizes.label * self.x_label(frame.width()).len() as f64;
            match self.place {
                Place::Right => margins.right = self.side_block(area).extent().0 + 10.0,
                Place::Nowhere | Place::Inside | Place::Below => {}
            }
            margins.bottom += self.lower_height(area);
        }
        margins
    }

    /// Draws the chart, with `frame` as the area inside its axes.
    pub(crate) fn draw(&self, area: Frame, frame: Frame, footer: f64, scene: &mut Scene) {
        let plot = self.plot(frame);
        let sizes = self.sizes;
        let below_ticks = self.x_axis(&plot, scene);
        self.y_axis(&plot, scene);
        let from = scene.shapes.len();
        marks::draw(self.chart, &plot, scene);
        let ink = ink(&scene.shapes[from..], 3.0);
        for (a, b) in [
            ((frame.left, frame.top), (frame.left, frame.bottom)),
            ((frame.left, frame.bottom), (frame.right, frame.bottom)),
        ] {
            scene.stroke(a, b, 1.4, FRAME);
        }
        let mut y = below_ticks;
        for line in self.x_label(frame.width()) {
            scene.label(&line, (frame.centre().0, y + sizes.label), sizes.label, Anchor::Middle, TEXT);
            y += 1.3 * sizes.label;
        }
        match self.place {
            Place::Nowhere => {}
            Place::Inside => {
                let at = self.inner_legend(frame, &ink);
                self.inner_block(frame).draw((at.left, at.top), true, scene);
            }
            Place::Right => self.side_block(area).draw((frame.right + 10.0, frame.top), false, scene),
            Place::Below => {
                let block = self.lower_block(area);
                let (width, height) = block.extent();
                let left = (frame.centre().0 - width / 2.0).min(area.right - width).max(area.left);
                block.draw((left, area.bottom - footer - height), false, scene);
            }
        }
    }

    /// Draws grid, ticks and labels of the x axis; returns where the labels end.
    fn x_axis(&self, plot: &Plot, scene: &mut Scene) -> f64 {
        let Frame { top, bottom, right, .. } = plot.frame;
        let size = self.sizes.tick;
        let baseline = bottom + TICK + TICK_GAP + 0.8 * size;
        let categories = self.categories(plot.frame.width());
        if !categories.is_empty() {
            for (i, lines) in categories.iter().enumerate() {
                let Some(x) = plot.px(i as f64 + 1.0) else { continue };
                scene.stroke((x, bottom), (x, bottom + TICK), 1.2, FRAME);
                for (j, line) in lines.iter().enumerate() {
                    scene.label(line, (x, baseline + self.line() * j as f64), size, Anchor::Middle, TEXT);
                }
            }
            let lines = categories.iter().map(Vec::len).max().unwrap_or(1);
            return bottom + TICK + TICK_GAP + self.line() * lines as f64;
        }
        let ticks = self.x_ticks(&plot.x, plot.frame.width());
        for x in ticks.minor.iter().filter_map(|&v| plot.px(v)) {
            scene.stroke((x, bottom), (x, bottom + 0.6 * TICK), 0.8, FRAME);
        }
        for (value, label) in &ticks.major {
            let Some(x) = plot.px(*value) else { continue };
            scene.stroke((x, top), (x, bottom), 1.0, GRID);
            scene.stroke((x, bottom), (x, bottom + TICK), 1.2, FRAME);
            scene.label(label, (x, baseline), size, Anchor::Middle, TEXT);
        }
        if !ticks.factor.is_empty() {
            scene.label(&ticks.factor, (right, baseline + self.line()), size, Anchor::End, TEXT);
        }
        bottom + TICK + TICK_GAP + self.line()
    }

    fn y_axis(&self, plot: &Plot, scene: &mut Scene) {
        let Frame { left, right, top, .. } = plot.frame;
        let size = self.sizes.tick;
        let ticks = self.y_ticks(&plot.y, plot.frame.height());
        for y in ticks.minor.iter().filter_map(|&v| plot.py(v)) {
            scene.stroke((left - 0.6 * TICK, y), (left, y), 0.8, FRAME);
        }
        let mut widest = 0.0_f64;
        for (value, label) in &ticks.major {
            let Some(y) = plot.py(*value) else { continue };
            scene.stroke((left, y), (right, y), 1.0, GRID);
            scene.stroke((left - TICK, y), (left, y), 1.2, FRAME);
            scene.label(label, (left - TICK - TICK_GAP, y + 0.36 * size), size, Anchor::End, TEXT);
            widest = widest.max(text::width(label, size));
        }
        if !ticks.factor.is_empty() {
            scene.label(&ticks.factor, (left, top - 0.5 * size), size, Anchor::Start, TEXT);
        }
        let lines = self.y_label(plot.frame.height());
        let mut x = left
            - TICK
            - TICK_GAP
            - widest
            - 6.0
            - 1.3 * self.sizes.label * (lines.len() as f64 - 1.0)
            - 0.25 * self.sizes.label;
        for line in &lines {
            scene.upright_label(line, (x, plot.frame.centre().1), self.sizes.label, TEXT);
            x += 1.3 * self.sizes.label;
        }
    }
}
