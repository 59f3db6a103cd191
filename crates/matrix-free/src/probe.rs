//! Random probe vectors, and the seeded generator behind everything random in the course.

use course_protocol::variables::seed_shift;
use ndarray::{Array1, Array2, ArrayRef1, ShapeBuilder};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The course's generator: a ChaCha stream, which gives the same numbers on every platform.
///
/// It is a type of its own, because a variable of a notebook needs a type that a cell can name.
#[derive(Clone, Debug)]
pub struct CourseRng(ChaCha8Rng);

impl RngCore for CourseRng {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// The named random streams of a seed.
///
/// One seed serves a whole experiment: the network, its images, the batches, the probes. If all of these started with the
/// same numbers, they would be correlated. So each kind of draw has its own stream of the generator, and streams never
/// overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Probes, start vectors and sketches, which estimators draw. This is the stream of [`rng`].
    Probes,
    /// The parameters of a network.
    Parameters,
    /// The choice of images, or the inputs and labels of a random batch.
    Data,
    /// The batches of stochastic gradient descent.
    Batches,
    /// The entries of test matrices.
    Matrices,
    /// The eigenvalues of test matrices.
    Eigenvalues,
    /// Bootstrap resamples.
    Resamples,
    /// Seeds of further runs: the stream of [`seeds`].
    Seeds,
}

impl Stream {
    /// The generator of this stream that starts from `seed`.
    ///
    /// The environment variable [`SEED_SHIFT`](course_protocol::variables::SEED_SHIFT) gives all streams other numbers.
    ///
    /// # Panics
    /// If that variable is not a number.
    ///
    /// # Example
    /// ```
    /// use matrix_free::probe::{Probe, Stream};
    /// let (mut a, mut b) = (Stream::Probes.rng(7), Stream::Matrices.rng(7));
    /// assert_ne!(Probe::Gaussian.draw(5, &mut a), Probe::Gaussian.draw(5, &mut b));
    /// ```
    pub fn rng(self, seed: u64) -> CourseRng {
        // An odd factor: no two shifts give neighbouring seeds the same numbers.
        let shift = seed_shift().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(shift));
        rng.set_stream(self as u64);
        CourseRng(rng)
    }
}

/// The generator that an estimator draws from: the stream [`Stream::Probes`] of `seed`.
///
/// # Example
/// ```
/// use matrix_free::probe::{Probe, rng};
/// let (mut a, mut b) = (rng(7), rng(7));
/// assert_eq!(Probe::Gaussian.draw(5, &mut a), Probe::Gaussian.draw(5, &mut b));
/// ```
pub fn rng(seed: u64) -> CourseRng {
    Stream::Probes.rng(seed)
}

/// Seeds for further runs, such as the trials of an experiment: an endless iterator, drawn from the stream
/// [`Stream::Seeds`] of `seed`.
///
/// Counting up, `seed + 1`, `seed + 2`, would give two experiments with neighbouring seeds nearly the same runs.
///
/// # Example
/// ```
/// use matrix_free::probe::seeds;
/// let of_three_runs: Vec<u64> = seeds(0).take(3).collect();
/// assert!(of_three_runs[0] != of_three_runs[1] && seeds(1).next() != seeds(0).nth(1));
/// ```
pub fn seeds(seed: u64) -> Seeds {
    Seeds(Stream::Seeds.rng(seed))
}

/// An endless iterator over seeds, made by [`seeds`].
#[derive(Clone, Debug)]
pub struct Seeds(CourseRng);

impl Iterator for Seeds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        Some(self.0.next_u64())
    }
}

/// The distribution of a probe vector `z`.
///
/// Each is isotropic, which makes `$z^\top A z$` an unbiased estimate of the trace of a symmetric matrix `A`:
///
/// ```math
/// \mathbb{E}[z z^\top] = I \quad \Rightarrow \quad \mathbb{E}[z^\top A z] = \operatorname{tr} A
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Independent signs, `+1` or `-1` with probability 1/2 each.
    ///
    /// ```math
    /// \operatorname{Var}(z^\top A z) = 2 \Big( \lVert A \rVert_F^2 - \sum_i a_{ii}^2 \Big)
    /// ```
    Rademacher,
    /// Independent standard normal numbers.
    ///
    /// ```math
    /// \operatorname{Var}(z^\top A z) = 2 \lVert A \rVert_F^2
    /// ```
    Gaussian,
    /// Uniform on the sphere of radius `$\sqrt{n}$`.
    ///
    /// ```math
    /// \operatorname{Var}(z^\top A z) = \frac{2 n}{n + 2} \Big( \lVert A \rVert_F^2 - \frac{(\operatorname{tr} A)^2}{n} \Big)
    /// ```
    Sphere,
}

impl Probe {
    /// The two probes that the variance experiment compares.
    pub const RADEMACHER_AND_GAUSSIAN: [Probe; 2] = [Probe::Rademacher, Probe::Gaussian];

    /// One probe vector of length `n`.
    ///
    /// # Example
    /// ```
    /// use matrix_free::probe::{Probe, rng};
    /// let z = Probe::Rademacher.draw(5, &mut rng(0));
    /// assert_eq!(z.dot(&z), 5.0);
    /// ```
    pub fn draw(self, n: usize, rng: &mut CourseRng) -> Array1<f64> {
        let mut z = vec![0.0; n];
        self.fill(&mut z, rng);
        Array1::from(z)
    }

    /// `m` probe vectors as the columns of an `(n, m)` matrix: the same numbers as in `m` calls of [`Probe::draw`].
    ///
    /// # Example
    /// ```
    /// use matrix_free::probe::{Probe, rng};
    /// let block = Probe::Gaussian.draw_block(5, 3, &mut rng(0));
    /// assert_eq!(block.column(0), Probe::Gaussian.draw(5, &mut rng(0)));
    /// ```
    pub fn draw_block(self, n: usize, m: usize, rng: &mut CourseRng) -> Array2<f64> {
        let mut block = Array2::zeros((n, m).f());
        if let Some(entries) = block.as_slice_memory_order_mut() {
            entries.chunks_exact_mut(n.max(1)).for_each(|z| self.fill(z, rng));
        }
        block
    }

    /// One probe vector, into `z`.
    fn fill(self, z: &mut [f64], rng: &mut CourseRng) {
        match self {
            Probe::Rademacher => {
                // The sign bit of one 32-bit word per entry, like `rng.random::<bool>()`, but many words at a time.
                let mut words = [0; 1024];
                for z in z.chunks_mut(words.len() / 4) {
                    let words = &mut words[..4 * z.len()];
                    rng.fill_bytes(words);
                    for (z, word) in z.iter_mut().zip(words.as_chunks().0) {
                        *z = if (u32::from_le_bytes(*word) as i32) < 0 { 1.0 } else { -1.0 };
                    }
                }
            }
            Probe::Gaussian => z.iter_mut().for_each(|z| *z = rng.sample(StandardNormal)),
            Probe::Sphere => {
                Probe::Gaussian.fill(z, rng);
                let scale = (z.len() as f64).sqrt() / z.iter().map(|z| z * z).sum::<f64>().sqrt();
                z.iter_mut().for_each(|z| *z *= scale);
            }
        }
    }
}

/// A matrix of independent standard normal numbers, shape `(rows, columns)`.
///
/// # Example
/// ```
/// use matrix_free::probe::{gaussian_matrix, rng};
/// assert_eq!(gaussian_matrix(2, 3, &mut rng(0)).dim(), (2, 3));
/// ```
pub fn gaussian_matrix(rows: usize, columns: usize, rng: &mut CourseRng) -> Array2<f64> {
    Array2::random_using((rows, columns), StandardNormal, rng)
}

/// A random symmetric test matrix of size `n`, `$G + G^\top$` with `$G$` standard normal.
///
/// The variance of the entries is 2 off the diagonal and 4 on it; the spectrum fills about `$[-2 \sqrt{2 n},\; 2 \sqrt{2 n}]$`
/// (Wigner's semicircle).
///
/// # Example
/// ```
/// use matrix_free::probe::random_symmetric;
/// let a = random_symmetric(4, 0);
/// assert_eq!(a, a.t());
/// ```
pub fn random_symmetric(n: usize, seed: u64) -> Array2<f64> {
    let g = gaussian_matrix(n, n, &mut Stream::Matrices.rng(seed));
    &g + &g.t()
}

/// A random symmetric matrix with the given eigenvalues, `$Q \operatorname{diag}(\lambda)\, Q^\top$` with a
/// Haar-distributed `$Q$`.
///
/// Cost: `O(n^3)`.
///
/// # Example
/// ```
/// use matrix_free::linalg::eigvalsh;
/// use matrix_free::probe::symmetric_with_spectrum;
/// use ndarray::array;
/// let values = eigvalsh(&symmetric_with_spectrum(&array![3.0, -1.0, 2.0], 0));
/// assert!((&values - &array![-1.0, 2.0, 3.0]).iter().all(|d| d.abs() < 1e-13));
/// ```
///
/// # References
/// Mezzadri, *How to generate random matrices from the classical compact groups*, 2007, section 5.
pub fn symmetric_with_spectrum(eigenvalues: &ArrayRef1<f64>, seed: u64) -> Array2<f64> {
    let n = eigenvalues.len();
    let (mut q, r) = crate::linalg::qr(&gaussian_matrix(n, n, &mut Stream::Matrices.rng(seed)));
    // The signs of R's diagonal are arbitrary; undoing them makes Q uniform.
    for (mut column, &diagonal) in q.columns_mut().into_iter().zip(r.diag()) {
        column *= diagonal.signum();
    }
    let a = (&q * &eigenvalues.view()).dot(&q.t());
    // Rounding leaves A a little unsymmetric; the solvers read one triangle, the products both.
    (&a + &a.t()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{eigvalsh, mean, norm};

    #[test]
    fn a_block_holds_the_same_probes() {
        for probe in [Probe::Rademacher, Probe::Gaussian, Probe::Sphere] {
            let (mut one, mut other) = (rng(3), rng(3));
            let block = probe.draw_block(6, 4, &mut one);
            for column in block.columns() {
                assert_eq!(column, probe.draw(6, &mut other));
            }
        }
    }

    /// The streams that the course's numbers come from.
    #[test]
    fn probes_are_drawn_number_by_number() {
        let (mut one, mut other) = (rng(3), rng(3));
        let signs = Probe::Rademacher.draw_block(700, 2, &mut one);
        let expected: Vec<f64> = (0..1400).map(|_| if other.random() { 1.0 } else { -1.0 }).collect();
        assert!(signs.t().iter().eq(&expected));
        assert_eq!(Probe::Gaussian.draw(9, &mut one), Array1::<f64>::random_using(9, StandardNormal, &mut other));
    }

    /// `E[z z^T] = I`, entry by entry within 5 standard errors.
    #[test]
    fn second_moments_are_the_identity() {
        let (n, m) = (4, 20_000);
        for probe in [Probe::Rademacher, Probe::Gaussian, Probe::Sphere] {
            let z = probe.draw_block(n, m, &mut rng(1));
            for ((i, j), moment) in (z.dot(&z.t()) / m as f64).indexed_iter() {
                let expected = if i == j { 1.0 } else { 0.0 };
                // The largest variance of z_i z_j is the Gaussian's Var(z_i^2) = 2.
                let bound = 5.0 * (2.0 / m as f64).sqrt();
                assert!((moment - expected).abs() < bound, "{probe:?} [{i}, {j}]: {moment} against {expected}");
            }
        }
    }

    #[test]
    fn supports_are_right() {
        let z = Probe::Rademacher.draw(1000, &mut rng(2));
        assert!(z.iter().all(|&v| v == 1.0 || v == -1.0));
        assert!(mean(&z).abs() < 5.0 / 1000_f64.sqrt());
        let z = Probe::Sphere.draw(50, &mut rng(2));
        assert!((norm(&z) - 50_f64.sqrt()).abs() < 1e-13);
    }

    #[test]
    fn the_spectrum_is_the_prescribed_one() {
        let eigenvalues = Array1::linspace(-2.0, 4.0, 40);
        let a = symmetric_with_spectrum(&eigenvalues, 5);
        assert_eq!(a, a.t());
        assert!((&eigvalsh(&a) - &eigenvalues).iter().all(|d| d.abs() < 1e-13));
    }
}
