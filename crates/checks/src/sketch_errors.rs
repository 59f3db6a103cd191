//! Exercise 2/2.2: the errors of many sketches.

use ndarray::{Array1, Array2, ArrayRef1};

use super::claim::number;
use super::compare::{largest, require_matrix, versus};
use super::listener::Stopped;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{mean, singular_values, spectral_norm, variance};
use matrix_free::operator::Dense;
use matrix_free::probe::symmetric_with_spectrum;

type OversamplingErrors = fn(&Array2<f64>, usize, &[usize], usize, u64) -> Array2<f64>;

const N: usize = 12;
/// Not in order, so that a row's number says nothing about its p.
const PS: [usize; 4] = [2, 5, 0, 1];
const K: usize = 3;
const TRIALS: usize = 400;
/// Neighbours, multiples, and what is left of them in 8 or 16 bits or in their last digits.
const SEEDS: [u64; 15] = [7, 8, 0, 1, 2, 3, 4, 5, 10, 11, 16, 101, 257, 1001, 65_537];

/// Checks exercise 2/2.2: shapes, the number of columns, the norm, the seeds, and the distribution of the errors.
pub fn oversampling_errors(student: OversamplingErrors) -> Card {
    report("2/2.2", |report| {
        columns(student, report)?;
        flat(student, report)?;
        trials(student, report)?;
        seeds(student, report)?;
        distribution(student, report)
    })
}

/// Calls the student's function, and ends the check unless the result has the right shape and is finite.
fn run(
    student: OversamplingErrors,
    report: &mut Report,
    a: &Array2<f64>,
    n_trials: usize,
    seed: u64,
) -> Result<Array2<f64>, End> {
    let got = match report.call(|| student(a, K, &PS, n_trials, seed)) {
        Err(End::Stopped(Stopped::Panicked(message))) if message.contains("width must be") => {
            report.expect(false, WIDTH, || {
                format!("for k = {K} and p = {PS:?} these are 5, 8, 3 and 4. The range finder stops with: {message}")
            });
            return Err(End::Pointless);
        }
        outcome => outcome?,
    };
    let why = if got.dim() == (n_trials, PS.len()) {
        ". This is the transpose; return one row per p"
    } else {
        ". Return one row per p, with one entry per trial"
    };
    require_matrix(report, "the result", &got, (PS.len(), n_trials), why)?;
    Ok(got)
}

const WIDTH: &str = "the sketch for p has k + p columns";

/// A sketch of w columns captures a matrix of rank w, and not one of rank w + 1: so its width can be measured.
fn columns(student: OversamplingErrors, report: &mut Report) -> Outcome {
    let mut widths = [0; 4];
    let (mut of_rank_one, mut all_one) = (0.0, true);
    for rank in 1..N {
        let spectrum = Array1::from_shape_fn(N, |i| if i < rank { 2.0 - 0.1 * i as f64 } else { 0.0 });
        let got = run(student, report, &symmetric_with_spectrum(&spectrum, 2), 5, 5)?;
        for (row, width) in got.rows().into_iter().zip(&mut widths) {
            if row.iter().all(|error| error.abs() < 1e-5) {
                *width = rank;
            }
        }
        if rank == 1 {
            of_rank_one = got[[0, 0]];
        }
        all_one &= got.iter().all(|error| (error - 1.0).abs() < 1e-8);
    }
    report.insist(widths != [0; 4], WIDTH, || {
        let cause = match of_rank_one {
            e if (e - 2.0).abs() < 1e-8 => "That is the norm of the matrix, or of the part that the sketch captures; take the norm of what it misses, with `range_error`",
            _ if all_one => "It is 1 for every matrix, as is the norm of I - Q Q^T; `range_error` applies that to the matrix",
            _ => "Is each entry one call of your `range_error`, with the matrix and the basis, and nothing added?",
        };
        format!("a matrix of rank 1 is captured by every sketch, but its error is {}. {cause}", number(of_rank_one))
    })?;
    let right = PS.map(|p| K + p);
    report.require(widths == right, WIDTH, || {
        let sorted = [0, 1, 2, 5];
        let each = |of: fn(usize, usize) -> usize| [0, 1, 2, 3].map(|i| of(i, PS[i]));
        let explanations = [
            ("There are k columns for every p; the sketch needs k + p", [K; 4]),
            ("These are p columns; the sketch needs k + p", PS),
            ("There is one column too many", each(|_, p| K + p + 1)),
            ("There is one column too few", each(|_, p| K + p - 1)),
            ("This is k plus the number of the row; take the p of that row, `ps[i]`", each(|i, _| K + i)),
            ("The rows are in another order than `ps`; put the errors for `ps[i]` in row i", sorted.map(|p| K + p)),
            ("The rows are in the reverse order of `ps`; put the errors for `ps[i]` in row i", [1, 0, 5, 2].map(|p| K + p)),
            ("All rows use the first p", [K + PS[0]; 4]),
            ("All rows use the last p", [K + PS[3]; 4]),
            ("All rows use the largest p; put the errors for `ps[i]` in row i", [K + 5; 4]),
            ("These are k + p / 2 columns", each(|_, p| K + p / 2)),
            ("These are k + 2 p columns", each(|_, p| (K + 2 * p).min(N - 1))),
            ("These are 2 k + p columns", each(|_, p| (2 * K + p).min(N - 1))),
            ("These are p columns, or one; the sketch needs k + p", each(|_, p| p.max(1))),
        ];
        let mut fitting = explanations.iter().filter(|(_, counts)| *counts == widths);
        let cause = match (fitting.next(), fitting.next()) {
            (Some((cause, _)), None) => *cause,
            _ => "Which width does your `range_finder` get in each row?",
        };
        format!("for k = {K} and p = {PS:?} expected {right:?} columns, got {widths:?} by the largest rank that they capture. {cause}")
    })
}

/// All eigenvalues are 3 or -3: every sketch misses all of the norm, and what is projected on both sides has another one.
fn flat(student: OversamplingErrors, report: &mut Report) -> Outcome {
    let a = symmetric_with_spectrum(&Array1::from_shape_fn(N, |i| if i % 2 == 0 { 3.0 } else { -3.0 }), 6);
    let got = run(student, report, &a, 40, 9)?;
    let is = |of: &dyn Fn(f64) -> f64| {
        got.rows()
            .into_iter()
            .zip(PS)
            .all(|(row, p)| row.iter().all(|e| (e / of((N - K - p) as f64) - 1.0).abs() < 1e-9))
    };
    report.require(is(&|_| 3.0), "if all eigenvalues are 3 or -3, every error is 3", || {
        let looks_like = |of: Measure| {
            got.rows().into_iter().zip(PS).all(|(row, p)| kolmogorov(&row, &errors(&a, K + p, 200, of)) < 2.5)
        };
        let cause = if is(&|rest| 3.0 * rest.sqrt()) {
            "This is the Frobenius norm of the residual; take the spectral norm"
        } else if is(&|rest| 9.0 * rest) {
            "This is the square of the Frobenius norm of the residual; take the spectral norm"
        } else if is(&|_| 9.0) {
            "This is the square of the error"
        } else if is(&|_| 3.0_f64.sqrt()) {
            "This is the square root of the error"
        } else if is(&|_| 1.0) {
            "This is the error divided by the norm of the matrix, or by its optimum sigma_{k+p+1}; return the error itself"
        } else {
            let mut fitting = MEASURES.iter().filter(|(_, of)| looks_like(*of));
            match (fitting.next(), fitting.next()) {
                (Some((cause, _)), None) => *cause,
                _ => "Is each entry one call of your `range_error`, unchanged?",
            }
        };
        let off = got.iter().copied().max_by(|x, y| (x - 3.0).abs().total_cmp(&(y - 3.0).abs())).unwrap_or(f64::NAN);
        format!("{}. {cause}", versus(3.0, off, ""))
    })
}

type Measure = fn(&Array2<f64>, &Array2<f64>) -> f64;

/// Other norms of what a basis leaves.
const MEASURES: [(&str, Measure); 4] = [
    ("This looks like the norm of A - Q Q^T A Q Q^T; project on the left only, A - Q Q^T A", two_sided),
    ("This looks like the norm of (I - Q Q^T) A (I - Q Q^T); project on the left only, A - Q Q^T A", remainder),
    (
        "This looks like an eigenvalue of A - Q Q^T A, which is not symmetric; `spectral_norm` reads only one triangle. Take the largest singular value",
        |a, q| spectral_norm(&residual(a, q)),
    ),
    ("This looks like the largest entry of the residual; take its spectral norm", |a, q| largest(&residual(a, q))),
];

/// A spectrum of both signs whose norm is not 1.
fn slow() -> Array2<f64> {
    symmetric_with_spectrum(&Array1::from_shape_fn(N, |i| if i % 2 == 0 { 3.0 } else { -3.0 } / (1.0 + i as f64)), 1)
}

/// Numbers that no two independent trials have in common.
fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-10 * other.abs()
}

const TRIALS_DIFFER: &str = "the trials of a row are independent";

fn trials(student: OversamplingErrors, report: &mut Report) -> Outcome {
    for seed in [7, 12, 0, 1] {
        let got = run(student, report, &slow(), 60, seed)?;
        for row in got.rows() {
            let count = distinct(row.iter().copied());
            report.insist(count == 60, TRIALS_DIFFER, || {
                let cause = if count == 1 && seed == 0 {
                    "With other seeds they differ: a multiple of the seed, as in `seed * (t + 1)`, is 0 for all trials if the seed is 0. Take the seeds from `seeds(seed)`"
                } else if count == 1 {
                    "Give each trial its own seed, from `seeds(seed)`"
                } else {
                    "Several trials share a seed. Give each its own, from `seeds(seed)`"
                };
                format!("with seed {seed}, {count} of 60 errors are different. {cause}")
            })?;
        }
    }
    report.expect(true, TRIALS_DIFFER, String::new);
    Ok(())
}

fn distinct(values: impl Iterator<Item = f64>) -> usize {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup_by(|one, other| same(*one, *other));
    values.len()
}

fn seeds(student: OversamplingErrors, report: &mut Report) -> Outcome {
    let what = "different seeds give independent experiments";
    let a = slow();
    let mut results = Vec::new();
    for seed in SEEDS {
        results.push(run(student, report, &a, 20, seed)?);
    }
    let shared = |one: &Array2<f64>, other: &Array2<f64>| {
        let in_row = |i: usize| one.row(i).iter().filter(|e| other.row(i).iter().any(|f| same(**e, *f))).count();
        (0..PS.len()).map(in_row).max().unwrap_or(0)
    };
    let pairs: Vec<(usize, usize)> = (0..SEEDS.len()).flat_map(|j| (0..j).map(move |i| (i, j))).collect();
    let counts: Vec<usize> = pairs.iter().map(|&(i, j)| shared(&results[i], &results[j])).collect();
    let everywhere = counts.iter().all(|count| *count == 20);
    report.insist(!everywhere, what, || {
        "every seed gave the same errors; derive the seeds from the `seed` argument".to_owned()
    })?;
    let worst = counts.iter().position(|count| *count > 0);
    report.require(worst.is_none(), what, || {
        let at = worst.unwrap_or(0);
        let (one, other) = (SEEDS[pairs[at].0], SEEDS[pairs[at].1]);
        let cause = if counts[at] == 20 {
            "Derive the seeds of the trials from all of `seed`, with `seeds(seed)`"
        } else {
            "Seeds such as `seed + t` or `seed * t` overlap with those of other experiments; take them from `seeds(seed)`"
        };
        format!("seeds {one} and {other} share {} of 20 trials. {cause}", counts[at])
    })?;
    let again = run(student, report, &a, 20, SEEDS[0])?;
    report.require(again == results[0], "the same seed gives the same errors", || {
        "two calls with seed 7 differ; derive the seeds from the `seed` argument".to_owned()
    })?;
    // Powers of two near 1e-8 and 1e8, to which rounding is blind.
    for (factor, name) in [(-27, "1e-8"), (27, "1e8")] {
        let factor = 2.0_f64.powi(factor);
        let scaled = run(student, report, &(&a * factor), 20, SEEDS[0])?;
        let off = largest(&(&scaled / factor - &again)) / largest(&again);
        report.insist(off < 1e-9, "the error of a multiple of A is that multiple", || {
            format!("for A times about {name} the errors are off by {}, relative to the largest. Is there a number in your code that errors are compared with, or that is added?", number(off))
        })?;
    }
    report.expect(true, "the error of a multiple of A is that multiple", String::new);
    Ok(())
}

fn distribution(student: OversamplingErrors, report: &mut Report) -> Outcome {
    let a = slow();
    let got = run(student, report, &a, TRIALS, 7)?;
    for (row, p) in got.rows().into_iter().zip(PS) {
        let what = format!("for p = {p} the errors are distributed as those of {} columns", K + p);
        let expected = errors(&a, K + p, 1000, estimators::range_error);
        let alike = z_score(&row, &expected).abs() < 6.0
            && spread_score(&row, &expected).abs() < 6.0
            && kolmogorov(&row, &expected) < 3.1;
        report.require(alike, &what, || {
            format!(
                "their mean is {} and their standard deviation {}, and should be about {} and {}. Is each entry one call of `range_error`, for one basis by `range_finder`?",
                number(mean(&row)),
                number(variance(&row).sqrt()),
                number(mean(&expected)),
                number(variance(&expected).sqrt())
            )
        })?;
        let correlation = lag_one(&row);
        report.require(correlation.abs() < 6.0, TRIALS_DIFFER, || {
            let pairs = || row.windows(2).into_iter();
            let cause = if pairs().all(|pair| pair[0] <= pair[1]) || pairs().all(|pair| pair[0] >= pair[1]) {
                "They are sorted; leave them in the order of the trials"
            } else {
                "Give each its own seed, from `seeds(seed)`"
            };
            format!(
                "for p = {p} neighbours are correlated, by {} standard deviations. {cause}",
                number(correlation.abs())
            )
        })?;
    }
    Ok(())
}

fn residual(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
    a - &q.dot(&q.t().dot(a))
}

fn two_sided(a: &Array2<f64>, q: &Array2<f64>) -> f64 {
    singular_values(&(a - &q.dot(&q.t().dot(a).dot(q)).dot(&q.t())))[0]
}

fn remainder(a: &Array2<f64>, q: &Array2<f64>) -> f64 {
    let left = residual(a, q);
    singular_values(&(&left - &left.dot(q).dot(&q.t())))[0]
}

/// What sketches of `width` columns miss by the measure `of`, by seeds that no student uses.
fn errors(a: &Array2<f64>, width: usize, count: u64, of: Measure) -> Array1<f64> {
    let operator = Dense::from(a);
    (1_000_000..1_000_000 + count).map(|seed| of(a, &estimators::range_finder(&operator, width, seed))).collect()
}

/// The difference of two means over its standard error.
fn z_score(got: &ArrayRef1<f64>, expected: &Array1<f64>) -> f64 {
    let squared_error = |x: &ArrayRef1<f64>| variance(x) / x.len() as f64;
    (mean(got) - mean(expected)) / (squared_error(got) + squared_error(expected)).sqrt()
}

/// The difference of the logarithms of two variances over its standard error.
fn spread_score(got: &ArrayRef1<f64>, expected: &Array1<f64>) -> f64 {
    let centred = expected - mean(expected);
    let kurtosis = mean(&centred.mapv(|x| x.powi(4))) / mean(&centred.mapv(|x| x * x)).powi(2);
    let squared_error = |x: &ArrayRef1<f64>| (kurtosis - 1.0) / x.len() as f64;
    (variance(got).ln() - variance(expected).ln()) / (squared_error(got) + squared_error(expected)).sqrt()
}

/// The distance of Kolmogorov and Smirnov, as a multiple of its scale: beyond `t` with probability `2 exp(-2 t^2)`.
fn kolmogorov(got: &ArrayRef1<f64>, expected: &Array1<f64>) -> f64 {
    let sorted = |x: &ArrayRef1<f64>| {
        let mut x = x.to_vec();
        x.sort_unstable_by(f64::total_cmp);
        x
    };
    let (got, expected) = (sorted(got), sorted(expected));
    let (n, m) = (got.len() as f64, expected.len() as f64);
    let share = |x: &[f64], at: f64| x.partition_point(|v| *v <= at) as f64 / x.len() as f64;
    let at = got.iter().chain(&expected);
    at.map(|&at| (share(&got, at) - share(&expected, at)).abs()).fold(0.0, f64::max) * (n * m / (n + m)).sqrt()
}

/// The correlation of each number with the next, in standard deviations.
fn lag_one(row: &ArrayRef1<f64>) -> f64 {
    let centred = row - mean(row);
    let products: f64 = (1..row.len()).map(|t| centred[t] * centred[t - 1]).sum();
    products / centred.dot(&centred) * (row.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A right version is not turned away by chance: over 1000 seeds no measure comes near its limit.
    #[test]
    #[ignore = "a measurement that takes minutes"]
    fn the_scores_of_right_versions() {
        let a = slow();
        let expected = PS.map(|p| errors(&a, K + p, 1000, estimators::range_error));
        let mut worst = [0.0_f64; 4];
        for seed in 0..1500 {
            let got = estimators::oversampling_errors(&a, K, &PS, TRIALS, seed);
            for (row, expected) in got.rows().into_iter().zip(&expected) {
                for (worst, score) in worst.iter_mut().zip([
                    z_score(&row, expected),
                    kolmogorov(&row, expected),
                    lag_one(&row),
                    spread_score(&row, expected),
                ]) {
                    *worst = worst.max(score.abs());
                }
            }
        }
        println!("mean, distribution, neighbours, spread: {worst:.2?}");
        assert!(worst[0] < 5.5 && worst[1] < 2.8 && worst[2] < 5.5 && worst[3] < 5.5, "{worst:.2?}");
    }
}
