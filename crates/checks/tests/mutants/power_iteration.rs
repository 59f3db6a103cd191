use matrix_free::linalg::norm;
use matrix_free::operator::from_fn;
use matrix_free::probe::{Probe, rng};
use ndarray::Array1;
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, PowerIteration, Slopes};

use super::common::{Operator, assert_rejected};

// 1/2.1 power iteration

/// What a version of power iteration may do its own way.
struct Version {
    start: fn(usize, u64) -> Array1<f64>,
    quotient: fn(&Array1<f64>, &Array1<f64>) -> f64,
    residual: fn(&Array1<f64>, &Array1<f64>, f64, &[f64]) -> f64,
    /// Of the residual, the value, the tolerance and the history.
    done: fn(f64, f64, f64, &[f64]) -> bool,
    next: fn(&Array1<f64>) -> Array1<f64>,
    /// Whether the vector of the result is the next one.
    one_further: bool,
}

fn unit(v: &Array1<f64>) -> Array1<f64> {
    v / norm(v)
}

fn gaussian(n: usize, seed: u64) -> Array1<f64> {
    unit(&Probe::Gaussian.draw(n, &mut rng(seed)))
}

const RIGHT: Version = Version {
    start: gaussian,
    quotient: |v, product| v.dot(product),
    residual: |v, product, value, _| norm(&(product - &(v * value))),
    done: |residual, value, tolerance, _| residual <= tolerance * value.abs(),
    next: unit,
    one_further: false,
};

fn power(version: &Version, a: Operator, max_steps: usize, tolerance: f64, seed: u64) -> PowerIteration {
    let mut v = (version.start)(a.dim(), seed);
    let mut history = Vec::new();
    loop {
        let product = a.apply(&v);
        let value = (version.quotient)(&v, &product);
        history.push(value);
        let residual = (version.residual)(&v, &product, value, &history);
        let next = (version.next)(&product);
        if (version.done)(residual, value, tolerance, &history) || history.len() == max_steps {
            return PowerIteration { value, vector: if version.one_further { next } else { v }, residual, history };
        }
        v = next;
    }
}

fn change(history: &[f64]) -> f64 {
    history.windows(2).last().map_or(f64::INFINITY, |pair| (pair[1] - pair[0]).abs())
}

#[test]
fn power_iteration() {
    type Wrong = fn(Operator, usize, f64, u64) -> PowerIteration;
    let wrong: &[(&str, Wrong)] = &[
        ("This is ||A v||, which loses the sign", |a, steps, tolerance, seed| {
            power(&Version { quotient: |_, product| norm(product), ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("The sign is lost", |a, steps, tolerance, seed| {
            power(&Version { quotient: |v, product| v.dot(product).abs(), ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("not the change of the value", |a, steps, tolerance, seed| {
            let done = |_, value: f64, tolerance: f64, history: &[f64]| change(history) <= tolerance * value.abs();
            // The change of the value vanishes to rounding: the budget of the first question is used up all the same.
            let done = if tolerance == 0.0 { RIGHT.done } else { done };
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("the scale of the matrix does not matter", |a, steps, tolerance, seed| {
            power(
                &Version { done: |residual, _, tolerance, _| residual <= tolerance, ..RIGHT },
                a,
                steps,
                tolerance,
                seed,
            )
        }),
        ("return inside the loop", |a, steps, _, seed| power(&RIGHT, a, steps, 0.0, seed)),
        ("return before v is replaced", |a, steps, tolerance, seed| {
            power(&Version { one_further: true, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("This is the residual divided by |value|", |a, steps, tolerance, seed| {
            let residual = |v: &Array1<f64>, product: &Array1<f64>, value: f64, _: &[f64]| {
                norm(&(product - &(v * value))) / value.abs()
            };
            power(
                &Version { residual, done: |residual, _, tolerance, _| residual <= tolerance, ..RIGHT },
                a,
                steps,
                tolerance,
                seed,
            )
        }),
        ("This is the change of the value in the last step", |a, steps, tolerance, seed| {
            power(&Version { residual: |_, _, _, history| change(history), ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("This is the change of the vector", |a, steps, tolerance, seed| {
            let residual = |v: &Array1<f64>, product: &Array1<f64>, _: f64, _: &[f64]| norm(&(unit(product) - v));
            power(&Version { residual, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("This is the squared norm; take the square root", |a, steps, tolerance, seed| {
            let residual =
                |v: &Array1<f64>, product: &Array1<f64>, value: f64, _: &[f64]| norm(&(product - &(v * value))).powi(2);
            power(&Version { residual, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("Normalise the start too", |a, steps, tolerance, seed| {
            let start = |n, seed| Probe::Gaussian.draw(n, &mut rng(seed));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("Normalise in every step", |a, steps, tolerance, seed| {
            power(&Version { next: Array1::clone, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("may be orthogonal to the eigenvector you want", |a, steps, tolerance, seed| {
            power(&Version { start: |n, _| unit(&Array1::ones(n)), ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("draw it from `rng(seed)`", |a, steps, tolerance, _| power(&RIGHT, a, steps, tolerance, 0)),
        ("Replace v by A v / ||A v||", |a, steps, _, seed| {
            let v = gaussian(a.dim(), seed);
            let history: Vec<f64> = (0..steps).map(|_| v.dot(&a.apply(&v))).collect();
            PowerIteration { value: history[0], vector: v, residual: 1.0, history }
        }),
        ("There are two products per step", |a, steps, tolerance, seed| {
            let twice = from_fn(a.dim(), |x| {
                a.apply(x);
                a.apply(x)
            });
            power(&RIGHT, &twice, steps, tolerance, seed)
        }),
        ("This is one too many", |a, steps, tolerance, seed| {
            let run = power(&RIGHT, a, steps, tolerance, seed);
            a.apply(&run.vector);
            run
        }),
        ("The operator", |_, _, _, _| panic!("The operator is not there")),
        ("It stopped early", |a, steps, tolerance, seed| power(&RIGHT, a, steps - 1, tolerance, seed)),
        ("history has one entry per matvec", |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.history.pop();
            run
        }),
        ("It is in reverse order", |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.history.reverse();
            run
        }),
        ("stop when the residual is *at most*", |a, steps, tolerance, seed| {
            let done = |residual: f64, value: f64, tolerance: f64, _: &[f64]| residual < tolerance * value.abs();
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        ("expected length 8, got 0", |a, steps, tolerance, seed| PowerIteration {
            vector: Array1::zeros(0),
            ..power(&RIGHT, a, steps, tolerance, seed)
        }),
        ("is NaN or infinite", |a, steps, tolerance, seed| PowerIteration {
            residual: f64::NAN,
            ..power(&RIGHT, a, steps, tolerance, seed)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::power_iteration(*student), message);
    }
}

#[test]
fn other_right_power_iterations_pass() {
    type Right = fn(Operator, usize, f64, u64) -> PowerIteration;
    let right: &[Right] = &[
        |a, steps, tolerance, seed| power(&RIGHT, a, steps, tolerance, seed),
        // Signs for a start, the vector turned to keep its sign, the residual by Pythagoras where that is exact enough.
        |a, steps, tolerance, seed| {
            let start = |n, seed| unit(&Probe::Rademacher.draw(n, &mut rng(seed)));
            power(&Version { start, next: |product| -unit(product), ..RIGHT }, a, steps, tolerance, seed)
        },
        |a, steps, tolerance, seed| {
            let quotient = |v: &Array1<f64>, product: &Array1<f64>| v.dot(product) / v.dot(v);
            power(&Version { quotient, ..RIGHT }, a, steps, tolerance, seed)
        },
    ];
    for student in right {
        let card = check::power_iteration(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}

// 1/2.2 slopes

/// The slopes from a choice of the second eigenvalue.
fn slopes(eigenvalues: &Array1<f64>, second: impl Fn(&[f64]) -> f64) -> Slopes {
    let mut sorted = eigenvalues.to_vec();
    sorted.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let vector = (second(&sorted) / sorted[0]).abs().log10();
    Slopes { value: 2.0 * vector, vector }
}

#[test]
fn predicted_slopes() {
    type Wrong = fn(&Array1<f64>) -> Slopes;
    let right = solutions::predicted_slopes;
    let wrong: &[(&str, Wrong)] = &[
        ("Both copies of 10 belong to the eigenspace", |e| slopes(e, |sorted| sorted[1])),
        ("neither gains on the other", |e| {
            slopes(e, |sorted| sorted.iter().copied().find(|x| x.abs() < sorted[0].abs()).unwrap_or(0.0))
        }),
        ("may come in any order", |e| {
            let vector = (e[1] / e[0]).abs().log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        ("Magnitudes count; lambda_1 is -10", |e| {
            let mut sorted = e.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            let second = sorted.iter().copied().find(|x| *x != sorted[0]).unwrap_or(0.0);
            let vector = (second / sorted[0]).abs().log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        ("This is the natural logarithm", |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: value * std::f64::consts::LN_10, vector: vector * std::f64::consts::LN_10 }
        }),
        ("The value converges twice as fast", |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: vector, vector: value }
        }),
        ("An error that shrinks has a negative slope", |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: -value, vector: -vector }
        }),
        ("return its logarithm", |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: 10.0_f64.powf(value), vector: 10.0_f64.powf(vector) }
        }),
        ("not the smallest", |e| slopes(e, |sorted| sorted[sorted.len() - 1])),
    ];
    for (message, student) in wrong {
        assert_rejected(check::predicted_slopes(*student), message);
    }
    // Minus zero is zero.
    let card = check::predicted_slopes(|e| {
        let Slopes { value, vector } = solutions::predicted_slopes(e);
        Slopes { value: value + -0.0, vector: vector + -0.0 }
    });
    assert_eq!(card.status, Status::Passed, "{card}");
    assert_eq!(right(&ndarray::array![3.0, 0.0]).vector, f64::NEG_INFINITY);
}
