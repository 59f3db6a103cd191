use matrix_free::linalg::{eigh, orthonormalize};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use spectral_course::check;
use spectral_course::solutions::Eigenpairs;

use super::common::{Operator, assert_passed, assert_rejected};

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
        ("These are the largest by value", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| value, ..PROPER }, a, k, p, q, seed)
        }),
        ("sort in descending order", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value.abs(), ..PROPER }, a, k, p, q, seed)
        }),
        ("These are the smallest; `eigh` returns them in ascending order", |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value, ..PROPER }, a, k, p, q, seed)
        }),
        ("These are the right ones in ascending order", |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.values.invert_axis(Axis(0));
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        ("eigenvalues keep their sign", |a, k, p, q, seed| {
            randomized(Randomized { value: f64::abs, ..PROPER }, a, k, p, q, seed)
        }),
        ("Do you take the values and the vectors in the same order?", |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        ("multiply them by Q", |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            let width = (k + p).min(a.dim());
            let vectors = Array2::eye(width).slice(s![.., ..k]).to_owned();
            if width == a.dim() { pairs } else { Eigenpairs { vectors, ..pairs } }
        }),
        ("your function panicked: a must have at most as many columns as rows", |a, k, p, q, seed| {
            randomized(Randomized { width: |k, oversample, _| k + oversample, ..PROPER }, a, k, p, q, seed)
        }),
        ("The block needs k + oversample columns", |a, k, p, q, seed| {
            let width: fn(usize, usize, usize) -> usize = |k, p, n| if k + p > n { n } else { k };
            randomized(Randomized { width, ..PROPER }, a, k, p, q, seed)
        }),
        ("You did not use n_power", |a, k, p, q, seed| {
            randomized(Randomized { applications: |_| 1, ..PROPER }, a, k, p, q, seed)
        }),
        ("one product per column too few", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q.max(usize::from(q > 0)), ..PROPER }, a, k, p, q, seed)
        }),
        ("one product per column too many", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q + 2, ..PROPER }, a, k, p, q, seed)
        }),
        ("There are two products per power", |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| 2 * q + 1, ..PROPER }, a, k, p, q, seed)
        }),
        ("Orthonormalise after *every* product", |a, k, p, q, seed| {
            randomized(Randomized { each_time: false, ..PROPER }, a, k, p, q, seed)
        }),
        ("n_matvecs is the number of products", |a, k, p, q, seed| Eigenpairs {
            n_matvecs: k + p,
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        ("residuals, if given, are the norms of A v - lambda v", |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(k))
        }),
        ("expected length 4, got 8", |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(8))
        }),
        ("create the generator from the `seed` argument", |a, k, p, q, _| randomized(PROPER, a, k, p, q, 0)),
        ("*block from the previous power*", |a, k, p, q, seed| {
            // Every product starts from the first block again.
            let width = (k + p).min(a.dim());
            let g = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
            for _ in 0..q {
                a.apply_block(&g);
            }
            Eigenpairs { n_matvecs: (q + 2) * width, ..randomized(PROPER, a, k, p, 0, seed) }
        }),
        ("Take them from `eigh` of the small matrix", |a, k, p, q, seed| {
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

#[test]
fn other_right_versions_pass() {
    let cards = [
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
    ];
    for card in cards {
        assert_passed(card);
    }
}
