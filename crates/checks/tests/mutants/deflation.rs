use matrix_free::operator::{Dense, from_fn, to_dense};
use matrix_free::probe::seeds;
use ndarray::{Array1, Array2, ArrayRef1, s};
use spectral_course::check;
use spectral_course::solutions::{self, Eigenpairs};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 1/3.1 deflation

/// What pair `i` with its value and vector takes off the product of step `j` with a vector.
type Taken = fn(usize, usize, f64, &ArrayRef1<f64>, &ArrayRef1<f64>) -> Array1<f64>;

/// Deflation with what is taken off the product of step `j` by each pair `i`.
fn deflate(a: Operator, k: usize, (max_steps, tolerance, seed): (usize, f64, u64), taken: Taken) -> Eigenpairs {
    let n = a.dim();
    let (mut values, mut vectors) = (Vec::<f64>::new(), Array2::zeros((n, k)));
    let mut n_matvecs = 0;
    for (j, run_seed) in seeds(seed).take(k).enumerate() {
        let operator = from_fn(n, |x: &ArrayRef1<f64>| {
            let product = a.apply(x);
            let found = values.iter().zip(vectors.columns()).enumerate();
            found.fold(product, |product, (i, (&value, v))| product - taken(i, j, value, &v, x))
        });
        let run = solutions::power_iteration(&operator, max_steps, tolerance, run_seed);
        n_matvecs += run.n_matvecs();
        values.push(run.value);
        vectors.column_mut(j).assign(&run.vector);
    }
    Eigenpairs::new(Array1::from(values), vectors, n_matvecs)
}

fn wrong_deflation() -> Vec<Wrong> {
    type Student = fn(Operator, usize, usize, f64, u64) -> Eigenpairs;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Nothing was subtracted"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, _, _, x| Array1::zeros(x.len()))
        }),
        (Cause("Only the last pair is subtracted"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |i, j, value, v, x| {
                if i + 1 == j { v * (value * v.dot(x)) } else { Array1::zeros(x.len()) }
            })
        }),
        (Cause("with the sign of lambda"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (-value * v.dot(x)))
        }),
        (Cause("with the sign of lambda"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (value.abs() * v.dot(x)))
        }),
        (Cause("The factor lambda is missing"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, _, v, x| v * v.dot(x))
        }),
        (Cause("The signs are lost"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.values.mapv_inplace(f64::abs);
            pairs
        }),
        (Cause("The order is wrong; keep the pairs as you find them"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            let mut sorted = pairs.values.to_vec();
            sorted.sort_by(|x, y| y.total_cmp(x));
            pairs.values = Array1::from(sorted);
            pairs
        }),
        (Cause("These are rows"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors = pairs.vectors.t().to_owned();
            pairs
        }),
        (Cause("n_matvecs counts the products of all the runs"), |a, k, steps, tolerance, seed| Eigenpairs {
            n_matvecs: k,
            ..solutions::deflation(a, k, steps, tolerance, seed)
        }),
        (Cause("the `tolerance` argument is passed on"), |a, k, steps, _, seed| {
            solutions::deflation(a, k, steps, 1e-9, seed)
        }),
        (Cause("the `max_steps` argument limits each power iteration"), |a, k, _, tolerance, seed| {
            solutions::deflation(a, k, 300, tolerance, seed)
        }),
        (Cause("gave the same vector; pass the `seed` argument on"), |a, k, steps, tolerance, _| {
            solutions::deflation(a, k, steps, tolerance, 0)
        }),
        (Cause("are they the vectors of the runs"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            let (first, last) = (pairs.vectors.column(0).to_owned(), pairs.vectors.column(k - 1).to_owned());
            pairs.vectors.column_mut(0).assign(&last);
            pairs.vectors.column_mut(k - 1).assign(&first);
            pairs
        }),
        (Cause("the vectors have length 1"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors *= 2.0;
            pairs
        }),
        (Difference("expected length 4, got 3"), |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k - 1, steps, tolerance, seed)
        }),
        (Cause("Give each run its own seed"), |a, k, steps, tolerance, seed| runs(a, k, steps, tolerance, |_| seed)),
        (Cause("as with seed + 1, seed + 2"), |a, k, steps, tolerance, seed| {
            runs(a, k, steps, tolerance, |j| seed + j as u64)
        }),
        (Cause("gave the same vector; pass the `seed` argument on"), |a, k, steps, tolerance, _| {
            runs(a, k, steps, tolerance, |j| seeds(0).nth(j).unwrap_or(0))
        }),
        (Cause("without a division, a remainder or a cast"), |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k, steps, tolerance, seed % 10)
        }),
        (Cause("Only the first pair is subtracted"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |i, _, value, v, x| {
                if i == 0 { v * (value * v.dot(x)) } else { Array1::zeros(x.len()) }
            })
        }),
        (Cause("lambda is squared"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (value * value * v.dot(x)))
        }),
        (Cause("Half of lambda is subtracted"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (0.5 * value * v.dot(x)))
        }),
        (Cause("each value is one step late"), |a, k, steps, tolerance, seed| {
            let pairs = solutions::deflation(a, k + 1, steps, tolerance, seed);
            let values = pairs.values.slice(s![1..]).to_owned();
            Eigenpairs::new(values, pairs.vectors.slice(s![.., 1..]).to_owned(), pairs.n_matvecs)
        }),
        // The product of v and x entry by entry, not v (v^T x).
        (Difference("The first wrong value tells you in which run to look"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| &(v * x) * value)
        }),
        (Cause("Pass `tolerance` on as it is"), |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k, steps, tolerance / 100.0, seed)
        }),
        (Cause("is `tolerance` passed on as it is"), |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k, steps, tolerance.sqrt(), seed)
        }),
        (Cause("the `max_steps` argument limits each power iteration"), |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k, (steps / k).max(1), tolerance, seed)
        }),
        (Difference("Is something compared with a fixed number"), |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| {
                if value.abs() < 1e-6 { Array1::zeros(x.len()) } else { v * (value * v.dot(x)) }
            })
        }),
        (Cause("make no products outside them"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            // The values once more, from the matrix itself.
            for j in 0..k {
                pairs.values[j] = solutions::rayleigh_quotient(a, &pairs.vectors.column(j).to_owned());
            }
            pairs
        }),
        (Cause("Add up `run.n_matvecs()`"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.n_matvecs =
                solutions::power_iteration(&Dense::from(&to_dense(a)), steps, tolerance, seed).n_matvecs();
            pairs
        }),
        (Cause("Are the columns in the order of the values"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors = pairs.vectors.slice(s![.., ..;-1]).to_owned();
            pairs
        }),
        (Cause("Return the vectors of the runs as they are"), |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors.mapv_inplace(|x| f64::from(x as f32) * 1.000_000_1);
            pairs
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::deflation(student))).collect()
}

/// Plain deflation, with the student's own seeds.
fn runs(a: Operator, k: usize, steps: usize, tolerance: f64, seed: impl Fn(usize) -> u64) -> Eigenpairs {
    let n = a.dim();
    let (mut values, mut vectors) = (Vec::<f64>::new(), Vec::<Array1<f64>>::new());
    let mut n_matvecs = 0;
    for j in 0..k {
        let operator = from_fn(n, |x: &ArrayRef1<f64>| {
            let mut product = a.apply(x);
            for (value, v) in values.iter().zip(&vectors) {
                product.scaled_add(-value * v.dot(x), v);
            }
            product
        });
        let run = solutions::power_iteration(&operator, steps, tolerance, seed(j));
        n_matvecs += run.n_matvecs();
        values.push(run.value);
        // Either sign of an eigenvector is right.
        vectors.push(-run.vector);
    }
    let columns = Array2::from_shape_fn((n, k), |(i, j)| vectors[j][i]);
    Eigenpairs::new(Array1::from(values), columns, n_matvecs)
}

#[test]
fn other_right_deflations_pass() {
    type Right = fn(Operator, usize, usize, f64, u64) -> Eigenpairs;
    let right: &[Right] = &[
        |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (value * v.dot(x)))
        },
        |a, k, steps, tolerance, seed| {
            let of_runs: Vec<u64> = seeds(seed).take(k).collect();
            runs(a, k, steps, tolerance, |j| of_runs[j])
        },
        // Seeds of one's own, far apart.
        |a, k, steps, tolerance, seed| {
            runs(a, k, steps, tolerance, |j| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add((j as u64) << 32))
        },
        // The found directions are projected out of the vector instead: A (I - V V^T) x.
        |a, k, steps, tolerance, seed| {
            let n = a.dim();
            let (mut values, mut vectors, mut n_matvecs) = (vec![], Vec::<Array1<f64>>::new(), 0);
            for run_seed in seeds(seed).take(k) {
                let without = |x: &ArrayRef1<f64>| {
                    let mut rest = x.to_owned();
                    for v in &vectors {
                        let c = v.dot(&rest);
                        rest.scaled_add(-c, v);
                    }
                    rest
                };
                let run = solutions::power_iteration(
                    &from_fn(n, |x| without(&a.apply(&without(x)))),
                    steps,
                    tolerance,
                    run_seed,
                );
                n_matvecs += run.n_matvecs();
                values.push(run.value);
                vectors.push(run.vector);
            }
            let columns = Array2::from_shape_fn((n, k), |(i, j)| vectors[j][i]);
            Eigenpairs::new(Array1::from(values), columns, n_matvecs)
        },
    ];
    for student in right {
        assert_passed(check::deflation(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_deflation()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("deflation", wrong());
}
