//! Exercise 2/5.1: a bound on the range error from products alone.

use std::f64::consts::PI;

use ndarray::{Array1, Array2, array};

use super::compare::largest;
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use super::suspects::{Case, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::linalg::{frobenius_squared, norm, orthonormalize, singular_values};
use matrix_free::operator::{Dense, SymmetricOperator};
use matrix_free::probe::{gaussian_matrix, random_symmetric, rng};

type RangeCertificate = fn(&dyn SymmetricOperator, &Array2<f64>, &Array2<f64>) -> f64;
/// The matrix, the basis and the probes.
type Input = (Array2<f64>, Array2<f64>, Array2<f64>);

/// Checks exercise 2/5.1: one product per probe, and the bound for several matrices, bases and probes.
pub fn range_certificate(student: RangeCertificate) -> Card {
    report("2/5.1", |report| {
        let call = |(a, q, omega): &Input| student(&Dense::from(a), q, omega);
        judge(report, &cases(), call, truth, &suspects(), LOOK_FIRST)?;
        products(student, report)
    })
}

const LOOK_FIRST: &str = "Take it in three parts: Y = A omega; what is left of Y, Y - Q (Q^T Y); and 2 sqrt(2 / pi) times the length of \
    its longest column";

fn truth((a, q, omega): &Input) -> f64 {
    estimators::range_certificate(&Dense::from(a), q, omega)
}

fn basis(n: usize, width: usize, seed: u64) -> Array2<f64> {
    orthonormalize(&gaussian_matrix(n, width, &mut rng(seed)))
}

fn cases() -> Vec<Case<Input>> {
    let probes = |n: usize, r: usize, seed: u64| gaussian_matrix(n, r, &mut rng(seed));
    let (a, q, omega) = (random_symmetric(9, 3), basis(9, 3, 4), probes(9, 6, 5));
    // The basis holds the eigenvectors for -3, 1 and 0.1.
    let steep = Array2::from_diag(&array![-3.0, 1.0, 0.1, 1e-9, 5e-10, 0.0]);
    let top = Array2::from_shape_fn((6, 3), |(i, j)| if i == j { 1.0 } else { 0.0 });
    vec![
        Case::new(
            "for diag(3, 2, 1), Q = (1, 0, 0) and the probe (1, 1, 1) it is 2 sqrt(2 / pi) sqrt(5)",
            (Array2::from_diag(&array![3.0, 2.0, 1.0]), array![[1.0], [0.0], [0.0]], Array2::ones((3, 1))),
        ),
        Case::new(
            "for a random matrix, n = 9, a basis of 3 columns and 6 probes",
            (a.clone(), q.clone(), omega.clone()),
        ),
        Case::new(
            "for another, n = 12, 4 columns and 10 probes",
            (random_symmetric(12, 6), basis(12, 4, 7), probes(12, 10, 8)),
        ),
        Case::new("for a single probe", (a.clone(), q.clone(), probes(9, 1, 9))),
        Case::new("for a basis of one column", (random_symmetric(8, 4), basis(8, 1, 5), probes(8, 5, 6))),
        Case::new("for the matrix multiplied by 1e-8", (&a * 1e-8, q.clone(), omega.clone())),
        Case::new("by 1e8", (&a * 1e8, q, omega.clone())),
        Case::new("what is missed is found beside products a billion times as long", (steep, top, probes(6, 5, 2)))
            .slack(1e-14)
            .size(3.0),
        Case::new("a basis of the whole space misses nothing", (a, basis(9, 9, 5), omega)).slack(1e-12).size(5.0),
    ]
}

/// Every probe takes one product: forming the matrix would be no use.
fn products(student: RangeCertificate, report: &mut Report) -> Outcome {
    let a = Recording::new(random_symmetric(12, 6));
    let (q, omega) = (basis(12, 4, 7), gaussian_matrix(12, 5, &mut rng(8)));
    report.call(|| student(&a, &q, &omega))?;
    let seen = a.take();
    report.require(seen.len() == 5, "it takes one product per probe", || {
        let unit = |v: &Array1<f64>| v.iter().filter(|x| **x != 0.0).count() == 1;
        let again = seen.len() == 10
            && (0..5).all(|j| largest(&(&seen[j] - &seen[5 + j]).insert_axis(ndarray::Axis(1))) < 1e-12);
        let cause = match seen.len() {
            _ if seen.iter().filter(|v| unit(v)).count() >= 12 => {
                "You form the matrix by its products with the columns of the identity; multiply the probes alone"
            }
            _ if again => "Each probe is multiplied twice; keep the products",
            _ => "Apply `a` to the columns of `omega`, each once, and to nothing else",
        };
        format!("expected 5 for 5 probes, got {}. {cause}", seen.len())
    })
}

fn factor() -> f64 {
    2.0 * (2.0 / PI).sqrt()
}

/// What is left of the products.
fn missed((a, q, omega): &Input) -> Array2<f64> {
    left(q, &a.dot(omega))
}

fn left(q: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
    y - &q.dot(&q.t().dot(y))
}

fn lengths(block: &Array2<f64>) -> Array1<f64> {
    block.columns().into_iter().map(|column| norm(&column)).collect()
}

fn longest(block: &Array2<f64>) -> f64 {
    lengths(block).iter().copied().fold(0.0, f64::max)
}

fn suspects() -> Vec<Suspect<Input>> {
    let first = "Project the product, Y - Q (Q^T Y) with Y = A omega; yours projects the probes before the product";
    type Wrong = (&'static str, fn(&Input) -> f64);
    let wrong: [Wrong; 27] = [
        ("The factor 2 sqrt(2 / pi) is missing", |i| longest(&missed(i))),
        ("The 2 before the root is missing", |i| (2.0 / PI).sqrt() * longest(&missed(i))),
        ("The factor is 2 sqrt(2 / pi); yours is 2", |i| 2.0 * longest(&missed(i))),
        ("The root contains 2 / pi, not pi / 2", |i| 2.0 * (PI / 2.0).sqrt() * longest(&missed(i))),
        ("The root around 2 / pi is missing", |i| 4.0 / PI * longest(&missed(i))),
        ("The first 2 stands outside the root", |i| 2.0 / PI.sqrt() * longest(&missed(i))),
        ("This is the factor 10 sqrt(2 / pi), for a failure in one of 10^r; here it is 2 sqrt(2 / pi)", |i| {
            10.0 * (2.0 / PI).sqrt() * longest(&missed(i))
        }),
        ("This is the mean length of the columns; take the longest", |i| {
            factor() * lengths(&missed(i)).sum() / i.2.ncols() as f64
        }),
        ("This is the sum of the lengths of the columns; take the longest", |i| factor() * lengths(&missed(i)).sum()),
        ("This is the shortest column; take the longest", |i| {
            factor() * lengths(&missed(i)).iter().copied().fold(f64::INFINITY, f64::min)
        }),
        ("This is the first column; take the longest", |i| factor() * lengths(&missed(i))[0]),
        ("This is the last column; take the longest", |i| factor() * lengths(&missed(i))[i.2.ncols() - 1]),
        ("This is the Frobenius norm of all columns together; take the longest column", |i| {
            factor() * frobenius_squared(&missed(i)).sqrt()
        }),
        ("This is the spectral norm of all columns together; take the longest column", |i| {
            factor() * singular_values(&missed(i))[0]
        }),
        ("This is the largest entry; take the length of the longest column", |i| factor() * largest(&missed(i))),
        ("These are the lengths of the rows; each probe is a column", |i| {
            factor() * longest(&missed(i).t().to_owned())
        }),
        ("The length of a column is the root of its sum of squares", |i| factor() * longest(&missed(i)).powi(2)),
        (first, |i| factor() * longest(&i.0.dot(&left(&i.1, &i.2)))),
        ("The probes are projected as well as their products; project the products alone", |i| {
            factor() * longest(&left(&i.1, &i.0.dot(&left(&i.1, &i.2))))
        }),
        ("The part that the basis captures is not subtracted: Y - Q (Q^T Y)", |i| factor() * longest(&i.0.dot(&i.2))),
        ("This is the part that the basis captures; subtract it from the product", |i| {
            factor() * longest(&(i.0.dot(&i.2) - missed(i)))
        }),
        ("This is what the basis misses of the probes; multiply them by A first", |i| {
            factor() * longest(&left(&i.1, &i.2))
        }),
        ("Subtract the captured part from the product A omega, not from omega", |i| {
            let product = i.0.dot(&i.2);
            factor() * longest(&(&i.2 - &(&product - &left(&i.1, &product))))
        }),
        ("The lengths are divided by those of the probes; take the products as they are", |i| {
            let ratios = lengths(&missed(i)) / lengths(&i.2);
            factor() * ratios.iter().copied().fold(0.0, f64::max)
        }),
        ("The result is divided by the norm of A; return the bound itself", |i| truth(i) / singular_values(&i.0)[0]),
        ("The result is divided by the square root of n", |i| truth(i) / (i.0.nrows() as f64).sqrt()),
        ("This is the range error itself, which takes the whole matrix; the bound takes the products alone", |i| {
            estimators::range_error(&i.0, &i.1)
        }),
    ];
    wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
    }

    #[test]
    fn the_first_case_is_what_it_says() {
        assert!((truth(&cases()[0].input) - factor() * 5.0_f64.sqrt()).abs() < 1e-12);
    }
}
