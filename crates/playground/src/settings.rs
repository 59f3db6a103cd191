//! What a reader can change, and what it is set to.

use crate::Playground;

/// A slider, or a choice between a few words.
#[derive(Debug)]
pub struct Setting {
    /// What functions call it.
    pub name: &'static str,
    /// What the page calls it.
    pub label: &'static str,
    /// The values that it can have.
    pub values: Values,
    /// The position before anyone moves it: a value of [`Values::Linear`], otherwise an index.
    pub position: f64,
}

/// The values of a setting.
#[derive(Debug)]
pub enum Values {
    /// From a lowest to a highest number in equal steps.
    Linear {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
        /// From one to the next.
        step: f64,
    },
    /// One of these numbers.
    Among(&'static [f64]),
    /// One of these words; its number is its index.
    Named(&'static [&'static str]),
}

/// A row of upright sliders, one per bin of the real line: how many eigenvalues lie in the bin.
#[derive(Debug)]
pub struct Strip {
    /// Where the first bin begins.
    pub low: f64,
    /// The width of a bin.
    pub width: f64,
    /// The largest number of eigenvalues in a bin.
    pub most: u32,
    /// How many there are in each before anyone moves them.
    pub counts: &'static [u32],
}

impl Strip {
    /// The middle of bin `i`.
    ///
    /// # Example
    /// ```
    /// let strip = playground::Strip { low: 0.0, width: 0.5, most: 9, counts: &[0, 1] };
    /// assert_eq!(strip.centre(1), 0.75);
    /// ```
    pub fn centre(&self, i: usize) -> f64 {
        self.low + self.width * (i as f64 + 0.5)
    }

    /// The counts with `count` further eigenvalues, evenly spread over an interval of this width around `position`. What a bin cannot
    /// hold is left out.
    ///
    /// # Example
    /// ```
    /// let strip = playground::Strip { low: 0.0, width: 0.5, most: 9, counts: &[0, 1, 0, 0] };
    /// assert_eq!(strip.with_cluster(&[0.0, 1.0, 0.0, 0.0], 1.0, 1.0, 4), [0.0, 3.0, 2.0, 0.0]);
    /// ```
    pub fn with_cluster(&self, counts: &[f64], position: f64, width: f64, count: usize) -> Vec<f64> {
        let mut counts = counts.to_vec();
        for j in 0..count {
            let at = position + width * ((j as f64 + 0.5) / count as f64 - 0.5);
            // Beyond either end it belongs to the last bin there.
            let bin = ((at - self.low) / self.width).clamp(0.0, counts.len().saturating_sub(1) as f64) as usize;
            if let Some(bin) = counts.get_mut(bin) {
                *bin = (*bin + 1.0).min(f64::from(self.most));
            }
        }
        counts
    }
}

impl Setting {
    /// The lowest and the highest position.
    ///
    /// # Example
    /// ```
    /// let setting = &playground::ALL[0].settings[0];
    /// assert_eq!(setting.range()[0], 0.0);
    /// ```
    pub fn range(&self) -> [f64; 2] {
        match self.values {
            Values::Linear { low, high, .. } => [low, high],
            Values::Among(numbers) => [0.0, numbers.len() as f64 - 1.0],
            Values::Named(words) => [0.0, words.len() as f64 - 1.0],
        }
    }

    /// The nearest position that the slider can have.
    fn nearest(&self, position: f64) -> f64 {
        let [low, high] = self.range();
        let step = if let Values::Linear { step, .. } = self.values { step } else { 1.0 };
        if position.is_nan() { self.position } else { low + step * ((position.clamp(low, high) - low) / step).round() }
    }

    fn value(&self, position: f64) -> f64 {
        if let Values::Among(numbers) = self.values { numbers[position as usize] } else { position }
    }

    fn in_words(&self, position: f64) -> String {
        match self.values {
            Values::Named(words) => words[position as usize].to_owned(),
            _ => in_words(self.value(position)),
        }
    }
}

/// The values of all settings of a playground.
#[derive(Debug)]
pub struct Chosen<'a> {
    playground: &'a Playground,
    /// Positions that the sliders can have, one per setting.
    positions: Vec<f64>,
    /// The number of eigenvalues in each bin of the strip.
    pub(crate) counts: Vec<usize>,
}

impl<'a> Chosen<'a> {
    pub(crate) fn new(playground: &'a Playground, positions: &[f64]) -> Self {
        let nearest = |(i, setting): (usize, &Setting)| setting.nearest(*positions.get(i).unwrap_or(&setting.position));
        let strip = playground.strip.iter().flat_map(|strip| {
            strip.counts.iter().enumerate().map(|(i, &default)| {
                let count = *positions.get(playground.settings.len() + i).unwrap_or(&f64::from(default));
                // NaN becomes zero.
                count.round().clamp(0.0, f64::from(strip.most)) as usize
            })
        });
        Self {
            playground,
            positions: playground.settings.iter().enumerate().map(nearest).collect(),
            counts: strip.collect(),
        }
    }

    fn find(&self, name: &str) -> (&Setting, f64) {
        let found = self.playground.settings.iter().zip(&self.positions).find(|(setting, _)| setting.name == name);
        let (setting, &position) = found.unwrap_or_else(|| panic!("{} has no setting {name}", self.playground.name));
        (setting, position)
    }

    /// The value of a setting.
    pub(crate) fn value(&self, name: &str) -> f64 {
        let (setting, position) = self.find(name);
        setting.value(position)
    }

    /// The value of a setting that counts something.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.value(name) as usize
    }

    /// The value of the setting `seed`.
    pub(crate) fn seed(&self) -> u64 {
        self.value("seed") as u64
    }

    pub(crate) fn in_words(&self) -> Vec<String> {
        self.playground
            .settings
            .iter()
            .zip(&self.positions)
            .map(|(setting, &position)| setting.in_words(position))
            .collect()
    }
}

/// The seed of whatever is random.
pub(crate) const SEED: Setting =
    Setting { name: "seed", label: "seed", values: Values::Linear { low: 0.0, high: 20.0, step: 1.0 }, position: 0.0 };

/// A number with four digits, or as few as it has.
///
/// # Example
/// ```
/// use playground::in_words;
/// let shown = [0.1 + 0.2, 100.0 / 3.0, -1234567.0, 1.5e-7, 0.0].map(in_words);
/// assert_eq!(shown, ["0.3", "33.33", "−1234567", "1.5e−7", "0"]);
/// ```
pub fn in_words(value: f64) -> String {
    let size = value.abs();
    let text = if size != 0.0 && !(1e-3..1e9).contains(&size) {
        let text = format!("{value:.1e}");
        text.replace(".0e", "e")
    } else {
        let decimals = if size < 1.0 { 4 } else { (3 - size.log10().floor() as i32).max(0) as usize };
        let text = format!("{value:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    text.replace('-', "−")
}
