//! The recurrence of one run, from matvec to matvec.

use matrix_free::linalg::norm_in as norm;
use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, Axis, NdFloat, s};

use super::{Lanczos, Reorthogonalization, StopReason};

/// A floating-point number that widens to `f64` without loss: `f32` or `f64`.
pub(crate) trait Real: NdFloat + Into<f64> {}

impl Real for f32 {}
impl Real for f64 {}

/// One Lanczos run between matvecs: it hands out a vector, and absorbs its product.
pub(super) struct Recurrence<F> {
    /// The basis as rows, so that each vector is contiguous: shape `(steps, n)`, filled up to `alpha.len() + 1` rows.
    basis: Array2<F>,
    pub(super) alpha: Vec<F>,
    beta: Vec<F>,
    /// An estimate of `||A||` from the entries of `T`, with which residuals are compared.
    scale: F,
    stopped: Option<StopReason>,
    reorthogonalization: Reorthogonalization,
    n_passes: usize,
}

impl<F: Real> Recurrence<F> {
    pub(super) fn new(start: &ArrayRef1<F>, n_steps: usize, reorthogonalization: Reorthogonalization) -> Self {
        assert!(n_steps > 0, "n_steps must be at least 1, got 0");
        let has_no_pass = matches!(reorthogonalization, Reorthogonalization::GramSchmidt { passes: 0 });
        assert!(!has_no_pass, "passes must be at least 1, got 0");
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
            reorthogonalization,
            n_passes: 0,
        }
    }

    /// The vector to multiply next, or `None` when the run has ended.
    pub(super) fn next(&self) -> Option<ArrayView1<'_, F>> {
        self.stopped.is_none().then(|| self.basis.row(self.alpha.len()))
    }

    /// Takes the step from `q_j` to `q_{j+1}`, given `A q_j`.
    pub(super) fn absorb(&mut self, product: Array1<F>) {
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
        if !matches!(self.reorthogonalization, Reorthogonalization::GramSchmidt { .. }) {
            r.scaled_add(-alpha, &self.basis.row(j));
            if j > 0 {
                r.scaled_add(-self.beta[j - 1], &self.basis.row(j - 1));
            }
        }
        let passes = match self.reorthogonalization {
            Reorthogonalization::None => 0,
            Reorthogonalization::Conditional => {
                let two = F::one() + F::one();
                usize::from(norm(&r) < product_norm / two.sqrt())
            }
            // The recurrence counts as a pass, so one more would be enough. The third is for residuals of rounding size.
            Reorthogonalization::Full => 2,
            Reorthogonalization::GramSchmidt { passes } => passes,
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
    pub(super) fn finish(mut self) -> Lanczos {
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
pub(super) fn row_sum<F: NdFloat>(alpha: &[F], beta: &[F], j: usize) -> F {
    let before = if j > 0 { beta[j - 1] } else { F::zero() };
    alpha[j].abs() + beta[j] + before
}

/// Whether a residual is zero up to rounding: `n` entries, each with an error of eps times the norm of `A`.
pub(super) fn vanishes<F: Real>(residual: F, scale: F, n: usize) -> bool {
    residual.into() <= 10.0 * (n as f64).sqrt() * F::epsilon().into() * scale.into()
}
