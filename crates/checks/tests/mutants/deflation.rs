use matrix_free::operator::from_fn;
use ndarray::{Array1, Array2, ArrayRef1};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Eigenpairs};

use super::common::{Operator, assert_rejected};

// 1/3.1 deflation

/// What pair `i` with its value and vector takes off the product of step `j` with a vector.
type Taken = fn(usize, usize, f64, &ArrayRef1<f64>, &ArrayRef1<f64>) -> Array1<f64>;

/// Deflation with what is taken off the product of step `j` by each pair `i`.
fn deflate(a: Operator, k: usize, (max_steps, tolerance, seed): (usize, f64, u64), taken: Taken) -> Eigenpairs {
    let n = a.dim();
    let (mut values, mut vectors) = (Vec::<f64>::new(), Array2::zeros((n, k)));
    let mut n_matvecs = 0;
    for j in 0..k {
        let operator = from_fn(n, |x: &ArrayRef1<f64>| {
            let product = a.apply(x);
            let found = values.iter().zip(vectors.columns()).enumerate();
            found.fold(product, |product, (i, (&value, v))| product - taken(i, j, value, &v, x))
        });
        let run = solutions::power_iteration(&operator, max_steps, tolerance, seed + j as u64);
        n_matvecs += run.n_matvecs();
        values.push(run.value);
        vectors.column_mut(j).assign(&run.vector);
    }
    Eigenpairs::new(Array1::from(values), vectors, n_matvecs)
}

#[test]
fn deflation() {
    type Wrong = fn(Operator, usize, usize, f64, u64) -> Eigenpairs;
    let wrong: &[(&str, Wrong)] = &[
        ("Nothing was subtracted", |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, _, _, x| Array1::zeros(x.len()))
        }),
        ("subtract every pair found so far", |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |i, j, value, v, x| {
                if i + 1 == j { v * (value * v.dot(x)) } else { Array1::zeros(x.len()) }
            })
        }),
        ("with the sign of lambda", |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (-value * v.dot(x)))
        }),
        ("with the sign of lambda", |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (value.abs() * v.dot(x)))
        }),
        ("The factor lambda is missing", |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, _, v, x| v * v.dot(x))
        }),
        ("The signs are lost", |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.values.mapv_inplace(f64::abs);
            pairs
        }),
        ("The order is wrong; keep the pairs as you find them", |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            let mut sorted = pairs.values.to_vec();
            sorted.sort_by(|x, y| y.total_cmp(x));
            pairs.values = Array1::from(sorted);
            pairs
        }),
        ("These are rows", |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors = pairs.vectors.t().to_owned();
            pairs
        }),
        ("n_matvecs counts the products of all the runs", |a, k, steps, tolerance, seed| Eigenpairs {
            n_matvecs: k,
            ..solutions::deflation(a, k, steps, tolerance, seed)
        }),
        ("the `tolerance` argument is passed on", |a, k, steps, _, seed| solutions::deflation(a, k, steps, 1e-9, seed)),
        ("the `max_steps` argument limits each power iteration", |a, k, _, tolerance, seed| {
            solutions::deflation(a, k, 300, tolerance, seed)
        }),
        ("pass the `seed` argument on", |a, k, steps, tolerance, _| solutions::deflation(a, k, steps, tolerance, 0)),
        ("column j is an eigenvector of value j", |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            let (first, last) = (pairs.vectors.column(0).to_owned(), pairs.vectors.column(k - 1).to_owned());
            pairs.vectors.column_mut(0).assign(&last);
            pairs.vectors.column_mut(k - 1).assign(&first);
            pairs
        }),
        ("the vectors have length 1", |a, k, steps, tolerance, seed| {
            let mut pairs = solutions::deflation(a, k, steps, tolerance, seed);
            pairs.vectors *= 2.0;
            pairs
        }),
        ("expected length 4, got 3", |a, k, steps, tolerance, seed| {
            solutions::deflation(a, k - 1, steps, tolerance, seed)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::deflation(*student), message);
    }
}

#[test]
fn other_right_deflations_pass() {
    type Right = fn(Operator, usize, usize, f64, u64) -> Eigenpairs;
    let right: &[Right] = &[
        |a, k, steps, tolerance, seed| {
            deflate(a, k, (steps, tolerance, seed), |_, _, value, v, x| v * (value * v.dot(x)))
        },
        // One seed for all the runs: rounding and the tolerance turn the start away from what was found.
        |a, k, steps, tolerance, seed| {
            let n = a.dim();
            let (mut values, mut vectors) = (Vec::<f64>::new(), Vec::<Array1<f64>>::new());
            let mut n_matvecs = 0;
            for _ in 0..k {
                let operator = from_fn(n, |x: &ArrayRef1<f64>| {
                    let mut product = a.apply(x);
                    for (value, v) in values.iter().zip(&vectors) {
                        product.scaled_add(-value * v.dot(x), v);
                    }
                    product
                });
                let run = solutions::power_iteration(&operator, steps, tolerance, seed);
                n_matvecs += run.n_matvecs();
                values.push(run.value);
                // Either sign of an eigenvector is right.
                vectors.push(-run.vector);
            }
            let columns = Array2::from_shape_fn((n, k), |(i, j)| vectors[j][i]);
            Eigenpairs::new(Array1::from(values), columns, n_matvecs)
        },
    ];
    for student in right {
        let card = check::deflation(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}
