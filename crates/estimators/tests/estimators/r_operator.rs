//! The Hessian's product that is written to be read, against the fast one of the operator.

use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2};
use small_networks::data::{load_mnist_7x7, toy_batch};
use small_networks::{Hessian, Mlp, tiny_mlp, toy_mlp};
use spectral_course::solutions::{hvp_central, hvp_r_operator};

use super::common::distance;

#[track_caller]
fn assert_one_product(model: &Mlp, x: &Array2<f64>, y: &Array1<usize>, seed: u64) {
    let hessian = Hessian::new(model, x, y);
    for probe in [Probe::Gaussian, Probe::Rademacher] {
        let v = probe.draw(model.n_params(), &mut rng(seed));
        let (plain, fast) = (hvp_r_operator(model, x, y, &v), hessian.apply(&v));
        let off = distance(&fast, &plain);
        assert!(off < 1e-12, "{:?}, seed {seed}, {probe:?}: the two differ by {off}", model.widths());
        // Truncation s^2 and cancellation eps / s balance near s = 1e-5, for a direction of norm one.
        let unit = &v / norm(&v);
        let central = hvp_central(model, x, y, &unit, 1e-5) * norm(&v);
        for (name, product) in [("plain", &plain), ("fast", &fast)] {
            let off = distance(&central, product);
            assert!(
                off < 1e-7,
                "{:?}, seed {seed}, {probe:?}: differences are off the {name} by {off}",
                model.widths()
            );
        }
    }
}

#[test]
fn the_r_operator_layer_by_layer_is_the_fast_one() {
    for seed in 0..4 {
        let (x, y) = toy_batch(50, seed);
        assert_one_product(&toy_mlp(seed + 10), &x, &y, seed + 20);
        // 130 images fill two strips of the fast product and a part of a third.
        let (x, y) = load_mnist_7x7(130, seed).expect("the digits");
        assert_one_product(&tiny_mlp(seed + 10), &x, &y, seed + 20);
    }
    // One layer, and a depth that no network of the course has.
    for widths in [&[20, 4][..], &[20, 5, 6, 7, 4]] {
        let (x, y) = toy_batch(9, 5);
        assert_one_product(&Mlp::new(widths, 6), &x, &y, 7);
    }
}

/// Logits in the thousands: softmax has to take the largest off first.
#[test]
fn large_logits_do_not_overflow() {
    let (x, y) = toy_batch(5, 1);
    let model = Mlp::with_params(&[20, 4], Mlp::new(&[20, 4], 0).params() * 1e3);
    let v = Probe::Gaussian.draw(model.n_params(), &mut rng(1));
    assert!(hvp_r_operator(&model, &x, &y, &v).iter().all(|entry| entry.is_finite()));
}
