//! Whether a function draws its start vector from its seed.

use ndarray::{Array1, ArrayRef1, s};

use super::report::{End, Outcome, Report};
use matrix_free::linalg::norm;

/// The size for which [`expect_starts`] is made: in 64 dimensions independent random vectors are nearly orthogonal.
pub(super) const START_SIZE: usize = 64;

/// Calls `start` with many seeds: the same seed must give the same vector, different seeds independent ones.
///
/// Independent starts, Gaussian or signs, have a cosine of 1/8 in root mean square: more than 0.75 among these comes once in ten million. Starts
/// without negative entries may stay below that; their mean cosine, 0.64 for the magnitudes of Gaussian numbers, does not stay near 0.1.
pub(super) fn expect_starts(
    report: &mut Report,
    mut start: impl FnMut(&mut Report, u64) -> Result<Array1<f64>, End>,
    remedy: &str,
) -> Outcome {
    let (first, again) = (start(report, 3)?, start(report, 3)?);
    report.require(first == again, "the same seed gives the same start", || {
        format!("two calls with seed 3 gave different vectors; {remedy}")
    })?;
    // Neighbours, and seeds that a division, a remainder or a cast would make the same.
    let seeds = [3, 4, 2, 6, 7, 13, 103, 3 + (1 << 8), 3 + (1 << 16), 3 + (1 << 32)];
    let mut starts = Vec::new();
    for seed in seeds {
        starts.push(start(report, seed)?);
    }
    let pairs: Vec<(usize, usize)> = (0..seeds.len()).flat_map(|i| (0..i).map(move |j| (j, i))).collect();
    let cosine = |a: &ArrayRef1<f64>, b: &ArrayRef1<f64>| (a.dot(b) / (norm(a) * norm(b))).abs();
    let cosines: Vec<f64> = pairs.iter().map(|&(i, j)| cosine(&starts[i], &starts[j])).collect();
    let limit = if cosines.iter().sum::<f64>() > 0.4 * cosines.len() as f64 { 0.4 } else { 0.75 };
    let close = cosines.iter().position(|cosine| *cosine > limit).map(|at| pairs[at]);
    report.require(close.is_none(), "another seed gives another start", || {
        let (i, j) = close.unwrap_or_default();
        let equal_entries = first.iter().all(|x| (x - first[0]).abs() < 1e-12);
        let cause = if equal_entries {
            ", and a vector of equal entries may be orthogonal to the eigenvector you want"
        } else if cosine(&starts[i], &starts[j]) < 0.999 {
            ". They point in similar directions, as vectors without negative entries do"
        } else if (i, j) != (0, 1) {
            ". Use the seed as it is, without a division, a remainder or a cast"
        } else {
            ""
        };
        let what =
            if cosine(&starts[i], &starts[j]) < 0.999 { "starts that are not independent" } else { "the same vector" };
        format!("seeds {} and {} gave {what}{cause}; {remedy}", seeds[i], seeds[j])
    })?;
    let half = START_SIZE / 2;
    let shifted = (1..=half).find(|&lag| {
        let (ahead, behind) = (starts[0].slice(s![lag..]), starts[1].slice(s![..START_SIZE - lag]));
        let (before, after) = (starts[1].slice(s![lag..]), starts[0].slice(s![..START_SIZE - lag]));
        cosine(&ahead, &behind) > 0.99 || cosine(&before, &after) > 0.99
    });
    report.insist(shifted.is_none(), "neighbouring seeds share no numbers", || {
        format!(
            "the starts of seeds 3 and 4 hold the same numbers, shifted by {}. Create one generator from the seed, not one for each entry; {remedy}",
            shifted.unwrap_or(0)
        )
    })
}
