//! A figure as SVG: plotters' backend writes the shapes; the texts and the frame of the document are written here, since
//! the backend knows no width of a text, no title and no description.

use crate::Figure;
use crate::canvas::{Canvas, Label, UNITS};
use crate::text::{self, FAMILY};
use plotters::prelude::*;
use std::fmt::Write as _;

pub(crate) fn render(figure: &Figure, canvas: &Canvas) -> String {
    let mut shapes = String::new();
    canvas.draw_shapes(SVGBackend::with_string(&mut shapes, canvas.size), UNITS);
    // The backend wrote a document: its content goes into ours. Attributes that say what holds anyway are left out: that is
    // a third.
    let content = shapes.split_once('\n').map_or("", |(_, content)| content).trim_end().trim_end_matches("</svg>");
    let shapes = content
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" stroke-width=\"1\"", "")
        .replace(" \"/>", "\"/>");
    let mut texts = String::new();
    canvas.labels.iter().for_each(|label| push_label(&mut texts, label));
    let (units_x, units_y) = canvas.size;
    let (width, height) = (units_x / UNITS as u32, units_y / UNITS as u32);
    let (title, alt) = (escape(&text::plain(&figure.title)), escape(&figure.alt_text()));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {units_x} {units_y}\" \
         role=\"img\" aria-label=\"{alt}\" style=\"max-width:100%;height:auto;background:#fff\">\n\
         <title>{title}</title>\n<desc>{alt}</desc>\n\
         <g stroke-linejoin=\"round\">\n{shapes}</g>\n\
         <g font-family=\"{FAMILY}\">\n{texts}</g>\n</svg>\n"
    )
}

fn push_label(out: &mut String, label: &Label) {
    let (x, y, size) = (label.x.round(), label.y.round(), label.size.round());
    let (r, g, b) = label.colour;
    let turn = if label.upright { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    // Another font than the bundled one is squeezed or stretched to the width that the layout counts on.
    let length = text::width(&label.text, label.size).round();
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
        let _ = match dy == 0.0 && run.rise == 0.0 {
            true => write!(out, "{text}"),
            false => write!(out, "<tspan dy=\"{dy:.1}\" font-size=\"{:.1}\">{text}</tspan>", run.size(size)),
        };
    }
    out.push_str("</text>\n");
}

/// Text as XML: markup escaped, control characters (not allowed in XML) as spaces.
pub(crate) fn escape(text: &str) -> String {
    let text = text.replace(char::is_control, " ").replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
