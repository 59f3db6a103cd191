//! The Gauss-Newton product that is written to be read, against the fast operator and against the matrix itself.

use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, Array2};
use small_networks::{Cnn, Entk, GaussNewton, Hessian, Mlp, Model, softmax};
use spectral_course::solutions::gauss_newton_matvec;

use super::common::distance;

/// Networks with biases that are not zero, each with images for it.
fn networks() -> Vec<(Box<dyn Model>, Array2<f64>)> {
    let mlp = Mlp::new(&[6, 5, 4, 3], 0);
    let cnn = Cnn::new([5, 5], &[2, 3], 4, 0);
    let draw = |model: &dyn Model| Probe::Gaussian.draw(model.n_params(), &mut rng(1)) * 0.7;
    let (mlp, cnn) = (mlp.at(&draw(&mlp)), cnn.at(&draw(&cnn)));
    let images = |n: usize, inputs: usize| gaussian_matrix(n, inputs, &mut rng(2));
    vec![
        (Box::new(mlp.clone()), images(9, 6)),
        (Box::new(mlp), images(1, 6)),
        (Box::new(cnn.clone()), images(7, 25)),
        (Box::new(cnn), images(1, 25)),
    ]
}

fn direction(model: &dyn Model) -> Array1<f64> {
    Probe::Gaussian.draw(model.n_params(), &mut rng(3))
}

/// `(1/N) sum_i J_i^T (diag p_i - p_i p_i^T) J_i`, entry by entry.
fn dense(model: &dyn Model, x: &Array2<f64>) -> Array2<f64> {
    let p = softmax(&model.logits(x));
    let (n, classes) = p.dim();
    let jacobians: Vec<Array2<f64>> = (0..classes).map(|c| Entk::of_logit(model, x, c).jacobian()).collect();
    let mut g = Array2::zeros((model.n_params(), model.n_params()));
    for i in 0..n {
        let j = Array2::from_shape_fn((classes, model.n_params()), |(c, k)| jacobians[c][[i, k]]);
        let s = Array2::from_shape_fn((classes, classes), |(c, d)| {
            p[[i, c]] * (if c == d { 1.0 } else { 0.0 } - p[[i, d]]) / n as f64
        });
        g += &j.t().dot(&s).dot(&j);
    }
    g
}

#[test]
fn class_by_class_is_the_fast_product() {
    for (model, x) in networks() {
        let (model, v) = (&*model, direction(&*model));
        let fast = GaussNewton::new(model, &x, &Array1::zeros(x.nrows()));
        let off = distance(&gauss_newton_matvec(model, &x, &v), &fast.apply(&v));
        assert!(off < 1e-13, "{} images, P = {}: {off}", x.nrows(), model.n_params());
    }
}

#[test]
fn it_is_the_product_with_the_matrix() {
    for (model, x) in networks() {
        let (model, v) = (&*model, direction(&*model));
        let off = distance(&gauss_newton_matvec(model, &x, &v), &dense(model, &x).dot(&v));
        assert!(off < 1e-13, "{} images, P = {}: {off}", x.nrows(), model.n_params());
    }
}

/// The tests above can tell the two apart.
#[test]
fn it_is_not_the_hessian() {
    let (model, x) = &networks()[0];
    let (v, y) = (direction(&**model), Array1::zeros(x.nrows()));
    let off = distance(&gauss_newton_matvec(&**model, x, &v), &Hessian::new(&**model, x, &y).apply(&v));
    assert!(off > 0.1, "{off}");
}

/// Outputs that are all 1,000 larger have the same probabilities.
#[test]
fn large_logits_do_not_overflow() {
    let (model, x) = &networks()[0];
    let v = direction(&**model);
    let expected = gauss_newton_matvec(&**model, x, &v);
    let mut theta = model.params().clone();
    theta.slice_mut(ndarray::s![-3..]).mapv_inplace(|bias| bias + 1000.0);
    let shifted = Mlp::with_params(&[6, 5, 4, 3], theta);
    let off = distance(&gauss_newton_matvec(&shifted, x, &v), &expected);
    // The logits, about 1000, have an error of 1e-13.
    assert!(off < 1e-11, "{off}");
}
