use ndarray::Array1;

/// How many eigenvalues stand apart at the top of a spectrum, by a rule on the gaps: those above the relatively largest gap.
///
/// ```math
/// m = \operatorname*{arg\,max}_{1 \le j < k} \frac{\lambda_j}{\lambda_{j+1}}, \qquad \text{provided that } \frac{\lambda_m}{\lambda_{m+1}} \ge r
/// ```
///
/// `values` holds the `k` largest eigenvalues, `$\lambda_1 \ge \dots \ge \lambda_k$`, and `$r$` is `least_ratio`. A pair counts only if both are
/// positive, because at the edge of zero every ratio is large. If no ratio reaches `$r$`, there are no outliers, 0; of equal ratios
/// the first decides. Cost: `O(k)`, no matvec.
///
/// The rule sees the `k` values and not the spectrum: a gap below them does not count.
///
/// # Panics
/// If there are fewer than two values, they are not descending, or `least_ratio` is not above 1.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let values = array![9.0, 8.0, 7.0, 2.0, 1.9, 1.7];
/// assert_eq!(count_outliers(&values, 1.3), 3);
/// assert_eq!(count_outliers(&values, 4.0), 0);
/// ```
///
/// # References
/// Papyan, *Measurements of three-level hierarchical structure in the outliers in the spectrum of deepnet Hessians*, ICML 2019
/// (the outliers of a classifier, and what their number has to do with the classes).
pub fn count_outliers(values: &Array1<f64>, least_ratio: f64) -> usize {
    assert!(values.len() >= 2, "values must hold at least two eigenvalues, got {}", values.len());
    assert!(least_ratio > 1.0, "least_ratio must be above 1, got {least_ratio}");
    let (mut count, mut largest) = (0, 0.0);
    for m in 1..values.len() {
        let (above, below) = (values[m - 1], values[m]);
        assert!(above >= below, "values must be descending, got {above} before {below}");
        // Then the one above is positive too.
        if below > 0.0 && above / below > largest {
            (count, largest) = (m, above / below);
        }
    }
    if largest >= least_ratio { count } else { 0 }
}
