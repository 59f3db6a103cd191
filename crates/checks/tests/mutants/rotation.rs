use std::cell::Cell;

use matrix_free::linalg::{eigh, orthonormalize, singular_values};
use matrix_free::probe::{rng, seeds};
use ndarray::{Array1, Array2, Axis, s};
use rand::Rng;
use rand::seq::SliceRandom;
use spectral_course::check;
use spectral_course::solutions::{self, principal_angles, sin_theta};

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected};

mod right;

// 4/6.1 the rotation that resampling causes

type Student = fn(&Array2<f64>, usize, usize, u64) -> Array1<f64>;

/// The bootstrap with draws and seeds that a student gets wrong.
struct Version {
    draw: fn(usize, u64) -> Vec<usize>,
    seed: fn(u64, usize) -> u64,
}

const PROPER: Version =
    Version { draw: with_replacement, seed: |seed, b| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(b as u64) };

impl Version {
    fn run(&self, kernel: &Array2<f64>, k: usize, n_boot: usize, seed: u64) -> Array1<f64> {
        (0..n_boot).map(|b| sine(kernel, k, &(self.draw)(kernel.nrows(), (self.seed)(seed, b)))).collect()
    }
}

/// The bootstrap with proper draws, and another number for each.
fn resampled(kernel: &Array2<f64>, n_boot: usize, seed: u64, of: impl Fn(&[usize]) -> f64) -> Array1<f64> {
    seeds(seed).take(n_boot).map(|seed| of(&with_replacement(kernel.nrows(), seed))).collect()
}

fn sine(kernel: &Array2<f64>, k: usize, drawn: &[usize]) -> f64 {
    sin_theta(&continued(kernel, k, drawn), &eigh(kernel).top(k))
}

fn with_replacement(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = rng(seed);
    (0..n).map(|_| rng.random_range(0..n)).collect()
}

fn of_drawn(kernel: &Array2<f64>, drawn: &[usize]) -> Array2<f64> {
    kernel.select(Axis(0), drawn).select(Axis(1), drawn)
}

fn continued(kernel: &Array2<f64>, k: usize, drawn: &[usize]) -> Array2<f64> {
    kernel.select(Axis(1), drawn).dot(&eigh(&of_drawn(kernel, drawn)).top(k))
}

/// The top eigenvectors of a resample, each row in the place of its image.
fn in_place(kernel: &Array2<f64>, k: usize, drawn: &[usize], summed: bool) -> Array2<f64> {
    let mut all = Array2::zeros((kernel.nrows(), k));
    for (&image, row) in drawn.iter().zip(eigh(&of_drawn(kernel, drawn)).top(k).rows()) {
        let sum = &all.row(image) + &row;
        all.row_mut(image).assign(if summed { &sum } else { &row });
    }
    all
}

/// Versions with another number for the resample.
fn wrong_sines() -> Vec<(Says, Student)> {
    vec![
        (Cause("These are cosines; return the sines"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                principal_angles(&continued(kernel, k, drawn), &eigh(kernel).top(k))[0].cos()
            })
        }),
        (Cause("These are the cosines of the smallest angle"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                singular_values(&orthonormalize(&continued(kernel, k, drawn)).t().dot(&eigh(kernel).top(k)))[0]
            })
        }),
        (Cause("These are angles; return their sines"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                solutions::principal_angle(&continued(kernel, k, drawn), &eigh(kernel).top(k))
            })
        }),
        (Cause("These are the squares of the sines"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| sine(kernel, k, drawn).powi(2))
        }),
        (Cause("These are the sines of the smallest angle"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                principal_angles(&continued(kernel, k, drawn), &eigh(kernel).top(k))[k - 1].sin()
            })
        }),
        (Cause("the means of the sines of all k angles"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                principal_angles(&continued(kernel, k, drawn), &eigh(kernel).top(k)).mapv(f64::sin).sum() / k as f64
            })
        }),
        (Cause("These are Frobenius norms"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let (f, u) = (orthonormalize(&continued(kernel, k, drawn)), eigh(kernel).top(k));
                (&f - &u.dot(&u.t().dot(&f))).iter().map(|d| d * d).sum::<f64>().sqrt()
            })
        }),
        (Cause("The whole kernel's eigenvectors are those of the smallest eigenvalues"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                sin_theta(&continued(kernel, k, drawn), &eigh(kernel).vectors.slice(s![.., ..k]))
            })
        }),
        (Difference("`eigh(..).top(k)` are those of the largest eigenvalues"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                // The smallest everywhere; repeats make them null vectors, which continue to nothing.
                let bottom = |matrix: &Array2<f64>| eigh(matrix).vectors.slice(s![.., ..k]).to_owned();
                let continued = kernel.select(Axis(1), drawn).dot(&bottom(&of_drawn(kernel, drawn)));
                sin_theta(&continued, &bottom(kernel))
            })
        }),
        (Cause("This compares on the images drawn alone"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                sin_theta(&eigh(&of_drawn(kernel, drawn)).top(k), &eigh(kernel).top(k).select(Axis(0), drawn))
            })
        }),
        (Cause("The images that were not drawn get 0"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| sin_theta(&in_place(kernel, k, drawn, true), &eigh(kernel).top(k)))
        }),
        (Cause("The images that were not drawn get 0"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| sin_theta(&in_place(kernel, k, drawn, false), &eigh(kernel).top(k)))
        }),
        (Cause("counts once in the continuation"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                sin_theta(&kernel.dot(&in_place(kernel, k, drawn, false)), &eigh(kernel).top(k))
            })
        }),
        (Cause("Repeats are dropped"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let mut drawn = drawn.to_vec();
                drawn.sort_unstable();
                drawn.dedup();
                if drawn.len() < k { 1.0 } else { sine(kernel, k, &drawn) }
            })
        }),
        (Cause("These continue the whole kernel's eigenvectors"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let whole = eigh(kernel).top(k);
                sin_theta(&kernel.select(Axis(1), drawn).dot(&whole.select(Axis(0), drawn)), &whole)
            })
        }),
        (Cause("Only the first column is compared"), |kernel, _, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| sine(kernel, 1, drawn))
        }),
        (Cause("Column k is compared alone"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let last = |vectors: Array2<f64>| vectors.slice(s![.., k - 1..]).to_owned();
                sin_theta(&last(continued(kernel, k, drawn)), &last(eigh(kernel).top(k)))
            })
        }),
        (Cause("These are k + 1 eigenvectors"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| sine(kernel, k + 1, drawn))
        }),
        (Cause("Row j of a resample's eigenvector belongs to image `drawn[j]`"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                sin_theta(&eigh(&of_drawn(kernel, drawn)).top(k), &eigh(kernel).top(k))
            })
        }),
        (Cause("Row j of a resample's eigenvector belongs to image `drawn[j]`"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                // Continued to the drawn images, which changes no space.
                let own = of_drawn(kernel, drawn);
                sin_theta(&own.dot(&eigh(&own).top(k)), &eigh(kernel).top(k))
            })
        }),
        (Cause("These multiply the rows of the drawn images"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let continued = kernel.select(Axis(0), drawn).dot(&eigh(&of_drawn(kernel, drawn)).top(k));
                sin_theta(&continued, &eigh(kernel).top(k))
            })
        }),
        (Cause("Only the rows of the kernel are resampled"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let own = eigh(&kernel.select(Axis(0), drawn)).top(k);
                sin_theta(&kernel.select(Axis(1), drawn).dot(&own), &eigh(kernel).top(k))
            })
        }),
        (Cause("Only the columns of the kernel are resampled"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                let columns = kernel.select(Axis(1), drawn);
                sin_theta(&columns.dot(&eigh(&columns).top(k)), &eigh(kernel).top(k))
            })
        }),
        (
            Cause("Nothing turns: do the eigenvectors come from the kernel of the drawn images"),
            |kernel, k, n_boot, seed| {
                resampled(kernel, n_boot, seed, |_| {
                    let whole = eigh(kernel).top(k);
                    sin_theta(&whole, &whole)
                })
            },
        ),
        (Difference("for 1e-8 K"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                // A little is added to the diagonal.
                let ridge = kernel + &(Array2::<f64>::eye(kernel.nrows()) * 1e-9);
                sine(&ridge, k, drawn)
            })
        }),
        (Cause("take the square root of a negative number"), |kernel, k, n_boot, seed| {
            resampled(kernel, n_boot, seed, |drawn| {
                // Square roots of zero eigenvalues, some of which rounding makes negative.
                let pairs = eigh(&of_drawn(kernel, drawn));
                sine(kernel, k, drawn) * pairs.values.mapv(f64::sqrt).sum() / pairs.values.mapv(f64::sqrt).sum()
            })
        }),
    ]
}

fn wrong_draws() -> Vec<(Says, Student)> {
    vec![
        (Cause("No resample contains an image twice"), |kernel, k, n_boot, seed| {
            Version {
                draw: |n, seed| {
                    let mut order: Vec<usize> = (0..n).collect();
                    order.shuffle(&mut rng(seed));
                    order
                },
                ..PROPER
            }
            .run(kernel, k, n_boot, seed)
        }),
        (Cause("Each resample needs draws of its own"), |kernel, k, n_boot, seed| {
            Version { seed: |seed, _| seed, ..PROPER }.run(kernel, k, n_boot, seed)
        }),
        (Cause("A seed such as `seed * b` is the same for every b then"), |kernel, k, n_boot, seed| {
            Version { seed: |seed, b| seed * (b as u64 + 1), ..PROPER }.run(kernel, k, n_boot, seed)
        }),
        (Cause("a resample has too much in common with the one before"), |kernel, k, n_boot, seed| {
            Version { seed: |seed, b| seed * 1_000_003 + b as u64 / 2, ..PROPER }.run(kernel, k, n_boot, seed)
        }),
        (Cause("create the generators from the `seed` argument, as it is"), |kernel, k, n_boot, seed| {
            Version { seed: |_, b| b as u64, ..PROPER }.run(kernel, k, n_boot, seed)
        }),
        (Cause("create the generators from the `seed` argument, as it is"), |kernel, k, n_boot, seed| {
            Version { seed: |seed, b| u64::from(seed as u32) * 1_000_003 + b as u64, ..PROPER }
                .run(kernel, k, n_boot, seed)
        }),
        (Cause("image 4 is never drawn; the range must be 0..5, which ends before 5"), |kernel, k, n_boot, seed| {
            Version {
                draw: |n, seed| {
                    let mut rng = rng(seed);
                    (0..n).map(|_| rng.random_range(0..n - 1)).collect()
                },
                ..PROPER
            }
            .run(kernel, k, n_boot, seed)
        }),
        (Cause("Each resample holds 4 images; draw as many as there are"), |kernel, k, n_boot, seed| {
            Version { draw: |n, seed| with_replacement(n, seed)[1..].to_vec(), ..PROPER }.run(kernel, k, n_boot, seed)
        }),
        (
            // Half of the images, without replacement.
            Cause("Each resample holds 2 images; draw as many as there are"),
            |kernel, k, n_boot, seed| {
                Version {
                    draw: |n, seed| {
                        let mut order: Vec<usize> = (0..n).collect();
                        order.shuffle(&mut rng(seed));
                        order[..n / 2].to_vec()
                    },
                    ..PROPER
                }
                .run(kernel, k, n_boot, seed)
            },
        ),
        (Cause("At most one image is replaced by another"), |kernel, k, n_boot, seed| {
            Version {
                draw: |n, seed| {
                    let mut rng = rng(seed);
                    let mut drawn: Vec<usize> = (0..n).collect();
                    drawn[rng.random_range(0..n)] = rng.random_range(0..n);
                    drawn
                },
                ..PROPER
            }
            .run(kernel, k, n_boot, seed)
        }),
        (Cause("Rounding to the nearest integer gives the ends another probability"), |kernel, k, n_boot, seed| {
            Version {
                draw: |n, seed| {
                    let mut rng = rng(seed);
                    (0..n).map(|_| (rng.random::<f64>() * (n - 1) as f64).round() as usize).collect()
                },
                ..PROPER
            }
            .run(kernel, k, n_boot, seed)
        }),
        (Cause("Every image must have the same probability"), |kernel, k, n_boot, seed| {
            Version {
                draw: |n, seed| {
                    let mut rng = rng(seed);
                    (0..n).map(|_| (rng.random::<f64>().powi(2) * n as f64) as usize).collect()
                },
                ..PROPER
            }
            .run(kernel, k, n_boot, seed)
        }),
    ]
}

pub(super) fn wrong() -> Vec<Wrong> {
    let others: Vec<(Says, Student)> = vec![
        (Cause("the result has one entry per resample: expected length 400, got 1"), |kernel, k, n_boot, seed| {
            let sines = solutions::resampled_rotations(kernel, k, n_boot, seed);
            Array1::from_elem(1, sines.sum() / n_boot as f64)
        }),
        (Cause("two calls with seed 3 gave different sines"), |kernel, k, n_boot, seed| {
            let calls = CALLS.get();
            CALLS.set(calls + 1);
            solutions::resampled_rotations(kernel, k, n_boot, seed.wrapping_add(calls << 40))
        }),
        (Difference("each sine is one that a resample can have"), |kernel, k, n_boot, seed| {
            // Each resample is compared with the one before.
            let spaces: Vec<Array2<f64>> = seeds(seed)
                .take(n_boot + 1)
                .map(|seed| continued(kernel, k, &with_replacement(kernel.nrows(), seed)))
                .collect();
            spaces.windows(2).map(|pair| sin_theta(&pair[0], &pair[1])).collect()
        }),
        (Difference("each sine is one that a resample can have"), |kernel, k, n_boot, seed| {
            // The vectors are not scaled to length 1.
            resampled(kernel, n_boot, seed, |drawn| {
                let (f, u) = (continued(kernel, k, drawn), eigh(kernel).top(k));
                singular_values(&(&f - &u.dot(&u.t().dot(&f))))[0]
            })
        }),
    ];
    let all = wrong_sines().into_iter().chain(wrong_draws()).chain(others);
    all.map(|(says, student)| Wrong::new(says, move || check::resampled_rotations(student))).collect()
}

thread_local!(static CALLS: Cell<u64> = const { Cell::new(0) });

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("rotation", wrong());
}
