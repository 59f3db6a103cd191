//! Text: metrics of the bundled font, line breaks, subscripts and superscripts.

use crate::canvas::UNITS;
use ab_glyph::{Font, FontRef, Glyph, GlyphId, OutlinedGlyph, PxScale, ScaleFont as _, point};
use plotters::style::{Color as _, IntoFont as _, RGBColor, TextStyle};
#[cfg(not(target_arch = "wasm32"))]
use plotters::style::{FontStyle, register_font};
use std::collections::BTreeSet;

/// A subset of DejaVu Sans; `assets/README.md` tells how it was made.
const FONT: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/DejaVuSans-subset.ttf"));

/// The fonts a browser tries in turn. Widths are set by `textLength`, so that a replacement does not overflow.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif";

/// Size of a subscript or superscript, and its shift, in units of the size of the text.
pub(crate) const SCRIPT: f64 = 0.75;
const SHIFT: f64 = 0.36;

/// From one line of a text to the next, in ems.
pub(crate) const SPACING: f64 = 1.25;

/// A piece of text on one level.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) text: String,
    /// How far the baseline is raised, in units of the size of the text.
    pub(crate) rise: f64,
}

impl Run {
    /// The size of the letters, given that of the text.
    pub(crate) fn size(&self, size: f64) -> f64 {
        if self.rise == 0.0 { size } else { SCRIPT * size }
    }
}

/// Splits markup into runs: `_` and `^` set a group in braces, or one character that no letter or digit follows, lower
/// or higher.
pub(crate) fn runs(markup: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut rest = markup;
    while let Some(first) = rest.chars().next() {
        let (one, after) = rest.split_at(first.len_utf8());
        let group = match first {
            '_' => group(after).map(|(text, after)| (-0.5 * SHIFT, text, after)),
            '^' => group(after).map(|(text, after)| (SHIFT, text, after)),
            _ => None,
        };
        let (rise, text, after) = group.unwrap_or((0.0, one, after));
        match runs.last_mut() {
            Some(run) if run.rise == rise => run.text.push_str(text),
            _ => runs.push(Run { text: text.to_owned(), rise }),
        }
        rest = after;
    }
    runs
}

/// What a sub- or superscript applies to, and what follows.
fn group(after: &str) -> Option<(&str, &str)> {
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}').filter(|(group, _)| !group.is_empty());
    }
    let letter_or_digit = |c: char| c.is_alphabetic() || c.is_ascii_digit();
    let first = after.chars().next().filter(|&c| letter_or_digit(c))?;
    let (group, next) = after.split_at(first.len_utf8());
    (!next.starts_with(|c| letter_or_digit(c) || c == '_')).then_some((group, next))
}

/// The text without the braces of its markup, for readers that know no subscripts.
pub(crate) fn plain(markup: &str) -> String {
    let sign = |run: &Run| ["_", "", "^"][(run.rise.total_cmp(&0.0) as i8 + 1) as usize];
    runs(markup).iter().map(|run| format!("{}{}", sign(run), run.text)).collect()
}

/// The text on one line, without control characters.
pub(crate) fn clean(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The width of text, of whose lines the widest counts.
pub(crate) fn width(markup: &str, size: f64) -> f64 {
    let font = font();
    let run_width = |run: Run| {
        let scaled = font.as_scaled(scale(&font, run.size(size)));
        run.text.chars().map(|c| f64::from(scaled.h_advance(glyph(&font, c)))).sum::<f64>()
    };
    markup.split('\n').map(|line| runs(line).into_iter().map(run_width).sum()).fold(0.0, f64::max)
}

/// Breaks text at spaces into lines no wider than `room`; a single longer word stays whole.
pub(crate) fn wrap(markup: &str, size: f64, room: f64) -> String {
    let mut lines = String::new();
    for word in markup.split(' ').filter(|word| !word.is_empty()) {
        let last = lines.rsplit('\n').next().unwrap_or_default();
        let fits = width(&format!("{last} {word}"), size) <= room;
        if !lines.is_empty() {
            lines.push(if fits { ' ' } else { '\n' });
        }
        lines.push_str(word);
    }
    lines
}

/// A title in lines that fit into `room`, and their height with the margin that plotters adds.
pub(crate) fn title(markup: &str, size: f64, room: f64) -> (String, f64) {
    let lines = wrap(markup, size, room);
    let height = if lines.is_empty() { 0.0 } else { height(&lines, size) + 1.0 };
    (lines, height)
}

/// The characters of `text` that the bundled font cannot draw, each once.
pub(crate) fn missing_glyphs(text: &str) -> BTreeSet<char> {
    let font = font();
    text.chars().filter(|&c| !c.is_control() && font.glyph_id(c).0 == 0).collect()
}

/// The outlines of a line of text whose baseline starts at the origin; a box for what the font lacks.
pub(crate) fn outlines(markup: &str, size: f64) -> Vec<OutlinedGlyph> {
    let font = font();
    let mut outlines = Vec::new();
    let mut x = 0.0;
    for run in runs(markup) {
        let scale = scale(&font, run.size(size));
        for c in run.text.chars() {
            let (id, position) = (glyph(&font, c), point(x, (-run.rise * size) as f32));
            outlines.extend(font.outline_glyph(Glyph { id, scale, position }));
            x += font.as_scaled(scale).h_advance(id);
        }
    }
    outlines
}

/// A style of text for plotters, with the em in CSS pixels.
pub(crate) fn font_of(size: f64, colour: RGBColor) -> TextStyle<'static> {
    let style = TextStyle::from(("sans-serif", size * UNITS * line_height()).into_font());
    TextStyle { color: colour.to_backend_color(), ..style }
}

/// The height of lines of text, none if it is empty.
pub(crate) fn height(text: &str, size: f64) -> f64 {
    if text.is_empty() { 0.0 } else { SPACING * size * text.split('\n').count() as f64 }
}

/// Makes the bundled font known to plotters, which has none, under the names that its examples use.
///
/// In a browser plotters asks the page for the size of the texts in a legend, and takes no fonts.
pub(crate) fn register_fonts() {
    #[cfg(not(target_arch = "wasm32"))]
    for family in ["sans-serif", "serif", "monospace", "sans", "Arial", "Calibri", "Helvetica", "Verdana"] {
        let registered = register_font(family, FontStyle::Normal, FONT).is_ok();
        assert!(registered, "the bundled font must be valid");
    }
}

fn font() -> FontRef<'static> {
    FontRef::try_from_slice(FONT).expect("the bundled font is valid, as the tests show")
}

/// The size of letters for ab_glyph, which gives the height of a line, as plotters does, and everyone else the em.
fn scale(font: &impl Font, size: f64) -> PxScale {
    font.pt_to_px_scale((0.75 * size) as f32).expect("the bundled font says how large its em is")
}

/// The height of a line in ems.
pub(crate) fn line_height() -> f64 {
    f64::from(scale(&font(), 1.0).y)
}

/// The glyph of a character, a box if the font has none.
fn glyph(font: &impl Font, c: char) -> GlyphId {
    match font.glyph_id(c) {
        GlyphId(0) => font.glyph_id('□'),
        id => id,
    }
}
