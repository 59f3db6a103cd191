use std::collections::BTreeSet;

use ndarray::{Array1, Array2, Axis};

use super::claim::expected_and_got;
use super::claim::number;
use super::compare::agree;
use super::compare::{loss_of_orthogonality, nan_max, require_finite};
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Bootstrap;
use matrix_free::linalg::eigvalsh;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Entk, Mlp, entk_explicit};

mod draws;
mod pairs;

use draws::{draws, every_row_is_new, many_images};
pub(super) use draws::{independent, uniform, with_replacement};
pub use pairs::pairwise_sines;

type BootstrapEntk = fn(&Mlp, &Array2<f64>, usize, usize, u64) -> Bootstrap;

/// Checks exercise 3/5.3: the draws, each resample's eigenpairs against its own kernel, and their directions.
pub fn bootstrap_entk(student: BootstrapEntk) -> Card {
    report("3/5.3", |report| bootstrap_checks(student, report))
}

/// The arguments of the student's function: the numbers of images, eigenpairs and resamples.
///
/// 12 images and k + 10 = 13 columns: the range finder sees everything, so the eigenpairs are exact.
const N: usize = 12;
const K: usize = 3;
const N_BOOT: usize = 30;

fn bootstrap_checks(student: BootstrapEntk, report: &mut Report) -> Outcome {
    let model = Mlp::new(&[6, 5, 3], 1);
    let x = gaussian_matrix(N, 6, &mut rng(2));
    let run = |report: &mut Report, seed: u64| -> Result<Bootstrap, End> {
        let got = report.call(|| student(&model, &x, N_BOOT, K, seed))?;
        shapes(report, &got, (N_BOOT, N, K), model.n_params())?;
        Ok(got)
    };
    let got = run(report, 3)?;
    every_row_is_new(report, &got.drawn, 3)?;
    let other = run(report, 1000)?;
    report.require(other.drawn != got.drawn, "another seed draws other images", || {
        "seeds 3 and 1000 drew the same images; create the generators from the `seed` argument".to_owned()
    })?;
    let again = run(report, 3)?;
    report.require(again.drawn == got.drawn, "the same seed draws the same images", || {
        "two calls with seed 3 drew different images; create the generators from the `seed` argument, with `rng(..)`".to_owned()
    })?;
    draws(student, report)?;

    let whole = eigvalsh(&entk_explicit(&model, &x));
    for b in 0..N_BOOT {
        let images = x.select(Axis(0), &got.drawn.row(b).to_vec());
        eigenpairs(report, &got, b, &entk_explicit(&model, &images), &whole)?;
        directions(report, &got, b, &Entk::new(&model, &images), &Entk::new(&model, &x))?;
    }
    let what = format!("in all {N_BOOT} resamples, the eigenpairs and directions belong to the images drawn");
    report.expect(true, &what, String::new);
    many_images(student, report)
}

fn shapes(report: &mut Report, got: &Bootstrap, (n_boot, n, k): (usize, usize, usize), p: usize) -> Outcome {
    let wants = |expected: (usize, usize), got: (usize, usize)| format!("expected {expected:?}, got {got:?}");
    report.insist(got.drawn.dim() == (n_boot, n), "drawn has shape (n_boot, N)", || {
        wants((n_boot, n), got.drawn.dim())
    })?;
    report.insist(got.values.dim() == (n_boot, k), "values has shape (n_boot, k)", || {
        wants((n_boot, k), got.values.dim())
    })?;
    for (name, list, rows) in [("vectors", &got.vectors, n), ("directions", &got.directions, p)] {
        let what = format!("{name} holds one ({rows}, {k}) matrix per resample");
        report.insist(list.len() == n_boot, &what, || format!("expected {n_boot} matrices, got {}", list.len()))?;
        for (b, matrix) in list.iter().enumerate() {
            report.insist(matrix.dim() == (rows, k), &what, || {
                let unique = got.drawn.row(b).iter().collect::<BTreeSet<_>>().len();
                let cause = if rows == n && matrix.nrows() == unique {
                    ". An image that is drawn twice counts twice; do not drop repeats"
                } else {
                    ""
                };
                format!("in resample {b}, {}{cause}", wants((rows, k), matrix.dim()))
            })?;
        }
    }
    report.insist(got.drawn.iter().all(|&i| i < n), "drawn holds row numbers of x", || {
        format!("expected numbers below {n}, got {}", got.drawn.iter().max().unwrap_or(&0))
    })?;
    report.insist(got.drawn.iter().any(|&i| i > 0), "drawn holds row numbers of x", || {
        "all entries are 0. Did you forget to fill it? `drawn.row_mut(b).assign(..)` sets a row".to_owned()
    })?;
    require_finite(report, "values", got.values.iter())?;
    require_finite(report, "vectors", got.vectors.iter().flatten())?;
    require_finite(report, "directions", got.directions.iter().flatten())
}

fn eigenpairs(report: &mut Report, got: &Bootstrap, b: usize, kernel: &Array2<f64>, whole: &Array1<f64>) -> Outcome {
    let (truth, values, vectors) = (eigvalsh(kernel), got.values.row(b), &got.vectors[b]);
    let n = truth.len();
    let is = |value: f64, expected: f64, tolerance: f64| agree(value, expected, expected, tolerance);
    for (j, &value) in values.iter().enumerate() {
        let expected = truth[n - 1 - j];
        report.insist(is(value, expected, 1e-6), &format!("the eigenvalues of resample {b} are those of its kernel"), || {
            let ascending = values.iter().rev().zip(truth.iter().rev()).all(|(value, t)| is(*value, *t, 1e-6));
            let cause = if is(value, whole[n - 1 - j], 1e-6) {
                "This is the eigenvalue for all the images; build the kernel from the drawn ones, `x.select(Axis(0), &drawn)`."
            } else if ascending || truth.iter().any(|&t| is(value, t, 1e-6)) {
                "This is a different eigenvalue; return them in descending order, largest first."
            } else if is(value * n as f64, expected, 1e-6) {
                "You divided by N; the kernel is J J^T."
            } else if is(value * value, expected, 1e-6) {
                "This is a singular value of J; square it to get the eigenvalue of K."
            } else if is(value, expected * expected, 1e-6) {
                "This is the square of the eigenvalue; the kernel is J J^T, whose eigenvalues are the squares already."
            } else if is(value, expected / truth.sum(), 1e-6) {
                "This is a share of the trace; return the eigenvalue itself."
            } else if is(value, expected, 0.05) {
                "This is close but not exact; use an oversampling of 10 and one power iteration, `randomized_eigh(&kernel, k, 10, 1, seed)`."
            } else {
                "Does `drawn` hold the images whose kernel you use, with repeats? Compare with `Entk::new(model, &x.select(Axis(0), &drawn))`."
            };
            format!("lambda_{}: {}. {cause}", j + 1, expected_and_got(expected, value))
        })?;
    }
    let loss = loss_of_orthogonality(vectors);
    report.insist(loss < 1e-8, &format!("the eigenvectors of resample {b} are orthonormal"), || {
        format!("max |U^T U - I| is {}", number(loss))
    })?;
    let worst = |residual: &Array2<f64>| residual.iter().fold(0.0, |l, r| nan_max(l, r.abs()));
    let products = kernel.dot(vectors);
    let largest = worst(&(&products - vectors * &values));
    report.insist(largest < 1e-6 * truth[n - 1], &format!("K u = lambda u in resample {b}"), || {
        // Eigenvectors, but of other eigenvalues: then the columns are in another order.
        let quotients = (vectors * &products).sum_axis(Axis(0));
        let cause = if worst(&(&products - vectors * &quotients)) < 1e-6 * truth[n - 1] {
            "These are eigenvectors, in another order; column j of the vectors must belong to value j"
        } else {
            "Row i of the vectors must belong to the i-th image of `drawn`, in the order in which the kernel was built from them; and the vectors must be of this resample"
        };
        format!("the largest residual is {}. {cause}", number(largest))
    })
}

fn directions(report: &mut Report, got: &Bootstrap, b: usize, kernel: &Entk, whole: &Entk) -> Outcome {
    for (j, (u, w)) in got.vectors[b].columns().into_iter().zip(got.directions[b].columns()).enumerate() {
        let value = got.values[[b, j]];
        let length = w.dot(&w).sqrt();
        // The sign of an eigenvector does not matter.
        let is = |of: &Array1<f64>, scale: f64| {
            let off = |sign: f64| (&w - &(of * (sign * scale))).iter().fold(0.0, |l, d| nan_max(l, d.abs()));
            let size = scale * of.dot(of).sqrt();
            off(1.0) <= 1e-6 * size || off(-1.0) <= 1e-6 * size
        };
        let raw = kernel.vjp(&u);
        report.insist(is(&raw, 1.0 / value.sqrt()), &format!("the directions of resample {b} are J^T u / sqrt(lambda)"), || {
            let of_all = whole.vjp(&u);
            let others = || got.vectors[b].columns().into_iter().enumerate().filter(|(other, _)| *other != j);
            let of_another = || others().any(|(_, u)| {
                let of = kernel.vjp(&u);
                is(&of, length / of.dot(&of).sqrt())
            });
            let cause = if length == 0.0 {
                "It is zero. Did you forget to fill it? `directions.column_mut(j).assign(&w)` sets a column."
            } else if is(&raw, 1.0) {
                "The factor 1 / sqrt(lambda) is missing; the length of J^T u is sqrt(lambda)."
            } else if is(&raw, 1.0 / value) {
                "You divided by lambda; divide by the length of J^T u, which is sqrt(lambda)."
            } else if is(&raw, value.sqrt()) {
                "You multiplied by sqrt(lambda); divide by it."
            } else if is(&raw, length / value.sqrt()) {
                "It points the right way, but has another length; divide J^T u by sqrt(lambda)."
            } else if is(&of_all, length / of_all.dot(&of_all).sqrt()) {
                "This is J^T u with the J of all the images; row i of u belongs to the i-th image drawn, so use the resample's kernel."
            } else if of_another() {
                "It belongs to another eigenvector; column j of the directions belongs to column j of the vectors."
            } else {
                "Compute `kernel.vjp(u) / lambda.sqrt()` with the resample's own kernel and the same u."
            };
            format!("w_{} is wrong (its length is {}). {cause}", j + 1, number(length))
        })?;
    }
    Ok(())
}
