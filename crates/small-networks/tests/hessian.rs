//! The products with the Hessian: with vectors and blocks, and against differences of the gradient.

use matrix_free::operator::{SymmetricOperator, from_fn, to_dense};
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, ArrayRef1};
use small_networks::data::load_mnist_7x7;
use small_networks::{Hessian, Mlp, tiny_mlp};

/// Products with vectors and with blocks, and against central differences.
#[test]
fn products_agree_with_differences_and_blocks() {
    let (x, y) = load_mnist_7x7(40, 1).expect("the data files are there");
    let model = tiny_mlp(3);
    let hessian = Hessian::new(&model, &x, &y);
    let v = Probe::Gaussian.draw_block(2986, 37, &mut rng(1));
    let block = hessian.apply_block(&v);
    for (column, product) in v.columns().into_iter().zip(block.columns()) {
        let alone = hessian.apply(&column);
        assert!((&alone - &product).iter().all(|d| d.abs() < 1e-12), "block and vector");
    }
    let (direction, step) = (v.column(0), 1e-5);
    let at = |t: f64| -> Array1<f64> {
        let theta = model.params() + &(&direction * t);
        Mlp::with_params(model.widths(), theta).gradient(&x, &y)
    };
    let differences = (at(step) - at(-step)) / (2.0 * step);
    let error = (&differences - &block.column(0)).mapv(f64::abs).iter().copied().fold(0.0, f64::max);
    assert!(error < 1e-7, "central differences are off by {error}");
}

#[test]
fn the_matrix_is_symmetric_and_its_threads_agree() {
    let model = Mlp::new(&[5, 4, 3], 1);
    let x = gaussian_matrix(11, 5, &mut rng(1));
    let y = Array1::from_shape_fn(11, |i| i % 3);
    let h = to_dense(&Hessian::new(&model, &x, &y));
    assert!((&h - &h.t()).iter().all(|d| d.abs() < 1e-14));
    // Dense and by products with single vectors, which use one thread.
    let hessian = Hessian::new(&model, &x, &y);
    let single = to_dense(&from_fn(model.n_params(), |v: &ArrayRef1<f64>| hessian.apply(v)));
    assert!((&h - &single).iter().all(|d| d.abs() < 1e-14));
}
