//! Exercise 1/2.2: the slopes of power iteration.

use ndarray::{Array1, array};

use super::report::report;
use super::suspects::{Case, Suspect, judge};
use course_protocol::card::Card;
use estimators::Slopes;

type PredictedSlopes = fn(&Array1<f64>) -> Slopes;
type Eigenvalues = Array1<f64>;

/// Checks exercise 1/2.2: spectra in any order, with ties, pairs and signs.
pub fn predicted_slopes(student: PredictedSlopes) -> Card {
    report("1/2.2", |report| {
        judge(report, &cases(), |e| both(student(e)), truth, &suspects(), "Which eigenvalue is lambda_2?")
    })
}

/// The slope for the vector, and that for the value.
fn both(Slopes { value, vector }: Slopes) -> Array1<f64> {
    array![vector, value]
}

fn truth(eigenvalues: &Eigenvalues) -> Array1<f64> {
    both(estimators::predicted_slopes(eigenvalues))
}

fn cases() -> Vec<Case<Eigenvalues>> {
    let scale = "The slopes depend on ratios alone. Is an eigenvalue compared with a fixed number?";
    let tie = "All eigenvalues are lambda_1, so every vector is an eigenvector and one step is enough: lambda_2 counts as 0, whose logarithm is minus infinity";
    let copies =
        "Both copies of 10 belong to the eigenspace you want; lambda_2 is 1, the largest that differs from them";
    let pair =
        "-10 has the same magnitude as 10 but differs from it; neither gains on the other, and nothing converges";
    let cases = [
        (
            "{10, 1, 0.25}",
            array![10.0, 1.0, 0.25],
            "The error of the vector falls by a factor of ten in each step, that of the value by a hundred",
        ),
        (
            "{0.5, 10, 1}",
            array![0.5, 10.0, 1.0],
            "The eigenvalues may come in any order: lambda_1 is 10, lambda_2 is 1",
        ),
        ("{1, -10, 0.5, 4}", array![1.0, -10.0, 0.5, 4.0], "Magnitudes count: lambda_1 is -10 and lambda_2 is 4"),
        ("{-1, -8, -2}", array![-1.0, -8.0, -2.0], "Magnitudes count: lambda_1 is -8 and lambda_2 is -2"),
        ("{10, 10, 1}", array![10.0, 10.0, 1.0], copies),
        ("{10, 1, 10}", array![10.0, 1.0, 10.0], copies),
        (
            "{-10, -10, 5, -10}",
            array![-10.0, -10.0, 5.0, -10.0],
            "All three copies of -10 belong to the eigenspace you want; lambda_2 is 5",
        ),
        ("{-10, 10, 1}", array![-10.0, 10.0, 1.0], pair),
        ("{1, 10, 10, -10}", array![1.0, 10.0, 10.0, -10.0], pair),
        ("{-2, 9.5, -3, 10, -9.8}", array![-2.0, 9.5, -3.0, 10.0, -9.8], "Magnitudes count: lambda_2 is -9.8"),
        (
            "{10, 9.99, 1}",
            array![10.0, 9.99, 1.0],
            "9.99 is not a copy of 10; only equal eigenvalues, up to rounding, share an eigenspace",
        ),
        ("{1e-8, 1e-7, 5e-9}", array![1e-8, 1e-7, 5e-9], scale),
        ("{1e8, 1e9, -5e7}", array![1e8, 1e9, -5e7], scale),
        ("{7, 7}", array![7.0, 7.0], tie),
        ("{-3}", array![-3.0], tie),
        (
            "{3, 0, 0}",
            array![3.0, 0.0, 0.0],
            "lambda_2 is 0, whose logarithm is minus infinity: one step is enough. Do not leave zeros out",
        ),
    ];
    let of = |name: &str| format!("{name}: both slopes");
    cases
        .into_iter()
        .map(|(name, input, note)| {
            Case::new(of(name), input).slack(1e-10).note(note).names(&["the vector", "the value"])
        })
        .collect()
}

/// By magnitude, the largest first.
fn sorted(eigenvalues: &Eigenvalues) -> Vec<f64> {
    let mut sorted = eigenvalues.to_vec();
    sorted.sort_by(|x, y| y.abs().total_cmp(&x.abs()));
    sorted
}

/// The slopes for this ratio of lambda_2 to lambda_1.
fn of_ratio(ratio: f64) -> Array1<f64> {
    let vector = ratio.log10();
    array![vector, 2.0 * vector]
}

fn suspects() -> Vec<Suspect<Eigenvalues, Array1<f64>>> {
    const SIGNS: &str =
        "Magnitudes count, not values: lambda_1 is the eigenvalue of largest magnitude, lambda_2 that of the next";
    type Wrong = (&'static str, fn(&Eigenvalues) -> Array1<f64>);
    let wrong: [Wrong; 20] = [
        ("An error that shrinks has a negative slope", |e| -truth(e)),
        ("The two are exchanged: the value converges twice as fast as the vector", |e| {
            truth(e).iter().rev().copied().collect()
        }),
        ("The value converges twice as fast as the vector", |e| array![truth(e)[0], truth(e)[0]]),
        ("The value converges twice as fast as the vector: this is its slope, and twice that", |e| truth(e) * 2.0),
        (
            "Both are half of what they should be: the vector's error falls by |lambda_2 / lambda_1|, not by its root",
            |e| truth(e) / 2.0,
        ),
        ("This is the natural logarithm; a decade is a factor of ten, so use `log10`", |e| {
            truth(e) * std::f64::consts::LN_10
        }),
        ("This is the binary logarithm; a decade is a factor of ten, so use `log10`", |e| {
            truth(e) * std::f64::consts::LOG2_10
        }),
        ("This is the factor itself; return its logarithm", |e| truth(e).mapv(|slope| 10.0_f64.powf(slope))),
        ("The slope for the value is *twice* that for the vector, not its square", |e| {
            array![truth(e)[0], truth(e)[0].powi(2)]
        }),
        ("The slope for the value is twice that for the vector, not half of it", |e| {
            array![truth(e)[0], truth(e)[0] / 2.0]
        }),
        ("lambda_2 has the second largest magnitude, not the smallest", |e| {
            let sorted = sorted(e);
            of_ratio((sorted[sorted.len() - 1] / sorted[0]).abs())
        }),
        ("lambda_2 has the second largest magnitude, not the third", |e| {
            let sorted = sorted(e);
            of_ratio((sorted.get(2).copied().unwrap_or(0.0) / sorted[0]).abs())
        }),
        (
            "Copies of lambda_1 belong to the eigenspace you want; lambda_2 is the largest that differs from lambda_1",
            |e| {
                let sorted = sorted(e);
                of_ratio((sorted.get(1).copied().unwrap_or(f64::NAN) / sorted[0]).abs())
            },
        ),
        (
            "An eigenvalue with the same magnitude as lambda_1 but the opposite sign, as -10 beside 10, differs from it: neither gains on the other, and nothing converges",
            |e| {
                let sorted = sorted(e);
                let second = sorted.iter().find(|x| x.abs() < sorted[0].abs()).copied().unwrap_or(0.0);
                of_ratio((second / sorted[0]).abs())
            },
        ),
        ("The eigenvalues may come in any order; find lambda_1 and lambda_2 first", |e| {
            of_ratio((e.get(1).copied().unwrap_or(f64::NAN) / e[0]).abs())
        }),
        (SIGNS, |e| {
            let mut sorted = e.to_vec();
            sorted.sort_by(|x, y| y.total_cmp(x));
            let second = sorted.iter().find(|x| **x != sorted[0]).copied().unwrap_or(0.0);
            of_ratio((second / sorted[0]).abs())
        }),
        (SIGNS, |e| {
            let positive = e.mapv(|x| x.max(0.0));
            if positive.sum() > 0.0 { truth(&positive) } else { array![f64::NAN, f64::NAN] }
        }),
        ("The ratio lambda_2 / lambda_1 can be negative; take the logarithm of its magnitude", |e| {
            let sorted = sorted(e);
            let second = sorted.iter().find(|x| **x != sorted[0]).copied().unwrap_or(0.0);
            of_ratio(second / sorted[0])
        }),
        ("These are the slopes for {10, 1, 0.25}, whatever the eigenvalues are", |_| array![-1.0, -2.0]),
        ("Do not leave zeros out: lambda_2 may be 0, and its logarithm is minus infinity", |e| {
            let kept: Array1<f64> = e.iter().copied().filter(|x| *x != 0.0).collect();
            if kept.len() < e.len() && kept.len() < 2 { array![0.0, 0.0] } else { truth(&kept) }
        }),
    ];
    wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
    }
}
