//! A scene as SVG.
//!
//! Plotters' SVG backend writes the shapes. It knows whole pixels only, so it draws ten times as large and the view
//! box scales down. The texts and the frame of the document are written here: the backend knows no width of a text, no
//! title, no description.

use crate::raster;
use crate::scene::{Label, Point, Scene, Shape};
use crate::style::Rgb;
use crate::text::{self, FAMILY, SCRIPT};
use plotters::backend::SVGBackend;
use std::fmt::Write as _;

/// Units of the view box in a CSS pixel.
const UNITS: f64 = 10.0;

pub(crate) fn render(scene: &Scene, title: &str, description: &str) -> String {
    let (width, height) = (scene.width, scene.height);
    let size = ((width * UNITS).round() as u32, (height * UNITS).round() as u32);
    let (units_x, units_y) = size;
    let dots = |shape: &Shape| matches!(shape, Shape::Dots { .. });
    let mut shapes = String::new();
    for part in scene.shapes.chunk_by(|a, b| !dots(a) && !dots(b)) {
        match part {
            [Shape::Dots { centres, radius, square, colour }] => {
                push_dots(&mut shapes, centres, *radius, *square, *colour)
            }
            part => shapes.push_str(&drawn_by_plotters(part, size)),
        }
    }
    let mut texts = String::new();
    for label in &scene.labels {
        push_label(&mut texts, label);
    }
    // Several figures share one page, where an id may stand only once: it is made from the content.
    let id = format!("figure-{:016x}", fingerprint(&[&shapes, &texts, title, description]));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {units_x} {units_y}\" \
         role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" style=\"max-width:100%;height:auto;background:#fff\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
         <g stroke-linejoin=\"round\">\n{shapes}</g>\n\
         <g font-family=\"{FAMILY}\">\n{texts}</g>\n</svg>\n",
        escape(title),
        escape(description),
    )
}

/// Shapes as the backend writes them, a whole document, which may stand inside ours. Attributes that say what holds
/// anyway are left out: that is a third.
fn drawn_by_plotters(shapes: &[Shape], size: (u32, u32)) -> String {
    let mut drawn = String::new();
    raster::replay(shapes, UNITS, raster::Lines::Whole, &mut SVGBackend::with_string(&mut drawn, size));
    drawn
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" stroke-width=\"0\"", "")
        .replace(" \"/>", "\"/>")
}

/// Strokes of no length, of which only the caps are seen: a dozen bytes a point, where the backend would write an
/// element for each.
fn push_dots(out: &mut String, centres: &[Point], radius: f64, square: bool, (r, g, b): Rgb) {
    let (cap, width) = (if square { "square" } else { "round" }, 2.0 * radius * UNITS);
    let _ = write!(
        out,
        "<path fill=\"none\" stroke=\"#{r:02X}{g:02X}{b:02X}\" stroke-width=\"{width:.0}\" stroke-linecap=\"{cap}\" d=\""
    );
    for (x, y) in centres {
        let _ = write!(out, "M{:.0} {:.0}h0", x * UNITS, y * UNITS);
    }
    out.push_str("\"/>\n");
}

fn push_label(out: &mut String, label: &Label) {
    let (x, y) = label.start();
    let (x, y) = ((x * UNITS).round(), (y * UNITS).round());
    let size = label.size * UNITS;
    let (r, g, b) = label.colour;
    let turn = if label.upright { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    // Another font than the bundled one is squeezed or stretched to the width that the layout counts on.
    let length = (label.width() * UNITS).round();
    let _ = write!(
        out,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"#{r:02X}{g:02X}{b:02X}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\"{turn}>"
    );
    let mut rise = 0.0;
    for run in text::runs(&label.text) {
        let text = escape(&run.text);
        // `dy` moves everything that follows: each run undoes the rise of the one before.
        let dy = (rise - run.rise) * size;
        rise = run.rise;
        let _ = if dy == 0.0 && run.rise == 0.0 {
            write!(out, "{text}")
        } else if run.rise == 0.0 {
            write!(out, "<tspan dy=\"{dy:.1}\">{text}</tspan>")
        } else {
            write!(out, "<tspan dy=\"{dy:.1}\" font-size=\"{:.1}\">{text}</tspan>", size * SCRIPT)
        };
    }
    out.push_str("</text>\n");
}

/// Text as XML: markup escaped, control characters (not allowed in XML) left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// FNV-1a, which, unlike the standard library's hasher, is the same in every version.
fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
