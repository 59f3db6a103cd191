//! Summaries of samples: the bins of a histogram, the numbers of a box plot.

use crate::data::{Data, check};

/// The bins of a histogram: `[e_0, e_1), [e_1, e_2), ...`, the last one closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    edges: Vec<f64>,
}

impl Bins {
    /// `count` bins of equal width over `low..=high`.
    ///
    /// # Panics
    ///
    /// Unless `low < high`, both finite, and `count >= 1`.
    #[track_caller]
    pub fn uniform(low: f64, high: f64, count: usize) -> Self {
        assert!(low.is_finite() && high.is_finite() && low < high, "bins need finite low < high, got {low} and {high}");
        assert!(count > 0, "bins need count >= 1, got 0");
        let at = |i: usize| if i == count { high } else { low + (high - low) * (i as f64 / count as f64) };
        Self { edges: (0..=count).map(at).collect() }
    }

    /// Bins between these edges.
    ///
    /// # Panics
    ///
    /// Unless there are at least two edges, finite and increasing.
    #[track_caller]
    pub fn from_edges(edges: impl Data) -> Self {
        let edges = edges.values();
        check("bins", "edges", &edges);
        assert!(edges.len() > 1, "bins need at least 2 edges, got 1");
        if let Some(i) = edges.windows(2).position(|pair| pair[0] >= pair[1]) {
            panic!("bins need increasing edges, got {} before {}", edges[i], edges[i + 1]);
        }
        Self { edges }
    }

    /// The edges, one more than bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// How many of `values` fall into each bin; those outside all bins are not counted.
    ///
    /// # Example
    ///
    /// ```
    /// use figures::Bins;
    /// assert_eq!(Bins::uniform(0.0, 1.0, 2).counts([0.0, 0.5, 1.0, 1.5]), [1, 2]);
    /// ```
    pub fn counts(&self, values: impl Data) -> Vec<usize> {
        let last = self.edges.len() - 1;
        let mut counts = vec![0; last];
        for value in values.values() {
            let above = self.edges.partition_point(|&edge| edge <= value);
            if (1..=last).contains(&above) {
                counts[above - 1] += 1;
            } else if value == self.edges[last] {
                counts[last - 1] += 1;
            }
        }
        counts
    }
}

/// The numbers that a box plot draws.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxStats {
    /// The median.
    pub median: f64,
    /// The first quartile (linear interpolation between order statistics, as in numpy).
    pub lower: f64,
    /// The third quartile.
    pub upper: f64,
    /// The smallest value not below `lower` minus 1.5 times the interquartile range.
    pub whisker_low: f64,
    /// The largest value not above `upper` plus 1.5 times the interquartile range.
    pub whisker_high: f64,
    /// The values beyond the whiskers, ascending.
    pub outliers: Vec<f64>,
}

impl BoxStats {
    /// The summary of `values`, in any order.
    ///
    /// # Panics
    ///
    /// If `values` is empty or a value is not finite.
    ///
    /// # Example
    ///
    /// ```
    /// use figures::BoxStats;
    /// let stats = BoxStats::of([1.0, 2.0, 3.0, 4.0, 100.0]);
    /// assert_eq!((stats.lower, stats.median, stats.upper), (2.0, 3.0, 4.0));
    /// assert_eq!((stats.whisker_high, stats.outliers), (4.0, vec![100.0]));
    /// ```
    #[track_caller]
    pub fn of(values: impl Data) -> Self {
        let mut sorted = values.values();
        check("box plot", "values", &sorted);
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

/// The quantile of ascending values by linear interpolation (type 7 of Hyndman and Fan).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
