//! The Gauss-Newton matrix: against its definition, as a part of the Hessian, and where it is all of it.

use super::common::{Case, assert_close, largest, small_cnn, small_mlp};
use matrix_free::linalg::eigvalsh;
use matrix_free::operator::{SymmetricOperator, from_fn, to_dense};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use small_networks::{Cnn, CrossEntropy, Entk, GaussNewton, Hessian, Loss, Mlp, Model};

fn classes(case: &Case<impl Model>) -> usize {
    case.model.logits(&case.x).ncols()
}

/// The Jacobian of each logit, `(N, P)`.
fn jacobians(case: &Case<impl Model>) -> Vec<Array2<f64>> {
    (0..classes(case)).map(|class| Entk::of_logit(&case.model, &case.x, class).jacobian()).collect()
}

/// Softmax by its definition, which the small logits here allow.
fn probabilities(case: &Case<impl Model>) -> Array2<f64> {
    let exponentials = case.model.logits(&case.x).mapv(f64::exp);
    &exponentials / &exponentials.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// `(1/N) sum_i J_i^T (diag(p_i) - p_i p_i^T) J_i`, term by term.
fn by_definition(case: &Case<impl Model>) -> Array2<f64> {
    let (jacobians, p) = (jacobians(case), probabilities(case));
    let (n, n_params) = jacobians[0].dim();
    let mut g = Array2::zeros((n_params, n_params));
    for i in 0..n {
        for (c, of_c) in jacobians.iter().enumerate() {
            for (d, of_d) in jacobians.iter().enumerate() {
                let s = if c == d { p[[i, c]] } else { 0.0 } - p[[i, c]] * p[[i, d]];
                let (row_c, row_d) = (of_c.slice(s![i..=i, ..]), of_d.slice(s![i..=i, ..]));
                g += &(row_c.t().dot(&row_d) * (s / n as f64));
            }
        }
    }
    g
}

fn assert_definition(case: &Case<impl Model>) {
    let operator = GaussNewton::new(&case.model, &case.x, &case.y);
    let g = to_dense(&operator);
    assert_close("G", &g, &by_definition(case), 1e-13);
    assert_close("symmetry", &g, &g.t(), 1e-14);
    assert_close("block and vector", &to_dense(&from_fn(g.nrows(), |v| operator.apply(v))), &g, 1e-15);
    let other_labels = case.y.mapv(|label| (label + 1) % classes(case));
    assert_eq!(to_dense(&GaussNewton::new(&case.model, &case.x, &other_labels)), g, "the labels do not matter");
    let values = eigvalsh(&g);
    assert!(values[0] > -1e-14 * values[values.len() - 1], "G is positive semidefinite: {}", values[0]);
}

#[test]
fn products_agree_with_the_definition() {
    assert_definition(&small_mlp());
    assert_definition(&small_cnn());
}

/// `H - G` is the derivative of `sum_i J_i^T r_i / N` with the residuals `r` held fixed.
fn assert_rest<M: Model + Clone>(case: &Case<M>) {
    let n = case.x.nrows() as f64;
    let residuals = CrossEntropy.gradients(&case.model.logits(&case.x), &case.y) / n;
    let pulled_back = |model: &M| -> Array1<f64> {
        let mut sum = Array1::zeros(model.n_params());
        for (class, r) in residuals.columns().into_iter().enumerate() {
            sum += &Entk::of_logit(model, &case.x, class).vjp(&r);
        }
        sum
    };
    assert!(largest(&(pulled_back(&case.model) - case.model.gradient(&case.x, &case.y))) < 1e-14, "the gradient");
    let (h, g) = (Hessian::new(&case.model, &case.x, &case.y), GaussNewton::new(&case.model, &case.x, &case.y));
    for seed in 0..3 {
        let v = Probe::Gaussian.draw(h.dim(), &mut rng(seed)) / (h.dim() as f64).sqrt();
        let rest = h.apply(&v) - g.apply(&v);
        let error = largest(&(case.derivative(&v, pulled_back) - &rest));
        assert!(error < 1e-8 * largest(&rest), "off by {error} of {}", largest(&rest));
        // Were it small, this test would prove little.
        assert!(largest(&rest) > 0.1 * largest(&h.apply(&v)));
    }
}

#[test]
fn the_rest_of_the_hessian_is_the_curvature_of_the_outputs() {
    assert_rest(&small_mlp());
    assert_rest(&small_cnn());
}

/// Without hidden layers the logits are linear in the parameters, and nothing is left: `H = G`.
#[test]
fn a_linear_model_has_no_rest() {
    let of = |model: &dyn Model, x: &Array2<f64>, y: &Array1<usize>| {
        let (h, g) = (to_dense(&Hessian::new(model, x, y)), to_dense(&GaussNewton::new(model, x, y)));
        assert_close("H", &h, &g, 1e-15);
    };
    let (mlp, cnn) = (small_mlp(), small_cnn());
    of(&Mlp::new(&[6, 3], 0), &mlp.x, &mlp.y);
    of(&Cnn::new([6, 5], &[], 4, 0), &cnn.x, &cnn.y);
}

/// `tr G = (1/N) sum_i tr(S_i J_i J_i^T)`, and the rank is at most `N (classes - 1)`.
#[test]
fn trace_and_rank() {
    let mut case = small_cnn();
    let n = 10;
    (case.x, case.y) = (case.x.slice(s![..n, ..]).to_owned(), case.y.slice(s![..n]).to_owned());
    let g = to_dense(&GaussNewton::new(&case.model, &case.x, &case.y));
    let (jacobians, p) = (jacobians(&case), probabilities(&case));
    let mut trace = 0.0;
    for i in 0..n {
        // tr (diag(p) - p p^T) J J^T is the variance of the rows of J under p.
        let mut mean = Array1::<f64>::zeros(g.nrows());
        for (c, jacobian) in jacobians.iter().enumerate() {
            let row = jacobian.row(i);
            mean.scaled_add(p[[i, c]], &row);
            trace += p[[i, c]] * row.dot(&row) / n as f64;
        }
        trace -= mean.dot(&mean) / n as f64;
    }
    assert!((g.diag().sum() - trace).abs() < 1e-13 * trace, "{} and {trace}", g.diag().sum());
    let values = eigvalsh(&g);
    let (top, rest) = (values[values.len() - 1], values.len() - n * (classes(&case) - 1));
    assert!(values.iter().take(rest).all(|value| value.abs() < 1e-13 * top), "the rank is at most N (C - 1)");
    assert!(values[rest] > 1e-9 * top, "the rank is N (C - 1) here: {}", values[rest]);
}
