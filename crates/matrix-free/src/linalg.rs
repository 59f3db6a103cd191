//! Dense linear algebra by faer, for the small matrices to which the estimators reduce a large operator.
//!
//! Eigenvalues are ascending and eigenvectors are columns, unless a name says otherwise.

mod samples;

use std::fmt;

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Solve;
use faer::traits::RealField;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, CowArray, Ix2, NdFloat, ShapeBuilder};
use num_traits::Float;

pub use samples::{linspace, mean, median, trapezoid, variance};

/// Eigenvalues and eigenvectors of a symmetric matrix.
///
/// ```math
/// A V = V \operatorname{diag}(\lambda_1, \dots, \lambda_n), \qquad V^\top V = I
/// ```
#[derive(Clone, Debug)]
pub struct Eigh {
    /// The `n` eigenvalues, ascending.
    pub values: Array1<f64>,
    /// The eigenvectors as orthonormal columns, shape `(n, n)`; column `j` belongs to `values[j]`.
    pub vectors: Array2<f64>,
}

impl Eigh {
    /// The eigenvectors of the `k` largest eigenvalues, largest first: shape `(n, k)`.
    ///
    /// # Panics
    /// If `k` is larger than `n`.
    ///
    /// # Example
    /// ```
    /// use matrix_free::linalg::eigh;
    /// use ndarray::array;
    /// let top = eigh(&array![[1.0, 0.0], [0.0, 3.0]]).top(1);
    /// assert_eq!((top[[0, 0]], top[[1, 0]].abs()), (0.0, 1.0));
    /// ```
    pub fn top(&self, k: usize) -> Array2<f64> {
        let n = self.values.len();
        assert!(k <= n, "k must be at most n = {n}, got {k}");
        Array2::from_shape_fn((n, k).f(), |(i, j)| self.vectors[[i, n - 1 - j]])
    }
}

/// All eigenvalues and eigenvectors of the symmetric matrix `a`: `$A V = V \operatorname{diag}(\lambda)$`.
///
/// Only the lower triangle is read. Cost: `O(n^3)`.
///
/// # Panics
/// If `a` is not square or an entry is not finite.
///
/// # Example
/// ```
/// use matrix_free::linalg::eigh;
/// use ndarray::array;
/// let pairs = eigh(&array![[2.0, 1.0], [1.0, 2.0]]);
/// assert!((&pairs.values - &array![1.0, 3.0]).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn eigh(a: &ArrayRef2<f64>) -> Eigh {
    let a = to_faer_square(a, "a");
    #[expect(clippy::expect_used, reason = "a finite symmetric matrix has an eigendecomposition")]
    let pairs = a.self_adjoint_eigen(Side::Lower).expect("the symmetric eigensolver converges");
    clear_registers();
    Eigh { values: pairs.S().column_vector().iter().copied().collect(), vectors: from_faer(pairs.U()) }
}

/// All eigenvalues of the symmetric matrix `a`, ascending.
///
/// Only the lower triangle is read. Cost: `O(n^3)`, several times less than [`eigh`].
///
/// # Panics
/// As [`eigh`].
///
/// # Example
/// ```
/// use matrix_free::linalg::eigvalsh;
/// use ndarray::array;
/// let values = eigvalsh(&array![[2.0, 1.0], [1.0, 2.0]]);
/// assert!((&values - &array![1.0, 3.0]).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn eigvalsh(a: &ArrayRef2<f64>) -> Array1<f64> {
    let a = to_faer_square(a, "a");
    #[expect(clippy::expect_used, reason = "a finite symmetric matrix has eigenvalues")]
    let values = a.self_adjoint_eigenvalues(Side::Lower).expect("the symmetric eigensolver converges");
    clear_registers();
    Array1::from(values)
}

/// The eigenvalues and eigenvectors of the symmetric tridiagonal matrix `T` that Lanczos builds.
///
/// `alpha` is its diagonal (length `k`), and `beta` stands on both sides of it (length `k - 1`). The eigenvalues are the
/// nodes of a Gauss quadrature, and the squared first components of the eigenvectors are its weights (Golub and Welsch
/// 1969):
///
/// ```math
/// e_1^\top f(T)\, e_1 = \sum_{j=1}^{k} w_j f(\theta_j), \qquad w_j = (e_1^\top s_j)^2
/// ```
///
/// where `$\theta_j$` and `$s_j$` are the eigenpairs of `T`. Cost: `O(k^3)`.
///
/// # Panics
/// If `alpha` is empty, `beta` is not one shorter, or a number is not finite.
///
/// # Example
/// ```
/// use matrix_free::linalg::eigh_tridiagonal;
/// use ndarray::array;
/// let pairs = eigh_tridiagonal(&array![2.0, 2.0], &array![1.0]);
/// assert!((&pairs.values - &array![1.0, 3.0]).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn eigh_tridiagonal(alpha: &ArrayRef1<f64>, beta: &ArrayRef1<f64>) -> Eigh {
    let k = alpha.len();
    assert!(k > 0, "alpha must hold at least one number, got none");
    assert!(beta.len() + 1 == k, "beta must hold {} numbers, one fewer than alpha, got {}", k - 1, beta.len());
    eigh(&tridiagonal(alpha, beta))
}

/// The symmetric tridiagonal matrix with `alpha` on the diagonal and `beta` on both sides of it.
fn tridiagonal(alpha: &ArrayRef1<f64>, beta: &ArrayRef1<f64>) -> Array2<f64> {
    let mut t = Array2::from_diag(&alpha.view());
    for (j, &b) in beta.iter().enumerate() {
        t[[j, j + 1]] = b;
        t[[j + 1, j]] = b;
    }
    t
}

/// An orthonormal basis of the column space of `a`, by Householder QR: shape `(n, k)`.
///
/// If the columns are linearly dependent, the basis still has `k` orthonormal columns and spans more than the column
/// space. Cost: `O(n k^2)`.
///
/// # Panics
/// If `a` has more columns than rows or an entry is not finite.
///
/// # Example
/// ```
/// use matrix_free::linalg::orthonormalize;
/// use ndarray::{Array2, array};
/// let q = orthonormalize(&array![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]);
/// assert!((q.t().dot(&q) - Array2::<f64>::eye(2)).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn orthonormalize(a: &ArrayRef2<f64>) -> Array2<f64> {
    qr(a).0
}

/// The thin QR factors of `a`, shape `(n, k)` with `k <= n`: `$A = Q R$` with `$Q^\top Q = I$` and `R` upper triangular.
///
/// Cost: `O(n k^2)`.
///
/// # Panics
/// As [`orthonormalize`].
///
/// # Example
/// ```
/// use matrix_free::linalg::qr;
/// use ndarray::array;
/// let a = array![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]];
/// let (q, r) = qr(&a);
/// assert!((q.dot(&r) - &a).iter().all(|d| d.abs() < 1e-14) && r[[1, 0]] == 0.0);
/// ```
pub fn qr(a: &ArrayRef2<f64>) -> (Array2<f64>, Array2<f64>) {
    let (n, k) = a.dim();
    assert!(k <= n, "a must have at most as many columns as rows, got shape ({n}, {k})");
    let factors = to_faer(a, "a").qr();
    let basis = factors.compute_thin_Q();
    clear_registers();
    (from_faer(basis.as_ref()), from_faer(factors.thin_R()))
}

/// The singular values of `a`, descending.
///
/// Cost: `O(n k min(n, k))`.
///
/// # Panics
/// If an entry of `a` is not finite.
///
/// # Example
/// ```
/// use matrix_free::linalg::singular_values;
/// use ndarray::array;
/// let values = singular_values(&array![[0.0, 2.0, 0.0], [-3.0, 0.0, 0.0]]);
/// assert!((&values - &array![3.0, 2.0]).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn singular_values(a: &ArrayRef2<f64>) -> Array1<f64> {
    let largest = a.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    // Far from 1, faer's solver squares numbers beyond the range of a double, and returns wrong values.
    let moderate = largest == 0.0 || largest.is_infinite() || (1e-100..1e100).contains(&largest);
    let scale = if moderate { 1.0 } else { largest };
    let a = to_faer(&(a / scale), "a");
    #[expect(clippy::expect_used, reason = "a finite matrix has singular values")]
    let values = a.singular_values().expect("the singular value solver converges");
    clear_registers();
    Array1::from(values) * scale
}

/// The solution of `$A x = b$` by LU with partial pivoting. Cost: `O(n^3)`.
///
/// # Panics
/// If `a` is not square or singular, `b` is not of length `n`, or a number is not finite.
///
/// # Example
/// ```
/// use matrix_free::linalg::solve;
/// use ndarray::array;
/// let x = solve(&array![[2.0, 1.0], [1.0, 3.0]], &array![5.0, 10.0]);
/// assert!((&x - &array![1.0, 3.0]).iter().all(|d| d.abs() < 1e-14));
/// ```
pub fn solve(a: &ArrayRef2<f64>, b: &ArrayRef1<f64>) -> Array1<f64> {
    solve_in(a, b)
}

/// Like [`solve`], with all arithmetic in single precision.
///
/// # Panics
/// As [`solve`].
///
/// # Example
/// ```
/// use matrix_free::linalg::solve_f32;
/// use ndarray::array;
/// let x = solve_f32(&array![[2.0, 1.0], [1.0, 3.0]], &array![5.0, 10.0]);
/// assert!((&x - &array![1.0, 3.0]).iter().all(|d| d.abs() < 1e-6));
/// ```
pub fn solve_f32(a: &ArrayRef2<f32>, b: &ArrayRef1<f32>) -> Array1<f32> {
    solve_in(a, b)
}

fn solve_in<T: RealField + Float + fmt::Display>(a: &ArrayRef2<T>, b: &ArrayRef1<T>) -> Array1<T> {
    let n = a.nrows();
    assert!(b.len() == n, "b must have the size of a, n = {n}, got length {}", b.len());
    if let Some((i, value)) = b.iter().enumerate().find(|(_, value)| !Float::is_finite(**value)) {
        panic!("b must be finite everywhere, got {value} at {i}");
    }
    let x = to_faer_square(a, "a").partial_piv_lu().solve(Mat::from_fn(n, 1, |i, _| b[i]));
    clear_registers();
    let x: Array1<T> = (0..n).map(|i| x[(i, 0)]).collect();
    // A pivot that is exactly zero causes a division by zero.
    assert!(x.iter().all(|&value| Float::is_finite(value)), "a must not be singular, got a pivot of zero");
    x
}

/// The spectral norm of the symmetric matrix `a`, `$\lVert A \rVert_2 = \max_k |\lambda_k|$`. Cost: `O(n^3)`.
///
/// # Panics
/// As [`eigvalsh`].
///
/// # Example
/// ```
/// use matrix_free::linalg::spectral_norm;
/// use ndarray::array;
/// assert!((spectral_norm(&array![[1.0, 0.0], [0.0, -3.0]]) - 3.0).abs() < 1e-14);
/// ```
pub fn spectral_norm(a: &ArrayRef2<f64>) -> f64 {
    eigvalsh(a).iter().fold(0.0, |norm: f64, value| norm.max(value.abs()))
}

/// The square of the Frobenius norm, `$\lVert A \rVert_F^2 = \sum_{ij} a_{ij}^2$`.
///
/// # Example
/// ```
/// use matrix_free::linalg::frobenius_squared;
/// use ndarray::array;
/// assert_eq!(frobenius_squared(&array![[1.0, 2.0], [3.0, 4.0]]), 30.0);
/// ```
pub fn frobenius_squared(a: &ArrayRef2<f64>) -> f64 {
    a.iter().map(|x| x * x).sum()
}

/// The Euclidean norm of a vector, `$\lVert x \rVert = \sqrt{x^\top x}$`, without overflow or underflow of the squares.
///
/// # Example
/// ```
/// use matrix_free::linalg::norm;
/// use ndarray::array;
/// assert_eq!(norm(&array![3.0, -4.0]), 5.0);
/// // The squares would underflow to zero.
/// assert_eq!(norm(&array![3e-170, -4e-170]), 5e-170);
/// ```
pub fn norm(x: &ArrayRef1<f64>) -> f64 {
    norm_in(x)
}

/// Like [`norm`], in the precision of `F`.
///
/// # Example
/// ```
/// use matrix_free::linalg::norm_in;
/// use ndarray::array;
/// assert_eq!(norm_in(&array![3.0_f32, -4.0]), 5.0_f32);
/// ```
pub fn norm_in<F: NdFloat>(x: &ArrayRef1<F>) -> F {
    let squares = x.dot(x);
    // Below this range, squares may have lost digits to underflow. Only the sum reveals NaN, because `max` drops it.
    if squares.is_nan() || (F::min_positive_value() / F::epsilon()..F::infinity()).contains(&squares) {
        return squares.sqrt();
    }
    let largest = x.iter().fold(F::zero(), |largest, value| largest.max(value.abs()));
    if largest == F::zero() || largest.is_infinite() {
        return largest;
    }
    let scaled = x.mapv(|value| value / largest);
    largest * scaled.dot(&scaled).sqrt()
}

/// The product `A B`, in column-major order: faer's, which uses the machine's widest vectors.
pub(crate) fn product(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> Array2<f64> {
    assert!(a.ncols() == b.nrows(), "a must have as many columns as b has rows, got {} and {}", a.ncols(), b.nrows());
    let (a, b) = (without_gaps(a), without_gaps(b));
    let mut product = Array2::zeros((a.nrows(), b.ncols()).f());
    let (rows, columns) = product.dim();
    if let Some(entries) = product.as_slice_memory_order_mut() {
        let target = MatMut::from_column_major_slice_mut(entries, rows, columns);
        matmul(target, Accum::Replace, view(&a), view(&b), 1.0, Par::Seq);
        clear_registers();
    }
    product
}

/// Clears the upper halves of the vector registers after faer has worked.
///
/// Its hand-written kernels leave numbers there. Until these are cleared, every instruction of the older kind is slowed down: `exp` and
/// `tanh` of the C library then take seventy times as long (measured on a Xeon with AVX-512).
fn clear_registers() {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx) = pulp::core_arch::x86::Avx::try_new() {
        avx._mm256_zeroupper();
    }
}

/// The matrix itself if it lies in row-major or column-major order, otherwise a copy that does.
fn without_gaps(a: &ArrayRef2<f64>) -> CowArray<'_, f64, Ix2> {
    if a.is_standard_layout() || a.t().is_standard_layout() { a.view().into() } else { a.to_owned().into() }
}

/// A faer view of a matrix without gaps.
fn view<'a>(a: &'a CowArray<f64, Ix2>) -> MatRef<'a, f64> {
    let (rows, columns) = a.dim();
    match (a.as_slice(), a.as_slice_memory_order()) {
        (Some(entries), _) => MatRef::from_row_major_slice(entries, rows, columns),
        (None, Some(entries)) => MatRef::from_column_major_slice(entries, rows, columns),
        (None, None) => unreachable!("the matrix has no gaps"),
    }
}

fn to_faer<T: Float + fmt::Display>(a: &ArrayRef2<T>, name: &str) -> Mat<T> {
    if let Some(((i, j), value)) = a.indexed_iter().find(|(_, value)| !value.is_finite()) {
        panic!("{name} must be finite everywhere, got {value} at [{i}, {j}]");
    }
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

fn to_faer_square<T: Float + fmt::Display>(a: &ArrayRef2<T>, name: &str) -> Mat<T> {
    assert!(a.is_square(), "{name} must be a square matrix, got shape ({}, {})", a.nrows(), a.ncols());
    to_faer(a, name)
}

fn from_faer(a: faer::MatRef<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), a.ncols()).f(), |(i, j)| a[(i, j)])
}

#[cfg(test)]
mod tests;
