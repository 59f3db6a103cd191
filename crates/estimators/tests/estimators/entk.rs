//! The tangent kernel's product that is written to be read, against the kernel of the Jacobian.

use matrix_free::probe::{Probe, gaussian_matrix, rng};
use small_networks::{Mlp, entk_explicit};
use spectral_course::solutions::entk_matvec;

use super::common::distance;

#[test]
fn the_kernel_layer_by_layer_is_that_of_the_jacobian() {
    let widths = [6, 5, 4, 3];
    let theta = Probe::Gaussian.draw(Mlp::new(&widths, 0).n_params(), &mut rng(1));
    let model = Mlp::with_params(&widths, theta);
    let (x, v) = (gaussian_matrix(9, 6, &mut rng(2)), Probe::Gaussian.draw(9, &mut rng(3)));
    let off = distance(&entk_matvec(&model, &x, &v), &entk_explicit(&model, &x).dot(&v));
    assert!(off < 1e-12, "{off}");
}
