use matrix_free::linalg::eigvalsh;
use matrix_free::operator::to_dense;
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, s};
use spectral_course::check;
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, RitzValues, Top, lanczos};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 1/6.1 the top

/// The top with the parts that a student gets wrong: the run, the order, the bound.
fn top_of(
    run: &Lanczos,
    k: usize,
    key: impl Fn(f64) -> f64,
    bound: impl Fn(&Lanczos, &ndarray::Array2<f64>, usize) -> f64,
) -> RitzValues {
    let ritz = run.ritz();
    let mut order: Vec<usize> = (0..run.alpha.len()).collect();
    order.sort_by(|&i, &j| key(ritz.values[j]).total_cmp(&key(ritz.values[i])));
    RitzValues {
        values: order[..k].iter().map(|&i| ritz.values[i]).collect(),
        bounds: order[..k].iter().map(|&i| bound(run, &ritz.vectors, i)).collect(),
        n_matvecs: run.n_matvecs,
    }
}

fn full(a: Operator, n_steps: usize, seed: u64) -> Lanczos {
    lanczos(a, seed, n_steps, Reorthogonalization::Full)
}

fn key(top: Top) -> impl Fn(f64) -> f64 {
    move |value| if top == Top::Largest { value } else { value.abs() }
}

fn right_bound(run: &Lanczos, vectors: &ndarray::Array2<f64>, i: usize) -> f64 {
    run.residual * vectors[[run.alpha.len() - 1, i]].abs()
}

fn wrong_lanczos_top() -> Vec<Wrong> {
    type Student = fn(Operator, usize, usize, Top, u64) -> RitzValues;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("`top` is Top::LargestMagnitude"), |a, k, n, _, seed| top_of(&full(a, n, seed), k, |v| v, right_bound)),
        (Cause("`top` is Top::Largest, so"), |a, k, n, _, seed| top_of(&full(a, n, seed), k, f64::abs, right_bound)),
        (Cause("the largest come last"), |a, k, n, top, seed| {
            let key = key(top);
            top_of(&full(a, n, seed), k, |v| -key(v), right_bound)
        }),
        (Cause("put the top one first"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values = got.values.iter().rev().copied().collect();
            got
        }),
        (Cause("return the values with their signs"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values.mapv_inplace(f64::abs);
            got
        }),
        (Cause("This uses the first component of u"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[0, i]].abs())
        }),
        (Cause("You squared the last component"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[run.alpha.len() - 1, i]].powi(2)
            })
        }),
        (Cause("which is `run.residual`, is missing"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| vectors[[run.alpha.len() - 1, i]].abs())
        }),
        (Cause("This uses the last entry of `run.beta`"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.beta[run.beta.len() - 1] * vectors[[run.alpha.len() - 1, i]].abs()
            })
        }),
        (Cause("This is the residual of the whole run"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, _, _| run.residual)
        }),
        (Cause("eigenvector i of T is column i"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[i, run.alpha.len() - 1]].abs()
            })
        }),
        (Cause("in the wrong order"), |a, k, n, top, seed| {
            let run = full(a, n, seed);
            let vectors = run.ritz().vectors;
            let mut got = top_of(&run, k, key(top), right_bound);
            got.bounds = (0..k).map(|i| right_bound(&run, &vectors, vectors.ncols() - 1 - i)).collect();
            got
        }),
        (Cause("take its absolute value"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[run.alpha.len() - 1, i]])
        }),
        (Cause("Use `Reorthogonalization::Full`"), |a, k, n, top, seed| {
            top_of(&lanczos(a, seed, n, Reorthogonalization::None), k, key(top), right_bound)
        }),
        (Cause("gave the same vector; `lanczos(a, seed"), |a, k, n, top, _| solutions::lanczos_top(a, k, n, top, 0)),
        (Cause("and n_matvecs = 0"), |a, k, n, top, seed| RitzValues {
            n_matvecs: 0,
            ..solutions::lanczos_top(a, k, n, top, seed)
        }),
        (Cause("got 16 products"), |a, k, n, top, seed| {
            full(a, n, seed);
            solutions::lanczos_top(a, k, n, top, seed)
        }),
        (Difference("expected length 3, got 8"), |a, k, n, top, seed| {
            let _ = k;
            solutions::lanczos_top(a, n, n, top, seed)
        }),
        (Cause("got 30 products and n_matvecs = 30"), |a, k, _, top, seed| {
            solutions::lanczos_top(a, k, a.dim(), top, seed)
        }),
        (Cause("got 30 products and n_matvecs = 8"), |a, k, n, top, seed| {
            let values = eigvalsh(&to_dense(a));
            let mut order: Vec<f64> = values.to_vec();
            let key = key(top);
            order.sort_by(|x, y| key(*y).total_cmp(&key(*x)));
            let _ = seed;
            RitzValues { values: order[..k].iter().copied().collect(), bounds: Array1::zeros(k), n_matvecs: n }
        }),
        (Cause("return `run.n_matvecs`, not n_steps"), |a, k, n, top, seed| RitzValues {
            n_matvecs: n,
            ..solutions::lanczos_top(a, k, n, top, seed)
        }),
        (Cause("The number of steps taken is `ritz.values.len()`"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[n - 1, i]].abs())
        }),
        (Cause("The number of steps taken"), |a, k, n, top, seed| {
            let run = full(a, n, seed);
            let ritz = run.ritz();
            let mut order: Vec<usize> = (0..n).collect();
            let key = key(top);
            order.sort_by(|&i, &j| key(ritz.values[j]).total_cmp(&key(ritz.values[i])));
            top_of(&run, k, key, right_bound)
        }),
        (Cause("The residual is squared"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.bounds.mapv_inplace(|b| b * b);
            got
        }),
        (Cause("The residual is divided by the value"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.bounds = &got.bounds / &got.values.mapv(f64::abs);
            got
        }),
        (Cause("They are sorted on their own"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            let mut bounds = got.bounds.to_vec();
            bounds.sort_by(f64::total_cmp);
            got.bounds = Array1::from(bounds);
            got
        }),
        (Cause("the last component but one"), |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[run.alpha.len().saturating_sub(2), i]].abs()
            })
        }),
        (Cause("sorted with their signs"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            let mut values = got.values.to_vec();
            values.sort_by(|x, y| y.total_cmp(x));
            got.values = Array1::from(values);
            got
        }),
        (Cause("The first value is left out"), |a, k, n, top, seed| {
            let got = solutions::lanczos_top(a, k + 1, n, top, seed);
            RitzValues {
                values: got.values.slice(s![1..]).to_owned(),
                bounds: got.bounds.slice(s![1..]).to_owned(),
                n_matvecs: got.n_matvecs,
            }
        }),
        (Cause("The sign is wrong"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values.mapv_inplace(|v| -v);
            got
        }),
        (Difference("without a threshold"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.bounds.mapv_inplace(|b| b.max(1e-6));
            got
        }),
        (Difference("without a threshold"), |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values.mapv_inplace(|v| if v.abs() < 1e-6 { 0.0 } else { v });
            got
        }),
        (Difference("Eight steps give all eight eigenvalues"), |a, k, n, top, seed| {
            solutions::lanczos_top(a, k, (n - 1).max(k), top, seed)
        }),
        (Cause("without a division, a remainder or a cast"), |a, k, n, top, seed| {
            solutions::lanczos_top(a, k, n, top, seed / 2)
        }),
        (Cause("without a division, a remainder or a cast"), |a, k, n, top, seed| {
            solutions::lanczos_top(a, k, n, top, seed % 10)
        }),
        (Cause("may be orthogonal to the eigenvector you want"), |a, k, n, top, _| {
            top_of(&lanczos(a, &Array1::ones(a.dim()), n, Reorthogonalization::Full), k, key(top), right_bound)
        }),
        (Cause("Use `Reorthogonalization::Full`"), |a, k, n, top, seed| {
            let one_pass = Reorthogonalization::GramSchmidt { passes: 1 };
            top_of(
                &lanczos(a, seed, n, if n > 30 { Reorthogonalization::None } else { one_pass }),
                k,
                key(top),
                right_bound,
            )
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::lanczos_top(student))).collect()
}

#[test]
fn right_versions_of_lanczos_top_pass() {
    type Right = fn(Operator, usize, usize, Top, u64) -> RitzValues;
    let right: &[Right] = &[
        // Starts of one's own.
        |a, k, n, top, seed| {
            let start = Probe::Rademacher.draw(a.dim(), &mut rng(seed));
            top_of(&lanczos(a, &start, n, Reorthogonalization::Full), k, key(top), right_bound)
        },
        |a, k, n, top, seed| {
            let start = Probe::Gaussian.draw(a.dim(), &mut rng(seed ^ 0x5bd1_e995));
            top_of(&solutions::lanczos_gram_schmidt(a, &start, n, 2), k, key(top), right_bound)
        },
        // Pairs of value and bound, sorted together.
        |a, k, n, top, seed| {
            let run = full(a, n, seed);
            let ritz = run.ritz();
            let last = ritz.values.len() - 1;
            let mut pairs: Vec<(f64, f64)> =
                (0..=last).map(|i| (ritz.values[i], (run.residual * ritz.vectors[[last, i]]).abs())).collect();
            match top {
                Top::Largest => pairs.reverse(),
                Top::LargestMagnitude => pairs.sort_by(|x, y| y.0.abs().partial_cmp(&x.0.abs()).expect("numbers")),
            }
            RitzValues {
                values: pairs.iter().take(k).map(|pair| pair.0).collect(),
                bounds: pairs.iter().take(k).map(|pair| pair.1).collect(),
                n_matvecs: run.n_matvecs,
            }
        },
    ];
    for student in right {
        assert_passed(check::lanczos_top(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_lanczos_top()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("lanczos_top", wrong());
}
