//! The random estimators by z-score at a fixed budget, each with the proof that the test has power; and the wrong versions
//! that such a test must reject.

use matrix_free::linalg::{eigvalsh, frobenius_squared, linspace, mean, orthonormalize, trapezoid, variance};
use matrix_free::operator::{Counting, Dense, SymmetricOperator, from_fn, to_dense};
use matrix_free::probe::{Probe, gaussian_matrix, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, ArrayRef2};
use rand::Rng;
use small_networks::data::load_mnist_7x7;
use small_networks::{Hessian, tiny_mlp};
use spectral_course::solutions::{
    Quadrature, Reorthogonalization, StopReason, hutch_plus_plus, hutchinson_trace, lanczos, lanczos_block,
    power_range_finder, randomized_eigh, range_error, slq_density, slq_quadrature, smooth, variance_sweep, xtrace,
};

/// The z-score of an estimate with a known standard error that is at most `power` of what is estimated.
#[track_caller]
fn z_score(got: f64, expected: f64, standard_error: f64, power: f64) -> f64 {
    assert!(standard_error > 0.0, "a test without spread proves nothing");
    assert!(standard_error < power * expected.abs(), "no power: standard error {standard_error} against {expected}");
    (got - expected) / standard_error
}

fn theory(a: &Array2<f64>, probe: Probe) -> f64 {
    let (n, squares, trace) = (a.nrows() as f64, frobenius_squared(a), a.diag().sum());
    match probe {
        Probe::Rademacher => 2.0 * (squares - a.diag().dot(&a.diag())),
        Probe::Gaussian => 2.0 * squares,
        Probe::Sphere => 2.0 * n / (n + 2.0) * (squares - trace * trace / n),
    }
}

/// A + 3 I: a trace that is not small against its standard error.
fn test_matrix() -> Array2<f64> {
    random_symmetric(30, 0) + Array2::<f64>::eye(30) * 3.0
}

#[test]
fn hutchinson_is_unbiased_with_the_variance_of_theory() {
    let matrix = test_matrix();
    let a = Dense::new(matrix.clone());
    let m = 40_000;
    for probe in [Probe::Rademacher, Probe::Gaussian, Probe::Sphere] {
        let estimate = hutchinson_trace(&a, m, probe, 1);
        let expected = theory(&matrix, probe);
        let z = z_score(estimate.mean, matrix.diag().sum(), (expected / m as f64).sqrt(), 0.02);
        assert!(z.abs() < 5.0, "{probe:?}: z = {z}");
        // The sample variance of m values has a relative error near sqrt(2 / m), times a little for the heavier tails.
        let ratio = variance(&estimate.samples) / expected;
        assert!((ratio - 1.0).abs() < 0.1, "{probe:?}: variance is {ratio} of theory");
        let standard_error = estimate.standard_error();
        assert!((standard_error / (expected / m as f64).sqrt() - 1.0).abs() < 0.05, "{standard_error}");
    }
}

/// The z-score test rejects probes that do not have E[z z^T] = I.
#[test]
fn wrong_probes_are_seen() {
    let a = test_matrix();
    let mut rng = rng(1);
    let samples: Array1<f64> = (0..40_000)
        .map(|_| {
            let z = Array1::from_shape_simple_fn(30, || f64::from(u8::from(rng.random::<bool>())));
            z.dot(&a.dot(&z))
        })
        .collect();
    let standard_error = (theory(&a, Probe::Gaussian) / 40_000.0).sqrt();
    let z = z_score(mean(&samples), a.diag().sum(), standard_error, 0.02);
    assert!(z.abs() > 20.0, "probes from {{0, 1}} pass with z = {z}");
}

#[test]
fn estimates_do_not_depend_on_blocks_or_calls() {
    let matrix = test_matrix();
    let a = Counting::new(Dense::new(matrix.clone()));
    let blocked = hutchinson_trace(&a, 150, Probe::Gaussian, 3);
    assert_eq!(a.matvecs(), 150);
    let one_by_one = hutchinson_trace(&from_fn(30, |x| matrix.dot(x)), 150, Probe::Gaussian, 3);
    let largest = (&blocked.samples - &one_by_one.samples).iter().fold(0.0, |l: f64, d| l.max(d.abs()));
    assert!(largest < 1e-10, "{largest}");
    assert_eq!(blocked.samples, hutchinson_trace(&a, 150, Probe::Gaussian, 3).samples);
    assert_eq!(blocked.samples.len(), 150);
}

#[test]
fn the_sweep_measures_the_variance_of_the_mean() {
    let a = Dense::new(test_matrix());
    let ms = [10, 100];
    for probe in Probe::RADEMACHER_AND_GAUSSIAN {
        let n_trials = 800;
        let measured = variance_sweep(&a, &ms, probe, n_trials, 1);
        for (&m, got) in ms.iter().zip(&measured) {
            let expected = theory(a.matrix(), probe) / m as f64;
            // Estimates from ten probes are nearly normal: the relative error is sqrt(2 / 799) = 0.05, a third more at most.
            let z = (got / expected - 1.0) / (2.7 / (n_trials as f64 - 1.0)).sqrt();
            assert!(z.abs() < 5.0, "{probe:?}, m = {m}: {got} against {expected}");
        }
    }
}

#[test]
fn hutch_plus_plus_and_xtrace_are_unbiased_and_count_their_matvecs() {
    // A decaying spectrum: what these methods are made for.
    let eigenvalues = Array1::from_shape_fn(60, |i| 0.8_f64.powi(i as i32));
    let a = Counting::new(Dense::new(symmetric_with_spectrum(&eigenvalues, 2)));
    let (trace, budget, trials) = (eigenvalues.sum(), 24, 400);
    type Estimator = fn(&dyn SymmetricOperator, usize, u64) -> f64;
    let methods: [(&str, Estimator); 3] = [
        ("Hutch++", |a, budget, seed| hutch_plus_plus(a, budget, seed).mean),
        ("XTrace", |a, budget, seed| xtrace(a, budget, seed).mean),
        ("Hutchinson", |a, budget, seed| hutchinson_trace(a, budget, Probe::Rademacher, seed).mean),
    ];
    let mut spread = Vec::new();
    for (name, estimate) in methods {
        let before = a.matvecs();
        estimate(&a, budget, 0);
        assert_eq!(a.matvecs() - before, budget, "{name}");
        let estimates: Array1<f64> = (0..trials).map(|seed| estimate(&a, budget, seed)).collect();
        let deviation = variance(&estimates).sqrt();
        let z = z_score(mean(&estimates), trace, deviation / (trials as f64).sqrt(), 0.02);
        assert!(z.abs() < 5.0, "{name}: z = {z}");
        spread.push(deviation);
    }
    // Over twelve rotations the ratios are 0.46 to 0.54 and 0.56 to 0.67, each known to 5 % from 400 trials.
    let (plus_plus, xtrace) = (spread[0] / spread[2], spread[1] / spread[0]);
    assert!((0.37..0.65).contains(&plus_plus), "Hutch++ over Hutchinson: {plus_plus}");
    assert!((0.45..0.8).contains(&xtrace), "XTrace over Hutch++: {xtrace}");
}

#[test]
fn hutch_plus_plus_of_low_rank_is_exact() {
    let mut eigenvalues = Array1::zeros(30);
    eigenvalues[3] = 5.0;
    eigenvalues[4] = -2.0;
    let estimate = hutch_plus_plus(&Dense::new(symmetric_with_spectrum(&eigenvalues, 3)), 12, 1);
    assert!((estimate.mean - 3.0).abs() < 1e-11, "{}", estimate.mean);
}

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

#[test]
fn lanczos_satisfies_its_identity() {
    let a = random_symmetric(40, 8);
    for reorthogonalization in [Reorthogonalization::None, Reorthogonalization::Conditional, Reorthogonalization::Full]
    {
        let run = lanczos(&Dense::new(a.clone()), 3, 12, reorthogonalization);
        let k = run.alpha.len();
        let mut t = Array2::from_diag(&run.alpha);
        for j in 0..k - 1 {
            t[[j, j + 1]] = run.beta[j];
            t[[j + 1, j]] = run.beta[j];
        }
        // A Q - Q T = r e_k^T: all columns but the last vanish, and the last is the residual.
        let rest = a.dot(&run.basis) - run.basis.dot(&t);
        let scale = 1e-13 * frobenius_squared(&a).sqrt();
        assert!(rest.slice(ndarray::s![.., ..k - 1]).iter().all(|r| r.abs() < scale), "{reorthogonalization:?}");
        let last = rest.column(k - 1).to_owned();
        assert!((last.dot(&last).sqrt() - run.residual).abs() < scale, "{reorthogonalization:?}: {}", run.residual);
        assert_eq!((k, run.n_matvecs, run.stopped), (12, 12, StopReason::Steps));
    }
}

fn orthogonality_loss(q: &ArrayRef2<f64>) -> f64 {
    (q.t().dot(q) - Array2::<f64>::eye(q.ncols())).iter().fold(0.0, |l: f64, d| l.max(d.abs()))
}

#[test]
fn reorthogonalisation_keeps_the_basis_orthonormal_and_its_absence_does_not() {
    let mut eigenvalues = linspace(0.0, 1.0, 100);
    eigenvalues[98] = 50.0;
    eigenvalues[99] = 100.0;
    let a = Dense::new(symmetric_with_spectrum(&eigenvalues, 1));
    let loss = |r| orthogonality_loss(&lanczos(&a, 1, 60, r).basis);
    assert!(loss(Reorthogonalization::Full) < 1e-14 * 10.0);
    assert!(loss(Reorthogonalization::Conditional) < 1e-11);
    assert!(loss(Reorthogonalization::None) > 0.1, "without it orthogonality is lost");
}

#[test]
fn lanczos_stops_at_an_invariant_subspace() {
    let eigenvalues = Array1::from_shape_fn(30, |i| [1.0, 2.0, 7.0][i % 3]);
    let a = Dense::new(symmetric_with_spectrum(&eigenvalues, 2));
    for r in [Reorthogonalization::Conditional, Reorthogonalization::Full] {
        let run = lanczos(&a, 5, 20, r);
        assert_eq!((run.alpha.len(), run.stopped), (3, StopReason::InvariantSubspace), "{r:?}");
        let values = run.ritz().values;
        assert!((&values - &ndarray::array![1.0, 2.0, 7.0]).iter().all(|d| d.abs() < 1e-12), "{values}");
    }
    for a in [Array2::zeros((4, 4)), Array2::eye(4)] {
        let run = lanczos(&Dense::new(a.clone()), 1, 4, Reorthogonalization::Full);
        assert_eq!((run.alpha.len(), run.stopped), (1, StopReason::InvariantSubspace));
    }
    // No more than n steps, and with all of them the spectrum.
    let a = random_symmetric(9, 1);
    let run = lanczos(&Dense::new(a.clone()), 1, 50, Reorthogonalization::Full);
    assert_eq!(run.alpha.len(), 9);
    assert!((&run.ritz().values - &eigvalsh(&a)).iter().all(|d| d.abs() < 1e-11));
}

#[test]
fn runs_in_lockstep_are_the_runs_alone() {
    let a = Dense::new(Array2::from_diag(&Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 })));
    let mut starts = gaussian_matrix(12, 4, &mut rng(1));
    // One run ends after a step, the others after two.
    starts.column_mut(2).assign(&Array1::from_shape_fn(12, |i| if i == 0 { 1.0 } else { 0.0 }));
    let together = lanczos_block(&a, &starts, 5, Reorthogonalization::Full);
    assert_eq!(together.iter().map(|run| run.n_matvecs).collect::<Vec<_>>(), [2, 2, 1, 2]);
    for (run, start) in together.iter().zip(starts.columns()) {
        let alone = lanczos(&a, &start, 5, Reorthogonalization::Full);
        assert!((&run.alpha - &alone.alpha).iter().all(|d| d.abs() < 1e-12));
    }
}

#[test]
fn randomized_eigh_finds_the_top_of_a_decaying_spectrum() {
    let eigenvalues = Array1::from_shape_fn(80, |i| (-1.0_f64).powi(i as i32) * 0.6_f64.powi(i as i32));
    let a = Counting::new(Dense::new(symmetric_with_spectrum(&eigenvalues, 3)));
    let pairs = randomized_eigh(&a, 5, 10, 1, 2);
    assert_eq!((a.matvecs(), pairs.n_matvecs), (45, 45));
    for (k, (value, vector)) in pairs.values.iter().zip(pairs.vectors.columns()).enumerate() {
        assert!((value - eigenvalues[k]).abs() < 1e-9, "lambda_{k} is {}, got {value}", eigenvalues[k]);
        let residual = a.apply(&vector) - &vector * *value;
        assert!(residual.dot(&residual).sqrt() < 1e-5, "{k}");
    }
    assert!(orthogonality_loss(&pairs.vectors) < 1e-13);
    // Oversampling past n is cut, and the result exact.
    let whole = randomized_eigh(&Dense::new(random_symmetric(6, 1)), 3, 10, 0, 1);
    let truth = eigvalsh(&random_symmetric(6, 1));
    assert!(truth.iter().any(|t| (t - whole.values[0]).abs() < 1e-12));
}

/// Each power multiplies what belongs to a wrong direction by `lambda_j / lambda_k` once more; and without orthonormalising, rounding takes all.
#[test]
fn powers_sharpen_and_orthonormalising_keeps_them() {
    let sigma = Array1::from_shape_fn(60, |i| 1.0 / (1.0 + i as f64));
    let slow = Dense::new(symmetric_with_spectrum(&sigma, 1));
    let error = |q: usize| -> f64 {
        (0..10).map(|t| range_error(slow.matrix(), &power_range_finder(&slow, 8, q, t))).sum::<f64>() / 10.0
    };
    let errors = [error(0), error(1), error(4), error(40)];
    assert!(errors.windows(2).all(|w| w[1] < w[0]), "{errors:?}");
    assert!((errors[3] / sigma[8] - 1.0).abs() < 0.01, "{errors:?} against {}", sigma[8]);

    let fast = Dense::new(symmetric_with_spectrum(&Array1::from_shape_fn(30, |i| 0.25_f64.powi(i as i32)), 1));
    let mut plain = Probe::Gaussian.draw_block(30, 8, &mut rng(1));
    for _ in 0..9 {
        plain = fast.apply_block(&plain);
    }
    let stable = range_error(fast.matrix(), &power_range_finder(&fast, 8, 8, 1));
    let unstable = range_error(fast.matrix(), &orthonormalize(&plain));
    assert!(stable < 1.1 * 0.25_f64.powi(8) && unstable > 100.0 * stable, "{stable} and {unstable}");
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
