//! Exercise 4/3.2: Hutchinson's estimate with a stopping rule.

use ndarray::{Array1, Array2};

use super::claim::number;
use super::compare::{agree, require_vector};
use super::probes::{
    Call, LENGTH, SEEDS, count_distinct, expect_apart, expect_fair_signs, expect_fresh, is_sign_vector,
};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use super::trace::{expect_mean, expect_samples, theory};
use course_protocol::card::Card;
use estimators::TraceEstimate;
use matrix_free::linalg::{mean, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric};

mod rules;

use rules::{BATCH, Run, judge_limits, judge_rules};

type TraceToTolerance = fn(&dyn SymmetricOperator, f64, usize, u64) -> TraceEstimate;
type Student<'a> = &'a dyn Fn(&dyn SymmetricOperator, f64, usize, u64) -> TraceEstimate;

/// More probes than any run takes that reaches its tolerance.
const MOST: usize = 1200;

/// Checks exercise 4/3.2: the samples of each run as its probes give them, and by these samples when it had to stop; other scales, the
/// seeds, and the distribution of the probes.
pub fn trace_to_tolerance(student: TraceToTolerance) -> Card {
    report("4/3.2", |report| {
        let a = Recording::new(matrix());
        let tolerances = tolerance_runs(&student, report, &a)?;
        report.expect(true, "sign probes, each a new draw and with one sample, z^T A z", String::new);
        judge_rules(report, &tolerances)?;
        let limits = limit_runs(&student, report, &a)?;
        for run in tolerances.iter().chain(&limits) {
            expect_mean_of_all(report, run)?;
        }
        scales(student, report)?;
        seeds(student, report)?;
        draws(student, report)
    })
}

/// The samples have a standard deviation of about 2.6 and a mean near 0.6.
fn matrix() -> Array2<f64> {
    let a = random_symmetric(LENGTH, 1) / 100.0;
    let shift = (0.6 - a.diag().sum()) / LENGTH as f64;
    a + Array2::<f64>::eye(LENGTH) * shift
}

/// The tolerance that takes about this many probes.
fn tolerance_for(a: &Array2<f64>, probes: f64) -> f64 {
    (theory(a, Probe::Rademacher) / probes).sqrt()
}

/// Runs the student's function and rebuilds its samples from the vectors that reached the operator.
fn run(student: Student, report: &mut Report, a: &Recording, limits: (f64, usize), seed: u64) -> Result<Run, End> {
    let (tolerance, max_probes) = limits;
    let estimate = report.call(|| student(a, tolerance, max_probes, seed))?;
    let probes = a.take();
    let what = "sign probes, each a new draw and with one sample, z^T A z";
    report.insist(!probes.is_empty(), what, || {
        "the operator was never applied; use `a.apply(&z)` for the product".to_owned()
    })?;
    expect_signs(report, &probes, what)?;
    expect_new(report, &probes, estimate.samples.len(), seed, what)?;
    let (m, got) = (probes.len(), estimate.samples.len());
    report.insist(got == m, what, || {
        let cause = if m > BATCH && got == (m - 1) % BATCH + 1 {
            "Are these the samples of the last batch alone? Keep those of all batches"
        } else {
            "Keep z^T A z of every probe, in one vector for all batches"
        };
        format!("{m} probes reached the operator, and `samples` holds {got}. {cause}")
    })?;
    require_vector(report, "samples", &estimate.samples, m, "per probe")?;
    expect_samples(report, a, &probes, &estimate.samples)?;
    let samples = probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect();
    Ok(Run { tolerance, max_probes, samples, estimate, probes })
}

fn expect_signs(report: &mut Report, probes: &[Array1<f64>], what: &str) -> Outcome {
    report.insist(probes.iter().all(is_sign_vector), what, || {
        let odd = probes.iter().flatten().find(|entry| entry.abs() != 1.0).copied().unwrap_or(f64::NAN);
        let largest = probes.iter().flatten().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        let same_size = probes.iter().flatten().all(|x| (x.abs() - largest).abs() < 1e-12);
        let cause = if probes.iter().flatten().all(|&x| x == 0.0 || x == 1.0) {
            "Entries 0 and 1 do not satisfy E[z z^T] = I"
        } else if same_size {
            "These are signs, but scaled; do not normalise the probe"
        } else if largest > 1.8 {
            "These look like normal numbers, whose samples vary more; draw with `Probe::Rademacher`"
        } else {
            "Draw with `Probe::Rademacher`, and do not change the probes"
        };
        format!("got an entry {}. {cause}", number(odd))
    })
}

/// Expects no probe twice; that of batches has causes of its own.
fn expect_new(report: &mut Report, probes: &[Array1<f64>], kept: usize, seed: u64, what: &str) -> Outcome {
    let (m, distinct) = (probes.len(), count_distinct(probes));
    if m > BATCH && distinct < m {
        let again = distinct > 1 && (BATCH..m).all(|i| probes[i] == probes[i - BATCH]);
        let cause = if again && distinct <= BATCH {
            "Each batch repeats the first: the generator starts again from the same seed. Create it once, before the loop"
        } else if distinct == kept {
            "The same probes go through the operator again at each look. Keep the samples, and add ten more"
        } else {
            ""
        };
        report.insist(cause.is_empty(), what, || {
            format!("with seed {seed}, expected {m} different vectors, got {distinct}. {cause}")
        })?;
    }
    expect_fresh(report, &Call { seed, probes: probes.to_vec() }, what)
}

/// Runs that reach their tolerance: at once, after about 35, 60 and 900 probes, and two that end beside the first look. No wrong rule of
/// the list takes the right numbers of probes in all of them.
fn tolerance_runs(student: Student, report: &mut Report, a: &Recording) -> Result<Vec<Run>, End> {
    let mut runs = Vec::new();
    for (tolerance, seed) in [
        (10.0, 3),
        (4.0, 3),
        (tolerance_for(a.matrix(), 60.0), 3),
        (tolerance_for(a.matrix(), 35.0), 7),
        (tolerance_for(a.matrix(), 900.0), 1012),
        (tolerance_for(a.matrix(), 900.0), 8),
        (tolerance_for(a.matrix(), 900.0), 29),
    ] {
        runs.push(run(student, report, a, (tolerance, MOST), seed)?);
    }
    // A little above and below the standard error after 20 probes: a variance divided by m instead of m - 1 shows.
    if let Some(error) = runs[2].error_after(2 * BATCH) {
        for factor in [0.99, 1.01] {
            runs.push(run(student, report, a, (factor * error, MOST), 3)?);
        }
    }
    Ok(runs)
}

/// Runs that `max_probes` ends, far from a tolerance that takes about 400.
fn limit_runs(student: Student, report: &mut Report, a: &Recording) -> Result<Vec<Run>, End> {
    let (mut runs, mut end) = (Vec::new(), None);
    for max_probes in [55, 60, 25, 20, 7, 2] {
        match run(student, report, a, (tolerance_for(a.matrix(), 400.0), max_probes), 5) {
            Ok(run) => runs.push(run),
            Err(stopped) => {
                end = Some((stopped, max_probes));
                break;
            }
        }
    }
    judge_limits(report, &runs, end.as_ref().map(|(_, max_probes)| *max_probes))?;
    end.map_or(Ok(runs), |(stopped, _)| Err(stopped))
}

fn expect_mean_of_all(report: &mut Report, run: &Run) -> Outcome {
    let (what, samples) = ("the estimate is the mean of all the samples", &run.estimate.samples);
    let batches: Vec<f64> =
        samples.to_vec().chunks(BATCH).map(|batch| batch.iter().sum::<f64>() / batch.len() as f64).collect();
    let suspects = [
        (
            mean(&Array1::from(batches.clone())),
            "This is the mean of the batches' means; the last batch may be smaller, so average the samples",
        ),
        (batches.last().copied().unwrap_or(f64::NAN), "This is the mean of the last batch alone"),
        (batches[0], "This is the mean of the first batch alone"),
    ];
    let (got, expected, scale) = (run.estimate.mean, mean(samples), samples.dot(samples).sqrt());
    let right = agree(got, expected, scale, 1e-10);
    if let Some((suspect, cause)) = suspects.iter().find(|(suspect, _)| !right && agree(got, *suspect, scale, 1e-10)) {
        return report
            .require(false, what, || format!("expected {}, got {}. {cause}", number(expected), number(*suspect)));
    }
    expect_mean(report, &run.estimate, what)
}

/// What scales A scales the tolerance, and a multiple of the identity changes no spread.
fn scales(student: TraceToTolerance, report: &mut Report) -> Outcome {
    let a = matrix();
    let shifted = &a + &(Array2::<f64>::eye(LENGTH) * 1e7);
    let fixed = "Does your code compare with a fixed number, or with something other than the tolerance?";
    for (name, matrix, scale, cause) in [
        ("1e-8 A", &a * 1e-8, 1e-8, fixed),
        ("1e8 A", &a * 1e8, 1e8, fixed),
        ("-A", -&a, 1.0, fixed),
        (
            "A + 1e7 I",
            shifted,
            1.0,
            "The mean of the squares less the square of the mean cancels where the mean is large; use `TraceEstimate::standard_error`, which takes the deviations from the mean",
        ),
    ] {
        let tolerance = scale * tolerance_for(&a, 60.0);
        let run = run(&student, report, &Recording::new(matrix), (tolerance, MOST), 11)?;
        let what = format!("it stops as it should for {name} too");
        report.insist(run.is_right(), &what, || format!("{}. {cause}", run.difference()))?;
        expect_mean_of_all(report, &run)?;
    }
    report.expect(true, "it is right for 1e-8 A, 1e8 A, -A and A + 1e7 I too", String::new);
    Ok(())
}

/// The identity has samples without spread, so each call takes 20 probes, which no other call may share.
fn seeds(student: TraceToTolerance, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    let mut calls = Vec::new();
    for seed in SEEDS.into_iter().chain([SEEDS[0]]) {
        let run = run(&student, report, &a, (1e-3, 50), seed)?;
        report
            .insist(run.is_right(), "for the identity, without any spread, it takes 20 probes", || run.difference())?;
        calls.push(Call { seed, probes: run.probes });
    }
    let again = calls.pop().map(|call| call.probes);
    report.require(again.as_ref() == Some(&calls[0].probes), "the same seed gives the same probes", || {
        "two calls with seed 3 gave different vectors; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    })?;
    let batches: Vec<(u64, usize, &[Array1<f64>])> = calls
        .iter()
        .flat_map(|call| call.probes.chunks(BATCH).enumerate().map(|(number, batch)| (call.seed, number, batch)))
        .collect();
    let moved = batches.iter().enumerate().find_map(|(i, one)| {
        batches[..i]
            .iter()
            .find(|other| one.0 != other.0 && one.1 != other.1 && one.2 == other.2)
            .map(|other| (one, other))
    });
    report.insist(moved.is_none(), "another seed gives other probes", || {
        let Some((one, other)) = moved else { return String::new() };
        format!("batch {} of seed {} is batch {} of seed {}. A generator for every batch, with a seed such as `seed + batch`, meets that of another call; create one with `rng(seed)`, before the loop", one.1, one.0, other.1, other.0)
    })?;
    expect_apart(report, &calls)?;
    report.expect(true, "another seed gives other probes", String::new);
    Ok(())
}

/// The distribution of a few hundred probes; and the trace, by z-score at a known variance.
fn draws(student: TraceToTolerance, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH) + random_symmetric(LENGTH, 4));
    for seed in [5, 1012] {
        let run = run(&student, report, &a, (1e-3, 200), seed)?;
        expect_fair_signs(report, &run.probes, &format!("with seed {seed}, the signs are independent and fair"))?;
    }
    let (a, m) = (random_symmetric(16, 2), 4000);
    let estimate = report.call(|| student(&Recording::new(a.clone()), 1e-6, m, 5))?;
    let (trace, variance_of_one) = (a.diag().sum(), theory(&a, Probe::Rademacher));
    let z = (estimate.mean - trace) / (variance_of_one / m as f64).sqrt();
    report.require(z.abs() < 5.0, "4,000 probes estimate the trace to within 5 standard errors", || {
        format!("expected {}, got {}. Do the probes satisfy E[z z^T] = I?", number(trace), number(estimate.mean))
    })?;
    // The relative standard deviation of this variance is about 4 %.
    let ratio = variance(&estimate.samples) / variance_of_one;
    report.require((ratio - 1.0).abs() < 0.25, "and their variance agrees with theory", || {
        format!("it is {} times the theoretical value. Are the entries of a probe independent?", number(ratio))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::rules::{RIGHT, RULES, causes};
    use super::*;
    use estimators::hutchinson_trace;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_rules_can_be_told_apart() {
        let a = Recording::new(matrix());
        let of_seed = |seed| (seed, hutchinson_trace(&a, MOST, Probe::Rademacher, seed).samples);
        let streams: BTreeMap<u64, Array1<f64>> = [3, 7, 8, 29, 1012].map(of_seed).into();
        a.take();
        for rule in RULES.iter().chain([&RIGHT]) {
            // Follows the rule with the samples of the course's probes.
            let student = |a: &dyn SymmetricOperator, tolerance, max_probes, seed| {
                let m = rule.stop(&streams[&seed], tolerance, max_probes).unwrap_or(max_probes);
                hutchinson_trace(a, m, Probe::Rademacher, seed)
            };
            let mut explained = Vec::new();
            report("4/3.2", |report| {
                let runs = tolerance_runs(&student, report, &a)?;
                assert_eq!(runs.iter().all(Run::is_right), rule.cause.is_empty(), "{}", rule.cause);
                explained = causes(&runs);
                Ok(())
            });
            let expected = if rule.cause.is_empty() { Vec::new() } else { vec![rule.cause] };
            assert_eq!(explained, expected);
        }
    }
}
