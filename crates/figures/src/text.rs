//! Text: metrics of the bundled font, line breaks, subscripts and superscripts.

use crate::canvas::UNITS;
use ab_glyph::{Font, FontRef, Glyph, GlyphId, OutlinedGlyph, PxScale, point};
use plotters::style::{Color as _, FontStyle, IntoFont as _, RGBColor, TextStyle, register_font};
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
    let chars: Vec<char> = markup.chars().collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut push = |text: &[char], rise: f64| match runs.last_mut() {
        Some(run) if run.rise == rise => run.text.extend(text),
        _ => runs.push(Run { text: text.iter().collect(), rise }),
    };
    let mut i = 0;
    while i < chars.len() {
        let rise = [('_', -0.5 * SHIFT), ('^', SHIFT)].into_iter().find(|(sign, _)| *sign == chars[i]);
        let group = rise.and_then(|(_, rise)| Some((rise, group_at(&chars, i + 1)?)));
        let (rise, (from, to, next)) = group.unwrap_or((0.0, (i, i + 1, i + 1)));
        push(&chars[from..to], rise);
        i = next;
    }
    runs
}

/// Start, end and continuation of the group that a sub- or superscript applies to.
fn group_at(chars: &[char], i: usize) -> Option<(usize, usize, usize)> {
    let first = *chars.get(i)?;
    if first == '{' {
        let length = chars[i..].iter().position(|&c| c == '}')?;
        return (length > 1).then_some((i + 1, i + length, i + length + 1));
    }
    let letter_or_digit = |c: char| c.is_alphabetic() || c.is_ascii_digit();
    let alone = chars.get(i + 1).is_none_or(|&c| !letter_or_digit(c) && c != '_');
    (letter_or_digit(first) && alone).then_some((i, i + 1, i + 1))
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
    markup.split('\n').map(|line| line_width(line, size)).fold(0.0, f64::max)
}

fn line_width(markup: &str, size: f64) -> f64 {
    let font = font();
    runs(markup).iter().map(|run| run.text.chars().map(|c| advance(&font, c)).sum::<f64>() * run.size(size)).sum()
}

/// Breaks text at spaces into lines no wider than `room`; a single longer word stays whole.
pub(crate) fn wrap(markup: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in markup.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A title in lines that fit into `room`, and their height.
pub(crate) fn title(markup: &str, size: f64, room: f64) -> (String, f64) {
    let lines = wrap(markup, size, room).join("\n");
    // Plotters adds a margin above and below a title.
    let margin = if lines.is_empty() { 0.0 } else { 1.0 };
    let height = height(&lines, size) + margin;
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
        let size_of_run = run.size(size);
        let scale = PxScale::from((size_of_run * line_height()) as f32);
        for c in run.text.chars() {
            let position = point(x as f32, (-run.rise * size) as f32);
            outlines.extend(font.outline_glyph(Glyph { id: glyph(&font, c), scale, position }));
            x += advance(&font, c) * size_of_run;
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
pub(crate) fn register_fonts() {
    for family in ["sans-serif", "serif", "monospace", "sans", "Arial", "Calibri", "Helvetica", "Verdana"] {
        let registered = register_font(family, FontStyle::Normal, FONT).is_ok();
        assert!(registered, "the bundled font must be valid");
    }
}

fn font() -> FontRef<'static> {
    FontRef::try_from_slice(FONT).expect("the bundled font is valid, as the tests show")
}

fn units_per_em(font: &FontRef<'_>) -> f64 {
    f64::from(font.units_per_em().unwrap_or(2048.0))
}

/// The height of a line in ems: ab_glyph and plotters give it as the size of a font, everyone else the em.
pub(crate) fn line_height() -> f64 {
    let font = font();
    f64::from(font.height_unscaled()) / units_per_em(&font)
}

fn glyph(font: &FontRef<'_>, c: char) -> GlyphId {
    let id = font.glyph_id(c);
    if id.0 == 0 { font.glyph_id('□') } else { id }
}

fn advance(font: &FontRef<'_>, c: char) -> f64 {
    f64::from(font.h_advance_unscaled(glyph(font, c))) / units_per_em(font)
}
