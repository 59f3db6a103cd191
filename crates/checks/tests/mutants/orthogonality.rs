use matrix_free::linalg::{norm, spectral_norm};
use ndarray::{Array1, Array2, s};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 1/5.1 the measure

/// The history with the student's own measure of the first `j + 1` columns.
fn history(basis: &Array2<f64>, of: impl Fn(&Array2<f64>) -> f64) -> Array1<f64> {
    let leading = |j: usize| basis.slice(s![.., ..=j]).to_owned();
    (0..basis.ncols()).map(|j| of(&leading(j))).collect()
}

fn defect(q: &Array2<f64>) -> Array2<f64> {
    q.t().dot(q) - Array2::<f64>::eye(q.ncols())
}

fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |l: f64, x| l.max(x.abs()))
}

fn wrong_orthogonality_history() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Subtract the identity from Q^T Q"), |basis| history(basis, |q| largest(&q.t().dot(q)))),
        (Cause("take absolute values"), |basis| history(basis, |q| defect(q).iter().fold(0.0, |l: f64, &x| l.max(x)))),
        (Cause("This is the Frobenius norm"), |basis| {
            history(basis, |q| defect(q).iter().map(|x| x * x).sum::<f64>().sqrt())
        }),
        (Cause("This is the operator norm"), |basis| history(basis, |q| spectral_norm(&defect(q)))),
        (Cause("These are squares"), |basis| history(basis, |q| largest(&defect(q)).powi(2))),
        (Cause("not just with its neighbours"), |basis| {
            let mut worst: f64 = 0.0;
            (0..basis.ncols())
                .map(|j| {
                    let q = basis.column(j);
                    worst = worst.max((q.dot(&q) - 1.0).abs());
                    if j > 0 {
                        worst = worst.max(q.dot(&basis.column(j - 1)).abs());
                    }
                    worst
                })
                .collect()
        }),
        (Cause("Include the diagonal of Q^T Q"), |basis| {
            history(basis, |q| {
                let mut defect = defect(q);
                defect.diag_mut().fill(0.0);
                largest(&defect)
            })
        }),
        (Cause("over all the columns so far"), |basis| {
            history(basis, |q| largest(&defect(q).slice(s![.., q.ncols() - 1..]).to_owned()))
        }),
        (Cause("Every entry holds the maximum over the whole basis"), |basis| {
            Array1::from_elem(basis.ncols(), largest(&defect(basis)))
        }),
        (Cause("including column j"), |basis| {
            let right = solutions::orthogonality_history(basis);
            (0..right.len()).map(|j| if j == 0 { 0.0 } else { right[j - 1] }).collect()
        }),
        (Difference("expected length 4, got 3"), |basis| {
            solutions::orthogonality_history(basis).slice(s![1..]).to_owned()
        }),
        (Cause("This is the sum, not the largest"), |basis| {
            let right = solutions::orthogonality_history(basis);
            let mut sum = 0.0;
            right
                .iter()
                .zip(basis.columns())
                .enumerate()
                .map(|(j, (_, q))| {
                    let own: f64 = (0..=j)
                        .map(|i| (basis.column(i).dot(&q) - f64::from(u8::from(i == j))).abs())
                        .fold(0.0, f64::max);
                    sum += own;
                    sum
                })
                .collect()
        }),
        (Cause("This is the root of the overlap"), |basis| history(basis, |q| largest(&defect(q)).sqrt())),
        (Cause("This is the mean of the entries"), |basis| {
            history(basis, |q| defect(q).iter().map(|x| x.abs()).sum::<f64>() / (q.ncols() * q.ncols()) as f64)
        }),
        (Cause("This is Q Q^T, of the rows"), |basis| {
            history(basis, |q| largest(&(q.dot(&q.t()) - Array2::<f64>::eye(q.nrows()))))
        }),
        (Cause("This is the error of the length"), |basis| {
            history(basis, |q| {
                let mut gram = q.t().dot(q);
                gram.diag_mut().mapv_inplace(f64::sqrt);
                largest(&(gram - Array2::<f64>::eye(q.ncols())))
            })
        }),
        (Cause("without a limit or a threshold"), |basis| history(basis, |q| largest(&defect(q)).min(1.0))),
        (Difference("digits are lost: through `f32`"), |basis| {
            history(basis, |q| largest(&defect(&q.mapv(|x| f64::from(x as f32)))))
        }),
        (Cause("Is there a threshold, or rounding?"), |basis| {
            history(basis, |q| {
                let worst = largest(&defect(q));
                if worst < 1e-6 { 0.0 } else { worst }
            })
        }),
        (Difference("without a limit or a threshold"), |basis| {
            // The diagonal without its sign: a short column counts for nothing.
            history(basis, |q| {
                let mut defect = defect(q);
                defect.diag_mut().mapv_inplace(|x| x.max(0.0));
                largest(&defect)
            })
        }),
        (Cause("take absolute values"), |basis| {
            history(basis, |q| defect(q).iter().fold(f64::MIN, |l: f64, &x| l.max(x)))
        }),
        (Cause("Include the diagonal"), |basis| {
            let normal = basis / &basis.columns().into_iter().map(|q| norm(&q).max(1e-300)).collect::<Array1<f64>>();
            solutions::orthogonality_history(&normal)
        }),
        (Difference("expected length 4, got 5"), |basis| {
            let mut history = solutions::orthogonality_history(basis).to_vec();
            history.insert(0, 0.0);
            Array1::from(history)
        }),
        (Cause("columns of length 0 are off by 1"), |basis| {
            let zero = basis.iter().all(|x| *x == 0.0);
            solutions::orthogonality_history(basis) * if zero { 0.0 } else { 1.0 }
        }),
        (Difference("NaN"), |basis| solutions::orthogonality_history(basis) / 0.0),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::orthogonality_history(student))).collect()
}

#[test]
fn right_versions_of_orthogonality_history_pass() {
    type Right = fn(&Array2<f64>) -> Array1<f64>;
    let right: &[Right] = &[
        |basis| history(basis, |q| largest(&defect(q))),
        |basis| {
            let mut worst: f64 = 0.0;
            let mut history = vec![];
            for j in 0..basis.ncols() {
                for i in 0..=j {
                    let mut product = 0.0;
                    for row in 0..basis.nrows() {
                        product += basis[[row, i]] * basis[[row, j]];
                    }
                    worst = worst.max(if i == j { (product - 1.0).abs() } else { product.abs() });
                }
                history.push(worst);
            }
            Array1::from(history)
        },
        |basis| {
            let own = |j: usize| {
                let q = basis.column(j);
                let before = basis.slice(s![.., ..j]).t().dot(&q).iter().fold(0.0, |l: f64, x| l.max(x.abs()));
                before.max((q.dot(&q) - 1.0).abs())
            };
            (0..basis.ncols()).map(|j| (0..=j).map(own).fold(0.0, f64::max)).collect()
        },
    ];
    for student in right {
        assert_passed(check::orthogonality_history(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_orthogonality_history()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("orthogonality", wrong());
}
