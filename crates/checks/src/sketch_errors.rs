use ndarray::{Array1, Array2, ArrayRef1, array};

use super::claim::number;
use super::compare::{expect_number, largest, require_matrix};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{frobenius_squared, mean, variance};
use matrix_free::operator::Dense;
use matrix_free::probe::symmetric_with_spectrum;

type OversamplingErrors = fn(&Array2<f64>, usize, &[usize], usize, u64) -> Array2<f64>;
type PowerBound = fn(&Array1<f64>, usize, usize, usize) -> f64;

/// The size of the experiment in the check of 2/2.2.
const PS: [usize; 3] = [0, 2, 5];
const K: usize = 3;
const TRIALS: usize = 200;

/// Checks exercise 2/2.2: shapes, seeds, and the mean of each row, by z-score.
pub fn oversampling_errors(student: OversamplingErrors) -> Card {
    report("2/2.2", |report| oversampling_checks(student, report))
}

fn oversampling_checks(student: OversamplingErrors, report: &mut Report) -> Outcome {
    let low = symmetric_with_spectrum(&array![5.0, -3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2);
    let got = report.call(|| student(&low, K, &PS, 4, 1))?;
    let why = if got.dim() == (4, 3) { ". This is the transpose; return one row per p" } else { "" };
    require_matrix(report, "the result", &got, (3, 4), why)?;
    let missed = largest(&got);
    report.expect(missed < 1e-10, "three or more columns capture all of a matrix of rank 3", || {
        format!(
            "one error is {}. The sketch has k + p columns, and `range_error` takes the matrix and the basis",
            number(missed)
        )
    });

    let sigma = Array1::from_shape_fn(12, |i| 1.0 / (1.0 + i as f64));
    let a = symmetric_with_spectrum(&sigma, 1);
    let got = report.call(|| student(&a, K, &PS, TRIALS, 7))?;
    require_matrix(report, "the result", &got, (3, TRIALS), why)?;
    for (row, p) in got.rows().into_iter().zip(PS) {
        let (first, alike) = (row[0], row.iter().all(|error| (error - row[0]).abs() < 1e-12));
        report.require(!alike, &format!("for p = {p} the trials differ"), || {
            format!("all {TRIALS} errors are {}. Give each trial its own seed, from `seeds(seed)`", number(first))
        })?;
    }
    for (row, p) in got.rows().into_iter().zip(PS) {
        let what = format!("for p = {p} the mean error is that of {} columns", K + p);
        let expected = errors(&a, K + p, |error, _| error);
        let score = z_score(&row, &expected);
        // Below 6 by chance but once in 10^9; a column more or less, or another norm, is seen at 10 and more.
        report.require(score.abs() < 6.0, &what, || {
            let same = |other: Array1<f64>| z_score(&row, &other).abs() < 6.0;
            // Which norm is meant is settled by the first row, where the number of columns is k in any case.
            let cause = if p == 0 && same(errors(&a, K, |_, frobenius| frobenius)) {
                ". This looks like the Frobenius norm of the residual"
            } else if p == 0 && same(errors(&a, K, |error, _| error * error)) {
                ". This looks like the square of the error"
            } else if p > 0 && same(errors(&a, K, |error, _| error)) {
                ". This looks like k columns for every p; the sketch needs k + p"
            } else if p > 0 && same(errors(&a, p, |error, _| error)) {
                ". This looks like p columns; the sketch needs k + p"
            } else {
                ""
            };
            format!("expected about {}, got {}{cause}", number(mean(&expected)), number(mean(&row)))
        })?;
    }
    let again = report.call(|| student(&a, K, &PS, 3, 7))?;
    let other = report.call(|| student(&a, K, &PS, 3, 1000))?;
    require_matrix(report, "the result", &again, (3, 3), "")?;
    require_matrix(report, "the result", &other, (3, 3), "")?;
    report.expect(largest(&(&again - &other)) > 1e-9, "another seed gives other errors", || {
        "seeds 7 and 1000 gave the same errors; derive the seeds from the `seed` argument".to_owned()
    });
    let repeated = report.call(|| student(&a, K, &PS, 3, 7))?;
    report.expect(repeated == again, "the same seed gives the same errors", || {
        "two calls with seed 7 differ; derive the seeds from the `seed` argument".to_owned()
    });
    Ok(())
}

/// What sketches of `width` columns miss, by seeds that no student uses; `of` takes the spectral and the Frobenius norm.
fn errors(a: &Array2<f64>, width: usize, of: fn(f64, f64) -> f64) -> Array1<f64> {
    let operator = Dense::from(a);
    (1_000_000..1_000_000 + TRIALS as u64)
        .map(|seed| {
            let q = estimators::range_finder(&operator, width, seed);
            let residual = a - &q.dot(&q.t().dot(a));
            of(estimators::range_error(a, &q), frobenius_squared(&residual).sqrt())
        })
        .collect()
}

/// The difference of two means over its standard error.
fn z_score(got: &ArrayRef1<f64>, expected: &Array1<f64>) -> f64 {
    let squared_error = |x: &ArrayRef1<f64>| variance(x) / x.len() as f64;
    (mean(got) - mean(expected)) / (squared_error(got) + squared_error(expected)).sqrt()
}

/// Checks exercise 2/2.3: no power, several powers, and that the bound approaches `sigma_(k + 1)`.
pub fn power_bound(student: PowerBound) -> Card {
    report("2/2.3", |report| {
        let sigma = Array1::from_shape_fn(12, |i| 8.0 * 0.7_f64.powi(i as i32));
        let (k, p) = (3, 5);
        let got = report.call(|| student(&sigma, k, p, 0))?;
        let plain = estimators::range_bound(&sigma, k, p);
        let suspects = [
            ("With q = 0 the exponent is 1, not 0, because s = q + 1", 1.0),
            (
                "With q = 0 the exponent is 1, not 0, because s = q + 1",
                estimators::range_bound(&Array1::ones(12), k, p),
            ),
        ];
        expect_number(report, "without powers it is the bound of exercise 1.2", got, plain, 1e-9, &suspects);
        for q in [1, 4] {
            let got = report.call(|| student(&sigma, k, p, q))?;
            let s = q as f64 + 1.0;
            let of = |exponent: f64, root: f64| {
                estimators::range_bound(&sigma.mapv(|x| x.powf(exponent)), k, p).powf(1.0 / root)
            };
            let suspects = [
                ("The root is missing; this bounds A^s, and its s-th root bounds A", of(s, 1.0)),
                ("The exponent is s = q + 1; A^q G belongs to q - 1 powers", of(s - 1.0, s - 1.0)),
                ("Use s = q + 1 for both the exponent and the root", of(s, s - 1.0)),
                ("Use s = q + 1 for both the exponent and the root", of(s - 1.0, s)),
                ("Raise the singular values to the power s", of(1.0, s)),
                (
                    "This uses 2 q + 1, the exponent for iterations with A A^T; here each power is one product, so s = q + 1",
                    of(2.0 * s - 1.0, 2.0 * s - 1.0),
                ),
                ("This is the bound for q = 0; use n_power", plain),
                ("`1 / s` is an integer division, which gives 0; make s an `f64`", 1.0),
            ];
            let what = format!("for q = {q} powers it is the bound for sigma_j^{}, to the power 1/{}", q + 1, q + 1);
            expect_number(report, &what, got, estimators::power_bound(&sigma, k, p, q), 1e-9, &suspects);
        }
        let got = report.call(|| student(&sigma, k, p, 60))?;
        report.expect((got / sigma[k] - 1.0).abs() < 0.05, "with many powers it approaches sigma_{k+1}", || {
            format!("expected {} to within 5 %, got {}", number(sigma[k]), number(got))
        });
        Ok(())
    })
}
