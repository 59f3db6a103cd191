//! Grids of small pictures.

use crate::canvas::{Area, Drawn, UNITS, length, units};
use crate::data::{Data, check};
use crate::panel::FULL;
use crate::style::{Colour, FRAME, TEXT};
use crate::text::{clean, font_of};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A small matrix to be shown as a picture: blue for negative, white for zero, vermillion for positive values, as dark as
/// they are large.
#[derive(Clone, Debug)]
pub struct Image {
    pub(crate) title: String,
    columns: usize,
    values: Vec<f64>,
}

impl Image {
    /// A picture of `values`, row by row, `columns` in a row. Each picture has its own scale.
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
        check(title, "values", &values);
        assert!(
            columns > 0 && values.len().is_multiple_of(columns),
            "image {title:?}: the number of values must be a multiple of columns = {columns}, got {}",
            values.len()
        );
        Self { title: clean(title), columns, values }
    }

    fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    fn draw(&self, area: &Area) -> Drawn {
        let limit = self.values.iter().map(|v| v.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let (width, height) = area.dim_in_pixel();
        let (columns, rows) = (self.columns as f64, self.rows() as f64);
        // Whole CSS pixels keep the edges of the cells sharp.
        let whole = |units: f64| (units / UNITS).floor().max(1.0) * UNITS;
        let cell = whole((f64::from(width) / columns).min(f64::from(height) / rows));
        let (x, y) = area.get_base_pixel();
        let left = whole(f64::from(x) + (f64::from(width) - cell * columns) / 2.0) - f64::from(x);
        let top = (f64::from(y) / UNITS).ceil() * UNITS - f64::from(y);
        let square = area.clone().shrink((left as i32, top as i32), ((cell * columns) as i32, (cell * rows) as i32));
        let mut chart = ChartBuilder::on(&square).build_cartesian_2d(0.0..columns, rows..0.0)?;
        let cells = self.values.iter().enumerate().map(|(i, &value)| {
            let (x, y) = ((i % self.columns) as f64, (i / self.columns) as f64);
            // A little overlap to the right and below leaves no seam between neighbours.
            let corners = [(x, y), ((x + 1.05).min(columns), (y + 1.05).min(rows))];
            Rectangle::new(corners, shade(value / limit).filled())
        });
        chart.draw_series(cells)?;
        chart.draw_series([Rectangle::new([(0.0, 0.0), (columns, rows)], FRAME.stroke_width(length(1.0)))])?;
        Ok(())
    }
}

/// The colour of a value in -1 to 1.
fn shade(value: f64) -> RGBAColor {
    let [dark_blue, pale_blue] = [RGBColor(0, 52, 92), RGBColor(128, 185, 217)].map(RGBAColor::from);
    let [dark_red, pale_red] = [RGBColor(122, 46, 0), RGBColor(234, 175, 128)].map(RGBAColor::from);
    let [blue, red] = [Colour::Blue, Colour::Vermillion].map(|colour| colour.to_rgba());
    DerivedColorMap::new(&[dark_blue, blue, pale_blue, WHITE.into(), pale_red, red, dark_red])
        .get_color_normalized(value, -1.0, 1.0)
}

#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) columns: usize,
    pub(crate) images: Vec<Image>,
}

/// Between pictures, and room for the colour bar.
const GAP: f64 = 16.0;
const BAR: f64 = 34.0;

impl Grid {
    fn rows(&self) -> usize {
        self.images.len().div_ceil(self.columns)
    }

    pub(crate) fn draw(&self, area: &Area) -> Drawn {
        let height = area.dim_in_pixel().1 as i32;
        let (pictures, bar) = area.split_vertically(height - units(BAR));
        for (image, cell) in self.images.iter().zip(pictures.split_evenly((self.rows(), self.columns))) {
            let cell = cell.margin(0, units(GAP), units(GAP / 2.0), units(GAP / 2.0));
            let cell =
                if image.title.is_empty() { cell } else { cell.titled(&image.title, font_of(FULL.legend, TEXT))? };
            image.draw(&cell.margin(units(2.0), 0, 0, 0))?;
        }
        draw_bar(&bar)
    }
}

fn draw_bar(area: &Area) -> Drawn {
    let (width, height) = area.dim_in_pixel();
    let step = (0.35 * f64::from(width)).clamp(98.0 * UNITS, 245.0 * UNITS) as i32 / 49;
    let (left, top) = (width as i32 / 2 - step * 49 / 2, height as i32 - units(18.0));
    for i in 0..49 {
        let from = left + step * i;
        let colour = shade(f64::from(i - 24) / 24.0).filled();
        area.draw(&Rectangle::new([(from, top), (from + step, top + units(12.0))], colour))?;
    }
    let right = left + step * 49;
    area.draw(&Rectangle::new([(left, top), (right, top + units(12.0))], FRAME.stroke_width(length(1.0))))?;
    let middle = top + units(6.0);
    let style = font_of(14.0, TEXT);
    area.draw_text("−max of each", &style.pos(Pos::new(HPos::Right, VPos::Center)), (left - units(8.0), middle))?;
    area.draw_text("+max of each", &style.pos(Pos::new(HPos::Left, VPos::Center)), (right + units(8.0), middle))
}
