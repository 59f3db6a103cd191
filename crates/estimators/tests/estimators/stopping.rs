//! The trace with a stopping rule: the rule itself, the estimate's z-score, and how short optional stopping makes the error bar.

use matrix_free::linalg::mean;
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::Probe;
use ndarray::{Array1, Array2, s};
use spectral_course::solutions::{TraceEstimate, hutchinson_trace, trace_to_tolerance};

use super::common::{test_matrix, theory, z_score};

fn error_after(samples: &Array1<f64>, m: usize) -> f64 {
    TraceEstimate::from_samples(samples.slice(s![..m]).to_owned()).standard_error()
}

#[test]
fn it_stops_at_the_first_look_that_suffices() {
    let a = Counting::new(Dense::new(test_matrix()));
    for seed in 0..20 {
        for tolerance in [4.0, 8.0, 15.0] {
            let before = a.matvecs();
            let estimate = trace_to_tolerance(&a, tolerance, 1000, seed);
            let m = estimate.samples.len();
            assert_eq!(a.matvecs() - before, m);
            assert!(m >= 20 && m.is_multiple_of(10) && m < 1000, "{m}");
            assert!(estimate.standard_error() <= tolerance);
            for look in (20..m).step_by(10) {
                assert!(error_after(&estimate.samples, look) > tolerance, "seed {seed}: {look} of {m}");
            }
            // The probes of Hutchinson's estimate, so that a stopping rule is all that is new.
            assert_eq!(estimate.samples, hutchinson_trace(&a, m, Probe::Rademacher, seed).samples);
            assert_eq!(estimate.mean, mean(&estimate.samples));
        }
    }
}

#[test]
fn it_takes_no_more_than_max_probes() {
    let a = Counting::new(Dense::new(test_matrix()));
    for max_probes in [2, 7, 10, 15, 20, 25, 33, 60] {
        let before = a.matvecs();
        let estimate = trace_to_tolerance(&a, 1e-3, max_probes, 1);
        assert_eq!((a.matvecs() - before, estimate.samples.len()), (max_probes, max_probes));
    }
    // Without spread the first look is the last.
    assert_eq!(trace_to_tolerance(&Dense::new(Array2::eye(9)), 1e-9, 1000, 0).samples, Array1::from_elem(20, 9.0));
}

/// Over many seeds: the mean by z-score, and the number of probes against the variance over the square of the tolerance.
#[test]
fn it_is_unbiased_and_takes_what_the_variance_asks_for() {
    let a = Dense::new(test_matrix());
    let (trace, variance) = (a.matrix().diag().sum(), theory(a.matrix(), Probe::Rademacher));
    let tolerance = (variance / 60.0).sqrt();
    let (n_runs, mut means, mut counts) = (1000, Vec::new(), Vec::new());
    for seed in 0..n_runs {
        let estimate = trace_to_tolerance(&a, tolerance, 1000, seed);
        means.push(estimate.mean);
        counts.push(estimate.samples.len() as f64);
    }
    let standard_error = tolerance / (n_runs as f64).sqrt();
    let z = z_score(mean(&Array1::from(means)), trace, standard_error, 0.02);
    assert!(z.abs() < 5.0, "z = {z}");
    let probes = mean(&Array1::from(counts));
    assert!((50.0..70.0).contains(&probes), "{probes} probes on average, about 60 are needed");
}

/// The share of 2,000 runs that have the trace within two standard errors, if the first look is after `first` probes, and others follow
/// after every ten more.
fn coverage(a: &Dense, tolerance: f64, first: usize) -> f64 {
    let (trace, n_runs) = (a.matrix().diag().sum(), 2000);
    let covered = (0..n_runs).filter(|&seed| {
        let samples = hutchinson_trace(a, 200, Probe::Rademacher, seed).samples;
        let m = (first..200).step_by(10).find(|&m| error_after(&samples, m) <= tolerance).unwrap_or(200);
        let estimate = TraceEstimate::from_samples(samples.slice(s![..m]).to_owned());
        (estimate.mean - trace).abs() <= 2.0 * estimate.standard_error()
    });
    covered.count() as f64 / n_runs as f64
}

/// To stop at a standard error that is small by luck makes the error bar too short: hardly after twenty probes, and a lot after two.
#[test]
fn twenty_probes_before_the_first_look_keep_the_error_bar_honest() {
    let a = Dense::new(test_matrix());
    let tolerance = (theory(a.matrix(), Probe::Rademacher) / 60.0).sqrt();
    // Each share is known to 0.005, and without a rule it is 0.95.
    let (twenty, two) = (coverage(&a, tolerance, 20), coverage(&a, tolerance, 2));
    assert!((0.92..0.97).contains(&twenty), "two standard errors cover the trace in {twenty} of the runs");
    assert!((0.77..0.87).contains(&two), "two standard errors cover the trace in {two} of the runs");
}
