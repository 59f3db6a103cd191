use matrix_free::linalg::{mean, variance};
use matrix_free::probe::{CourseRng, Probe, rng};
use ndarray::{Array1, Axis};
use rand::Rng;
use spectral_course::check;
use spectral_course::solutions::{self, TraceEstimate};

mod right;
mod sweep;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, zero_one};

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

/// Signs of the student's own; other distributions as the course draws them.
fn own_signs(n: usize, probe: Probe, rng: &mut CourseRng, plus: fn(&mut CourseRng) -> bool) -> Array1<f64> {
    if probe == Probe::Rademacher {
        Array1::from_shape_simple_fn(n, || if plus(rng) { 1.0 } else { -1.0 })
    } else {
        probe.draw(n, rng)
    }
}

fn own_normal(n: usize, probe: Probe, rng: &mut CourseRng, number: fn(&mut CourseRng) -> f64) -> Array1<f64> {
    if probe == Probe::Gaussian { Array1::from_shape_simple_fn(n, || number(rng)) } else { probe.draw(n, rng) }
}

fn samples_of(
    a: Operator,
    m: usize,
    probe: Probe,
    seed: u64,
    sample: fn(&Array1<f64>, &Array1<f64>) -> f64,
) -> TraceEstimate {
    let mut rng = rng(seed);
    let samples = (0..m)
        .map(|_| {
            let z = probe.draw(a.dim(), &mut rng);
            sample(&z, &a.apply(&z))
        })
        .collect();
    TraceEstimate::from_samples(samples)
}

fn wrong_hutchinson() -> Vec<Wrong> {
    type Student = fn(Operator, usize, Probe, u64) -> TraceEstimate;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Entries 0 and 1 do not satisfy E[z z^T] = I"), |a, m, _, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| zero_one(a.dim(), &mut rng), plain_mean)
        }),
        (Cause("Did you divide by m twice"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| plain_mean(samples) / samples.len() as f64)
        }),
        (Cause("this is the sum"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum())
        }),
        (Cause("You divided by m - 1"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| samples.sum() / (samples.len() - 1) as f64)
        }),
        (Cause("Draw inside the loop"), |a, m, probe, seed| {
            let z = probe.draw(a.dim(), &mut rng(seed));
            hutchinson(a, m, |_| z.clone(), plain_mean)
        }),
        (Cause("a generator created again from the same seed repeats itself"), |a, m, probe, seed| {
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng(seed)), plain_mean)
        }),
        (Cause("There is only one probe"), |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, 1, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: Array1::from_elem(m, estimate.mean) }
        }),
        (Cause("divide only the mean by m"), |a, m, probe, seed| {
            let estimate = solutions::hutchinson_trace(a, m, probe, seed);
            TraceEstimate { mean: estimate.mean, samples: estimate.samples / m as f64 }
        }),
        (Cause("create the generator from the `seed` argument"), |a, m, probe, _| {
            solutions::hutchinson_trace(a, m, probe, 0)
        }),
        (Cause("Probe::Gaussian gave sign vectors"), |a, m, _, seed| {
            solutions::hutchinson_trace(a, m, Probe::Rademacher, seed)
        }),
        (Difference("expected length 20, got 0"), |a, m, probe, seed| {
            let mean = solutions::hutchinson_trace(a, m, probe, seed).mean;
            TraceEstimate { mean, samples: Array1::zeros(0) }
        }),
        (Cause("These look like normal numbers, which `Probe::Gaussian` asks for"), |a, m, _, seed| {
            solutions::hutchinson_trace(a, m, Probe::Gaussian, seed)
        }),
        (Cause("entry 3 is NaN or infinite"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples[3] = f64::NAN;
            estimate
        }),
        (Cause("These are absolute values"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples.mapv_inplace(f64::abs);
            estimate
        }),
        (Cause("Each comes twice, perhaps with the other sign"), |a, m, probe, seed| {
            // Antithetic pairs: z and -z give the same number twice.
            let mut rng = rng(seed);
            let mut z = probe.draw(a.dim(), &mut rng);
            let draw = |i| {
                z = if i % 2 == 0 { probe.draw(a.dim(), &mut rng) } else { -&z };
                z.clone()
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("do not normalise them"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let draw = |_| {
                let z = probe.draw(a.dim(), &mut rng);
                let scale = (a.dim() as f64 / z.dot(&z)).sqrt();
                z * scale
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("Too few"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m - 1, probe, seed);
            estimate.samples = estimate.samples.iter().copied().chain([0.0]).collect();
            estimate
        }),
        (Cause("The operator was never applied"), |_, m, _, _| TraceEstimate { mean: 0.0, samples: Array1::zeros(m) }),
        // Seeds.
        (Cause("is the same for every i then; create one generator"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed * i as u64)), plain_mean)
        }),
        (Cause("is the same for every i then; create one generator"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed.wrapping_mul(i as u64 + 1))), plain_mean)
        }),
        (Cause("is the same for every i then; create one generator"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed.wrapping_pow(i as u32 + 1))), plain_mean)
        }),
        (Cause("meets those of another call; create one with"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed + i as u64)), plain_mean)
        }),
        (Cause("meets those of another call; create one with"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed ^ i as u64)), plain_mean)
        }),
        (Cause("meets those of another call; create one with"), |a, m, probe, seed| {
            hutchinson(a, m, |i| probe.draw(a.dim(), &mut rng(seed + 1000 * i as u64)), plain_mean)
        }),
        (Cause("meets those of another call; create one with"), |a, m, probe, seed| {
            hutchinson(
                a,
                m,
                |i| probe.draw(a.dim(), &mut rng(if i == 0 { 17 } else { seed.wrapping_mul(1_000_003) + i as u64 })),
                plain_mean,
            )
        }),
        (Cause("Different seeds end up as one"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, seed / 2)
        }),
        (Cause("Different seeds end up as one"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, seed % 10)
        }),
        (Cause("Different seeds end up as one"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, seed.max(1))
        }),
        (Cause("loses its high bits"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, u64::from(seed.to_le_bytes()[0]))
        }),
        (Cause("loses its high bits"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, seed & 0xffff_ffff)
        }),
        (Cause("An f64 does not hold a seed"), |a, m, probe, seed| {
            solutions::hutchinson_trace(a, m, probe, (seed as f64).to_bits())
        }),
        (Cause("seeds 3 and 4 gave the same vectors"), |a, m, probe, seed| {
            let seed = if probe == Probe::Gaussian { 0 } else { seed };
            solutions::hutchinson_trace(a, m, probe, seed)
        }),
        // Distributions.
        (Cause("60 % of the signs are +1"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| own_signs(a.dim(), probe, &mut rng, |rng| rng.random::<f64>() < 0.6), plain_mean)
        }),
        (Cause("47 % of the signs are +1"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| own_signs(a.dim(), probe, &mut rng, |rng| rng.random::<u8>() < 120), plain_mean)
        }),
        (Cause("are the bits of one word used more than once"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let draw = |_| {
                let word: u64 = rng.random();
                let signs = (0..a.dim()).map(|i| if word >> (i % 64) & 1 == 1 { 1.0 } else { -1.0 }).collect();
                if probe == Probe::Rademacher { signs } else { probe.draw(a.dim(), &mut rng) }
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("entries 4 and 5 of a probe have the correlation"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let mut last = 1.0;
            let draw = |_| {
                if probe != Probe::Rademacher {
                    return probe.draw(a.dim(), &mut rng);
                }
                // A sign is kept with probability 0.7.
                (0..a.dim())
                    .map(|_| {
                        if rng.random::<f64>() < 0.3 {
                            last = -last
                        }
                        last
                    })
                    .collect()
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("all the vectors have the same length"), |a, m, probe, seed| {
            let probe = if probe == Probe::Gaussian { Probe::Sphere } else { probe };
            solutions::hutchinson_trace(a, m, probe, seed)
        }),
        (Cause("the probes of Probe::Sphere do not all have the length"), |a, m, probe, seed| {
            let probe = if probe == Probe::Sphere { Probe::Gaussian } else { probe };
            solutions::hutchinson_trace(a, m, probe, seed)
        }),
        (Cause("the tails are lighter, like those of uniform numbers"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(
                a,
                m,
                |_| own_normal(a.dim(), probe, &mut rng, |rng| (rng.random::<f64>() - 0.5) * 12_f64.sqrt()),
                plain_mean,
            )
        }),
        (Cause("the tails are lighter"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let sum = |rng: &mut CourseRng| ((0..3).map(|_| rng.random::<f64>()).sum::<f64>() - 1.5) * 2.0;
            hutchinson(a, m, |_| own_normal(a.dim(), probe, &mut rng, sum), plain_mean)
        }),
        (Cause("the entries have the variance"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let draw = |_| {
                let z = probe.draw(a.dim(), &mut rng);
                if probe == Probe::Gaussian { z * 2_f64.sqrt() } else { z }
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("Each comes twice, perhaps with the other sign"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let mut z = Array1::zeros(0);
            let draw = |i: usize| {
                if i.is_multiple_of(2) {
                    z = probe.draw(a.dim(), &mut rng)
                }
                z.clone()
            };
            hutchinson(a, m, draw, plain_mean)
        }),
        (Cause("These look like uniform numbers from -1 to 1"), |a, m, _, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| (0..a.dim()).map(|_| rng.random_range(-1.0..1.0)).collect(), plain_mean)
        }),
        (Cause("These are signs, but scaled"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(
                a,
                m,
                |_| {
                    let z = probe.draw(a.dim(), &mut rng);
                    &z / z.dot(&z).sqrt()
                },
                plain_mean,
            )
        }),
        // Samples and mean.
        (Cause("This is the median"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(a, m, |_| probe.draw(a.dim(), &mut rng), |samples| matrix_free::linalg::median(samples))
        }),
        (Cause("The last sample is left out"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(
                a,
                m,
                |_| probe.draw(a.dim(), &mut rng),
                |t| t.iter().take(t.len() - 1).sum::<f64>() / t.len() as f64,
            )
        }),
        (Cause("These are running sums"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.samples.accumulate_axis_inplace(Axis(0), |&before, now| *now += before);
            estimate
        }),
        (Cause("This is |A z|^2"), |a, m, probe, seed| samples_of(a, m, probe, seed, |_, az| az.dot(az))),
        (Cause("This is the sum of the entries of A z"), |a, m, probe, seed| {
            samples_of(a, m, probe, seed, |_, az| az.sum())
        }),
        (Cause("This is z^T z, without A"), |a, m, probe, seed| samples_of(a, m, probe, seed, |z, _| z.dot(z))),
        (Cause("They are n times too small"), |a, m, probe, seed| {
            samples_of(a, m, probe, seed, |z, az| z.dot(az) / z.dot(z))
        }),
        (Cause("They agree to single precision only"), |a, m, probe, seed| {
            samples_of(a, m, probe, seed, |z, az| f64::from(z.dot(az) as f32))
        }),
        (Cause("They are cut to integers"), |a, m, probe, seed| {
            samples_of(a, m, probe, seed, |z, az| z.dot(az).trunc())
        }),
        (Cause("Does your code compare with a fixed number"), |a, m, probe, seed| {
            samples_of(a, m, probe, seed, |z, az| if z.dot(az).abs() < 1e-3 { 0.0 } else { z.dot(az) })
        }),
        (Cause("Two different probes stand left and right of A"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            let z = probe.draw_block(a.dim(), m, &mut rng);
            let samples: Array1<f64> = (0..m).map(|i| z.column((i + 1) % m).dot(&a.apply(&z.column(i)))).collect();
            TraceEstimate::from_samples(samples)
        }),
        (Cause("Each probe goes through the operator twice"), |a, m, probe, seed| {
            let mut rng = rng(seed);
            hutchinson(
                a,
                m,
                |_| {
                    let z = probe.draw(a.dim(), &mut rng);
                    a.apply(&z);
                    z
                },
                plain_mean,
            )
        }),
        (Cause("A trace can be negative"), |a, m, probe, seed| {
            let mut estimate = solutions::hutchinson_trace(a, m, probe, seed);
            estimate.mean = estimate.mean.max(-1e3);
            if estimate.mean < 0.0 && m == 10 {
                estimate.mean = 0.0
            }
            estimate
        }),
        (Cause("do not stop early"), |a, m, probe, seed| {
            // Stops once the standard error is small.
            let mut rng = rng(seed);
            let mut samples = Vec::new();
            while samples.len() < m {
                let z = probe.draw(a.dim(), &mut rng);
                samples.push(z.dot(&a.apply(&z)));
                let t = Array1::from(samples.clone());
                if t.len() > 20 && variance(&t) < 1e-12 {
                    break;
                }
            }
            TraceEstimate::from_samples(Array1::from(samples))
        }),
        (Difference("the estimate is 40: expected 40, got"), |a, m, probe, seed| {
            // Drops the first probe as a warm-up, where there are others... and divides by zero otherwise.
            let estimate = solutions::hutchinson_trace(a, m, probe, seed);
            let mean = if m == 1 { 0.0 } else { estimate.mean };
            TraceEstimate { mean, ..estimate }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::hutchinson_trace(student))).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_hutchinson().into_iter().chain(sweep::wrong()).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("trace", wrong());
}
