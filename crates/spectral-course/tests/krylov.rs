//! Lanczos: its identity and its strategies in both precisions, the loss of orthogonality as Paige has it, the certificates of Ritz values.

use matrix_free::linalg::{eigh_tridiagonal, eigvalsh, linspace, norm, spectral_norm};
use matrix_free::operator::{Counting, Dense};
use matrix_free::probe::{Probe, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;
use spectral_course::solutions::{
    Lanczos, Reorthogonalization, StopReason, Top, lanczos, lanczos_conditional, lanczos_f32, lanczos_full,
    lanczos_three_term, lanczos_top, orthogonality_history, ritz_values,
};

const ALL: [Reorthogonalization; 3] =
    [Reorthogonalization::None, Reorthogonalization::Conditional, Reorthogonalization::Full];

/// 196 eigenvalues in `[-1, 1]` and four outliers, plus `shift`.
fn with_outliers(shift: f64) -> Array2<f64> {
    let mut levels = linspace(-1.0, 1.0, 200);
    for (i, outlier) in [(0, -3.0), (1, -2.0), (198, 2.0), (199, 3.0)] {
        levels[i] = outlier;
    }
    symmetric_with_spectrum(&(levels + shift), 2)
}

fn start(n: usize) -> Array1<f64> {
    Probe::Gaussian.draw(n, &mut rng(2))
}

fn loss(run: &Lanczos) -> f64 {
    orthogonality_history(&run.basis)[run.alpha.len() - 1]
}

/// The largest entry of `A Q - Q T - r e_k^T`, the residual being known by its norm only.
fn identity_error(a: &Array2<f64>, run: &Lanczos) -> f64 {
    let k = run.alpha.len();
    let t = Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
        0 => run.alpha[i],
        1 => run.beta[i.min(j)],
        _ => 0.0,
    });
    let rest = a.dot(&run.basis) - run.basis.dot(&t);
    let last = (norm(&rest.column(k - 1)) - run.residual).abs();
    rest.slice(s![.., ..k - 1]).iter().fold(last, |largest, r| largest.max(r.abs()))
}

#[test]
fn the_identity_holds_in_both_precisions_whatever_happens_to_the_basis() {
    let a = with_outliers(0.0);
    let (dense, start) = (Dense::new(a.clone()), start(200));
    for strategy in ALL {
        let double = identity_error(&a, &lanczos(&dense, &start, 80, strategy));
        assert!(double < 100.0 * 3.0 * f64::EPSILON, "{strategy:?}: {double}");
        let single = identity_error(&a, &lanczos_f32(&a, &start, 80, strategy));
        let eps = f64::from(f32::EPSILON);
        assert!(single < 100.0 * 3.0 * eps && single > 0.1 * eps, "{strategy:?}, f32: {single}");
    }
}

/// Each function of the exercises is one strategy of the library's recurrence.
#[test]
fn the_strategies_are_one_recurrence() {
    let (a, start) = (Dense::new(with_outliers(0.5)), start(200));
    let same = |one: &Lanczos, other: &Lanczos| {
        assert_eq!((&one.alpha, &one.beta, &one.basis), (&other.alpha, &other.beta, &other.basis));
        assert_eq!((one.n_passes, one.stopped, one.residual), (other.n_passes, other.stopped, other.residual));
    };
    same(&lanczos_three_term(&a, &start, 30), &lanczos(&a, &start, 30, Reorthogonalization::None));
    same(&lanczos_conditional(&a, &start, 30), &lanczos(&a, &start, 30, Reorthogonalization::Conditional));
    let run = lanczos(&a, &start, 30, Reorthogonalization::Full);
    assert_eq!((run.n_passes, lanczos_full(&a, &start, 30, 2).n_passes), (60, 60));
    // Taken apart and put together again, it is the same run, but for the count of passes.
    let q: Vec<Array1<f64>> = run.basis.columns().into_iter().map(|q| q.to_owned()).collect();
    let beta: Vec<f64> = run.beta.iter().copied().chain([run.residual]).collect();
    same(&Lanczos { n_passes: 60, ..Lanczos::new(&q, &run.alpha.to_vec(), &beta) }, &run);
    let two = Dense::new(symmetric_with_spectrum(&Array1::from_shape_fn(9, |i| [1.0, 4.0][i % 2]), 1));
    let run = lanczos(&two, 1, 5, Reorthogonalization::Full);
    let q: Vec<Array1<f64>> = run.basis.columns().into_iter().map(|q| q.to_owned()).collect();
    let again = Lanczos::new(&q, &run.alpha.to_vec(), &[run.beta[0], run.residual]);
    assert_eq!((again.stopped, again.alpha.len()), (StopReason::InvariantSubspace, 2));
}

/// Squares of the entries would underflow or overflow: a run on a scaled matrix is the scaled run.
#[test]
fn lanczos_does_not_see_the_scale() {
    let matrix = with_outliers(0.5);
    let run = lanczos(&Dense::new(matrix.clone()), 1, 30, Reorthogonalization::Full);
    for scale in [1e-300, 1e-170, 1e-8, 1e8, 1e150, 1e170, 1e300] {
        let scaled = Dense::new(&matrix * scale);
        let other = lanczos(&scaled, 1, 30, Reorthogonalization::Full);
        assert_eq!((other.stopped, other.n_matvecs), (StopReason::Steps, 30), "scale {scale:e}");
        let off = (&other.ritz().values / scale - run.ritz().values).mapv(f64::abs);
        assert!(off.iter().all(|off| *off < 1e-10), "scale {scale:e}: Ritz values off by {off}");
        assert!((other.residual / scale - run.residual).abs() < 1e-10, "scale {scale:e}");
        // The start has a scale of its own, which is normalised away.
        let start = start(200);
        let (one, other) = (lanczos_three_term(&scaled, &start, 5), lanczos_three_term(&scaled, &(&start * scale), 5));
        assert!((&one.alpha / scale - &other.alpha / scale).iter().all(|d| d.abs() < 1e-10), "scale {scale:e}");
    }
    for scale in [1e-36, 1e-20, 1e20, 1e36] {
        let other = lanczos_f32(&(&matrix * scale), &start(200), 5, Reorthogonalization::Full);
        let one = lanczos_f32(&matrix, &start(200), 5, Reorthogonalization::Full);
        assert_eq!(other.stopped, StopReason::Steps, "scale {scale:e}");
        assert!((&other.alpha / scale - &one.alpha).iter().all(|d| d.abs() < 1e-4), "scale {scale:e}, f32");
    }
}

/// Full keeps to the machine epsilon in both precisions, and twice is enough where once is not.
#[test]
fn twice_is_enough() {
    let start = start(200);
    for shift in [0.0, 3.0, 1e3] {
        let a = with_outliers(shift);
        let dense = Dense::new(a.clone());
        for run in [lanczos_full(&dense, &start, 100, 2), lanczos(&dense, &start, 100, Reorthogonalization::Full)] {
            assert!(loss(&run) < 20.0 * f64::EPSILON, "shift {shift}: {}", loss(&run));
        }
        let single = loss(&lanczos_f32(&a, &start, 60, Reorthogonalization::Full));
        assert!(single < 20.0 * f64::from(f32::EPSILON), "shift {shift}, f32: {single}");
    }
    assert!(loss(&lanczos_full(&Dense::new(with_outliers(3.0)), &start, 100, 1)) > 0.5);
    assert!(loss(&lanczos_full(&Dense::new(with_outliers(0.0)), &start, 100, 1)) < 100.0 * f64::EPSILON);
}

/// The test is about cancellation in one step: a shift, which changes nothing else, changes what it says.
#[test]
fn the_conditional_strategy_depends_on_the_shift() {
    let passes = |shift: f64| lanczos_conditional(&Dense::new(with_outliers(shift)), &start(200), 100).n_passes;
    assert!((40..=65).contains(&passes(0.0)), "{}", passes(0.0));
    assert_eq!(passes(3.0), 100);
}

/// Paige: the loss of orthogonality times the smallest Ritz residual is epsilon times the norm, from the first digit lost to the last.
#[test]
fn orthogonality_is_lost_towards_a_converged_ritz_vector() {
    let a = Dense::new(with_outliers(0.0));
    let run = lanczos_three_term(&a, &start(200), 60);
    let history = orthogonality_history(&run.basis);
    let mut followed = 0;
    for k in (1..60).filter(|&k| history[k] > 3e-14 && history[k] < 1e-2) {
        let small = eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &run.beta.slice(s![..k - 1]).to_owned());
        let residuals = small.vectors.row(k - 1).mapv(|last| run.beta[k - 1] * last.abs());
        let best = (0..k).min_by(|&i, &j| residuals[i].total_cmp(&residuals[j])).expect("a Ritz value");
        let product = history[k] * residuals[best] / (3.0 * f64::EPSILON);
        assert!((0.01..3.0).contains(&product), "step {k}: {product}");
        // What q_(k+1) has in common with the basis is this Ritz vector.
        let y = run.basis.slice(s![.., ..k]).dot(&small.vectors.column(best));
        let common = run.basis.slice(s![.., ..k]).t().dot(&run.basis.column(k));
        assert!(y.dot(&run.basis.column(k)).abs() > 0.5 * norm(&common), "step {k}");
        followed += 1;
    }
    assert!(followed >= 12, "{followed} steps");
    let copies = run.ritz().values.iter().filter(|theta| (*theta - 3.0).abs() < 1e-8).count();
    assert!(copies >= 2, "{copies} copies of the largest eigenvalue");
}

#[test]
fn the_history_is_that_of_every_leading_block() {
    let basis = array![[1.0, 0.0, 0.0, 0.1], [0.0, 1.0, -0.6, 0.0], [0.0, 0.0, 0.8, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let history = orthogonality_history(&basis);
    for j in 0..4 {
        let q = basis.slice(s![.., ..=j]);
        let error = (q.t().dot(&q) - Array2::<f64>::eye(j + 1)).iter().fold(0.0, |l: f64, e| l.max(e.abs()));
        assert!((history[j] - error).abs() < 1e-15, "{j}: {history}");
    }
}

#[test]
fn the_top_has_two_meanings() {
    let a = Counting::new(Dense::new(symmetric_with_spectrum(&array![-9.0, -5.0, 0.5, 1.0, 2.0, 4.0], 3)));
    let largest = lanczos_top(&a, 2, 6, Top::Largest, 1);
    assert_eq!((largest.n_matvecs, a.matvecs()), (6, 6));
    let magnitude = lanczos_top(&a, 2, 6, Top::LargestMagnitude, 1);
    for (got, expected) in [(largest, array![4.0, 2.0]), (magnitude, array![-9.0, -5.0])] {
        assert!((&got.values - &expected).iter().all(|d| d.abs() < 1e-12), "{} against {expected}", got.values);
        assert!(got.bounds.iter().all(|bound| (0.0..1e-10).contains(bound)), "{}", got.bounds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cauchy: the Ritz values of one step interlace with those of the next, and all lie within the spectrum.
    #[test]
    fn ritz_values_interlace(n in 4..25_usize, seed in any::<u64>()) {
        let a = random_symmetric(n, seed);
        let (spectrum, slack) = (eigvalsh(&a), 100.0 * n as f64 * f64::EPSILON * spectral_norm(&a));
        let run = lanczos(&Dense::new(a), seed, n, Reorthogonalization::Full);
        let steps: Vec<Array1<f64>> = (1..=run.alpha.len()).map(|k| ritz_values(&run, k)).collect();
        for pair in steps.windows(2) {
            for (i, theta) in pair[0].iter().enumerate() {
                prop_assert!(pair[1][i] <= theta + slack && *theta <= pair[1][i + 1] + slack);
            }
        }
        for values in &steps {
            prop_assert!(values[0] >= spectrum[0] - slack && values[values.len() - 1] <= spectrum[n - 1] + slack);
        }
    }

    /// An eigenvalue stands within each certificate.
    #[test]
    fn the_certificates_hold(n in 4..30_usize, seed in any::<u64>(), steps in 1..12_usize) {
        let a = random_symmetric(n, seed);
        let (spectrum, slack) = (eigvalsh(&a), 100.0 * n as f64 * f64::EPSILON * spectral_norm(&a));
        let steps = steps.min(n);
        for top in [Top::Largest, Top::LargestMagnitude] {
            let got = lanczos_top(&Dense::new(a.clone()), steps.min(4), steps, top, seed);
            for (theta, bound) in got.values.iter().zip(&got.bounds) {
                let nearest = spectrum.iter().map(|value| (value - theta).abs()).fold(f64::INFINITY, f64::min);
                prop_assert!(nearest <= bound + slack, "{nearest} from {theta}, bound {bound}");
            }
        }
    }

    /// A shift changes alpha alone.
    #[test]
    fn lanczos_does_not_see_a_shift(n in 6..20_usize, seed in any::<u64>(), shift in -5.0..5.0_f64) {
        let a = random_symmetric(n, seed);
        let shifted = &a + &(Array2::<f64>::eye(n) * shift);
        let [one, other] = [a, shifted].map(|a| lanczos(&Dense::new(a), seed, 5, Reorthogonalization::Full));
        prop_assert!((&other.alpha - &one.alpha - shift).iter().all(|d| d.abs() < 1e-9));
        prop_assert!((&other.beta - &one.beta).iter().all(|d| d.abs() < 1e-9));
    }
}
