use matrix_free::linalg::{eigh_tridiagonal, norm};
use matrix_free::operator::from_fn;
use matrix_free::probe::{Probe, rng, seeds};
use ndarray::{Array1, Array2, ArrayRef1, Axis, s};
use spectral_course::check;
use spectral_course::solutions::{self, Eigenpairs, Lanczos, PowerIteration, RitzValues};

use crate::common::Says::{Cause, Difference};
use crate::common::{Operator, Wrong, assert_passed, assert_passed_with_streams, stream};

// 1/2.1 and 1/3.1 to 1/6.1

pub(super) fn wrong() -> Vec<Wrong> {
    iterations().into_iter().chain(krylov()).collect()
}

fn iterations() -> Vec<Wrong> {
    vec![
        // 1/2.1: ends once the value stands still to the last digit.
        Wrong::new(Cause("Does it stop because the value no longer changes?"), || {
            check::power_iteration(|a, steps, tolerance, seed| {
                power(a, steps, seed, |residual, value, history| {
                    let n = history.len();
                    residual <= tolerance * value.abs() || n > 1 && history[n - 1] == history[n - 2]
                })
            })
        }),
        // A tenth of the tolerance, to be safe.
        Wrong::new(Cause("and no other factor or number"), || {
            check::power_iteration(|a, steps, tolerance, seed| {
                power(a, steps, seed, |residual, value, _| residual <= 0.1 * tolerance * value.abs())
            })
        }),
        // A generator that goes on from call to call.
        Wrong::new(Cause("two calls with seed 3 gave different vectors"), || {
            check::power_iteration(|a, steps, tolerance, seed| {
                thread_local!(static CALLS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });
                CALLS.set(CALLS.get() + 1);
                solutions::power_iteration(a, steps, tolerance, seed ^ (CALLS.get() << 32))
            })
        }),
        // The value is the largest in magnitude of the history.
        Wrong::new(Cause("not of the last"), || {
            check::power_iteration(|a, steps, tolerance, seed| {
                let run = solutions::power_iteration(a, steps, tolerance, seed);
                let value = run.history.iter().copied().fold(0.0, |l: f64, x| if x.abs() > l.abs() { x } else { l });
                PowerIteration { value, ..run }
            })
        }),
        // The mean of the last two quotients.
        Wrong::new(Difference("value is the last Rayleigh quotient"), || {
            check::power_iteration(|a, steps, tolerance, seed| {
                let run = solutions::power_iteration(a, steps, tolerance, seed);
                let n = run.history.len();
                PowerIteration { value: (run.history[n - 1] + run.history[n.saturating_sub(2)]) / 2.0, ..run }
            })
        }),
        // 1/3.1: small values count as zero, and end the search.
        Wrong::new(Difference("Is something compared with a fixed number"), || {
            check::deflation(|a, k, steps, tolerance, seed| {
                let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
                pairs.values.mapv_inplace(|x| if x.abs() < 1e-3 { 0.0 } else { x });
                pairs
            })
        }),
        // Seeds of neighbouring calls overlap: the seed of run j is the first of `seeds(seed + j)`.
        Wrong::new(Cause("as with seed + 1, seed + 2"), || {
            check::deflation(|a, k, steps, tolerance, seed| {
                deflate(a, k, steps, tolerance, |j| seeds(seed + j as u64).next().unwrap_or(0), |v| v.clone())
            })
        }),
        // Equal eigenvalues are reported once.
        Wrong::new(Cause("has two eigenvectors, and both count"), || {
            check::deflation(|a, k, steps, tolerance, seed| {
                let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
                for j in 1..k {
                    if (pairs.values[j] - pairs.values[j - 1]).abs() < 1e-6 * pairs.values[0].abs() {
                        pairs.values[j] = 0.0;
                    }
                }
                pairs
            })
        }),
    ]
}

fn krylov() -> Vec<Wrong> {
    vec![
        // 1/4.1: a millionth is added to beta, for safety.
        Wrong::new(Difference("a small number that is added"), || {
            check::lanczos_three_term(|a, start, k| lanczos(a, start, k, |length| length + 1e-6, three_terms))
        }),
        // The start is drawn anew where it is short.
        Wrong::new(Cause("It must point in the direction of `start`"), || {
            check::lanczos_three_term(|a, start, k| {
                lanczos(a, &start.mapv(|x| x.signum()), k, |length| length, three_terms)
            })
        }),
        // 1/4.2: by magnitude.
        Wrong::new(Cause("Return them in ascending order"), || {
            check::ritz_values(|run, k| {
                let mut values = solutions::ritz_values(run, k).to_vec();
                values.sort_by(|x, y| x.abs().total_cmp(&y.abs()));
                Array1::from(values)
            })
        }),
        // The last k alphas with the first betas.
        Wrong::new(Difference("T has alpha_1, .., alpha_k on its diagonal"), || {
            check::ritz_values(|run, k| {
                let m = run.alpha.len() - k;
                eigh_tridiagonal(&run.alpha.slice(s![m..]).to_owned(), &run.beta.slice(s![..k - 1]).to_owned()).values
            })
        }),
        // 1/5.1: rows instead of columns.
        Wrong::new(Difference("Look at the first entry that is wrong"), || {
            check::orthogonality_history(|basis| {
                let gram = basis.dot(&basis.t());
                (0..basis.ncols())
                    .map(|j| {
                        let block = gram.slice(s![..=j.min(basis.nrows() - 1), ..=j.min(basis.nrows() - 1)]).to_owned();
                        let defect = &block - &Array2::<f64>::eye(block.nrows());
                        defect.iter().fold(0.0, |l: f64, x| l.max(x.abs()))
                    })
                    .collect()
            })
        }),
        // Divided by the number of columns so far.
        Wrong::new(Difference("Look at the first entry that is wrong"), || {
            check::orthogonality_history(|basis| {
                let right = solutions::orthogonality_history(basis);
                right.iter().enumerate().map(|(j, x)| x / (j + 1) as f64).collect()
            })
        }),
        // 1/5.2: the passes are made once more in a step where much cancels.
        Wrong::new(Cause("Do you make more passes than `passes`?"), || {
            check::lanczos_gram_schmidt(|a, start, k, passes| {
                lanczos(
                    a,
                    start,
                    k,
                    |length| length,
                    |q, r| {
                        let size = norm(&r);
                        let r = (0..passes).fold(r, |r, _| pass(q, r));
                        if norm(&r) < 0.5 * size { pass(q, r) } else { r }
                    },
                )
            })
        }),
        // 1/5.3: a pass counts only where it changed something.
        Wrong::new(Cause("do you count only passes that change something"), || {
            check::lanczos_conditional(|a, start, k| {
                let mut passes = 0;
                let mut run = lanczos(
                    a,
                    start,
                    k,
                    |length| length,
                    |q, product| {
                        let size = norm(&product);
                        let r = three_terms(q, product);
                        if norm(&r) >= size / 2.0_f64.sqrt() {
                            return r;
                        }
                        let after = pass(q, r.clone());
                        passes += usize::from(norm(&(&after - &r)) > 1e-8 * size);
                        after
                    },
                );
                run.n_passes = passes;
                run
            })
        }),
        // 1/6.1: in the order of the bounds.
        Wrong::new(Cause("in the order of `top`"), || {
            check::lanczos_top(|a, k, n_steps, top, seed| {
                let all = solutions::lanczos_top(a, k, n_steps, top, seed);
                let mut order: Vec<usize> = (0..k).collect();
                order.sort_by(|&i, &j| all.bounds[i].total_cmp(&all.bounds[j]));
                RitzValues {
                    values: all.values.select(Axis(0), &order),
                    bounds: all.bounds.select(Axis(0), &order),
                    n_matvecs: all.n_matvecs,
                }
            })
        }),
        // The norm of A y - theta y with beta before last added in quadrature.
        Wrong::new(Difference("digits are lost"), || {
            check::lanczos_top(|a, k, n_steps, top, seed| {
                let mut got = solutions::lanczos_top(a, k, n_steps, top, seed);
                got.bounds.mapv_inplace(|b| b.hypot(1e-3 * b));
                got
            })
        }),
    ]
}

/// Power iteration with the student's own test for the end.
fn power(a: Operator, max_steps: usize, seed: u64, done: impl Fn(f64, f64, &[f64]) -> bool) -> PowerIteration {
    let mut v = Probe::Gaussian.draw(a.dim(), &mut rng(seed));
    v /= norm(&v);
    let mut history = Vec::new();
    loop {
        let product = a.apply(&v);
        let value = v.dot(&product);
        history.push(value);
        let residual = norm(&(&product - &(&v * value)));
        if done(residual, value, &history) || history.len() == max_steps {
            return PowerIteration { value, vector: v, residual, history };
        }
        v = &product / norm(&product);
    }
}

/// Deflation with the student's own seeds, and vectors as they are subtracted.
fn deflate(
    a: Operator,
    k: usize,
    steps: usize,
    tolerance: f64,
    seed: impl Fn(usize) -> u64,
    subtracted: impl Fn(&Array1<f64>) -> Array1<f64> + Sync,
) -> Eigenpairs {
    let (mut values, mut vectors, mut n_matvecs) = (Vec::<f64>::new(), Array2::zeros((a.dim(), k)), 0);
    for j in 0..k {
        let deflated = from_fn(a.dim(), |x: &ArrayRef1<f64>| {
            let mut product = a.apply(x);
            for (value, v) in values.iter().zip(vectors.columns()) {
                let v = subtracted(&v.to_owned());
                product.scaled_add(-value * v.dot(x), &v);
            }
            product
        });
        let run = solutions::power_iteration(&deflated, steps, tolerance, seed(j));
        n_matvecs += run.n_matvecs();
        values.push(run.value);
        vectors.column_mut(j).assign(&run.vector);
    }
    Eigenpairs::new(Array1::from(values), vectors, n_matvecs)
}

/// Lanczos with the student's own beta, of the length of r, and treatment of the product.
fn lanczos(
    a: Operator,
    start: &Array1<f64>,
    n_steps: usize,
    beta_of: impl Fn(f64) -> f64,
    mut treat: impl FnMut(&[Array1<f64>], Array1<f64>) -> Array1<f64>,
) -> Lanczos {
    let mut q = vec![start / norm(start)];
    let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    for j in 0..n_steps {
        let product = a.apply(&q[j]);
        let size = norm(&product);
        alpha.push(q[j].dot(&product));
        let r = treat(&q, product);
        beta.push(beta_of(norm(&r)));
        if beta[j] <= 1e-12 * size {
            break;
        }
        q.push(r / beta[j]);
    }
    Lanczos::new(&q, &alpha, &beta)
}

fn three_terms(q: &[Array1<f64>], mut r: Array1<f64>) -> Array1<f64> {
    for q in q.iter().rev().take(2) {
        let c = q.dot(&r);
        r.scaled_add(-c, q);
    }
    r
}

fn pass(q: &[Array1<f64>], r: Array1<f64>) -> Array1<f64> {
    let coefficients: Vec<f64> = q.iter().map(|q| q.dot(&r)).collect();
    q.iter().zip(coefficients).fold(r, |r, (q, c)| r - q * c)
}

#[test]
fn right_versions_pass_with_a_few_streams() {
    // 1/2.1: the vector turned so that its largest entry is positive.
    assert_passed_with_streams(5, || {
        check::power_iteration(|a, steps, tolerance, seed| {
            let mut run = power(a, steps, seed ^ stream(), |residual, value, _| residual <= tolerance * value.abs());
            let largest = run.vector.iter().copied().fold(0.0, |l: f64, x| if x.abs() > l.abs() { x } else { l });
            run.vector *= largest.signum();
            run
        })
    });
    // 1/3.1: the latest pair is subtracted first.
    assert_passed_with_streams(5, || {
        check::deflation(|a, k, steps, tolerance, seed| {
            let of_runs: Vec<u64> = seeds(seed ^ stream()).take(k).collect();
            deflate(a, k, steps, tolerance, |j| of_runs[j], |v| -v)
        })
    });
    // 1/5.2: by the matrix of all vectors so far.
    assert_passed(check::lanczos_gram_schmidt(|a, start, k, passes| {
        lanczos(
            a,
            start,
            k,
            |length| length,
            |q, mut r| {
                let views: Vec<_> = q.iter().map(|q| q.view()).collect();
                let all = ndarray::stack(Axis(1), &views).unwrap_or_else(|_| Array2::zeros((r.len(), 0)));
                for _ in 0..passes {
                    r = &r - &all.dot(&all.t().dot(&r));
                }
                r
            },
        )
    }));
    // 1/5.3: the condition on squares.
    assert_passed(check::lanczos_conditional(|a, start, k| {
        let mut passes = 0;
        let mut run = lanczos(
            a,
            start,
            k,
            |length| length,
            |q, product| {
                let size = product.dot(&product);
                let r = three_terms(q, product);
                if r.dot(&r) < 0.5 * size {
                    passes += 1;
                    return pass(q, r);
                }
                r
            },
        );
        run.n_passes = passes;
        run
    }));
    // 1/6.1: twice the steps would be wrong, the start of another stream is not.
    assert_passed_with_streams(5, || {
        check::lanczos_top(|a, k, n_steps, top, seed| solutions::lanczos_top(a, k, n_steps, top, seed ^ stream()))
    });
}
