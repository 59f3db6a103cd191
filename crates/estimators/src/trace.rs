use ndarray::{Array1, Array2, ArrayRef2, Axis, ShapeBuilder, Zip};

use matrix_free::linalg::{mean, norm, orthonormalize, qr, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{CourseRng, Probe, rng, seeds};

/// How many probes go through the operator at once, if they do not take more than [`BLOCK_BYTES`].
const BLOCK: usize = 64;
const BLOCK_BYTES: usize = 1 << 26;

/// An estimate of a trace, with the samples behind it.
#[derive(Clone, Debug)]
pub struct TraceEstimate {
    /// The estimate: the mean of the samples.
    pub mean: f64,
    /// The `m` values that were averaged, one per probe.
    pub samples: Array1<f64>,
}

impl TraceEstimate {
    /// The estimate from its `m` samples.
    ///
    /// # Panics
    /// If there are no samples.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let estimate = TraceEstimate::from_samples(array![1.0, 2.0, 6.0]);
    /// // The sample variance is 7, from three samples.
    /// assert_eq!((estimate.mean, estimate.standard_error()), (3.0, (7.0_f64 / 3.0).sqrt()));
    /// ```
    pub fn from_samples(samples: Array1<f64>) -> Self {
        Self { mean: mean(&samples), samples }
    }

    /// The standard error of the mean, from the sample variance.
    ///
    /// ```math
    /// \sqrt{\frac{1}{m (m - 1)} \sum_{i=1}^{m} (x_i - \bar{x})^2}
    /// ```
    ///
    /// It is itself an estimate, with a relative error of about `$1 / \sqrt{2 (m - 1)}$`. On a tiny matrix, a handful of
    /// sign probes may agree up to their sign; the standard error is then too small.
    ///
    /// # Panics
    /// If there are fewer than two samples.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// assert_eq!(TraceEstimate::from_samples(array![1.0, 3.0]).standard_error(), 1.0);
    /// ```
    pub fn standard_error(&self) -> f64 {
        let m = self.samples.len();
        assert!(m > 1, "a standard error needs at least two samples, got {m}");
        // The norm instead of squares, which would underflow for a small scale of A.
        norm(&(&self.samples - mean(&self.samples))) / ((m * (m - 1)) as f64).sqrt()
    }
}

/// Hutchinson's estimate of the trace from `m` probes.
///
/// ```math
/// \frac{1}{m} \sum_{i=1}^{m} z_i^\top A z_i, \qquad \mathbb{E}[z^\top A z] = \operatorname{tr} A \quad \text{if} \quad \mathbb{E}[z z^\top] = I
/// ```
///
/// The samples are `$z_i^\top A z_i$`. [`Probe`] states their variance for each distribution; the variance of the mean is
/// `m` times smaller. Cost: `m` matvecs.
///
/// # Panics
/// If `m` is zero, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(random_symmetric(30, 0));
/// let estimate = hutchinson_trace(&a, 1000, Probe::Rademacher, 0);
/// let error = estimate.mean - a.matrix().diag().sum();
/// assert!(error.abs() < 5.0 * estimate.standard_error());
/// ```
///
/// # References
/// Hutchinson, *A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines*, Communications in
/// Statistics: Simulation and Computation 19, 1990; Avron and Toledo, *Randomized algorithms for estimating the trace of an implicit
/// symmetric positive semi-definite matrix*, Journal of the ACM 58, 2011, section 4.
pub fn hutchinson_trace(a: &dyn SymmetricOperator, m: usize, probe: Probe, seed: u64) -> TraceEstimate {
    assert!(m > 0, "m must be at least 1, got 0");
    TraceEstimate::from_samples(quadratic_forms(a, m, probe, &mut rng(seed)))
}

/// `z^T A z` for `m` probes `z`.
pub(super) fn quadratic_forms(a: &dyn SymmetricOperator, m: usize, probe: Probe, rng: &mut CourseRng) -> Array1<f64> {
    let block = (BLOCK_BYTES / (size_of::<f64>() * a.dim().max(1))).clamp(1, BLOCK);
    let mut samples = Vec::with_capacity(m);
    while samples.len() < m {
        let z = probe.draw_block(a.dim(), block.min(m - samples.len()), rng);
        samples.extend(column_dots(&z, &products(a, &z, "probe", samples.len())));
    }
    Array1::from(samples)
}

/// `A X`, which must be finite. Messages call column `j` of `X` a `name`, counted from `done`.
fn products(a: &dyn SymmetricOperator, x: &ArrayRef2<f64>, name: &str, done: usize) -> Array2<f64> {
    let product = a.apply_block(x);
    for (j, column) in product.columns().into_iter().enumerate() {
        if let Some(value) = column.iter().find(|value| !value.is_finite()) {
            panic!("the product with {name} {} must be finite, got an entry of {value}", done + j + 1);
        }
    }
    product
}

/// The inner products of corresponding columns of two matrices of the same shape.
fn column_dots(x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Array1<f64> {
    Zip::from(x.columns()).and(y.columns()).map_collect(|x, y| x.dot(&y))
}

/// The measured variance of Hutchinson's estimate: for each `m` in `ms`, the sample variance of `n_trials` independent
/// estimates with `m` probes each.
///
/// No two trials share probes. Cost: `n_trials` times the sum of `ms` matvecs.
///
/// # Panics
/// If `n_trials` is below 2, an `m` is zero, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(random_symmetric(30, 0));
/// let variances = variance_sweep(&a, &[10, 1000], Probe::Rademacher, 50, 0);
/// // A hundred times as many probes: about a hundredth of the variance.
/// assert!((30.0..300.0).contains(&(variances[0] / variances[1])));
/// ```
pub fn variance_sweep(
    a: &dyn SymmetricOperator,
    ms: &[usize],
    probe: Probe,
    n_trials: usize,
    seed: u64,
) -> Array1<f64> {
    assert!(n_trials > 1, "n_trials must be at least 2, got {n_trials}");
    let mut seeds = seeds(seed);
    ms.iter()
        .map(|&m| {
            let trials = seeds.by_ref().take(n_trials);
            let estimates: Array1<f64> = trials.map(|seed| hutchinson_trace(a, m, probe, seed).mean).collect();
            variance(&estimates)
        })
        .collect()
}

/// Hutch++: the exact trace on a random subspace plus Hutchinson's estimate of the rest, with `n_matvecs` matvecs in
/// total.
///
/// ```math
/// \operatorname{tr} A = \operatorname{tr}(Q^\top A Q) + \operatorname{tr}\big( (I - Q Q^\top) A (I - Q Q^\top) \big), \qquad Q = \operatorname{orth}(A S)
/// ```
///
/// Only the second term is estimated. A third of the matvecs each go to `$A S$`, `$A Q$` and the probes; `$S$` and the
/// probes are random signs. The samples are estimates of the whole trace, one per probe, that share `$Q$`.
///
/// Cost: `n_matvecs` matvecs, and a QR factorisation in `O(n n_matvecs^2)`.
///
/// # Panics
/// If `n_matvecs` is below 6, a third of it is more than `n`, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(0.0, 3.0, 100).mapv(|t| (-5.0 * t).exp()), 0));
/// let (estimate, trace) = (hutch_plus_plus(&a, 60, 0), a.matrix().diag().sum());
/// assert!((estimate.mean / trace - 1.0).abs() < 0.01);
/// ```
///
/// # References
/// Meyer, Musco, Musco and Woodruff, *Hutch++: optimal stochastic trace estimation*, Symposium on Simplicity in
/// Algorithms (SOSA), 2021, algorithm 1.
pub fn hutch_plus_plus(a: &dyn SymmetricOperator, n_matvecs: usize, seed: u64) -> TraceEstimate {
    assert!(n_matvecs >= 6, "n_matvecs must be at least 6, got {n_matvecs}");
    let (n, k) = (a.dim(), n_matvecs / 3);
    assert!(k <= n, "a third of n_matvecs must be at most n = {n}, got {k}");
    let mut rng = rng(seed);
    let sketch = Probe::Rademacher.draw_block(n, k, &mut rng);
    let q = orthonormalize(&products(a, &sketch, "column", 0));
    let on_the_subspace = column_dots(&q, &products(a, &q, "basis vector", 0)).sum();
    let z = Probe::Rademacher.draw_block(n, n_matvecs - 2 * k, &mut rng);
    let rest = &z - &q.dot(&q.t().dot(&z));
    let samples = column_dots(&rest, &products(a, &rest, "probe", 0)) + on_the_subspace;
    TraceEstimate::from_samples(samples)
}

/// XTrace: an exchangeable Hutch++, in which every test vector contributes to the subspace of all the others.
///
/// ```math
/// x_i = \operatorname{tr}(Q_i^\top A Q_i) + v_i^\top A v_i, \qquad v_i = \sqrt{n - m + 1}\; \frac{(I - Q_i Q_i^\top) w_i}{\lVert (I - Q_i Q_i^\top) w_i \rVert}
/// ```
///
/// There are `$m$` = `n_matvecs / 2` test vectors `$w_i$`, rounded down, and `$Q_i$` spans the images `$A w_j$` for all
/// `$j \ne i$`. Since `$w_i$` has no preferred direction and is independent of `$Q_i$`, `$\mathbb{E}[v_i v_i^\top] = I - Q_i Q_i^\top$`,
/// and each sample `$x_i$` is unbiased. All samples follow from one QR factorisation `$A W = Q R$`: `$Q_i Q_i^\top = Q (I - s_i s_i^\top) Q^\top$`,
/// where `$s_i$` is the normalised column `$i$` of `$R^{-\top}$`.
///
/// The test vectors are uniform on a sphere. Random signs would fail on a small matrix: they repeat, equal test vectors
/// give equal samples, and a wrong estimate would have an error of zero. Redrawing them until they are independent is no
/// remedy, because `$w_i$` would then depend on the others, and the estimate would be biased. On the sphere they are
/// independent with probability 1, so linearly dependent images `$A w_i$` can only mean that the images span the range of
/// `A`, and the trace of `A` on their span is then its whole trace.
///
/// The samples have the same distribution, but share test vectors. If two of them have the correlation `$\rho$`, the
/// square of [`TraceEstimate::standard_error`] is on average `$(1 - \rho) / (1 + (m - 1) \rho)$` times the variance of
/// the mean. It is the paper's error estimate, and indicates the order of magnitude. It is zero, up to rounding, if the
/// images of the test vectors span the range, or if `$m = n$`.
///
/// Cost: `2 m` matvecs, which is one fewer than an odd `n_matvecs`, and a QR factorisation in `O(n m^2)`.
///
/// # Panics
/// If `n_matvecs` is below 4, half of it is more than `n`, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(0.0, 3.0, 100).mapv(|t| (-5.0 * t).exp()), 0));
/// let (estimate, trace) = (xtrace(&a, 60, 0), a.matrix().diag().sum());
/// assert!((estimate.mean / trace - 1.0).abs() < 0.01 && estimate.standard_error() < 0.01 * trace);
/// ```
///
/// # References
/// Epperly, Tropp and Webber, *XTrace: making the most of every sample in stochastic trace estimation*, SIAM J. Matrix
/// Anal. Appl. 45, 2024, section 2 for the estimator; the scaling of the test vectors and the estimate of the error are
/// theirs too.
pub fn xtrace(a: &dyn SymmetricOperator, n_matvecs: usize, seed: u64) -> TraceEstimate {
    assert!(n_matvecs >= 4, "n_matvecs must be at least 4, got {n_matvecs}");
    let (n, m) = (a.dim(), n_matvecs / 2);
    assert!(m <= n, "half of n_matvecs must be at most n = {n}, got {m}");
    let omega = Probe::Sphere.draw_block(n, m, &mut rng(seed));
    let images = products(a, &omega, "test vector", 0);
    let (q, r) = qr(&images);
    let a_q = products(a, &q, "basis vector", 0);
    let h = q.t().dot(&a_q);
    let trace_h = h.diag().sum();
    let largest = r.diag().iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    // An image is a combination of the others up to rounding: then A has no component outside their span.
    let spanned = r.diag().iter().any(|d| d.abs() <= n as f64 * f64::EPSILON * largest);
    if spanned {
        return TraceEstimate::from_samples(Array1::from_elem(m, trace_h));
    }
    let mut s = inverse_transpose(&r);
    for mut column in s.columns_mut() {
        let length = norm(&column);
        column /= length;
    }
    // The coordinates of Q_i Q_i^T w_i in Q: the coordinates of w_i without their component along s_i.
    let w = q.t().dot(&omega);
    let inside = &w - &(&s * &column_dots(&s, &w));
    let outside = &omega - &q.dot(&inside);
    // A times `outside`, from products already computed.
    let image = &images - &a_q.dot(&inside);
    let quotients = column_dots(&outside, &image) / column_dots(&outside, &outside);
    let on_the_subspaces = trace_h - column_dots(&s, &h.dot(&s));
    TraceEstimate::from_samples(on_the_subspaces + quotients * (n - m + 1) as f64)
}

/// `R^-T` for an upper triangular `r` with a non-zero diagonal, by forward substitution.
fn inverse_transpose(r: &ArrayRef2<f64>) -> Array2<f64> {
    let m = r.nrows();
    let mut inverse = Array2::zeros((m, m).f());
    for (j, mut column) in inverse.axis_iter_mut(Axis(1)).enumerate() {
        for i in j..m {
            let known: f64 = (j..i).map(|k| r[[k, i]] * column[k]).sum();
            let unit = if i == j { 1.0 } else { 0.0 };
            column[i] = (unit - known) / r[[i, i]];
        }
    }
    inverse
}
