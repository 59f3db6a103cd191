//! Exercise 4/6.1: how far resampling turns the top of a kernel.

use std::collections::BTreeSet;

use ndarray::{Array1, Array2};

use super::bootstrap::{independent, uniform, with_replacement};
use super::claim::{expected_and_got, number};
use super::compare::require_vector;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::mean;
use matrix_free::probe::{gaussian_matrix, rng};

mod table;

use table::{TABLES, Table, cause};

/// Of 60 resamples of five images, more than this many hold a single image less than once in 100,000 times.
const RARE: usize = 3;

type ResampledRotations = fn(&Array2<f64>, usize, usize, u64) -> Array1<f64>;

/// Checks exercise 4/6.1: each sine must be one of those that the resamples of a small kernel can have, which also tells what was drawn;
/// other scales, kernels that do not turn, and the seeds.
pub fn resampled_rotations(student: ResampledRotations) -> Card {
    report("4/6.1", |report| {
        let [one, two] = &*TABLES;
        let of_one = sines(student, report, &one.kernel, (1, 400), 3)?;
        let of_two = sines(student, report, &two.kernel, (2, 60), 3)?;
        not_all_alike(report, &of_one)?;
        let runs = [&*of_one, &*of_two];
        known_sines(report, one, &of_one, runs)?;
        let more = sines(student, report, &one.kernel, (1, 400), 1005)?;
        draws(report, one, &[&*of_one, &*more].concat())?;
        known_sines(report, two, &of_two, runs)?;
        scales(student, report, two)?;
        of_low_rank(student, report)?;
        seeds(student, report)
    })
}

fn sines(
    student: ResampledRotations,
    report: &mut Report,
    kernel: &Array2<f64>,
    (k, n_boot): (usize, usize),
    seed: u64,
) -> Result<Vec<f64>, End> {
    let got = report.call(|| student(kernel, k, n_boot, seed))?;
    require_vector(report, "the result", &got, n_boot, "per resample")?;
    Ok(got.to_vec())
}

/// Whatever the kernel, some of many resamples differ.
fn not_all_alike(report: &mut Report, sines: &[f64]) -> Outcome {
    let alike = sines.iter().all(|&sine| sine == sines[0]);
    report.insist(!alike, "every resample is a new draw", || {
        let cause = if sines[0].abs() < 1e-7 {
            "Nothing turns: do the eigenvectors come from the kernel of the drawn images?"
        } else {
            "Each resample needs draws of its own: a seed from `seeds(seed)`, or one generator that is created before the loop"
        };
        format!("all {} sines are {}. {cause}", sines.len(), number(sines[0]))
    })
}

/// Expects each of a run's sines in its table; both runs tell what went wrong.
fn known_sines(report: &mut Report, table: &Table, got: &[f64], runs: [&[f64]; 2]) -> Outcome {
    let what =
        format!("for k = {} and {} images, each sine is one that a resample can have", table.k, table.kernel.nrows());
    let unknown: Vec<f64> = got.iter().copied().filter(|&sine| table.find(sine).is_none()).collect();
    // With fewer than k different images there are fewer than k functions, and the sine may be anything.
    let rare = if table.k > 1 { RARE } else { 0 };
    report.require(unknown.len() <= rare, &what, || {
        let look = "Take the top k eigenvectors of the kernel of the drawn images, multiply them by the columns `kernel.select(Axis(1), &drawn)`, and compare with the top k of the whole kernel, `sin_theta(..)`; `eigh(..).top(k)` are those of the largest eigenvalues";
        let cause = cause(runs).unwrap_or_else(|| look.to_owned());
        format!("{} of {} sines are not, {} for one. {cause}", unknown.len(), got.len(), number(unknown[0]))
    })
}

/// What was drawn, by the sines; and their mean, by z-score.
fn draws(report: &mut Report, table: &Table, sines: &[f64]) -> Outcome {
    let unknown = sines.iter().find(|&&sine| table.find(sine).is_none());
    report.insist(unknown.is_none(), "with another seed, each sine is one that a resample can have", || {
        format!("one is {}", number(unknown.copied().unwrap_or(f64::NAN)))
    })?;
    let n = table.kernel.nrows();
    let drawn: Vec<usize> = sines.iter().filter_map(|&sine| table.find(sine)).flatten().copied().collect();
    if let Ok(drawn) = Array2::from_shape_vec((sines.len(), n), drawn) {
        uniform(report, &drawn)?;
        with_replacement(report, &drawn)?;
        independent(report, &drawn)?;
    }
    let (expected, variance) = table.moments();
    let got = mean(&Array1::from(sines.to_vec()));
    let z = (got - expected) / (variance / sines.len() as f64).sqrt();
    let what = format!("the mean of {} sines agrees with that of all {} possible draws", sines.len(), n.pow(n as u32));
    report.require(z.abs() < 5.0, &what, || expected_and_got(expected, got))
}

fn scales(student: ResampledRotations, report: &mut Report, table: &Table) -> Outcome {
    let what = "it is the same for 1e-8 K and 1e8 K";
    for scale in [1e-8, 1e8] {
        let got = sines(student, report, &(&table.kernel * scale), (table.k, 20), 8)?;
        let unknown = got.iter().filter(|&&sine| table.find(sine).is_none()).count();
        report.insist(unknown <= RARE, what, || {
            format!("for {scale:e} K, {unknown} of 20 sines are none that a resample of K can have. Does your code compare with a fixed number, or add one?")
        })?;
    }
    report.expect(true, what, String::new);
    Ok(())
}

/// Of rank k, all the functions of a kernel are among its top k.
fn of_low_rank(student: ResampledRotations, report: &mut Report) -> Outcome {
    let features = gaussian_matrix(15, 3, &mut rng(4));
    let got = sines(student, report, &features.dot(&features.t()), (3, 15), 2)?;
    let largest = got.iter().fold(0.0, |largest: f64, sine| largest.max(*sine));
    report.require(largest < 1e-6, "a kernel of rank k does not turn at all", || {
        format!(
            "got a sine of {}, although nothing is outside the span of the top k. Is something left out or added?",
            number(largest)
        )
    })
}

/// Of 24 images no two resamples are the same.
fn seeds(student: ResampledRotations, report: &mut Report) -> Outcome {
    let features = gaussian_matrix(24, 25, &mut rng(2));
    let kernel = features.dot(&features.t());
    let mut seen: Vec<(u64, Vec<f64>)> = Vec::new();
    // Far apart, because seeds that count up from resample to resample are allowed.
    for seed in [3, 1000, 0, 3 + (1 << 32)] {
        let got = sines(student, report, &kernel, (2, 12), seed)?;
        let different = got.iter().map(|sine| sine.to_bits()).collect::<BTreeSet<_>>().len();
        report.insist(different == got.len(), "every resample is a new draw", || {
            let cause = if seed == 0 && different == 1 {
                "A seed such as `seed * b` is the same for every b then"
            } else {
                "Some resamples repeat others"
            };
            format!("with seed {seed}, expected 12 different sines, got {different}. {cause}; give each its own seed, from `seeds(seed)`, or draw all from one generator")
        })?;
        let twin = seen.iter().find(|(_, before)| before.iter().any(|sine| got.contains(sine)));
        report.insist(twin.is_none(), "another seed gives other resamples", || {
            let other = twin.map_or(0, |(other, _)| *other);
            format!("seeds {other} and {seed} have sines in common; create the generators from the `seed` argument, as it is")
        })?;
        seen.push((seed, got));
    }
    report.expect(true, "every resample is a new draw, and another seed gives others", String::new);
    let again = sines(student, report, &kernel, (2, 12), 3)?;
    report.require(again == seen[0].1, "the same seed gives the same resamples", || {
        "two calls with seed 3 gave different sines; create the generators from the `seed` argument, with `rng(..)`"
            .to_owned()
    })
}
