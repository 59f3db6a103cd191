use std::f64::consts::PI;

use ndarray::{Array1, ArrayRef1, Axis};

use super::lanczos::{Reorthogonalization, lanczos_block};
use super::trace::TraceEstimate;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{Probe, rng};

/// How many bytes the bases of simultaneous runs may take.
const BASES: usize = 1 << 30;

/// A discrete measure on the real line: the mass `weights[i]` at the point `nodes[i]`.
#[derive(Clone, Debug)]
pub struct PointMasses {
    /// The positions of the masses.
    pub nodes: Array1<f64>,
    /// The masses, one per node.
    pub weights: Array1<f64>,
}

impl PointMasses {
    /// The integral of `f`, `$\sum_i w_i f(\theta_i)$`.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let masses = PointMasses { nodes: array![1.0, 3.0], weights: array![0.5, 2.0] };
    /// assert_eq!(masses.integrate(|t| t * t), 18.5);
    /// ```
    pub fn integrate(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.nodes.iter().zip(&self.weights).map(|(&node, weight)| weight * f(node)).sum()
    }

    /// Bounds on `$\mu((-\infty, t])$`, lower and upper, for any measure `$\mu$` of which these are the nodes and weights of the
    /// Gauss quadrature: the inequalities of Chebyshev, Markov and Stieltjes.
    ///
    /// ```math
    /// \sum_{i < j} w_i \;\le\; \mu((-\infty, \theta_j)) \;\le\; \mu((-\infty, \theta_j]) \;\le\; \sum_{i \le j} w_i
    /// ```
    ///
    /// At a node the two bounds differ by its weight; between two nodes they differ by the weights of both. At a node they are
    /// sharp. (Between two nodes, the rule with `t` as a further node gives narrower ones, at the cost of an eigenproblem for each
    /// `t`.) The nodes may stand in any order.
    ///
    /// # Panics
    /// If `t` is NaN.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// // Two nodes for the mass 1 at each of -1, 0 and 1: Gauss needs the moments 3, 0, 2 and 0.
    /// let node = (2.0_f64 / 3.0).sqrt();
    /// let masses = PointMasses { nodes: array![-node, node], weights: array![1.5, 1.5] };
    /// // Up to -1 there is a mass of 1, up to 0 one of 2.
    /// assert_eq!((masses.cdf_bracket(-1.0), masses.cdf_bracket(0.0)), ([0.0, 1.5], [0.0, 3.0]));
    /// ```
    ///
    /// # References
    /// Szegő, *Orthogonal Polynomials*, American Mathematical Society, 1939, section 3.41; Chen, Trogdon and Ubaru, *Analysis of
    /// stochastic Lanczos quadrature for spectrum approximation*, Proceedings of the 38th International Conference on Machine
    /// Learning (ICML), 2021, which turns them into error bounds for [`slq_quadrature`] that are computed from its output.
    pub fn cdf_bracket(&self, t: f64) -> [f64; 2] {
        assert!(!t.is_nan(), "t must be a number, got NaN");
        let below = self.nodes.iter().filter(|&&node| node <= t).fold(f64::NEG_INFINITY, |last, &node| last.max(node));
        let above = self.nodes.iter().filter(|&&node| node >= t).fold(f64::INFINITY, |first, &node| first.min(node));
        let indicator = |holds: bool| f64::from(u8::from(holds));
        [self.integrate(|node| indicator(node < below)), self.integrate(|node| indicator(node <= above))]
    }
}

/// The measures of several probes, each of which estimates the whole spectrum.
#[derive(Clone, Debug)]
pub struct Quadrature {
    /// One measure per probe, with as many nodes as its run took steps. A run that meets an invariant subspace takes
    /// fewer steps than requested, and its measure is then exact for its probe.
    pub probes: Vec<PointMasses>,
    /// The number of matvecs used.
    pub n_matvecs: usize,
}

impl Quadrature {
    /// A known measure, such as the eigenvalues with a weight of 1 each. It counts as one probe and no matvecs.
    ///
    /// # Panics
    /// If `nodes` and `weights` differ in length.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let spectrum = Quadrature::known(array![1.0, 2.0, 5.0], Array1::ones(3));
    /// assert_eq!(spectrum.integrate(|t| t * t).mean, 30.0);
    /// ```
    pub fn known(nodes: Array1<f64>, weights: Array1<f64>) -> Self {
        let (n, m) = (nodes.len(), weights.len());
        assert!(n == m, "nodes and weights must have one length, got {n} and {m}");
        Self { probes: vec![PointMasses { nodes, weights }], n_matvecs: 0 }
    }

    /// The integral of `f`, averaged over the probes: an estimate of `$\operatorname{tr} f(A)$` with its standard error.
    ///
    /// The standard error accounts for the randomness of the probes only. The quadrature error of the runs is common to
    /// all probes and not part of it; more steps make it smaller.
    ///
    /// # Panics
    /// If there are no probes.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let eigenvalues = linspace(0.0, 1.0, 50);
    /// let a = Dense::new(symmetric_with_spectrum(&eigenvalues, 0));
    /// let trace_of_exponential = slq_quadrature(&a, 40, 10, 0).integrate(f64::exp);
    /// let error = trace_of_exponential.mean - eigenvalues.mapv(f64::exp).sum();
    /// assert!(error.abs() < 4.0 * trace_of_exponential.standard_error());
    /// ```
    pub fn integrate(&self, f: impl Fn(f64) -> f64) -> TraceEstimate {
        TraceEstimate::from_samples(self.probes.iter().map(|masses| masses.integrate(&f)).collect())
    }

    /// A lower and an upper estimate of the number of eigenvalues up to `t`.
    ///
    /// For each probe, the cumulative weight of its spectral measure is certainly between the two samples
    /// ([`PointMasses::cdf_bracket`]): that is the error of too few steps. Its mean over the probes estimates the number of
    /// eigenvalues, with the standard error of the estimates: that is the error of too few probes. More of the one do not make up for
    /// too few of the other. The runs re-orthogonalise, so rounding changes the bounds in their last digits only.
    ///
    /// Of a [`known`](Quadrature::known) measure the bracket says nothing: that is no quadrature of another one.
    ///
    /// # Panics
    /// If `t` is NaN, or there are no probes.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// // With sign probes, the measure of each probe of a diagonal matrix counts its eigenvalues.
    /// let a = Dense::new(Array2::from_diag(&linspace(0.0, 9.0, 10)));
    /// let [lower, upper] = slq_quadrature(&a, 3, 6, 0).cdf_bracket(4.5);
    /// assert!(lower.mean <= 5.0 && 5.0 <= upper.mean && upper.mean - lower.mean < 5.0);
    /// ```
    pub fn cdf_bracket(&self, t: f64) -> [TraceEstimate; 2] {
        let brackets: Vec<[f64; 2]> = self.probes.iter().map(|masses| masses.cdf_bracket(t)).collect();
        [0, 1].map(|side| TraceEstimate::from_samples(brackets.iter().map(|bracket| bracket[side]).collect()))
    }
}

/// The spectral density of `a` by stochastic Lanczos quadrature, smoothed with a Gaussian of width `sigma`: one value per
/// point of `grid`.
///
/// ```math
/// \rho(t) = \frac{n}{m} \sum_{p=1}^{m} \sum_i \frac{\omega_i^{(p)}}{\sigma \sqrt{2 \pi}} \exp\Big( -\frac{(t - \theta_i^{(p)})^2}{2 \sigma^2} \Big)
/// ```
///
/// The nodes `$\theta_i^{(p)}$` are the Ritz values of run `p`, and its weights `$\omega_i^{(p)}$` sum to 1, so the
/// density integrates to `n` if the grid covers it.
///
/// Cost: `m_probes * s_lanczos` matvecs, and at most as many exponentials per point of the grid.
///
/// # Panics
/// As [`slq_quadrature`] and [`smooth`].
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
/// Lin, Saad and Yang, *Approximating spectral densities of large matrices*, SIAM Review 58, 2016, section 3.2; Ubaru,
/// Chen and Saad, *Fast estimation of tr(f(A)) via stochastic Lanczos quadrature*, SIAM J. Matrix Anal. Appl. 38, 2017; Ghorbani,
/// Krishnan and Xiao, *An investigation into neural net optimization via Hessian eigenvalue density*, International Conference on
/// Machine Learning (ICML), 2019.
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

/// Stochastic Lanczos quadrature: the nodes and weights of `m_probes` Lanczos runs of `s_lanczos` steps, each from a
/// random sign vector.
///
/// ```math
/// \operatorname{tr} f(A) \approx \frac{1}{m} \sum_{p=1}^{m} \sum_i w_i^{(p)} f(\theta_i^{(p)}), \qquad w_i^{(p)} = n\, (e_1^\top s_i^{(p)})^2
/// ```
///
/// The nodes `$\theta_i^{(p)}$` are the Ritz values of run `p`, and `$s_i^{(p)}$` are the eigenvectors of its tridiagonal
/// matrix. The weights of a run sum to `n`. For one start vector the quadrature is exact for polynomials of degree up to
/// `2 s_lanczos - 1` (Gauss); averaged over the start vectors it is then unbiased, like Hutchinson's estimate.
///
/// Cost: `m_probes * s_lanczos` matvecs, fewer if a run meets an invariant subspace. Memory: the basis of each run, `n s_lanczos`
/// numbers; several runs advance together if their bases fit into one gibibyte.
///
/// # Panics
/// If `m_probes`, `s_lanczos` or the size of `a` is zero, or a product is not finite.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let a = Dense::new(symmetric_with_spectrum(&linspace(-2.0, 4.0, 40), 0));
/// let quadrature = slq_quadrature(&a, 30, 10, 0);
/// let squares = quadrature.integrate(|t| t * t);
/// let error = squares.mean - frobenius_squared(a.matrix());
/// assert!(error.abs() < 4.0 * squares.standard_error());
/// assert_eq!(quadrature.n_matvecs, 300);
/// ```
///
/// # References
/// Golub and Meurant, *Matrices, Moments and Quadrature with Applications*, Princeton University Press, 2010, chapter 6; otherwise as
/// [`slq_density`].
pub fn slq_quadrature(a: &dyn SymmetricOperator, m_probes: usize, s_lanczos: usize, seed: u64) -> Quadrature {
    assert!(m_probes > 0, "m_probes must be at least 1, got 0");
    assert!(s_lanczos > 0, "s_lanczos must be at least 1, got 0");
    assert!(a.dim() > 0, "the size of a must be at least 1, got 0");
    let starts = Probe::Rademacher.draw_block(a.dim(), m_probes, &mut rng(seed));
    // Full re-orthogonalisation: without it copies of converged Ritz values share their weight, which does no harm, but take the
    // steps of further nodes.
    let runs_at_a_time = (BASES / (size_of::<f64>() * a.dim() * s_lanczos)).clamp(1, m_probes);
    let n = a.dim() as f64;
    let (mut probes, mut n_matvecs) = (Vec::with_capacity(m_probes), 0);
    for starts in starts.axis_chunks_iter(Axis(1), runs_at_a_time) {
        for run in lanczos_block(a, &starts.to_owned(), s_lanczos, Reorthogonalization::Full) {
            let ritz = run.ritz();
            let weights = ritz.vectors.row(0).mapv(|first| n * first * first);
            probes.push(PointMasses { nodes: ritz.values, weights });
            n_matvecs += run.n_matvecs;
        }
    }
    Quadrature { probes, n_matvecs }
}

/// The density of `measure` after convolution with a Gaussian of width `sigma`, averaged over the probes: one value per
/// point of `grid`.
///
/// ```math
/// \rho(t) = \frac{1}{m} \sum_{p=1}^{m} \sum_i \frac{w_i^{(p)}}{\sigma \sqrt{2 \pi}} \exp\Big( -\frac{(t - \theta_i^{(p)})^2}{2 \sigma^2} \Big)
/// ```
///
/// Cost: at each point of the grid, one exponential per node within 26 widths.
///
/// # Panics
/// If `sigma` is not positive and finite, a point of the grid is not finite, or there are no probes.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let spectrum = Quadrature::known(array![-1.0, 1.0, 1.0], Array1::ones(3));
/// let density = smooth(&spectrum, &array![-1.0, 0.0, 1.0], 0.1);
/// // Two eigenvalues make a peak twice as high as one, and the density in between is negligible.
/// assert_eq!((density[2] / density[0], density[1] < 1e-20), (2.0, true));
/// ```
pub fn smooth(measure: &Quadrature, grid: &ArrayRef1<f64>, sigma: f64) -> Array1<f64> {
    assert!(sigma > 0.0 && sigma.is_finite(), "sigma must be above 0 and finite, got {sigma}");
    if let Some((i, t)) = grid.iter().enumerate().find(|(_, t)| !t.is_finite()) {
        panic!("every point of grid must be finite, got {t} at {i}");
    }
    let m = measure.probes.len() as f64;
    assert!(m > 0.0, "measure must hold at least one probe, got none");
    let height = 1.0 / (sigma * (2.0 * PI).sqrt());
    grid.mapv(|t| {
        let kernel = |node: f64| {
            let distance = (t - node) / sigma;
            // Further away it is below 1e-146, and times a small weight so small that processors take a hundred times longer.
            if distance.abs() < 26.0 { height * (-distance * distance / 2.0).exp() } else { 0.0 }
        };
        measure.probes.iter().map(|masses| masses.integrate(kernel)).sum::<f64>() / m
    })
}
