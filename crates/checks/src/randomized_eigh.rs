use ndarray::{Array1, Array2};

use super::claim::number;
use super::compare::{close, loss_of_orthogonality, require_vector};
use super::compare::{largest, require_matrix};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::Eigenpairs;
use matrix_free::linalg::{eigvalsh, norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type RandomizedEigh = fn(&dyn SymmetricOperator, usize, usize, usize, u64) -> Eigenpairs;

/// Checks exercise 2/2.1: on a matrix small enough to be seen whole; the count of products; the Rayleigh-Ritz identity;
/// powers on a spectrum that decays slowly; and their stability on one that decays fast.
pub fn randomized_eigh(student: RandomizedEigh) -> Card {
    report("2/2.1", |report| {
        exact(student, report)?;
        products(student, report)?;
        powers(student, report)?;
        stability(student, report)
    })
}

/// Calls the student's function; ends the check unless the shapes are right, everything is finite and the vectors are orthonormal.
fn run(
    student: RandomizedEigh,
    report: &mut Report,
    a: &Recording,
    (k, oversample, n_power): (usize, usize, usize),
    seed: u64,
) -> Result<(Eigenpairs, usize), End> {
    a.take();
    let pairs = report.call(|| student(a, k, oversample, n_power, seed))?;
    let count = a.take().len();
    require_vector(report, "values", &pairs.values, k, "per eigenpair")?;
    let (n, width) = (a.dim(), (k + oversample).min(a.dim()));
    let why = if pairs.vectors.dim() == (width, k) {
        ". These are the eigenvectors of the small matrix Q^T A Q; multiply them by Q to get back to length n, `q.dot(&w)`"
    } else if pairs.vectors.dim() == (n, width) {
        ". Return only the k columns that belong to the values"
    } else if pairs.vectors.dim() == (k, n) {
        ". Return the eigenvectors as columns"
    } else {
        ""
    };
    require_matrix(report, "vectors", &pairs.vectors, (n, k), why)?;
    let loss = loss_of_orthogonality(&pairs.vectors);
    report.insist(loss < 1e-8, "the eigenvectors are orthonormal", || {
        format!("max |V^T V - I| is {}. Make the columns of Q orthonormal (`orthonormalize`); its product with the eigenvectors of Q^T A Q then has orthonormal columns too", number(loss))
    })?;
    if let Some(residuals) = &pairs.residuals {
        require_vector(report, "residuals", residuals, k, "per eigenpair")?;
        let truth = a.matrix().dot(&pairs.vectors) - &pairs.vectors * &pairs.values;
        let off = truth.columns().into_iter().zip(residuals).map(|(r, given)| (norm(&r) - given).abs());
        let worst = off.fold(0.0, f64::max);
        report.insist(worst < 1e-8, "residuals, if given, are the norms of A v - lambda v", || {
            format!("one of them is off by {}", number(worst))
        })?;
    }
    Ok((pairs, count))
}

/// Five columns more than the matrix has rows, so Q spans everything and the eigenpairs are exact.
fn exact(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from(vec![1.0, -6.0, 3.0, -0.5, 5.0, 0.2, -2.0, 0.1]);
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 1));
    let (pairs, _) = run(student, report, &a, (4, 9, 0), 1)?;
    let expected = Array1::from(vec![-6.0, 5.0, 3.0, -2.0]);
    let same = |other: &[f64]| pairs.values.iter().zip(other).all(|(got, other)| close(*got, *other, 1e-8));
    report.require(
        same(&[-6.0, 5.0, 3.0, -2.0]),
        "the four of largest magnitude of {5, 3, 1, .., -2, -6}, in order",
        || {
            let cause = if same(&[5.0, 3.0, 1.0, 0.2]) {
                ". These are the largest by value; -6 and -2 have a larger magnitude than 1"
            } else if same(&[-2.0, 3.0, 5.0, -6.0]) {
                ". These are the right ones in ascending order; put the largest magnitude first"
            } else if same(&[5.0, 3.0, -2.0, -6.0]) || same(&[-6.0, -2.0, 3.0, 5.0]) {
                ". These are the right ones sorted by value; sort by magnitude, largest first"
            } else if same(&[6.0, 5.0, 3.0, 2.0]) {
                ". These are singular values; eigenvalues keep their sign"
            } else if same(&[-6.0, -2.0, -0.5, 0.1]) {
                ". These are the smallest; `eigh` returns them in ascending order"
            } else if same(&[0.1, 0.2, -0.5, 1.0]) {
                ". These are the smallest by magnitude; sort in descending order"
            } else {
                ""
            };
            format!("expected {:.3?}, got {:.3?}{cause}", expected.to_vec(), pairs.values.to_vec())
        },
    )?;
    let residual = largest(&(a.matrix().dot(&pairs.vectors) - &pairs.vectors * &pairs.values));
    report.require(residual < 1e-8, "column j of the vectors belongs to value j: A v = lambda v", || {
        format!(
            "A v - lambda v has an entry of {}. Do you take the values and the vectors in the same order?",
            number(residual)
        )
    })
}

/// What every Rayleigh-Ritz step guarantees.
const RAYLEIGH_RITZ: &str = "the values are those of Q^T A Q: V^T A V = diag(values)";

fn products(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(40, |i| (-1.0_f64).powi(i as i32) / (1.0 + i as f64));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 2));
    for (k, oversample, n_power) in [(3, 4, 0), (3, 4, 2), (5, 0, 1)] {
        let (pairs, count) = run(student, report, &a, (k, oversample, n_power), 1)?;
        let expected = (n_power + 2) * (k + oversample);
        let what = format!("k = {k}, oversample = {oversample}, n_power = {n_power}: {expected} products");
        report.require(count == expected, &what, || {
            let columns = k + oversample;
            let cause = if count == (n_power + 2) * k && oversample > 0 {
                "The block needs k + oversample columns"
            } else if count == 2 * columns {
                "You did not use n_power; multiply n_power + 1 times before the small problem, which takes one more"
            } else if count == (n_power + 1) * columns {
                "There is one product per column too few; you need n_power + 1 for the basis (`0..=n_power`) and one more for Q^T A Q"
            } else if count == (2 * n_power + 2) * columns {
                "There are two products per power; for a symmetric matrix one is enough"
            } else if count == (n_power + 3) * columns {
                "There is one product per column too many; you need n_power + 1 for the basis and one for Q^T A Q"
            } else {
                "You need n_power + 1 for the basis and one for Q^T A Q, times k + oversample columns"
            };
            format!("got {count}. {cause}")
        })?;
        report.insist(pairs.n_matvecs == count, "n_matvecs is the number of products", || {
            format!("expected {count}, got {}: (n_power + 2) (k + oversample)", pairs.n_matvecs)
        })?;
        let projected = pairs.vectors.t().dot(&a.matrix().dot(&pairs.vectors)) - Array2::from_diag(&pairs.values);
        report.insist(largest(&projected) < 1e-10, RAYLEIGH_RITZ, || {
            format!(
                "off by {}. Take them from `eigh` of the small matrix `q.t().dot(&a.apply_block(&q))`",
                number(largest(&projected))
            )
        })?;
    }
    report.expect(true, RAYLEIGH_RITZ, String::new);
    let (one, _) = run(student, report, &a, (3, 4, 0), 1)?;
    let (again, _) = run(student, report, &a, (3, 4, 0), 1)?;
    let (other, _) = run(student, report, &a, (3, 4, 0), 2)?;
    let moved =
        |pairs: &Eigenpairs| (&pairs.values - &one.values).iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    report.expect(moved(&again) < 1e-12, "the same seed gives the same eigenvalues", || {
        "two calls with seed 1 differ; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    });
    report.expect(moved(&other) > 1e-9, "another seed gives other eigenvalues", || {
        "seeds 1 and 2 gave the same eigenvalues; create the generator from the `seed` argument, with `rng(seed)`"
            .to_owned()
    });
    Ok(())
}

/// When the spectrum decays slowly, only powers give accurate eigenvalues.
fn powers(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(60, |i| 1.0 / (1.0 + i as f64));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 3));
    let mut error = |n_power: usize| -> Result<f64, End> {
        let mut sum = 0.0;
        for seed in 0..8 {
            let (pairs, _) = run(student, report, &a, (3, 5, n_power), seed)?;
            sum += (0..3).map(|j| (pairs.values[j] / spectrum[j] - 1.0).abs()).fold(0.0, f64::max);
        }
        Ok(sum / 8.0)
    };
    let (none, four) = (error(0)?, error(4)?);
    report.require(
        four < 1e-2 * none,
        "four powers make the top three eigenvalues of 1/j a hundred times better",
        || {
            format!(
                "the mean error goes from {} to {}. In each power, multiply A by the *block from the previous power*",
                number(none),
                number(four)
            )
        },
    )
}

/// Eight powers of a spectrum that falls by 4 each: the ninth power of a ratio of 4^5 is 1e27, beyond the digits of a double.
fn stability(student: RandomizedEigh, report: &mut Report) -> Outcome {
    let spectrum = Array1::from_shape_fn(30, |i| 0.25_f64.powi(i as i32));
    let a = Recording::new(symmetric_with_spectrum(&spectrum, 4));
    let (pairs, _) = run(student, report, &a, (6, 2, 8), 1)?;
    let truth = eigvalsh(a.matrix());
    let error = (0..6).map(|j| (pairs.values[j] / truth[29 - j] - 1.0).abs()).fold(0.0, f64::max);
    report.expect(
        error < 1e-8,
        "after eight powers the sixth eigenvalue of the spectrum 4^-j is not lost in rounding",
        || {
            let cause =
                "Orthonormalise after *every* product; otherwise all columns turn towards the first eigenvector";
            format!("its relative error is {}. {cause}", number(error))
        },
    );
    Ok(())
}
