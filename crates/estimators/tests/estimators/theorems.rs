//! Every theorem that the notebook uses, as a property of random matrices.

use matrix_free::linalg::{eigh, eigvalsh, frobenius_squared, spectral_norm};
use matrix_free::operator::Dense;
use matrix_free::probe::{Probe, gaussian_matrix, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use spectral_course::solutions::{
    Reorthogonalization, gap_experiment, hutchinson_trace, lanczos, matrix_with_gap, power_bound, power_range_finder,
    principal_angles, range_error, sin_theta, slq_quadrature, stable_rank, weyl_shifts,
};

/// What rounding may add to a quantity of this size computed on `n x n` matrices.
fn rounding(n: usize, size: f64) -> f64 {
    100.0 * n as f64 * f64::EPSILON * size
}

/// The k largest eigenvalues' last, `lambda_k` with `lambda_1` the largest.
fn lambda(a: &Array2<f64>, k: usize) -> f64 {
    let values = eigvalsh(a);
    values[values.len() - k]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weyl(n in 2..20_usize, seed in any::<u64>(), size in 1e-6..10.0_f64) {
        let (a, e) = (random_symmetric(n, seed), random_symmetric(n, seed ^ 1) * size);
        let norm = spectral_norm(&e);
        let shift = weyl_shifts(&a, &e, &ndarray::array![1.0])[0];
        prop_assert!(shift <= norm + rounding(n, spectral_norm(&a) + norm), "shift {shift}, norm {norm}");
        // No smaller constant would do: a multiple of the identity attains the bound.
        let shifted = weyl_shifts(&a, &(Array2::<f64>::eye(n) * size), &ndarray::array![1.0])[0];
        prop_assert!(f64::abs(shifted - size) <= rounding(n, spectral_norm(&a) + size));
    }

    #[test]
    fn davis_kahan(n in 3..16_usize, k in 1..3_usize, seed in any::<u64>(), size in 1e-4..1.0) {
        let (a, e) = (random_symmetric(n, seed), random_symmetric(n, seed ^ 1) * size);
        let perturbed = &a + &e;
        let norm = spectral_norm(&e);
        let sine = sin_theta(&eigh(&a).top(k), &eigh(&perturbed).top(k));
        let slack = 1.0 + 1e-6;
        // The separation of lambda_k(A) from the rest of A + E: constant 1.
        let separation = lambda(&a, k) - lambda(&perturbed, k + 1);
        if separation > 0.0 {
            prop_assert!(sine <= slack * norm / separation + 1e-9, "sin {sine} over {norm} / {separation}");
        }
        // The gap of A alone: constant 2 (Yu, Wang and Samworth).
        let gap = lambda(&a, k) - lambda(&a, k + 1);
        prop_assert!(sine <= slack * 2.0 * norm / gap + 1e-9, "sin {sine} over 2 {norm} / {gap}");
    }

    #[test]
    fn ritz_values_interlace(n in 4..30_usize, k in 1..6_usize, seed in any::<u64>()) {
        let a = random_symmetric(n, seed);
        let k = k.min(n - 1);
        let step = |k| lanczos(&Dense::new(a.clone()), seed, k, Reorthogonalization::Full).ritz().values;
        let (small, large, truth) = (step(k), step(k + 1), eigvalsh(&a));
        let slack = rounding(n, spectral_norm(&a));
        for i in 0..k {
            // Cauchy: each Ritz value of k steps lies between neighbours of k + 1 steps, and within its eigenvalues' bounds.
            prop_assert!(large[i] <= small[i] + slack && small[i] <= large[i + 1] + slack, "{small} and {large}");
            prop_assert!(truth[i] <= small[i] + slack && small[i] <= truth[n - k + i] + slack, "{small} in {truth}");
        }
    }

    #[test]
    fn gauss_quadrature_is_exact_to_degree_2k_minus_1(n in 8..20_usize, k in 1..5_usize, seed in any::<u64>()) {
        let mut a = random_symmetric(n, seed);
        a /= spectral_norm(&a);
        let z = Probe::Gaussian.draw(n, &mut rng(seed));
        let ritz = lanczos(&Dense::new(a.clone()), &z, k, Reorthogonalization::Full).ritz();
        let mut power = z.clone();
        for degree in 0..2 * k {
            let exact = z.dot(&power) / z.dot(&z);
            let got: f64 = ritz.values.iter().zip(ritz.vectors.row(0)).map(|(t, first)| first * first * t.powi(degree as i32)).sum();
            prop_assert!((got - exact).abs() < 1e-11, "degree {degree}: {got} against {exact}");
            power = a.dot(&power);
        }
    }

    #[test]
    fn weights_are_a_distribution_of_mass_n(n in 2..25_usize, m in 1..5_usize, s in 1..12_usize, seed in any::<u64>()) {
        let quadrature = slq_quadrature(&Dense::new(random_symmetric(n, seed)), m, s, seed);
        prop_assert_eq!(quadrature.probes.len(), m);
        for probe in &quadrature.probes {
            prop_assert!(probe.weights.iter().all(|&w| w >= 0.0));
            prop_assert!((probe.weights.sum() - n as f64).abs() < 1e-10 * n as f64);
        }
    }

    /// A diagonal matrix has zero Monte-Carlo variance with sign probes, in every moment.
    #[test]
    fn signs_are_exact_on_a_diagonal(n in 2..20_usize, seed in any::<u64>()) {
        let a = Dense::new(Array2::from_diag(&Probe::Gaussian.draw(n, &mut rng(seed))));
        let trace = a.matrix().diag().sum();
        let estimate = hutchinson_trace(&a, 1, Probe::Rademacher, seed);
        prop_assert!((estimate.mean - trace).abs() < 1e-12 * n as f64);
        let second = slq_quadrature(&a, 1, 4, seed).integrate(|t| t * t).mean;
        prop_assert!((second - frobenius_squared(a.matrix())).abs() < 1e-10 * n as f64);
    }

    #[test]
    fn the_trace_is_what_every_basis_sees(n in 2..20_usize, seed in any::<u64>()) {
        let eigenvalues = Probe::Gaussian.draw(n, &mut rng(seed));
        let a = symmetric_with_spectrum(&eigenvalues, seed);
        prop_assert!((a.diag().sum() - eigenvalues.sum()).abs() < 1e-11 * n as f64);
        prop_assert!((frobenius_squared(&a) - eigenvalues.dot(&eigenvalues)).abs() < 1e-11 * n as f64);
    }

    #[test]
    fn the_stable_rank_is_between_one_and_the_rank(n in 2..20_usize, rank in 1..20_usize, seed in any::<u64>(), size in 1e-3..1e3) {
        let rank = rank.min(n);
        let mut eigenvalues = Probe::Gaussian.draw(n, &mut rng(seed));
        eigenvalues.slice_mut(ndarray::s![rank..]).fill(0.0);
        let a = symmetric_with_spectrum(&eigenvalues, seed);
        let stable = stable_rank(&a);
        prop_assert!(stable >= 1.0 - 1e-12 && stable <= rank as f64 + 1e-9, "{stable} of rank {rank}");
        prop_assert!((stable_rank(&(&a * size)) - stable).abs() < 1e-9 * stable);
    }

    /// Eckart, Young and Mirsky: no basis of l columns misses less than `sigma_(l + 1)`; and a basis misses no more than A has.
    #[test]
    fn no_basis_beats_the_singular_values(n in 3..20_usize, width in 1..19_usize, n_power in 0..4_usize, seed in any::<u64>()) {
        let width = width.min(n - 1);
        let a = random_symmetric(n, seed);
        let sigma = matrix_free::linalg::singular_values(&a);
        let error = range_error(&a, &power_range_finder(&Dense::new(a.clone()), width, n_power, seed));
        prop_assert!(error >= sigma[width] - rounding(n, sigma[0]), "{error} below {}", sigma[width]);
        prop_assert!(error <= sigma[0] + rounding(n, sigma[0]));
    }

    /// `||P A||^s <= ||P A^s||` for an orthogonal projector and a symmetric A, the step from powers to A.
    #[test]
    fn powers_of_a_projected_matrix(n in 3..12_usize, width in 1..6_usize, s in 1..5_i32, seed in any::<u64>()) {
        let a = symmetric_with_spectrum(&Probe::Gaussian.draw(n, &mut rng(seed)), seed);
        let q = matrix_free::linalg::orthonormalize(&gaussian_matrix(n, width.min(n - 1), &mut rng(seed ^ 1)));
        let power = (1..s).fold(a.clone(), |power, _| power.dot(&a));
        let (one, many) = (range_error(&a, &q), range_error(&power, &q));
        prop_assert!(one.powi(s) <= many * (1.0 + 1e-9) + 1e-12, "{one}^{s} against {many}");
    }

    #[test]
    fn principal_angles_are_those_of_spaces(n in 4..12_usize, seed in any::<u64>()) {
        let (u, v) = (gaussian_matrix(n, 2, &mut rng(seed)), gaussian_matrix(n, 2, &mut rng(seed ^ 1)));
        let angles = principal_angles(&u, &v);
        // Symmetric, and blind to the choice of basis.
        let mixed = u.dot(&gaussian_matrix(2, 2, &mut rng(seed ^ 2)));
        for other in [principal_angles(&v, &u), principal_angles(&mixed, &v)] {
            prop_assert!((&angles - &other).iter().all(|d| d.abs() < 1e-6), "{angles} and {other}");
        }
        prop_assert!(angles[0] >= angles[1] && angles.iter().all(|t| (0.0..=std::f64::consts::FRAC_PI_2).contains(t)));
        // || U U^T - V V^T ||_2 is the sine of the largest angle.
        let projector = |b: &Array2<f64>| { let q = matrix_free::linalg::orthonormalize(b); q.dot(&q.t()) };
        let difference = spectral_norm(&(projector(&u) - projector(&v)));
        prop_assert!((difference - angles[0].sin()).abs() < 1e-10);
    }
}

/// Halko, Martinsson and Tropp, theorem 10.6 and corollary 10.10: the mean range error is below its bound, for spectra that decay fast, slowly and not
/// at all, with and without powers.
#[test]
fn the_mean_range_error_is_below_its_bound() {
    let spectra: [fn(i32) -> f64; 3] = [|i| 0.5_f64.powi(i), |i| 1.0 / (1.0 + f64::from(i)), |_| 1.0];
    for spectrum in spectra {
        let sigma = Array1::from_shape_fn(40, |i| spectrum(i as i32));
        let a = Dense::new(symmetric_with_spectrum(&sigma, 1));
        for (k, p, n_power) in [(2, 2, 0), (5, 2, 0), (5, 10, 0), (5, 5, 1), (3, 2, 3)] {
            let trials = 60;
            let errors = (0..trials).map(|t| range_error(a.matrix(), &power_range_finder(&a, k + p, n_power, t)));
            let (mean, bound) = (errors.sum::<f64>() / trials as f64, power_bound(&sigma, k, p, n_power));
            assert!(mean <= bound * (1.0 + 1e-12), "k = {k}, p = {p}, q = {n_power}: {mean} against {bound}");
            // It is a bound and not a constant: within a factor of 100, not 10^10.
            assert!(bound < 200.0 * sigma[k], "{bound} against {}", sigma[k]);
        }
    }
}

/// The seed's experiment: the angle of the top three turns with `lambda_3 - lambda_4`, that of the first alone with the spacing.
#[test]
fn the_gap_that_matters_is_the_one_below() {
    let mut e = random_symmetric(50, 1);
    e *= 0.05 / spectral_norm(&e);
    let gaps = [0.1, 0.3, 1.0, 3.0];
    let (three, one) = (gap_experiment(&gaps, &e, 3, 0), gap_experiment(&gaps, &e, 1, 0));
    for (i, &gap) in gaps.iter().enumerate() {
        let a = matrix_with_gap(gap, 50, 0);
        for (k, sine) in [(1, one[i]), (3, three[i])] {
            let below = lambda(&a, k) - lambda(&a, k + 1);
            assert!(sine <= 2.0 * 0.05 / below, "k = {k}, gap = {gap}: {sine}");
        }
    }
    assert!(one[0] > 5.0 * one[2], "the first eigenvector turns more where its gap is small: {one}");
    assert!(three[0] < three[3], "the top three turn least where the spacing is small: {three}");
    let _: &Array1<f64> = &one;
}

/// What notebook 1 says of norms, quotients and residuals.
mod notebook1 {
    use super::*;
    use matrix_free::linalg::{norm, singular_values, solve};
    use matrix_free::operator::SymmetricOperator;
    use spectral_course::solutions::{
        Norms, condition_number, deflation, norms, power_iteration, predicted_slopes, rayleigh_quotient,
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frobenius_and_spectral_norm(rows in 1..12_usize, columns in 1..12_usize, rank in 1..12_usize, seed in any::<u64>()) {
            let mut rng = rng(seed);
            let rank = rank.min(rows).min(columns);
            let a = gaussian_matrix(rows, rank, &mut rng).dot(&gaussian_matrix(rank, columns, &mut rng));
            let Norms { spectral, frobenius } = norms(&a);
            let slack = rounding(12, frobenius);
            prop_assert!(spectral <= frobenius + slack, "{spectral} and {frobenius}");
            prop_assert!(frobenius <= (rank as f64).sqrt() * spectral + slack, "{frobenius} and {spectral}, rank {rank}");
            // No vector is stretched further than by the spectral norm.
            let x = Probe::Gaussian.draw(columns, &mut rng);
            prop_assert!(norm(&a.dot(&x)) <= spectral * norm(&x) + slack * norm(&x));
        }

        #[test]
        fn condition_bounds_the_error(n in 2..12_usize, seed in any::<u64>(), size in 1e-6..1e-3) {
            let mut rng = rng(seed);
            let (a, b) = (gaussian_matrix(n, n, &mut rng), Probe::Gaussian.draw(n, &mut rng));
            let kappa = condition_number(&a);
            prop_assume!(kappa < 1e6);
            let change = Probe::Gaussian.draw(n, &mut rng) * size;
            let (x, moved) = (solve(&a, &b), solve(&a, &(&b + &change)));
            let relative = |d: &Array1<f64>, of: &Array1<f64>| norm(d) / norm(of);
            prop_assert!(relative(&(&moved - &x), &x) <= kappa * relative(&change, &b) * (1.0 + 1e-3));
            // A backward-stable solver: the residual is that of a matrix off by rounding, whatever the condition.
            let residual = norm(&(&b - &a.dot(&x))) / (singular_values(&a)[0] * norm(&x));
            prop_assert!(residual <= rounding(n, 1.0), "residual {residual} at condition {kappa}");
        }

        #[test]
        fn a_quotient_lies_in_the_spectrum_and_errs_by_the_square(n in 2..15_usize, seed in any::<u64>(), t in 1e-3..1.5_f64) {
            let matrix = random_symmetric(n, seed);
            let a = Dense::new(matrix.clone());
            let pairs = eigh(&matrix);
            let (low, high) = (pairs.values[0], pairs.values[n - 1]);
            let v = Probe::Gaussian.draw(n, &mut rng(seed ^ 2));
            let slack = rounding(n, high - low);
            let quotient = rayleigh_quotient(&a, &v);
            prop_assert!(low - slack <= quotient && quotient <= high + slack);
            // Turned by t away from an eigenvector, within the plane of another vector.
            let u = pairs.vectors.column(n - 1).to_owned();
            let mut w = v.clone();
            // Twice: where v is nearly u, one pass leaves a remainder that is not at right angles to it.
            for _ in 0..2 {
                w = &w - &(&u * u.dot(&w));
                w /= norm(&w);
            }
            let turned = rayleigh_quotient(&a, &(&u * t.cos() + &w * t.sin()));
            prop_assert!((high - turned).abs() <= (high - low) * t.sin().powi(2) + slack);
        }

        #[test]
        fn an_eigenvalue_is_within_the_residual(n in 2..20_usize, seed in any::<u64>(), steps in 1..30_usize) {
            let matrix = random_symmetric(n, seed);
            let a = Dense::new(matrix.clone());
            let run = power_iteration(&a, steps, 0.0, seed);
            let nearest = eigvalsh(&matrix).iter().map(|value| (value - run.value).abs()).fold(f64::INFINITY, f64::min);
            prop_assert!(nearest <= run.residual + rounding(n, spectral_norm(&matrix)), "{nearest} over {}", run.residual);
            // With tolerance 0 only a residual of exactly zero ends a run, which two dimensions may reach.
            prop_assert!(run.n_matvecs() == steps || run.residual == 0.0, "{} of {steps} matvecs", run.n_matvecs());
            let residual = norm(&(a.apply(&run.vector) - &run.vector * run.value));
            prop_assert!((residual - run.residual).abs() <= rounding(n, spectral_norm(&matrix)));
        }

        #[test]
        fn the_angle_falls_by_the_ratio_of_the_eigenvalues(ratio in 0.3..0.95_f64, sign in proptest::bool::ANY, seed in any::<u64>()) {
            let second = if sign { ratio } else { -ratio };
            let spectrum = ndarray::array![1.0, second, 0.5 * ratio, -0.2 * ratio, 0.0];
            let a = Dense::new(symmetric_with_spectrum(&spectrum, seed));
            let first = eigh(a.matrix()).top(1);
            let tangent = |steps: usize| {
                let v = power_iteration(&a, steps, 0.0, seed).vector;
                let cosine = first.column(0).dot(&v).abs();
                norm(&(&v - &(&first.column(0) * first.column(0).dot(&v)))) / cosine
            };
            // tan(angle) falls by at least |lambda_2 / lambda_1| a step, from the first.
            let bound = |k: usize| tangent(1) * 10.0_f64.powf(predicted_slopes(&spectrum).vector * (k as f64 - 1.0));
            for k in [2, 5, 9] {
                prop_assert!(tangent(k) <= bound(k) * (1.0 + 1e-9) + 1e-13, "{} over {} after {k}", tangent(k), bound(k));
            }
        }

        #[test]
        fn deflated_eigenvalues_err_by_the_square(seed in any::<u64>(), digits in 2..6_i32) {
            let spectrum = ndarray::array![8.0, -6.0, 4.5, 3.0, -2.0, 1.0, 0.5, 0.0];
            let a = Dense::new(symmetric_with_spectrum(&spectrum, seed));
            let tolerance = 10.0_f64.powi(-digits);
            let pairs = deflation(&a, 4, 2000, tolerance, seed);
            for j in 0..4 {
                let (v, value) = (pairs.vectors.column(j), pairs.values[j]);
                let residual = norm(&(a.apply(&v) - &v * value));
                let magnitude = |i: usize| pairs.values[i].abs();
                let before: f64 = (0..j).map(|i| magnitude(i) * (magnitude(i) + magnitude(j)) / magnitude(j)).sum();
                // To first order in the tolerance.
                let worst = tolerance * (magnitude(j) + before) * (1.0 + 100.0 * tolerance);
                prop_assert!(residual <= worst + 1e-13, "residual {residual} over {worst} for pair {j}");
                let overlaps: f64 = (0..j).map(|i| magnitude(i) * pairs.vectors.column(i).dot(&v).powi(2)).sum();
                // To the nearest eigenvalue: a start with next to nothing of the first may find the second one first.
                let mut distances: Vec<f64> = spectrum.iter().map(|e| (e - value).abs()).collect();
                distances.sort_by(f64::total_cmp);
                let (error, gap) = (distances[0], distances[1]);
                prop_assert!(error <= residual.powi(2) / gap + overlaps + 1e-13, "error {error} of pair {j}");
            }
        }
    }
}
