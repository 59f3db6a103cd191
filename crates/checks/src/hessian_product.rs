use ndarray::{Array1, Array2};

use super::claim::number;
use super::compare::{distance, expect_entries, expect_number, require_vector};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use small_networks::{Dual, Hessian, Mlp};

type HvpCentral = fn(&Mlp, &Array2<f64>, &Array1<usize>, &Array1<f64>, f64) -> Array1<f64>;
type HvpDual = fn(&Mlp, &Array2<f64>, &Array1<usize>, &Array1<f64>) -> Array1<f64>;
type DualMul = fn(Dual, Dual) -> Dual;
type DualTanh = fn(Dual) -> Dual;

/// A network with 26 parameters, six inputs for it, and a direction that is not a unit vector.
fn small_problem() -> (Mlp, Array2<f64>, Array1<usize>, Array1<f64>) {
    let model = Mlp::new(&[3, 4, 2], 5);
    let x = gaussian_matrix(6, 3, &mut rng(6));
    let v = Probe::Gaussian.draw(model.n_params(), &mut rng(7)) * 0.5;
    (model, x, Array1::from_shape_fn(6, |i| i % 2), v)
}

/// Checks exercise 1/1.1: the difference quotient, at steps where its error identifies the formula, and its order.
pub fn hvp_central(student: HvpCentral) -> Card {
    report("1/1.1", |report| central_checks(student, report))
}

fn central_checks(student: HvpCentral, report: &mut Report) -> Outcome {
    let (model, x, y, v) = small_problem();
    let p = model.n_params();
    let exact = Hessian::new(&model, &x, &y).apply(&v);
    let gradient_at =
        |v: &Array1<f64>, s: f64| Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(&x, &y);
    // At this step the error of every other formula is visible.
    let step = 0.1;
    let got = report.call(|| student(&model, &x, &y, &v, step))?;
    require_vector(report, "the product", &got, p, "per parameter")?;
    let central = estimators::hvp_central(&model, &x, &y, &v, step);
    let unit = &v / norm(&v);
    let (here, ahead, behind) = (gradient_at(&v, 0.0), gradient_at(&v, step), gradient_at(&v, -step));
    expect_entries(
        report,
        "the central difference with step 0.1",
        &got,
        &central,
        1e-9,
        &[
            (
                "This is the forward difference; take one gradient on each side of the parameters",
                (&ahead - &here) / step,
            ),
            (
                "This is the backward difference; take one gradient on each side of the parameters",
                (&here - &behind) / step,
            ),
            ("This is twice the right value; the two points are two steps apart, so divide by 2 step", &central * 2.0),
            (
                "This is the forward difference over two steps; take the second gradient at theta minus step v",
                (&ahead - &here) / (2.0 * step),
            ),
            ("This is half the right value; divide by 2 step only once", &central / 2.0),
            ("The division is missing; divide by the distance between the points, 2 step", &central * (2.0 * step)),
            ("You multiplied by step / 2; divide by 2 step instead", &central * step * step),
            (
                "You divided by the square of the step, as for a second difference of the loss; divide by 2 step",
                (&ahead - &behind) / (step * step),
            ),
            (
                "The sign is wrong; subtract the gradient at theta minus step v from the one at theta plus step v",
                -&central,
            ),
            (
                "You normalised v; return the product with v itself",
                estimators::hvp_central(&model, &x, &y, &unit, step),
            ),
            (
                "You normalised v for the step; return the product with v itself",
                estimators::hvp_central(&model, &x, &y, &unit, step) * norm(&v),
            ),
            ("The step is always 1e-3; use the `step` argument", estimators::hvp_central(&model, &x, &y, &v, 1e-3)),
            ("This is the gradient at the parameters themselves; take the difference of two gradients", here.clone()),
            ("This is the exact product; return the difference quotient here", exact.clone()),
            ("This is the sum of the gradients; take their difference", (&ahead + &behind) / (2.0 * step)),
            ("The two gradients are the same; take them at theta plus step v and theta minus step v", Array1::zeros(p)),
        ],
    );
    if !report.is_clean() {
        return Ok(());
    }
    let error = |report: &mut Report, step: f64| {
        let product = report.call(|| student(&model, &x, &y, &v, step))?;
        Ok(if product.len() == p { norm(&(&product - &exact)) / norm(&exact) } else { f64::NAN })
    };
    let (coarse, fine) = (error(report, 1e-2)?, error(report, 1e-3)?);
    report.expect(
        (coarse / fine - 100.0).abs() < 5.0,
        "a step ten times smaller has an error a hundred times smaller",
        || format!("the relative errors for the steps 1e-2 and 1e-3 are {} and {}", number(coarse), number(fine)),
    );
    report.expect(fine < 1e-5, "with step 1e-3 it agrees with the exact product to five digits", || {
        format!("the relative error is {}", number(fine))
    });
    Ok(())
}

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
    expect_number(
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
    );
    expect_number(
        report,
        "(3 + 2e)(5 + 7e): the eps part",
        got.eps,
        31.0,
        1e-14,
        &[
            ("The derivative of a product is not the product of the derivatives; it is a' b + a b'", 14.0),
            ("This is the sum of the derivatives; multiply each by the other factor, a' b + a b'", 9.0),
            ("Multiply each derivative by the *other* factor: a' b + a b', not a a' + b b'", 41.0),
            ("Multiply each derivative by the *other* factor: a' b + a b'", 6.0 + 35.0),
            ("A sign is wrong; it is a' b + a b'", -11.0),
            ("A sign is wrong; it is a' b + a b'", 11.0),
            ("One term is missing; it is a' b + a b'", 10.0),
            ("One term is missing; it is a' b + a b'", 21.0),
            ("e squared is 0: the product of the two eps drops out", 45.0),
        ],
    );
    let (a, b) = (Dual::new(-0.3, 0.0), Dual::new(1.7, -2.5));
    let got = report.call(|| student(a, b))?;
    report.expect(got.re.is_finite() && (got.eps - 0.75).abs() < 1e-14, "a constant times a number", || {
        format!("(-0.3 + 0e)(1.7 - 2.5e): expected eps 0.75, got {}", number(got.eps))
    });
    Ok(())
}

fn tanh_checks(student: DualTanh, report: &mut Report) -> Outcome {
    let a = Dual::new(0.5, 2.0);
    let t = a.re.tanh();
    let got = report.call(|| student(a))?;
    expect_number(
        report,
        "tanh(0.5 + 2e): the real part",
        got.re,
        t,
        1e-14,
        &[("This is tanh of the eps; take tanh of the real part", 2.0_f64.tanh())],
    );
    expect_number(
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
        ],
    );
    Ok(())
}

/// Checks exercise 1/1.3: the exact product, to all digits.
pub fn hvp_dual(student: HvpDual) -> Card {
    report("1/1.3", |report| dual_checks(student, report))
}

fn dual_checks(student: HvpDual, report: &mut Report) -> Outcome {
    let (model, x, y, v) = small_problem();
    let p = model.n_params();
    let hessian = Hessian::new(&model, &x, &y);
    let exact = hessian.apply(&v);
    let got = report.call(|| student(&model, &x, &y, &v))?;
    require_vector(report, "the product", &got, p, "per parameter")?;
    let gradient = model.gradient(&x, &y);
    let at = |theta: Array1<Dual>| model.dual_gradient(&theta, &x, &y).mapv(|g| g.eps);
    let swapped = at(model.params().iter().zip(&v).map(|(&re, &eps)| Dual::new(eps, re)).collect());
    let from_zero = at(v.mapv(|eps| Dual::new(0.0, eps)));
    let off = distance(&got, &exact) / norm(&exact);
    let all_but_exact = if (1e-12..1e-4).contains(&off) {
        "Only a few digits are right, as with a difference quotient; with dual numbers all digits are"
    } else {
        "Return the eps of the gradient at theta + v e"
    };
    expect_entries(
        report,
        "the product with the Hessian, to twelve digits",
        &got,
        &exact,
        1e-12,
        &[
            ("These are the real parts, the gradient; return the eps parts", gradient),
            ("Every parameter has eps 1; give parameter i the eps v_i", hessian.apply(&Array1::from_elem(p, 1.0))),
            ("The eps of every parameter is zero, so nothing moves; parameter i is theta_i + v_i e", Array1::zeros(p)),
            ("You normalised v; return the product with v itself", &exact / norm(&v)),
            ("You swapped re and eps; theta is the real part, v the eps part", swapped),
            ("The real parts of the parameters are zero; take them from `model.params()`", from_zero),
            ("The sign is wrong", -&exact),
            (all_but_exact, got.clone()),
        ],
    );
    if !report.is_clean() {
        return Ok(());
    }
    let scaled = report.call(|| student(&model, &x, &y, &(&v * -1e6)))?;
    let off = if scaled.len() == p { distance(&(&scaled / -1e6), &exact) } else { f64::NAN };
    report.expect(off <= 1e-12 * norm(&exact), "it is linear in v: -1e6 v gives -1e6 times the product", || {
        format!("the largest entry is off by {}", number(off))
    });
    let other = Mlp::new(&[3, 5, 5, 2], 8);
    let u = Probe::Gaussian.draw(other.n_params(), &mut rng(9));
    let got = report.call(|| student(&other, &x, &y, &u))?;
    require_vector(report, "the product", &got, other.n_params(), "per parameter")?;
    let exact = Hessian::new(&other, &x, &y).apply(&u);
    expect_entries(report, "the same for a network with three layers", &got, &exact, 1e-12, &[]);
    Ok(())
}
