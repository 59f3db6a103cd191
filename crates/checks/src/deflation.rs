use ndarray::{Array1, Array2, array};

use super::claim::{expected_and_got, number};
use super::compare::{expect_entries, expect_entries_or, loss_of_orthogonality, require_finite, require_vector};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use super::starts::{START_SIZE, expect_starts};
use course_protocol::card::Card;
use estimators::Eigenpairs;
use matrix_free::linalg::{linspace, norm};
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
    expect_entries_or(
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
            ("Only the first pair is subtracted; subtract every pair found so far", array![-9.0, 6.0, 6.0, 6.0]),
            ("lambda is squared; subtract lambda v v^T", array![-9.0, -90.0, -8190.0, -67084290.0]),
            ("Half of lambda is subtracted; subtract lambda v v^T", array![-9.0, 6.0, -4.5, 4.0]),
            ("The values of the wrong pairs are returned: each value is one step late", array![6.0, 4.0, 2.0, 1.0]),
            // v v^T without its lambda: -9 becomes -10, and so on.
            ("The factor lambda is missing; subtract lambda v v^T", array![-9.0, -10.0, -11.0, -12.0]),
        ],
        "The first wrong value tells you in which run to look: the operator must subtract value * (v^T x) * v from A x, for each pair found before",
    );
    if !report.is_clean() {
        return Ok(());
    }
    expect_vectors(report, &a, &pairs, &right);
    report.expect(pairs.n_matvecs == products, "n_matvecs counts the products of all the runs", || {
        format!(
            "the operator was applied {products} times, but n_matvecs is {}. Add up `run.n_matvecs()` of all the runs, and make no products outside them",
            pairs.n_matvecs
        )
    });
    if !report.is_clean() {
        return Ok(());
    }
    expect_tolerance(student, report, &a)?;

    if !report.is_clean() {
        return Ok(());
    }
    for (scale, seed) in [(1e-8, 7), (1e8, 8)] {
        let scaled = Recording::new(a.matrix() * scale);
        let pairs = report.call(|| student(&scaled, 4, 500, tolerance, seed))?;
        expect_shapes(report, &pairs, 9, 4)?;
        expect_entries_or(
            report,
            &format!("the same for {scale:e} A, with seed {seed}"),
            &(&pairs.values / scale),
            &right,
            1e-8,
            &[],
            "Is something compared with a fixed number? What is small depends on the scale of A",
        );
    }
    let all = Recording::new(symmetric_with_spectrum(&array![-3.0, 0.5, 2.0], 4));
    let pairs = report.call(|| student(&all, 3, 500, tolerance, 9))?;
    expect_shapes(report, &pairs, 3, 3)?;
    expect_entries(
        report,
        "all three pairs of a 3 x 3 matrix: -3, 2, 0.5",
        &pairs.values,
        &array![-3.0, 2.0, 0.5],
        1e-7,
        &[],
    );

    for (spectrum, k, name) in [
        (array![5.0, 5.0, 1.0, 0.2, -0.7, -2.0], 3, "a double eigenvalue is found twice: 5, 5, -2"),
        (array![4.0, 4.0, 4.0, 4.0], 3, "of 4 times the identity: 4, 4, 4"),
    ] {
        let double = Recording::new(symmetric_with_spectrum(&spectrum, 2));
        let pairs = report.call(|| student(&double, k, 500, tolerance, 3))?;
        expect_shapes(report, &pairs, spectrum.len(), k)?;
        let right = if k == 3 && spectrum.len() == 4 { array![4.0, 4.0, 4.0] } else { array![5.0, 5.0, -2.0] };
        let found = expect_entries_or(
            report,
            name,
            &pairs.values,
            &right,
            1e-7,
            &[],
            "A double eigenvalue has two eigenvectors, and both count. Does each run have its own seed? A start along a vector that is already taken off has nothing left to find",
        );
        if !found {
            return Ok(());
        }
        let loss = loss_of_orthogonality(&pairs.vectors);
        report.expect(loss < 1e-6, "its eigenvectors are orthogonal", || {
            format!("the inner products of the vectors are off by {}", number(loss))
        });
    }
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
    report.expect(unit, "the vectors have length 1", || {
        let worst = lengths.iter().copied().max_by(|x, y| (x - 1.0).abs().total_cmp(&(y - 1.0).abs())).unwrap_or(1.0);
        format!("the length of one: {}. Return the vectors of the runs as they are", expected_and_got(1.0, worst))
    });
    // To first order a residual in A is below 1e-9 (9 + 9 (9 + 2) / 2 + ..) = 1e-7.
    report.expect(worst < 1e-6, "column j is an eigenvector of value j", || {
        let cause = if worst < 0.1 {
            "That is too large for tolerance 1e-9: is `tolerance` passed on as it is?"
        } else {
            "Are the columns in the order of the values, and are they the vectors of the runs?"
        };
        format!("for one pair, ||A v - lambda v|| is {}. {cause}", number(worst))
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
    if !report.is_clean() {
        return Ok(());
    }
    // With k = 1 all products are those of one run: the first residual below the tolerance ends it.
    let tolerance = 1e-3;
    report.call(|| student(a, 1, 500, tolerance, 5))?;
    let vectors = a.take();
    let of = |v: &Array1<f64>| {
        let product = a.matrix().dot(v);
        let value = v.dot(&product);
        norm(&(&product - &(v * value))) / value.abs()
    };
    let first = vectors.iter().position(|v| of(v) <= tolerance).map_or(0, |at| at + 1);
    report.expect(vectors.len().abs_diff(first) <= 1, "the tolerance of each run is `tolerance`", || {
        format!(
            "with tolerance 1e-3 the first run took {} matvecs, but its residual was small enough after {first}. Pass `tolerance` on as it is",
            vectors.len()
        )
    });
    if !report.is_clean() {
        return Ok(());
    }
    let large = Recording::new(Array2::from_diag(&linspace(0.5, 1.0, START_SIZE)));
    // With max_steps = 1 each product is that of the start of a run.
    let start = |report: &mut Report, seed: u64| {
        report.call(|| student(&large, 1, 1, 0.0, seed))?;
        Ok(large.take().into_iter().next().unwrap_or_else(|| Array1::zeros(START_SIZE)))
    };
    expect_starts(report, start, "pass the `seed` argument on, by `seeds(seed)`")?;
    let mut of_runs = |seed: u64| report.call(|| student(&large, 3, 1, 0.0, seed)).map(|_| large.take());
    let (one, next) = (of_runs(20)?, of_runs(21)?);
    let own = (0..one.len()).all(|i| (0..i).all(|j| one[i] != one[j]));
    report.expect(own, "each run has its own start", || {
        "two runs have the same start. Give each run its own seed, from `seeds(seed)`".to_owned()
    });
    report.expect(one.iter().all(|start| !next.contains(start)), "calls with neighbouring seeds share no start", || {
        "runs of the calls with seeds 20 and 21 have the same start, as with seed + 1, seed + 2. Take the seeds of the runs from `seeds(seed)`".to_owned()
    });
    Ok(())
}
