//! Pixels as a PNG file with at most 256 colours: half the size of one with all.

use std::collections::HashMap;

type Pixel = [u8; 3];

/// Encodes `pixels`, red, green and blue by turns; `density` pixels to a CSS pixel.
pub(crate) fn encode(pixels: &[u8], width: usize, height: usize, density: usize) -> Vec<u8> {
    let (palette, indices) = indexed(pixels.as_chunks().0);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.as_flattened().to_vec());
    // Neighbouring indices are no neighbouring colours: differences of them do not compress.
    encoder.set_filter(png::Filter::NoFilter);
    // Pixels a metre: viewers then show the picture at its size in CSS pixels, 96 to an inch.
    let per_metre = (96.0 * density as f64 / 0.0254).round() as u32;
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
