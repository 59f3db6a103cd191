//! Summaries of samples: the bins of a histogram, the numbers of a box plot.

/// The bins of a histogram: `[e_0, e_1), [e_1, e_2), ...`, the last one closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    pub(crate) edges: Vec<f64>,
}

impl Bins {
    /// `count` bins of equal width over `low..=high`.
    ///
    /// # Panics
    ///
    /// Unless `low < high`, both finite, and `count >= 1`.
    #[track_caller]
    pub fn uniform(low: f64, high: f64, count: usize) -> Self {
        let width = high - low;
        assert!(width.is_finite() && width > 0.0, "bins: low must be below high, both finite, got {low} and {high}");
        assert!(count > 0, "bins: count must be at least 1, got 0");
        let at = |i: usize| if i == count { high } else { low + width * (i as f64 / count as f64) };
        Self { edges: (0..=count).map(at).collect() }
    }

    /// How many of `values` fall into each bin; those outside all bins are not counted.
    pub(crate) fn counts(&self, values: &[f64]) -> Vec<f64> {
        let last = self.edges.len() - 1;
        let mut counts = vec![0.0; last];
        for &value in values {
            let above = self.edges.partition_point(|&edge| edge <= value);
            if (1..=last).contains(&above) {
                counts[above - 1] += 1.0;
            } else if value == self.edges[last] {
                counts[last - 1] += 1.0;
            }
        }
        counts
    }
}

/// The numbers that a box plot draws.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BoxStats {
    pub(crate) median: f64,
    /// The quartiles.
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    /// The last values within 1.5 times the interquartile range of the quartiles.
    pub(crate) whisker_low: f64,
    pub(crate) whisker_high: f64,
    /// The values beyond the whiskers, ascending.
    pub(crate) outliers: Vec<f64>,
}

impl BoxStats {
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (lower, upper) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
        let reach = 1.5 * (upper - lower);
        let inside = |v: &f64| lower - reach <= *v && *v <= upper + reach;
        // The quartiles interpolate, so with few values a whisker could end inside the box; it then ends on its edge.
        let whisker_low = sorted.iter().copied().find(inside).unwrap_or(lower).min(lower);
        let whisker_high = sorted.iter().rev().copied().find(inside).unwrap_or(upper).max(upper);
        let median = quantile(&sorted, 0.5);
        sorted.retain(|v| !inside(v));
        Self { median, lower, upper, whisker_low, whisker_high, outliers: sorted }
    }
}

/// The quantile of ascending values by linear interpolation, as numpy computes it.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
