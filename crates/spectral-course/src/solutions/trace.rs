use ndarray::{Array1, Array2, ArrayRef2, Axis, ShapeBuilder, Zip};

use matrix_free::linalg::{mean, orthonormalize, qr, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{CourseRng, Probe, rng, seeds};

/// How many probes go through the operator at once, if they do not take more than [`BLOCK_BYTES`].
const BLOCK: usize = 64;
const BLOCK_BYTES: usize = 1 << 26;

/// An estimate of a trace, with the evidence for it.
#[derive(Clone, Debug)]
pub struct TraceEstimate {
    /// The estimate: the mean of the samples.
    pub mean: f64,
    /// The `m` values that were averaged, one a probe.
    pub samples: Array1<f64>,
}

impl TraceEstimate {
    /// The estimate from its `m` samples.
    ///
    /// # Panics
    /// If there are none.
    pub fn from_samples(samples: Array1<f64>) -> Self {
        Self { mean: mean(&samples), samples }
    }

    /// The standard error of the mean, `sqrt(variance / m)`, where the variance divides by `m - 1`.
    ///
    /// # Panics
    /// If there are fewer than two samples.
    pub fn standard_error(&self) -> f64 {
        (variance(&self.samples) / self.samples.len() as f64).sqrt()
    }
}

/// Hutchinson's estimate of the trace from `m` probes: `E[z^T A z] = tr(A)` for every `z` with `E[z z^T] = I`.
///
/// The samples are `z_i^T A z_i`; their variance is `2 ||A||_F^2` for Gaussian probes and
/// `2 (||A||_F^2 - ||diag A||^2)` for signs, and that of the mean is `m` times smaller. Cost: `m` matvecs.
///
/// # Panics
/// If `m` is zero.
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
/// Hutchinson, *A stochastic estimator of the trace of the influence matrix*, 1990; Avron and Toledo, *Randomized
/// algorithms for estimating the trace of an implicit symmetric positive semi-definite matrix*, 2011, section 4.
pub fn hutchinson_trace(a: &dyn SymmetricOperator, m: usize, probe: Probe, seed: u64) -> TraceEstimate {
    assert!(m > 0, "m is at least 1, got 0");
    TraceEstimate::from_samples(quadratic_forms(a, m, probe, &mut rng(seed)))
}

/// `z^T A z` for `m` probes `z`.
fn quadratic_forms(a: &dyn SymmetricOperator, m: usize, probe: Probe, rng: &mut CourseRng) -> Array1<f64> {
    let block = (BLOCK_BYTES / (size_of::<f64>() * a.dim().max(1))).clamp(1, BLOCK);
    let mut samples = Vec::with_capacity(m);
    while samples.len() < m {
        let z = probe.draw_block(a.dim(), block.min(m - samples.len()), rng);
        samples.extend(column_dots(&z, &a.apply_block(&z)));
    }
    Array1::from(samples)
}

/// The inner products of the columns of two matrices of one shape.
fn column_dots(x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Array1<f64> {
    Zip::from(x.columns()).and(y.columns()).map_collect(|x, y| x.dot(&y))
}

/// The variance of Hutchinson's estimate, measured: for each `m` in `ms`, the sample variance of `n_trials` independent
/// estimates with `m` probes each.
///
/// No two trials share probes. Cost: `n_trials` times the sum of `ms` matvecs.
///
/// # Panics
/// If `n_trials` is below two or an `m` is zero.
pub fn variance_sweep(
    a: &dyn SymmetricOperator,
    ms: &[usize],
    probe: Probe,
    n_trials: usize,
    seed: u64,
) -> Array1<f64> {
    assert!(n_trials > 1, "n_trials is at least 2, got {n_trials}");
    let mut seeds = seeds(seed);
    ms.iter()
        .map(|&m| {
            let trials = seeds.by_ref().take(n_trials);
            let estimates: Array1<f64> = trials.map(|seed| hutchinson_trace(a, m, probe, seed).mean).collect();
            variance(&estimates)
        })
        .collect()
}

/// Hutch++: the trace on a random subspace exactly, the rest by Hutchinson, `n_matvecs` matvecs in all.
///
/// With `Q` an orthonormal basis of `A S`, `tr(A) = tr(Q^T A Q) + tr((I - Q Q^T) A (I - Q Q^T))`, and only the second term
/// is estimated. A third of the matvecs each go to `A S`, `A Q` and the probes `S` and `z` are signs. The samples are whole
/// estimates of the trace, one a probe, that share `Q`.
///
/// # Panics
/// If `n_matvecs` is below 6, or a third of it is more than `n`.
///
/// # References
/// Meyer, Musco, Musco and Woodruff, *Hutch++: optimal stochastic trace estimation*, 2021, algorithm 1.
pub fn hutch_plus_plus(a: &dyn SymmetricOperator, n_matvecs: usize, seed: u64) -> TraceEstimate {
    assert!(n_matvecs >= 6, "n_matvecs is at least 6, got {n_matvecs}");
    let (n, k) = (a.dim(), n_matvecs / 3);
    assert!(k <= n, "a third of n_matvecs is at most n = {n}, got {k}");
    let mut rng = rng(seed);
    let sketch = Probe::Rademacher.draw_block(n, k, &mut rng);
    let q = orthonormalize(&a.apply_block(&sketch));
    let on_the_subspace = column_dots(&q, &a.apply_block(&q)).sum();
    let z = Probe::Rademacher.draw_block(n, n_matvecs - 2 * k, &mut rng);
    let rest = &z - &q.dot(&q.t().dot(&z));
    let samples = column_dots(&rest, &a.apply_block(&rest)) + on_the_subspace;
    TraceEstimate::from_samples(samples)
}

/// XTrace: an exchangeable Hutch++, in which every test vector serves for the subspace of all the others; `n_matvecs` matvecs in all.
///
/// With `m = n_matvecs / 2` sign vectors `w_i`, sample `i` is `tr(Q_i^T A Q_i) + w_i^T (I - Q_i Q_i^T) A (I - Q_i Q_i^T) w_i`, where
/// `Q_i` spans `A w_j` for all `j != i`. All of them come from one QR factorisation: `Q_i Q_i^T = Q (I - s_i s_i^T) Q^T`
/// with `s_i` the normalised column `i` of `R^-T`.
///
/// # Panics
/// If `n_matvecs` is below 4, or half of it is more than `n`.
///
/// # References
/// Epperly, Tropp and Webber, *XTrace: making the most of every sample in stochastic trace estimation*, 2024, section 2.
pub fn xtrace(a: &dyn SymmetricOperator, n_matvecs: usize, seed: u64) -> TraceEstimate {
    assert!(n_matvecs >= 4, "n_matvecs is at least 4, got {n_matvecs}");
    let (n, m) = (a.dim(), n_matvecs / 2);
    assert!(m <= n, "half of n_matvecs is at most n = {n}, got {m}");
    let omega = Probe::Rademacher.draw_block(n, m, &mut rng(seed));
    let (q, r) = qr(&a.apply_block(&omega));
    let h = q.t().dot(&a.apply_block(&q));
    let trace_h = h.diag().sum();
    let largest = r.diag().iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    let rank_deficient = r.diag().iter().any(|d| d.abs() <= n as f64 * f64::EPSILON * largest);
    if rank_deficient {
        // The test vectors already span the range of A, so the trace on their span is the trace.
        return TraceEstimate::from_samples(Array1::from_elem(m, trace_h));
    }
    let mut s = inverse_transpose(&r);
    for mut column in s.columns_mut() {
        let length = column.dot(&column).sqrt();
        column /= length;
    }
    let w = q.t().dot(&omega);
    // x_i = w_i - s_i (s_i^T w_i): the coordinates in Q of Q_i Q_i^T omega_i.
    let x = &w - &(&s * &column_dots(&s, &w));
    let samples = Array1::from_shape_fn(m, |i| {
        let (s, w, x, r) = (s.column(i), w.column(i), x.column(i), r.column(i));
        // Q^T A omega_i = r_i, so no further matvec is needed.
        trace_h - s.dot(&h.dot(&s)) + w.dot(&r) - 2.0 * x.dot(&r) + x.dot(&h.dot(&x))
    });
    TraceEstimate::from_samples(samples)
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
