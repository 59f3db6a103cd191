use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::{Array1, Array2, ArrayRef1};

use matrix_free::operator::SymmetricOperator;

/// Many times what any right solution takes in one call. A loop that does not end is stopped within seconds.
const MOST_PRODUCTS: usize = 300_000;
/// How many numbers are kept, at 8 bytes each: of longer runs, a check needs only their number.
const MOST_NUMBERS: usize = 1 << 22;
/// What the card says about a function that was stopped, and what it is stopped by.
pub(super) const ENDLESS: &str =
    "your function applied the matrix 300,000 times and was stopped; is there a loop that does not end?";

/// A matrix that records every vector it is applied to, so that a check can say what went wrong.
pub(super) struct Recording {
    matrix: Array2<f64>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    vectors: Vec<Array1<f64>>,
    products: usize,
}

impl Recording {
    pub(super) fn new(matrix: Array2<f64>) -> Self {
        Self { matrix, record: Mutex::default() }
    }

    pub(super) fn matrix(&self) -> &Array2<f64> {
        &self.matrix
    }

    /// The vectors so far, in order; the record is then cleared.
    pub(super) fn take(&self) -> Vec<Array1<f64>> {
        std::mem::take(&mut *self.record()).vectors
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a product, and returns whether it is one of too many.
    fn note(&self, x: &ArrayRef1<f64>) -> bool {
        let mut record = self.record();
        record.products += 1;
        if (record.vectors.len() + 1) * x.len() <= MOST_NUMBERS {
            record.vectors.push(x.to_owned());
        }
        record.products > MOST_PRODUCTS
    }
}

impl SymmetricOperator for Recording {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        assert!(x.len() == self.dim(), "x must have the operator's size n = {}, got length {}", self.dim(), x.len());
        assert!(!self.note(x), "{ENDLESS}");
        self.matrix.dot(x)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn a_loop_without_end_is_stopped_and_leaves_little_behind() {
        let (n, a) = (100, Recording::new(Array2::eye(100)));
        let x = Array1::ones(n);
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            loop {
                a.apply(&x);
            }
        }));
        assert!(stopped.is_err());
        assert_eq!(a.record().products, MOST_PRODUCTS + 1);
        assert_eq!(a.take().len(), MOST_NUMBERS / n);
        // The record is cleared, and the next call has its own count.
        a.apply(&x);
        assert_eq!(a.take().len(), 1);
    }
}
