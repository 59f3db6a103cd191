//! What a series may be made from, and what is refused.

use ndarray::{ArrayBase, ArrayRef, Data as Storage, Dimension};
use num_traits::AsPrimitive;
use std::ops::{Range, RangeInclusive};

/// A sequence of numbers to draw: a slice, a `Vec`, a fixed array, an ndarray of any shape (in logical order) or an
/// `ArrayRef`, a range of integers, or a reference to one of them.
///
/// Every method of [`Figure`](super::Figure) that takes data takes `impl Data`, so `&times`, `&array`, `array.column(0)`,
/// `[1, 2, 5]` and `1..=50` are all accepted, and passes the numbers on to a function that is compiled once, in this crate,
/// not in every notebook cell.
pub trait Data {
    /// The numbers, copied; integers beyond 2^53 are rounded.
    fn values(&self) -> Vec<f64>;
}

macro_rules! data {
    ($($numbers:ident of ($($generics:tt)*) $type:ty $(where ($($bound:tt)*))?;)*) => {$(
        impl<$($generics)*> Data for $type $(where $($bound)*)? {
            fn values(&self) -> Vec<f64> {
                self.$numbers().map(|v| v.as_()).collect()
            }
        }
    )*};
}
data! {
    iter of (T: AsPrimitive<f64>) [T];
    iter of (T: AsPrimitive<f64>) Vec<T>;
    iter of (T: AsPrimitive<f64>, const N: usize) [T; N];
    iter of (S: Storage<Elem: AsPrimitive<f64>>, D: Dimension) ArrayBase<S, D>;
    iter of (T: AsPrimitive<f64>, D: Dimension) ArrayRef<T, D>;
    clone of (T: AsPrimitive<f64>) Range<T> where (Range<T>: Iterator<Item = T>);
    clone of (T: AsPrimitive<f64>) RangeInclusive<T> where (RangeInclusive<T>: Iterator<Item = T>);
}

impl<D: Data + ?Sized> Data for &D {
    fn values(&self) -> Vec<f64> {
        (**self).values()
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
