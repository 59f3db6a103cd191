use matrix_free::linalg::{eigh_tridiagonal, eigvalsh, norm};
use matrix_free::operator::from_fn;
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Axis, concatenate, s};
use spectral_course::check;
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, lanczos};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

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

fn wrong_lanczos_three_term() -> Vec<Wrong> {
    type Student = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Divide `start` by its norm"), |a, start, k| {
            recurrence(&Version { normalise: false, ..RIGHT }, a, start, k)
        }),
        (Cause("compute it once and keep it"), |a, start, k| {
            recurrence(&Version { products: 2, ..RIGHT }, a, start, k)
        }),
        (Cause("with the right sign"), |a, start, k| recurrence(&Version { signs: [-1.0, 1.0], ..RIGHT }, a, start, k)),
        (Cause("Do you subtract beta_(j-1) q_(j-1)"), |a, start, k| {
            recurrence(&Version { signs: [-1.0, 0.0], ..RIGHT }, a, start, k)
        }),
        (Cause("Is alpha_1 q_1 subtracted from A q_1"), |a, start, k| {
            recurrence(&Version { signs: [0.0, -1.0], ..RIGHT }, a, start, k)
        }),
        (Cause("before you subtract anything"), |a, start, k| {
            recurrence(&Version { alpha_after: true, ..RIGHT }, a, start, k)
        }),
        (Cause("`beta <= 1e-12 * norm(product)`"), |a, start, k| {
            recurrence(&Version { stop: |beta, _| beta == 0.0, ..RIGHT }, a, start, k)
        }),
        (Cause("leave the loop before dividing"), |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta < 1e-12 * size, ..RIGHT }, a, start, k)
        }),
        (Cause("not with a fixed number"), |a, start, k| {
            recurrence(&Version { stop: |beta, _| beta < 1e-12, ..RIGHT }, a, start, k)
        }),
        (Difference("start must be finite and not zero"), |a, start, k| {
            solutions::lanczos_three_term(a, &(start * 0.0), k)
        }),
        (Cause("It must point in the direction of `start`"), |a, _, k| {
            solutions::lanczos_three_term(a, &Probe::Gaussian.draw(a.dim(), &mut rng(0)), k)
        }),
        (Cause("This is the squared norm"), |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.beta.mapv_inplace(|b| b * b);
            run
        }),
        (Cause("This is `residual`"), |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.residual = 0.0;
            run
        }),
        (Cause("beta must hold one number per step"), |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            let q: Vec<Array1<f64>> = run.basis.columns().into_iter().map(|q| q.to_owned()).collect();
            Lanczos::new(&q, &run.alpha.to_vec(), &run.beta.to_vec())
        }),
        (Cause("The loop takes one step too many"), |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            a.apply(&run.basis.column(0));
            run
        }),
        (Cause("expected shape (20, 6), got (6, 20)"), |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            run.basis = run.basis.t().to_owned();
            run
        }),
        (Difference("expected length 6, got 5"), |a, start, k| recurrence(&RIGHT, a, start, k - 1)),
        (Cause("not with a fixed number"), |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta <= 1e-12 || beta <= 1e-12 * size, ..RIGHT }, a, start, k)
        }),
        (Cause("not with a fixed number"), |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta <= 1e-12 * size.max(1.0), ..RIGHT }, a, start, k)
        }),
        (Cause("not with a fixed number"), |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta <= 1e-12 * (1.0 + size), ..RIGHT }, a, start, k)
        }),
        (Cause("Rounding is at 1e-16"), |a, start, k| {
            recurrence(&Version { stop: |beta, size| beta <= 1e-6 * size, ..RIGHT }, a, start, k)
        }),
        (Cause("not with a fixed number"), |a, start, k| {
            recurrence(&Version { stop: |beta, _| beta < 1e-6, ..RIGHT }, a, start, k)
        }),
        (Cause("Is a fixed number added to beta"), |a, start, k| {
            recurrence(&Version { beta: |length| length + 1e-12, ..RIGHT }, a, start, k)
        }),
        (Cause("Is a fixed number added to beta, or beta limited"), |a, start, k| {
            recurrence(&Version { beta: |length| length.max(1e-10), ..RIGHT }, a, start, k)
        }),
        (Cause("digits are lost: through `f32`"), |a, start, k| {
            let single = from_fn(a.dim(), |x| a.apply(x).mapv(|y| f64::from(y as f32)));
            recurrence(&RIGHT, &single, start, k)
        }),
        (Cause("do not compare its length with a fixed number"), |a, start, k| {
            let length = norm(start);
            let start = if length < 1e-6 { Array1::ones(a.dim()) } else { start.clone() };
            recurrence(&RIGHT, a, &start, k)
        }),
        (Cause("The sign is wrong"), |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            Lanczos { alpha: -&run.alpha, ..run }
        }),
        (Cause("A norm is never negative"), |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            Lanczos { beta: -&run.beta, ..run }
        }),
        (Cause("Are the columns of Q in the order of the steps"), |a, start, k| {
            let run = recurrence(&RIGHT, a, start, k);
            let mut basis = run.basis.clone();
            let last = basis.ncols() - 1;
            if last > 2 {
                basis.column_mut(1).assign(&run.basis.column(2));
                basis.column_mut(2).assign(&run.basis.column(1));
            }
            Lanczos { basis, ..run }
        }),
        (Cause("Loop n_steps times"), |a, start, k| {
            // A loop from 1 to n_steps - 1, and the last entries made up.
            let mut run = recurrence(&RIGHT, a, start, k - 1);
            let extend = |x: &Array1<f64>| -> Array1<f64> { x.iter().copied().chain([0.0]).collect() };
            run.alpha = extend(&run.alpha);
            run.beta = extend(&run.beta);
            run.basis = concatenate![Axis(1), run.basis, run.basis.slice(s![.., ..1])];
            run
        }),
        (Cause("This is the norm of A q_j"), |a, start, k| {
            let mut run = recurrence(&RIGHT, a, start, k);
            if !run.beta.is_empty() {
                run.beta[0] = run.beta[0].hypot(run.alpha[0]);
            }
            run
        }),
        // The betas of the step before are mixed up with those of the step.
        (Cause("Do you subtract beta_(j-1) q_(j-1)"), |a, start, k| {
            let mut q = vec![start / norm(start)];
            let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
            for j in 0..k {
                let mut r = a.apply(&q[j]);
                alpha.push(q[j].dot(&r));
                r.scaled_add(-alpha[j], &q[j]);
                if j > 0 {
                    r.scaled_add(-alpha[j - 1], &q[j - 1]);
                }
                beta.push(norm(&r));
                q.push(&r / beta[j]);
            }
            Lanczos::new(&q, &alpha, &beta)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::lanczos_three_term(student))).collect()
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
        // Plain loops, and a stop by the largest number so far.
        |a, start, k| {
            let n = a.dim();
            let length = start.iter().map(|x| x * x).sum::<f64>().sqrt();
            let mut q: Vec<Array1<f64>> = vec![start.mapv(|x| x / length)];
            let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
            let mut scale: f64 = 0.0;
            for j in 0..k {
                let p = a.apply(&q[j]);
                let c: f64 = (0..n).map(|i| q[j][i] * p[i]).sum();
                let before = |i: usize| if j > 0 { beta[j - 1] * q[j - 1][i] } else { 0.0 };
                let r: Array1<f64> = (0..n).map(|i| p[i] - c * q[j][i] - before(i)).collect();
                let b = r.iter().map(|x| x * x).sum::<f64>().sqrt();
                scale = scale.max(c.abs() + b);
                alpha.push(c);
                beta.push(b);
                if b <= 1e-13 * scale {
                    break;
                }
                q.push(r.mapv(|x| x / b));
            }
            Lanczos::new(&q, &alpha, &beta)
        },
        |a, start, k| lanczos(a, start, k, Reorthogonalization::Full),
    ];
    for student in right {
        assert_passed(check::lanczos_three_term(*student));
    }
}

// 1/4.2 Ritz values

/// The eigenvalues of the leading block with other numbers beside the diagonal.
fn of_block(run: &Lanczos, k: usize, beside: fn(f64) -> f64) -> Array1<f64> {
    let beta = run.beta.slice(s![..k - 1]).mapv(beside);
    eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &beta).values
}

fn wrong_ritz_values() -> Vec<Wrong> {
    type Student = fn(&Lanczos, usize) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("These are the diagonal entries of T"), |run, k| run.alpha.slice(s![..k]).to_owned()),
        (Cause("These are the largest of all twelve"), |run, k| {
            run.ritz().values.slice(s![run.alpha.len() - k..]).to_owned()
        }),
        (Cause("These are the smallest of all twelve"), |run, k| run.ritz().values.slice(s![..k]).to_owned()),
        (Cause("Return them in ascending order"), |run, k| {
            solutions::ritz_values(run, k).iter().rev().copied().collect()
        }),
        (Cause("the leading block"), |run, k| {
            let m = run.alpha.len() - k;
            eigh_tridiagonal(&run.alpha.slice(s![m..]).to_owned(), &run.beta.slice(s![m..]).to_owned()).values
        }),
        (Difference("one entry per step: expected length 5, got 12"), |run, _| run.ritz().values),
        (Cause("one fewer than alpha"), |run, k| {
            eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &run.beta.slice(s![..k.min(11)]).to_owned()).values
        }),
        (Cause("beta is squared"), |run, k| of_block(run, k, |b| b * b)),
        (Cause("This is the root of beta"), |run, k| of_block(run, k, f64::sqrt)),
        (Cause("Half of beta"), |run, k| of_block(run, k, |b| b / 2.0)),
        (Cause("Twice beta"), |run, k| of_block(run, k, |b| 2.0 * b)),
        (Cause("These are the absolute values"), |run, k| solutions::ritz_values(run, k).mapv(f64::abs)),
        (Cause("These are the diagonal entries of T"), |run, k| of_block(run, k, |_| 0.0)),
        (Cause("The sign is wrong"), |run, k| -solutions::ritz_values(run, k)),
        (Cause("The betas are one step late"), |run, k| {
            let late: Array1<f64> = (1..k).map(|j| run.beta[j.min(run.beta.len() - 1)]).collect();
            eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &late).values
        }),
        (Difference("Is something compared with a fixed number"), |run, k| {
            of_block(run, k, |b| if b < 1e-6 { 0.0 } else { b })
        }),
        (Difference("Is something compared with a fixed number"), |run, k| of_block(run, k, |b| b.max(1e-6))),
        (Difference("digits are lost: through `f32`"), |run, k| {
            solutions::ritz_values(run, k).mapv(|x| f64::from(x as f32))
        }),
        // The upper triangle alone: its eigenvalues are its diagonal.
        (Cause("These are the diagonal entries of T"), |run, k| {
            let mut diagonal = run.alpha.slice(s![..k]).to_vec();
            diagonal.sort_by(f64::total_cmp);
            Array1::from(diagonal)
        }),
        (Difference("one entry per step: expected length 5, got 6"), |run, k| {
            solutions::ritz_values(run, (k + 1).min(run.alpha.len()))
        }),
        (Difference("out of bounds"), |run, k| {
            // The first twelve steps are taken for granted.
            let full = run.ritz().values[11];
            solutions::ritz_values(run, k).mapv(|x| x + 0.0 * full)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::ritz_values(student))).collect()
}

#[test]
fn right_versions_of_ritz_values_pass() {
    type Right = fn(&Lanczos, usize) -> Array1<f64>;
    let right: &[Right] = &[
        |run, k| {
            let t = ndarray::Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
                0 => run.alpha[i],
                1 => run.beta[i.min(j)],
                _ => 0.0,
            });
            eigvalsh(&t)
        },
        // The signs beside the diagonal do not matter.
        |run, k| of_block(run, k, |b| -b),
        |run, k| {
            let (mut alpha, mut beta) = (vec![], vec![]);
            for j in 0..k {
                alpha.push(run.alpha[j]);
                if j + 1 < k {
                    beta.push(run.beta[j]);
                }
            }
            eigh_tridiagonal(&Array1::from(alpha), &Array1::from(beta)).values
        },
    ];
    for student in right {
        assert_passed(check::ritz_values(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    [wrong_lanczos_three_term(), wrong_ritz_values()].into_iter().flatten().collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("lanczos", wrong());
}
