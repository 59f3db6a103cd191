//! What a series may be made from, and what is refused.

use ndarray::{ArrayBase, ArrayRef, Data as Storage, Dimension};
use std::ops::{Range, RangeInclusive};

/// A number that can be drawn.
pub trait Number: Copy {
    /// The number as `f64`; integers beyond 2^53 are rounded.
    fn to_f64(self) -> f64;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            #[allow(clippy::cast_lossless, clippy::cast_precision_loss, reason = "a picture has no more than 53 bits")]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
number!(f64, f32, usize, u64, u32, u8, i64, i32);

/// A sequence of numbers to draw: a slice, a `Vec`, a fixed array, an ndarray of any shape (in logical order) or an
/// `ArrayRef`, a range of integers, or a reference to one of them.
///
/// Every method of [`Figure`](super::Figure) that takes data takes `impl Data`, so `&times`, `&array`, `array.column(0)`,
/// `[1, 2, 5]` and `1..=50` are all accepted, and passes the numbers on to a function that is compiled once, in this crate,
/// not in every notebook cell.
pub trait Data {
    /// The numbers, copied.
    fn values(&self) -> Vec<f64>;
}

macro_rules! data {
    ($(($($generics:tt)*) $t:ty: $iter:ident,)*) => {$(
        impl<$($generics)*> Data for $t {
            fn values(&self) -> Vec<f64> {
                self.$iter().map(|v| v.to_f64()).collect()
            }
        }
    )*};
}
data! {
    (T: Number) [T]: iter,
    (T: Number) Vec<T>: iter,
    (T: Number, const N: usize) [T; N]: iter,
    (S: Storage<Elem: Number>, D: Dimension) ArrayBase<S, D>: iter,
    (T: Number, D: Dimension) ArrayRef<T, D>: iter,
}

impl<D: Data + ?Sized> Data for &D {
    fn values(&self) -> Vec<f64> {
        (**self).values()
    }
}

impl<T: Number> Data for Range<T>
where
    Range<T>: Iterator<Item = T>,
{
    fn values(&self) -> Vec<f64> {
        self.clone().map(Number::to_f64).collect()
    }
}

impl<T: Number> Data for RangeInclusive<T>
where
    RangeInclusive<T>: Iterator<Item = T>,
{
    fn values(&self) -> Vec<f64> {
        self.clone().map(Number::to_f64).collect()
    }
}

/// Panics unless `values` is non-empty and finite; `what` names the argument.
#[track_caller]
pub(crate) fn check(series: &str, what: &str, values: &[f64]) {
    assert!(!values.is_empty(), "series {series:?}: {what} must not be empty");
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        panic!("series {series:?}: {what} must be finite, got {} at index {i}", values[i]);
    }
}

/// Panics unless both are non-empty, finite and of one length.
#[track_caller]
pub(crate) fn check_pair(series: &str, (what, values): (&str, &[f64]), (other_what, other): (&str, &[f64])) {
    check(series, what, values);
    check(series, other_what, other);
    let (n, m) = (values.len(), other.len());
    assert!(n == m, "series {series:?}: {what} and {other_what} must have the same length, got {n} and {m}");
}
