use std::f64::consts::PI;

use ndarray::{Array1, ArrayRef1, Axis};

use super::lanczos::{Reorthogonalization, lanczos_block};
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng};

/// How many bytes the bases of the runs that go on at a time may take.
const BASES: usize = 1 << 30;

/// A discrete measure on the real line: point masses `weights[i]` at `nodes[i]`.
#[derive(Clone, Debug)]
pub struct Quadrature {
    /// Where the masses are.
    pub nodes: Array1<f64>,
    /// How large they are, of the length of `nodes`.
    pub weights: Array1<f64>,
    /// The number of matvecs that it took.
    pub n_matvecs: usize,
}

impl Quadrature {
    /// The integral of `f`: `sum_i weights[i] f(nodes[i])`, an estimate of `tr f(A)`.
    pub fn integrate(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.nodes.iter().zip(&self.weights).map(|(&node, weight)| weight * f(node)).sum()
    }
}

/// The spectral density of `a` by stochastic Lanczos quadrature, smoothed with a Gaussian of width `sigma`, on the points of `grid`:
///
/// `rho(t) = n / m sum_p sum_i w_i^(p) exp(-(t - theta_i^(p))^2 / (2 sigma^2)) / (sigma sqrt(2 pi))`,
///
/// with `theta` and `w` from [`slq_quadrature`]. Its integral is `n` as far as the grid reaches.
/// Cost: `m_probes * s_lanczos` matvecs.
///
/// # Panics
/// If `m_probes` or `s_lanczos` is zero, `sigma` is not above zero, or a point of the grid is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let grid = linspace(-3.0, 5.0, 400);
/// let density = slq_density(&a, 30, 30, &grid, 0.15, 0);
/// assert!((trapezoid(&density, &grid) - 40.0).abs() < 1e-6);
/// ```
///
/// # References
/// Lin, Saad and Yang, *Approximating spectral densities of large matrices*, SIAM Review 58, 2016, section 3.2; Ubaru, Chen
/// and Saad, *Fast estimation of tr(f(A)) via stochastic Lanczos quadrature*, 2017; Ghorbani, Krishnan and Xiao,
/// *An investigation into neural net optimization via Hessian eigenvalue density*, 2019.
pub fn slq_density(
    a: &dyn SymmetricOperator,
    m_probes: usize,
    s_lanczos: usize,
    grid: &Array1<f64>,
    sigma: f64,
    seed: u64,
) -> Array1<f64> {
    smooth(&slq_quadrature(a, m_probes, s_lanczos, seed), grid, sigma)
}

/// The nodes and weights of stochastic Lanczos quadrature, `m_probes` runs of `s_lanczos` steps: `sum_i w_i f(theta_i)` estimates `tr f(A)`.
///
/// Run `p` starts from a sign vector; its nodes are its Ritz values, and the weight of a node is the squared first
/// component of the eigenvector of the tridiagonal matrix, times `n / m_probes`. For one start vector the quadrature is
/// exact for polynomials up to degree `2 s_lanczos - 1` (Gauss); over the start vectors it is unbiased, as Hutchinson's
/// estimate is. The weights sum to `n`. Cost: `m_probes * s_lanczos` matvecs, fewer if a run meets an invariant subspace. Memory: the
/// basis of a run, `n s_lanczos` numbers, or those of several runs that go on at a time, up to a gibibyte.
///
/// # Panics
/// If `m_probes` or `s_lanczos` is zero.
///
/// # References
/// Golub and Meurant, *Matrices, Moments and Quadrature with Applications*, 2010, chapter 6; and as [`slq_density`].
pub fn slq_quadrature(a: &dyn SymmetricOperator, m_probes: usize, s_lanczos: usize, seed: u64) -> Quadrature {
    assert!(m_probes > 0, "m_probes is at least 1, got 0");
    assert!(s_lanczos > 0, "s_lanczos is at least 1, got 0");
    let starts = Probe::Rademacher.draw_block(a.dim(), m_probes, &mut rng(seed));
    // Full re-orthogonalisation: copies of converged Ritz values would split the weights.
    let runs_at_a_time = (BASES / (size_of::<f64>() * a.dim() * s_lanczos)).clamp(1, m_probes);
    let share = a.dim() as f64 / m_probes as f64;
    let (mut nodes, mut weights, mut n_matvecs) = (Vec::new(), Vec::new(), 0);
    for starts in starts.axis_chunks_iter(Axis(1), runs_at_a_time) {
        for run in lanczos_block(a, &starts.to_owned(), s_lanczos, Reorthogonalization::Full) {
            let ritz = run.ritz();
            nodes.extend(&ritz.values);
            weights.extend(ritz.vectors.row(0).iter().map(|first| share * first * first));
            n_matvecs += run.n_matvecs;
        }
    }
    Quadrature { nodes: nodes.into(), weights: weights.into(), n_matvecs }
}

/// The density of `measure` after convolution with a Gaussian of width `sigma`, on the points of `grid`.
///
/// # Panics
/// If `sigma` is not above zero and finite, or a point of the grid is not finite.
pub fn smooth(measure: &Quadrature, grid: &ArrayRef1<f64>, sigma: f64) -> Array1<f64> {
    assert!(sigma > 0.0 && sigma.is_finite(), "sigma is above 0 and finite, got {sigma}");
    if let Some((i, t)) = grid.iter().enumerate().find(|(_, t)| !t.is_finite()) {
        panic!("every point of grid is finite, got {t} at {i}");
    }
    let height = 1.0 / (sigma * (2.0 * PI).sqrt());
    grid.mapv(|t| {
        measure.integrate(|node| {
            let distance = (t - node) / sigma;
            // Further away it is below 1e-146, and times a small weight so small that processors take a hundred times longer.
            if distance.abs() < 26.0 { height * (-distance * distance / 2.0).exp() } else { 0.0 }
        })
    })
}
