use ndarray::{Array1, Array2, Axis};

use small_networks::{Entk, Model, softmax};

/// The product of the Gauss-Newton matrix of softmax cross-entropy with `v`, put together from Jacobian products class by class.
///
/// ```math
/// G v = \frac{1}{N} \sum_{i=1}^{N} J_i^\top \big( \operatorname{diag}(p_i) - p_i p_i^\top \big) J_i\, v
/// ```
///
/// `$J_i$` holds the gradients of the outputs for image `i`, one row per class, and `$p_i$` is the softmax of these outputs. From right to left: how the
/// outputs change along `v` (a JVP per class), what the loss makes of that change, and back to the parameters (a VJP per class).
///
/// Shapes: `x` is `(N, inputs)`, `v` and the product have length `P`. Cost: `O(N P classes)`, because each class goes through the network on its own;
/// [`GaussNewton`](small_networks::GaussNewton) takes all classes through it at once.
///
/// # Panics
/// If `v` is not of length `P`; otherwise as [`Entk::of_logit`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let ((x, y), model) = (toy_batch(30, 0), toy_mlp(0));
/// let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
/// let (plain, fast) = (gauss_newton_matvec(&model, &x, &v), GaussNewton::new(&model, &x, &y).apply(&v));
/// assert!(norm(&(&plain - &fast)) < 1e-12 * norm(&fast));
/// ```
///
/// # References
/// Schraudolph, *Fast curvature matrix-vector products for second-order gradient descent*, Neural Computation 14, 2002, section 3.
pub fn gauss_newton_matvec(model: &dyn Model, x: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    let n_params = model.n_params();
    assert!(v.len() == n_params, "v must have P = {n_params} entries, got {}", v.len());
    let p = softmax(&model.logits(x));
    let (n, classes) = p.dim();
    let jacobians: Vec<Entk> = (0..classes).map(|class| Entk::of_logit(model, x, class)).collect();

    // How the outputs change along v: J_i v in row i.
    let mut change = Array2::zeros((n, classes));
    for (mut of_class, jacobian) in change.columns_mut().into_iter().zip(&jacobians) {
        of_class.assign(&jacobian.jvp(v));
    }
    // Through the loss: (diag(p) - p p^T) w = p * (w - <p, w>).
    let mean = (&p * &change).sum_axis(Axis(1)).insert_axis(Axis(1));
    let weights = &p * &(change - mean) / n as f64;
    // Back to the parameters.
    let pairs = jacobians.iter().zip(weights.columns());
    pairs.map(|(jacobian, of_class)| jacobian.vjp(&of_class)).fold(Array1::zeros(n_params), |sum, part| sum + part)
}
