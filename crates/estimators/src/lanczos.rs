mod recurrence;

use ndarray::{Array1, Array2, ArrayBase, ArrayRef1, ArrayRef2, Data, Ix1, ShapeBuilder};

use matrix_free::linalg::{Eigh, eigh_tridiagonal};
use matrix_free::operator::SymmetricOperator;
use matrix_free::parallel;
use matrix_free::probe::{Probe, rng};

pub(super) use recurrence::Real;
use recurrence::{Recurrence, row_sum, vanishes};

/// What Lanczos does about the loss of orthogonality in floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reorthogonalization {
    /// Nothing: the three-term recurrence alone. Copies of converged Ritz values appear.
    None,
    /// One more pass against all basis vectors in steps with heavy cancellation,
    /// `$\lVert r \rVert < \lVert A q \rVert / \sqrt{2}$` (Daniel, Gragg, Kaufman and Stewart 1976).
    Conditional,
    /// Two passes against all basis vectors at every step.
    Full,
    /// Gram-Schmidt in place of the three-term recurrence: this many passes, at least one, against all basis vectors at every step.
    GramSchmidt {
        /// How many passes.
        passes: usize,
    },
}

/// Why a Lanczos run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All requested steps were taken.
    Steps,
    /// The basis spans an invariant subspace: the residual vanished, and the Ritz values are eigenvalues.
    InvariantSubspace,
}

/// The start of Lanczos: a vector, or the seed of a Gaussian vector.
#[derive(Clone, Debug)]
pub enum Start {
    /// This vector, which must not be zero; it is normalised.
    Vector(Array1<f64>),
    /// A standard normal vector drawn with this seed.
    Seed(u64),
}

/// From an array or a view of one.
impl<S: Data<Elem = f64>> From<&ArrayBase<S, Ix1>> for Start {
    fn from(vector: &ArrayBase<S, Ix1>) -> Self {
        Self::Vector(vector.to_owned())
    }
}

impl From<u64> for Start {
    fn from(seed: u64) -> Self {
        Self::Seed(seed)
    }
}

/// The result of `k` Lanczos steps.
///
/// ```math
/// A Q = Q T + r e_k^\top
/// ```
#[derive(Clone, Debug)]
pub struct Lanczos {
    /// The diagonal of `T`, length `k`.
    pub alpha: Array1<f64>,
    /// The off-diagonal of `T`, length `k - 1`.
    pub beta: Array1<f64>,
    /// The basis `Q`, shape `(n, k)`: orthonormal columns, up to rounding.
    pub basis: Array2<f64>,
    /// The norm of the residual `r` of the last step: how far the basis is from an invariant subspace.
    pub residual: f64,
    /// Why the run ended.
    pub stopped: StopReason,
    /// The number of matvecs, equal to `k`.
    pub n_matvecs: usize,
    /// The number of passes against all the basis vectors so far: what the re-orthogonalisation cost.
    pub n_passes: usize,
}

impl Lanczos {
    /// Assembles the result of a recurrence from the lists that its `k` steps produce.
    ///
    /// `q` holds the vectors `$q_1, \dots, q_k$` (a further one is dropped), `alpha` has `k` numbers, and `beta` has `k`
    /// numbers, the last of which is the norm of the residual. The number of passes is set to zero.
    ///
    /// # Panics
    /// If `alpha` is empty, `beta` has another length, `q` holds fewer than `k` vectors, or these differ in length.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// // One step on diag(1, 3) from (1, 1) / sqrt(2).
    /// let q = [array![1.0, 1.0] / 2.0_f64.sqrt()];
    /// let run = Lanczos::new(&q, &[2.0], &[1.0]);
    /// assert_eq!((run.residual, run.n_matvecs, run.stopped), (1.0, 1, StopReason::Steps));
    /// ```
    pub fn new(q: &[Array1<f64>], alpha: &[f64], beta: &[f64]) -> Self {
        let k = alpha.len();
        assert!(k > 0, "alpha must hold one number per step, got none");
        assert!(
            beta.len() == k,
            "beta must hold one number per step, {k} in all and the residual's norm last, got {}",
            beta.len()
        );
        assert!(q.len() >= k, "q must hold one vector per step, {k} in all, got {}", q.len());
        let n = q[0].len();
        let mut basis = Array2::zeros((n, k).f());
        for (j, q) in q[..k].iter().enumerate() {
            assert!(q.len() == n, "all vectors of q must have one length, {n}, got {} at {j}", q.len());
            basis.column_mut(j).assign(q);
        }
        let residual = beta[k - 1];
        let scale = (0..k).map(|j| row_sum(alpha, beta, j)).fold(0.0, f64::max);
        let stopped = if vanishes(residual, scale, n) { StopReason::InvariantSubspace } else { StopReason::Steps };
        let (alpha, beta) = (Array1::from(alpha.to_vec()), Array1::from(beta[..k - 1].to_vec()));
        Self { alpha, beta, basis, residual, stopped, n_matvecs: k, n_passes: 0 }
    }

    /// The eigenpairs of `T`: the Ritz values, ascending, and the vectors whose first components, squared, are their
    /// weights.
    ///
    /// Cost: `O(k^3)`, no matvec.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
    /// let ritz = lanczos(&a, 7, 10, Reorthogonalization::Full).ritz();
    /// let weights = ritz.vectors.row(0).mapv(|first| first * first);
    /// assert!((weights.sum() - 1.0).abs() < 1e-12);
    /// ```
    pub fn ritz(&self) -> Eigh {
        eigh_tridiagonal(&self.alpha, &self.beta)
    }
}

/// Runs `n_steps` Lanczos steps on `a` from `start`.
///
/// ```math
/// A Q = Q T + r e_k^\top, \qquad Q^\top Q = I
/// ```
///
/// `Q` has shape `(n, k)`, and `T` is tridiagonal. `start` is a vector, or a seed for a Gaussian one. The run stops early
/// at an invariant subspace, with `k < n_steps`, and never takes more than `n` steps.
///
/// Cost: `k` matvecs, and `O(n k^2)` work for the re-orthogonalisation.
///
/// # Panics
/// If `n_steps` is zero, `start` is zero, not finite or not of length `n`, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let run = lanczos(&a, 7, 40, Reorthogonalization::Full);
/// assert!((run.ritz().values[39] - 4.0).abs() < 1e-12);
/// ```
///
/// # References
/// Golub and Van Loan, *Matrix Computations*, 4th edition, section 10.1; Daniel, Gragg, Kaufman and Stewart,
/// *Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR factorization*, 1976.
pub fn lanczos(
    a: &dyn SymmetricOperator,
    start: impl Into<Start>,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Lanczos {
    lanczos_from(a, start.into(), n_steps, reorthogonalization)
}

fn lanczos_from(
    a: &dyn SymmetricOperator,
    start: Start,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Lanczos {
    let start = match start {
        Start::Vector(vector) => vector,
        Start::Seed(seed) => Probe::Gaussian.draw(a.dim(), &mut rng(seed)),
    };
    run(a.dim(), |q| a.apply(q), &start, n_steps, reorthogonalization)
}

/// Lanczos by its three-term recurrence alone, from the vector `start`: [`lanczos`] with [`Reorthogonalization::None`].
///
/// ```math
/// \beta_j q_{j+1} = A q_j - \alpha_j q_j - \beta_{j-1} q_{j-1}
/// ```
///
/// The identity `$A Q = Q T + r e_k^\top$` holds up to rounding, but `Q` is orthonormal only until a Ritz value has
/// converged. Cost: `k` matvecs and `O(n k)` work.
///
/// # Panics
/// As [`lanczos`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let run = lanczos_three_term(&a, &Array1::ones(40), 10);
/// assert_eq!((run.basis.dim(), run.n_passes), ((40, 10), 0));
/// ```
///
/// # References
/// Golub and Van Loan, *Matrix Computations*, 4th edition, section 10.1; Paige, *Accuracy and effectiveness of the
/// Lanczos algorithm for the symmetric eigenproblem*, 1980.
pub fn lanczos_three_term(a: &dyn SymmetricOperator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    lanczos(a, start, n_steps, Reorthogonalization::None)
}

/// The recurrence from `start`, of size `n`, in the precision of `F`.
pub(super) fn run<F: Real>(
    n: usize,
    product: impl Fn(&ArrayRef1<F>) -> Array1<F>,
    start: &ArrayRef1<F>,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Lanczos {
    assert!(start.len() == n, "start must have the operator's size n = {n}, got length {}", start.len());
    let mut run = Recurrence::new(start, n_steps, reorthogonalization);
    while let Some(q) = run.next() {
        let product = product(&q);
        run.absorb(product);
    }
    run.finish()
}

/// [`lanczos`] from every column of `starts`, shape `(n, m)`, in lockstep, so that the operator multiplies blocks.
///
/// The runs are independent; one that ends early drops out. This is not block Lanczos, which would build one common
/// space. Cost: that of `m` runs of [`lanczos`].
///
/// # Panics
/// As [`lanczos`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let starts = Probe::Rademacher.draw_block(40, 3, &mut rng(1));
/// let runs = lanczos_block(&a, &starts, 5, Reorthogonalization::Full);
/// let second = lanczos(&a, &starts.column(1), 5, Reorthogonalization::Full);
/// assert!((&runs[1].alpha - &second.alpha).iter().all(|d| d.abs() < 1e-13));
/// ```
pub fn lanczos_block(
    a: &dyn SymmetricOperator,
    starts: &ArrayRef2<f64>,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Vec<Lanczos> {
    let n = a.dim();
    assert!(starts.nrows() == n, "starts must have the operator's size n = {n} as rows, got {}", starts.nrows());
    let mut runs: Vec<Recurrence<f64>> =
        starts.columns().into_iter().map(|start| Recurrence::new(&start, n_steps, reorthogonalization)).collect();
    loop {
        let waiting: Vec<&mut Recurrence<f64>> = runs.iter_mut().filter(|run| run.next().is_some()).collect();
        if waiting.is_empty() {
            return runs.into_iter().map(Recurrence::finish).collect();
        }
        let mut rows = Array2::zeros((waiting.len(), n));
        for (mut row, run) in rows.rows_mut().into_iter().zip(&waiting) {
            if let Some(q) = run.next() {
                row.assign(&q);
            }
        }
        let products = a.apply_block(&rows.t());
        // Re-orthogonalisation works on the vectors so far, and each run on its own.
        let operations = 8 * n * (1 + waiting[0].alpha.len());
        parallel::for_each(waiting.into_iter().zip(products.columns()), operations, |(run, product)| {
            run.absorb(product.to_owned());
        });
    }
}
