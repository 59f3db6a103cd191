use ndarray::{Array1, Array2, Axis, s};

use super::claim::number;
use super::compare::{close, require_vector};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::TraceEstimate;
use matrix_free::linalg::{frobenius_squared, mean, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric};

type Hutchinson = fn(&dyn SymmetricOperator, usize, Probe, u64) -> TraceEstimate;
type VarianceSweep = fn(&dyn SymmetricOperator, &[usize], Probe, usize, u64) -> Array1<f64>;

/// The size of the test matrix: large enough that two sign vectors among twenty are hardly ever alike.
const N: usize = 16;

/// Checks exercise 3/1.1: the probes passed to the operator, the samples and their mean, and the trace to within five standard errors.
pub fn hutchinson_trace(student: Hutchinson) -> Card {
    report("3/1.1", |report| hutchinson_checks(student, report))
}

fn hutchinson_checks(student: Hutchinson, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(N, 1));
    let m = 20;
    let estimate = report.call(|| student(&a, m, Probe::Rademacher, 3))?;
    let probes = a.take();
    expect_count(report, probes.len(), m)?;
    expect_signs(report, &probes);
    expect_fresh(report, &probes, 2);
    require_vector(report, "samples", &estimate.samples, m, "per probe")?;
    // Sorted: the student may compute the products in any order.
    let forms = sorted(&quadratic_forms(&a, &probes));
    expect_samples(report, &sorted(&estimate.samples), &forms);
    let expected = mean(&forms);
    report.expect(close(estimate.mean, expected, 1e-9), "the estimate is the mean of the samples", || {
        let cause = if close(estimate.mean * m as f64, expected, 1e-9) {
            "It is m times too small. Did you divide by m twice?"
        } else if close(estimate.mean, expected * m as f64, 1e-9) {
            "It is m times too large; this is the sum, so divide it by m."
        } else if close(estimate.mean * (m - 1) as f64, expected * m as f64, 1e-9) {
            "You divided by m - 1, as for a variance; for a mean, divide by m."
        } else {
            "Average the samples; divide their sum by m."
        };
        format!("expected {}, got {}. {cause}", number(expected), number(estimate.mean))
    });

    report.call(|| student(&a, m, Probe::Gaussian, 3))?;
    expect_gaussian(report, &a.take());
    report.call(|| student(&a, m, Probe::Rademacher, 4))?;
    report.expect(multiset(&a.take()) != multiset(&probes), "another seed gives other probes", || {
        "seeds 3 and 4 gave the same vectors; create the generator from the `seed` argument".to_owned()
    });
    report.call(|| student(&a, m, Probe::Rademacher, 3))?;
    report.expect(multiset(&a.take()) == multiset(&probes), "the same seed gives the same probes", || {
        "two calls with seed 3 gave different vectors; create the generator from the `seed` argument, with `rng(seed)`"
            .to_owned()
    });
    // A mistake already reported would show up here again, as if the probes were wrong.
    if report.is_clean() { expect_unbiased(student, report) } else { Ok(()) }
}

fn expect_count(report: &mut Report, got: usize, m: usize) -> Outcome {
    report.require(got == m, "m probes cost m matvecs", || {
        let cause = match got {
            0 => "The operator was never applied; use `a.apply(&z)` for the product.",
            1 => "There is only one probe; the product belongs inside the loop.",
            N => "This is the size of the matrix, which you do not need to form.",
            got if got < m => "Too few; loop over 0..m.",
            _ => "Too many; use one product per probe, and loop over 0..m.",
        };
        format!("expected {m} for m = {m}, got {got}. {cause}")
    })
}

fn expect_samples(report: &mut Report, got: &Array1<f64>, forms: &Array1<f64>) {
    let off = |i: usize| (got[i] - forms[i]).abs();
    let worst = (0..forms.len()).max_by(|&i, &j| off(i).total_cmp(&off(j))).unwrap_or(0);
    let all = |of: &dyn Fn(f64) -> f64| {
        let suspect = sorted(&forms.mapv(of));
        got.iter().zip(&suspect).all(|(&got, &suspect)| close(got, suspect, 1e-9))
    };
    report.expect(close(got[worst], forms[worst], 1e-9), "sample i is z_i^T A z_i", || {
        let m = forms.len() as f64;
        let cause = if all(&|form| form / m) {
            "They are m times too small; divide only the mean by m, not the samples."
        } else if all(&f64::abs) {
            "These are absolute values; a sample can be negative."
        } else if all(&|form| form / N as f64) {
            "They are n times too small; do not normalise the probe."
        } else if all(&|form| form * N as f64) {
            "They are n times too large for the vectors that reached the operator; do not normalise the probe."
        } else {
            "Each sample is the inner product of z with A z, with the same z on both sides, not a running sum or mean."
        };
        format!(
            "in ascending order, expected {} at position {worst}, got {}. {cause}",
            number(forms[worst]),
            number(got[worst])
        )
    });
}

/// E[z^T A z] = tr(A), and the variance of theory, by z-score at a known variance.
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
        require_vector(report, "samples", &estimate.samples, m, "per probe")?;
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
fn theory(a: &Array2<f64>, probe: Probe) -> f64 {
    match probe {
        Probe::Rademacher => 2.0 * (frobenius_squared(a) - a.diag().dot(&a.diag())),
        _ => 2.0 * frobenius_squared(a),
    }
}

fn quadratic_forms(a: &Recording, probes: &[Array1<f64>]) -> Array1<f64> {
    probes.iter().map(|z| z.dot(&a.matrix().dot(z))).collect()
}

fn sorted(values: &Array1<f64>) -> Array1<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Array1::from(sorted)
}

/// The vectors without their order.
fn multiset(vectors: &[Array1<f64>]) -> Vec<Vec<u64>> {
    let mut bits: Vec<Vec<u64>> = vectors.iter().map(|v| v.iter().map(|x| x.to_bits()).collect()).collect();
    bits.sort_unstable();
    bits
}

fn all_signs(z: &Array1<f64>) -> bool {
    z.iter().all(|&entry| entry == 1.0 || entry == -1.0)
}

fn expect_signs(report: &mut Report, probes: &[Array1<f64>]) {
    report.expect(probes.iter().all(all_signs), "Rademacher probes have entries +1 and -1", || {
        let zero_one = probes.iter().flatten().all(|&entry| entry == 0.0 || entry == 1.0);
        let odd = probes.iter().flatten().find(|entry| entry.abs() != 1.0).copied().unwrap_or(f64::NAN);
        let cause = if zero_one {
            "Entries 0 and 1 do not satisfy E[z z^T] = I."
        } else {
            "Draw them with `probe.draw(a.dim(), &mut rng)`, and do not normalise them."
        };
        format!("got an entry {}. {cause}", number(odd))
    });
}

fn expect_gaussian(report: &mut Report, probes: &[Array1<f64>]) {
    let signs = probes.iter().all(all_signs);
    report.expect(!signs, "the `probe` argument determines the distribution", || {
        "Probe::Gaussian gave sign vectors; draw with `probe.draw(..)`".to_owned()
    });
    if signs {
        return;
    }
    // Of 320 normal numbers the largest stays below 1.9 with probability 6e-9; a uniform one with variance 1 below 1.74 for certain.
    let largest = probes.iter().flatten().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let norms: Vec<f64> = probes.iter().map(|z| z.dot(z).sqrt()).collect();
    let spread = norms.iter().copied().fold(0.0, f64::max) - norms.iter().copied().fold(f64::INFINITY, f64::min);
    report.expect(largest > 1.9 && spread > 0.1, "Gaussian probes are standard normal", || {
        if spread > 0.1 {
            format!("no entry is larger than {}", number(largest))
        } else {
            "all have the same length; do not normalise them".to_owned()
        }
    });
}

/// Up to sign, all but about `alike` of the vectors are different.
fn expect_fresh(report: &mut Report, probes: &[Array1<f64>], alike: usize) {
    let distinct = count_distinct(probes);
    report.expect(distinct + alike >= probes.len(), "every probe is a new draw", || {
        format!(
            "expected about {} different vectors, got {distinct}. Draw inside the loop, but create the generator outside it; a generator created again from the same seed repeats itself",
            probes.len()
        )
    });
}

/// The number of different vectors, where z and -z count as one.
fn count_distinct(probes: &[Array1<f64>]) -> usize {
    let known = |i: usize, z: &Array1<f64>| probes[..i].iter().any(|other| other == z || *other == -z);
    probes.iter().enumerate().filter(|(i, z)| !known(*i, z)).count()
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
    require_vector(report, "the result", &got, 1, "per m")?;
    report.require(probes.len() == m * n_trials, "it makes n_trials estimates with m probes each", || {
        let cause =
            if probes.len() == m { " A single estimate has no sample variance; run n_trials of them." } else { "" };
        format!("expected {m} x {n_trials} = {} matvecs, got {}.{cause}", m * n_trials, probes.len())
    })?;
    let distinct = count_distinct(&probes);
    report.expect(distinct + 4 >= probes.len(), "every trial has its own probes", || {
        let cause = if distinct <= m + 1 {
            "All trials share one seed; take different ones from `seeds(seed)`."
        } else {
            "Some trials share a seed."
        };
        format!("expected about {} different probes, got {distinct}. {cause}", probes.len())
    });
    expect_variance(report, &quadratic_forms(&a, &probes), m, got[0]);
    expect_seeded(student, report, &a, &probes)?;

    let twice = report.call(|| student(&a, &[m, m], Probe::Rademacher, n_trials, 3))?;
    require_vector(report, "the result", &twice, 2, "per m")?;
    a.take();
    if report.is_clean() {
        report.expect(twice[0] != twice[1], "every m has its own probes", || {
            "ms = [5, 5] gave the same number twice; the seeds start again for every m, so its estimates depend on those for the previous m. Create `seeds(seed)` once, before the loop over m".to_owned()
        });
        fall_with_m(student, report, &a)?;
    }
    let gaussian = report.call(|| student(&a, &[m], Probe::Gaussian, n_trials, 3))?;
    require_vector(report, "the result", &gaussian, 1, "per m")?;
    report.expect(!a.take().iter().all(all_signs), "the `probe` argument determines the distribution", || {
        "Probe::Gaussian gave sign vectors; pass `probe` on".to_owned()
    });
    Ok(())
}

fn expect_seeded(student: VarianceSweep, report: &mut Report, a: &Recording, probes: &[Array1<f64>]) -> Outcome {
    let (m, n_trials) = (5, 8);
    report.call(|| student(a, &[m], Probe::Rademacher, n_trials, 3))?;
    report.expect(multiset(&a.take()) == multiset(probes), "the same seed gives the same probes", || {
        "two calls with seed 3 gave different vectors; derive every seed from the `seed` argument".to_owned()
    });
    report.call(|| student(a, &[m], Probe::Rademacher, n_trials, 3000))?;
    report.expect(multiset(&a.take()) != multiset(probes), "another seed gives other probes", || {
        "seeds 3 and 3000 gave the same vectors; derive the seeds from the `seed` argument".to_owned()
    });
    Ok(())
}

fn fall_with_m(student: VarianceSweep, report: &mut Report, a: &Recording) -> Outcome {
    let ms = [4, 64];
    let sweep = report.call(|| student(a, &ms, Probe::Rademacher, 600, 11))?;
    a.take();
    require_vector(report, "the result", &sweep, ms.len(), "per m")?;
    let variance_of_one = theory(a.matrix(), Probe::Rademacher);
    let expected = ms.map(|m| variance_of_one / m as f64);
    // One standard deviation of a sample variance from 600 trials is about 6 % here, and five are allowed.
    let fits = |got: f64, expected: f64| (got / expected - 1.0).abs() < 0.3;
    let reversed = fits(sweep[0], expected[1]) && fits(sweep[1], expected[0]);
    for ((m, got), expected) in ms.into_iter().zip(&sweep).zip(expected) {
        let what = format!("600 trials at m = {m} give 2 (||A||_F^2 - ||diag A||^2) / m");
        report.expect(fits(*got, expected), &what, || {
            let cause = if reversed { ". Return the results in the order of ms" } else { "" };
            format!("expected about {}, got {}{cause}", number(expected), number(*got))
        });
    }
    Ok(())
}

/// With one `m`, the trials' estimates can be rebuilt from the probes, and the variance is known exactly: trial by trial, or,
/// for probes drawn in one block, every `n_trials`-th. Where neither explains the result, the variances of 600 trials decide.
fn expect_variance(report: &mut Report, forms: &Array1<f64>, m: usize, got: f64) {
    let n_trials = forms.len() / m;
    let consecutive: Array1<f64> = forms.axis_chunks_iter(Axis(0), m).map(|run| mean(&run)).collect();
    let strided: Array1<f64> = (0..n_trials).map(|r| mean(&forms.slice(s![r..;n_trials]))).collect();
    let expected = variance(&consecutive);
    let what = "the sample variance of the trials' estimates";
    if [&consecutive, &strided].iter().any(|estimates| close(got, variance(estimates), 1e-8)) {
        report.expect(true, what, String::new);
        return;
    }
    let trials = n_trials as f64;
    let suspects = |estimates: &Array1<f64>| {
        let right = variance(estimates);
        let biased = right * (trials - 1.0) / trials;
        [
            (biased, "You divided by n_trials; the mean is estimated too, so divide by n_trials - 1."),
            (right.sqrt(), "This is the standard deviation; do not take the square root."),
            (biased.sqrt(), "This is the standard deviation; do not take the square root."),
            (
                right / trials,
                "This is the squared standard error of the mean over trials; do not divide by n_trials again.",
            ),
            (right * (trials - 1.0), "This is the sum of squares; divide by n_trials - 1."),
            (right / m as f64, "It is m times too small; the estimates are already means."),
            (
                right * (m * m) as f64,
                "This is the variance of the sums over the probes; take the variance of the means.",
            ),
            (mean(&estimates.mapv(|t| t * t)), "This is the mean square; subtract the mean of the trials."),
            (variance(forms), "This is the variance of single samples; take the variance of the trials' means."),
            (
                variance(&forms.slice(s![..m])),
                "This is the variance of single samples; take the variance of the trials' means.",
            ),
            (0.0, "All trials gave the same estimate; give each its own seed."),
        ]
    };
    let suspects = [suspects(&consecutive), suspects(&strided)].concat();
    if let Some((_, cause)) =
        suspects.iter().find(|(suspect, _)| (got - suspect).abs() <= 1e-8 * suspect.abs().max(1e-3))
    {
        report.expect(false, what, || format!("expected {}, got {}. {cause}", number(expected), number(got)));
    }
}
