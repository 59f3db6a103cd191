use std::f64::consts::PI;

use matrix_free::linalg::{eigh, mean, orthonormalize, singular_values, spectral_norm};
use ndarray::{Array1, Array2};
use spectral_course::check;
use spectral_course::solutions::{self, matrix_with_gap, sin_theta};

use crate::common::Says::{self, Cause, Difference};
use crate::common::{Wrong, assert_passed};

type Angle = fn(&Array2<f64>, &Array2<f64>) -> f64;
type Experiment = fn(&[f64], &Array2<f64>, usize, u64) -> Array1<f64>;

// 3/5.2 Davis-Kahan

fn by_acos(u: &Array2<f64>, v: &Array2<f64>) -> f64 {
    let cosines = singular_values(&orthonormalize(u).t().dot(&orthonormalize(v)));
    cosines[cosines.len() - 1].min(1.0).acos()
}

/// The sine formula on bases as they come.
fn outside(u: &Array2<f64>, v: &Array2<f64>) -> Array1<f64> {
    singular_values(&(v - &u.dot(&u.t().dot(v))))
}

fn wrong_angle() -> Vec<Wrong> {
    let wrong: Vec<(Says, Angle)> = vec![
        (Cause("acos loses half the digits"), by_acos),
        (Cause("`orthonormalize` both first"), |u, v| outside(u, v)[0].min(1.0).asin()),
        (Cause("This is the smallest angle"), |u, v| {
            let sines = outside(&orthonormalize(u), &orthonormalize(v));
            sines[sines.len() - 1].min(1.0).asin()
        }),
        (Cause("take `asin` of it"), |u, v| sin_theta(u, v)),
        (Cause("This takes the Frobenius norm of V - U (U^T V)"), |u, v| {
            let sines = outside(&orthonormalize(u), &orthonormalize(v));
            sines.dot(&sines).sqrt().min(1.0).asin()
        }),
        (Cause("perpendicular spaces meet at pi/2: expected 1.571, got NaN"), |u, v| {
            outside(&orthonormalize(u), &orthonormalize(v))[0].asin()
        }),
        (Cause("These are degrees; return radians"), |u, v| solutions::principal_angle(u, v).to_degrees()),
        (Cause("This is the obtuse angle"), |u, v| {
            let angle = solutions::principal_angle(u, v);
            if u.ncols() == 1 && u.column(0).dot(&v.column(0)) < 0.0 { PI - angle } else { angle }
        }),
        (Cause("These are angles between columns"), |u, v| {
            let (u, v) = (orthonormalize(u), orthonormalize(v));
            (0..u.ncols()).map(|j| u.column(j).dot(&v.column(j)).abs().min(1.0).acos()).fold(0.0, f64::max)
        }),
        (Cause("This is the mean of the angles"), |u, v| mean(&solutions::principal_angles(u, v))),
        (Cause("This is the sum of the angles"), |u, v| {
            solutions::principal_angles(u, v).sum().min(PI / 2.0 + 1e6 * f64::from(u8::from(u.ncols() > 1)))
        }),
        (Cause("This is the root of the sum of the squared angles"), |u, v| {
            let angles = solutions::principal_angles(u, v);
            angles.dot(&angles).sqrt()
        }),
        (Cause("This is the cosine; return the angle"), |u, v| {
            let angle = solutions::principal_angle(u, v);
            if u.ncols() == 1 { angle } else { angle.cos() }
        }),
        (Cause("`orthonormalize` both first"), |u, v| outside(&orthonormalize(u), v)[0].min(1.0).asin()),
        (Difference("Is an entry or a length compared"), |u, v| {
            // A threshold for the rank, whatever the lengths.
            let shrunk = |b: &Array2<f64>| b.mapv(|x| if x.abs() < 1e-6 { 0.0 } else { x });
            solutions::principal_angle(
                &(shrunk(u) + Array2::<f64>::eye(u.nrows()).slice(ndarray::s![.., ..u.ncols()]).mapv(|x| x * 1e-12)),
                v,
            )
        }),
    ];
    wrong
        .into_iter()
        .map(|(says, student)| Wrong::new(says, move || check::davis_kahan(student, solutions::gap_experiment)))
        .collect()
}

fn each(gaps: &[f64], e: &Array2<f64>, seed: u64, turned: impl Fn(&Array2<f64>) -> f64) -> Array1<f64> {
    gaps.iter().map(|&gap| turned(&matrix_with_gap(gap, e.nrows(), seed))).collect()
}

fn wrong_experiment() -> Vec<Wrong> {
    let wrong: Vec<(Says, Experiment)> = vec![
        (Cause("This is the angle; return its sine"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(f64::asin)
        }),
        (Cause("the top k are the last columns"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let first = |m: &Array2<f64>| eigh(m).vectors.slice(ndarray::s![.., ..k]).to_owned();
                sin_theta(&first(a), &first(&(a + e)))
            })
        }),
        (Cause("add e to one"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| sin_theta(&eigh(a).top(k), &eigh(a).top(k)))
        }),
        (Cause("use the `k` argument"), |gaps, e, _, seed| solutions::gap_experiment(gaps, e, 3, seed)),
        (Difference("at entry"), |gaps, e, k, seed| {
            // Two matrices with two bases.
            each(gaps, e, seed, |a| {
                sin_theta(&eigh(a).top(k), &eigh(&(matrix_with_gap(1.0, e.nrows(), seed + 1) + e)).top(k))
            })
        }),
        (Cause("This is for k + 1"), |gaps, e, k, seed| solutions::gap_experiment(gaps, e, k + 1, seed)),
        (Cause("This is for k - 1"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, if k > 2 { k - 1 } else { k }, seed)
        }),
        (Cause("You subtracted e"), |gaps, e, k, seed| solutions::gap_experiment(gaps, &-e, k, seed)),
        (Cause("e is added twice"), |gaps, e, k, seed| solutions::gap_experiment(gaps, &(e * 2.0), k, seed)),
        (Cause("A - e and A + e are compared"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| sin_theta(&eigh(&(a - e)).top(k), &eigh(&(a + e)).top(k)))
        }),
        (Cause("A is compared with e"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| sin_theta(&eigh(a).top(k), &eigh(e).top(k)))
        }),
        (Cause("e is multiplied by the gap"), |gaps, e, k, seed| {
            gaps.iter().map(|&gap| solutions::gap_experiment(&[gap], &(e * gap), k, seed)[0]).collect()
        }),
        (Cause("This is Davis and Kahan's bound, 2 ||e|| / gap"), |gaps, e, k, seed| {
            let _ = (k, seed);
            gaps.iter().map(|gap| 2.0 * spectral_norm(e) / gap).collect()
        }),
        (Cause("This is the bound ||e|| / gap; compute the angle"), |gaps, e, k, seed| {
            let _ = (k, seed);
            gaps.iter().map(|gap| spectral_norm(e) / gap).collect()
        }),
        (Cause("This is the cosine"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(|sine| (1.0 - sine * sine).sqrt())
        }),
        (Cause("This is the square of the sine"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(|sine| sine * sine)
        }),
        (Cause("This is the tangent"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(|sine| sine.asin().tan())
        }),
        (Cause("This is the sine of the sine"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(f64::sin)
        }),
        (Cause("This is the smallest principal angle"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let all = solutions::principal_angles(&eigh(a).top(k), &eigh(&(a + e)).top(k));
                all[k - 1].sin()
            })
        }),
        (Cause("This is for the k-th eigenvector alone"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let last = |m: &Array2<f64>| eigh(m).top(k).slice(ndarray::s![.., k - 1..]).to_owned();
                sin_theta(&last(a), &last(&(a + e)))
            })
        }),
        (Cause("This is for seed 0"), |gaps, e, k, seed| {
            let _ = seed;
            solutions::gap_experiment(gaps, e, k, 0)
        }),
        (Cause("Every gap has another seed"), |gaps, e, k, seed| {
            gaps.iter()
                .enumerate()
                .map(|(i, &gap)| solutions::gap_experiment(&[gap], e, k, seed + i as u64)[0])
                .collect()
        }),
        (Cause("in the order of `gaps`, not sorted"), |gaps, e, k, seed| {
            let mut gaps = gaps.to_vec();
            gaps.sort_by(f64::total_cmp);
            solutions::gap_experiment(&gaps, e, k, seed)
        }),
        (Cause("in the order of `gaps`, not from the last"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).iter().rev().copied().collect()
        }),
        (Cause("All are for the first gap"), |gaps, e, k, seed| {
            Array1::from_elem(gaps.len(), solutions::gap_experiment(gaps, e, k, seed)[0])
        }),
        (Cause("Does the sine come from a cosine"), |gaps, e, k, seed| {
            each(gaps, e, seed, |a| by_acos(&eigh(a).top(k), &eigh(&(a + e)).top(k)).sin())
        }),
        (Difference("the experiment has one entry per gap"), |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).iter().take(2).copied().collect()
        }),
    ];
    wrong
        .into_iter()
        .map(|(says, student)| Wrong::new(says, move || check::davis_kahan(solutions::principal_angle, student)))
        .collect()
}

pub(in super::super) fn wrong() -> Vec<Wrong> {
    wrong_angle().into_iter().chain(wrong_experiment()).collect()
}

#[test]
fn other_right_versions_pass() {
    let angles: [Angle; 3] = [
        // By the difference of the projectors.
        |u, v| {
            let projector = |b: &Array2<f64>| {
                let q = orthonormalize(b);
                q.dot(&q.t())
            };
            spectral_norm(&(projector(u) - projector(v))).min(1.0).asin()
        },
        // The sine on the other side, by eigenvalues of the Gram matrix of what is outside.
        |u, v| outside(&orthonormalize(v), &orthonormalize(u))[0].min(1.0).asin(),
        // The sine below 45 degrees, the cosine above.
        |u, v| {
            let (u, v) = (orthonormalize(u), orthonormalize(v));
            let (sine, cosines) = (outside(&u, &v)[0], singular_values(&u.t().dot(&v)));
            let cosine = cosines[cosines.len() - 1];
            if sine < 0.7 { sine.asin() } else { cosine.min(1.0).acos() }
        },
    ];
    for angle in angles {
        assert_passed(check::davis_kahan(angle, solutions::gap_experiment));
    }
    let experiments: [Experiment; 3] = [
        |gaps, e, k, seed| {
            each(gaps, e, seed, |a| solutions::principal_angle(&eigh(a).top(k), &eigh(&(a + e)).top(k)).sin())
        },
        // The complements turn by the same angle: here the bases from the last columns by hand.
        |gaps, e, k, seed| {
            let mut sines = Array1::zeros(gaps.len());
            for (i, &gap) in gaps.iter().enumerate() {
                let n = e.nrows();
                let a = matrix_with_gap(gap, n, seed);
                let basis = |m: &Array2<f64>| eigh(m).vectors.slice(ndarray::s![.., n - k..]).to_owned();
                sines[i] = outside(&basis(&a), &basis(&(e + &a)))[0];
            }
            sines
        },
        // The top of A is the bottom of -A.
        |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let first = |m: Array2<f64>| eigh(&m).vectors.slice(ndarray::s![.., ..k]).to_owned();
                sin_theta(&first(-a), &first(-(a + e)))
            })
        },
    ];
    for experiment in experiments {
        assert_passed(check::davis_kahan(solutions::principal_angle, experiment));
    }
}
