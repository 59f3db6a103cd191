//! A broken contract panics with a message that names the argument, its range and what came.

use std::panic;

use matrix_free::linalg::{eigvalsh, solve, solve_f32, trapezoid, variance};
use matrix_free::operator::{Dense, from_fn};
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, Array2, array};
use small_networks::Mlp;
use spectral_course::check::panic_message;
use spectral_course::notebook::fastest;
use spectral_course::solutions::{
    Lanczos, Quadrature, Reorthogonalization, Top, bootstrap_entk, condition_number, count_outliers, deflation,
    eigenfunction_images, entk_matvec, gap_experiment, gauss_newton_matvec, gradient_overlap, growth_per_step,
    hessian_topk, hutch_plus_plus, hutchinson_trace, hvp_central, hvp_dual, hvp_r_operator, kernel_alignment, lanczos,
    lanczos_f32, lanczos_gram_schmidt, lanczos_top, matrix_with_gap, norms, orthogonality_history, oversampling_errors,
    pairwise_sines, power_iteration, predicted_slopes, principal_angle, randomized_eigh, range_bound,
    range_certificate, range_error, range_finder, rayleigh_quotient, resampled_rotations, ritz_values, slq_density,
    slq_quadrature, smooth, stable_rank, trace_to_tolerance, variance_sweep, weyl_shifts, xtrace,
};

fn message(code: impl FnOnce() + panic::UnwindSafe) -> String {
    let payload = panic::catch_unwind(code).expect_err("the contract is broken");
    panic_message(&*payload)
}

/// The value is not what this is about; some of them are `Copy`, which `drop` is not for.
fn ignore<T>(_: T) {}

fn identity(n: usize) -> Dense {
    Dense::new(Array2::eye(n))
}

fn distinct() -> Dense {
    Dense::new(Array2::from_diag(&Array1::linspace(1.0, 6.0, 6)))
}

#[test]
fn every_broken_contract_is_named() {
    let grid = || Array1::linspace(0.0, 1.0, 3);
    let x = || gaussian_matrix(5, 4, &mut rng(1));
    let model = || Mlp::new(&[4, 3, 2], 0);
    let labels = || Array1::zeros(5);
    let nan = |_: &ndarray::ArrayRef1<f64>| array![f64::NAN, 0.0];
    type Case = (&'static str, Box<dyn FnOnce() + panic::UnwindSafe>);
    let cases: Vec<Case> = vec![
        ("m must be at least 1, got 0", Box::new(|| ignore(hutchinson_trace(&identity(3), 0, Probe::Gaussian, 0)))),
        (
            "the product with probe 1 must be finite, got an entry of NaN",
            Box::new(move || ignore(hutchinson_trace(&from_fn(2, nan), 3, Probe::Gaussian, 0))),
        ),
        (
            "n_trials must be at least 2, got 1",
            Box::new(|| ignore(variance_sweep(&identity(3), &[2], Probe::Gaussian, 1, 0))),
        ),
        (
            "m_probes must be at least 1, got 0",
            Box::new(move || ignore(slq_density(&identity(3), 0, 2, &grid(), 0.1, 0))),
        ),
        (
            "s_lanczos must be at least 1, got 0",
            Box::new(move || ignore(slq_density(&identity(3), 1, 0, &grid(), 0.1, 0))),
        ),
        (
            "sigma must be above 0 and finite, got 0",
            Box::new(move || ignore(slq_density(&identity(3), 1, 2, &grid(), 0.0, 0))),
        ),
        (
            "sigma must be above 0 and finite, got NaN",
            Box::new(move || ignore(slq_density(&identity(3), 1, 2, &grid(), f64::NAN, 0))),
        ),
        (
            "every point of grid must be finite, got inf at 1",
            Box::new(|| ignore(slq_density(&identity(3), 1, 2, &array![0.0, f64::INFINITY], 0.1, 0))),
        ),
        (
            "the size of a must be at least 1, got 0",
            Box::new(|| ignore(slq_quadrature(&from_fn(0, |x| x.to_owned()), 1, 2, 0))),
        ),
        (
            "measure must hold at least one probe, got none",
            Box::new(move || ignore(smooth(&Quadrature { probes: Vec::new(), n_matvecs: 0 }, &grid(), 0.1))),
        ),
        (
            "nodes and weights must have one length, got 2 and 1",
            Box::new(|| ignore(Quadrature::known(array![0.0, 1.0], array![1.0]))),
        ),
        ("a third of n_matvecs must be at most n = 0, got 2", Box::new(|| ignore(hutch_plus_plus(&identity(0), 6, 0)))),
        ("half of n_matvecs must be at most n = 0, got 2", Box::new(|| ignore(xtrace(&identity(0), 4, 0)))),
        (
            "a standard error needs at least two samples, got 1",
            Box::new(|| ignore(hutchinson_trace(&identity(3), 1, Probe::Gaussian, 0).standard_error())),
        ),
        (
            "n_steps must be at least 1, got 0",
            Box::new(|| ignore(lanczos(&identity(3), 1, 0, Reorthogonalization::Full))),
        ),
        (
            "start must have the operator's size n = 3, got length 2",
            Box::new(|| ignore(lanczos(&identity(3), &array![1.0, 2.0], 2, Reorthogonalization::Full))),
        ),
        (
            "start must be finite and not zero, got a vector of norm 0",
            Box::new(|| ignore(lanczos(&identity(2), &array![0.0, 0.0], 2, Reorthogonalization::Full))),
        ),
        (
            "the product in step 1 must be finite, got a vector of norm NaN",
            Box::new(move || ignore(lanczos(&from_fn(2, nan), 1, 2, Reorthogonalization::Full))),
        ),
        ("alpha must hold one number per step, got none", Box::new(|| ignore(Lanczos::new(&[], &[], &[])))),
        (
            "beta must hold one number per step, 2 in all and the residual's norm last, got 1",
            Box::new(|| ignore(Lanczos::new(&[array![1.0, 0.0], array![0.0, 1.0]], &[1.0, 2.0], &[1.0]))),
        ),
        (
            "q must hold one vector per step, 2 in all, got 1",
            Box::new(|| ignore(Lanczos::new(&[array![1.0, 0.0]], &[1.0, 2.0], &[1.0, 0.0]))),
        ),
        (
            "all vectors of q must have one length, 2, got 1 at 1",
            Box::new(|| ignore(Lanczos::new(&[array![1.0, 0.0], array![1.0]], &[1.0, 2.0], &[1.0, 0.0]))),
        ),
        (
            "k must be from 1 to the number of steps, 1, got 2",
            Box::new(|| ignore(ritz_values(&lanczos(&identity(3), 1, 2, Reorthogonalization::Full), 2))),
        ),
        (
            "basis must be finite everywhere, got NaN at [0, 1]",
            Box::new(|| ignore(orthogonality_history(&array![[1.0, f64::NAN], [0.0, 1.0]]))),
        ),
        (
            "passes must be at least 1, got 0",
            Box::new(|| ignore(lanczos_gram_schmidt(&identity(2), &array![1.0, 2.0], 2, 0))),
        ),
        (
            "a must be a square matrix, got shape (1, 2)",
            Box::new(|| ignore(lanczos_f32(&array![[1.0, 2.0]], &array![1.0], 1, Reorthogonalization::Full))),
        ),
        (
            "start must have the operator's size n = 2, got length 1",
            Box::new(|| ignore(lanczos_f32(&Array2::eye(2), &array![1.0], 1, Reorthogonalization::Full))),
        ),
        (
            "k must be from 1 to the number of steps, 1, got 3",
            Box::new(|| ignore(lanczos_top(&identity(5), 3, 5, Top::Largest, 0))),
        ),
        ("k must be from 1 to the number of steps, 5, got 6", Box::new(|| ignore(hessian_topk(&distinct(), 6, 5, 0)))),
        ("k must be from 1 to the number of steps, 2, got 0", Box::new(|| ignore(hessian_topk(&distinct(), 0, 2, 0)))),
        ("values must hold at least two eigenvalues, got 1", Box::new(|| ignore(count_outliers(&array![1.0], 1.5)))),
        ("values must be descending, got 1 before 2", Box::new(|| ignore(count_outliers(&array![1.0, 2.0], 1.5)))),
        (
            "values must be descending, got 1 before NaN",
            Box::new(|| ignore(count_outliers(&array![1.0, f64::NAN], 1.5))),
        ),
        ("least_ratio must be above 1, got 1", Box::new(|| ignore(count_outliers(&array![2.0, 1.0], 1.0)))),
        ("least_ratio must be above 1, got NaN", Box::new(|| ignore(count_outliers(&array![2.0, 1.0], f64::NAN)))),
        (
            "gradient must have one entry per row of vectors, 3, got length 2",
            Box::new(|| ignore(gradient_overlap(&array![1.0, 2.0], &Array2::eye(3)))),
        ),
        (
            "gradient must be finite and not zero, got a vector of norm 0",
            Box::new(|| ignore(gradient_overlap(&array![0.0, 0.0], &Array2::eye(2)))),
        ),
        (
            "gradient must be finite and not zero, got a vector of norm NaN",
            Box::new(|| ignore(gradient_overlap(&array![f64::NAN, 1.0], &Array2::eye(2)))),
        ),
        ("n_matvecs must be at least 6, got 5", Box::new(|| ignore(hutch_plus_plus(&identity(9), 5, 0)))),
        (
            "a third of n_matvecs must be at most n = 3, got 4",
            Box::new(|| ignore(hutch_plus_plus(&identity(3), 12, 0))),
        ),
        ("n_matvecs must be at least 4, got 3", Box::new(|| ignore(xtrace(&identity(9), 3, 0)))),
        ("half of n_matvecs must be at most n = 3, got 4", Box::new(|| ignore(xtrace(&identity(3), 8, 0)))),
        (
            "the product with column 1 must be finite, got an entry of NaN",
            Box::new(move || ignore(hutch_plus_plus(&from_fn(2, nan), 6, 0))),
        ),
        (
            "the product with test vector 1 must be finite, got an entry of NaN",
            Box::new(move || ignore(xtrace(&from_fn(2, nan), 4, 0))),
        ),
        ("k must be from 1 to n = 3, got 4", Box::new(|| ignore(randomized_eigh(&identity(3), 4, 10, 1, 0)))),
        ("a must not be zero, got a matrix of norm 0", Box::new(|| ignore(stable_rank(&Array2::zeros((2, 3)))))),
        ("width must be from 1 to n = 3, got 0", Box::new(|| ignore(range_finder(&identity(3), 0, 0)))),
        (
            "width must be from 1 to n = 3, got 4",
            Box::new(|| ignore(oversampling_errors(&Array2::eye(3), 2, &[2], 1, 0))),
        ),
        (
            "q must have as many rows as a, 3, got 2",
            Box::new(|| ignore(range_error(&Array2::eye(3), &array![[1.0], [0.0]]))),
        ),
        (
            "q must have as many rows as a, 3, got 2",
            Box::new(|| ignore(range_certificate(&identity(3), &array![[1.0], [0.0]], &Array2::ones((3, 1))))),
        ),
        (
            "omega must have as many rows as a, 3, got 2",
            Box::new(|| ignore(range_certificate(&identity(3), &Array2::ones((3, 1)), &Array2::ones((2, 1))))),
        ),
        (
            "n_steps must be at least 1, got 0",
            Box::new(|| ignore(growth_per_step(&|x| x.clone(), &array![1.0], &array![1.0], 0.1, 0))),
        ),
        (
            "u must have the length of theta, 2, got 1",
            Box::new(|| ignore(growth_per_step(&|x| x.clone(), &array![1.0, 2.0], &array![1.0], 0.1, 1))),
        ),
        ("k must be at least 2, got 1", Box::new(|| ignore(range_bound(&Array1::ones(9), 1, 2)))),
        ("p must be at least 2, got 1", Box::new(|| ignore(range_bound(&Array1::ones(9), 2, 1)))),
        (
            "k + p must be at most the number of singular values, 9, got 10",
            Box::new(|| ignore(range_bound(&Array1::ones(9), 5, 5))),
        ),
        (
            "v must have one entry per image, 5, got length 4",
            Box::new(move || ignore(entk_matvec(&model(), &x(), &Array1::ones(4)))),
        ),
        (
            "vectors must have one row per image, 5, got 4",
            Box::new(move || ignore(eigenfunction_images(&x(), &Array2::eye(4)))),
        ),
        (
            "a and e must have the same shape, got (2, 2) and (3, 3)",
            Box::new(|| ignore(weyl_shifts(&Array2::eye(2), &Array2::eye(3), &array![1.0]))),
        ),
        ("u and v must have the same shape", Box::new(|| ignore(principal_angle(&Array2::eye(2), &Array2::eye(3))))),
        (
            "a must have at most as many columns as rows, got shape (1, 2)",
            Box::new(|| ignore(principal_angle(&array![[1.0, 0.0]], &array![[1.0, 0.0]]))),
        ),
        ("gap must be from 0 to 4.5, got 5", Box::new(|| ignore(matrix_with_gap(5.0, 9, 0)))),
        ("n must be at least 4, got 3", Box::new(|| ignore(matrix_with_gap(1.0, 3, 0)))),
        (
            "k must be from 1 to the size of e, 5, got 6",
            Box::new(|| ignore(gap_experiment(&[1.0], &Array2::eye(5), 6, 0))),
        ),
        (
            "t must be a number, got NaN",
            Box::new(|| ignore(Quadrature::known(array![0.0], array![1.0]).cdf_bracket(f64::NAN))),
        ),
        (
            "k must be from 1 to the number of columns, 2, got 3",
            Box::new(|| ignore(pairwise_sines(&[Array2::eye(2), Array2::eye(2)], 3))),
        ),
        (
            "v must have P = 23 entries, got 20",
            Box::new(move || ignore(gauss_newton_matvec(&model(), &x(), &Array1::zeros(20)))),
        ),
        ("tolerance must be above 0, got 0", Box::new(|| ignore(trace_to_tolerance(&identity(3), 0.0, 50, 0)))),
        ("tolerance must be above 0, got NaN", Box::new(|| ignore(trace_to_tolerance(&identity(3), f64::NAN, 50, 0)))),
        ("max_probes must be at least 2, got 1", Box::new(|| ignore(trace_to_tolerance(&identity(3), 0.1, 1, 0)))),
        (
            "the product with probe 1 must be finite, got an entry of NaN",
            Box::new(move || ignore(trace_to_tolerance(&from_fn(2, nan), 1.0, 50, 0))),
        ),
        (
            "both kernels must have the same shape, got (2, 2) and (3, 3)",
            Box::new(|| ignore(kernel_alignment(&Array2::eye(2), &Array2::eye(3)))),
        ),
        ("a kernel must not be zero", Box::new(|| ignore(kernel_alignment(&Array2::eye(2), &Array2::zeros((2, 2)))))),
        (
            "kernel must be square, got shape (2, 3)",
            Box::new(|| ignore(resampled_rotations(&Array2::ones((2, 3)), 1, 1, 0))),
        ),
        (
            "k must be from 1 to the size of the kernel, 3, got 0",
            Box::new(|| ignore(resampled_rotations(&Array2::eye(3), 0, 1, 0))),
        ),
        ("n_boot must be at least 1, got 0", Box::new(move || ignore(bootstrap_entk(&model(), &x(), 0, 2, 0)))),
        ("a must hold at least one number, got shape (0, 3)", Box::new(|| ignore(norms(&Array2::zeros((0, 3)))))),
        ("a must be a square matrix, got shape (2, 3)", Box::new(|| ignore(condition_number(&Array2::ones((2, 3)))))),
        (
            "a must not be zero everywhere, got a zero matrix",
            Box::new(|| ignore(condition_number(&Array2::zeros((2, 2))))),
        ),
        (
            "v must be finite and not zero, got a squared norm of 0",
            Box::new(|| ignore(rayleigh_quotient(&identity(3), &Array1::zeros(3)))),
        ),
        (
            "b must have the size of a, n = 3, got length 2",
            Box::new(|| ignore(solve(&Array2::eye(3), &array![1.0, 2.0]))),
        ),
        (
            "b must be finite everywhere, got NaN at 1",
            Box::new(|| ignore(solve_f32(&Array2::eye(2), &array![1.0, f32::NAN]))),
        ),
        (
            "step must be above 0 and finite, got 0",
            Box::new(move || ignore(hvp_central(&model(), &x(), &labels(), &Array1::zeros(23), 0.0))),
        ),
        (
            "v must have P = 23 entries, got 22",
            Box::new(move || ignore(hvp_central(&model(), &x(), &labels(), &Array1::zeros(22), 1e-3))),
        ),
        (
            "v must have P = 23 entries, got 21",
            Box::new(move || ignore(hvp_r_operator(&model(), &x(), &labels(), &Array1::zeros(21)))),
        ),
        (
            "y must have one label per row of x, 5, got 4",
            Box::new(move || ignore(hvp_r_operator(&model(), &x(), &Array1::zeros(4), &Array1::zeros(23)))),
        ),
        (
            "v must have P = 23 entries, got 24",
            Box::new(move || ignore(hvp_dual(&model(), &x(), &labels(), &Array1::zeros(24)))),
        ),
        ("max_steps must be at least 1, got 0", Box::new(|| ignore(power_iteration(&identity(3), 0, 0.1, 0)))),
        ("tolerance must be at least 0, got NaN", Box::new(|| ignore(power_iteration(&identity(3), 1, f64::NAN, 0)))),
        (
            "the product in step 1 must be finite, got v^T A v = NaN",
            Box::new(move || ignore(power_iteration(&from_fn(2, nan), 5, 0.1, 0))),
        ),
        (
            "every eigenvalue must be finite, got inf at 1",
            Box::new(|| ignore(predicted_slopes(&array![1.0, f64::INFINITY]))),
        ),
        (
            "eigenvalues must hold at least one that is not zero",
            Box::new(|| ignore(predicted_slopes(&array![0.0, 0.0]))),
        ),
        ("k must be from 1 to n = 3, got 4", Box::new(|| ignore(deflation(&identity(3), 4, 10, 0.1, 0)))),
        ("n_runs must be at least 1, got 0", Box::new(|| ignore(fastest(0, || 1)))),
        (
            "x and y must have the same length, got 1 and 2",
            Box::new(|| ignore(trapezoid(&array![1.0, 2.0], &array![1.0]))),
        ),
        ("a variance needs at least two numbers, got 1", Box::new(|| ignore(variance(&array![1.0])))),
        (
            "a must be finite everywhere, got inf at [0, 1]",
            Box::new(|| ignore(eigvalsh(&array![[1.0, f64::INFINITY], [1.0, 1.0]]))),
        ),
    ];
    for (expected, code) in cases {
        let got = message(code);
        assert!(got.contains(expected), "{got:?} should say {expected:?}");
    }
}
