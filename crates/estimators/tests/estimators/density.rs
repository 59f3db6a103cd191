//! Stochastic Lanczos quadrature: its moments, a matrix that it takes exactly, and the Hessian of an untrained network.

use matrix_free::linalg::{eigh, eigvalsh, linspace, trapezoid};
use matrix_free::operator::{Dense, to_dense};
use matrix_free::probe::{Probe, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2};
use small_networks::data::load_mnist_7x7;
use small_networks::{Hessian, tiny_mlp};
use spectral_course::solutions::{
    PointMasses, Quadrature, Reorthogonalization, hutchinson_trace, lanczos, slq_density, slq_quadrature, smooth,
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

/// Bounds on the mass up to a point, from the nodes and weights of one probe.
type Bracket = fn(&PointMasses, f64) -> [f64; 2];

/// At how many points the true mass is outside of the bracket, over several spectra, numbers of steps and probes. The points are the
/// nodes, the eigenvalues, and many in between.
fn violations(bracket: Bracket) -> usize {
    let spectra = [
        linspace(-2.0, 4.0, 25),
        linspace(0.0, 3.0, 40).mapv(|t| (-2.0 * t).exp()),
        linspace(-1.0, 1.0, 30).mapv(|t| t * t * t),
    ];
    let mut count = 0;
    for (seed, eigenvalues) in spectra.iter().enumerate() {
        let (n, seed) = (eigenvalues.len(), seed as u64);
        let diagonal = Array2::from_diag(eigenvalues);
        for matrix in [diagonal, symmetric_with_spectrum(eigenvalues, seed)] {
            let pairs = eigh(&matrix);
            // The starts of the runs: the spectral measure of `z` has the mass (v_i^T z)^2 at the i-th eigenvalue.
            let starts = Probe::Rademacher.draw_block(n, 3, &mut rng(seed));
            let masses = pairs.vectors.t().dot(&starts).mapv(|component| component * component);
            for steps in [1, 2, 3, 7, 15] {
                let quadrature = slq_quadrature(&Dense::new(matrix.clone()), 3, steps, seed);
                for (probe, measure) in quadrature.probes.iter().zip(masses.columns()) {
                    let points = linspace(eigenvalues[0].min(-1.0) - 0.5, 4.5, 173);
                    for &t in points.iter().chain(&pairs.values).chain(&probe.nodes) {
                        let mass: f64 = pairs
                            .values
                            .iter()
                            .zip(measure)
                            .filter(|(value, _)| **value <= t)
                            .map(|(_, mass)| mass)
                            .sum();
                        let [lower, upper] = bracket(probe, t);
                        count += usize::from(lower > mass + 1e-8 || upper < mass - 1e-8);
                    }
                }
            }
        }
    }
    count
}

/// Chebyshev, Markov and Stieltjes.
#[test]
fn the_mass_up_to_any_point_is_in_the_bracket() {
    assert_eq!(violations(PointMasses::cdf_bracket), 0);
    // Brackets that are too narrow, on either side.
    let wrong: [(&str, Bracket); 4] = [
        ("the sum of the weights up to the point", |probe, t| {
            [probe.integrate(|node| if node <= t { 1.0 } else { 0.0 }); 2]
        }),
        ("the bracket of the node before", |probe, t| {
            let before = probe.nodes.iter().copied().filter(|&node| node <= t).fold(f64::NEG_INFINITY, f64::max);
            probe.cdf_bracket(before)
        }),
        ("the bracket of the node after", |probe, t| {
            let after = probe.nodes.iter().copied().filter(|&node| node >= t).fold(f64::INFINITY, f64::min);
            probe.cdf_bracket(after)
        }),
        ("half of the weights", |probe, t| {
            let [lower, upper] = probe.cdf_bracket(t);
            [0.75 * lower + 0.25 * upper, 0.25 * lower + 0.75 * upper]
        }),
    ];
    for (name, bracket) in wrong {
        assert!(violations(bracket) > 100, "{name}: {} violations", violations(bracket));
    }
}

#[test]
fn the_bracket_is_as_wide_as_the_weights_beside_the_point() {
    let masses = PointMasses { nodes: Array1::from(vec![2.0, -1.0, 0.5]), weights: Array1::from(vec![0.2, 0.5, 0.3]) };
    let cases = [
        (-2.0, [0.0, 0.5]),
        (-1.0, [0.0, 0.5]),
        (0.0, [0.0, 0.8]),
        (0.5, [0.5, 0.8]),
        (1.0, [0.5, 1.0]),
        (2.0, [0.8, 1.0]),
        (3.0, [0.8, 1.0]),
        (f64::NEG_INFINITY, [0.0, 0.5]),
        (f64::INFINITY, [0.8, 1.0]),
    ];
    for (t, expected) in cases {
        let got = masses.cdf_bracket(t);
        assert!((0..2).all(|i| (got[i] - expected[i]).abs() < 1e-15), "at {t}: expected {expected:?}, got {got:?}");
    }
    let twice = Quadrature { probes: vec![masses.clone(), masses], n_matvecs: 0 };
    let [lower, upper] = twice.cdf_bracket(0.5);
    assert_eq!((lower.mean, upper.mean, lower.standard_error()), (0.5, 0.8, 0.0));
}
