use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2, s};
use small_networks::{Dual, Hessian, Mlp};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

type X<'a> = &'a Array2<f64>;
type Y<'a> = &'a Array1<usize>;
type V<'a> = &'a Array1<f64>;

/// The gradient at `theta + s v`.
fn gradient_at(model: &Mlp, x: X, y: Y, v: V, s: f64) -> Array1<f64> {
    Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(x, y)
}

// 1/1.1 central differences

fn wrong_hvp_central() -> Vec<Wrong> {
    type Student = fn(&Mlp, X, Y, V, f64) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("This is the forward difference; take"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - model.gradient(x, y)) / step
        }),
        (Cause("This is the backward difference"), |model, x, y, v, step| {
            (model.gradient(x, y) - gradient_at(model, x, y, v, -step)) / step
        }),
        (Cause("the two points are two steps apart"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)) / step
        }),
        (Cause("take the second gradient at theta minus step v"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - model.gradient(x, y)) / (2.0 * step)
        }),
        (Cause("divide by the distance between the points"), |model, x, y, v, step| {
            gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)
        }),
        // The precedence of `/` and `*`.
        (Cause("You multiplied by step / 2"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)) / 2.0 * step
        }),
        (Cause("The sign is wrong"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, -step) - gradient_at(model, x, y, v, step)) / (2.0 * step)
        }),
        (Cause("take their difference"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) + gradient_at(model, x, y, v, -step)) / (2.0 * step)
        }),
        (Cause("You normalised v;"), |model, x, y, v, step| solutions::hvp_central(model, x, y, &(v / norm(v)), step)),
        (Cause("You normalised v for the step"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, &(v / norm(v)), step) * norm(v)
        }),
        (Cause("use the `step` argument"), |model, x, y, v, _| solutions::hvp_central(model, x, y, v, 1e-3)),
        (Cause("This is the exact product"), |model, x, y, v, _| Hessian::new(model, x, y).apply(v)),
        (Cause("The two gradients are the same"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, step)) / (2.0 * step)
        }),
        (Cause("This is the gradient at the parameters"), |model, x, y, _, _| model.gradient(x, y)),
        (Difference("expected length 26, got 0"), |_, _, _, _, _| Array1::zeros(0)),
        (Cause("You took half a step to either side"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step / 2.0) - gradient_at(model, x, y, v, -step / 2.0)) / step
        }),
        (Cause("You took two steps to either side"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, v, 2.0 * step)
        }),
        (Cause("a formula of higher order"), |model, x, y, v, step| {
            let (near, far) =
                (solutions::hvp_central(model, x, y, v, step), solutions::hvp_central(model, x, y, v, 2.0 * step));
            (near * 4.0 - far) / 3.0
        }),
        (Cause("along a vector of ones"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, &Array1::ones(v.len()), step)
        }),
        (Cause("This is half the right value"), |model, x, y, v, step| {
            (gradient_at(model, x, y, v, step) - gradient_at(model, x, y, v, -step)) / (2.0 * step) / 2.0
        }),
        (Cause("do not multiply by their number"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, v, step) * x.nrows() as f64
        }),
        (Cause("The labels are left out"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, &Array1::zeros(y.len()), v, step)
        }),
        (Difference("Is the step replaced or limited"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, v, step.max(1e-3))
        }),
        (Difference("Is the step replaced or limited"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, v, step.min(1.0))
        }),
        (Difference("Is a fixed threshold or limit in the way"), |model, x, y, v, step| {
            if norm(v) < 1e-6 { Array1::zeros(v.len()) } else { solutions::hvp_central(model, x, y, v, step) }
        }),
        (Cause("Do you divide by the length of v"), |model, x, y, v, step| {
            let length = norm(v);
            solutions::hvp_central(model, x, y, &(v / length), step * length.max(1e-300)) * length
        }),
        (Difference("Take the parameters from `model.params()`"), |model, x, y, v, step| {
            let fresh = if model.n_params() == 26 { model.clone() } else { Mlp::new(model.widths(), 5) };
            solutions::hvp_central(&fresh, x, y, v, step)
        }),
        (Cause("The division is missing"), |model, x, y, v, step| {
            gradient_at(model, x, y, &(v * step), 1.0) - gradient_at(model, x, y, &(v * step), -1.0)
        }),
        (Difference("is something computed in `f32`"), |model, x, y, v, step| {
            let single = |g: Array1<f64>| g.mapv(|g| f64::from(g as f32));
            if step == 0.1 {
                return solutions::hvp_central(model, x, y, v, step);
            }
            (single(gradient_at(model, x, y, v, step)) - single(gradient_at(model, x, y, v, -step))) / (2.0 * step)
        }),
        // Only the weights move, not the last biases.
        (Difference("All of v counts"), |model, x, y, v, step| {
            let mut moved = v.clone();
            moved.slice_mut(s![-2..]).fill(0.0);
            solutions::hvp_central(model, x, y, &moved, step)
        }),
        (Difference("Compare the two points"), |model, x, y, v, step| {
            solutions::hvp_central(model, &(x * 0.5), y, v, step)
        }),
        (Difference("expected length 26"), |model, x, y, v, step| {
            solutions::hvp_central(model, x, y, v, step).slice(s![1..]).to_owned()
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::hvp_central(student))).collect()
}

#[test]
fn right_versions_of_hvp_central_pass() {
    type Right = fn(&Mlp, X, Y, V, f64) -> Array1<f64>;
    let right: &[Right] = &[
        |model, x, y, v, step| solutions::hvp_central(model, x, y, &(v * step), 1.0) / step,
        |model, x, y, v, step| {
            let ahead = (gradient_at(model, x, y, v, step) - model.gradient(x, y)) / step;
            let behind = (model.gradient(x, y) - gradient_at(model, x, y, v, -step)) / step;
            (ahead + behind) / 2.0
        },
        |model, x, y, v, step| {
            let mut theta = model.params().clone();
            theta.scaled_add(step, v);
            let ahead = Mlp::with_params(model.widths(), theta.clone()).gradient(x, y);
            theta.scaled_add(-2.0 * step, v);
            (ahead - Mlp::with_params(model.widths(), theta).gradient(x, y)) * (0.5 / step)
        },
        |model, x, y, v, step| {
            let (ahead, behind) = (gradient_at(model, x, y, v, step), gradient_at(model, x, y, v, -step));
            (0..v.len()).map(|i| (ahead[i] - behind[i]) / step / 2.0).collect()
        },
    ];
    for student in right {
        assert_passed(check::hvp_central(*student));
    }
}

// 1/1.2 dual numbers

fn wrong_products() -> Vec<Wrong> {
    type Student = fn(Dual, Dual) -> Dual;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("is not the product of the derivatives"), |a, b| Dual::new(a.re * b.re, a.eps * b.eps)),
        (Cause("This is the sum of the derivatives"), |a, b| Dual::new(a.re * b.re, a.eps + b.eps)),
        (Cause("Multiply each derivative by the *other* factor"), |a, b| {
            Dual::new(a.re * b.re, a.re * a.eps + b.re * b.eps)
        }),
        (Cause("One term is missing"), |a, b| Dual::new(a.re * b.re, a.eps * b.re)),
        (Cause("One term is missing"), |a, b| Dual::new(a.re * b.re, a.re * b.eps)),
        (Cause("A sign is wrong"), |a, b| Dual::new(a.re * b.re, a.eps * b.re - a.re * b.eps)),
        (Cause("these are not complex numbers"), |a, b| {
            Dual::new(a.re * b.re - a.eps * b.eps, a.eps * b.re + a.re * b.eps)
        }),
        (Cause("the product of the two eps drops out"), |a, b| {
            Dual::new(a.re * b.re, a.eps * b.re + a.re * b.eps + a.eps * b.eps)
        }),
        (Cause("This is the sum; return the product"), |a, b| a + b),
        // The derivative as a logarithmic one: not a number where a factor is constant and zero.
        (Cause("still counts"), |a, b| {
            let eps = if a.eps == 0.0 { 0.0 } else { a.eps * b.re + a.re * b.eps };
            Dual::new(a.re * b.re, eps)
        }),
        (Cause("A number that is zero still has a derivative"), |a, b| {
            let re = a.re * b.re;
            Dual::new(re, if re == 0.0 { 0.0 } else { re * (a.eps / a.re + b.eps / b.re) })
        }),
        (Cause("Neither part needs a division"), |a, b| {
            Dual::new(a.re * b.re, a.re * b.re * (a.eps / a.re + b.eps / b.re))
        }),
        (Difference("whatever the sizes of the numbers"), |a, b| {
            let (sum, difference) = (a.re + b.re, a.re - b.re);
            Dual::new((sum * sum - difference * difference) / 4.0, a.eps * b.re + a.re * b.eps)
        }),
        (Difference("a fixed threshold, or rounding"), |a, b| {
            Dual::new(a.re * b.re, f64::from((a.eps * b.re + a.re * b.eps) as f32))
        }),
        (Difference("whatever the sizes of the numbers"), |a, b| {
            let re = a.re * b.re;
            Dual::new(if re.abs() < 1e-12 { 0.0 } else { re }, a.eps * b.re + a.re * b.eps)
        }),
        (Cause("A sign is wrong"), |a, b| Dual::new(a.re * b.re, a.re * b.eps - a.eps * b.re)),
        (Cause("still counts"), |a, b| {
            let eps = if b.eps == 0.0 { 0.0 } else { a.eps * b.re + a.re * b.eps };
            Dual::new(a.re * b.re, eps)
        }),
        (Difference("the real part: expected 15, got 9"), |a, b| Dual::new(a.re * a.re, a.eps * b.re + a.re * b.eps)),
        (Difference("got 62. It is a' b + a b', each term once"), |a, b| {
            Dual::new(a.re * b.re, 2.0 * (a.eps * b.re + a.re * b.eps))
        }),
        (Difference("the eps part: expected 31, got 15.5"), |a, b| {
            Dual::new(a.re * b.re, (a.eps * b.re + a.re * b.eps) / 2.0)
        }),
    ];
    wrong
        .into_iter()
        .map(|(says, student)| Wrong::new(says, move || check::dual_numbers(student, solutions::dual_tanh)))
        .collect()
}

fn wrong_tangents() -> Vec<Wrong> {
    type Student = fn(Dual) -> Dual;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("multiply by the eps of the argument"), |a| Dual::new(a.re.tanh(), 1.0 - a.re.tanh().powi(2))),
        (Cause("This is tanh of the eps"), |a| Dual::new(a.re.tanh(), a.eps.tanh())),
        (Cause("The eps is unchanged"), |a| Dual::new(a.re.tanh(), a.eps)),
        (Cause("1 - tanh^2; the square is missing"), |a| Dual::new(a.re.tanh(), (1.0 - a.re.tanh()) * a.eps)),
        (Cause("square the tanh, not the argument"), |a| Dual::new(a.re.tanh(), (1.0 - a.re * a.re) * a.eps)),
        (Cause("with a minus sign"), |a| Dual::new(a.re.tanh(), (1.0 + a.re.tanh().powi(2)) * a.eps)),
        (Cause("not at the eps"), |a| Dual::new(a.re.tanh(), (1.0 - a.eps.tanh().powi(2)) * a.eps)),
        (Cause("not tanh itself"), |a| Dual::new(a.re.tanh(), a.re.tanh() * a.eps)),
        (Cause("e^800 overflows"), |a| {
            let (up, down) = (a.re.exp(), (-a.re).exp());
            let t = (up - down) / (up + down);
            let holds = |t: f64| if a.re.abs() < 20.0 { a.re.tanh() } else { t };
            Dual::new(holds(t), (1.0 - holds(t).powi(2)) * a.eps)
        }),
        (Cause("e^800 overflows"), |a| {
            let e = (2.0 * a.re).exp();
            let t = if a.re < 20.0 { a.re.tanh() } else { (e - 1.0) / (e + 1.0) };
            Dual::new(t, (1.0 - t * t) * a.eps)
        }),
        (Cause("not tanh^2"), |a| Dual::new(a.re.tanh(), a.re.tanh().powi(2) * a.eps)),
        (Cause("belongs to the logistic function"), |a| {
            let t = a.re.tanh();
            Dual::new(t, t * (1.0 - t) * a.eps)
        }),
        (Cause("The derivative is 1 / cosh^2; the square is missing"), |a| Dual::new(a.re.tanh(), a.eps / a.re.cosh())),
        (Cause("The sign is wrong"), |a| Dual::new(a.re.tanh(), (a.re.tanh().powi(2) - 1.0) * a.eps)),
        (Cause("The eps stands inside the square"), |a| Dual::new(a.re.tanh(), 1.0 - (a.re.tanh() * a.eps).powi(2))),
        (Cause("The eps is squared"), |a| Dual::new(a.re.tanh(), (1.0 - a.re.tanh().powi(2)) * a.eps * a.eps)),
        (Cause("not 1 - tanh(re^2)"), |a| Dual::new(a.re.tanh(), (1.0 - (a.re * a.re).tanh()) * a.eps)),
        (Cause("This is tan; take tanh"), |a| Dual::new(a.re.tan(), (1.0 + a.re.tan().powi(2)) * a.eps)),
        (Cause("This is the logistic function"), |a| {
            let s = 1.0 / (1.0 + (-a.re).exp());
            Dual::new(s, s * (1.0 - s) * a.eps)
        }),
        (Cause("keep the sign of the real part"), |a| {
            let t = a.re.abs().tanh();
            Dual::new(t, (1.0 - t * t) * a.eps)
        }),
        (Difference("whatever their signs and sizes"), |a| {
            Dual::new(a.re.tanh(), (1.0 - a.re.tanh().powi(2)) * a.eps.abs())
        }),
        (Cause("This is tanh of the sum of both parts"), |a| {
            Dual::new((a.re + a.eps).tanh(), a.eps / a.re.cosh().powi(2))
        }),
        (Difference("digits are lost: through `f32`"), |a| {
            Dual::new(f64::from((a.re as f32).tanh()), a.eps / a.re.cosh().powi(2))
        }),
    ];
    wrong
        .into_iter()
        .map(|(says, student)| Wrong::new(says, move || check::dual_numbers(solutions::dual_mul, student)))
        .collect()
}

#[test]
fn right_dual_numbers_pass() {
    assert_passed(check::dual_numbers(|a, b| b * a, |a| Dual::new(a.re.tanh(), a.eps / a.re.cosh().powi(2))));
    assert_passed(check::dual_numbers(
        |Dual { re: a, eps: s }, Dual { re: b, eps: t }| Dual { re: b * a, eps: a * t + b * s },
        |a| {
            let t = a.re.tanh();
            Dual::new(t, a.eps * (1.0 - t) * (1.0 + t))
        },
    ));
    // tanh by e^(-2 |x|), which does not overflow, with a series where it cancels.
    assert_passed(check::dual_numbers(solutions::dual_mul, |a| {
        let e = (-2.0 * a.re.abs()).exp();
        let t = -(-2.0 * a.re.abs()).exp_m1() / (1.0 + e);
        Dual::new(t * a.re.signum(), a.eps * 4.0 * e / (1.0 + e).powi(2))
    }));
    assert_passed(check::dual_numbers(solutions::dual_mul, |a| {
        Dual::new(a.re.tanh(), (1.0 - a.re.tanh().powi(2)) * a.eps)
    }));
}

// 1/1.3 the product in dual numbers

fn eps_at(model: &Mlp, x: X, y: Y, theta: Array1<Dual>) -> Array1<f64> {
    model.dual_gradient(&theta, x, y).mapv(|g| g.eps)
}

fn wrong_hvp_dual() -> Vec<Wrong> {
    type Student = fn(&Mlp, X, Y, V) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("These are the real parts, the gradient"), |model, x, y, _| model.gradient(x, y)),
        (Cause("Every parameter has eps 1"), |model, x, y, _| {
            eps_at(model, x, y, model.params().mapv(|re| Dual::new(re, 1.0)))
        }),
        (Cause("so nothing moves"), |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(re, v)| Dual::from(re + v)).collect())
        }),
        (Cause("You swapped re and eps"), |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(&re, &v)| Dual::new(v, re)).collect())
        }),
        (Cause("take them from `model.params()`"), |model, x, y, v| eps_at(model, x, y, v.mapv(|v| Dual::new(0.0, v)))),
        (Cause("You normalised v;"), |model, x, y, v| solutions::hvp_dual(model, x, y, &(v / norm(v)))),
        (Cause("as with a difference quotient"), |model, x, y, v| solutions::hvp_central(model, x, y, v, 1e-4)),
        (Cause("The sign is wrong"), |model, x, y, v| -solutions::hvp_dual(model, x, y, v)),
        // A point one step further: the eps of the gradient, but not at theta.
        (Cause("You went to theta + v as well"), |model, x, y, v| {
            eps_at(model, x, y, model.params().iter().zip(v).map(|(re, &v)| Dual::new(re + v, v)).collect())
        }),
        (Cause("This is the sum of the real parts and the eps parts"), |model, x, y, v| {
            let theta: Array1<Dual> = model.params().iter().zip(v).map(|(&re, &v)| Dual::new(re, v)).collect();
            model.dual_gradient(&theta, x, y).mapv(|g| g.re + g.eps)
        }),
        (Cause("You multiplied by v once more"), |model, x, y, v| solutions::hvp_dual(model, x, y, v) * v),
        (Cause("This is twice the product"), |model, x, y, v| solutions::hvp_dual(model, x, y, &(v * 2.0))),
        (Cause("This is half the product"), |model, x, y, v| solutions::hvp_dual(model, x, y, v) / 2.0),
        (Cause("The order of v is reversed"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, &v.iter().rev().copied().collect())
        }),
        (Cause("This is the gradient at theta + v"), |model, x, y, v| gradient_at(model, x, y, v, 1.0)),
        (Cause("The labels are left out"), |model, x, y, v| solutions::hvp_dual(model, x, &Array1::zeros(y.len()), v)),
        (Difference("Is v normalised, limited, or compared"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, &v.mapv(|v| v.clamp(-10.0, 10.0)))
        }),
        (Cause("compared with a fixed number"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, &v.mapv(|v| if v.abs() < 1e-6 { 0.0 } else { v }))
        }),
        (Cause("Do you divide by the length of v"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, &(v / norm(v))) * norm(v)
        }),
        (Cause("as with a difference quotient"), |model, x, y, v| solutions::hvp_central(model, x, y, v, 1e-5)),
        (Difference("Only a few digits are right"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, v).mapv(|g| f64::from(g as f32))
        }),
        (Difference("Return the eps of the gradient at theta + v e"), |model, x, y, v| {
            solutions::hvp_dual(model, &(x * 2.0), y, v)
        }),
        (Difference("Take all the parameters from `model.params()`"), |model, x, y, v| {
            let seed = if model.n_params() == 26 { 5 } else { 8 };
            solutions::hvp_dual(&Mlp::new(model.widths(), seed), x, y, v)
        }),
        (Difference("expected length 26"), |model, x, y, v| {
            solutions::hvp_dual(model, x, y, v).slice(s![..25]).to_owned()
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::hvp_dual(student))).collect()
}

#[test]
fn right_versions_of_hvp_dual_pass() {
    type Right = fn(&Mlp, X, Y, V) -> Array1<f64>;
    let right: &[Right] = &[
        |model, x, y, v| Hessian::new(model, x, y).apply(v),
        |model, x, y, v| solutions::hvp_r_operator(model, x, y, v),
        |model, x, y, v| {
            let theta = Array1::from_shape_fn(v.len(), |i| Dual::new(model.params()[i], v[i]));
            let gradient = model.dual_gradient(&theta, x, y);
            let mut product = Array1::zeros(v.len());
            for i in 0..v.len() {
                product[i] = gradient[i].eps;
            }
            product
        },
        // A scale of one's own for the eps, taken out again.
        |model, x, y, v| {
            let theta = model.params().iter().zip(v).map(|(&re, &v)| Dual::new(re, 0.125 * v)).collect();
            eps_at(model, x, y, theta) * 8.0
        },
    ];
    for student in right {
        assert_passed(check::hvp_dual(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    [wrong_hvp_central(), wrong_products(), wrong_tangents(), wrong_hvp_dual()].into_iter().flatten().collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("hessian_product", wrong());
}
