//! Lanczos: its identity and its strategies in both precisions, where it stops, what it does not see.

use matrix_free::linalg::{eigvalsh, frobenius_squared, norm};
use matrix_free::operator::Dense;
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, s};
use proptest::prelude::*;
use spectral_course::solutions::{
    Lanczos, Reorthogonalization, StopReason, lanczos, lanczos_block, lanczos_conditional, lanczos_f32,
    lanczos_gram_schmidt, lanczos_three_term,
};

use super::common::{start, with_outliers};

const ALL: [Reorthogonalization; 3] =
    [Reorthogonalization::None, Reorthogonalization::Conditional, Reorthogonalization::Full];

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
    assert_eq!((run.n_passes, lanczos_gram_schmidt(&a, &start, 30, 2).n_passes), (60, 60));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
