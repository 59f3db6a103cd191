//! Stochastic Lanczos quadrature: its moments, a matrix that it takes exactly, and the Hessian of an untrained network.

use matrix_free::linalg::{eigvalsh, linspace, trapezoid};
use matrix_free::operator::{Dense, to_dense};
use matrix_free::probe::{Probe, symmetric_with_spectrum};
use ndarray::{Array1, Array2};
use small_networks::data::load_mnist_7x7;
use small_networks::{Hessian, tiny_mlp};
use spectral_course::solutions::{
    Quadrature, Reorthogonalization, hutchinson_trace, lanczos, slq_density, slq_quadrature, smooth,
};

use super::common::{theory, z_score};

/// The moments of the density: `tr(A^j)` for j = 0, 1, 2, by z-score on a rotated matrix.
#[test]
fn the_moments_of_the_density_are_the_traces_of_powers() {
    let eigenvalues = linspace(-1.0, 3.0, 40);
    let matrix = symmetric_with_spectrum(&eigenvalues, 6);
    let m = 2000;
    let quadrature = slq_quadrature(&Dense::new(matrix.clone()), m, 5, 1);
    assert!((quadrature.integrate(|_| 1.0).mean - 40.0).abs() < 1e-9);
    assert_eq!(quadrature.n_matvecs, 5 * m);
    // The starts are the probes of Hutchinson's estimate, so the samples are the same too.
    let hutchinson = hutchinson_trace(&Dense::new(matrix.clone()), m, Probe::Rademacher, 1);
    let first = quadrature.integrate(|t| t);
    assert!((&first.samples - &hutchinson.samples).iter().all(|d| d.abs() < 1e-10));
    let power = [matrix.clone(), matrix.dot(&matrix)];
    for (j, a) in power.iter().enumerate() {
        let got = quadrature.integrate(|t| t.powi(j as i32 + 1));
        let standard_error = (theory(a, Probe::Rademacher) / m as f64).sqrt();
        let z = z_score(got.mean, a.diag().sum(), standard_error, 0.02);
        assert!(z.abs() < 5.0, "moment {}: z = {z}", j + 1);
        // As of Hutchinson's samples: a relative error near 1 / sqrt(2 m) = 0.016.
        let ratio = got.standard_error() / standard_error;
        assert!((ratio - 1.0).abs() < 0.1, "moment {}: the standard error is {ratio} of theory", j + 1);
    }
}

#[test]
fn the_density_of_a_diagonal_matrix_with_all_steps_is_exact() {
    let eigenvalues = linspace(-2.0, 4.0, 25);
    let a = Dense::new(Array2::from_diag(&eigenvalues));
    let grid = linspace(-3.0, 5.0, 300);
    let density = slq_density(&a, 3, 25, &grid, 0.1, 1);
    let kernel = |t: f64| (-t * t / 0.02).exp() / (0.1 * (2.0 * std::f64::consts::PI).sqrt());
    let exact = grid.mapv(|t| eigenvalues.iter().map(|e| kernel(t - e)).sum::<f64>());
    assert!((&density - &exact).iter().all(|d| d.abs() < 1e-8));
    assert!((trapezoid(&density, &grid) - 25.0).abs() < 1e-6);
}

/// What notebook 3 says of the trained network with all its eigenvalues at hand holds at the start too, where the spectrum is
/// spread over both signs.
#[test]
fn the_density_of_an_untrained_network_is_that_of_its_eigenvalues() {
    let (x, y) = load_mnist_7x7(300, 0).expect("the digits");
    let hessian = Hessian::new(&tiny_mlp(0), &x, &y);
    let exact = eigvalsh(&to_dense(&hessian));
    let n = exact.len();

    let (grid, sigma) = (linspace(-2.5, 5.25, 500), 0.05);
    let density = slq_density(&hessian, 10, 40, &grid, sigma, 0);
    let everything = Quadrature::known(exact.clone(), Array1::ones(n));
    let distance = trapezoid(&(&density - &smooth(&everything, &grid, sigma)).mapv(f64::abs), &grid);
    assert!(distance < 0.03 * n as f64, "L1 distance {distance}");

    let quadrature = slq_quadrature(&hessian, 10, 40, 0);
    let whole = exact.mapv(f64::abs).sum();
    for sign in [1.0, -1.0] {
        let part: f64 = exact.iter().map(|value| (sign * value).max(0.0)).sum();
        let error = quadrature.integrate(|t| (sign * t).max(0.0)).mean - part;
        assert!(error.abs() < 0.05 * whole, "the part of sign {sign} is {part}, missed by {error}");
    }
    assert!(exact.sum() < 0.1 * whole, "trace {} of {whole}", exact.sum());
    let share = exact.iter().filter(|value| value.abs() < 0.05).count() as f64 / n as f64;
    assert!((0.6..0.8).contains(&share), "share within 0.05 of zero: {share}");
    assert!(exact[0] < -1.5, "smallest {}", exact[0]);

    let ritz = lanczos(&hessian, 1, 100, Reorthogonalization::Full).ritz().values;
    for k in 1..=10 {
        let (found, value) = (ritz[ritz.len() - k], exact[n - k]);
        assert!((found - value).abs() < 1e-9, "eigenvalue {k} from the top is {value}, got {found}");
    }
    assert!((ritz[0] - exact[0]).abs() < 1e-9, "smallest {}, got {}", exact[0], ritz[0]);
}
