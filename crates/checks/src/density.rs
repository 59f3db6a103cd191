use std::f64::consts::PI;

use ndarray::{Array1, Array2, Axis, stack};

use super::claim::number;
use super::compare::{close, distance, loss_of_orthogonality, require_vector};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{Quadrature, smooth};
use matrix_free::linalg::{linspace, mean, trapezoid};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{random_symmetric, symmetric_with_spectrum};

type SlqDensity = fn(&dyn SymmetricOperator, usize, usize, &Array1<f64>, f64, u64) -> Array1<f64>;

/// Checks exercise 3/3.1: the kernel alone, on a multiple of the identity; the weights, by the moments of a diagonal matrix; the
/// probes, on a matrix where they matter; a long run; and an invariant subspace.
pub fn slq_density(student: SlqDensity) -> Card {
    report("3/3.1", |report| {
        kernel(student, report)?;
        moments(student, report)?;
        whole_spectrum(student, report)?;
        probes(student, report)?;
        orthogonality(student, report)?;
        invariant_subspace(student, report)
    })
}

/// One step on a multiple of the identity has one node, of weight 1, whatever the probe: what is left is `n` Gaussians.
fn kernel(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, at, sigma) = (5_usize, 3_usize, 0.7, 0.3);
    let grid = linspace(-2.0, 3.4, 109);
    let got = report.call(|| student(&Recording::new(Array2::eye(n) * at), m, 1, &grid, sigma, 1))?;
    require_vector(report, "the density", &got, grid.len(), "per grid point")?;
    let expected = kde(&Array1::from_elem(n, at), &grid, sigma);
    let ratio = got[54] / expected[54];
    let proportional =
        got.iter().zip(&expected).all(|(got, e)| (got - ratio * e).abs() < 1e-6 * (ratio * e).abs().max(1e-6));
    report.require(proportional && close(ratio, 1.0, 1e-6), "for A = 0.7 I the density is n Gaussians of width sigma at 0.7", || {
        if !proportional {
            let mass = trapezoid(&got, &grid);
            let width = (trapezoid(&(&got * &grid.mapv(|t| (t - at).powi(2))), &grid) / mass).max(0.0).sqrt();
            return format!(
                "the bump at 0.7 has standard deviation {}, not sigma = {sigma}; the exponent is -(t - theta)^2 / (2 sigma^2)",
                number(width)
            );
        }
        let (n, m, root) = (n as f64, m as f64, (2.0 * PI).sqrt());
        let suspects = [
            (1.0 / n, "the factor n is missing, because the weights of one run sum to 1"),
            (n, "the factor n is applied twice"),
            (m, "average over the probes"),
            (1.0 / m, "did you divide by m_probes twice?"),
            (m / n, "both the factor n and the mean over the probes are missing"),
            ((m + 1.0) / m, "there is one probe too many; loop over 0..m_probes"),
            ((m - 1.0) / m, "there is one probe too few; loop over 0..m_probes"),
            (sigma * root, "the height of the Gaussian is missing; divide by sigma sqrt(2 pi)"),
            (root, "sqrt(2 pi) is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
            (sigma, "sigma is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
            (1.0 / sigma, "the Gaussian is off by a factor of sigma; its height is 1 / (sigma sqrt(2 pi))"),
            (1.0 / root, "the square root is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
            (sigma.sqrt(), "sigma belongs outside the square root in the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
            (2.0_f64.sqrt(), "the 2 is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
            (2.0 * PI, "`/ sigma * (2.0 * PI).sqrt()` multiplies by the root; put brackets around the divisor"),
        ];
        let cause = suspects.iter().find(|(suspect, _)| close(ratio, *suspect, 1e-6)).map_or("the shape is right, but the scale is not", |(_, cause)| *cause);
        format!("it is {} times the right density: {cause}", number(ratio))
    })
}

/// The start vectors among all vectors passed to the operator: the multiples of sign vectors. Every run has one; no later
/// Lanczos vector of a full spectrum is of signs. Ends the check unless there are `m` of them.
fn starts<'a>(report: &mut Report, vectors: &'a [Array1<f64>], m: usize) -> Result<Vec<&'a Array1<f64>>, End> {
    let of_signs = |v: &Array1<f64>| v.iter().all(|entry| close(entry.abs(), v[0].abs(), 1e-12) && *entry != 0.0);
    let starts: Vec<&Array1<f64>> = vectors.iter().filter(|v| of_signs(v)).collect();
    report.require(starts.len() == m, "every run starts from a sign vector", || {
        let cause = if starts.is_empty() {
            "The start vectors are not Rademacher probes, whose signs satisfy E[z z^T] = I; draw them with `Probe::Rademacher.draw(a.dim(), &mut rng)`. Note that `lanczos(a, seed, ..)` draws a Gaussian vector"
        } else {
            "Each of the m_probes runs must start from one probe. Are m_probes and s_lanczos swapped?"
        };
        format!("expected {m} sign vectors, got {}. {cause}", starts.len())
    })?;
    Ok(starts)
}

/// With sign probes every moment of a diagonal matrix is exact, so the density's first three moments are known.
fn moments(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, s, sigma) = (40, 3, 10, 0.15);
    // Not symmetric about its centre, so that no wrong weight gets the first moment right.
    let eigenvalues = linspace(0.0, 1.0, n).mapv(|t| 6.0 * t * t - 2.0);
    let a = Recording::new(Array2::from_diag(&eigenvalues));
    let grid = linspace(-8.0, 10.0, 2001);
    let density = report.call(|| student(&a, m, s, &grid, sigma, 1))?;
    let vectors = a.take();
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    report.require(vectors.len() == m * s, "it makes m_probes runs of s_lanczos steps", || {
        format!("expected {m} x {s} = {} matvecs, got {}", m * s, vectors.len())
    })?;
    starts(report, &vectors, m)?;
    let (integral, size) = (trapezoid(&density, &grid), n as f64);
    report.require(close(integral, size, 1e-6), "the weights of a run sum to 1, and the density integrates to n", || {
        let cause = if close(integral, size * s as f64, 1e-6) {
            "It is s_lanczos times too large; a weight is the square of the first component only, `vectors[[0, i]]`, not of a whole eigenvector."
        } else if close(integral, size / s as f64, 1e-6) {
            "It is s_lanczos times too small; do not average the weights over the steps, since they sum to 1."
        } else {
            "The weights are the squared first components of the eigenvectors of T, `vectors[[0, i]].powi(2)`; without the square they do not sum to 1."
        };
        format!("expected {n}, got {}. {cause}", number(integral))
    })?;
    report.expect(density.iter().all(|&value| value >= 0.0), "the density is never negative", || {
        let lowest = density.iter().copied().fold(f64::INFINITY, f64::min);
        format!("its lowest value is {}. The weights are the squares of the first components", number(lowest))
    });
    let first = trapezoid(&(&density * &grid), &grid);
    report.require(close(first, eigenvalues.sum(), 1e-5), "its first moment is the trace", || {
        format!(
            "expected {}, got {}. Row 0 of the eigenvectors holds the first components: eigenvector i is column i, and its weight is `vectors[[0, i]].powi(2)`",
            number(eigenvalues.sum()),
            number(first)
        )
    })?;
    let second = trapezoid(&(&density * &grid * &grid), &grid);
    let expected = eigenvalues.dot(&eigenvalues) + size * sigma * sigma;
    report.require(close(second, expected, 1e-5), "its second moment is ||A||_F^2 + n sigma^2", || {
        format!(
            "expected {}, got {}. Either the width of the Gaussians is not sigma = {sigma}, or the weights do not match the nodes",
            number(expected),
            number(second)
        )
    })
}

/// With s = n, the quadrature of a diagonal matrix with sign probes has every eigenvalue with weight 1.
fn whole_spectrum(student: SlqDensity, report: &mut Report) -> Outcome {
    let eigenvalues = linspace(-1.0, 2.0, 10);
    let grid = linspace(-1.7, 2.7, 45);
    let density = report.call(|| student(&Recording::new(Array2::from_diag(&eigenvalues)), 2, 10, &grid, 0.1, 1))?;
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    let expected = kde(&eigenvalues, &grid, 0.1);
    let error = distance(&density, &expected);
    report.expect(error < 1e-5, "with s_lanczos = n it is the true spectrum, smoothed", || {
        format!(
            "the largest difference is {}, where the density reaches {}. Do you use the arguments sigma and s_lanczos?",
            number(error),
            number(expected.iter().copied().fold(0.0, f64::max))
        )
    });
    Ok(())
}

fn kde(eigenvalues: &Array1<f64>, grid: &Array1<f64>, sigma: f64) -> Array1<f64> {
    smooth(&Quadrature::known(eigenvalues.clone(), Array1::ones(eigenvalues.len())), grid, sigma)
}

/// On a full matrix the first moment is the mean of `n z^T A z / z^T z` over the probes that were used: all of them.
fn probes(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m) = (20, 60);
    let a = Recording::new(random_symmetric(n, 3));
    let grid = linspace(-40.0, 40.0, 4001);
    let density = report.call(|| student(&a, m, 2, &grid, 0.5, 1))?;
    let vectors = a.take();
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    let starts = starts(report, &vectors, m)?;
    let distinct = starts.iter().enumerate().filter(|(i, z)| !starts[..*i].contains(z)).count();
    report.require(distinct + 3 > m, "every run starts from its own probe", || {
        format!("expected {m} different start vectors in {m} runs, got {distinct}. Create the generator once, before the loop over the probes")
    })?;
    let forms: Array1<f64> = starts.iter().map(|z| z.dot(&a.matrix().dot(*z)) / z.dot(*z)).collect();
    let (expected, first) = (n as f64 * mean(&forms), trapezoid(&(&density * &grid), &grid));
    report.require(close(first, expected, 1e-5), "all the probes have the same weight", || {
        format!(
            "expected the first moment {}, got {}. Add every probe's Gaussians to the density, `density += ..`, and divide by m_probes at the end",
            number(expected),
            number(first)
        )
    })?;
    let again = report.call(|| student(&a, m, 2, &grid, 0.5, 1))?;
    let other = report.call(|| student(&a, m, 2, &grid, 0.5, 2))?;
    require_vector(report, "the density", &again, grid.len(), "per grid point")?;
    require_vector(report, "the density", &other, grid.len(), "per grid point")?;
    report.expect(distance(&again, &density) < 1e-9, "the same seed gives the same density", || {
        "two calls with seed 1 gave different densities; create the generator from the `seed` argument, with `rng(seed)`".to_owned()
    });
    report.expect(distance(&other, &density) > 1e-9, "another seed gives other probes", || {
        "seeds 1 and 2 gave the same density; create the generator from the `seed` argument".to_owned()
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
    report.require(vectors.len() == 60, "one run of 60 steps costs 60 matvecs", || {
        let got = vectors.len();
        let cause = if got == 1 {
            "Are m_probes and s_lanczos swapped?"
        } else {
            "Do you use the arguments m_probes and s_lanczos?"
        };
        format!("expected 60, got {got}. {cause}")
    })?;
    let unit: Vec<Array1<f64>> = vectors.iter().map(|v| v / v.dot(v).sqrt()).collect();
    let views: Vec<_> = unit.iter().map(|v| v.view()).collect();
    let loss = stack(Axis(1), &views).map_or(f64::NAN, |q| loss_of_orthogonality(&q));
    report.expect(loss < 1e-8, "the Lanczos vectors of a long run stay orthogonal", || {
        format!("expected |q_i^T q_j| at rounding level over 60 steps, got {}. Use `Reorthogonalization::Full`; without it, copies of converged Ritz values appear", number(loss))
    });
    Ok(())
}

/// A matrix with two distinct eigenvalues: Lanczos ends after two steps, whatever was asked for.
fn invariant_subspace(student: SlqDensity, report: &mut Report) -> Outcome {
    let eigenvalues = Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 });
    let grid = linspace(0.0, 4.0, 81);
    let a = Array2::from_diag(&eigenvalues);
    let density = report.call(|| student(&Recording::new(a), 5, 8, &grid, 0.2, 1))?;
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    let error = distance(&density, &kde(&eigenvalues, &grid, 0.2));
    report.expect(error < 1e-5, "a run that stops early at an invariant subspace is used in full", || {
        format!(
            "the largest difference is {}. Loop over the Ritz values that the run returned, not over s_lanczos",
            number(error)
        )
    });
    Ok(())
}
