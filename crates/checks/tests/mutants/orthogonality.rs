use matrix_free::linalg::{norm, spectral_norm};
use ndarray::{Array1, Array2, s};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Lanczos, Reorthogonalization, lanczos};

use super::common::{Operator, assert_rejected};

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

#[test]
fn orthogonality_history() {
    type Wrong = fn(&Array2<f64>) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("Subtract the identity from Q^T Q", |basis| history(basis, |q| largest(&q.t().dot(q)))),
        ("take absolute values", |basis| history(basis, |q| defect(q).iter().fold(0.0, |l: f64, &x| l.max(x)))),
        ("This is the Frobenius norm", |basis| history(basis, |q| defect(q).iter().map(|x| x * x).sum::<f64>().sqrt())),
        ("This is the operator norm", |basis| history(basis, |q| spectral_norm(&defect(q)))),
        ("These are squares", |basis| history(basis, |q| largest(&defect(q)).powi(2))),
        ("not just with its neighbours", |basis| {
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
        ("Include the diagonal of Q^T Q", |basis| {
            history(basis, |q| {
                let mut defect = defect(q);
                defect.diag_mut().fill(0.0);
                largest(&defect)
            })
        }),
        ("over all the columns so far", |basis| {
            history(basis, |q| largest(&defect(q).slice(s![.., q.ncols() - 1..]).to_owned()))
        }),
        ("Every entry holds the maximum over the whole basis", |basis| {
            Array1::from_elem(basis.ncols(), largest(&defect(basis)))
        }),
        ("including column j", |basis| {
            let right = solutions::orthogonality_history(basis);
            (0..right.len()).map(|j| if j == 0 { 0.0 } else { right[j - 1] }).collect()
        }),
        ("expected length 4, got 3", |basis| solutions::orthogonality_history(basis).slice(s![1..]).to_owned()),
    ];
    for (message, student) in wrong {
        assert_rejected(check::orthogonality_history(*student), message);
    }
    let right = check::orthogonality_history(|basis| history(basis, |q| largest(&defect(q))));
    assert_eq!(right.status, Status::Passed, "{right}");
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

#[test]
fn lanczos_gram_schmidt() {
    type Version = fn(Operator, &Array1<f64>, usize, usize) -> Lanczos;
    let wrong: &[(&str, Version)] = &[
        ("near 1, got", |a, start, k, passes| {
            run_with(a, start, k, |q, beta, alpha, product| {
                (0..passes).fold(three_terms(q, beta, alpha, product), |r, _| pass(q, r))
            })
        }),
        ("near 1, got", |a, start, k, _| solutions::lanczos_gram_schmidt(a, start, k, 2)),
        ("does the second compute its coefficients Q^T r from the r that the first left", |a, start, k, _| {
            solutions::lanczos_gram_schmidt(a, start, k, 1)
        }),
        ("does the second compute its coefficients", |a, start, k, _| solutions::lanczos_three_term(a, start, k)),
        ("Does every pass use all the vectors so far, including q_j", |a, start, k, passes| {
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
        ("expected alpha_2", |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| {
                let once = pass(q, product.clone());
                &once * passes as f64 - &product * (passes as f64 - 1.0)
            })
        }),
        ("expected alpha_2", |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| pass(&q[..q.len() - 1], r)))
        }),
        ("Leave the loop when beta is zero", |a, start, k, passes| {
            let mut run = solutions::lanczos_gram_schmidt(a, start, k, passes);
            if run.alpha.len() == 1 {
                run.alpha = Array1::ones(k);
            }
            run
        }),
        ("12. The product A q is needed twice", |a, start, k, passes| {
            solutions::lanczos_gram_schmidt(a, start, k, passes);
            solutions::lanczos_gram_schmidt(a, start, k, passes)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::lanczos_gram_schmidt(*student), message);
    }
    let right: &[Version] = &[
        |a, start, k, passes| run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| pass(q, r))),
        |a, start, k, passes| {
            run_with(a, start, k, |q, _, _, product| (0..passes).fold(product, |r, _| modified_pass(q, r)))
        },
    ];
    for student in right {
        let card = check::lanczos_gram_schmidt(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
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

#[test]
fn lanczos_conditional() {
    type Version = fn(Operator, &Array1<f64>, usize) -> Lanczos;
    let wrong: &[(&str, Version)] = &[
        ("The inequality is the wrong way round", |a, start, k| {
            conditional(a, start, k, |r, size| r > size / 2.0_f64.sqrt(), pass)
        }),
        ("got 8. Make a pass only if", |a, start, k| conditional(a, start, k, |_, _| true, pass)),
        ("||A q|| / 2 instead of", |a, start, k| conditional(a, start, k, |r, size| r < size / 2.0, pass)),
        ("based on the norm of q", |a, start, k| conditional(a, start, k, |r, _| r < 0.1, pass)),
        ("`Lanczos::new` sets it to 0", |a, start, k| Lanczos {
            n_passes: 0,
            ..solutions::lanczos_conditional(a, start, k)
        }),
        ("The pass must use all the vectors so far", |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |q, r| pass(&q[q.len() - 1..], r))
        }),
        ("The pass must use all the vectors so far", |a, start, k| {
            conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), |_, r| r)
        }),
        ("expected 7 passes in 8 steps, got 14", |a, start, k| {
            let mut run = solutions::lanczos_conditional(a, start, k);
            run.n_passes *= 2;
            run
        }),
        ("expected 0 passes in 8 steps, got 16", |a, start, k| lanczos(a, start, k, Reorthogonalization::Full)),
        ("norm of r, after the subtractions", |a, start, k| conditional(a, start, k, |r, size| r < size / 1.2, pass)),
    ];
    for (message, student) in wrong {
        assert_rejected(check::lanczos_conditional(*student), message);
    }
    let right: &[Version] = &[
        |a, start, k| conditional(a, start, k, |r, size| r < size / 2.0_f64.sqrt(), pass),
        |a, start, k| conditional(a, start, k, |r, size| r < 0.717 * size, modified_pass),
        |a, start, k| conditional(a, start, k, |r, size| 2.0 * r * r < size * size, pass),
    ];
    for student in right {
        let card = check::lanczos_conditional(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}
