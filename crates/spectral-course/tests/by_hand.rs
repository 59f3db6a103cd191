//! The numbers of the hints that begin with "Try it by hand".

use std::f64::consts::SQRT_2;

use ndarray::{Array1, Array2, array};
use spectral_course::prelude::{Dense, Dual, Mlp, Probe};
use spectral_course::solutions::{self, Norms, PowerIteration, RitzValues, Slopes, Top};

/// Numbers as a hint states them, to three digits.
#[track_caller]
fn three_digits(got: &[f64], stated: &[f64]) {
    assert_eq!(got.len(), stated.len(), "{got:?} against {stated:?}");
    for (got, stated) in got.iter().zip(stated) {
        assert!((got - stated).abs() <= 5.001e-3 * 10_f64.powf(stated.abs().log10().floor()), "{got} against {stated}");
    }
}

/// Numbers that a hint states exactly.
#[track_caller]
fn exact(got: &[f64], stated: &[f64]) {
    assert_eq!(got.len(), stated.len(), "{got:?} against {stated:?}");
    for (got, stated) in got.iter().zip(stated) {
        assert!((got - stated).abs() < 1e-9, "{got} against {stated}");
    }
}

/// A vector of which a hint leaves the sign open.
#[track_caller]
fn up_to_sign(got: Array1<f64>, stated: &[f64]) {
    let sign = if got[0] * stated[0] < 0.0 { -1.0 } else { 1.0 };
    three_digits(&(got * sign).to_vec(), stated);
}

fn dense(a: Array2<f64>) -> Dense {
    Dense::new(a)
}

const SEEDS: std::ops::Range<u64> = 0..20;

#[test]
fn notebook_1() {
    // 1/0.1
    let Norms { spectral, frobenius } = solutions::norms(&array![[3.0, 0.0], [4.0, 5.0]]);
    exact(&[spectral.powi(2), frobenius.powi(2)], &[45.0, 50.0]);
    three_digits(&[spectral, frobenius], &[6.71, 7.07]);
    // 1/0.2
    exact(&[solutions::condition_number(&array![[1.0, 2.0], [2.0, 1.0]])], &[3.0]);
    // 1/0.3
    assert_eq!((solutions::epsilon_f32(), solutions::epsilon_f64()), (2_f32.powi(-23), 2_f64.powi(-52)));
    three_digits(&[solutions::epsilon_f32().into(), solutions::epsilon_f64()], &[1.19e-7, 2.22e-16]);
    // 1/0.4
    let a = dense(array![[2.0, 1.0], [1.0, 4.0]]);
    for v in [array![1.0, 2.0], array![2.0, 4.0]] {
        exact(&[solutions::rayleigh_quotient(&a, &v)], &[4.4]);
    }
    // 1/1.1
    let (model, y, v) = (Mlp::with_params(&[1, 2], Array1::zeros(4)), array![0], array![1.0, 0.0, 0.0, 0.0]);
    let gradient = |w: f64| Mlp::with_params(&[1, 2], &v * w).gradient(&array![[1.0]], &y);
    three_digits(&[gradient(1.0)[0], gradient(-1.0)[0]], &[-0.269, -0.731]);
    let product = solutions::hvp_central(&model, &array![[1.0]], &y, &v, 1.0);
    three_digits(&product.to_vec(), &[0.231, -0.231, 0.231, -0.231]);
    // 1/1.2
    let product = solutions::dual_mul(Dual::new(2.0, 3.0), Dual::new(4.0, 5.0));
    exact(&[product.re, product.eps], &[8.0, 22.0]);
    let tanh = solutions::dual_tanh(Dual::new(1.0, 2.0));
    three_digits(&[tanh.re, tanh.eps, 1.0 - tanh.re.powi(2)], &[0.762, 0.840, 0.420]);
    // 1/1.3
    let product = solutions::hvp_dual(&model, &array![[2.0]], &y, &v);
    exact(&product.to_vec(), &[1.0, -1.0, 0.5, -0.5]);
    // 1/2.1
    let a = dense(array![[2.0, 0.0], [0.0, 1.0]]);
    for (v, value) in [(array![1.0, 1.0], 1.5), (array![2.0, 1.0], 1.8)] {
        exact(&[solutions::rayleigh_quotient(&a, &v)], &[value]);
    }
    let residual_at = |value: f64| ((2.0 - value) * (value - 1.0)).sqrt();
    exact(&[residual_at(1.5), residual_at(1.8)], &[0.5, 0.4]);
    for seed in SEEDS {
        let PowerIteration { value, residual, history, .. } = solutions::power_iteration(&a, 3, 0.0, seed);
        exact(&[residual], &[residual_at(value)]);
        let ratio = |value: f64| (2.0 - value) / (value - 1.0);
        for step in history.windows(2) {
            assert!((ratio(step[1]) / ratio(step[0]) - 0.25).abs() < 1e-6, "seed {seed}: {history:?}");
        }
    }
    // 1/2.2
    assert_eq!(solutions::predicted_slopes(&array![10.0, 10.0, -1.0]), Slopes { value: -2.0, vector: -1.0 });
    assert_eq!(solutions::predicted_slopes(&array![10.0, -10.0, 1.0]), Slopes { value: 0.0, vector: 0.0 });
    // 1/3.1
    for seed in SEEDS {
        let pairs = solutions::deflation(&dense(array![[2.0, 1.0], [1.0, 2.0]]), 2, 200, 1e-10, seed);
        exact(&pairs.values.to_vec(), &[3.0, 1.0]);
        up_to_sign(&pairs.vectors.column(0) * SQRT_2, &[1.0, 1.0]);
        up_to_sign(&pairs.vectors.column(1) * SQRT_2, &[1.0, -1.0]);
    }
    // 1/4.1, 1/4.2 and 1/5.2
    let (a, start) = (dense(array![[1.0, 0.0], [0.0, 5.0]]), array![1.0, 1.0]);
    for run in [
        solutions::lanczos_three_term(&a, &start, 2),
        solutions::lanczos_gram_schmidt(&a, &start, 2, 1),
        solutions::lanczos_gram_schmidt(&a, &start, 2, 2),
    ] {
        exact(&run.alpha.to_vec(), &[3.0, 3.0]);
        exact(&run.beta.to_vec(), &[2.0]);
        exact(&[run.residual], &[0.0]);
        exact(&(&run.basis.column(1) * SQRT_2).to_vec(), &[-1.0, 1.0]);
        exact(&solutions::ritz_values(&run, 1).to_vec(), &[3.0]);
        exact(&solutions::ritz_values(&run, 2).to_vec(), &[1.0, 5.0]);
    }
    // 1/5.1
    let basis = array![[1.0, 0.6, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, 1.0]];
    exact(&solutions::orthogonality_history(&basis).to_vec(), &[0.0, 0.6, 0.6]);
    // 1/5.3
    three_digits(&[13_f64.sqrt(), 6.5_f64.sqrt()], &[3.61, 2.55]);
    let run = solutions::lanczos_conditional(&a, &start, 1);
    exact(&[run.residual], &[2.0]);
    assert_eq!(run.n_passes, 1);
    let run = solutions::lanczos_conditional(&dense(array![[0.0, 1.0], [1.0, 0.0]]), &array![1.0, 0.0], 1);
    exact(&[run.residual], &[1.0]);
    assert_eq!(run.n_passes, 0);
    // 1/6.1
    let a = dense(array![[3.0, 0.0], [0.0, -4.0]]);
    let bound_of = |t: f64| ((3.0 - t) * (t + 4.0)).sqrt();
    three_digits(&[bound_of(0.0)], &[3.46]);
    for seed in SEEDS {
        for (top, stated) in [(Top::Largest, [3.0, -4.0]), (Top::LargestMagnitude, [-4.0, 3.0])] {
            let RitzValues { values, bounds, .. } = solutions::lanczos_top(&a, 2, 2, top, seed);
            exact(&values.to_vec(), &stated);
            exact(&bounds.to_vec(), &[0.0, 0.0]);
            let RitzValues { values, bounds, .. } = solutions::lanczos_top(&a, 1, 1, top, seed);
            assert!((-4.0..=3.0).contains(&values[0]), "seed {seed}: {values}");
            exact(&bounds.to_vec(), &[bound_of(values[0])]);
        }
    }
    // 1/7.1
    let gradient = |theta: &Array1<f64>| theta * 2.0;
    let factor = |n_steps: usize| solutions::growth_per_step(&gradient, &array![1.0], &array![1.0], 0.75, n_steps);
    exact(&[factor(1), factor(2)], &[0.5, 0.5]);
}

#[test]
fn notebook_2() {
    // 2/0.1
    let rank = solutions::stable_rank(&array![[3.0, 0.0], [4.0, 5.0]]);
    exact(&[rank], &[50.0 / 45.0]);
    three_digits(&[rank], &[1.11]);
    // 2/1.1
    let a = array![[1.0, 2.0], [2.0, 4.0]];
    for seed in SEEDS {
        let q = solutions::range_finder(&dense(a.clone()), 1, seed);
        up_to_sign(q.column(0).to_owned(), &[0.447, 0.894]);
        exact(&[solutions::range_error(&a, &q)], &[0.0]);
    }
    let error = solutions::range_error(&a, &array![[1.0], [0.0]]);
    exact(&[error.powi(2)], &[20.0]);
    three_digits(&[error], &[4.47]);
    // 2/1.2
    let sigma = array![6.0, 5.0, 4.0, 3.0];
    let got = [4.0 * (1.0 + SQRT_2), 5.0 * 1_f64.exp(), solutions::range_bound(&sigma, 2, 2)];
    for (got, stated) in got.iter().zip([9.657, 13.591, 23.248]) {
        assert!((got - stated).abs() <= 5e-4, "{got} against {stated}");
    }
    // 2/2.1
    for seed in SEEDS {
        let pairs = solutions::randomized_eigh(&dense(array![[1.0, 2.0], [2.0, -2.0]]), 1, 1, 0, seed);
        exact(&pairs.values.to_vec(), &[-3.0]);
        up_to_sign(pairs.vectors.column(0).to_owned(), &[0.447, -0.894]);
        assert_eq!(pairs.n_matvecs, 4);
    }
    // 2/2.2
    for seed in SEEDS {
        let errors = solutions::oversampling_errors(&array![[3.0, 0.0], [0.0, 4.0]], 1, &[0, 1], 3, seed);
        assert_eq!(errors.dim(), (2, 3));
        let [a, b, c] = [0, 1, 2].map(|t| errors[[0, t]]);
        assert!([a, b, c].iter().all(|error| (3.0..=4.0).contains(error)), "seed {seed}: {errors}");
        assert!(a != b && b != c && c != a, "seed {seed}: {errors}");
        exact(&errors.row(1).to_vec(), &[0.0; 3]);
    }
    // 2/2.3
    three_digits(&[solutions::range_bound(&array![36.0, 25.0, 16.0, 9.0], 2, 2)], &[88.5]);
    three_digits(&[1, 0].map(|n_power| solutions::power_bound(&sigma, 2, 2, n_power)), &[9.41, 23.2]);
    // 2/3.1
    for theta in [array![0.0, 0.0], array![0.3, -2.0]] {
        let model = Mlp::with_params(&[1, 1], theta);
        exact(&solutions::entk_matvec(&model, &array![[1.0], [2.0]], &array![1.0, 1.0]).to_vec(), &[5.0, 8.0]);
    }
    // 2/4.1
    let pictures = solutions::eigenfunction_images(&array![[1.0, 0.0], [0.0, 2.0]], &array![[0.6], [-0.8]]);
    exact(&pictures.row(0).to_vec(), &[-0.6, 1.6]);
    // 2/5.1
    let (a, q) = (array![[3.0, 0.0], [0.0, 4.0]], array![[1.0], [0.0]]);
    let bound = solutions::range_certificate(&dense(a.clone()), &q, &array![[1.0, 1.0], [1.0, -0.5]]);
    three_digits(&[bound], &[6.38]);
    exact(&[bound, solutions::range_error(&a, &q)], &[8.0 * (2.0 / std::f64::consts::PI).sqrt(), 4.0]);
}

#[test]
fn notebook_3() {
    let a = dense(array![[1.0, 2.0], [2.0, 5.0]]);
    // 3/1.1
    let estimate = solutions::hutchinson_trace(&a, 4000, Probe::Rademacher, 0);
    assert!(estimate.samples.iter().all(|&sample| sample == 10.0 || sample == 2.0));
    assert!((estimate.mean - 6.0).abs() < 0.3, "{}", estimate.mean);
    // 3/1.2
    for seed in SEEDS {
        let result = solutions::variance_sweep(&a, &[1], Probe::Rademacher, 2, seed);
        assert!(result[0] == 0.0 || result[0] == 32.0, "seed {seed}: {result}");
    }
    let result = solutions::variance_sweep(&a, &[1, 4], Probe::Rademacher, 4000, 0);
    assert!((result[0] / 16.0 - 1.0).abs() < 0.1 && (result[1] / 4.0 - 1.0).abs() < 0.1, "{result}");
    // 3/3.1
    three_digits(&[(-0.5_f64).exp() / std::f64::consts::TAU.sqrt()], &[0.242]);
    for seed in SEEDS {
        let quadrature = solutions::slq_quadrature(&dense(array![[1.0, 0.0], [0.0, 3.0]]), 1, 2, seed);
        exact(&quadrature.probes[0].nodes.to_vec(), &[1.0, 3.0]);
        // These weights have the factor n = 2.
        exact(&quadrature.probes[0].weights.to_vec(), &[1.0, 1.0]);
        let density = solutions::slq_density(&dense(array![[1.0, 0.0], [0.0, 3.0]]), 1, 2, &array![2.0], 1.0, seed);
        three_digits(&density.to_vec(), &[0.484]);
    }
    // 3/5.1
    let (a, e) = (array![[0.0, 0.0], [0.0, 3.0]], array![[0.0, 1.0], [1.0, 0.0]]);
    exact(&solutions::weyl_shifts(&a, &e, &array![2.0]).to_vec(), &[1.0]);
    // 3/5.2
    let angle = solutions::principal_angle(&array![[1.0], [0.0]], &array![[3.0], [4.0]]);
    exact(&[angle.sin()], &[0.8]);
    three_digits(&[angle], &[0.927]);
    for seed in SEEDS {
        let sines = solutions::gap_experiment(&[0.5, 1.0], &(Array2::eye(4) * 0.1), 1, seed);
        exact(&sines.to_vec(), &[0.0, 0.0]);
    }
    // 3/5.3
    let mut drawn_twice = 0;
    for seed in SEEDS {
        let model = Mlp::with_params(&[1, 1], array![0.3, -2.0]);
        let result = solutions::bootstrap_entk(&model, &array![[1.0], [2.0]], 3, 1, seed);
        for b in 0..3 {
            let stated = match (result.drawn[[b, 0]], result.drawn[[b, 1]]) {
                (0, 0) => 4.0,
                (1, 1) => 10.0,
                _ => 6.85,
            };
            three_digits(&result.values.row(b).to_vec(), &[stated]);
            if stated == 4.0 {
                up_to_sign(result.directions[b].column(0).to_owned(), &[0.707, 0.707]);
                drawn_twice += 1;
            }
        }
    }
    assert!(drawn_twice > 0);
    // 3/5.4
    let lines = [array![[1.0], [0.0]], array![[0.6], [0.8]], array![[0.0], [1.0]]];
    exact(&solutions::pairwise_sines(&lines, 1).to_vec(), &[0.8, 1.0, 0.6]);
}
