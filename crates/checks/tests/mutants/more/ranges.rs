use std::collections::BTreeMap;
use std::sync::Mutex;

use matrix_free::linalg::{norm, orthonormalize, singular_values};
use matrix_free::operator::Dense;
use matrix_free::probe::{Probe, rng, seeds};
use ndarray::{Array1, Array2, s};
use spectral_course::check;
use spectral_course::solutions;

use crate::common::Says::{Cause, Difference};
use crate::common::{Wrong, assert_passed_with_streams, stream};

// 2/0.1, 2/1.1 and 2/2.2

pub(super) fn wrong() -> Vec<Wrong> {
    vec![
        // 2/0.1: ||A||_1 ||A||_inf, a bound on the square of the spectral norm.
        Wrong::new(Difference("Compare the two norms one by one"), || {
            check::stable_rank(|a| {
                let most = |a: &Array2<f64>| a.rows().into_iter().map(|r| r.mapv(f64::abs).sum()).fold(0.0, f64::max);
                a.iter().map(|x| x * x).sum::<f64>() / (most(a) * most(&a.t().to_owned()))
            })
        }),
        // At least 1 and at most n by force, and 1 where anything goes wrong.
        Wrong::new(Difference("Is something compared with a fixed number"), || {
            check::stable_rank(|a| {
                let r = singular_values(a);
                if r[0] < 1e-6 { 1.0 } else { (r.dot(&r) / r[0].powi(2)).clamp(1.0, a.ncols() as f64) }
            })
        }),
        // 2/1.1: the first block of each size is kept for all seeds.
        Wrong::new(Cause("every seed gave the same vectors"), || {
            check::range_finder(
                |a, width, seed| {
                    static KEPT: Mutex<BTreeMap<(usize, usize), Array2<f64>>> = Mutex::new(BTreeMap::new());
                    let g = KEPT.lock().map(|mut kept| {
                        let draw = || Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
                        kept.entry((a.dim(), width)).or_insert_with(draw).clone()
                    });
                    orthonormalize(&a.apply_block(&g.unwrap_or_default()))
                },
                solutions::range_error,
            )
        }),
        // A generator for each row.
        Wrong::new(Cause("have come before. Draw every entry"), || {
            check::range_finder(
                |a, width, seed| {
                    let mut g = Array2::zeros((a.dim(), width));
                    for (i, mut row) in g.rows_mut().into_iter().enumerate() {
                        row.assign(&Probe::Gaussian.draw(width, &mut rng(seed.wrapping_add(i as u64))));
                    }
                    orthonormalize(&a.apply_block(&g))
                },
                solutions::range_error,
            )
        }),
        // The last column is the sum of the others, made orthogonal by force.
        Wrong::new(Difference("relative to A G, the part outside"), || {
            check::range_finder(
                |a, width, seed| {
                    let mut q = solutions::range_finder(a, width, seed);
                    if width > 2 {
                        let mut v = Probe::Gaussian.draw(a.dim(), &mut rng(seed.wrapping_add(1)));
                        let inside = q.slice(s![.., ..width - 1]).dot(&q.slice(s![.., ..width - 1]).t().dot(&v));
                        v -= &inside;
                        q.column_mut(width - 1).assign(&(&v / norm(&v)));
                    }
                    q
                },
                solutions::range_error,
            )
        }),
        // The norm by a power iteration of ten steps.
        Wrong::new(Difference("an iteration that stops early"), || {
            check::range_finder(solutions::range_finder, |a, q| {
                let residual = a - &q.dot(&q.t().dot(a));
                let mut v = Array1::<f64>::ones(a.ncols());
                for _ in 0..10 {
                    v = residual.t().dot(&residual.dot(&v));
                    v = &v / norm(&v).max(1e-300);
                }
                norm(&residual.dot(&v))
            })
        }),
        // What the basis captures is lost on the way, and nothing is subtracted.
        Wrong::new(Cause("This is the norm of A; subtract"), || {
            check::range_finder(solutions::range_finder, |a, q| {
                singular_values(&(a - &a.dot(&q.dot(&q.t()).mapv(|_| 0.0))))[0]
            })
        }),
        // The error for the first column of the basis alone.
        Wrong::new(Difference("Form the residual"), || {
            check::range_finder(solutions::range_finder, |a, q| {
                solutions::range_error(a, &q.slice(s![.., ..1]).to_owned())
            })
        }),
        // 2/2.2: rank one is captured, and what is left of others is measured against A's norm.
        Wrong::new(Difference("Is there a number in your code"), || {
            check::oversampling_errors(|a, k, ps, n, seed| {
                let errors = solutions::oversampling_errors(a, k, ps, n, seed);
                errors.mapv(|e| if e < 1e-6 { 0.0 } else { e.max(0.1) })
            })
        }),
        // Every row is sorted in descending order.
        Wrong::new(Cause("They are sorted"), || {
            check::oversampling_errors(|a, k, ps, n, seed| {
                let mut errors = solutions::oversampling_errors(a, k, ps, n, seed);
                for mut row in errors.rows_mut() {
                    let mut sorted = row.to_vec();
                    sorted.sort_by(|x, y| y.total_cmp(x));
                    row.assign(&Array1::from(sorted));
                }
                errors
            })
        }),
        // The running mean of the trials.
        Wrong::new(Difference("their mean is"), || {
            check::oversampling_errors(|a, k, ps, n, seed| {
                let mut errors = solutions::oversampling_errors(a, k, ps, n, seed);
                for mut row in errors.rows_mut() {
                    let mut sum = 0.0;
                    for (t, e) in row.iter_mut().enumerate() {
                        sum += *e;
                        *e = sum / (t + 1) as f64;
                    }
                }
                errors
            })
        }),
        // The errors of trial t are those of trial t - 1, and the first is zero.
        Wrong::new(Difference("Is each entry one call of your `range_error`, unchanged?"), || {
            check::oversampling_errors(|a, k, ps, n, seed| {
                let errors = solutions::oversampling_errors(a, k, ps, n, seed);
                Array2::from_shape_fn((ps.len(), n), |(i, t)| if t == 0 { 0.0 } else { errors[[i, t - 1]] })
            })
        }),
    ]
}

#[test]
fn right_versions_pass_with_a_few_streams() {
    // 2/1.1: seeds that depend on the width, and Gram-Schmidt in place; the error by the Gram matrix of the residual.
    assert_passed_with_streams(5, || {
        check::range_finder(
            |a, width, seed| {
                let g =
                    Probe::Gaussian.draw_block(a.dim(), width, &mut rng((seed ^ stream()).wrapping_add(width as u64)));
                let mut q = a.apply_block(&g);
                for j in 0..width {
                    for _ in 0..2 {
                        for i in 0..j {
                            let c = q.column(i).dot(&q.column(j));
                            let other = q.column(i).to_owned();
                            q.column_mut(j).scaled_add(-c, &other);
                        }
                        let length = norm(&q.column(j));
                        q.column_mut(j).mapv_inplace(|x| x / length);
                    }
                }
                q
            },
            |a, q| singular_values(&(a.t().to_owned() - a.t().dot(q).dot(&q.t())))[0],
        )
    });
    // 2/2.2: from the last p to the first.
    assert_passed_with_streams(3, || {
        check::oversampling_errors(|a, k, ps, n, seed| {
            let of_trials: Vec<u64> = seeds(seed ^ stream()).take(n).collect();
            let mut errors = Array2::zeros((ps.len(), n));
            for i in (0..ps.len()).rev() {
                for (t, &seed) in of_trials.iter().enumerate() {
                    let q = solutions::range_finder(&Dense::from(a), k + ps[i], seed);
                    errors[[i, t]] = solutions::range_error(a, &q);
                }
            }
            errors
        })
    });
}
