//! Columns of a block, shared out among scoped threads.

use std::sync::Mutex;
use std::thread;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

/// Fills an `(n, b)` matrix from the `b` columns of `x`, `width` columns at a time: `fill(columns of x, columns of the result)`.
///
/// Where the cuts fall does not depend on the number of threads, so neither does the result. Threads are scoped: a
/// thread pool would live in a static, and a notebook's cells do not share statics.
pub(super) fn by_columns<F>(n: usize, x: ArrayView2<f64>, width: usize, fill: F) -> Array2<f64>
where
    F: Fn(ArrayView2<f64>, ArrayViewMut2<f64>) + Sync,
{
    // A direction is cut into layers and reshaped, for which its entries have to lie side by side.
    let by_direction = x.t();
    let by_direction = by_direction.as_standard_layout();
    let x = by_direction.t();
    let mut result = Array2::zeros((n, x.ncols()).f());
    let pieces = x.axis_chunks_iter(Axis(1), width).zip(result.axis_chunks_iter_mut(Axis(1), width));
    let threads = thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
    if threads <= 1 {
        pieces.for_each(|(columns, out)| fill(columns, out));
        return result;
    }
    let queue = Mutex::new(pieces);
    let work = || {
        // A poisoned lock means that another thread has panicked; the scope passes that panic on.
        while let Some((columns, out)) = queue.lock().ok().and_then(|mut pieces| pieces.next()) {
            fill(columns, out);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    result
}
