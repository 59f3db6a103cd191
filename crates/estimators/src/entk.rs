use ndarray::{Array1, Array2, Axis};

use small_networks::{Entk, Mlp};

/// The product of the empirical neural tangent kernel of the images `x` with `v`, layer by layer: one VJP, then one JVP.
///
/// ```math
/// K v = J (J^\top v) = \sum_{\text{layers}} \big( D \circ (H G^\top + \mathbf{1} g^\top) \big) \mathbf{1}, \qquad G = D^\top \operatorname{diag}(v)\, H, \quad g = D^\top v
/// ```
///
/// For each layer, `H` of shape `(N, in)` holds its inputs, and `D` of shape `(N, out)` the derivatives of `f` with
/// respect to its outputs. The VJP `$J^\top v$` consists of the matrices `$G$` and the vectors `$g$`; the JVP sums over
/// the outputs of each layer, which leaves one entry per image. Neither `K` nor `J` is formed. Cost: `O(N P)`.
///
/// For more than one product with the same images make an [`Entk`], which computes the factors once.
///
/// # Panics
/// As [`Entk::new`], or if `v` is not of length `N`.
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
/// Jacot, Gabriel and Hongler, *Neural tangent kernel*, NeurIPS 2018, section 4; Novak, Sohl-Dickstein and Schoenholz,
/// *Fast finite width neural tangent kernel*, ICML 2022.
pub fn entk_matvec(model: &Mlp, x: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    let n = x.nrows();
    assert!(v.len() == n, "v must have one entry per image, {n}, got length {}", v.len());
    let mut product = Array1::zeros(n);
    for layer in Entk::new(model, x).layers() {
        let weighted = &layer.deltas * &v.view().insert_axis(Axis(1));
        // The VJP in this layer's weights and biases.
        let (weights, biases) = (weighted.t().dot(&layer.inputs), weighted.sum_axis(Axis(0)));
        // The JVP: how the layer's output moves along them, and f with it.
        let change = layer.inputs.dot(&weights.t()) + biases;
        product += &(change * &layer.deltas).sum_axis(Axis(1));
    }
    product
}

/// Eigenfunctions as pictures: picture `k` is the sum of the images weighted by eigenvector `k`, `$\sum_i u_{ik} x_i$`.
///
/// The sign is chosen so that the sum of the cubes of the pixels is positive.
///
/// Shapes: `x` is `(N, pixels)` with one row per image, `vectors` is `(N, k)` with one column per eigenvector, and the
/// result is `(k, pixels)`.
///
/// # Panics
/// If `vectors` does not have one row per image.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let pictures = eigenfunction_images(&x, &array![[1.0, 0.0], [0.0, -1.0]]);
/// assert_eq!(pictures, array![[1.0, 0.0], [0.0, 2.0]]);
/// ```
pub fn eigenfunction_images(x: &Array2<f64>, vectors: &Array2<f64>) -> Array2<f64> {
    let n = x.nrows();
    assert!(vectors.nrows() == n, "vectors must have one row per image, {n}, got {}", vectors.nrows());
    let mut pictures = vectors.t().dot(x);
    for mut picture in pictures.rows_mut() {
        // The sign of an eigenvector is arbitrary. The largest pixel would not determine it: two of opposite sign may tie.
        if picture.mapv(|pixel| pixel.powi(3)).sum() < 0.0 {
            picture *= -1.0;
        }
    }
    pictures
}
