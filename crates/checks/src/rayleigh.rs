use ndarray::{Array1, array};

use super::claim::number;
use super::compare::{expect_number, expect_number_or};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};

type RayleighQuotient = fn(&dyn SymmetricOperator, &Array1<f64>) -> f64;

/// Checks exercise 1/0.4: quotients of vectors that are not unit vectors, and the sign of the eigenvalue.
pub fn rayleigh_quotient(student: RayleighQuotient) -> Card {
    report("1/0.4", |report| rayleigh_checks(student, report))
}

fn rayleigh_checks(student: RayleighQuotient, report: &mut Report) -> Outcome {
    let a = Recording::new(array![[1.0, 2.0, 0.0], [2.0, -3.0, 1.0], [0.0, 1.0, 0.5]]);
    let v = array![0.0, 2.0, 0.0];
    let got = report.call(|| student(&a, &v))?;
    let vectors = a.take();
    report.expect(vectors.len() == 1, "one quotient costs one matvec", || {
        let cause = match vectors.first() {
            None => "Use `a.apply(&v)` for the product",
            Some(first) if vectors.iter().all(|x| x == first) => "Keep A v in a variable",
            Some(_) => "The product with v itself is enough",
        };
        format!("expected 1, got {}. {cause}", vectors.len())
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
    if !report.is_clean() {
        return Ok(());
    }
    let theta = array![-4.0, -3.0, -2.0, -1.0, 0.5];
    for (seed, scale) in [(7, 1.0), (11, 1e-8), (12, 1e8)] {
        let a = Recording::new(symmetric_with_spectrum(&theta, seed) * scale);
        let v = gaussian_matrix(5, 1, &mut rng(seed + 1)).column(0).to_owned();
        let product = a.matrix().dot(&v);
        let (form, squared) = (v.dot(&product), v.dot(&v));
        let expected = form / squared;
        let got = report.call(|| student(&a, &v))?;
        let diagonal = v.iter().zip(a.matrix().diag()).map(|(v, a)| a * v * v).sum::<f64>() / squared;
        let ratios = product.iter().zip(&v).map(|(p, v)| p / v).sum::<f64>() / 5.0;
        let largest = v.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        expect_number_or(
            report,
            &format!(
                "a random vector, matrix {seed} with eigenvalues from {} to {}",
                number(-4.0 * scale),
                number(0.5 * scale)
            ),
            got,
            expected,
            1e-11,
            &[
                ("Divide by v^T v", form),
                ("You divided by the length of v; divide by its square, v^T v", form / squared.sqrt()),
                ("You divided by the number of entries; divide by v^T v", form / 5.0),
                ("This is the quotient of sums; take the inner products v^T A v and v^T v", product.sum() / v.sum()),
                ("This is the mean of the ratios (A v)_i / v_i; take v^T A v / v^T v", ratios),
                ("This uses only the diagonal of A; take the whole product A v", diagonal),
                (
                    "This is an inner product with v divided by its largest entry; divide by v^T v",
                    form / (largest * largest),
                ),
                ("The sign is lost; an eigenvalue can be negative", -expected),
                (
                    "This is the sum of the entries of A v over v^T v; take the inner product with v",
                    product.sum() / squared,
                ),
            ],
            "Compare v^T A v and v^T v each with a small example. All of it must be in `f64`, without a fixed threshold",
        );
        if !report.is_clean() {
            return Ok(());
        }
        for factor in [-1e3, 1e-8, 1e8] {
            let scaled = report.call(|| student(&a, &(&v * factor)))?;
            expect_number_or(
                report,
                &format!("it does not change when v is multiplied by {factor:e}"),
                scaled,
                expected,
                1e-11,
                &[
                    ("Divide by v^T v: the length of v must cancel", form * factor * factor),
                    ("The sign of v must cancel; divide by v^T v", -expected),
                    ("A vector this short is not a zero vector; do not compare it with a fixed number", 0.0),
                ],
                "The length of v must cancel. Is a fixed number added to v^T v, or compared with it?",
            );
            if !report.is_clean() {
                return Ok(());
            }
        }
    }
    let got = report.call(|| student(&Recording::new(array![[-2.5]]), &array![4.0]))?;
    expect_number(report, "for a 1 x 1 matrix it is the entry", got, -2.5, 1e-12, &[]);
    Ok(())
}
