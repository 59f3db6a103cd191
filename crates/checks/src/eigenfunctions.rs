//! Exercise 2/4.1: eigenfunctions as pictures.

use ndarray::{Array2, ArrayRef1, Axis};

use super::compare::{largest, require_matrix, versus};
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::probe::{gaussian_matrix, rng};

type EigenfunctionImages = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;

/// Checks exercise 2/4.1: shape, the sums, the sign of many pictures, and those that have none.
pub fn eigenfunction_images(student: EigenfunctionImages) -> Card {
    report("2/4.1", |report| {
        let (x, vectors) = examples();
        let expected = estimators::eigenfunction_images(&x, &vectors);
        let got = run(student, report, &x, &vectors)?;
        let factor =
            |by: f64| got.rows().into_iter().zip(expected.rows()).all(|(g, e)| same_up_to_sign(&g, &(&e * by)));
        pictures(report, &x, &vectors, &got, &expected, &factor)?;
        signs(report, &x, &vectors, &got, &expected)?;
        let turned = run(student, report, &x, &-&vectors)?;
        report.require(largest(&(&turned - &got)) < 1e-10, "-u gives the same pictures as u", || {
            "the sign still depends on the eigenvector's sign; flip a row if its sum of cubes is negative".to_owned()
        })?;
        // Powers of two near 1e-8 and 1e8, to which rounding is blind.
        for (factor, name) in [(-27, "1e-8"), (27, "1e8")] {
            let factor = 2.0_f64.powi(factor);
            let scaled = run(student, report, &(&x * factor), &vectors)? / factor;
            report.require(
                largest(&(&scaled - &expected)) < 1e-9,
                &format!("images times {name} give pictures times {name}"),
                || {
                    "rows differ. Compare the sum of cubes with 0, not with a small number, and do not normalise"
                        .to_owned()
                },
            )?;
        }
        let one = run(student, report, &x.slice(ndarray::s![..1, ..]).to_owned(), &Array2::from_elem((1, 1), -2.0))?;
        let wanted = estimators::eigenfunction_images(
            &x.slice(ndarray::s![..1, ..]).to_owned(),
            &Array2::from_elem((1, 1), -2.0),
        );
        report.require(largest(&(&one - &wanted)) < 1e-9, "one image and one eigenvector", || {
            versus(wanted[[0, 0]], one[[0, 0]], " at pixel 0")
        })?;
        without_sign(student, report)
    })
}

/// How many pictures there are for each rule that decides otherwise.
const EACH: usize = 3;

/// Images, and eigenvectors whose pictures have a clear sign. On some of them every other rule for the sign decides otherwise.
fn examples() -> (Array2<f64>, Array2<f64>) {
    let (x, vectors) = (gaussian_matrix(25, 12, &mut rng(1)) + 0.3, gaussian_matrix(25, 500, &mut rng(2)));
    let pictures = vectors.t().dot(&x);
    let cubes = pictures.mapv(|p| p.powi(3));
    let decided: Vec<usize> =
        (0..500).filter(|&k| cubes.row(k).sum().abs() > 0.02 * cubes.row(k).mapv(f64::abs).sum()).collect();
    let mut chosen: Vec<usize> = decided[..8].to_vec();
    for (_, rule) in RULES {
        let otherwise = |k: &usize| (rule(&pictures.row(*k), &vectors.column(*k)) < 0.0) != (cubes.row(*k).sum() < 0.0);
        chosen.extend(decided.iter().copied().filter(otherwise).take(EACH));
    }
    chosen.sort_unstable();
    chosen.dedup();
    // The first picture is one that has to be turned.
    let turned = chosen.iter().position(|&k| cubes.row(k).sum() < 0.0).unwrap_or(0);
    chosen.swap(0, turned);
    (x, vectors.select(Axis(1), &chosen))
}

fn run(
    student: EigenfunctionImages,
    report: &mut Report,
    x: &Array2<f64>,
    vectors: &Array2<f64>,
) -> Result<Array2<f64>, End> {
    let (k, pixels) = (vectors.ncols(), x.ncols());
    let got = report.call(|| student(x, vectors))?;
    let why = if got.dim() == (pixels, k) && k != pixels {
        ". This is the transpose; put picture k in row k"
    } else {
        ". There is one row per eigenvector, and one column per pixel"
    };
    require_matrix(report, "the result", &got, (k, pixels), why)?;
    Ok(got)
}

fn same_up_to_sign(got: &ArrayRef1<f64>, expected: &ArrayRef1<f64>) -> bool {
    let scale = expected.iter().fold(1e-300, |largest: f64, e| largest.max(e.abs()));
    let off = |sign: f64| got.iter().zip(expected).all(|(g, e)| (g - sign * e).abs() <= 1e-9 * scale);
    off(1.0) || off(-1.0)
}

const SUMS: &str = "row k is sum_i u_k[i] x_i, up to its sign";

fn pictures(
    report: &mut Report,
    x: &Array2<f64>,
    vectors: &Array2<f64>,
    got: &Array2<f64>,
    expected: &Array2<f64>,
    factor: &dyn Fn(f64) -> bool,
) -> Outcome {
    report.require(factor(1.0), SUMS, || {
        let n = x.nrows() as f64;
        let of = |x: &Array2<f64>, vectors: &Array2<f64>| vectors.t().dot(x);
        let rows = |by: fn(&ArrayRef1<f64>) -> f64| {
            let mut pictures = expected.clone();
            pictures.rows_mut().into_iter().for_each(|mut row| row /= by(&row.to_owned()));
            pictures
        };
        let reversed = |axis: usize| {
            let mut turned = vectors.clone();
            turned.invert_axis(Axis(axis));
            of(x, &turned)
        };
        let norms = vectors.mapv(|u| u * u).sum_axis(Axis(0)).mapv(f64::sqrt);
        let mean = x.sum_axis(Axis(0)) / n;
        let lengths = x.mapv(|p| p * p).sum_axis(Axis(1)).mapv(f64::sqrt).insert_axis(Axis(1));
        let candidates = [
            ("You divided by N; return the sum, not the mean", expected / n),
            ("You divided by the square root of N; return the sum", expected / n.sqrt()),
            ("You divided by the number of pixels; return the sum", expected / x.ncols() as f64),
            ("The row is scaled to length 1; return the sum itself", rows(|row| row.dot(row).sqrt())),
            ("The row is divided by its largest magnitude; return the sum itself", rows(|row| row.iter().fold(0.0, |l: f64, p| l.max(p.abs())))),
            ("The row is divided by the sum of its magnitudes; return the sum itself", rows(|row| row.mapv(f64::abs).sum())),
            ("The row is divided by its own sum; return the sum over the images itself", rows(|row| row.sum())),
            ("Row i of `vectors` and row i of `x` belong to the same image; yours are in opposite orders", reversed(0)),
            ("The pictures are in the reverse order; picture k belongs to column k of `vectors`", reversed(1)),
            ("The eigenvector is scaled to length 1; take it as it is", of(x, &(vectors / &norms))),
            ("The weights are magnitudes; take the entries of the eigenvector with their sign", of(x, &vectors.mapv(f64::abs))),
            ("The weights are squares; take the entries of the eigenvector themselves", of(x, &vectors.mapv(|u| u * u))),
            ("The weights are signs; take the entries of the eigenvector themselves", of(x, &vectors.mapv(f64::signum))),
            ("The mean image is subtracted first; take the images as they are", of(&(x - &mean), vectors)),
            ("Each picture's mean is subtracted; return the sum itself", {
                let means = expected.sum_axis(Axis(1)) / x.ncols() as f64;
                expected - &means.insert_axis(Axis(1))
            }),
            ("The images are scaled to length 1; take them as they are", of(&(x / &lengths), vectors)),
            ("The pixels are magnitudes; flip the sign of the whole row instead", expected.mapv(f64::abs)),
            ("These are the cubes; they only decide the sign", expected.mapv(|p| p.powi(3))),
            ("The pixels' squares are added; take the pixels themselves", of(&x.mapv(|p| p * p), vectors)),
            ("The first image is left out", of(&x.slice(ndarray::s![1.., ..]).to_owned(), &vectors.slice(ndarray::s![1.., ..]).to_owned())),
            ("The last image is left out", of(&x.slice(ndarray::s![..-1, ..]).to_owned(), &vectors.slice(ndarray::s![..-1, ..]).to_owned())),
        ];
        let fits = |candidate: &Array2<f64>| got.rows().into_iter().zip(candidate.rows()).all(|(g, c)| same_up_to_sign(&g, &c));
        let mut fitting = candidates.iter().filter(|(_, candidate)| fits(candidate));
        let cause = match (fitting.next(), fitting.next()) {
            (Some((cause, _)), None) => *cause,
            _ => "Row i of `vectors` and row i of `x` belong to the same image: compare one row of yours with `vectors.t().dot(x)`",
        };
        let k = got.rows().into_iter().zip(expected.rows()).position(|(g, e)| !same_up_to_sign(&g, &e)).unwrap_or(0);
        // The pixel where both signs are off most.
        let off = |at: &usize| {
            let (g, e) = (got[[k, *at]], expected[[k, *at]]);
            (g - e).abs().min((g + e).abs())
        };
        let at = (0..got.ncols()).max_by(|i, j| off(i).total_cmp(&off(j))).unwrap_or(0);
        let mut pixel = versus(expected[[k, at]], got[[k, at]], &format!(" at pixel {at}"));
        if off(&at) == 0.0 {
            pixel = "the pixels have the right magnitudes, but not all the same sign".to_owned();
        }
        format!("row {k}: {pixel}, up to the row's sign. {cause}")
    })
}

/// A picture and its eigenvector to a number, whose sign decides.
type Rule = fn(&ArrayRef1<f64>, &ArrayRef1<f64>) -> f64;

fn extreme(picture: &ArrayRef1<f64>) -> f64 {
    picture.iter().copied().fold(0.0, |e: f64, p| if p.abs() > e.abs() { p } else { e })
}

const RULES: [(&str, Rule); 14] = [
    (
        "No row is turned. Flip one, `row *= -1.0`, if its own `row.mapv(|p| p.powi(3)).sum()` is negative (magnitudes and even powers never are)",
        |_, _| 1.0,
    ),
    ("All of them have the wrong sign; flip a row if the sum is *negative*", |p, _| -p.mapv(|p| p.powi(3)).sum()),
    ("Your rule makes the sum of the pixels positive; it is the sum of their cubes", |p, _| p.sum()),
    ("Your rule makes the pixel of largest magnitude positive; it is the sum of the cubes that decides", |p, _| {
        extreme(p)
    }),
    ("Your rule makes the first pixel positive; it is the sum of the cubes that decides", |p, _| p[0]),
    ("Your rule makes the last pixel positive; it is the sum of the cubes that decides", |p, _| p[p.len() - 1]),
    ("Your rule takes squares with their sign, p |p|; take cubes", |p, _| p.mapv(|p| p * p.abs()).sum()),
    ("Your rule takes fifth powers; take cubes", |p, _| p.mapv(|p| p.powi(5)).sum()),
    ("Your rule subtracts the picture's mean first; take the cubes of the pixels as they are", |p, _| {
        let mean = p.sum() / p.len() as f64;
        p.mapv(|p| (p - mean).powi(3)).sum()
    }),
    ("Your rule goes by the number of positive pixels, or by their median; take the sum of the cubes", |p, _| {
        p.iter().filter(|p| **p > 0.0).count() as f64 - p.len() as f64 / 2.0 - 0.25
    }),
    ("Your rule goes by the entries of the eigenvector; take the pixels of the picture", |_, u| u.sum()),
    ("Your rule takes the cubes of the entries of the eigenvector; take those of the pixels", |_, u| {
        u.mapv(|u| u.powi(3)).sum()
    }),
    ("Your rule makes the first entry of the eigenvector positive; take the pixels of the picture", |_, u| u[0]),
    ("Your rule makes the largest entry of the eigenvector positive; take the pixels of the picture", |_, u| {
        extreme(u)
    }),
];

fn signs(
    report: &mut Report,
    x: &Array2<f64>,
    vectors: &Array2<f64>,
    got: &Array2<f64>,
    expected: &Array2<f64>,
) -> Outcome {
    let wrong: Vec<usize> = (0..got.nrows()).filter(|&k| got.row(k).dot(&expected.row(k)) < 0.0).collect();
    report.require(wrong.is_empty(), "each has a positive sum of cubes", || {
        let plain = vectors.t().dot(x);
        let fits = |rule: Rule| {
            (0..got.nrows()).all(|k| {
                let sign = if rule(&plain.row(k), &vectors.column(k)) < 0.0 { -1.0 } else { 1.0 };
                got.row(k).dot(&plain.row(k)) * sign > 0.0
            })
        };
        let cause = RULES.iter().find(|(_, rule)| fits(*rule)).map_or(
            "Flip a row, `row *= -1.0`, if its own `row.mapv(|p| p.powi(3)).sum()` is negative, and only then",
            |(cause, _)| *cause,
        );
        format!("{} of {} rows do not, the first is row {}. {cause}", wrong.len(), got.nrows(), wrong[0])
    })
}

/// A picture that is zero, and one whose cubes cancel: their sums hold, and either sign will do.
fn without_sign(student: EigenfunctionImages, report: &mut Report) -> Outcome {
    let x = ndarray::array![[1.0, -1.0, 0.0], [0.0, 2.0, 1.0]];
    let vectors = ndarray::array![[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]];
    let got = run(student, report, &x, &vectors)?;
    let plain = vectors.t().dot(&x);
    let off = (0..3).find(|&k| !same_up_to_sign(&got.row(k), &plain.row(k)));
    report.require(off.is_none(), "a sum of cubes that is 0 leaves the picture as it is, with either sign", || {
        let k = off.unwrap_or(0);
        let text = |row: &ArrayRef1<f64>| format!("{:?}", row.to_vec());
        format!("expected {} or its negative, got {}. Is the row multiplied by a sign that may be 0, or divided by the sum?", text(&plain.row(k)), text(&got.row(k)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the check's pictures, every rule decides otherwise than the right one somewhere, and than every other rule.
    #[test]
    fn the_rules_can_be_told_apart() {
        let (x, vectors) = examples();
        let plain = vectors.t().dot(&x);
        let signs = |rule: Rule| -> Vec<bool> {
            (0..plain.nrows()).map(|k| rule(&plain.row(k), &vectors.column(k)) < 0.0).collect()
        };
        let right = signs(|p, _| p.mapv(|p| p.powi(3)).sum());
        let all: Vec<Vec<bool>> = RULES.iter().map(|(_, rule)| signs(*rule)).collect();
        for (i, (cause, _)) in RULES.iter().enumerate() {
            let differences = all[i].iter().zip(&right).filter(|(a, b)| a != b).count();
            assert!(differences >= EACH, "{cause}: {differences}");
            for j in 0..i {
                assert!(all[i] != all[j], "{cause} and {}", RULES[j].0);
            }
        }
    }
}
