//! Work distributed over scoped threads, with the same result for any number of threads.
//!
//! A thread pool would have to be a static, and a notebook's cells do not share statics. Starting a thread costs as much
//! as some hundred thousand operations, so each caller states how much work there is.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::{env, panic, thread};

use course_protocol::variables::THREADS;
use ndarray::{Array2, ArrayRef2, Axis, ShapeBuilder};

/// How many operations make it worth starting a thread.
const WORTH_A_THREAD: usize = 2_000_000;

/// How many threads there may be: as many as there are cores, unless the environment says otherwise.
fn threads() -> usize {
    // Asking the system takes as long as a product. Only this number is kept in a static, and each cell may ask again.
    static ASKED: OnceLock<usize> = OnceLock::new();
    *ASKED.get_or_init(|| {
        let wanted = env::var(THREADS).ok().and_then(|value| value.parse().ok()).filter(|&threads| threads > 0);
        wanted.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    })
}

/// Calls `action` once for each item, on as many threads as the work is worth.
///
/// `operations` is the work for one item, in floating-point operations.
///
/// # Example
/// ```
/// use matrix_free::parallel::for_each;
/// let mut squares = [1, 2, 3];
/// for_each(squares.iter_mut(), 1, |x| *x *= *x);
/// assert_eq!(squares, [1, 4, 9]);
/// ```
pub fn for_each<T, F>(items: impl ExactSizeIterator<Item = T> + Send, operations: usize, action: F)
where
    F: Fn(T) + Sync,
{
    let worth = 1 + items.len().saturating_mul(operations) / WORTH_A_THREAD;
    for_each_on(threads().min(worth), items, action);
}

fn for_each_on<T, F>(threads: usize, items: impl ExactSizeIterator<Item = T> + Send, action: F)
where
    F: Fn(T) + Sync,
{
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.for_each(action);
    }
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(item) = next() {
            action(item);
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        work();
        for other in others {
            // The scope would also pass the panic on, but without its message.
            if let Err(message) = other.join() {
                panic::resume_unwind(message);
            }
        }
    });
}

/// Fills an `(n, b)` matrix column by column from the `b` columns of `x`: `fill(column of x, column of the result)`.
///
/// The columns are independent, and `operations` is the work for one of them.
///
/// # Example
/// ```
/// use matrix_free::parallel::by_columns;
/// use ndarray::array;
/// let doubled = by_columns(2, &array![[1.0, 2.0], [3.0, 4.0]], 2, |x, out| {
///     out.iter_mut().zip(x).for_each(|(out, x)| *out = 2.0 * x);
/// });
/// assert_eq!(doubled, array![[2.0, 4.0], [6.0, 8.0]]);
/// ```
pub fn by_columns<F>(n: usize, x: &ArrayRef2<f64>, operations: usize, fill: F) -> Array2<f64>
where
    F: Fn(&[f64], &mut [f64]) + Sync,
{
    // The entries of a column have to lie side by side.
    let columns = x.t();
    let columns = columns.as_standard_layout();
    let mut result = Array2::zeros((n, x.ncols()).f());
    let pairs = columns.axis_iter(Axis(0)).zip(result.axis_iter_mut(Axis(1)));
    #[expect(clippy::expect_used, reason = "both matrices are in column-major order")]
    for_each(pairs, operations, |(column, mut out)| {
        fill(column.to_slice().expect("a column without gaps"), out.as_slice_mut().expect("a column without gaps"));
    });
    result
}

/// Working space kept for the next product: one piece for each thread that has needed it.
#[derive(Debug)]
pub struct Spare<T>(Mutex<Vec<T>>);

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// A copy starts empty, because the space holds nothing worth copying.
impl<T> Clone for Spare<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> Spare<T> {
    /// Calls `action` with a piece of space that no other thread uses; `make` makes one if there is none.
    ///
    /// # Example
    /// ```
    /// use matrix_free::parallel::Spare;
    /// let spare = Spare::default();
    /// spare.with(|| vec![0.0; 3], |space| space[0] = 1.0);
    /// // The same piece again.
    /// spare.with(|| unreachable!("there is one"), |space: &mut Vec<f64>| assert_eq!(space[0], 1.0));
    /// ```
    pub fn with(&self, make: impl FnOnce() -> T, action: impl FnOnce(&mut T)) {
        // A thread that panicked while it held the lock left the list unchanged.
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut space = kept.unwrap_or_else(make);
        action(&mut space);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(space);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{gaussian_matrix, rng};

    #[test]
    fn every_item_is_done_once_on_every_number_of_threads() {
        for threads in [1, 2, 3, 8, 50] {
            let mut done = [0; 13];
            for_each_on(threads, done.iter_mut().enumerate(), |(i, done)| *done += i + 1);
            assert_eq!(done.to_vec(), (1..=13).collect::<Vec<_>>(), "{threads} threads");
            for_each_on(threads, 0..0, |_| unreachable!("there is nothing to do"));
        }
    }

    #[test]
    fn a_panic_keeps_its_message() {
        for threads in [1, 2, 4] {
            let run = || for_each_on(threads, 0..40, |i| assert!(i % 2 == 0, "{i} is odd"));
            let panic = panic::catch_unwind(run).expect_err("an item panics");
            let message = panic.downcast_ref::<String>().expect("a message");
            assert!(message.contains("is odd"), "{threads} threads: {message}");
        }
    }

    #[test]
    fn columns_in_any_order() {
        let x = gaussian_matrix(40, 13, &mut rng(1));
        let reversed = |x: &[f64], out: &mut [f64]| out.iter_mut().zip(x.iter().rev()).for_each(|(out, x)| *out = *x);
        for view in [x.view(), x.t().as_standard_layout().t()] {
            assert_eq!(by_columns(40, &view, usize::MAX, reversed), x.slice(ndarray::s![..;-1, ..]));
        }
        assert_eq!(by_columns(7, &x.slice(ndarray::s![.., ..0]), 1, reversed).dim(), (7, 0));
    }

    #[test]
    fn space_is_used_again() {
        let spare = Spare::default();
        spare.with(|| vec![1], |space| space.push(2));
        spare.with(|| unreachable!("there is some"), |space| assert_eq!(*space, [1, 2]));
        assert_eq!(spare.clone().0.lock().map(|spaces| spaces.len()).ok(), Some(0));
    }
}
