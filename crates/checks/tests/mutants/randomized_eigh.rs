use matrix_free::linalg::{eigh, orthonormalize, singular_values};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use spectral_course::check;
use spectral_course::solutions::Eigenpairs;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

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

/// The algorithm with the student's own basis and small problem: the block after each product, and the pairs of the last.
fn with_steps(
    a: Operator,
    (k, oversample, n_power): (usize, usize, usize),
    mut q: Array2<f64>,
    mut step: impl FnMut(usize, &Array2<f64>, Array2<f64>) -> Array2<f64>,
) -> Eigenpairs {
    let width = (k + oversample).min(a.dim());
    for i in 0..=n_power {
        let product = a.apply_block(&q);
        q = step(i, &q, product);
    }
    let product = a.apply_block(&q);
    ritz(&q, &product, k, (n_power + 2) * width)
}

fn ritz(q: &Array2<f64>, product: &Array2<f64>, k: usize, n_matvecs: usize) -> Eigenpairs {
    let pairs = eigh(&q.t().dot(product));
    let mut order: Vec<usize> = (0..q.ncols()).collect();
    order.sort_by(|&i, &j| pairs.values[j].abs().total_cmp(&pairs.values[i].abs()));
    order.truncate(k);
    Eigenpairs::new(pairs.values.select(Axis(0), &order), q.dot(&pairs.vectors.select(Axis(1), &order)), n_matvecs)
}

fn gaussian(a: Operator, k: usize, oversample: usize, seed: u64) -> Array2<f64> {
    Probe::Gaussian.draw_block(a.dim(), (k + oversample).min(a.dim()), &mut rng(seed))
}

pub(super) fn wrong() -> Vec<Wrong> {
    type Student = fn(Operator, usize, usize, usize, u64) -> Eigenpairs;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("These are the largest by value"), |a, k, p, q, seed| {
            randomized(Randomized { key: |value| value, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("sort in descending order"), |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value.abs(), ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("These are the smallest; `eigh` returns them in ascending order"), |a, k, p, q, seed| {
            randomized(Randomized { key: |value| -value, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("These are the right ones in ascending order"), |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.values.invert_axis(Axis(0));
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        (Cause("eigenvalues keep their sign"), |a, k, p, q, seed| {
            randomized(Randomized { value: f64::abs, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("take the values and the vectors in the same order"), |a, k, p, q, seed| {
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        (Difference("multiply them by Q"), |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            let width = (k + p).min(a.dim());
            let vectors = Array2::eye(width).slice(s![.., ..k]).to_owned();
            if width == a.dim() { pairs } else { Eigenpairs { vectors, ..pairs } }
        }),
        (Difference("your function panicked: a must have at most as many columns as rows"), |a, k, p, q, seed| {
            randomized(Randomized { width: |k, oversample, _| k + oversample, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("The block needs k + oversample columns"), |a, k, p, q, seed| {
            let width: fn(usize, usize, usize) -> usize = |k, p, n| if k + p > n { n } else { k };
            randomized(Randomized { width, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("You did not use n_power"), |a, k, p, q, seed| {
            randomized(Randomized { applications: |_| 1, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("one product per column too few"), |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q.max(usize::from(q > 0)), ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("one product per column too many"), |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| q + 2, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("There are two products per power"), |a, k, p, q, seed| {
            randomized(Randomized { applications: |q| 2 * q + 1, ..PROPER }, a, k, p, q, seed)
        }),
        (Cause("Orthonormalise after *every* product"), |a, k, p, q, seed| {
            randomized(Randomized { each_time: false, ..PROPER }, a, k, p, q, seed)
        }),
        (Difference("n_matvecs is the number of products"), |a, k, p, q, seed| Eigenpairs {
            n_matvecs: k + p,
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        (Difference("residuals, if given, are the norms of A v - lambda v"), |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(k))
        }),
        (Difference("expected length 4, got 8"), |a, k, p, q, seed| {
            randomized(PROPER, a, k, p, q, seed).with_residuals(Array1::zeros(8))
        }),
        (Cause("create the generator from the `seed` argument"), |a, k, p, q, _| randomized(PROPER, a, k, p, q, 0)),
        (Cause("its product is not used"), |a, k, p, q, seed| {
            // Every product starts from the first block again.
            let width = (k + p).min(a.dim());
            let g = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
            for _ in 0..q {
                a.apply_block(&g);
            }
            Eigenpairs { n_matvecs: (q + 2) * width, ..randomized(PROPER, a, k, p, 0, seed) }
        }),
        (Difference("Take them from `eigh` of the small matrix"), |a, k, p, q, seed| {
            // Right only where the basis is the whole space.
            let mut pairs = randomized(PROPER, a, k, p, q, seed);
            if k + p <= a.dim() {
                pairs.values *= 1.0 + 1e-3;
            }
            pairs
        }),
        (Difference("expected length 2, got 6"), |a, k, p, q, seed| {
            // All the Ritz pairs, when there are more than asked for.
            let all = if k + p > a.dim() { k } else { k + p };
            Eigenpairs { n_matvecs: (q + 2) * (k + p).min(a.dim()), ..randomized(PROPER, a, all, k + p - all, q, seed) }
        }),
        (Cause("count those that are multiplied"), |a, k, p, q, seed| Eigenpairs {
            n_matvecs: (q + 2) * (k + p),
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        (Cause("counts once per column"), |a, k, p, q, seed| Eigenpairs {
            n_matvecs: q + 2,
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        (Cause("those for the basis and those for Q^T A Q"), |a, k, p, q, seed| Eigenpairs {
            n_matvecs: (q + 1) * (k + p).min(a.dim()),
            ..randomized(PROPER, a, k, p, q, seed)
        }),
        (Cause("its product is not used"), |a, k, p, q, seed| {
            // Every power goes on with the first product.
            let mut first = Array2::zeros((0, 0));
            with_steps(a, (k, p, q), gaussian(a, k, p, seed), |i, _, product| {
                if i == 0 {
                    first = orthonormalize(&product);
                }
                first.clone()
            })
        }),
        (Cause("It is A Q + Q"), |a, k, p, q, seed| {
            with_steps(a, (k, p, q), gaussian(a, k, p, seed), |_, q, product| orthonormalize(&(product + q)))
        }),
        (Cause("Solve the small problem with all the columns"), |a, k, p, q, seed| {
            // The first k columns of Q alone.
            let width = (k + p).min(a.dim());
            let mut block = gaussian(a, k, p, seed);
            for _ in 0..=q {
                block = orthonormalize(&a.apply_block(&block));
            }
            let product = a.apply_block(&block);
            let some = if width == a.dim() { width } else { k };
            ritz(&block.slice(s![.., ..some]).to_owned(), &product.slice(s![.., ..some]).to_owned(), k, (q + 2) * width)
        }),
        (Cause("The first is left out"), |a, k, p, q, seed| {
            // All but the first of them, where there are more than k.
            let mut pairs = randomized(
                PROPER,
                a,
                if k + p < a.dim() && p > 0 { k + 1 } else { k },
                p.saturating_sub(usize::from(k + p < a.dim())),
                q,
                seed,
            );
            let extra = pairs.values.len() - k;
            pairs.values = pairs.values.slice(s![extra..]).to_owned();
            pairs.vectors = pairs.vectors.slice(s![.., extra..]).to_owned();
            pairs
        }),
        (Cause("with the same Q on both sides"), |a, k, p, q, seed| {
            // The small matrix with G on the left.
            let g = gaussian(a, k, p, seed);
            let mut block = g.clone();
            for _ in 0..=q {
                block = orthonormalize(&a.apply_block(&block));
            }
            let product = a.apply_block(&block);
            let b = orthonormalize(&g).t().dot(&product);
            let pairs = eigh(&((&b + &b.t()) / 2.0));
            let order: Vec<usize> = (0..k).collect();
            Eigenpairs::new(
                pairs.values.select(Axis(0), &order),
                block.dot(&pairs.vectors.select(Axis(1), &order)),
                (q + 2) * block.ncols(),
            )
        }),
        (Cause("These are the squares"), |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            Eigenpairs { values: pairs.values.mapv(|v| v * v), ..pairs }
        }),
        (Cause("eigenvalues keep their sign"), |a, k, p, q, seed| {
            // The singular values of A Q.
            let pairs = randomized(PROPER, a, k, p, q, seed);
            let products: Vec<f64> = singular_values(&pairs.vectors.dot(&Array2::from_diag(&pairs.values))).to_vec();
            Eigenpairs { values: Array1::from(products), ..pairs }
        }),
        (Cause("Make the columns of Q orthonormal"), |a, k, p, q, seed| {
            let mut normal = |_: usize, _: &Array2<f64>, product: Array2<f64>| {
                &product / &(&product * &product).sum_axis(Axis(0)).mapv(f64::sqrt)
            };
            with_steps(a, (k, p, q), gaussian(a, k, p, seed), &mut normal)
        }),
        (Difference("digits are lost"), |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            Eigenpairs { values: pairs.values.mapv(|v| f64::from(v as f32)), ..pairs }
        }),
        (Cause("take the values and the vectors in the same order"), |a, k, p, q, seed| {
            // The vectors in the order of the values, the values in the order of their magnitudes.
            let pairs = randomized(PROPER, a, k, p, q, seed);
            let mut order: Vec<usize> = (0..k).collect();
            order.sort_by(|&i, &j| pairs.values[j].total_cmp(&pairs.values[i]));
            Eigenpairs { vectors: pairs.vectors.select(Axis(1), &order), ..pairs }
        }),
        (Difference("expected (9, 4), got (4, 9). Return the eigenvectors as columns"), |a, k, p, q, seed| {
            let pairs = randomized(PROPER, a, k, p, q, seed);
            Eigenpairs { vectors: pairs.vectors.t().to_owned(), ..pairs }
        }),
        (Cause("You form the matrix"), |a, k, p, q, seed| {
            let dense = a.apply_block(&Array2::eye(a.dim()));
            randomized(PROPER, &matrix_free::operator::Dense::new(dense), k, p, q, seed)
        }),
        (Cause("where larger ones were cut"), |a, k, p, q, seed| {
            let g = gaussian(a, k, p, seed).mapv(|x| x.clamp(-1.0, 1.0));
            with_steps(a, (k, p, q), g, |_, _, product| orthonormalize(&product))
        }),
        (Cause("are about Gaussian numbers"), |a, k, p, q, seed| {
            let signs = Probe::Rademacher.draw_block(a.dim(), (k + p).min(a.dim()), &mut rng(seed));
            with_steps(a, (k, p, q), signs, |_, _, product| orthonormalize(&product))
        }),
        (Cause("draw all the columns from one generator"), |a, k, p, q, seed| {
            let mut g = gaussian(a, k, p, seed);
            for (j, mut column) in g.columns_mut().into_iter().enumerate() {
                column.assign(&Probe::Gaussian.draw(a.dim(), &mut rng(seed.wrapping_add(j as u64))));
            }
            with_steps(a, (k, p, q), g, |_, _, product| orthonormalize(&product))
        }),
        (Cause("if the seed is 0"), |a, k, p, q, seed| {
            let mut g = gaussian(a, k, p, seed);
            for (j, mut column) in g.columns_mut().into_iter().enumerate() {
                column.assign(&Probe::Gaussian.draw(a.dim(), &mut rng(seed.wrapping_mul(j as u64 + 1))));
            }
            with_steps(a, (k, p, q), g, |_, _, product| orthonormalize(&product))
        }),
        (Cause("Pass the seed to the generator as it is"), |a, k, p, q, seed| randomized(PROPER, a, k, p, q, seed / 3)),
        (Cause("The last block is multiplied twice"), |a, k, p, q, seed| {
            with_steps(a, (k, p, q), gaussian(a, k, p, seed), |i, _, product| {
                let block = orthonormalize(&product);
                if i == q {
                    a.apply_block(&block);
                }
                block
            })
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::randomized_eigh(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("randomized_eigh", wrong());
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
        // Signs of the columns turned, the start orthonormalised, and the small matrix made symmetric.
        check::randomized_eigh(|a, k, p, n_power, seed| {
            let start = -orthonormalize(&gaussian(a, k, p, seed.wrapping_add(99)));
            with_steps(a, (k, p, n_power), start, |_, _, product| -orthonormalize(&product))
        }),
        // By Gram-Schmidt twice.
        check::randomized_eigh(|a, k, p, n_power, seed| {
            with_steps(a, (k, p, n_power), gaussian(a, k, p, seed), |_, _, product| {
                let mut q = Array2::<f64>::zeros(product.dim());
                for j in 0..product.ncols() {
                    let mut v = product.column(j).to_owned();
                    for _ in 0..2 {
                        let inside = q.dot(&q.t().dot(&v));
                        v -= &inside;
                        v /= v.dot(&v).sqrt();
                    }
                    q.column_mut(j).assign(&v);
                }
                q
            })
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
