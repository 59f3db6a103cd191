use std::collections::BTreeSet;

use ndarray::{Array2, ArrayRef1, Axis};

use super::claim::number;
use super::compare::{close, loss_of_orthogonality, nan_max, require_finite};
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Bootstrap;
use matrix_free::linalg::eigvalsh;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Entk, Mlp, entk_explicit};

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
        shapes(report, &got, model.n_params())?;
        Ok(got)
    };
    let got = run(report, 3)?;
    draws(report, &got.drawn)?;
    let other = run(report, 1000)?;
    report.expect(other.drawn != got.drawn, "another seed draws other images", || {
        "seeds 3 and 1000 drew the same images; create the generators from the `seed` argument".to_owned()
    });
    let again = run(report, 3)?;
    report.expect(again.drawn == got.drawn, "the same seed draws the same images", || {
        "two calls with seed 3 drew different images; create the generators from the `seed` argument, with `rng(..)`".to_owned()
    });
    // A seed that is multiplied instead of counted up shows at zero.
    let zero = run(report, 0)?;
    afresh(report, &zero.drawn, "with seed 0 every resample is still a new draw")?;

    let whole = eigvalsh(&entk_explicit(&model, &x));
    for b in 0..N_BOOT {
        let images = x.select(Axis(0), &got.drawn.row(b).to_vec());
        eigenpairs(report, &got, b, &entk_explicit(&model, &images), &whole)?;
        directions(report, &got, b, &Entk::new(&model, &images), &Entk::new(&model, &x))?;
    }
    let what = format!("in all {N_BOOT} resamples, the eigenpairs and directions belong to the images drawn");
    report.expect(true, &what, String::new);
    Ok(())
}

fn shapes(report: &mut Report, got: &Bootstrap, p: usize) -> Outcome {
    let wants = |expected: (usize, usize), got: (usize, usize)| format!("expected {expected:?}, got {got:?}");
    report.insist(got.drawn.dim() == (N_BOOT, N), "drawn has shape (n_boot, N)", || {
        wants((N_BOOT, N), got.drawn.dim())
    })?;
    report.insist(got.values.dim() == (N_BOOT, K), "values has shape (n_boot, k)", || {
        wants((N_BOOT, K), got.values.dim())
    })?;
    for (name, list, rows) in [("vectors", &got.vectors, N), ("directions", &got.directions, p)] {
        let what = format!("{name} holds one ({rows}, {K}) matrix per resample");
        report.insist(list.len() == N_BOOT, &what, || format!("expected {N_BOOT} matrices, got {}", list.len()))?;
        for (b, matrix) in list.iter().enumerate() {
            report.insist(matrix.dim() == (rows, K), &what, || {
                format!("in resample {b}, {}", wants((rows, K), matrix.dim()))
            })?;
        }
    }
    require_finite(report, "values", got.values.iter())?;
    require_finite(report, "vectors", got.vectors.iter().flatten())?;
    require_finite(report, "directions", got.directions.iter().flatten())
}

fn draws(report: &mut Report, drawn: &Array2<usize>) -> Outcome {
    report.require(drawn.iter().all(|&i| i < N), "drawn holds row numbers of x", || {
        format!("expected numbers below {N}, got {}", drawn.iter().max().unwrap_or(&0))
    })?;
    report.insist(drawn.iter().any(|&i| i > 0), "drawn holds row numbers of x", || {
        "all entries are 0. Did you forget to fill it? `drawn.row_mut(b).assign(..)` sets a row".to_owned()
    })?;
    let distinct = |row: &ArrayRef1<usize>| row.iter().collect::<BTreeSet<_>>().len();
    report.require(drawn.rows().into_iter().any(|row| distinct(&row) < N), "images are drawn with replacement", || {
        "no resample contains an image twice. Draw each of the N numbers from 0..N independently: `rng.random_range(0..n)`".to_owned()
    })?;
    afresh(report, drawn, "every resample is a new draw")?;
    // An image is left out of all 30 resamples of 12 with probability (11/12)^360 = 2.5e-14.
    let never = (0..N).find(|i| !drawn.iter().any(|d| d == i));
    report.expect(never.is_none(), "every image can be drawn", || {
        format!("image {} is never drawn; the range must be 0..{N}", never.unwrap_or(0))
    });
    Ok(())
}

/// Two resamples of 12 are the same with probability 12^-12: no two rows are alike.
fn afresh(report: &mut Report, drawn: &Array2<usize>, what: &str) -> Outcome {
    let different = drawn.rows().into_iter().map(|row| row.to_vec()).collect::<BTreeSet<_>>().len();
    report.require(different == N_BOOT, what, || {
        let cause = if different == 1 { "All are the same; give" } else { "Some are the same; give" };
        format!("expected {N_BOOT} different resamples, got {different}. {cause} each its own seed, from `seeds(seed)`")
    })
}

fn eigenpairs(
    report: &mut Report,
    got: &Bootstrap,
    b: usize,
    kernel: &Array2<f64>,
    whole: &ndarray::Array1<f64>,
) -> Outcome {
    let (truth, values, vectors) = (eigvalsh(kernel), got.values.row(b), &got.vectors[b]);
    let n = truth.len();
    for (j, &value) in values.iter().enumerate() {
        let expected = truth[n - 1 - j];
        if !close(value, expected, 1e-6) {
            let cause = if close(value, whole[n - 1 - j], 1e-6) {
                "This is the eigenvalue for all the images; build the kernel from the drawn ones, `x.select(Axis(0), &drawn)`."
            } else if truth.iter().any(|&t| close(value, t, 1e-6)) {
                "This is a different eigenvalue; return them in descending order, largest first."
            } else if close(value * n as f64, expected, 1e-6) {
                "You divided by N; the kernel is J J^T."
            } else if close(value * value, expected, 1e-6) {
                "This is a singular value of J; square it to get the eigenvalue of K."
            } else if close(value, expected, 0.05) {
                "This is close but not exact; use an oversampling of 10 and one power iteration, `randomized_eigh(&kernel, k, 10, 1, seed)`."
            } else {
                "Build the kernel from the drawn images, including repeats."
            };
            let why = format!("expected lambda_{} = {}, got {}. {cause}", j + 1, number(expected), number(value));
            return report.require(false, &format!("the eigenvalues of resample {b} are those of its kernel"), || why);
        }
    }
    let loss = loss_of_orthogonality(vectors);
    if loss >= 1e-8 {
        return report.require(false, &format!("the eigenvectors of resample {b} are orthonormal"), || {
            format!("max |U^T U - I| is {}", number(loss))
        });
    }
    let residual = kernel.dot(vectors) - vectors * &values;
    let largest = residual.iter().fold(0.0, |l, r| nan_max(l, r.abs()));
    if largest >= 1e-6 * truth[n - 1] {
        return report.require(false, &format!("K u = lambda u in resample {b}"), || {
            format!("the largest residual is {}. Column j of the vectors must belong to value j", number(largest))
        });
    }
    Ok(())
}

fn directions(report: &mut Report, got: &Bootstrap, b: usize, kernel: &Entk, whole: &Entk) -> Outcome {
    for (j, (u, w)) in got.vectors[b].columns().into_iter().zip(got.directions[b].columns()).enumerate() {
        let value = got.values[[b, j]];
        let raw = kernel.vjp(&u);
        let off = |scale: f64, of: &ndarray::Array1<f64>| {
            (&w - &(of * scale)).iter().fold(0.0, |l, d| nan_max(l, if d.is_nan() { f64::NAN } else { d.abs() }))
        };
        // The sign of an eigenvector does not matter.
        let agrees = off(1.0 / value.sqrt(), &raw) < 1e-6 || off(-1.0 / value.sqrt(), &raw) < 1e-6;
        if !agrees {
            let cause = if off(1.0, &raw) < 1e-6 {
                "The factor 1 / sqrt(lambda) is missing; the length of J^T u is sqrt(lambda)."
            } else if off(1.0 / value, &raw) < 1e-6 {
                "You divided by lambda; divide by the length of J^T u, which is sqrt(lambda)."
            } else if off(1.0 / value.sqrt(), &whole.vjp(&u)) < 1e-6 || off(1.0, &whole.vjp(&u)) < 1e-6 {
                "This is J^T u with the J of all the images; row i of u belongs to the i-th image drawn, so use the resample's kernel."
            } else {
                "Compute `kernel.vjp(u) / lambda.sqrt()` with the resample's own kernel."
            };
            let why = format!("w_{} is wrong (its length is {}). {cause}", j + 1, number(w.dot(&w).sqrt()));
            return report.require(false, &format!("the directions of resample {b} are J^T u / sqrt(lambda)"), || why);
        }
    }
    Ok(())
}
