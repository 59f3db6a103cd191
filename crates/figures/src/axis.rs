//! From data to pixels.

use crate::scene::{Frame, Point};
use crate::ticks::{self, Ticks};

/// The range of an axis, and whether it is logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) log: bool,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Axis {
    /// An axis over the extent of the data with some room at both ends, unless that end is `fixed`.
    pub(crate) fn around(log: bool, extent: Option<(f64, f64)>, fixed: (bool, bool)) -> Self {
        let Some((low, high)) = extent else {
            return if log { Self { log, low: 1.0, high: 10.0 } } else { Self { log, low: 0.0, high: 1.0 } };
        };
        // In logarithms no finite extent overflows; on a linear axis the difference may.
        let forward = |v: f64| if log { v.log10() } else { v.clamp(-1e300, 1e300) };
        let (mut a, mut b) = (forward(low), forward(high));
        if b - a <= 1e-12 * a.abs().max(b.abs()) {
            let half = if log {
                0.3
            } else if a == 0.0 {
                1.0
            } else {
                0.1 * a.abs()
            };
            (a, b) = (a - half, b + half);
        } else {
            let pad = 0.045 * (b - a);
            (a, b) = (if fixed.0 { a } else { a - pad }, if fixed.1 { b } else { b + pad });
        }
        if log {
            Self { log, low: 10f64.powf(a).max(f64::from_bits(1)), high: 10f64.powf(b).min(f64::MAX) }
        } else {
            Self { log, low: a, high: b }
        }
    }

    /// 0 at the low end, 1 at the high end, at most a million axes away; `None` for what a logarithmic axis cannot
    /// show.
    pub(crate) fn share(&self, value: f64) -> Option<f64> {
        let share = if self.log {
            (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        // The difference overflows for values near the end of f64; what is far outside need not be placed exactly.
        (!self.log || value > 0.0).then(|| share.clamp(-1e6, 1e6))
    }

    pub(crate) fn contains(&self, value: f64) -> bool {
        // Rounding in 10^x must not lose a point that stands on the edge.
        self.share(value).is_some_and(|share| (-1e-9..=1.0 + 1e-9).contains(&share))
    }

    /// As many ticks as `fits` allows, at most about `count`.
    pub(crate) fn ticks(&self, count: usize, fits: impl Fn(&Ticks) -> bool) -> Ticks {
        let at = |count| {
            if self.log { ticks::log(self.low, self.high, count) } else { ticks::linear(self.low, self.high, count) }
        };
        (2..=count).rev().map(at).find(|ticks| fits(ticks)).unwrap_or_else(|| at(1))
    }
}

/// The area inside the axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plot {
    pub(crate) frame: Frame,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Plot {
    pub(crate) fn px(&self, x: f64) -> Option<f64> {
        self.x.share(x).map(|share| self.frame.left + share * self.frame.width())
    }

    pub(crate) fn py(&self, y: f64) -> Option<f64> {
        self.y.share(y).map(|share| self.frame.bottom - share * self.frame.height())
    }

    /// The pixel of a value, possibly outside the frame; `None` for what a logarithmic axis cannot show.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<Point> {
        Some((self.px(x)?, self.py(y)?))
    }

    /// As [`py`](Plot::py), with values that cannot be shown and values outside moved to the nearest edge.
    pub(crate) fn py_clamped(&self, y: f64) -> f64 {
        self.py(y).unwrap_or(self.frame.bottom).clamp(self.frame.top, self.frame.bottom)
    }

    /// Where bars and stems stand: at y = 0 if that is visible, otherwise at the bottom.
    pub(crate) fn base(&self) -> f64 {
        if self.y.log { self.frame.bottom } else { self.py_clamped(0.0) }
    }
}
