use matrix_free::linalg::{eigh, orthonormalize, singular_values};
use matrix_free::probe::rng;
use ndarray::{Array1, Array2, Axis};
use rand::Rng;
use spectral_course::check;
use spectral_course::solutions::{self, sin_theta};

use super::{Student, of_drawn, resampled, sine};
use crate::common::{assert_passed_with_streams, stream};

fn right_versions() -> Vec<Student> {
    vec![
        |kernel, k, n_boot, seed| resampled(kernel, n_boot, seed ^ stream(), |drawn| sine(kernel, k, drawn)),
        // One generator for all resamples; the continuation by a matrix of draws; the sine from the cosine.
        |kernel, k, n_boot, seed| {
            let (n, mut rng) = (kernel.nrows(), rng(seed ^ stream()));
            let whole = eigh(kernel).top(k);
            let sines = (0..n_boot).map(|_| {
                let mut draws = Array2::zeros((n, n));
                for l in 0..n {
                    draws[[rng.random_range(0..n), l]] = 1.0;
                }
                let own = eigh(&draws.t().dot(kernel).dot(&draws)).top(k);
                let cosines = singular_values(&orthonormalize(&kernel.dot(&draws).dot(&own)).t().dot(&whole));
                (1.0 - cosines[k - 1].powi(2)).max(0.0).sqrt()
            });
            sines.collect()
        },
        // Nystroem's formula with its factors, and the largest angle.
        |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed ^ stream(), |drawn| {
                let pairs = eigh(&of_drawn(kernel, drawn));
                let columns = kernel.select(Axis(1), drawn);
                let mut continued = Array2::zeros((kernel.nrows(), k));
                for j in 0..k {
                    let (value, u) = (pairs.values[drawn.len() - 1 - j], pairs.vectors.column(drawn.len() - 1 - j));
                    continued.column_mut(j).assign(&(columns.dot(&u) / value.max(1e-300)));
                }
                solutions::principal_angle(&continued, &eigh(kernel).top(k)).sin()
            })
        },
        // By counts: D^(1/2) K D^(1/2) of all images has the eigenvectors D^(1/2) u, and needs no repeats.
        |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed ^ stream(), |drawn| {
                let n = kernel.nrows();
                let count = |image| drawn.iter().filter(|&&i| i == image).count() as f64;
                let root = Array2::from_diag(&(0..n).map(|image| count(image).sqrt()).collect::<Array1<f64>>());
                let own = eigh(&root.dot(kernel).dot(&root)).top(k);
                sin_theta(&kernel.dot(&root).dot(&own), &eigh(kernel).top(k))
            })
        },
    ]
}

#[test]
fn other_right_versions_pass() {
    for student in right_versions() {
        assert_passed_with_streams(5, || check::resampled_rotations(student));
    }
}

/// Luck: right draws from other streams must pass, all but one in 10,000 times.
#[test]
#[ignore = "a thousand streams take a minute"]
fn right_versions_pass_with_many_streams() {
    assert_passed_with_streams(1000, || {
        check::resampled_rotations(|kernel, k, n_boot, seed| {
            solutions::resampled_rotations(kernel, k, n_boot, seed ^ stream())
        })
    });
}
