use ndarray::{Array1, Array2, array};

use super::claim::number;
use super::compare::{close, expect_number};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Norms;
use matrix_free::linalg::{orthonormalize, singular_values, spectral_norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};

type TwoNorms = fn(&Array2<f64>) -> Norms;
type ConditionNumber = fn(&Array2<f64>) -> f64;
type RayleighQuotient = fn(&dyn SymmetricOperator, &Array1<f64>) -> f64;

/// Checks exercise 1/0.1: the norms of matrices that are not symmetric, not square, or of rank one.
pub fn norms(student: TwoNorms) -> Card {
    report("1/0.1", |report| norm_checks(student, report))
}

fn norm_checks(student: TwoNorms, report: &mut Report) -> Outcome {
    // A shear: its eigenvalues are both 1, its singular values are 2 + sqrt(5) and its inverse.
    let shear = array![[1.0, 4.0], [0.0, 1.0]];
    let got = report.call(|| student(&shear))?;
    let swapped = "You swapped the two norms";
    let sigma = singular_values(&shear);
    let (spectral, frobenius) = (sigma[0], 18.0_f64.sqrt());
    expect_number(
        report,
        "the spectral norm of [[1, 4], [0, 1]]",
        got.spectral,
        spectral,
        1e-10,
        &[
            (swapped, frobenius),
            (
                "This is the largest eigenvalue, but this matrix is not symmetric; take the largest singular value",
                spectral_norm(&shear),
            ),
            (
                "This is the largest eigenvalue computed from one triangle, but this matrix is not symmetric; take the largest singular value",
                spectral_norm(&shear.t().to_owned()),
            ),
            ("This is the smallest singular value; `singular_values` returns them in descending order", sigma[1]),
            ("This is the squared norm; take the square root", spectral * spectral),
            ("This is the sum of the singular values; take the largest", sigma.sum()),
            ("This is the largest row or column sum; take the largest singular value", 5.0),
            ("This is the largest entry; take the largest singular value", 4.0),
        ],
    );
    expect_number(
        report,
        "the Frobenius norm of [[1, 4], [0, 1]]",
        got.frobenius,
        frobenius,
        1e-10,
        &[
            (swapped, spectral),
            ("This is the squared norm; take the square root", 18.0),
            ("This is the sum of the entries; add up their squares and take the square root", 6.0),
            ("This is the sum of the singular values; add up their squares and take the square root", sigma.sum()),
            ("This is the norm of the diagonal; include all entries", 2.0_f64.sqrt()),
            ("This is the root mean square; do not divide by the number of entries", (18.0 / 4.0_f64).sqrt()),
        ],
    );
    let wide = gaussian_matrix(3, 5, &mut rng(4));
    let got = report.call(|| student(&wide))?;
    let squares: f64 = wide.iter().map(|x| x * x).sum();
    let holds = close(got.spectral, singular_values(&wide)[0], 1e-10) && close(got.frobenius, squares.sqrt(), 1e-10);
    report.expect(holds, "both norms of a 3 x 5 matrix with entries of both signs", || {
        format!(
            "expected {} and {}, got {} and {}. Neither norm requires a square matrix or positive entries",
            number(singular_values(&wide)[0]),
            number(squares.sqrt()),
            number(got.spectral),
            number(got.frobenius)
        )
    });
    let one = array![[2.0], [-1.0], [2.0]].dot(&array![[3.0, -4.0]]);
    let got = report.call(|| student(&one))?;
    report.expect(
        close(got.spectral, 15.0, 1e-10) && close(got.frobenius, 15.0, 1e-10),
        "for rank one both norms are the same",
        || format!("expected 15 twice, got {} and {}", number(got.spectral), number(got.frobenius)),
    );
    Ok(())
}

/// Checks exercise 1/0.2: condition numbers for which eigenvalues and determinants give wrong answers.
pub fn condition_number(student: ConditionNumber) -> Card {
    report("1/0.2", |report| condition_checks(student, report))
}

fn condition_checks(student: ConditionNumber, report: &mut Report) -> Outcome {
    let shear = array![[1.0, 4.0], [0.0, 1.0]];
    let sigma = singular_values(&shear);
    let expected = sigma[0] / sigma[1];
    let got = report.call(|| student(&shear))?;
    expect_number(
        report,
        "the shear [[1, 4], [0, 1]]",
        got,
        expected,
        1e-9,
        &[
            ("This is the ratio of the eigenvalues, but this matrix is not symmetric; take the singular values", 1.0),
            (
                "This is the ratio of the eigenvalues computed from one triangle, but this matrix is not symmetric; take the singular values",
                5.0 / 3.0,
            ),
            ("This is the inverse; divide the largest by the smallest", 1.0 / expected),
            ("This is the largest singular value; divide it by the smallest", sigma[0]),
            (
                "This is the square of the condition number; take the singular values of A, not of A^T A",
                expected * expected,
            ),
            ("This is a difference; take the ratio", sigma[0] - sigma[1]),
            ("This is a logarithm; return the ratio itself", expected.log10()),
            ("This is a logarithm; return the ratio itself", expected.ln()),
        ],
    );
    let reflection = array![[0.0, -3.0], [-3.0, 0.0]];
    let got = report.call(|| student(&reflection))?;
    expect_number(
        report,
        "a multiple of a reflection has condition number 1",
        got,
        1.0,
        1e-9,
        &[("This is a ratio of eigenvalues; singular values are never negative", -1.0)],
    );
    let q = orthonormalize(&gaussian_matrix(6, 6, &mut rng(3))) * 1e-3;
    let got = report.call(|| student(&q))?;
    expect_number(
        report,
        "1e-3 times an orthogonal 6 x 6 matrix has condition number 1, though its determinant is 1e-18",
        got,
        1.0,
        1e-9,
        &[("This is the spectral norm; divide it by the smallest singular value", 1e-3)],
    );
    // Ill-conditioned, but far from where rounding would decide: the smallest singular value has five digits left.
    let eigenvalues = Array1::from_shape_fn(8, |i| 10.0_f64.powf(-10.0 * i as f64 / 7.0));
    let got = report.call(|| student(&symmetric_with_spectrum(&eigenvalues, 2)))?;
    expect_number(report, "an 8 x 8 matrix with condition number 1e10", got, 1e10, 1e-3, &[]);
    let got = report.call(|| student(&array![[2.0, 0.0], [0.0, 0.0]]))?;
    report.expect(got == f64::INFINITY, "diag(2, 0) is singular, so its condition number is infinite", || {
        let cause = if got == 1.0 { ". Include singular values that are zero" } else { "" };
        format!("expected inf, got {}{cause}", number(got))
    });
    Ok(())
}

/// Checks exercise 1/0.3: the two machine epsilons, exactly.
pub fn machine_epsilon(single: fn() -> f32, double: fn() -> f64) -> Card {
    report("1/0.3", |report| {
        let got = report.call(single)?;
        expect_epsilon(
            report,
            "f32",
            f64::from(got),
            23,
            2.0_f64.powi(-149),
            f64::from(f32::MIN_POSITIVE),
            f64::EPSILON,
        );
        let got = report.call(double)?;
        expect_epsilon(report, "f64", got, 52, f64::from_bits(1), f64::MIN_POSITIVE, f64::from(f32::EPSILON));
        Ok(())
    })
}

/// `tiny` and `normal` are the smallest subnormal and the smallest normal positive number; `other` is the epsilon of the other precision.
fn expect_epsilon(report: &mut Report, kind: &str, got: f64, digits: i32, tiny: f64, normal: f64, other: f64) {
    let epsilon = 2.0_f64.powi(-digits);
    expect_number(
        report,
        &format!("the epsilon of {kind} is 2^-{digits}"),
        got,
        epsilon,
        0.0,
        &[
            (
                "You halved once too often: 1 plus this is 1. Test whether adding the *half* still makes a difference",
                epsilon / 2.0,
            ),
            ("You stopped one halving too early; adding half of this still makes a difference", epsilon * 2.0),
            ("This is the smallest number above 0; compare 1 + epsilon with 1, not epsilon with 0", tiny),
            ("This is the smallest number above 0; compare 1 + epsilon with 1, not epsilon with 0", normal),
            ("You halved down to 0; compare 1 + epsilon with 1, not epsilon with 0", 0.0),
            ("This is the epsilon of the other precision; add it to a 1 of the same type", other),
            ("You never halved it", 1.0),
        ],
    );
    report.expect(got == epsilon, &format!("1 + epsilon is the next {kind} after 1"), || {
        format!("1 + epsilon differs from it by {}", number((got - epsilon).abs()))
    });
}

/// Checks exercise 1/0.4: quotients of vectors that are not unit vectors, and the sign of the eigenvalue.
pub fn rayleigh_quotient(student: RayleighQuotient) -> Card {
    report("1/0.4", |report| rayleigh_checks(student, report))
}

fn rayleigh_checks(student: RayleighQuotient, report: &mut Report) -> Outcome {
    let a = Recording::new(array![[1.0, 2.0, 0.0], [2.0, -3.0, 1.0], [0.0, 1.0, 0.5]]);
    let v = array![0.0, 2.0, 0.0];
    let got = report.call(|| student(&a, &v))?;
    let products = a.take().len();
    report.expect(products == 1, "one quotient costs one matvec", || {
        let cause = if products == 0 { "Use `a.apply(&v)` for the product" } else { "Keep A v in a variable" };
        format!("expected 1, got {products}. {cause}")
    });
    expect_number(
        report,
        "v = 2 e_2 gives a_22 = -3",
        got,
        -3.0,
        1e-12,
        &[
            ("v has length 2, and its squared length 4 must cancel; divide by v^T v", -12.0),
            ("You divided by the length of v; divide by its square, v^T v", -6.0),
            ("You divided once too often; divide by the square of the length, not by its fourth power", -0.75),
            ("This is ||A v|| / ||v||, which loses the sign; take v^T A v", 14.0_f64.sqrt()),
            ("This is (A v)^T (A v) / v^T v, the quotient of A squared; take v^T A v", 14.0),
            ("The sign is lost; an eigenvalue can be negative", 3.0),
        ],
    );
    let (theta, n) = (array![-4.0, -3.0, -2.0, -1.0, 0.5], 5);
    let matrix = symmetric_with_spectrum(&theta, 7);
    let v = gaussian_matrix(n, 1, &mut rng(8)).column(0).to_owned();
    let expected = v.dot(&matrix.dot(&v)) / v.dot(&v);
    let a = Recording::new(matrix);
    let got = report.call(|| student(&a, &v))?;
    expect_number(report, "a random vector", got, expected, 1e-11, &[("Divide by v^T v", v.dot(&a.matrix().dot(&v)))]);
    let scaled = report.call(|| student(&a, &(&v * -1e3)))?;
    report.expect(close(scaled, expected, 1e-11), "it does not change when v is multiplied by -1000", || {
        format!("expected {}, got {}", number(expected), number(scaled))
    });
    Ok(())
}
