use matrix_free::linalg::{eigh, eigvalsh, mean, orthonormalize, singular_values, spectral_norm};
use ndarray::{Array1, Array2, array};
use spectral_course::check;
use spectral_course::solutions::{self, matrix_with_gap, sin_theta};

use super::common::{assert_passed, assert_rejected};

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
        ("not of each eigenvalue", |a, e, alphas| {
            let sizes = |alpha: f64| eigvalsh(&(a + &(e * alpha))).mapv(f64::abs);
            alphas.mapv(|alpha| (sizes(alpha) - sizes(0.0)).iter().fold(0.0, |l: f64, d| l.max(d.abs())))
        }),
        ("You did not use alpha", |a, e, alphas| alphas.mapv(|_| solutions::weyl_shifts(a, e, &array![1.0])[0])),
        ("expected length 3, got 1", |a, e, _| solutions::weyl_shifts(a, e, &array![1.0])),
        ("entry 0 is NaN or infinite", |a, e, alphas| solutions::weyl_shifts(a, e, alphas) / alphas),
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
        ("take `asin` of it", |u, v| sin_theta(u, v)),
        ("not another norm of it", |u, v| {
            let sines = outside(&orthonormalize(u), &orthonormalize(v));
            sines.dot(&sines).sqrt().min(1.0).asin()
        }),
        ("perpendicular spaces meet at pi/2: expected 1.571, got NaN", |u, v| {
            outside(&orthonormalize(u), &orthonormalize(v))[0].asin()
        }),
        ("These are degrees; return radians", |u, v| solutions::principal_angle(u, v).to_degrees()),
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
        ("This is the angle; return its sine", |gaps, e, k, seed| {
            solutions::gap_experiment(gaps, e, k, seed).mapv(f64::asin)
        }),
        ("the top k are the last columns", |gaps, e, k, seed| {
            each(gaps, e, seed, |a| {
                let first = |m: &Array2<f64>| eigh(m).vectors.slice(ndarray::s![.., ..k]).to_owned();
                sin_theta(&first(a), &first(&(a + e)))
            })
        }),
        ("add e to one", |gaps, e, k, seed| each(gaps, e, seed, |a| sin_theta(&eigh(a).top(k), &eigh(a).top(k)))),
        ("use the `k` argument", |gaps, e, _, seed| solutions::gap_experiment(gaps, e, 3, seed)),
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

#[test]
fn the_angle_by_the_difference_of_the_projectors_passes() {
    assert_passed(check::davis_kahan(
        |u, v| {
            let projector = |b: &Array2<f64>| {
                let q = orthonormalize(b);
                q.dot(&q.t())
            };
            spectral_norm(&(projector(u) - projector(v))).min(1.0).asin()
        },
        solutions::gap_experiment,
    ));
}
