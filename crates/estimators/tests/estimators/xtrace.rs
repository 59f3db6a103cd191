//! XTrace: its definition, one factorisation per sample; that it is unbiased and never sure of a wrong trace, however small
//! the matrix; and what it does where a range is spanned.

use matrix_free::linalg::{frobenius_squared, linspace, mean, orthonormalize, variance};
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::{Probe, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, Axis};
use spectral_course::solutions::{TraceEstimate, xtrace};

/// A sample of the definition: the projector is that on the images of all test vectors but number `i`.
fn sample(a: &Array2<f64>, omega: &Array2<f64>, i: usize) -> f64 {
    let (n, m) = omega.dim();
    let others: Vec<usize> = (0..m).filter(|&j| j != i).collect();
    let q = orthonormalize(&a.dot(&omega.select(Axis(1), &others)));
    let w = omega.column(i);
    let outside = &w - &q.dot(&q.t().dot(&w));
    let quotient = outside.dot(&a.dot(&outside)) / outside.dot(&outside);
    q.t().dot(a).dot(&q).diag().sum() + (n - m + 1) as f64 * quotient
}

#[test]
fn each_sample_leaves_one_test_vector_out() {
    let a = random_symmetric(20, 4);
    let m = 6;
    let got = xtrace(&Dense::new(a.clone()), 2 * m, 9);
    let omega = Probe::Sphere.draw_block(20, m, &mut rng(9));
    for i in 0..m {
        let expected = sample(&a, &omega, i);
        let off = (got.samples[i] - expected).abs();
        assert!(off < 1e-10 * expected.abs().max(1.0), "sample {i}: {} against {expected}", got.samples[i]);
    }
}

/// Mean and error over 1000 seeds. Signs repeat in so small a space: two equal test vectors make two equal samples, which agree
/// on a wrong trace.
#[test]
fn small_matrices_are_estimated_without_bias_and_without_false_certainty() {
    for (n, budget) in [(2, 4), (3, 4), (3, 6), (4, 4), (10, 4), (10, 14), (10, 20)] {
        let matrix = random_symmetric(n, 5);
        let (trace, scale) = (matrix.diag().sum(), frobenius_squared(&matrix).sqrt());
        let a = Dense::new(matrix);
        let estimates: Vec<TraceEstimate> = (0..1000).map(|seed| xtrace(&a, budget, seed)).collect();
        let sure = estimates.iter().filter(|estimate| estimate.standard_error() < 1e-9 * scale);
        let wrong = sure.filter(|estimate| (estimate.mean - trace).abs() > 1e-9 * scale).count();
        assert_eq!(wrong, 0, "n = {n}, {budget} products: estimates with an error bar of zero and a wrong value");
        let means: Array1<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
        let standard_error = (variance(&means) / 1000.0).sqrt();
        assert!(standard_error < 0.05 * scale, "no power: {standard_error} against {scale}");
        let z = (mean(&means) - trace) / standard_error.max(1e-12 * scale);
        assert!(z.abs() < 5.0, "n = {n}, {budget} products: z = {z}");
    }
}

/// The samples share test vectors, so the error bar is of the right order and no more; it is rather too small.
#[test]
fn the_error_bar_is_of_the_order_of_the_error() {
    for spectrum in [linspace(1.0, 2.0, 60), Array1::from_shape_fn(60, |i| 0.8_f64.powi(i as i32))] {
        let a = Dense::new(symmetric_with_spectrum(&spectrum, 2));
        for budget in [12, 24, 48] {
            let estimates: Vec<TraceEstimate> = (0..400).map(|seed| xtrace(&a, budget, seed)).collect();
            let means: Array1<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
            let told: f64 = estimates.iter().map(|estimate| estimate.standard_error().powi(2)).sum::<f64>() / 400.0;
            let ratio = (told / variance(&means)).sqrt();
            assert!((0.5..1.1).contains(&ratio), "{budget} products: the error bars are {ratio} of the error");
        }
    }
}

/// As many test vectors as dimensions leave one direction outside, and what is scaled to its length is that direction.
#[test]
fn as_many_test_vectors_as_dimensions_give_the_trace() {
    for n in [2, 3, 10] {
        let a = Dense::new(random_symmetric(n, 5));
        for seed in 0..200 {
            let (estimate, trace) = (xtrace(&a, 2 * n, seed), a.matrix().diag().sum());
            assert!((estimate.mean - trace).abs() < 1e-8, "n = {n}, seed {seed}: {} is {trace}", estimate.mean);
        }
    }
}

#[test]
fn a_range_that_is_spanned_gives_the_trace() {
    let mut eigenvalues = Array1::zeros(30);
    eigenvalues[3] = 5.0;
    eigenvalues[4] = -2.0;
    for (n, budget) in [(30, 12), (30, 6), (30, 7), (30, 60), (5, 6), (5, 10)] {
        let spectrum: Array1<f64> = eigenvalues.iter().copied().take(n).collect();
        for seed in 0..100 {
            let estimate = xtrace(&Dense::new(symmetric_with_spectrum(&spectrum, 3)), budget, seed);
            assert!((estimate.mean - 3.0).abs() < 1e-11, "n = {n}, {budget} products: {}", estimate.mean);
            assert!(estimate.standard_error() < 1e-11, "n = {n}, {budget} products");
        }
    }
    let zero = xtrace(&Dense::new(Array2::zeros((8, 8))), 6, 1);
    assert_eq!((zero.mean, zero.standard_error()), (0.0, 0.0));
    for (n, budget) in [(2, 4), (3, 4), (10, 14)] {
        let one = xtrace(&Dense::new(Array2::eye(n)), budget, 1);
        assert!((one.mean - n as f64).abs() < 1e-12 && one.standard_error() < 1e-12, "the identity: {}", one.mean);
    }
}

/// Where eigenvalues go down to rounding, what was missed and what is told go there together.
#[test]
fn a_range_that_is_nearly_spanned_is_not_taken_for_spanned() {
    for base in [0.1_f64, 1e-2, 1e-4] {
        let spectrum = Array1::from_shape_fn(12, |i| base.powi(i as i32));
        let a = Dense::new(symmetric_with_spectrum(&spectrum, 3));
        let trace = a.matrix().diag().sum();
        for budget in [8, 12, 18] {
            for seed in 0..1000 {
                let estimate = xtrace(&a, budget, seed);
                let (error, told) = ((estimate.mean - trace).abs(), estimate.standard_error());
                // So fast a decay makes heavy tails: errors of a hundred error bars are seen, and once a thousand. Zero is another matter.
                let rounding = 100.0 * f64::EPSILON;
                assert!(
                    error <= 1e5 * told + rounding,
                    "base {base}, {budget} products, seed {seed}: {error}, told {told}"
                );
            }
        }
    }
}

/// Two test vectors for a range of two dimensions: each sample sees one of them, so there is an error, and it is told.
#[test]
fn a_range_that_is_just_not_spanned_has_an_error_bar() {
    let a = Dense::new(symmetric_with_spectrum(&Array1::from(vec![5.0, -2.0, 0.0, 0.0, 0.0, 0.0]), 3));
    let estimates: Vec<TraceEstimate> = (0..1000).map(|seed| xtrace(&a, 4, seed)).collect();
    assert!(estimates.iter().all(|estimate| estimate.standard_error() > 0.0));
    let means: Array1<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
    let standard_error = (variance(&means) / 1000.0).sqrt();
    assert!((mean(&means) - 3.0).abs() < 5.0 * standard_error, "{} +- {standard_error}", mean(&means));
}

#[test]
fn the_scale_of_the_matrix_does_not_matter() {
    let matrix = random_symmetric(10, 5);
    let of = |scale: f64| xtrace(&Dense::new(&matrix * scale), 14, 2);
    let one = of(1.0);
    for scale in [1e-170, 1e-8, 1e8, 1e150] {
        let other = of(scale);
        let (value, error) = (other.mean / scale, other.standard_error() / scale);
        assert!((value - one.mean).abs() < 1e-9, "scale {scale}: {value} against {}", one.mean);
        assert!((error - one.standard_error()).abs() < 1e-9, "scale {scale}: {error} against {}", one.standard_error());
    }
}

#[test]
fn an_odd_budget_leaves_one_product() {
    let a = Counting::new(Dense::new(random_symmetric(20, 1)));
    assert_eq!(xtrace(&a, 15, 1).samples.len(), 7);
    assert_eq!(a.matvecs(), 14);
}
