use matrix_free::linalg::{eigvalsh, frobenius_squared, orthonormalize, qr, singular_values, spectral_norm};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, s};
use rand::Rng;
use spectral_course::check;
use spectral_course::solutions;

use super::common::{Operator, assert_passed, assert_rejected};

// 2/0.1 the stable rank

#[test]
fn stable_rank() {
    type Wrong = fn(&Array2<f64>) -> f64;
    let wrong: &[(&str, Wrong)] = &[
        ("This is the rank", |a| singular_values(a).iter().filter(|s| **s > 1e-12).count() as f64),
        ("square both norms", |a| frobenius_squared(a).sqrt() / singular_values(a)[0]),
        ("Square the spectral norm in the denominator too", |a| frobenius_squared(a) / singular_values(a)[0]),
        ("upside down", |a| singular_values(a)[0].powi(2) / frobenius_squared(a)),
        ("square them all", |a| singular_values(a).sum() / singular_values(a)[0]),
        ("Square the Frobenius norm in the numerator", |a| frobenius_squared(a).sqrt() / singular_values(a)[0].powi(2)),
        ("largest *magnitude*", |a| {
            let values = eigvalsh(a);
            frobenius_squared(a) / values[values.len() - 1].powi(2)
        }),
        ("read only one triangle", |a| frobenius_squared(a) / spectral_norm(a).powi(2)),
        ("your function panicked: a must be a square matrix, got shape (4, 2)", |a| {
            // Right for every square matrix.
            let _ = if a.is_square() { 0.0 } else { spectral_norm(a) };
            solutions::stable_rank(a)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::stable_rank(*student), message);
    }
}

// 2/1.1 the range finder and its error

#[test]
fn range_finder() {
    type Wrong = fn(Operator, usize, u64) -> Array2<f64>;
    fn gaussian(a: Operator, width: usize, seed: u64) -> Array2<f64> {
        Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed))
    }
    let wrong: &[(&str, Wrong)] = &[
        ("This is A G itself; `orthonormalize` it", |a, width, seed| a.apply_block(&gaussian(a, width, seed))),
        ("They span the columns of G", |a, width, seed| {
            let g = gaussian(a, width, seed);
            a.apply_block(&g);
            orthonormalize(&g)
        }),
        ("got 0. The basis must span A G", |a, width, seed| orthonormalize(&gaussian(a, width, seed))),
        ("`Probe::Gaussian.draw_block(n, width, &mut rng)`", |a, width, seed| {
            let mut rng = rng(seed);
            let uniform = Array2::from_shape_simple_fn((a.dim(), width), || rng.random::<f64>());
            orthonormalize(&a.apply_block(&uniform))
        }),
        ("Columns of the identity see only some columns of A", |a, width, _| {
            orthonormalize(&a.apply_block(&Array2::eye(a.dim()).slice(s![.., ..width])))
        }),
        ("some are multiples of one another", |a, width, seed| {
            let mut g = Array2::zeros((a.dim(), width));
            for mut column in g.columns_mut() {
                column.assign(&Probe::Gaussian.draw(a.dim(), &mut rng(seed)));
            }
            orthonormalize(&a.apply_block(&g))
        }),
        ("create the generator from the `seed` argument", |a, width, _| solutions::range_finder(a, width, 0)),
        ("power iterations come in exercise 2.1", |a, width, seed| solutions::power_range_finder(a, width, 1, seed)),
        ("This is the transpose", |a, width, seed| solutions::range_finder(a, width, seed).t().to_owned()),
        ("expected (20, 6), got (6, 6)", |a, width, seed| qr(&a.apply_block(&gaussian(a, width, seed))).1),
        ("expected 6 products, got 1", |a, width, seed| {
            let z = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng(seed)));
            let mut y = gaussian(a, width, seed);
            y.column_mut(0).assign(&z);
            orthonormalize(&y)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_finder(*student, solutions::range_error), message);
    }
}

#[test]
fn range_error() {
    type Wrong = fn(&Array2<f64>, &Array2<f64>) -> f64;
    fn residual(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
        a - &q.dot(&q.t().dot(a))
    }
    let wrong: &[(&str, Wrong)] = &[
        ("`spectral_norm` reads only one triangle", |a, q| spectral_norm(&residual(a, q))),
        ("This is the Frobenius norm", |a, q| frobenius_squared(&residual(a, q)).sqrt()),
        ("This is the squared norm", |a, q| singular_values(&residual(a, q))[0].powi(2)),
        ("project on the left only", |a, q| spectral_norm(&(residual(a, q) - residual(a, q).dot(&q.dot(&q.t()))))),
        ("project on the left only", |a, q| spectral_norm(&(a - &q.dot(&q.t().dot(a).dot(q)).dot(&q.t())))),
        ("apply the projector to A first", |a, q| singular_values(&(a - &q.dot(&q.t())))[0]),
        ("return the norm of the part it misses", |a, q| singular_values(&q.dot(&q.t().dot(a)))[0]),
        ("This is the smallest singular value", |a, q| {
            let values = singular_values(&residual(a, q));
            values[values.len() - 1]
        }),
        ("subtract the matrices first", |a, q| singular_values(a)[0] - singular_values(&q.dot(&q.t().dot(a)))[0]),
        ("This is the largest entry", |a, q| residual(a, q).iter().fold(0.0, |l: f64, x| l.max(x.abs()))),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_finder(solutions::range_finder, *student), message);
    }
}

// 2/1.2 the bound

#[test]
fn range_bound() {
    type Wrong = fn(&Array1<f64>, usize, usize) -> f64;
    fn bound(sigma: &Array1<f64>, k: usize, p: usize, at: usize, from: usize) -> f64 {
        let tail = sigma.iter().skip(from).map(|s| s * s).sum::<f64>().sqrt();
        let (k, p) = (k as f64, p as f64);
        (1.0 + (k / (p - 1.0)).sqrt()) * sigma[at] + 1.0_f64.exp() * (k + p).sqrt() / p * tail
    }
    let wrong: &[(&str, Wrong)] = &[
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k + 1, k + 1)),
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k - 1, k - 1)),
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k, k + 1)),
        ("`skip(k)`", |sigma, k, p| bound(sigma, k, p, k, 0)),
        ("an integer division", |sigma, k, p| {
            bound(sigma, k, p, k, k) - (k as f64 / (p as f64 - 1.0)).sqrt() * sigma[k]
                + ((k / (p - 1)) as f64).sqrt() * sigma[k]
        }),
        ("not k / p", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            bound(sigma, k, p, k, k) + ((kf / pf).sqrt() - (kf / (pf - 1.0)).sqrt()) * sigma[k]
        }),
        ("The last factor is the square root of a sum of squares", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            let tail: f64 = sigma.iter().skip(k).sum();
            (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
        }),
        ("The root around the sum of squares is missing", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            let tail = sigma.iter().skip(k).map(|s| s * s).sum::<f64>();
            (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
        }),
        ("the mean error of 40 sketches is below the bound: the bound is", |sigma, k, _| 0.1 * sigma[k]),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_bound(*student), message);
    }
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::stable_rank(|a| {
            let sigma = singular_values(&a.t().to_owned());
            sigma.dot(&sigma) / sigma[0].powi(2)
        }),
        // Column by column, by Gram-Schmidt twice; the error by the eigenvalues of R^T R.
        check::range_finder(
            |a, width, seed| {
                let mut rng = rng(seed);
                let mut q = Array2::zeros((a.dim(), width));
                for j in 0..width {
                    let mut y = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng));
                    for _ in 0..2 {
                        let inside = q.dot(&q.t().dot(&y));
                        y -= &inside;
                    }
                    let length = y.dot(&y).sqrt();
                    q.column_mut(j).assign(&(y / length));
                }
                q
            },
            |a, q| {
                let residual = a - &q.dot(&q.t()).dot(a);
                spectral_norm(&residual.t().dot(&residual)).max(0.0).sqrt()
            },
        ),
        // Signs instead of Gaussian numbers are as good a start.
        check::range_finder(
            |a, width, seed| {
                orthonormalize(&a.apply_block(&Probe::Rademacher.draw_block(a.dim(), width, &mut rng(seed))))
            },
            solutions::range_error,
        ),
    ];
    for card in cards {
        assert_passed(card);
    }
}
