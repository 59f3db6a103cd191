//! Figures to play with: the library of the course behind sliders.
//!
//! A [`Playground`] is a list of settings, and a function from their values to an [`Answer`]: figures, numbers and a sentence. The same
//! functions run natively, for the still figures and the tests, and in a browser, compiled to WebAssembly (`web`, which is thin).
//! The program `pages` writes the pages: it has no list of its own of sliders or texts. `cargo course playground` calls it.
//!
//! | playground | shows |
//! | --- | --- |
//! | `hutchinson` | the variance of Hutchinson's estimate against the number of probes |
//! | `quadrature` | stochastic Lanczos quadrature of a spectrum that the reader draws |
//! | `lanczos` | Ritz values step by step, and their copies |
//! | `rotation` | the rotation of an eigenspace against the gap, and the bound of Davis and Kahan |
//! | `training` | the density of a network's Hessian along training |
//!
//! What is *not* here: any estimator.

mod hutchinson;
mod lanczos;
mod quadrature;
mod rotation;
mod settings;
mod training;
#[cfg(target_arch = "wasm32")]
pub mod web;

use figures::Figure;

pub use settings::{Chosen, Setting, Strip, Values, in_words};
pub use training::{FILM, STEPS, film};

/// All of them, in the order of the page.
pub const ALL: [&Playground; 5] =
    [&hutchinson::HUTCHINSON, &quadrature::QUADRATURE, &lanczos::LANCZOS, &rotation::ROTATION, &training::TRAINING];

/// A figure with settings.
#[derive(Debug)]
pub struct Playground {
    /// Its name in addresses, and for the page's script.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What to look for: two or three sentences.
    pub look_for: &'static str,
    /// What the reader can change.
    pub settings: &'static [Setting],
    /// A spectrum that the reader can draw.
    pub strip: Option<Strip>,
    answer: fn(&Chosen<'_>, u32) -> Answer,
}

/// What a playground shows for some values of its settings.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The figures, from top to bottom.
    pub figures: Vec<Figure>,
    /// Numbers with their names.
    pub numbers: Vec<(&'static str, f64)>,
    /// The most important ones in a sentence, which is read aloud after each change.
    pub sentence: String,
}

impl Playground {
    /// The playground of this name.
    ///
    /// # Example
    /// ```
    /// assert_eq!(playground::Playground::named("lanczos").map(|found| found.settings.len()), Some(5));
    /// assert!(playground::Playground::named("chess").is_none());
    /// ```
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|playground| playground.name == name)
    }

    /// The positions of all sliders before anyone moves them: those of the settings, then those of the strip.
    ///
    /// # Example
    /// ```
    /// let playground = playground::ALL[0];
    /// assert_eq!(playground.defaults().len(), playground.settings.len());
    /// ```
    pub fn defaults(&self) -> Vec<f64> {
        let strip = self.strip.iter().flat_map(|strip| strip.counts).map(|&count| f64::from(count));
        self.settings.iter().map(|setting| setting.position).chain(strip).collect()
    }

    /// The answer to these positions of the sliders, with figures `width` CSS pixels wide.
    ///
    /// A position that no slider can have counts as the nearest one that it can have, and a missing one as its default. The width is
    /// kept within 280 and 900.
    ///
    /// # Example
    /// ```
    /// let playground = playground::Playground::named("rotation").expect("there is one");
    /// let answer = playground.answer(&playground.defaults(), 600);
    /// assert!(answer.sentence.contains("Davis") && answer.figures.len() == 1);
    /// ```
    pub fn answer(&self, positions: &[f64], width: u32) -> Answer {
        (self.answer)(&Chosen::new(self, positions), width.clamp(280, 900))
    }

    /// What the settings are set to, in words.
    ///
    /// # Example
    /// ```
    /// let playground = playground::Playground::named("lanczos").expect("there is one");
    /// assert!(playground.shown(&playground.defaults()).contains(&"f64".to_owned()));
    /// ```
    pub fn shown(&self, positions: &[f64]) -> Vec<String> {
        Chosen::new(self, positions).in_words()
    }
}

/// The figure in a size that suits a page.
fn sized(figure: Figure, width: u32) -> Figure {
    figure.size(width, (6 * width / 10).clamp(350, 440))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every slider at either end, one at a time.
    #[test]
    fn every_setting_has_an_answer() {
        for playground in ALL {
            let defaults = playground.defaults();
            let usual = playground.answer(&defaults, 600).numbers;
            for (i, setting) in playground.settings.iter().enumerate() {
                let ends = setting.range();
                assert!((ends[0]..=ends[1]).contains(&setting.position), "{}", setting.label);
                for end in ends {
                    let mut positions = defaults.clone();
                    positions[i] = end;
                    let answer = playground.answer(&positions, 320);
                    assert!(answer.numbers.iter().all(|(_, value)| value.is_finite()), "{answer:?}");
                    assert_eq!(answer.numbers.len(), usual.len(), "{}", setting.label);
                    assert!(!answer.sentence.is_empty());
                }
            }
        }
    }

    /// A slider that changes nothing would be a defect.
    #[test]
    fn every_setting_changes_the_figure() {
        for playground in ALL {
            let drawn = |positions: &[f64]| {
                let figures = playground.answer(positions, 320).figures;
                figures.iter().map(Figure::to_svg).collect::<String>()
            };
            let usual = drawn(&playground.defaults());
            for (i, setting) in playground.settings.iter().enumerate() {
                let mut positions = playground.defaults();
                positions[i] = setting.range()[usize::from(setting.position == setting.range()[0])];
                assert_ne!(drawn(&positions), usual, "{}: {}", playground.name, setting.label);
            }
        }
    }

    #[test]
    fn no_position_is_refused() {
        for playground in ALL {
            for odd in [f64::NAN, f64::INFINITY, -1e9, 1e9, 0.3] {
                let answer = playground.answer(&vec![odd; playground.defaults().len()], 0);
                assert!(answer.numbers.iter().all(|(_, value)| value.is_finite()), "{answer:?}");
            }
            let (none, defaults) = (playground.answer(&[], 600), playground.answer(&playground.defaults(), 600));
            assert_eq!(none.sentence, defaults.sentence);
        }
    }
}
