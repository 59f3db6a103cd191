//! Exercises 1.2 and 2.3 of notebook 2: what theory allows, without powers and with them.

use std::f64::consts::E;

use ndarray::{Array1, array};

use super::claim::number;
use super::report::report;
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::operator::Dense;
use matrix_free::probe::symmetric_with_spectrum;

type RangeBound = fn(&Array1<f64>, usize, usize) -> f64;
type PowerBound = fn(&Array1<f64>, usize, usize, usize) -> f64;
/// The singular values, k and p.
type Input = (Array1<f64>, usize, usize);
/// The singular values, k, p and q.
type PowerInput = (Array1<f64>, usize, usize, usize);

fn decaying(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| 8.0 * 0.7_f64.powi(i as i32))
}

/// Checks exercise 2/1.2: the bound for several spectra, k and p, and that it holds on average.
pub fn range_bound(student: RangeBound) -> Card {
    report("2/1.2", |report| {
        judge(report, &cases(), |(sigma, k, p)| student(sigma, *k, *p), truth, &suspects(), LOOK_FIRST)?;
        // A mean of 40 errors, against a bound that is several times larger.
        let sigma = decaying(12);
        let a = Dense::from(&symmetric_with_spectrum(&sigma, 1));
        let errors = (0..40).map(|seed| estimators::range_error(a.matrix(), &estimators::range_finder(&a, 8, seed)));
        let (mean, bound) = (errors.sum::<f64>() / 40.0, report.call(|| student(&sigma, 3, 5))?);
        report.expect(mean <= bound, "the mean error of 40 sketches is below the bound", || {
            format!("the bound is {}, but the mean is {}", number(bound), number(mean))
        });
        Ok(())
    })
}

const LOOK_FIRST: &str = "Compute the two terms one by one: for sigma_j = 8 x 0.7^(j - 1), k = 3 and p = 5 the first is \
    (1 + 0.866) x 2.744 = 5.12, and the second 1.538 x 3.839 = 5.90";

fn truth((sigma, k, p): &Input) -> f64 {
    estimators::range_bound(sigma, *k, *p)
}

fn cases() -> Vec<Case<Input>> {
    let slow = Array1::from_shape_fn(30, |i| 1.0 / (1.0 + i as f64));
    vec![
        Case::new("the bound for sigma_j = 8 x 0.7^(j - 1), k = 3, p = 5", (decaying(12), 3, 5)),
        Case::new("the same for k = 5, p = 2", (decaying(12), 5, 2)),
        Case::new("for twenty ones, k = p = 2, it is 1 + sqrt(2) + e sqrt(18)", (Array1::ones(20), 2, 2)),
        Case::new("for sigma_j = 1/j, n = 30, k = 4, p = 7", (slow, 4, 7)),
        Case::new("for k + p = n: n = 9, k = 6, p = 3", (decaying(9), 6, 3)),
        Case::new(
            "for singular values 5, 3, 1, 1, 0, 0, 0, k = 3, p = 4",
            (array![5.0, 3.0, 1.0, 1.0, 0.0, 0.0, 0.0], 3, 4),
        ),
        Case::new("for a matrix of rank k it is 0", (array![5.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0], 3, 2)).slack(1e-13),
        Case::new("for singular values of about 1e-8", (decaying(12) * 1e-8, 3, 5)).note(FIXED_NUMBER),
        Case::new("for singular values of about 1e8", (decaying(12) * 1e8, 3, 5)).note(FIXED_NUMBER),
    ]
}

/// One of the four parts of the bound, right or wrong, and what is wrong with it.
type Part<T> = (&'static str, T);
type OfSizes = fn(f64, f64) -> f64;
type OfSpectrum = fn(&Array1<f64>, usize, usize) -> f64;

const COUNTED: &str = "sigma_1 is `sigma[0]`, so sigma_{k+1} is `sigma[k]`, and the sum over j > k starts there";

const FIRST_FACTORS: [Part<OfSizes>; 8] = [
    ("", |k, p| 1.0 + (k / (p - 1.0)).sqrt()),
    ("`k / (p - 1)` is an integer division, which drops the fraction; convert k and p to `f64` first", |k, p| {
        1.0 + (k / (p - 1.0)).floor().sqrt()
    }),
    ("The first root contains k / (p - 1), not k / p", |k, p| 1.0 + (k / p).sqrt()),
    ("The first root contains k / (p - 1), not k / (p + 1)", |k, p| 1.0 + (k / (p + 1.0)).sqrt()),
    ("The root around k / (p - 1) is missing", |k, p| 1.0 + k / (p - 1.0)),
    ("The 1 belongs outside the root", |k, p| (1.0 + k / (p - 1.0)).sqrt()),
    ("The 1 in the first factor is missing", |k, p| (k / (p - 1.0)).sqrt()),
    ("The first term is missing", |_, _| 0.0),
];

const FIRST_SIGMAS: [Part<OfSpectrum>; 4] = [
    ("", |sigma, k, _| sigma[k]),
    (COUNTED, |sigma, k, _| sigma[k - 1]),
    (COUNTED, |sigma, k, _| sigma.get(k + 1).copied().unwrap_or(f64::NAN)),
    ("The first term takes sigma_{k+1}, not sigma_1", |sigma, _, _| sigma[0]),
];

#[expect(clippy::approx_constant, reason = "a rounded e is one of the mistakes")]
const SECOND_FACTORS: [Part<OfSizes>; 14] = [
    ("", |k, p| E * (k + p).sqrt() / p),
    ("The factor e is missing", |k, p| (k + p).sqrt() / p),
    ("e is `1.0_f64.exp()`; a rounded number loses digits", |k, p| 2.718 * (k + p).sqrt() / p),
    ("e is `1.0_f64.exp()`; a rounded number loses digits", |k, p| 2.72 * (k + p).sqrt() / p),
    ("e is `1.0_f64.exp()`; a rounded number loses digits", |k, p| 2.7183 * (k + p).sqrt() / p),
    ("e is `1.0_f64.exp()`; a rounded number loses digits", |k, p| 2.71828 * (k + p).sqrt() / p),
    ("The p in the denominator belongs outside the root", |k, p| E * ((k + p) / p).sqrt()),
    ("The root around k + p is missing", |k, p| E * (k + p) / p),
    ("The second factor is divided by p, not by p - 1", |k, p| E * (k + p).sqrt() / (p - 1.0)),
    ("The second factor is not divided by p", |k, p| E * (k + p).sqrt()),
    ("The second factor has sqrt(k + p) in the numerator, not sqrt(k)", |k, p| E * k.sqrt() / p),
    ("The second factor has sqrt(k + p) in the numerator, not sqrt(k) + sqrt(p)", |k, p| E * (k.sqrt() + p.sqrt()) / p),
    ("e belongs outside the root", |k, p| (E * (k + p)).sqrt() / p),
    ("The second term is missing", |_, _| 0.0),
];

const TAILS: [Part<OfSpectrum>; 9] = [
    ("", |sigma, k, _| squares(sigma, k, usize::MAX).sqrt()),
    (COUNTED, |sigma, k, _| squares(sigma, k - 1, usize::MAX).sqrt()),
    (COUNTED, |sigma, k, _| squares(sigma, k + 1, usize::MAX).sqrt()),
    ("The last sum starts after sigma_k; use `skip(k)`", |sigma, _, _| squares(sigma, 0, usize::MAX).sqrt()),
    ("The last sum runs to the end, not over p singular values", |sigma, k, p| squares(sigma, k, p).sqrt()),
    ("The last sum starts after sigma_k, not after sigma_{k+p}", |sigma, k, p| {
        squares(sigma, k + p, usize::MAX).sqrt()
    }),
    ("The last singular value is left out of the sum", |sigma, k, _| squares(sigma, k, sigma.len() - 1 - k).sqrt()),
    ("The root around the sum of squares is missing", |sigma, k, _| squares(sigma, k, usize::MAX)),
    ("The last factor is the square root of a sum of squares", |sigma, k, _| sigma.iter().skip(k).sum()),
];

fn squares(sigma: &Array1<f64>, from: usize, count: usize) -> f64 {
    sigma.iter().skip(from).take(count).map(|s| s * s).sum()
}

/// The bound with one or two of its parts wrong, and some that are wrong as a whole.
fn suspects() -> Vec<Suspect<Input>> {
    let mut suspects = Vec::new();
    for first in FIRST_FACTORS {
        for sigma_first in FIRST_SIGMAS {
            for second in SECOND_FACTORS {
                for tail in TAILS {
                    let mut causes: Vec<&str> = Vec::new();
                    for cause in [first.0, sigma_first.0, second.0, tail.0] {
                        if !cause.is_empty() && !causes.contains(&cause) {
                            causes.push(cause);
                        }
                    }
                    let (mistakes, second_term_alone) = (causes.len(), first.0 == "The first term is missing");
                    let idle = (second_term_alone && !sigma_first.0.is_empty())
                        || (second.0 == "The second term is missing" && !tail.0.is_empty());
                    if mistakes == 0 || mistakes > 2 || idle {
                        continue;
                    }
                    let gives = move |(sigma, k, p): &Input| {
                        let (kf, pf) = (*k as f64, *p as f64);
                        first.1(kf, pf) * sigma_first.1(sigma, *k, *p) + second.1(kf, pf) * tail.1(sigma, *k, *p)
                    };
                    suspects.push(Suspect::new(causes.join(". Also: "), gives).mistakes(mistakes));
                }
            }
        }
    }
    type Wrong = (&'static str, fn(&Input) -> f64);
    let as_a_whole: [Wrong; 6] = [
        ("k and p are exchanged", |(sigma, k, p)| {
            if p + k <= sigma.len() && *k > 1 { estimators::range_bound(sigma, *p, *k) } else { f64::NAN }
        }),
        ("This is the bound divided by sigma_1; return the bound itself", |input| truth(input) / input.0[0]),
        ("This is the square root of the bound; the only roots are those in its two terms", |input| {
            truth(input).sqrt()
        }),
        ("This is the square of the bound", |input| truth(input).powi(2)),
        ("This is the larger of the two terms; add them", |input| {
            let (first, second) = terms(input);
            first.max(second)
        }),
        ("The first term is subtracted; add the two terms", |input| {
            let (first, second) = terms(input);
            second - first
        }),
    ];
    suspects.extend(as_a_whole.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)));
    suspects
}

fn terms((sigma, k, p): &Input) -> (f64, f64) {
    let (kf, pf) = (*k as f64, *p as f64);
    (FIRST_FACTORS[0].1(kf, pf) * sigma[*k], SECOND_FACTORS[0].1(kf, pf) * TAILS[0].1(sigma, *k, *p))
}

/// Checks exercise 2/2.3: no power, several powers, and that the bound approaches `sigma_(k + 1)`.
pub fn power_bound(student: PowerBound) -> Card {
    report("2/2.3", |report| {
        let call = |(sigma, k, p, q): &PowerInput| student(sigma, *k, *p, *q);
        judge(report, &power_cases(), call, power_truth, &power_suspects(), LOOK_FIRST_AT_POWERS)?;
        let (sigma, k, p) = (decaying(12), 3, 5);
        let got = report.call(|| student(&sigma, k, p, 60))?;
        report.expect((got / sigma[k] - 1.0).abs() < 0.05, "with many powers it approaches sigma_{k+1}", || {
            format!("expected {} to within 5 %, got {}", number(sigma[k]), number(got))
        });
        Ok(())
    })
}

const LOOK_FIRST_AT_POWERS: &str = "Take it in three steps: s = q + 1; `range_bound` of the singular values to the power s; the \
    s-th root of that";

fn power_truth((sigma, k, p, q): &PowerInput) -> f64 {
    estimators::power_bound(sigma, *k, *p, *q)
}

fn power_cases() -> Vec<Case<PowerInput>> {
    let slow = Array1::from_shape_fn(30, |i| 1.0 / (1.0 + i as f64));
    vec![
        Case::new("without powers it is the bound of exercise 1.2", (decaying(12), 3, 5, 0)),
        Case::new("for q = 1 it is the bound for sigma_j^2, to the power 1/2", (decaying(12), 3, 5, 1)),
        Case::new("for q = 2 it is the bound for sigma_j^3, to the power 1/3", (decaying(12), 3, 5, 2)),
        Case::new("for q = 4 it is the bound for sigma_j^5, to the power 1/5", (decaying(12), 3, 5, 4)),
        Case::new("for q = 3, sigma_j = 1/j, n = 30, k = 4 and p = 7", (slow, 4, 7, 3)),
        Case::new("for q = 2 and singular values of about 1e-8", (decaying(12) * 1e-8, 5, 2, 2)).note(FIXED_NUMBER),
        Case::new("for q = 2 and singular values of about 1e8", (decaying(12) * 1e8, 5, 2, 2)).note(FIXED_NUMBER),
        Case::new("for a matrix of rank k it is 0", (array![5.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0], 3, 2, 2)).slack(1e-12),
        Case::new("for q = 60", (decaying(12), 3, 5, 60)),
    ]
}

fn power_suspects() -> Vec<Suspect<PowerInput>> {
    /// The bound for these powers of the singular values, and a root of it.
    fn of((sigma, k, p, _): &PowerInput, exponent: f64, root: f64) -> f64 {
        estimators::range_bound(&sigma.mapv(|x| x.powf(exponent)), *k, *p).powf(1.0 / root)
    }
    fn s(input: &PowerInput) -> f64 {
        input.3 as f64 + 1.0
    }
    let both = "Use s = q + 1 for both the exponent and the root";
    let one_less = "s is q + 1, not q: without powers, q = 0, there is still one product";
    let twice =
        "This uses 2 q + 1, the exponent for iterations with A A^T; here each power is one product, so s = q + 1";
    type Wrong = (&'static str, fn(&PowerInput) -> f64);
    let wrong: Vec<Wrong> = vec![
        ("The root is missing; this bounds A^s, and its s-th root bounds A", |i| of(i, s(i), 1.0)),
        (one_less, |i| of(i, i.3 as f64, i.3 as f64)),
        (one_less, |i| of(i, i.3 as f64, (i.3 as f64).max(1.0))),
        (one_less, |i| of(i, (i.3 as f64).max(1.0), (i.3 as f64).max(1.0))),
        ("s is q + 1, not q + 2", |i| of(i, s(i) + 1.0, s(i) + 1.0)),
        (twice, |i| of(i, 2.0 * s(i) - 1.0, 2.0 * s(i) - 1.0)),
        ("This uses 2 (q + 1) for s; here each power is one product, so s = q + 1", |i| of(i, 2.0 * s(i), 2.0 * s(i))),
        ("This uses 2^q for s; the powers count one product each, so s = q + 1", |i| {
            let s = 2.0_f64.powi(i.3 as i32);
            if i.3 < 8 { of(i, s, s) } else { f64::NAN }
        }),
        (both, |i| of(i, s(i), i.3 as f64)),
        (both, |i| of(i, s(i), (i.3 as f64).max(1.0))),
        (both, |i| of(i, i.3 as f64, s(i))),
        (both, |i| of(i, 2.0 * s(i) - 1.0, s(i))),
        (both, |i| of(i, s(i), 2.0 * s(i) - 1.0)),
        (
            "The singular values are raised to the power 2 s; `range_bound` squares them itself, so raise them to the power s",
            |i| of(i, 2.0 * s(i), s(i)),
        ),
        ("The root is the s-th, not the 2 s-th: `range_bound` takes the root of its sum of squares itself", |i| {
            of(i, s(i), 2.0 * s(i))
        }),
        ("Raise the singular values to the power s", |i| of(i, 1.0, s(i))),
        ("This raises the singular values to 1 / s; raise them to s, and the bound to 1 / s", |i| {
            of(i, 1.0 / s(i), s(i))
        }),
        ("This raises the singular values to 1 / s and the bound to s; it is the other way round", |i| {
            of(i, 1.0 / s(i), 1.0 / s(i))
        }),
        ("This raises the bound to the power s; take its s-th root, the power 1 / s", |i| of(i, s(i), 1.0 / s(i))),
        ("This is the bound for q = 0; use n_power", |i| of(i, 1.0, 1.0)),
        ("`1 / s` is an integer division, which gives 0 for s > 1; make s an `f64`", |i| {
            if i.3 == 0 { of(i, 1.0, 1.0) } else { 1.0 }
        }),
        ("The root is always the square root; take the s-th", |i| of(i, s(i), 2.0)),
        ("The singular values are always squared; raise them to the power s", |i| of(i, 2.0, s(i))),
        ("s is always 2; it is q + 1", |i| of(i, 2.0, 2.0)),
        ("k and p are exchanged", |i| {
            if i.1 + i.2 <= i.0.len() { of(&(i.0.clone(), i.2, i.1, i.3), s(i), s(i)) } else { f64::NAN }
        }),
        ("The singular values are divided by sigma_1 first; multiply the result by it", |i| power_truth(i) / i.0[0]),
        ("The root is taken of each term; take it of their sum", |i| {
            let (first, second) = terms(&(i.0.mapv(|x| x.powf(s(i))), i.1, i.2));
            first.powf(1.0 / s(i)) + second.powf(1.0 / s(i))
        }),
        ("The root spares the factors in front; take it of the whole bound", |i| {
            let (k, p) = (i.1 as f64, i.2 as f64);
            let tail = i.0.iter().skip(i.1).map(|x| x.powf(2.0 * s(i))).sum::<f64>().sqrt();
            FIRST_FACTORS[0].1(k, p) * i.0[i.1] + SECOND_FACTORS[0].1(k, p) * tail.powf(1.0 / s(i))
        }),
        ("Only sigma_{k+1} is raised to the power s; raise the singular values of the last sum too", |i| {
            let (first, _) = terms(&(i.0.mapv(|x| x.powf(s(i))), i.1, i.2));
            (first + terms(&(i.0.clone(), i.1, i.2)).1).powf(1.0 / s(i))
        }),
        ("Only the last sum is raised to the power s; raise sigma_{k+1} too", |i| {
            let (_, second) = terms(&(i.0.mapv(|x| x.powf(s(i))), i.1, i.2));
            (terms(&(i.0.clone(), i.1, i.2)).0 + second).powf(1.0 / s(i))
        }),
        ("The last sum is over sigma_j^s; it is over sigma_j^(2 s)", |i| {
            let (k, p) = (i.1 as f64, i.2 as f64);
            let tail = i.0.iter().skip(i.1).map(|x| x.powf(s(i))).sum::<f64>().sqrt();
            (FIRST_FACTORS[0].1(k, p) * i.0[i.1].powf(s(i)) + SECOND_FACTORS[0].1(k, p) * tail).powf(1.0 / s(i))
        }),
        ("The bound is divided by s; take its s-th root", |i| of(i, s(i), 1.0) / s(i)),
        ("The singular values are multiplied by s; raise them to the power s", |i| {
            estimators::range_bound(&(&i.0 * s(i)), i.1, i.2).powf(1.0 / s(i))
        }),
    ];
    let mut suspects: Vec<Suspect<PowerInput>> =
        wrong.into_iter().map(|(cause, gives)| Suspect::new(cause, gives)).collect();
    for most in [5, 6, 8, 10, 12, 16, 20, 30, 32, 40, 50] {
        suspects.push(Suspect::new("For large q it stays where it is; do not limit n_power", move |i: &PowerInput| {
            of(i, s(i).min(most as f64 + 1.0), s(i).min(most as f64 + 1.0))
        }));
    }
    suspects
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
        assert_told_apart(&power_cases(), power_truth, &power_suspects());
    }

    #[test]
    fn the_terms_are_those_that_the_card_gives() {
        let (first, second) = terms(&(decaying(12), 3, 5));
        assert_eq!((format!("{first:.2}"), format!("{second:.2}")), ("5.12".to_owned(), "5.90".to_owned()));
    }
}
