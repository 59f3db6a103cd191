//! What a Gaussian block is, judged by the vectors that reach the operator in many calls.
//!
//! Every measure is blind to the length and the sign of a column: the space that the block spans does not depend on them, nor
//! does it change when the student orthonormalises the block before the first product.

use ndarray::{Array1, Array2, Axis};

use super::claim::number;
use super::listener::Stopped;
use super::report::{End, Outcome, Report};
use matrix_free::linalg::singular_values;
use matrix_free::probe::seeds;

/// Neighbours, multiples, and what is left of them in 8 or 16 bits or in their last digits.
const SMALL_SEEDS: [u64; 15] = [5, 6, 0, 1, 2, 3, 4, 8, 10, 11, 16, 101, 257, 1001, 65_537];
/// How many seeds there are besides, of all 64 bits.
const LARGE_SEEDS: usize = 85;
/// How many standard deviations a measure may be off. Each is a mean over hundreds of columns.
const LIMIT: f64 = 7.0;

/// The block of one call: the seed, and the vectors as columns.
struct Block {
    seed: u64,
    columns: Array2<f64>,
}

/// Calls the student's function with a seed, and returns the first vectors that reach the operator.
type Draw<'a> = dyn FnMut(&mut Report, u64) -> Result<Vec<Array1<f64>>, End> + 'a;

/// Expects the blocks that `draw` gets from the student's function, by seed, to be independent and Gaussian.
pub(super) fn expect_gaussian(report: &mut Report, draw: &mut Draw<'_>) -> Outcome {
    let mut blocks = Vec::new();
    for seed in SMALL_SEEDS {
        let columns = stack(&draw(report, seed)?);
        entries(report, &columns)?;
        blocks.push(Block { seed, columns });
    }
    independent(report, &blocks)?;
    report.expect(true, "the columns of one call are independent", String::new);
    fresh(report, &blocks)?;
    report.expect(true, "different seeds give different vectors", String::new);
    for seed in seeds(17).take(LARGE_SEEDS) {
        match draw(report, seed) {
            Ok(vectors) => blocks.push(Block { seed, columns: stack(&vectors) }),
            Err(End::Stopped(Stopped::Panicked(message))) if message.contains("overflow") => {
                report.require(false, "any number will do as a seed", || {
                    format!("seed {seed} stops with: {message}. Do not compute with the seed; draw all the columns from one generator, `rng(seed)`")
                })?;
            }
            Err(end) => return Err(end),
        }
    }
    independent(report, &blocks)?;
    distribution(report, &blocks)
}

fn stack(vectors: &[Array1<f64>]) -> Array2<f64> {
    let n = vectors.first().map_or(0, Array1::len);
    Array2::from_shape_fn((n, vectors.len()), |(i, j)| vectors[j][i])
}

/// What one look at the numbers shows.
fn entries(report: &mut Report, columns: &Array2<f64>) -> Outcome {
    let count = columns.len();
    let zeros = columns.iter().filter(|x| **x == 0.0).count();
    report.insist(zeros == 0, GAUSSIAN, || {
        let cause = if columns.columns().into_iter().all(|c| c.iter().filter(|x| **x != 0.0).count() == 1) {
            "Columns of the identity see only some columns of A; use"
        } else {
            "A Gaussian number is never zero; use"
        };
        format!("{zeros} of {count} entries are zero. {cause} `Probe::Gaussian.draw_block(n, width, &mut rng)`")
    })?;
    let one_sign = columns.iter().all(|x| *x > 0.0);
    report.insist(!one_sign, GAUSSIAN, || {
        "all the entries are positive: they are not centred at zero; numbers from `rng.random::<f64>()`, for example, lie in [0, 1). Use `Probe::Gaussian.draw_block(n, width, &mut rng)`".to_owned()
    })?;
    let signs = columns.columns().into_iter().all(|c| c.iter().all(|x| (x.abs() / c[0].abs() - 1.0).abs() < 1e-12));
    report.insist(!signs, GAUSSIAN, || {
        "the entries of a column differ only in their signs. Random signs (`Probe::Rademacher`) are often as good in practice, but the exercise and the bound of exercise 1.2 are about Gaussian numbers, `Probe::Gaussian`".to_owned()
    })
}

const GAUSSIAN: &str = "the first vectors that reach the operator are Gaussian";

/// The columns of each call span as many directions as there are columns.
fn independent(report: &mut Report, blocks: &[Block]) -> Outcome {
    let dependent = |block: &Block| {
        let sigma = singular_values(&units(&block.columns));
        sigma[sigma.len() - 1] <= 1e-8 * sigma[0]
    };
    let Some(bad) = blocks.iter().find(|block| dependent(block)) else { return Ok(()) };
    report.require(false, "the columns of one call are independent", || {
        let others = blocks.iter().filter(|block| !dependent(block)).count();
        let cause = if bad.seed == 0 && others + 1 == blocks.len() {
            "With other seeds they are independent: a generator per column with a multiple of the seed, as in `rng(seed * (j + 1))`, is the same for all columns if the seed is 0. Draw all the columns from one generator, `rng(seed)`"
        } else {
            "Create the generator once, and draw all the columns from it"
        };
        format!("with seed {} some are multiples or combinations of one another. {cause}", bad.seed)
    })
}

/// No column comes again in a call with another seed, and no number either.
fn fresh(report: &mut Report, blocks: &[Block]) -> Outcome {
    let width = blocks[0].columns.ncols();
    let all = side_by_side(blocks);
    let cosines = all.t().dot(&all);
    let same = |i: usize, j: usize| cosines[[i, j]].abs() > 1.0 - 1e-9;
    let shared =
        |b: usize, c: usize| (0..width).filter(|i| (0..width).any(|j| same(b * width + i, c * width + j))).count();
    let pairs: Vec<(usize, usize)> = (0..blocks.len()).flat_map(|c| (0..c).map(move |b| (b, c))).collect();
    let counts: Vec<usize> = pairs.iter().map(|&(b, c)| shared(b, c)).collect();
    let what = "different seeds give different vectors";
    let all_shared = counts.iter().filter(|count| **count == width).count();
    report.insist(all_shared < pairs.len(), what, || {
        "every seed gave the same vectors; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    })?;
    if let Some(at) = counts.iter().position(|count| *count > 0) {
        let (one, other) = (blocks[pairs[at].0].seed, blocks[pairs[at].1].seed);
        return report.require(false, what, || {
            let count = counts[at];
            if counts.iter().all(|other| *other == count) {
                format!("{count} of {width} vectors are the same for every seed; draw all the columns from one generator, `rng(seed)`")
            } else if count == width {
                format!("seeds {one} and {other} gave the same vectors. Pass the seed to the generator as it is, `rng(seed)`")
            } else {
                format!("seeds {one} and {other} share {count} of {width} vectors. A generator per column with a seed such as `seed + j` or `seed * j` overlaps with those of other seeds; draw all the columns from one generator, `rng(seed)`")
            }
        });
    }
    let mut numbers: Vec<f64> = blocks.iter().flat_map(|block| block.columns.iter().map(|x| x.abs())).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let count = numbers.len();
    let most = numbers.chunk_by(|one, other| one == other).map(<[f64]>::len).max().unwrap_or(0);
    numbers.dedup();
    let again = count - numbers.len();
    report.insist(again * 20 < count, GAUSSIAN, || {
        if numbers.len() < 100 {
            format!("their entries take only {} different magnitudes. Use `Probe::Gaussian.draw_block(n, width, &mut rng)`", numbers.len())
        } else if most > again {
            format!("{most} of {count} entries have the same magnitude, where larger ones were cut. Use `Probe::Gaussian.draw_block(n, width, &mut rng)` as it is")
        } else {
            format!("of {count} numbers, {again} have come before. Draw every entry of every column anew, from one generator")
        }
    })
}

/// The columns at length 1.
fn units(columns: &Array2<f64>) -> Array2<f64> {
    columns / &(columns * columns).sum_axis(Axis(0)).mapv(f64::sqrt)
}

/// The columns of all the blocks, at length 1.
fn side_by_side(blocks: &[Block]) -> Array2<f64> {
    let width = blocks[0].columns.ncols();
    let mut all = Array2::zeros((blocks[0].columns.nrows(), width * blocks.len()));
    for (block, mut columns) in blocks.iter().zip(all.axis_chunks_iter_mut(Axis(1), width)) {
        columns.assign(&units(&block.columns));
    }
    all
}

/// How far the directions are from uniform, in standard deviations.
pub(super) struct Scores {
    /// Of the mean of `(sum_i z_i)^2 / n`: large if the numbers are not centred.
    centre: f64,
    /// Of the mean fourth power, and its ratio to that of Gaussian numbers.
    fourth: f64,
    fourth_ratio: f64,
    /// The largest of the means of `z_i z_j - delta_ij`, and where it is.
    second: f64,
    at: (usize, usize),
    /// Of the mean squared cosine between columns of one call, and of different calls.
    within: f64,
    between: f64,
}

fn scores(blocks: &[Block]) -> Scores {
    let width = blocks[0].columns.ncols();
    let all = side_by_side(blocks);
    let (n, count) = (all.nrows() as f64, all.ncols() as f64);
    let z = &all * n.sqrt();
    // For a uniform direction, z_i^2 has the moments 1, 3n / (n + 2), and so on.
    let square_variance = 3.0 * n / (n + 2.0) - 1.0;
    let squared_sums = z.sum_axis(Axis(0)).mapv(|sum| sum * sum / n);
    let centre = (squared_sums.sum() / count - 1.0) * (count / square_variance).sqrt();
    let fourth_mean = 3.0 * n / (n + 2.0);
    let product = n * (n + 2.0) * (n + 4.0) * (n + 6.0);
    let eighth = 105.0 * n.powi(4) / product;
    let mixed = 9.0 * n.powi(4) / product;
    let fourth_variance = (eighth + (n - 1.0) * mixed) / n - fourth_mean * fourth_mean;
    let squares = &z * &z;
    let fourth_ratio = (&squares * &squares).sum() / (n * count) / fourth_mean;
    let fourth = (fourth_ratio - 1.0) * fourth_mean * (count / fourth_variance).sqrt();
    let moments = z.dot(&z.t()) / count;
    let (mut second, mut at) = (0.0, (0, 0));
    for ((i, j), moment) in moments.indexed_iter() {
        let (expected, variance) = if i == j { (1.0, square_variance) } else { (0.0, n / (n + 2.0)) };
        let score = (moment - expected) * (count / variance).sqrt();
        if score.abs() > f64::abs(second) {
            (second, at) = (score, (i, j));
        }
    }
    // The mean square of n cos^2 less what the columns contribute with themselves.
    let cosine_variance = 2.0 * (n - 1.0) / (n + 2.0);
    let excess = |total: f64, pairs: f64| (n * total / pairs - 1.0) * (pairs / cosine_variance).sqrt();
    let squared = |a: &Array2<f64>| a.iter().map(|x| x * x).sum::<f64>();
    let own: Vec<f64> =
        all.axis_chunks_iter(Axis(1), width).map(|block| squared(&block.t().dot(&block)) - width as f64).collect();
    let within_total = own.iter().sum::<f64>() / 2.0;
    let within_pairs = (blocks.len() * width * (width - 1)) as f64 / 2.0;
    let between_total = (squared(&all.dot(&all.t())) - count) / 2.0 - within_total;
    let between_pairs = count * (count - 1.0) / 2.0 - within_pairs;
    let within = if within_pairs > 0.0 { excess(within_total, within_pairs) } else { 0.0 };
    Scores { centre, fourth, fourth_ratio, second, at, within, between: excess(between_total, between_pairs) }
}

fn distribution(report: &mut Report, blocks: &[Block]) -> Outcome {
    let found = scores(blocks);
    let count = blocks.len() * blocks[0].columns.ncols();
    let remedy = "Use `Probe::Gaussian.draw_block(n, width, &mut rng)`";
    report.insist(found.centre.abs() < LIMIT, GAUSSIAN, || {
        let side = if found.centre > 0.0 {
            "their entries are not centred at zero, or are correlated with each other"
        } else {
            "the entries of a column add up to less than independent ones would"
        };
        format!(
            "{side}: the sum of a column is off by {} standard deviations over {count} columns. {remedy}",
            number(found.centre.abs())
        )
    })?;
    report.insist(found.second.abs() < LIMIT, GAUSSIAN, || {
        let (i, j) = found.at;
        let why = if i == j {
            format!("entry {i} has another size than the other entries")
        } else {
            format!("entries {i} and {j} of a column are correlated")
        };
        format!("{why}, by {} standard deviations over {count} columns. {remedy}", number(found.second.abs()))
    })?;
    report.insist(found.fourth.abs() < LIMIT, GAUSSIAN, || {
        let tails = if found.fourth < 0.0 {
            "too few large entries: uniform numbers, for example, or cut ones"
        } else {
            "too many large entries, or entries near zero"
        };
        format!(
            "their mean fourth power is {} times that of Gaussian numbers: there are {tails}. {remedy}",
            number(found.fourth_ratio)
        )
    })?;
    report.insist(found.within < LIMIT, "the columns of one call are independent", || {
        "the columns of one call resemble each other. Draw every column anew, from one generator".to_owned()
    })?;
    report.insist(found.between < LIMIT, "different seeds give different vectors", || {
        "vectors of different seeds resemble each other. Draw all the columns from `rng(seed)`".to_owned()
    })?;
    report.expect(true, GAUSSIAN, String::new);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrix_free::probe::{Probe, rng};

    /// A right version is not turned away by chance: over 2000 streams, no score comes near the limit.
    #[test]
    #[ignore = "a measurement that takes a minute"]
    fn the_scores_of_gaussian_blocks() {
        let mut worst = [0.0_f64; 5];
        for run in 0..2000 {
            let blocks: Vec<Block> = seeds(run)
                .take(SMALL_SEEDS.len() + LARGE_SEEDS)
                .map(|seed| Block { seed, columns: Probe::Gaussian.draw_block(20, 6, &mut rng(seed)) })
                .collect();
            let s = scores(&blocks);
            for (worst, score) in worst.iter_mut().zip([s.centre, s.fourth, s.second, s.within, s.between]) {
                *worst = worst.max(score.abs());
            }
        }
        println!("centre, fourth, second, within, between: {worst:.2?}");
        assert!(worst.iter().all(|score| *score < LIMIT - 1.0), "{worst:.2?}");
    }
}
