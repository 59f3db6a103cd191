use ndarray::{Array1, Array2, Axis, s, stack};

use super::claim::number;
use super::compare::{close, distance, expect_entries, loss_of_orthogonality, require_finite, require_vector};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{Lanczos, Reorthogonalization, StopReason};
use matrix_free::linalg::{eigvalsh, linspace, norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric, rng, symmetric_with_spectrum};

type ThreeTerm = fn(&dyn SymmetricOperator, &Array1<f64>, usize) -> Lanczos;
type RitzValues = fn(&Lanczos, usize) -> Array1<f64>;

/// Checks exercise 1/4.1: the start vector, the identity `A Q = Q T + r e_k^T` in a short run, and invariant subspaces at every scale.
pub fn lanczos_three_term(student: ThreeTerm) -> Card {
    report("1/4.1", |report| {
        short_run(report, &|a, start, steps| student(a, start, steps))?;
        long_start(student, report)?;
        invariant_subspaces(student, report)?;
        scales(student, report)
    })
}

/// A Lanczos function with everything but the operator, the start and the number of steps fixed.
pub(super) type Runner<'a> = &'a dyn Fn(&dyn SymmetricOperator, &Array1<f64>, usize) -> Lanczos;

/// Calls the student's Lanczos and looks at the shapes.
pub(super) fn shapes(report: &mut Report, run: &Lanczos, n: usize, k: usize) -> Outcome {
    require_vector(report, "alpha", &run.alpha, k, "per step")?;
    report.insist(run.beta.len() + 1 == k, "beta holds the off-diagonal of T", || {
        format!("expected {} numbers for {k} steps, got {}. The last norm belongs in `residual`", k - 1, run.beta.len())
    })?;
    require_finite(report, "beta", run.beta.iter())?;
    report.insist(run.basis.dim() == (n, k), "the basis holds one column per step", || {
        format!("expected shape ({n}, {k}), got {:?}", run.basis.dim())
    })?;
    require_finite(report, "the basis", run.basis.iter())
}

/// A short run, in which rounding does not matter yet: all three strategies give the same numbers.
pub(super) fn short_run(report: &mut Report, student: Runner) -> Result<(), End> {
    let (n, k) = (20, 6);
    let a = Recording::new(random_symmetric(n, 3));
    let start = Probe::Gaussian.draw(n, &mut rng(4));
    let run = report.call(|| student(&a, &start, k))?;
    let vectors = a.take();
    shapes(report, &run, n, k)?;
    report.require(vectors.len() == k, "one matvec per step", || {
        let cause = match vectors.len() {
            12 => "The product A q is needed twice, for alpha and for r; compute it once and keep it",
            7 => "The loop takes one step too many; no product is needed after the last beta",
            _ => "Loop n_steps times, with one `a.apply(..)` per step",
        };
        format!("expected {k} matvecs, got {}. {cause}", vectors.len())
    })?;
    let unit = &start / norm(&start);
    report.require(
        distance(&run.basis.column(0), &unit) < 1e-12,
        "the first vector is the start, normalised",
        || {
            let got = norm(&run.basis.column(0));
            let cause = if close(got, norm(&start), 1e-9) {
                "Divide `start` by its norm"
            } else {
                "It must point in the direction of `start`"
            };
            format!("expected start / ||start||, got a vector of norm {}. {cause}", number(got))
        },
    )?;
    let truth = estimators::lanczos(&Recording::new(a.matrix().clone()), &start, k, Reorthogonalization::None);
    alphas(report, &run, &truth)?;
    betas(report, &run, &truth)?;
    identity(report, a.matrix(), &run)?;
    let loss = loss_of_orthogonality(&run.basis);
    report.require(loss < 1e-10, "in a short run the basis is orthonormal", || {
        format!("expected max |Q^T Q - I| at rounding level, got {}. Divide every q by its norm, and make r orthogonal to q_j and q_(j-1)", number(loss))
    })
}

fn alphas(report: &mut Report, run: &Lanczos, truth: &Lanczos) -> Outcome {
    let (got, expected) = (&run.alpha, &truth.alpha);
    let holds = distance(got, expected) < 1e-8;
    report.require(holds, "alpha_j = q_j^T A q_j", || {
        let at = (0..got.len()).find(|&j| (got[j] - expected[j]).abs() >= 1e-8).unwrap_or(0);
        let cause = if got[at].abs() < 1e-8 {
            "It is zero; compute alpha from the product A q_j before you subtract anything"
        } else if at == 0 {
            "Take the inner product of q_j and A q_j"
        } else {
            "The first ones are right, so the vector q_j is wrong. Do you subtract beta_(j-1) q_(j-1), with the right sign and indices?"
        };
        format!("expected alpha_{} = {}, got {}. {cause}", at + 1, number(expected[at]), number(got[at]))
    })
}

fn betas(report: &mut Report, run: &Lanczos, truth: &Lanczos) -> Outcome {
    let with_last = |run: &Lanczos| -> Array1<f64> { run.beta.iter().copied().chain([run.residual]).collect() };
    let (got, expected) = (with_last(run), with_last(truth));
    report.require(distance(&got, &expected) < 1e-8, "beta_j = ||r_j||, and the residual is the last of them", || {
        let at = (0..got.len()).find(|&j| (got[j] - expected[j]).abs() >= 1e-8).unwrap_or(0);
        let cause = if close(got[at], expected[at] * expected[at], 1e-8) {
            "This is the squared norm; take the square root"
        } else if close(got[at], expected[at].hypot(truth.alpha[at]), 1e-6) && at == 0 {
            "This is the norm of A q_j; subtract alpha_j q_j first"
        } else if close(-got[at], expected[at], 1e-8) {
            "A norm is never negative"
        } else if at > 0 && close(got[at], expected[at].hypot(expected[at - 1]), 1e-6) {
            "This is the norm of r too early; subtract beta_(j-1) q_(j-1) first"
        } else if at + 1 == got.len() {
            "This is `residual`, the norm of r after the last step; pass it to `Lanczos::new` as the last entry of beta"
        } else {
            "Subtract both terms from A q_j, then take the norm"
        };
        format!("expected {} in step {}, got {}. {cause}", number(expected[at]), at + 1, number(got[at]))
    })
}

fn identity(report: &mut Report, a: &Array2<f64>, run: &Lanczos) -> Outcome {
    let k = run.alpha.len();
    let mut rest = a.dot(&run.basis);
    for j in 0..k {
        let q = run.basis.column(j);
        rest.column_mut(j).scaled_add(-run.alpha[j], &q);
        if j + 1 < k {
            rest.column_mut(j + 1).scaled_add(-run.beta[j], &q);
            rest.column_mut(j).scaled_add(-run.beta[j], &run.basis.column(j + 1));
        }
    }
    let largest = rest.slice(s![.., ..k - 1]).iter().fold(0.0, |l: f64, r| l.max(r.abs()));
    let last = norm(&rest.column(k - 1));
    report.require(largest < 1e-8 && close(last, run.residual, 1e-8), "A Q = Q T + r e_k^T", || {
        format!(
            "the columns of A Q - Q T are zero up to {}, except the last, which has norm {}, where the residual is {}. Are the columns of Q in the order of the steps?",
            number(largest),
            number(last),
            number(run.residual)
        )
    })
}

/// The length of the start must not matter.
fn long_start(student: ThreeTerm, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(15, 5));
    let start = Probe::Gaussian.draw(15, &mut rng(6));
    let run = report.call(|| student(&a, &start, 5))?;
    let longer = report.call(|| student(&a, &(&start * 1e6), 5))?;
    let same = run.alpha.len() == longer.alpha.len() && distance(&run.alpha, &longer.alpha) < 1e-6;
    report.expect(same, "a start a million times longer gives the same T", || {
        "alpha changes with the length of the start; normalise the start first".to_owned()
    });
    Ok(())
}

/// Matrices on which the recurrence ends early, whatever was asked for.
fn invariant_subspaces(student: ThreeTerm, report: &mut Report) -> Outcome {
    let two = Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 });
    let ones = Array1::ones(12);
    let start = Probe::Gaussian.draw(12, &mut rng(7));
    let cases = [
        ("on a matrix with two distinct eigenvalues it ends after two steps", symmetric_with_spectrum(&two, 1), 2),
        ("on the identity it ends after one step", Array2::from_diag(&ones), 1),
        ("on the zero matrix it ends after one step", Array2::zeros((12, 12)), 1),
    ];
    for (what, a, k) in cases {
        ends_after(student, report, what, a, &start, k, "")?;
    }
    Ok(())
}

/// What is small depends on the size of A.
fn scales(student: ThreeTerm, report: &mut Report) -> Outcome {
    let two = Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 });
    let start = Probe::Gaussian.draw(12, &mut rng(7));
    let cause =
        " Whether beta is small depends on the scale of A; compare it with the norm of A q, not with a fixed number.";
    let large = symmetric_with_spectrum(&two, 1) * 1e10;
    ends_after(
        student,
        report,
        "with eigenvalues 1e10 and 3e10 it ends after two steps, too",
        large,
        &start,
        2,
        cause,
    )?;
    let tiny = symmetric_with_spectrum(&linspace(-1e-16, 3e-16, 12), 1);
    ends_after(student, report, "with twelve eigenvalues of size 1e-16 it takes all five steps", tiny, &start, 5, cause)
}

fn ends_after(
    student: ThreeTerm,
    report: &mut Report,
    what: &str,
    a: Array2<f64>,
    start: &Array1<f64>,
    k: usize,
    cause: &str,
) -> Outcome {
    let run = report.call(|| student(&Recording::new(a), start, 5))?;
    report.require(run.alpha.len() == k, what, || {
        let finite = run.alpha.iter().chain(&run.beta).all(|value| value.is_finite());
        let hint = match (finite, cause) {
            (false, _) => " Dividing by a beta of zero gives NaN; leave the loop before dividing, even when beta is exactly 0.",
            (true, "") => " beta is zero up to rounding, so test `beta <= 1e-12 * norm(product)`, not `beta == 0.0`; the steps after it are rounding noise, amplified by the division.",
            (true, cause) => cause,
        };
        format!("expected {k} steps, got {}.{hint}", run.alpha.len())
    })?;
    shapes(report, &run, start.len(), k)?;
    let expected = if k < 5 { StopReason::InvariantSubspace } else { StopReason::Steps };
    report.insist(run.stopped == expected, &format!("{what}, and says why"), || {
        format!("expected `stopped` to be {expected:?}, got {:?}. `Lanczos::new` sets it correctly if the last beta is the norm of the residual", run.stopped)
    })
}

/// The loss of orthogonality of the vectors that met an operator, each divided by its norm.
pub(super) fn loss_of(vectors: &[Array1<f64>]) -> f64 {
    let unit: Vec<Array1<f64>> = vectors.iter().map(|v| v / norm(v)).collect();
    let views: Vec<_> = unit.iter().map(|v| v.view()).collect();
    stack(Axis(1), &views).map_or(f64::NAN, |q| loss_of_orthogonality(&q))
}

/// Checks exercise 1/4.2: the eigenvalues of the leading blocks of one run.
pub fn ritz_values(student: RitzValues) -> Card {
    report("1/4.2", |report| {
        let a = Recording::new(random_symmetric(20, 8));
        let run = estimators::lanczos(&a, 9, 12, Reorthogonalization::Full);
        a.take();
        for k in [1, 2, 5, 12] {
            let got = report.call(|| student(&run, k))?;
            require_vector(report, &format!("the result for k = {k}"), &got, k, "per step")?;
            let block = |from: usize| {
                Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
                    0 => run.alpha[from + i],
                    1 => run.beta[from + i.min(j)],
                    _ => 0.0,
                })
            };
            let expected = eigvalsh(&block(0));
            let suspects = [
                ("These are the diagonal entries of T; return its eigenvalues", run.alpha.slice(s![..k]).to_owned()),
                (
                    "This uses the block at the other end of T; the first k steps are in the leading block",
                    eigvalsh(&block(12 - k)),
                ),
                ("Return them in ascending order", expected.iter().rev().copied().collect()),
                (
                    "These are the largest of all twelve Ritz values; truncate T, not the result",
                    run.ritz().values.slice(s![12 - k..]).to_owned(),
                ),
                (
                    "These are the smallest of all twelve Ritz values; truncate T, not the result",
                    run.ritz().values.slice(s![..k]).to_owned(),
                ),
            ];
            let what = match k {
                1 => "after one step the Ritz value is alpha_1".to_owned(),
                12 => "after all twelve steps they are the eigenvalues of T".to_owned(),
                _ => format!("after {k} steps they are the eigenvalues of the leading {k} x {k} block"),
            };
            expect_entries(report, &what, &got, &expected, 1e-9, &suspects);
        }
        Ok(())
    })
}
