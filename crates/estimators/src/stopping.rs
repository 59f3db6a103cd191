use ndarray::Array1;

use super::trace::{TraceEstimate, quadratic_forms};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng};

/// How many probes [`trace_to_tolerance`] draws between two looks at the standard error.
const BATCH: usize = 10;

/// Hutchinson's estimate of the trace with as many sign probes as an error bar of `tolerance` takes.
///
/// Probes come in batches of 10, all from one generator. After each batch but the first it looks at the standard error of the samples so far:
///
/// ```math
/// \text{stop as soon as} \quad \widehat{\mathrm{se}} = \sqrt{\frac{1}{m (m - 1)} \sum_{i=1}^{m} (x_i - \bar{x})^2} \le \text{tolerance}
/// ```
///
/// At `max_probes` it stops in any case, in the middle of a batch if need be; the caller sees by the [standard
/// error](TraceEstimate::standard_error) whether the tolerance was reached.
///
/// Twenty probes before the first look, because the variance of a handful of samples may be small by luck, and to stop at a small
/// one makes the error bar too short. Cost: the number of samples in matvecs, about the variance of one sample over the square of the
/// tolerance.
///
/// # Panics
/// If the tolerance is not above 0, `max_probes` is below 2, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(random_symmetric(30, 0));
/// let estimate = trace_to_tolerance(&a, 4.0, 1000, 0);
/// assert!(estimate.standard_error() <= 4.0 && estimate.samples.len() % 10 == 0);
/// // Half the error bar costs four times as much.
/// assert!(trace_to_tolerance(&a, 2.0, 1000, 0).samples.len() > 2 * estimate.samples.len());
/// ```
///
/// # References
/// Chow and Robbins, *On the asymptotic theory of fixed-width sequential confidence intervals for the mean*, Annals of Mathematical
/// Statistics 36, 1965.
pub fn trace_to_tolerance(a: &dyn SymmetricOperator, tolerance: f64, max_probes: usize, seed: u64) -> TraceEstimate {
    assert!(tolerance > 0.0, "tolerance must be above 0, got {tolerance}");
    assert!(max_probes >= 2, "max_probes must be at least 2, got {max_probes}");
    let mut rng = rng(seed);
    let mut samples: Vec<f64> = Vec::new();
    loop {
        let batch = BATCH.min(max_probes - samples.len());
        samples.extend(quadratic_forms(a, batch, Probe::Rademacher, &mut rng));
        let estimate = TraceEstimate::from_samples(Array1::from(samples.clone()));
        let m = samples.len();
        if m == max_probes || (m >= 2 * BATCH && estimate.standard_error() <= tolerance) {
            return estimate;
        }
    }
}
