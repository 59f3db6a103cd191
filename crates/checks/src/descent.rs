//! Exercise 1/7.1: how much a step of gradient descent enlarges a displacement.

use std::cell::Cell;

use ndarray::{Array1, Array2, array};

use super::report::report;
use super::suspects::{Case, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::linalg::{eigh, norm};
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};

type Gradient<'a> = &'a dyn Fn(&Array1<f64>) -> Array1<f64>;
type GrowthPerStep = fn(Gradient<'_>, &Array1<f64>, &Array1<f64>, f64, usize) -> f64;

/// Many times what any right solution takes.
const MOST_GRADIENTS: usize = 100_000;
const DISPLACEMENT: f64 = 1e-4;

/// A loss with the gradient `A theta + b + c theta^3`, where to start, and how to descend.
#[derive(Clone)]
struct Input {
    a: Array2<f64>,
    b: Array1<f64>,
    cubic: f64,
    theta: Array1<f64>,
    u: Array1<f64>,
    eta: f64,
    n_steps: usize,
}

impl Input {
    fn gradient(&self, theta: &Array1<f64>) -> Array1<f64> {
        self.a.dot(theta) + &self.b + theta.mapv(|t| self.cubic * t.powi(3))
    }
}

/// Checks exercise 1/7.1: quadratic losses, for which the factor is known, and others.
pub fn growth_per_step(student: GrowthPerStep) -> Card {
    report("1/7.1", |report| {
        let call = |input: &Input| {
            let count = Cell::new(0);
            let gradient = |theta: &Array1<f64>| {
                count.set(count.get() + 1);
                assert!(count.get() <= MOST_GRADIENTS, "100,000 gradients; is there a loop that does not end?");
                input.gradient(theta)
            };
            student(&gradient, &input.theta, &input.u, input.eta, input.n_steps)
        };
        judge(report, &cases(), call, truth, &suspects(), LOOK_FIRST)
    })
}

const LOOK_FIRST: &str = "Take it in three parts: the displacement d starts as 1e-4 u; in each step d loses eta times \
    g(theta + d) - g(theta); at the end the factor is (|u^T d| / 1e-4)^(1 / n_steps)";

fn truth(input: &Input) -> f64 {
    let gradient = |theta: &Array1<f64>| input.gradient(theta);
    estimators::growth_per_step(&gradient, &input.theta, &input.u, input.eta, input.n_steps)
}

fn cases() -> Vec<Case<Input>> {
    let a = symmetric_with_spectrum(&array![4.0, 1.0, 0.5, 2.5, -2.0], 3);
    let vectors = eigh(&a).vectors;
    let vector = |seed: u64| gaussian_matrix(5, 1, &mut rng(seed)).column(0).to_owned();
    let along = |i: usize, eta: f64, n_steps: usize| Input {
        a: a.clone(),
        b: vector(1),
        cubic: 0.0,
        theta: vector(2),
        u: vectors.column(i).to_owned(),
        eta,
        n_steps,
    };
    let mixed = {
        let u = vector(4);
        Input { u: &u / norm(&u), ..along(4, 0.3, 5) }
    };
    let steep = Input { a: &a * 1e6, b: vector(1) * 1e6, ..along(4, 0.55e-6, 10) };
    vec![
        Case::new("at 0.9 of the limit the factor is 0.8", along(4, 0.45, 10)),
        Case::new("at 1.1 of the limit it is 1.2", along(4, 0.55, 10)),
        Case::new("with the eigenvalue -2 and eta = 0.3 it is 1.6", along(0, 0.3, 7)),
        Case::new("one step", along(4, 0.4, 1)),
        Case::new("thirty steps", along(4, 0.45, 30)),
        Case::new("along a vector that is no eigenvector", mixed),
        Case::new("a loss that is not quadratic", Input { cubic: 1.0, ..along(4, 0.3, 5) }),
        Case::new("a loss 1e6 times as steep, with a step 1e-6 times as large", steep),
    ]
}

/// `n_steps` steps of `d <- d - eta * force(d)` from `start`.
fn descend(start: Array1<f64>, eta: f64, n_steps: usize, force: impl Fn(&Array1<f64>) -> Array1<f64>) -> Array1<f64> {
    let mut d = start;
    for _ in 0..n_steps {
        let step = force(&d) * eta;
        d -= &step;
    }
    d
}

/// The displacement after `n_steps` steps.
fn displaced(input: &Input, eta: f64, n_steps: usize) -> Array1<f64> {
    let at_theta = input.gradient(&input.theta);
    descend(&input.u * DISPLACEMENT, eta, n_steps, |d| input.gradient(&(&input.theta + d)) - &at_theta)
}

fn along(input: &Input, d: &Array1<f64>) -> f64 {
    input.u.dot(d).abs()
}

fn root(input: &Input, growth: f64) -> f64 {
    growth.powf(1.0 / input.n_steps as f64)
}

/// The factor, from what the displacement is at the end.
fn factor(input: &Input, d: &Array1<f64>) -> f64 {
    root(input, along(input, d) / DISPLACEMENT)
}

fn suspects() -> Vec<Suspect<Input>> {
    type Wrong = (&'static str, fn(&Input) -> f64);
    let wrong: [Wrong; 20] = [
        ("g(theta) is not subtracted: the loss is then not stationary at theta, and d moves with its slope", |i| {
            let force = |d: &Array1<f64>| i.gradient(&(&i.theta + d));
            factor(i, &descend(&i.u * DISPLACEMENT, i.eta, i.n_steps, force))
        }),
        ("This goes uphill; subtract eta times the difference of the gradients", |i| {
            factor(i, &displaced(i, -i.eta, i.n_steps))
        }),
        ("This is the factor of all the steps together; take its `n_steps`-th root", |i| {
            along(i, &displaced(i, i.eta, i.n_steps)) / DISPLACEMENT
        }),
        ("Divide by the displacement at the start, 1e-4, before you take the root", |i| {
            root(i, along(i, &displaced(i, i.eta, i.n_steps)))
        }),
        ("This is the length of the displacement; take its component along u", |i| {
            root(i, norm(&displaced(i, i.eta, i.n_steps)) / DISPLACEMENT)
        }),
        ("u^T d may be negative, and a root of it is not a number; take its magnitude first", |i| {
            root(i, i.u.dot(&displaced(i, i.eta, i.n_steps)) / DISPLACEMENT)
        }),
        ("The displacement starts as u; make it small, 1e-4 u", |i| {
            let at_theta = i.gradient(&i.theta);
            let force = |d: &Array1<f64>| i.gradient(&(&i.theta + d)) - &at_theta;
            root(i, along(i, &descend(i.u.clone(), i.eta, i.n_steps, force)))
        }),
        ("The displacement starts as u, and is then divided by 1e-4; let it start as 1e-4 u", |i| {
            let at_theta = i.gradient(&i.theta);
            let force = |d: &Array1<f64>| i.gradient(&(&i.theta + d)) - &at_theta;
            factor(i, &descend(i.u.clone(), i.eta, i.n_steps, force))
        }),
        ("The gradient is always taken at the first point; take it at theta + d, where d now is", |i| {
            let force = i.gradient(&(&i.theta + &(&i.u * DISPLACEMENT))) - i.gradient(&i.theta);
            factor(i, &descend(&i.u * DISPLACEMENT, i.eta, i.n_steps, |_| force.clone()))
        }),
        ("The gradient is taken at d; take it at theta + d", |i| {
            let at_theta = i.gradient(&i.theta);
            factor(i, &descend(&i.u * DISPLACEMENT, i.eta, i.n_steps, |d| i.gradient(d) - &at_theta))
        }),
        ("There is one step too many", |i| factor(i, &displaced(i, i.eta, i.n_steps + 1))),
        ("There is one step too few", |i| factor(i, &displaced(i, i.eta, i.n_steps - 1))),
        ("This is the factor of all the steps, divided by their number; take the root", |i| {
            along(i, &displaced(i, i.eta, i.n_steps)) / DISPLACEMENT / i.n_steps as f64
        }),
        ("This is the logarithm of the factor; return the factor", |i| factor(i, &displaced(i, i.eta, i.n_steps)).ln()),
        ("The step size is missing; multiply the difference of the gradients by eta", |i| {
            factor(i, &displaced(i, 1.0, i.n_steps))
        }),
        ("The difference of the gradients is divided by eta; multiply by it", |i| {
            factor(i, &displaced(i, 1.0 / i.eta, i.n_steps))
        }),
        ("This is the factor of the first step alone; take all of them", |i| {
            along(i, &displaced(i, i.eta, 1)) / DISPLACEMENT
        }),
        ("This is the factor of the last step alone; take all of them", |i| {
            let [before, after] = [i.n_steps - 1, i.n_steps].map(|n| along(i, &displaced(i, i.eta, n)));
            after / before
        }),
        ("The root is a square root; take the `n_steps`-th", |i| {
            (along(i, &displaced(i, i.eta, i.n_steps)) / DISPLACEMENT).sqrt()
        }),
        ("This is the factor minus 1; return the factor", |i| factor(i, &displaced(i, i.eta, i.n_steps)) - 1.0),
    ];
    wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
    }

    /// What the card's lines say about the quadratic losses.
    #[test]
    fn the_factors_are_those_stated() {
        for (case, stated) in cases().iter().zip([0.8, 1.2, 1.6]) {
            assert!((truth(&case.input) - stated).abs() < 1e-9, "{}: {}", case.what, truth(&case.input));
        }
    }
}
