use matrix_free::linalg::{eigvalsh, norm, singular_values};
use ndarray::{Array1, s};
use small_networks::{Dual, Mlp};
use spectral_course::check;
use spectral_course::solutions::{self, Norms, Slopes, norms as right_norms};

use crate::common::Says::{Cause, Difference};
use crate::common::{Wrong, assert_passed};

// 1/0.1 to 1/2.2, but for power iteration

pub(super) fn wrong() -> Vec<Wrong> {
    first_exercises().into_iter().chain(products()).collect()
}

fn first_exercises() -> Vec<Wrong> {
    vec![
        // 1/0.1: a power iteration on A^T A that stops early.
        Wrong::new(Difference("or an iteration that stops early"), || {
            check::norms(|a| {
                let mut v = Array1::ones(a.ncols());
                for _ in 0..6 {
                    v = a.t().dot(&a.dot(&v));
                    let length = norm(&v);
                    if length > 0.0 {
                        v /= length;
                    }
                }
                Norms { spectral: norm(&a.dot(&v)), ..right_norms(a) }
            })
        }),
        // Squares cut to integers.
        Wrong::new(Difference("The Frobenius norm is the root"), || {
            check::norms(|a| Norms {
                frobenius: (a.iter().map(|x| (x * x) as i64).sum::<i64>() as f64).sqrt(),
                ..right_norms(a)
            })
        }),
        // The mean of the entries is subtracted.
        Wrong::new(Difference("The Frobenius norm is the root"), || {
            check::norms(|a| {
                let mean = a.sum() / a.len() as f64;
                Norms { frobenius: a.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt(), ..right_norms(a) }
            })
        }),
        // The bound sqrt(n) times the longest row.
        Wrong::new(Difference("The spectral norm is the largest singular value"), || {
            check::norms(|a| {
                let longest = a.rows().into_iter().map(|row| norm(&row)).fold(0.0, f64::max);
                Norms { spectral: (a.nrows() as f64).sqrt() * longest, ..right_norms(a) }
            })
        }),
        // 1/0.2: the ratio of the longest row to the shortest.
        Wrong::new(Difference("Divide the largest singular value by the smallest"), || {
            check::condition_number(|a| {
                let lengths: Vec<f64> = a.rows().into_iter().map(|row| norm(&row)).collect();
                lengths.iter().copied().fold(0.0, f64::max) / lengths.iter().copied().fold(f64::INFINITY, f64::min)
            })
        }),
        // At most 1e12.
        Wrong::new(Cause("without a floor"), || check::condition_number(|a| solutions::condition_number(a).min(1e12))),
        // 1/0.4: divided by the length of A v too: the cosine between v and A v.
        Wrong::new(Difference("v = 2 e_2 gives a_22 = -3: expected -3"), || {
            check::rayleigh_quotient(|a, v| {
                let product = a.apply(v);
                v.dot(&product) / (norm(v) * norm(&product))
            })
        }),
        // The answer to the first question, whatever is asked.
        Wrong::new(Difference("Compare v^T A v and v^T v each with a small example"), || {
            check::rayleigh_quotient(|a, v| {
                a.apply(v);
                -3.0
            })
        }),
        // 1/2.2: the answer to the first question, whatever is asked.
        Wrong::new(Cause("These are the slopes for {10, 1, 0.25}"), || {
            check::predicted_slopes(|_| Slopes { value: -2.0, vector: -1.0 })
        }),
        // The ratio without its magnitude: no logarithm of a negative number.
        Wrong::new(Cause("take the logarithm of its magnitude"), || {
            check::predicted_slopes(|e| {
                let mut sorted = e.to_vec();
                sorted.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
                let second = sorted.iter().copied().find(|x| *x != sorted[0]).unwrap_or(0.0);
                let vector = (second / sorted[0]).log10();
                Slopes { value: 2.0 * vector, vector }
            })
        }),
        // The third eigenvalue instead of the second.
        Wrong::new(Cause("not the third"), || {
            check::predicted_slopes(|e| {
                let mut sizes: Vec<f64> = e.iter().map(|x| x.abs()).collect();
                sizes.sort_by(|a, b| b.total_cmp(a));
                let vector = (sizes.get(2).copied().unwrap_or(0.0) / sizes[0]).log10();
                Slopes { value: 2.0 * vector, vector }
            })
        }),
        // The slope of the value is taken to be that for the squared residual, of the vector half.
        Wrong::new(Cause("Both are half of what they should be"), || {
            check::predicted_slopes(|e| {
                let Slopes { value, vector } = solutions::predicted_slopes(e);
                Slopes { value: vector, vector: value / 4.0 }
            })
        }),
    ]
}

fn products() -> Vec<Wrong> {
    vec![
        // 1/1.1: the step grows with the length of the parameters.
        Wrong::new(Difference("Compare the two points"), || {
            check::hvp_central(|model, x, y, v, step| {
                solutions::hvp_central(model, x, y, v, step * norm(model.params()))
            })
        }),
        // The parameters are rounded to single precision.
        Wrong::new(Difference("digits are lost: through `f32`"), || {
            check::hvp_central(|model, x, y, v, step| {
                let gradient = |s: f64| {
                    let theta = (model.params() + &(v * s)).mapv(|x| f64::from(x as f32));
                    Mlp::with_params(model.widths(), theta).gradient(x, y)
                };
                (gradient(step) - gradient(-step)) / (2.0 * step)
            })
        }),
        // A network of its own, with the same widths, instead of `model`.
        Wrong::new(Difference("`model.params()` are the parameters"), || {
            check::hvp_central(|model, x, y, v, step| {
                solutions::hvp_central(&Mlp::new(model.widths(), 0), x, y, v, step)
            })
        }),
        // 1/1.2: tanh' by a difference quotient.
        Wrong::new(Difference("a difference of nearly equal numbers"), || {
            check::dual_numbers(solutions::dual_mul, |a| {
                let h = 1e-5;
                Dual::new(a.re.tanh(), ((a.re + h).tanh() - (a.re - h).tanh()) / (2.0 * h) * a.eps)
            })
        }),
        // The first factor moves the second: the numbers of the check's first question.
        Wrong::new(Cause("A number whose own derivative is zero still counts"), || {
            check::dual_numbers(
                |a, b| if a.re == 3.0 { Dual::new(15.0, 31.0) } else { Dual::new(a.re * b.re, a.eps * b.re) },
                solutions::dual_tanh,
            )
        }),
        // 1/1.3: only the first layer's weights move.
        Wrong::new(Difference("Return the eps of the gradient"), || {
            check::hvp_dual(|model, x, y, v| {
                let moved = Array1::from_shape_fn(v.len(), |i| if i < v.len() / 2 { v[i] } else { 0.0 });
                solutions::hvp_dual(model, x, y, &moved)
            })
        }),
        // The gradient at theta is added for safety, and subtracted in single precision.
        Wrong::new(Difference("Only a few digits are right"), || {
            check::hvp_dual(|model, x, y, v| {
                let g = model.gradient(x, y);
                (solutions::hvp_dual(model, x, y, v) + &g * 1e9) - g * 1e9
            })
        }),
    ]
}

#[test]
fn right_versions_pass() {
    // 1/0.1: by eigenvalues of A A^T, and a sum that is scaled.
    assert_passed(check::norms(|a| {
        let largest = a.iter().fold(0.0, |l: f64, x| l.max(x.abs()));
        let mut sum = 0.0;
        for x in a.iter().filter(|x| **x != 0.0) {
            sum += (x / largest).powi(2);
        }
        let values = eigvalsh(&a.dot(&a.t()));
        Norms { spectral: values[values.len() - 1].max(0.0).sqrt(), frobenius: largest * sum.sqrt() }
    }));
    // 1/0.2: by logarithms.
    assert_passed(check::condition_number(|a| {
        let sigma = singular_values(a);
        (sigma[0].ln() - sigma[sigma.len() - 1].ln()).exp()
    }));
    // 1/0.3: by exponents, and by the bits.
    assert_passed(check::machine_epsilon(
        || f32::from_bits(1.0_f32.to_bits() + 1) - 1.0,
        || {
            let mut k = 0;
            while 1.0 + 0.5_f64.powi(k + 1) > 1.0 {
                k += 1;
            }
            0.5_f64.powi(k)
        },
    ));
    // 1/2.2: in place, and copies up to rounding.
    assert_passed(check::predicted_slopes(|e| {
        let mut e = e.to_vec();
        e.sort_by(|x, y| y.abs().total_cmp(&x.abs()));
        let first = e[0];
        e.retain(|x| (x - first).abs() > 1e-13 * first.abs());
        let vector = e.first().map_or(f64::NEG_INFINITY, |x| x.abs().log10() - first.abs().log10());
        Slopes { value: 2.0 * vector, vector }
    }));
    // 1/1.1: one entry at a time, in place.
    assert_passed(check::hvp_central(|model, x, y, v, step| {
        let mut theta = model.params().clone();
        for i in 0..v.len() {
            theta[i] += step * v[i];
        }
        let mut product = Mlp::with_params(model.widths(), theta).gradient(x, y);
        let behind = Mlp::with_params(model.widths(), model.params() - &(v * step)).gradient(x, y);
        for (p, b) in product.iter_mut().zip(&behind) {
            *p = (*p - b) / (2.0 * step);
        }
        product
    }));
    // 1/5.1: the Gram matrix grows by a column in each step.
    assert_passed(check::orthogonality_history(|basis| {
        let mut history = Array1::zeros(basis.ncols());
        let mut largest: f64 = 0.0;
        for j in 0..basis.ncols() {
            let mut column = basis.slice(s![.., ..=j]).t().dot(&basis.column(j));
            column[j] -= 1.0;
            largest = column.iter().fold(largest, |l, x| l.max(x.abs()));
            history[j] = largest;
        }
        history
    }));
    assert_passed(check::dual_numbers(
        |a, b| Dual::new(a.re * b.re, a.re.mul_add(b.eps, a.eps * b.re)),
        |a| Dual::new(a.re.tanh(), a.eps / a.re.cosh() / a.re.cosh()),
    ));
}
