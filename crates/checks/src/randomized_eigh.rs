//! Exercise 2/2.1: randomized eigenpairs.

use ndarray::{Array1, Array2, Axis};

use super::claim::number;
use super::compare::{NEARLY, close, loss_of_orthogonality, require_vector};
use super::compare::{largest, require_matrix};
use super::gaussian_block::expect_gaussian;
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Eigenpairs;
use matrix_free::linalg::{eigh, eigvalsh, norm, orthonormalize};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type RandomizedEigh = fn(&dyn SymmetricOperator, usize, usize, usize, u64) -> Eigenpairs;

/// Checks exercise 2/2.1: on matrices small enough to be seen whole; the count of products; every block that reaches the
/// operator; the Rayleigh-Ritz step; the random start; and stability on a spectrum that decays fast.
pub fn randomized_eigh(student: RandomizedEigh) -> Card {
    report("2/2.1", |report| {
        exact(student, report)?;
        products(student, report)?;
        start(student, report)?;
        stability(student, report)
    })
}

/// A call's arguments without the operator and the seed.
#[derive(Clone, Copy)]
struct Sizes {
    k: usize,
    oversample: usize,
    n_power: usize,
}

impl Sizes {
    fn new(k: usize, oversample: usize, n_power: usize) -> Self {
        Self { k, oversample, n_power }
    }

    fn width(self, n: usize) -> usize {
        (self.k + self.oversample).min(n)
    }
}

/// Calls the student's function; ends the check unless the shapes and the count are right, everything is finite and the vectors
/// are orthonormal. Returns the pairs and the vectors that reached the operator.
fn run(
    student: RandomizedEigh,
    report: &mut Report,
    a: &Recording,
    sizes: Sizes,
    seed: u64,
) -> Result<(Eigenpairs, Vec<Array1<f64>>), End> {
    let Sizes { k, oversample, n_power } = sizes;
    a.take();
    let pairs = report.call(|| student(a, k, oversample, n_power, seed))?;
    let vectors = a.take();
    require_vector(report, "values", &pairs.values, k, "per eigenpair")?;
    let (n, width) = (a.dim(), sizes.width(a.dim()));
    let why = if pairs.vectors.dim() == (width, k) && width != n {
        ". These are the eigenvectors of the small matrix Q^T A Q; multiply them by Q to get back to length n, `q.dot(&w)`"
    } else if pairs.vectors.dim() == (n, width) {
        ". Return only the k columns that belong to the values"
    } else if pairs.vectors.dim() == (k, n) {
        ". Return the eigenvectors as columns"
    } else {
        ""
    };
    require_matrix(report, "vectors", &pairs.vectors, (n, k), why)?;
    count(report, &vectors, n, sizes)?;
    let loss = loss_of_orthogonality(&pairs.vectors);
    report.insist(loss < 1e-8, "the eigenvectors are orthonormal", || {
        let last = stack(&vectors[vectors.len() - width..]);
        let inside = outside(&pairs.vectors, &last) < 1e-8;
        let cause = if inside && loss_of_orthogonality(&last) > 1e-8 {
            "Make the columns of Q orthonormal (`orthonormalize`); its product with the eigenvectors of Q^T A Q then has orthonormal columns too"
        } else if inside {
            "Q is orthonormal, and so should be the eigenvectors of Q^T A Q: are they its columns, unchanged?"
        } else {
            "They do not lie in the span of the block that A was multiplied with last: multiply the eigenvectors of Q^T A Q by that Q"
        };
        format!("max |V^T V - I| is {}. {cause}", number(loss))
    })?;
    report.insist(pairs.n_matvecs == vectors.len(), "n_matvecs is the number of products", || {
        let cause = if width < k + oversample && pairs.n_matvecs == (n_power + 2) * (k + oversample) {
            "The block has n columns here, fewer than k + oversample; count those that are multiplied"
        } else if pairs.n_matvecs == n_power + 2 {
            "One product with a block counts once per column"
        } else if pairs.n_matvecs + width == vectors.len() {
            "Count all of them: those for the basis and those for Q^T A Q"
        } else {
            "It is (n_power + 2) times the number of columns"
        };
        format!("expected {}, got {}. {cause}", vectors.len(), pairs.n_matvecs)
    })?;
    if let Some(residuals) = &pairs.residuals {
        require_vector(report, "residuals", residuals, k, "per eigenpair")?;
        let truth = a.matrix().dot(&pairs.vectors) - &pairs.vectors * &pairs.values;
        let off = truth.columns().into_iter().zip(residuals).map(|(r, given)| (norm(&r) - given).abs());
        let worst = off.fold(0.0, f64::max);
        report.insist(
            worst < 1e-8 * largest(a.matrix()),
            "residuals, if given, are the norms of A v - lambda v",
            || format!("one of them is off by {}", number(worst)),
        )?;
    }
    Ok((pairs, vectors))
}

fn stack(vectors: &[Array1<f64>]) -> Array2<f64> {
    let n = vectors.first().map_or(0, Array1::len);
    Array2::from_shape_fn((n, vectors.len()), |(i, j)| vectors[j][i])
}

/// The part of the columns of `what` that is outside the span of `block`, relative to the largest entry.
fn outside(what: &Array2<f64>, block: &Array2<f64>) -> f64 {
    let q = orthonormalize(block);
    largest(&(what - &q.dot(&q.t().dot(what)))) / largest(what)
}

/// Ends the check unless the number of products is right.
fn count(report: &mut Report, vectors: &[Array1<f64>], n: usize, sizes: Sizes) -> Outcome {
    let Sizes { k, oversample, n_power } = sizes;
    let (columns, count) = (sizes.width(n), vectors.len());
    let expected = (n_power + 2) * columns;
    let what = format!("k = {k}, oversample = {oversample}, n_power = {n_power}: {expected} products");
    report.insist(count == expected, &what, || {
        let repeated = count >= 2 * columns
            && (0..columns).all(|j| norm(&(&vectors[count - 1 - j] - &vectors[count - 1 - j - columns])) == 0.0);
        let unit = |v: &Array1<f64>| v.iter().filter(|x| **x != 0.0).count() == 1;
        let cause = if count == 0 {
            "The operator was never applied"
        } else if count >= n && vectors[count - n..].iter().all(unit) {
            "You form the matrix by its products with the columns of the identity; multiply the blocks instead"
        } else if repeated {
            "The last block is multiplied twice; keep the product"
        } else {
            let explanations = [
                (oversample > 0 && count == (n_power + 2) * k, "The block needs k + oversample columns"),
                (count == 2 * columns, "You did not use n_power; multiply n_power + 1 times before the small problem, which takes one more"),
                (count == (n_power + 1) * columns, "There is one product per column too few; you need n_power + 1 for the basis (`0..=n_power`) and one more for Q^T A Q"),
                (count == (2 * n_power + 2) * columns, "There are two products per power; for a symmetric matrix one is enough"),
                (count == (n_power + 3) * columns, "There is one product per column too many; you need n_power + 1 for the basis and one for Q^T A Q"),
            ];
            let mut fitting = explanations.iter().filter(|(fits, _)| *fits);
            match (fitting.next(), fitting.next()) {
                (Some((_, cause)), None) => *cause,
                _ => "You need n_power + 1 for the basis and one for Q^T A Q, times k + oversample columns",
            }
        };
        format!("got {count}. {cause}")
    })
}

const IN_ORDER: &str = "the four of largest magnitude of {5, 3, 1, .., -2, -6}, in order";
const BELONGS: &str = "column j of the vectors belongs to value j: A v = lambda v";

/// Four columns more than the matrix has rows, so Q spans everything and the eigenpairs are exact.
fn exact(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from(vec![1.0, -6.0, 3.0, -0.5, 5.0, 0.2, -2.0, 0.1, 0.05]);
    // Powers of two near 1e-8 and 1e8, to which rounding is blind.
    for (scale, of) in
        [(1.0, ""), (2.0_f64.powi(-27), " for the matrix times 1e-8"), (2.0_f64.powi(27), " for the matrix times 1e8")]
    {
        let a = Recording::new(symmetric_with_spectrum(&spectrum, 1) * scale);
        let (pairs, _) = run(student, report, &a, Sizes::new(4, 9, 0), 3)?;
        let values = &pairs.values / scale;
        report.insist(same(&values, &[-6.0, 5.0, 3.0, -2.0]), IN_ORDER, || {
            let expected = Array1::from(vec![-6.0, 5.0, 3.0, -2.0]);
            format!(
                "expected {:.3?}, got {:.3?}, in units of the matrix{of}{}",
                expected.to_vec(),
                values.to_vec(),
                why_these(&values)
            )
        })?;
        let products = a.matrix().dot(&pairs.vectors);
        let residual = largest(&(&products - &pairs.vectors * &pairs.values)) / scale;
        report.insist(residual < 1e-9, BELONGS, || {
            let quotients = (&pairs.vectors * &products).sum_axis(Axis(0));
            let cause = if largest(&(&products - &pairs.vectors * &quotients)) / scale < 1e-9 {
                "The columns are eigenvectors, but of other values: take the values and the vectors in the same order"
            } else {
                "The columns are not eigenvectors: multiply Q by the columns of `pairs.vectors`, the eigenvectors of Q^T A Q"
            };
            format!("A v - lambda v has an entry of {}{of}. {cause}", number(residual))
        })?;
    }
    report.expect(true, IN_ORDER, String::new);
    report.expect(true, BELONGS, String::new);
    let identity = Recording::new(Array2::eye(7) * 2.0);
    let (pairs, _) = run(student, report, &identity, Sizes::new(2, 4, 3), 4)?;
    report.require(same(&pairs.values, &[2.0; 2]), "for twice the identity all values are 2", || {
        format!(
            "got {:.3?}. Take them from `eigh` of the small matrix, which is twice the identity whatever Q is",
            pairs.values.to_vec()
        )
    })?;
    let tiny = Recording::new(Array2::from_elem((1, 1), -3.0));
    let (pairs, _) = run(student, report, &tiny, Sizes::new(1, 5, 2), 4)?;
    report.require(same(&pairs.values, &[-3.0]), "for the 1 x 1 matrix -3 it is -3", || {
        format!("got {:.3?}", pairs.values.to_vec())
    })
}

fn same(values: &Array1<f64>, other: &[f64]) -> bool {
    values.len() == other.len() && values.iter().zip(other).all(|(got, other)| close(*got, *other, 1e-10))
}

fn why_these(values: &Array1<f64>) -> &'static str {
    let is = |other: &[f64]| same(values, other);
    if is(&[5.0, 3.0, 1.0, 0.2]) {
        ". These are the largest by value; -6 and -2 have a larger magnitude than 1"
    } else if is(&[-2.0, 3.0, 5.0, -6.0]) {
        ". These are the right ones in ascending order; put the largest magnitude first"
    } else if is(&[5.0, 3.0, -2.0, -6.0]) || is(&[-6.0, -2.0, 3.0, 5.0]) {
        ". These are the right ones sorted by value; sort by magnitude, largest first"
    } else if is(&[6.0, 5.0, 3.0, 2.0]) {
        ". These are singular values; eigenvalues keep their sign"
    } else if is(&[36.0, 25.0, 9.0, 4.0]) {
        ". These are the squares, eigenvalues of A^2; take those of Q^T A Q"
    } else if is(&[-6.0, -2.0, -0.5, 0.05]) {
        ". These are the smallest; `eigh` returns them in ascending order"
    } else if is(&[0.05, 0.1, 0.2, -0.5]) {
        ". These are the smallest by magnitude; sort in descending order"
    } else if is(&[5.0, 3.0, -2.0, 1.0]) {
        ". The first is left out"
    } else if is(&[0.2, 1.0, 3.0, 5.0]) {
        ". These are the last that `eigh` returns, the largest by value; sort by magnitude"
    } else if values.iter().zip([-6.0, 5.0, 3.0, -2.0]).all(|(got, value)| close(*got, value, 1e-4)) {
        ". They are nearly right, but digits are lost: through `f32`, or a small number that is added or compared with"
    } else {
        ". Q spans everything here, so the eigenvalues of Q^T A Q are those of A: is Q orthonormal, and is the small matrix `q.t().dot(&a.apply_block(&q))` with the same Q on both sides?"
    }
}

/// What every Rayleigh-Ritz step guarantees.
const RAYLEIGH_RITZ: &str = "the values are those of Q^T A Q: V^T A V = diag(values)";
const CHAIN: &str = "each product is that of the *block from the previous power*";
const CHOSEN: &str = "of the pairs of Q^T A Q they are the k of largest magnitude";

fn products(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(40, |i| 2.0 * (-1.0_f64).powi(i as i32) / (1.0 + i as f64));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 2));
    for (sizes, seed) in [((3, 4, 0), 1), ((3, 4, 2), 5), ((5, 0, 1), 9), ((1, 3, 3), 12), ((4, 4, 1), 3)] {
        let sizes = Sizes::new(sizes.0, sizes.1, sizes.2);
        let (pairs, vectors) = run(student, report, &a, sizes, seed)?;
        let Sizes { k, oversample, n_power } = sizes;
        report.expect(
            true,
            &format!("k = {k}, oversample = {oversample}, n_power = {n_power}: {} products", vectors.len()),
            String::new,
        );
        let blocks: Vec<Array2<f64>> = vectors.chunks(sizes.width(40)).map(stack).collect();
        chain(report, &a, &blocks)?;
        let projected = pairs.vectors.t().dot(&a.matrix().dot(&pairs.vectors)) - Array2::from_diag(&pairs.values);
        let off = largest(&projected);
        report.insist(off < 1e-10, RAYLEIGH_RITZ, || {
            let cause = if off < 1e-6 {
                NEARLY
            } else {
                "Take them from `eigh` of the small matrix `q.t().dot(&a.apply_block(&q))`"
            };
            format!("off by {}. {cause}", number(off))
        })?;
        let q = orthonormalize(&blocks[blocks.len() - 1]);
        let mut ritz = eigh(&q.t().dot(&a.matrix().dot(&q))).values.to_vec();
        ritz.sort_by(|x, y| y.abs().total_cmp(&x.abs()));
        let off = (0..k).map(|j| (ritz[j] - pairs.values[j]).abs()).fold(0.0, f64::max);
        let stray = outside(&pairs.vectors, &q);
        report.insist(off < 1e-9 && stray < 1e-8, CHOSEN, || {
            let (expected, got) = (&ritz[..k], pairs.values.to_vec());
            let of_q = |value: &f64| ritz.iter().any(|other| close(*value, *other, 1e-9));
            let cause = if stray >= 1e-8 {
                "The vectors do not lie in the span of Q"
            } else if ritz.len() > k && (0..k).all(|j| close(got[j], ritz[j + 1], 1e-9)) {
                "The first is left out"
            } else if got.iter().all(of_q) {
                "They belong to Q^T A Q, but others have a larger magnitude, or they are in another order"
            } else {
                "They are not eigenvalues of Q^T A Q. Solve the small problem with all the columns of Q, and choose k pairs afterwards"
            };
            format!("expected {expected:.4?}, got {got:.4?}. {cause}")
        })?;
    }
    for what in [CHAIN, RAYLEIGH_RITZ, CHOSEN] {
        report.expect(true, what, String::new);
    }
    Ok(())
}

/// Block b + 1 spans what A makes of block b; the last is the Q of the Rayleigh-Ritz step.
fn chain(report: &mut Report, a: &Recording, blocks: &[Array2<f64>]) -> Outcome {
    for b in 1..blocks.len() {
        let image = |of: usize| a.matrix().dot(&blocks[of]);
        let is = |other: &Array2<f64>| outside(&blocks[b], other) < 1e-8;
        report.insist(is(&image(b - 1)), CHAIN, || {
            let cause = if is(&blocks[b - 1]) {
                "It has the same span as the block before: its product is not used"
            } else if is(&blocks[0]) {
                "It has the span of G again: go on with the product"
            } else if is(&(image(b - 1) + &blocks[b - 1])) {
                "It is A Q + Q; take A Q alone"
            } else {
                "Is it the orthonormalised product, unchanged, with the same columns?"
            };
            format!("block {} of {} does not span what A makes of block {b}. {cause}", b + 1, blocks.len())
        })?;
    }
    Ok(())
}

/// The first block, over many seeds.
fn start(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(20, |i| (-1.0_f64).powi(i as i32) / (1.0 + i as f64));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 3));
    expect_gaussian(report, &mut |report, seed| {
        let (_, mut vectors) = run(student, report, &a, Sizes::new(2, 4, 0), seed)?;
        vectors.truncate(6);
        Ok(vectors)
    })?;
    let (one, _) = run(student, report, &a, Sizes::new(2, 4, 0), 5)?;
    let (again, _) = run(student, report, &a, Sizes::new(2, 4, 0), 5)?;
    let moved = (&again.values - &one.values).iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    report.require(moved < 1e-12, "the same seed gives the same eigenvalues", || {
        "two calls with seed 5 differ; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    })
}

/// Eight powers of a spectrum that falls by 4 each: the ninth power of a ratio of 4^5 is 1e27, beyond the digits of a double.
fn stability(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(30, |i| 0.25_f64.powi(i as i32));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 4));
    let (pairs, vectors) = run(student, report, &a, Sizes::new(6, 2, 8), 2)?;
    let truth = eigvalsh(a.matrix());
    let error = (0..6).map(|j| (pairs.values[j] / truth[29 - j] - 1.0).abs()).fold(0.0, f64::max);
    report.expect(
        error < 1e-8,
        "after eight powers the sixth eigenvalue of the spectrum 4^-j is not lost in rounding",
        || {
            let blocks: Vec<Array2<f64>> = vectors.chunks(8).map(stack).collect();
            let careless = (1..blocks.len()).find(|&b| loss_of_orthogonality(&blocks[b]) > 1e-8);
            let cause = match careless {
                Some(b) => format!("Block {} of {} reaches the operator with columns that are not orthonormal. Orthonormalise after *every* product; otherwise all columns turn towards the first eigenvector", b + 1, blocks.len()),
                None => "Every block is orthonormal when it reaches the operator; look at the small matrix and its eigenvectors".to_owned(),
            };
            format!("its relative error is {}. {cause}", number(error))
        },
    );
    Ok(())
}
