use ndarray::{Array1, Array2, array, s};

use super::claim::{expected_and_got, number};
use super::compare::{
    NEARLY, agree, distance, expect_entries, expect_entries_or, loss_of_orthogonality, require_matrix, require_vector,
};
use super::lanczos::loss_of;
use super::recorded_run::RecordedRun;
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use super::starts::{START_SIZE, expect_starts};
use course_protocol::card::Card;
use estimators::Eigenpairs;
use matrix_free::linalg::{linspace, norm};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type HessianTopk = fn(&dyn SymmetricOperator, usize, usize, u64) -> Eigenpairs;

/// Checks exercise 4/2.1: the order, the pairs and residuals of a short run at three scales, invariant subspaces, a long run, the start.
pub fn hessian_topk(student: HessianTopk) -> Card {
    report("4/2.1", |report| {
        whole_spectrum(student, report)?;
        for (seed, scale) in [(2, 1.0), (5, 1e-8), (6, 1e8)] {
            short_run(student, report, seed, scale)?;
        }
        ends_early(student, report)?;
        long_run(student, report)?;
        let a = Recording::new(Array2::from_diag(&linspace(0.5, 1.0, START_SIZE)));
        let start = |report: &mut Report, seed: u64| {
            call(student, report, &a, (1, 2, seed))?;
            Ok(a.take().into_iter().next().unwrap_or_else(|| Array1::zeros(START_SIZE)))
        };
        expect_starts(report, start, "`lanczos(a, seed, ..)` draws the start vector from the seed")
    })
}

/// Calls the student's function; ends the check unless the pairs have the right shapes. Returns them with their residuals.
fn call(
    student: HessianTopk,
    report: &mut Report,
    a: &Recording,
    (k, n_steps, seed): (usize, usize, u64),
) -> Result<(Eigenpairs, Array1<f64>), End> {
    let pairs = report.call(|| student(a, k, n_steps, seed))?;
    require_vector(report, "values", &pairs.values, k, "per requested eigenpair")?;
    let (n, shape) = (a.dim(), pairs.vectors.dim());
    let why = if shape == (k, n) {
        ". Return the vectors as columns"
    } else if shape.0 == n {
        ". Return only the k columns that belong to the values"
    } else if shape == (n_steps, k) || shape == (n_steps, n_steps) {
        ". These are the eigenvectors u of T; multiply the basis by them, `run.basis.dot(&u)`, to get vectors of length n"
    } else {
        ""
    };
    require_matrix(report, "vectors", &pairs.vectors, (n, k), why)?;
    let residuals = pairs.residuals.clone();
    report.insist(residuals.is_some(), "the pairs have their residuals", || {
        "expected one per pair, got None. `Eigenpairs::new(..).with_residuals(..)` keeps them".to_owned()
    })?;
    let residuals = residuals.unwrap_or_default();
    require_vector(report, "residuals", &residuals, k, "per pair")?;
    Ok((pairs, residuals))
}

/// With as many steps as the matrix has rows, the Ritz values are the eigenvalues.
fn whole_spectrum(student: HessianTopk, report: &mut Report) -> Outcome {
    let a = Recording::new(symmetric_with_spectrum(&array![-9.0, -5.0, -1.0, 0.5, 1.0, 2.0, 4.0, 6.0], 3));
    let (pairs, _) = call(student, report, &a, (3, 8, 1))?;
    let smallest = "These are the smallest; the Ritz values are ascending, so the largest come last";
    let magnitude = "These are the three of largest magnitude; the sign counts here, so -9 is not at the top";
    let suspects = [
        ("The order is ascending; put the largest first", array![2.0, 4.0, 6.0]),
        (smallest, array![-9.0, -5.0, -1.0]),
        (smallest, array![-1.0, -5.0, -9.0]),
        (magnitude, array![-9.0, 6.0, -5.0]),
        (magnitude, array![9.0, 6.0, 5.0]),
        (magnitude, array![6.0, -5.0, -9.0]),
        (
            "The first value is left out; the largest is the last of the ascending ones, at steps - 1",
            array![4.0, 2.0, 1.0],
        ),
        ("The sign is wrong", array![-6.0, -4.0, -2.0]),
        ("These are the smallest in magnitude; sort by value, in descending order", array![0.5, 1.0, -1.0]),
        ("You squared the values", array![36.0, 16.0, 4.0]),
    ];
    let look = "Eight steps on an 8 x 8 matrix give all eight eigenvalues. Are there n_steps steps, and do the values come from `run.ritz()`?";
    let what = "the three largest of {-9, -5, -1, .., 2, 4, 6}, in descending order";
    let holds = expect_entries_or(report, what, &pairs.values, &array![6.0, 4.0, 2.0], 1e-8, &suspects, look);
    if holds { Ok(()) } else { Err(End::Pointless) }
}

const VALUES: &str = "after 8 steps the values are the 6 largest Ritz values";
const VECTORS: &str = "column j of the vectors is Q u, the Ritz vector of value j";

/// In a short run nothing has converged, so that each pair is told apart from an eigenpair, and each residual can be computed.
fn short_run(student: HessianTopk, report: &mut Report, seed: u64, scale: f64) -> Outcome {
    let (n, k, steps) = (30, 6, 8);
    let a = Recording::new(symmetric_with_spectrum(&linspace(-3.0, 5.0, n), 4) * scale);
    let (pairs, residuals) = call(student, report, &a, (k, steps, seed))?;
    let of = if scale == 1.0 { String::new() } else { format!(", for {scale:e} A") };
    let reached = a.take();
    products(report, reached.len(), pairs.n_matvecs, (k, steps, n))?;
    let run = RecordedRun::new(a.matrix(), &reached);
    let order = run.top(k, |value| value);
    let expected: Array1<f64> = order.iter().map(|&i| run.ritz.values[i]).collect();
    report.insist(
        (0..k).all(|j| agree(pairs.values[j], expected[j], scale, 1e-8)),
        &format!("{VALUES}{of}"),
        || {
            let off = |j: usize| (pairs.values[j] - expected[j]).abs();
            let at = (0..k).find(|&j| !agree(pairs.values[j], expected[j], scale, 1e-8)).unwrap_or(0);
            let cause = if off(at) < 1e-4 * scale {
                NEARLY
            } else {
                "Return the values of the run, without a threshold: which of them is large depends on the scale of A"
            };
            format!("value {at}: {}. {cause}", expected_and_got(expected[at], pairs.values[at]))
        },
    )?;
    columns(report, &run, &order, &pairs.vectors, &of)?;
    // What holds at all scales is said once.
    report.expect(true, VALUES, String::new);
    report.expect(true, VECTORS, String::new);
    let right: Array1<f64> = order.iter().map(|&i| run.residual(i)).collect();
    let holds = expect_entries_or(
        report,
        &format!("each residual is ||A v - theta v||{of}"),
        &residuals,
        &right,
        1e-7,
        &run.mistaken_residuals(&order),
        "It is `run.residual` times the absolute value of the last entry of u, for the u of its value, without a threshold",
    );
    if holds { Ok(()) } else { Err(End::Pointless) }
}

/// The products of one run suffice for values, vectors and residuals.
fn products(report: &mut Report, count: usize, n_matvecs: usize, (k, steps, n): (usize, usize, usize)) -> Outcome {
    let what = "n_steps matvecs give values, vectors and residuals, and n_matvecs says so";
    report.require(count == steps && n_matvecs == steps, what, || {
        let cause = if count == steps {
            "Return `run.n_matvecs`"
        } else if count == steps + k {
            "The residuals need no product of their own: beta_s |e_s^T u| is `run.residual` times the absolute value of the last entry of u"
        } else if count == 2 * steps {
            "Run Lanczos once and keep the run: it holds T, the basis and the residual"
        } else if count == n {
            "Pass n_steps to `lanczos`; as many products as the matrix has rows would be the whole matrix"
        } else {
            "Run Lanczos once, with n_steps steps; nothing else needs a product"
        };
        format!("expected {steps} for both, got {count} products and n_matvecs = {n_matvecs}. {cause}")
    })
}

/// Column j is the Ritz vector of value j, of either sign.
fn columns(report: &mut Report, run: &RecordedRun, order: &[usize], vectors: &Array2<f64>, of: &str) -> Outcome {
    let is = |j: usize, y: &Array1<f64>| {
        let v = vectors.column(j);
        distance(&v, y).min(distance(&v, &-y)) < 1e-6
    };
    let all = |f: &dyn Fn(usize) -> Array1<f64>| (0..order.len()).all(|j| is(j, &f(j)));
    let right = |j: usize| run.vector(order[j]);
    report.insist(all(&right), &format!("{VECTORS}{of}"), || {
        let j = (0..order.len()).find(|&j| !is(j, &right(j))).unwrap_or(0);
        let length = norm(&vectors.column(j));
        let ritz_vector = |j: usize| (0..run.steps()).any(|i| is(j, &run.vector(i)));
        let cause = if (0..order.len()).all(ritz_vector) {
            "These are Ritz vectors, but of other values; take the columns of u in the order of the values, the last one first"
        } else if all(&|j| run.basis().column(j).to_owned()) {
            "These are columns of the basis; multiply the basis by the eigenvectors of T, `run.basis.dot(&u)`"
        } else if all(&|j| run.basis().dot(&run.ritz.vectors.row(order[j]))) {
            "Rows and columns of `ritz.vectors` are swapped; each u is a column of it"
        } else if (length - 1.0).abs() > 1e-6 {
            "Q and u have orthonormal columns, so Q u has them too: return it as it is"
        } else {
            "Multiply the basis of the run by the eigenvectors of T, `run.basis.dot(&u)`, both of the same run"
        };
        let cosine = vectors.column(j).dot(&right(j)).abs();
        format!("column {j} has length {} and an inner product of {} with Q u. {cause}", number(length), number(cosine))
    })
}

/// At an invariant subspace the run ends, and there are fewer Ritz values than steps asked for.
fn ends_early(student: HessianTopk, report: &mut Report) -> Outcome {
    let double = array![2.0, 2.0, 2.0, -3.0, -3.0, -3.0];
    let cases = [
        (
            symmetric_with_spectrum(&double, 5),
            6,
            array![2.0, -3.0],
            "six steps with two distinct eigenvalues end after two",
        ),
        (
            symmetric_with_spectrum(&array![-1.0, 1.0, 5.0, 3.0], 6),
            9,
            array![5.0, 3.0, 1.0, -1.0],
            "nine steps on a 4 x 4 matrix end after four",
        ),
        (Array2::eye(5) * 4.0, 4, array![4.0], "four steps on 4 times the identity end after one"),
        (Array2::zeros((5, 5)), 3, array![0.0], "three steps on the zero matrix end after one"),
        (array![[-2.0]], 1, array![-2.0], "one step on a 1 x 1 matrix gives its entry"),
    ];
    for (matrix, n_steps, expected, what) in cases {
        let k = expected.len();
        let a = Recording::new(matrix);
        let (pairs, residuals) = call(student, report, &a, (k, n_steps, 7)).inspect_err(|end| {
            if matches!(end, End::Stopped(_)) && report.is_clean() {
                report.expect(false, what, || {
                    "your function panicked. The number of steps taken is `ritz.values.len()`, which may be less than n_steps".to_owned()
                });
            }
        })?;
        let products = a.take().len();
        report.insist(pairs.n_matvecs == products, what, || {
            format!(
                "the operator was applied {products} times, but n_matvecs is {}. The run may end early: return `run.n_matvecs`, not n_steps",
                pairs.n_matvecs
            )
        })?;
        report.insist((0..k).all(|j| agree(pairs.values[j], expected[j], 1.0, 1e-10)), what, || {
            format!("expected the eigenvalues {expected}, got {}", pairs.values)
        })?;
        let off = a.matrix().dot(&pairs.vectors) - &pairs.vectors * &pairs.values;
        let worst = off.columns().into_iter().map(|r| norm(&r)).fold(0.0, f64::max);
        report.insist(worst < 1e-10, what, || {
            format!("the vectors should be eigenvectors, but A v - theta v is {} long for one", number(worst))
        })?;
        let largest = residuals.iter().fold(0.0, |largest: f64, r| largest.max(r.abs()));
        report.require(largest < 1e-10, what, || {
            format!("expected residuals below 1e-10, got {}. Take the last entry of u in the steps that were taken, and `run.residual`, without a floor", number(largest))
        })?;
    }
    Ok(())
}

/// Outliers converge within a few steps, and then a plain recurrence sees them again.
fn long_run(student: HessianTopk, report: &mut Report) -> Outcome {
    let mut eigenvalues = linspace(0.0, 1.0, 120);
    eigenvalues[0] = -80.0;
    eigenvalues.slice_mut(s![117..]).assign(&array![20.0, 50.0, 100.0]);
    let a = Recording::new(symmetric_with_spectrum(&eigenvalues, 4));
    let (pairs, residuals) = call(student, report, &a, (4, 60, 1))?;
    let loss = loss_of(&a.take());
    report.require(loss < 1e-8, "over 60 steps the basis stays orthonormal", || {
        format!("expected |q_i^T q_j| at rounding level, got {}. Use `Reorthogonalization::Full`; without it, an eigenvalue appears several times", number(loss))
    })?;
    let expected = array![100.0, 50.0, 20.0, eigenvalues[116]];
    expect_entries(report, "each eigenvalue appears once", &pairs.values, &expected, 1e-3, &[]);
    let loss = loss_of_orthogonality(&pairs.vectors);
    report.expect(loss < 1e-8, "the eigenvectors are orthonormal", || {
        format!("max |V^T V - I| is {}. Multiply the whole basis by the whole of each u", number(loss))
    });
    report.expect(residuals[0] < 1e-10, "the residual of a converged value is tiny", || {
        format!("expected less than 1e-10, got {}. Is there a floor?", number(residuals[0]))
    });
    if report.is_clean() { Ok(()) } else { Err(End::Pointless) }
}
