use std::sync::Mutex;

use matrix_free::linalg::norm;
use matrix_free::operator::from_fn;
use matrix_free::probe::{Probe, rng};
use ndarray::Array1;
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::Uniform;
use spectral_course::check;
use spectral_course::solutions::PowerIteration;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed, assert_passed_with_streams, stream};

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

fn wrong_power_iteration() -> Vec<Wrong> {
    type Student = fn(Operator, usize, f64, u64) -> PowerIteration;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("This is ||A v||, which loses the sign"), |a, steps, tolerance, seed| {
            power(&Version { quotient: |_, product| norm(product), ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("The sign is lost"), |a, steps, tolerance, seed| {
            power(&Version { quotient: |v, product| v.dot(product).abs(), ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("not the change of the value"), |a, steps, tolerance, seed| {
            let done = |_, value: f64, tolerance: f64, history: &[f64]| change(history) <= tolerance * value.abs();
            // The change of the value vanishes to rounding: the budget of the first question is used up all the same.
            let done = if tolerance == 0.0 { RIGHT.done } else { done };
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("the scale of the matrix does not matter"), |a, steps, tolerance, seed| {
            power(
                &Version { done: |residual, _, tolerance, _| residual <= tolerance, ..RIGHT },
                a,
                steps,
                tolerance,
                seed,
            )
        }),
        (Cause("return inside the loop"), |a, steps, _, seed| power(&RIGHT, a, steps, 0.0, seed)),
        (Cause("return before v is replaced"), |a, steps, tolerance, seed| {
            power(&Version { one_further: true, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("This is the residual divided by |value|"), |a, steps, tolerance, seed| {
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
        (Cause("This is the change of the value in the last step"), |a, steps, tolerance, seed| {
            power(&Version { residual: |_, _, _, history| change(history), ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("This is the change of the vector"), |a, steps, tolerance, seed| {
            let residual = |v: &Array1<f64>, product: &Array1<f64>, _: f64, _: &[f64]| norm(&(unit(product) - v));
            power(&Version { residual, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("This is the squared norm; take the square root"), |a, steps, tolerance, seed| {
            let residual =
                |v: &Array1<f64>, product: &Array1<f64>, value: f64, _: &[f64]| norm(&(product - &(v * value))).powi(2);
            power(&Version { residual, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("Normalise the start too"), |a, steps, tolerance, seed| {
            let start = |n, seed| Probe::Gaussian.draw(n, &mut rng(seed));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("Normalise in every step"), |a, steps, tolerance, seed| {
            power(&Version { next: Array1::clone, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("may be orthogonal to the eigenvector you want"), |a, steps, tolerance, seed| {
            power(&Version { start: |n, _| unit(&Array1::ones(n)), ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("gave the same vector; draw it from `rng(seed)`"), |a, steps, tolerance, _| {
            power(&RIGHT, a, steps, tolerance, 0)
        }),
        (Cause("Replace v by A v / ||A v||"), |a, steps, _, seed| {
            let v = gaussian(a.dim(), seed);
            let history: Vec<f64> = (0..steps).map(|_| v.dot(&a.apply(&v))).collect();
            PowerIteration { value: history[0], vector: v, residual: 1.0, history }
        }),
        (Cause("There are two products per step"), |a, steps, tolerance, seed| {
            let twice = from_fn(a.dim(), |x| {
                a.apply(x);
                a.apply(x)
            });
            power(&RIGHT, &twice, steps, tolerance, seed)
        }),
        (Cause("This is one too many"), |a, steps, tolerance, seed| {
            let run = power(&RIGHT, a, steps, tolerance, seed);
            a.apply(&run.vector);
            run
        }),
        (Difference("The operator"), |_, _, _, _| panic!("The operator is not there")),
        (Cause("It stopped early"), |a, steps, tolerance, seed| power(&RIGHT, a, steps - 1, tolerance, seed)),
        (Cause("history has one entry per matvec"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.history.pop();
            run
        }),
        (Cause("It is in reverse order"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.history.reverse();
            run
        }),
        (Cause("stop when the residual is *at most*"), |a, steps, tolerance, seed| {
            let done = |residual: f64, value: f64, tolerance: f64, _: &[f64]| residual < tolerance * value.abs();
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Difference("expected length 8, got 0"), |a, steps, tolerance, seed| PowerIteration {
            vector: Array1::zeros(0),
            ..power(&RIGHT, a, steps, tolerance, seed)
        }),
        (Difference("is NaN or infinite"), |a, steps, tolerance, seed| PowerIteration {
            residual: f64::NAN,
            ..power(&RIGHT, a, steps, tolerance, seed)
        }),
        (Cause("The root of ||A v||^2 - value^2 loses it to rounding"), |a, steps, tolerance, seed| {
            let residual = |_: &Array1<f64>, product: &Array1<f64>, value: f64, _: &[f64]| {
                (product.dot(product) - value * value).max(0.0).sqrt()
            };
            power(&Version { residual, ..RIGHT }, a, steps, tolerance, seed)
        }),
        // The right test, but the residual is reported by Pythagoras.
        (Cause(": the root of ||A v||^2 - value^2"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            let squared = run.residual * run.residual + run.value * run.value;
            run.residual = (squared - run.value * run.value).max(0.0).sqrt();
            run
        }),
        (Cause("as near to 1 as `f32` comes"), |a, steps, tolerance, seed| {
            let single = |v: &Array1<f64>| unit(v).mapv(|x| f64::from(x as f32));
            let start = |n, seed| gaussian(n, seed).mapv(|x| f64::from(x as f32));
            power(&Version { start, next: single, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("so that the scale of the matrix does not matter"), |a, steps, tolerance, seed| {
            let done =
                |residual: f64, value: f64, tolerance: f64, _: &[f64]| residual <= tolerance * value.abs().max(1.0);
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("so that the scale of the matrix does not matter"), |a, steps, tolerance, seed| {
            let done = |residual: f64, value: f64, tolerance: f64, _: &[f64]| {
                residual <= tolerance * value.abs() || residual < 1e-12
            };
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("compare with the *absolute* value"), |a, steps, tolerance, seed| {
            let done = |residual: f64, value: f64, tolerance: f64, _: &[f64]| residual <= tolerance * value;
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("Test before v is replaced, with the residual of the step itself"), |a, steps, tolerance, seed| {
            // The test looks at the residual of the step before.
            let mut v = gaussian(a.dim(), seed);
            let (mut history, mut before) = (Vec::new(), f64::INFINITY);
            loop {
                let product = a.apply(&v);
                let value = v.dot(&product);
                history.push(value);
                let residual = norm(&(&product - &(&v * value)));
                if before <= tolerance * value.abs() || history.len() == steps {
                    return PowerIteration { value, vector: v, residual, history };
                }
                before = residual;
                v = unit(&product);
            }
        }),
        (Cause("This is the squared norm"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.residual *= run.residual;
            run
        }),
        (Cause("These are the residuals"), |a, steps, tolerance, seed| {
            let residuals = Mutex::new(Vec::new());
            let noting = from_fn(a.dim(), |x| {
                let product = a.apply(x);
                if let Ok(mut residuals) = residuals.lock() {
                    residuals.push(norm(&(&product - &(x * x.dot(&product)))));
                }
                product
            });
            let mut run = power(&RIGHT, &noting, steps, tolerance, seed);
            run.history = residuals.lock().map(|noted| noted.clone()).unwrap_or_default();
            run
        }),
        (Cause("This is the quotient of the vector before"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.history.insert(0, 0.0);
            let length = run.history.len();
            run.history.swap(0, 1);
            run.history.truncate(length - 1);
            run.history[1] = run.history[0];
            run
        }),
        (Cause("without a division, a remainder or a cast"), |a, steps, tolerance, seed| {
            power(&RIGHT, a, steps, tolerance, seed / 2)
        }),
        (Cause("without a division, a remainder or a cast"), |a, steps, tolerance, seed| {
            power(&RIGHT, a, steps, tolerance, seed % 10)
        }),
        (Cause("without a division, a remainder or a cast"), |a, steps, tolerance, seed| {
            power(&RIGHT, a, steps, tolerance, u64::from(seed as u8))
        }),
        (Cause("without a division, a remainder or a cast"), |a, steps, tolerance, seed| {
            power(&RIGHT, a, steps, tolerance, u64::from(seed as u32))
        }),
        (Cause("hold the same numbers"), |a, steps, tolerance, seed| {
            let start = |n, seed: u64| {
                unit(&(0..n as u64).map(|i| Probe::Gaussian.draw(1, &mut rng(seed + i))[0]).collect::<Array1<f64>>())
            };
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("vectors without negative entries"), |a, steps, tolerance, seed| {
            let start = |n, seed| unit(&Probe::Gaussian.draw(n, &mut rng(seed)).mapv(f64::abs));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("without a division, a remainder or a cast"), |a, steps, tolerance, seed| {
            let start = |n: usize, seed: u64| Array1::from_shape_fn(n, |i| f64::from(u8::from(i == seed as usize % 2)));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("Normalise in every step, by the norm of A v"), |a, steps, tolerance, seed| {
            let next = |product: &Array1<f64>| product / product.iter().fold(0.0, |l: f64, x| l.max(x.abs()));
            power(&Version { next, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("although the first residual was zero"), |a, steps, tolerance, seed| {
            let done = |residual: f64, value: f64, tolerance: f64, history: &[f64]| {
                residual <= tolerance * value.abs() && history.len() > 1
            };
            power(&Version { done, ..RIGHT }, a, steps, tolerance, seed)
        }),
        (Cause("Test for `max_steps` after each matvec"), |a, steps, tolerance, seed| {
            power(&RIGHT, a, steps.max(2), tolerance, seed)
        }),
        (Difference("residual is ||A v - value v||: expected"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.residual /= (a.dim() as f64).sqrt();
            run
        }),
        (Cause("This is the first quotient"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.value = run.history[0];
            run
        }),
        (Cause("it is the start"), |a, steps, tolerance, seed| PowerIteration {
            vector: gaussian(a.dim(), seed),
            ..power(&RIGHT, a, steps, tolerance, seed)
        }),
        (Cause("normalise it"), |a, steps, tolerance, seed| {
            let mut run = power(&RIGHT, a, steps, tolerance, seed);
            run.vector *= run.value;
            run
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::power_iteration(student))).collect()
}

#[test]
fn other_right_power_iterations_pass() {
    type Right = fn(Operator, usize, f64, u64) -> PowerIteration;
    let right: &[Right] = &[
        |a, steps, tolerance, seed| power(&RIGHT, a, steps, tolerance, seed),
        // A stream of one's own, plain loops.
        |a, steps, tolerance, seed| {
            let n = a.dim();
            let mut v = unit(&Probe::Gaussian.draw(n, &mut rng(seed ^ 0x5bd1_e995)));
            let mut history = vec![];
            for step in 1.. {
                let product = a.apply(&v);
                let value: f64 = (0..n).map(|i| v[i] * product[i]).sum();
                history.push(value);
                let squares: f64 = (0..n).map(|i| (product[i] - value * v[i]).powi(2)).sum();
                let residual = squares.sqrt();
                if residual <= tolerance * value.abs() || step == steps {
                    return PowerIteration { value, vector: v, residual, history };
                }
                v = &product / product.dot(&product).sqrt();
            }
            unreachable!()
        },
        // Uniform numbers of both signs for a start.
        |a, steps, tolerance, seed| {
            let start =
                |n, seed| unit(&Array1::random_using(n, Uniform::new(-1.0, 1.0).expect("a range"), &mut rng(seed)));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        },
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
        assert_passed(check::power_iteration(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_power_iteration()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("power_iteration", wrong());
}

/// No check may hang on luck: the same algorithm with other starts.
#[test]
#[ignore = "for a change of the check: a few seconds"]
fn no_start_is_unlucky() {
    assert_passed_with_streams(1000, || {
        check::power_iteration(|a, steps, tolerance, seed| {
            let start = |n, seed: u64| gaussian(n, seed.wrapping_add(stream()));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        })
    });
    assert_passed_with_streams(1000, || {
        check::power_iteration(|a, steps, tolerance, seed| {
            let start = |n, seed: u64| unit(&Probe::Rademacher.draw(n, &mut rng(seed.wrapping_add(stream()))));
            power(&Version { start, ..RIGHT }, a, steps, tolerance, seed)
        })
    });
}
