use std::sync::Mutex;

use ndarray::{Array1, Array2, ArrayRef1};

use matrix_free::operator::SymmetricOperator;

/// A matrix that records every vector it is applied to, so that a check can say what went wrong.
pub(super) struct Recording {
    matrix: Array2<f64>,
    vectors: Mutex<Vec<Array1<f64>>>,
}

impl Recording {
    pub(super) fn new(matrix: Array2<f64>) -> Self {
        Self { matrix, vectors: Mutex::new(Vec::new()) }
    }

    pub(super) fn matrix(&self) -> &Array2<f64> {
        &self.matrix
    }

    /// The vectors so far, in order; the record is then cleared.
    pub(super) fn take(&self) -> Vec<Array1<f64>> {
        self.vectors.lock().map(|mut vectors| std::mem::take(&mut *vectors)).unwrap_or_default()
    }
}

impl SymmetricOperator for Recording {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        assert!(x.len() == self.dim(), "x must have the operator's size n = {}, got length {}", self.dim(), x.len());
        if let Ok(mut vectors) = self.vectors.lock() {
            vectors.push(x.to_owned());
        }
        self.matrix.dot(x)
    }
}
