use std::thread;

use matrix_free::linalg::{eigh, eigvalsh, mean, orthonormalize, singular_values, spectral_norm, variance};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{CourseRng, Probe, rng};
use ndarray::{Array1, Array2, ArrayRef1, Axis, ShapeBuilder, array};
use rand::Rng;
use rand::seq::SliceRandom;
use small_networks::{Entk, Mlp};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{
    self, Bootstrap, Reorthogonalization, TraceEstimate, lanczos, matrix_with_gap, randomized_eigh, sin_theta,
};

use super::assert_rejected;

type Operator<'a> = &'a dyn SymmetricOperator;

// 3/1.1 Hutchinson

/// Hutchinson with the parts that a student gets wrong: the probes and the mean.
fn hutchinson(
    a: Operator,
    m: usize,
    mut draw: impl FnMut(usize) -> Array1<f64>,
    mean: fn(&Array1<f64>) -> f64,
) -> TraceEstimate {
    let samples: Array1<f64> = (0..m)
        .map(|i| {
            let z = draw(i);
            z.dot(&a.apply(&z))
        })
        .collect();
    TraceEstimate { mean: mean(&samples), samples }
}

fn plain_mean(samples: &Array1<f64>) -> f64 {
    mean(samples)
}

fn zero_one(n: usize, rng: &mut CourseRng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || f64::from(u8::from(rng.random::<bool>())))
}

#[test]
fn hutchinson_trace() {
    type Wrong = fn(Operator, usize, Probe, u64) -> TraceEstimate;
    let wrong: &[(&str, Wrong)] = &[
        ("Entries 0 and 1 do not have E[z z^T] = I", |a, m, _, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| zero_one(a.dim(), &mut rng), plain_mean)
        }),
        ("divided by m twice", |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| plain_mean(samples) / samples.len() as f64)
        }),
        ("this is the sum", |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum())
        }),
        ("Divided by m - 1", |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum() / (samples.len() - 1) as f64)
        }),
        ("Draw inside the loop", |a, m, probe, seed| {
            let z = probe.draw(a.dim(), &mut rng(seed));
            hutchinson(a, m, |_| z.clone(), plain_mean)
        }),
        ("a generator made anew from the same seed repeats itself", |a, m, probe, seed| {
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng(seed)), plain_mean)
        }),
        ("One probe only", |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, 1, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: Array1::from_elem(m, estimate.mean) }
        }),
        ("the samples are not yet averaged", |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, m, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: estimate.samples / m as f64 }
        }),
        ("make the generator from the argument seed", |a, m, probe, _| solutions::hutchinson_trace(a, m, probe, 0)),
        ("Probe::Gaussian gave vectors of signs", |a, m, _, seed| {
            solutions::hutchinson_trace(a, m, Probe::Rademacher, seed)
        }),
        ("expected length 20, got 0", |a, m, probe, seed| {
            let mean = solutions::hutchinson_trace(a, m, probe, seed).mean;
            TraceEstimate { mean, samples: Array1::zeros(0) }
        }),
        ("got an entry", |a, m, _, seed| solutions::hutchinson_trace(a, m, Probe::Gaussian, seed)),
        ("entry 3 is not a number", |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples[3] = f64::NAN;
            estimate
        }),
        ("These are absolute values", |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples.mapv_inplace(f64::abs);
            estimate
        }),
        ("got 10", |a, m, probe, seed| {
            // Antithetic pairs: z and -z give the same number twice.
            let mut rng = rng(seed);
            let mut z = probe.draw(a.dim(), &mut rng);
            let draw = |i| {
                z = if i % 2 == 0 { probe.draw(a.dim(), &mut rng) } else { -&z };
                z.clone()
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        ("they are not to be normalised", |a, m, probe, seed| {
            let mut rng = rng(seed);
            let draw = |_| {
                let z = probe.draw(a.dim(), &mut rng);
                let scale = (a.dim() as f64 / z.dot(&z)).sqrt();
                z * scale
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        ("Too few", |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m - 1, probe, seed);
            estimate.samples = estimate.samples.iter().copied().chain([0.0]).collect();
            estimate
        }),
        ("The operator was never applied", |_, m, _, _| TraceEstimate { mean: 0.0, samples: Array1::zeros(m) }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::hutchinson_trace(*student), message);
    }
}

// 3/1.2 variance

/// The sweep with the student's own trial and statistic.
fn sweep(
    ms: &[usize],
    n_trials: usize,
    trial: impl Fn(usize, u64) -> f64,
    statistic: fn(&ArrayRef1<f64>) -> f64,
) -> Array1<f64> {
    let mut count = 0..;
    ms.iter()
        .map(|&m| {
            let estimates: Array1<f64> = count.by_ref().take(n_trials).map(|r| trial(m, r)).collect();
            statistic(&estimates)
        })
        .collect()
}

#[test]
fn variance_sweep() {
    type Wrong = fn(Operator, &[usize], Probe, usize, u64) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("All trials share one seed", |a, ms, probe, n_trials, seed| {
            sweep(ms, n_trials, |m, _| solutions::hutchinson_trace(a, m, probe, seed).mean, variance)
        }),
        ("divide by n_trials - 1", |a, ms, probe, n_trials, seed| {
            sweep(
                ms,
                n_trials,
                |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean,
                |t| variance(t) * (t.len() - 1) as f64 / t.len() as f64,
            )
        }),
        ("do not take the root", |a, ms, probe, n_trials, seed| {
            sweep(ms, n_trials, |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean, |t| variance(t).sqrt())
        }),
        ("do not divide by n_trials again", |a, ms, probe, n_trials, seed| {
            sweep(
                ms,
                n_trials,
                |m, r| solutions::hutchinson_trace(a, m, probe, seed + r).mean,
                |t| variance(t) / t.len() as f64,
            )
        }),
        ("run n_trials of them", |a, ms, probe, _, seed| {
            ms.iter().map(|&m| variance(&solutions::hutchinson_trace(a, m, probe, seed).samples)).collect()
        }),
        ("take the variance of the trials' means", |a, ms, probe, n_trials, seed| {
            ms.iter().map(|&m| variance(&solutions::hutchinson_trace(a, m * n_trials, probe, seed).samples)).collect()
        }),
        ("make the seeds from the argument seed", |a, ms, probe, n_trials, _| {
            sweep(ms, n_trials, |m, r| solutions::hutchinson_trace(a, m, probe, r).mean, variance)
        }),
        ("the seeds start anew for every m", |a, ms, probe, n_trials, seed| {
            let of = |m: usize, r| solutions::hutchinson_trace(a, m, probe, seed + r as u64).mean;
            let trials = |m| -> Array1<f64> { (0..n_trials).map(|r| of(m, r)).collect() };
            ms.iter().map(|&m| variance(&trials(m))).collect()
        }),
        ("pass `probe` on", |a, ms, _, n_trials, seed| {
            solutions::variance_sweep(a, ms, Probe::Rademacher, n_trials, seed)
        }),
        ("The order of the results is that of ms", |a, ms, probe, n_trials, seed| {
            solutions::variance_sweep(a, ms, probe, n_trials, seed).iter().rev().copied().collect()
        }),
        ("expected length 1, got 2", |a, ms, probe, n_trials, seed| {
            let mut result = solutions::variance_sweep(a, ms, probe, n_trials, seed).to_vec();
            result.push(0.0);
            Array1::from(result)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::variance_sweep(*student), message);
    }
}

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
        ("a first component that is not squared", |a, m, s, grid, sigma, seed| {
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
        ("divided by m_probes twice", |a, m, s, grid, sigma, seed| {
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
        ("the Gaussian is off by a factor sigma", |a, m, s, grid, sigma, seed| {
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
        ("are m_probes and s_lanczos swapped?", |a, m, s, grid, sigma, seed| slq(&RIGHT, a, s, m, grid, sigma, seed)),
        ("m_probes runs of s_lanczos steps", |a, m, _, grid, sigma, seed| slq(&RIGHT, a, m, 7, grid, sigma, seed)),
        ("`lanczos(a, seed, ..)` draws a Gaussian vector", |a, m, s, grid, sigma, seed| {
            slq(&Slq { draw: |n, rng| Probe::Gaussian.draw(n, rng), ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("put brackets around the divisor", |a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| {
                (-d * d / (2.0 * sigma * sigma)).exp() / sigma * (2.0 * std::f64::consts::PI).sqrt()
            };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("make the generator from the argument seed, with", |a, m, s, grid, sigma, _| {
            slq(&RIGHT, a, m, s, grid, sigma, rand::random())
        }),
        ("Make the generator once, before the loop", |a, m, s, grid, sigma, seed| {
            slq(&Slq { reseed: true, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        ("make the generator from the argument seed", |a, m, s, grid, sigma, _| slq(&RIGHT, a, m, s, grid, sigma, 0)),
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

// 3/5.1 Weyl

#[test]
fn weyl_shifts() {
    fn shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>, of: fn(Array1<f64>) -> f64) -> Array1<f64> {
        alphas.mapv(|alpha| of(eigvalsh(&(a + &(e * alpha))) - eigvalsh(a)))
    }
    type Wrong = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("take the absolute value", |a, e, alphas| {
            shifts(a, e, alphas, |d| d.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        }),
        ("take the absolute value", |a, e, alphas| shifts(a, e, alphas, |d| d.iter().copied().fold(0.0, f64::max))),
        ("take the maximum over all k", |a, e, alphas| shifts(a, e, alphas, |d| d[d.len() - 1].abs())),
        ("This is the mean shift", |a, e, alphas| shifts(a, e, alphas, |d| mean(&d.mapv(f64::abs)))),
        ("This is the bound alpha ||E||_2", |_, e, alphas| alphas.mapv(|alpha| alpha.abs() * spectral_norm(e))),
        ("not around each eigenvalue", |a, e, alphas| {
            let sizes = |alpha: f64| eigvalsh(&(a + &(e * alpha))).mapv(f64::abs);
            alphas.mapv(|alpha| (sizes(alpha) - sizes(0.0)).iter().fold(0.0, |l: f64, d| l.max(d.abs())))
        }),
        ("alpha is not used", |a, e, alphas| alphas.mapv(|_| solutions::weyl_shifts(a, e, &array![1.0])[0])),
        ("expected length 3, got 1", |a, e, _| solutions::weyl_shifts(a, e, &array![1.0])),
        ("entry 0 is not a number", |a, e, alphas| solutions::weyl_shifts(a, e, alphas) / alphas),
    ];
    for (message, student) in wrong {
        assert_rejected(check::weyl_shifts(*student), message);
    }
}

// 3/5.2 Davis-Kahan

fn by_acos(u: &Array2<f64>, v: &Array2<f64>) -> f64 {
    let cosines = singular_values(&orthonormalize(u).t().dot(&orthonormalize(v)));
    cosines[cosines.len() - 1].min(1.0).acos()
}

/// The sine formula on bases as they come.
fn outside(u: &Array2<f64>, v: &Array2<f64>) -> Array1<f64> {
    singular_values(&(v - &u.dot(&u.t().dot(v))))
}

#[test]
fn principal_angle() {
    type Wrong = fn(&Array2<f64>, &Array2<f64>) -> f64;
    let wrong: &[(&str, Wrong)] = &[
        ("acos loses half the digits", by_acos),
        ("`orthonormalize` both first", |u, v| outside(u, v)[0].min(1.0).asin()),
        ("This is the smallest angle", |u, v| {
            let sines = outside(&orthonormalize(u), &orthonormalize(v));
            sines[sines.len() - 1].min(1.0).asin()
        }),
        ("`asin` gives the angle", |u, v| sin_theta(u, v)),
        ("no other norm of it", |u, v| {
            let sines = outside(&orthonormalize(u), &orthonormalize(v));
            sines.dot(&sines).sqrt().min(1.0).asin()
        }),
        ("perpendicular spaces meet at pi/2: expected 1.571, got NaN", |u, v| {
            outside(&orthonormalize(u), &orthonormalize(v))[0].asin()
        }),
        ("Radians are asked for", |u, v| solutions::principal_angle(u, v).to_degrees()),
    ];
    for (message, student) in wrong {
        assert_rejected(check::davis_kahan(*student, solutions::gap_experiment), message);
    }
}

#[test]
fn gap_experiment() {
    type Wrong = fn(&[f64], &Array2<f64>, usize, u64) -> Array1<f64>;
    fn each(gaps: &[f64], e: &Array2<f64>, seed: u64, turned: impl Fn(&Array2<f64>) -> f64) -> Array1<f64> {
        gaps.iter().map(|&gap| turned(&matrix_with_gap(gap, e.nrows(), seed))).collect()
    }
    let wrong: &[(&str, Wrong)] = &[
        ("This is the angle: its sine is asked for", |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(f64::asin)
        }),
        ("the top k are the last columns", |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let first = |m: &Array2<f64>| eigh(m).vectors.slice(ndarray::s![.., ..k]).to_owned();
                sin_theta(&first(a), &first(&(a + e)))
            })
        }),
        ("add e to one", |gaps, e, k, seed| each(gaps, e, seed, |a| sin_theta(&eigh(a).top(k), &eigh(a).top(k)))),
        ("whatever the argument: use k", |gaps, e, _, seed| solutions::gap_experiment(gaps, e, 3, seed)),
        ("at entry", |gaps, e, k, seed| {
            // Two matrices with two bases.
            each(gaps, e, seed, |a| {
                sin_theta(&eigh(a).top(k), &eigh(&(matrix_with_gap(1.0, e.nrows(), seed + 1) + e)).top(k))
            })
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::davis_kahan(solutions::principal_angle, *student), message);
    }
}

// 3/5.3 bootstrap

struct Resampling {
    draw: fn(usize, u64) -> Vec<usize>,
    seed: fn(u64, usize) -> u64,
    kernel_of_all: bool,
    direction: fn(&Entk, &Entk, &ArrayRef1<f64>, f64) -> Array1<f64>,
}

fn with_replacement(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = rng(seed);
    (0..n).map(|_| rng.random_range(0..n)).collect()
}

const PROPER: Resampling = Resampling {
    draw: with_replacement,
    seed: |seed, b| seed + b as u64,
    kernel_of_all: false,
    direction: |kernel, _, u, value| kernel.vjp(u) / value.sqrt(),
};

fn bootstrap(version: &Resampling, model: &Mlp, x: &Array2<f64>, n_boot: usize, k: usize, seed: u64) -> Bootstrap {
    let n = x.nrows();
    let mut result =
        Bootstrap { values: Array2::zeros((n_boot, k)), drawn: Array2::zeros((n_boot, n)), ..Bootstrap::default() };
    let whole = Entk::new(model, x);
    for b in 0..n_boot {
        let seed = (version.seed)(seed, b);
        let drawn = (version.draw)(n, seed);
        let kernel = Entk::new(model, &x.select(Axis(0), &drawn));
        let pairs = randomized_eigh(if version.kernel_of_all { &whole } else { &kernel }, k, 10, 1, seed);
        let mut directions = Array2::zeros((model.n_params(), k).f());
        for j in 0..k {
            let w = (version.direction)(&kernel, &whole, &pairs.vectors.column(j), pairs.values[j]);
            directions.column_mut(j).assign(&w);
        }
        result.drawn.row_mut(b).assign(&Array1::from(drawn));
        result.values.row_mut(b).assign(&pairs.values);
        result.vectors.push(pairs.vectors);
        result.directions.push(directions);
    }
    result
}

#[test]
fn bootstrap_entk() {
    type Wrong = fn(&Mlp, &Array2<f64>, usize, usize, u64) -> Bootstrap;
    let wrong: &[(&str, Wrong)] = &[
        ("no resample holds any image twice", |model, x, n_boot, k, seed| {
            let draw = |n, seed| {
                let mut order: Vec<usize> = (0..n).collect();
                order.shuffle(&mut rng(seed));
                order
            };
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("give each its own seed", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, _| seed, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("with seed 0 every resample is drawn afresh", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed * b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("Some are alike", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |seed, b| seed + b as u64 / 2, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("is it never written to?", |model, x, n_boot, k, seed| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..solutions::bootstrap_entk(model, x, n_boot, k, seed)
        }),
        ("make the generators from the argument seed", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { seed: |_, b| b as u64, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("This belongs to the kernel of all images", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { kernel_of_all: true, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("The factor 1 / sqrt(lambda) is missing", |model, x, n_boot, k, seed| {
            bootstrap(&Resampling { direction: |kernel, _, u, _| kernel.vjp(u), ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("Divided by lambda", |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |kernel, _, u, value| kernel.vjp(u) / value, ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        ("This is J^T u with the J of all images", |model, x, n_boot, k, seed| {
            bootstrap(
                &Resampling { direction: |_, whole, u, value| whole.vjp(u) / value.sqrt(), ..PROPER },
                model,
                x,
                n_boot,
                k,
                seed,
            )
        }),
        ("descending order, largest first", |model, x, n_boot, k, seed| {
            let mut result = solutions::bootstrap_entk(model, x, n_boot, k, seed);
            result.values.invert_axis(Axis(1));
            result.vectors.iter_mut().for_each(|vectors| vectors.invert_axis(Axis(1)));
            result.directions.iter_mut().for_each(|directions| directions.invert_axis(Axis(1)));
            result
        }),
        ("every image can be drawn: image 11 never is", |model, x, n_boot, k, seed| {
            let draw = |n: usize, seed| with_replacement(n, seed).into_iter().map(|i| i.min(n - 2)).collect();
            bootstrap(&Resampling { draw, ..PROPER }, model, x, n_boot, k, seed)
        }),
        ("vectors holds a (12, 3) matrix a resample: expected 30 of them, got 0", |model, x, n_boot, k, seed| {
            Bootstrap { vectors: Vec::new(), ..solutions::bootstrap_entk(model, x, n_boot, k, seed) }
        }),
        ("values has shape (n_boot, k)", |_, x, n_boot, _, _| Bootstrap {
            drawn: Array2::zeros((n_boot, x.nrows())),
            ..Bootstrap::default()
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::bootstrap_entk(*student), message);
    }
}

// Right versions that are not the reference's

#[test]
fn other_right_versions_pass() {
    let cards = [
        // The products in another order, and in blocks.
        check::hutchinson_trace(|a, m, probe, seed| {
            let z = probe.draw_block(a.dim(), m, &mut rng(seed));
            let mut samples = Array1::zeros(m);
            for i in (0..m).rev() {
                samples[i] = z.column(i).dot(&a.apply(&z.column(i)));
            }
            TraceEstimate { mean: samples.sum() / m as f64, samples }
        }),
        // All the trials' probes in one block, trial r with every n_trials-th.
        check::variance_sweep(|a, ms, probe, n_trials, seed| {
            let mut rng = rng(seed);
            ms.iter()
                .map(|&m| {
                    let z = probe.draw_block(a.dim(), m * n_trials, &mut rng);
                    let forms = (&z * &a.apply_block(&z)).sum_axis(Axis(0));
                    let trial = |r: usize| mean(&forms.slice(ndarray::s![r..;n_trials]));
                    variance(&(0..n_trials).map(trial).collect::<Array1<f64>>())
                })
                .collect()
        }),
        check::slq_density(|a, m, s, grid, sigma, seed| slq(&RIGHT, a, m, s, grid, sigma, seed)),
        check::slq_density(|a, m, s, grid, sigma, seed| {
            slq(&Slq { reorthogonalization: Reorthogonalization::Conditional, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        // The angle by the difference of the projectors.
        check::davis_kahan(
            |u, v| {
                let projector = |b: &Array2<f64>| {
                    let q = orthonormalize(b);
                    q.dot(&q.t())
                };
                spectral_norm(&(projector(u) - projector(v))).min(1.0).asin()
            },
            solutions::gap_experiment,
        ),
        check::bootstrap_entk(|model, x, n_boot, k, seed| bootstrap(&PROPER, model, x, n_boot, k, seed)),
        // Directions with a sign of their own.
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            let direction = |kernel: &Entk, _: &Entk, u: &ArrayRef1<f64>, value: f64| {
                let w = kernel.vjp(u) / value.sqrt();
                if w[0] < 0.0 { -w } else { w }
            };
            bootstrap(&Resampling { direction, ..PROPER }, model, x, n_boot, k, seed)
        }),
    ];
    for card in cards {
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}

// What every check does with code that stops

#[test]
fn a_panic_is_told_and_does_not_pass_for_todo() {
    let card = check::weyl_shifts(|_, _, _| panic!("the matrix is on fire"));
    assert_rejected(card, "your function panicked: the matrix is on fire");
    let card = check::weyl_shifts(|a, _, _| a.dot(&Array1::zeros(a.nrows() + 1)));
    assert_rejected(card, "your function panicked: ndarray: inputs 3 × 3 and 4 × 1 are not compatible");
    let card = check::weyl_shifts(|_, _, _| panic!("not yet implemented: exercise 3/5.1"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("not written yet"), "{card}");
}

#[test]
fn a_panic_in_a_thread_of_the_students_is_told() {
    let card = check::weyl_shifts(|_, _, _| {
        thread::scope(|scope| scope.spawn(|| panic!("in a thread")).join().unwrap_or_else(|_| array![0.0]))
    });
    assert_eq!(card.status, Status::Failed, "{card}");
    let card = check::weyl_shifts(|_, _, alphas| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("in a scoped thread"));
        });
        alphas.clone()
    });
    assert_rejected(card, "your function panicked: in a scoped thread");
}

#[test]
fn the_reason_is_that_of_the_panic_that_counts() {
    let swallow = || std::panic::catch_unwind(|| panic!("swallowed")).is_err();
    let card = check::weyl_shifts(|_, _, _| {
        std::panic::catch_unwind(|| panic!("swallowed")).ok();
        panic!("the real one")
    });
    assert_rejected(card, "your function panicked: the real one");
    assert!(swallow());
}

#[test]
fn an_experiment_may_hold_a_check_and_an_exercise_an_experiment() {
    let nested = check::attempt(|| check::weyl_shifts(solutions::weyl_shifts).status);
    assert_eq!(nested.result(), Ok(&Status::Passed));
    let card = check::weyl_shifts(|a, e, alphas| {
        let inner = check::attempt(|| solutions::weyl_shifts(a, e, alphas));
        inner.result().cloned().unwrap_or_default()
    });
    assert_eq!(card.status, Status::Passed, "{card}");
}

#[test]
fn what_waits_says_for_what() {
    // The first half of an exercise is judged while the second is still to be written.
    let todo = |_: &[f64], _: &Array2<f64>, _: usize, _: u64| panic!("not yet implemented: exercise 3/5.2");
    let card = check::davis_kahan(solutions::principal_angle, todo);
    assert_eq!(card.status, Status::Todo, "{card}");
    assert!(card.to_string().contains("✓ perpendicular lines meet at pi/2"), "{card}");
    assert_rejected(check::davis_kahan(|_, _| 0.3, todo), "expected 1.571, got 0.3");
    let card = check::variance_sweep(|_, _, _, _, _| panic!("not yet implemented: exercise 3/1.1"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("waits for exercise 3/1.1"), "{card}");
}
