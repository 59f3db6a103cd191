use matrix_free::linalg::{eigvalsh, frobenius_squared, norm, singular_values, spectral_norm};
use ndarray::{Array1, Array2};
use spectral_course::check::{self, Status};
use spectral_course::solutions::{self, Norms};

use super::common::{Operator, assert_rejected};

// 1/0.1 norms

#[test]
fn norms() {
    type Wrong = fn(&Array2<f64>) -> Norms;
    let wrong: &[(&str, Wrong)] = &[
        ("this matrix is not symmetric", |a| Norms { spectral: spectral_norm(a), ..solutions::norms(a) }),
        ("You swapped the two norms", |a| {
            let Norms { spectral, frobenius } = solutions::norms(a);
            Norms { spectral: frobenius, frobenius: spectral }
        }),
        ("`singular_values` returns them in descending order", |a| {
            let sigma = singular_values(a);
            Norms { spectral: sigma[sigma.len() - 1], ..solutions::norms(a) }
        }),
        ("This is the squared norm; take the square root", |a| Norms {
            frobenius: frobenius_squared(a),
            ..solutions::norms(a)
        }),
        ("This is the squared norm; take the square root", |a| Norms {
            spectral: singular_values(a)[0].powi(2),
            ..solutions::norms(a)
        }),
        ("This is the sum of the singular values", |a| Norms {
            spectral: singular_values(a).sum(),
            ..solutions::norms(a)
        }),
        ("add up their squares", |a| Norms { frobenius: singular_values(a).sum(), ..solutions::norms(a) }),
        ("This is the sum of the entries", |a| Norms { frobenius: a.sum(), ..solutions::norms(a) }),
        ("This is the largest entry", |a| Norms {
            spectral: a.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())),
            ..solutions::norms(a)
        }),
        ("This is the norm of the diagonal", |a| Norms {
            frobenius: a.diag().dot(&a.diag()).sqrt(),
            ..solutions::norms(a)
        }),
        ("got 0 and 0", |a| if a.is_square() { solutions::norms(a) } else { Norms { spectral: 0.0, frobenius: 0.0 } }),
        ("got NaN", |a| Norms { frobenius: f64::NAN, ..solutions::norms(a) }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::norms(*student), message);
    }
}

#[test]
fn norms_by_other_ways_pass() {
    type Right = fn(&Array2<f64>) -> Norms;
    let right: &[Right] = &[
        |a| {
            let sigma = singular_values(a);
            Norms { spectral: sigma[0], frobenius: sigma.dot(&sigma).sqrt() }
        },
        |a| Norms {
            spectral: eigvalsh(&a.t().dot(a)).iter().copied().fold(0.0, f64::max).sqrt(),
            frobenius: a.t().dot(a).diag().sum().sqrt(),
        },
    ];
    for student in right {
        let card = check::norms(*student);
        assert_eq!(card.status, Status::Passed, "{card}");
    }
}

// 1/0.2 condition number

#[test]
fn condition_number() {
    type Wrong = fn(&Array2<f64>) -> f64;
    let by_eigenvalues: Wrong = |a| {
        let values = eigvalsh(a).mapv(f64::abs);
        values.iter().copied().fold(0.0, f64::max) / values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let wrong: &[(&str, Wrong)] = &[
        ("This is the ratio of the eigenvalues", by_eigenvalues),
        ("This is the inverse", |a| 1.0 / solutions::condition_number(a)),
        ("divide it by the smallest", |a| singular_values(a)[0]),
        ("not of A^T A", |a| {
            let sigma = singular_values(&a.t().dot(a));
            sigma[0] / sigma[sigma.len() - 1]
        }),
        ("take the ratio", |a| {
            let sigma = singular_values(a);
            sigma[0] - sigma[sigma.len() - 1]
        }),
        ("This is a logarithm", |a| solutions::condition_number(a).log10()),
        // Leaves out what is small against 1, as if it were rounding.
        ("condition number 1e10", |a| {
            let sigma = singular_values(a);
            let kept: Vec<f64> = sigma.iter().copied().filter(|s| *s > 1e-8).collect();
            kept[0] / kept[kept.len() - 1]
        }),
        ("Include singular values that are zero", |a| {
            let sigma = singular_values(a);
            let kept: Vec<f64> = sigma.iter().copied().filter(|s| *s > 0.0).collect();
            kept[0] / kept[kept.len() - 1]
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::condition_number(*student), message);
    }
}

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

#[test]
fn machine_epsilon() {
    type Wrong = (fn() -> f32, fn() -> f64);
    let right: Wrong = (solutions::epsilon_f32, solutions::epsilon_f64);
    let wrong: &[(&str, Wrong)] = &[
        ("You halved once too often", (|| halve_f32(|e| 1.0 + e > 1.0), right.1)),
        ("You halved once too often", (right.0, || halve_f64(|e| 1.0 + e > 1.0))),
        ("You stopped one halving too early", (right.0, || halve_f64(|e| 1.0 + e / 4.0 > 1.0))),
        ("compare 1 + epsilon with 1", (right.0, || halve_f64(|e| e / 2.0 > 0.0))),
        ("compare 1 + epsilon with 1", (|| halve_f32(|e| e > 0.0), right.1)),
        ("compare 1 + epsilon with 1", (right.0, || f64::MIN_POSITIVE)),
        ("add it to a 1 of the same type", (|| halve_f32(|e| 1.0 + f64::from(e) / 2.0 > 1.0), right.1)),
        ("add it to a 1 of the same type", (right.0, || f64::from(f32::EPSILON))),
        ("You never halved it", (|| 1.0, right.1)),
        ("differs from it by", (right.0, || 1e-16)),
    ];
    for (message, (single, double)) in wrong {
        assert_rejected(check::machine_epsilon(*single, *double), message);
    }
    let card = check::machine_epsilon(|| f32::EPSILON, || 1.0_f64.next_up() - 1.0);
    assert_eq!(card.status, Status::Passed, "{card}");
}

// 1/0.4 Rayleigh quotient

#[test]
fn rayleigh_quotient() {
    type Wrong = fn(Operator, &Array1<f64>) -> f64;
    let wrong: &[(&str, Wrong)] = &[
        ("must cancel; divide by v^T v", |a, v| v.dot(&a.apply(v))),
        ("divide by its square", |a, v| v.dot(&a.apply(v)) / norm(v)),
        ("not by its fourth power", |a, v| v.dot(&a.apply(v)) / v.dot(v).powi(2)),
        ("which loses the sign; take v^T A v", |a, v| norm(&a.apply(v)) / norm(v)),
        ("the quotient of A squared", |a, v| {
            let product = a.apply(v);
            product.dot(&product) / v.dot(v)
        }),
        ("The sign is lost", |a, v| solutions::rayleigh_quotient(a, v).abs()),
        ("Keep A v in a variable", |a, v| {
            a.apply(v);
            solutions::rayleigh_quotient(a, v)
        }),
        ("Use `a.apply(&v)` for the product", |_, _| -3.0),
    ];
    for (message, student) in wrong {
        assert_rejected(check::rayleigh_quotient(*student), message);
    }
    let card = check::rayleigh_quotient(|a, v| {
        let unit = v / norm(v);
        unit.dot(&a.apply(&unit))
    });
    assert_eq!(card.status, Status::Passed, "{card}");
}
