//! Shapes onto a backend of plotters, and a scene as PNG.

use crate::scene::{Label, Point, Scene, Shape, between, distance};
use crate::style::Rgb;
use crate::{palette, text};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBColor, ShapeStyle};

/// Pixels of a PNG to a CSS pixel, and how many times finer shapes are drawn before they are averaged.
const DENSITY: usize = 2;
const FINER: usize = 2;

/// How a backend is given lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    Whole,
    /// Segment by segment: plotters' rasteriser fills a thick path as one polygon, which leaves holes where it crosses
    /// itself.
    Segments,
}

/// Draws `shapes`, `scale` units of the backend to a CSS pixel.
///
/// # Panics
///
/// If the backend fails, which those that write into memory do not.
pub(crate) fn replay<B: DrawingBackend>(shapes: &[Shape], scale: f64, lines: Lines, backend: &mut B) {
    let unit = |v: f64| (v * scale).round() as i32;
    let at = |p: Point| (unit(p.0), unit(p.1));
    for shape in shapes {
        let drawn = match shape {
            Shape::Rect { frame, colour } => backend.draw_rect(
                at((frame.left, frame.top)),
                at((frame.right, frame.bottom)),
                &fill(*colour, 1.0),
                true,
            ),
            Shape::Disc { centre, radius, colour } => {
                backend.draw_circle(at(*centre), unit(*radius) as u32, &fill(*colour, 1.0), true)
            }
            Shape::Dots { centres, radius, square: false, colour } => centres
                .iter()
                .try_for_each(|&c| backend.draw_circle(at(c), unit(*radius) as u32, &fill(*colour, 1.0), true)),
            Shape::Dots { centres, radius, square: true, colour } => centres.iter().try_for_each(|c| {
                let (from, to) = ((c.0 - radius, c.1 - radius), (c.0 + radius, c.1 + radius));
                backend.draw_rect(at(from), at(to), &fill(*colour, 1.0), true)
            }),
            Shape::Area { points, colour, opacity } => {
                backend.fill_polygon(points.iter().map(|&p| at(p)), &fill(*colour, *opacity))
            }
            Shape::Line { points, width, colour } if lines == Lines::Whole => {
                let style = ShapeStyle { stroke_width: unit(*width) as u32, filled: false, ..fill(*colour, 1.0) };
                backend.draw_path(points.iter().map(|&p| at(p)), &style)
            }
            Shape::Line { points, width, colour } => {
                let style = fill(*colour, 1.0);
                let strips =
                    points.windows(2).try_for_each(|pair| backend.fill_polygon(strip(pair, *width).map(at), &style));
                let radius = (0.5 * width * scale).round() as u32;
                strips.and_then(|()| {
                    joints(points).try_for_each(|joint| backend.draw_circle(at(joint), radius, &style, true))
                })
            }
        };
        drawn.expect("drawing into memory does not fail");
    }
}

fn fill((r, g, b): Rgb, opacity: f64) -> ShapeStyle {
    RGBColor(r, g, b).mix(opacity).filled()
}

/// A segment as a rectangle of the line's width.
fn strip(segment: &[Point], width: f64) -> [Point; 4] {
    let (a, b) = (segment[0], segment[1]);
    let length = distance(a, b).max(1e-9);
    let (nx, ny) = (0.5 * width * (a.1 - b.1) / length, 0.5 * width * (b.0 - a.0) / length);
    [(a.0 + nx, a.1 + ny), (b.0 + nx, b.1 + ny), (b.0 - nx, b.1 - ny), (a.0 - nx, a.1 - ny)]
}

/// The inner points at which a line turns so much that its strips would leave a notch.
fn joints(points: &[Point]) -> impl Iterator<Item = Point> {
    points.windows(3).filter_map(|p| {
        let (u, v) = ((p[1].0 - p[0].0, p[1].1 - p[0].1), (p[2].0 - p[1].0, p[2].1 - p[1].1));
        let cosine = (u.0 * v.0 + u.1 * v.1) / (u.0.hypot(u.1) * v.0.hypot(v.1)).max(1e-9);
        (cosine < 0.998).then_some(p[1])
    })
}

/// The scene as PNG, with two pixels to a CSS pixel.
pub(crate) fn render(scene: &Scene) -> Vec<u8> {
    let (pixels, width, height) = pixels(scene);
    palette::encode(&pixels, width, height, DENSITY)
}

/// The scene as red, green and blue by turns, with width and height.
pub(crate) fn pixels(scene: &Scene) -> (Vec<u8>, usize, usize) {
    let (width, height) = (scene.width.round() as usize * DENSITY, scene.height.round() as usize * DENSITY);
    let mut fine = vec![255; width * height * FINER * FINER * 3];
    let size = ((width * FINER) as u32, (height * FINER) as u32);
    let mut backend = BitMapBackend::with_buffer(&mut fine, size);
    replay(&scene.shapes, (DENSITY * FINER) as f64, Lines::Segments, &mut backend);
    drop(backend);
    let mut pixels = averaged(&fine, width, height);
    for label in &scene.labels {
        draw_label(label, &mut pixels, width, height);
    }
    (pixels, width, height)
}

fn averaged(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let row = width * FINER * 3;
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let (upper, lower) = (&fine[y * FINER * row..][..row], &fine[(y * FINER + 1) * row..][..row]);
        for (a, b) in upper.chunks_exact(3 * FINER).zip(lower.chunks_exact(3 * FINER)) {
            for channel in 0..3 {
                let sum = u16::from(a[channel])
                    + u16::from(a[channel + 3])
                    + u16::from(b[channel])
                    + u16::from(b[channel + 3]);
                pixels.push(((sum + 2) / 4) as u8);
            }
        }
    }
    pixels
}

/// Draws a text. Plotters could, but it drops the bearing of each letter, which spaces them unevenly.
fn draw_label(label: &Label, pixels: &mut [u8], width: usize, height: usize) {
    let density = DENSITY as f64;
    let (x0, y0) = (label.start().0 * density, label.start().1 * density);
    for glyph in text::outlines(&label.text, label.size * density) {
        let corner = glyph.px_bounds().min;
        glyph.draw(|i, j, coverage| {
            let (dx, dy) = (f64::from(corner.x) + f64::from(i), f64::from(corner.y) + f64::from(j));
            let (x, y) = if label.upright { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
            let (x, y) = (x.round(), y.round());
            if x < 0.0 || y < 0.0 || x >= width as f64 || y >= height as f64 {
                return;
            }
            let start = (y as usize * width + x as usize) * 3;
            let (r, g, b) = label.colour;
            for (pixel, colour) in pixels[start..start + 3].iter_mut().zip([r, g, b]) {
                *pixel =
                    between((f64::from(*pixel), 0.0), (f64::from(colour), 0.0), f64::from(coverage.clamp(0.0, 1.0)))
                        .0
                        .round() as u8;
            }
        });
    }
}
