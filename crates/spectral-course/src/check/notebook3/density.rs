use std::f64::consts::PI;

use ndarray::{Array1, Array2, Axis, stack};

use super::super::card::{Card, Outcome, Report, report};
use super::super::claim::number;
use super::super::recording::Recording;
use super::{close, loss_of_orthogonality, require_vector};
use crate::linalg::{frobenius_squared, linspace, trapezoid};
use crate::operator::SymmetricOperator;
use crate::probe::{random_symmetric, symmetric_with_spectrum};
use crate::solutions::{Quadrature, smooth};

type SlqDensity = fn(&dyn SymmetricOperator, usize, usize, &Array1<f64>, f64, u64) -> Array1<f64>;

/// Checks exercise 3/3.1: the density of a diagonal matrix, exactly, and its moments; the Lanczos vectors; the probes, on a
/// matrix where they matter; and an invariant subspace.
pub fn slq_density(student: SlqDensity) -> Card {
    report("3/3.1", |report| {
        moments(student, report)?;
        whole_spectrum(student, report)?;
        probes(student, report)?;
        orthogonality(student, report)?;
        invariant_subspace(student, report)
    })
}

/// With sign probes every moment of a diagonal matrix is exact, so the density's first three moments are known.
fn moments(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, s, sigma) = (40, 3, 10, 0.15);
    // Not symmetric about its centre, so that no wrong weight gets the first moment right.
    let eigenvalues = linspace(0.0, 1.0, n).mapv(|t| 6.0 * t * t - 2.0);
    let a = Recording::new(Array2::from_diag(&eigenvalues));
    let grid = linspace(-4.0, 6.0, 2001);
    let density = report.call(|| student(&a, m, s, &grid, sigma, 1))?;
    let vectors = a.take();
    require_vector(report, "the density", &density, grid.len(), "a point of the grid")?;
    report.expect(vectors.len() == m * s, "m_probes runs of s_lanczos steps", || {
        format!("expected {m} x {s} = {} matvecs, got {}", m * s, vectors.len())
    });
    report.expect(density.iter().all(|&value| value >= 0.0), "a density is nowhere negative", || {
        let lowest = density.iter().copied().fold(f64::INFINITY, f64::min);
        format!("got {}. The weights are squares of the first components", number(lowest))
    });
    let integral = trapezoid(&density, &grid);
    let size = n as f64;
    report.require(close(integral, size, 1e-6), "the density integrates to n", || {
        let cause = if close(integral, 1.0, 1e-6) {
            "It is n times too small: the weights of one run sum to 1, so the factor n is missing."
        } else if close(integral, size * m as f64, 1e-6) {
            "It is m_probes times too large: average over the probes."
        } else if close(integral, size / m as f64, 1e-6) {
            "It is m_probes times too small: divided by m_probes twice?"
        } else if close(integral, size * s as f64, 1e-6) {
            "It is s_lanczos times too large: a weight is the square of the first component alone, `vectors[[0, i]]`, not of a whole eigenvector."
        } else if close(integral, size / sigma, 1e-3) || close(integral, size * sigma, 1e-3) {
            "The Gaussian is off by a factor sigma: its height is 1 / (sigma sqrt(2 pi))."
        } else if close(integral, size * (2.0 * PI).sqrt(), 1e-3) || close(integral, size * 2.0_f64.sqrt(), 1e-3) {
            "The Gaussian's height is 1 / (sigma sqrt(2 pi))."
        } else {
            "The weights are the squared first components of the eigenvectors of T, `vectors[[0, i]].powi(2)`, and sum to 1 in each run; a first component that is not squared does not."
        };
        format!("expected {n}, got {}. {cause}", number(integral))
    })?;
    let first = trapezoid(&(&density * &grid), &grid);
    report.expect(close(first, eigenvalues.sum(), 1e-6), "its first moment is the trace", || {
        format!(
            "expected {}, got {}. Row 0 of the eigenvectors holds the first components: eigenvector i is column i, and its weight is `vectors[[0, i]].powi(2)`",
            number(eigenvalues.sum()),
            number(first)
        )
    });
    let second = trapezoid(&(&density * &grid * &grid), &grid);
    let frobenius = eigenvalues.dot(&eigenvalues);
    let expected = frobenius + size * sigma * sigma;
    report.expect(close(second, expected, 1e-6), "its second moment is ||A||_F^2 + n sigma^2", || {
        let width = ((second - frobenius) / size).max(0.0).sqrt();
        format!(
            "expected {}, got {}. If the nodes are right, the Gaussians have standard deviation {}, not sigma = {sigma}: the exponent is -(t - theta)^2 / (2 sigma^2)",
            number(expected),
            number(second),
            number(width)
        )
    });
    Ok(())
}

/// With s = n, the quadrature of a diagonal matrix with sign probes has every eigenvalue with weight 1.
fn whole_spectrum(student: SlqDensity, report: &mut Report) -> Outcome {
    let eigenvalues = linspace(-1.0, 2.0, 10);
    let grid = linspace(-1.7, 2.7, 45);
    let density = report.call(|| student(&Recording::new(Array2::from_diag(&eigenvalues)), 2, 10, &grid, 0.1, 1))?;
    require_vector(report, "the density", &density, grid.len(), "a point of the grid")?;
    let expected = kde(&eigenvalues, &grid, 0.1);
    let error = super::distance(density.view(), expected.view());
    report.expect(error < 1e-6 * 10.0, "with s = n it is the smoothed true spectrum", || {
        format!(
            "the largest difference is {}, of a density of {}",
            number(error),
            number(expected.iter().copied().fold(0.0, f64::max))
        )
    });
    Ok(())
}

fn kde(eigenvalues: &Array1<f64>, grid: &Array1<f64>, sigma: f64) -> Array1<f64> {
    let weights = Array1::ones(eigenvalues.len());
    smooth(&Quadrature { nodes: eigenvalues.clone(), weights, n_matvecs: 0 }, grid, sigma)
}

/// The trace of a full matrix, estimated by the first moment, within five standard errors; fresh probes; the seed.
fn probes(student: SlqDensity, report: &mut Report) -> Outcome {
    // A rank-one part along the vector of ones: probes with a mean other than zero meet it at once.
    let n = 20;
    let a = Recording::new(random_symmetric(n, 3) + Array2::<f64>::ones((n, n)) * 2.0);
    let (m, grid) = (400, linspace(-60.0, 100.0, 4001));
    let density = report.call(|| student(&a, m, 2, &grid, 0.5, 1))?;
    let runs = a.take();
    require_vector(report, "the density", &density, grid.len(), "a point of the grid")?;
    let trace = a.matrix().diag().sum();
    let first = trapezoid(&(&density * &grid), &grid);
    let standard_error = (2.0 * frobenius_squared(a.matrix()) / m as f64).sqrt();
    report.expect((first - trace).abs() < 5.0 * standard_error, "on a full matrix the first moment estimates the trace", || {
        format!(
            "expected {} to within 5 standard errors of {}, got {}. The probes need E[z z^T] = I: signs +1 and -1, drawn with `Probe::Rademacher.draw(a.dim(), &mut rng)`",
            number(trace),
            number(standard_error),
            number(first)
        )
    });
    let starts: Vec<&Array1<f64>> = runs.iter().step_by(2).take(20).collect();
    let distinct = starts.iter().enumerate().filter(|(i, z)| !starts[..*i].contains(z)).count();
    report.expect(distinct > 10, "every run starts from a probe of its own", || {
        format!("expected 20 different start vectors in 20 runs, got {distinct}. Make the generator once, before the loop over the probes")
    });
    let other = report.call(|| student(&a, m, 2, &grid, 0.5, 2))?;
    report.expect(other != density, "another seed gives other probes", || {
        "seeds 1 and 2 gave the same density: make the generator from the argument seed".to_owned()
    });
    Ok(())
}

/// The vectors of a long run stay orthonormal.
fn orthogonality(student: SlqDensity, report: &mut Report) -> Outcome {
    // Well separated outliers converge within a few steps, and that is when orthogonality is lost.
    let mut eigenvalues = linspace(0.0, 1.0, 120);
    for (i, outlier) in [20.0, 50.0, 100.0].into_iter().enumerate() {
        eigenvalues[117 + i] = outlier;
    }
    let a = Recording::new(symmetric_with_spectrum(&eigenvalues, 4));
    report.call(|| student(&a, 1, 60, &linspace(-1.0, 101.0, 50), 0.5, 1))?;
    let vectors = a.take();
    let unit: Vec<Array1<f64>> = vectors.iter().map(|v| v / v.dot(v).sqrt()).collect();
    let views: Vec<_> = unit.iter().map(|v| v.view()).collect();
    let loss = stack(Axis(1), &views).map_or(f64::NAN, |q| loss_of_orthogonality(&q));
    report.expect(loss < 1e-8, "the Lanczos vectors of a long run stay orthogonal", || {
        format!("expected |q_i^T q_j| of rounding size over 60 steps, got {}. Use `Reorthogonalization::Full`: copies of converged Ritz values appear without it", number(loss))
    });
    Ok(())
}

/// A matrix with two distinct eigenvalues: Lanczos ends after two steps, whatever was asked for.
fn invariant_subspace(student: SlqDensity, report: &mut Report) -> Outcome {
    let eigenvalues = Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 });
    let grid = linspace(0.0, 4.0, 81);
    let a = Array2::from_diag(&eigenvalues);
    let density = report.call(|| student(&Recording::new(a), 5, 8, &grid, 0.2, 1))?;
    require_vector(report, "the density", &density, grid.len(), "a point of the grid")?;
    let error = super::distance(density.view(), kde(&eigenvalues, &grid, 0.2).view());
    report.expect(error < 1e-6, "a run that ends early, at an invariant subspace, is used whole", || {
        format!("the largest difference is {}. Loop over the Ritz values that came, not over s_lanczos", number(error))
    });
    Ok(())
}
