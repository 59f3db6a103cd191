use matrix_free::linalg::norm;
use ndarray::Array1;
use spectral_course::check;
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, lanczos};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 1/5.2 and 1/5.3

/// Lanczos with the student's own treatment of the product: given the vectors so far, beta before, and the product with its `alpha`.
fn run_with(
    a: Operator,
    start: &Array1<f64>,
    n_steps: usize,
    mut treat: impl FnMut(&[Array1<f64>], Option<f64>, f64, Array1<f64>) -> Array1<f64>,
) -> Lanczos {
    let mut q = vec![start / norm(start)];
    let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    for j in 0..n_steps {
        let product = a.apply(&q[j]);
        let size = norm(&product);
        alpha.push(q[j].dot(&product));
        let r = treat(&q, beta.last().copied(), alpha[j], product);
        beta.push(norm(&r));
        if beta[j] <= 1e-12 * size {
            break;
        }
        q.push(r / beta[j]);
    }
    Lanczos::new(&q, &alpha, &beta)
}

/// Lanczos with the student's own test for the end: of beta and the norm of the product.
fn stopping(
    a: Operator,
    start: &Array1<f64>,
    n_steps: usize,
    stop: fn(f64, f64) -> bool,
    mut treat: impl FnMut(&[Array1<f64>], Array1<f64>) -> Array1<f64>,
) -> Lanczos {
    let mut q = vec![start / norm(start)];
    let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    for j in 0..n_steps {
        let product = a.apply(&q[j]);
        let size = norm(&product);
        alpha.push(q[j].dot(&product));
        let r = treat(&q, product);
        beta.push(norm(&r));
        if stop(beta[j], size) {
            break;
        }
        q.push(r / beta[j]);
    }
    Lanczos::new(&q, &alpha, &beta)
}

/// Classical Gram-Schmidt: all coefficients from the same r.
fn pass(q: &[Array1<f64>], mut r: Array1<f64>) -> Array1<f64> {
    let coefficients: Vec<f64> = q.iter().map(|q| q.dot(&r)).collect();
    for (c, q) in coefficients.iter().zip(q) {
        r.scaled_add(-c, q);
    }
    r
}

/// Modified Gram-Schmidt: each coefficient from what the ones before have left.
fn modified_pass(q: &[Array1<f64>], mut r: Array1<f64>) -> Array1<f64> {
    for q in q {
        let c = q.dot(&r);
        r.scaled_add(-c, q);
    }
    r
}

fn three_terms(q: &[Array1<f64>], beta: Option<f64>, alpha: f64, mut r: Array1<f64>) -> Array1<f64> {
    let j = q.len() - 1;
    r.scaled_add(-alpha, &q[j]);
    if let Some(beta) = beta {
        r.scaled_add(-beta, &q[j - 1]);
    }
    r
}

fn wrong_lanczos_gram_schmidt() -> Vec<Wrong> {
    type Student = fn(Operator, &Array1<f64>, usize, usize) -> Lanczos;
    let wrong: Vec<(Says, Student)> = vec![
        (Difference("near 1, got"), |a, start, k, passes| {
            run_with(a, start, k, |q, beta, alpha, product| {
                (0..passes).fold(three_terms(q, beta, alpha, product), |r, _| pass(q, r))
            })
        }),
        (Difference("near 1, got"), |a, start, k, _| solutions::lanczos_gram_schmidt(a, start, k, 2)),
        (
            Difference("does the second compute its coefficients Q^T r from the r that the first left"),
            |a, start, k, _| solutions::lanczos_gram_schmidt(a, start, k, 1),
        ),
        (Difference("does the second compute its coefficients"), |a, start, k, _| {
            solutions::lanczos_three_term(a, start, k)
        }),
        (Difference("Does every pass use all the vectors so far, including q_j"), |a, start, k, passes| {
            run_with(a, start, k, |q, beta, alpha, product| {
                let mut r = three_terms(q, beta, alpha, product);
                for _ in 0..passes {
                    let j = q.len() - 1;
                    r = pass(&q[j.saturating_sub(1)..], r);
                }
                r
            })
        }),
        // The coefficients of the product are subtracted in every pass.
        (Cause("Do the passes go against all the vectors so far"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                let once = pass(q, product.clone());
                &once * passes as f64 - &product * (passes as f64 - 1.0)
            })
        }),
        (Cause("Do the passes go against all the vectors so far"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| pass(&q[..q.len() - 1], r)))
        }),
        (Cause("are not of the same number of steps"), |a, start, k, passes| {
            let mut run = solutions::lanczos_gram_schmidt(a, start, k, passes);
            if run.alpha.len() == 1 {
                run.alpha = Array1::ones(k);
            }
            run
        }),
        (Cause("12. The product A q is needed twice"), |a, start, k, passes| {
            solutions::lanczos_gram_schmidt(a, start, k, passes);
            solutions::lanczos_gram_schmidt(a, start, k, passes)
        }),
        (Cause("not with a fixed number"), |a, start, k, passes| {
            stopping(a, start, k, |beta, _| beta <= 1e-12, |q, r| (0..passes).fold(r, |r, _| pass(q, r)))
        }),
        (Cause("not with a fixed number"), |a, start, k, passes| {
            stopping(
                a,
                start,
                k,
                |beta, size| beta <= 1e-12 * size.max(1.0),
                |q, r| (0..passes).fold(r, |r, _| pass(q, r)),
            )
        }),
        (Cause("not with a fixed number"), |a, start, k, passes| {
            stopping(
                a,
                start,
                k,
                |b, size| b < 1e-12 || b < 1e-12 * size,
                |q, r| (0..passes).fold(r, |r, _| pass(q, r)),
            )
        }),
        (Cause("not `beta == 0.0`"), |a, start, k, passes| {
            stopping(a, start, k, |beta, _| beta == 0.0, |q, r| (0..passes).fold(r, |r, _| pass(q, r)))
        }),
        (Cause("Rounding is at 1e-16"), |a, start, k, passes| {
            stopping(a, start, k, |b, size| b <= 1e-5 * size, |q, r| (0..passes).fold(r, |r, _| pass(q, r)))
        }),
        // The second pass leaves out q_j.
        (Cause("q_j and q_(j-1) included"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                (1..passes).fold(pass(q, product), |r, _| pass(&q[..q.len() - 1], r))
            })
        }),
        (Cause("q_j and q_(j-1) included"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                (1..passes).fold(pass(q, product), |r, _| pass(&q[..q.len().saturating_sub(2)], r))
            })
        }),
        // The second pass sees the last two alone.
        (Difference("Does every pass use all the vectors so far"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                (1..passes).fold(pass(q, product), |r, _| pass(&q[q.len().saturating_sub(2)..], r))
            })
        }),
        (Cause("it is the three-term recurrence"), |a, start, k, passes| {
            run_with(a, start, k, |q, beta, alpha, product| {
                (1..passes).fold(three_terms(q, beta, alpha, product), |r, _| pass(q, r))
            })
        }),
        (Cause("Do the passes go against all the vectors so far"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                (0..passes).fold(product, |r, _| pass(&q[1.min(q.len() - 1)..], r))
            })
        }),
        (Difference("near 1, got"), |a, start, k, passes| solutions::lanczos_gram_schmidt(a, start, k, passes + 1)),
        (Difference("near 1, got"), |a, start, k, passes| solutions::lanczos_gram_schmidt(a, start, k, passes.max(2))),
        (Difference("are there `passes` of them"), |a, start, k, passes| {
            solutions::lanczos_gram_schmidt(a, start, k, passes - 1)
        }),
        (Cause("This is the norm of A q_j"), |a, start, k, passes| {
            // beta before the passes.
            let mut q = vec![start / norm(start)];
            let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
            for j in 0..k {
                let product = a.apply(&q[j]);
                alpha.push(q[j].dot(&product));
                beta.push(norm(&product));
                let r = (0..passes).fold(product, |r, _| pass(&q, r));
                q.push(&r / norm(&r));
            }
            Lanczos::new(&q, &alpha, &beta)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::lanczos_gram_schmidt(student))).collect()
}

#[test]
fn right_versions_of_lanczos_gram_schmidt_pass() {
    type Student = fn(Operator, &Array1<f64>, usize, usize) -> Lanczos;
    let right: &[Student] = &[
        |a, start, k, passes| run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| pass(q, r))),
        |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| modified_pass(q, r)))
        },
    ];
    for student in right {
        assert_passed(check::lanczos_gram_schmidt(*student));
    }
}

/// The conditional recurrence with the student's own condition on the norm of r and that of the product, and pass.
fn conditional(
    a: Operator,
    start: &Array1<f64>,
    k: usize,
    due: fn(f64, f64) -> bool,
    pass: fn(&[Array1<f64>], Array1<f64>) -> Array1<f64>,
) -> Lanczos {
    let mut passes = 0;
    let mut run = run_with(a, start, k, |q, beta, alpha, product| {
        let size = norm(&product);
        let r = three_terms(q, beta, alpha, product);
        if due(norm(&r), size) {
            passes += 1;
            return pass(q, r);
        }
        r
    });
    run.n_passes = passes;
    run
}

fn wrong_lanczos_conditional() -> Vec<Wrong> {
    type Student = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("The inequality is the wrong way round"), |a, start, k| {
            conditional(a, start, k, |r, size| r > size / 2.0_f64.sqrt(), pass)
        }),
        (Cause("got 8. Make a pass only if"), |a, start, k| conditional(a, start, k, |_, _| true, pass)),
        (Cause("||A q|| / 2 instead of"), |a, start, k| conditional(a, start, k, |r, size| r < size / 2.0, pass)),
        (Cause("based on the norm of q"), |a, start, k| conditional(a, start, k, |r, _| r < 0.1, pass)),
        (Cause("`Lanczos::new` sets it to 0"), |a, start, k| Lanczos {
            n_passes: 0,
            ..solutions::lanczos_conditional(a, start, k)
        }),
        (Cause("The pass must use all the vectors so far"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |q, r| pass(&q[q.len() - 1..], r))
        }),
        (Cause("The pass must use all the vectors so far"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |_, r| r)
        }),
        (Cause("expected 7 passes in 8 steps, got 14"), |a, start, k| {
            let mut run = solutions::lanczos_conditional(a, start, k);
            run.n_passes *= 2;
            run
        }),
        (Cause("Make one pass, and only if"), |a, start, k| lanczos(a, start, k, Reorthogonalization::Full)),
        (Cause("Compare ||r||, after the subtractions"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 1.2, pass)
        }),
        // The pass leaves out q_j, or the last two, which the recurrence has just subtracted.
        (Cause("q_j and q_(j-1) included"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |q, r| pass(&q[..q.len() - 1], r))
        }),
        (Cause("q_j and q_(j-1) included"), |a, start, k| {
            conditional(
                a,
                start,
                k,
                |r, size| r < size / 2.0_f64.sqrt(),
                |q, r| pass(&q[..q.len().saturating_sub(2)], r),
            )
        }),
        (Cause("The pass must use all the vectors so far"), |a, start, k| {
            conditional(
                a,
                start,
                k,
                |r, size| r < size / 2.0_f64.sqrt(),
                |q, r| pass(&q[q.len().saturating_sub(2)..], r),
            )
        }),
        (Cause("the first ones too"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |q, r| pass(&q[1.min(q.len() - 1)..], r))
        }),
        // The pass works on a copy.
        (Cause("The pass must use all the vectors so far"), |a, start, k| {
            conditional(
                a,
                start,
                k,
                |r, size| r < size / 2.0_f64.sqrt(),
                |q, r| {
                    pass(q, r.clone());
                    r
                },
            )
        }),
        (Cause("Count the passes, not the vectors"), |a, start, k| {
            let mut run = solutions::lanczos_conditional(a, start, k);
            let passes = run.n_passes;
            run.n_passes = if passes == k - 1 { (1..k).sum() } else { passes };
            run
        }),
        (Cause("Make a pass only if"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size * 2.0_f64.sqrt(), pass)
        }),
        (Cause("is the product before them"), |a, start, k| {
            conditional(a, start, k, |r, size| r * r < size / 2.0, pass)
        }),
        (Cause("||A q|| / 2 instead of"), |a, start, k| conditional(a, start, k, |r, size| r < size * 0.6, pass)),
        (Cause("Compare ||r||, after the subtractions"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size * 0.8, pass)
        }),
        (Cause("so no pass is needed"), |a, start, k| {
            let mut run = solutions::lanczos_conditional(a, start, k);
            if run.n_passes > 0 {
                run.n_passes = k;
            }
            run
        }),
        (Cause("not with a fixed number"), |a, start, k| {
            let due = |r: f64, size: f64| r < size / 2.0_f64.sqrt();
            let mut passes = 0;
            let mut run = stopping(
                a,
                start,
                k,
                |beta, _| beta <= 1e-12,
                |q, product| {
                    let (size, alpha) = (norm(&product), q[q.len() - 1].dot(&product));
                    let beta = (q.len() > 1).then(|| q[q.len() - 2].dot(&product));
                    let r = three_terms(q, beta, alpha, product);
                    if due(norm(&r), size) {
                        passes += 1;
                        return pass(q, r);
                    }
                    r
                },
            );
            run.n_passes = passes;
            run
        }),
        // The coefficients come from the product, where the recurrence has left nothing of them.
        (Difference("does a pass take its coefficients"), |a, start, k| {
            let mut passes = 0;
            let mut run = run_with(a, start, k, |q, beta, alpha, product| {
                let r = three_terms(q, beta, alpha, product.clone());
                if norm(&r) < norm(&product) / 2.0_f64.sqrt() {
                    passes += 1;
                    return &r - &(&product - &pass(q, product.clone()));
                }
                r
            });
            run.n_passes = passes;
            run
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::lanczos_conditional(student))).collect()
}

#[test]
fn right_versions_of_lanczos_conditional_pass() {
    type Student = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let right: &[Student] = &[
        |a, start, k| conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), pass),
        |a, start, k| conditional(a, start, k, |r, size| r < 0.717 * size, modified_pass),
        |a, start, k| conditional(a, start, k, |r, size| 2.0 * r * r < size * size, pass),
    ];
    for student in right {
        assert_passed(check::lanczos_conditional(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    [wrong_lanczos_gram_schmidt(), wrong_lanczos_conditional()].into_iter().flatten().collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("passes", wrong());
}
