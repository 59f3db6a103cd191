use ndarray::Array1;
use spectral_course::check;
use spectral_course::solutions::{self, Slopes};

use super::common::Says::{self, Cause};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 1/2.2 slopes

/// The slopes from a choice of the second eigenvalue.
fn slopes(eigenvalues: &Array1<f64>, second: impl Fn(&[f64]) -> f64) -> Slopes {
    let mut sorted = eigenvalues.to_vec();
    sorted.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let vector = (second(&sorted) / sorted[0]).abs().log10();
    Slopes { value: 2.0 * vector, vector }
}

fn wrong_predicted_slopes() -> Vec<Wrong> {
    type Student = fn(&Array1<f64>) -> Slopes;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Copies of lambda_1 belong to the eigenspace"), |e| slopes(e, |sorted| sorted[1])),
        (Cause("neither gains on the other"), |e| {
            slopes(e, |sorted| sorted.iter().copied().find(|x| x.abs() < sorted[0].abs()).unwrap_or(0.0))
        }),
        (Cause("find lambda_1 and lambda_2 first"), |e| {
            let vector = (e[1] / e[0]).abs().log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("Magnitudes count, not values"), |e| {
            let mut sorted = e.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            let second = sorted.iter().copied().find(|x| *x != sorted[0]).unwrap_or(0.0);
            let vector = (second / sorted[0]).abs().log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("This is the natural logarithm"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: value * std::f64::consts::LN_10, vector: vector * std::f64::consts::LN_10 }
        }),
        (Cause("The two are exchanged"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: vector, vector: value }
        }),
        (Cause("An error that shrinks has a negative slope"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: -value, vector: -vector }
        }),
        (Cause("return its logarithm"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: 10.0_f64.powf(value), vector: 10.0_f64.powf(vector) }
        }),
        (Cause("not the smallest"), |e| slopes(e, |sorted| sorted[sorted.len() - 1])),
        // The copies of lambda_1 are taken out, and nothing is left.
        (Cause("one step is enough"), |e| {
            let first = e.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let others: Vec<f64> = e.iter().filter(|value| **value != first).map(|value| value.abs()).collect();
            let second = others.iter().copied().max_by(f64::total_cmp).expect("an eigenvalue that differs");
            let vector = (second / first.abs()).log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("All eigenvalues are lambda_1"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            let full = e.iter().all(|value| *value == e[0]);
            if full { Slopes { value: 0.0, vector: 0.0 } } else { Slopes { value, vector } }
        }),
        (Cause("Do not leave zeros out"), |e| {
            let kept: Array1<f64> = e.iter().copied().filter(|value| *value != 0.0).collect();
            if kept.len() < e.len() { Slopes { value: 0.0, vector: 0.0 } } else { solutions::predicted_slopes(&kept) }
        }),
        (Cause("Is an eigenvalue compared with a fixed number"), |e| {
            let first = e.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let second = e.iter().filter(|v| (**v - first).abs() > 1e-6).fold(0.0, |l: f64, v| l.max(v.abs()));
            let vector = (second / first.abs()).log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("9.99 is not a copy of 10"), |e| {
            let first = e.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let second = e.iter().filter(|v| (**v / first - 1.0).abs() > 0.01).fold(0.0, |l: f64, v| l.max(v.abs()));
            let vector = (second / first.abs()).log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("This is the binary logarithm"), |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: value * std::f64::consts::LOG2_10, vector: vector * std::f64::consts::LOG2_10 }
        }),
        (Cause("not its square"), |e| {
            let vector = solutions::predicted_slopes(e).vector;
            Slopes { value: vector * vector, vector }
        }),
        (Cause("not half of it"), |e| {
            let vector = solutions::predicted_slopes(e).vector;
            Slopes { value: vector / 2.0, vector }
        }),
        (Cause("The value converges twice as fast"), |e| {
            let vector = solutions::predicted_slopes(e).vector;
            Slopes { value: vector, vector }
        }),
        (Cause("Magnitudes count, not values"), |e| {
            slopes(&e.mapv(|v| v.max(0.0)), |sorted| sorted.iter().copied().find(|v| *v != sorted[0]).unwrap_or(0.0))
        }),
        (Cause("Both copies of 10 belong to the eigenspace"), |e| {
            // Only neighbours in the list count as copies.
            let first = e.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let at = e.iter().position(|v| *v == first).unwrap_or(0);
            let kept = e.iter().enumerate().filter(|(i, v)| *i != at && !(*i == at + 1 && **v == first));
            let second = kept.fold(0.0, |l: f64, (_, v)| l.max(v.abs()));
            let vector = (second / first.abs()).log10();
            Slopes { value: 2.0 * vector, vector }
        }),
        (Cause("neither gains on the other"), |e| {
            let mut sizes = e.mapv(f64::abs).to_vec();
            sizes.sort_by(|a, b| b.total_cmp(a));
            sizes.dedup();
            let vector = (sizes.get(1).copied().unwrap_or(0.0) / sizes[0]).log10();
            Slopes { value: 2.0 * vector, vector }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::predicted_slopes(student))).collect()
}

#[test]
fn right_versions_of_predicted_slopes_pass() {
    type Right = fn(&Array1<f64>) -> Slopes;
    let right: &[Right] = &[
        // Minus zero is zero.
        |e| {
            let Slopes { value, vector } = solutions::predicted_slopes(e);
            Slopes { value: value + -0.0, vector: vector + -0.0 }
        },
        |e| slopes(e, |sorted| sorted.iter().copied().find(|value| *value != sorted[0]).unwrap_or(0.0)),
        // Copies up to rounding.
        |e| slopes(e, |sorted| sorted.iter().copied().find(|v| (v / sorted[0] - 1.0).abs() > 1e-10).unwrap_or(0.0)),
        |e| {
            let mut first = e[0];
            for &value in e {
                if value.abs() > first.abs() {
                    first = value;
                }
            }
            let mut factor: f64 = 0.0;
            for &value in e {
                if value != first {
                    factor = factor.max((value / first).abs());
                }
            }
            Slopes { value: factor.powi(2).log10(), vector: factor.log10() }
        },
    ];
    for student in right {
        assert_passed(check::predicted_slopes(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_predicted_slopes()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("slopes", wrong());
}
