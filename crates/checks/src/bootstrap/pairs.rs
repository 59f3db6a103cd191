use ndarray::{Array1, Array2, array, s};

use crate::claim::expected_and_got;
use crate::report::{Outcome, Report, report};
use crate::suspects::{Case, Suspect, judge};
use course_protocol::card::Card;
use estimators::{principal_angles, sin_theta};
use matrix_free::linalg::{orthonormalize, singular_values};
use matrix_free::probe::{gaussian_matrix, rng};

type PairwiseSines = fn(&[Array2<f64>], usize) -> Array1<f64>;

/// Checks exercise 3/5.4: which pairs are compared, which columns, and by which number.
pub fn pairwise_sines(student: PairwiseSines) -> Card {
    report("3/5.4", |report| {
        judge(
            report,
            &cases(),
            |input| sorted(student(&input.bases, input.k)),
            |input| sorted(estimators::pairwise_sines(&input.bases, input.k)),
            &suspects(),
            "For each pair j < i, compare the spaces of the first k columns: `sin_theta(&leading[i], &leading[j])`",
        )?;
        small_angles(student, report)
    })
}

/// The arguments of the student's function.
struct Input {
    bases: Vec<Array2<f64>>,
    k: usize,
}

/// The pairs may come in any order.
fn sorted(sines: Array1<f64>) -> Array1<f64> {
    let mut sines = sines.to_vec();
    sines.sort_by(f64::total_cmp);
    Array1::from(sines)
}

fn random_bases(count: usize, rows: usize, columns: usize) -> Vec<Array2<f64>> {
    let mut rng = rng(count as u64);
    (0..count).map(|_| orthonormalize(&gaussian_matrix(rows, columns, &mut rng))).collect()
}

fn cases() -> Vec<Case<Input>> {
    let random = |count: usize, rows: usize, columns: usize, k: usize| {
        let what = format!("{count} random bases of {columns} columns, k = {k}");
        Case::new(what, Input { bases: random_bases(count, rows, columns), k })
    };
    let lines = vec![array![[1.0], [0.0]], array![[0.6], [0.8]], array![[0.0], [1.0]]];
    vec![
        Case::new("three lines in a plane, which meet with the sines 0.8, 1 and 0.6", Input { bases: lines, k: 1 }),
        random(6, 15, 5, 3),
        random(5, 12, 4, 1),
        random(4, 12, 4, 2),
        random(4, 15, 5, 5),
        random(2, 9, 3, 2),
        // A basis compared with itself gives zero up to rounding, and here nothing else tells the size of the sines.
        Case::new("one basis, which has no pair", Input { bases: random_bases(1, 9, 3), k: 2 }).slack(1e-14),
    ]
}

/// The first `k` columns of each basis, as far as there are any.
fn leading(input: &Input, k: usize) -> Vec<Array2<f64>> {
    input.bases.iter().map(|basis| basis.slice(s![.., ..k.clamp(1, basis.ncols())]).to_owned()).collect()
}

/// A number for each pair of the spaces of the first `k` columns.
fn each(input: &Input, of: impl Fn(&Array2<f64>, &Array2<f64>) -> f64) -> Array1<f64> {
    among(&leading(input, input.k), |i, j| j < i, of)
}

fn among(
    spaces: &[Array2<f64>],
    counts: impl Fn(usize, usize) -> bool,
    of: impl Fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> Array1<f64> {
    let b = spaces.len();
    let pairs = (0..b * b).map(|p| (p / b, p % b)).filter(|&(i, j)| counts(i, j));
    sorted(pairs.map(|(i, j)| of(&spaces[i], &spaces[j])).collect())
}

fn suspects() -> Vec<Suspect<Input, Array1<f64>>> {
    let pairs = |cause: &str, counts: fn(usize, usize) -> bool| {
        Suspect::new(cause, move |input: &Input| {
            among(&leading(input, input.k), counts, |u, v| if u == v { 0.0 } else { sin_theta(u, v) })
        })
    };
    let columns = |cause: &str, of: fn(&Input) -> Vec<Array2<f64>>| {
        Suspect::new(cause, move |input: &Input| among(&of(input), |i, j| j < i, |u, v| sin_theta(u, v)))
    };
    let number = |cause: &str, of: fn(&Array1<f64>) -> f64| {
        Suspect::new(cause, move |input: &Input| each(input, |u, v| of(&principal_angles(u, v))))
    };
    vec![
        pairs("Each pair comes twice; take only the pairs with j < i", |i, j| i != j),
        pairs("Each pair comes twice, and each basis meets itself; take only the pairs with j < i", |_, _| true),
        pairs("Each basis is also compared with itself, which gives 0; take only the pairs with j < i", |i, j| j <= i),
        pairs("Only neighbours are compared; take every pair, in two loops", |i, j| i == j + 1),
        pairs("Only the pairs with the first basis are there; take every pair, in two loops", |i, j| j == 0 && i > 0),
        columns("All columns are used; take the first k of each basis, `basis.slice(s![.., ..k])`", |input| {
            input.bases.clone()
        }),
        columns("These are the last k columns; the first ones belong to the largest eigenvalues", |input| {
            let last = |basis: &Array2<f64>| basis.slice(s![.., basis.ncols() - input.k..]).to_owned();
            input.bases.iter().map(last).collect()
        }),
        columns(
            "Column k is compared alone; Theta_k is the angle between the spaces of the first k columns",
            |input| input.bases.iter().map(|basis| basis.slice(s![.., input.k - 1..input.k]).to_owned()).collect(),
        ),
        columns("Only the first column is compared; take the spaces of the first k columns", |input| leading(input, 1)),
        columns("These are the first k + 1 columns; `s![.., ..k]` are the first k", |input| {
            leading(input, input.k + 1)
        }),
        columns("These are the first k - 1 columns; `s![.., ..k]` are the first k", |input| {
            leading(input, input.k - 1)
        }),
        number("These are the angles; return their sines", |angles| angles[0]),
        number("These are the sines of sines; `sin_theta` is a sine already", |angles| angles[0].sin().sin()),
        number("These are the squares of the sines", |angles| angles[0].sin().powi(2)),
        number("These are the cosines; return the sines", |angles| angles[0].cos()),
        number("This is the smallest angle between two spaces; use the largest", |angles| {
            angles[angles.len() - 1].sin()
        }),
        number("This is the cosine of the smallest angle; return the sine of the largest", |angles| {
            angles[angles.len() - 1].cos()
        }),
        number("This is the mean of the sines of all k angles; use the largest", |angles| {
            angles.mapv(f64::sin).sum() / angles.len() as f64
        }),
        number("This is the Frobenius norm of V - U (U^T V); its largest singular value is the sine", |angles| {
            angles.mapv(|angle| angle.sin().powi(2)).sum().sqrt()
        }),
        Suspect::new("This is the norm of V - U, which depends on the bases; compare the spaces", |input: &Input| {
            each(input, |u, v| singular_values(&(v - u))[0])
        }),
    ]
}

/// Spaces that have hardly turned: a sine that comes from a cosine has no digits there.
fn small_angles(student: PairwiseSines, report: &mut Report) -> Outcome {
    let base = &random_bases(1, 9, 3)[0];
    let mut rng = rng(5);
    let mut turned = || orthonormalize(&(base + &gaussian_matrix(9, 3, &mut rng) * 1e-8));
    let input = Input { bases: vec![turned(), turned(), turned()], k: 2 };
    let got = sorted(report.call(|| student(&input.bases, input.k))?);
    let expected = sorted(estimators::pairwise_sines(&input.bases, input.k));
    let near = got.iter().zip(&expected).all(|(g, e)| (g - e).abs() < 1e-14);
    let what = "spaces that have turned by 1e-8 have small sines, with seven digits and more";
    report.require(got.len() == expected.len() && near, what, || {
        let cause = "Does the sine come from a cosine? That of a small angle rounds to 1; use `sin_theta`";
        match (got.first(), expected.first()) {
            (Some(&got), Some(&expected)) => format!("{}. {cause}", expected_and_got(expected, got)),
            _ => cause.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{cases, sorted, suspects};
    use crate::suspects::assert_told_apart;

    #[test]
    fn no_two_suspects_are_the_same() {
        let truth = |input: &super::Input| sorted(estimators::pairwise_sines(&input.bases, input.k));
        assert_told_apart(&cases(), truth, &suspects());
    }
}
