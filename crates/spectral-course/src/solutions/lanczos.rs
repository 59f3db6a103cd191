use ndarray::{Array1, Array2, ArrayBase, ArrayRef1, ArrayRef2, ArrayView1, Axis, Data, Ix1, NdFloat, ShapeBuilder, s};

use matrix_free::linalg::{Eigh, eigh_tridiagonal, norm_in as norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::parallel;
use matrix_free::probe::{Probe, rng};

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
}

/// Why a Lanczos run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All the steps asked for were taken.
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
    /// The result of a recurrence, from the lists that its `k` steps leave.
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
    run(a.dim(), |q| a.apply(q), &start, n_steps, reorthogonalization.into())
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
    orthogonalization: Orthogonalization,
) -> Lanczos {
    assert!(start.len() == n, "start must have the operator's size n = {n}, got length {}", start.len());
    let mut run = Recurrence::new(start, n_steps, orthogonalization);
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
    let mut runs: Vec<Recurrence<f64>> = starts
        .columns()
        .into_iter()
        .map(|start| Recurrence::new(&start, n_steps, reorthogonalization.into()))
        .collect();
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

/// A floating-point number that widens to `f64` without loss: `f32` or `f64`.
pub(super) trait Real: NdFloat + Into<f64> {}

impl Real for f32 {}
impl Real for f64 {}

/// How a product `A q_j` becomes orthogonal to the basis.
#[derive(Clone, Copy, Debug)]
pub(super) enum Orthogonalization {
    /// By the three-term recurrence, and then by `further` passes against all basis vectors.
    ThreeTerm { further: usize },
    /// By the three-term recurrence, and then by one pass if cancellation was heavy.
    Conditional,
    /// By `passes` passes against all basis vectors, the first of which replaces the recurrence.
    GramSchmidt { passes: usize },
}

impl From<Reorthogonalization> for Orthogonalization {
    fn from(reorthogonalization: Reorthogonalization) -> Self {
        match reorthogonalization {
            Reorthogonalization::None => Self::ThreeTerm { further: 0 },
            Reorthogonalization::Conditional => Self::Conditional,
            // The recurrence counts as a pass, so one more would be enough. The third is for residuals of rounding size.
            Reorthogonalization::Full => Self::ThreeTerm { further: 2 },
        }
    }
}

/// One Lanczos run between matvecs: it hands out a vector, and absorbs its product.
struct Recurrence<F> {
    /// The basis as rows, so that each vector is contiguous: shape `(steps, n)`, filled up to `alpha.len() + 1` rows.
    basis: Array2<F>,
    alpha: Vec<F>,
    beta: Vec<F>,
    /// An estimate of `||A||` from the entries of `T`, with which residuals are compared.
    scale: F,
    stopped: Option<StopReason>,
    orthogonalization: Orthogonalization,
    n_passes: usize,
}

impl<F: Real> Recurrence<F> {
    fn new(start: &ArrayRef1<F>, n_steps: usize, orthogonalization: Orthogonalization) -> Self {
        assert!(n_steps > 0, "n_steps must be at least 1, got 0");
        let length = norm(start);
        assert!(
            length > F::zero() && length.is_finite(),
            "start must be finite and not zero, got a vector of norm {length}"
        );
        let n = start.len();
        let mut basis = Array2::zeros((n_steps.min(n), n));
        basis.row_mut(0).assign(start);
        basis.row_mut(0).mapv_inplace(|x| x / length);
        Self {
            basis,
            alpha: Vec::new(),
            beta: Vec::new(),
            scale: F::zero(),
            stopped: None,
            orthogonalization,
            n_passes: 0,
        }
    }

    /// The vector to multiply next, or `None` when the run has ended.
    fn next(&self) -> Option<ArrayView1<'_, F>> {
        self.stopped.is_none().then(|| self.basis.row(self.alpha.len()))
    }

    /// Takes the step from `q_j` to `q_{j+1}`, given `A q_j`.
    fn absorb(&mut self, product: Array1<F>) {
        let j = self.alpha.len();
        let (max_steps, n) = self.basis.dim();
        assert!(product.len() == n, "the product must have length n = {n}, got {}", product.len());
        let product_norm = norm(&product);
        assert!(
            product_norm.is_finite(),
            "the product in step {} must be finite, got a vector of norm {product_norm}",
            j + 1
        );

        let mut r = product;
        let alpha = self.basis.row(j).dot(&r);
        if !matches!(self.orthogonalization, Orthogonalization::GramSchmidt { .. }) {
            r.scaled_add(-alpha, &self.basis.row(j));
            if j > 0 {
                r.scaled_add(-self.beta[j - 1], &self.basis.row(j - 1));
            }
        }
        let passes = match self.orthogonalization {
            Orthogonalization::ThreeTerm { further } => further,
            Orthogonalization::Conditional => {
                let two = F::one() + F::one();
                usize::from(norm(&r) < product_norm / two.sqrt())
            }
            Orthogonalization::GramSchmidt { passes } => passes,
        };
        let basis = self.basis.slice(s![..=j, ..]);
        for _ in 0..passes {
            let coefficients = basis.dot(&r);
            for (q, &coefficient) in basis.rows().into_iter().zip(&coefficients) {
                r.scaled_add(-coefficient, &q);
            }
        }
        self.n_passes += passes;

        self.alpha.push(alpha);
        self.beta.push(norm(&r));
        let beta = self.beta[j];
        self.scale = self.scale.max(row_sum(&self.alpha, &self.beta, j));
        if vanishes(beta, self.scale, n) {
            self.stopped = Some(StopReason::InvariantSubspace);
        } else if j + 1 == max_steps {
            self.stopped = Some(StopReason::Steps);
        } else {
            r /= beta;
            self.basis.row_mut(j + 1).assign(&r);
        }
    }

    /// The result, widened to `f64`: no digit changes.
    fn finish(mut self) -> Lanczos {
        let k = self.alpha.len();
        let widen = |numbers: Vec<F>| -> Array1<f64> { numbers.into_iter().map(Into::into).collect() };
        let residual = self.beta.pop().unwrap_or(F::zero()).into();
        let mut basis = self.basis;
        basis.slice_axis_inplace(Axis(0), (..k).into());
        Lanczos {
            alpha: widen(self.alpha),
            beta: widen(self.beta),
            basis: basis.mapv(Into::into).reversed_axes(),
            residual,
            stopped: self.stopped.unwrap_or(StopReason::Steps),
            n_matvecs: k,
            n_passes: self.n_passes,
        }
    }
}

/// The sum of the absolute values in row `j` of `T`, including the residual's norm: the largest such sum bounds `||T||`.
fn row_sum<F: NdFloat>(alpha: &[F], beta: &[F], j: usize) -> F {
    let before = if j > 0 { beta[j - 1] } else { F::zero() };
    alpha[j].abs() + beta[j] + before
}

/// Whether a residual is zero up to rounding: `n` entries, each with an error of eps times the norm of `A`.
fn vanishes<F: Real>(residual: F, scale: F, n: usize) -> bool {
    residual.into() <= 10.0 * (n as f64).sqrt() * F::epsilon().into() * scale.into()
}
