use ndarray::Array1;
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 4/2.2 outliers by a rule

type Student = fn(&Array1<f64>, f64) -> usize;

/// The ratios of all neighbours, as a student computes them first.
fn ratios(values: &Array1<f64>) -> Vec<f64> {
    values.windows(2).into_iter().map(|pair| pair[0] / pair[1]).collect()
}

/// Those of which both values are positive; the others are zero.
fn positive_ratios(values: &Array1<f64>) -> Vec<f64> {
    values.windows(2).into_iter().map(|pair| if pair[1] > 0.0 { pair[0] / pair[1] } else { 0.0 }).collect()
}

/// The first place of the largest number, from 0.
fn largest(numbers: &[f64]) -> usize {
    (0..numbers.len()).fold(0, |best, i| if numbers[i] > numbers[best] { i } else { best })
}

/// How many stand above the largest gap, if the ratio there reaches the least one.
fn above(gaps: &[f64], ratios: &[f64], least_ratio: f64) -> usize {
    let at = largest(gaps);
    if ratios[at] >= least_ratio { at + 1 } else { 0 }
}

fn differences(values: &Array1<f64>) -> Vec<f64> {
    values.windows(2).into_iter().map(|pair| pair[0] - pair[1]).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("take the largest ratio, and only of two positive values"), |values, r| {
            above(&differences(values), &ratios(values), r)
        }),
        (Difference("whatever the differences are"), |values, r| {
            above(&differences(values), &positive_ratios(values), r)
        }),
        (Cause("and compares it with `least_ratio`"), |values, r| above(&differences(values), &differences(values), r)),
        (Cause("the largest difference of two positive values"), |values, r| {
            let positive: Array1<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
            if positive.len() < 2 { 0 } else { above(&differences(&positive), &ratios(&positive), r) }
        }),
        (Cause("A zero below gives an infinite ratio"), |values, r| above(&ratios(values), &ratios(values), r)),
        (Cause("Absolute values are compared"), |values, r| {
            let ratios: Vec<f64> = ratios(values).iter().map(|ratio| ratio.abs()).collect();
            above(&ratios, &ratios, r)
        }),
        (Cause("Of equal ratios the last is taken"), |values, r| {
            // `max_by` returns the last of equal ones.
            let ratios = positive_ratios(values);
            let last = (0..ratios.len()).max_by(|&i, &j| ratios[i].total_cmp(&ratios[j])).unwrap_or(0);
            if ratios[last] >= r { last + 1 } else { 0 }
        }),
        (Cause("Of equal ratios the last is taken"), |values, r| {
            let (mut count, mut best) = (0, 0.0);
            for (i, ratio) in positive_ratios(values).into_iter().enumerate() {
                if ratio >= best {
                    (count, best) = (i + 1, ratio);
                }
            }
            if best >= r { count } else { 0 }
        }),
        (Cause("The ratio is upside down"), |values, r| {
            let ratios: Vec<f64> =
                values.windows(2).into_iter().map(|pair| if pair[1] > 0.0 { pair[1] / pair[0] } else { 0.0 }).collect();
            above(&ratios, &ratios, r)
        }),
        (Cause("The smallest ratio is taken"), |values, r| {
            let ratios: Vec<f64> =
                positive_ratios(values).iter().map(|&ratio| if ratio > 0.0 { 1.0 / ratio } else { 0.0 }).collect();
            above(&ratios, &positive_ratios(values), r)
        }),
        (Cause("compare with >="), |values, r| {
            let ratios = positive_ratios(values);
            let at = largest(&ratios);
            if ratios[at] > r { at + 1 } else { 0 }
        }),
        (Cause("`least_ratio` is not used"), |values, _| {
            above(&positive_ratios(values), &positive_ratios(values), 1.0)
        }),
        (Cause("This is one too few"), |values, r| solutions::count_outliers(values, r).saturating_sub(1)),
        (Cause("This is one too many"), |values, r| match solutions::count_outliers(values, r) {
            0 => 0,
            m => m + 1,
        }),
        (Cause("This counts the values below the gap"), |values, r| match solutions::count_outliers(values, r) {
            0 => 0,
            m => values.len() - m,
        }),
        (Cause("return 0"), |values, r| match solutions::count_outliers(values, r) {
            0 => values.len(),
            m => m,
        }),
        (Cause("return 0"), |values, r| solutions::count_outliers(values, r).max(1)),
        (Cause("This compares the ratio less 1"), |values, r| solutions::count_outliers(values, r + 1.0)),
        (Cause("The count ends at the first ratio that reaches"), |values, r| {
            positive_ratios(values).iter().position(|&ratio| ratio >= r).map_or(0, |at| at + 1)
        }),
        (Cause("The count ends at the last ratio that reaches"), |values, r| {
            positive_ratios(values).iter().rposition(|&ratio| ratio >= r).map_or(0, |at| at + 1)
        }),
        (Cause("This counts the ratios that reach"), |values, r| {
            positive_ratios(values).iter().filter(|&&ratio| ratio >= r).count()
        }),
        (Cause("The first ratio, that of entries 0 and 1, is left out"), |values, r| {
            let mut ratios = positive_ratios(values);
            ratios[0] = 0.0;
            above(&ratios, &ratios, r)
        }),
        (Cause("The last ratio, that of the last two entries, is left out"), |values, r| {
            let (mut count, mut best) = (0, 0.0);
            for m in 1..values.len() - 1 {
                if values[m] > 0.0 && values[m - 1] / values[m] > best {
                    (count, best) = (m, values[m - 1] / values[m]);
                }
            }
            if best >= r { count } else { 0 }
        }),
        (Cause("This counts the values above `least_ratio`"), |values, r| {
            values.iter().filter(|&&value| value >= r).count()
        }),
        // One entry beyond the end.
        (Difference("your function panicked"), |values, r| {
            let ratios: Vec<f64> = (0..values.len()).map(|i| values[i] / values[i + 1]).collect();
            above(&ratios, &ratios, r)
        }),
        // Those above the mean.
        (Difference("Mark the pair with the largest ratio"), |values, r| {
            let mean = values.sum() / values.len() as f64;
            values.iter().filter(|&&value| value > r * mean).count()
        }),
        // Ratios to the largest value.
        (Difference("mark the largest"), |values, r| {
            values.iter().filter(|&&value| value > 0.0 && values[0] / value < r).count()
        }),
        (Difference("Is something compared with a fixed number"), |values, r| {
            let ratios: Vec<f64> = values
                .windows(2)
                .into_iter()
                .map(|pair| if pair[1] > 1e-6 { pair[0] / pair[1] } else { 0.0 })
                .collect();
            above(&ratios, &ratios, r)
        }),
        (Difference("to which nothing is added"), |values, r| {
            let ratios: Vec<f64> = values
                .windows(2)
                .into_iter()
                .map(|pair| if pair[1] > 0.0 { pair[0] / (pair[1] + 1e-12) } else { 0.0 })
                .collect();
            above(&ratios, &ratios, r)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::count_outliers(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("count_outliers", wrong());
}

#[test]
fn right_versions_pass() {
    let right: &[Student] = &[
        |values, r| above(&positive_ratios(values), &positive_ratios(values), r),
        // Without a division.
        |values, r| {
            let (mut count, mut best) = (0, (0.0, 1.0));
            for m in 1..values.len() {
                let (above, below) = (values[m - 1], values[m]);
                if below > 0.0 && above * best.1 > best.0 * below {
                    (count, best) = (m, (above, below));
                }
            }
            if count > 0 && best.0 >= r * best.1 { count } else { 0 }
        },
        // The last of those that are largest, from the end.
        |values, r| {
            let ratios = positive_ratios(values);
            let reached = (0..ratios.len()).rev().filter(|&i| ratios[i] >= r);
            reached.max_by(|&i, &j| ratios[i].total_cmp(&ratios[j])).map_or(0, |at| at + 1)
        },
        // Until the first value that is not positive.
        |values, r| {
            let positive: Vec<f64> = values.iter().copied().take_while(|value| *value > 0.0).collect();
            let ratio = |m: usize| positive[m - 1] / positive[m];
            let best =
                (1..positive.len()).fold(0, |best, m| if best == 0 || ratio(m) > ratio(best) { m } else { best });
            if best > 0 && ratio(best) >= r { best } else { 0 }
        },
        // Logarithms of ratios.
        |values, r| {
            let logs: Vec<f64> = positive_ratios(values).iter().map(|ratio| ratio.ln()).collect();
            let at = largest(&logs);
            if logs[at] >= r.ln() { at + 1 } else { 0 }
        },
    ];
    for student in right {
        assert_passed(check::count_outliers(*student));
    }
}
