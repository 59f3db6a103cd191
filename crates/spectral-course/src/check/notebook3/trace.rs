use ndarray::{Array1, Axis};

use super::super::card::{Card, Outcome, Report, report};
use super::super::claim::number;
use super::super::recording::Recording;
use super::{close, require_finite, require_vector};
use crate::linalg::{frobenius_squared, mean, variance};
use crate::operator::SymmetricOperator;
use crate::probe::{Probe, random_symmetric};
use crate::solutions::TraceEstimate;

type Hutchinson = fn(&dyn SymmetricOperator, usize, Probe, u64) -> TraceEstimate;
type VarianceSweep = fn(&dyn SymmetricOperator, &[usize], Probe, usize, u64) -> Array1<f64>;

/// The size of the test matrix.
const N: usize = 12;

/// Checks exercise 3/1.1: the probes that reach the operator, the samples and the mean, and the trace within five standard errors.
pub fn hutchinson_trace(student: Hutchinson) -> Card {
    report("3/1.1", |report| hutchinson_checks(student, report))
}

fn hutchinson_checks(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(N, 1));
    let m = 20;
    let estimate = report.call(|| student(&a, m, Probe::Rademacher, 3))?;
    let probes = a.take();
    report.require(probes.len() == m, "m probes cost m matvecs", || {
        let cause = match probes.len() {
            0 => "The operator was never applied: `a.apply(z.view())` is the product.",
            1 => "One probe only: the product belongs inside the loop.",
            _ => "One product a probe is enough.",
        };
        format!("expected {m} for m = {m}, got {}. {cause}", probes.len())
    })?;
    expect_signs(report, &probes);
    expect_fresh(report, &probes);
    require_vector(report, "samples", &estimate.samples, m, "a probe")?;
    let forms: Array1<f64> = probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect();
    report.expect(
        estimate.samples.iter().zip(&forms).all(|(&got, &form)| close(got, form, 1e-9)),
        "sample i is z_i^T A z_i",
        || {
            let (got, form) = (estimate.samples[1], forms[1]);
            let cause = if close(got * m as f64, form, 1e-9) {
                "It is m times too small: the samples are not yet averaged, so nothing is to be divided by m."
            } else if close(got, forms.slice(ndarray::s![..2]).sum(), 1e-9) {
                "These are running sums: keep the single values."
            } else if close(got, form / N as f64, 1e-9) || close(got, form / form.abs().sqrt(), 1e-9) {
                "The probe is not to be normalised here."
            } else {
                "Use the product with the same z on both sides."
            };
            format!("expected {} for probe 1, got {}. {cause}", number(form), number(got))
        },
    );
    let expected = mean(forms.view());
    report.expect(close(estimate.mean, expected, 1e-9), "the estimate is the mean of the samples", || {
        let cause = if close(estimate.mean * m as f64, expected, 1e-9) {
            "It is m times too small: divided by m twice?"
        } else if close(estimate.mean, expected * m as f64, 1e-9) {
            "It is m times too large: this is the sum."
        } else if close(estimate.mean * (m - 1) as f64, expected * m as f64, 1e-9) {
            "Divided by m - 1: that is for a variance; a mean divides by m."
        } else {
            "Average over the probes: their sum divided by m."
        };
        format!("expected {}, got {}. {cause}", number(expected), number(estimate.mean))
    });

    report.call(|| student(&a, m, Probe::Gaussian, 3))?;
    let gaussian = a.take();
    report.expect(!gaussian.iter().all(all_signs), "the argument probe decides the distribution", || {
        "Probe::Gaussian gave vectors of signs: draw with `probe.draw(..)`".to_owned()
    });
    report.call(|| student(&a, m, Probe::Rademacher, 4))?;
    report.expect(a.take() != probes, "another seed gives other probes", || {
        "seeds 3 and 4 gave the same vectors: make the generator from the argument seed".to_owned()
    });
    report.call(|| student(&a, m, Probe::Rademacher, 3))?;
    report.expect(a.take() == probes, "the same seed gives the same probes", || {
        "two calls with seed 3 gave different vectors: make the generator from the argument seed, with `rng(seed)`"
            .to_owned()
    });
    expect_unbiased(student, report)
}

/// E[z^T A z] = tr(A), by z-score at a known variance.
fn expect_unbiased(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = random_symmetric(N, 2);
    let m = 4000;
    let trace = a.diag().sum();
    for (probe, name) in [(Probe::Rademacher, "Rademacher"), (Probe::Gaussian, "Gaussian")] {
        let estimate = report.call(|| student(&Recording::new(a.clone()), m, probe, 5))?;
        let standard_error = (theory(&a, probe) / m as f64).sqrt();
        let z = (estimate.mean - trace) / standard_error;
        report.expect(z.abs() < 5.0, &format!("{name} probes estimate the trace"), || {
            format!(
                "expected {} to within 5 standard errors of {}, got {}. The probes do not satisfy E[z z^T] = I",
                number(trace),
                number(standard_error),
                number(estimate.mean)
            )
        });
    }
    Ok(())
}

/// The variance of one sample.
fn theory(a: &ndarray::Array2<f64>, probe: Probe) -> f64 {
    match probe {
        Probe::Rademacher => 2.0 * (frobenius_squared(a) - a.diag().dot(&a.diag())),
        _ => 2.0 * frobenius_squared(a),
    }
}

fn all_signs(z: &Array1<f64>) -> bool {
    z.iter().all(|&entry| entry == 1.0 || entry == -1.0)
}

fn expect_signs(report: &mut Report, probes: &[Array1<f64>]) {
    report.expect(probes.iter().all(all_signs), "Rademacher probes have entries +1 and -1", || {
        let zero_one = probes.iter().flatten().all(|&entry| entry == 0.0 || entry == 1.0);
        let odd = probes.iter().flatten().find(|entry| entry.abs() != 1.0).copied().unwrap_or(f64::NAN);
        let cause = if zero_one {
            "Entries 0 and 1 do not have E[z z^T] = I."
        } else {
            "`probe.draw(a.dim(), &mut rng)` draws them."
        };
        format!("got an entry {}. {cause}", number(odd))
    });
}

fn expect_fresh(report: &mut Report, probes: &[Array1<f64>]) {
    let distinct = probes.iter().enumerate().filter(|(i, z)| !probes[..*i].contains(z)).count();
    // 20 sign vectors of length 12 are all different with probability 0.95; two alike are no mistake.
    report.expect(distinct + 2 >= probes.len(), "every probe is drawn afresh", || {
        format!(
            "expected about {} different vectors, got {distinct}. Draw inside the loop, and make the generator outside it: a generator made anew from the same seed repeats itself",
            probes.len()
        )
    });
}

/// Checks exercise 3/1.2: the sample variance of independent estimates, exactly for one `m`, and its fall with `m`.
pub fn variance_sweep(student: VarianceSweep) -> Card {
    report("3/1.2", |report| sweep_checks(student, report))
}

fn sweep_checks(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(N, 1));
    let (m, n_trials) = (5, 8);
    let got = report.call(|| student(&a, &[m], Probe::Rademacher, n_trials, 3))?;
    let probes = a.take();
    require_vector(report, "the result", &got, 1, "an m")?;
    report.require(probes.len() == m * n_trials, "n_trials estimates with m probes each", || {
        let cause =
            if probes.len() == m { " One estimate alone has no empirical variance: run n_trials of them." } else { "" };
        format!("expected {m} x {n_trials} = {} matvecs, got {}.{cause}", m * n_trials, probes.len())
    })?;
    let distinct = probes.iter().enumerate().filter(|(i, z)| !probes[..*i].contains(z)).count();
    report.expect(distinct + 4 >= probes.len(), "every trial has probes of its own", || {
        let cause = if distinct <= m + 1 {
            "All trials share one seed: count up from the argument seed."
        } else {
            "Some trials share their seed."
        };
        format!("expected about {} different probes, got {distinct}. {cause}", probes.len())
    });
    expect_variance(report, &a, &probes, m, got[0]);

    let ms = [4, 64];
    let sweep = report.call(|| student(&a, &ms, Probe::Rademacher, 600, 11))?;
    a.take();
    require_vector(report, "the result", &sweep, ms.len(), "an m")?;
    require_finite(report, "the result", sweep.iter())?;
    let variance_of_one = theory(a.matrix(), Probe::Rademacher);
    for (&m, &got) in ms.iter().zip(&sweep) {
        let expected = variance_of_one / m as f64;
        // 600 trials: one standard deviation of the sample variance is at most 9 % here, and five are allowed.
        report.expect(
            (got / expected - 1.0).abs() < 0.45,
            &format!("600 trials at m = {m} give 2 (||A||_F^2 - ||diag A||^2) / m"),
            || {
                format!(
                    "expected about {}, got {}. The order of the results is that of ms",
                    number(expected),
                    number(got)
                )
            },
        );
    }
    let gaussian = report.call(|| student(&a, &[m], Probe::Gaussian, n_trials, 3))?;
    require_vector(report, "the result", &gaussian, 1, "an m")?;
    report.expect(!a.take().iter().all(all_signs), "the argument probe decides the distribution", || {
        "Probe::Gaussian gave vectors of signs: pass `probe` on".to_owned()
    });
    Ok(())
}

/// With one `m`, the trials' estimates can be rebuilt from the probes, and the variance is known exactly.
fn expect_variance(report: &mut Report, a: &Recording, probes: &[Array1<f64>], m: usize, got: f64) {
    let forms: Array1<f64> = probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect();
    let n_trials = forms.len() / m;
    let estimates: Array1<f64> = forms.axis_chunks_iter(Axis(0), m).map(mean).collect();
    let expected = variance(estimates.view());
    report.expect(close(got, expected, 1e-8), "the sample variance of the trials' estimates", || {
        let trials = n_trials as f64;
        let cause = if close(got, expected * (trials - 1.0) / trials, 1e-8) {
            "Divided by n_trials: the mean is estimated too, so divide by n_trials - 1."
        } else if close(got, expected.sqrt(), 1e-8) {
            "This is the standard deviation: do not take the root."
        } else if close(got, expected / trials, 1e-8) {
            "This is the squared standard error of the mean over trials: do not divide by n_trials again."
        } else if close(got, variance(forms.view()), 1e-8) || close(got, variance(forms.slice(ndarray::s![..m])), 1e-8)
        {
            "This is the variance of single samples: take the variance of the trials' means."
        } else if got.abs() < 1e-12 {
            "All trials gave the same estimate: give each a seed of its own."
        } else {
            "For each trial one estimate, then the variance of these."
        };
        format!("expected {}, got {}. {cause}", number(expected), number(got))
    });
}
