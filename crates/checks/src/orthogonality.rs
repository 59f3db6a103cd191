use ndarray::{Array1, Array2, array, s};

use super::claim::number;
use super::compare::{expect_entries, expect_entries_or, largest, require_vector};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::linalg::{frobenius_squared, orthonormalize, spectral_norm};
use matrix_free::probe::{gaussian_matrix, rng};

type History = fn(&Array2<f64>) -> Array1<f64>;

/// Checks exercise 1/5.1: known overlaps, between neighbours and between the first and the last, lengths, and a good basis.
pub fn orthogonality_history(student: History) -> Card {
    report("1/5.1", |report| {
        known_overlaps(student, report)?;
        if !report.is_clean() {
            return Ok(());
        }
        random_bases(student, report)?;
        far_apart(student, report)?;
        good_basis(student, report)
    })
}

fn known_overlaps(student: History, report: &mut Report) -> Outcome {
    // Columns e1, e2, (0, -0.6, 0.8), e1 + a little: overlaps 0, -0.6, and a length that is off.
    let basis = array![[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, -0.6, 0.0], [0.0, 0.0, 0.8, 0.0], [0.0, 0.0, 0.0, 1.1]];
    let got = report.call(|| student(&basis))?;
    require_vector(report, "the history", &got, 4, "per column")?;
    let expected = array![0.0, 0.0, 0.6, 0.6];
    let each = |f: &dyn Fn(&Array2<f64>) -> f64| -> Array1<f64> {
        (1..=4).map(|j| f(&basis.slice(s![.., ..j]).to_owned())).collect()
    };
    let each_defect = |f: fn(&Array2<f64>) -> f64| each(&|q| f(&(q.t().dot(q) - Array2::<f64>::eye(q.ncols()))));
    let suspects = [
        ("The overlap is -0.6; take absolute values", array![0.0, 0.0, 0.0, 0.21]),
        ("The overlap is -0.6; take absolute values", array![0.0, 0.0, 0.0, 0.0]),
        ("Subtract the identity from Q^T Q", array![1.0, 1.0, 1.0, 1.21]),
        (
            "Entry j is the maximum over all the columns so far, not just over the last column",
            array![0.0, 0.0, 0.6, 0.21],
        ),
        (
            "Entry j is the maximum over all the columns so far, not just over the last column",
            array![0.0, 0.0, 0.6, 0.0],
        ),
        ("This is the Frobenius norm; return the largest entry", each_defect(|e| frobenius_squared(e).sqrt())),
        ("This is the sum of the entries; return the largest", each_defect(|e| e.iter().map(|x| x.abs()).sum())),
        ("These are squares; do not square the overlaps", array![0.0, 0.0, 0.36, 0.36]),
        (
            "Every entry holds the maximum over the whole basis; for entry j, take only the first j + 1 columns",
            Array1::from_elem(4, 0.6),
        ),
        ("Entry j covers the first j + 1 columns, including column j", array![0.0, 0.0, 0.0, 0.6]),
        (
            "This is Q Q^T, of the rows; take Q^T Q, of the columns",
            each(&|q| largest(&(q.dot(&q.t()) - Array2::<f64>::eye(q.nrows())))),
        ),
        ("The lengths enter as they are; the diagonal of Q^T Q holds their squares", array![0.0, 0.0, 0.6, 0.6]),
        ("This is the sum, not the largest, of the overlaps", array![0.0, 0.0, 0.6, 0.81]),
        (
            "This is the root of the overlap; return the overlap itself",
            array![0.0, 0.0, 0.6_f64.sqrt(), 0.6_f64.sqrt()],
        ),
        (
            "This is the mean of the entries; return the largest",
            each_defect(|e| e.iter().map(|x| x.abs()).sum::<f64>() / e.len() as f64),
        ),
    ];
    expect_entries_or(
        report,
        "an overlap of -0.6 with the third column shows up from the third entry on",
        &got,
        &expected,
        1e-12,
        &suspects,
        "Look at the first entry that is wrong: it belongs to the columns up to that one",
    );
    if !report.is_clean() {
        return Ok(());
    }
    let lengths = array![[1.0, 0.0], [0.0, 1.1]];
    let got = report.call(|| student(&lengths))?;
    require_vector(report, "the history", &got, 2, "per column")?;
    let suspects = [
        ("Include the diagonal of Q^T Q: 1.1 squared is off by 0.21", array![0.0, 0.0]),
        ("This is the error of the length; the diagonal of Q^T Q holds its square", array![0.0, 0.1]),
        ("Subtract the identity from the diagonal, too", array![1.0, 1.21]),
    ];
    expect_entries(report, "a column of length 1.1 counts too", &got, &array![0.0, 0.21], 1e-12, &suspects);
    if !report.is_clean() {
        return Ok(());
    }
    let norm = array![[1.0, 0.6, 0.6], [0.0, 0.8, 0.0], [0.0, 0.0, 0.8]];
    let got = report.call(|| student(&norm))?;
    require_vector(report, "the history", &got, 3, "per column")?;
    let of = |k: usize| {
        let q = norm.slice(s![.., ..k]).to_owned();
        spectral_norm(&(q.t().dot(&q) - Array2::<f64>::eye(k)))
    };
    let suspects = [("This is the operator norm; return the largest entry", array![of(1), of(2), of(3)])];
    expect_entries(report, "it is the largest entry, not another norm", &got, &array![0.0, 0.6, 0.6], 1e-12, &suspects);
    Ok(())
}

/// An overlap between the first column and the last, which neighbours do not see.
fn far_apart(student: History, report: &mut Report) -> Outcome {
    let with_overlap = |i: usize| {
        let mut basis = Array2::<f64>::eye(8);
        basis[[i, 7]] = 1e-7;
        basis
    };
    let neighbours = report.call(|| student(&with_overlap(6)))?;
    require_vector(report, "the history", &neighbours, 8, "per column")?;
    report.require(
        (neighbours[7] - 1e-7).abs() < 1e-12,
        "an overlap of 1e-7 between neighbours is detected",
        || {
            format!(
                "expected 1e-7 in the last entry, got {}. Is there a threshold, or rounding?",
                number(neighbours[7])
            )
        },
    )?;
    let got = report.call(|| student(&with_overlap(0)))?;
    require_vector(report, "the history", &got, 8, "per column")?;
    report.expect((got[7] - 1e-7).abs() < 1e-12 && got[6] < 1e-12, "an overlap of 1e-7 between the first and the eighth column is detected", || {
        format!(
            "expected 1e-7 in the last entry and 0 before it, got {} and {}. Compare every column with every other, not just with its neighbours, which stay orthogonal in the recurrence",
            number(got[7]),
            number(got[6])
        )
    });
    Ok(())
}

fn good_basis(student: History, report: &mut Report) -> Outcome {
    let basis = orthonormalize(&gaussian_matrix(50, 20, &mut rng(1)));
    let got = report.call(|| student(&basis))?;
    require_vector(report, "the history", &got, 20, "per column")?;
    report.expect(
        got[19] < 1e-14 && got.iter().all(|&g| g >= 0.0),
        "an orthonormal basis is off only by rounding",
        || format!("expected less than 1e-14, got {}", number(got[19])),
    );
    let falls = (1..20).find(|&j| got[j] < got[j - 1]);
    report.expect(falls.is_none(), "it never decreases", || {
        format!(
            "entry {} is smaller than the one before. Each entry is a maximum over more columns, so it cannot fall",
            falls.unwrap_or(0)
        )
    });
    Ok(())
}

/// Bases of random columns, with overlaps of either sign, short and long columns, and overlaps of every size.
fn random_bases(student: History, report: &mut Report) -> Outcome {
    for (seed, scale, n) in [(2, 0.3, 9), (3, 1.5, 5), (4, 1e-4, 9)] {
        // For a small scale nearly orthonormal, otherwise not at all.
        let noise = gaussian_matrix(n, 4, &mut rng(seed)) * scale;
        let basis = if scale < 0.1 { orthonormalize(&gaussian_matrix(n, 4, &mut rng(seed))) + noise } else { noise };
        let got = report.call(|| student(&basis))?;
        require_vector(report, "the history", &got, 4, "per column")?;
        let expected = estimators::orthogonality_history(&basis);
        expect_entries_or(
            report,
            &format!("a random {n} x 4 basis with deviations of about {scale}"),
            &got,
            &expected,
            1e-10,
            &[],
            "Compare with a loop over all pairs i <= j, absolute values and the diagonal included, without a limit or a threshold, in `f64`",
        );
        if !report.is_clean() {
            return Ok(());
        }
    }
    let zero = Array2::zeros((3, 2));
    let got = report.call(|| student(&zero))?;
    require_vector(report, "the history", &got, 2, "per column")?;
    expect_entries(report, "columns of length 0 are off by 1", &got, &array![1.0, 1.0], 1e-12, &[]);
    Ok(())
}
