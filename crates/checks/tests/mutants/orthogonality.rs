use matrix_free::linalg::{norm, spectral_norm};
use ndarray::{Array1, Array2, s};
use spectral_course::check;
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, lanczos};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 1/5.1 the measure

/// The history with the student's own measure of the first `j + 1` columns.
fn history(basis: &Array2<f64>, of: impl Fn(&Array2<f64>) -> f64) -> Array1<f64> {
    let leading = |j: usize| basis.slice(s![.., ..=j]).to_owned();
    (0..basis.ncols()).map(|j| of(&leading(j))).collect()
}

fn defect(q: &Array2<f64>) -> Array2<f64> {
    q.t().dot(q) - Array2::<f64>::eye(q.ncols())
}

fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |l: f64, x| l.max(x.abs()))
}

fn wrong_orthogonality_history() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Subtract the identity from Q^T Q"), |basis| history(basis, |q| largest(&q.t().dot(q)))),
        (Cause("take absolute values"), |basis| history(basis, |q| defect(q).iter().fold(0.0, |l: f64, &x| l.max(x)))),
        (Cause("This is the Frobenius norm"), |basis| {
            history(basis, |q| defect(q).iter().map(|x| x * x).sum::<f64>().sqrt())
        }),
        (Cause("This is the operator norm"), |basis| history(basis, |q| spectral_norm(&defect(q)))),
        (Cause("These are squares"), |basis| history(basis, |q| largest(&defect(q)).powi(2))),
        (Cause("not just with its neighbours"), |basis| {
            let mut worst: f64 = 0.0;
            (0..basis.ncols())
                .map(|j| {
                    let q = basis.column(j);
                    worst = worst.max((q.dot(&q) - 1.0).abs());
                    if j > 0 {
                        worst = worst.max(q.dot(&basis.column(j - 1)).abs());
                    }
                    worst
                })
                .collect()
        }),
        (Cause("Include the diagonal of Q^T Q"), |basis| {
            history(basis, |q| {
                let mut defect = defect(q);
                defect.diag_mut().fill(0.0);
                largest(&defect)
            })
        }),
        (Cause("over all the columns so far"), |basis| {
            history(basis, |q| largest(&defect(q).slice(s![.., q.ncols() - 1..]).to_owned()))
        }),
        (Cause("Every entry holds the maximum over the whole basis"), |basis| {
            Array1::from_elem(basis.ncols(), largest(&defect(basis)))
        }),
        (Cause("including column j"), |basis| {
            let right = solutions::orthogonality_history(basis);
            (0..right.len()).map(|j| if j == 0 { 0.0 } else { right[j - 1] }).collect()
        }),
        (Cause("expected length 4, got 3"), |basis| solutions::orthogonality_history(basis).slice(s![1..]).to_owned()),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::orthogonality_history(student))).collect()
}

#[test]
fn right_versions_of_orthogonality_history_pass() {
    type Student = fn(&Array2<f64>) -> Array1<f64>;
    let right = check::orthogonality_history(|basis| history(basis, |q| largest(&defect(q))));
    assert_passed(right);
}

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
        (Cause("near 1, got"), |a, start, k, passes| {
            run_with(a, start, k, |q, beta, alpha, product| {
                (0..passes).fold(three_terms(q, beta, alpha, product), |r, _| pass(q, r))
            })
        }),
        (Cause("near 1, got"), |a, start, k, _| solutions::lanczos_gram_schmidt(a, start, k, 2)),
        (Cause("does the second compute its coefficients Q^T r from the r that the first left"), |a, start, k, _| {
            solutions::lanczos_gram_schmidt(a, start, k, 1)
        }),
        (Cause("does the second compute its coefficients"), |a, start, k, _| {
            solutions::lanczos_three_term(a, start, k)
        }),
        (Cause("Does every pass use all the vectors so far, including q_j"), |a, start, k, passes| {
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
        (Cause("expected alpha_2"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                let once = pass(q, product.clone());
                &once * passes as f64 - &product * (passes as f64 - 1.0)
            })
        }),
        (Cause("expected alpha_2"), |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| pass(&q[..q.len() - 1], r)))
        }),
        (Cause("Leave the loop when beta is zero"), |a, start, k, passes| {
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
        (Cause("expected 0 passes in 8 steps, got 16"), |a, start, k| lanczos(a, start, k, Reorthogonalization::Full)),
        (Cause("norm of r, after the subtractions"), |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 1.2, pass)
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
    [wrong_orthogonality_history(), wrong_lanczos_gram_schmidt(), wrong_lanczos_conditional()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected(wrong());
}
