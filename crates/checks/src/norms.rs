use ndarray::{Array1, Array2, array};

use super::claim::number;
use super::compare::{NEARLY, close, expect_number, expect_number_or};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Norms;
use matrix_free::linalg::{eigvalsh, norm, orthonormalize, singular_values, spectral_norm};
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};

type TwoNorms = fn(&Array2<f64>) -> Norms;
type ConditionNumber = fn(&Array2<f64>) -> f64;

/// Checks exercise 1/0.1: the norms of matrices that are not symmetric, not square, or of rank one.
pub fn norms(student: TwoNorms) -> Card {
    report("1/0.1", |report| norm_checks(student, report))
}

/// The norms that a student may compute instead, of any matrix: what it is, and its value.
fn other_norms(a: &Array2<f64>) -> Vec<(&'static str, f64)> {
    let sigma = singular_values(a);
    let sums = |rows: &Array2<f64>| rows.rows().into_iter().map(|row| row.mapv(f64::abs).sum()).fold(0.0, f64::max);
    let (rows, columns) = (sums(a), sums(&a.t().to_owned()));
    let entries = a.iter().copied();
    let (largest, smallest) =
        (entries.clone().fold(f64::NEG_INFINITY, f64::max), entries.clone().fold(f64::INFINITY, f64::min));
    let squares: f64 = entries.clone().map(|x| x * x).sum();
    let row_norms = a.rows().into_iter().map(|row| norm(&row)).fold(0.0, f64::max);
    let mut others = vec![
        ("the smallest singular value; `singular_values` returns them in descending order", sigma[sigma.len() - 1]),
        ("the second singular value; indices start at 0", sigma[1.min(sigma.len() - 1)]),
        ("the sum of the singular values", sigma.sum()),
        ("the mean of the singular values", sigma.sum() / sigma.len() as f64),
        ("the largest magnitude of an entry", largest.max(-smallest)),
        ("the largest entry", largest),
        ("the sum of the entries", entries.clone().sum()),
        ("the sum of the absolute values of the entries", entries.clone().map(f64::abs).sum()),
        ("the squared norm; take the square root", squares),
        ("the norm of the diagonal", norm(&a.diag())),
        ("the trace", a.diag().sum()),
        (
            "the norm of the positive entries alone; negative ones count, too",
            entries.clone().map(|x| x.max(0.0).powi(2)).sum::<f64>().sqrt(),
        ),
        ("the length of the longest row", row_norms),
        ("the root mean square; do not divide by the number of entries", (squares / a.len() as f64).sqrt()),
        ("the norm divided by the number of rows", squares.sqrt() / a.nrows() as f64),
        ("the norm divided by the root of the number of rows", (squares / a.nrows() as f64).sqrt()),
        ("the squared norm; take the square root", sigma[0] * sigma[0]),
        ("the root of the spectral norm", sigma[0].sqrt()),
        ("the norm without the largest singular value", (squares - sigma[0] * sigma[0]).max(0.0).sqrt()),
    ];
    if !a.is_square() {
        others.push(("the norm divided by the root of the number of columns", (squares / a.ncols() as f64).sqrt()));
    }
    if rows == columns {
        others.push(("the largest row or column sum", rows));
    } else {
        others.extend([
            ("the largest row sum", rows),
            ("the largest column sum", columns),
            (
                "the root of the product of the largest row sum and column sum, which is only a bound",
                (rows * columns).sqrt(),
            ),
        ]);
    }
    if a.is_square() {
        others.extend([
            (
                "the largest eigenvalue, but this matrix is not symmetric; take the largest singular value",
                spectral_norm(a),
            ),
            (
                "the largest eigenvalue computed from one triangle, but this matrix is not symmetric; take the largest singular value",
                spectral_norm(&a.t().to_owned()),
            ),
            (
                "the largest eigenvalue of the symmetric part, but this matrix is not symmetric; take the largest singular value",
                spectral_norm(&((a + &a.t()) / 2.0)),
            ),
        ]);
    }
    others
}

/// Both norms of one matrix.
fn expect_norms(report: &mut Report, name: &str, a: &Array2<f64>, got: Norms, look: &str) {
    let (spectral, frobenius) = (singular_values(a)[0], norm(&a.iter().copied().collect::<Array1<f64>>()));
    let swapped = "You swapped the two norms";
    let is = |got: f64, expected: f64| (got - expected).abs() <= 1e-10 * expected;
    let both = is(got.spectral, frobenius) && is(got.frobenius, spectral);
    let named = |right: &str| -> Vec<(String, f64)> {
        other_norms(a).into_iter().map(|(what, value)| (format!("This is {what}. {right}"), value)).collect()
    };
    let expect = |report: &mut Report, which: &str, got: f64, expected: f64, other: (&str, f64), right: &str| {
        let named = named(right);
        let mut suspects: Vec<(&str, f64)> = named.iter().map(|(cause, value)| (cause.as_str(), *value)).collect();
        // Where the other norm is what came, nothing else is to be said.
        if is(got, other.1) {
            suspects = vec![if both { (swapped, other.1) } else { other }];
        }
        let look = if got.is_nan() {
            "Do you divide by zero, or take the root of a negative number?"
        } else if expected == 0.0 || !got.is_finite() || (got - expected).abs() > 1e-6 * expected {
            if look.is_empty() { right } else { look }
        } else {
            NEARLY
        };
        expect_number_or(report, &format!("the {which} norm of {name}"), got, expected, 1e-10, &suspects, look);
    };
    let of_values = "The spectral norm is the largest singular value";
    let of_entries = "The Frobenius norm is the root of the sum of all squared entries";
    let is_frobenius = ("This is the Frobenius norm; take the largest singular value", frobenius);
    let is_spectral = ("This is the spectral norm; take the root of the sum of all squared entries", spectral);
    expect(report, "spectral", got.spectral, spectral, is_frobenius, of_values);
    expect(report, "Frobenius", got.frobenius, frobenius, is_spectral, of_entries);
}

fn norm_checks(student: TwoNorms, report: &mut Report) -> Outcome {
    // No two of the wrong norms have the same value here.
    let a = array![[2.0, -7.0, 1.0], [3.0, 1.0, 0.5], [-1.0, 4.0, -6.0]];
    let got = report.call(|| student(&a))?;
    expect_norms(report, "[[2, -7, 1], [3, 1, 0.5], [-1, 4, -6]]", &a, got, "");
    if !report.is_clean() {
        return Ok(());
    }
    // A shear: its eigenvalues are both 1, its singular values are 2 + sqrt(5) and its inverse.
    let shear = array![[1.0, 4.0], [0.0, 1.0]];
    let got = report.call(|| student(&shear))?;
    expect_norms(report, "the shear [[1, 4], [0, 1]]", &shear, got, "");
    if !report.is_clean() {
        return Ok(());
    }
    for (rows, columns, seed) in [(3, 5, 4), (6, 2, 5)] {
        let a = gaussian_matrix(rows, columns, &mut rng(seed));
        let got = report.call(|| student(&a))?;
        let look = "The norms of square matrices were right. Do you take all rows and all columns?";
        expect_norms(report, &format!("a {rows} x {columns} matrix with entries of both signs"), &a, got, look);
        if !report.is_clean() {
            return Ok(());
        }
        for scale in [1e-8, 1e8] {
            let scaled = &a * scale;
            let got = report.call(|| student(&scaled))?;
            let look = "Both norms grow in proportion to the matrix. Is a fixed threshold, or a fixed number added, in the way?";
            expect_norms(report, &format!("{scale:e} times that matrix"), &scaled, got, look);
        }
    }
    let one = array![[2.0], [-1.0], [2.0]].dot(&array![[3.0, -4.0]]);
    let got = report.call(|| student(&one))?;
    report.expect(
        close(got.spectral, 15.0, 1e-10) && close(got.frobenius, 15.0, 1e-10),
        "for rank one both norms are the same",
        || format!("expected 15 twice, got {} and {}", number(got.spectral), number(got.frobenius)),
    );
    let got = report.call(|| student(&array![[-3.0]]))?;
    let holds = close(got.spectral, 3.0, 1e-12) && close(got.frobenius, 3.0, 1e-12);
    report.expect(holds, "for [[-3]] both norms are 3", || {
        format!("got {} and {}. A norm is never negative", number(got.spectral), number(got.frobenius))
    });
    let got = report.call(|| student(&Array2::zeros((3, 2))))?;
    report.expect(got.spectral == 0.0 && got.frobenius == 0.0, "both norms of a zero matrix are 0", || {
        let cause = if got.spectral.is_nan() || got.frobenius.is_nan() {
            ". Do you divide by something that is zero here?"
        } else {
            ""
        };
        format!("got {} and {}{cause}", number(got.spectral), number(got.frobenius))
    });
    Ok(())
}

/// Checks exercise 1/0.2: condition numbers for which eigenvalues and determinants give wrong answers.
pub fn condition_number(student: ConditionNumber) -> Card {
    report("1/0.2", |report| condition_checks(student, report))
}

fn condition_checks(student: ConditionNumber, report: &mut Report) -> Outcome {
    // With a determinant other than 1, so that the condition number is not the square of the norm.
    let shear = array![[1.0, 4.0], [0.0, 3.0]];
    let sigma = singular_values(&shear);
    let expected = sigma[0] / sigma[1];
    let ratio = |a: &Array2<f64>| {
        let values = eigvalsh(a).mapv(f64::abs);
        values.iter().copied().fold(0.0, f64::max) / values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let got = report.call(|| student(&shear))?;
    let asymmetric = "This is the ratio of the eigenvalues, but this matrix is not symmetric; take the singular values";
    expect_number_or(
        report,
        "the triangular matrix [[1, 4], [0, 3]]",
        got,
        expected,
        1e-9,
        &[
            (asymmetric, 3.0),
            (
                "This is the ratio of the largest to the smallest entry on the diagonal; take the singular values",
                1.0 / 3.0,
            ),
            (
                "This is the ratio of the eigenvalues computed from one triangle, but this matrix is not symmetric; take the singular values",
                ratio(&shear.t().to_owned()),
            ),
            (
                "This is the ratio of the eigenvalues computed from one triangle, with a sign; take the singular values",
                -ratio(&shear.t().to_owned()),
            ),
            (
                "This is the ratio of the eigenvalues of the symmetric part; take the singular values",
                ratio(&((&shear + &shear.t()) / 2.0)),
            ),
            ("This is the inverse; divide the largest by the smallest", 1.0 / expected),
            ("This is the largest singular value; divide it by the smallest", sigma[0]),
            (
                "This is the square of the condition number; take the singular values of A, not of A^T A",
                expected * expected,
            ),
            ("This is the square root of the condition number; do not take a root", expected.sqrt()),
            ("This is a difference; take the ratio", sigma[0] - sigma[1]),
            ("This is a logarithm; return the ratio itself", expected.log10()),
            ("This is a logarithm; return the ratio itself", expected.ln()),
            ("This is the condition number in the Frobenius norm; take the spectral norm", 26.0 / 3.0),
            (
                "This is the condition number in the norm of the largest row or column sum; take the spectral norm",
                35.0 / 3.0,
            ),
        ],
        "Divide the largest singular value by the smallest",
    );
    if !report.is_clean() {
        return Ok(());
    }
    let reflection = array![[0.0, -3.0], [-3.0, 0.0]];
    let got = report.call(|| student(&reflection))?;
    expect_number_or(
        report,
        "a multiple of a reflection has condition number 1",
        got,
        1.0,
        1e-9,
        &[
            ("This is a ratio of eigenvalues; singular values are never negative", -1.0),
            ("This is the spectral norm; divide it by the smallest singular value", 3.0),
            ("This is a product; divide the largest singular value by the smallest", 9.0),
        ],
        "Divide the largest singular value by the smallest, with nothing else",
    );
    let q = orthonormalize(&gaussian_matrix(6, 6, &mut rng(3)));
    let cases = [
        (1e-3, "1e-3 times an orthogonal 6 x 6 matrix has condition number 1, though its determinant is 1e-18"),
        (1e-20, "1e-20 times an orthogonal matrix has condition number 1, too"),
        (1e20, "1e20 times an orthogonal matrix has condition number 1, too"),
    ];
    for (scale, what) in cases {
        let got = report.call(|| student(&(&q * scale)))?;
        let threshold = "Nothing is singular here: a small singular value means something only in comparison with the largest. Do not compare with a fixed number";
        expect_number_or(
            report,
            what,
            got,
            1.0,
            1e-9,
            &[
                ("This is the spectral norm; divide it by the smallest singular value", scale),
                (threshold, f64::INFINITY),
                (threshold, f64::NAN),
            ],
            "The scale of a matrix cancels in the ratio. Is a fixed number added to, or compared with, a singular value?",
        );
        if !report.is_clean() {
            return Ok(());
        }
    }
    let got = report.call(|| student(&array![[-7.0]]))?;
    expect_number(report, "the 1 x 1 matrix [[-7]] has condition number 1", got, 1.0, 1e-12, &[]);
    // Ill-conditioned, but far from where rounding would decide: the smallest singular value has five digits left.
    let eigenvalues = Array1::from_shape_fn(8, |i| 10.0_f64.powf(-10.0 * i as f64 / 7.0));
    let steep = symmetric_with_spectrum(&eigenvalues, 2);
    let got = report.call(|| student(&steep))?;
    let first_two = 10.0_f64.powf(10.0 / 7.0);
    let lost = "Did you leave small singular values out, or compute them from A^T A? Its eigenvalues are the squares, and rounding at 1e-16 hides those below 1e-8";
    expect_number_or(
        report,
        "an 8 x 8 matrix with condition number 1e10",
        got,
        1e10,
        1e-3,
        &[
            ("This is the ratio of the first two singular values; the smallest is the last", first_two),
            ("This is the ratio to the last but one; the smallest is the last", first_two.powi(6)),
            ("This matrix is not singular: its smallest singular value is far above rounding", f64::INFINITY),
        ],
        lost,
    );
    if !report.is_clean() {
        return Ok(());
    }
    let got = report.call(|| student(&array![[1.0, 0.0], [0.0, 1e-13]]))?;
    expect_number_or(
        report,
        "diag(1, 1e-13) has condition number 1e13: nearly singular, but not singular",
        got,
        1e13,
        1e-2,
        &[("This matrix is not singular: 1e-13 is above rounding, which is at 1e-16", f64::INFINITY)],
        "Divide by the smallest singular value itself, without a floor",
    );
    if !report.is_clean() {
        return Ok(());
    }
    for singular in [array![[2.0, 0.0], [0.0, 0.0]], array![[0.0, 1e-8], [0.0, 0.0]]] {
        let got = report.call(|| student(&singular))?;
        let name = if singular[[0, 0]] == 2.0 { "diag(2, 0)" } else { "[[0, 1e-8], [0, 0]]" };
        report.expect(got == f64::INFINITY, &format!("{name} is singular, so its condition number is infinite"), || {
            let cause = if got == 1.0 {
                ". Include singular values that are zero"
            } else if got == 0.0 {
                ". This is the inverse, or a value that stands for an error; division by zero gives the infinity by itself"
            } else if got.is_nan() {
                ". Divide the largest by zero, not zero by zero"
            } else {
                ". Divide by the smallest singular value itself, without a floor: dividing by zero gives infinity"
            };
            format!("expected inf, got {}{cause}", number(got))
        });
    }
    Ok(())
}
