use std::collections::BTreeSet;

use ndarray::{Array1, Array2, ArrayRef1, Axis, concatenate, s};

use super::{BootstrapEntk, shapes};
use crate::claim::number;
use crate::report::{Outcome, Report};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Entk, Mlp};

/// The calls that test the draws: many resamples of a few images, from several seeds.
const N: usize = 40;
const N_BOOT: usize = 120;

fn distinct(row: &ArrayRef1<usize>) -> usize {
    row.iter().collect::<BTreeSet<_>>().len()
}

/// Two resamples are the same with probability N^-N: no two rows are alike.
pub(super) fn every_row_is_new(report: &mut Report, drawn: &Array2<usize>, seed: u64) -> Outcome {
    let rows: Vec<Vec<usize>> = drawn.rows().into_iter().map(|row| row.to_vec()).collect();
    let (n_boot, different) = (rows.len(), rows.iter().collect::<BTreeSet<_>>().len());
    report.insist(different == n_boot, "every resample is a new draw", || {
        let period = (1..n_boot).find(|&lag| (lag..n_boot).all(|b| rows[b] == rows[b - lag]));
        let cause = match period {
            Some(1) if seed <= 1 => "All are the same: a seed such as `seed * b` is the same for every b then; give".to_owned(),
            Some(1) => "All are the same; give".to_owned(),
            Some(period) => format!("They repeat after {period}; give"),
            None if drawn.rows().into_iter().all(|row| distinct(&row) >= row.len() - 1) => {
                return "At most one image is replaced by another. Draw all N numbers: `rng.random_range(0..n)` for each".to_owned();
            }
            None => "Some are the same; give".to_owned(),
        };
        format!("with seed {seed}, expected {n_boot} different resamples, got {different}. {cause} each its own seed, from `seeds(seed)`")
    })
}

/// The draws of many resamples: independent, uniform, with replacement.
pub(super) fn draws(student: BootstrapEntk, report: &mut Report) -> Outcome {
    let (model, x) = (Mlp::new(&[2, 3, 2], 1), gaussian_matrix(N, 2, &mut rng(3)));
    let mut all = Vec::new();
    // Far apart, because seeds that count up from resample to resample are allowed.
    for seed in [1005, 0] {
        let got = report.call(|| student(&model, &x, N_BOOT, 1, seed))?;
        shapes(report, &got, (N_BOOT, N, 1), model.n_params())?;
        every_row_is_new(report, &got.drawn, seed)?;
        all.push(got.drawn);
    }
    report.expect(true, "every resample is a new draw", String::new);
    let views: Vec<_> = all.iter().map(|drawn| drawn.view()).collect();
    let Ok(drawn) = concatenate(Axis(0), &views) else { return Ok(()) };
    with_replacement(report, &drawn)?;
    independent(report, &drawn)?;
    uniform(report, &drawn)
}

/// How many different images a resample holds, as a z-score of the mean over all resamples.
pub(crate) fn with_replacement(report: &mut Report, drawn: &Array2<usize>) -> Outcome {
    let size = drawn.ncols();
    let counts: Vec<usize> = drawn.rows().into_iter().map(|row| distinct(&row)).collect();
    let (n, resamples) = (size as f64, counts.len() as f64);
    let mean = counts.iter().sum::<usize>() as f64 / resamples;
    let (one, two) = ((1.0 - 1.0 / n).powi(size as i32), (1.0 - 2.0 / n).powi(size as i32));
    let (expected, variance) = (n * (1.0 - one), n * one + n * (n - 1.0) * two - (n * one).powi(2));
    let z = (mean - expected) * (resamples / variance).sqrt();
    report.require(z.abs() < 6.0, "images are drawn with replacement", || {
        let kept = (0..size).filter(|&i| drawn.column(i).iter().all(|&d| d == i)).count();
        let cause = if counts.iter().all(|&count| count == size) {
            "No resample contains an image twice. Draw each of the N numbers from 0..N independently: `rng.random_range(0..n)`"
        } else if counts.iter().all(|&count| count >= size - 1) {
            "At most one image is replaced by another. Draw all N numbers: `rng.random_range(0..n)` for each"
        } else if kept > 1 {
            "Some images are kept in their place instead of drawn. Draw all N numbers: `rng.random_range(0..n)` for each"
        } else if counts.iter().all(|&count| count <= size / 2) && z < 0.0 {
            "No resample holds more than half of the images: are only half as many drawn, and used twice? Draw all N numbers independently"
        } else if z > 0.0 {
            "Images repeat too rarely, as if some draws avoided or kept others. Draw each of the N numbers from 0..N independently"
        } else {
            "Images repeat too often. Draw each of the N numbers from 0..N independently, and always from all the images"
        };
        format!("of {size} images, a resample should hold {} different ones on average, and holds {}. {cause}", number(expected), number(mean))
    })
}

/// A chi-square of the number of times that each image was drawn.
pub(crate) fn uniform(report: &mut Report, drawn: &Array2<usize>) -> Outcome {
    let size = drawn.ncols();
    let mut counts = Array1::<f64>::zeros(size);
    drawn.iter().for_each(|&i| counts[i] += 1.0);
    let share = &counts / (drawn.len() as f64 / size as f64);
    let chi_square = share.mapv(|share| (share - 1.0).powi(2)).sum() * drawn.nrows() as f64;
    let freedom = (size - 1) as f64;
    report.require(chi_square < freedom + 9.0 * (2.0 * freedom).sqrt(), "all images are drawn equally often", || {
        let never: Vec<usize> = (0..size).filter(|&i| counts[i] == 0.0).collect();
        let within = share.slice(s![1..size - 1]);
        let center = within.sum() / (size - 2) as f64;
        let inner = within.iter().map(|share| (share / center - 1.0).powi(2)).sum::<f64>() * (drawn.nrows() as f64) < 2.0 * freedom;
        let (first, last) = (share[0], share[size - 1]);
        let cause = if never == [0] {
            return format!("image 0 is never drawn; the range must be 0..{size}, which starts at 0");
        } else if let [image] = never[..] {
            return format!("image {image} is never drawn; the range must be 0..{size}, which ends before {size}");
        } else if !never.is_empty() {
            return format!("{} of the {size} images are never drawn, image {} for one; the range must be 0..{size}", never.len(), never[0]);
        } else if inner && first < 0.7 && !(0.7..=1.3).contains(&last) {
            "Rounding to the nearest integer gives the ends another probability; use `rng.random_range(0..n)`"
        } else if inner && ((first - 1.0).abs() > 0.3 || (last - 1.0).abs() > 0.3) {
            "Only the ends differ. Is a number outside the range put on an end? Use `rng.random_range(0..n)`"
        } else {
            "Every image must have the same probability; use `rng.random_range(0..n)`, and every resample must draw from all images"
        };
        format!("image 0 is drawn {} times as often as it should be, image {} {} times, and image {} {} times. {cause}", number(first), size / 2, number(share[size / 2]), size - 1, number(last))
    })
}

/// Neither two images of a resample nor two successive resamples go together.
pub(crate) fn independent(report: &mut Report, drawn: &Array2<usize>) -> Outcome {
    let size = drawn.ncols();
    let mut excess = Array2::<f64>::zeros((drawn.nrows(), size));
    for (b, row) in drawn.rows().into_iter().enumerate() {
        row.iter().for_each(|&i| excess[[b, i]] += 1.0);
    }
    let resamples = drawn.nrows() as f64;
    // Some images may be drawn more often than others: that is another mistake.
    excess -= &(excess.sum_axis(Axis(0)) / resamples);
    let what = "the draws are independent";
    let products = excess.t().dot(&excess);
    let (z, i, j) = products
        .indexed_iter()
        .filter(|((i, j), _)| i < j)
        .map(|((i, j), product)| ((product + resamples / size as f64) / resamples.sqrt(), i, j))
        .fold((0.0, 0, 0), |most: (f64, usize, usize), one| if one.0.abs() > most.0.abs() { one } else { most });
    report.insist(z.abs() < 9.0, what, || {
        let how = if z > 0.0 { "together" } else { "instead of each other" };
        format!("images {i} and {j} are drawn {how} too often. Draw every number by itself, `rng.random_range(0..n)`")
    })?;
    let along: f64 = (1..drawn.nrows()).map(|b| excess.row(b).dot(&excess.row(b - 1))).sum();
    let z = along / (resamples * size as f64).sqrt();
    report.require(z.abs() < 7.0, what, || {
        "a resample has too much in common with the one before. Draw every resample anew, from all the images"
            .to_owned()
    })
}

/// More images than an 8-bit number counts.
pub(super) fn many_images(student: BootstrapEntk, report: &mut Report) -> Outcome {
    let (n, n_boot) = (300, 3);
    let (model, x) = (Mlp::new(&[2, 3, 2], 1), gaussian_matrix(n, 2, &mut rng(4)));
    let got = report.call(|| student(&model, &x, n_boot, 1, 6))?;
    shapes(report, &got, (n_boot, n, 1), model.n_params())?;
    let largest = got.drawn.iter().max().copied().unwrap_or(0);
    let what = format!("it draws from {n} images too");
    report.insist(largest > 270, &what, || {
        let cause = if (250..256).contains(&largest) || (120..128).contains(&largest) {
            ". The row numbers do not fit into an integer of 8 bits; use usize"
        } else {
            ". The range must be that of the rows of x"
        };
        format!("in 900 draws the largest row number is {largest}{cause}")
    })?;
    for (b, (vectors, value)) in got.vectors.iter().zip(&got.values).enumerate() {
        let kernel = Entk::new(&model, &x.select(Axis(0), &got.drawn.row(b).to_vec()));
        let u = vectors.column(0);
        let residual = kernel.apply(&u) - &u * *value;
        report.insist(residual.dot(&residual).sqrt() < 0.05 * value.abs(), &what, || {
            "the eigenvectors do not belong to the kernel of the images in `drawn`".to_owned()
        })?;
    }
    Ok(())
}
