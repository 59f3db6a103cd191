use ndarray::{Array1, Array2, Axis, s};

use super::{LENGTH, is_sign_vector, largest_of, theory};
use crate::claim::expected_and_got;
use crate::claim::number;
use crate::compare::{NEARLY, agree, require_vector};
use crate::probes::{count_distinct, expect_fair_signs, expect_standard_normal};
use crate::recording::Recording;
use crate::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{frobenius_squared, linspace, mean, median, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric};

type VarianceSweep = fn(&dyn SymmetricOperator, &[usize], Probe, usize, u64) -> Array1<f64>;

/// Checks exercise 3/1.2: the sample variance of independent estimates, exactly for a few trials, other scales, the seeds, and its fall
/// with `m`.
pub fn variance_sweep(student: VarianceSweep) -> Card {
    report("3/1.2", |report| {
        one_m(student, report)?;
        few_trials(student, report)?;
        seeds(student, report)?;
        scales(student, report)?;
        several_m(student, report)?;
        fall_with_m(student, report)?;
        distribution(student, report)
    })
}

fn quadratic_forms(a: &Recording, probes: &[Array1<f64>]) -> Array1<f64> {
    probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect()
}

fn expect_matvecs(report: &mut Report, got: usize, m: usize, n_trials: usize, what: &str) -> Outcome {
    report.insist(got == m * n_trials, what, || {
        let cause = if got == m {
            " A single estimate has no sample variance; run n_trials of them."
        } else if got == m * (n_trials - 1) {
            " One trial is missing; loop over 0..n_trials."
        } else if got == m * (n_trials + 1) {
            " There is one trial too many; loop over 0..n_trials."
        } else if got == 0 {
            " The operator was never applied: a variance that follows from a formula is not measured."
        } else if got == LENGTH {
            " This is the size of the matrix: the variance is to be measured, not computed from the matrix."
        } else {
            ""
        };
        format!("expected {m} x {n_trials} = {} matvecs, got {got}.{cause}", m * n_trials)
    })
}

fn one_m(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(LENGTH, 1));
    let (m, n_trials) = (5, 8);
    let got = report.call(|| student(&a, &[m], Probe::Rademacher, n_trials, 3))?;
    let probes = a.take();
    require_vector(report, "the result", &got, 1, "per m")?;
    let what = "it makes n_trials estimates with m probes each";
    expect_matvecs(report, probes.len(), m, n_trials, what)?;
    report.expect(true, what, String::new);
    report.require(probes.iter().all(is_sign_vector), "Rademacher probes reach the operator", || {
        "some are not of +1 and -1; pass `probe` on, and see whether `hutchinson_trace` passes its own check".to_owned()
    })?;
    expect_own_probes(report, &probes, m)?;
    expect_variance(report, &quadratic_forms(&a, &probes), m, got[0])
}

/// In the order in which they reached the operator, which need not be that of the trials.
fn expect_own_probes(report: &mut Report, probes: &[Array1<f64>], m: usize) -> Outcome {
    let (distinct, n_trials) = (count_distinct(probes), probes.len() / m);
    report.require(distinct == probes.len(), "every trial has its own probes", || {
        let within = probes.chunks(m).all(|trial| count_distinct(trial) == m);
        let cause = if distinct == m && within {
            "All trials share one seed; take different ones from `seeds(seed)`."
        } else if !within && probes.chunks(m).all(|trial| count_distinct(trial) == 1) {
            "Within a trial all the probes are the same: they come from `hutchinson_trace`, so see whether it passes its own check, 3/1.1."
        } else if within && distinct > m && distinct <= m + n_trials {
            "Neighbouring trials share all probes but one: their seeds count up, and so do those of the probes in `hutchinson_trace` (see its check, 3/1.1). Take the trials' seeds from `seeds(seed)`, and create one generator for all probes of an estimate."
        } else if within {
            "Some trials share a seed."
        } else {
            "Probes repeat within a trial; see first whether `hutchinson_trace` passes its own check, 3/1.1."
        };
        format!("expected {} different probes, got {distinct}. {cause}", probes.len())
    })
}

/// The estimates of the trials, if their probes came one trial after the other, or in turn.
fn usual_orders(forms: &Array1<f64>, m: usize) -> [Array1<f64>; 2] {
    let n_trials = forms.len() / m;
    let consecutive = forms.axis_chunks_iter(Axis(0), m).map(|run| mean(&run)).collect();
    let in_turn = (0..n_trials).map(|r| mean(&forms.slice(s![r..;n_trials]))).collect();
    [consecutive, in_turn]
}

/// With one `m`, the trials' estimates can be rebuilt from the probes, and the variance is known exactly. Where the usual orders do not
/// explain the result, a few trials decide, in every possible order.
fn expect_variance(report: &mut Report, forms: &Array1<f64>, m: usize, got: f64) -> Outcome {
    let what = "the sample variance of the trials' estimates";
    let orders = usual_orders(forms, m);
    let expected = variance(&orders[0]);
    if orders.iter().any(|estimates| agree(got, variance(estimates), expected, 1e-8)) {
        report.expect(true, what, String::new);
        return Ok(());
    }
    let suspects = orders.iter().flat_map(|estimates| suspects(forms, estimates, m)).collect::<Vec<_>>();
    let suspect = suspects.iter().find(|(suspect, _)| agree(got, *suspect, suspect.abs().max(1e-9 * expected), 1e-8));
    let Some((_, cause)) = suspect else { return Ok(()) };
    report.require(false, what, || format!("{}. {cause}", expected_and_got(expected, got)))
}

fn suspects(forms: &Array1<f64>, estimates: &Array1<f64>, m: usize) -> Vec<(f64, &'static str)> {
    let (right, of, trials) = (variance(estimates), m as f64, estimates.len() as f64);
    let squares = right * (trials - 1.0);
    let about = |center: f64| estimates.iter().map(|t| (t - center).powi(2)).sum::<f64>();
    let steps: f64 = estimates.windows(2).into_iter().map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    let within: f64 = mean(&forms.axis_chunks_iter(Axis(0), m).map(|run| variance(&run)).collect::<Array1<f64>>());
    const DEVIATION: &str = "This is the standard deviation; do not take the square root.";
    const SINGLE: &str = "This is the variance of single samples; take the variance of the trials' means.";
    const LAW: &str = "This is the variance of single samples, divided by m: it takes for granted the law that the experiment is meant to show. Take the sample variance of the trials' means.";
    const FIRST: &str = "The deviations are from the first trial; take them from the mean of all trials.";
    vec![
        (squares / trials, "You divided by n_trials; the mean is estimated too, so divide by n_trials - 1."),
        (squares / (trials + 1.0), "You divided by n_trials + 1; divide by n_trials - 1."),
        (squares / (trials - 2.0), "You divided by n_trials - 2; divide by n_trials - 1."),
        (right.sqrt(), DEVIATION),
        ((squares / trials).sqrt(), DEVIATION),
        (
            right / trials,
            "This is the squared standard error of the mean over trials; do not divide by n_trials again.",
        ),
        (
            (right / trials).sqrt(),
            "This is the standard error of the mean over trials; return the variance of one trial.",
        ),
        (squares, "This is the sum of squares; divide by n_trials - 1."),
        (right / of, "It is m times too small; the estimates are already means."),
        (right * of, "It is m times too large; return the variance of the estimates itself."),
        (
            right * of * of,
            "This is the variance of the sums over the probes; take that of the means (if `hutchinson_trace` returns a sum, its own check, 3/1.1, says so).",
        ),
        (
            right * (of / (of - 1.0)).powi(2),
            "The estimates are sums divided by m - 1; see whether `hutchinson_trace` passes its own check, 3/1.1.",
        ),
        (
            right / (of * of),
            "The estimates are divided by m twice; see whether `hutchinson_trace` passes its own check, 3/1.1.",
        ),
        (mean(&estimates.mapv(|t| t * t)), "This is the mean square; subtract the mean of the trials."),
        (estimates.dot(estimates) / (trials - 1.0), "This is the mean square; subtract the mean of the trials."),
        (mean(estimates), "This is the mean of the trials; return their variance."),
        (about(estimates[0]) / (trials - 1.0), FIRST),
        (about(estimates[0]) / trials, FIRST),
        (
            about(median(estimates)) / (trials - 1.0),
            "The deviations are from the median; take them from the mean of all trials.",
        ),
        (
            steps / (2.0 * (trials - 1.0)),
            "These are differences between successive trials; take the deviations from the mean of all trials.",
        ),
        (
            steps / (trials - 1.0),
            "These are differences between successive trials; take the deviations from the mean of all trials.",
        ),
        (variance(&estimates.slice(s![..estimates.len() - 1])), "The last trial is left out."),
        (variance(&estimates.slice(s![1..])), "The first trial is left out."),
        (variance(forms), SINGLE),
        (variance(&forms.slice(s![..m])), SINGLE),
        (within, SINGLE),
        (variance(forms) / of, LAW),
        (variance(forms) * (forms.len() as f64 - 1.0) / (forms.len() * m) as f64, LAW),
        (variance(&forms.slice(s![..m])) / of, LAW),
        (within / of, LAW),
        (0.0, "All trials gave the same estimate; give each its own seed."),
    ]
}

/// Every way to deal `forms` to trials of `m` each.
fn deals(forms: &[f64], m: usize) -> Vec<Vec<f64>> {
    let Some((&first, rest)) = forms.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for chosen in (0_u32..1 << rest.len()).filter(|chosen| chosen.count_ones() as usize == m - 1) {
        let (with, without): (Vec<_>, Vec<_>) = rest.iter().enumerate().partition(|(i, _)| chosen >> i & 1 == 1);
        let estimate = (first + with.iter().map(|(_, form)| **form).sum::<f64>()) / m as f64;
        let others: Vec<f64> = without.into_iter().map(|(_, form)| *form).collect();
        all.extend(deals(&others, m).into_iter().map(|mut deal| {
            deal.push(estimate);
            deal
        }));
    }
    all
}

/// A few trials: the result must be the sample variance of some deal of the probes.
fn few_trials(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(LENGTH, 2));
    let what = "it is exact for two and for three trials";
    for (m, n_trials, seed) in [(3, 2, 0), (2, 3, 12), (4, 2, 1)] {
        expect_exact(student, report, &a, (m, n_trials, seed), 1e-8, what, None)?;
    }
    report.expect(true, what, String::new);
    Ok(())
}

fn expect_exact(
    student: VarianceSweep,
    report: &mut Report,
    a: &Recording,
    (m, n_trials, seed): (usize, usize, u64),
    tolerance: f64,
    what: &str,
    only_here: Option<&str>,
) -> Outcome {
    let got = report.call(|| student(a, &[m], Probe::Rademacher, n_trials, seed))?;
    let probes = a.take();
    require_vector(report, "the result", &got, 1, "per m")?;
    expect_matvecs(report, probes.len(), m, n_trials, what)?;
    report.insist(count_distinct(&probes) == probes.len(), what, || {
        format!("with seed {seed}, probes repeat. Trials need seeds of their own, and with seed 0 a product such as `seed * r` is 0 for all; otherwise see whether `hutchinson_trace` passes its own check, 3/1.1")
    })?;
    let forms = quadratic_forms(a, &probes);
    let expected = variance(&usual_orders(&forms, m)[0]);
    let right = deals(&forms.to_vec(), m).into_iter().any(|deal| {
        let variance = variance(&Array1::from(deal));
        agree(got[0], variance, variance, tolerance)
    });
    report.insist(right, what, || {
        let law = agree(got[0], variance(&forms) / m as f64, expected, 1e-6);
        let cause = match only_here {
            Some(cause) => cause,
            None if law => "This is the variance of all the samples, divided by m: it takes for granted the law that the experiment is meant to show.",
            None if agree(got[0], expected, expected, 1e-4) => NEARLY,
            None => "Take the mean of each trial's m samples, and then the variance of these n_trials means, divided by n_trials - 1.",
        };
        format!("for m = {m} and n_trials = {n_trials}, {}. {cause}", expected_and_got(expected, got[0]))
    })
}

fn seeds(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    let bits_of = |report: &mut Report, seed| -> Result<Vec<Vec<u64>>, _> {
        report.call(|| student(&a, &[4], Probe::Rademacher, 5, seed))?;
        let mut bits: Vec<Vec<u64>> = a.take().into_iter().map(|z| z.mapv(f64::to_bits).to_vec()).collect();
        bits.sort_unstable();
        Ok(bits)
    };
    let (first, again, other) = (bits_of(report, 3)?, bits_of(report, 3)?, bits_of(report, 3000)?);
    report.require(first == again, "the same seed gives the same probes", || {
        "two calls with seed 3 gave different vectors; derive every seed from the `seed` argument".to_owned()
    })?;
    report.require(!other.iter().any(|z| first.contains(z)), "another seed gives other probes", || {
        if other == first {
            "seeds 3 and 3000 gave the same vectors; derive the seeds from the `seed` argument".to_owned()
        } else {
            "seeds 3 and 3000 have probes in common; take the trials' seeds from `seeds(seed)`".to_owned()
        }
    })
}

/// The variance is quadratic in A, is zero for the identity, and does not change with a multiple of it.
fn scales(student: VarianceSweep, report: &mut Report) -> Outcome {
    let matrix = random_symmetric(40, 2);
    for scale in [1e-8, 1e8] {
        let a = Recording::new(&matrix * scale);
        let what = format!("it is right for {scale:e} A too");
        let cause = "Does your code compare with a fixed number, or round?";
        expect_exact(student, report, &a, (2, 3, 8), 1e-8, &what, Some(cause))?;
    }
    let a = Recording::new(matrix + Array2::<f64>::eye(40) * 1e6);
    let cancellation = "The mean of the squares less the square of the mean cancels where the mean is large; sum the squares of the deviations from the mean, or use `variance(&x)`.";
    expect_exact(student, report, &a, (2, 3, 8), 1e-5, "it is right for A + 1e6 I too", Some(cancellation))?;
    let got = report.call(|| student(&Recording::new(Array2::eye(40)), &[3], Probe::Rademacher, 4, 8))?;
    require_vector(report, "the result", &got, 1, "per m")?;
    report.require(got[0].abs() < 1e-20, "it is right for 1e-8 A, 1e8 A, A + 1e6 I, and 0 for the identity", || {
        format!("for the identity every estimate is 40, so the variance is 0; got {}", number(got[0]))
    })
}

fn several_m(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(LENGTH, 1));
    let ms = [5, 7, 5];
    let got = report.call(|| student(&a, &ms, Probe::Rademacher, 4, 7))?;
    let probes = a.take();
    require_vector(report, "the result", &got, ms.len(), "per m")?;
    let total = 4 * ms.iter().sum::<usize>();
    report.require(probes.len() == total, "every m has its own trials", || {
        format!("for ms = {ms:?} and 4 trials, expected {total} matvecs, got {}", probes.len())
    })?;
    let distinct = count_distinct(&probes);
    report.require(distinct == total, "every m has its own probes", || {
        format!("ms = {ms:?} took {total} probes, and only {distinct} of them are different; the seeds start again for every m, so its estimates depend on those for the previous m. Create `seeds(seed)` once, before the loop over m")
    })
}

fn fall_with_m(student: VarianceSweep, report: &mut Report) -> Outcome {
    // With this diagonal signs, normal numbers and probes on a sphere have three different variances.
    let a = random_symmetric(16, 1) + Array2::from_diag(&linspace(-10.0, 30.0, 16));
    let ms = [16, 64, 4];
    for (probe, name, law) in [
        (Probe::Rademacher, "sign", "2 (||A||_F^2 - ||diag A||^2) / m"),
        (Probe::Gaussian, "Gaussian", "2 ||A||_F^2 / m"),
    ] {
        let sweep = report.call(|| student(&Recording::new(a.clone()), &ms, probe, 600, 11))?;
        require_vector(report, "the result", &sweep, ms.len(), "per m")?;
        let expected: Array1<f64> = ms.iter().map(|&m| theory(&a, probe) / m as f64).collect();
        // One standard deviation of a sample variance from 600 trials is about 6 % here, and five are allowed.
        let fits = |got: f64, expected: f64| (got / expected - 1.0).abs() < 0.3;
        let wrong = (0..ms.len()).find(|&i| !fits(sweep[i], expected[i]));
        report.require(wrong.is_none(), &format!("600 trials with {name} probes give {law}"), || {
            let at = wrong.unwrap_or(0);
            let order_of = |order: [usize; 3]| (0..3).all(|i| fits(sweep[i], expected[order[i]]));
            let sphere = 2.0 * 16.0 / 18.0 * (frobenius_squared(&a) - a.diag().sum().powi(2) / 16.0) / ms[at] as f64;
            let rademacher = theory(&a, Probe::Rademacher) / ms[at] as f64;
            let cause = if order_of([2, 1, 0]) || order_of([2, 0, 1]) || order_of([1, 0, 2]) {
                ". Return the results in the order of ms"
            } else if probe == Probe::Gaussian && fits(sweep[at], rademacher) {
                ". This is the variance with sign probes; pass `probe` on"
            } else if probe == Probe::Gaussian && fits(sweep[at], sphere) {
                ". This is the variance with probes on a sphere, all of the same length; do not normalise them"
            } else if (0..3).all(|i| fits(sweep[i] / expected[i], sweep[0] / expected[0])) {
                ". It falls as 1 / m, but from another height; see first whether `hutchinson_trace` passes its own check, 3/1.1"
            } else {
                ". It does not fall as 1 / m: are all m probes of an estimate new draws?"
            };
            format!("at m = {}, expected about {}, got {}{cause}", ms[at], number(expected[at]), number(sweep[at]))
        })?;
    }
    Ok(())
}

fn distribution(student: VarianceSweep, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    report.call(|| student(&a, &[5], Probe::Gaussian, 40, 21))?;
    let probes = a.take();
    report.require(!probes.iter().any(is_sign_vector), "the `probe` argument determines the distribution", || {
        "Probe::Gaussian gave sign vectors; pass `probe` on".to_owned()
    })?;
    report.call(|| student(&a, &[5], Probe::Rademacher, 40, 22))?;
    let signs = a.take();
    if probes.len() != 200 || signs.len() != 200 || largest_of(&signs.iter().map(|z| z[0]).collect()) != 1.0 {
        return report.require(false, "it makes n_trials estimates with m probes each", || {
            "expected 5 x 40 = 200 matvecs, each with a probe".to_owned()
        });
    }
    expect_standard_normal(
        report,
        &probes,
        "the Gaussian probes of all trials, which `hutchinson_trace` draws, are independent",
    )?;
    expect_fair_signs(report, &signs, "the signs of all trials, which `hutchinson_trace` draws, are independent")
}
