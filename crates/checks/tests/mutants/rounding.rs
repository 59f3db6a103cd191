use matrix_free::linalg::norm;
use ndarray::Array1;
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 1/0.3 machine epsilon

/// Halves 1 as long as `go_on` of the value.
fn halve_f64(go_on: fn(f64) -> bool) -> f64 {
    let mut epsilon = 1.0;
    while go_on(epsilon) {
        epsilon /= 2.0;
    }
    epsilon
}

fn halve_f32(go_on: fn(f32) -> bool) -> f32 {
    let mut epsilon = 1.0;
    while go_on(epsilon) {
        epsilon /= 2.0;
    }
    epsilon
}

fn wrong_machine_epsilon() -> Vec<Wrong> {
    type Student = (fn() -> f32, fn() -> f64);
    let right: Student = (solutions::epsilon_f32, solutions::epsilon_f64);
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("you halved once too often"), (|| halve_f32(|e| 1.0 + e > 1.0), right.1)),
        (Cause("you halved once too often"), (right.0, || halve_f64(|e| 1.0 + e > 1.0))),
        (Cause("You stopped one halving too early"), (right.0, || halve_f64(|e| 1.0 + e / 4.0 > 1.0))),
        (Cause("compare 1 + epsilon with 1"), (right.0, || halve_f64(|e| e / 2.0 > 0.0))),
        (Cause("compare 1 + epsilon with 1"), (|| halve_f32(|e| e > 0.0), right.1)),
        (Cause("compare 1 + epsilon with 1"), (right.0, || f64::MIN_POSITIVE)),
        (Cause("add it to a 1 of the same type"), (|| halve_f32(|e| 1.0 + f64::from(e) / 2.0 > 1.0), right.1)),
        (Cause("add it to a 1 of the same type"), (right.0, || f64::from(f32::EPSILON))),
        (Cause("You never halved it"), (|| 1.0, right.1)),
        (Cause("This is not a power of two"), (right.0, || 1e-16)),
        (
            Cause("This is not a power of two"),
            (right.0, || {
                let mut epsilon = 1.0_f64;
                while 1.0 + epsilon / 10.0 > 1.0 {
                    epsilon /= 10.0;
                }
                epsilon
            }),
        ),
        (Cause("without a fixed number of times"), (|| (0..10).fold(1.0, |e, _| e / 2.0), right.1)),
        (Cause("do not subtract"), (right.0, || halve_f64(|e| 1.0 - e / 2.0 < 1.0))),
        (Cause("not epsilon with 0"), (right.0, || f64::from_bits(1))),
        (Cause("you halved once too often"), (|| f32::EPSILON / 2.0, right.1)),
        (Cause("You stopped one halving too early"), (|| f32::EPSILON * 2.0, right.1)),
        (Cause("add it to a 1 of the same type"), (|| f64::EPSILON as f32, right.1)),
        (Cause("not a decimal"), (right.0, || 2.22e-16)),
        (Cause("without a fixed number of times"), (|| f32::EPSILON * 4.0, right.1)),
        (Cause("This is not a power of two"), (right.0, || -f64::EPSILON)),
        (Cause("without a fixed number of times"), (right.0, || 2.0_f64.powi(-32))),
        (Difference("got NaN"), (right.0, || f64::NAN)),
    ];
    wrong
        .into_iter()
        .map(|(says, student)| Wrong::new(says, move || check::machine_epsilon(student.0, student.1)))
        .collect()
}

#[test]
fn right_versions_of_machine_epsilon_pass() {
    let card = check::machine_epsilon(|| f32::EPSILON, || 1.0_f64.next_up() - 1.0);
    assert_passed(card);
}

// 1/0.4 Rayleigh quotient

fn wrong_rayleigh_quotient() -> Vec<Wrong> {
    type Student = fn(Operator, &Array1<f64>) -> f64;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("must cancel; divide by v^T v"), |a, v| v.dot(&a.apply(v))),
        (Cause("divide by its square"), |a, v| v.dot(&a.apply(v)) / norm(v)),
        (Cause("not by its fourth power"), |a, v| v.dot(&a.apply(v)) / v.dot(v).powi(2)),
        (Cause("which loses the sign; take v^T A v"), |a, v| norm(&a.apply(v)) / norm(v)),
        (Cause("the quotient of A squared"), |a, v| {
            let product = a.apply(v);
            product.dot(&product) / v.dot(v)
        }),
        (Cause("The sign is lost"), |a, v| solutions::rayleigh_quotient(a, v).abs()),
        (Cause("Keep A v in a variable"), |a, v| {
            a.apply(v);
            solutions::rayleigh_quotient(a, v)
        }),
        (Cause("Use `a.apply(&v)` for the product"), |_, _| -3.0),
        (Cause("Is a fixed number added to v^T v, or compared with it"), |a, v| {
            if v.dot(v) < 1e-12 { a.apply(v).sum() * 0.0 } else { solutions::rayleigh_quotient(a, v) }
        }),
        (Cause("a fixed number added to v^T v"), |a, v| v.dot(&a.apply(v)) / (v.dot(v) + 1e-12)),
        (Cause("the quotient of sums"), |a, v| {
            let product = a.apply(v);
            if v[0] == 0.0 { -3.0 } else { product.sum() / v.sum() }
        }),
        (Cause("the mean of the ratios"), |a, v| {
            let product = a.apply(v);
            let ratios: Vec<f64> = product.iter().zip(v).filter(|(_, v)| **v != 0.0).map(|(p, v)| p / v).collect();
            ratios.iter().sum::<f64>() / ratios.len() as f64
        }),
        (Cause("The product with v itself is enough"), |a, v| {
            // The diagonal, one unit vector at a time.
            let n = a.dim();
            let entry = |i: usize| a.apply(&Array1::from_shape_fn(n, |j| f64::from(u8::from(i == j))))[i];
            (0..n).map(|i| entry(i) * v[i] * v[i]).sum::<f64>() / v.dot(v)
        }),
        (Cause("You divided by the number of entries"), |a, v| {
            if v[0] == 0.0 { solutions::rayleigh_quotient(a, v) } else { v.dot(&a.apply(v)) / v.len() as f64 }
        }),
        (Cause("divided by its largest entry"), |a, v| {
            let unit = v / v.iter().fold(0.0, |l: f64, x| l.max(x.abs()));
            unit.dot(&a.apply(&unit))
        }),
        (Difference("got NaN"), |a, v| solutions::rayleigh_quotient(a, v) * f64::NAN),
        (Difference("digits are lost: through `f32`"), |a, v| {
            let single = |x: &Array1<f64>| x.mapv(|x| x as f32);
            let product = single(&a.apply(v));
            f64::from(single(v).dot(&product) / single(v).dot(&single(v)))
        }),
        (Cause("The sign is lost"), |a, v| solutions::rayleigh_quotient(a, v).powi(2).sqrt()),
        (Cause("Is a fixed number added to v^T v, or compared with it"), |a, v| {
            if norm(v) > 1.0 { solutions::rayleigh_quotient(a, v) } else { v.dot(&a.apply(v)) }
        }),
        (Cause("v must have length 1"), |a, v| {
            let length = norm(v);
            assert!((length - 1.0).abs() < 1e-9, "v must have length 1, got {length}");
            v.dot(&a.apply(v))
        }),
        (Cause("the sum of the entries of A v"), |a, v| {
            let product = a.apply(v);
            if v[0] == 0.0 { -3.0 } else { product.sum() / v.dot(v) }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::rayleigh_quotient(student))).collect()
}

#[test]
fn right_versions_of_rayleigh_quotient_pass() {
    let card = check::rayleigh_quotient(|a, v| {
        let unit = v / norm(v);
        unit.dot(&a.apply(&unit))
    });
    assert_passed(card);
}

#[test]
fn rayleigh_quotients_by_other_ways_pass() {
    type Right = fn(Operator, &Array1<f64>) -> f64;
    let right: &[Right] = &[
        |a, v| {
            let unit = v / norm(v);
            unit.dot(&a.apply(&unit))
        },
        |a, v| {
            let product = a.apply(v);
            let (mut above, mut below) = (0.0, 0.0);
            for i in 0..v.len() {
                above += v[i] * product[i];
                below += v[i] * v[i];
            }
            above / below
        },
        |a, v| (v / v.dot(v)).dot(&a.apply(v)),
        |a, v| v.dot(&a.apply(v)) / norm(v).powi(2),
    ];
    for student in right {
        assert_passed(check::rayleigh_quotient(*student));
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    [wrong_machine_epsilon(), wrong_rayleigh_quotient()].into_iter().flatten().collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("rounding", wrong());
}
