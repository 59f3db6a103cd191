use ndarray::{Array1, Array2, ArrayView1, Axis, s};

use crate::linalg::{Eigh, eigh_tridiagonal, norm};
use crate::operator::SymmetricOperator;
use crate::parallel;
use crate::probe::{Probe, rng};

/// What Lanczos does about the loss of orthogonality in floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reorthogonalization {
    /// Nothing: the three-term recurrence alone. Copies of converged Ritz values appear.
    None,
    /// One more pass against all basis vectors where cancellation is heavy, `||r|| < ||A q|| / sqrt(2)`
    /// (Daniel, Gragg, Kaufman and Stewart 1976).
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

/// Where Lanczos starts: from a vector, or from a Gaussian vector drawn with a seed.
#[derive(Clone, Debug)]
pub enum Start {
    /// This vector, of any length but zero; it is normalised.
    Vector(Array1<f64>),
    /// A standard normal vector drawn with this seed.
    Seed(u64),
}

impl From<&Array1<f64>> for Start {
    fn from(vector: &Array1<f64>) -> Self {
        Self::Vector(vector.clone())
    }
}

impl From<ArrayView1<'_, f64>> for Start {
    fn from(vector: ArrayView1<f64>) -> Self {
        Self::Vector(vector.to_owned())
    }
}

impl From<u64> for Start {
    fn from(seed: u64) -> Self {
        Self::Seed(seed)
    }
}

/// The result of `k` Lanczos steps: `A Q = Q T + r e_k^T`.
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
}

impl Lanczos {
    /// Ritz values (ascending) and the eigenvectors of `T`. Row 0 of the vectors, squared, weighs the Ritz values.
    pub fn ritz(&self) -> Eigh {
        eigh_tridiagonal(&self.alpha, &self.beta)
    }
}

/// Runs `n_steps` Lanczos steps on `a` from `start`: `A Q = Q T + r e_k^T`, with `Q` of shape `(n, k)` and `T` tridiagonal.
///
/// `start` is a vector, or a seed for a Gaussian one. Stops early, cleanly, at an invariant subspace: then `k < n_steps`.
/// More than `n` steps are never taken.
///
/// Cost: `k` matvecs, and `O(n k^2)` work for the re-orthogonalisation.
///
/// # Panics
/// If `n_steps` is zero, `start` is zero or not finite or not of length `n`, or a product is not finite.
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
    let n = a.dim();
    let start = match start {
        Start::Vector(vector) => vector,
        Start::Seed(seed) => Probe::Gaussian.draw(n, &mut rng(seed)),
    };
    assert!(start.len() == n, "start has the operator's size n = {n}, got length {}", start.len());
    let mut run = Recurrence::new(start.view(), n_steps, reorthogonalization);
    while let Some(q) = run.next() {
        let product = a.apply(q);
        run.absorb(product);
    }
    run.finish()
}

/// [`lanczos`] from every column of `starts`, shape `(n, m)`, in lockstep, so that the operator sees blocks.
///
/// The runs are independent; one that ends early drops out. This is not block Lanczos, which would build one space.
///
/// # Panics
/// As [`lanczos`].
pub fn lanczos_block(
    a: &dyn SymmetricOperator,
    starts: &Array2<f64>,
    n_steps: usize,
    reorthogonalization: Reorthogonalization,
) -> Vec<Lanczos> {
    let n = a.dim();
    assert!(starts.nrows() == n, "starts has the operator's size n = {n} as rows, got {}", starts.nrows());
    let mut runs: Vec<Recurrence> =
        starts.columns().into_iter().map(|start| Recurrence::new(start, n_steps, reorthogonalization)).collect();
    loop {
        let waiting: Vec<&mut Recurrence> = runs.iter_mut().filter(|run| run.next().is_some()).collect();
        if waiting.is_empty() {
            return runs.into_iter().map(Recurrence::finish).collect();
        }
        let mut rows = Array2::zeros((waiting.len(), n));
        for (mut row, run) in rows.rows_mut().into_iter().zip(&waiting) {
            if let Some(q) = run.next() {
                row.assign(&q);
            }
        }
        let products = a.apply_block(rows.t());
        // Re-orthogonalisation works on the vectors so far, and each run on its own.
        let operations = 8 * n * (1 + waiting[0].alpha.len());
        parallel::for_each(waiting.into_iter().zip(products.columns()), operations, |(run, product)| {
            run.absorb(product.to_owned());
        });
    }
}

/// One Lanczos run between matvecs: it hands out a vector, and absorbs its product.
struct Recurrence {
    /// The basis as rows, so that each vector is contiguous: shape `(steps, n)`, filled up to `alpha.len() + 1` rows.
    basis: Array2<f64>,
    alpha: Vec<f64>,
    beta: Vec<f64>,
    /// An estimate of `||A||` from the entries of `T`: what a residual is small against.
    scale: f64,
    stopped: Option<StopReason>,
    reorthogonalization: Reorthogonalization,
}

impl Recurrence {
    fn new(start: ArrayView1<f64>, n_steps: usize, reorthogonalization: Reorthogonalization) -> Self {
        assert!(n_steps > 0, "n_steps is at least 1, got 0");
        let length = norm(start);
        assert!(length > 0.0 && length.is_finite(), "start is finite and not zero, got a vector of norm {length}");
        let n = start.len();
        let mut basis = Array2::zeros((n_steps.min(n), n));
        basis.row_mut(0).assign(&start);
        basis.row_mut(0).mapv_inplace(|x| x / length);
        Self { basis, alpha: Vec::new(), beta: Vec::new(), scale: 0.0, stopped: None, reorthogonalization }
    }

    /// The vector to multiply next, or nothing when the run has ended.
    fn next(&self) -> Option<ArrayView1<'_, f64>> {
        self.stopped.is_none().then(|| self.basis.row(self.alpha.len()))
    }

    /// Takes the step from `q_j` to `q_{j+1}`, given `A q_j`.
    fn absorb(&mut self, product: Array1<f64>) {
        let j = self.alpha.len();
        let (max_steps, n) = self.basis.dim();
        assert!(product.len() == n, "the product has length n = {n}, got {}", product.len());
        let product_norm = norm(product.view());
        assert!(
            product_norm.is_finite(),
            "the product in step {} is finite, got a vector of norm {product_norm}",
            j + 1
        );

        let mut r = product;
        let alpha = self.basis.row(j).dot(&r);
        r.scaled_add(-alpha, &self.basis.row(j));
        if j > 0 {
            r.scaled_add(-self.beta[j - 1], &self.basis.row(j - 1));
        }
        let passes = match self.reorthogonalization {
            Reorthogonalization::None => 0,
            Reorthogonalization::Conditional => usize::from(norm(r.view()) < product_norm / 2_f64.sqrt()),
            // Two passes: one loses orthogonality once a Ritz value has converged.
            Reorthogonalization::Full => 2,
        };
        let basis = self.basis.slice(s![..=j, ..]);
        for _ in 0..passes {
            let coefficients = basis.dot(&r);
            for (q, &coefficient) in basis.rows().into_iter().zip(&coefficients) {
                r.scaled_add(-coefficient, &q);
            }
        }
        self.alpha.push(alpha);

        let beta = norm(r.view());
        self.scale = self.scale.max(alpha.abs() + beta + self.beta.last().unwrap_or(&0.0));
        // What rounding leaves of a residual that is zero: n entries, each off by eps times the norm of A.
        let vanished = beta <= 10.0 * (n as f64).sqrt() * f64::EPSILON * self.scale;
        self.beta.push(beta);
        if vanished {
            self.stopped = Some(StopReason::InvariantSubspace);
        } else if j + 1 == max_steps {
            self.stopped = Some(StopReason::Steps);
        } else {
            r /= beta;
            self.basis.row_mut(j + 1).assign(&r);
        }
    }

    fn finish(mut self) -> Lanczos {
        let k = self.alpha.len();
        let residual = self.beta.pop().unwrap_or(0.0);
        let mut basis = self.basis;
        basis.slice_axis_inplace(Axis(0), (..k).into());
        Lanczos {
            alpha: Array1::from(self.alpha),
            beta: Array1::from(self.beta),
            basis: basis.reversed_axes(),
            residual,
            stopped: self.stopped.unwrap_or(StopReason::Steps),
            n_matvecs: k,
        }
    }
}
