use ndarray::{Array1, Array2};

use super::claim::number;
use super::compare::loss_of_orthogonality;
use super::lanczos::{early_ends, scaled_matrix, shapes, short_run, small_betas};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Lanczos;
use matrix_free::linalg::linspace;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng, symmetric_with_spectrum};

const PASSES: &str = "The first ones are right, so the vector q_j is wrong. Do the passes go against all the vectors so far, q_j included, and does each take its coefficients Q^T r from the current r?";

const CONDITIONAL: &str = "The first ones are right, so the vector q_j is wrong. Do you subtract both terms, and does a pass take its coefficients Q^T r from the current r?";
const THRESHOLD: &str =
    "Compare ||r||, after the subtractions, with ||A q_j|| / sqrt(2), where A q_j is the product before them";

type Full = fn(&dyn SymmetricOperator, &Array1<f64>, usize, usize) -> Lanczos;
type Conditional = fn(&dyn SymmetricOperator, &Array1<f64>, usize) -> Lanczos;

/// Eigenvalues from 0 to 6 with two outliers at either end: alpha near 3 and beta near 0.5, so that much of A q cancels.
fn shifted_matrix() -> Array2<f64> {
    let mut eigenvalues = linspace(2.0, 4.0, 100);
    for (i, outlier) in [(0, 0.0), (1, 1.0), (98, 5.0), (99, 6.0)] {
        eigenvalues[i] = outlier;
    }
    symmetric_with_spectrum(&eigenvalues, 2)
}

fn start(n: usize) -> Array1<f64> {
    Probe::Gaussian.draw(n, &mut rng(2))
}

/// Checks exercise 1/5.2: a short run, a long one that stays orthonormal with two passes and does not with one.
pub fn lanczos_gram_schmidt(student: Full) -> Card {
    report("1/5.2", |report| {
        let twice = |a: &dyn SymmetricOperator, start: &Array1<f64>, steps: usize| student(a, start, steps, 2);
        short_run(report, &twice, PASSES)?;
        scaled_matrix(&twice, report)?;
        small_betas(&twice, report)?;
        early_ends(&twice, report)?;
        let a = shifted_matrix();
        let twice = report.call(|| student(&Recording::new(a.clone()), &start(100), 60, 2))?;
        shapes(report, &twice, 100, 60)?;
        let loss = loss_of_orthogonality(&twice.basis);
        report.require(loss < 1e-13, "with two passes the basis of a long run is orthonormal to rounding", || {
            let by_hand = estimators::lanczos_gram_schmidt(&Recording::new(a.clone()), &start(100), 60, 1);
            let once = loss_of_orthogonality(&by_hand.basis);
            let cause = if loss > 1e-3 && once > 1e-3 {
                "Does every pass use all the vectors so far, including q_j, are there `passes` of them, and does the second compute its coefficients Q^T r from the r that the first left? Is beta the norm of r after the passes?"
            } else {
                "Every pass must use all the vectors so far, including q_j"
            };
            format!("expected max |Q^T Q - I| below 1e-13 after 60 steps, got {}. {cause}", number(loss))
        })?;
        let once = report.call(|| student(&Recording::new(a.clone()), &start(100), 60, 1))?;
        let loss = loss_of_orthogonality(&once.basis);
        report.require(loss > 1e-6, "with one pass the basis is not orthonormal", || {
            format!(
                "expected the loss of orthogonality of a single pass, near 1, got {}. Do you make more passes than `passes`? The three-term recurrence acts like a pass; here the passes replace it, and r starts as A q_j",
                number(loss)
            )
        })?;
        three_passes_and_one(student, report)?;
        Ok(())
    })
}

/// Checks exercise 1/5.3: which steps take a pass, on tridiagonal matrices where that is known; and what the passes do.
pub fn lanczos_conditional(student: Conditional) -> Card {
    report("1/5.3", |report| {
        let runner = |a: &dyn SymmetricOperator, start: &Array1<f64>, steps: usize| student(a, start, steps);
        short_run(report, &runner, CONDITIONAL)?;
        which_steps(student, report)?;
        scaled_matrix(&runner, report)?;
        small_betas(&runner, report)?;
        early_ends(&runner, report)?;
        let a = shifted_matrix();
        let run = report.call(|| student(&Recording::new(a), &start(100), 60))?;
        shapes(report, &run, 100, 60)?;
        report.expect(run.n_passes == 60, "where alpha is large, every step takes a pass", || {
            format!("expected 60 passes in 60 steps, got {}", run.n_passes)
        });
        let loss = loss_of_orthogonality(&run.basis);
        report.expect(loss < 1e-12, "the basis is orthonormal to rounding", || {
            format!("expected max |Q^T Q - I| below 1e-12 after 60 steps, got {}. The pass must use all the vectors so far, and beta must be the norm of r after it", number(loss))
        });
        if !report.is_clean() {
            return Ok(());
        }
        let run = report.call(|| student(&Recording::new(far_from_zero(5)), &start(100), 40))?;
        shapes(report, &run, 100, 40)?;
        let loss = loss_of_orthogonality(&run.basis);
        let neighbours = loss_of_neighbours(&run.basis);
        report.expect(loss < 1e-12, "where A q is a million times longer than r, the pass keeps the basis orthonormal", || {
            let cause = if neighbours > 0.1 * loss {
                "Neighbouring columns are not orthogonal: the pass must go against all the vectors so far, q_j and q_(j-1) included, although the recurrence has just subtracted these; what rounding leaves of them is a million times larger here"
            } else {
                "The pass must go against all the vectors so far, the first ones too"
            };
            format!("expected max |Q^T Q - I| below 1e-12, got {}. {cause}", number(loss))
        });
        Ok(())
    })
}

/// Eigenvalues near a million, so that nearly all of A q cancels, and what rounding leaves of it is large against r.
fn far_from_zero(seed: u64) -> Array2<f64> {
    symmetric_with_spectrum(&linspace(-1.0, 1.0, 100), seed) + Array2::<f64>::eye(100) * 1e6
}

/// The loss of orthogonality between columns that are one or two steps apart.
fn loss_of_neighbours(basis: &Array2<f64>) -> f64 {
    let gram = basis.t().dot(basis);
    gram.indexed_iter()
        .filter(|((i, j), _)| (1..=2).contains(&i.abs_diff(*j)))
        .fold(0.0, |l: f64, (_, x)| l.max(x.abs()))
}

/// Every pass counts, and every vector in it.
fn three_passes_and_one(student: Full, report: &mut Report) -> Outcome {
    for passes in [2, 3] {
        let run = report.call(|| student(&Recording::new(far_from_zero(4)), &start(100), 40, passes))?;
        shapes(report, &run, 100, 40)?;
        let loss = loss_of_orthogonality(&run.basis);
        let what = format!("where A q is a million times longer than r, {passes} passes keep the basis orthonormal");
        report.require(loss < 1e-12, &what, || {
            let cause = if loss_of_neighbours(&run.basis) > 0.1 * loss {
                "Neighbouring columns are not orthogonal: every pass must go against all the vectors so far, q_j and q_(j-1) included"
            } else {
                "Every pass must go against all the vectors so far, the first ones too"
            };
            format!("expected max |Q^T Q - I| below 1e-12 after 40 steps, got {}. {cause}", number(loss))
        })?;
    }
    // Where little cancels, one pass is enough; the three-term recurrence loses all the same what has converged.
    let mut eigenvalues = linspace(-1.0, 1.0, 100);
    for (i, outlier) in [(0, -6.0), (1, -4.0), (98, 4.0), (99, 6.0)] {
        eigenvalues[i] = outlier;
    }
    let a = symmetric_with_spectrum(&eigenvalues, 6);
    let by_hand = estimators::lanczos_gram_schmidt(&Recording::new(a.clone()), &start(100), 40, 1);
    let bound = 1e3 * loss_of_orthogonality(&by_hand.basis);
    let run = report.call(|| student(&Recording::new(a), &start(100), 40, 1))?;
    shapes(report, &run, 100, 40)?;
    let loss = loss_of_orthogonality(&run.basis);
    report.expect(loss < bound, "where little cancels, one pass keeps most of the orthogonality", || {
        format!("expected max |Q^T Q - I| below {}, got {}. The one pass must go against all the vectors so far; against q_j and q_(j-1) alone it is the three-term recurrence", number(bound), number(loss))
    });
    Ok(())
}

/// From `e_1`, Lanczos gives a tridiagonal matrix back: `||A q_j||^2 = beta_(j-1)^2 + beta_j^2` with a zero diagonal.
fn which_steps(student: Conditional, report: &mut Report) -> Outcome {
    let count = |ratio: f64, report: &mut Report| {
        let n = 12;
        let beta = |j: usize| ratio.powi(j as i32);
        let a = Array2::from_shape_fn((n, n), |(i, j)| if i.abs_diff(j) == 1 { beta(i.min(j)) } else { 0.0 });
        let first = Array1::from_shape_fn(n, |i| if i == 0 { 1.0 } else { 0.0 });
        report.call(|| student(&Recording::new(a), &first, 8)).map(|run| run.n_passes)
    };
    // Growing by 1.07: ||r|| is 0.73 of ||A q||. Shrinking by 0.95: 0.69, and 1 in the first step.
    let (growing, shrinking) = (count(1.07, report)?, count(0.95, report)?);
    report.require(growing == 0, "where beta grows by 7 % per step, no pass is needed", || {
        let cause = match (growing, shrinking) {
            (8, 1) => "The inequality is the wrong way round",
            (8, 8) => "Make a pass only if ||r|| < ||A q|| / sqrt(2)",
            (16, 16) => "Make one pass, and only if ||r|| < ||A q|| / sqrt(2)",
            _ => THRESHOLD,
        };
        format!("||r|| is 0.73 ||A q||: expected 0 passes in 8 steps, got {growing}. {cause}")
    })?;
    report.require(shrinking == 7, "where beta shrinks by 5 % per step, every step but the first takes a pass", || {
        let cause = match shrinking {
            0 => "Do you store the count in `n_passes`? `Lanczos::new` sets it to 0; use `run.n_passes = ..` or `Lanczos { n_passes, ..run }`. Or is your threshold ||A q|| / 2 instead of ||A q|| / sqrt(2), or based on the norm of q? Or do you count only passes that change something?",
            8 => "In the first step ||r|| = ||A q||, so no pass is needed",
            14 => "Make one pass per step, not two",
            28 => "Count the passes, not the vectors in them",
            _ => THRESHOLD,
        };
        format!("||r|| is 0.69 ||A q||: expected 7 passes in 8 steps, got {shrinking}. {cause}")
    })
}
