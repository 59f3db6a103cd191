//! The rule that counts outliers: what it takes from the list, and what it does not depend on.

use ndarray::{Array1, array};
use proptest::prelude::*;
use spectral_course::solutions::count_outliers;

#[test]
fn the_largest_ratio_decides() {
    for (values, least_ratio, expected, why) in [
        (array![100.0, 60.0, 8.0, 1.0, 0.9], 1.5, 3, "the largest ratio, not the largest difference"),
        (array![6.0, 4.0, 3.5], 1.5, 1, "a ratio that is met exactly"),
        (array![6.0, 4.0, 3.5], 1.51, 0, "no ratio that reaches the least one"),
        (array![32.0, 16.0, 8.0, 7.0], 1.5, 1, "the first of two equal ratios"),
        (array![9.0, 8.0, 7.0, 1.0], 2.0, 3, "the last pair"),
        (array![12.0, 4.0, 3.0, 0.0, -1.0], 2.0, 1, "no ratio to zero"),
        (array![12.0, 5.0, 4.0, -0.5, -8.0], 2.0, 1, "no ratio to a negative value"),
        (array![-1.0, -2.0, -9.0], 1.1, 0, "nor of two of them"),
        (array![2.0, 0.0, 0.0], 1.1, 0, "nor of zeros"),
        (array![3.0, 3.0], 1.1, 0, "equal values"),
    ] {
        assert_eq!(count_outliers(&values, least_ratio), expected, "{why}: {values}");
    }
}

proptest! {
    /// What stands above the gap is `factor` times what stands below; the neighbours on either side are closer together than that.
    #[test]
    fn a_planted_gap_is_found(
        steps in proptest::collection::vec(1.0..1.4_f64, 2..20),
        at in any::<prop::sample::Index>(),
        factor in 1.5..100.0_f64,
        scale in -200..200_i32,
    ) {
        let at = at.index(steps.len());
        let mut values = vec![10_f64.powi(scale)];
        for (m, step) in steps.iter().enumerate() {
            values.push(values[m] / if m == at { factor } else { *step });
        }
        // What follows below zero changes nothing.
        values.extend([-1e-3, -7.0].map(|value| value * 10_f64.powi(scale)));
        prop_assert_eq!(count_outliers(&Array1::from(values.clone()), 1.45), at + 1);
        prop_assert_eq!(count_outliers(&Array1::from(values), 1.01 * factor), 0);
    }
}
