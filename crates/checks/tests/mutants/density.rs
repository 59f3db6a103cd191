use matrix_free::probe::{CourseRng, Probe, rng};
use ndarray::{Array1, ArrayRef1, array};
use spectral_course::check;
use spectral_course::solutions::{Reorthogonalization, lanczos};

use super::common::{Operator, assert_passed, assert_rejected, zero_one};

// 3/3.1 stochastic Lanczos quadrature

/// What a version of the quadrature may do its own way.
struct Slq {
    draw: fn(usize, &mut CourseRng) -> Array1<f64>,
    reorthogonalization: Reorthogonalization,
    weight: fn(&ArrayRef1<f64>) -> f64,
    gaussian: fn(f64, f64) -> f64,
    factor: fn(usize, usize) -> f64,
    reseed: bool,
}

const RIGHT: Slq = Slq {
    draw: |n, rng| Probe::Rademacher.draw(n, rng),
    reorthogonalization: Reorthogonalization::Full,
    weight: |vector| vector[0] * vector[0],
    gaussian: |d, sigma| (-d * d / (2.0 * sigma * sigma)).exp() / (sigma * (2.0 * std::f64::consts::PI).sqrt()),
    factor: |n, m| n as f64 / m as f64,
    reseed: false,
};

fn slq(version: &Slq, a: Operator, m: usize, s: usize, grid: &Array1<f64>, sigma: f64, seed: u64) -> Array1<f64> {
    let mut rng = rng(seed);
    let mut density = Array1::zeros(grid.len());
    for _ in 0..m {
        if version.reseed {
            rng = matrix_free::probe::rng(seed);
        }
        let z = (version.draw)(a.dim(), &mut rng);
        let ritz = lanczos(a, &z, s, version.reorthogonalization).ritz();
        for (theta, vector) in ritz.values.iter().zip(ritz.vectors.columns()) {
            density += &(grid.mapv(|t| (version.gaussian)(t - theta, sigma)) * (version.weight)(&vector));
        }
    }
    density * (version.factor)(a.dim(), m)
}

#[test]
fn slq_density() {
    type Wrong = fn(Operator, usize, usize, &Array1<f64>, f64, u64) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("without the square they do not sum to 1", |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector[0].abs(), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("not of a whole eigenvector", |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector.dot(vector), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("Row 0 of the eigenvectors holds the first components", |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector[vector.len() - 1].powi(2), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("the factor n is missing", |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |_, m| 1.0 / m as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("average over the probes", |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, _| n as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("did you divide by m_probes twice", |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, m| n as f64 / (m * m) as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("Use `Reorthogonalization::Full`", |a, m, s, grid, sigma, seed| {
            slq(&Slq { reorthogonalization: Reorthogonalization::None, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("the exponent is -(t - theta)^2 / (2 sigma^2)", |a, m, s, grid, sigma, seed| {
            // sigma^2 where 2 sigma^2 belongs, with the height to match: a density all the same, but a narrower one.
            let gaussian =
                |d: f64, sigma: f64| (-d * d / (sigma * sigma)).exp() / (sigma * std::f64::consts::PI.sqrt());
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("sqrt(2 pi) is missing", |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| (-d * d / (2.0 * sigma * sigma)).exp() / sigma;
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("the Gaussian is off by a factor of sigma", |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| {
                (-d * d / (2.0 * sigma * sigma)).exp() / (sigma * sigma * (2.0 * std::f64::consts::PI).sqrt())
            };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("The start vectors are not Rademacher probes", |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: zero_one, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("Add every probe's Gaussians to the density", |a, m, s, grid, sigma, seed| {
            // Overwritten instead of added up: the last probe alone, at full weight.
            let mut rng = rng(seed);
            let mut density = Array1::zeros(grid.len());
            for _ in 0..m {
                let z = Probe::Rademacher.draw(a.dim(), &mut rng);
                let ritz = lanczos(a, &z, s, Reorthogonalization::Full).ritz();
                density.fill(0.0);
                for (theta, vector) in ritz.values.iter().zip(ritz.vectors.columns()) {
                    density += &(grid.mapv(|t| (RIGHT.gaussian)(t - theta, sigma)) * vector[0].powi(2));
                }
            }
            density * a.dim() as f64
        }),
        ("Are m_probes and s_lanczos swapped?", |a, m, s, grid, sigma, seed| slq(&RIGHT, a, s, m, grid, sigma, seed)),
        ("it makes m_probes runs of s_lanczos steps", |a, m, _, grid, sigma, seed| {
            slq(&RIGHT, a, m, 7, grid, sigma, seed)
        }),
        ("`lanczos(a, seed, ..)` draws a Gaussian vector", |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: |n, rng| Probe::Gaussian.draw(n, rng), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("put brackets around the divisor", |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| {
                (-d * d / (2.0 * sigma * sigma)).exp() / sigma * (2.0 * std::f64::consts::PI).sqrt()
            };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("create the generator from the `seed` argument, with", |a, m, s, grid, sigma, _| {
            slq(&RIGHT, a, m, s, grid, sigma, rand::random())
        }),
        ("Create the generator once, before the loop", |a, m, s, grid, sigma, seed| {
            slq(&Slq { reseed: true, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("create the generator from the `seed` argument", |a, m, s, grid, sigma, _| {
            slq(&RIGHT, a, m, s, grid, sigma, 0)
        }),
        ("your function panicked: index out of bounds", |a, m, s, grid, sigma, seed| {
            // The crash at an invariant subspace: s values are expected from a run that ended early.
            let mut rng = rng(seed);
            let mut density = Array1::zeros(grid.len());
            for _ in 0..m {
                let ritz = lanczos(a, &Probe::Rademacher.draw(a.dim(), &mut rng), s, Reorthogonalization::Full).ritz();
                let (values, vectors) = (ritz.values.to_vec(), ritz.vectors);
                for i in 0..s {
                    let weight = vectors.column(i.min(values.len() - 1))[0].powi(2);
                    density += &(grid.mapv(|t| (RIGHT.gaussian)(t - values[i], sigma)) * weight);
                }
            }
            density * (a.dim() as f64 / m as f64)
        }),
        ("expected length 109, got 1", |_, _, _, _, _, _| array![1.0]),
    ];
    for (message, student) in wrong {
        assert_rejected(check::slq_density(*student), message);
    }
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::slq_density(|a, m, s, grid, sigma, seed| slq(&RIGHT, a, m, s, grid, sigma, seed)),
        check::slq_density(|a, m, s, grid, sigma, seed| {
            slq(&Slq { reorthogonalization: Reorthogonalization::Conditional, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
