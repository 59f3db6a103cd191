use ndarray::{Array1, Array2, array};

use super::claim::number;
use super::compare::loss_of_orthogonality;
use super::compare::{expect_number, largest, require_matrix};
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{frobenius_squared, orthonormalize, singular_values, spectral_norm};
use matrix_free::operator::{Dense, SymmetricOperator};
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng, symmetric_with_spectrum};

type StableRank = fn(&Array2<f64>) -> f64;
type RangeFinder = fn(&dyn SymmetricOperator, usize, u64) -> Array2<f64>;
type RangeError = fn(&Array2<f64>, &Array2<f64>) -> f64;
type RangeBound = fn(&Array1<f64>, usize, usize) -> f64;

/// Checks exercise 2/0.1: a diagonal matrix, one whose largest eigenvalue is negative, one that is not symmetric, one that is not square.
pub fn stable_rank(student: StableRank) -> Card {
    report("2/0.1", |report| {
        let diagonal = Array2::from_diag(&array![4.0, 2.0, 2.0, 1.0, 0.0]);
        let got = report.call(|| student(&diagonal))?;
        let suspects = [
            ("This is the rank, the number of nonzero singular values", 4.0),
            ("This is the square root; square both norms", 1.25),
            ("Square the spectral norm in the denominator too", 6.25),
            ("This is upside down; the Frobenius norm goes in the numerator", 0.64),
            ("This is the sum of the singular values over the largest; square them all", 2.25),
            ("Square the Frobenius norm in the numerator too", 0.3125),
        ];
        expect_number(report, "the stable rank of diag(4, 2, 2, 1, 0) is 25/16", got, 1.5625, 1e-9, &suspects);
        let negative = symmetric_with_spectrum(&array![-3.0, 1.0, 2.0], 1);
        let got = report.call(|| student(&negative))?;
        let signed = "This divides by the square of the largest eigenvalue; the spectral norm is the largest *magnitude*, here 3";
        expect_number(report, "with eigenvalues -3, 1, 2 it is 14/9", got, 14.0 / 9.0, 1e-9, &[(signed, 3.5)]);
        let unsymmetric = array![[0.0, 2.0], [0.0, 1.0]];
        let got = report.call(|| student(&unsymmetric))?;
        let triangle = "`spectral_norm` and `eigvalsh` are for symmetric matrices and read only one triangle; take the largest singular value";
        expect_number(report, "for an unsymmetric matrix of rank 1 it is 1", got, 1.0, 1e-9, &[(triangle, 5.0)]);
        let tall = array![[3.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 0.0]];
        let got = report.call(|| student(&tall))?;
        expect_number(
            report,
            "for a 4 x 2 matrix with singular values 5 and 2 it is 29/25",
            got,
            29.0 / 25.0,
            1e-9,
            &[],
        );
        let got = report.call(|| student(&(&diagonal * 1e-3)))?;
        expect_number(report, "it does not change when the matrix is multiplied by a number", got, 1.5625, 1e-9, &[]);
        Ok(())
    })
}

/// Checks exercise 2/1.1: the vectors passed to the operator, the basis returned, and the norm of the residual.
pub fn range_finder(finder: RangeFinder, error: RangeError) -> Card {
    report("2/1.1", |report| {
        finder_checks(finder, report)?;
        error_checks(error, report)
    })
}

fn finder_checks(student: RangeFinder, report: &mut Report) -> Outcome {
    let (n, width) = (20, 6);
    let a = Recording::new(random_symmetric(n, 1));
    let q = report.call(|| student(&a, width, 1))?;
    let g = a.take();
    let why = if q.dim() == (width, n) { ". This is the transpose; return the basis vectors as columns" } else { "" };
    require_matrix(report, "the basis", &q, (n, width), why)?;
    report.require(g.len() == width, "the operator is applied to `width` vectors", || {
        let cause = match g.len() {
            0 => "The basis must span A G; draw G and apply `a` to it",
            n if n > width => "One product per column is enough here; power iterations come in exercise 2.1",
            _ => "Multiply every column of G by A",
        };
        format!("expected {width} products, got {}. {cause}", g.len())
    })?;
    let entries: Vec<f64> = g.iter().flatten().copied().collect();
    let (count, zeros) = (entries.len() as f64, entries.iter().filter(|x| **x == 0.0).count());
    let root_mean_square = (entries.iter().map(|x| x * x).sum::<f64>() / count).sqrt();
    let off_centre = entries.iter().sum::<f64>() / count / root_mean_square * count.sqrt();
    // A Gaussian entry is zero with probability 0, and the scaled mean is standard normal.
    report.require(zeros == 0 && off_centre.abs() < 5.0, "these vectors are Gaussian", || {
        if zeros > 0 {
            format!("{zeros} of {count} entries are zero. Columns of the identity see only some columns of A; use `Probe::Gaussian.draw_block(n, width, &mut rng)`")
        } else {
            "their entries are not centred at zero; numbers from `rng.random::<f64>()`, for example, lie in [0, 1). Use `Probe::Gaussian.draw_block(n, width, &mut rng)`".to_owned()
        }
    })?;
    let block = Array2::from_shape_fn((n, width), |(i, j)| g[j][i]);
    let distinct = singular_values(&block)[width - 1] > 1e-8 * singular_values(&block)[0];
    report.require(distinct, "they are independent", || {
        "some are multiples of one another. Create the generator once, and draw all the columns from it".to_owned()
    })?;
    let loss = loss_of_orthogonality(&q);
    report.require(loss < 1e-10, "the columns of the basis are orthonormal", || {
        let product = a.matrix().dot(&block);
        let cause = if largest(&(&q - &product)) < 1e-8 { " This is A G itself; `orthonormalize` it" } else { "" };
        format!("Q^T Q differs from the identity by {}.{cause}", number(loss))
    })?;
    let missed = |what: &Array2<f64>| largest(&(what - &q.dot(&q.t().dot(what)))) / largest(what);
    report.require(missed(&a.matrix().dot(&block)) < 1e-10, "they span the columns of A G", || {
        let cause = if missed(&block) < 1e-10 {
            ". They span the columns of G; orthonormalise after multiplying by A"
        } else {
            ""
        };
        format!("relative to A G, the part outside their span is {}{cause}", number(missed(&a.matrix().dot(&block))))
    })?;
    let (again, other) = (report.call(|| student(&a, width, 1))?, report.call(|| student(&a, width, 2))?);
    report.expect(
        again.dim() == q.dim() && largest(&(&again - &q)) < 1e-12,
        "the same seed gives the same basis",
        || "two calls with seed 1 differ; create the generator from the `seed` argument, with `rng(seed)`".to_owned(),
    );
    report.expect(other.dim() == q.dim() && largest(&(&other - &q)) > 1e-6, "another seed gives another basis", || {
        "seeds 1 and 2 gave the same basis; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    });
    let low = symmetric_with_spectrum(&array![5.0, -3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2);
    let q = report.call(|| student(&Dense::from(&low), 3, 1))?;
    require_matrix(report, "the basis", &q, (9, 3), "")?;
    let missed = largest(&(&low - &q.dot(&q.t().dot(&low))));
    report.expect(missed < 1e-10, "three columns capture all of a matrix of rank 3", || {
        format!("A - Q Q^T A has an entry of {}", number(missed))
    });
    Ok(())
}

fn error_checks(student: RangeError, report: &mut Report) -> Outcome {
    let diagonal = Array2::from_diag(&array![3.0, 2.0, 1.0]);
    let got = report.call(|| student(&diagonal, &array![[1.0], [0.0], [0.0]]))?;
    let frobenius = "This is the Frobenius norm of the residual; the spectral norm is its largest singular value";
    let squared = "This is the squared norm; take the square root";
    let suspects = [(frobenius, 5.0_f64.sqrt()), (squared, 4.0)];
    expect_number(report, "the error of the first unit vector for diag(3, 2, 1) is 2", got, 2.0, 1e-9, &suspects);
    let (a, q) = (random_symmetric(7, 3), orthonormalize(&gaussian_matrix(7, 3, &mut rng(4))));
    let got = report.call(|| student(&a, &q))?;
    let projector = q.dot(&q.t());
    let residual = &a - &projector.dot(&a);
    let norm = |m: &Array2<f64>| singular_values(m)[0];
    let suspects = [
        (
            "A - Q Q^T A is not symmetric, and `spectral_norm` reads only one triangle; take the largest singular value",
            spectral_norm(&residual),
        ),
        (frobenius, frobenius_squared(&residual).sqrt()),
        (squared, norm(&residual).powi(2)),
        (
            "This is the norm of (I - Q Q^T) A (I - Q Q^T); project on the left only",
            norm(&(&residual - &residual.dot(&projector))),
        ),
        (
            "This is the norm of A - Q Q^T A Q Q^T; project on the left only",
            norm(&(&a - &projector.dot(&a).dot(&projector))),
        ),
        ("This is the norm of A - Q Q^T; apply the projector to A first", norm(&(&a - &projector))),
        (
            "This is the norm of Q Q^T A, the part that the basis captures; return the norm of the part it misses",
            norm(&projector.dot(&a)),
        ),
        ("This is the smallest singular value; they are in descending order", singular_values(&residual)[6]),
        (
            "This is the norm of A minus that of Q Q^T A; subtract the matrices first",
            norm(&a) - norm(&projector.dot(&a)),
        ),
        ("This is the largest entry; the spectral norm is the largest singular value", largest(&residual)),
    ];
    expect_number(report, "the error of a random basis for a random matrix", got, norm(&residual), 1e-9, &suspects);
    let whole = orthonormalize(&gaussian_matrix(7, 7, &mut rng(5)));
    let got = report.call(|| student(&a, &whole))?;
    report.expect(got.abs() < 1e-12, "a basis of the whole space misses nothing", || {
        format!("expected 0, got {}", number(got))
    });
    Ok(())
}

/// Checks exercise 2/1.2: the bound for two pairs of k and p on a decaying spectrum, and that it holds on average.
pub fn range_bound(student: RangeBound) -> Card {
    report("2/1.2", |report| {
        let sigma = Array1::from_shape_fn(12, |i| 8.0 * 0.7_f64.powi(i as i32));
        for (k, p) in [(3, 5), (5, 2)] {
            let got = report.call(|| student(&sigma, k, p))?;
            let expected = estimators::range_bound(&sigma, k, p);
            let what = format!("the bound for sigma_j = 8 x 0.7^(j - 1), k = {k}, p = {p}");
            expect_number(report, &what, got, expected, 1e-9, &wrong_bounds(&sigma, k, p));
        }
        let flat = Array1::ones(20);
        let got = report.call(|| student(&flat, 2, 2))?;
        let expected = estimators::range_bound(&flat, 2, 2);
        expect_number(report, "for twenty ones, k = p = 2, it is 1 + sqrt(2) + e sqrt(18)", got, expected, 1e-9, &[]);
        // A mean of 40 errors, against a bound that is several times larger.
        let a = Dense::from(&symmetric_with_spectrum(&sigma, 1));
        let errors = (0..40).map(|seed| estimators::range_error(a.matrix(), &estimators::range_finder(&a, 8, seed)));
        let (mean, bound) = (errors.sum::<f64>() / 40.0, report.call(|| student(&sigma, 3, 5))?);
        report.expect(mean <= bound, "the mean error of 40 sketches is below the bound", || {
            format!("the bound is {}, but the mean is {}", number(bound), number(mean))
        });
        Ok(())
    })
}

/// The results of likely mistakes.
fn wrong_bounds(sigma: &Array1<f64>, k: usize, p: usize) -> Vec<(&'static str, f64)> {
    let (kf, pf, e) = (k as f64, p as f64, 1.0_f64.exp());
    let squares = |from: usize| sigma.iter().skip(from).map(|s| s * s).sum::<f64>();
    let bound = |first: f64, one: f64, factor: f64, tail: f64| first * one + factor * tail;
    let (first, factor) = (1.0 + (kf / (pf - 1.0)).sqrt(), e * (kf + pf).sqrt() / pf);
    let tail = squares(k).sqrt();
    let integer = 1.0 + ((k / (p - 1)) as f64).sqrt();
    let counted = "sigma_1 is `sigma[0]`, so sigma_{k+1} is `sigma[k]`, and the sum over j > k starts there";
    vec![
        (counted, bound(first, sigma[k - 1], factor, tail)),
        (counted, bound(first, sigma[k + 1], factor, tail)),
        (counted, bound(first, sigma[k - 1], factor, squares(k - 1).sqrt())),
        (counted, bound(first, sigma[k], factor, squares(k - 1).sqrt())),
        (counted, bound(first, sigma[k + 1], factor, squares(k + 1).sqrt())),
        (counted, bound(first, sigma[k], factor, squares(k + 1).sqrt())),
        (
            "`k / (p - 1)` is an integer division, which drops the fraction; convert k and p to `f64` first",
            bound(integer, sigma[k], factor, tail),
        ),
        ("The first root contains k / (p - 1), not k / p", bound(1.0 + (kf / pf).sqrt(), sigma[k], factor, tail)),
        ("The root around k / (p - 1) is missing", bound(1.0 + kf / (pf - 1.0), sigma[k], factor, tail)),
        ("The 1 belongs outside the root", bound((1.0 + kf / (pf - 1.0)).sqrt(), sigma[k], factor, tail)),
        ("The 1 in the first term is missing", bound(first - 1.0, sigma[k], factor, tail)),
        ("The factor e is missing", bound(first, sigma[k], factor / e, tail)),
        (
            "The p in the denominator belongs outside the root",
            bound(first, sigma[k], e * ((kf + pf) / pf).sqrt(), tail),
        ),
        ("The root around k + p is missing", bound(first, sigma[k], e * (kf + pf) / pf, tail)),
        ("The root around the sum of squares is missing", bound(first, sigma[k], factor, squares(k))),
        (
            "The last factor is the square root of a sum of squares",
            bound(first, sigma[k], factor, sigma.iter().skip(k).sum()),
        ),
        ("The last sum starts after sigma_k; use `skip(k)`", bound(first, sigma[k], factor, squares(0).sqrt())),
        ("The second term is missing", first * sigma[k]),
        ("The first term is missing", factor * tail),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::compare::close;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        let sigma = Array1::from_shape_fn(12, |i| 8.0 * 0.7_f64.powi(i as i32));
        let suspects = wrong_bounds(&sigma, 3, 5);
        for (i, (cause, value)) in suspects.iter().enumerate() {
            assert!(!close(*value, estimators::range_bound(&sigma, 3, 5), 1e-6), "{cause}");
            for (other, twin) in &suspects[..i] {
                assert!(cause == other || !close(*value, *twin, 1e-6), "{cause} and {other}");
            }
        }
    }
}
