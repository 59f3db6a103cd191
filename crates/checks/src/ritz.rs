use ndarray::{Array1, Array2, array, s};

use super::compare::{expect_entries, expect_entries_or, require_vector};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{Lanczos, Reorthogonalization};
use matrix_free::linalg::eigvalsh;
use matrix_free::operator::Dense;
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};

type RitzValues = fn(&Lanczos, usize) -> Array1<f64>;

/// Checks exercise 1/4.2: the eigenvalues of the leading blocks of one run.
pub fn ritz_values(student: RitzValues) -> Card {
    report("1/4.2", |report| {
        for (scale, seed) in [(1.0, 9), (1e-8, 10), (1e8, 11)] {
            let a = Dense::new(random_symmetric(20, seed) * scale);
            let run = estimators::lanczos(&a, seed, 12, Reorthogonalization::Full);
            leading_blocks(student, report, &run, scale)?;
            if !report.is_clean() {
                return Ok(());
            }
        }
        // A run that ended after two of the steps asked for.
        let two = symmetric_with_spectrum(&array![2.0, 2.0, 2.0, -1.0, -1.0], 3);
        let run = estimators::lanczos(&Dense::new(two), 4, 5, Reorthogonalization::Full);
        let got = report.call(|| student(&run, run.alpha.len()))?;
        require_vector(report, "the result for a run of two steps", &got, 2, "per step")?;
        expect_entries(report, "a run that ended early, on eigenvalues -1 and 2", &got, &array![-1.0, 2.0], 1e-9, &[]);
        Ok(())
    })
}

/// The eigenvalues of the leading blocks of a run of twelve steps.
fn leading_blocks(student: RitzValues, report: &mut Report, run: &Lanczos, scale: f64) -> Outcome {
    for k in [5, 1, 2, 3, 12] {
        let got = report.call(|| student(run, k))?;
        require_vector(report, &format!("the result for k = {k}"), &got, k, "per step")?;
        let block = |from: usize| {
            Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
                0 => run.alpha[from + i],
                1 => run.beta[from + i.min(j)],
                _ => 0.0,
            })
        };
        let expected = eigvalsh(&block(0));
        let beside = |f: &dyn Fn(f64) -> f64| {
            let t = block(0);
            eigvalsh(&Array2::from_shape_fn((k, k), |(i, j)| if i == j { t[[i, j]] } else { f(t[[i, j]]) }))
        };
        let shifted = eigvalsh(&Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
            0 => run.alpha[i],
            1 => run.beta[(i.min(j) + 1).min(10)],
            _ => 0.0,
        }));
        let suspects = [
            ("These are the diagonal entries of T; return its eigenvalues", run.alpha.slice(s![..k]).to_owned()),
            ("These are the diagonal entries of T; return its eigenvalues", sorted(run.alpha.slice(s![..k]).to_vec())),
            ("beta is squared; T has beta_j itself beside the diagonal", beside(&|b| b * b)),
            ("This is the root of beta; T has beta_j itself beside the diagonal", beside(&|b: f64| b.sqrt())),
            ("Half of beta stands beside the diagonal; T has beta_j on both sides of it", beside(&|b| b / 2.0)),
            ("Twice beta stands beside the diagonal; T has beta_j on both sides of it", beside(&|b| b * 2.0)),
            ("These are the absolute values; an eigenvalue may be negative", sorted(expected.mapv(f64::abs).to_vec())),
            ("These are the absolute values; an eigenvalue may be negative", expected.mapv(f64::abs)),
            ("The sign is wrong", expected.mapv(|x| -x)),
            ("The betas are one step late; beta_1 stands between alpha_1 and alpha_2", shifted),
            ("These are the eigenvalues of T^2; return those of T", sorted(expected.mapv(|x| x * x).to_vec())),
            (
                "This uses the block at the other end of T; the first k steps are in the leading block",
                eigvalsh(&block(12 - k)),
            ),
            ("Return them in ascending order", expected.iter().rev().copied().collect()),
            ("Return them in ascending order", by_magnitude(&expected)),
            ("Return them in ascending order", by_magnitude(&expected).iter().rev().copied().collect()),
            (
                "These are the largest of all twelve Ritz values; truncate T, not the result",
                run.ritz().values.slice(s![12 - k..]).to_owned(),
            ),
            (
                "These are the smallest of all twelve Ritz values; truncate T, not the result",
                run.ritz().values.slice(s![..k]).to_owned(),
            ),
        ];
        let what = match k {
            1 => "after one step the Ritz value is alpha_1".to_owned(),
            12 => "after all twelve steps they are the eigenvalues of T".to_owned(),
            _ => format!("after {k} steps they are the eigenvalues of the leading {k} x {k} block"),
        };
        let what = if scale == 1.0 { what } else { format!("{what}, for {scale:e} A") };
        let look = if scale == 1.0 {
            "T has alpha_1, .., alpha_k on its diagonal and beta_1, .., beta_(k-1) on either side of it. Compute in `f64`"
        } else {
            "Is something compared with a fixed number? What is small depends on the scale of T"
        };
        if !expect_entries_or(report, &what, &got, &expected, 1e-9, &suspects, look) {
            return Ok(());
        }
    }
    Ok(())
}

fn by_magnitude(values: &Array1<f64>) -> Array1<f64> {
    let mut values = values.to_vec();
    values.sort_by(|x, y| x.abs().total_cmp(&y.abs()));
    Array1::from(values)
}

fn sorted(mut values: Vec<f64>) -> Array1<f64> {
    values.sort_by(f64::total_cmp);
    Array1::from(values)
}
