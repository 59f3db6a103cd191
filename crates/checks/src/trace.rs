use ndarray::{Array1, Array2};

use super::claim::expected_and_got;
use super::claim::number;
use super::compare::{NEARLY, agree, require_vector};
use super::probes::{
    Call, LENGTH, SEEDS, count_distinct, expect_apart, expect_fair_signs, expect_fresh, expect_standard_normal,
    is_sign_vector,
};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::TraceEstimate;
use matrix_free::linalg::{frobenius_squared, mean, median, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric};

mod sweep;

pub use sweep::variance_sweep;

type Hutchinson = fn(&dyn SymmetricOperator, usize, Probe, u64) -> TraceEstimate;

/// Checks exercise 3/1.1: the probes passed to the operator, the samples and their mean, other scales and sizes, the seeds, and the
/// distribution of the probes.
pub fn hutchinson_trace(student: Hutchinson) -> Card {
    report("3/1.1", |report| {
        one_call(student, report)?;
        distributions_differ(student, report)?;
        seeds(student, report)?;
        // A mistake already reported would show up here again, as if the probes were wrong.
        if report.is_clean() {
            scales(student, report)?;
            degenerate(student, report)?;
            draws(student, report)?;
            expect_unbiased(student, report)?;
        }
        Ok(())
    })
}

fn one_call(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(LENGTH, 1));
    let m = 20;
    let estimate = report.call(|| student(&a, m, Probe::Rademacher, 3))?;
    let probes = a.take();
    expect_count(report, &probes, m)?;
    report.expect(true, "m probes cost m matvecs", String::new);
    expect_signs(report, &probes)?;
    expect_fresh(report, &Call { seed: 3, probes: probes.clone() }, "every probe is a new draw")?;
    report.expect(true, "every probe is a new draw", String::new);
    require_vector(report, "samples", &estimate.samples, m, "per probe")?;
    expect_samples(report, &a, &probes, &estimate.samples)?;
    report.expect(true, "sample i is z_i^T A z_i", String::new);
    expect_mean(report, &estimate, "the estimate is the mean of the samples")
}

fn expect_count(report: &mut Report, probes: &[Array1<f64>], m: usize) -> Outcome {
    let got = probes.len();
    report.insist(got == m, "m probes cost m matvecs", || {
        let cause = match got {
            0 => "The operator was never applied; use `a.apply(&z)` for the product.",
            1 => "There is only one probe; the product belongs inside the loop.",
            LENGTH => "This is the size of the matrix, which you do not need to form.",
            got if got == 2 * m && count_distinct(probes) == m => {
                "Each probe goes through the operator twice; keep the product in a variable."
            }
            got if got < m => "Too few; loop over 0..m.",
            _ => "Too many; use one product per probe, and loop over 0..m.",
        };
        format!("expected {m} for m = {m}, got {got}. {cause}")
    })
}

fn expect_signs(report: &mut Report, probes: &[Array1<f64>]) -> Outcome {
    report.require(probes.iter().all(is_sign_vector), "Rademacher probes have entries +1 and -1", || {
        let entries = || probes.iter().flatten().copied();
        let count = entries().count() as f64;
        let square = entries().map(|x| x * x).sum::<f64>() / count;
        let largest = entries().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        let odd = entries().find(|entry| entry.abs() != 1.0).unwrap_or(f64::NAN);
        let same_size = entries().all(|x| (x.abs() - largest).abs() < 1e-12);
        let cause = if entries().all(|entry| entry == 0.0 || entry == 1.0) {
            "Entries 0 and 1 do not satisfy E[z z^T] = I."
        } else if entries().all(|entry| entry == 0.0 || entry.abs() == 1.0) {
            "Zeros lower the variance; every entry is +1 or -1."
        } else if same_size {
            "These are signs, but scaled; do not normalise the probe."
        } else if largest <= 1.0 && (square - 1.0 / 3.0).abs() < 0.05 {
            "These look like uniform numbers from -1 to 1, whose variance is 1/3; draw with `probe.draw(a.dim(), &mut rng)`."
        } else if largest > 1.8 && (square - 1.0).abs() < 0.2 {
            "These look like normal numbers, which `Probe::Gaussian` asks for; draw with the argument, `probe.draw(a.dim(), &mut rng)`."
        } else {
            "Draw them with `probe.draw(a.dim(), &mut rng)`, and do not change them."
        };
        format!("got an entry {}. {cause}", number(odd))
    })
}

fn sorted(values: &Array1<f64>) -> Array1<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Array1::from(sorted)
}

fn largest_of(values: &Array1<f64>) -> f64 {
    values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}

/// Whether two lists hold the same numbers, in any order: the student may compute the products as they like.
fn alike(got: &Array1<f64>, expected: &Array1<f64>, tolerance: f64) -> bool {
    let scale = largest_of(expected);
    sorted(got).iter().zip(&sorted(expected)).all(|(&got, &expected)| agree(got, expected, scale, tolerance))
}

fn running(values: &Array1<f64>) -> Array1<f64> {
    let mut sum = 0.0;
    values
        .iter()
        .map(|x| {
            sum += x;
            sum
        })
        .collect()
}

pub(super) fn expect_samples(report: &mut Report, a: &Recording, probes: &[Array1<f64>], got: &Array1<f64>) -> Outcome {
    let products: Vec<Array1<f64>> = probes.iter().map(|z| a.matrix().dot(z)).collect();
    let forms: Array1<f64> = probes.iter().zip(&products).map(|(z, az)| z.dot(az)).collect();
    report.insist(alike(got, &forms, 1e-9), "sample i is z_i^T A z_i", || {
        let (m, n) = (forms.len(), a.dim() as f64);
        let counts: Array1<f64> = (1..=m).map(|i| i as f64).collect();
        let with_next: Array1<f64> = (0..m).map(|i| probes[(i + 1) % m].dot(&products[i])).collect();
        let with_first: Array1<f64> = products.iter().map(|az| probes[0].dot(az)).collect();
        let shortened = |skip: fn(usize, usize) -> std::ops::Range<usize>| -> Array1<f64> {
            let used = skip(0, a.dim());
            probes.iter().zip(&products).map(|(z, az)| used.clone().map(|i| z[i] * az[i]).sum()).collect()
        };
        let suspects: Vec<(Array1<f64>, f64, &str)> = vec![
            (&forms / m as f64, 1e-9, "They are m times too small; divide only the mean by m, not the samples."),
            (
                &forms * m as f64,
                1e-9,
                "They are m times too large; a sample is z^T A z of one probe, without a factor.",
            ),
            (forms.mapv(f64::abs), 1e-9, "These are absolute values; a sample can be negative."),
            (&forms / n, 1e-9, "They are n times too small; do not normalise the probe."),
            (
                &forms * n,
                1e-9,
                "They are n times too large for the vectors that reached the operator; do not normalise the probe.",
            ),
            (-&forms, 1e-9, "They have the wrong sign."),
            (&forms / 2.0, 1e-9, "They are half of it; there is no factor 1/2 in z^T A z."),
            (&forms * 2.0, 1e-9, "They are twice as large; there is no factor 2 in z^T A z."),
            (forms.mapv(|form| form * form), 1e-9, "These are the squares of the samples."),
            (running(&forms), 1e-9, "These are running sums; keep z^T A z of each probe by itself."),
            (running(&forms) / &counts, 1e-9, "These are running means; keep z^T A z of each probe by itself."),
            (Array1::from_elem(m, mean(&forms)), 1e-9, "Each is the mean; keep z^T A z of each probe by itself."),
            (
                products.iter().map(|az| az.dot(az)).collect(),
                1e-9,
                "This is |A z|^2, which estimates ||A||_F^2; multiply A z by z.",
            ),
            (
                products.iter().map(|az| az.sum()).collect(),
                1e-9,
                "This is the sum of the entries of A z; multiply A z by z.",
            ),
            (
                products.iter().map(|az| az.dot(az).sqrt()).collect(),
                1e-9,
                "This is the length of A z; multiply A z by z.",
            ),
            (
                probes.iter().map(|z| z.dot(z)).collect(),
                1e-9,
                "This is z^T z, without A; multiply z by the product A z.",
            ),
            (with_next, 1e-9, "Two different probes stand left and right of A; both must be the same z."),
            (with_first, 1e-9, "The first probe stands left of A every time; both must be the same z."),
            (shortened(|start, end| start..end - 1), 1e-9, "The last entry of z is left out of the sum."),
            (shortened(|start, end| start + 1..end), 1e-9, "The first entry of z is left out of the sum."),
            (forms.mapv(f64::round), 1e-12, "They are rounded to integers."),
            (forms.mapv(f64::trunc), 1e-12, "They are cut to integers."),
            (forms.clone(), 1e-5, "They agree to single precision only; compute in f64 throughout."),
        ];
        let cause = suspects.iter().find(|(suspect, tolerance, _)| alike(got, suspect, *tolerance));
        let cause = cause
            .map_or("Compare with `z.dot(&a.apply(&z))`, the same z on both sides, for one probe.", |(_, _, cause)| {
                cause
            });
        let (got, forms) = (sorted(got), sorted(&forms));
        let off = |i: usize| (got[i] - forms[i]).abs();
        let worst = (0..m).max_by(|&i, &j| off(i).total_cmp(&off(j))).unwrap_or(0);
        format!("in ascending order, {} at position {worst}. {cause}", expected_and_got(forms[worst], got[worst]))
    })
}

pub(super) fn expect_mean(report: &mut Report, estimate: &TraceEstimate, what: &str) -> Outcome {
    let (samples, got) = (&estimate.samples, estimate.mean);
    let (expected, scale) = (mean(samples), largest_of(samples));
    report.require(agree(got, expected, scale, 1e-10), what, || {
        let m = samples.len();
        let (of, sum) = (m as f64, samples.sum());
        let part = |from: usize, to: usize| samples.slice(ndarray::s![from..to]).sum();
        let suspects = [
            (expected / of, "It is m times too small. Did you divide by m twice?"),
            (sum, "It is m times too large; this is the sum, so divide it by m."),
            (sum / (of - 1.0), "You divided by m - 1, as for a variance; for a mean, divide by m."),
            (sum / (of + 1.0), "You divided by m + 1; divide by m."),
            (part(0, m - 1) / of, "The last sample is left out of the sum."),
            (part(0, m - 1) / (of - 1.0), "The last sample is left out."),
            (part(1, m) / of, "The first sample is left out of the sum."),
            (part(1, m) / (of - 1.0), "The first sample is left out."),
            (median(samples), "This is the median, which is not unbiased; take the mean."),
            (samples.mapv(f64::abs).sum() / of, "This is the mean of the absolute values; a sample can be negative."),
            (expected.abs(), "This is the absolute value; a trace can be negative."),
            (expected.max(0.0), "Negative estimates are cut off at 0; a trace can be negative."),
            ((samples.dot(samples) / of).sqrt(), "This is the root of the mean square; take the mean."),
            (variance(samples), "This is the variance of the samples; take the mean."),
            (samples[m - 1], "This is the last sample alone; average them all."),
            (samples[0], "This is the first sample alone; average them all."),
            (expected.trunc(), "It is cut to an integer."),
            (expected.round(), "It is rounded to an integer."),
        ];
        let cause = suspects.iter().find(|(suspect, _)| got.is_finite() && agree(got, *suspect, scale, 1e-10));
        let cause = cause.map_or_else(
            || if agree(got, expected, scale, 1e-5) { NEARLY } else { "Average the samples; divide their sum by m" },
            |(_, cause)| cause,
        );
        format!("{}. {cause}", expected_and_got(expected, got))
    })
}

fn distributions_differ(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(LENGTH, 1));
    let estimate = report.call(|| student(&a, 20, Probe::Gaussian, 3))?;
    let probes = a.take();
    report.require(!probes.iter().any(is_sign_vector), "the `probe` argument determines the distribution", || {
        "Probe::Gaussian gave sign vectors; draw with `probe.draw(..)`".to_owned()
    })?;
    expect_count(report, &probes, 20)?;
    require_vector(report, "samples", &estimate.samples, 20, "per probe")?;
    expect_samples(report, &a, &probes, &estimate.samples)?;
    report.call(|| student(&a, 20, Probe::Sphere, 3))?;
    let lengths = a.take().iter().map(|z| (z.dot(z) / LENGTH as f64 - 1.0).abs()).fold(0.0, f64::max);
    report.insist(lengths < 1e-9, "the `probe` argument determines the distribution", || {
        "the probes of Probe::Sphere do not all have the length sqrt(n); draw with `probe.draw(a.dim(), &mut rng)`, whichever it is, and do not change what it returns".to_owned()
    })
}

/// Calls with many seeds, which must not share probes; and one of them again.
fn seeds(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    let m = 6;
    for probe in Probe::RADEMACHER_AND_GAUSSIAN {
        let mut calls = Vec::new();
        for seed in SEEDS {
            report.call(|| student(&a, m, probe, seed))?;
            let call = Call { seed, probes: a.take() };
            expect_count(report, &call.probes, m)?;
            expect_fresh(report, &call, "every probe is a new draw")?;
            calls.push(call);
        }
        report.call(|| student(&a, m, probe, SEEDS[0]))?;
        let mut again: Vec<_> = a.take().into_iter().map(|z| z.mapv(f64::to_bits).to_vec()).collect();
        let mut before: Vec<_> = calls[0].probes.iter().map(|z| z.mapv(f64::to_bits).to_vec()).collect();
        again.sort_unstable();
        before.sort_unstable();
        report.insist(again == before, "the same seed gives the same probes", || {
            "two calls with seed 3 gave different vectors; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
        })?;
        expect_apart(report, &calls)?;
    }
    report.expect(true, "the same seed gives the same probes, and another seed gives others", String::new);
    Ok(())
}

/// The estimate is linear in A.
fn scales(student: Hutchinson, report: &mut Report) -> Outcome {
    let matrix = random_symmetric(30, 2);
    for scale in [1e-8, 1e8, -1.0] {
        let a = Recording::new(&matrix * scale);
        let estimate = report.call(|| student(&a, 10, Probe::Rademacher, 8))?;
        let probes = a.take();
        let what = format!("it is right for {scale:e} A too");
        report.insist(probes.len() == 10, &what, || format!("expected 10 matvecs for m = 10, got {}", probes.len()))?;
        report.insist(estimate.samples.len() == 10, &what, || {
            format!("expected 10 samples, got {}", estimate.samples.len())
        })?;
        let forms: Array1<f64> = probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect();
        report.insist(alike(&estimate.samples, &forms, 1e-9), &what, || {
            "the samples are not z^T A z. Does your code compare with a fixed number, or round?".to_owned()
        })?;
        let expected = mean(&forms);
        report.insist(agree(estimate.mean, expected, largest_of(&forms), 1e-9), &what, || {
            let cause = if agree(estimate.mean, -expected, expected, 1e-9) || estimate.mean == 0.0 && expected < 0.0 {
                "A trace can be negative"
            } else {
                "Does your code compare with a fixed number, or round?"
            };
            format!("{}. {cause}", expected_and_got(expected, estimate.mean))
        })?;
    }
    report.expect(true, "it is right for 1e-8 A, 1e8 A and -A too", String::new);
    Ok(())
}

/// The identity, for which all samples are alike, and a single probe.
fn degenerate(student: Hutchinson, report: &mut Report) -> Outcome {
    for (size, m) in [(LENGTH, 30), (40, 1), (1, 3)] {
        let a = Recording::new(Array2::eye(size));
        let what = format!("for the identity of size {size} and m = {m} the estimate is {size}");
        let estimate = report.call(|| student(&a, m, Probe::Rademacher, 9))?;
        let got = a.take().len();
        report.insist(got == m, &what, || {
            let cause = if got < m { ". All samples are alike here; do not stop early" } else { "" };
            format!("expected {m} matvecs, got {got}{cause}")
        })?;
        require_vector(report, "samples", &estimate.samples, m, "per probe")?;
        report.insist(agree(estimate.mean, size as f64, size as f64, 1e-12), &what, || {
            expected_and_got(size as f64, estimate.mean)
        })?;
    }
    report.expect(true, "for the identity the estimate is n, also from a single probe", String::new);
    Ok(())
}

/// The distribution of a few hundred probes.
fn draws(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    for seed in [5, 1012] {
        report.call(|| student(&a, 200, Probe::Rademacher, seed))?;
        expect_fair_signs(report, &a.take(), &format!("with seed {seed}, the signs are independent and fair"))?;
        report.call(|| student(&a, 200, Probe::Gaussian, seed))?;
        expect_standard_normal(
            report,
            &a.take(),
            &format!("with seed {seed}, Gaussian probes are independent standard normal numbers"),
        )?;
    }
    Ok(())
}

/// E[z^T A z] = tr(A), and the variance of theory, by z-score at a known variance.
fn expect_unbiased(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = random_symmetric(16, 2);
    let m = 4000;
    let trace = a.diag().sum();
    for (probe, name) in [(Probe::Rademacher, "Rademacher"), (Probe::Gaussian, "Gaussian")] {
        let estimate = report.call(|| student(&Recording::new(a.clone()), m, probe, 5))?;
        require_vector(report, "samples", &estimate.samples, m, "per probe")?;
        let standard_error = (theory(&a, probe) / m as f64).sqrt();
        let z = (estimate.mean - trace) / standard_error;
        report.expect(z.abs() < 5.0, &format!("{name} probes estimate the trace"), || {
            format!(
                "expected {} to within 5 standard errors of {}, got {}. Do the probes satisfy E[z z^T] = I, and is every sample in the mean?",
                number(trace),
                number(standard_error),
                number(estimate.mean)
            )
        });
        // The relative standard deviation of this variance is about 4 %.
        let ratio = variance(&estimate.samples) / theory(&a, probe);
        report.expect(
            (ratio - 1.0).abs() < 0.25,
            &format!("the variance of {name} samples agrees with theory"),
            || format!("it is {} times the theoretical value. Are the entries of a probe independent?", number(ratio)),
        );
    }
    Ok(())
}

/// The variance of one sample.
pub(super) fn theory(a: &Array2<f64>, probe: Probe) -> f64 {
    match probe {
        Probe::Rademacher => 2.0 * (frobenius_squared(a) - a.diag().dot(&a.diag())),
        _ => 2.0 * frobenius_squared(a),
    }
}
