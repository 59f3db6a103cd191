use matrix_free::linalg::frobenius_squared;
use matrix_free::operator::Dense;
use ndarray::{Array1, Array2};
use spectral_course::check;
use spectral_course::solutions;

use super::common::{assert_passed, assert_rejected};

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

#[test]
fn oversampling_errors() {
    type Wrong = fn(&Array2<f64>, usize, &[usize], usize, u64) -> Array2<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("Give each trial its own seed", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p, |_| seed, solutions::range_error)
        }),
        ("k columns for every p", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |_| k, |t| seed + t as u64, solutions::range_error)
        }),
        ("your function panicked: width must be from 1 to n", |a, _, ps, n, seed| {
            oversampling((a, ps, n), |p| p, |t| seed + t as u64, solutions::range_error)
        }),
        ("the Frobenius norm", |a, k, ps, n, seed| {
            let frobenius = |a: &Array2<f64>, q: &Array2<f64>| frobenius_squared(&(a - &q.dot(&q.t().dot(a)))).sqrt();
            oversampling((a, ps, n), |p| k + p, |t| seed + t as u64, frobenius)
        }),
        ("the square of the error", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p, |t| seed + t as u64, |a, q| solutions::range_error(a, q).powi(2))
        }),
        ("the mean error is that of 3 columns", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p + 1, |t| seed + t as u64, solutions::range_error)
        }),
        ("derive the seeds from the `seed` argument", |a, k, ps, n, _| {
            oversampling((a, ps, n), |p| k + p, |t| t as u64, solutions::range_error)
        }),
        ("This is the transpose", |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed).t().to_owned()),
        ("one error is", |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed) + 1.0),
    ];
    for (message, student) in wrong {
        assert_rejected(check::oversampling_errors(*student), message);
    }
}

// 2/2.3 the bound with powers

#[test]
fn power_bound() {
    type Wrong = fn(&Array1<f64>, usize, usize, usize) -> f64;
    fn of(sigma: &Array1<f64>, (k, p): (usize, usize), exponent: f64, root: f64) -> f64 {
        solutions::range_bound(&sigma.mapv(|x| x.powf(exponent)), k, p).powf(1.0 / root)
    }
    let wrong: &[(&str, Wrong)] = &[
        ("The root is missing", |sigma, k, p, q| of(sigma, (k, p), q as f64 + 1.0, 1.0)),
        ("s = q + 1", |sigma, k, p, q| of(sigma, (k, p), q as f64, (q as f64).max(1.0))),
        ("This uses 2 q + 1", |sigma, k, p, q| of(sigma, (k, p), 2.0 * q as f64 + 1.0, 2.0 * q as f64 + 1.0)),
        ("Raise the singular values", |sigma, k, p, q| of(sigma, (k, p), 1.0, q as f64 + 1.0)),
        ("the bound for q = 0", |sigma, k, p, _| solutions::range_bound(sigma, k, p)),
        ("an integer division", |sigma, k, p, q| {
            let s = q + 1;
            of(sigma, (k, p), s as f64, 1.0).powf((1 / s) as f64)
        }),
        ("for both the exponent and the root", |sigma, k, p, q| of(sigma, (k, p), q as f64 + 1.0, (q as f64).max(1.0))),
        ("it approaches sigma_{k+1}", |sigma, k, p, q| solutions::power_bound(sigma, k, p, q.min(10))),
    ];
    for (message, student) in wrong {
        assert_rejected(check::power_bound(*student), message);
    }
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        // No two sketches of the experiment share a seed.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let mut seeds = 1000 * seed..;
            let mut next = || seeds.next().unwrap_or_default();
            Array2::from_shape_fn((ps.len(), n), |(i, _)| {
                solutions::range_error(a, &solutions::range_finder(&Dense::from(a), k + ps[i], next()))
            })
        }),
        check::power_bound(|sigma, k, p, q| {
            let s = q as i32 + 1;
            (solutions::range_bound(&sigma.mapv(|x| x.powi(s)), k, p).ln() / f64::from(s)).exp()
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
