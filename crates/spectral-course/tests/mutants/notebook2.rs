use matrix_free::linalg::{eigh, eigvalsh, frobenius_squared, orthonormalize, qr, singular_values, spectral_norm};
use matrix_free::operator::{Dense, SymmetricOperator};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use rand::Rng;
use small_networks::{Entk, LayerFactors, Mlp, entk_explicit};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Eigenpairs};

use super::assert_rejected;

type Operator<'a> = &'a dyn SymmetricOperator;

// 2/0.1 the stable rank

#[test]
fn stable_rank() {
    type Wrong = fn(&Array2<f64>) -> f64;
    let wrong: &[(&str, Wrong)] = &[
        ("This is the rank", |a| singular_values(a).iter().filter(|s| **s > 1e-12).count() as f64),
        ("both norms are squared", |a| frobenius_squared(a).sqrt() / singular_values(a)[0]),
        ("The spectral norm below the line is to be squared too", |a| frobenius_squared(a) / singular_values(a)[0]),
        ("upside down", |a| singular_values(a)[0].powi(2) / frobenius_squared(a)),
        ("both are to be squared", |a| singular_values(a).sum() / singular_values(a)[0]),
        ("The Frobenius norm above the line", |a| frobenius_squared(a).sqrt() / singular_values(a)[0].powi(2)),
        ("largest *magnitude*", |a| {
            let values = eigvalsh(a);
            frobenius_squared(a) / values[values.len() - 1].powi(2)
        }),
        ("read one triangle", |a| frobenius_squared(a) / spectral_norm(a).powi(2)),
        ("your function panicked: a must be a square matrix, got shape (4, 2)", |a| {
            // Right for every square matrix.
            let _ = if a.is_square() { 0.0 } else { spectral_norm(a) };
            solutions::stable_rank(a)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::stable_rank(*student), message);
    }
}

// 2/1.1 the range finder and its error

#[test]
fn range_finder() {
    type Wrong = fn(Operator, usize, u64) -> Array2<f64>;
    fn gaussian(a: Operator, width: usize, seed: u64) -> Array2<f64> {
        Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed))
    }
    let wrong: &[(&str, Wrong)] = &[
        ("This is A G itself: `orthonormalize` it", |a, width, seed| a.apply_block(&gaussian(a, width, seed))),
        ("They span those of G", |a, width, seed| {
            let g = gaussian(a, width, seed);
            a.apply_block(&g);
            orthonormalize(&g)
        }),
        ("got 0. The basis is one of A G", |a, width, seed| orthonormalize(&gaussian(a, width, seed))),
        ("`Probe::Gaussian.draw_block(n, width, &mut rng)`", |a, width, seed| {
            let mut rng = rng(seed);
            let uniform = Array2::from_shape_simple_fn((a.dim(), width), || rng.random::<f64>());
            orthonormalize(&a.apply_block(&uniform))
        }),
        ("Columns of the identity see only some columns of A", |a, width, _| {
            orthonormalize(&a.apply_block(&Array2::eye(a.dim()).slice(s![.., ..width])))
        }),
        ("some are multiples of one another", |a, width, seed| {
            let mut g = Array2::zeros((a.dim(), width));
            for mut column in g.columns_mut() {
                column.assign(&Probe::Gaussian.draw(a.dim(), &mut rng(seed)));
            }
            orthonormalize(&a.apply_block(&g))
        }),
        ("make the generator from the argument seed", |a, width, _| solutions::range_finder(a, width, 0)),
        ("power iterations come in exercise 2.1", |a, width, seed| solutions::power_range_finder(a, width, 1, seed)),
        ("This is the transpose", |a, width, seed| solutions::range_finder(a, width, seed).t().to_owned()),
        ("expected (20, 6), got (6, 6)", |a, width, seed| qr(&a.apply_block(&gaussian(a, width, seed))).1),
        ("expected 6 products, got 1", |a, width, seed| {
            let z = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng(seed)));
            let mut y = gaussian(a, width, seed);
            y.column_mut(0).assign(&z);
            orthonormalize(&y)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_finder(*student, solutions::range_error), message);
    }
}

#[test]
fn range_error() {
    type Wrong = fn(&Array2<f64>, &Array2<f64>) -> f64;
    fn residual(a: &Array2<f64>, q: &Array2<f64>) -> Array2<f64> {
        a - &q.dot(&q.t().dot(a))
    }
    let wrong: &[(&str, Wrong)] = &[
        ("`spectral_norm` reads one triangle only", |a, q| spectral_norm(&residual(a, q))),
        ("This is the Frobenius norm", |a, q| frobenius_squared(&residual(a, q)).sqrt()),
        ("This is the square", |a, q| singular_values(&residual(a, q))[0].powi(2)),
        ("the projector stands on one side only", |a, q| {
            spectral_norm(&(residual(a, q) - residual(a, q).dot(&q.dot(&q.t()))))
        }),
        ("the projector stands on one side only", |a, q| {
            spectral_norm(&(a - &q.dot(&q.t().dot(a).dot(q)).dot(&q.t())))
        }),
        ("the projector is applied to A first", |a, q| singular_values(&(a - &q.dot(&q.t())))[0]),
        ("what it misses is asked for", |a, q| singular_values(&q.dot(&q.t().dot(a)))[0]),
        ("This is the smallest singular value", |a, q| {
            let values = singular_values(&residual(a, q));
            values[values.len() - 1]
        }),
        ("subtract first", |a, q| singular_values(a)[0] - singular_values(&q.dot(&q.t().dot(a)))[0]),
        ("This is the largest entry", |a, q| residual(a, q).iter().fold(0.0, |l: f64, x| l.max(x.abs()))),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_finder(solutions::range_finder, *student), message);
    }
}

// 2/1.2 the bound

#[test]
fn range_bound() {
    type Wrong = fn(&Array1<f64>, usize, usize) -> f64;
    fn bound(sigma: &Array1<f64>, k: usize, p: usize, at: usize, from: usize) -> f64 {
        let tail = sigma.iter().skip(from).map(|s| s * s).sum::<f64>().sqrt();
        let (k, p) = (k as f64, p as f64);
        (1.0 + (k / (p - 1.0)).sqrt()) * sigma[at] + 1.0_f64.exp() * (k + p).sqrt() / p * tail
    }
    let wrong: &[(&str, Wrong)] = &[
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k + 1, k + 1)),
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k - 1, k - 1)),
        ("sigma_{k+1} is `sigma[k]`", |sigma, k, p| bound(sigma, k, p, k, k + 1)),
        ("`skip(k)`", |sigma, k, p| bound(sigma, k, p, k, 0)),
        ("a division of integers", |sigma, k, p| {
            bound(sigma, k, p, k, k) - (k as f64 / (p as f64 - 1.0)).sqrt() * sigma[k]
                + ((k / (p - 1)) as f64).sqrt() * sigma[k]
        }),
        ("not k / p", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            bound(sigma, k, p, k, k) + ((kf / pf).sqrt() - (kf / (pf - 1.0)).sqrt()) * sigma[k]
        }),
        ("The last sum is one of squares", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            let tail: f64 = sigma.iter().skip(k).sum();
            (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
        }),
        ("The root around the sum of squares is missing", |sigma, k, p| {
            let (kf, pf) = (k as f64, p as f64);
            let tail = sigma.iter().skip(k).map(|s| s * s).sum::<f64>();
            (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k] + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
        }),
        ("the mean error of 40 sketches is below it: the bound says", |sigma, k, _| 0.1 * sigma[k]),
    ];
    for (message, student) in wrong {
        assert_rejected(check::range_bound(*student), message);
    }
}

// 2/2.1 randomized eigenpairs

/// The algorithm with the parts that a student gets wrong.
#[derive(Clone, Copy)]
struct Randomized {
    width: fn(usize, usize, usize) -> usize,
    applications: fn(usize) -> usize,
    each_time: bool,
    /// A key to sort by in descending order.
    key: fn(f64) -> f64,
    value: fn(f64) -> f64,
}

const PROPER: Randomized = Randomized {
    width: |k, oversample, n| (k + oversample).min(n),
    applications: |n_power| n_power + 1,
    each_time: true,
    key: f64::abs,
    value: |value| value,
};

fn randomized(version: Randomized, a: Operator, k: usize, oversample: usize, n_power: usize, seed: u64) -> Eigenpairs {
    let width = (version.width)(k, oversample, a.dim());
    let mut q = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
    for _ in 0..(version.applications)(n_power) {
        q = a.apply_block(&q);
        if version.each_time {
            q = orthonormalize(&q);
        }
    }
    q = orthonormalize(&q);
    let pairs = eigh(&q.t().dot(&a.apply_block(&q)));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&i, &j| (version.key)(pairs.values[j]).total_cmp(&(version.key)(pairs.values[i])));
    order.truncate(k);
    Eigenpairs::new(
        pairs.values.select(Axis(0), &order).mapv(version.value),
        q.dot(&pairs.vectors.select(Axis(1), &order)),
        ((version.applications)(n_power) + 1) * width,
    )
}

#[test]
fn randomized_eigh() {
    type Wrong = fn(Operator, usize, usize, usize, u64) -> Eigenpairs;
    let wrong: &[(&str, Wrong)] = &[
        ("These are the largest with their sign", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| value, ..PROPER }, a, k, p, q, seed)
        }),
        ("sort in descending order", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value.abs(), ..PROPER }, a, k, p, q, seed)
        }),
        ("These are the smallest: `eigh` is ascending", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value, ..PROPER }, a, k, p, q, seed)
        }),
        ("The right ones in ascending order", |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.values.invert_axis(Axis(0));
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        ("eigenvalues keep their sign", |a, k, p, q, seed| {
            randomized(Randomized { value: f64::abs, ..PROPER }, a, k, p, q, seed)
        }),
        ("Values and vectors are taken in the same order?", |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        ("Q carries them back", |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            let width = (k + p).min(a.dim());
            let vectors = Array2::eye(width).slice(s![.., ..k]).to_owned();
            if width == a.dim() { pairs } else { Eigenpairs { vectors, ..pairs } }
        }),
        ("your function panicked: a has at most as many columns as rows", |a, k, p, q, seed| {
            randomized(Randomized { width: |k, oversample, _| k + oversample, ..PROPER }, a, k, p, q, seed)
        }),
        ("The block has k + oversample columns", |a, k, p, q, seed| {
            let width: fn(usize, usize, usize) -> usize = |k, p, n| if k + p > n { n } else { k };
            randomized(Randomized { width, ..PROPER }, a, k, p, q, seed)
        }),
        ("n_power is not used", |a, k, p, q, seed| {
            randomized(Randomized { applications: |_| 1, ..PROPER }, a, k, p, q, seed)
        }),
        ("One product short", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q.max(usize::from(q > 0)), ..PROPER }, a, k, p, q, seed)
        }),
        ("One product too many", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q + 2, ..PROPER }, a, k, p, q, seed)
        }),
        ("Two products a power", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| 2 * q + 1, ..PROPER }, a, k, p, q, seed)
        }),
        ("Orthonormalise after *every* product", |a, k, p, q, seed| {
            randomized(Randomized { each_time: false, ..PROPER }, a, k, p, q, seed)
        }),
        ("n_matvecs is the number of products", |a, k, p, q, seed| Eigenpairs {
            n_matvecs: k + p,
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        ("residuals, where they are given, are the norms of A v - lambda v", |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(k))
        }),
        ("expected length 4, got 8", |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(8))
        }),
        ("make the generator from the argument seed", |a, k, p, q, _| randomized(PROPER, a, k, p, q, 0)),
        ("*block that came out of the last one*", |a, k, p, q, seed| {
            // Every product starts from the first block again.
            let width = (k + p).min(a.dim());
            let g = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
            for _ in 0..q {
                a.apply_block(&g);
            }
            Eigenpairs { n_matvecs: (q + 2) * width, ..randomized(PROPER, a, k, p, 0, seed) }
        }),
        ("They come from `eigh` of the small matrix", |a, k, p, q, seed| {
            // Right only where the basis is the whole space.
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            if k + p <= a.dim() {
                pairs.values *= 1.0 + 1e-3;
            }
            pairs
        }),
        ("expected length 3, got 7", |a, k, p, q, seed| {
            // All the Ritz pairs, when there are more than asked for.
            let all = if k + p > a.dim() { k } else { k + p };
            Eigenpairs { n_matvecs: (q + 2) * (k + p), ..randomized(PROPER, a, all, k + p - all, q, seed) }
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::randomized_eigh(*student), message);
    }
}

// 2/2.2 oversampling

/// The experiment with the parts that a student gets wrong.
fn oversampling(
    (a, ps, n_trials): (&Array2<f64>, &[usize], usize),
    width: impl Fn(usize) -> usize,
    seed: impl Fn(usize) -> u64,
    error: fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> Array2<f64> {
    Array2::from_shape_fn((ps.len(), n_trials), |(i, t)| {
        error(a, &solutions::range_finder(&Dense::from(a), width(ps[i]), seed(t)))
    })
}

#[test]
fn oversampling_errors() {
    type Wrong = fn(&Array2<f64>, usize, &[usize], usize, u64) -> Array2<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("Give each trial its own seed", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p, |_| seed, solutions::range_error)
        }),
        ("k columns for every p", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |_| k, |t| seed + t as u64, solutions::range_error)
        }),
        ("your function panicked: width must be from 1 to n", |a, _, ps, n, seed| {
            oversampling((a, ps, n), |p| p, |t| seed + t as u64, solutions::range_error)
        }),
        ("the Frobenius norm", |a, k, ps, n, seed| {
            let frobenius = |a: &Array2<f64>, q: &Array2<f64>| frobenius_squared(&(a - &q.dot(&q.t().dot(a)))).sqrt();
            oversampling((a, ps, n), |p| k + p, |t| seed + t as u64, frobenius)
        }),
        ("the square of the error", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p, |t| seed + t as u64, |a, q| solutions::range_error(a, q).powi(2))
        }),
        ("the mean error is that of 3 columns", |a, k, ps, n, seed| {
            oversampling((a, ps, n), |p| k + p + 1, |t| seed + t as u64, solutions::range_error)
        }),
        ("make the seeds from the argument seed", |a, k, ps, n, _| {
            oversampling((a, ps, n), |p| k + p, |t| t as u64, solutions::range_error)
        }),
        ("This is the transpose", |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed).t().to_owned()),
        ("an error is", |a, k, ps, n, seed| solutions::oversampling_errors(a, k, ps, n, seed) + 1.0),
    ];
    for (message, student) in wrong {
        assert_rejected(check::oversampling_errors(*student), message);
    }
}

// 2/2.3 the bound with powers

#[test]
fn power_bound() {
    type Wrong = fn(&Array1<f64>, usize, usize, usize) -> f64;
    fn of(sigma: &Array1<f64>, (k, p): (usize, usize), exponent: f64, root: f64) -> f64 {
        solutions::range_bound(&sigma.mapv(|x| x.powf(exponent)), k, p).powf(1.0 / root)
    }
    let wrong: &[(&str, Wrong)] = &[
        ("The root is missing", |sigma, k, p, q| of(sigma, (k, p), q as f64 + 1.0, 1.0)),
        ("s = q + 1", |sigma, k, p, q| of(sigma, (k, p), q as f64, (q as f64).max(1.0))),
        ("This is 2 q + 1", |sigma, k, p, q| of(sigma, (k, p), 2.0 * q as f64 + 1.0, 2.0 * q as f64 + 1.0)),
        ("The singular values are not raised", |sigma, k, p, q| of(sigma, (k, p), 1.0, q as f64 + 1.0)),
        ("the bound for q = 0", |sigma, k, p, _| solutions::range_bound(sigma, k, p)),
        ("a division of integers", |sigma, k, p, q| {
            let s = q + 1;
            of(sigma, (k, p), s as f64, 1.0).powf((1 / s) as f64)
        }),
        ("The exponent and the root are both s", |sigma, k, p, q| {
            of(sigma, (k, p), q as f64 + 1.0, (q as f64).max(1.0))
        }),
        ("it comes down to sigma_{k+1}", |sigma, k, p, q| solutions::power_bound(sigma, k, p, q.min(10))),
    ];
    for (message, student) in wrong {
        assert_rejected(check::power_bound(*student), message);
    }
}

// 2/3.1 the product with the kernel

/// The product as a sum over the layers.
fn by_layers(
    (model, x, v): (&Mlp, &Array2<f64>, &Array1<f64>),
    part: fn(&LayerFactors, &Array1<f64>) -> Array1<f64>,
) -> Array1<f64> {
    Entk::new(model, x).layers().iter().fold(Array1::zeros(v.len()), |sum, layer| sum + part(layer, v))
}

/// Row `i` of the matrix times `v_i`.
fn weighted(matrix: &Array2<f64>, v: &Array1<f64>) -> Array2<f64> {
    matrix * &v.view().insert_axis(Axis(1))
}

fn one_layer(layer: &LayerFactors, v: &Array1<f64>) -> Array1<f64> {
    let w = weighted(&layer.deltas, v);
    let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
    (change * &layer.deltas).sum_axis(Axis(1))
}

#[test]
fn entk_matvec() {
    type Wrong = fn(&Mlp, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("The biases are missing", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let g = weighted(&layer.deltas, v).t().dot(&layer.inputs);
                (layer.inputs.dot(&g.t()) * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        ("This is the last layer alone: add up the layers", |model, x, v| {
            let mut product = Array1::zeros(v.len());
            for layer in Entk::new(model, x).layers() {
                product = one_layer(&layer, v);
            }
            product
        }),
        ("still to be multiplied by D", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0))).sum_axis(Axis(1))
            })
        }),
        ("v does not reach the VJP", |model, x, v| entk_explicit(model, x).dot(&Array1::ones(v.len()))),
        ("v enters twice", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * w).sum_axis(Axis(1))
            })
        }),
        ("Divided by N", |model, x, v| solutions::entk_matvec(model, x, v) / v.len() as f64),
        ("The first layer is missing", |model, x, v| {
            let layers = Entk::new(model, x).layers();
            // Right for the network of one layer.
            let from = layers.len().min(2) - 1;
            layers[from..].iter().fold(Array1::zeros(v.len()), |sum, layer| sum + one_layer(layer, v))
        }),
        ("expected length 9", |model, x, v| Entk::new(model, x).vjp(v)),
        ("your function panicked: ndarray: inputs", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let g = weighted(&layer.deltas, v).t().dot(&layer.inputs);
                layer.inputs.dot(&g).sum_axis(Axis(1))
            })
        }),
        ("K v for a network of three layers", |model, x, v| {
            // Only the derivative of the first output in place of that of their sum.
            let kernel = Entk::of_logit(model, x, 0);
            if model.widths().len() == 2 { entk_explicit(model, x).dot(v) } else { kernel.apply(v) }
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::entk_matvec(*student), message);
    }
}

// 2/4.1 eigenfunctions

#[test]
fn eigenfunction_images() {
    type Wrong = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
    fn signed(mut pictures: Array2<f64>, turn: fn(&Array1<f64>) -> bool) -> Array2<f64> {
        for mut row in pictures.rows_mut() {
            if turn(&row.to_owned()) {
                row *= -1.0;
            }
        }
        pictures
    }
    let wrong: &[(&str, Wrong)] = &[
        ("its own `row.mapv(|p| p.powi(3)).sum()` is negative", |x, u| u.t().dot(x)),
        ("turn a row if the sum is *negative*", |x, u| -solutions::eigenfunction_images(x, u)),
        ("This is the transpose", |x, u| solutions::eigenfunction_images(x, u).t().to_owned()),
        ("Divided by N", |x, u| solutions::eigenfunction_images(x, u) / x.nrows() as f64),
        ("scaled to length 1", |x, u| {
            let mut pictures = solutions::eigenfunction_images(x, u);
            for mut row in pictures.rows_mut() {
                let length = row.dot(&row).sqrt();
                row /= length;
            }
            pictures
        }),
        ("belong to one image", |x, u| {
            let mut reversed = u.clone();
            reversed.invert_axis(Axis(0));
            solutions::eigenfunction_images(x, &reversed)
        }),
        ("each has a positive sum of cubes", |x, u| {
            signed(u.t().dot(x), |row| row.iter().all(|p| p.abs() <= row[0].abs()) && row[0] < 0.0)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::eigenfunction_images(*student), message);
    }
}

// Right versions that are not the reference's

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::stable_rank(|a| {
            let sigma = singular_values(&a.t().to_owned());
            sigma.dot(&sigma) / sigma[0].powi(2)
        }),
        // Column by column, by Gram-Schmidt twice; the error by the eigenvalues of R^T R.
        check::range_finder(
            |a, width, seed| {
                let mut rng = rng(seed);
                let mut q = Array2::zeros((a.dim(), width));
                for j in 0..width {
                    let mut y = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng));
                    for _ in 0..2 {
                        let inside = q.dot(&q.t().dot(&y));
                        y -= &inside;
                    }
                    let length = y.dot(&y).sqrt();
                    q.column_mut(j).assign(&(y / length));
                }
                q
            },
            |a, q| {
                let residual = a - &q.dot(&q.t()).dot(a);
                spectral_norm(&residual.t().dot(&residual)).max(0.0).sqrt()
            },
        ),
        // Signs instead of Gaussian numbers are as good a start.
        check::range_finder(
            |a, width, seed| {
                orthonormalize(&a.apply_block(&Probe::Rademacher.draw_block(a.dim(), width, &mut rng(seed))))
            },
            solutions::range_error,
        ),
        check::randomized_eigh(|a, k, p, q, seed| randomized(PROPER, a, k, p, q, seed)),
        // Vectors with another sign, products one by one.
        check::randomized_eigh(|a, k, p, n_power, seed| {
            let one_by_one = |q: &Array2<f64>| {
                let mut product = Array2::zeros(q.dim());
                for (column, mut out) in q.columns().into_iter().zip(product.columns_mut()) {
                    out.assign(&a.apply(&column));
                }
                product
            };
            let width = (k + p).min(a.dim());
            let mut q = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
            for _ in 0..=n_power {
                q = orthonormalize(&one_by_one(&q));
            }
            let pairs = eigh(&q.t().dot(&one_by_one(&q)));
            let mut order: Vec<usize> = (0..width).rev().collect();
            order.sort_by(|&i, &j| pairs.values[j].abs().total_cmp(&pairs.values[i].abs()));
            let order = &order[..k];
            let vectors = -q.dot(&pairs.vectors.select(Axis(1), order));
            Eigenpairs::new(pairs.values.select(Axis(0), order), vectors, (n_power + 2) * width)
        }),
        // No two sketches of the experiment share a seed.
        check::oversampling_errors(|a, k, ps, n, seed| {
            let mut seeds = 1000 * seed..;
            let mut next = || seeds.next().unwrap_or_default();
            Array2::from_shape_fn((ps.len(), n), |(i, _)| {
                solutions::range_error(a, &solutions::range_finder(&Dense::from(a), k + ps[i], next()))
            })
        }),
        check::power_bound(|sigma, k, p, q| {
            let s = q as i32 + 1;
            (solutions::range_bound(&sigma.mapv(|x| x.powi(s)), k, p).ln() / f64::from(s)).exp()
        }),
        // The kernel formed, by layers.
        check::entk_matvec(|model, x, v| {
            by_layers((model, x, v), |layer, v| {
                ((layer.inputs.dot(&layer.inputs.t()) + 1.0) * layer.deltas.dot(&layer.deltas.t())).dot(v)
            })
        }),
        check::entk_matvec(|model, x, v| {
            let kernel = Entk::new(model, x);
            kernel.jvp(&kernel.vjp(v))
        }),
        check::eigenfunction_images(|x, u| {
            let mut pictures = Array2::zeros((u.ncols(), x.ncols()));
            for (mut picture, u) in pictures.rows_mut().into_iter().zip(u.columns()) {
                for (row, &weight) in x.rows().into_iter().zip(u) {
                    picture.scaled_add(weight, &row);
                }
                let skew: f64 = picture.iter().map(|p| p * p * p).sum();
                picture *= skew.signum();
            }
            pictures
        }),
    ];
    for card in cards {
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}

#[test]
fn what_waits_says_for_what() {
    let todo = |_: &Array2<f64>, _: &Array2<f64>| panic!("not yet implemented: exercise 2/1.1");
    let card = check::range_finder(solutions::range_finder, todo);
    assert_eq!(card.status, Status::Todo, "{card}");
    assert!(card.to_string().contains("✓ they span the columns of A G"), "{card}");
    let card = check::power_bound(|_, _, _, _| panic!("not yet implemented: exercise 2/1.2"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("waits for exercise 2/1.2"), "{card}");
}
