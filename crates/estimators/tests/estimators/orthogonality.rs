//! The loss of orthogonality as Paige has it, and the strategies against it.

use matrix_free::linalg::{eigh_tridiagonal, linspace, norm};
use matrix_free::operator::Dense;
use matrix_free::probe::symmetric_with_spectrum;
use ndarray::{Array2, array, s};
use spectral_course::solutions::{
    Lanczos, Reorthogonalization, lanczos, lanczos_conditional, lanczos_f32, lanczos_gram_schmidt, lanczos_three_term,
    orthogonality_history,
};

use super::common::{orthogonality_loss, start, with_outliers};

fn loss(run: &Lanczos) -> f64 {
    orthogonality_history(&run.basis)[run.alpha.len() - 1]
}

/// Full keeps to the machine epsilon in both precisions, and twice is enough where once is not.
#[test]
fn twice_is_enough() {
    let start = start(200);
    for shift in [0.0, 3.0, 1e3] {
        let a = with_outliers(shift);
        let dense = Dense::new(a.clone());
        for run in
            [lanczos_gram_schmidt(&dense, &start, 100, 2), lanczos(&dense, &start, 100, Reorthogonalization::Full)]
        {
            assert!(loss(&run) < 20.0 * f64::EPSILON, "shift {shift}: {}", loss(&run));
        }
        let single = loss(&lanczos_f32(&a, &start, 60, Reorthogonalization::Full));
        assert!(single < 20.0 * f64::from(f32::EPSILON), "shift {shift}, f32: {single}");
    }
    assert!(loss(&lanczos_gram_schmidt(&Dense::new(with_outliers(3.0)), &start, 100, 1)) > 0.5);
    assert!(loss(&lanczos_gram_schmidt(&Dense::new(with_outliers(0.0)), &start, 100, 1)) < 100.0 * f64::EPSILON);
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
