//! An axis: plotters' linear or logarithmic range, with ticks of our own.

use crate::chart::AxisSpec;
use crate::ticks::{Ticks, ticks};
use plotters::coord::combinators::{IntoLogRange as _, LogCoord};
use plotters::coord::ranged1d::{KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// The range of an axis, whether it is logarithmic, and its ticks.
///
/// Plotters' own key points on a logarithmic axis are powers of ten only, so that less than a decade may have none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) log: bool,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Ticks,
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let value = self.clamp(*value);
        if self.log {
            LogCoord::from((self.low..self.high).log_scale()).map(&value, limit)
        } else {
            RangedCoordf64::from(self.low..self.high).map(&value, limit)
        }
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight() {
            KeyPointWeight::Bold => self.ticks.major.iter().map(|(value, _)| *value).collect(),
            // The short strokes of minor ticks are no mesh lines.
            KeyPointWeight::Any => Vec::new(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.major.iter().find(|(tick, _)| tick == value).map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

impl Axis {
    pub(crate) fn new(log: bool, low: f64, high: f64) -> Self {
        Self { log, low, high, ticks: Ticks::default() }
    }

    /// The range that was asked for, or one around the values with some room at both ends, unless that end is `fixed`.
    #[track_caller]
    pub(crate) fn around(spec: &AxisSpec, values: &[f64], fixed: (bool, bool)) -> Self {
        let log = spec.log;
        if let Some((low, high)) = spec.range {
            assert!(!log || low > 0.0, "the range of a logarithmic axis must be positive, got {low} to {high}");
            return Self::new(log, low, high);
        }
        // In logarithms no finite extent overflows; on a linear axis the difference may.
        let shown = values.iter().filter(|&&v| !log || v > 0.0);
        let shown: Vec<f64> = shown.map(|&v| if log { v.log10() } else { v.clamp(-1e300, 1e300) }).collect();
        let (low, high) = (shown.iter().copied().reduce(f64::min), shown.iter().copied().reduce(f64::max));
        let (low, high) = low.zip(high).unwrap_or((0.0, 1.0));
        let (low, high) = if high - low <= 1e-12 * low.abs().max(high.abs()) {
            let half = if log || low == 0.0 { 0.3 } else { 0.1 * low.abs() };
            (low - half, high + half)
        } else {
            let room = 0.045 * (high - low);
            (if fixed.0 { low } else { low - room }, if fixed.1 { high } else { high + room })
        };
        if log {
            Self::new(log, 10f64.powf(low).max(f64::from_bits(1)), 10f64.powf(high).min(f64::MAX))
        } else {
            Self::new(log, low, high)
        }
    }

    /// 0 at the low end, 1 at the high end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.log { v.log10() } else { v };
        (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
    }

    fn at_share(&self, share: f64) -> f64 {
        if self.log {
            (self.low.ln() + share * (self.high.ln() - self.low.ln())).exp()
        } else {
            self.low + share * (self.high - self.low)
        }
    }

    /// Whether a logarithmic axis can show the value, perhaps outside.
    fn can_show(&self, value: f64) -> bool {
        !self.log || value > 0.0
    }

    pub(crate) fn contains(&self, value: f64) -> bool {
        // Rounding in 10^x must not lose a point that stands on the edge.
        self.can_show(value) && (-1e-9..=1.0 + 1e-9).contains(&self.share(value))
    }

    /// The nearest value that the axis shows.
    pub(crate) fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// Sets as many ticks as `fits` allows, at most about `count`.
    pub(crate) fn set_ticks(&mut self, count: usize, fits: impl Fn(&Axis) -> bool) {
        for count in (1..=count).rev() {
            self.ticks = ticks(self.log, self.low, self.high, count);
            if fits(self) {
                break;
            }
        }
    }
}

/// The parts of a line that the axes show: it breaks at a value that a logarithmic axis cannot show, and is cut off where
/// it leaves the range of y (that of x holds all data).
pub(crate) fn visible(x: &Axis, y: &Axis, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    for pair in points.windows(2).filter(|pair| pair.iter().all(|p| x.can_show(p.0) && y.can_show(p.1))) {
        let (a, b) = (pair[0], pair[1]);
        let (from, to) = (y.share(a.1), y.share(b.1));
        if from.max(to) < 0.0 || from.min(to) > 1.0 {
            continue;
        }
        let cut = |p: (f64, f64), share: f64| {
            let edge = share.clamp(0.0, 1.0);
            let t = (edge - from) / (to - from);
            let along = x.share(a.0) + t * (x.share(b.0) - x.share(a.0));
            if share == edge { p } else { (x.at_share(along), y.at_share(edge)) }
        };
        let (a, b) = (cut(a, from), cut(b, to));
        match parts.last_mut() {
            Some(part) if part.last() == Some(&a) => part.push(b),
            _ => parts.push(vec![a, b]),
        }
    }
    parts
}
