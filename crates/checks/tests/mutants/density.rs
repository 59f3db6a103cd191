use matrix_free::linalg::{Eigh, eigh_tridiagonal, trapezoid};
use matrix_free::probe::{CourseRng, Probe, rng};
use ndarray::{Array1, ArrayRef1, array};
use rand::Rng;
use spectral_course::check;
use spectral_course::solutions::{Quadrature, Reorthogonalization, lanczos, smooth};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, zero_one};

mod right;

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

/// The quadrature with probes of the student's own.
fn own(
    a: Operator,
    m: usize,
    s: usize,
    grid: &Array1<f64>,
    sigma: f64,
    mut draw: impl FnMut(usize, usize) -> Array1<f64>,
) -> Array1<f64> {
    let mut density = Array1::zeros(grid.len());
    for i in 0..m {
        let ritz = lanczos(a, &draw(i, a.dim()), s, Reorthogonalization::Full).ritz();
        let weights = ritz.vectors.row(0).mapv(|x| x * x * a.dim() as f64 / m as f64);
        density += &smooth(&Quadrature::known(ritz.values, weights), grid, sigma);
    }
    density
}

/// The quadrature with nodes and weights of the student's own.
fn measured(
    a: Operator,
    m: usize,
    s: usize,
    grid: &Array1<f64>,
    sigma: f64,
    seed: u64,
    measure: fn(&Eigh) -> (Array1<f64>, Array1<f64>),
) -> Array1<f64> {
    let mut rng = rng(seed);
    let mut density = Array1::zeros(grid.len());
    for _ in 0..m {
        let ritz = lanczos(a, &Probe::Rademacher.draw(a.dim(), &mut rng), s, Reorthogonalization::Full).ritz();
        let (nodes, weights) = measure(&ritz);
        density += &smooth(&Quadrature::known(nodes, weights * (a.dim() as f64 / m as f64)), grid, sigma);
    }
    density
}

/// Lanczos of the student's own, which stops where the residual is below a fixed number.
fn early(a: Operator, m: usize, s: usize, grid: &Array1<f64>, sigma: f64, seed: u64, small: f64) -> Array1<f64> {
    let (mut rng, n) = (rng(seed), a.dim() as f64);
    let mut density = Array1::zeros(grid.len());
    for _ in 0..m {
        let mut q = vec![Probe::Rademacher.draw(a.dim(), &mut rng) / n.sqrt()];
        let (mut alpha, mut beta) = (Vec::new(), Vec::new());
        for j in 0..s {
            let mut r = a.apply(&q[j]);
            alpha.push(q[j].dot(&r));
            for _ in 0..2 {
                for q in &q {
                    let c = q.dot(&r);
                    r.scaled_add(-c, q);
                }
            }
            let length = r.dot(&r).sqrt();
            if length < small || j + 1 == s {
                break;
            }
            beta.push(length);
            q.push(r / length);
        }
        let ritz = eigh_tridiagonal(&Array1::from(alpha), &Array1::from(beta));
        let weights = ritz.vectors.row(0).mapv(|x| x * x * n / m as f64);
        density += &smooth(&Quadrature::known(ritz.values, weights), grid, sigma);
    }
    density
}

type Student = fn(Operator, usize, usize, &Array1<f64>, f64, u64) -> Array1<f64>;

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("without the square they do not sum to 1"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector[0].abs(), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("not of a whole eigenvector"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector.dot(vector), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("this takes the last row"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| vector[vector.len() - 1].powi(2), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("the factor n is missing"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |_, m| 1.0 / m as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("average over the probes"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, _| n as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("did you divide by m_probes twice"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, m| n as f64 / (m * m) as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("Use `Reorthogonalization::Full`"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { reorthogonalization: Reorthogonalization::None, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("the 2 is missing; the exponent is"), |a, m, s, grid, sigma, seed| {
            // sigma^2 where 2 sigma^2 belongs, with the height to match: a density all the same, but a narrower one.
            let gaussian =
                |d: f64, sigma: f64| (-d * d / (sigma * sigma)).exp() / (sigma * std::f64::consts::PI.sqrt());
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("sqrt(2 pi) is missing"), |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| (-d * d / (2.0 * sigma * sigma)).exp() / sigma;
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("the Gaussian is off by a factor of sigma"), |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| {
                (-d * d / (2.0 * sigma * sigma)).exp() / (sigma * sigma * (2.0 * std::f64::consts::PI).sqrt())
            };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("Entries 0 and 1 do not satisfy E[z z^T] = I"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: zero_one, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("Only the last probe counts"), |a, m, s, grid, sigma, seed| {
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
        (Cause("Are m_probes and s_lanczos swapped?"), |a, m, s, grid, sigma, seed| {
            slq(&RIGHT, a, s, m, grid, sigma, seed)
        }),
        (Difference("it makes m_probes runs of s_lanczos steps"), |a, m, _, grid, sigma, seed| {
            slq(&RIGHT, a, m, 7, grid, sigma, seed)
        }),
        (Cause("`lanczos(a, seed, ..)` would draw a Gaussian vector"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: |n, rng| Probe::Gaussian.draw(n, rng), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("put brackets around the divisor"), |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| {
                (-d * d / (2.0 * sigma * sigma)).exp() / sigma * (2.0 * std::f64::consts::PI).sqrt()
            };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("create the generator from the `seed` argument, with"), |a, m, s, grid, sigma, _| {
            slq(&RIGHT, a, m, s, grid, sigma, rand::random())
        }),
        (Cause("Draw inside the loop, but create the generator outside it"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { reseed: true, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("seeds 3 and 4 gave the same vectors"), |a, m, s, grid, sigma, _| slq(&RIGHT, a, m, s, grid, sigma, 0)),
        (Difference("your function panicked: index out of bounds"), |a, m, s, grid, sigma, seed| {
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
        (Difference("expected length 109, got 1"), |_, _, _, _, _, _| array![1.0]),
        // Seeds and signs.
        (Cause("is the same for every i then; create one generator"), |a, m, s, grid, sigma, seed| {
            own(a, m, s, grid, sigma, |i, n| Probe::Rademacher.draw(n, &mut rng(seed.wrapping_mul(i as u64 + 1))))
        }),
        (Cause("meets those of another call; create one with"), |a, m, s, grid, sigma, seed| {
            own(a, m, s, grid, sigma, |i, n| Probe::Rademacher.draw(n, &mut rng(seed + i as u64)))
        }),
        (Cause("60 % of the signs are +1"), |a, m, s, grid, sigma, seed| {
            let mut rng = rng(seed);
            own(a, m, s, grid, sigma, |_, n| {
                Array1::from_shape_simple_fn(n, || if rng.random::<f64>() < 0.6 { 1.0 } else { -1.0 })
            })
        }),
        (Cause("are the bits of one word used more than once"), |a, m, s, grid, sigma, seed| {
            let mut rng = rng(seed);
            own(a, m, s, grid, sigma, |_, n| {
                let word: u32 = rng.random();
                (0..n).map(|i| if word >> (i % 32) & 1 == 1 { 1.0 } else { -1.0 }).collect()
            })
        }),
        (Cause("The start vectors are not Rademacher probes"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: |n, rng| Probe::Sphere.draw(n, rng), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        // Scale.
        (Cause("`n / m_probes` of two integers is rounded down"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, m| (n / m) as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("both the factor n and the mean over the probes are missing"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |_, _| 1.0, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("you divided by m_probes - 1"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { factor: |n, m| n as f64 / (m.max(2) - 1) as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("It is scaled to the integral n"), |a, m, s, grid, sigma, seed| {
            let density = slq(&RIGHT, a, m, s, grid, sigma, seed);
            let integral = trapezoid(&density, grid);
            density * (a.dim() as f64 / integral)
        }),
        (Cause("use the points as they come, in their order"), |a, m, s, grid, sigma, seed| {
            let mut grid = grid.to_vec();
            grid.sort_by(f64::total_cmp);
            slq(&RIGHT, a, m, s, &Array1::from(grid), sigma, seed)
        }),
        (Difference("off by 3.000e-5"), |a, m, s, grid, sigma, seed| slq(&RIGHT, a, m, s, grid, sigma, seed) * 1.00003),
        (Cause("sigma stands where sigma^2 belongs"), |a, m, s, grid, sigma, seed| {
            slq(&RIGHT, a, m, s, grid, sigma.sqrt(), seed)
        }),
        (Cause("from 3 widths on it is zero"), |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| if d.abs() <= 3.0 * sigma { (RIGHT.gaussian)(d, sigma) } else { 0.0 };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("its mean is"), |a, m, s, grid, sigma, seed| {
            slq(
                &Slq { gaussian: |d, sigma| (RIGHT.gaussian)(d - 0.5 * sigma, sigma), ..RIGHT },
                a,
                m,
                s,
                grid,
                sigma,
                seed,
            )
        }),
        // Weights and runs.
        (Cause("The recurrence coefficients of the runs are averaged"), |a, m, s, grid, sigma, seed| {
            let mut rng = rng(seed);
            let (mut alpha, mut beta) = (Array1::<f64>::zeros(s), Array1::<f64>::zeros(s - 1));
            for _ in 0..m {
                let run = lanczos(a, &Probe::Rademacher.draw(a.dim(), &mut rng), s, Reorthogonalization::Full);
                let k = run.alpha.len();
                alpha.slice_mut(ndarray::s![..k]).scaled_add(1.0 / m as f64, &run.alpha);
                beta.slice_mut(ndarray::s![..k - 1]).scaled_add(1.0 / m as f64, &run.beta);
            }
            let ritz = eigh_tridiagonal(&alpha, &beta);
            let weights = ritz.vectors.row(0).mapv(|x| x * x * a.dim() as f64);
            smooth(&Quadrature::known(ritz.values, weights), grid, sigma)
        }),
        (Cause("All Ritz values have the same weight here"), |a, m, s, grid, sigma, seed| {
            slq(&Slq { weight: |vector| 1.0 / vector.len() as f64, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        (Cause("this takes column 0"), |a, m, s, grid, sigma, seed| {
            measured(a, m, s, grid, sigma, seed, |ritz| (ritz.values.clone(), ritz.vectors.column(0).mapv(|x| x * x)))
        }),
        (Cause("Values and weights are in opposite orders"), |a, m, s, grid, sigma, seed| {
            measured(a, m, s, grid, sigma, seed, |ritz| {
                (ritz.values.clone(), ritz.vectors.row(0).iter().rev().map(|x| x * x).collect())
            })
        }),
        (Cause("The Ritz values have lost their signs"), |a, m, s, grid, sigma, seed| {
            measured(a, m, s, grid, sigma, seed, |ritz| {
                (ritz.values.mapv(f64::abs), ritz.vectors.row(0).mapv(|x| x * x))
            })
        }),
        (Cause("Some weight is lost"), |a, m, s, grid, sigma, seed| {
            // Eigenvalues below zero are left out.
            measured(a, m, s, grid, sigma, seed, |ritz| {
                (
                    ritz.values.clone(),
                    ritz.values
                        .iter()
                        .zip(ritz.vectors.row(0))
                        .map(|(t, x)| if *t > 0.0 { x * x } else { 0.0 })
                        .collect(),
                )
            })
        }),
        (Cause("do your loops reach it?"), |a, m, s, grid, sigma, seed| {
            measured(a, m, s, grid, sigma, seed, |ritz| {
                let k = ritz.values.len() - 1;
                (
                    ritz.values.slice(ndarray::s![..k]).to_owned(),
                    ritz.vectors.row(0).iter().take(k).map(|x| x * x).collect(),
                )
            })
        }),
        // Early ends and scales.
        (Cause("not with a fixed number"), |a, m, s, grid, sigma, seed| early(a, m, s, grid, sigma, seed, 1e-2)),
        (Cause("not with a fixed number"), |a, m, s, grid, sigma, seed| early(a, m, s, grid, sigma, seed, 1e-6)),
        (Cause("for the identity it is NaN or infinite"), |a, m, s, grid, sigma, seed| {
            let density = slq(&RIGHT, a, m, s, grid, sigma, seed);
            let mut one = Array1::zeros(a.dim());
            one[0] = 1.0;
            let multiple = s > 1 && a.dim() == 9 && a.apply(&one) == one;
            if multiple { density * f64::NAN } else { density }
        }),
        (Cause("the runs that end early are left out"), |a, m, s, grid, sigma, seed| {
            measured(a, m, s, grid, sigma, seed, |ritz| {
                let early = ritz.values.len() < 8 && ritz.values.len() == 2;
                (ritz.values.clone(), ritz.vectors.row(0).mapv(|x| if early { 0.0 } else { x * x }))
            })
        }),
        (Difference("expected 3 x 10 = 30 matvecs, got 27"), |a, m, s, grid, sigma, seed| {
            slq(&RIGHT, a, m, s.max(2) - 1, grid, sigma, seed)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::slq_density(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("density", wrong());
}
