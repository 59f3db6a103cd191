use matrix_free::probe::rng;
use ndarray::{Array1, Array2, ArrayRef1, Axis, ShapeBuilder};
use rand::Rng;
use rand::seq::SliceRandom;
use small_networks::{Entk, Mlp};
use spectral_course::check;
use spectral_course::solutions::{self, Bootstrap, randomized_eigh};

use super::common::{assert_passed, assert_rejected};

// 3/5.3 bootstrap

struct Resampling {
    draw: fn(usize, u64) -> Vec<usize>,
    seed: fn(u64, usize) -> u64,
    kernel_of_all: bool,
    direction: fn(&Entk, &Entk, &ArrayRef1<f64>, f64) -> Array1<f64>,
}

fn with_replacement(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = rng(seed);
    (0..n).map(|_| rng.random_range(0..n)).collect()
}

const PROPER: Resampling = Resampling {
    draw: with_replacement,
    seed: |seed, b| seed + b as u64,
    kernel_of_all: false,
    direction: |kernel, _, u, value| kernel.vjp(u) / value.sqrt(),
};

fn bootstrap(version: &Resampling, model: &Mlp, x: &Array2<f64>, n_boot: usize, k: usize, seed: u64) -> Bootstrap {
    let n = x.nrows();
    let mut result =
        Bootstrap { values: Array2::zeros((n_boot, k)), drawn: Array2::zeros((n_boot, n)), ..Bootstrap::default() };
    let whole = Entk::new(model, x);
    for b in 0..n_boot {
        let seed = (version.seed)(seed, b);
        let drawn = (version.draw)(n, seed);
        let kernel = Entk::new(model, &x.select(Axis(0), &drawn));
        let pairs = randomized_eigh(if version.kernel_of_all { &whole } else { &kernel }, k, 10, 1, seed);
        let mut directions = Array2::zeros((model.n_params(), k).f());
        for j in 0..k {
            let w = (version.direction)(&kernel, &whole, &pairs.vectors.column(j), pairs.values[j]);
            directions.column_mut(j).assign(&w);
        }
        result.drawn.row_mut(b).assign(&Array1::from(drawn));
        result.values.row_mut(b).assign(&pairs.values);
        result.vectors.push(pairs.vectors);
        result.directions.push(directions);
    }
    result
}

#[test]
fn bootstrap_entk() {
    type Wrong = fn(&Mlp, &Array2<f64>, usize, usize, u64) -> Bootstrap;
    let wrong: &[(&str, Wrong)] = &[
        ("no resample contains an image twice", |model, x, n_boot, k, seed| {
            let draw = |n, seed| {
                let mut order: Vec<usize> = (0..n).collect();
                order.shuffle(&mut rng(seed));
                order
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("give each its own seed", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, _| seed, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("with seed 0 every resample is still a new draw", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed * b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("Some are the same", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed + b as u64 / 2, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("Did you forget to fill it?", |model, x, n_boot, k, seed| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..solutions::bootstrap_entk(model, x, n_boot, k, seed)
        }),
        ("create the generators from the `seed` argument", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |_, b| b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("This is the eigenvalue for all the images", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { kernel_of_all: true, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("The factor 1 / sqrt(lambda) is missing", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { direction: |kernel, _, u, _| kernel.vjp(u), ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("You divided by lambda", |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |kernel, _, u, value| kernel.vjp(u) / value, ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        ("This is J^T u with the J of all the images", |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |_, whole, u, value| whole.vjp(u) / value.sqrt(), ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        ("descending order, largest first", |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            result.values.invert_axis(Axis(1));
            result.vectors.iter_mut().for_each(|vectors| vectors.invert_axis(Axis(1)));
            result.directions.iter_mut().for_each(|directions| directions.invert_axis(Axis(1)));
            result
        }),
        ("every image can be drawn: image 11 is never drawn", |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| with_replacement(n, seed).into_iter().map(|i| i.min(n - 2)).collect();
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("vectors holds one (12, 3) matrix per resample: expected 30 matrices, got 0", |model, x, n_boot, k, seed| {
            Bootstrap { vectors: Vec::new(), ..solutions::bootstrap_entk(model, x, n_boot, k, seed) }
        }),
        ("values has shape (n_boot, k)", |_, x, n_boot, _, _| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..Bootstrap::default()
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::bootstrap_entk(*student), message);
    }
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::bootstrap_entk(|model, x, n_boot, k, seed| bootstrap(&PROPER, model, x, n_boot, k, seed)),
        // Directions with a sign of their own.
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            let direction = |kernel: &Entk, _: &Entk, u: &ArrayRef1<f64>, value: f64| {
                let w = kernel.vjp(u) / value.sqrt();
                if w[0] < 0.0 { -w } else { w }
            };
            bootstrap(&Resampling { direction, ..PROPER }, model, x, n_boot, k, seed)
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
