//! What probe vectors must be like, whichever generator they come from: new in every draw, no part of another call's, and of the
//! distribution that was asked for. Tests by z-score, each with a bound that a right draw exceeds less than once in 100,000 times.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};

use super::claim::number;
use super::report::{Outcome, Report};

/// Longer than any word of random bits, so that bits used twice show; and no two probes are ever alike.
pub(super) const LENGTH: usize = 130;

/// Seeds that a wrong use confuses: 0 and 1 (`seed * i`, powers), neighbours (`seed + i`, `seed / 2`), multiples (`seed * (i + 1)`), round
/// distances (`seed + 100 * i`, `seed % 10`), and pairs that agree in their low bits or as floating-point numbers.
pub(super) const SEEDS: [u64; 14] =
    [3, 4, 0, 1, 2, 6, 13, 103, 1003, 3 + (1 << 8), 3 + (1 << 16), 3 + (1 << 32), (1 << 60) + 1, (1 << 60) + 2];

/// The probes of one call.
pub(super) struct Call {
    pub(super) seed: u64,
    pub(super) probes: Vec<Array1<f64>>,
}

pub(super) fn is_sign_vector(z: &Array1<f64>) -> bool {
    z.iter().all(|&entry| entry == 1.0 || entry == -1.0)
}

/// The vector up to a factor: what two probes have in common when one is the other, its opposite, or normalised.
fn direction(z: &Array1<f64>) -> Vec<u64> {
    z.iter().map(|entry| (entry / z[0]).to_bits()).collect()
}

/// The number of different vectors, where z and -z count as one.
pub(super) fn count_distinct(probes: &[Array1<f64>]) -> usize {
    probes.iter().map(direction).collect::<std::collections::BTreeSet<_>>().len()
}

/// Expects every probe of a call to be a new draw.
pub(super) fn expect_fresh(report: &mut Report, call: &Call, what: &str) -> Outcome {
    let (distinct, m) = (count_distinct(&call.probes), call.probes.len());
    report.insist(distinct == m, what, || {
        let repeats = |lag: usize| (lag..m).all(|i| direction(&call.probes[i]) == direction(&call.probes[i - lag]));
        let cause = if call.seed <= 1 && distinct == 1 {
            "A seed such as `seed * i` or `seed.pow(i)` is the same for every i then; create one generator with `rng(seed)`, before the loop."
        } else if repeats(1) {
            "Draw inside the loop, but create the generator outside it; a generator created again from the same seed repeats itself."
        } else if 2 * distinct == m && (0..m).step_by(2).all(|i| i + 1 < m && direction(&call.probes[i]) == direction(&call.probes[i + 1])) {
            "Each comes twice, perhaps with the other sign, which gives the same z^T A z; draw every probe anew."
        } else {
            "Draw every probe anew, all of them from one generator that is created before the loop."
        };
        format!("with seed {}, expected {m} different vectors, got {distinct}. {cause}", call.seed)
    })
}

/// Expects that no probe of one call appears in another.
pub(super) fn expect_apart(report: &mut Report, calls: &[Call]) -> Outcome {
    let mut of = BTreeMap::new();
    // The pair of calls that share most, and how many of the later call's probes that are.
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (number, call) in calls.iter().enumerate() {
        for z in &call.probes {
            let first = *of.entry(direction(z)).or_insert(number);
            if first != number {
                *shared.entry((first, number)).or_default() += 1;
            }
        }
    }
    let worst = shared.iter().max_by_key(|&((_, later), &count)| (count, std::cmp::Reverse(*later)));
    report.insist(worst.is_none(), "another seed gives other probes", || {
        let Some((&(first, later), &count)) = worst else { return String::new() };
        let directions = |call: &Call| call.probes.iter().map(direction).collect::<Vec<_>>();
        let in_order = directions(&calls[first]) == directions(&calls[later]);
        let (a, b, m) = (calls[first].seed, calls[later].seed, calls[later].probes.len());
        let none_differs = shared.iter().filter(|(_, count)| **count == m).count() + 1 == calls.len();
        if none_differs {
            return format!("seeds {a} and {b} gave the same vectors; create the generator from the `seed` argument");
        }
        let cause = if in_order && a.min(b) > 1 << 50 {
            "An f64 does not hold a seed of 64 bits exactly; pass `seed` on as it is."
        } else if in_order && a.abs_diff(b).is_power_of_two() && a.abs_diff(b) >= 256 {
            "The seed loses its high bits in a smaller integer type; pass `seed` on as it is, a u64."
        } else if in_order {
            "Different seeds end up as one; pass `seed` on as it is."
        } else {
            "A generator for every probe, with a seed such as `seed + i` or `seed * i`, meets those of another call; create one with `rng(seed)`, before the loop, and draw all the probes from it."
        };
        format!("the calls with seeds {a} and {b} have {count} of {m} probes in common. {cause}")
    })
}

/// Sums of products of entries, as z-scores: the largest between two places within a probe and between two probes of a call, and how far
/// all of them together are from chance.
struct Correlations {
    places: (f64, usize, usize),
    draws: (f64, usize, usize),
    all: f64,
}

impl Correlations {
    fn of(z: &Array2<f64>) -> Self {
        let (n, m) = (z.nrows() as f64, z.ncols() as f64);
        let (places, draws) = (z.dot(&z.t()), z.t().dot(z));
        let largest = |products: &Array2<f64>, count: f64| {
            products
                .indexed_iter()
                .filter(|((i, j), _)| i < j)
                .map(|((i, j), product)| (product / count.sqrt(), i, j))
                .fold(
                    (0.0, 0, 0),
                    |largest: (f64, usize, usize), one| if one.0.abs() > largest.0.abs() { one } else { largest },
                )
        };
        let lengths: Array1<f64> = draws.diag().to_owned();
        // The products of two probes, squared: |z_k|^2 |z_l|^2 / n on average.
        let off_diagonal = draws.iter().map(|d| d * d).sum::<f64>() - lengths.dot(&lengths);
        let expected = (lengths.sum().powi(2) - lengths.dot(&lengths)) / n;
        let all = (off_diagonal / expected - 1.0) * (m * (m - 1.0) / 4.0).sqrt();
        Self { places: largest(&places, m), draws: largest(&draws, n), all }
    }
}

fn as_columns(probes: &[Array1<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((probes.first().map_or(0, Array1::len), probes.len()), |(i, j)| probes[j][i])
}

/// Expects independent fair signs, from a few hundred sign vectors.
pub(super) fn expect_fair_signs(report: &mut Report, probes: &[Array1<f64>], what: &str) -> Outcome {
    let z = as_columns(probes);
    let lean = z.sum() / (z.len() as f64).sqrt();
    report.insist(lean.abs() < 6.0, what, || {
        format!(
            "{} % of the signs are +1. Both signs must have probability 1/2, or E[z z^T] = I does not hold; `probe.draw(a.dim(), &mut rng)` draws them so",
            number((50.0 + 50.0 * z.sum() / z.len() as f64).round())
        )
    })?;
    expect_uncorrelated(report, &z, what)
}

/// Expects independent standard normal numbers, from a few hundred vectors.
pub(super) fn expect_standard_normal(report: &mut Report, probes: &[Array1<f64>], what: &str) -> Outcome {
    let z = as_columns(probes);
    let count = z.len() as f64;
    let (mean, square) = (z.sum() / count, z.iter().map(|x| x * x).sum::<f64>() / count);
    let lengths: Array1<f64> = probes.iter().map(|z| z.dot(z)).collect();
    let (n, m) = (z.nrows() as f64, probes.len() as f64);
    let spread = matrix_free::linalg::variance(&lengths) / (2.0 * n);
    report.insist(spread > 0.01, what, || {
        "all the vectors have the same length; do not normalise them (on a sphere of fixed length the entries are not independent)".to_owned()
    })?;
    report.insist((square - 1.0).abs() < 6.0 * (2.0 / count).sqrt(), what, || {
        format!("the entries have the variance {}, not 1, so E[z z^T] = I does not hold", number(square))
    })?;
    report.insist(mean.abs() < 6.0 / count.sqrt(), what, || {
        format!("the entries have the mean {}, not 0; draw them with `probe.draw(a.dim(), &mut rng)`", number(mean))
    })?;
    let excess = z.iter().map(|x| x.powi(4)).sum::<f64>() / (count * square * square) - 3.0;
    report.insist(excess.abs() < 7.0 * (24.0 / count).sqrt(), what, || {
        let (tails, such_as) = if excess < 0.0 { ("lighter", "uniform numbers") } else { ("heavier", "a mixture") };
        format!(
            "E[z_i^4] is {}, not 3: the tails are {tails}, like those of {such_as}. Draw with `probe.draw(a.dim(), &mut rng)`",
            number(excess + 3.0)
        )
    })?;
    report.insist((spread - 1.0).abs() < 8.0 * (2.0 / m).sqrt(), what, || {
        format!(
            "the variance of |z|^2 is {} times that of independent entries; draw each entry anew, and do not normalise the vector",
            number(spread)
        )
    })?;
    expect_uncorrelated(report, &z, what)
}

fn expect_uncorrelated(report: &mut Report, z: &Array2<f64>, what: &str) -> Outcome {
    let found = Correlations::of(z);
    let (correlation, i, j) = found.places;
    report.insist(correlation.abs() < 7.0, what, || {
        let correlation = correlation / (z.ncols() as f64).sqrt();
        let bits = if (j - i).is_multiple_of(32) { ": are the bits of one word used more than once?" } else { "" };
        format!(
            "entries {i} and {j} of a probe have the correlation {}. Every entry needs a random number of its own{bits}",
            number(correlation)
        )
    })?;
    let (correlation, k, l) = found.draws;
    report.insist(correlation.abs() < 7.0, what, || {
        let n = (z.nrows() as f64).sqrt();
        format!(
            "probes {k} and {l} of a call have the correlation {}. Draw every probe anew, all of them from one generator",
            number(correlation / n)
        )
    })?;
    report.require(found.all.abs() < 9.0, what, || {
        "the entries are correlated; draw every entry of every probe anew".to_owned()
    })
}
