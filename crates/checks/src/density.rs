use std::f64::consts::PI;

use ndarray::{Array1, Array2, Axis, array, stack};

use super::claim::expected_and_got;
use super::claim::number;
use super::compare::{close, distance, loss_of_orthogonality, require_vector};
use super::recording::Recording;
use super::report::{End, Outcome, Report, report};
use course_protocol::card::Card;
use estimators::{Quadrature, smooth};
use matrix_free::linalg::{linspace, trapezoid};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::symmetric_with_spectrum;

mod runs;

use runs::{rebuilt, scales, seeds};

type SlqDensity = fn(&dyn SymmetricOperator, usize, usize, &Array1<f64>, f64, u64) -> Array1<f64>;

/// Checks exercise 3/3.1: the kernel alone, on a multiple of the identity; the weights, by the moments of a diagonal matrix and run by
/// run on a full one; the seeds and the probes; a long run; and invariant subspaces.
pub fn slq_density(student: SlqDensity) -> Card {
    report("3/3.1", |report| {
        kernel(student, report)?;
        moments(student, report)?;
        whole_spectrum(student, report)?;
        scales(student, report)?;
        seeds(student, report)?;
        orthogonality(student, report)?;
        invariant_subspace(student, report)
    })
}

/// What leaving out the Gaussians' tails from five widths on may change, relative to the peak: 4e-6.
const TAILS: f64 = 1e-5;

/// One step on a multiple of the identity has one node, of weight 1, whatever the probe: what is left is `n` Gaussians.
fn kernel(student: SlqDensity, report: &mut Report) -> Outcome {
    let (n, m, at, sigma) = (11_usize, 4_usize, 0.7, 0.3);
    let a = Array2::eye(n) * at;
    let grid = linspace(-2.0, 3.4, 109);
    let got = report.call(|| student(&Recording::new(a.clone()), m, 1, &grid, sigma, 12))?;
    require_vector(report, "the density", &got, grid.len(), "per grid point")?;
    let expected = kde(&Array1::from_elem(n, at), &grid, sigma);
    let ratio = got[54] / expected[54];
    let proportional = distance(&got, &(&expected * ratio)) <= TAILS * (ratio * expected[54]).abs();
    let what = "for A = 0.7 I the density is n Gaussians of width sigma at 0.7";
    report.require(proportional && close(ratio, 1.0, 1e-6), what, || {
        if got.iter().all(|&value| value == 0.0) {
            return "it is zero everywhere. With one step there is one Ritz value, of weight 1: do your loops reach it?".to_owned();
        }
        if proportional { scale_of(ratio, n as f64, m as f64, sigma) } else { shape_of(&got, &grid, at, sigma) }
    })?;
    // The density at a point does not depend on the others.
    let points = array![1.0, 0.7, 0.75, 0.9];
    let got = report.call(|| student(&Recording::new(a), m, 1, &points, sigma, 12))?;
    require_vector(report, "the density", &got, points.len(), "per grid point")?;
    let expected = kde(&Array1::from_elem(n, at), &points, sigma);
    report.require(distance(&got, &expected) <= TAILS * expected[1], "on a grid that covers only a part, its values are the same", || {
        let ratios = &got / &expected;
        let scaled = ratios.iter().all(|ratio| close(*ratio, ratios[0], 1e-4));
        let cause = if scaled {
            "It is scaled to the integral n, which it has only on a grid that covers the whole spectrum: take the factor n / m_probes"
        } else {
            "Take the height of the Gaussian from its formula, and use the points as they come, in their order"
        };
        format!("at t = {}, {}. {cause}", points[0], expected_and_got(expected[0], got[0]))
    })
}

/// Why a bump of the right shape may have another height.
fn scale_of(ratio: f64, n: f64, m: f64, sigma: f64) -> String {
    let root = (2.0 * PI).sqrt();
    let suspects = [
        (1.0 / n, "the factor n is missing, because the weights of one run sum to 1"),
        (n, "the factor n is applied twice"),
        (m, "average over the probes"),
        (1.0 / m, "did you divide by m_probes twice?"),
        (m / n, "both the factor n and the mean over the probes are missing"),
        (
            (n / m).floor() * m / n,
            "`n / m_probes` of two integers is rounded down; convert first, `n as f64 / m_probes as f64`",
        ),
        (1.0 / (n * m), "the factor n is missing, and m_probes divides twice"),
        ((m + 1.0) / m, "there is one probe too many; loop over 0..m_probes"),
        ((m - 1.0) / m, "there is one probe too few; loop over 0..m_probes"),
        (m / (m - 1.0), "you divided by m_probes - 1, as for a variance; for a mean, divide by m_probes"),
        (m / (m + 1.0), "you divided by m_probes + 1; divide by m_probes"),
        ((n - 1.0) / n, "the factor is n - 1 instead of n"),
        ((n + 1.0) / n, "the factor is n + 1 instead of n"),
        (sigma * root, "the height of the Gaussian is missing; divide by sigma sqrt(2 pi)"),
        (root, "sqrt(2 pi) is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
        (sigma, "sigma is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
        (1.0 / sigma, "the Gaussian is off by a factor of sigma; its height is 1 / (sigma sqrt(2 pi))"),
        (1.0 / root, "the square root is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
        (sigma.sqrt(), "sigma belongs outside the square root in the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
        (2.0_f64.sqrt(), "the 2 is missing from the Gaussian's height, 1 / (sigma sqrt(2 pi))"),
        (2.0 * PI, "`/ sigma * (2.0 * PI).sqrt()` multiplies by the root; put brackets around the divisor"),
        (-1.0, "it has the wrong sign"),
    ];
    let fits: Vec<&str> =
        suspects.iter().filter(|(suspect, _)| close(ratio / suspect, 1.0, 1e-6)).map(|(_, cause)| *cause).collect();
    // One cause at most: if two fit, the numbers do not tell which it is.
    let cause = if let [cause] = fits[..] {
        cause
    } else {
        "the shape is right, but the factor in front is not n / (m_probes sigma sqrt(2 pi))"
    };
    if number(ratio) == "1" {
        return format!("relative to the right density, {}: {cause}", expected_and_got(1.0, ratio));
    }
    format!("it is {} times the right density: {cause}", number(ratio))
}

/// Why a bump may have another shape.
fn shape_of(got: &Array1<f64>, grid: &Array1<f64>, at: f64, sigma: f64) -> String {
    let mass = trapezoid(got, grid);
    let moment = |power: i32| trapezoid(&(got * &grid.mapv(|t| (t - at).powi(power))), grid) / mass;
    let (shift, width) = (moment(1), moment(2).max(0.0).sqrt());
    if shift.abs() > 0.01 * sigma {
        return format!("its mean is {}, not 0.7; the exponent is -(t - theta)^2 / (2 sigma^2)", number(at + shift));
    }
    if close(width, sigma, 0.02) {
        let height = got.iter().copied().fold(0.0, f64::max);
        let reach = got
            .iter()
            .zip(grid)
            .filter(|(value, _)| **value > 1e-12 * height)
            .fold(0.0, |reach: f64, (_, t)| reach.max((t - at).abs()));
        return format!(
            "the bump has the right width, but is not a Gaussian: from {} widths on it is zero. Below five widths, a Gaussian cannot be cut off unseen",
            number(reach / sigma)
        );
    }
    let (variance, binned) = (close(width * width, sigma, 1e-3), close(width, sigma / 2.0_f64.sqrt(), 1e-3));
    let cause = if variance {
        "sigma stands where sigma^2 belongs; the exponent is -(t - theta)^2 / (2 sigma^2)"
    } else if binned {
        "the 2 is missing; the exponent is -(t - theta)^2 / (2 sigma^2)"
    } else {
        "the exponent is -(t - theta)^2 / (2 sigma^2)"
    };
    format!("the bump at 0.7 has standard deviation {}, not sigma = {sigma}: {cause}", number(width))
}

fn largest(v: &Array1<f64>) -> f64 {
    v.iter().copied().fold(0.0, f64::max)
}

/// The start vectors among all vectors passed to the operator: the multiples of sign vectors. Every run has one; no later
/// Lanczos vector of a full spectrum is of signs. Ends the check unless there are `m` of them.
fn starts<'a>(report: &mut Report, vectors: &'a [Array1<f64>], m: usize) -> Result<Vec<&'a Array1<f64>>, End> {
    let of_signs = |v: &Array1<f64>| v.iter().all(|entry| close(entry.abs(), v[0].abs(), 1e-12) && *entry != 0.0);
    let starts: Vec<&Array1<f64>> = vectors.iter().filter(|v| of_signs(v)).collect();
    report.require(starts.len() == m, "every run starts from a sign vector", || {
        let zero_one = |v: &Array1<f64>| v.iter().all(|entry| *entry == 0.0 || close(*entry, largest(v), 1e-12));
        let cause = if vectors.first().is_some_and(zero_one) {
            "Entries 0 and 1 do not satisfy E[z z^T] = I; draw signs with `Probe::Rademacher.draw(a.dim(), &mut rng)`"
        } else if starts.is_empty() {
            "The start vectors are not Rademacher probes, whose signs satisfy E[z z^T] = I; draw them with `Probe::Rademacher.draw(a.dim(), &mut rng)`. `lanczos(a, seed, ..)` would draw a Gaussian vector"
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
    let density = report.call(|| student(&a, m, s, &grid, sigma, 8))?;
    let vectors = a.take();
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    report.require(vectors.len() == m * s, "it makes m_probes runs of s_lanczos steps", || {
        let cause = match vectors.len() {
            got if got == m * (s - 1) => ". Each run is one step short",
            got if got == m * (s + 1) => ". Each run takes one step, or one product, too many",
            got if got == s => ". There is only one run; each of the m_probes probes needs its own",
            _ => "",
        };
        format!("expected {m} x {s} = {} matvecs, got {}{cause}", m * s, vectors.len())
    })?;
    starts(report, &vectors, m)?;
    let (integral, size) = (trapezoid(&density, &grid), n as f64);
    report.require(close(integral / size, 1.0, TAILS), "the weights of a run sum to 1, and the density integrates to n", || {
        let cause = if close(integral / size, s as f64, 1e-5) {
            "It is s_lanczos times too large; a weight is the square of the first component only, `vectors[[0, i]]`, not of a whole eigenvector."
        } else if close(integral / size * s as f64, 1.0, 1e-5) {
            "It is s_lanczos times too small; do not average the weights over the steps, since they sum to 1."
        } else if integral < size {
            "Some weight is lost. Are all Ritz values used, and are the weights the squared first components of the eigenvectors of T, `vectors[[0, i]].powi(2)`?"
        } else {
            "The weights are the squared first components of the eigenvectors of T, `vectors[[0, i]].powi(2)`; without the square they do not sum to 1."
        };
        format!("{}. {cause}", expected_and_got(size, integral))
    })?;
    report.expect(density.iter().all(|&value| value >= 0.0), "the density is never negative", || {
        let lowest = density.iter().copied().fold(f64::INFINITY, f64::min);
        format!("its lowest value is {}. The weights are the squares of the first components", number(lowest))
    });
    rebuilt(student, report)?;
    let first = trapezoid(&(&density * &grid), &grid);
    let second = trapezoid(&(&density * &grid * &grid), &grid);
    let (trace, squares) = (eigenvalues.sum(), eigenvalues.dot(&eigenvalues) + size * sigma * sigma);
    report.require(close(first, trace, 1e-4), "its first moment is the trace", || expected_and_got(trace, first))?;
    report.require(close(second, squares, 1e-4), "its second moment is ||A||_F^2 + n sigma^2", || {
        format!(
            "{}. Either the width of the Gaussians is not sigma = {sigma}, or the weights do not match the nodes",
            expected_and_got(squares, second)
        )
    })
}

/// With s = n, the quadrature of a diagonal matrix with sign probes has every eigenvalue with weight 1.
fn whole_spectrum(student: SlqDensity, report: &mut Report) -> Outcome {
    let eigenvalues = linspace(-1.0, 2.0, 10);
    let grid = linspace(-1.7, 2.7, 45);
    let density = report.call(|| student(&Recording::new(Array2::from_diag(&eigenvalues)), 2, 10, &grid, 0.1, 9))?;
    require_vector(report, "the density", &density, grid.len(), "per grid point")?;
    let expected = kde(&eigenvalues, &grid, 0.1);
    let error = distance(&density, &expected);
    report.require(error < TAILS * 4.0, "with s_lanczos = n it is the true spectrum, smoothed", || {
        format!(
            "the largest difference is {}, where the density reaches {}. Do you use the arguments sigma and s_lanczos?",
            number(error),
            number(expected.iter().copied().fold(0.0, f64::max))
        )
    })
}

fn kde(eigenvalues: &Array1<f64>, grid: &Array1<f64>, sigma: f64) -> Array1<f64> {
    smooth(&Quadrature::known(eigenvalues.clone(), Array1::ones(eigenvalues.len())), grid, sigma)
}

/// The vectors of a long run stay orthonormal.
fn orthogonality(student: SlqDensity, report: &mut Report) -> Outcome {
    // Well separated outliers converge within a few steps, and that is when orthogonality is lost.
    let mut eigenvalues = linspace(0.0, 1.0, 120);
    for (i, outlier) in [20.0, 50.0, 100.0].into_iter().enumerate() {
        eigenvalues[117 + i] = outlier;
    }
    let a = Recording::new(symmetric_with_spectrum(&eigenvalues, 4));
    report.call(|| student(&a, 1, 60, &linspace(-1.0, 101.0, 50), 0.5, 6))?;
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
    report.require(loss < 1e-6, "the Lanczos vectors of a long run stay orthogonal", || {
        format!("expected |q_i^T q_j| below 1e-6 over 60 steps, got {}. Use `Reorthogonalization::Full`; without it copies of converged Ritz values appear, and the other nodes come later", number(loss))
    })
}

/// Matrices with few distinct eigenvalues: Lanczos ends early, whatever was asked for, and the density is exact.
fn invariant_subspace(student: SlqDensity, report: &mut Report) -> Outcome {
    let two = Array1::from_shape_fn(12, |i| if i < 6 { 1.0 } else { 3.0 });
    let cases = [
        ("two distinct eigenvalues", two.clone(), 1.0),
        ("two distinct eigenvalues, times 1e8", two.clone(), 1e8),
        ("two distinct eigenvalues, times 1e-8", two, 1e-8),
        ("the identity", Array1::ones(9), 1.0),
        ("the zero matrix", Array1::zeros(6), 1.0),
        ("a matrix of size 1", array![2.0], 1.0),
        ("a matrix of size 3 and more steps than that", array![0.5, 1.0, 3.5], 1.0),
    ];
    for (name, eigenvalues, scale) in cases {
        let what = "a run that stops early at an invariant subspace is used in full";
        let grid = linspace(-1.0, 5.0, 121) * scale;
        let a = Array2::from_diag(&eigenvalues) * scale;
        let density = report.call(|| student(&Recording::new(a), 5, 8, &grid, 0.2 * scale, 7))?;
        report.insist(density.len() == grid.len(), what, || {
            format!("expected length {}, got {}", grid.len(), density.len())
        })?;
        let undefined = density.iter().any(|value| !value.is_finite());
        report.insist(!undefined, what, || {
            format!("for {name} it is NaN or infinite. There the residual is zero after fewer steps than asked for: stop instead of dividing by it")
        })?;
        let expected = kde(&(eigenvalues * scale), &grid, 0.2 * scale);
        let (error, peak) = (distance(&density, &expected), expected.iter().copied().fold(0.0, f64::max));
        report.insist(error < 2.0 * TAILS * peak, what, || {
            let cause = if density.iter().all(|&value| value == 0.0) {
                "The density is zero: the runs that end early are left out"
            } else {
                "Loop over the Ritz values that the run returned, not over s_lanczos, and compare a residual with the size of A, not with a fixed number"
            };
            format!("for {name} the largest difference is {}, where the density reaches {}. {cause}", number(error), number(peak))
        })?;
    }
    report.expect(true, "a run that stops early at an invariant subspace is used in full", String::new);
    Ok(())
}
