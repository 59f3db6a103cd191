use super::claim::number;
use super::compare::{expect_number, expect_number_or};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use small_networks::Dual;

type DualMul = fn(Dual, Dual) -> Dual;
type DualTanh = fn(Dual) -> Dual;

/// Checks exercise 1/1.2: the product rule, the chain rule, and a function made of both.
pub fn dual_numbers(mul: DualMul, tanh: DualTanh) -> Card {
    report("1/1.2", |report| {
        mul_checks(mul, report)?;
        tanh_checks(tanh, report)?;
        if !report.is_clean() {
            return Ok(());
        }
        // x tanh(x^2), with derivative tanh(x^2) + 2 x^2 (1 - tanh(x^2)^2).
        let x = -0.8_f64;
        let got = report.call(|| mul(Dual::new(x, 1.0), tanh(mul(Dual::new(x, 1.0), Dual::new(x, 1.0)))))?;
        let t = (x * x).tanh();
        expect_number(
            report,
            "your rules differentiate x tanh(x^2) at x = -0.8",
            got.eps,
            t + 2.0 * x * x * (1.0 - t * t),
            1e-12,
            &[],
        );
        Ok(())
    })
}

fn mul_checks(student: DualMul, report: &mut Report) -> Outcome {
    let got = report.call(|| student(Dual::new(3.0, 2.0), Dual::new(5.0, 7.0)))?;
    expect_number_or(
        report,
        "(3 + 2e)(5 + 7e): the real part",
        got.re,
        15.0,
        1e-14,
        &[
            ("e squared is 0, not -1: these are not complex numbers", 1.0),
            ("e squared is 0, not 1: the product of the two eps drops out", 29.0),
            ("This is the sum; return the product", 8.0),
        ],
        "The real part is a b, the product of the real parts",
    );
    if !report.is_clean() {
        return Ok(());
    }
    expect_number_or(
        report,
        "(3 + 2e)(5 + 7e): the eps part",
        got.eps,
        31.0,
        1e-14,
        &[
            ("The derivative of a product is not the product of the derivatives; it is a' b + a b'", 14.0),
            ("This is the sum of the derivatives; multiply each by the other factor, a' b + a b'", 9.0),
            ("Multiply each derivative by the *other* factor: a' b + a b', not a a' + b b'", 41.0),
            ("A sign is wrong; it is a' b + a b'", -11.0),
            ("A sign is wrong; it is a' b + a b'", 11.0),
            ("One term is missing; it is a' b + a b'", 10.0),
            ("One term is missing; it is a' b + a b'", 21.0),
            ("e squared is 0: the product of the two eps drops out", 45.0),
        ],
        "It is a' b + a b', each term once and nothing else",
    );
    if !report.is_clean() {
        return Ok(());
    }
    // Constants, zeros, signs, and factors of very different size.
    let cases = [
        ("a constant times a number", (-0.3, 0.0), (1.7, -2.5)),
        ("a number times a constant", (1.7, -2.5), (-0.3, 0.0)),
        ("a number that is zero, but moves", (0.0, 2.0), (-5.0, 7.0)),
        ("two numbers that are zero", (0.0, 2.0), (0.0, 3.0)),
        ("a large number times a small one", (3.1e8, 3.0), (7.3e-9, -0.25)),
        ("two small numbers", (1e-8, 1e-8), (3e-8, -2e-8)),
        ("numbers with fractions", (0.1, 0.7), (-1.3, 0.9)),
    ];
    for (what, a, b) in cases {
        let got = report.call(|| student(Dual::new(a.0, a.1), Dual::new(b.0, b.1)))?;
        let (re, eps) = (a.0 * b.0, a.1 * b.0 + a.0 * b.1);
        let size = (a.1 * b.0).abs() + (a.0 * b.1).abs();
        let holds = (got.re - re).abs() <= 1e-14 * re.abs() && (got.eps - eps).abs() <= 1e-14 * size;
        report.require(holds, what, || {
            let cause = if !got.re.is_finite() || !got.eps.is_finite() {
                "Do you divide? Neither part needs a division"
            } else if b.1 == 0.0 || a.1 == 0.0 {
                "A number whose own derivative is zero still counts: a' b + a b', each term on its own"
            } else if a.0 == 0.0 || b.0 == 0.0 {
                "A number that is zero still has a derivative: a' b + a b', each term on its own"
            } else if (got.re - re).abs() > 1e-5 * re.abs() || (got.eps - eps).abs() > 1e-5 * size {
                "The real part is a b and the eps part a' b + a b', whatever the sizes of the numbers"
            } else {
                "Multiply the parts in `f64`, without a detour over sums or squares, a fixed threshold, or rounding"
            };
            let [a, b, got] = [a, b, (got.re, got.eps)].map(|(re, eps)| format!("({re:?} + {eps:?} e)"));
            format!("{a} {b}: expected {re:?} + {eps:?} e, got {got}. {cause}")
        })?;
    }
    Ok(())
}

fn tanh_checks(student: DualTanh, report: &mut Report) -> Outcome {
    let a = Dual::new(0.5, 2.0);
    let t = a.re.tanh();
    let got = report.call(|| student(a))?;
    expect_number_or(
        report,
        "tanh(0.5 + 2e): the real part",
        got.re,
        t,
        1e-14,
        &[
            ("This is tanh of the eps; take tanh of the real part", 2.0_f64.tanh()),
            ("This is tan; take tanh", 0.5_f64.tan()),
            ("This is the logistic function; take tanh", 1.0 / (1.0 + (-0.5_f64).exp())),
            ("This is tanh of the sum of both parts; take tanh of the real part", 2.5_f64.tanh()),
            ("This is the inverse function; take tanh", 0.5_f64.atanh()),
        ],
        "Take `re.tanh()` in `f64`",
    );
    if !report.is_clean() {
        return Ok(());
    }
    expect_number_or(
        report,
        "tanh(0.5 + 2e): the eps part",
        got.eps,
        2.0 * (1.0 - t * t),
        1e-12,
        &[
            ("Apply the chain rule: multiply by the eps of the argument", 1.0 - t * t),
            ("This is tanh of the eps; multiply the derivative by the eps", 2.0_f64.tanh()),
            ("The eps is unchanged; multiply it by the derivative of tanh", 2.0),
            ("The derivative of tanh is 1 - tanh^2; the square is missing", 2.0 * (1.0 - t)),
            ("The derivative of tanh is 1 - tanh^2; square the tanh, not the argument", 2.0 * (1.0 - 0.25)),
            (
                "The derivative of tanh is 1 - tanh^2, with a minus sign (1 + tan^2 is the derivative of tan)",
                2.0 * (1.0 + t * t),
            ),
            ("Take the derivative of tanh at the real part, not at the eps", 2.0 * (1.0 - 2.0_f64.tanh().powi(2))),
            ("The derivative of tanh is 1 - tanh^2, not tanh itself", 2.0 * t),
            ("The derivative of tanh is 1 - tanh^2, not tanh^2", 2.0 * t * t),
            ("t (1 - t) belongs to the logistic function; the derivative of tanh is 1 - tanh^2", 2.0 * t * (1.0 - t)),
            ("The derivative is 1 / cosh^2; the square is missing", 2.0 / a.re.cosh()),
            ("The sign is wrong; the derivative of tanh is 1 - tanh^2", -2.0 * (1.0 - t * t)),
            ("The eps stands inside the square; multiply 1 - tanh^2 by it", 1.0 - (2.0 * t).powi(2)),
            ("The eps is squared; multiply 1 - tanh^2 by it once", 4.0 * (1.0 - t * t)),
            (
                "The derivative of tanh at the real part is 1 - tanh(re)^2, not 1 - tanh(re^2)",
                2.0 * (1.0 - (0.25_f64).tanh()),
            ),
            ("The derivative is missing its factor: this is 1 - tanh^2 plus the eps", 3.0 - t * t),
        ],
        "Multiply 1 - tanh(re)^2 by the eps of the argument",
    );
    if !report.is_clean() {
        return Ok(());
    }
    for (re, eps) in [(-0.7, 1.5), (0.0, -3.0), (0.3, 0.0), (1e-8, 1e-8), (-2.0, 1e8)] {
        let got = report.call(|| student(Dual::new(re, eps)))?;
        let (t, slope) = (re.tanh(), re.cosh().powi(-2) * eps);
        let holds = (got.re - t).abs() <= 1e-14 * t.abs() && (got.eps - slope).abs() <= 1e-12 * slope.abs();
        report.expect(holds, &format!("tanh({re:?} + {eps:?} e)"), || {
            let cause = if (got.re + t).abs() <= 1e-14 && t != 0.0 {
                "tanh is odd: keep the sign of the real part"
            } else if (got.re - t).abs() > 1e-14 * t.abs() && (got.re - t).abs() < 1e-6 {
                "Only some digits are right; use `re.tanh()`, in `f64`"
            } else {
                "Multiply 1 - tanh(re)^2 by the eps of the argument, whatever their signs and sizes"
            };
            format!("expected {t:?} + {slope:?} e, got {:?} + {:?} e. {cause}", got.re, got.eps)
        });
    }
    for re in [800.0, -800.0] {
        let got = report.call(|| student(Dual::new(re, 2.0)))?;
        let holds = (got.re - re.signum()).abs() < 1e-14 && got.eps.abs() < 1e-14;
        report.expect(holds, &format!("tanh({re} + 2e): far out tanh is flat"), || {
            let cause = if got.re.is_nan() || got.eps.is_nan() {
                ". e^800 overflows, and infinity over infinity is NaN; use `re.tanh()`, and 1 - tanh^2 for the derivative"
            } else {
                ""
            };
            format!("expected {} + 0e, got {} + {}e{cause}", re.signum(), number(got.re), number(got.eps))
        });
    }
    Ok(())
}
