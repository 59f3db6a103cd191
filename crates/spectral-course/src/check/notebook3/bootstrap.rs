use ndarray::{Array2, Axis};

use super::super::card::{Card, Outcome, Report, report};
use super::super::claim::number;
use super::{close, loss_of_orthogonality, nan_max, require_finite};
use crate::linalg::eigvalsh;
use crate::model::{Entk, Mlp, entk_explicit};
use crate::probe::{gaussian_matrix, rng};
use crate::solutions::Bootstrap;

type BootstrapEntk = fn(&Mlp, &Array2<f64>, usize, usize, u64) -> Bootstrap;

/// Checks exercise 3/5.3: the draws, each resample's eigenpairs against its own kernel, and their directions.
pub fn bootstrap_entk(student: BootstrapEntk) -> Card {
    report("3/5.3", |report| bootstrap_checks(student, report))
}

fn bootstrap_checks(student: BootstrapEntk, report: &mut Report) -> Outcome {
    // 12 images and k + 10 = 13 columns: the range finder sees everything, so the eigenpairs are exact.
    let (n, k, n_boot) = (12, 3, 30);
    let model = Mlp::new(&[6, 5, 3], 1);
    let x = gaussian_matrix(n, 6, &mut rng(2));
    let got = report.call(|| student(&model, &x, n_boot, k, 3))?;
    shapes(report, &got, (n, k, n_boot), model.n_params())?;
    draws(report, &got.drawn)?;
    let again = report.call(|| student(&model, &x, n_boot, k, 1000))?;
    report.expect(again.drawn != got.drawn, "another seed draws other images", || {
        "seeds 3 and 1000 drew the same: make the generators from the argument seed".to_owned()
    });
    let whole = eigvalsh(&entk_explicit(&model, &x));
    for b in 0..n_boot {
        let images = x.select(Axis(0), &got.drawn.row(b).to_vec());
        eigenpairs(report, &got, b, &entk_explicit(&model, &images), &whole)?;
        directions(report, &got, b, &Entk::new(&model, &images), &Entk::new(&model, &x))?;
    }
    report.expect(
        true,
        &format!("in each of {n_boot} resamples the eigenpairs and the directions are those of the images drawn"),
        String::new,
    );
    Ok(())
}

fn shapes(report: &mut Report, got: &Bootstrap, (n, k, n_boot): (usize, usize, usize), p: usize) -> Outcome {
    report.require(got.drawn.dim() == (n_boot, n), "drawn has shape (n_boot, N)", || {
        format!("expected ({n_boot}, {n}), got {:?}", got.drawn.dim())
    })?;
    report.require(got.values.dim() == (n_boot, k), "values has shape (n_boot, k)", || {
        format!("expected ({n_boot}, {k}), got {:?}", got.values.dim())
    })?;
    for (name, list, rows) in [("vectors", &got.vectors, n), ("directions", &got.directions, p)] {
        let shapes: Vec<_> = list.iter().map(|matrix| matrix.dim()).collect();
        report.require(
            shapes.len() == n_boot && shapes.iter().all(|&shape| shape == (rows, k)),
            &format!("{name} holds a ({rows}, {k}) matrix a resample"),
            || format!("expected {n_boot} of them, got {} with first shape {:?}", shapes.len(), shapes.first()),
        )?;
    }
    require_finite(report, "values", got.values.iter())?;
    require_finite(report, "vectors", got.vectors.iter().flatten())?;
    require_finite(report, "directions", got.directions.iter().flatten())
}

fn draws(report: &mut Report, drawn: &Array2<usize>) -> Outcome {
    let n = drawn.ncols();
    report.require(drawn.iter().all(|&i| i < n), "drawn holds row numbers of x", || {
        format!("expected numbers below {n}, got {}", drawn.iter().max().unwrap_or(&0))
    })?;
    let distinct = |row: ndarray::ArrayView1<usize>| {
        let mut seen = row.to_vec();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    report.require(drawn.rows().into_iter().any(|row| distinct(row) < n), "images are drawn with replacement", || {
        "no resample holds any image twice. Draw each of the N numbers from 0..N independently: `rng.random_range(0..n)`".to_owned()
    })?;
    report.require(
        drawn.rows().into_iter().skip(1).any(|row| row != drawn.row(0)),
        "every resample is drawn afresh",
        || "all resamples are alike: give each a seed of its own, `seed + b`".to_owned(),
    )?;
    // An image is left out of all 30 resamples of 12 with probability (11/12)^360, about 1e-14.
    let never = (0..n).find(|i| !drawn.iter().any(|d| d == i));
    report.expect(never.is_none(), "every image can be drawn", || {
        format!("image {} never is: the range is 0..{n}", never.unwrap_or(0))
    });
    Ok(())
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
                "This belongs to the kernel of all images: make the kernel from the drawn ones, `x.select(Axis(0), &drawn)`."
            } else if truth.iter().any(|&t| close(value, t, 1e-6)) {
                "It is another eigenvalue: descending order, largest first."
            } else {
                "Make the kernel from the drawn images, repeats included."
            };
            let why = format!("expected lambda_{} = {}, got {}. {cause}", j + 1, number(expected), number(value));
            return report.require(false, &format!("the eigenvalues of resample {b} are those of its kernel"), || why);
        }
    }
    let loss = loss_of_orthogonality(vectors);
    if loss >= 1e-8 {
        return report.require(false, &format!("the eigenvectors of resample {b} are orthonormal"), || {
            format!("off by {}", number(loss))
        });
    }
    let residual = kernel.dot(vectors) - vectors * &values;
    let largest = residual.iter().fold(0.0, |l, r| nan_max(l, r.abs()));
    if largest >= 1e-6 * truth[n - 1] {
        return report.require(false, &format!("K u = lambda u in resample {b}"), || {
            format!("the largest residual is {}. Column j of the vectors belongs to value j", number(largest))
        });
    }
    Ok(())
}

fn directions(report: &mut Report, got: &Bootstrap, b: usize, kernel: &Entk, whole: &Entk) -> Outcome {
    for (j, (u, w)) in got.vectors[b].columns().into_iter().zip(got.directions[b].columns()).enumerate() {
        let value = got.values[[b, j]];
        let raw = kernel.vjp(u);
        let off = |scale: f64, of: &ndarray::Array1<f64>| {
            (&w - &(of * scale)).iter().fold(0.0, |l, d| nan_max(l, if d.is_nan() { f64::NAN } else { d.abs() }))
        };
        let agrees = off(1.0 / value.sqrt(), &raw) < 1e-6;
        if !agrees {
            let cause = if off(1.0, &raw) < 1e-6 {
                "The factor 1 / sqrt(lambda) is missing: |J^T u| = sqrt(lambda)."
            } else if off(1.0 / value, &raw) < 1e-6 {
                "Divided by lambda: the length of J^T u is sqrt(lambda)."
            } else if off(1.0 / value.sqrt(), &whole.vjp(u)) < 1e-6 {
                "This is J^T u with the J of all images: row i of u belongs to the image drawn i-th, so use the resample's kernel."
            } else {
                "`kernel.vjp(u) / lambda.sqrt()` with the resample's own kernel."
            };
            let why = format!("w_{} is off (its length is {}). {cause}", j + 1, number(w.dot(&w).sqrt()));
            return report.require(false, &format!("the directions of resample {b} are J^T u / sqrt(lambda)"), || why);
        }
    }
    Ok(())
}
