//! What becomes of a figure: SVG, PNG, a file, the output of a notebook cell.

use crate::chart::{Chart, paragraph, sentence};
use crate::{Body, Figure, layout, png, svg, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use course_protocol::output::show;
use std::io;
use std::path::Path;

impl Figure {
    /// The figure as an SVG document, with its title and its alternative text as `<title>` and `<desc>`.
    ///
    /// It names the bundled font and common ones in its place, and sets the width of each text, so that another font
    /// does not change the layout.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::render(self, &layout::drawn(self))
    }

    /// The figure as a PNG file, two pixels per CSS pixel.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        png::render(&layout::drawn(self))
    }

    /// Writes the figure to a file whose extension, `.svg` or `.png`, gives the format.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the path has another extension; otherwise what writing the file reports.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("svg") => std::fs::write(path, self.to_svg()),
            Some("png") => std::fs::write(path, self.to_png()),
            _ => {
                let message = format!("the extension must be .svg or .png, got {:?}", path.display().to_string());
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    /// The alternative text: the one given, or a list of title, axes and series.
    #[must_use]
    pub fn alt_text(&self) -> String {
        if !self.alt.is_empty() {
            return self.alt.clone();
        }
        let title = sentence("", [self.title.as_str()]);
        match &self.body {
            Body::Chart(chart) => chart.describe(),
            Body::Row(charts) => paragraph([title].into_iter().chain(charts.iter().map(Chart::describe))),
            Body::Images(grid) => {
                paragraph([title, sentence("Pictures: ", grid.images.iter().map(|image| image.title.as_str()))])
            }
        }
    }

    /// Shows the figure as the output of a notebook cell: as HTML with an SVG in it, as PNG, and as its alternative text. evcxr calls this for
    /// the last expression of a cell. If the bundled font lacks a character, a line of text before the figure names it.
    pub fn evcxr_display(&self) {
        let drawn = layout::drawn(self);
        let svg = svg::render(self, &drawn);
        if let Some(notice) = notice(&svg) {
            println!("{notice}");
        }
        let png = STANDARD.encode(png::render(&drawn));
        show(&[("text/html", &self.html(&svg)), ("image/png", &png), ("text/plain", &self.alt_text())]);
    }

    /// The figure as an HTML image. JupyterLab would cut an output of type SVG at the right edge of the page, and nobody would be told its
    /// alternative text.
    pub(crate) fn html(&self, svg: &str) -> String {
        let alt = svg::escape(&self.alt_text());
        format!(
            "<img alt=\"{alt}\" style=\"max-width:100%;height:auto\" src=\"data:image/svg+xml;base64,{}\">",
            STANDARD.encode(svg.trim_end())
        )
    }
}

/// What to say of characters that the bundled font cannot draw, of those after the description. It goes to the cell's
/// output: a line on stderr would be an error to those who run notebooks.
pub(crate) fn notice(svg: &str) -> Option<String> {
    let missing = text::missing_glyphs(svg.split_once("</desc>")?.1);
    let named: Vec<String> = missing.iter().map(|&c| format!("{c} (U+{:04X})", u32::from(c))).collect();
    let named = named.join(", ");
    (!missing.is_empty()).then(|| format!("figure: the font has no glyph for {named}: drawn as □ in the PNG"))
}
