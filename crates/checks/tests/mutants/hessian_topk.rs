use matrix_free::linalg::{Eigh, eigh, norm};
use matrix_free::operator::{Dense, to_dense};
use matrix_free::probe::{Probe, rng};
use ndarray::{Array1, Array2, Axis, s};
use spectral_course::check;
use spectral_course::solutions::{self, Eigenpairs, Lanczos, Reorthogonalization, lanczos};

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed, assert_passed_with_streams, stream};

// 4/2.1 the top of the Hessian

type Student = fn(Operator, usize, usize, u64) -> Eigenpairs;

fn full(a: Operator, n_steps: usize, seed: u64) -> Lanczos {
    lanczos(a, seed, n_steps, Reorthogonalization::Full)
}

/// The pairs of a run at the given indices, in that order.
fn chosen(run: &Lanczos, ritz: &Eigh, order: &[usize]) -> Eigenpairs {
    let u = ritz.vectors.select(Axis(1), order);
    let residuals = u.row(u.nrows() - 1).mapv(|last| run.residual * last.abs());
    Eigenpairs::new(ritz.values.select(Axis(0), order), run.basis.dot(&u), run.n_matvecs).with_residuals(residuals)
}

/// The pairs of a run, with the indices sorted by a key, the largest first.
fn by(run: &Lanczos, k: usize, key: impl Fn(f64) -> f64) -> Eigenpairs {
    let ritz = run.ritz();
    let mut order: Vec<usize> = (0..ritz.values.len()).collect();
    order.sort_by(|&i, &j| key(ritz.values[j]).total_cmp(&key(ritz.values[i])));
    chosen(run, &ritz, &order[..k])
}

/// The right pairs with other residuals: of the run, the eigenvectors of T, and the index of the pair.
fn with_residuals(run: &Lanczos, k: usize, residual: impl Fn(&Lanczos, &Array2<f64>, usize) -> f64) -> Eigenpairs {
    let vectors = run.ritz().vectors;
    let steps = vectors.nrows();
    by(run, k, |value| value).with_residuals((0..k).map(|j| residual(run, &vectors, steps - 1 - j)).collect())
}

/// The right pairs with other vectors: of the run, the eigenvectors of T, and the index of the pair.
fn with_vectors(run: &Lanczos, k: usize, vector: impl Fn(&Lanczos, &Array2<f64>, usize) -> Array1<f64>) -> Eigenpairs {
    let mut pairs = by(run, k, |value| value);
    let vectors = run.ritz().vectors;
    for j in 0..k {
        pairs.vectors.column_mut(j).assign(&vector(run, &vectors, vectors.nrows() - 1 - j));
    }
    pairs
}

fn wrong_pairs() -> Vec<(Says, Student)> {
    vec![
        (Cause("These are the three of largest magnitude"), |a, k, n, seed| by(&full(a, n, seed), k, f64::abs)),
        (Cause("These are the three of largest magnitude"), |a, k, n, seed| {
            let mut pairs = by(&full(a, n, seed), k, f64::abs);
            pairs.values.mapv_inplace(f64::abs);
            pairs
        }),
        (Cause("the largest come last"), |a, k, n, seed| by(&full(a, n, seed), k, |value| -value)),
        (Cause("the largest come last"), |a, k, n, seed| {
            let run = full(a, n, seed);
            chosen(&run, &run.ritz(), &(0..k).rev().collect::<Vec<_>>())
        }),
        (Cause("The order is ascending"), |a, k, n, seed| {
            let run = full(a, n, seed);
            let steps = run.alpha.len();
            chosen(&run, &run.ritz(), &(steps - k..steps).collect::<Vec<_>>())
        }),
        (Cause("The first value is left out"), |a, k, n, seed| {
            let run = full(a, n, seed);
            let steps = run.alpha.len();
            chosen(&run, &run.ritz(), &(0..k).map(|j| (steps - 1 - j).saturating_sub(1)).collect::<Vec<_>>())
        }),
        (Cause("The sign is wrong"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.values.mapv_inplace(|value| -value);
            pairs
        }),
        (Cause("sort by value, in descending order"), |a, k, n, seed| by(&full(a, n, seed), k, |value| -value.abs())),
        (Cause("You squared the values"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.values.mapv_inplace(|value| value * value);
            pairs
        }),
        (Difference("Are there n_steps steps"), |a, k, _, seed| solutions::hessian_topk(a, k, k, seed)),
        (Difference("Are there n_steps steps"), |a, k, n, seed| solutions::hessian_topk(a, k, (n - 1).max(k), seed)),
        // The diagonal of T.
        (Difference("do the values come from `run.ritz()`"), |a, k, n, seed| {
            let run = full(a, n, seed);
            let mut diagonal = run.alpha.to_vec();
            diagonal.sort_by(|x, y| y.total_cmp(x));
            Eigenpairs { values: diagonal[..k].to_vec().into(), ..by(&run, k, |value| value) }
        }),
        (Cause("in the order of the values, the last one first"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.vectors.invert_axis(Axis(1));
            pairs
        }),
        (Cause("in the order of the values, the last one first"), |a, k, n, seed| {
            // The first k columns of u with the last k values.
            with_vectors(&full(a, n, seed), k, |run, u, i| run.basis.dot(&u.column(u.nrows() - 1 - i)))
        }),
        (Cause("These are columns of the basis"), |a, k, n, seed| {
            with_vectors(&full(a, n, seed), k, |run, u, i| run.basis.column(u.nrows() - 1 - i).to_owned())
        }),
        (Cause("each u is a column of it"), |a, k, n, seed| {
            with_vectors(&full(a, n, seed), k, |run, u, i| run.basis.dot(&u.row(i)))
        }),
        (Cause("These are the eigenvectors u of T"), |a, k, n, seed| {
            let run = full(a, n, seed);
            Eigenpairs { vectors: run.ritz().top(k), ..by(&run, k, |value| value) }
        }),
        (Cause("so Q u has them too"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.vectors = &pairs.vectors * &pairs.values;
            pairs
        }),
        // The largest entry is 1.
        (Cause("so Q u has them too"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            for mut column in pairs.vectors.columns_mut() {
                let largest = column.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
                column /= largest;
            }
            pairs
        }),
        // The basis of another run, on a matrix of the student's own.
        (Difference("both of the same run"), |a, k, n, seed| {
            let other = Dense::new(Array2::from_diag(&Array1::linspace(0.0, 1.0, a.dim())));
            let basis = full(&other, n, seed).basis;
            let run = full(a, n, seed);
            with_vectors(&run, k, |run, u, i| {
                if basis.dim() == run.basis.dim() { basis.dot(&u.column(i)) } else { run.basis.dot(&u.column(i)) }
            })
        }),
        (Cause("Return the vectors as columns"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.vectors = pairs.vectors.t().to_owned();
            pairs
        }),
        (Cause("Return only the k columns"), |a, k, n, seed| {
            let run = full(a, n, seed);
            Eigenpairs { vectors: run.basis.dot(&run.ritz().vectors), ..by(&run, k, |value| value) }
        }),
        (Difference("expected length 3, got 8"), |a, _, n, seed| solutions::hessian_topk(a, n, n, seed)),
        (Cause("keeps them"), |a, k, n, seed| Eigenpairs { residuals: None, ..solutions::hessian_topk(a, k, n, seed) }),
        (Difference("without a threshold: which of them is large"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.values.mapv_inplace(|value| if value.abs() < 1e-6 { 0.0 } else { value });
            pairs
        }),
        (Difference("digits are lost"), |a, k, n, seed| {
            let mut pairs = solutions::hessian_topk(a, k, n, seed);
            pairs.values.mapv_inplace(|value| f64::from(value as f32));
            pairs
        }),
    ]
}

fn wrong_residuals() -> Vec<(Says, Student)> {
    vec![
        (Cause("This uses the first component of u"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[0, i]].abs())
        }),
        (Cause("take its absolute value"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[u.nrows() - 1, i]])
        }),
        (Cause("You squared the last component"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[u.nrows() - 1, i]].powi(2))
        }),
        (Cause("which is `run.residual`, is missing"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |_, u, i| u[[u.nrows() - 1, i]].abs())
        }),
        (Cause("This uses the last entry of `run.beta`"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| {
                run.beta.last().map_or(run.residual, |beta| beta * u[[u.nrows() - 1, i]].abs())
            })
        }),
        (Cause("This is the residual of the whole run"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, _, _| run.residual)
        }),
        (Cause("Rows and columns are swapped"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[i, u.nrows() - 1]].abs())
        }),
        (Cause("the last component but one"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[u.nrows().saturating_sub(2), i]].abs())
        }),
        (Cause("The residual is squared"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| (run.residual * u[[u.nrows() - 1, i]]).powi(2))
        }),
        (Cause("The residual is divided by the value"), |a, k, n, seed| {
            let pairs = solutions::hessian_topk(a, k, n, seed);
            let relative = pairs.residuals.as_ref().map(|residuals| residuals / &pairs.values.mapv(f64::abs));
            Eigenpairs { residuals: relative, ..pairs }
        }),
        (Cause("They are in the wrong order"), |a, k, n, seed| {
            let pairs = solutions::hessian_topk(a, k, n, seed);
            let reversed = pairs.residuals.as_ref().map(|residuals| residuals.slice(s![..;-1]).to_owned());
            Eigenpairs { residuals: reversed, ..pairs }
        }),
        (Cause("They are in the wrong order"), |a, k, n, seed| {
            // Those of the smallest values.
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[u.nrows() - 1, u.nrows() - 1 - i]].abs())
        }),
        (Cause("They are sorted on their own"), |a, k, n, seed| {
            let pairs = solutions::hessian_topk(a, k, n, seed);
            let mut sorted = pairs.residuals.as_ref().map(|residuals| residuals.to_vec()).unwrap_or_default();
            sorted.sort_by(f64::total_cmp);
            pairs.with_residuals(sorted.into())
        }),
        (Difference("for the u of its value, without a threshold"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| (run.residual * u[[u.nrows() - 1, i]].abs()).max(1e-6))
        }),
        (Difference("for the u of its value"), |a, k, n, seed| {
            solutions::hessian_topk(a, k, n, seed).with_residuals(Array1::zeros(k))
        }),
        (Cause("The number of steps taken is"), |a, k, n, seed| {
            with_residuals(&full(a, n, seed), k, |run, u, i| run.residual * u[[n - 1, i]].abs())
        }),
    ]
}

fn wrong_runs() -> Vec<(Says, Student)> {
    vec![
        (Cause("The residuals need no product of their own"), |a, k, n, seed| {
            let pairs = solutions::hessian_topk(a, k, n, seed);
            let residuals = (0..k).map(|j| {
                let v = pairs.vectors.column(j);
                norm(&(a.apply(&v) - &v * pairs.values[j]))
            });
            let residuals = residuals.collect();
            Eigenpairs { n_matvecs: pairs.n_matvecs + k, ..pairs }.with_residuals(residuals)
        }),
        (Cause("Run Lanczos once and keep the run"), |a, k, n, seed| {
            let basis = full(a, n, seed).basis;
            let run = Lanczos { basis, ..full(a, n, seed) };
            by(&run, k, |value| value)
        }),
        (Cause("as many products as the matrix has rows"), |a, k, _, seed| {
            solutions::hessian_topk(a, k, a.dim(), seed)
        }),
        (Cause("as many products as the matrix has rows"), |a, k, n, _| {
            let pairs = eigh(&to_dense(a));
            let values = pairs.values.iter().rev().take(k).copied().collect();
            Eigenpairs::new(values, pairs.top(k), n).with_residuals(Array1::zeros(k))
        }),
        (Cause("nothing else needs a product"), |a, k, n, seed| solutions::hessian_topk(a, k, n + 1, seed)),
        (Cause("Return `run.n_matvecs`"), |a, k, n, seed| Eigenpairs {
            n_matvecs: k,
            ..solutions::hessian_topk(a, k, n, seed)
        }),
        (Cause("return `run.n_matvecs`, not n_steps"), |a, k, n, seed| Eigenpairs {
            n_matvecs: n,
            ..solutions::hessian_topk(a, k, n, seed)
        }),
        (Cause("Use `Reorthogonalization::Full`"), |a, k, n, seed| {
            by(&lanczos(a, seed, n, Reorthogonalization::None), k, |value| value)
        }),
        (Cause("gave the same vector; `lanczos(a, seed"), |a, k, n, _| solutions::hessian_topk(a, k, n, 0)),
        (Cause("without a division, a remainder or a cast"), |a, k, n, seed| {
            solutions::hessian_topk(a, k, n, seed / 2)
        }),
        (Cause("may be orthogonal to the eigenvector you want"), |a, k, n, _| {
            by(&lanczos(a, &Array1::ones(a.dim()), n, Reorthogonalization::Full), k, |value| value)
        }),
        // The product of the first two columns of each u only, where the run is long.
        (Cause("Multiply the whole basis by the whole of each u"), |a, k, n, seed| {
            let run = full(a, n, seed);
            if n < 60 {
                return by(&run, k, |value| value);
            }
            with_vectors(&run, k, |run, u, i| run.basis.slice(s![.., ..8]).dot(&u.column(i).slice(s![..8])))
        }),
    ]
}

pub(super) fn wrong() -> Vec<Wrong> {
    let all = [wrong_pairs(), wrong_residuals(), wrong_runs()].into_iter().flatten();
    all.map(|(says, student)| Wrong::new(says, move || check::hessian_topk(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("hessian_topk", wrong());
}

#[test]
fn right_versions_pass() {
    let right: &[Student] = &[
        // Sorted indices.
        |a, k, n, seed| by(&full(a, n, seed), k, |value| value),
        // Starts of one's own, and Gram-Schmidt of one's own.
        |a, k, n, seed| from(Probe::Rademacher, a, k, n, seed),
        |a, k, n, seed| {
            let start = Probe::Gaussian.draw(a.dim(), &mut rng(seed ^ 0x5bd1_e995));
            by(&solutions::lanczos_gram_schmidt(a, &start, n, 2), k, |value| value)
        },
        // Pair by pair, vectors of the other sign.
        |a, k, n, seed| {
            let run = full(a, n, seed);
            let ritz = run.ritz();
            let last = ritz.values.len() - 1;
            let (mut values, mut residuals) = (vec![], vec![]);
            let mut vectors = Array2::zeros((a.dim(), k));
            for (j, i) in (last + 1 - k..=last).rev().enumerate() {
                let u = ritz.vectors.column(i);
                values.push(ritz.values[i]);
                residuals.push((run.residual * u[last]).abs());
                vectors.column_mut(j).assign(&-run.basis.dot(&u));
            }
            Eigenpairs::new(values.into(), vectors, run.n_matvecs).with_residuals(residuals.into())
        },
        // By slices, and with the vectors normalised once more.
        |a, k, n, seed| {
            let run = full(a, n, seed);
            let (ritz, steps) = (run.ritz(), run.alpha.len());
            let u = ritz.vectors.slice(s![.., steps - k..;-1]);
            let mut vectors = run.basis.dot(&u);
            for mut column in vectors.columns_mut() {
                let length = norm(&column);
                column /= length;
            }
            let residuals = u.row(steps - 1).mapv(f64::abs) * run.residual;
            Eigenpairs::new(ritz.values.slice(s![steps - k..;-1]).to_owned(), vectors, steps).with_residuals(residuals)
        },
    ];
    for student in right {
        assert_passed(check::hessian_topk(*student));
    }
}

/// From a start of the student's own.
fn from(probe: Probe, a: Operator, k: usize, n: usize, seed: u64) -> Eigenpairs {
    let start = probe.draw(a.dim(), &mut rng(seed));
    by(&lanczos(a, &start, n, Reorthogonalization::Full), k, |value| value)
}

#[test]
#[ignore = "for a change of the check: a few seconds"]
fn no_start_is_unlucky() {
    assert_passed_with_streams(1000, || {
        check::hessian_topk(|a, k, n, seed| from(Probe::Gaussian, a, k, n, seed.wrapping_add(stream())))
    });
    assert_passed_with_streams(1000, || {
        check::hessian_topk(|a, k, n, seed| from(Probe::Rademacher, a, k, n, seed.wrapping_add(stream())))
    });
}
