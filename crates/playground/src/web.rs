//! What the page's script calls.

use figures::Figure;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Playground, in_words};

/// An answer in types that JavaScript knows.
#[wasm_bindgen(getter_with_clone)]
pub struct WebAnswer {
    /// The figures as SVG.
    pub figures: Vec<String>,
    /// The numbers.
    pub values: Vec<f64>,
    /// The numbers, as they are to be shown.
    pub texts: Vec<String>,
    /// The sentence.
    pub sentence: String,
    /// What each setting is set to.
    pub shown: Vec<String>,
}

/// [`Playground::answer`] of the playground of this name; nothing if there is none.
#[wasm_bindgen]
pub fn answer(name: &str, positions: &[f64], width: u32) -> Option<WebAnswer> {
    let playground = Playground::named(name)?;
    let answer = playground.answer(positions, width);
    Some(WebAnswer {
        figures: answer.figures.iter().map(Figure::to_svg).collect(),
        values: answer.numbers.iter().map(|(_, value)| *value).collect(),
        texts: answer.numbers.iter().map(|(_, value)| in_words(*value)).collect(),
        sentence: answer.sentence,
        shown: playground.shown(positions),
    })
}

/// The counts of a strip with one more cluster: [`Strip::with_cluster`](crate::Strip::with_cluster).
#[wasm_bindgen]
pub fn cluster(name: &str, counts: &[f64], position: f64, width: f64, count: usize) -> Vec<f64> {
    let strip = Playground::named(name).and_then(|playground| playground.strip.as_ref());
    strip.map_or_else(|| counts.to_vec(), |strip| strip.with_cluster(counts, position, width, count))
}
