//! The network: how it starts, and its gradient in plain and in dual numbers.

use matrix_free::linalg::variance;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::Array1;
use small_networks::{Dual, Hessian, Mlp, tiny_mlp};

#[test]
fn networks_begin_as_he_says() {
    let model = Mlp::new(&[400, 300, 10], 3);
    let theta = model.params();
    let first = theta.slice(ndarray::s![..120_000]);
    // A relative error of sqrt(2 / 120000) = 0.004 in the variance; five of them.
    assert!((variance(&first) / (2.0 / 400.0) - 1.0).abs() < 0.02, "{}", variance(&first));
    assert!(theta.slice(ndarray::s![120_000..120_300]).iter().all(|&bias| bias == 0.0));
    assert_eq!(tiny_mlp(0).params(), tiny_mlp(0).params());
    assert_ne!(tiny_mlp(0).params(), tiny_mlp(1).params());
}

#[test]
fn gradients_agree_with_differences_of_the_loss() {
    let model = Mlp::new(&[6, 5, 4, 3], 2);
    let x = gaussian_matrix(9, 6, &mut rng(1));
    let y = Array1::from_shape_fn(9, |i| i % 3);
    let gradient = model.gradient(&x, &y);
    for i in 0..model.n_params() {
        let at = |t: f64| {
            let mut theta = model.params().clone();
            theta[i] += t;
            Mlp::with_params(model.widths(), theta).loss(&x, &y)
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((difference - gradient[i]).abs() < 1e-9, "parameter {i}: {difference} against {}", gradient[i]);
    }
}

/// The gradient in dual numbers holds the gradient, and its product with the Hessian.
#[test]
fn one_gradient_in_two_kinds_of_numbers() {
    let model = tiny_mlp(1);
    let (x, y) = (gaussian_matrix(9, 49, &mut rng(1)), Array1::from_shape_fn(9, |i| (7 * i) % 10));
    let v = Probe::Gaussian.draw(model.n_params(), &mut rng(2));
    let gradient = model.gradient(&x, &y);
    let product = Hessian::new(&model, &x, &y).apply(&v);
    let theta: Array1<Dual> = model.params().iter().zip(&v).map(|(&re, &eps)| Dual { re, eps }).collect();
    let dual = model.dual_gradient(&theta, &x, &y);
    let scale = |of: &Array1<f64>| of.iter().fold(0.0, |largest: f64, g| largest.max(g.abs()));
    for i in 0..model.n_params() {
        assert!((dual[i].re - gradient[i]).abs() < 1e-14 * scale(&gradient), "re at {i}");
        assert!((dual[i].eps - product[i]).abs() < 1e-13 * scale(&product), "eps at {i}");
    }
}
