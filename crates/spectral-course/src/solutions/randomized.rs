use ndarray::{Array1, Array2, ShapeBuilder};

use super::range::power_range_finder;
use matrix_free::linalg::eigh;
use matrix_free::operator::SymmetricOperator;

/// Approximate eigenpairs, and what they cost.
#[derive(Clone, Debug)]
pub struct Eigenpairs {
    /// The `k` eigenvalues, by descending magnitude.
    pub values: Array1<f64>,
    /// The eigenvectors as columns, shape `(n, k)`, orthonormal.
    pub vectors: Array2<f64>,
    /// The number of matvecs.
    pub n_matvecs: usize,
}

/// The `k` eigenpairs of largest magnitude by a randomized range finder and a Rayleigh-Ritz step.
///
/// A basis `Q` of `A^(n_power + 1) G`, `G` Gaussian with `k + oversample` columns (at most `n`), and the eigenpairs of
/// `Q^T A Q`. Between powers the block is orthonormalised: without that its columns all turn towards the first eigenvector.
/// Cost: `(n_power + 2) (k + oversample)` matvecs.
///
/// # Panics
/// If `k` is not from 1 to `n`.
///
/// # References
/// Halko, Martinsson and Tropp, *Finding structure with randomness*, SIAM Review 53, 2011, algorithms 4.4 and 5.3.
pub fn randomized_eigh(
    a: &dyn SymmetricOperator,
    k: usize,
    oversample: usize,
    n_power: usize,
    seed: u64,
) -> Eigenpairs {
    let n = a.dim();
    assert!((1..=n).contains(&k), "k is from 1 to n = {n}, got {k}");
    let width = (k + oversample).min(n);
    let q = power_range_finder(a, width, n_power, seed);
    let b = q.t().dot(&a.apply_block(&q));
    // Rounding leaves Q^T A Q a little unsymmetric; the eigensolver reads one triangle.
    let small = eigh(&((&b + &b.t()) / 2.0));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&i, &j| small.values[j].abs().total_cmp(&small.values[i].abs()));
    order.truncate(k);
    let chosen = Array2::from_shape_fn((width, k).f(), |(i, j)| small.vectors[[i, order[j]]]);
    Eigenpairs {
        values: order.iter().map(|&i| small.values[i]).collect(),
        vectors: q.dot(&chosen),
        n_matvecs: (n_power + 2) * width,
    }
}
