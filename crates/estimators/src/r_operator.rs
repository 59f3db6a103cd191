use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use super::hvp::check_direction;
use small_networks::Mlp;

/// The product of the Hessian with `v` by Pearlmutter's R-operator: forward pass, R-forward, backward pass, R-backward.
///
/// ```math
/// \mathcal{R}\{f\} = \left. \frac{\partial}{\partial t} f(\theta + t v) \right|_{t = 0}, \qquad \mathcal{R}\{\theta\} = v, \qquad \mathcal{R}\{\nabla L\} = H v
/// ```
///
/// Every line of back-propagation is differentiated once more, by the chain rule and the product rule. Images are rows,
/// `h` is the input of a layer, `z` its output before tanh, `delta = dL/dz`, and `*` multiplies entry by entry:
///
/// ```text
/// z      = h W^T + b              R{z}      = R{h} W^T + h R{W}^T + R{b}
/// h'     = tanh z                 R{h'}     = (1 - h'^2) * R{z}
/// delta  = (p - onehot) / N       R{delta}  = p * (R{z} - <p, R{z}>) / N       last layer, p = softmax z
/// dL/dW  = delta^T h              R{dL/dW}  = R{delta}^T h + delta^T R{h}
/// dL/db  = sum of delta's rows    R{dL/db}  = sum of R{delta}'s rows
/// back   = delta W                R{back}   = R{delta} W + delta R{W}
/// delta' = (1 - h^2) * back       R{delta'} = (1 - h^2) * R{back} - 2 h * R{h} * back
/// ```
///
/// Shapes: `x` is `(N, inputs)`, `y` has length `N`, `v` and the product have length `P`.
///
/// Cost: two to three gradients. [`Hessian`](small_networks::Hessian) computes the same product at the cost of at most about two:
/// it evaluates everything without an `R` once, for all directions.
///
/// # Panics
/// If `v` is not of length `P`; otherwise as [`Mlp::loss`].
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let (x, y) = toy_batch(30, 0);
/// let model = toy_mlp(0);
/// let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
/// let (plain, fast) = (hvp_r_operator(&model, &x, &y, &v), Hessian::new(&model, &x, &y).apply(&v));
/// assert!(norm(&(&plain - &fast)) < 1e-12 * norm(&fast));
/// ```
///
/// # References
/// Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6, 1994, sections 3 and 4.
pub fn hvp_r_operator(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, v: &Array1<f64>) -> Array1<f64> {
    check_direction(model, v);
    model.check_batch(x, y);
    // W and b of every layer, and R{W} and R{b}: the same parts of v.
    let (theta, r_theta) = (layers(model.widths(), model.params()), layers(model.widths(), v));
    let depth = theta.len();

    // Forward and R-forward. The images do not depend on the parameters: R{x} = 0.
    let (mut h, mut r_h) = (vec![x.clone()], vec![Array2::zeros(x.dim())]);
    for (l, (&(w, b), &(r_w, r_b))) in theta.iter().zip(&r_theta).enumerate() {
        let z = h[l].dot(&w.t()) + b;
        let r_z = r_h[l].dot(&w.t()) + h[l].dot(&r_w.t()) + r_b;
        if l + 1 < depth {
            let tanh = z.mapv(f64::tanh);
            r_h.push(tanh.mapv(|t| 1.0 - t * t) * r_z);
            h.push(tanh);
        } else {
            // The last layer's output is the logits, without tanh.
            r_h.push(r_z);
            h.push(z);
        }
    }

    // Backward and R-backward, from the loss to the first layer.
    let (mut delta, mut r_delta) = loss_delta(&h[depth], &r_h[depth], y);
    let mut parts = Vec::new();
    for l in (0..depth).rev() {
        let ((w, _), (r_w, _)) = (theta[l], r_theta[l]);
        parts.push(r_delta.sum_axis(Axis(0)).to_vec());
        parts.push((r_delta.t().dot(&h[l]) + delta.t().dot(&r_h[l])).into_iter().collect());
        if l > 0 {
            let (back, r_back) = (delta.dot(&w), r_delta.dot(&w) + delta.dot(&r_w));
            let slope = h[l].mapv(|h| 1.0 - h * h);
            r_delta = &slope * &r_back - 2.0 * &h[l] * &r_h[l] * &back;
            delta = slope * back;
        }
    }
    // From the last layer's biases to the first layer's weights: the reverse of the order in theta.
    parts.into_iter().rev().flatten().collect()
}

/// The weights, shape `(out, in)`, and the biases of every layer in a vector of parameter space.
fn layers<'a>(widths: &[usize], vector: &'a Array1<f64>) -> Vec<(ArrayView2<'a, f64>, ArrayView1<'a, f64>)> {
    let mut start = 0;
    let layer = |pair: &[usize]| {
        let (fan_in, fan_out) = (pair[0], pair[1]);
        let (biases, end) = (start + fan_out * fan_in, start + fan_out * (fan_in + 1));
        #[expect(clippy::expect_used, reason = "as many entries as out x in")]
        let weights = vector.slice(s![start..biases]).into_shape_with_order((fan_out, fan_in)).expect("a matrix");
        start = end;
        (weights, vector.slice(s![biases..end]))
    };
    widths.windows(2).map(layer).collect()
}

/// `delta` and `R{delta}` of the last layer, `z` the logits: softmax and cross-entropy taken together.
fn loss_delta(z: &Array2<f64>, r_z: &Array2<f64>, y: &Array1<usize>) -> (Array2<f64>, Array2<f64>) {
    let n = y.len() as f64;
    let (mut delta, mut r_delta) = (z.clone(), r_z.clone());
    for (i, &label) in y.iter().enumerate() {
        let (mut p, mut r) = (delta.row_mut(i), r_delta.row_mut(i));
        // Softmax does not change when a constant is taken off, and exp of a large logit overflows.
        let largest = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        p.mapv_inplace(|z| (z - largest).exp());
        let sum = p.sum();
        p /= sum;
        let mean = p.dot(&r);
        r -= mean;
        r *= &p;
        p[label] -= 1.0;
    }
    (delta / n, r_delta / n)
}
