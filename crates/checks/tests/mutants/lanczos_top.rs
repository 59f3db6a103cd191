use matrix_free::linalg::eigvalsh;
use matrix_free::operator::to_dense;
use matrix_free::probe::{Probe, rng};
use ndarray::Array1;
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, RitzValues, Top, lanczos};

use super::common::{Operator, assert_rejected};

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

#[test]
fn lanczos_top() {
    type Wrong = fn(Operator, usize, usize, Top, u64) -> RitzValues;
    let wrong: &[(&str, Wrong)] = &[
        ("`top` is Top::LargestMagnitude", |a, k, n, _, seed| top_of(&full(a, n, seed), k, |v| v, right_bound)),
        ("`top` is Top::Largest", |a, k, n, _, seed| top_of(&full(a, n, seed), k, f64::abs, right_bound)),
        ("the largest come last", |a, k, n, top, seed| {
            let key = key(top);
            top_of(&full(a, n, seed), k, |v| -key(v), right_bound)
        }),
        ("put the top one first", |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values = got.values.iter().rev().copied().collect();
            got
        }),
        ("with their signs", |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values.mapv_inplace(f64::abs);
            got
        }),
        ("This uses the first component of u", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[0, i]].abs())
        }),
        ("You squared the last component", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[run.alpha.len() - 1, i]].powi(2)
            })
        }),
        ("which is `run.residual`, is missing", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| vectors[[run.alpha.len() - 1, i]].abs())
        }),
        ("This uses the last entry of `run.beta`", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.beta[run.beta.len() - 1] * vectors[[run.alpha.len() - 1, i]].abs()
            })
        }),
        ("This is the residual of the whole run", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, _, _| run.residual)
        }),
        ("eigenvector i of T is column i", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[i, run.alpha.len() - 1]].abs()
            })
        }),
        ("in the wrong order", |a, k, n, top, seed| {
            let run = full(a, n, seed);
            let vectors = run.ritz().vectors;
            let mut got = top_of(&run, k, key(top), right_bound);
            got.bounds = (0..k).map(|i| right_bound(&run, &vectors, vectors.ncols() - 1 - i)).collect();
            got
        }),
        ("take its absolute value", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[run.alpha.len() - 1, i]])
        }),
        ("Use `Reorthogonalization::Full`", |a, k, n, top, seed| {
            top_of(&lanczos(a, seed, n, Reorthogonalization::None), k, key(top), right_bound)
        }),
        ("draws the start vector from the seed", |a, k, n, top, _| solutions::lanczos_top(a, k, n, top, 0)),
        ("and n_matvecs = 0", |a, k, n, top, seed| RitzValues {
            n_matvecs: 0,
            ..solutions::lanczos_top(a, k, n, top, seed)
        }),
        ("got 16 products", |a, k, n, top, seed| {
            full(a, n, seed);
            solutions::lanczos_top(a, k, n, top, seed)
        }),
        ("expected length 3, got 8", |a, k, n, top, seed| {
            let _ = k;
            solutions::lanczos_top(a, n, n, top, seed)
        }),
        ("got 30 products", |a, k, _, top, seed| solutions::lanczos_top(a, k, a.dim(), top, seed)),
        ("products and n_matvecs", |a, k, n, top, seed| {
            let values = eigvalsh(&to_dense(a));
            let mut order: Vec<f64> = values.to_vec();
            let key = key(top);
            order.sort_by(|x, y| key(*y).total_cmp(&key(*x)));
            let _ = seed;
            RitzValues { values: order[..k].iter().copied().collect(), bounds: Array1::zeros(k), n_matvecs: n }
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::lanczos_top(*student), message);
    }
    // A start of one's own, and the residuals computed from the Ritz vectors, at no product more.
    let right = check::lanczos_top(|a, k, n, top, seed| {
        let start = Probe::Rademacher.draw(a.dim(), &mut rng(seed));
        let run = lanczos(a, &start, n, Reorthogonalization::Full);
        top_of(&run, k, key(top), right_bound)
    });
    assert_eq!(right.status, Status::Passed, "{right}");
}
