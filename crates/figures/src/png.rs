//! A figure as PNG, with two pixels per CSS pixel: plotters' bitmap backend draws the shapes twice as fine again, which are
//! averaged; then the texts are drawn.

use crate::canvas::{Canvas, Label, UNITS};
use crate::text;
use plotters::prelude::*;

/// Pixels of a PNG per CSS pixel, and how many times finer shapes are drawn.
const DENSITY: usize = 2;
const FINER: usize = 2;

type Pixel = [u8; 3];

pub(crate) fn render(canvas: &Canvas) -> Vec<u8> {
    let [width, height] = [canvas.size.0, canvas.size.1].map(|units| units as usize / UNITS as usize * DENSITY);
    let mut fine = vec![255; width * height * FINER * FINER * 3];
    let backend = BitMapBackend::with_buffer(&mut fine, ((width * FINER) as u32, (height * FINER) as u32));
    canvas.draw_shapes(backend, (DENSITY * FINER) as f64);
    let mut pixels = averaged(&fine, width, height);
    canvas.labels.iter().for_each(|label| draw_label(label, &mut pixels, width, height));
    encode(&pixels, width, height)
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
            // A dozen shades are as good to the eye as 256, and make the file smaller by a fifth.
            let coverage = (coverage.clamp(0.0, 1.0) * 12.0).round() / 12.0;
            let (dx, dy) = (f64::from(corner.x) + f64::from(i), f64::from(corner.y) + f64::from(j));
            let (x, y) = if label.upright { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
            let (x, y) = (x.round(), y.round());
            if x < 0.0 || y < 0.0 || x >= width as f64 || y >= height as f64 {
                return;
            }
            for (pixel, colour) in pixels[y as usize * width + x as usize].iter_mut().zip([r, g, b]) {
                let (from, to) = (f32::from(*pixel), f32::from(colour));
                *pixel = (from + (to - from) * coverage).round() as u8;
            }
        });
    }
}

fn encode(pixels: &[Pixel], width: usize, height: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    // Most rows are white with a few strokes: they compress best as they are.
    encoder.set_filter(png::Filter::NoFilter);
    // Pixels per metre: viewers then show the picture at its size in CSS pixels, 96 to an inch.
    let per_metre = (96.0 * DENSITY as f64 / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels.as_flattened()));
    written.expect("encoding into memory does not fail");
    bytes
}
