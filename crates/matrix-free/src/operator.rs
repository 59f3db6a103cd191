//! Symmetric operators: matrices that are applied and never formed.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, ShapeBuilder, s};

use crate::linalg::product;

/// A symmetric `n x n` matrix that is known only through its products with vectors.
///
/// The literature often asks for "a matvec and its size" instead. `Sync`, so that several threads can multiply vectors at
/// once.
///
/// # Example
/// ```
/// use matrix_free::operator::SymmetricOperator;
/// use ndarray::{Array1, ArrayRef1, array};
///
/// /// The matrix of ones: every entry of `A x` is the sum of `x`.
/// struct Ones(usize);
///
/// impl SymmetricOperator for Ones {
///     fn dim(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
///         Array1::from_elem(self.0, x.sum())
///     }
/// }
///
/// assert_eq!(Ones(3).apply(&array![1.0, 2.0, 3.0]), array![6.0, 6.0, 6.0]);
/// ```
pub trait SymmetricOperator: Sync {
    /// The size `n`.
    fn dim(&self) -> usize;

    /// The product `A x` with a vector of length `n`: one matvec, the course's unit of cost.
    ///
    /// # Panics
    /// If `x` is not of length `n`.
    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64>;

    /// The product `A X` with the columns of an `(n, b)` matrix: `b` matvecs.
    ///
    /// By default column by column; fast operators override it. Both give the same numbers up to rounding.
    ///
    /// # Panics
    /// If `x` does not have `n` rows.
    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut product = Array2::zeros((self.dim(), x.ncols()).f());
        for (column, mut out) in x.columns().into_iter().zip(product.columns_mut()) {
            out.assign(&self.apply(&column));
        }
        product
    }
}

/// Checks the argument `x` of a product: it must have as many `rows` as the operator.
///
/// # Panics
/// If `rows` is not `n`.
///
/// # Example
/// ```
/// use matrix_free::operator::check_rows;
/// check_rows(3, 3);
/// ```
#[track_caller]
pub fn check_rows(n: usize, rows: usize) {
    assert!(rows == n, "x must have the operator's size n = {n}, got length {rows}");
}

/// The operator as a matrix, formed by `n` products with the columns of the identity.
///
/// For operators small enough to be compared with a dense matrix. Cost: `n` matvecs, and memory for `n^2` numbers.
///
/// # Example
/// ```
/// use matrix_free::operator::{from_fn, to_dense};
/// use ndarray::array;
/// let flip = from_fn(2, |x| array![x[1], x[0]]);
/// assert_eq!(to_dense(&flip), array![[0.0, 1.0], [1.0, 0.0]]);
/// ```
pub fn to_dense(a: &dyn SymmetricOperator) -> Array2<f64> {
    /// How many products at a time: the identity as a whole would take as much memory as the result.
    const WIDTH: usize = 64;
    let n = a.dim();
    let mut dense = Array2::zeros((n, n).f());
    let mut units = Array2::zeros((n, WIDTH.min(n)).f());
    for start in (0..n).step_by(WIDTH) {
        let end = n.min(start + WIDTH);
        units.slice_mut(s![start..end, ..]).diag_mut().fill(1.0);
        dense.slice_mut(s![.., start..end]).assign(&a.apply_block(&units.slice(s![.., ..end - start])));
        units.slice_mut(s![start..end, ..]).fill(0.0);
    }
    dense
}

/// A symmetric matrix given by its entries.
///
/// # Example
/// ```
/// use matrix_free::operator::{Dense, SymmetricOperator};
/// use ndarray::array;
/// let a = Dense::new(array![[2.0, 1.0], [1.0, 0.0]]);
/// assert_eq!(a.apply(&array![1.0, 2.0]), array![4.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Dense(Array2<f64>);

impl Dense {
    /// Wraps the symmetric matrix `a`.
    ///
    /// # Panics
    /// If `a` is not square, an entry is not finite, or `a` is not symmetric up to rounding, `$|a_{ij} - a_{ji}| \le 10^{-12} \max |a|$`.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::{Dense, SymmetricOperator};
    /// use ndarray::Array2;
    /// assert_eq!(Dense::new(Array2::eye(3)).dim(), 3);
    /// ```
    pub fn new(a: impl Into<Array2<f64>>) -> Self {
        let a = a.into();
        assert!(a.is_square(), "a must be a square matrix, got shape ({}, {})", a.nrows(), a.ncols());
        let scale = a.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        for ((i, j), &value) in a.indexed_iter() {
            assert!(value.is_finite(), "a must be finite everywhere, got {value} at [{i}, {j}]");
            let twin = a[[j, i]];
            assert!(
                (value - twin).abs() <= 1e-12 * scale,
                "a must be symmetric, got a[{i}, {j}] = {value} and a[{j}, {i}] = {twin}"
            );
        }
        Self(a)
    }

    /// The matrix.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::Dense;
    /// use ndarray::array;
    /// let a = Dense::new(array![[2.0, 1.0], [1.0, 0.0]]);
    /// assert_eq!(a.matrix().diag().sum(), 2.0);
    /// ```
    pub fn matrix(&self) -> &Array2<f64> {
        &self.0
    }
}

impl From<&Array2<f64>> for Dense {
    fn from(a: &Array2<f64>) -> Self {
        Self::new(a.clone())
    }
}

impl SymmetricOperator for Dense {
    fn dim(&self) -> usize {
        self.0.nrows()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        check_rows(self.dim(), x.len());
        product(&self.0, &x.view().insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        check_rows(self.dim(), x.nrows());
        product(&self.0, x)
    }
}

/// An operator given by a function; [`from_fn`] makes it.
pub struct FromFn<F> {
    n: usize,
    product: F,
}

/// The operator of size `n` whose product is `product(x)`, for use within one cell.
///
/// The function must be linear and symmetric, which is not checked, and its result must have length `n`.
///
/// If it is not symmetric, every result built on Lanczos is wrong without a sign of it: eigenvalues, densities, bounds. To test a function,
/// take two random vectors `x` and `y`: `y^T A x` and `x^T A y` must agree up to rounding.
///
/// # Example
/// ```
/// use matrix_free::operator::{SymmetricOperator, from_fn};
/// use ndarray::array;
/// let twice = from_fn(3, |x| x * 2.0);
/// assert_eq!(twice.apply(&array![1.0, 2.0, 3.0]), array![2.0, 4.0, 6.0]);
/// ```
pub fn from_fn<F>(n: usize, product: F) -> FromFn<F>
where
    F: Fn(&ArrayRef1<f64>) -> Array1<f64> + Sync,
{
    FromFn { n, product }
}

impl<F> SymmetricOperator for FromFn<F>
where
    F: Fn(&ArrayRef1<f64>) -> Array1<f64> + Sync,
{
    fn dim(&self) -> usize {
        self.n
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        check_rows(self.n, x.len());
        let product = (self.product)(x);
        assert!(
            product.len() == self.n,
            "product must return a vector of length n = {}, got {}",
            self.n,
            product.len()
        );
        product
    }
}

/// An operator that counts its matvecs.
///
/// # Example
/// ```
/// use matrix_free::operator::{Counting, Dense, to_dense};
/// use ndarray::Array2;
/// let a = Counting::new(Dense::new(Array2::eye(4)));
/// to_dense(&a);
/// assert_eq!(a.matvecs(), 4);
/// ```
#[derive(Debug)]
pub struct Counting<A> {
    operator: A,
    matvecs: AtomicUsize,
}

impl<A: SymmetricOperator> Counting<A> {
    /// Wraps `operator`, with the count at zero.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::{Counting, Dense};
    /// use ndarray::Array2;
    /// assert_eq!(Counting::new(Dense::new(Array2::eye(4))).matvecs(), 0);
    /// ```
    pub fn new(operator: A) -> Self {
        Self { operator, matvecs: AtomicUsize::new(0) }
    }

    /// The number of matvecs so far; a block of `b` columns counts as `b`.
    ///
    /// # Example
    /// ```
    /// use matrix_free::operator::{Counting, Dense, SymmetricOperator};
    /// use ndarray::Array2;
    /// let a = Counting::new(Dense::new(Array2::eye(4)));
    /// a.apply_block(&Array2::ones((4, 3)));
    /// assert_eq!(a.matvecs(), 3);
    /// ```
    pub fn matvecs(&self) -> usize {
        self.matvecs.load(Ordering::Relaxed)
    }
}

impl<A: SymmetricOperator> SymmetricOperator for Counting<A> {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.matvecs.fetch_add(1, Ordering::Relaxed);
        self.operator.apply(x)
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        self.matvecs.fetch_add(x.ncols(), Ordering::Relaxed);
        self.operator.apply_block(x)
    }
}

/// A reference to an operator is an operator too, so that a wrapper can borrow.
impl<A: SymmetricOperator + ?Sized> SymmetricOperator for &A {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        (**self).apply(x)
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        (**self).apply_block(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{gaussian_matrix, random_symmetric, rng};
    use ndarray::array;

    #[test]
    fn blocks_are_columns() {
        let a = random_symmetric(7, 1);
        let x = gaussian_matrix(7, 3, &mut rng(2));
        let by_function = from_fn(7, |v| a.dot(v));
        let counting = Counting::new(Dense::new(a.clone()));
        for product in [by_function.apply_block(&x), counting.apply_block(&x)] {
            assert!((&product - &a.dot(&x)).iter().all(|d| d.abs() < 1e-13));
        }
        counting.apply(&x.column(0));
        assert_eq!(counting.matvecs(), 4);
        assert_eq!(to_dense(&by_function), a);
    }

    #[test]
    #[should_panic(expected = "a must be symmetric, got a[0, 1] = 2 and a[1, 0] = 3")]
    fn rejects_an_unsymmetric_matrix() {
        Dense::new(array![[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    #[should_panic(expected = "x must have the operator's size n = 2, got length 3")]
    fn rejects_a_vector_of_another_length() {
        Dense::new(Array2::eye(2)).apply(&array![1.0, 2.0, 3.0]);
    }

    #[test]
    #[should_panic(expected = "product must return a vector of length n = 2, got 1")]
    fn rejects_a_product_of_another_length() {
        from_fn(2, |_| array![1.0]).apply(&array![1.0, 2.0]);
    }
}
