use ndarray::{Array1, Array2, array, s};

use super::claim::number;
use super::compare::{close, expect_entries, require_vector};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{eigh, eigvalsh, linspace, orthonormalize, singular_values, spectral_norm};
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng};

type WeylShifts = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
type PrincipalAngle = fn(&Array2<f64>, &Array2<f64>) -> f64;
type GapExperiment = fn(&[f64], &Array2<f64>, usize, u64) -> Array1<f64>;

/// Checks exercise 3/5.1: the shifts of eigenvalues that rise, fall and cross.
pub fn weyl_shifts(student: WeylShifts) -> Card {
    report("3/5.1", |report| weyl_checks(student, report))
}

fn weyl_checks(student: WeylShifts, report: &mut Report) -> Outcome {
    let a = Array2::from_diag(&array![1.0, 2.0, 5.0]);
    let e = Array2::from_diag(&array![0.5, -4.0, -0.25]);
    let alphas = array![0.0, 0.5, 1.0];
    let got = report.call(|| student(&a, &e, &alphas))?;
    require_vector(report, "the result", &got, 3, "per alpha")?;
    report.expect(close(got[0], 0.0, 1e-12), "at alpha = 0 nothing moves", || {
        format!("expected 0, got {}", number(got[0]))
    });
    // Sorted, the eigenvalues are {1, 2, 5}, then {0, 1.25, 4.875}, then {-2, 1.5, 4.75}.
    let signed = "The largest signed difference misses eigenvalues that fall; take the absolute value";
    expect_entries(
        report,
        "diag(1, 2, 5) + alpha diag(0.5, -4, -0.25) moves by 0, 1, 3",
        &got,
        &array![0.0, 1.0, 3.0],
        1e-10,
        &[
            (signed, array![0.0, 0.0, 0.0]),
            (signed, array![0.0, -0.125, -0.25]),
            (signed, array![0.0, 0.125, 0.25]),
            (
                "This is alpha ||E||_2, which is the bound, or the result for unsorted eigenvalues (`eigvalsh` sorts them)",
                array![0.0, 2.0, 4.0],
            ),
            ("You did not use alpha", array![3.0, 3.0, 3.0]),
            ("You subtracted alpha E; add it", array![0.0, 2.0, 3.25]),
            ("Take the absolute value of the difference, not of each eigenvalue", array![0.0, 1.0, 1.0]),
            ("These are squares; return the shifts themselves", array![0.0, 1.0, 9.0]),
            ("You divided by alpha; return the shift itself", array![0.0, 2.0, 3.0]),
        ],
    );

    let (a, e) = (random_symmetric(20, 1), random_symmetric(20, 2));
    let alphas = linspace(-1.0, 1.0, 9);
    let got = report.call(|| student(&a, &e, &alphas))?;
    require_vector(report, "the result", &got, 9, "per alpha")?;
    let base = eigvalsh(&a);
    let shifts: Vec<Array1<f64>> = alphas.iter().map(|&alpha| eigvalsh(&(&a + &(&e * alpha))) - &base).collect();
    let by = |f: fn(&Array1<f64>) -> f64| -> Array1<f64> { shifts.iter().map(f).collect() };
    let suspects = [
        (
            "The largest signed difference misses eigenvalues that fall; take the absolute value",
            by(|d| d.iter().copied().fold(0.0, f64::max)),
        ),
        (
            "The largest signed difference misses eigenvalues that fall; take the absolute value",
            by(|d| d.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        ),
        (
            "This is the shift of the largest eigenvalue alone; take the maximum over all k",
            by(|d| d[d.len() - 1].abs()),
        ),
        ("This is the mean shift; take the maximum", by(|d| d.iter().map(|x| x.abs()).sum::<f64>() / d.len() as f64)),
        ("This is the sum of the shifts; take the maximum", by(|d| d.iter().map(|x| x.abs()).sum())),
        ("This is the Euclidean norm of the shifts; take the maximum", by(|d| d.dot(d).sqrt())),
        (
            "This is the bound alpha ||E||_2; compute the eigenvalues of A + alpha E",
            alphas.mapv(|alpha| alpha.abs() * spectral_norm(&e)),
        ),
        (
            "This is the bound without its absolute value; compute the eigenvalues of A + alpha E",
            alphas.mapv(|alpha| alpha * spectral_norm(&e)),
        ),
        (
            "The two lists of eigenvalues are in opposite orders; sort both in ascending order",
            alphas
                .iter()
                .map(|&alpha| {
                    let perturbed = eigvalsh(&(&a + &(&e * alpha)));
                    perturbed.iter().rev().zip(&base).fold(0.0, |largest: f64, (p, b)| largest.max((p - b).abs()))
                })
                .collect(),
        ),
    ];
    expect_entries(
        report,
        "the largest shift of a random 20 x 20 matrix",
        &got,
        &estimators::weyl_shifts(&a, &e, &alphas),
        1e-9,
        &suspects,
    );
    let slope = spectral_norm(&e);
    report.expect(
        got.iter().zip(&alphas).all(|(&shift, alpha)| shift <= alpha.abs() * slope * (1.0 + 1e-12) + 1e-12),
        "no shift exceeds Weyl's bound",
        || "a shift is larger than |alpha| ||E||_2, which is impossible for symmetric matrices".to_owned(),
    );
    Ok(())
}

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
            "With orthonormal bases the sine is the largest singular value of V - U (U^T V), not another norm of it."
        };
        format!("expected {}, got {}. {cause}", number(all[0]), number(got))
    });
    let t = 1e-6_f64;
    let u = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]];
    let v = array![[t.cos(), 0.0], [0.0, 1.0], [0.0, 0.0], [t.sin(), 0.0]];
    let got = report.call(|| student(&u, &v))?;
    report.expect((got - t).abs() < 1e-9 * t, "an angle of 1e-6 is accurate to nine digits", || {
        // What acos loses is seen between the ninth and the third digit; more than that is another mistake.
        let cause = if got == 0.0 || (got / t - 1.0).abs() < 1e-3 {
            ". The cosine of a small angle rounds to 1, so acos loses half the digits; use the sine, ||V - U (U^T V)||_2"
        } else {
            ""
        };
        format!("expected 1e-6, got {got:e}{cause}")
    });
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

/// Why an angle may be NaN.
const PAST_ONE: &str =
    ". Rounding can push a sine or a cosine past 1, where asin and acos return NaN: apply `min(1.0)` first";

fn experiment_checks(student: GapExperiment, report: &mut Report) -> Outcome {
    let mut e = random_symmetric(12, 5);
    e *= 0.8 / spectral_norm(&e);
    let gaps = [0.3, 1.0, 2.0];
    for k in [1, 3] {
        let got = report.call(|| student(&gaps, &e, k, 7))?;
        require_vector(report, "the experiment", &got, gaps.len(), "per gap")?;
        let expected = estimators::gap_experiment(&gaps, &e, k, 7);
        let variant = |turned: fn(&Array2<f64>, &Array2<f64>, usize) -> f64| -> Array1<f64> {
            gaps.iter().map(|&gap| turned(&estimators::matrix_with_gap(gap, 12, 7), &e, k)).collect()
        };
        let suspects = [
            ("This is the angle; return its sine", expected.mapv(f64::asin)),
            (
                "This is the bottom of the spectrum; eigenvalues are ascending, so the top k are the last columns, `eigh(&a).top(k)`",
                variant(|a, e, k| estimators::sin_theta(&eigh(&-a).top(k), &eigh(&-(a + e)).top(k))),
            ),
            ("This is the cosine; return the sine of the angle", expected.mapv(|sine| (1.0 - sine * sine).sqrt())),
            (
                "This is for the k-th eigenvector alone; use the space of the first k",
                variant(|a, e, k| {
                    let last = |m: &Array2<f64>| eigh(m).top(k).slice(s![.., k - 1..]).to_owned();
                    estimators::sin_theta(&last(a), &last(&(a + e)))
                }),
            ),
            ("The two matrices are the same; add e to one", Array1::zeros(gaps.len())),
            (
                "You subtracted e; add it",
                variant(|a, e, k| estimators::sin_theta(&eigh(a).top(k), &eigh(&(a - e)).top(k))),
            ),
            (
                "This is always for k = 3; use the `k` argument",
                variant(|a, e, _| estimators::sin_theta(&eigh(a).top(3), &eigh(&(a + e)).top(3))),
            ),
            (
                "This is always for k = 1; use the `k` argument",
                variant(|a, e, _| estimators::sin_theta(&eigh(a).top(1), &eigh(&(a + e)).top(1))),
            ),
        ];
        expect_entries(report, &format!("sin Theta_{k} for gaps 0.3, 1 and 2"), &got, &expected, 1e-8, &suspects);
    }
    Ok(())
}
