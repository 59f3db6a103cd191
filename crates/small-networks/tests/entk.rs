//! The tangent kernel: its products against its Jacobian, its layers, and differences of the logits.

use matrix_free::operator::to_dense;
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array2, Axis};
use small_networks::{Entk, Mlp, entk_explicit};

/// The kernel by its layers, `sum_l (H_l H_l^T + 1) * (D_l D_l^T)`, and by the Jacobian.
#[test]
fn the_kernel_is_a_sum_over_layers() {
    let widths = [6, 5, 4, 3];
    let theta = gaussian_matrix(Mlp::new(&widths, 0).n_params(), 1, &mut rng(1)).column(0).to_owned();
    let model = Mlp::with_params(&widths, theta);
    let x = gaussian_matrix(9, 6, &mut rng(2));
    let explicit = entk_explicit(&model, &x);
    let layers = Entk::new(&model, &x).layers();
    let by_layers = layers.iter().fold(Array2::zeros((9, 9)), |sum: Array2<f64>, layer| {
        sum + (layer.inputs.dot(&layer.inputs.t()) + 1.0) * layer.deltas.dot(&layer.deltas.t())
    });
    let scale = explicit.iter().fold(0.0, |l: f64, k| l.max(k.abs()));
    assert!((&by_layers - &explicit).iter().all(|d| d.abs() < 1e-13 * scale));
}

#[test]
fn the_kernel_is_the_product_of_its_jacobian() {
    let model = Mlp::new(&[5, 4, 3], 1);
    let x = gaussian_matrix(8, 5, &mut rng(1));
    let kernel = Entk::new(&model, &x);
    let jacobian = kernel.jacobian();
    let (v, u) = (Probe::Gaussian.draw(8, &mut rng(2)), Probe::Gaussian.draw(model.n_params(), &mut rng(3)));
    assert!((kernel.vjp(&v) - jacobian.t().dot(&v)).iter().all(|d| d.abs() < 1e-12));
    assert!((kernel.jvp(&u) - jacobian.dot(&u)).iter().all(|d| d.abs() < 1e-12));
    assert!((to_dense(&kernel) - entk_explicit(&model, &x)).iter().all(|d| d.abs() < 1e-11));
    // A row of a row-major matrix and a column of it hold the same numbers at another stride.
    let strided = Array2::from_shape_fn((model.n_params(), 2), |(i, _)| u[i]);
    assert_eq!(kernel.jvp(&strided.column(0)), kernel.jvp(&u));
    let step = 1e-5;
    let f = |t: f64| Mlp::with_params(model.widths(), model.params() + &(&u * t)).logits(&x).sum_axis(Axis(1));
    let differences = (f(step) - f(-step)) / (2.0 * step);
    assert!((differences - kernel.jvp(&u)).iter().all(|d| d.abs() < 1e-7));
}
