use ndarray::{Array1, Array2, Axis};

use small_networks::{Entk, Mlp};

/// The product `K v = J (J^T v)` with the empirical neural tangent kernel of the images `x`, layer by layer: one VJP, then one JVP.
///
/// With `H`, shape `(N, in)`, what enters a layer and `D`, shape `(N, out)`, the derivative of `f` in what leaves it:
/// `J^T v` is the matrix `G = D^T diag(v) H` and the vector `g = D^T v`, and `J` takes them to `sum_o D * (H G^T + g)`, a row per image.
/// Neither `K` nor `J` is formed. Cost: `O(N P)`.
///
/// For more than one product with the same images make an [`Entk`], which computes the factors once.
///
/// # Panics
/// As [`Entk::new`], and if `v` is not of length `N`.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (model, x) = (Mlp::new(&[4, 3, 2], 0), gaussian_matrix(5, 4, &mut rng(1)));
/// let v = Array1::ones(5);
/// let difference = entk_matvec(&model, &x, &v) - entk_explicit(&model, &x).dot(&v);
/// assert!(norm(&difference) < 1e-12);
/// ```
///
/// # References
/// Jacot, Gabriel and Hongler, *Neural tangent kernel*, NeurIPS 2018, section 4; Novak, Sohl-Dickstein and Schoenholz, *Fast finite width neural
/// tangent kernel*, ICML 2022.
pub fn entk_matvec(model: &Mlp, x: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    let n = x.nrows();
    assert!(v.len() == n, "v must have one entry per image, {n}, got length {}", v.len());
    let mut product = Array1::zeros(n);
    for layer in Entk::new(model, x).layers() {
        let weighted = &layer.deltas * &v.view().insert_axis(Axis(1));
        // The VJP: what v makes of this layer's weights and biases.
        let (weights, biases) = (weighted.t().dot(&layer.inputs), weighted.sum_axis(Axis(0)));
        // The JVP: how the layer's output moves along them, and f with it.
        let change = layer.inputs.dot(&weights.t()) + biases;
        product += &(change * &layer.deltas).sum_axis(Axis(1));
    }
    product
}

/// Eigenfunctions as pictures: row `k` is `sum_i u_k[i] x_i`, with the sign that makes the sum of the cubes of its pixels positive.
///
/// `x` holds an image per row, shape `(N, pixels)`, `vectors` an eigenvector per column, shape `(N, k)`; the result has shape `(k, pixels)`.
///
/// # Panics
/// If `vectors` does not have a row per image.
pub fn eigenfunction_images(x: &Array2<f64>, vectors: &Array2<f64>) -> Array2<f64> {
    let n = x.nrows();
    assert!(vectors.nrows() == n, "vectors must have one row per image, {n}, got {}", vectors.nrows());
    let mut pictures = vectors.t().dot(x);
    for mut picture in pictures.rows_mut() {
        // The sign of an eigenvector is the solver's choice. The largest pixel would not do to fix it: two of opposite sign may tie.
        if picture.mapv(|pixel| pixel.powi(3)).sum() < 0.0 {
            picture *= -1.0;
        }
    }
    pictures
}
