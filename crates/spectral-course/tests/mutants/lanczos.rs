use matrix_free::linalg::{eigh_tridiagonal, eigvalsh, norm};
use matrix_free::operator::{SymmetricOperator, to_dense};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, s};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, RitzValues, Top, lanczos};

use super::assert_rejected;

type Operator<'a> = &'a dyn SymmetricOperator;

// 1/4.1 the three-term recurrence

/// What a version of the recurrence may do its own way.
struct Version {
    normalise: bool,
    products: usize,
    /// The factor of `q_j` and that of `q_{j-1}` in `r`.
    signs: [f64; 2],
    alpha_after: bool,
    beta: fn(f64) -> f64,
    /// beta, the norm of the product and n: whether to stop.
    stop: fn(f64, f64) -> bool,
}

const RIGHT: Version = Version {
    normalise: true,
    products: 1,
    signs: [-1.0, -1.0],
    alpha_after: false,
    beta: |length| length,
    stop: |beta, size| beta <= 1e-12 * size,
};

fn recurrence(version: &Version, a: Operator, start: &Array1<f64>, n_steps: usize) -> Lanczos {
    let length = if version.normalise { norm(start) } else { 1.0 };
    let mut q = vec![start / length];
    let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    for j in 0..n_steps {
        for _ in 1..version.products {
            a.apply(&q[j]);
        }
        let mut r = a.apply(&q[j]);
        let size = norm(&r);
        let product = q[j].dot(&r);
        r.scaled_add(version.signs[0] * product, &q[j]);
        if j > 0 {
            r.scaled_add(version.signs[1] * beta[j - 1], &q[j - 1]);
        }
        alpha.push(if version.alpha_after { q[j].dot(&r) } else { product });
        beta.push((version.beta)(norm(&r)));
        if (version.stop)(beta[j], size) {
            break;
        }
        q.push(r / beta[j]);
    }
    Lanczos::new(&q, &alpha, &beta)
}

#[test]
fn lanczos_three_term() {
    type Wrong = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let wrong: &[(&str, Wrong)] = &[
        ("divide it by its norm", |a, start, k| recurrence(&Version { normalise: false, ..RIGHT }, a, start, k)),
        ("compute it once and keep it", |a, start, k| recurrence(&Version { products: 2, ..RIGHT }, a, start, k)),
        ("with the sign of a minus", |a, start, k| recurrence(&Version { signs: [-1.0, 1.0], ..RIGHT }, a, start, k)),
        ("is beta_(j-1) q_(j-1) subtracted", |a, start, k| {
            recurrence(&Version { signs: [-1.0, 0.0], ..RIGHT }, a, start, k)
        }),
        ("so it is the vector q_j that is not", |a, start, k| {
            recurrence(&Version { signs: [0.0, -1.0], ..RIGHT }, a, start, k)
        }),
        ("before anything is subtracted", |a, start, k| {
            recurrence(&Version { alpha_after: true, ..RIGHT }, a, start, k)
        }),
        ("`beta <= 1e-12 * norm(product)`", |a, start, k| {
            recurrence(&Version { stop: |beta, _| beta == 0.0, ..RIGHT }, a, start, k)
        }),
        ("leave the loop before the division", |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta < 1e-12 * size, ..RIGHT }, a, start, k)
        }),
        ("not with a fixed number", |a, start, k| {
            recurrence(&Version { stop: |beta, _| beta < 1e-12, ..RIGHT }, a, start, k)
        }),
        ("start must be finite and not zero", |a, start, k| solutions::lanczos_three_term(a, &(start * 0.0), k)),
        ("it is the direction of `start`", |a, _, k| {
            solutions::lanczos_three_term(a, &Probe::Gaussian.draw(a.dim(), &mut rng(0)), k)
        }),
        ("This is the square of the norm", |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.beta.mapv_inplace(|b| b * b);
            run
        }),
        ("It is `residual`", |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.residual = 0.0;
            run
        }),
        ("beta must hold one number per step", |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            let q: Vec<Array1<f64>> = run.basis.columns().into_iter().map(|q| q.to_owned()).collect();
            Lanczos::new(&q, &run.alpha.to_vec(), &run.beta.to_vec())
        }),
        ("The loop takes one step too many", |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            a.apply(&run.basis.column(0));
            run
        }),
        ("expected shape (20, 6), got (6, 20)", |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.basis = run.basis.t().to_owned();
            run
        }),
        ("expected length 6, got 5", |a, start, k| recurrence(&RIGHT, a, start, k - 1)),
    ];
    for (message, student) in wrong {
        assert_rejected(check::lanczos_three_term(*student), message);
    }
}

#[test]
fn other_right_recurrences_pass() {
    type Right = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let right: &[Right] = &[
        |a, start, k| recurrence(&RIGHT, a, start, k),
        // Paige's order: beta q_(j-1) is subtracted first, and alpha taken from what is left.
        |a, start, k| {
            let mut q = vec![start / norm(start)];
            let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
            for j in 0..k {
                let mut r = a.apply(&q[j]);
                if j > 0 {
                    r = r - &q[j - 1] * beta[j - 1];
                }
                alpha.push(r.dot(&q[j]));
                r = r - &q[j] * alpha[j];
                beta.push(norm(&r));
                let size = alpha.iter().chain(&beta).fold(0.0, |m: f64, x| m.max(x.abs()));
                if beta[j] <= 1e-10 * size {
                    break;
                }
                q.push(r / beta[j]);
            }
            Lanczos::new(&q, &alpha, &beta)
        },
        |a, start, k| lanczos(a, start, k, Reorthogonalization::Full),
    ];
    for student in right {
        let card = check::lanczos_three_term(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}

// 1/4.2 Ritz values

#[test]
fn ritz_values() {
    type Wrong = fn(&Lanczos, usize) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("These are the diagonal entries of T", |run, k| run.alpha.slice(s![..k]).to_owned()),
        ("These are the largest of all twelve", |run, k| run.ritz().values.slice(s![run.alpha.len() - k..]).to_owned()),
        ("These are the smallest of all twelve", |run, k| run.ritz().values.slice(s![..k]).to_owned()),
        ("Ascending order", |run, k| solutions::ritz_values(run, k).iter().rev().copied().collect()),
        ("the leading one", |run, k| {
            let m = run.alpha.len() - k;
            eigh_tridiagonal(&run.alpha.slice(s![m..]).to_owned(), &run.beta.slice(s![m..]).to_owned()).values
        }),
        ("expected length 1, got 12", |run, _| run.ritz().values),
        ("one fewer than alpha", |run, k| {
            eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &run.beta.slice(s![..k.min(11)]).to_owned()).values
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::ritz_values(*student), message);
    }
    let by_basis = check::ritz_values(|run, k| {
        let t = ndarray::Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
            0 => run.alpha[i],
            1 => run.beta[i.min(j)],
            _ => 0.0,
        });
        eigvalsh(&t)
    });
    assert_eq!(by_basis.status, Status::Passed, "{by_basis}");
}

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
        ("the largest stand last", |a, k, n, top, seed| {
            let key = key(top);
            top_of(&full(a, n, seed), k, |v| -key(v), right_bound)
        }),
        ("the top one comes first", |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values = got.values.iter().rev().copied().collect();
            got
        }),
        ("with their signs", |a, k, n, top, seed| {
            let mut got = solutions::lanczos_top(a, k, n, top, seed);
            got.values.mapv_inplace(f64::abs);
            got
        }),
        ("This is the first component of u", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| run.residual * vectors[[0, i]].abs())
        }),
        ("The component is squared here", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[run.alpha.len() - 1, i]].powi(2)
            })
        }),
        ("which is `run.residual`, is missing", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| vectors[[run.alpha.len() - 1, i]].abs())
        }),
        ("this is the last entry of `run.beta`", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.beta[run.beta.len() - 1] * vectors[[run.alpha.len() - 1, i]].abs()
            })
        }),
        ("without the last component of u", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, _, _| run.residual)
        }),
        ("eigenvector i of T is column i", |a, k, n, top, seed| {
            top_of(&full(a, n, seed), k, key(top), |run, vectors, i| {
                run.residual * vectors[[i, run.alpha.len() - 1]].abs()
            })
        }),
        ("in another order", |a, k, n, top, seed| {
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
        ("draws it from the seed", |a, k, n, top, _| solutions::lanczos_top(a, k, n, top, 0)),
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
