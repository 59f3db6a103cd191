use matrix_free::linalg::{eigvalsh, frobenius_squared, norm, singular_values, spectral_norm};
use ndarray::{Array2, s};
use spectral_course::check;
use spectral_course::solutions::{self, Norms};

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 1/0.1 norms

fn wrong_norms() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>) -> Norms;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("this matrix is not symmetric"), |a| Norms { spectral: spectral_norm(a), ..solutions::norms(a) }),
        (Cause("You swapped the two norms"), |a| {
            let Norms { spectral, frobenius } = solutions::norms(a);
            Norms { spectral: frobenius, frobenius: spectral }
        }),
        (Cause("`singular_values` returns them in descending order"), |a| {
            let sigma = singular_values(a);
            Norms { spectral: sigma[sigma.len() - 1], ..solutions::norms(a) }
        }),
        (Cause("This is the squared norm; take the square root"), |a| Norms {
            frobenius: frobenius_squared(a),
            ..solutions::norms(a)
        }),
        (Cause("This is the squared norm; take the square root"), |a| Norms {
            spectral: singular_values(a)[0].powi(2),
            ..solutions::norms(a)
        }),
        (Cause("This is the sum of the singular values"), |a| Norms {
            spectral: singular_values(a).sum(),
            ..solutions::norms(a)
        }),
        (Cause("This is the sum of the singular values. The Frobenius norm is"), |a| Norms {
            frobenius: singular_values(a).sum(),
            ..solutions::norms(a)
        }),
        (Cause("This is the sum of the entries"), |a| Norms { frobenius: a.sum(), ..solutions::norms(a) }),
        (Cause("This is the largest magnitude of an entry"), |a| Norms {
            spectral: a.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())),
            ..solutions::norms(a)
        }),
        (Cause("This is the norm of the diagonal"), |a| Norms {
            frobenius: a.diag().dot(&a.diag()).sqrt(),
            ..solutions::norms(a)
        }),
        (Difference("Do you take all rows"), |a| {
            if a.is_square() { solutions::norms(a) } else { Norms { spectral: 0.0, frobenius: 0.0 } }
        }),
        (Difference("got NaN"), |a| Norms { frobenius: f64::NAN, ..solutions::norms(a) }),
        (Difference("got NaN"), |a| Norms { frobenius: f64::NAN, ..solutions::norms(a) }),
        (Cause("This is the Frobenius norm; take the largest singular value"), |a| {
            let Norms { frobenius, .. } = solutions::norms(a);
            Norms { spectral: frobenius, frobenius }
        }),
        (Cause("This is the spectral norm; take the root"), |a| {
            let Norms { spectral, .. } = solutions::norms(a);
            Norms { spectral, frobenius: spectral }
        }),
        (Cause("the sum of the absolute values of the entries"), |a| Norms {
            frobenius: a.iter().map(|x| x.abs()).sum(),
            ..solutions::norms(a)
        }),
        (Cause("the largest row sum"), |a| Norms {
            spectral: a.rows().into_iter().map(|row| row.mapv(f64::abs).sum()).fold(0.0, f64::max),
            ..solutions::norms(a)
        }),
        (Cause("the second singular value"), |a| {
            let sigma = singular_values(a);
            Norms { spectral: sigma[1.min(sigma.len() - 1)], ..solutions::norms(a) }
        }),
        (Cause("the length of the longest row"), |a| Norms {
            spectral: a.rows().into_iter().map(|row| norm(&row)).fold(0.0, f64::max),
            ..solutions::norms(a)
        }),
        (Cause("digits are lost: through `f32`"), |a| {
            let single = a.mapv(|x| x as f32);
            Norms { frobenius: f64::from(single.mapv(|x| x * x).sum().sqrt()), ..solutions::norms(a) }
        }),
        (Difference("fixed threshold"), |a| {
            let kept = a.mapv(|x| if x.abs() < 1e-6 { 0.0 } else { x });
            Norms { frobenius: frobenius_squared(&kept).sqrt(), ..solutions::norms(a) }
        }),
        (Difference("fixed threshold"), |a| {
            let sigma = singular_values(a);
            Norms { spectral: sigma.iter().copied().filter(|s| *s > 1e-6).fold(0.0, f64::max), ..solutions::norms(a) }
        }),
        (Cause("the norm without the largest singular value"), |a| Norms {
            frobenius: norm(&singular_values(a).slice(s![1..])),
            ..solutions::norms(a)
        }),
        (Cause("the norm divided by the root of the number of rows"), |a| Norms {
            frobenius: (frobenius_squared(a) / a.nrows() as f64).sqrt(),
            ..solutions::norms(a)
        }),
        (Cause("Do you divide by something that is zero here"), |a| {
            let largest = a.iter().fold(0.0, |l: f64, x| l.max(x.abs()));
            Norms { frobenius: largest * frobenius_squared(&(a / largest)).sqrt(), ..solutions::norms(a) }
        }),
        // Only the leading square.
        (Difference("Do you take all rows and all columns"), |a| {
            let n = a.nrows().min(a.ncols());
            Norms { frobenius: frobenius_squared(&a.slice(s![..n, ..n])).sqrt(), ..solutions::norms(a) }
        }),
        // The entries below zero count for nothing.
        (Cause("negative ones count, too"), |a| Norms {
            frobenius: a.iter().map(|x| x.max(0.0).powi(2)).sum::<f64>().sqrt(),
            ..solutions::norms(a)
        }),
        (Cause("a fixed number added"), |a| Norms {
            frobenius: (frobenius_squared(a) + 1e-12).sqrt(),
            ..solutions::norms(a)
        }),
        (Cause("a fixed number added"), |a| Norms {
            frobenius: norm(&singular_values(a)).min(1e6),
            ..solutions::norms(a)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::norms(student))).collect()
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
        |a| {
            let mut squares = 0.0;
            for i in 0..a.nrows() {
                for j in 0..a.ncols() {
                    squares += a[[i, j]].powi(2);
                }
            }
            Norms { spectral: singular_values(&a.t().to_owned())[0], frobenius: squares.sqrt() }
        },
        |a| Norms {
            spectral: singular_values(a).iter().copied().fold(0.0, f64::max),
            frobenius: a.iter().fold(0.0, |length: f64, x| length.hypot(*x)),
        },
    ];
    for student in right {
        assert_passed(check::norms(*student));
    }
}

#[test]
fn condition_numbers_by_other_ways_pass() {
    type Right = fn(&Array2<f64>) -> f64;
    let right: &[Right] = &[
        |a| {
            let sigma = singular_values(a);
            sigma[0] / sigma[sigma.len() - 1]
        },
        |a| {
            let sigma = singular_values(&a.t().to_owned());
            match sigma.last() {
                Some(&smallest) if smallest > 0.0 => sigma[0] / smallest,
                _ => f64::INFINITY,
            }
        },
        |a| {
            let sigma = singular_values(a);
            let largest = sigma.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            1.0 / (sigma.iter().copied().fold(f64::INFINITY, f64::min) / largest)
        },
    ];
    for student in right {
        assert_passed(check::condition_number(*student));
    }
}

// 1/0.2 condition number

fn wrong_condition_number() -> Vec<Wrong> {
    type Student = fn(&Array2<f64>) -> f64;
    let by_eigenvalues: Student = |a| {
        let values = eigvalsh(a).mapv(f64::abs);
        values.iter().copied().fold(0.0, f64::max) / values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("This is the ratio of the eigenvalues, but"), by_eigenvalues),
        (Cause("This is the inverse; divide the largest"), |a| 1.0 / solutions::condition_number(a)),
        (Cause("divide it by the smallest"), |a| singular_values(a)[0]),
        (Cause("not of A^T A"), |a| {
            let sigma = singular_values(&a.t().dot(a));
            sigma[0] / sigma[sigma.len() - 1]
        }),
        (Cause("take the ratio"), |a| {
            let sigma = singular_values(a);
            sigma[0] - sigma[sigma.len() - 1]
        }),
        (Cause("This is a logarithm"), |a| solutions::condition_number(a).log10()),
        // Leaves out what is small against 1, as if it were rounding.
        (Cause("Did you leave small singular values out"), |a| {
            let sigma = singular_values(a);
            let kept: Vec<f64> = sigma.iter().copied().filter(|s| *s > 1e-8 * sigma[0]).collect();
            kept[0] / kept[kept.len() - 1]
        }),
        (Cause("Include singular values that are zero"), |a| {
            let sigma = singular_values(a);
            let kept: Vec<f64> = sigma.iter().copied().filter(|s| *s > 0.0).collect();
            kept[0] / kept[kept.len() - 1]
        }),
        (Cause("Nothing is singular here"), |a| {
            let sigma = singular_values(a);
            if sigma[sigma.len() - 1] < 1e-15 { f64::INFINITY } else { sigma[0] / sigma[sigma.len() - 1] }
        }),
        (Cause("Do not compare with a fixed number"), |a| {
            let sigma = singular_values(a);
            if sigma[sigma.len() - 1] <= f64::EPSILON { f64::INFINITY } else { sigma[0] / sigma[sigma.len() - 1] }
        }),
        (Cause("Is a fixed number added to"), |a| {
            let sigma = singular_values(a);
            sigma[0] / (sigma[sigma.len() - 1] + 1e-16)
        }),
        (Cause("Is a fixed number added to, or compared with"), |a| {
            let sigma = singular_values(a);
            sigma[0] / sigma[sigma.len() - 1].max(1e-12)
        }),
        (Cause("This matrix is not singular"), |a| {
            let sigma = singular_values(a);
            if sigma[sigma.len() - 1] < 1e-8 * sigma[0] { f64::INFINITY } else { sigma[0] / sigma[sigma.len() - 1] }
        }),
        (Cause("This matrix is not singular"), |a| {
            let sigma = singular_values(a);
            if sigma[sigma.len() - 1] < 1e-12 * sigma[0] { f64::INFINITY } else { sigma[0] / sigma[sigma.len() - 1] }
        }),
        (Cause("the first two singular values"), |a| {
            let sigma = singular_values(a);
            sigma[0] / sigma[1.min(sigma.len() - 1)]
        }),
        (Cause("compute them from A^T A"), |a| {
            let squares = eigvalsh(&a.t().dot(a));
            (squares[squares.len() - 1] / squares[0].abs()).sqrt()
        }),
        (Cause("in the Frobenius norm"), |a| {
            let sigma = singular_values(a);
            norm(&sigma) * norm(&sigma.mapv(|s| 1.0 / s))
        }),
        (Cause("do not take a root"), |a| solutions::condition_number(a).sqrt()),
        (Cause("singular values are never negative"), |a| {
            let values = eigvalsh(a);
            if (values[0] + values[values.len() - 1]).abs() < 1e-12 {
                values[values.len() - 1] / values[0]
            } else {
                solutions::condition_number(a)
            }
        }),
        (Cause("symmetric part"), |a| {
            let values = eigvalsh(&((a + &a.t()) / 2.0)).mapv(f64::abs);
            values.iter().copied().fold(0.0, f64::max) / values.iter().copied().fold(f64::INFINITY, f64::min)
        }),
        (Cause("a value that stands for an error"), |a| {
            let kappa = solutions::condition_number(a);
            if kappa.is_finite() { kappa } else { 0.0 }
        }),
        (Cause("without a floor"), |a| {
            let kappa = solutions::condition_number(a);
            if kappa.is_finite() { kappa } else { 1e16 }
        }),
        (Difference("is out of bounds"), |a| {
            let sigma = singular_values(a);
            if a.nrows() == 1 { sigma[1] } else { sigma[0] / sigma[sigma.len() - 1] }
        }),
        (Difference("digits are lost: through `f32`"), |a| f64::from(solutions::condition_number(a) as f32)),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::condition_number(student))).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    [wrong_norms(), wrong_condition_number()].into_iter().flatten().collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("norms", wrong());
}
