use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2};
use small_networks::{Dual, Hessian, Mlp};
use spectral_course::check::{self, Status};
use spectral_course::solutions;

use super::common::assert_rejected;

type X<'a> = &'a Array2<f64>;
type Y<'a> = &'a Array1<usize>;
type V<'a> = &'a Array1<f64>;

/// The gradient at `theta + s v`.
fn gradient_at(model: &Mlp, x: X, y: Y, v: V, s: f64) -> Array1<f64> {
    Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(x, y)
}

// 1/1.1 central differences

#[test]
fn hvp_central() {
    type Wrong = fn(&Mlp, X, Y, V, f64) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("This is the forward difference", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - model.gradient(x, y)) / step
        }),
        ("This is the backward difference", |model, x, y, v, step| {
            (model.gradient(x, y) - gradient_at(model, x, y, v, -step)) / step
        }),
        ("the two points are two steps apart", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)) / step
        }),
        ("take the second gradient at theta minus step v", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - model.gradient(x, y)) / (2.0 * step)
        }),
        ("divide by the distance between the points", |model, x, y, v, step| {
            gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)
        }),
        // The precedence of `/` and `*`.
        ("You multiplied by step / 2", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)) / 2.0 * step
        }),
        ("The sign is wrong", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, -step) - gradient_at(model, x, y, v, step)) / (2.0 * step)
        }),
        ("take their difference", |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) + gradient_at(model, x, y, v, -step)) / (2.0 * step)
        }),
        ("You normalised v;", |model, x, y, v, step| solutions::hvp_central(model, x, y, &(v / norm(v)), step)),
        ("You normalised v for the step", |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, &(v / norm(v)), step) * norm(v)
        }),
        ("use the `step` argument", |model, x, y, v, _| solutions::hvp_central(model, x, y, v, 1e-3)),
        ("This is the exact product", |model, x, y, v, _| Hessian::new(model, x, y).apply(v)),
        ("The two gradients are the same", |model, x, y, v, step| {
            let twice = gradient_at(model, x, y, v, step);
            (&twice - &twice) / (2.0 * step)
        }),
        ("This is the gradient at the parameters", |model, x, y, _, _| model.gradient(x, y)),
        ("expected length 26, got 0", |_, _, _, _, _| Array1::zeros(0)),
    ];
    for (message, student) in wrong {
        assert_rejected(check::hvp_central(*student), message);
    }
    let card = check::hvp_central(|model, x, y, v, step| solutions::hvp_central(model, x, y, &(v * step), 1.0) / step);
    assert_eq!(card.status, Status::Passed, "{card}");
}

// 1/1.2 dual numbers

#[test]
fn dual_products() {
    type Wrong = fn(Dual, Dual) -> Dual;
    let with = |message, student: Wrong| assert_rejected(check::dual_numbers(student, solutions::dual_tanh), message);
    with("is not the product of the derivatives", |a, b| Dual::new(a.re * b.re, a.eps * b.eps));
    with("This is the sum of the derivatives", |a, b| Dual::new(a.re * b.re, a.eps + b.eps));
    with("Multiply each derivative by the *other* factor", |a, b| Dual::new(a.re * b.re, a.re * a.eps + b.re * b.eps));
    with("One term is missing", |a, b| Dual::new(a.re * b.re, a.eps * b.re));
    with("One term is missing", |a, b| Dual::new(a.re * b.re, a.re * b.eps));
    with("A sign is wrong", |a, b| Dual::new(a.re * b.re, a.eps * b.re - a.re * b.eps));
    with("these are not complex numbers", |a, b| Dual::new(a.re * b.re - a.eps * b.eps, a.eps * b.re + a.re * b.eps));
    with("the product of the two eps drops out", |a, b| {
        Dual::new(a.re * b.re, a.eps * b.re + a.re * b.eps + a.eps * b.eps)
    });
    with("This is the sum; return the product", |a, b| a + b);
    // The derivative as a logarithmic one: not a number where a factor is constant and zero.
    with("a constant times a number", |a, b| {
        let eps = if a.eps == 0.0 { 0.0 } else { a.eps * b.re + a.re * b.eps };
        Dual::new(a.re * b.re, eps)
    });
}

#[test]
fn dual_tangents() {
    type Wrong = fn(Dual) -> Dual;
    let with = |message, student: Wrong| assert_rejected(check::dual_numbers(solutions::dual_mul, student), message);
    with("multiply by the eps of the argument", |a| Dual::new(a.re.tanh(), 1.0 - a.re.tanh().powi(2)));
    with("This is tanh of the eps", |a| Dual::new(a.re.tanh(), a.eps.tanh()));
    with("The eps is unchanged", |a| Dual::new(a.re.tanh(), a.eps));
    with("the square is missing", |a| Dual::new(a.re.tanh(), (1.0 - a.re.tanh()) * a.eps));
    with("square the tanh, not the argument", |a| Dual::new(a.re.tanh(), (1.0 - a.re * a.re) * a.eps));
    with("with a minus sign", |a| Dual::new(a.re.tanh(), (1.0 + a.re.tanh().powi(2)) * a.eps));
    with("not at the eps", |a| Dual::new(a.re.tanh(), (1.0 - a.eps.tanh().powi(2)) * a.eps));
    with("not tanh itself", |a| Dual::new(a.re.tanh(), a.re.tanh() * a.eps));
    let card = check::dual_numbers(|a, b| b * a, |a| Dual::new(a.re.tanh(), a.eps / a.re.cosh().powi(2)));
    assert_eq!(card.status, Status::Passed, "{card}");
}

// 1/1.3 the product in dual numbers

fn eps_at(model: &Mlp, x: X, y: Y, theta: Array1<Dual>) -> Array1<f64> {
    model.dual_gradient(&theta, x, y).mapv(|g| g.eps)
}

#[test]
fn hvp_dual() {
    type Wrong = fn(&Mlp, X, Y, V) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("These are the real parts, the gradient", |model, x, y, _| model.gradient(x, y)),
        ("Every parameter has eps 1", |model, x, y, _| {
            eps_at(model, x, y, model.params().mapv(|re| Dual::new(re, 1.0)))
        }),
        ("so nothing moves", |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(re, v)| Dual::from(re + v)).collect())
        }),
        ("You swapped re and eps", |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(&re, &v)| Dual::new(v, re)).collect())
        }),
        ("take them from `model.params()`", |model, x, y, v| eps_at(model, x, y, v.mapv(|v| Dual::new(0.0, v)))),
        ("You normalised v;", |model, x, y, v| solutions::hvp_dual(model, x, y, &(v / norm(v)))),
        ("as with a difference quotient", |model, x, y, v| solutions::hvp_central(model, x, y, v, 1e-4)),
        ("The sign is wrong", |model, x, y, v| -solutions::hvp_dual(model, x, y, v)),
        // A point one step further: the eps of the gradient, but not at theta.
        ("at theta + v e", |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(re, &v)| Dual::new(re + v, v)).collect())
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::hvp_dual(*student), message);
    }
    let card = check::hvp_dual(|model, x, y, v| Hessian::new(model, x, y).apply(v));
    assert_eq!(card.status, Status::Passed, "{card}");
}
