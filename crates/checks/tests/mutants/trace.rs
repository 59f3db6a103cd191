use matrix_free::linalg::{mean, variance};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, ArrayRef1, Axis};
use spectral_course::check;
use spectral_course::solutions::{self, TraceEstimate};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed, zero_one};

// 3/1.1 Hutchinson

/// Hutchinson with the parts that a student gets wrong: the probes and the mean.
fn hutchinson(
    a: Operator,
    m: usize,
    mut draw: impl FnMut(usize) -> Array1<f64>,
    mean: fn(&Array1<f64>) -> f64,
) -> TraceEstimate {
    let samples: Array1<f64> = (0..m)
        .map(|i| {
            let z = draw(i);
            z.dot(&a.apply(&z))
        })
        .collect();
    TraceEstimate { mean: mean(&samples), samples }
}

fn plain_mean(samples: &Array1<f64>) -> f64 {
    mean(samples)
}

fn wrong_hutchinson() -> Vec<Wrong> {
    type Student = fn(Operator, usize, Probe, u64) -> TraceEstimate;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Entries 0 and 1 do not satisfy E[z z^T] = I"), |a, m, _, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| zero_one(a.dim(), &mut rng), plain_mean)
        }),
        (Cause("Did you divide by m twice"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| plain_mean(samples) / samples.len() as f64)
        }),
        (Cause("this is the sum"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum())
        }),
        (Cause("You divided by m - 1"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum() / (samples.len() - 1) as f64)
        }),
        (Cause("Draw inside the loop"), |a, m, probe, seed| {
            let z = probe.draw(a.dim(), &mut rng(seed));
            hutchinson(a, m, |_| z.clone(), plain_mean)
        }),
        (Cause("a generator created again from the same seed repeats itself"), |a, m, probe, seed| {
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng(seed)), plain_mean)
        }),
        (Cause("There is only one probe"), |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, 1, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: Array1::from_elem(m, estimate.mean) }
        }),
        (Cause("divide only the mean by m"), |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, m, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: estimate.samples / m as f64 }
        }),
        (Cause("create the generator from the `seed` argument"), |a, m, probe, _| {
            solutions::hutchinson_trace(a, m, probe, 0)
        }),
        (Cause("Probe::Gaussian gave sign vectors"), |a, m, _, seed| {
            solutions::hutchinson_trace(a, m, Probe::Rademacher, seed)
        }),
        (Difference("expected length 20, got 0"), |a, m, probe, seed| {
            let mean = solutions::hutchinson_trace(a, m, probe, seed).mean;
            TraceEstimate { mean, samples: Array1::zeros(0) }
        }),
        (Difference("got an entry"), |a, m, _, seed| solutions::hutchinson_trace(a, m, Probe::Gaussian, seed)),
        (Cause("entry 3 is NaN or infinite"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples[3] = f64::NAN;
            estimate
        }),
        (Cause("These are absolute values"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples.mapv_inplace(f64::abs);
            estimate
        }),
        (Difference("got 10"), |a, m, probe, seed| {
            // Antithetic pairs: z and -z give the same number twice.
            let mut rng = rng(seed);
            let mut z = probe.draw(a.dim(), &mut rng);
            let draw = |i| {
                z = if i % 2 == 0 { probe.draw(a.dim(), &mut rng) } else { -&z };
                z.clone()
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("do not normalise them"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let draw = |_| {
                let z = probe.draw(a.dim(), &mut rng);
                let scale = (a.dim() as f64 / z.dot(&z)).sqrt();
                z * scale
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("Too few"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m - 1, probe, seed);
            estimate.samples = estimate.samples.iter().copied().chain([0.0]).collect();
            estimate
        }),
        (Cause("The operator was never applied"), |_, m, _, _| TraceEstimate { mean: 0.0, samples: Array1::zeros(m) }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::hutchinson_trace(student))).collect()
}

// 3/1.2 variance

/// The sweep with the student's own trial and statistic.
fn sweep(
    ms: &[usize],
    n_trials: usize,
    trial: impl Fn(usize, u64) -> f64,
    statistic: fn(&ArrayRef1<f64>) -> f64,
) -> Array1<f64> {
    let mut count = 0..;
    ms.iter()
        .map(|&m| {
            let estimates: Array1<f64> = count.by_ref().take(n_trials).map(|r| trial(m, r)).collect();
            statistic(&estimates)
        })
        .collect()
}

fn wrong_sweep() -> Vec<Wrong> {
    type Student = fn(Operator, &[usize], Probe, usize, u64) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("All trials share one seed"), |a, ms, probe, n_trials, seed| {
            sweep(ms, n_trials, |m, _| solutions::hutchinson_trace(a, m, probe, seed).mean, variance)
        }),
        (Cause("divide by n_trials - 1"), |a, ms, probe, n_trials, seed| {
            sweep(
                ms,
                n_trials,
                |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean,
                |t| variance(t) * (t.len() - 1) as f64 / t.len() as f64,
            )
        }),
        (Cause("do not take the square root"), |a, ms, probe, n_trials, seed| {
            sweep(ms, n_trials, |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean, |t| variance(t).sqrt())
        }),
        (Cause("do not divide by n_trials again"), |a, ms, probe, n_trials, seed| {
            sweep(
                ms,
                n_trials,
                |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean,
                |t| variance(t) / t.len() as f64,
            )
        }),
        (Cause("run n_trials of them"), |a, ms, probe, _, seed| {
            ms.iter().map(|&m| variance(&solutions::hutchinson_trace(a, m, probe, seed).samples)).collect()
        }),
        (Cause("take the variance of the trials' means"), |a, ms, probe, n_trials, seed| {
            ms.iter().map(|&m| variance(&solutions::hutchinson_trace(a, m * n_trials, probe, seed).samples)).collect()
        }),
        (Cause("derive the seeds from the `seed` argument"), |a, ms, probe, n_trials, _| {
            sweep(ms, n_trials, |m, r| solutions::hutchinson_trace(a, m, probe, r).mean, variance)
        }),
        (Cause("the seeds start again for every m"), |a, ms, probe, n_trials, seed| {
            let of = |m: usize, r| solutions::hutchinson_trace(a, m, probe, seed + r as u64).mean;
            let trials = |m| -> Array1<f64> { (0..n_trials).map(|r| of(m, r)).collect() };
            ms.iter().map(|&m| variance(&trials(m))).collect()
        }),
        (Cause("pass `probe` on"), |a, ms, _, n_trials, seed| {
            solutions::variance_sweep(a, ms, Probe::Rademacher, n_trials, seed)
        }),
        (Cause("Return the results in the order of ms"), |a, ms, probe, n_trials, seed| {
            solutions::variance_sweep(a, ms, probe, n_trials, seed).iter().rev().copied().collect()
        }),
        (Difference("expected length 1, got 2"), |a, ms, probe, n_trials, seed| {
            let mut result = solutions::variance_sweep(a, ms, probe, n_trials, seed).to_vec();
            result.push(0.0);
            Array1::from(result)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::variance_sweep(student))).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_hutchinson().into_iter().chain(wrong_sweep()).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected(wrong());
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        // The products in another order, and in blocks.
        check::hutchinson_trace(|a, m, probe, seed| {
            let z = probe.draw_block(a.dim(), m, &mut rng(seed));
            let mut samples = Array1::zeros(m);
            for i in (0..m).rev() {
                samples[i] = z.column(i).dot(&a.apply(&z.column(i)));
            }
            TraceEstimate { mean: samples.sum() / m as f64, samples }
        }),
        // All the trials' probes in one block, trial r with every n_trials-th.
        check::variance_sweep(|a, ms, probe, n_trials, seed| {
            let mut rng = rng(seed);
            ms.iter()
                .map(|&m| {
                    let z = probe.draw_block(a.dim(), m * n_trials, &mut rng);
                    let forms = (&z * &a.apply_block(&z)).sum_axis(Axis(0));
                    let trial = |r: usize| mean(&forms.slice(ndarray::s![r..;n_trials]));
                    variance(&(0..n_trials).map(trial).collect::<Array1<f64>>())
                })
                .collect()
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
