use matrix_free::linalg::{frobenius_squared, singular_values, spectral_norm};
use matrix_free::operator::Dense;
use matrix_free::probe::seeds;
use ndarray::{Array1, Array2, Axis};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 2/2.2 oversampling

/// The experiment with the parts that a student gets wrong.
fn oversampling(
    (a, ps, n_trials): (&Array2<f64>, &[usize], usize),
    width: impl Fn(usize) -> usize,
    seed: impl Fn(usize) -> u64,
    error: fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> Array2<f64> {
    Array2::from_shape_fn((ps.len(), n_trials), |(i, t)| {
        error(a, &solutions::range_finder(&Dense::from(a), width(ps[i]), seed(t)))
    })
}

/// The experiment by seeds of the student's own.
fn seeded((a, k, ps, n): (&Array2<f64>, usize, &[usize], usize), seed: impl Fn(usize) -> u64) -> Array2<f64> {
    oversampling((a, ps, n), |p| k + p, seed, solutions::range_error)
}

/// The experiment with good seeds and the student's own measure.
fn measured(
    (a, k, ps, n, seed): (&Array2<f64>, usize, &[usize], usize, u64),
    error: fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> Array2<f64> {
    let of_trials: Vec<u64> = seeds(seed).take(n).collect();
    oversampling((a, ps, n), |p| k + p, |t| of_trials[t], error)
}

fn residual(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
    a - &q.dot(&q.t().dot(a))
}

pub(super) fn wrong() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>, usize, &[usize], usize, u64) -> Array2<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        // Seeds.
        (Cause("Give each trial its own seed"), |a, k, ps, n, seed| seeded((a, k, ps, n), |_| seed)),
        (Cause("overlap with those of other experiments"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| seed + t as u64)
        }),
        (Cause("is 0 for all trials if the seed is 0"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| seed * (t as u64 + 1))
        }),
        (Cause("overlap with those of other experiments"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| (seed + 1) * (t as u64 + 1))
        }),
        (Cause("overlap with those of other experiments"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| seed ^ t as u64)
        }),
        (Cause("Several trials share a seed"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| 1000 * seed + t as u64 / 2)
        }),
        (Cause("Several trials share a seed"), |a, k, ps, n, seed| {
            seeded((a, k, ps, n), |t| 1000 * seed + t as u64 % 10)
        }),
        (Cause("from all of `seed`"), |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed / 2)),
        (Cause("from all of `seed`"), |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed % 10)),
        (Cause("from all of `seed`"), |a, k, ps, n, seed| {
            solutions::oversampling_errors(a, k, ps, n, u64::from(seed as u8))
        }),
        (Cause("derive the seeds from the `seed` argument"), |a, k, ps, n, _| seeded((a, k, ps, n), |t| t as u64)),
        (Cause("overlap with those of other experiments"), |a, k, ps, n, seed| {
            // Half of the trials have seeds of their own.
            let of_trials: Vec<u64> = seeds(seed).take(n).collect();
            seeded((a, k, ps, n), |t| if t % 2 == 0 { t as u64 } else { of_trials[t] })
        }),
        (Cause("Several trials share a seed"), |a, k, ps, n, seed| {
            // The last trial is the first once more.
            let of_trials: Vec<u64> = seeds(seed).take(n).collect();
            seeded((a, k, ps, n), |t| if t + 1 == n && n > 4 { of_trials[0] } else { of_trials[t] })
        }),
        // Columns.
        (Cause("There are k columns for every p"), |a, k, ps, n, seed| {
            oversampling((a, ps, n), |_| k, |t| 1000 * seed + t as u64, solutions::range_error)
        }),
        (Cause("width must be from 1 to n = 12, got 0"), |a, _, ps, n, seed| {
            oversampling((a, ps, n), |p| p, |t| seed + t as u64, solutions::range_error)
        }),
        (Cause("These are p columns, or one"), |a, _, ps, n, seed| {
            oversampling((a, ps, n), |p| p.max(1), |t| 1000 * seed + t as u64, solutions::range_error)
        }),
        (Cause("one column too many"), |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p + 1, |t| 1000 * seed + t as u64, solutions::range_error)
        }),
        (Cause("one column too few"), |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p - 1, |t| 1000 * seed + t as u64, solutions::range_error)
        }),
        (Cause("k plus the number of the row"), |a, k, ps, n, seed| {
            let rows: Vec<usize> = (0..ps.len()).collect();
            solutions::oversampling_errors(a, k, &rows, n, seed)
        }),
        (Cause("All rows use the first p"), |a, k, ps, n, seed| {
            solutions::oversampling_errors(a, k, &vec![ps[0]; ps.len()], n, seed)
        }),
        (Cause("The rows are in another order than `ps`"), |a, k, ps, n, seed| {
            let mut sorted = ps.to_vec();
            sorted.sort_unstable();
            solutions::oversampling_errors(a, k, &sorted, n, seed)
        }),
        (Cause("in the reverse order"), |a, k, ps, n, seed| {
            let mut errors = solutions::oversampling_errors(a, k, ps, n, seed);
            errors.invert_axis(Axis(0));
            errors
        }),
        // Measures.
        (Cause("This is the Frobenius norm of the residual"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| frobenius_squared(&residual(a, q)).sqrt())
        }),
        (Cause("the square of the error"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| solutions::range_error(a, q).powi(2))
        }),
        (Cause("the square root of the error"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| solutions::range_error(a, q).sqrt())
        }),
        (Cause("divided by the norm of the matrix"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| solutions::range_error(a, q) / singular_values(a)[0])
        }),
        (Cause("or by its optimum"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| {
                let error = solutions::range_error(a, q);
                if error < 1e-9 { 0.0 } else { error / singular_values(a)[q.ncols()] }
            })
        }),
        (Cause("A - Q Q^T A Q Q^T; project on the left only"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| spectral_norm(&(a - &q.dot(&q.t().dot(a).dot(q)).dot(&q.t()))))
        }),
        (Cause("(I - Q Q^T) A (I - Q Q^T); project on the left only"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| spectral_norm(&(residual(a, q) - residual(a, q).dot(q).dot(&q.t()))))
        }),
        (Cause("reads only one triangle"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| spectral_norm(&residual(a, q)))
        }),
        (Cause("the norm of what it misses"), |a, k, ps, n, seed| {
            measured((a, k, ps, n, seed), |a, q| singular_values(&q.dot(&q.t().dot(a)))[0])
        }),
        (Difference("their mean is"), |a, k, ps, n, seed| {
            let of_trials: Vec<u64> = seeds(seed).take(n).collect();
            Array2::from_shape_fn((ps.len(), n), |(i, t)| {
                solutions::range_error(a, &solutions::power_range_finder(&Dense::from(a), k + ps[i], 1, of_trials[t]))
            })
        }),
        (Difference("its error is"), |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed) + 1.0),
        (Difference("Is there a number in your code"), |a, k, ps, n, seed| {
            solutions::oversampling_errors(a, k, ps, n, seed) + 1e-9
        }),
        (Cause("This is the transpose"), |a, k, ps, n, seed| {
            solutions::oversampling_errors(a, k, ps, n, seed).t().to_owned()
        }),
        (Cause("They are sorted"), |a, k, ps, n, seed| {
            let mut errors = solutions::oversampling_errors(a, k, ps, n, seed);
            for mut row in errors.rows_mut() {
                let mut sorted = row.to_vec();
                sorted.sort_by(f64::total_cmp);
                row.assign(&Array1::from(sorted));
            }
            errors
        }),
        (Difference("their mean is"), |a, k, ps, n, seed| {
            // Each entry is the mean of two trials.
            let errors = solutions::oversampling_errors(a, k, ps, 2 * n, seed);
            Array2::from_shape_fn((ps.len(), n), |(i, t)| 0.5 * (errors[[i, t]] + errors[[i, n + t]]))
        }),
        (Difference("their mean is"), |a, k, ps, n, seed| {
            // The better of two trials.
            let errors = solutions::oversampling_errors(a, k, ps, 2 * n, seed);
            Array2::from_shape_fn((ps.len(), n), |(i, t)| errors[[i, t]].min(errors[[i, n + t]]))
        }),
        (Cause(". Give each its own seed"), |a, k, ps, n, seed| {
            // Every other trial repeats most of the one before.
            let errors = solutions::oversampling_errors(a, k, ps, n, seed);
            Array2::from_shape_fn((ps.len(), n), |(i, t)| {
                let (e, before) = (errors[[i, t]], errors[[i, t.saturating_sub(1)]]);
                if t % 2 == 0 { e } else { before + 1e-6 * (e - before) }
            })
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::oversampling_errors(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("sketch_errors", wrong());
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        // No two sketches of the experiment share a seed.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let mut of_sketches = seeds(seed);
            let mut next = || of_sketches.next().unwrap_or_default();
            Array2::from_shape_fn((ps.len(), n), |(i, _)| {
                solutions::range_error(a, &solutions::range_finder(&Dense::from(a), k + ps[i], next()))
            })
        }),
        // Seeds that are far apart, counted through all the rows.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let mut of_sketches = 10_000 * seed..;
            let mut next = || of_sketches.next().unwrap_or_default();
            Array2::from_shape_fn((ps.len(), n), |(i, _)| {
                solutions::range_error(a, &solutions::range_finder(&Dense::from(a), k + ps[i], next()))
            })
        }),
        // Trial by trial.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let operator = Dense::from(a);
            let mut errors = Array2::zeros((ps.len(), n));
            for (t, seed) in seeds(seed).take(n).enumerate() {
                for (i, p) in ps.iter().enumerate() {
                    errors[[i, t]] = solutions::range_error(a, &solutions::range_finder(&operator, k + p, seed));
                }
            }
            errors
        }),
        // The smaller sketches are the first columns of the largest one: trials are independent, rows are not.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let of_trials: Vec<u64> = seeds(seed ^ 0x5eed).take(n).collect();
            let most = k + ps.iter().copied().max().unwrap_or(0);
            Array2::from_shape_fn((ps.len(), n), |(i, t)| {
                let q = solutions::range_finder(&Dense::from(a), most, of_trials[t]);
                solutions::range_error(a, &q.slice(ndarray::s![.., ..k + ps[i]]).to_owned())
            })
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
