use matrix_free::linalg::{mean, singular_values};
use ndarray::{Array1, Array2, ArrayView2, s};
use spectral_course::check;
use spectral_course::solutions::{self, principal_angles, sin_theta};

use crate::common::Says::{self, Cause, Difference};
use crate::common::{Wrong, assert_passed};

// 3/5.4 how far the resamples turn

type Student = fn(&[Array2<f64>], usize) -> Array1<f64>;

fn first(basis: &Array2<f64>, k: usize) -> Array2<f64> {
    basis.slice(s![.., ..k]).to_owned()
}

/// The number `of` each pair of the spaces that `cut` makes of the bases.
fn sweep(
    bases: &[Array2<f64>],
    cut: impl Fn(&Array2<f64>) -> Array2<f64>,
    of: fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> Array1<f64> {
    let spaces: Vec<Array2<f64>> = bases.iter().map(cut).collect();
    let mut numbers = Vec::new();
    for i in 0..spaces.len() {
        for j in 0..i {
            numbers.push(of(&spaces[i], &spaces[j]));
        }
    }
    Array1::from(numbers)
}

/// The sines of the pairs that are chosen.
fn chosen(bases: &[Array2<f64>], k: usize, counts: fn(usize, usize) -> bool) -> Array1<f64> {
    let b = bases.len();
    let pairs = (0..b).flat_map(|i| (0..b).map(move |j| (i, j))).filter(|&(i, j)| counts(i, j));
    pairs.map(|(i, j)| sin_theta(&first(&bases[i], k), &first(&bases[j], k))).collect()
}

fn by_cosine(u: &Array2<f64>, v: &Array2<f64>) -> f64 {
    let cosines = singular_values(&u.t().dot(v));
    let cosine = cosines[cosines.len() - 1].min(1.0);
    (1.0 - cosine * cosine).sqrt()
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("Each pair comes twice; take"), |bases, k| chosen(bases, k, |i, j| i != j)),
        (Cause("Each pair comes twice, and each basis meets itself"), |bases, k| chosen(bases, k, |_, _| true)),
        (Cause("Each basis is also compared with itself"), |bases, k| chosen(bases, k, |i, j| i <= j)),
        (Cause("Only neighbours are compared"), |bases, k| {
            bases.windows(2).map(|pair| sin_theta(&first(&pair[0], k), &first(&pair[1], k))).collect()
        }),
        (Cause("Only the pairs with the first basis"), |bases, k| {
            bases[1..].iter().map(|basis| sin_theta(&first(&bases[0], k), &first(basis, k))).collect()
        }),
        (Cause("All columns are used"), |bases, _| sweep(bases, Array2::clone, |u, v| sin_theta(u, v))),
        (Cause("These are the last k columns"), |bases, k| {
            sweep(bases, |basis| basis.slice(s![.., basis.ncols() - k..]).to_owned(), |u, v| sin_theta(u, v))
        }),
        (Cause("Column k is compared alone"), |bases, k| {
            sweep(bases, |basis| basis.slice(s![.., k - 1..k]).to_owned(), |u, v| sin_theta(u, v))
        }),
        (Cause("Only the first column is compared"), |bases, _| {
            sweep(bases, |basis| first(basis, 1), |u, v| sin_theta(u, v))
        }),
        // It panics where there is no further column.
        (Difference("your function panicked"), |bases, k| {
            sweep(bases, |basis| first(basis, k + 1), |u, v| sin_theta(u, v))
        }),
        (Cause("These are the first k + 1 columns"), |bases, k| {
            sweep(bases, |basis| first(basis, (k + 1).min(basis.ncols())), |u, v| sin_theta(u, v))
        }),
        (Cause("These are the first k - 1 columns"), |bases, k| {
            sweep(bases, |basis| first(basis, (k - 1).max(1)), |u, v| sin_theta(u, v))
        }),
        (Cause("These are the angles"), |bases, k| sweep(bases, |basis| first(basis, k), solutions::principal_angle)),
        (Cause("These are the sines of sines"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| sin_theta(u, v).sin())
        }),
        (Cause("These are the squares of the sines"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| sin_theta(u, v).powi(2))
        }),
        (Cause("These are the cosines"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| principal_angles(u, v)[0].cos())
        }),
        (Cause("This is the smallest angle between two spaces"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| principal_angles(u, v)[u.ncols() - 1].sin())
        }),
        (Cause("This is the cosine of the smallest angle"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| singular_values(&u.t().dot(v))[0])
        }),
        (Cause("This is the mean of the sines"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| mean(&principal_angles(u, v).mapv(f64::sin)))
        }),
        (Cause("This is the Frobenius norm of V - U (U^T V)"), |bases, k| {
            sweep(
                bases,
                |basis| first(basis, k),
                |u, v| {
                    let outside = v - &u.dot(&u.t().dot(v));
                    outside.iter().map(|x| x * x).sum::<f64>().sqrt()
                },
            )
        }),
        (Cause("This is the norm of V - U, which depends on the bases"), |bases, k| {
            sweep(bases, |basis| first(basis, k), |u, v| singular_values(&(u - v))[0])
        }),
        (Cause("Does the sine come from a cosine?"), |bases, k| sweep(bases, |basis| first(basis, k), by_cosine)),
        // Their mean in place of the sines.
        (Difference("expected length 3, got 1"), |bases, k| {
            let sines = solutions::pairwise_sines(bases, k);
            if sines.is_empty() { sines } else { Array1::from_elem(1, mean(&sines)) }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::pairwise_sines(student))).collect()
}

#[test]
fn other_right_versions_pass() {
    let right: [Student; 4] = [
        |bases, k| sweep(bases, |basis| first(basis, k), |u, v| sin_theta(u, v)),
        // The other order of the pairs, and views instead of copies.
        |bases, k| {
            let spaces: Vec<ArrayView2<f64>> = bases.iter().map(|basis| basis.slice(s![.., ..k])).collect();
            let pairs = (0..spaces.len()).flat_map(|i| (i + 1..spaces.len()).map(move |j| (i, j)));
            pairs.map(|(i, j)| sin_theta(&spaces[i], &spaces[j])).collect()
        },
        // By the angle of exercise 5.2.
        |bases, k| sweep(bases, |basis| first(basis, k), |u, v| solutions::principal_angle(u, v).sin()),
        // The formula itself, in an array of known length.
        |bases, k| {
            let mut sines = Array1::zeros(bases.len() * (bases.len() - 1) / 2);
            let mut next = 0;
            for (i, u) in bases.iter().enumerate() {
                for v in &bases[i + 1..] {
                    let (u, v) = (first(u, k), first(v, k));
                    sines[next] = singular_values(&(&v - &u.dot(&u.t().dot(&v))))[0];
                    next += 1;
                }
            }
            sines
        },
    ];
    for student in right {
        assert_passed(check::pairwise_sines(student));
    }
}
