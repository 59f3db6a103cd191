use ndarray::{Array1, Array2, array};

use super::claim::{expected_and_got, number};
use super::compare::{close, expect_number, require_finite, require_vector};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use super::starts::{START_SIZE, expect_starts};
use course_protocol::card::Card;
use estimators::PowerIteration;
use matrix_free::linalg::{linspace, norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type Power = fn(&dyn SymmetricOperator, usize, f64, u64) -> PowerIteration;

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
    // A mistake already reported would show up again in what follows.
    if !report.is_clean() {
        return Ok(());
    }
    expect_last(student, report, &a)?;
    let large = Recording::new(Array2::from_diag(&linspace(0.5, 1.0, START_SIZE)));
    let start = |report: &mut Report, seed: u64| {
        report.call(|| student(&large, 1, 0.0, seed))?;
        let vectors = large.take();
        report.insist(vectors.len() == 1, "with max_steps = 1 it takes one matvec", || {
            format!("expected 1, got {}. Test for `max_steps` after each matvec, the first included", vectors.len())
        })?;
        Ok(vectors[0].clone())
    };
    expect_starts(report, start, "draw it from `rng(seed)`")?;
    expect_stop(student, report, &a)?;
    if !report.is_clean() {
        return Ok(());
    }
    expect_pair(student, report)?;
    expect_ends(student, report)
}

/// Where the start is an eigenvector, one step is enough.
fn expect_ends(student: Power, report: &mut Report) -> Outcome {
    let cases = [
        ("on -2 times the identity one matvec is enough", Array2::eye(5) * -2.0, -2.0),
        ("on a 1 x 1 matrix one matvec is enough", array![[-7.0]], -7.0),
        ("the zero matrix has the eigenvalue 0", Array2::zeros((4, 4)), 0.0),
    ];
    for (what, matrix, value) in cases {
        let a = Recording::new(matrix);
        let run = report.call(|| student(&a, 10, 1e-8, 5))?;
        let products = a.take().len();
        let small = run.residual.abs() <= 1e-12 && close(run.value, value, 1e-12);
        report.require(small && products == 1, what, || {
            if !run.value.is_finite() || !run.residual.is_finite() || (value == 0.0 && products > 1) {
                "expected value 0 and residual 0 after one matvec; stop when the residual is *at most* the tolerance times |value|, before you divide by ||A v||".to_owned()
            } else if products > 1 {
                format!("it took {products} matvecs, although the first residual was zero up to rounding. Test before the next product, with the residual of this step")
            } else {
                format!("value: {}; residual: {}, should be 0", expected_and_got(value, run.value), number(run.residual))
            }
        })?;
    }
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
        let length = norm(&vectors[at]);
        let cause = if (length - 1.0).abs() < 1e-6 {
            "This is as near to 1 as `f32` comes; compute in `f64`"
        } else if at == 0 {
            "Normalise the start too"
        } else {
            "Normalise in every step, by the norm of A v"
        };
        format!("the length of vector {at}: {}. {cause}", expected_and_got(1.0, length))
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
    let residuals: Vec<f64> = vectors.iter().map(|v| norm(&(a.matrix().dot(v) - &(v * quotient(v))))).collect();
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
        } else if (run.history[k] - quotients[k]).abs() < 1e-5 {
            ". Only some digits are right; compute in `f64`, with v^T A v for a unit vector v"
        } else if close(run.history[k].abs(), residuals[k], 1e-8) {
            ". These are the residuals; keep the Rayleigh quotients"
        } else if k > 0 && close(run.history[k], quotients[k - 1], 1e-10) {
            ". This is the quotient of the vector before; compute it from the product of this step"
        } else {
            ""
        };
        format!("{} at entry {k}{cause}", expected_and_got(quotients[k], run.history[k]))
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
            format!("its length: {}; normalise it", expected_and_got(1.0, norm(&run.vector)))
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

/// In the first steps the quotients rise and fall, and the largest of them is not always the last.
fn expect_last(student: Power, report: &mut Report, a: &Recording) -> Outcome {
    for seed in 20..30 {
        let run = report.call(|| student(a, 3, 0.0, seed))?;
        let vectors = a.take();
        let what = "value is the last Rayleigh quotient, also after three steps";
        report.insist(vectors.len() == 3, what, || format!("expected 3 matvecs, got {}", vectors.len()))?;
        let quotients = [0, 1, 2].map(|k: usize| vectors[k].dot(&a.matrix().dot(&vectors[k])));
        report.insist(close(run.value, quotients[2], 1e-10), what, || {
            let cause = if quotients.iter().any(|q| close(run.value, *q, 1e-10)) {
                ". This is the quotient of an earlier vector, not of the last"
            } else {
                ""
            };
            format!("with seed {seed}, {}{cause}", expected_and_got(quotients[2], run.value))
        })?;
    }
    Ok(())
}

/// It stops at the first vector with a small enough residual, whatever the scale of the matrix, and reports that residual.
fn expect_stop(student: Power, report: &mut Report, a: &Recording) -> Outcome {
    let cases = [
        (1.0, 1e-6, 3, "A"),
        (1e8, 1e-6, 12, "1e8 A"),
        (1e-8, 1e-6, 13, "1e-8 A"),
        (1.0, 1e-10, 14, "A with tolerance 1e-10"),
        (-1.0, 1e-3, 15, "-A with tolerance 1e-3"),
    ];
    for (scale, tolerance, seed, name) in cases {
        let (matrix, budget) = (a.matrix() * scale, 300);
        let scaled = Recording::new(matrix);
        let run = report.call(|| student(&scaled, budget, tolerance, seed))?;
        let vectors = scaled.take();
        let of = |v: &Array1<f64>| {
            let product = scaled.matrix().dot(v);
            let value = v.dot(&product);
            norm(&(&product - &(v * value))) / value.abs()
        };
        // Where a residual is within rounding of the tolerance, it may count as either.
        let first = |tolerance: f64| vectors.iter().position(|v| of(v) <= tolerance).map(|at| at + 1);
        let (may, must) = (first(tolerance * 1.001), first(tolerance * 0.999));
        let got = vectors.len();
        let ends = may.is_some_and(|may| may <= got) && must.is_none_or(|must| got <= must);
        let what = format!("for {name} it stops at the first residual of at most {tolerance:e} |value|");
        report.require(ends, &what, || match must {
            Some(must) if got == budget => format!("the residual was small enough after {must} matvecs, but it took all {budget}; return inside the loop, and compare with the *absolute* value times the tolerance"),
            Some(must) if got == must + 1 && scale == 1.0 => format!("it stopped after {got} matvecs, but the residual was small enough one step before. Test before v is replaced, with the residual of the step itself"),
            Some(must) => format!("it stopped after {got} matvecs, but the residual was first small enough after {must}. Compare it with `tolerance` times |value| and no other factor or number, so that the scale of the matrix does not matter"),
            None if run.history.windows(2).last().is_some_and(|pair| pair[0] == pair[1]) => format!("it stopped after {got} matvecs, when the residual was still {} |value|. Does it stop because the value no longer changes? The error of the value is the square of that of the vector: test the residual alone", number(vectors.last().map_or(f64::NAN, of))),
            None if scale != 1.0 => format!("it stopped after {got} matvecs, when the residual was still too large, {} |value|. Compare it with `tolerance` times |value| and no fixed number, so that the scale of the matrix does not matter", number(vectors.last().map_or(f64::NAN, of))),
            None if tolerance < 1e-6 => format!("it stopped after {got} matvecs, when the residual was still {} |value|. Is the residual the norm of the vector A v - value v? The root of ||A v||^2 - value^2 loses it to rounding below 1e-8", number(vectors.last().map_or(f64::NAN, of))),
            None => format!("it stopped after {got} matvecs, when the residual was still too large, {} |value|. Test ||A v - value v||, not the change of the value, against `tolerance` times |value|", number(vectors.last().map_or(f64::NAN, of))),
        })?;
        let size = 5.0 * scale.abs();
        expect_number(
            report,
            &format!("the eigenvalue of largest magnitude of {name}"),
            run.value / scale,
            -5.0,
            // The error of the value is below the square of the residual over the gap.
            2.0 * tolerance * tolerance + 1e-12,
            &[("The sign is lost", 5.0), ("This is the largest eigenvalue; find the one of largest magnitude", 3.0)],
        );
        let true_residual = vectors.last().map_or(f64::NAN, |v| of(v) * size);
        report.expect(
            (run.residual - true_residual).abs() <= 1e-3 * true_residual + 1e-14 * size,
            "and reports this residual",
            || {
                let cause = if tolerance < 1e-6 {
                    ". Take the norm of the vector A v - value v: the root of ||A v||^2 - value^2 loses it to rounding"
                } else {
                    ". Return the residual of the last step, not relative to the value"
                };
                format!("{}{cause}", expected_and_got(true_residual, run.residual))
            },
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
    // How large the residual stays depends on the start: the vector swings between two directions.
    let residual = vectors.last().map_or(0.0, |v| {
        let product = pair.matrix().dot(v);
        norm(&(&product - &(v * (v.dot(&product) / v.dot(v))))) / norm(v)
    });
    report.expect(products == 60 && close(run.residual, residual, 1e-6), "for a pair 10, -10 it does not stop", || {
        format!(
            "it stopped after {products} matvecs with value {} and residual {}; the residual there is {}. The value no longer changes, but the vector does",
            number(run.value),
            number(run.residual),
            number(residual)
        )
    });
    Ok(())
}
