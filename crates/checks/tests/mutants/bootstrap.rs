use matrix_free::probe::rng;
use ndarray::{Array1, Array2, ArrayRef1, Axis, ShapeBuilder};
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use small_networks::{Entk, Mlp};
use spectral_course::check;
use spectral_course::solutions::{self, Bootstrap, randomized_eigh};

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed, assert_passed_with_streams, stream};

mod pairs;

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

type Student = fn(&Mlp, &Array2<f64>, usize, usize, u64) -> Bootstrap;

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("No resample contains an image twice"), |model, x, n_boot, k, seed| {
            let draw = |n, seed| {
                let mut order: Vec<usize> = (0..n).collect();
                order.shuffle(&mut rng(seed));
                order
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("All are the same; give"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, _| seed, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("a seed such as `seed * b` is the same for every b then"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed * b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("Some are the same"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed + b as u64 / 2, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("all entries are 0. Did you"), |model, x, n_boot, k, seed| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..solutions::bootstrap_entk(model, x, n_boot, k, seed)
        }),
        (Cause("seeds 3 and 1000 drew the same images"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |_, b| b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("This is the eigenvalue for all the images"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { kernel_of_all: true, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("The factor 1 / sqrt(lambda) is missing"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { direction: |kernel, _, u, _| kernel.vjp(u), ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("You divided by lambda"), |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |kernel, _, u, value| kernel.vjp(u) / value, ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        (Cause("This is J^T u with the J of all the images"), |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |_, whole, u, value| whole.vjp(u) / value.sqrt(), ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        (Cause("descending order, largest first"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            result.values.invert_axis(Axis(1));
            result.vectors.iter_mut().for_each(|vectors| vectors.invert_axis(Axis(1)));
            result.directions.iter_mut().for_each(|directions| directions.invert_axis(Axis(1)));
            result
        }),
        (Cause("image 39 is never drawn; the range must be 0..40"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| with_replacement(n, seed).into_iter().map(|i| i.min(n - 2)).collect();
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (
            Difference("vectors holds one (12, 3) matrix per resample: expected 30 matrices, got 0"),
            |model, x, n_boot, k, seed| Bootstrap {
                vectors: Vec::new(),
                ..solutions::bootstrap_entk(model, x, n_boot, k, seed)
            },
        ),
        (Difference("values has shape (n_boot, k)"), |_, x, n_boot, _, _| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..Bootstrap::default()
        }),
        // Bootstraps that are none.
        (Cause("At most one image is replaced"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                let mut drawn: Vec<usize> = (0..n).collect();
                drawn[rng.random_range(0..n)] = rng.random_range(0..n);
                drawn
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("Some images are kept in their place"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|i| if i < n / 2 { i } else { rng.random_range(0..n) }).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("are only half as many drawn, and used twice"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                let half: Vec<usize> = (0..n / 2).map(|_| rng.random_range(0..n)).collect();
                [half.clone(), half].concat()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("Rounding to the nearest integer"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| (rng.random::<f64>() * (n - 1) as f64).round() as usize).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("Every image must have the same probability"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| (rng.random::<f64>().powf(1.2) * n as f64) as usize).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("Images repeat too often"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| (rng.random::<f64>().powi(2) * n as f64) as usize).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("which starts at 0"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| rng.random_range(1..n)).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("image 39 is never drawn"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| rng.random_range(0..n - 1)).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("do not fit into an integer of 8 bits"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| usize::from(rng.random_range(0..=(n - 1).min(255) as u8))).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("your function panicked"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| (rng.random::<f64>() * n as f64).round() as usize).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("Only the ends differ"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                (0..n).map(|_| rng.random_range(0..=n).min(n - 1)).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("Images repeat too rarely"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                // Each image at most twice: from two copies of all, without replacement.
                let mut pool: Vec<usize> = (0..2 * n).map(|i| i % n).collect();
                pool.shuffle(&mut rng);
                pool.truncate(n);
                pool
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("are only half as many drawn"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                // Pairs of neighbours.
                (0..n / 2).map(|_| rng.random_range(0..n - 1)).flat_map(|i| [i, i]).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("are drawn"), |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                // Blocks of two neighbours.
                (0..n.div_ceil(2)).map(|_| rng.random_range(0..n)).flat_map(|i| [i, (i + 1) % n]).take(n).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("a resample has too much in common with the one before"), |model, x, n_boot, k, seed| {
            // Half of the numbers are those of the resample before, in other words of a neighbouring seed.
            let draw = |n: usize, seed: u64| {
                let (this, before) = (with_replacement(n, seed), with_replacement(n, seed.wrapping_sub(1)));
                this[..n / 2]
                    .iter()
                    .chain(&before[..n / 2])
                    .copied()
                    .chain(this.last().copied().filter(|_| n % 2 == 1))
                    .collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Difference("Some are the same"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed | b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("They repeat after 100; give each its own seed"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed + b as u64 % 100, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("a seed such as `seed * b` is the same for every b then"), |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed * (b as u64 + 1), ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("two calls with seed 3 drew different images"), |model, x, n_boot, k, _| {
            solutions::bootstrap_entk(model, x, n_boot, k, rand::random())
        }),
        // Eigenpairs and directions.
        (Cause("Row i of the vectors must belong to the i-th image of `drawn`"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            for mut row in result.drawn.rows_mut() {
                let mut sorted = row.to_vec();
                sorted.sort_unstable();
                row.assign(&Array1::from(sorted));
            }
            result
        }),
        (Cause("These are eigenvectors, in another order"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            result.vectors.iter_mut().for_each(|vectors| vectors.invert_axis(Axis(1)));
            result
        }),
        (Cause("It belongs to another eigenvector"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            result.directions.iter_mut().for_each(|directions| directions.invert_axis(Axis(1)));
            result
        }),
        (Cause("You multiplied by sqrt(lambda)"), |model, x, n_boot, k, seed| {
            let direction = |kernel: &Entk, _: &Entk, u: &ArrayRef1<f64>, value: f64| kernel.vjp(u) * value.sqrt();
            bootstrap(&Resampling { direction, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("It is zero. Did you forget to fill it?"), |model, x, n_boot, k, seed| {
            let direction = |kernel: &Entk, _: &Entk, u: &ArrayRef1<f64>, _: f64| kernel.vjp(u) * 0.0;
            bootstrap(&Resampling { direction, ..PROPER }, model, x, n_boot, k, seed)
        }),
        (Cause("This is a singular value of J"), |model, x, n_boot, k, seed| {
            let result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            Bootstrap { values: result.values.mapv(f64::sqrt), ..result }
        }),
        (Cause("You divided by N; the kernel is J J^T"), |model, x, n_boot, k, seed| {
            let result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            Bootstrap { values: result.values / x.nrows() as f64, ..result }
        }),
        (Cause("use an oversampling of 10 and one power iteration"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            for (b, mut values) in result.values.rows_mut().into_iter().enumerate() {
                let images = x.select(Axis(0), &result.drawn.row(b).to_vec());
                values.assign(&randomized_eigh(&Entk::new(model, &images), k, 2, 0, seed).values);
            }
            result
        }),
        (Difference("in resample 0, expected (12, 3), got"), |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            for vectors in &mut result.vectors {
                *vectors = vectors.t().to_owned();
            }
            result
        }),
    ];
    let draws = wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::bootstrap_entk(student)));
    draws.chain(pairs::wrong()).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("bootstrap", wrong());
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
        // Numbers by truncation, in ascending order, and directions scaled to length 1.
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| {
                let mut rng = rng(seed);
                let mut drawn: Vec<usize> = (0..n).map(|_| (rng.random::<f64>() * n as f64) as usize).collect();
                drawn.sort_unstable();
                drawn
            };
            let direction = |kernel: &Entk, _: &Entk, u: &ArrayRef1<f64>, _: f64| {
                let w = kernel.vjp(u);
                &w / w.dot(&w).sqrt()
            };
            bootstrap(&Resampling { draw, direction, ..PROPER }, model, x, n_boot, k, seed)
        }),
        // The distribution of the counts, drawn by a weighted choice from all.
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            let draw = |n: usize, seed: u64| {
                let mut rng = rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                let all: Vec<usize> = (0..n).collect();
                (0..n).filter_map(|_| all.choose(&mut rng).copied()).collect()
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}

/// Luck: right draws from other streams must pass, all but one in 10,000 times.
#[test]
#[ignore = "a thousand streams take minutes"]
fn right_versions_pass_with_many_streams() {
    assert_passed_with_streams(1000, || {
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            solutions::bootstrap_entk(model, x, n_boot, k, seed ^ stream())
        })
    });
}
