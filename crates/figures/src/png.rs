//! A figure as PNG, with two pixels per CSS pixel: plotters' bitmap backend draws the shapes twice as fine again, which are
//! averaged; then the texts are drawn.

use crate::canvas::{Canvas, Label, UNITS};
use crate::{Figure, layout, text};
use plotters::prelude::*;
use std::collections::HashMap;

/// Pixels of a PNG per CSS pixel, and how many times finer shapes are drawn.
const DENSITY: usize = 2;
const FINER: usize = 2;

type Pixel = [u8; 3];

pub(crate) fn render(figure: &Figure) -> Vec<u8> {
    let (pixels, width, height) = pixels(figure);
    encode(&pixels, width, height)
}

/// The pixels row by row, with width and height.
pub(crate) fn pixels(figure: &Figure) -> (Vec<Pixel>, usize, usize) {
    let size = layout::size(figure);
    let (width, height) = (size.0 as usize * DENSITY, size.1 as usize * DENSITY);
    let mut fine = vec![255; width * height * FINER * FINER * 3];
    let backend = BitMapBackend::with_buffer(&mut fine, ((width * FINER) as u32, (height * FINER) as u32));
    let labels = layout::draw_on(figure, Canvas::new(backend, size, (DENSITY * FINER) as f64));
    let mut pixels = averaged(&fine, width, height);
    labels.iter().for_each(|label| draw_label(label, &mut pixels, width, height));
    (pixels, width, height)
}

fn averaged(fine: &[u8], width: usize, height: usize) -> Vec<Pixel> {
    let fine: &[Pixel] = fine.as_chunks().0;
    let mean = |i: usize| {
        let corner = (i / width * width * FINER + i % width) * FINER;
        let four = [corner, corner + 1, corner + width * FINER, corner + width * FINER + 1];
        [0, 1, 2].map(|channel| ((four.map(|p| u16::from(fine[p][channel])).iter().sum::<u16>() + 2) / 4) as u8)
    };
    (0..width * height).map(mean).collect()
}

fn draw_label(label: &Label, pixels: &mut [Pixel], width: usize, height: usize) {
    let density = DENSITY as f64 / UNITS;
    let (x0, y0) = (label.x * density, label.y * density);
    let (r, g, b) = label.colour;
    for glyph in text::outlines(&label.text, label.size * density) {
        let corner = glyph.px_bounds().min;
        glyph.draw(|i, j, coverage| {
            let (dx, dy) = (f64::from(corner.x) + f64::from(i), f64::from(corner.y) + f64::from(j));
            let (x, y) = if label.upright { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
            let (x, y) = (x.round(), y.round());
            if x < 0.0 || y < 0.0 || x >= width as f64 || y >= height as f64 {
                return;
            }
            for (pixel, colour) in pixels[y as usize * width + x as usize].iter_mut().zip([r, g, b]) {
                let (from, to) = (f32::from(*pixel), f32::from(colour));
                *pixel = (from + (to - from) * coverage.clamp(0.0, 1.0)).round() as u8;
            }
        });
    }
}

/// Encodes pixels with at most 256 colours, which halves the file.
pub(crate) fn encode(pixels: &[Pixel], width: usize, height: usize) -> Vec<u8> {
    let (palette, indices) = indexed(pixels);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.as_flattened().to_vec());
    // Neighbouring indices are no neighbouring colours: differences of them do not compress.
    encoder.set_filter(png::Filter::NoFilter);
    // Pixels per metre: viewers then show the picture at its size in CSS pixels, 96 to an inch.
    let per_metre = (96.0 * DENSITY as f64 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&indices));
    written.expect("encoding into memory does not fail");
    bytes
}

/// The 256 most frequent colours, and for each pixel the place of its colour or of the nearest one. What is replaced
/// are some of the blends at the edges of lines and letters, by others a few shades away.
fn indexed(pixels: &[Pixel]) -> (Vec<Pixel>, Vec<u8>) {
    let mut counts: HashMap<Pixel, usize> = HashMap::new();
    for run in pixels.chunk_by(|a, b| a == b) {
        *counts.entry(run[0]).or_insert(0) += run.len();
    }
    let mut colours: Vec<(Pixel, usize)> = counts.into_iter().collect();
    // Ties are broken by the colour: the same figure always gives the same bytes.
    colours.sort_unstable_by_key(|&(pixel, count)| (std::cmp::Reverse(count), pixel));
    let palette: Vec<Pixel> = colours.iter().take(256).map(|&(pixel, _)| pixel).collect();
    let nearest = |pixel: Pixel| (0..palette.len()).min_by_key(|&i| difference(palette[i], pixel)).unwrap_or(0);
    let place =
        |(i, &(pixel, _)): (usize, &(Pixel, usize))| (pixel, if i < palette.len() { i } else { nearest(pixel) } as u8);
    let places: HashMap<Pixel, u8> = colours.iter().enumerate().map(place).collect();
    let mut indices = Vec::with_capacity(pixels.len());
    for run in pixels.chunk_by(|a, b| a == b) {
        indices.resize(indices.len() + run.len(), places[&run[0]]);
    }
    (palette, indices)
}

fn difference(a: Pixel, b: Pixel) -> i32 {
    let d = |i: usize| i32::from(a[i]) - i32::from(b[i]);
    d(0) * d(0) + d(1) * d(1) + d(2) * d(2)
}
