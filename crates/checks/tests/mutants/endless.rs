//! Loops that do not end: whatever applies the matrix of a check over and over is stopped, and told so.

use matrix_free::linalg::norm;
use matrix_free::probe::{Probe, rng};
use ndarray::Array1;
use spectral_course::check;

use super::common::{Operator, assert_rejected};

const MESSAGE: &str = "your function applied the matrix 300,000 times and was stopped";

/// Power iteration that forgets its step limit.
fn iterate(a: Operator, seed: u64) -> ! {
    let mut v: Array1<f64> = Probe::Gaussian.draw(a.dim(), &mut rng(seed));
    loop {
        v = a.apply(&v);
        v /= norm(&v);
    }
}

/// Lanczos that forgets its step limit: three vectors, for as long as it takes.
fn three_terms(a: Operator, start: &Array1<f64>) -> ! {
    let (mut last, mut q, mut beta) = (Array1::zeros(a.dim()), start / norm(start), 0.0);
    loop {
        let mut r = a.apply(&q) - &last * beta;
        r = &r - &q * q.dot(&r);
        beta = norm(&r);
        last = std::mem::replace(&mut q, r / beta);
    }
}

#[test]
fn power_iteration_without_a_step_limit() {
    assert_rejected(check::power_iteration(|a, _, _, seed| iterate(a, seed)), MESSAGE);
    assert_rejected(check::deflation(|a, _, _, _, seed| iterate(a, seed)), MESSAGE);
}

#[test]
fn lanczos_without_a_step_limit() {
    assert_rejected(check::lanczos_three_term(|a, start, _| three_terms(a, start)), MESSAGE);
    assert_rejected(check::lanczos_conditional(|a, start, _| three_terms(a, start)), MESSAGE);
    let top = check::lanczos_top(|a, _, _, _, seed| three_terms(a, &Probe::Gaussian.draw(a.dim(), &mut rng(seed))));
    assert_rejected(top, MESSAGE);
}

#[test]
fn probes_without_end() {
    let endless = |a: Operator, _: usize, probe: Probe, seed: u64| {
        let mut rng = rng(seed);
        loop {
            a.apply(&probe.draw(a.dim(), &mut rng));
        }
    };
    assert_rejected(check::hutchinson_trace(endless), MESSAGE);
}
