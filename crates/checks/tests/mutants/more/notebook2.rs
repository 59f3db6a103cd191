use matrix_free::linalg::{eigh, orthonormalize};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use small_networks::{Entk, entk_explicit};
use spectral_course::check;
use spectral_course::solutions::{self, Eigenpairs};

use crate::common::Says::{Cause, Difference};
use crate::common::{Operator, Wrong, assert_passed, assert_passed_with_streams, stream};

// 2/1.2, 2/2.1 and 2/2.3 to 2/4.1

pub(super) fn wrong() -> Vec<Wrong> {
    [bounds(), eigenpairs(), kernels()].into_iter().flatten().collect()
}

fn bounds() -> Vec<Wrong> {
    vec![
        // 2/1.2: the last singular value is left out of the sum.
        Wrong::new(Cause("The last singular value is left out of the sum"), || {
            check::range_bound(|sigma, k, p| {
                let (kf, pf) = (k as f64, p as f64);
                let tail = sigma.slice(s![k..sigma.len() - 1]);
                let tail = tail.dot(&tail).sqrt();
                (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
            })
        }),
        // sqrt(k) / (p - 1).
        Wrong::new(Difference("Compute the two terms one by one"), || {
            check::range_bound(|sigma, k, p| {
                let (kf, pf) = (k as f64, p as f64);
                let tail = sigma.slice(s![k..]);
                let tail = tail.dot(&tail).sqrt();
                (1.0 + kf.sqrt() / (pf - 1.0)) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
            })
        }),
        // (k + p) / p as integers.
        Wrong::new(Difference("Compute the two terms one by one"), || {
            check::range_bound(|sigma, k, p| {
                let (kf, pf) = (k as f64, p as f64);
                let tail = sigma.slice(s![k..]);
                let tail = tail.dot(&tail).sqrt();
                (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (((k + p) / p) as f64).sqrt() * tail
            })
        }),
        // 2/2.3: the range bound for A^s of the singular values that are above 1e-12 alone.
        Wrong::new(Difference("Is something compared with a fixed number"), || {
            check::power_bound(|sigma, k, p, q| {
                let s = q as f64 + 1.0;
                let powers = sigma.mapv(|x| if x.powf(s) < 1e-12 { 0.0 } else { x.powf(s) });
                solutions::range_bound(&powers, k, p).powf(1.0 / s)
            })
        }),
        // The geometric mean of the bound for q = 0 and sigma_{k+1}.
        Wrong::new(Difference("Take it in three steps"), || {
            check::power_bound(|sigma, k, p, q| {
                let s = q as f64 + 1.0;
                sigma[k] * (solutions::range_bound(sigma, k, p) / sigma[k]).powf(1.0 / s)
            })
        }),
    ]
}

fn eigenpairs() -> Vec<Wrong> {
    vec![
        // 2/2.1: the eigenvectors of the small matrix are transposed.
        Wrong::new(Cause("The columns are not eigenvectors"), || {
            check::randomized_eigh(|a, k, p, n_power, seed| {
                let (q, product) = block(a, k, p, n_power, seed);
                let pairs = eigh(&q.t().dot(&product));
                let order = by_magnitude(&pairs.values, k);
                let vectors = q.dot(&pairs.vectors.t().select(Axis(1), &order));
                Eigenpairs::new(pairs.values.select(Axis(0), &order), vectors, (n_power + 2) * q.ncols())
            })
        }),
        // The diagonal of Q^T A Q, with the columns of Q.
        Wrong::new(Difference("Q spans everything here"), || {
            check::randomized_eigh(|a, k, p, n_power, seed| {
                let (q, product) = block(a, k, p, n_power, seed);
                let values = q.t().dot(&product).diag().to_owned();
                let order = by_magnitude(&values, k);
                let vectors = q.select(Axis(1), &order);
                Eigenpairs::new(values.select(Axis(0), &order), vectors, (n_power + 2) * q.ncols())
            })
        }),
        // The second and the third pair are exchanged where there are three.
        Wrong::new(Cause("or they are in another order"), || {
            check::randomized_eigh(|a, k, p, n_power, seed| {
                let pairs = solutions::randomized_eigh(a, k, p, n_power, seed);
                let order: Vec<usize> = if k == 3 { vec![0, 2, 1] } else { (0..k).collect() };
                let vectors = pairs.vectors.select(Axis(1), &order);
                Eigenpairs::new(pairs.values.select(Axis(0), &order), vectors, pairs.n_matvecs)
            })
        }),
        // The first half of the powers is made, and the block is then counted as if all were.
        Wrong::new(Difference("You need n_power + 1 for the basis and one for Q^T A Q"), || {
            check::randomized_eigh(|a, k, p, n_power, seed| {
                let mut pairs = solutions::randomized_eigh(a, k, p, n_power / 2, seed);
                pairs.n_matvecs = (n_power + 2) * (k + p).min(a.dim());
                pairs
            })
        }),
        // The largest by value of the space's whole spectrum, unless the space is everything.
        Wrong::new(Cause("but others have a larger magnitude"), || {
            check::randomized_eigh(|a, k, p, n_power, seed| {
                let (q, product) = block(a, k, p, n_power, seed);
                let pairs = eigh(&q.t().dot(&product));
                let order = if q.ncols() == a.dim() {
                    by_magnitude(&pairs.values, k)
                } else {
                    (q.ncols() - k..q.ncols()).rev().collect()
                };
                let vectors = q.dot(&pairs.vectors.select(Axis(1), &order));
                Eigenpairs::new(pairs.values.select(Axis(0), &order), vectors, (n_power + 2) * q.ncols())
            })
        }),
    ]
}

fn kernels() -> Vec<Wrong> {
    vec![
        // 2/3.1: an image does not act on itself.
        Wrong::new(Difference("Look at one layer"), || {
            check::entk_matvec(|model, x, v| {
                let kernel = entk_explicit(model, x);
                kernel.dot(v) - kernel.diag().to_owned() * v
            })
        }),
        // In single precision.
        Wrong::new(Difference("digits are lost"), || {
            check::entk_matvec(|model, x, v| solutions::entk_matvec(model, x, v).mapv(|x| f64::from(x as f32)))
        }),
        // The change is summed over the images before it meets D.
        Wrong::new(Difference("Look at one layer"), || {
            check::entk_matvec(|model, x, v| {
                let kernel = Entk::new(model, x);
                let mut product = Array1::zeros(v.len());
                for layer in kernel.layers() {
                    let w = &layer.deltas * &v.view().insert_axis(Axis(1));
                    let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                    product += &(change.sum_axis(Axis(0)) * &layer.deltas).sum_axis(Axis(1));
                }
                product
            })
        }),
        // 2/4.1: the first picture is never turned.
        Wrong::new(Difference("is negative, and only then"), || {
            check::eigenfunction_images(|x, u| {
                let mut pictures = u.t().dot(x);
                for mut row in pictures.rows_mut().into_iter().skip(1) {
                    if row.mapv(|p| p.powi(3)).sum() < 0.0 {
                        row *= -1.0;
                    }
                }
                pictures
            })
        }),
        // The pixels, not the row, are turned one by one.
        Wrong::new(Cause("the pixels have the right magnitudes, but not all the same sign"), || {
            check::eigenfunction_images(|x, u| {
                let mut pictures = u.t().dot(x);
                for mut row in pictures.rows_mut() {
                    if row.mapv(|p| p.powi(3)).sum() < 0.0 {
                        row.mapv_inplace(|p| if p < 0.0 { -p } else { p });
                    }
                }
                pictures
            })
        }),
        // The median of the pixels decides.
        Wrong::new(Cause("or by their median"), || {
            check::eigenfunction_images(|x, u| {
                let mut pictures = u.t().dot(x);
                for mut row in pictures.rows_mut() {
                    if matrix_free::linalg::median(&row) < 0.0 {
                        row *= -1.0;
                    }
                }
                pictures
            })
        }),
    ]
}

/// The orthonormal block after all powers, and its product.
fn block(a: Operator, k: usize, p: usize, n_power: usize, seed: u64) -> (Array2<f64>, Array2<f64>) {
    let width = (k + p).min(a.dim());
    let mut q = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
    for _ in 0..=n_power {
        q = orthonormalize(&a.apply_block(&q));
    }
    let product = a.apply_block(&q);
    (q, product)
}

fn by_magnitude(values: &Array1<f64>, k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].abs().total_cmp(&values[i].abs()));
    order.truncate(k);
    order
}

#[test]
fn right_versions_pass() {
    // 2/1.2: by logarithms, the sum from its small end.
    assert_passed(check::range_bound(|sigma, k, p| {
        let mut squares = 0.0;
        for x in sigma.iter().skip(k).rev() {
            squares += x * x;
        }
        let (kf, pf) = (k as f64, p as f64);
        sigma[k] + sigma[k] * (kf / (pf - 1.0)).sqrt() + ((kf + pf) * squares).sqrt() * 1.0_f64.exp() / pf
    }));
    // 2/2.3: each singular value relative to the first one left out.
    assert_passed(check::power_bound(|sigma, k, p, q| {
        if sigma[k] == 0.0 {
            return 0.0;
        }
        let s = q as f64 + 1.0;
        sigma[k] * solutions::range_bound(&sigma.mapv(|x| (x / sigma[k]).powf(s)), k, p).powf(1.0 / s)
    }));
    // 2/4.1: pixel by pixel.
    assert_passed(check::eigenfunction_images(|x, u| {
        let mut pictures = Array2::zeros((u.ncols(), x.ncols()));
        for k in 0..u.ncols() {
            let mut cubes = 0.0;
            for pixel in 0..x.ncols() {
                for i in 0..x.nrows() {
                    pictures[[k, pixel]] += u[[i, k]] * x[[i, pixel]];
                }
                cubes += pictures[[k, pixel]] * pictures[[k, pixel]] * pictures[[k, pixel]];
            }
            if cubes < 0.0 {
                pictures.row_mut(k).mapv_inplace(|p: f64| -p);
            }
        }
        pictures
    }));
    // 2/3.1: by the whole Jacobian.
    assert_passed(check::entk_matvec(|model, x, v| {
        let jacobian = Entk::new(model, x).jacobian();
        jacobian.dot(&jacobian.t().dot(v))
    }));
}

#[test]
fn right_versions_pass_with_a_few_streams() {
    // 2/2.1: the small matrix made symmetric, and its eigenpairs in pairs.
    assert_passed_with_streams(5, || {
        check::randomized_eigh(|a, k, p, n_power, seed| {
            let (q, product) = block(a, k, p, n_power, seed ^ stream());
            let b = q.t().dot(&product);
            let small = eigh(&((&b + &b.t()) * 0.5));
            let order = by_magnitude(&small.values, k);
            let mut vectors = Array2::zeros((a.dim(), k));
            for (j, &i) in order.iter().enumerate() {
                vectors.column_mut(j).assign(&q.dot(&small.vectors.column(i)));
            }
            Eigenpairs::new(order.iter().map(|&i| small.values[i]).collect(), vectors, q.ncols() * (n_power + 2))
        })
    });
}
