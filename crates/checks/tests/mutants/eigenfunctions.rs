use matrix_free::linalg::norm;
use ndarray::{Array1, Array2, Axis};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 2/4.1 eigenfunctions

/// The pictures, turned where the rule for a picture and its eigenvector gives a negative number.
fn signed(x: &Array2<f64>, u: &Array2<f64>, rule: fn(&Array1<f64>, &Array1<f64>) -> f64) -> Array2<f64> {
    let mut pictures = u.t().dot(x);
    for (mut row, u) in pictures.rows_mut().into_iter().zip(u.columns()) {
        if rule(&row.to_owned(), &u.to_owned()) < 0.0 {
            row *= -1.0;
        }
    }
    pictures
}

fn extreme(values: &Array1<f64>) -> f64 {
    values.iter().copied().fold(0.0, |e: f64, v| if v.abs() > e.abs() { v } else { e })
}

/// The right pictures, each divided by a number.
fn divided(x: &Array2<f64>, u: &Array2<f64>, by: fn(&Array1<f64>) -> f64) -> Array2<f64> {
    let mut pictures = solutions::eigenfunction_images(x, u);
    for mut row in pictures.rows_mut() {
        let by = by(&row.to_owned());
        row /= by;
    }
    pictures
}

pub(super) fn wrong() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        // Signs.
        (Cause("No row is turned"), |x, u| u.t().dot(x)),
        (Cause("(magnitudes and even powers never are)"), |x, u| signed(x, u, |p, _| p.mapv(|p| p.powi(4)).sum())),
        (Cause("flip a row if the sum is *negative*"), |x, u| -solutions::eigenfunction_images(x, u)),
        (Cause("makes the sum of the pixels positive"), |x, u| signed(x, u, |p, _| p.sum())),
        (Cause("makes the sum of the pixels positive"), |x, u| signed(x, u, |p, _| p.sum().powi(3))),
        (Cause("makes the pixel of largest magnitude positive"), |x, u| signed(x, u, |p, _| extreme(p))),
        (Cause("makes the first pixel positive"), |x, u| signed(x, u, |p, _| p[0])),
        (Cause("makes the last pixel positive"), |x, u| signed(x, u, |p, _| p[p.len() - 1])),
        (Cause("takes squares with their sign"), |x, u| signed(x, u, |p, _| p.mapv(|p| p * p.abs()).sum())),
        (Cause("takes fifth powers"), |x, u| signed(x, u, |p, _| p.mapv(|p| p.powi(5)).sum())),
        (Cause("subtracts the picture's mean first"), |x, u| {
            signed(x, u, |p, _| {
                let mean = p.sum() / p.len() as f64;
                p.mapv(|p| (p - mean).powi(3)).sum()
            })
        }),
        (Cause("by the number of positive pixels"), |x, u| {
            signed(x, u, |p, _| p.iter().filter(|p| **p > 0.0).count() as f64 - p.len() as f64 / 2.0 - 0.25)
        }),
        (Cause("goes by the entries of the eigenvector"), |x, u| signed(x, u, |_, u| u.sum())),
        (Cause("the cubes of the entries of the eigenvector"), |x, u| signed(x, u, |_, u| u.mapv(|u| u.powi(3)).sum())),
        (Cause("makes the first entry of the eigenvector positive"), |x, u| signed(x, u, |_, u| u[0])),
        (Cause("makes the largest entry of the eigenvector positive"), |x, u| signed(x, u, |_, u| extreme(u))),
        (Difference("is negative, and only then"), |x, u| {
            // All rows by the sum of the first.
            let pictures = u.t().dot(x);
            let turn = pictures.row(0).mapv(|p| p.powi(3)).sum() < 0.0;
            if turn { -pictures } else { pictures }
        }),
        (Difference("is negative, and only then"), |x, u| {
            // The sum over all pictures so far.
            let mut sum = 0.0;
            let mut pictures = u.t().dot(x);
            for mut row in pictures.rows_mut() {
                sum += row.mapv(|p| p.powi(3)).sum();
                if sum < 0.0 {
                    row *= -1.0;
                }
            }
            pictures
        }),
        (Difference("Compare the sum of cubes with 0, not with a small number"), |x, u| {
            signed(x, u, |p, _| p.mapv(|p| p.powi(3)).sum() + 1e-12)
        }),
        (Difference("a sign that may be 0, or divided by the sum"), |x, u| {
            let mut pictures = u.t().dot(x);
            for mut row in pictures.rows_mut() {
                let cubes = row.mapv(|p| p.powi(3)).sum();
                row *= cubes / cubes.abs();
            }
            pictures.mapv(|p| if p.is_nan() { 1.0 } else { p })
        }),
        (Difference("is NaN or infinite. Did you divide by zero"), |x, u| {
            let mut pictures = u.t().dot(x);
            for mut row in pictures.rows_mut() {
                let cubes = row.mapv(|p| p.powi(3)).sum();
                row *= cubes / cubes.abs();
            }
            pictures
        }),
        // Sums.
        (Cause("This is the transpose"), |x, u| solutions::eigenfunction_images(x, u).t().to_owned()),
        (Cause("You divided by N"), |x, u| solutions::eigenfunction_images(x, u) / x.nrows() as f64),
        (Cause("You divided by the number of pixels"), |x, u| solutions::eigenfunction_images(x, u) / x.ncols() as f64),
        (Cause("scaled to length 1; return the sum itself"), |x, u| divided(x, u, |p| norm(p))),
        (Cause("divided by its largest magnitude"), |x, u| divided(x, u, |p| extreme(p).abs())),
        (Cause("divided by its own sum"), |x, u| divided(x, u, |p| p.sum())),
        (Cause("in opposite orders"), |x, u| {
            let mut reversed = u.clone();
            reversed.invert_axis(Axis(0));
            solutions::eigenfunction_images(x, &reversed)
        }),
        (Cause("The pictures are in the reverse order"), |x, u| {
            let mut pictures = solutions::eigenfunction_images(x, u);
            pictures.invert_axis(Axis(0));
            pictures
        }),
        (Cause("The eigenvector is scaled to length 1"), |x, u| {
            let lengths = u.mapv(|u| u * u).sum_axis(Axis(0)).mapv(f64::sqrt);
            solutions::eigenfunction_images(x, &(u / &lengths))
        }),
        (Cause("The weights are magnitudes"), |x, u| solutions::eigenfunction_images(x, &u.mapv(f64::abs))),
        (Cause("The weights are squares"), |x, u| solutions::eigenfunction_images(x, &u.mapv(|u| u * u))),
        (Cause("The weights are signs"), |x, u| solutions::eigenfunction_images(x, &u.mapv(f64::signum))),
        (Cause("The mean image is subtracted first"), |x, u| {
            let mean = x.sum_axis(Axis(0)) / x.nrows() as f64;
            solutions::eigenfunction_images(&(x - &mean), u)
        }),
        (Cause("The pixels are magnitudes"), |x, u| u.t().dot(x).mapv(f64::abs)),
        (Cause("These are the cubes"), |x, u| solutions::eigenfunction_images(x, u).mapv(|p| p.powi(3))),
        (Cause("The last image is left out"), |x, u| {
            let n = x.nrows() - 1;
            solutions::eigenfunction_images(
                &x.slice(ndarray::s![..n, ..]).to_owned(),
                &u.slice(ndarray::s![..n, ..]).to_owned(),
            )
        }),
        (Difference("compare one row of yours"), |x, u| solutions::eigenfunction_images(x, u) + 0.5),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::eigenfunction_images(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("eigenfunctions", wrong());
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::eigenfunction_images(|x, u| {
            let mut pictures = Array2::zeros((u.ncols(), x.ncols()));
            for (mut picture, u) in pictures.rows_mut().into_iter().zip(u.columns()) {
                for (row, &weight) in x.rows().into_iter().zip(u) {
                    picture.scaled_add(weight, &row);
                }
                let skew: f64 = picture.iter().map(|p| p * p * p).sum();
                picture *= skew.signum();
            }
            pictures
        }),
        // A sum of zero turns the row, too.
        check::eigenfunction_images(|x, u| {
            let mut pictures = x.t().dot(u).reversed_axes();
            for mut row in pictures.rows_mut() {
                if row.iter().map(|p| p.powi(3)).sum::<f64>() <= 0.0 {
                    row.mapv_inplace(|p| -p);
                }
            }
            pictures
        }),
        // The positive cubes against the negative ones.
        check::eigenfunction_images(|x, u| {
            signed(x, u, |p, _| {
                let part = |sign: f64| p.iter().map(|p| (sign * p).max(0.0).powi(3)).sum::<f64>();
                part(1.0) - part(-1.0)
            })
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
