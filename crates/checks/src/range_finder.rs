//! Exercise 2/1.1: the range finder, and the error of a basis.

use ndarray::{Array1, Array2};

use super::claim::number;
use super::compare::loss_of_orthogonality;
use super::compare::{largest, require_matrix};
use super::gaussian_block::expect_gaussian;
use super::range_error::error_checks;
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::orthonormalize;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};

type RangeFinder = fn(&dyn SymmetricOperator, usize, u64) -> Array2<f64>;
type RangeError = fn(&Array2<f64>, &Array2<f64>) -> f64;

/// Checks exercise 2/1.1: the vectors passed to the operator, the basis returned, and the norm of the residual.
pub fn range_finder(finder: RangeFinder, error: RangeError) -> Card {
    report("2/1.1", |report| {
        finder_checks(finder, report)?;
        error_checks(error, report)
    })
}

const PRODUCTS: &str = "the operator is applied to `width` vectors";
const ORTHONORMAL: &str = "the columns of the basis are orthonormal";
const SPAN: &str = "they span the columns of A G";

/// How far from orthonormal a basis may be, and how much of `A G` it may miss.
#[derive(Clone, Copy)]
struct Tolerance {
    loss: f64,
    missed: f64,
}

const STRICT: Tolerance = Tolerance { loss: 1e-10, missed: 1e-10 };

fn finder_checks(student: RangeFinder, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(20, 1));
    basis(student, report, &a, "", (6, 5), STRICT)?;
    report.expect(true, PRODUCTS, String::new);
    report.expect(true, ORTHONORMAL, String::new);
    report.expect(true, SPAN, String::new);
    expect_gaussian(report, &mut |report, seed| basis(student, report, &a, "", (6, seed), STRICT).map(|(_, g)| g))?;
    let (first, again) = (report.call(|| student(&a, 6, 5))?, report.call(|| student(&a, 6, 5))?);
    report.expect(
        again.dim() == first.dim() && largest(&(&again - &first)) < 1e-12,
        "the same seed gives the same basis",
        || "two calls with seed 5 differ; create the generator from the `seed` argument, with `rng(seed)`".to_owned(),
    );
    // Powers of two near 1e-8 and 1e8, to which rounding is blind.
    for (factor, name) in [(-27, "1e-8"), (27, "1e8")] {
        let scaled = Recording::new(random_symmetric(20, 1) * 2.0_f64.powi(factor));
        basis(student, report, &scaled, &format!(" for a matrix multiplied by {name}"), (6, 3), STRICT)?;
    }
    report.expect(true, "a multiple of A, by 1e-8 or 1e8, makes no difference", String::new);
    for (n, width) in [(20, 1), (9, 9), (1, 1), (12, 7)] {
        let a = Recording::new(random_symmetric(n, 2));
        basis(student, report, &a, &format!(" for n = {n} and width = {width}"), (width, 4), STRICT)?;
    }
    report.expect(true, "other sizes, from width = 1 to width = n", String::new);
    steep(student, report)?;
    let low = Recording::new(symmetric_with_spectrum(&Array1::from(vec![5., -3., 1., 0., 0., 0., 0., 0., 0.]), 2));
    let (q, _) = basis(student, report, &low, " for a matrix of rank 3", (3, 7), STRICT)?;
    let missed = largest(&(low.matrix() - &q.dot(&q.t().dot(low.matrix()))));
    report.expect(missed < 1e-10, "three columns capture all of a matrix of rank 3", || {
        format!("A - Q Q^T A has an entry of {}", number(missed))
    });
    Ok(())
}

/// Eigenvalues that fall by 8 each: the columns of `A G` are nearly dependent.
fn steep(student: RangeFinder, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(16, |i| 8.0 * 0.125_f64.powi(i as i32));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 4));
    let q = report.call(|| student(&a, 8, 3))?;
    let g = a.take();
    require_matrix(report, "the basis", &q, (16, 8), "")?;
    let loss = loss_of_orthogonality(&q);
    report.require(loss < 1e-8, "a steep spectrum does not spoil their orthogonality", || {
        format!("with the spectrum 8^-j, Q^T Q differs from the identity by {}. The columns of A G are nearly dependent there, and one pass of Gram-Schmidt, or a Cholesky factor, loses their orthogonality; `orthonormalize` does not", number(loss))
    })?;
    report.insist(g.len() == 8, PRODUCTS, || {
        format!("expected 8 products with the spectrum 8^-j, got {}. {}", g.len(), why_so_many(&g, a.matrix(), 8))
    })?;
    // How much eight columns miss depends on G, and now and then it is a hundred times the usual.
    let block = Array2::from_shape_fn((16, 8), |(i, j)| g[j][i]);
    let missed = |q: &Array2<f64>| largest(&(a.matrix() - &q.dot(&q.t().dot(a.matrix()))));
    let (missed, least) = (missed(&q), missed(&orthonormalize(&a.matrix().dot(&block))));
    report.require(missed < 2.0 * least, "nor their span", || {
        format!("with the spectrum 8^-j, the columns of A G miss entries of {} at most; this basis misses {}. Is a column dropped when it is small?", number(least), number(missed))
    })
}

/// Calls the student's function, and ends the check unless the result is an orthonormal basis of the columns of `A G`. Returns
/// it with the columns of `G`.
fn basis(
    student: RangeFinder,
    report: &mut Report,
    a: &Recording,
    of: &str,
    (width, seed): (usize, u64),
    tolerance: Tolerance,
) -> Result<(Array2<f64>, Vec<Array1<f64>>), End> {
    let n = a.dim();
    a.take();
    let q = report.call(|| student(a, width, seed))?;
    let g = a.take();
    let why = if q.dim() == (width, n) && n != width {
        ". This is the transpose; return the basis vectors as columns"
    } else if q.dim() == (width, width) {
        ". This is the R of the QR factorisation, or a product of Q with itself; return Q"
    } else if q.dim() == (n, n) {
        ". These are n columns; the basis has `width`"
    } else {
        ". The basis has one column per column of A G"
    };
    require_matrix(report, &format!("the basis{of}"), &q, (n, width), why)?;
    report.insist(g.len() == width, PRODUCTS, || {
        format!("expected {width} products{of}, got {}. {}", g.len(), why_so_many(&g, a.matrix(), width))
    })?;
    let block = Array2::from_shape_fn((n, width), |(i, j)| g[j][i]);
    let product = a.matrix().dot(&block);
    let loss = loss_of_orthogonality(&q);
    report.insist(loss < tolerance.loss, ORTHONORMAL, || {
        let off = |other: &Array2<f64>| largest(&(&q - other)) < 1e-8 * largest(other);
        let lengths = q.columns().into_iter().map(|c| (c.dot(&c).sqrt() - 1.0).abs()).fold(0.0, f64::max);
        let cause = if off(&product) && of.is_empty() {
            " This is A G itself; `orthonormalize` it"
        } else if off(&product) {
            " This is A G itself, where for other matrices it is a basis: is its size compared with a fixed number?"
        } else if lengths < 1e-10 {
            " Each column has length 1, but they are not orthogonal to each other; `orthonormalize` does both"
        } else {
            " Is Q what `orthonormalize(&y)` returns, unchanged?"
        };
        format!("Q^T Q differs from the identity by {}{of}.{cause}", number(loss))
    })?;
    let missed = |what: &Array2<f64>| largest(&(what - &q.dot(&q.t().dot(what)))) / largest(what);
    report.insist(missed(&product) < tolerance.missed, SPAN, || {
        let twice = a.matrix().dot(&product);
        let cause = if missed(&block) < 1e-10 {
            "They span the columns of G; orthonormalise after multiplying by A"
        } else if missed(&twice) < 1e-10 {
            "They span the columns of A^2 G; multiply once"
        } else {
            "Is every column of A G in the block that you orthonormalise, and nothing else?"
        };
        format!("relative to A G, the part outside their span is {}{of}. {cause}", number(missed(&product)))
    })?;
    Ok((q, g))
}

/// Why another number of vectors than `width` reached the operator.
fn why_so_many(g: &[Array1<f64>], a: &Array2<f64>, width: usize) -> &'static str {
    let n = a.nrows();
    let unit = |v: &Array1<f64>| v.iter().filter(|x| **x != 0.0).count() == 1;
    let near = |v: &Array1<f64>, w: &Array1<f64>| (v - w).iter().all(|d| d.abs() <= 1e-9 * w.dot(w).sqrt());
    let again = g.len() == 2 * width && (0..width).all(|j| near(&g[width + j], &g[j]));
    let power = || {
        let columns = |from: usize| Array2::from_shape_fn((n, width), |(i, j)| g[from + j][i]);
        let (product, second) = (a.dot(&columns(0)), columns(width));
        let q = orthonormalize(&product);
        largest(&(&second - &q.dot(&q.t().dot(&second)))) < 1e-8 * largest(&second)
    };
    match g.len() {
        0 => "The basis must span A G; draw G and apply `a` to it",
        _ if g.len() >= n && g.iter().take(n).all(unit) => {
            "You form the matrix by its products with the columns of the identity; multiply G instead"
        }
        _ if again => "The second half are the same vectors again; keep the first product",
        count if count >= 2 * width && power() => {
            "The second block is a basis of A G, multiplied again: one product per column is enough here; power iterations come in exercise 2.1"
        }
        count if count > width => {
            "One product per column is enough here: draw `width` columns, and apply `a` to each once"
        }
        _ => "Multiply every column of G by A",
    }
}
