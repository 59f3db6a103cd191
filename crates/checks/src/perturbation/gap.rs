use ndarray::{Array1, Array2, array, s};

use crate::claim::expected_and_got;
use crate::claim::number;
use crate::compare::agree;
use crate::compare::{close, expect_entries, require_vector};
use crate::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{eigh, orthonormalize, singular_values, spectral_norm};
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng};

type PrincipalAngle = fn(&Array2<f64>, &Array2<f64>) -> f64;
type GapExperiment = fn(&[f64], &Array2<f64>, usize, u64) -> Array1<f64>;

/// Checks exercise 3/5.2: angles from 1e-6 to 90 degrees, bases that are not orthonormal, and the gap experiment.
pub fn davis_kahan(angle: PrincipalAngle, experiment: GapExperiment) -> Card {
    report("3/5.2", |report| {
        angle_checks(angle, report)?;
        experiment_checks(experiment, report)
    })
}

fn angle_checks(student: PrincipalAngle, report: &mut Report) -> Outcome {
    let right = report.call(|| student(&array![[1.0], [0.0]], &array![[0.0], [1.0]]))?;
    report.expect(close(right, std::f64::consts::FRAC_PI_2, 1e-7), "perpendicular lines meet at pi/2", || {
        let cause = if close(right, 90.0, 1e-6) {
            ". These are degrees; return radians"
        } else if close(right, 1.0, 1e-6) {
            ". This is the sine; take `asin` of it"
        } else {
            ""
        };
        format!("expected 1.571, got {}{cause}", number(right))
    });
    // The value of reference/principal_angle: two planes in R^5 whose bases are not orthonormal.
    let u = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]];
    let v = array![[1.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 0.0, -1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]];
    let got = report.call(|| student(&u, &v))?;
    let all = estimators::principal_angles(&u, &v);
    report.expect(close(got, all[0], 1e-9), "the largest angle between two three-dimensional spaces", || {
        let as_they_come = |u: &Array2<f64>, v: &Array2<f64>| {
            let sine = singular_values(&(v - &u.dot(&u.t().dot(v))))[0].min(1.0);
            let cosines = singular_values(&u.t().dot(v));
            [sine.asin(), cosines[cosines.len() - 1].min(1.0).acos()]
        };
        let (ou, ov) = (orthonormalize(&u), orthonormalize(&v));
        let not_orthonormal = [as_they_come(&u, &v), as_they_come(&ou, &v), as_they_come(&u, &ov)].concat();
        let cause = if close(got, all[2], 1e-6) {
            "This is the smallest angle; use the largest sine or the smallest cosine."
        } else if close(got, all[0].sin(), 1e-9) {
            "This is the sine; take `asin` of it."
        } else if close(got, all[0].cos(), 1e-9) {
            "This is the cosine; return the angle."
        } else if close(got, all[0].to_degrees(), 1e-9) {
            "These are degrees; return radians."
        } else if not_orthonormal.iter().any(|&angle| close(got, angle, 1e-9)) {
            "The bases are not orthonormal; `orthonormalize` both first."
        } else {
            another_angle(&all, got, &u, &v)
        };
        format!("{}. {cause}", expected_and_got(all[0], got))
    });
    // A mistake already reported would show up again, as if the cosine were to blame.
    if !report.is_clean() {
        return Ok(());
    }
    more_bases(student, report)?;
    let t = 1e-6_f64;
    let u = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]];
    let v = array![[t.cos(), 0.0], [0.0, 1.0], [0.0, 0.0], [t.sin(), 0.0]];
    let got = report.call(|| student(&u, &v))?;
    report.require((got - t).abs() < 1e-9 * t, "an angle of 1e-6 is accurate to nine digits", || {
        // What acos loses is seen between the ninth and the third digit; more than that is another mistake.
        let cause = if got == 0.0 || (got / t - 1.0).abs() < 1e-3 {
            ". The cosine of a small angle rounds to 1, so acos loses half the digits; use the sine, ||V - U (U^T V)||_2"
        } else {
            ""
        };
        format!("expected 1e-6, got {got:e}{cause}")
    })?;
    let t = 1e-10;
    let got = report.call(|| student(&array![[1.0], [0.0]], &array![[1.0], [t]]))?;
    report.require((got - t).abs() < 1e-3 * t, "an angle of 1e-10 is not zero", || {
        format!("expected 1e-10, got {got:e}. Is a small sine taken for zero?")
    })?;
    let u = gaussian_matrix(8, 3, &mut rng(1));
    let got = report.call(|| student(&u, &(&u * -2.0)))?;
    report.expect(
        got.abs() < 1e-12,
        "the angle between a space and itself is 0, whatever the signs and lengths of the basis vectors",
        || format!("expected 0, got {}{}", number(got), if got.is_nan() { PAST_ONE } else { "" }),
    );
    // Halves of an orthogonal matrix: the sines are 1, and for about a third of the seeds rounding puts one above.
    for seed in 0..20 {
        let q = orthonormalize(&gaussian_matrix(6, 6, &mut rng(seed)));
        let (u, v) = (q.slice(s![.., ..3]).to_owned(), q.slice(s![.., 3..]).to_owned());
        let got = report.call(|| student(&u, &v))?;
        if !close(got, std::f64::consts::FRAC_PI_2, 1e-7) {
            return report.require(false, "perpendicular spaces meet at pi/2", || {
                format!("expected 1.571, got {}{}", number(got), if got.is_nan() { PAST_ONE } else { "" })
            });
        }
    }
    report.expect(true, "perpendicular spaces meet at pi/2", String::new);
    Ok(())
}

/// What another number than the largest angle may be.
fn another_angle(all: &Array1<f64>, got: f64, u: &Array2<f64>, v: &Array2<f64>) -> &'static str {
    let column_by_column = |of: fn(f64) -> f64| {
        let (u, v) = (orthonormalize(u), orthonormalize(v));
        u.columns().into_iter().zip(v.columns()).map(|(u, v)| of(u.dot(&v)).acos()).fold(0.0, f64::max)
    };
    let sines = all.mapv(f64::sin);
    let frobenius = sines.dot(&sines).sqrt();
    let suspects = [
        (std::f64::consts::PI - all[0], "This is the obtuse angle; the angle between two spaces is at most pi/2."),
        (all[1], "This is the second angle; use the largest sine."),
        (all.sum() / all.len() as f64, "This is the mean of the angles; return the largest."),
        (all.sum(), "This is the sum of the angles; return the largest."),
        (all.dot(all).sqrt(), "This is the root of the sum of the squared angles; return the largest."),
        (frobenius.min(1.0).asin(), "This takes the Frobenius norm of V - U (U^T V); take its largest singular value."),
        (frobenius, "This is the Frobenius norm of V - U (U^T V); take `asin` of its largest singular value."),
        (sines.sum().min(1.0).asin(), "This takes the sum of the sines; take the largest."),
        (
            column_by_column(f64::abs),
            "These are angles between columns, which depend on the bases; the spaces' angle is that of the sine formula.",
        ),
        (
            column_by_column(|cosine| cosine),
            "These are angles between columns, which depend on the bases; the spaces' angle is that of the sine formula.",
        ),
    ];
    let fits: Vec<&str> =
        suspects.iter().filter(|(suspect, _)| close(got, *suspect, 1e-9)).map(|(_, cause)| *cause).collect();
    fits.first().copied().unwrap_or(
        "Compare with the largest singular value of V - U (U^T V), which is the sine, for orthonormal bases with all their columns.",
    )
}

/// Lines with obtuse basis vectors, one space in two bases, and bases of other lengths.
fn more_bases(student: PrincipalAngle, report: &mut Report) -> Outcome {
    let what = "the angle does not depend on the bases";
    let (u, v) = (array![[1.0], [0.0], [0.0]], array![[-1.0], [1.0], [0.0]]);
    let got = report.call(|| student(&u, &v))?;
    report.insist(close(got, std::f64::consts::FRAC_PI_4, 1e-9), what, || {
        let cause = if close(got, 3.0 * std::f64::consts::FRAC_PI_4, 1e-9) {
            ". This is the obtuse angle of the vectors; that of their lines is at most pi/2"
        } else {
            ""
        };
        format!(
            "for the lines along (1, 0, 0) and (-1, 1, 0), {}{cause}",
            expected_and_got(std::f64::consts::FRAC_PI_4, got)
        )
    })?;
    let (u, v) = (gaussian_matrix(9, 3, &mut rng(4)), gaussian_matrix(9, 3, &mut rng(5)));
    let expected = estimators::principal_angle(&u, &v);
    // An invertible mix of the columns is another basis of the same space.
    let mix = gaussian_matrix(3, 3, &mut rng(6));
    let cases = [
        (u.clone(), v.clone(), expected, "two random spaces"),
        (u.clone(), v.dot(&mix), expected, "the same spaces with the columns of v mixed"),
        (u.clone(), u.dot(&mix), 0.0, "one space in two bases"),
    ];
    for (u, v, expected, name) in cases {
        let got = report.call(|| student(&u, &v))?;
        report.insist(close(got, expected, 1e-7), what, || {
            format!("for {name}, {}. Compare the spaces, not their columns: `orthonormalize` both, and take the sine formula", expected_and_got(expected, got))
        })?;
    }
    let got = report.call(|| student(&(&u * 1e-8), &(&v * 1e8)))?;
    report.insist(close(got, expected, 1e-7), what, || {
        format!("for the two random spaces, by bases of lengths 1e-8 and 1e8, {}. Is an entry or a length compared with a fixed number?", expected_and_got(expected, got))
    })?;
    report.expect(true, what, String::new);
    Ok(())
}

/// Why an angle may be NaN.
const PAST_ONE: &str =
    ". Rounding can push a sine or a cosine past 1, where asin and acos return NaN: apply `min(1.0)` first";

/// Sizes, seeds and gaps of several kinds; the gaps are in no order, and one comes twice.
fn experiment_checks(student: GapExperiment, report: &mut Report) -> Outcome {
    let gaps = [1.0, 0.3, 2.0, 0.3, 1.5];
    for (k, n, seed) in [(1, 12, 7), (3, 12, 7), (2, 9, 0), (1, 9, 1000)] {
        let mut e = random_symmetric(n, 5);
        e *= 0.8 / spectral_norm(&e);
        let got = report.call(|| student(&gaps, &e, k, seed))?;
        require_vector(report, "the experiment", &got, gaps.len(), "per gap")?;
        let expected = estimators::gap_experiment(&gaps, &e, k, seed);
        let what = format!("sin Theta_{k} for gaps 1, 0.3, 2, 0.3 and 1.5, size {n} and seed {seed}");
        let suspects = suspects(&gaps, &e, k, seed, &expected);
        let suspects: Vec<(&str, Array1<f64>)> =
            suspects.into_iter().filter(|(_, suspect)| largest(&(suspect - &expected)) > 1e-7).collect();
        if !expect_entries(report, &what, &got, &expected, 1e-8, &suspects) {
            return Ok(());
        }
    }
    small_perturbation(student, report)
}

type Suspect = (&'static str, Array1<f64>);

fn suspects(gaps: &[f64], e: &Array2<f64>, k: usize, seed: u64, expected: &Array1<f64>) -> Vec<Suspect> {
    let n = e.nrows();
    let sine = |a: &Array2<f64>, b: &Array2<f64>, k: usize| estimators::sin_theta(&eigh(a).top(k), &eigh(b).top(k));
    let each = |of: &dyn Fn(f64, &Array2<f64>) -> f64| -> Array1<f64> {
        gaps.iter().map(|&gap| of(gap, &estimators::matrix_with_gap(gap, n, seed))).collect()
    };
    let with = |k: usize| each(&|_, a| sine(a, &(a + e), k));
    let with_seeds = |seed_of: &dyn Fn(usize) -> u64| -> Array1<f64> {
        gaps.iter()
            .enumerate()
            .map(|(i, &gap)| {
                let a = estimators::matrix_with_gap(gap, n, seed_of(i));
                sine(&a, &(&a + e), k)
            })
            .collect()
    };
    let sorted = |descending: bool| -> Array1<f64> {
        let mut gaps = gaps.to_vec();
        gaps.sort_by(f64::total_cmp);
        if descending {
            gaps.reverse()
        }
        estimators::gap_experiment(&gaps, e, k, seed)
    };
    let angles = |of: fn(&Array1<f64>) -> f64| {
        each(&|_, a| of(&estimators::principal_angles(&eigh(a).top(k), &eigh(&(a + e)).top(k))))
    };
    let norm = spectral_norm(e);
    let last = |m: &Array2<f64>| eigh(m).top(k).slice(s![.., k - 1..]).to_owned();
    let mut suspects = vec![
        ("This is the angle; return its sine", expected.mapv(f64::asin)),
        ("This is the angle in degrees; return its sine", expected.mapv(|sine| sine.asin().to_degrees())),
        (
            "This is the sine of the sine: does `principal_angle` return an angle, or is `sin` taken twice?",
            expected.mapv(f64::sin),
        ),
        ("This is the cosine; return the sine of the angle", expected.mapv(|sine| (1.0 - sine * sine).sqrt())),
        ("This is the tangent; return the sine of the angle", expected.mapv(|sine| sine.asin().tan())),
        ("This is the square of the sine", expected.mapv(|sine| sine * sine)),
        (
            "These are the eigenspaces at the bottom of the spectrum; eigenvalues are ascending, so the top k are the last columns, `eigh(&a).top(k)`",
            each(&|_, a| sine(&-a, &-(a + e), k)),
        ),
        (
            "This is for the k-th eigenvector alone; use the space of the first k",
            each(&|_, a| estimators::sin_theta(&last(a), &last(&(a + e)))),
        ),
        ("The two matrices are the same; add e to one", Array1::zeros(gaps.len())),
        ("You subtracted e; add it", each(&|_, a| sine(a, &(a - e), k))),
        ("e is added twice; compare A with A + e", each(&|_, a| sine(a, &(a + &(e * 2.0)), k))),
        ("A - e and A + e are compared; compare A with A + e", each(&|_, a| sine(&(a - e), &(a + e), k))),
        ("A is compared with e; compare it with A + e", each(&|_, a| sine(a, e, k))),
        ("e is multiplied by the gap; add it as it is", each(&|gap, a| sine(a, &(a + &(e * gap)), k))),
        ("This is Davis and Kahan's bound, 2 ||e|| / gap; compute the angle", each(&|gap, _| 2.0 * norm / gap)),
        ("This is the bound ||e|| / gap; compute the angle", each(&|gap, _| norm / gap)),
        ("This is the bound 2 ||e|| / gap, at most 1; compute the angle", each(&|gap, _| (2.0 * norm / gap).min(1.0))),
        ("This is the bound ||e|| / gap, at most 1; compute the angle", each(&|gap, _| (norm / gap).min(1.0))),
        ("This is the smallest principal angle; use the largest", angles(|all| all[all.len() - 1].sin())),
        (
            "This is the root of the sum of the squared sines; use the largest",
            angles(|all| all.iter().map(|t| t.sin().powi(2)).sum::<f64>().sqrt()),
        ),
        ("This is for k + 1; use the space of the first k", with((k + 1).min(n))),
        ("This is always for k = 3; use the `k` argument", with(3)),
        ("This is always for k = 1; use the `k` argument", with(1)),
        ("This is for seed 0; use the `seed` argument", with_seeds(&|_| 0)),
        (
            "Every gap has another seed; use `seed` for all, so that only the gap differs",
            with_seeds(&|i| seed + i as u64),
        ),
        ("All are for the first gap", Array1::from_elem(gaps.len(), expected[0])),
        ("All are for the last gap", Array1::from_elem(gaps.len(), expected[gaps.len() - 1])),
        ("Return the results in the order of `gaps`, not sorted", sorted(false)),
        ("Return the results in the order of `gaps`, not sorted", sorted(true)),
        ("Return the results in the order of `gaps`, not from the last", expected.iter().rev().copied().collect()),
        (
            "The first matrix is that of the first gap every time",
            each(&|_, a| sine(&estimators::matrix_with_gap(gaps[0], n, seed), &(a + e), k)),
        ),
    ];
    if k > 1 {
        suspects.push(("This is for k - 1; use the space of the first k", with(k - 1)));
    }
    suspects
}

fn largest(values: &Array1<f64>) -> f64 {
    values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}

/// The sine of a small angle has few digits less than the eigenvectors, and none if it comes from a cosine.
fn small_perturbation(student: GapExperiment, report: &mut Report) -> Outcome {
    let gaps = [0.5, 3.0];
    let e = random_symmetric(10, 6) * 1e-9;
    let what = "a tiny perturbation turns the space by a tiny angle, and none by none";
    let got = report.call(|| student(&gaps, &e, 2, 12))?;
    require_vector(report, "the experiment", &got, gaps.len(), "per gap")?;
    let expected = estimators::gap_experiment(&gaps, &e, 2, 12);
    let at = (0..gaps.len()).find(|&i| !agree(got[i], expected[i], expected[i], 1e-3));
    report.insist(at.is_none(), what, || {
        let at = at.unwrap_or(0);
        format!(
            "at the gap {}, {}. Does the sine come from a cosine, or is a small number taken for zero?",
            gaps[at],
            expected_and_got(expected[at], got[at])
        )
    })?;
    let got = report.call(|| student(&gaps, &Array2::zeros((10, 10)), 2, 12))?;
    require_vector(report, "the experiment", &got, gaps.len(), "per gap")?;
    report.require(largest(&got) < 1e-9, what, || format!("for e = 0 it is {}", number(largest(&got))))
}
