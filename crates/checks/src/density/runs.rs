use ndarray::{Array1, Array2, ArrayRef1};

use super::{SlqDensity, TAILS, starts};
use crate::claim::expected_and_got;
use crate::claim::number;
use crate::compare::{distance, require_vector};
use crate::probes::{Call, LENGTH, SEEDS, expect_apart, expect_fair_signs, expect_fresh};
use crate::recording::Recording;
use crate::report::{Outcome, Report};
use estimators::{Lanczos, PointMasses, Quadrature, Reorthogonalization, lanczos, smooth};
use matrix_free::linalg::{Eigh, eigh_tridiagonal, linspace, trapezoid};
use matrix_free::probe::random_symmetric;

/// Nodes and weights, or the diagonal and the off-diagonal of a tridiagonal matrix.
type Pair = (Array1<f64>, Array1<f64>);

/// The density of runs, each with the nodes and weights that `measure` makes of it.
fn density_of(
    runs: &[Lanczos],
    n: usize,
    grid: &Array1<f64>,
    sigma: f64,
    measure: impl Fn(&Eigh) -> Pair,
) -> Array1<f64> {
    let masses = |run: &Lanczos| {
        let (nodes, weights) = measure(&run.ritz());
        PointMasses { nodes, weights: weights * n as f64 }
    };
    smooth(&Quadrature { probes: runs.iter().map(masses).collect(), n_matvecs: 0 }, grid, sigma)
}

fn squares(x: &ArrayRef1<f64>) -> Array1<f64> {
    x.mapv(|x| x * x)
}

fn right(ritz: &Eigh) -> Pair {
    (ritz.values.clone(), squares(&ritz.vectors.row(0)))
}

fn peak(density: &Array1<f64>) -> f64 {
    density.iter().copied().fold(0.0, f64::max)
}

/// On a full matrix the density is that of the runs from the probes that were used, each with the same weight.
pub(super) fn rebuilt(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, s, sigma) = (24, 5, 6, 0.8);
    // Away from zero on one side, so that the signs of the eigenvalues matter.
    let a = Recording::new(random_symmetric(n, 3) + Array2::<f64>::eye(n) * 3.0);
    let grid = linspace(-25.0, 30.0, 221);
    for seed in [17, 0] {
        let density = report.call(|| student(&a, m, s, &grid, sigma, seed))?;
        let vectors = a.take();
        require_vector(report, "the density", &density, grid.len(), "per grid point")?;
        let starts = starts(report, &vectors, m)?;
        let runs: Vec<Lanczos> = starts.iter().map(|z| lanczos(&a, *z, s, Reorthogonalization::Full)).collect();
        a.take();
        let expected = density_of(&runs, n, &grid, sigma, right);
        let what = "on a full matrix it is the mean over the runs, with the squared first components as weights";
        let fits = |suspect: &Array1<f64>| distance(&density, suspect) <= 2.0 * TAILS * peak(suspect);
        report.insist(fits(&expected), what, || {
            let named = suspects(&runs, n, &grid, sigma).into_iter().find(|(_, suspect)| fits(suspect));
            let width = width(&density, &expected, &grid, sigma);
            let other_width = density_of(&runs, n, &grid, width, right);
            let cause = match named {
                Some((cause, _)) => cause.to_owned(),
                None if distance(&density, &other_width) <= 1e-3 * peak(&other_width) => {
                    format!("The width of the Gaussians is {}, not sigma = {sigma}; use the argument", number(width))
                }
                None => "For each probe, add one Gaussian per Ritz value `values[i]`, with the weight `vectors[[0, i]].powi(2)`, and divide by m_probes at the end".to_owned(),
            };
            let off = |i: usize| (density[i] - expected[i]).abs();
            let worst = (0..grid.len()).max_by(|&i, &j| off(i).total_cmp(&off(j))).unwrap_or(0);
            format!("at t = {}, {}. {cause}", number(grid[worst]), expected_and_got(expected[worst], density[worst]))
        })?;
    }
    report.expect(
        true,
        "on a full matrix it is the mean over the runs, with the squared first components as weights",
        String::new,
    );
    Ok(())
}

/// The width that the Gaussians would have if all else were right, by the second moments.
fn width(density: &Array1<f64>, expected: &Array1<f64>, grid: &Array1<f64>, sigma: f64) -> f64 {
    let second = |density: &Array1<f64>| trapezoid(&(density * grid * grid), grid) / trapezoid(density, grid);
    (sigma * sigma + second(density) - second(expected)).max(1e-6).sqrt()
}

fn suspects(runs: &[Lanczos], n: usize, grid: &Array1<f64>, sigma: f64) -> Vec<(&'static str, Array1<f64>)> {
    let of = |measure: fn(&Eigh) -> Pair| density_of(runs, n, grid, sigma, measure);
    let of_some = |runs: &[Lanczos]| density_of(runs, n, grid, sigma, right);
    // The tridiagonal matrices of all runs with other entries.
    let of_matrix = |entries: &dyn Fn(&Lanczos) -> Pair| {
        let masses = |run: &Lanczos| {
            let (alpha, beta) = entries(run);
            let (nodes, weights) = right(&eigh_tridiagonal(&alpha, &beta));
            PointMasses { nodes, weights: weights * n as f64 }
        };
        smooth(&Quadrature { probes: runs.iter().map(masses).collect(), n_matvecs: 0 }, grid, sigma)
    };
    let (m, last) = (runs.len(), runs.len() - 1);
    let length = runs.iter().map(|run| run.alpha.len()).min().unwrap_or(0);
    let average = |of: fn(&Lanczos) -> &Array1<f64>, length: usize| -> Array1<f64> {
        (0..length).map(|j| runs.iter().map(|run| of(run)[j]).sum::<f64>() / m as f64).collect()
    };
    let averaged = (average(|run| &run.alpha, length), average(|run| &run.beta, length.saturating_sub(1)));
    vec![
        (
            "The recurrence coefficients of the runs are averaged: the Gaussians of each run belong in the density, not those of a mean matrix",
            of_matrix(&|_| averaged.clone()),
        ),
        (
            "Row 0 of the eigenvectors holds the first components: this takes the last row; the weight of value i is `vectors[[0, i]].powi(2)`",
            of(|ritz| (ritz.values.clone(), squares(&ritz.vectors.row(ritz.vectors.nrows() - 1)))),
        ),
        (
            "Row 0 of the eigenvectors holds the first components: this takes column 0, the whole first eigenvector; the weight of value i is `vectors[[0, i]].powi(2)`",
            of(|ritz| (ritz.values.clone(), squares(&ritz.vectors.column(0)))),
        ),
        (
            "This takes row 1 of the eigenvectors; indices start at 0, so the first components are `vectors[[0, i]]`",
            of(|ritz| (ritz.values.clone(), squares(&ritz.vectors.row(1)))),
        ),
        (
            "All Ritz values have the same weight here; the weight of value i is `vectors[[0, i]].powi(2)`",
            of(|ritz| (ritz.values.clone(), Array1::from_elem(ritz.values.len(), 1.0 / ritz.values.len() as f64))),
        ),
        (
            "Values and weights are in opposite orders; value i belongs to column i of the vectors",
            of(|ritz| (ritz.values.clone(), squares(&ritz.vectors.row(0)).iter().rev().copied().collect())),
        ),
        (
            "Only the last probe counts. Add every probe's Gaussians to the density, `density += ..`, and divide by m_probes at the end",
            of_some(&runs[last..]),
        ),
        (
            "Only the first probe counts. Add every probe's Gaussians to the density, and divide by m_probes at the end",
            of_some(&runs[..1]),
        ),
        ("The first probe is left out of the mean", of_some(&runs[1..])),
        ("The last probe is left out of the mean", of_some(&runs[..last])),
        (
            "The weights are those of the first run throughout; each run has its own",
            density_with(runs, n, grid, sigma, |i| (i, 0)),
        ),
        (
            "The Ritz values are those of the first run throughout; each run has its own",
            density_with(runs, n, grid, sigma, |i| (0, i)),
        ),
        (
            "The Ritz values have lost their signs",
            of(|ritz| (ritz.values.mapv(f64::abs), squares(&ritz.vectors.row(0)))),
        ),
        ("The Ritz values have the wrong sign", of(|ritz| (-&ritz.values, squares(&ritz.vectors.row(0))))),
        (
            "The tridiagonal matrix holds the squares of the betas; it takes the betas themselves",
            of_matrix(&|run| (run.alpha.clone(), squares(&run.beta))),
        ),
        (
            "The betas of the recurrence are missing from the tridiagonal matrix: its diagonal alone is not enough",
            of_matrix(&|run| (run.alpha.clone(), Array1::zeros(run.beta.len()))),
        ),
    ]
}

/// Nodes of one run with the weights of another.
fn density_with(
    runs: &[Lanczos],
    n: usize,
    grid: &Array1<f64>,
    sigma: f64,
    pair: fn(usize) -> (usize, usize),
) -> Array1<f64> {
    let masses = |i: usize| {
        let (nodes, weights) = pair(i);
        PointMasses {
            nodes: runs[nodes].ritz().values,
            weights: squares(&runs[weights].ritz().vectors.row(0)) * n as f64,
        }
    };
    smooth(&Quadrature { probes: (0..runs.len()).map(masses).collect(), n_matvecs: 0 }, grid, sigma)
}

/// The density of c A at c t is that of A at t, divided by c.
pub(super) fn scales(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, s) = (24, 3, 8);
    for scale in [1e-3, 1e-8, 1e8] {
        let a = Recording::new(random_symmetric(n, 4) * scale);
        let grid = linspace(-25.0, 25.0, 101) * scale;
        let density = report.call(|| student(&a, m, s, &grid, 0.8 * scale, 9))?;
        let vectors = a.take();
        let what = format!("it is right for {scale:e} A too");
        report.insist(vectors.len() == m * s, &what, || {
            format!("expected {m} x {s} = {} matvecs, got {}. A run may end early only where the residual is at rounding level compared with the size of A, not with a fixed number", m * s, vectors.len())
        })?;
        require_vector(report, "the density", &density, grid.len(), "per grid point")?;
        let starts = starts(report, &vectors, m)?;
        let runs: Vec<Lanczos> = starts.iter().map(|z| lanczos(&a, *z, s, Reorthogonalization::Full)).collect();
        let expected = density_of(&runs, n, &grid, 0.8 * scale, right);
        report.insist(distance(&density, &expected) <= 2.0 * TAILS * peak(&expected), &what, || {
            format!("the largest difference is {}, where the density reaches {}. Does your code compare with a fixed number?", number(distance(&density, &expected)), number(peak(&expected)))
        })?;
    }
    report.expect(true, "it is right for 1e-3 A, 1e-8 A and 1e8 A too", String::new);
    Ok(())
}

/// Start vectors of many seeds, and their distribution.
pub(super) fn seeds(student: SlqDensity, report: &mut Report) -> Outcome {
    let a = Recording::new(Array2::eye(LENGTH));
    let grid = linspace(0.0, 2.0, 3);
    let mut calls = Vec::new();
    for seed in SEEDS {
        report.call(|| student(&a, 6, 1, &grid, 0.5, seed))?;
        let vectors = a.take();
        starts(report, &vectors, 6)?;
        let call = Call { seed, probes: vectors };
        expect_fresh(report, &call, "every run starts from its own probe")?;
        calls.push(call);
    }
    report.expect(true, "every run starts from its own probe", String::new);
    report.call(|| student(&a, 6, 1, &grid, 0.5, SEEDS[0]))?;
    let signs = |z: &Array1<f64>| -> Vec<bool> { z.iter().map(|entry| *entry > 0.0).collect() };
    let mut again: Vec<_> = a.take().iter().map(signs).collect();
    let mut before: Vec<_> = calls[0].probes.iter().map(signs).collect();
    again.sort_unstable();
    before.sort_unstable();
    report.require(again == before, "the same seed gives the same probes", || {
        "two calls with seed 3 gave different ones; create the generator from the `seed` argument, with `rng(seed)`"
            .to_owned()
    })?;
    expect_apart(report, &calls)?;
    report.expect(true, "another seed gives other probes", String::new);
    for seed in [5, 1012] {
        report.call(|| student(&a, 200, 1, &grid, 0.5, seed))?;
        let signs: Vec<Array1<f64>> = a.take().iter().map(|z| z.mapv(f64::signum)).collect();
        report.insist(signs.len() == 200, "it makes m_probes runs of s_lanczos steps", || {
            format!("expected 200 x 1 matvecs, got {}", signs.len())
        })?;
        expect_fair_signs(report, &signs, "the signs of the probes are independent and fair")?;
    }
    Ok(())
}
