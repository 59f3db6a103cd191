//! Grids of small pictures.

use crate::data::{Data, check};
use crate::panel::Sizes;
use crate::scene::{Anchor, Frame, Scene};
use crate::style::{Colour, FRAME, Rgb, TEXT, WHITE};
use crate::text;
use crate::ticks::brief;

/// How values become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shades {
    /// Blue for negative, white for zero, vermillion for positive values, as dark as they are large.
    #[default]
    Diverging,
    /// White for the smallest, dark blue for the largest value.
    Sequential,
}

/// A small matrix to be shown as a picture.
#[derive(Clone, Debug)]
pub struct Image {
    title: String,
    columns: usize,
    values: Vec<f64>,
    shades: Shades,
    limit: Option<f64>,
}

impl Image {
    /// A picture of `values`, row by row, `columns` in a row. Each picture has its own scale unless
    /// [`limit`](Image::limit) sets one.
    ///
    /// # Panics
    ///
    /// If the number of values is no multiple of `columns`, or zero, or a value is not finite.
    ///
    /// # Example
    ///
    /// ```
    /// use figures::Image;
    /// let gradient = Image::new("gradient", 2, [-1.0, -0.5, 0.5, 1.0]);
    /// ```
    #[track_caller]
    pub fn new(title: &str, columns: usize, values: impl Data) -> Self {
        let values = values.values();
        check(title, "image", &values);
        assert!(
            columns > 0 && values.len().is_multiple_of(columns),
            "image {title:?}: {} values do not fill rows of {columns} columns",
            values.len()
        );
        Self { title: title.to_owned(), columns, values, shades: Shades::Diverging, limit: None }
    }

    /// Sets how values become colours.
    #[must_use]
    pub fn shades(mut self, shades: Shades) -> Self {
        self.shades = shades;
        self
    }

    /// Sets the magnitude that gets the darkest colour, so that pictures can be compared; without it, the largest of
    /// this picture. Sequential shades then begin at 0.
    ///
    /// # Panics
    ///
    /// Unless `limit` is positive and finite.
    #[track_caller]
    #[must_use]
    pub fn limit(mut self, limit: f64) -> Self {
        assert!(
            limit.is_finite() && limit > 0.0,
            "image {:?}: limit must be positive and finite, got {limit}",
            self.title
        );
        self.limit = Some(limit);
        self
    }

    fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Lowest and highest value of the scale.
    fn scale(&self) -> (f64, f64) {
        let low = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.shades {
            Shades::Diverging => {
                let limit = self.limit.unwrap_or(high.max(-low));
                (-limit, limit)
            }
            Shades::Sequential => self.limit.map_or((low, high), |limit| (0.0, limit)),
        }
    }

    /// The shade of a value, in 0 to 48: few enough that neighbours merge, many enough that steps are not seen.
    fn shade(&self, value: f64) -> u8 {
        let (low, high) = self.scale();
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        (share * 48.0).round() as u8
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    fn draw(&self, at: (f64, f64), cell: f64, scene: &mut Scene) {
        let (width, height) = (cell * self.columns as f64, cell * self.rows() as f64);
        for (i, row) in self.values.chunks(self.columns).enumerate() {
            let shades: Vec<u8> = row.iter().map(|&v| self.shade(v)).collect();
            let mut column = 0;
            for run in shades.chunk_by(|a, b| a == b) {
                let left = at.0 + cell * column as f64;
                column += run.len();
                // A little overlap to the right and below leaves no seam between neighbours.
                let right = (at.0 + cell * column as f64 + 0.5).min(at.0 + width);
                let top = at.1 + cell * i as f64;
                let bottom = (top + cell + 0.5).min(at.1 + height);
                scene.rect(Frame { left, top, right, bottom }, colour(self.shades, run[0]));
            }
        }
        scene.outline(Frame::new(at.0, at.1, width, height), 1.0, FRAME);
    }
}

fn colour(shades: Shades, shade: u8) -> Rgb {
    let share = f64::from(shade) / 48.0;
    match shades {
        Shades::Sequential => ramp(Colour::Blue.rgb(), (0, 45, 80), share),
        Shades::Diverging if share < 0.5 => ramp(Colour::Blue.rgb(), (0, 52, 92), 1.0 - 2.0 * share),
        Shades::Diverging => ramp(Colour::Vermillion.rgb(), (122, 46, 0), 2.0 * share - 1.0),
    }
}

/// From white through a colour to its dark end.
fn ramp(middle: Rgb, end: Rgb, share: f64) -> Rgb {
    let mix = |a: u8, b: u8, t: f64| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
    let blend = |a: Rgb, b: Rgb, t: f64| (mix(a.0, b.0, t), mix(a.1, b.1, t), mix(a.2, b.2, t));
    if share < 0.7 { blend(WHITE, middle, share / 0.7) } else { blend(middle, end, (share - 0.7) / 0.3) }
}

#[derive(Clone, Debug)]
pub(crate) struct Grid {
    columns: usize,
    pub(crate) images: Vec<Image>,
}

/// Room for a title, between pictures, for the colour bar.
const TITLE: f64 = 22.0;
const GAP: f64 = 16.0;
const BAR: f64 = 34.0;

impl Grid {
    pub(crate) fn new(columns: usize, images: Vec<Image>) -> Self {
        Self { columns: columns.min(images.len()), images }
    }

    fn grid_rows(&self) -> usize {
        self.images.len().div_ceil(self.columns)
    }

    /// Pictures about 140 pixels wide, with titles and the colour bar.
    pub(crate) fn natural_size(&self) -> (f64, f64) {
        let side = 140.0;
        let ratio = self.images.iter().map(|i| i.rows() as f64 / i.columns as f64).fold(0.0, f64::max);
        let (columns, rows) = (self.columns as f64, self.grid_rows() as f64);
        (columns * (side + GAP) - GAP, rows * (side * ratio + GAP + self.title_height()) + BAR)
    }

    fn title_height(&self) -> f64 {
        if self.images.iter().all(|image| image.title.is_empty()) { 0.0 } else { TITLE }
    }

    pub(crate) fn draw(&self, area: Frame, sizes: Sizes, scene: &mut Scene) {
        let (columns, rows) = (self.columns as f64, self.grid_rows() as f64);
        let slot = (area.width() - GAP * (columns - 1.0)) / columns;
        let slot_height = (area.height() - BAR) / rows;
        for (i, image) in self.images.iter().enumerate() {
            let (row, column) = ((i / self.columns) as f64, (i % self.columns) as f64);
            let (left, top) = (area.left + column * (slot + GAP), area.top + row * slot_height);
            let room = slot_height - self.title_height() - GAP;
            let cell = (slot / image.columns as f64).min(room / image.rows() as f64);
            // Whole pixels keep the edges of the cells sharp.
            let cell = if cell >= 2.0 { cell.floor() } else { cell.max(0.1) };
            let at = ((left + (slot - cell * image.columns as f64) / 2.0).round(), (top + self.title_height()).round());
            image.draw(at, cell, scene);
            let size = fitting(&image.title, sizes.tick, slot);
            scene.label(&image.title, (left + slot / 2.0, at.1 - 6.0), size, Anchor::Middle, TEXT);
        }
        self.draw_bar(area, sizes, scene);
    }

    /// A colour bar, with numbers if all pictures have one scale.
    fn draw_bar(&self, area: Frame, sizes: Sizes, scene: &mut Scene) {
        let Some(first) = self.images.first() else { return };
        if self.images.iter().any(|image| image.shades != first.shades) {
            return;
        }
        let common = self.images.iter().all(|image| image.scale() == first.scale());
        let (low, high) = match (common, first.shades) {
            (true, _) => (brief(first.scale().0), brief(first.scale().1)),
            (false, Shades::Diverging) => ("−max of each".to_owned(), "+max of each".to_owned()),
            (false, Shades::Sequential) => ("min of each".to_owned(), "max of each".to_owned()),
        };
        let (width, height) = ((0.35 * area.width()).clamp(98.0, 245.0), 12.0);
        let step = (width / 49.0).floor();
        let bar = Frame::new(
            (area.centre().0 - 24.5 * step).round(),
            (area.bottom - 6.0 - height).round(),
            49.0 * step,
            height,
        );
        for shade in 0..49 {
            let left = bar.left + step * f64::from(shade);
            scene.rect(Frame { left, right: (left + step + 0.5).min(bar.right), ..bar }, colour(first.shades, shade));
        }
        scene.outline(bar, 1.0, FRAME);
        let baseline = bar.bottom - 1.0;
        scene.label(&low, (bar.left - 8.0, baseline), sizes.note, Anchor::End, TEXT);
        scene.label(&high, (bar.right + 8.0, baseline), sizes.note, Anchor::Start, TEXT);
    }
}

/// The size at which a text fits into `room`, at most `size`.
fn fitting(markup: &str, size: f64, room: f64) -> f64 {
    let width = text::width(markup, size);
    if width > room { (size * room / width).max(0.6 * size) } else { size }
}
