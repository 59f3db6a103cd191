use ndarray::{Array1, array};

use super::claim::number;
use super::compare::{expect_entries, loss_of_orthogonality, require_finite, require_vector};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Eigenpairs;
use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type Deflation = fn(&dyn SymmetricOperator, usize, usize, f64, u64) -> Eigenpairs;

/// Checks exercise 1/3.1: the values and vectors for a spectrum with both signs, the tolerance, the budget, and a double eigenvalue.
pub fn deflation(student: Deflation) -> Card {
    report("1/3.1", |report| deflation_checks(student, report))
}

fn deflation_checks(student: Deflation, report: &mut Report) -> Outcome {
    let spectrum = array![-9.0, -0.5, 0.0, 0.3, 0.6, 1.0, 2.0, 4.0, 6.0];
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 1));
    let tolerance = 1e-9;
    let pairs = report.call(|| student(&a, 4, 500, tolerance, 3))?;
    let products = a.take().len();
    expect_shapes(report, &pairs, 9, 4)?;
    let right = array![-9.0, 6.0, 4.0, 2.0];
    expect_entries(
        report,
        "the four eigenvalues of largest magnitude of {-9, 6, 4, 2, 1, ..}, in that order",
        &pairs.values,
        &right,
        1e-8,
        &[
            ("Nothing was subtracted; pass the deflated operator to power iteration", array![-9.0, -9.0, -9.0, -9.0]),
            (
                "Only the last pair is subtracted, so the one before it comes back; subtract every pair found so far",
                array![-9.0, 6.0, -9.0, 6.0],
            ),
            (
                "The eigenvalue grew instead of vanishing; subtract lambda v v^T, with the sign of lambda",
                array![-9.0, -18.0, -36.0, -72.0],
            ),
            ("The signs are lost; the value must be the Rayleigh quotient", array![9.0, 6.0, 4.0, 2.0]),
            (
                "The order is wrong; keep the pairs as you find them, by descending magnitude",
                array![6.0, 4.0, 2.0, -9.0],
            ),
            (
                "The order is wrong; keep the pairs as you find them, by descending magnitude",
                array![2.0, 4.0, 6.0, -9.0],
            ),
            (
                "The order is wrong; keep the pairs as you find them, by descending magnitude",
                array![-9.0, 2.0, 4.0, 6.0],
            ),
            // v v^T without its lambda: -9 becomes -10, and so on.
            ("The factor lambda is missing; subtract lambda v v^T", array![-9.0, -10.0, -11.0, -12.0]),
        ],
    );
    if !report.is_clean() {
        return Ok(());
    }
    expect_vectors(report, &a, &pairs, &right);
    report.expect(pairs.n_matvecs == products, "n_matvecs counts the products of all the runs", || {
        format!("the operator was applied {products} times, but n_matvecs is {}", pairs.n_matvecs)
    });
    expect_tolerance(student, report, &a)?;

    let double = Recording::new(symmetric_with_spectrum(&array![5.0, 5.0, 1.0, 0.2, -0.7, -2.0], 2));
    let pairs = report.call(|| student(&double, 3, 500, tolerance, 3))?;
    expect_shapes(report, &pairs, 6, 3)?;
    expect_entries(
        report,
        "a double eigenvalue is found twice: 5, 5, -2",
        &pairs.values,
        &array![5.0, 5.0, -2.0],
        1e-7,
        &[],
    );
    let loss = loss_of_orthogonality(&pairs.vectors);
    report.expect(loss < 1e-6, "its two eigenvectors are orthogonal", || {
        format!("the inner products of the vectors are off by {}", number(loss))
    });
    Ok(())
}

fn expect_shapes(report: &mut Report, pairs: &Eigenpairs, n: usize, k: usize) -> Outcome {
    require_vector(report, "values", &pairs.values, k, "per pair")?;
    let shape = pairs.vectors.dim();
    report.insist(shape == (n, k), "vectors holds one column per pair", || {
        let cause = if shape == (k, n) { " These are rows; store the vectors as columns" } else { "" };
        format!("expected shape ({n}, {k}), got {shape:?}.{cause}")
    })?;
    require_finite(report, "vectors", pairs.vectors.iter())
}

fn expect_vectors(report: &mut Report, a: &Recording, pairs: &Eigenpairs, values: &Array1<f64>) {
    let lengths: Vec<f64> = pairs.vectors.columns().into_iter().map(|v| norm(&v)).collect();
    let residual = |j: usize| {
        let v = pairs.vectors.column(j);
        norm(&(&a.matrix().dot(&v) - &(&v * values[j])))
    };
    let worst = (0..values.len()).map(residual).fold(0.0, f64::max);
    let unit = lengths.iter().all(|length| (length - 1.0).abs() < 1e-10);
    report.expect(unit, "the vectors have length 1", || format!("their lengths are {lengths:?}"));
    // To first order a residual in A is below 1e-9 (9 + 9 (9 + 2) / 2 + ..) = 1e-7.
    report.expect(worst < 1e-6, "column j is an eigenvector of value j", || {
        format!("for one pair, ||A v - lambda v|| is {}", number(worst))
    });
}

/// A looser tolerance takes fewer products, a budget is kept, and another seed starts elsewhere.
fn expect_tolerance(student: Deflation, report: &mut Report, a: &Recording) -> Outcome {
    let mut products = |k: usize, max_steps: usize, tolerance: f64| {
        report.call(|| student(a, k, max_steps, tolerance, 3)).map(|_| a.take().len())
    };
    let (loose, tight, budget) = (products(3, 500, 1e-2)?, products(3, 500, 1e-9)?, products(3, 4, 0.0)?);
    report.expect(loose < tight, "the `tolerance` argument is passed on", || {
        format!("tolerances 1e-2 and 1e-9 took {loose} and {tight} matvecs")
    });
    report.expect(budget == 12, "the `max_steps` argument limits each power iteration", || {
        format!("3 pairs with max_steps = 4 and tolerance 0 take 12 matvecs, got {budget}")
    });
    let mut starts = |seed: u64| report.call(|| student(a, 1, 2, 0.0, seed)).map(|_| a.take());
    let (one, other) = (starts(3)?, starts(4)?);
    report.expect(one != other, "another seed gives another start", || {
        "seeds 3 and 4 gave the same start; pass the `seed` argument on".to_owned()
    });
    Ok(())
}
