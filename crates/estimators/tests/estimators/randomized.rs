//! Randomized eigenpairs of a decaying spectrum.

use matrix_free::linalg::eigvalsh;
use matrix_free::operator::{Counting, Dense, SymmetricOperator};
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};
use ndarray::Array1;
use spectral_course::solutions::randomized_eigh;

use super::common::orthogonality_loss;

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
