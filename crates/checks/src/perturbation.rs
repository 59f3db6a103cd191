use ndarray::{Array1, Array2, array};

use super::claim::expected_and_got;
use super::claim::number;
use super::compare::agree;
use super::compare::{close, expect_entries, require_vector};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{eigh, eigvalsh, spectral_norm};
use matrix_free::probe::random_symmetric;

mod gap;

pub use gap::davis_kahan;

type WeylShifts = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array1<f64>;

/// Checks exercise 3/5.1: the shifts of eigenvalues that rise, fall and cross.
pub fn weyl_shifts(student: WeylShifts) -> Card {
    report("3/5.1", |report| weyl_checks(student, report))
}

fn weyl_checks(student: WeylShifts, report: &mut Report) -> Outcome {
    // What follows would show a mistake once more, and with less to tell it from others.
    random_matrix(student, report)?;
    if report.is_clean() {
        crossing(student, report)?;
    }
    if report.is_clean() { scales(student, report) } else { Ok(()) }
}

fn crossing(student: WeylShifts, report: &mut Report) -> Outcome {
    let a = Array2::from_diag(&array![1.0, 2.0, 5.0]);
    let e = Array2::from_diag(&array![0.5, -4.0, -0.25]);
    let alphas = array![0.0, 0.5, 1.0];
    let got = report.call(|| student(&a, &e, &alphas))?;
    require_vector(report, "the result", &got, 3, "per alpha")?;
    report.expect(close(got[0], 0.0, 1e-12), "at alpha = 0 nothing moves", || {
        format!("expected 0, got {}. Compare with the eigenvalues of A itself, in the same order", number(got[0]))
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
    Ok(())
}

fn random_matrix(student: WeylShifts, report: &mut Report) -> Outcome {
    let (a, e) = (random_symmetric(20, 1), random_symmetric(20, 2));
    let alphas = array![0.7, -1.0, 0.25, 0.0, -0.4, 0.7, 1.0];
    let got = report.call(|| student(&a, &e, &alphas))?;
    require_vector(report, "the result", &got, alphas.len(), "per alpha")?;
    let base = eigh(&a);
    let perturbed = |alpha: f64| eigvalsh(&(&a + &(&e * alpha)));
    let by = |f: fn(&Array1<f64>) -> f64| -> Array1<f64> { alphas.mapv(|alpha| f(&(perturbed(alpha) - &base.values))) };
    let between = |one: Array1<f64>, other: &Array1<f64>| largest(&(one - other));
    let by_magnitude = |values: Array1<f64>| {
        let mut values = values.to_vec();
        values.sort_by(|x, y| x.abs().total_cmp(&y.abs()));
        Array1::from(values)
    };
    let nearest = |alpha: f64| {
        let new = perturbed(alpha);
        let gap = |t: &f64| new.iter().fold(f64::INFINITY, |least: f64, x| least.min((x - t).abs()));
        base.values.iter().map(gap).fold(0.0, f64::max)
    };
    let first_order = largest(&base.vectors.t().dot(&e).dot(&base.vectors).diag().to_owned());
    let slope = spectral_norm(&e);
    let mut sum = 0.0;
    let summed: Array1<f64> = alphas
        .iter()
        .map(|alpha| {
            sum += alpha;
            between(perturbed(sum), &base.values)
        })
        .collect();
    let steps: Array1<f64> = (0..alphas.len())
        .map(|i| {
            let before = if i == 0 { base.values.clone() } else { perturbed(alphas[i - 1]) };
            between(perturbed(alphas[i]), &before)
        })
        .collect();
    let mut ascending = alphas.to_vec();
    ascending.sort_by(f64::total_cmp);
    const SIGNED: &str = "The largest signed difference misses eigenvalues that fall; take the absolute value";
    let suspects = [
        (SIGNED, by(|d| d.iter().copied().fold(0.0, f64::max))),
        (SIGNED, by(|d| d.iter().copied().fold(f64::NEG_INFINITY, f64::max))),
        (
            "This is the shift of the largest eigenvalue alone; take the maximum over all k",
            by(|d| d[d.len() - 1].abs()),
        ),
        ("This is the shift of the smallest eigenvalue alone; take the maximum over all k", by(|d| d[0].abs())),
        (
            "This is the smallest shift; take the maximum over all k",
            by(|d| d.iter().fold(f64::INFINITY, |l: f64, x| l.min(x.abs()))),
        ),
        ("This is the mean shift; take the maximum", by(|d| d.iter().map(|x| x.abs()).sum::<f64>() / d.len() as f64)),
        (
            "This is the root of the mean square of the shifts; take the maximum",
            by(|d| (d.dot(d) / d.len() as f64).sqrt()),
        ),
        ("This is the sum of the shifts; take the maximum", by(|d| d.iter().map(|x| x.abs()).sum())),
        ("This is the Euclidean norm of the shifts; take the maximum", by(|d| d.dot(d).sqrt())),
        (
            "This is the square of the shift; return the shift itself",
            by(|d| d.iter().fold(0.0, |l: f64, x| l.max(x * x))),
        ),
        (
            "This is the bound alpha ||E||_2; compute the eigenvalues of A + alpha E",
            alphas.mapv(|alpha| alpha.abs() * slope),
        ),
        (
            "This is the bound without its absolute value; compute the eigenvalues of A + alpha E",
            alphas.mapv(|alpha| alpha * slope),
        ),
        (
            "This is |alpha| times the shift at alpha = 1; shifts are not linear in alpha, so compute the eigenvalues for each",
            alphas.mapv(|alpha| alpha.abs() * between(perturbed(1.0), &base.values)),
        ),
        (
            "This is the first-order estimate, v^T E v; compute the eigenvalues of A + alpha E",
            alphas.mapv(|alpha| alpha.abs() * first_order),
        ),
        ("Each eigenvalue is compared with the nearest one; compare the k-th with the k-th", alphas.mapv(nearest)),
        (
            "The eigenvalues are ordered by magnitude; compare them in ascending order, as `eigvalsh` returns them",
            alphas.mapv(|alpha| between(by_magnitude(perturbed(alpha)), &by_magnitude(base.values.clone()))),
        ),
        (
            "The two lists of eigenvalues are in opposite orders; sort both in ascending order",
            alphas.mapv(|alpha| between(perturbed(alpha).iter().rev().copied().collect(), &base.values)),
        ),
        ("You subtracted alpha E; add it", alphas.mapv(|alpha| between(perturbed(-alpha), &base.values))),
        (
            "The sign of alpha is lost; add alpha E as it is",
            alphas.mapv(|alpha| between(perturbed(alpha.abs()), &base.values)),
        ),
        ("You did not use alpha", alphas.mapv(|_| between(perturbed(1.0), &base.values))),
        (
            "These are the shifts of alpha (A + E); add alpha E to A",
            alphas.mapv(|alpha| between(eigvalsh(&((&a + &e) * alpha)), &base.values)),
        ),
        (
            "The perturbations pile up: alpha E is added to what the alphas before have made of A. Start from A for each alpha",
            summed,
        ),
        ("Each is compared with the alpha before; compare with A itself", steps),
        (
            "The results are in ascending order of alpha; return them in the order of `alphas`",
            ascending.iter().map(|&alpha| between(perturbed(alpha), &base.values)).collect(),
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
    if report.is_clean() {
        report.expect(
            got.iter().zip(&alphas).all(|(&shift, alpha)| shift <= alpha.abs() * slope * (1.0 + 1e-12) + 1e-12),
            "no shift exceeds Weyl's bound",
            || "a shift is larger than |alpha| ||E||_2, which is impossible for symmetric matrices".to_owned(),
        );
    }
    Ok(())
}

fn largest(values: &Array1<f64>) -> f64 {
    values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}

/// Other scales of A and E, a small E, and the smallest matrices.
fn scales(student: WeylShifts, report: &mut Report) -> Outcome {
    let (a, e) = (random_symmetric(9, 3), random_symmetric(9, 4));
    let alphas = array![1.0, -0.5, 0.0];
    const FIXED: &str = "Does your code compare with a fixed number, or round to single precision?";
    let cases = [
        ("1e-8 A and 1e-8 E", &a * 1e-8, &e * 1e-8, 1e-8),
        ("1e8 A and 1e8 E", &a * 1e8, &e * 1e8, 1e-8),
        // The eigenvalues have rounding errors of 1e-14, so that these shifts have about six digits.
        ("A and 1e-7 E", a.clone(), &e * 1e-7, 1e-5),
        ("A = 0", Array2::zeros((9, 9)), e.clone(), 1e-8),
        ("matrices of size 1", array![[2.0]], array![[-3.0]], 1e-12),
    ];
    for (name, a, e, tolerance) in cases {
        let what = format!("it is right for {name}");
        let got = report.call(|| student(&a, &e, &alphas))?;
        require_vector(report, "the result", &got, alphas.len(), "per alpha")?;
        let expected = estimators::weyl_shifts(&a, &e, &alphas);
        let at = (0..alphas.len()).find(|&i| !agree(got[i], expected[i], expected[0], tolerance));
        report.insist(at.is_none(), &what, || {
            let at = at.unwrap_or(0);
            format!("at alpha = {}, {}. {FIXED}", alphas[at], expected_and_got(expected[at], got[at]))
        })?;
    }
    report.expect(true, "it is right for other scales of A and E too, and for matrices of size 1", String::new);
    Ok(())
}
