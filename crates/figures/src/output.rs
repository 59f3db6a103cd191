//! What becomes of a figure: SVG, PNG, a file, the output of a notebook cell.

use crate::{Figure, alt, layout, raster, svg, text};
use base64::Engine as _;
use std::io;
use std::path::Path;

impl Figure {
    /// The figure as an SVG document, with its title and its alternative text as `<title>` and `<desc>`.
    ///
    /// It names the bundled font and common ones in its place, and sets the width of each text, so that another font
    /// does not change the layout.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::render(&layout::scene(self), &text::plain(&self.title), &self.alt_text())
    }

    /// The figure as a PNG file, two pixels to a CSS pixel.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        raster::render(&layout::scene(self))
    }

    /// Writes the figure to a file whose extension, `.svg` or `.png`, gives the format.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the path has another extension; otherwise what writing the file reports.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.save_to(path.as_ref())
    }

    fn save_to(&self, path: &Path) -> io::Result<()> {
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("svg") => std::fs::write(path, self.to_svg()),
            Some("png") => std::fs::write(path, self.to_png()),
            _ => {
                let message = format!("a figure is saved as .svg or .png, got {:?}", path.display().to_string());
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    /// The alternative text: the one given, or a list of title, axes, series and their ranges.
    #[must_use]
    pub fn alt_text(&self) -> String {
        if self.alt.is_empty() { alt::describe(self) } else { self.alt.clone() }
    }

    /// The characters of all texts of this figure that the bundled font cannot draw: empty for a figure fit to be
    /// published.
    #[must_use]
    pub fn missing_glyphs(&self) -> Vec<char> {
        let texts: String = layout::scene(self).labels.into_iter().map(|label| label.text).collect();
        let mut missing = text::missing_glyphs(&texts);
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Prints the figure as the output of a notebook cell: SVG, PNG and alternative text. evcxr calls this for the
    /// last expression of a cell.
    pub fn evcxr_display(&self) {
        print!("{}", self.mime_bundle());
    }

    pub(crate) fn mime_bundle(&self) -> String {
        let scene = layout::scene(self);
        let alt = self.alt_text();
        let svg = svg::render(&scene, &text::plain(&self.title), &alt);
        let png = base64::engine::general_purpose::STANDARD.encode(raster::render(&scene));
        [("image/svg+xml", svg.trim_end()), ("image/png", &png), ("text/plain", &alt)]
            .map(|(mime, content)| format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n"))
            .concat()
    }
}
