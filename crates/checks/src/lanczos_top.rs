use ndarray::{Array1, Array2, array, s};

use super::claim::{expected_and_got, number};
use super::compare::{close, expect_entries, expect_entries_or, require_vector};
use super::lanczos::loss_of;
use super::recorded_run::RecordedRun;
use super::recording::Recording;
use super::report::{Outcome, Report, report};
use super::starts::{START_SIZE, expect_starts};
use course_protocol::card::Card;
use estimators::{RitzValues, Top};
use matrix_free::linalg::linspace;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

type LanczosTop = fn(&dyn SymmetricOperator, usize, usize, Top, u64) -> RitzValues;

/// Checks exercise 1/6.1: both meanings of top, the bounds against residuals computed from the vectors of the run, a long run.
pub fn lanczos_top(student: LanczosTop) -> Card {
    report("1/6.1", |report| {
        both_meanings(student, report)?;
        for (seed, scale) in [(2, 1.0), (5, 1e-8), (6, 1e8)] {
            bounds(student, report, seed, scale)?;
            if !report.is_clean() {
                return Ok(());
            }
        }
        ends_early(student, report)?;
        long_run(student, report)?;
        if !report.is_clean() {
            return Ok(());
        }
        let a = Recording::new(Array2::from_diag(&linspace(0.5, 1.0, START_SIZE)));
        let start = |report: &mut Report, seed: u64| {
            call(student, report, &a, (1, 2, Top::Largest, seed))?;
            Ok(a.take().into_iter().next().unwrap_or_else(|| Array1::zeros(START_SIZE)))
        };
        expect_starts(report, start, "`lanczos(a, seed, ..)` draws the start vector from the seed")
    })
}

fn call(
    student: LanczosTop,
    report: &mut Report,
    a: &Recording,
    (k, n_steps, top, seed): (usize, usize, Top, u64),
) -> Result<RitzValues, super::report::End> {
    let got = report.call(|| student(a, k, n_steps, top, seed))?;
    require_vector(report, "values", &got.values, k, "per requested eigenvalue")?;
    require_vector(report, "bounds", &got.bounds, k, "per value")?;
    Ok(got)
}

/// With as many steps as the matrix has rows, the Ritz values are the eigenvalues.
fn both_meanings(student: LanczosTop, report: &mut Report) -> Outcome {
    let a = Recording::new(symmetric_with_spectrum(&array![-9.0, -5.0, -1.0, 0.5, 1.0, 2.0, 4.0, 6.0], 3));
    let cases = [
        (Top::Largest, array![6.0, 4.0, 2.0], "the three largest of {-9, -5, -1, .., 2, 4, 6}"),
        (Top::LargestMagnitude, array![-9.0, 6.0, -5.0], "the three of largest magnitude"),
    ];
    for (top, expected, what) in cases {
        let got = call(student, report, &a, (3, 8, top, 1))?;
        let suspects = [
            ("The order is ascending; put the top one first", expected.iter().rev().copied().collect()),
            (
                "These are the smallest; the Ritz values are ascending, so the largest come last",
                array![-9.0, -5.0, -1.0],
            ),
            (
                "These are the smallest; the Ritz values are ascending, so the largest come last",
                array![-1.0, -5.0, -9.0],
            ),
            (
                "These are the absolute values; sort by them, but return the values with their signs",
                expected.mapv(f64::abs),
            ),
            (
                "These are the three of largest magnitude; `top` is Top::Largest, so the sign counts",
                array![-9.0, 6.0, -5.0],
            ),
            (
                "These are the three largest; `top` is Top::LargestMagnitude, so the sign does not count",
                array![6.0, 4.0, 2.0],
            ),
            ("The three are right, but sorted with their signs; sort by magnitude", array![6.0, -5.0, -9.0]),
            (
                "The first value is left out; start at index 0 of the sorted ones",
                if top == Top::Largest { array![4.0, 2.0, 1.0] } else { array![6.0, -5.0, 4.0] },
            ),
            ("The sign is wrong", expected.mapv(|x: f64| -x)),
            ("These are the smallest in magnitude; sort in descending order", array![0.5, 1.0, -1.0]),
        ];
        let look = "Look at the order, the signs, and whether all Ritz values are considered. Eight steps give all eight eigenvalues here";
        if !expect_entries_or(report, what, &got.values, &expected, 1e-8, &suspects, look) {
            return Err(super::report::End::Pointless);
        }
    }
    Ok(())
}

/// In a short run nothing has converged, and each bound is the norm of a residual that can be computed.
fn bounds(student: LanczosTop, report: &mut Report, seed: u64, scale: f64) -> Outcome {
    // All eight, since the sign of a last component is the eigensolver's choice, and four may be positive by luck.
    let (n, k, steps) = (30, 8, 8);
    let a = Recording::new(symmetric_with_spectrum(&linspace(-3.0, 5.0, n), 4) * scale);
    let got = call(student, report, &a, (k, steps, Top::LargestMagnitude, seed))?;
    let of = if scale == 1.0 { String::new() } else { format!(", for {scale:e} A") };
    let vectors = a.take();
    report.require(
        vectors.len() == steps && got.n_matvecs == steps,
        "it takes n_steps matvecs, and n_matvecs says so",
        || {
            let cause = if vectors.len() == steps {
                "Return `run.n_matvecs`"
            } else {
                "Run Lanczos once, with n_steps steps; values and bounds need no further product"
            };
            format!(
                "expected {steps} for both, got {} products and n_matvecs = {}. {cause}",
                vectors.len(),
                got.n_matvecs
            )
        },
    )?;
    let run = RecordedRun::new(a.matrix(), &vectors);
    let order = run.top(k, f64::abs);
    let pick = |f: &dyn Fn(usize) -> f64| -> Array1<f64> { order[..k].iter().map(|&i| f(i)).collect() };
    let expected_values = pick(&|i| run.ritz.values[i]);
    report.require(
        got.values.iter().zip(&expected_values).all(|(g, e)| close(*g / scale, *e / scale, 1e-8)),
        &format!("after 8 steps the values are the Ritz values{of}"),
        || {
            let at = (0..k).find(|&i| !close(got.values[i] / scale, expected_values[i] / scale, 1e-8)).unwrap_or(0);
            let cause = if (got.values[at] / expected_values[at] - 1.0).abs() < 1e-5 {
                "compute in `f64`"
            } else {
                "return the values of the run, in the order of `top`, without a threshold"
            };
            format!("value {at}: {}; {cause}", expected_and_got(expected_values[at], got.values[at]))
        },
    )?;
    expect_entries_or(
        report,
        &format!("each bound is the residual norm ||A y - theta y|| of its Ritz vector{of}"),
        &got.bounds,
        &pick(&|i| run.residual(i)),
        1e-7,
        &run.mistaken_residuals(&order),
        "The bound is `run.residual` times |last component of column i of ritz.vectors|, for the i of its value, without a threshold",
    );
    Ok(())
}

/// Outliers converge within a few steps, and then a plain recurrence sees them again.
fn long_run(student: LanczosTop, report: &mut Report) -> Outcome {
    let mut eigenvalues = linspace(0.0, 1.0, 120);
    eigenvalues.slice_mut(s![117..]).assign(&array![20.0, 50.0, 100.0]);
    let a = Recording::new(symmetric_with_spectrum(&eigenvalues, 4));
    let got = call(student, report, &a, (4, 60, Top::Largest, 1))?;
    let loss = loss_of(&a.take());
    report.require(loss < 1e-8, "over 60 steps the vectors stay orthogonal", || {
        format!("expected |q_i^T q_j| at rounding level, got {}. Use `Reorthogonalization::Full`; without it, an eigenvalue appears several times", number(loss))
    })?;
    let expected = array![100.0, 50.0, 20.0, eigenvalues[116]];
    expect_entries(report, "each eigenvalue appears once", &got.values, &expected, 1e-3, &[]);
    report.expect(got.bounds[0] < 1e-10, "the bound of a converged value is tiny", || {
        format!("expected less than 1e-10, got {}", number(got.bounds[0]))
    });
    Ok(())
}

/// At an invariant subspace the run ends, and there are fewer Ritz values than steps asked for.
fn ends_early(student: LanczosTop, report: &mut Report) -> Outcome {
    let cases = [
        (
            symmetric_with_spectrum(&array![2.0, 2.0, 2.0, -3.0, -3.0, -3.0], 5),
            6,
            array![-3.0, 2.0],
            "with two distinct eigenvalues",
        ),
        (Array2::eye(5) * 4.0, 4, array![4.0], "on 4 times the identity"),
        (Array2::zeros((5, 5)), 3, array![0.0], "on the zero matrix"),
        (array![[-2.0]], 1, array![-2.0], "on a 1 x 1 matrix"),
    ];
    for (matrix, n_steps, expected, name) in cases {
        let k = expected.len();
        let a = Recording::new(matrix);
        let what = format!("{name} the run of {n_steps} steps ends after {k}");
        let got = report.call(|| student(&a, k, n_steps, Top::LargestMagnitude, 7)).inspect_err(|_| {
            report.expect(false, &what, || "your function panicked. The number of steps taken is `ritz.values.len()`, which may be less than n_steps".to_owned());
        })?;
        require_vector(report, "values", &got.values, k, "per requested eigenvalue")?;
        require_vector(report, "bounds", &got.bounds, k, "per value")?;
        let products = a.take().len();
        report.require(got.n_matvecs == products, &what, || {
            format!(
                "the operator was applied {products} times, but n_matvecs is {}. The run may end early: return `run.n_matvecs`, not n_steps",
                got.n_matvecs
            )
        })?;
        let holds = expected.iter().zip(&got.values).all(|(e, g)| close(*g, *e, 1e-10));
        report.require(holds, &format!("{what}, and the values are eigenvalues"), || {
            format!("expected {expected}, got {}", got.values)
        })?;
        let largest = got.bounds.iter().fold(0.0, |l: f64, b| l.max(b.abs()));
        report.require(largest < 1e-10, &format!("{what}, and the bounds are zero up to rounding"), || {
            format!("expected less than 1e-10, got {}. Take the last component of u in the steps that were taken, and `run.residual`, without a floor", number(largest))
        })?;
    }
    Ok(())
}
