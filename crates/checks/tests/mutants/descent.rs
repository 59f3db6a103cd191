use ndarray::Array1;
use spectral_course::check;
use spectral_course::prelude::norm;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 1/7.1 the growth of a displacement

type Gradient<'a> = &'a dyn Fn(&Array1<f64>) -> Array1<f64>;
type Student = fn(Gradient<'_>, &Array1<f64>, &Array1<f64>, f64, usize) -> f64;

/// The displacement after `n_steps` steps, from `size` times u.
fn displaced(
    g: Gradient<'_>,
    theta: &Array1<f64>,
    u: &Array1<f64>,
    eta: f64,
    n_steps: usize,
    size: f64,
) -> Array1<f64> {
    let mut d = u * size;
    for _ in 0..n_steps {
        d = &d - &((g(&(theta + &d)) - g(theta)) * eta);
    }
    d
}

fn root(growth: f64, n_steps: usize) -> f64 {
    growth.abs().powf(1.0 / n_steps as f64)
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("g(theta) is not subtracted"), |g, theta, u, eta, n| {
            let mut d = u * 1e-4;
            for _ in 0..n {
                d = &d - &(g(&(theta + &d)) * eta);
            }
            root(u.dot(&d) / 1e-4, n)
        }),
        (Cause("This goes uphill"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, -eta, n, 1e-4)) / 1e-4, n)
        }),
        (Cause("take its `n_steps`-th root"), |g, theta, u, eta, n| {
            u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs() / 1e-4
        }),
        (Cause("Divide by the displacement at the start"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, eta, n, 1e-4)), n)
        }),
        (Cause("take its component along u"), |g, theta, u, eta, n| {
            root(norm(&displaced(g, theta, u, eta, n, 1e-4)) / 1e-4, n)
        }),
        (Cause("take its magnitude first"), |g, theta, u, eta, n| {
            (u.dot(&displaced(g, theta, u, eta, n, 1e-4)) / 1e-4).powf(1.0 / n as f64)
        }),
        (Cause("make it small, 1e-4 u"), |g, theta, u, eta, n| root(u.dot(&displaced(g, theta, u, eta, n, 1.0)), n)),
        (Cause("let it start as 1e-4 u"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, eta, n, 1.0)) / 1e-4, n)
        }),
        (Cause("where d now is"), |g, theta, u, eta, n| {
            let force = g(&(theta + &(u * 1e-4))) - g(theta);
            let d = u * 1e-4 - force * (eta * n as f64);
            root(u.dot(&d) / 1e-4, n)
        }),
        (Cause("The gradient is taken at d"), |g, theta, u, eta, n| {
            let mut d = u * 1e-4;
            for _ in 0..n {
                d = &d - &((g(&d) - g(theta)) * eta);
            }
            root(u.dot(&d) / 1e-4, n)
        }),
        (Cause("one step too many"), |g, theta, u, eta, n| {
            let mut d = u * 1e-4;
            for _ in 0..=n {
                d = &d - &((g(&(theta + &d)) - g(theta)) * eta);
            }
            root(u.dot(&d) / 1e-4, n)
        }),
        (Cause("one step too few"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, eta, n - 1, 1e-4)) / 1e-4, n)
        }),
        (Cause("divided by their number; take the root"), |g, theta, u, eta, n| {
            u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs() / 1e-4 / n as f64
        }),
        (Cause("This is the logarithm of the factor"), |g, theta, u, eta, n| {
            (u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs() / 1e-4).ln() / n as f64
        }),
        (Cause("The step size is missing"), |g, theta, u, _, n| {
            root(u.dot(&displaced(g, theta, u, 1.0, n, 1e-4)) / 1e-4, n)
        }),
        (Cause("is divided by eta"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, 1.0 / eta, n, 1e-4)) / 1e-4, n)
        }),
        // What the eigenvalue promises, from one difference of gradients.
        (Cause("the factor of the first step alone"), |g, theta, u, eta, _| {
            (1.0 - eta * u.dot(&(g(&(theta + &(u * 1e-4))) - g(theta))) / 1e-4).abs()
        }),
        (Cause("the factor of the last step alone"), |g, theta, u, eta, n| {
            let [before, after] = [n - 1, n].map(|n| u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs());
            after / before
        }),
        (Cause("The root is a square root"), |g, theta, u, eta, n| {
            (u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs() / 1e-4).sqrt()
        }),
        (Cause("the factor minus 1"), |g, theta, u, eta, n| solutions::growth_per_step(g, theta, u, eta, n) - 1.0),
        // A larger displacement, which the loss that is not quadratic tells.
        (Difference("a loss that is not quadratic"), |g, theta, u, eta, n| {
            root(u.dot(&displaced(g, theta, u, eta, n, 1e-2)) / 1e-2, n)
        }),
        (Difference("Take it in three parts"), |g, theta, u, eta, n| {
            // The mean of the factors is not the factor of the mean step.
            let at = |n: usize| u.dot(&displaced(g, theta, u, eta, n, 1e-4)).abs();
            (1..=n).map(|j| at(j) / at(j - 1)).sum::<f64>()
        }),
        (Difference("is there a loop that does not end"), |g, theta, _, _, _| {
            loop {
                g(theta);
            }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::growth_per_step(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("descent", wrong());
}

#[test]
fn other_right_versions_pass() {
    let right: [Student; 4] = [
        |g, theta, u, eta, n| root(u.dot(&displaced(g, theta, u, eta, n, 1e-4)) / 1e-4, n),
        // The point itself moves, and the displacement is what it is away from theta.
        |g, theta, u, eta, n| {
            let (at_theta, mut point) = (g(theta), theta + &(u * 1e-4));
            for _ in 0..n {
                point = &point - &((g(&point) - &at_theta) * eta);
            }
            root((&point - theta).dot(u) / 1e-4, n)
        },
        // The product of the factors of all steps.
        |g, theta, u, eta, n| {
            let (mut d, mut logarithm) = (u * 1e-4, 0.0);
            for _ in 0..n {
                let before = u.dot(&d).abs();
                let force = g(&(theta + &d)) - g(theta);
                d.scaled_add(-eta, &force);
                logarithm += (u.dot(&d).abs() / before).ln();
            }
            (logarithm / n as f64).exp()
        },
        // Entry by entry.
        |g, theta, u, eta, n| {
            let (at_theta, mut d) = (g(theta), u.mapv(|x| 1e-4 * x));
            for _ in 0..n {
                let point: Array1<f64> = theta.iter().zip(&d).map(|(t, d)| t + d).collect();
                let gradient = g(&point);
                for i in 0..d.len() {
                    d[i] -= eta * (gradient[i] - at_theta[i]);
                }
            }
            let component: f64 = u.iter().zip(&d).map(|(u, d)| u * d).sum();
            (component.abs() / 1e-4).ln().mul_add(1.0 / n as f64, 0.0).exp()
        },
    ];
    for student in right {
        assert_passed(check::growth_per_step(student));
    }
}
