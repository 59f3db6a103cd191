use ndarray::{Array1, Array2, array};

use super::claim::number;
use super::compare::{close, expect_number, require_finite, require_vector};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{PowerIteration, Slopes};
use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type Power = fn(&dyn SymmetricOperator, usize, f64, u64) -> PowerIteration;
type PredictedSlopes = fn(&Array1<f64>) -> Slopes;

/// The size of the test matrix.
const N: usize = 8;

/// Checks exercise 1/2.1: every field against the vectors passed to the operator, and the step at which it stops.
pub fn power_iteration(student: Power) -> Card {
    report("1/2.1", |report| power_checks(student, report))
}

fn power_checks(student: Power, report: &mut Report) -> Outcome {
    let a = Recording::new(symmetric_with_spectrum(&array![-5.0, -1.0, -0.3, 0.0, 0.5, 1.0, 2.0, 3.0], 1));
    let budget = 12;
    let run = report.call(|| student(&a, budget, 0.0, 3))?;
    let vectors = a.take();
    require_vector(report, "vector", &run.vector, N, "per row of the matrix")?;
    require_finite(report, "history", run.history.iter())?;
    require_finite(report, "value and residual", [run.value, run.residual].iter())?;
    expect_steps(report, &vectors, run.history.len(), budget)?;
    expect_quotients(report, &a, &vectors, &run)?;
    expect_evidence(report, &a, &vectors, &run);
    expect_seeds(student, report, &a, &vectors)?;
    // A mistake already reported would show up again in what follows.
    if !report.is_clean() {
        return Ok(());
    }
    expect_stop(student, report, &a)?;
    expect_pair(student, report)?;
    let zero = Recording::new(Array2::zeros((4, 4)));
    let run = report.call(|| student(&zero, 10, 1e-8, 3))?;
    report.expect(run.value == 0.0 && run.residual == 0.0, "the zero matrix has the eigenvalue 0", || {
        "expected value 0 and residual 0; stop when the residual is *at most* the tolerance times |value|, before you divide by ||A v||".to_owned()
    });
    Ok(())
}

fn expect_steps(report: &mut Report, vectors: &[Array1<f64>], history: usize, budget: usize) -> Outcome {
    let products = vectors.len();
    report.require(products == budget, "with tolerance 0 it takes max_steps matvecs", || {
        let cause = if products == 0 {
            "Use `a.apply(&v)` for the product."
        } else if products == 2 * budget {
            "There are two products per step; keep A v and use it for the quotient, the residual and the next vector."
        } else if products == budget + 1 {
            "This is one too many; the last step needs no further product."
        } else if products < budget {
            "It stopped early."
        } else {
            "Use one product per step."
        };
        format!("expected {budget} for max_steps = {budget}, got {products}. {cause}")
    })?;
    report.require(history == products, "history has one entry per matvec", || {
        format!("expected {products} entries, got {history}")
    })
}

/// The history against the vectors that came, and the vectors against the iteration.
fn expect_quotients(report: &mut Report, a: &Recording, vectors: &[Array1<f64>], run: &PowerIteration) -> Outcome {
    let off_unit = vectors.iter().position(|v| (norm(v) - 1.0).abs() > 1e-10);
    report.expect(off_unit.is_none(), "every vector that is multiplied has length 1", || {
        let at = off_unit.unwrap_or(0);
        let cause = if at == 0 { ". Normalise the start too" } else { ". Normalise in every step" };
        format!("vector {at} has length {}{cause}", number(norm(&vectors[at])))
    });
    let astray = (1..vectors.len()).find(|&k| {
        let product = a.matrix().dot(&vectors[k - 1]);
        let expected = &product / norm(&product);
        // Power iteration may turn the sign from step to step: the direction counts.
        let cosine = expected.dot(&vectors[k]) / norm(&vectors[k]);
        (cosine.abs() - 1.0).abs() > 1e-10
    });
    report.require(astray.is_none(), "each vector is A times the one before, normalised", || {
        let at = astray.unwrap_or(0);
        let repeated = vectors[at] == vectors[at - 1];
        let cause = if repeated { ": it is the same as the one before. Replace v by A v / ||A v||" } else { "" };
        format!("vector {at} is not{cause}")
    })?;
    let quotient = |v: &Array1<f64>| v.dot(&a.matrix().dot(v)) / v.dot(v);
    let quotients: Array1<f64> = vectors.iter().map(quotient).collect();
    let wrong = (0..quotients.len()).find(|&k| !close(run.history[k], quotients[k], 1e-10));
    report.expect(wrong.is_none(), "history holds the Rayleigh quotient of each vector", || {
        let k = wrong.unwrap_or(0);
        let length = norm(&a.matrix().dot(&vectors[k]));
        let cause = if close(run.history[k], length, 1e-10) {
            ". This is ||A v||, which loses the sign; take v^T A v"
        } else if k == 0 && close(run.history[0], quotients[1], 1e-10) {
            ". This is the quotient of the next vector; the first entry belongs to the start"
        } else if close(run.history[k], quotients[k].abs(), 1e-10) {
            ". The sign is lost; an eigenvalue can be negative"
        } else if run.history.iter().rev().zip(&quotients).all(|(&got, &right)| close(got, right, 1e-10)) {
            ". It is in reverse order"
        } else {
            ""
        };
        format!("expected {} at entry {k}, got {}{cause}", number(quotients[k]), number(run.history[k]))
    });
    Ok(())
}

/// Value, vector and residual, which belong together.
fn expect_evidence(report: &mut Report, a: &Recording, vectors: &[Array1<f64>], run: &PowerIteration) {
    let last = &vectors[vectors.len() - 1];
    let product = a.matrix().dot(last);
    let value = last.dot(&product) / last.dot(last);
    let length = norm(&product);
    expect_number(
        report,
        "value is the last Rayleigh quotient",
        run.value,
        value,
        1e-10,
        &[
            ("This is ||A v||, which loses the sign; take v^T A v", length),
            ("The sign is lost; an eigenvalue can be negative", -value),
            ("This is the first quotient; return the last", run.history[0]),
        ],
    );
    let next = &product / length;
    let same = |v: &Array1<f64>| (v.dot(&run.vector) / norm(v)).abs() > 1.0 - 1e-12;
    let unit = (norm(&run.vector) - 1.0).abs() < 1e-10;
    report.expect(unit && same(last), "vector is the unit vector that the value belongs to", || {
        if !unit {
            format!("its length is {}; normalise it", number(norm(&run.vector)))
        } else if same(&next) {
            "it is A v / ||A v||, one step ahead of the value and the residual; return before v is replaced".to_owned()
        } else if same(&vectors[0]) {
            "it is the start; replace v in every step".to_owned()
        } else {
            "it is not the last vector that you multiplied by A".to_owned()
        }
    });
    let residual = |v: &Array1<f64>, value: f64| norm(&(&a.matrix().dot(v) - &(v * value)));
    let right = residual(last, value);
    let change = run.history.windows(2).last().map_or(f64::NAN, |pair| (pair[1] - pair[0]).abs());
    expect_number(
        report,
        "residual is ||A v - value v||",
        run.residual,
        right,
        1e-6,
        &[
            ("This is the residual divided by |value|; return the norm itself", right / value.abs()),
            ("This is the squared norm; take the square root", right * right),
            (
                "This is the change of the value in the last step, which can vanish when the residual does not; take ||A v - value v||",
                change,
            ),
            ("This is the change of the vector in the last step; take ||A v - value v||", norm(&(&next - last))),
            ("This is the change of the vector in the last step; take ||A v - value v||", norm(&(&next + last))),
            ("You normalised A v; subtract value v from the product itself", norm(&(&next - &(last * value)))),
            (
                "This is the residual of the next vector; compute it before v is replaced",
                residual(&next, next.dot(&a.matrix().dot(&next))),
            ),
        ],
    );
}

fn expect_seeds(student: Power, report: &mut Report, a: &Recording, vectors: &[Array1<f64>]) -> Outcome {
    let mut starts = |seed: u64| report.call(|| student(a, 2, 0.0, seed)).map(|_| a.take());
    let (again, other) = (starts(3)?, starts(4)?);
    let first = |of: &[Array1<f64>]| of.first().cloned().unwrap_or_default();
    report.expect(first(&again) == vectors[0], "the same seed gives the same start", || {
        "two calls with seed 3 gave different vectors; create the generator from the `seed` argument".to_owned()
    });
    report.expect(first(&other) != vectors[0], "another seed gives another start", || {
        let all_the_same = vectors[0].iter().all(|x| (x - vectors[0][0]).abs() < 1e-12);
        let cause = if all_the_same {
            ", and a vector of equal entries may be orthogonal to the eigenvector you want"
        } else {
            ""
        };
        format!("seeds 3 and 4 gave the same vector{cause}; draw it from `rng(seed)`")
    });
    Ok(())
}

/// It stops at the first vector with a small enough residual, whatever the scale of the matrix.
fn expect_stop(student: Power, report: &mut Report, a: &Recording) -> Outcome {
    for (scale, name) in [(1.0, "A"), (1e4, "10,000 A"), (1e-4, "A / 10,000")] {
        let (matrix, tolerance, budget) = (a.matrix() * scale, 1e-6, 200);
        let scaled = Recording::new(matrix);
        let run = report.call(|| student(&scaled, budget, tolerance, 3))?;
        let vectors = scaled.take();
        let done = |v: &Array1<f64>| {
            let product = scaled.matrix().dot(v);
            let value = v.dot(&product);
            norm(&(&product - &(v * value))) <= tolerance * value.abs()
        };
        let first = vectors.iter().position(done).map(|at| at + 1);
        let got = vectors.len();
        let ended = report.expect(first == Some(got), &format!("for {name} it stops at the first residual of at most 1e-6 |value|"), || {
            match first {
                Some(first) if got == budget => format!("the residual was small enough after {first} matvecs, but it took all {budget}; return inside the loop"),
                Some(first) => format!("it stopped after {got} matvecs, but the residual was first small enough after {first}. Test before v is replaced, and relative to |value|, so that the scale of the matrix does not matter"),
                None => format!("it stopped after {got} matvecs, when the residual was still too large. Test ||A v - value v||, not the change of the value, and relative to |value|, so that the scale of the matrix does not matter"),
            }
        });
        if !ended {
            return Ok(());
        }
        expect_number(
            report,
            &format!("the eigenvalue of largest magnitude of {name}"),
            run.value,
            -5.0 * scale,
            1e-9,
            &[
                ("The sign is lost", 5.0 * scale),
                ("This is the largest eigenvalue; find the one of largest magnitude", 3.0 * scale),
            ],
        );
    }
    Ok(())
}

/// With the eigenvalues 10 and -10 only the value converges.
fn expect_pair(student: Power, report: &mut Report) -> Outcome {
    let pair = Recording::new(symmetric_with_spectrum(&array![-10.0, 10.0, 1.0, 0.5, 0.0, -0.5], 4));
    let run = report.call(|| student(&pair, 60, 1e-8, 3))?;
    let vectors = pair.take();
    let products = vectors.len();
    // How large it stays depends on the start: the vector swings between two directions.
    let residual = vectors.last().map_or(0.0, |v| {
        let product = pair.matrix().dot(v);
        norm(&(&product - &(v * (v.dot(&product) / v.dot(v))))) / norm(v)
    });
    let holds = products == 60 && close(run.residual, residual, 1e-6) && run.residual > 1e-3;
    report.expect(holds, "for a pair 10, -10 it does not stop, and the residual stays large", || {
        format!(
            "it stopped after {products} matvecs with value {} and residual {}; the value no longer changes, but the vector does",
            number(run.value),
            number(run.residual)
        )
    });
    Ok(())
}

/// Checks exercise 1/2.2: spectra in any order, with ties, pairs and signs.
pub fn predicted_slopes(student: PredictedSlopes) -> Card {
    report("1/2.2", |report| slope_checks(student, report))
}

fn slope_checks(student: PredictedSlopes, report: &mut Report) -> Outcome {
    let got = report.call(|| student(&array![10.0, 1.0, 0.5]))?;
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
                ("lambda_2 has the second largest magnitude, not the smallest", right * 20.0_f64.log10()),
            ],
        );
    };
    simple(report, "{10, 1, 0.5}: the vector", got.vector, -1.0, -2.0);
    simple(report, "{10, 1, 0.5}: the value", got.value, -2.0, -1.0);
    if !report.is_clean() {
        return Ok(());
    }
    let cases = [
        (array![0.5, 10.0, 1.0], -1.0, "{0.5, 10, 1}", "The eigenvalues may come in any order"),
        (
            array![1.0, -10.0, 0.5, 4.0],
            0.4_f64.log10(),
            "{1, -10, 0.5, 4}",
            "Magnitudes count; lambda_1 is -10 and lambda_2 is 4",
        ),
        (
            array![10.0, 10.0, 1.0],
            -1.0,
            "{10, 10, 1}",
            "Both copies of 10 belong to the eigenspace you want; lambda_2 is the largest that differs from lambda_1",
        ),
        (
            array![-10.0, 10.0, 1.0],
            0.0,
            "{-10, 10, 1}",
            "-10 has the same magnitude as 10 but differs from it; neither gains on the other, and nothing converges",
        ),
        (
            array![-2.0, 9.5, -3.0, 10.0, -9.8],
            0.98_f64.log10(),
            "{-2, 9.5, -3, 10, -9.8}",
            "Magnitudes count; lambda_2 is -9.8",
        ),
    ];
    for (eigenvalues, vector, name, cause) in cases {
        let got = report.call(|| student(&eigenvalues))?;
        let holds = close(got.vector, vector, 1e-10) && close(got.value, 2.0 * vector, 1e-10);
        report.expect(holds, &format!("{name}: both slopes"), || {
            format!(
                "expected {} for the vector and {} for the value, got {} and {}. {cause}",
                number(vector),
                number(2.0 * vector),
                number(got.vector),
                number(got.value)
            )
        });
    }
    Ok(())
}
