//! The growth of a displacement under gradient descent.

use matrix_free::linalg::eigh;
use matrix_free::operator::to_dense;
use ndarray::Array1;
use small_networks::{Hessian, Mlp, data::toy_batch, toy_mlp};
use spectral_course::solutions::growth_per_step;

/// Along every eigenvector of a network's Hessian the factor is `|1 - eta lambda|`, above the limit and below it.
#[test]
fn the_factor_is_that_of_the_eigenvalue() {
    let (model, (x, y)) = (toy_mlp(0), toy_batch(32, 0));
    let pairs = eigh(&to_dense(&Hessian::new(&model, &x, &y)));
    let gradient = |theta: &Array1<f64>| Mlp::with_params(model.widths(), theta.clone()).gradient(&x, &y);
    let limit = 2.0 / pairs.values[275];
    for (index, share) in [(275, 0.9), (275, 1.1), (270, 0.7), (0, 0.5)] {
        let eta = share * limit;
        let u = pairs.vectors.column(index).to_owned();
        let (factor, theory) =
            (growth_per_step(&gradient, model.params(), &u, eta, 5), (1.0 - eta * pairs.values[index]).abs());
        assert!((factor - theory).abs() < 2e-3, "eigenvalue {index}: {factor} against {theory}");
    }
}
