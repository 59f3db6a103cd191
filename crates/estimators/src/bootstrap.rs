use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2, Axis, ShapeBuilder, s};
use rand::Rng;

use super::perturbation::sin_theta;
use super::randomized::randomized_eigh;
use matrix_free::probe::{Stream, seeds};
use small_networks::{Entk, Mlp};

/// The top eigenpairs of the neural tangent kernel on bootstrap resamples of the images.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    /// The eigenvalues of each resample in descending order, one row per resample: shape `(n_boot, k)`.
    pub values: Array2<f64>,
    /// The images drawn for each resample, as row numbers of `x`: shape `(n_boot, N)`.
    pub drawn: Array2<usize>,
    /// The eigenvectors of each resample, shape `(N, k)`. Row `i` belongs to the `i`-th image drawn.
    pub vectors: Vec<Array2<f64>>,
    /// The same eigenvectors in parameter space, `$w_k = J_b^\top u_k / \sqrt{\lambda_k}$`: orthonormal columns, shape
    /// `(P, k)`.
    pub directions: Vec<Array2<f64>>,
}

/// The top `k` eigenpairs of the neural tangent kernel on `n_boot` resamples of the images `x`.
///
/// Each resample draws `N` images with replacement. Its eigenpairs come from [`randomized_eigh`] with an oversampling of
/// 10 and one power iteration. An eigenvector `u` of `$K = J J^\top$` has one entry per image drawn, so vectors of two
/// resamples have no common coordinates. The corresponding eigenvector of `$J^\top J$` has, because all resamples share
/// the parameters:
///
/// ```math
/// w = \frac{J^\top u}{\sqrt{\lambda}}, \qquad J^\top J\, w = \lambda w, \qquad \lVert w \rVert = 1
/// ```
///
/// Shape of `x`: `(N, inputs)`. Cost: `$3 (k + 10) + k$` products per resample, of which the last `k` are VJPs alone.
///
/// # Panics
/// If `n_boot` is zero, `k` is not between 1 and `N`, or one of the `k` eigenvalues is not positive.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (model, x) = (Mlp::new(&[4, 3, 2], 0), gaussian_matrix(20, 4, &mut rng(1)));
/// let bootstrap = bootstrap_entk(&model, &x, 3, 2, 0);
/// assert_eq!((bootstrap.values.dim(), bootstrap.drawn.dim()), ((3, 2), (3, 20)));
/// // Directions of different resamples can be compared.
/// let angle = principal_angle(&bootstrap.directions[0], &bootstrap.directions[1]);
/// assert!((0.0..=PI / 2.0).contains(&angle));
/// ```
///
/// # References
/// Efron and Tibshirani, *An Introduction to the Bootstrap*, Chapman and Hall, 1993, section 7.2 (eigenvalues and eigenvectors).
pub fn bootstrap_entk(model: &Mlp, x: &Array2<f64>, n_boot: usize, k: usize, seed: u64) -> Bootstrap {
    assert!(n_boot > 0, "n_boot must be at least 1, got 0");
    let n = x.nrows();
    let mut bootstrap =
        Bootstrap { values: Array2::zeros((n_boot, k)), drawn: Array2::zeros((n_boot, n)), ..Bootstrap::default() };
    for (b, seed) in seeds(seed).take(n_boot).enumerate() {
        let mut rng = Stream::Resamples.rng(seed);
        let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
        let kernel = Entk::new(model, &x.select(Axis(0), &drawn));
        bootstrap.drawn.row_mut(b).assign(&Array1::from(drawn));
        let pairs = randomized_eigh(&kernel, k, 10, 1, seed);
        bootstrap.directions.push(to_parameter_space(&kernel, &pairs.values, &pairs.vectors));
        bootstrap.values.row_mut(b).assign(&pairs.values);
        bootstrap.vectors.push(pairs.vectors);
    }
    bootstrap
}

/// `w_k = J^T u_k / sqrt(lambda_k)` for every column.
fn to_parameter_space(kernel: &Entk, values: &ArrayRef1<f64>, vectors: &ArrayRef2<f64>) -> Array2<f64> {
    let mut directions = Array2::zeros((kernel.n_params(), values.len()).f());
    for ((mut w, u), &value) in directions.columns_mut().into_iter().zip(vectors.columns()).zip(values) {
        assert!(value > 0.0, "an eigenvalue of the kernel must be above 0 to have a direction, got {value}");
        w.assign(&(kernel.vjp(&u) / value.sqrt()));
    }
    directions
}

/// The sine of the largest principal angle between the spans of the first `k` columns, for every pair of `bases`: how far the
/// top-`k` eigenspaces of resamples have turned from each other.
///
/// ```math
/// \sin \Theta_k^{(i, j)} = \lVert (I - U_i U_i^\top) U_j \rVert_2, \qquad U_i = \text{the first } k \text{ columns of basis } i
/// ```
///
/// Each pair comes once, `(1, 0)`, `(2, 0)`, `(2, 1)`, ..: for `b` bases the result has length `b (b - 1) / 2`. All bases have the same
/// shape `(n, columns)`. Cost: `O(b^2 n k^2)`.
///
/// # Panics
/// If `k` is not between 1 and the number of columns of every basis, or the bases differ in their number of rows.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let lines = [array![[1.0], [0.0]], array![[0.6], [0.8]], array![[0.0], [1.0]]];
/// let sines = pairwise_sines(&lines, 1);
/// assert!((sines - array![0.8, 1.0, 0.6]).iter().all(|difference| difference.abs() < 1e-15));
/// ```
///
/// # References
/// Björck and Golub, *Numerical methods for computing angles between linear subspaces*, Mathematics of Computation 27, 1973,
/// section 4.
pub fn pairwise_sines(bases: &[Array2<f64>], k: usize) -> Array1<f64> {
    let leading: Vec<ArrayView2<f64>> = bases
        .iter()
        .map(|basis| {
            let columns = basis.ncols();
            assert!((1..=columns).contains(&k), "k must be from 1 to the number of columns, {columns}, got {k}");
            basis.slice(s![.., ..k])
        })
        .collect();
    let pairs = (0..leading.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(|(i, j)| sin_theta(&leading[i], &leading[j])).collect()
}
