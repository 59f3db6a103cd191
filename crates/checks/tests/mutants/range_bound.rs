use std::f64::consts::E;

use ndarray::{Array1, s};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 2/1.2 the bound

/// The bound with the parts that a student gets wrong.
fn parts(first: f64, sigma: f64, second: f64, tail: f64) -> f64 {
    first * sigma + second * tail
}

fn first(k: usize, p: usize) -> f64 {
    1.0 + (k as f64 / (p as f64 - 1.0)).sqrt()
}

fn second(k: usize, p: usize) -> f64 {
    E * ((k + p) as f64).sqrt() / p as f64
}

fn tail(sigma: &Array1<f64>, from: usize) -> f64 {
    sigma.iter().skip(from).map(|s| s * s).sum::<f64>().sqrt()
}

#[expect(clippy::approx_constant, reason = "a rounded e is one of the mistakes")]
fn wrong_bounds() -> Vec<Wrong> {
    type Student = fn(&Array1<f64>, usize, usize) -> f64;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause(". sigma_1 is `sigma[0]`, so sigma_{k+1} is"), |x, k, p| {
            parts(first(k, p), x[k + 1], second(k, p), tail(x, k + 1))
        }),
        (Cause(". sigma_1 is `sigma[0]`, so sigma_{k+1} is"), |x, k, p| {
            parts(first(k, p), x[k - 1], second(k, p), tail(x, k - 1))
        }),
        (Cause(". sigma_1 is `sigma[0]`, so sigma_{k+1} is"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p), tail(x, k + 1))
        }),
        (Cause(". sigma_1 is `sigma[0]`, so sigma_{k+1} is"), |x, k, p| {
            parts(first(k, p), x[k - 1], second(k, p), tail(x, k))
        }),
        (Cause("`skip(k)`"), |x, k, p| parts(first(k, p), x[k], second(k, p), tail(x, 0))),
        (Cause("an integer division"), |x, k, p| {
            parts(1.0 + ((k / (p - 1)) as f64).sqrt(), x[k], second(k, p), tail(x, k))
        }),
        (Cause("not k / p"), |x, k, p| parts(1.0 + (k as f64 / p as f64).sqrt(), x[k], second(k, p), tail(x, k))),
        (Cause("The root around k / (p - 1) is missing"), |x, k, p| {
            parts(1.0 + k as f64 / (p as f64 - 1.0), x[k], second(k, p), tail(x, k))
        }),
        (Cause("The 1 belongs outside the root"), |x, k, p| {
            parts((1.0 + k as f64 / (p as f64 - 1.0)).sqrt(), x[k], second(k, p), tail(x, k))
        }),
        (Cause("The 1 in the first factor is missing"), |x, k, p| {
            parts(first(k, p) - 1.0, x[k], second(k, p), tail(x, k))
        }),
        (Cause(". The last factor is the square root of a sum"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p), x.iter().skip(k).sum())
        }),
        (Cause("The root around the sum of squares is missing"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p), tail(x, k).powi(2))
        }),
        (Cause("The factor e is missing"), |x, k, p| parts(first(k, p), x[k], second(k, p) / E, tail(x, k))),
        (Cause("a rounded number loses digits"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p) / E * 2.718, tail(x, k))
        }),
        (Cause("a rounded number loses digits"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p) / E * 2.71828, tail(x, k))
        }),
        (Cause("not by p - 1"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p) * p as f64 / (p as f64 - 1.0), tail(x, k))
        }),
        (Cause("The p in the denominator belongs outside"), |x, k, p| {
            parts(first(k, p), x[k], E * ((k + p) as f64 / p as f64).sqrt(), tail(x, k))
        }),
        (Cause("The root around k + p is missing"), |x, k, p| {
            parts(first(k, p), x[k], E * (k + p) as f64 / p as f64, tail(x, k))
        }),
        (Cause("not over p singular values"), |x, k, p| {
            let some = x.slice(s![k..(k + p).min(x.len())]);
            parts(first(k, p), x[k], second(k, p), some.dot(&some).sqrt())
        }),
        (Cause("not after sigma_{k+p}"), |x, k, p| parts(first(k, p), x[k], second(k, p), tail(x, k + p))),
        (Cause("The second term is missing"), |x, k, p| first(k, p) * x[k]),
        (Cause("The first term is missing"), |x, k, p| second(k, p) * tail(x, k)),
        (Cause("k and p are exchanged"), |x, k, p| solutions::range_bound(x, p, k)),
        (Cause("not sigma_1"), |x, k, p| parts(first(k, p), x[0], second(k, p), tail(x, k))),
        (Cause("divided by sigma_1"), |x, k, p| solutions::range_bound(x, k, p) / x[0]),
        (Cause("the larger of the two terms"), |x, k, p| (first(k, p) * x[k]).max(second(k, p) * tail(x, k))),
        // Two mistakes at once: both are named.
        (Cause("The factor e is missing. Also: The last factor is"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p) / E, x.iter().skip(k).sum())
        }),
        (
            Cause("an integer division, which drops the fraction; convert k and p to `f64` first. Also: sigma_1 is"),
            |x, k, p| parts(1.0 + ((k / (p - 1)) as f64).sqrt(), x[k - 1], second(k, p), tail(x, k)),
        ),
        (Difference("the first is (1 + 0.866) x 2.744"), |x, k, _| 0.1 * x[k]),
        (Difference("Compute the two terms one by one"), |x, k, p| {
            parts(first(k, p), x[k], second(k, p) / p as f64, tail(x, k)) + 1.0
        }),
        (Difference("for singular values of about 1e-8"), |x, k, p| {
            let bound = solutions::range_bound(x, k, p);
            if bound < 1e-6 { 0.0 } else { bound }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::range_bound(student))).collect()
}

// 2/2.3 the bound with powers

fn of(sigma: &Array1<f64>, (k, p): (usize, usize), exponent: f64, root: f64) -> f64 {
    solutions::range_bound(&sigma.mapv(|x| x.powf(exponent)), k, p).powf(1.0 / root)
}

fn wrong_power_bounds() -> Vec<Wrong> {
    type Student = fn(&Array1<f64>, usize, usize, usize) -> f64;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("The root is missing"), |x, k, p, q| of(x, (k, p), q as f64 + 1.0, 1.0)),
        (Cause("s is q + 1, not q:"), |x, k, p, q| of(x, (k, p), q as f64, (q as f64).max(1.0))),
        (Cause("s is q + 1, not q:"), |x, k, p, q| of(x, (k, p), q as f64, q as f64)),
        (Cause("s is q + 1, not q + 2"), |x, k, p, q| of(x, (k, p), q as f64 + 2.0, q as f64 + 2.0)),
        (Cause("This uses 2 q + 1"), |x, k, p, q| of(x, (k, p), 2.0 * q as f64 + 1.0, 2.0 * q as f64 + 1.0)),
        (Cause("This uses 2 (q + 1)"), |x, k, p, q| of(x, (k, p), 2.0 * q as f64 + 2.0, 2.0 * q as f64 + 2.0)),
        (Cause("Raise the singular values"), |x, k, p, q| of(x, (k, p), 1.0, q as f64 + 1.0)),
        (Cause("the bound for q = 0"), |x, k, p, _| solutions::range_bound(x, k, p)),
        (Cause("an integer division"), |x, k, p, q| {
            let s = q + 1;
            of(x, (k, p), s as f64, 1.0).powf((1 / s) as f64)
        }),
        (Cause("for both the exponent and the root"), |x, k, p, q| of(x, (k, p), q as f64 + 1.0, (q as f64).max(1.0))),
        (Cause("do not limit n_power"), |x, k, p, q| solutions::power_bound(x, k, p, q.min(10))),
        (Cause("`range_bound` squares them itself"), |x, k, p, q| {
            of(x, (k, p), 2.0 * (q as f64 + 1.0), q as f64 + 1.0)
        }),
        (Cause("The root is the s-th, not the 2 s-th"), |x, k, p, q| {
            of(x, (k, p), q as f64 + 1.0, 2.0 * (q as f64 + 1.0))
        }),
        (Cause("take its s-th root, the power 1 / s"), |x, k, p, q| {
            of(x, (k, p), q as f64 + 1.0, 1.0 / (q as f64 + 1.0))
        }),
        (Cause("The root is always the square root"), |x, k, p, q| of(x, (k, p), q as f64 + 1.0, 2.0)),
        (Cause("s is always 2"), |x, k, p, _| of(x, (k, p), 2.0, 2.0)),
        (Cause("k and p are exchanged"), |x, k, p, q| solutions::power_bound(x, p, k, q)),
        (Cause("multiply the result by it"), |x, k, p, q| solutions::power_bound(&(x / x[0]), k, p, q)),
        (Cause("take it of their sum"), |x, k, p, q| {
            let s = q as f64 + 1.0;
            let powers = x.mapv(|x| x.powf(s));
            (first(k, p) * powers[k]).powf(1.0 / s) + (second(k, p) * tail(&powers, k)).powf(1.0 / s)
        }),
        (Cause("The root spares the factors"), |x, k, p, q| {
            let s = q as f64 + 1.0;
            first(k, p) * x[k] + second(k, p) * tail(&x.mapv(|x| x.powf(s)), k).powf(1.0 / s)
        }),
        (Cause("Only sigma_{k+1} is raised"), |x, k, p, q| {
            let s = q as f64 + 1.0;
            parts(first(k, p), x[k].powf(s), second(k, p), tail(x, k)).powf(1.0 / s)
        }),
        (Cause("it is over sigma_j^(2 s)"), |x, k, p, q| {
            let s = q as f64 + 1.0;
            let tail = x.iter().skip(k).map(|x| x.powf(s)).sum::<f64>().sqrt();
            parts(first(k, p), x[k].powf(s), second(k, p), tail).powf(1.0 / s)
        }),
        (Cause("The bound is divided by s"), |x, k, p, q| of(x, (k, p), q as f64 + 1.0, 1.0) / (q as f64 + 1.0)),
        (Cause("it is the other way round"), |x, k, p, q| {
            of(x, (k, p), 1.0 / (q as f64 + 1.0), 1.0 / (q as f64 + 1.0))
        }),
        (Difference("digits are lost"), |x, k, p, q| {
            let s = q as f64 + 1.0;
            of(x, (k, p), s, 1.0).powf(f64::from((1.0 / s) as f32))
        }),
        (Difference("Take it in three steps"), |x, k, p, q| solutions::power_bound(x, k, p, q) + x[k]),
        (Difference("for a matrix of rank k it is 0"), |x, k, p, q| {
            let bound = solutions::power_bound(x, k, p, q);
            if bound == 0.0 { f64::NAN } else { bound }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::power_bound(student))).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_bounds().into_iter().chain(wrong_power_bounds()).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("range_bound", wrong());
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::range_bound(|x, k, p| parts(first(k, p), x[k], second(k, p), tail(x, k))),
        check::range_bound(|x, k, p| {
            let rest = x.slice(s![k..]);
            let (k, p) = (k as f64, p as f64);
            let one = rest[0] + rest[0] * k.sqrt() / (p - 1.0).sqrt();
            one + 1.0_f64.exp() / p * ((k + p) * rest.dot(&rest)).sqrt()
        }),
        check::range_bound(|x, k, p| {
            let mut sum = 0.0;
            for j in k..x.len() {
                sum += x[j].powi(2);
            }
            first(k, p) * x[k] + second(k, p) * sum.sqrt()
        }),
        check::power_bound(|x, k, p, q| {
            let s = q as i32 + 1;
            (solutions::range_bound(&x.mapv(|x| x.powi(s)), k, p).ln() / f64::from(s)).exp()
        }),
        // At the scale of the first singular value.
        check::power_bound(|x, k, p, q| x[0] * solutions::power_bound(&(x / x[0]), k, p, q)),
        check::power_bound(|x, k, p, q| {
            let powers = (0..q).fold(x.clone(), |powers, _| powers * x);
            parts(first(k, p), powers[k], second(k, p), tail(&powers, k)).powf((q as f64 + 1.0).recip())
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
