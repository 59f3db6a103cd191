use ndarray::{Array1, Array2, array};

use super::claim::number;
use super::compare::{expect_entries, loss_of_orthogonality, require_vector};
use super::lanczos::{shapes, short_run};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Lanczos;
use matrix_free::linalg::{frobenius_squared, linspace, orthonormalize, spectral_norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, gaussian_matrix, rng, symmetric_with_spectrum};

type History = fn(&Array2<f64>) -> Array1<f64>;
type Full = fn(&dyn SymmetricOperator, &Array1<f64>, usize, usize) -> Lanczos;
type Conditional = fn(&dyn SymmetricOperator, &Array1<f64>, usize) -> Lanczos;

/// Checks exercise 1/5.1: known overlaps, between neighbours and between the first and the last, lengths, and a good basis.
pub fn orthogonality_history(student: History) -> Card {
    report("1/5.1", |report| {
        known_overlaps(student, report)?;
        far_apart(student, report)?;
        good_basis(student, report)
    })
}

fn known_overlaps(student: History, report: &mut Report) -> Outcome {
    // Columns e1, e2, (0, -0.6, 0.8), e1 + a little: overlaps 0, -0.6, and a length that is off.
    let basis = array![[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, -0.6, 0.0], [0.0, 0.0, 0.8, 0.0], [0.0, 0.0, 0.0, 1.1]];
    let got = report.call(|| student(&basis))?;
    require_vector(report, "the history", &got, 4, "per column")?;
    let expected = array![0.0, 0.0, 0.6, 0.6];
    let each = |f: fn(&Array2<f64>) -> f64| -> Array1<f64> {
        (1..=4)
            .map(|j| {
                let q = basis.slice(ndarray::s![.., ..j]).to_owned();
                f(&(q.t().dot(&q) - Array2::<f64>::eye(j)))
            })
            .collect()
    };
    let suspects = [
        ("The overlap is -0.6; take absolute values", array![0.0, 0.0, 0.0, 0.21]),
        ("The overlap is -0.6; take absolute values", array![0.0, 0.0, 0.0, 0.0]),
        ("Subtract the identity from Q^T Q", array![1.0, 1.0, 1.0, 1.21]),
        (
            "Entry j is the maximum over all the columns so far, not just over the last column",
            array![0.0, 0.0, 0.6, 0.21],
        ),
        (
            "Entry j is the maximum over all the columns so far, not just over the last column",
            array![0.0, 0.0, 0.6, 0.0],
        ),
        ("This is the Frobenius norm; return the largest entry", each(|e| frobenius_squared(e).sqrt())),
        ("This is the sum of the entries; return the largest", each(|e| e.iter().map(|x| x.abs()).sum())),
        ("These are squares; do not square the overlaps", array![0.0, 0.0, 0.36, 0.36]),
        (
            "Every entry holds the maximum over the whole basis; for entry j, take only the first j + 1 columns",
            Array1::from_elem(4, 0.6),
        ),
        ("Entry j covers the first j + 1 columns, including column j", array![0.0, 0.0, 0.0, 0.6]),
    ];
    expect_entries(
        report,
        "an overlap of -0.6 with the third column shows up from the third entry on",
        &got,
        &expected,
        1e-12,
        &suspects,
    );
    let lengths = array![[1.0, 0.0], [0.0, 1.1]];
    let got = report.call(|| student(&lengths))?;
    require_vector(report, "the history", &got, 2, "per column")?;
    let suspects = [("Include the diagonal of Q^T Q: 1.1 squared is off by 0.21", array![0.0, 0.0])];
    expect_entries(report, "a column of length 1.1 counts too", &got, &array![0.0, 0.21], 1e-12, &suspects);
    let norm = array![[1.0, 0.6, 0.6], [0.0, 0.8, 0.0], [0.0, 0.0, 0.8]];
    let got = report.call(|| student(&norm))?;
    require_vector(report, "the history", &got, 3, "per column")?;
    let of = |k: usize| {
        let q = norm.slice(ndarray::s![.., ..k]).to_owned();
        spectral_norm(&(q.t().dot(&q) - Array2::<f64>::eye(k)))
    };
    let suspects = [("This is the operator norm; return the largest entry", array![of(1), of(2), of(3)])];
    expect_entries(report, "it is the largest entry, not another norm", &got, &array![0.0, 0.6, 0.6], 1e-12, &suspects);
    Ok(())
}

/// An overlap between the first column and the last, which neighbours do not see.
fn far_apart(student: History, report: &mut Report) -> Outcome {
    let mut basis = Array2::<f64>::eye(8);
    basis[[0, 7]] = 1e-7;
    let got = report.call(|| student(&basis))?;
    require_vector(report, "the history", &got, 8, "per column")?;
    report.expect((got[7] - 1e-7).abs() < 1e-12 && got[6] < 1e-12, "an overlap of 1e-7 between the first and the eighth column is detected", || {
        format!(
            "expected 1e-7 in the last entry and 0 before it, got {} and {}. Compare every column with every other, not just with its neighbours, which stay orthogonal in the recurrence",
            number(got[7]),
            number(got[6])
        )
    });
    Ok(())
}

fn good_basis(student: History, report: &mut Report) -> Outcome {
    let basis = orthonormalize(&gaussian_matrix(50, 20, &mut rng(1)));
    let got = report.call(|| student(&basis))?;
    require_vector(report, "the history", &got, 20, "per column")?;
    report.expect(
        got[19] < 1e-14 && got.iter().all(|&g| g >= 0.0),
        "an orthonormal basis is off only by rounding",
        || format!("expected less than 1e-14, got {}", number(got[19])),
    );
    let falls = (1..20).find(|&j| got[j] < got[j - 1]);
    report.expect(falls.is_none(), "it never decreases", || {
        format!(
            "entry {} is smaller than the one before. Each entry is a maximum over more columns, so it cannot fall",
            falls.unwrap_or(0)
        )
    });
    Ok(())
}

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
        short_run(report, &|a, start, steps| student(a, start, steps, 2))?;
        let a = shifted_matrix();
        let twice = report.call(|| student(&Recording::new(a.clone()), &start(100), 60, 2))?;
        shapes(report, &twice, 100, 60)?;
        let loss = loss_of_orthogonality(&twice.basis);
        report.require(loss < 1e-13, "with two passes the basis of a long run is orthonormal to rounding", || {
            let by_hand = estimators::lanczos_gram_schmidt(&Recording::new(a.clone()), &start(100), 60, 1);
            let once = loss_of_orthogonality(&by_hand.basis);
            let cause = if loss > 1e-3 && once > 1e-3 {
                "Does every pass use all the vectors so far, including q_j, and does the second compute its coefficients Q^T r from the r that the first left? Is beta the norm of r after the passes?"
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
        let identity = report.call(|| student(&Recording::new(Array2::eye(6)), &start(6), 4, 2))?;
        report.expect(identity.alpha.len() == 1, "on the identity it ends after one step", || {
            format!(
                "expected 1 step, got {}. Leave the loop when beta is zero up to rounding, as in exercise 4.1",
                identity.alpha.len()
            )
        });
        Ok(())
    })
}

/// Checks exercise 1/5.3: which steps take a pass, on tridiagonal matrices where that is known; and what the passes do.
pub fn lanczos_conditional(student: Conditional) -> Card {
    report("1/5.3", |report| {
        short_run(report, &|a, start, steps| student(a, start, steps))?;
        which_steps(student, report)?;
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
        Ok(())
    })
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
    // Growing by 1.1: ||r|| is 0.74 of ||A q||. Shrinking by 0.9: 0.67, and 1 in the first step.
    let (growing, shrinking) = (count(1.1, report)?, count(0.9, report)?);
    report.require(growing == 0, "where beta grows by 10 % per step, no pass is needed", || {
        let cause = match (growing, shrinking) {
            (8, 1) => "The inequality is the wrong way round",
            (8, 8) => "Make a pass only if ||r|| < ||A q|| / sqrt(2)",
            _ => "Compare the norm of r, after the subtractions, with the norm of A q_j, before them",
        };
        format!("||r|| is 0.74 ||A q||: expected 0 passes in 8 steps, got {growing}. {cause}")
    })?;
    report.require(shrinking == 7, "where beta shrinks by 10 % per step, every step but the first takes a pass", || {
        let cause = match shrinking {
            0 => "Do you store the count in `n_passes`? `Lanczos::new` sets it to 0; use `run.n_passes = ..` or `Lanczos { n_passes, ..run }`. Or is your threshold ||A q|| / 2 instead of ||A q|| / sqrt(2), or based on the norm of q?",
            8 => "In the first step ||r|| = ||A q||, so no pass is needed",
            14 => "Make one pass per step, not two",
            _ => "Compare the norm of r, after the subtractions, with the norm of A q_j, before them",
        };
        format!("||r|| is 0.67 ||A q||: expected 7 passes in 8 steps, got {shrinking}. {cause}")
    })
}
