//! A broken contract panics with a message that names the argument, what it must be and what came.

use std::panic;

use matrix_free::probe::{gaussian_matrix, rng};
use ndarray::{Array1, Array2, array};
use small_networks::data::toy_batch;
use small_networks::{Dual, Entk, Hessian, Mlp, Sgd, entk_explicit, tiny_mlp, train};

fn message(code: impl FnOnce() + panic::UnwindSafe) -> String {
    let payload = panic::catch_unwind(code).expect_err("the contract is broken");
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).expect("a message").to_owned()
}

/// The value is not what this is about.
fn ignore<T>(_: T) {}

#[test]
fn every_broken_contract_is_named() {
    let x = || gaussian_matrix(5, 4, &mut rng(1));
    let model = || Mlp::new(&[4, 3, 2], 0);
    let labels = || Array1::zeros(5);
    let training = move |sgd: Sgd| train(&mut model(), &x(), &labels(), &sgd);
    type Case = (&'static str, Box<dyn FnOnce() + panic::UnwindSafe>);
    let cases: Vec<Case> = vec![
        (
            "x must have one column per input, 49, got shape (5, 4)",
            Box::new(move || ignore(Entk::new(&tiny_mlp(0), &x()))),
        ),
        (
            "x must have at least one row, got none",
            Box::new(|| ignore(entk_explicit(&tiny_mlp(0), &Array2::zeros((0, 49))))),
        ),
        (
            "y must have one label per row of x, 5, got 4",
            Box::new(move || ignore(model().gradient(&x(), &Array1::zeros(4)))),
        ),
        (
            "y must have labels below the number of classes, 2, got 2 at 3",
            Box::new(move || ignore(Hessian::new(&model(), &x(), &array![0, 1, 0, 2, 1]))),
        ),
        (
            "theta must have P = 7 entries for widths [1, 2, 1], got 8",
            Box::new(|| ignore(Mlp::with_params(&[1, 2, 1], Array1::zeros(8)))),
        ),
        ("widths must have at least inputs and classes, got [4]", Box::new(|| ignore(Mlp::new(&[4], 0)))),
        ("batch must be at least 1, got 0", Box::new(move || training(Sgd { batch: 0, ..Sgd::default() }))),
        (
            "learning_rate must be above 0 and finite, got -1",
            Box::new(move || training(Sgd { learning_rate: -1.0, ..Sgd::default() })),
        ),
        (
            "theta must have P = 23 entries for widths [4, 3, 2], got 3",
            Box::new(move || ignore(model().dual_gradient(&Array1::from_elem(3, Dual::from(1.0)), &x(), &labels()))),
        ),
        ("n must be at least 1, got 0", Box::new(|| ignore(toy_batch(0, 0)))),
        ("widths must all be at least 1, got [4, 0]", Box::new(|| ignore(Mlp::new(&[4, 0], 0)))),
        (
            "class must be below the number of classes, 2, got 2",
            Box::new(move || ignore(Entk::of_logit(&model(), &x(), 2))),
        ),
        (
            "u must have P = 23 entries, got 5",
            Box::new(move || ignore(Entk::new(&model(), &x()).jvp(&Array1::zeros(5)))),
        ),
        (
            "x must have at least one row, got none",
            Box::new(move || ignore(model().loss(&Array2::zeros((0, 4)), &Array1::zeros(0)))),
        ),
        (
            "x must have one column per input, 4, got shape (5, 3)",
            Box::new(move || ignore(model().logits(&Array2::zeros((5, 3))))),
        ),
    ];
    for (expected, code) in cases {
        let got = message(code);
        assert!(got.contains(expected), "{got:?} should say {expected:?}");
    }
}
