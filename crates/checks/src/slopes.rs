use ndarray::{Array1, array};

use super::claim::expected_and_got;
use super::compare::expect_number;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Slopes;

type PredictedSlopes = fn(&Array1<f64>) -> Slopes;

/// Checks exercise 1/2.2: spectra in any order, with ties, pairs and signs.
pub fn predicted_slopes(student: PredictedSlopes) -> Card {
    report("1/2.2", |report| slope_checks(student, report))
}

fn slope_checks(student: PredictedSlopes, report: &mut Report) -> Outcome {
    let got = report.call(|| student(&array![10.0, 1.0, 0.25]))?;
    let natural = "This is the natural logarithm; a decade is a factor of ten, so use `log10`";
    let swapped = "The value converges twice as fast as the vector";
    let negative = "An error that shrinks has a negative slope";
    let simple = |report: &mut Report, what: &str, got: f64, right: f64, other: f64| {
        let ratio = 10.0_f64.powf(right);
        expect_number(
            report,
            what,
            got,
            right,
            1e-10,
            &[
                (negative, -right),
                (swapped, other),
                (natural, right * std::f64::consts::LN_10),
                ("This is the factor itself; return its logarithm", ratio),
                (
                    "This is the binary logarithm; a decade is a factor of ten, so use `log10`",
                    right * std::f64::consts::LOG2_10,
                ),
                ("The slope for the value is *twice* that for the vector, not its square", right * right / 4.0),
                ("The slope for the value is twice that for the vector, not half of it", right / 4.0),
                ("lambda_2 has the second largest magnitude, not the smallest", right * 40.0_f64.log10()),
            ],
        );
    };
    simple(report, "{10, 1, 0.25}: the vector", got.vector, -1.0, -2.0);
    simple(report, "{10, 1, 0.25}: the value", got.value, -2.0, -1.0);
    if !report.is_clean() {
        return Ok(());
    }
    let threshold = "The slopes depend on ratios alone. Is an eigenvalue compared with a fixed number?";
    let tie = "All eigenvalues are lambda_1, so every vector is an eigenvector and one step is enough: lambda_2 counts as 0, whose logarithm is minus infinity";
    let copies =
        "Both copies of 10 belong to the eigenspace you want; lambda_2 is the largest that differs from lambda_1";
    let pair =
        "-10 has the same magnitude as 10 but differs from it; neither gains on the other, and nothing converges";
    let never = f64::NEG_INFINITY;
    let cases = [
        (array![0.5, 10.0, 1.0], -1.0, "{0.5, 10, 1}", "The eigenvalues may come in any order"),
        (
            array![1.0, -10.0, 0.5, 4.0],
            0.4_f64.log10(),
            "{1, -10, 0.5, 4}",
            "Magnitudes count; lambda_1 is -10 and lambda_2 is 4",
        ),
        (
            array![-1.0, -8.0, -2.0],
            0.25_f64.log10(),
            "{-1, -8, -2}",
            "Magnitudes count; lambda_1 is -8 and lambda_2 is -2",
        ),
        (array![10.0, 10.0, 1.0], -1.0, "{10, 10, 1}", copies),
        (array![10.0, 1.0, 10.0], -1.0, "{10, 1, 10}", copies),
        (
            array![-10.0, -10.0, 5.0, -10.0],
            0.5_f64.log10(),
            "{-10, -10, 5, -10}",
            "All three copies of -10 belong to the eigenspace you want; lambda_2 is 5",
        ),
        (array![-10.0, 10.0, 1.0], 0.0, "{-10, 10, 1}", pair),
        (array![1.0, 10.0, 10.0, -10.0], 0.0, "{1, 10, 10, -10}", pair),
        (
            array![-2.0, 9.5, -3.0, 10.0, -9.8],
            0.98_f64.log10(),
            "{-2, 9.5, -3, 10, -9.8}",
            "Magnitudes count; lambda_2 is -9.8",
        ),
        (
            array![10.0, 9.99, 1.0],
            0.999_f64.log10(),
            "{10, 9.99, 1}",
            "9.99 is not a copy of 10; only equal eigenvalues, up to rounding, share an eigenspace",
        ),
        (array![1e-8, 1e-7, 5e-9], -1.0, "{1e-8, 1e-7, 5e-9}", threshold),
        (array![1e8, 1e9, -5e7], -1.0, "{1e8, 1e9, -5e7}", threshold),
        (array![7.0, 7.0], never, "{7, 7}", tie),
        (array![-3.0], never, "{-3}", tie),
        (
            array![3.0, 0.0, 0.0],
            never,
            "{3, 0, 0}",
            "lambda_2 is 0, whose logarithm is minus infinity: one step is enough. Do not leave zeros out",
        ),
    ];
    for (eigenvalues, vector, name, cause) in cases {
        let got = report.call(|| student(&eigenvalues)).inspect_err(|_| {
            let note = format!("both slopes for {name} could not be computed. {cause}");
            report.expect(false, &note, || "your function panicked".to_owned());
        })?;
        let is = |got: f64, right: f64| got == right || (got - right).abs() <= 1e-10;
        let holds = is(got.vector, vector) && is(got.value, 2.0 * vector);
        report.expect(holds, &format!("{name}: both slopes"), || {
            let [of_vector, of_value] =
                [(vector, got.vector), (2.0 * vector, got.value)].map(|(right, got)| expected_and_got(right, got));
            format!("the vector: {of_vector}; the value: {of_value}. {cause}")
        });
    }
    Ok(())
}
