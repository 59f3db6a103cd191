//! The estimators of a trace by z-score at a fixed budget, each with the proof that the test has power; and the wrong probes
//! that such a test must reject.

use matrix_free::linalg::{mean, variance};
use matrix_free::operator::{Counting, Dense, SymmetricOperator, from_fn};
use matrix_free::probe::{Probe, rng, symmetric_with_spectrum};
use ndarray::Array1;
use rand::Rng;
use spectral_course::solutions::{hutch_plus_plus, hutchinson_trace, variance_sweep, xtrace};

use super::common::{test_matrix, theory, z_score};

#[test]
fn hutchinson_is_unbiased_with_the_variance_of_theory() {
    let matrix = test_matrix();
    let a = Dense::new(matrix.clone());
    let m = 40_000;
    for probe in [Probe::Rademacher, Probe::Gaussian, Probe::Sphere] {
        let estimate = hutchinson_trace(&a, m, probe, 1);
        let expected = theory(&matrix, probe);
        let z = z_score(estimate.mean, matrix.diag().sum(), (expected / m as f64).sqrt(), 0.02);
        assert!(z.abs() < 5.0, "{probe:?}: z = {z}");
        // The sample variance of m values has a relative error near sqrt(2 / m), times a little for the heavier tails.
        let ratio = variance(&estimate.samples) / expected;
        assert!((ratio - 1.0).abs() < 0.1, "{probe:?}: variance is {ratio} of theory");
        let standard_error = estimate.standard_error();
        assert!((standard_error / (expected / m as f64).sqrt() - 1.0).abs() < 0.05, "{standard_error}");
    }
}

/// The z-score test rejects probes that do not have E[z z^T] = I.
#[test]
fn wrong_probes_are_seen() {
    let a = test_matrix();
    let mut rng = rng(1);
    let samples: Array1<f64> = (0..40_000)
        .map(|_| {
            let z = Array1::from_shape_simple_fn(30, || f64::from(u8::from(rng.random::<bool>())));
            z.dot(&a.dot(&z))
        })
        .collect();
    let standard_error = (theory(&a, Probe::Gaussian) / 40_000.0).sqrt();
    let z = z_score(mean(&samples), a.diag().sum(), standard_error, 0.02);
    assert!(z.abs() > 20.0, "probes from {{0, 1}} pass with z = {z}");
}

#[test]
fn estimates_do_not_depend_on_blocks_or_calls() {
    let matrix = test_matrix();
    let a = Counting::new(Dense::new(matrix.clone()));
    let blocked = hutchinson_trace(&a, 150, Probe::Gaussian, 3);
    assert_eq!(a.matvecs(), 150);
    let one_by_one = hutchinson_trace(&from_fn(30, |x| matrix.dot(x)), 150, Probe::Gaussian, 3);
    let largest = (&blocked.samples - &one_by_one.samples).iter().fold(0.0, |l: f64, d| l.max(d.abs()));
    assert!(largest < 1e-10, "{largest}");
    assert_eq!(blocked.samples, hutchinson_trace(&a, 150, Probe::Gaussian, 3).samples);
    assert_eq!(blocked.samples.len(), 150);
}

#[test]
fn the_sweep_measures_the_variance_of_the_mean() {
    let a = Dense::new(test_matrix());
    let ms = [10, 100];
    for probe in Probe::RADEMACHER_AND_GAUSSIAN {
        let n_trials = 800;
        let measured = variance_sweep(&a, &ms, probe, n_trials, 1);
        for (&m, got) in ms.iter().zip(&measured) {
            let expected = theory(a.matrix(), probe) / m as f64;
            // Estimates from ten probes are nearly normal: the relative error is sqrt(2 / 799) = 0.05, a third more at most.
            let z = (got / expected - 1.0) / (2.7 / (n_trials as f64 - 1.0)).sqrt();
            assert!(z.abs() < 5.0, "{probe:?}, m = {m}: {got} against {expected}");
        }
    }
}

#[test]
fn hutch_plus_plus_and_xtrace_are_unbiased_and_count_their_matvecs() {
    // A decaying spectrum: what these methods are made for.
    let eigenvalues = Array1::from_shape_fn(60, |i| 0.8_f64.powi(i as i32));
    let a = Counting::new(Dense::new(symmetric_with_spectrum(&eigenvalues, 2)));
    let (trace, budget, trials) = (eigenvalues.sum(), 24, 400);
    type Estimator = fn(&dyn SymmetricOperator, usize, u64) -> f64;
    let methods: [(&str, Estimator); 3] = [
        ("Hutch++", |a, budget, seed| hutch_plus_plus(a, budget, seed).mean),
        ("XTrace", |a, budget, seed| xtrace(a, budget, seed).mean),
        ("Hutchinson", |a, budget, seed| hutchinson_trace(a, budget, Probe::Rademacher, seed).mean),
    ];
    let mut spread = Vec::new();
    for (name, estimate) in methods {
        let before = a.matvecs();
        estimate(&a, budget, 0);
        assert_eq!(a.matvecs() - before, budget, "{name}");
        let estimates: Array1<f64> = (0..trials).map(|seed| estimate(&a, budget, seed)).collect();
        let deviation = variance(&estimates).sqrt();
        let z = z_score(mean(&estimates), trace, deviation / (trials as f64).sqrt(), 0.02);
        assert!(z.abs() < 5.0, "{name}: z = {z}");
        spread.push(deviation);
    }
    // Over twelve rotations the ratios are 0.46 to 0.54 and 0.56 to 0.67, each known to 5 % from 400 trials.
    let (plus_plus, xtrace) = (spread[0] / spread[2], spread[1] / spread[0]);
    assert!((0.37..0.65).contains(&plus_plus), "Hutch++ over Hutchinson: {plus_plus}");
    assert!((0.45..0.8).contains(&xtrace), "XTrace over Hutch++: {xtrace}");
}

#[test]
fn hutch_plus_plus_of_low_rank_is_exact() {
    let mut eigenvalues = Array1::zeros(30);
    eigenvalues[3] = 5.0;
    eigenvalues[4] = -2.0;
    let estimate = hutch_plus_plus(&Dense::new(symmetric_with_spectrum(&eigenvalues, 3)), 12, 1);
    assert!((estimate.mean - 3.0).abs() < 1e-11, "{}", estimate.mean);
}
