use ndarray::{Array1, Array2, Axis, s, stack};

use super::claim::{expected_and_got, number};
use super::compare::{NEARLY, close, distance, loss_of_orthogonality, require_finite, require_vector};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{Lanczos, Reorthogonalization, StopReason};
use matrix_free::linalg::{linspace, norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, random_symmetric, rng, symmetric_with_spectrum};

type ThreeTerm = fn(&dyn SymmetricOperator, &Array1<f64>, usize) -> Lanczos;

/// Checks exercise 1/4.1: the start vector, the identity `A Q = Q T + r e_k^T` in a short run, and invariant subspaces at every scale.
pub fn lanczos_three_term(student: ThreeTerm) -> Card {
    report("1/4.1", |report| {
        let runner = |a: &dyn SymmetricOperator, start: &Array1<f64>, steps: usize| student(a, start, steps);
        short_run(report, &runner, RECURRENCE)?;
        long_start(student, report)?;
        scaled_matrix(&runner, report)?;
        small_betas(&runner, report)?;
        early_ends(&runner, report)
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

/// Where to look when an alpha after the first is wrong.
const RECURRENCE: &str = "The first ones are right, so the vector q_j is wrong. Do you subtract beta_(j-1) q_(j-1), with the right sign and indices?";

/// A short run, in which rounding does not matter yet: all three strategies give the same numbers.
pub(super) fn short_run(report: &mut Report, student: Runner, look: &str) -> Result<(), End> {
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
    precision(report, &run, &truth)?;
    alphas(report, &run, &truth, look)?;
    betas(report, &run, &truth)?;
    identity(report, a.matrix(), &run)?;
    let loss = loss_of_orthogonality(&run.basis);
    report.require(loss < 1e-10, "in a short run the basis is orthonormal", || {
        format!("expected max |Q^T Q - I| at rounding level, got {}. Divide every q by its norm, and make r orthogonal to q_j and q_(j-1)", number(loss))
    })
}

/// Single precision shows in all numbers at once, so it is told first.
fn precision(report: &mut Report, run: &Lanczos, truth: &Lanczos) -> Outcome {
    let off = distance(&run.alpha, &truth.alpha).max(distance(&run.beta, &truth.beta));
    report.insist(!(1e-8..1e-4).contains(&off), "alpha and beta are right to eight digits", || {
        format!("the largest error is {}. {NEARLY}", number(off))
    })
}

fn alphas(report: &mut Report, run: &Lanczos, truth: &Lanczos, look: &str) -> Outcome {
    let (got, expected) = (&run.alpha, &truth.alpha);
    let holds = distance(got, expected) < 1e-8;
    report.require(holds, "alpha_j = q_j^T A q_j", || {
        let at = (0..got.len()).find(|&j| (got[j] - expected[j]).abs() >= 1e-8).unwrap_or(0);
        let cause = if close(-got[at], expected[at], 1e-8) {
            "The sign is wrong"
        } else if got[at].abs() < 1e-8 {
            "It is zero; compute alpha from the product A q_j before you subtract anything"
        } else if at == 0 {
            "Take the inner product of q_j and A q_j"
        } else if at == 1 && look == RECURRENCE {
            "The first is right, so q_2 is wrong. Is alpha_1 q_1 subtracted from A q_1, and the rest divided by its norm?"
        } else {
            look
        };
        format!("alpha_{}: {}. {cause}", at + 1, expected_and_got(expected[at], got[at]))
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
        format!("step {}: {}. {cause}", at + 1, expected_and_got(expected[at], got[at]))
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

/// Neither the length of the start nor the scale of A must matter.
fn long_start(student: ThreeTerm, report: &mut Report) -> Outcome {
    for factor in [1e6, 1e-8] {
        let a = Recording::new(random_symmetric(15, 5));
        let start = Probe::Gaussian.draw(15, &mut rng(6));
        let run = report.call(|| student(&a, &start, 5))?;
        let other = report.call(|| student(&a, &(&start * factor), 5))?;
        let same = run.alpha.len() == other.alpha.len() && distance(&run.alpha, &other.alpha) < 1e-6;
        report.require(same, &format!("{factor:e} times the start gives the same T"), || {
            "alpha changes with the length of the start; normalise the start first, and do not compare its length with a fixed number".to_owned()
        })?;
    }
    Ok(())
}

/// T grows in proportion to A, and Q stays the same.
pub(super) fn scaled_matrix(student: Runner, report: &mut Report) -> Outcome {
    for (scale, seed) in [(1e-8, 15), (1e8, 16), (1e-14, 17)] {
        let a = random_symmetric(15, seed);
        let start = Probe::Gaussian.draw(15, &mut rng(seed));
        let truth = estimators::lanczos(&Recording::new(a.clone()), &start, 5, Reorthogonalization::Full);
        let run = report.call(|| student(&Recording::new(a * scale), &start, 5))?;
        let what = format!("for {scale:e} times a matrix T is {scale:e} times as large");
        report.insist(run.alpha.len() == 5, &what, || {
            format!("it ended after {} of 5 steps, although beta was not unusually small compared with A. Whether beta is small depends on the scale of A; compare it with the norm of A q, not with a fixed number", run.alpha.len())
        })?;
        shapes(report, &run, 15, 5)?;
        let off = distance(&(&run.alpha / scale), &truth.alpha)
            .max(distance(&(&run.beta / scale), &truth.beta))
            .max((run.residual / scale - truth.residual).abs());
        report.require(off < 1e-7, &what, || {
            format!(
                "over the scale, an entry is off by {}. Is a fixed number added to beta, or beta limited?",
                number(off)
            )
        })?;
    }
    Ok(())
}

/// A beta of a millionth of A is small, but not zero up to rounding.
pub(super) fn small_betas(student: Runner, report: &mut Report) -> Outcome {
    let a = Array2::eye(15) + random_symmetric(15, 18) * 1e-7;
    let start = Probe::Gaussian.draw(15, &mut rng(19));
    let run = report.call(|| student(&Recording::new(a), &start, 5))?;
    report.require(run.alpha.len() == 5, "where beta is 1e-7 of A it takes all five steps", || {
        format!("expected 5 steps, got {}. Rounding is at 1e-16 of the norm of A q: stop only where beta is that small, or nearly", run.alpha.len())
    })
}

/// Matrices on which the recurrence ends early, whatever was asked for.
pub(super) fn early_ends(student: Runner, report: &mut Report) -> Outcome {
    invariant_subspaces(student, report)?;
    scales(student, report)
}

fn invariant_subspaces(student: Runner, report: &mut Report) -> Outcome {
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
    let one = Array1::from_elem(1, -2.0);
    ends_after(student, report, "on a 1 x 1 matrix it ends after one step", Array2::from_elem((1, 1), 3.0), &one, 1, "")
}

/// What is small depends on the size of A.
fn scales(student: Runner, report: &mut Report) -> Outcome {
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
    student: Runner,
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
            _ if run.beta.len() + 1 != run.alpha.len() => " alpha and beta are not of the same number of steps.",
            (false, _) => " Dividing by a beta of zero gives NaN; leave the loop before dividing, even when beta is exactly 0.",
            (true, "") => " beta is zero up to rounding, so test `beta <= 1e-12 * norm(product)`, not `beta == 0.0`; the steps after it are rounding noise, amplified by the division.",
            (true, cause) => cause,
        };
        format!("expected {k}, got {} steps.{hint}", run.alpha.len())
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
