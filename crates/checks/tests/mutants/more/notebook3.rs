use std::f64::consts::PI;

use matrix_free::linalg::{eigh, eigvalsh, mean, orthonormalize, singular_values, spectral_norm, variance};
use matrix_free::probe::{Probe, rng, seeds};
use ndarray::{Array1, Array2, Axis, s};
use rand::Rng;
use small_networks::Entk;
use spectral_course::check;
use spectral_course::solutions::{
    self, Bootstrap, Reorthogonalization, TraceEstimate, lanczos, matrix_with_gap, sin_theta,
};

use crate::common::Says::{Cause, Difference};
use crate::common::{Operator, Wrong, assert_passed, assert_passed_with_streams, stream};

pub(super) fn wrong() -> Vec<Wrong> {
    [traces(), densities(), perturbations(), resamples()].into_iter().flatten().collect()
}

fn traces() -> Vec<Wrong> {
    vec![
        // 3/1.1: the smallest and the largest sample are left out of the mean.
        Wrong::new(Difference("Average the samples"), || {
            check::hutchinson_trace(|a, m, probe, seed| {
                let estimate = solutions::hutchinson_trace(a, m, probe, seed);
                let mut sorted = estimate.samples.to_vec();
                sorted.sort_by(f64::total_cmp);
                let kept = if m > 2 { &sorted[1..m - 1] } else { &sorted[..] };
                TraceEstimate { mean: kept.iter().sum::<f64>() / kept.len() as f64, ..estimate }
            })
        }),
        // The second half of a probe mirrors the first.
        Wrong::new(Cause("do not change what it returns"), || {
            check::hutchinson_trace(|a, m, probe, seed| {
                let mut rng = rng(seed);
                by_probes(a, m, |n| {
                    let z = probe.draw(n, &mut rng);
                    (0..n).map(|i| z[i.min(n - 1 - i)]).collect()
                })
            })
        }),
        // A generator that goes on from call to call.
        Wrong::new(Cause("two calls with seed 3 gave different vectors"), || {
            check::hutchinson_trace(|a, m, probe, seed| {
                thread_local!(static CALLS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });
                CALLS.set(CALLS.get() + 1);
                solutions::hutchinson_trace(a, m, probe, seed ^ (CALLS.get() << 32))
            })
        }),
        // A bug that strikes from the 100th probe on: they repeat.
        Wrong::new(Cause("probes 0 and 100 of a call have the correlation 1"), || {
            check::hutchinson_trace(|a, m, probe, seed| {
                let mut rng = rng(seed);
                let some: Vec<Array1<f64>> = (0..m.min(100)).map(|_| probe.draw(a.dim(), &mut rng)).collect();
                let mut i = 0;
                by_probes(a, m, |_| {
                    i += 1;
                    some[(i - 1) % some.len()].clone()
                })
            })
        }),
        // The sum is kept in single precision.
        Wrong::new(Difference("digits are lost"), || {
            check::hutchinson_trace(|a, m, probe, seed| {
                let estimate = solutions::hutchinson_trace(a, m, probe, seed);
                let sum: f32 = estimate.samples.iter().map(|x| *x as f32).sum();
                TraceEstimate { mean: f64::from(sum) / m as f64, ..estimate }
            })
        }),
        // 3/1.2: the first sample of each trial alone.
        Wrong::new(Difference("Take the mean of each trial's m samples"), || {
            check::variance_sweep(|a, ms, probe, n_trials, seed| {
                by_trials(a, ms, probe, n_trials, seed, |samples| samples[0], |t| variance(t))
            })
        }),
        // The variance by the range.
        Wrong::new(Difference("Take the mean of each trial's m samples"), || {
            check::variance_sweep(|a, ms, probe, n_trials, seed| {
                let spread = |t: &Array1<f64>| {
                    let (low, high) = t.iter().fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
                    (high - low).powi(2) / 12.0
                };
                by_trials(a, ms, probe, n_trials, seed, |samples| mean(samples), spread)
            })
        }),
        // The variance of the medians.
        Wrong::new(Difference("Take the mean of each trial's m samples"), || {
            check::variance_sweep(|a, ms, probe, n_trials, seed| {
                let median = |samples: &Array1<f64>| matrix_free::linalg::median(samples);
                by_trials(a, ms, probe, n_trials, seed, median, |t| variance(t))
            })
        }),
        // The estimates are rounded to single precision.
        Wrong::new(Difference("digits are lost"), || {
            check::variance_sweep(|a, ms, probe, n_trials, seed| {
                by_trials(a, ms, probe, n_trials, seed, |samples| f64::from(mean(samples) as f32), |t| variance(t))
            })
        }),
    ]
}

fn densities() -> Vec<Wrong> {
    vec![
        // 3/3.1: the width of the check's first question, whatever is asked.
        Wrong::new(Cause("The width of the Gaussians is 0.3"), || {
            check::slq_density(|a, m, s, grid, _, seed| solutions::slq_density(a, m, s, grid, 0.3, seed))
        }),
        // The largest value is made 1.
        Wrong::new(Difference("the factor in front is not"), || {
            check::slq_density(|a, m, s, grid, sigma, seed| {
                let density = solutions::slq_density(a, m, s, grid, sigma, seed);
                let largest = density.iter().copied().fold(0.0, f64::max);
                density / largest
            })
        }),
        // The weights are the fourth powers of the first components.
        Wrong::new(Difference("are the weights the squared first components"), || {
            check::slq_density(|a, m, s, grid, sigma, seed| slq(a, m, s, grid, sigma, seed, |_, x| x.powi(4)))
        }),
        // Ritz values of small weight are left out.
        Wrong::new(Difference("are the weights the squared first components"), || {
            check::slq_density(|a, m, s, grid, sigma, seed| {
                slq(a, m, s, grid, sigma, seed, |_, x| if x * x < 0.05 { 0.0 } else { x * x })
            })
        }),
        // The weights are mixed up with those for the moments: times the value.
        Wrong::new(Difference("the factor in front is not"), || {
            check::slq_density(|a, m, s, grid, sigma, seed| slq(a, m, s, grid, sigma, seed, |theta, x| x * x * theta))
        }),
        // At least one step fewer than the size, in every run.
        Wrong::new(Difference("Do you use the arguments sigma and s_lanczos?"), || {
            check::slq_density(|a, m, s, grid, sigma, seed| {
                solutions::slq_density(a, m, s.min((a.dim() - 1).max(1)), grid, sigma, seed)
            })
        }),
    ]
}

fn perturbations() -> Vec<Wrong> {
    vec![
        // 3/5.1: the square of alpha.
        Wrong::new(Difference("the largest shift of a random 20 x 20 matrix"), || {
            check::weyl_shifts(|a, e, alphas| solutions::weyl_shifts(a, e, &alphas.mapv(|alpha| alpha * alpha)))
        }),
        // Relative to the eigenvalue.
        Wrong::new(Difference("the largest shift of a random 20 x 20 matrix"), || {
            check::weyl_shifts(|a, e, alphas| {
                let before = eigvalsh(a);
                alphas.mapv(|alpha| {
                    let shift = (eigvalsh(&(a + &(e * alpha))) - &before) / &before;
                    shift.iter().fold(0.0, |l: f64, x| l.max(x.abs()))
                })
            })
        }),
        // A is changed for good: the first alpha's perturbation stays.
        Wrong::new(Difference("the largest shift of a random 20 x 20 matrix"), || {
            check::weyl_shifts(|a, e, alphas| {
                let moved = a + &(e * alphas[0]);
                alphas.mapv(|alpha| {
                    let shift = eigvalsh(&(&moved + &(e * (alpha - alphas[0])))) - eigvalsh(&moved);
                    shift.iter().fold(0.0, |l: f64, x| l.max(x.abs()))
                })
            })
        }),
        // The shift of the middle eigenvalue.
        Wrong::new(Difference("the largest shift of a random 20 x 20 matrix"), || {
            check::weyl_shifts(|a, e, alphas| {
                let k = a.nrows() / 2;
                alphas.mapv(|alpha| (eigvalsh(&(a + &(e * alpha)))[k] - eigvalsh(a)[k]).abs())
            })
        }),
        // 3/5.2: the first two columns alone.
        Wrong::new(Difference("with all their columns"), || {
            check::davis_kahan(
                |u, v| {
                    let k = u.ncols().min(2);
                    solutions::principal_angle(&u.slice(s![.., ..k]).to_owned(), &v.slice(s![.., ..k]).to_owned())
                },
                solutions::gap_experiment,
            )
        }),
        // NaN is turned into a right angle.
        Wrong::new(Cause("Is a small sine taken for zero?"), || {
            check::davis_kahan(
                |u, v| {
                    let (u, v) = (orthonormalize(u), orthonormalize(v));
                    let sine = singular_values(&(&v - &u.dot(&u.t().dot(&v))))[0];
                    if sine < 1e-8 { 0.0 } else { sine.min(1.0).asin() }
                },
                solutions::gap_experiment,
            )
        }),
        // e is scaled to norm 1.
        Wrong::new(Difference("sin Theta_1 for gaps"), || {
            check::davis_kahan(solutions::principal_angle, |gaps, e, k, seed| {
                solutions::gap_experiment(gaps, &(e / spectral_norm(e).max(1e-300)), k, seed)
            })
        }),
        // e is added to the first matrix and subtracted from the second one... of the next gap.
        Wrong::new(Difference("sin Theta_1 for gaps"), || {
            check::davis_kahan(solutions::principal_angle, |gaps, e, k, seed| {
                (0..gaps.len())
                    .map(|i| {
                        let a = matrix_with_gap(gaps[i], e.nrows(), seed);
                        let b = matrix_with_gap(gaps[(i + 1) % gaps.len()], e.nrows(), seed);
                        sin_theta(&eigh(&a).top(k), &eigh(&(b + e)).top(k))
                    })
                    .collect()
            })
        }),
    ]
}

fn resamples() -> Vec<Wrong> {
    vec![
        // 3/5.3: the values stand one row too low.
        Wrong::new(Difference("Does `drawn` hold the images whose kernel you use"), || {
            check::bootstrap_entk(|model, x, n_boot, k, seed| {
                let right = solutions::bootstrap_entk(model, x, n_boot, k, seed);
                let rows: Vec<usize> = (0..n_boot).map(|b| (b + n_boot - 1) % n_boot).collect();
                Bootstrap { values: right.values.select(Axis(0), &rows), ..right }
            })
        }),
        // The eigenvectors are those of the first resample throughout.
        Wrong::new(Cause("and the vectors must be of this resample"), || {
            check::bootstrap_entk(|model, x, n_boot, k, seed| {
                let right = solutions::bootstrap_entk(model, x, n_boot, k, seed);
                Bootstrap { vectors: vec![right.vectors[0].clone(); n_boot], ..right }
            })
        }),
        // The directions are the eigenvectors weighted sums of the images' own gradients, of unit length each.
        Wrong::new(Difference("Compute `kernel.vjp(u)"), || {
            check::bootstrap_entk(|model, x, n_boot, k, seed| {
                let mut right = solutions::bootstrap_entk(model, x, n_boot, k, seed);
                for directions in &mut right.directions {
                    directions.mapv_inplace(f64::abs);
                }
                right
            })
        }),
        // The i-th number is drawn from the images up to the i-th.
        Wrong::new(Difference("Images repeat too often"), || {
            check::bootstrap_entk(|model, x, n_boot, k, seed| {
                bootstrap(model, x, n_boot, k, seed, |rng, i| rng.random_range(0..=i))
            })
        }),
        // A remainder that is one too small.
        Wrong::new(Cause("image 39 is never drawn"), || {
            check::bootstrap_entk(|model, x, n_boot, k, seed| {
                let n = x.nrows();
                bootstrap(model, x, n_boot, k, seed, |rng, _| rng.random_range(0..2 * n) % (n - 1).max(1))
            })
        }),
    ]
}

fn by_probes(a: Operator, m: usize, mut draw: impl FnMut(usize) -> Array1<f64>) -> TraceEstimate {
    let mut samples = Vec::new();
    for _ in 0..m {
        let z = draw(a.dim());
        samples.push(z.dot(&a.apply(&z)));
    }
    TraceEstimate::from_samples(Array1::from(samples))
}

/// The sweep with what a trial makes of its samples, and the statistic of the trials.
fn by_trials(
    a: Operator,
    ms: &[usize],
    probe: Probe,
    n_trials: usize,
    seed: u64,
    trial: impl Fn(&Array1<f64>) -> f64,
    statistic: impl Fn(&Array1<f64>) -> f64,
) -> Array1<f64> {
    let mut seeds = seeds(seed);
    let mut estimates = |m: usize| -> Array1<f64> {
        let runs = seeds.by_ref().take(n_trials).map(|seed| solutions::hutchinson_trace(a, m, probe, seed));
        runs.map(|run| trial(&run.samples)).collect()
    };
    ms.iter().map(|&m| statistic(&estimates(m))).collect()
}

/// The quadrature with weights by the Ritz value and the first component.
fn slq(
    a: Operator,
    m: usize,
    s: usize,
    grid: &Array1<f64>,
    sigma: f64,
    seed: u64,
    weight: fn(f64, f64) -> f64,
) -> Array1<f64> {
    let mut rng = rng(seed);
    let mut density = Array1::<f64>::zeros(grid.len());
    for _ in 0..m {
        let ritz = lanczos(a, &Probe::Rademacher.draw(a.dim(), &mut rng), s, Reorthogonalization::Full).ritz();
        // Point by point.
        for (t, value) in grid.iter().zip(&mut density) {
            for (theta, x) in ritz.values.iter().zip(ritz.vectors.row(0)) {
                let height = (-((t - theta) / sigma).powi(2) / 2.0).exp() / (sigma * (2.0 * PI).sqrt());
                *value += height * weight(*theta, *x) * a.dim() as f64 / m as f64;
            }
        }
    }
    density
}

fn bootstrap(
    model: &small_networks::Mlp,
    x: &Array2<f64>,
    n_boot: usize,
    k: usize,
    seed: u64,
    draw: impl Fn(&mut matrix_free::probe::CourseRng, usize) -> usize,
) -> Bootstrap {
    let n = x.nrows();
    let mut result =
        Bootstrap { values: Array2::zeros((n_boot, k)), drawn: Array2::zeros((n_boot, n)), ..Bootstrap::default() };
    for (b, seed) in seeds(seed).take(n_boot).enumerate() {
        let mut rng = rng(seed);
        for i in 0..n {
            result.drawn[[b, i]] = draw(&mut rng, i);
        }
        let kernel = Entk::new(model, &x.select(Axis(0), &result.drawn.row(b).to_vec()));
        let pairs = solutions::randomized_eigh(&kernel, k, 10, 1, seed);
        let mut directions = Array2::zeros((model.n_params(), k));
        for j in 0..k {
            let w = kernel.vjp(&pairs.vectors.column(j));
            directions.column_mut(j).assign(&(&w / w.dot(&w).sqrt()));
        }
        result.values.row_mut(b).assign(&pairs.values);
        result.vectors.push(pairs.vectors);
        result.directions.push(directions);
    }
    result
}

#[test]
fn right_versions_pass_with_a_few_streams() {
    // 3/1.1: a warm-up of the generator; of z and -z, which give the same sample, the one that starts with +1.
    assert_passed_with_streams(5, || {
        check::hutchinson_trace(|a, m, probe, seed| {
            let mut rng = rng(seed ^ stream());
            let _: f64 = rng.random();
            by_probes(a, m, |n| {
                let z = probe.draw(n, &mut rng);
                if probe == Probe::Rademacher && z[0] < 0.0 { -z } else { z }
            })
        })
    });
    // 3/1.2: two passes, from a generator for all trials of one m.
    assert_passed_with_streams(2, || {
        check::variance_sweep(|a, ms, probe, n_trials, seed| {
            let two_passes = |t: &Array1<f64>| {
                let center = t.sum() / t.len() as f64;
                t.iter().map(|x| (x - center) * (x - center)).sum::<f64>() / (t.len() as f64 - 1.0)
            };
            by_trials(
                a,
                ms,
                probe,
                n_trials,
                seed ^ stream(),
                |samples| samples.sum() / samples.len() as f64,
                two_passes,
            )
        })
    });
    // 3/3.1: point by point.
    assert_passed_with_streams(3, || {
        check::slq_density(|a, m, s, grid, sigma, seed| slq(a, m, s, grid, sigma, seed ^ stream(), |_, x| x * x))
    });
    // 3/5.3: entry by entry, the directions scaled to length 1.
    assert_passed_with_streams(3, || {
        check::bootstrap_entk(|model, x, n_boot, k, seed| {
            let n = x.nrows();
            bootstrap(model, x, n_boot, k, seed ^ stream(), |rng, _| (rng.random::<u64>() % n as u64) as usize)
        })
    });
    // 3/5.1: in descending order, by loops.
    assert_passed(check::weyl_shifts(|a, e, alphas| {
        let descending = |m: &Array2<f64>| eigvalsh(m).iter().rev().copied().collect::<Vec<f64>>();
        let before = descending(a);
        let mut shifts = alphas.clone();
        for shift in &mut shifts {
            let after = descending(&(a + &(e * *shift)));
            *shift = before.iter().zip(&after).fold(0.0, |l, (x, y)| f64::max(l, (x - y).abs()));
        }
        shifts
    }));
}
