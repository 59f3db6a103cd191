use ndarray::{Array1, Array2, s};

use super::claim::number;
use super::compare::{distance, expect_entries_or, require_vector};
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use small_networks::{Dual, Hessian, Mlp};

type HvpCentral = fn(&Mlp, &Array2<f64>, &Array1<usize>, &Array1<f64>, f64) -> Array1<f64>;
type HvpDual = fn(&Mlp, &Array2<f64>, &Array1<usize>, &Array1<f64>) -> Array1<f64>;

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
    let ones = Array1::ones(p);
    let wider = estimators::hvp_central(&model, &x, &y, &v, 2.0 * step);
    let narrow = estimators::hvp_central(&model, &x, &y, &v, step / 2.0);
    let long = norm(&v);
    let first_image = (x.slice(s![..1, ..]).to_owned(), y.slice(s![..1]).to_owned());
    expect_entries_or(
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
            (
                "You took half a step to either side; take the points theta plus step v and theta minus step v",
                narrow.clone(),
            ),
            (
                "You took half a step to either side and divided by two steps; take the points theta plus step v and theta minus step v",
                &narrow / 2.0,
            ),
            (
                "You took two steps to either side; take the points theta plus step v and theta minus step v",
                wider.clone(),
            ),
            (
                "This combines two steps into a formula of higher order; return the central difference of the one step",
                (&central * 4.0 - &wider) / 3.0,
            ),
            (
                "This combines two steps into a formula of higher order; return the central difference of the one step",
                (&narrow * 4.0 - &central) / 3.0,
            ),
            ("You moved along a vector of ones; move along v", estimators::hvp_central(&model, &x, &y, &ones, step)),
            ("This is the mean of the two gradients; take their difference", (&ahead + &behind) / 2.0),
            ("You divided by the length of v as well; divide by 2 step only", &central / long),
            ("You multiplied by the length of v as well; divide by 2 step only", &central * long),
            ("The loss is the mean over the images; do not multiply by their number", &central * x.nrows() as f64),
            ("The gradient divides by the number of images already", &central / x.nrows() as f64),
            (
                "Only the first image is used; pass all of x and y",
                estimators::hvp_central(&model, &first_image.0, &first_image.1, &v, step),
            ),
            (
                "The labels are left out; pass y on",
                estimators::hvp_central(&model, &x, &Array1::zeros(y.len()), &v, step),
            ),
        ],
        "Compare the two points, theta plus step v and theta minus step v, and the divisor, 2 step. All of v counts, and `model.params()` are the parameters",
    );
    if !report.is_clean() {
        return Ok(());
    }
    // The step is the student's argument, whatever its size; rounding adds about eps times the gradient over the step.
    for (step, tolerance) in [(1e-2, 1e-10), (1e-4, 1e-8), (2.0, 1e-10)] {
        let got = report.call(|| student(&model, &x, &y, &v, step))?;
        require_vector(report, "the product", &got, p, "per parameter")?;
        let central = estimators::hvp_central(&model, &x, &y, &v, step);
        expect_entries_or(
            report,
            &format!("the central difference with step {step}"),
            &got,
            &central,
            tolerance,
            &[(
                "This is the difference quotient with step 0.1; use the `step` argument",
                estimators::hvp_central(&model, &x, &y, &v, 0.1),
            )],
            "With step 0.1 it was right. Is the step replaced or limited, or is something computed in `f32`?",
        );
        if !report.is_clean() {
            return Ok(());
        }
    }
    let mut error = |step: f64| -> Result<f64, End> {
        let product = report.call(|| student(&model, &x, &y, &v, step))?;
        Ok(norm(&(&product - &exact)) / norm(&exact))
    };
    let (coarse, fine) = (error(1e-2)?, error(1e-3)?);
    report.expect(
        (coarse / fine - 100.0).abs() < 5.0,
        "a step ten times smaller has an error a hundred times smaller",
        || format!("the relative errors for the steps 1e-2 and 1e-3 are {} and {}", number(coarse), number(fine)),
    );
    report.expect(fine < 1e-5, "with step 1e-3 it agrees with the exact product to five digits", || {
        format!("the relative error is {}", number(fine))
    });
    for scale in [1e-8, 1e8] {
        let got = report.call(|| student(&model, &x, &y, &(&v * scale), 0.1 / scale))?;
        require_vector(report, "the product", &got, p, "per parameter")?;
        expect_entries_or(
            report,
            &format!("{scale:e} v with step {:e} gives {scale:e} times the product for v", 0.1 / scale),
            &got,
            &(&central * scale),
            1e-6,
            &[("You normalised v", central.clone())],
            "The points and the gradients are the same as for v with step 0.1. Is a fixed threshold or limit in the way?",
        );
    }
    let zero = report.call(|| student(&model, &x, &y, &Array1::zeros(p), 0.1))?;
    report.expect(zero.len() == p && zero.iter().all(|z| *z == 0.0), "for v = 0 it is zero", || {
        "expected a vector of zeros. Do you divide by the length of v?".to_owned()
    });
    // Other widths, and parameters that no seed gives.
    let other = Mlp::with_params(&[2, 5, 3, 3], Probe::Gaussian.draw(45, &mut rng(12)));
    let (x, y) = (gaussian_matrix(5, 2, &mut rng(13)), Array1::from_shape_fn(5, |i| i % 3));
    let u = Probe::Gaussian.draw(other.n_params(), &mut rng(14));
    let got = report.call(|| student(&other, &x, &y, &u, 0.05))?;
    require_vector(report, "the product", &got, other.n_params(), "per parameter")?;
    expect_entries_or(
        report,
        "the same for a trained network with three layers",
        &got,
        &estimators::hvp_central(&other, &x, &y, &u, 0.05),
        1e-9,
        &[],
        "Take the parameters from `model.params()` and the widths from `model.widths()`, for every layer",
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
    let model_at = |theta: &Array1<f64>| Mlp::with_params(model.widths(), theta.clone());
    let at = |theta: Array1<Dual>| model.dual_gradient(&theta, &x, &y).mapv(|g| g.eps);
    let swapped = at(model.params().iter().zip(&v).map(|(&re, &eps)| Dual::new(eps, re)).collect());
    let from_zero = at(v.mapv(|eps| Dual::new(0.0, eps)));
    let off = distance(&got, &exact) / norm(&exact);
    let all_but_exact = if (1e-12..1e-4).contains(&off) {
        "Only a few digits are right, as with a difference quotient or in `f32`; with dual numbers in `f64` all of them are"
    } else {
        "Return the eps of the gradient at theta + v e"
    };
    expect_entries_or(
        report,
        "the product with the Hessian, to twelve digits",
        &got,
        &exact,
        1e-12,
        &[
            ("These are the real parts, the gradient; return the eps parts", gradient.clone()),
            ("Every parameter has eps 1; give parameter i the eps v_i", hessian.apply(&Array1::from_elem(p, 1.0))),
            ("The eps of every parameter is zero, so nothing moves; parameter i is theta_i + v_i e", Array1::zeros(p)),
            ("You normalised v; return the product with v itself", &exact / norm(&v)),
            ("You swapped re and eps; theta is the real part, v the eps part", swapped),
            ("The real parts of the parameters are zero; take them from `model.params()`", from_zero),
            ("The sign is wrong", -&exact),
            ("This is the sum of the real parts and the eps parts; return the eps parts", &gradient + &exact),
            ("This is the product of the real parts and the eps parts; return the eps parts", &gradient * &exact),
            ("You multiplied by v once more; the eps parts are the product already", &exact * &v),
            ("This is twice the product; return the eps as they are", &exact * 2.0),
            ("This is half the product; return the eps as they are", &exact / 2.0),
            ("The order of v is reversed", hessian.apply(&v.iter().rev().copied().collect::<Array1<f64>>())),
            (
                "This is the gradient at theta + v; return the eps parts at theta + v e",
                model_at(&(model.params() + &v)).gradient(&x, &y),
            ),
            ("The labels are left out; pass y on", Hessian::new(&model, &x, &Array1::zeros(y.len())).apply(&v)),
            (
                "You went to theta + v as well; parameter i is theta_i + v_i e, and theta stays",
                Hessian::new(&model_at(&(model.params() + &v)), &x, &y).apply(&v),
            ),
        ],
        all_but_exact,
    );
    if !report.is_clean() {
        return Ok(());
    }
    for scale in [-1e6, 1e-8, 1e8] {
        let scaled = report.call(|| student(&model, &x, &y, &(&v * scale)))?;
        require_vector(report, "the product", &scaled, p, "per parameter")?;
        expect_entries_or(
            report,
            &format!("it is linear in v: {scale:e} v gives {scale:e} times the product"),
            &scaled,
            &(&exact * scale),
            1e-12,
            &[("You normalised v", &exact / norm(&v)), ("The sign of v is lost", &exact * -scale)],
            "Is v normalised, limited, or compared with a fixed number?",
        );
        if !report.is_clean() {
            return Ok(());
        }
    }
    let zero = report.call(|| student(&model, &x, &y, &Array1::zeros(p)))?;
    report.expect(zero.len() == p && zero.iter().all(|z| *z == 0.0), "for v = 0 it is zero", || {
        "expected a vector of zeros. Do you divide by the length of v?".to_owned()
    });
    // Parameters that no seed gives.
    let other = Mlp::with_params(&[3, 5, 5, 2], Mlp::new(&[3, 5, 5, 2], 8).params() * 1.5);
    let u = Probe::Gaussian.draw(other.n_params(), &mut rng(9));
    let got = report.call(|| student(&other, &x, &y, &u))?;
    require_vector(report, "the product", &got, other.n_params(), "per parameter")?;
    let exact = Hessian::new(&other, &x, &y).apply(&u);
    expect_entries_or(
        report,
        "the same for a network with three layers",
        &got,
        &exact,
        1e-12,
        &[],
        "Take all the parameters from `model.params()`, and the eps of all entries",
    );
    Ok(())
}
