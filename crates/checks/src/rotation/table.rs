//! All the resamples of a small kernel, with the sine of each; and what likely mistakes make of them.

use std::sync::LazyLock;

use ndarray::{Array1, Array2, Axis, s};

use estimators::{principal_angles, sin_theta};
use matrix_free::linalg::eigh;
use matrix_free::probe::{gaussian_matrix, rng};

/// How far the same sine may be from itself, computed in another way: one that comes from a cosine has half the digits.
const SAME: f64 = 1e-7;

/// How many images the small kernels have.
const N: usize = 5;

/// A kernel for k = 1, whose resamples all have sines of their own, and another for k = 2.
pub(super) static TABLES: LazyLock<[Table; 2]> = LazyLock::new(|| {
    [0, 1].map(|seed| {
        let features = gaussian_matrix(N, N + 1, &mut rng(seed));
        Table::new(features.dot(&features.t()), seed as usize + 1)
    })
});

/// The sines that the resamples of a kernel can have, in ascending order.
pub(super) struct Table {
    pub(super) kernel: Array2<f64>,
    pub(super) k: usize,
    /// The top `k` eigenvectors of the kernel.
    whole: Array2<f64>,
    rows: Vec<Row>,
}

struct Row {
    sine: f64,
    drawn: Vec<usize>,
    probability: f64,
}

impl Table {
    fn new(kernel: Array2<f64>, k: usize) -> Self {
        let whole = eigh(&kernel).top(k);
        let row = |drawn: Vec<usize>| {
            let sine = Resample::new(&kernel, &whole, &drawn).sine();
            Row { sine, probability: probability(&drawn), drawn }
        };
        let mut rows: Vec<Row> = choices(N).into_iter().filter(|drawn| distinct(drawn).len() >= k).map(row).collect();
        rows.sort_by(|one, other| one.sine.total_cmp(&other.sine));
        Self { kernel, k, whole, rows }
    }

    /// What `gives` makes of each of these draws; with too few different images it may be anything.
    fn values(&self, draws: &[Vec<usize>], gives: fn(&Resample) -> f64) -> Vec<f64> {
        let enough = draws.iter().filter(|drawn| distinct(drawn).len() >= self.k);
        enough.map(|drawn| gives(&Resample::new(&self.kernel, &self.whole, drawn))).collect()
    }

    /// The images of the resample with this sine, in ascending order.
    pub(super) fn find(&self, sine: f64) -> Option<&[usize]> {
        let after = self.rows.partition_point(|row| row.sine < sine - SAME);
        let near = self.rows[after..].iter().take_while(|row| row.sine <= sine + SAME);
        near.min_by(|one, other| (one.sine - sine).abs().total_cmp(&(other.sine - sine).abs())).map(|row| &*row.drawn)
    }

    /// The mean and the variance of the sine.
    pub(super) fn moments(&self) -> (f64, f64) {
        let sum = |of: &dyn Fn(&Row) -> f64| self.rows.iter().map(|row| row.probability * of(row)).sum::<f64>();
        let mean = sum(&|row| row.sine);
        (mean, sum(&|row| (row.sine - mean).powi(2)))
    }
}

fn distinct(drawn: &[usize]) -> Vec<usize> {
    let mut distinct = drawn.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// All ways to choose so many images with repetition, in ascending order.
fn choices(count: usize) -> Vec<Vec<usize>> {
    let longer = |drawn: Vec<usize>| {
        (drawn.last().copied().unwrap_or(0)..N).map(move |image| [drawn.as_slice(), &[image]].concat())
    };
    (0..count).fold(vec![Vec::new()], |all, _| all.into_iter().flat_map(longer).collect())
}

/// All draws, in every order.
fn orders() -> Vec<Vec<usize>> {
    (0..N.pow(N as u32)).map(|number| (0..N).map(|place| number / N.pow(place as u32) % N).collect()).collect()
}

/// The probability to draw these images in some order.
fn probability(drawn: &[usize]) -> f64 {
    let factorial = |count: usize| (1..=count).map(|factor| factor as f64).product::<f64>();
    let repeats: f64 = (0..N).map(|image| factorial(drawn.iter().filter(|&&i| i == image).count())).product();
    factorial(drawn.len()) / repeats / (N as f64).powi(drawn.len() as i32)
}

/// A resample and what a right solution computes for it.
struct Resample<'a> {
    kernel: &'a Array2<f64>,
    drawn: &'a [usize],
    k: usize,
    /// The top eigenvectors of the whole kernel and of the resample's.
    whole: &'a Array2<f64>,
    own: Array2<f64>,
}

impl<'a> Resample<'a> {
    fn new(kernel: &'a Array2<f64>, whole: &'a Array2<f64>, drawn: &'a [usize]) -> Self {
        let of_drawn = kernel.select(Axis(0), drawn).select(Axis(1), drawn);
        let k = whole.ncols();
        Self { kernel, drawn, k, whole, own: eigh(&of_drawn).top(k) }
    }

    fn columns(&self) -> Array2<f64> {
        self.kernel.select(Axis(1), self.drawn)
    }

    /// The eigenvectors, continued to all images.
    fn continued(&self) -> Array2<f64> {
        self.columns().dot(&self.own)
    }

    fn sine(&self) -> f64 {
        sin_theta(&self.continued(), self.whole)
    }

    fn angles(&self) -> Array1<f64> {
        principal_angles(&self.continued(), self.whole)
    }

    /// The eigenvectors in the places of the images drawn; of an image drawn twice the sum, or the last.
    fn in_place(&self, summed: bool) -> Array2<f64> {
        let mut all = Array2::zeros((self.kernel.nrows(), self.k));
        for (&image, row) in self.drawn.iter().zip(self.own.rows()) {
            let mut place = all.row_mut(image);
            if !summed {
                place.fill(0.0);
            }
            place += &row;
        }
        all
    }

    /// The same with another number of columns.
    fn with(&self, k: usize) -> f64 {
        Resample::new(self.kernel, &eigh(self.kernel).top(k), self.drawn).sine()
    }

    /// With the eigenvectors of a matrix that is not the resample's kernel.
    fn with_eigenvectors_of(&self, matrix: &Array2<f64>) -> f64 {
        sin_theta(&self.columns().dot(&eigh(matrix).top(self.k)), self.whole)
    }
}

/// A likely mistake, and the number that it gives.
struct Suspect {
    cause: &'static str,
    gives: fn(&Resample) -> f64,
    /// Whether it depends on the order of the images drawn.
    ordered: bool,
    /// The share of the draws for which it may give anything, because there are too few different images for its eigenvectors.
    strange: f64,
}

const fn suspect(cause: &'static str, gives: fn(&Resample) -> f64) -> Suspect {
    Suspect { cause, gives, ordered: false, strange: 0.02 }
}

const fn ordered(cause: &'static str, gives: fn(&Resample) -> f64) -> Suspect {
    Suspect { cause, gives, ordered: true, strange: 0.02 }
}

const IN_PLACE: &str = "The images that were not drawn get 0; continue the eigenvectors to all images, `kernel.select(Axis(1), &drawn).dot(&u)`";

static SUSPECTS: &[Suspect] = &[
    suspect("These are cosines; return the sines", |r| r.angles()[0].cos()),
    suspect("These are the cosines of the smallest angle; return the sine of the largest", |r| {
        r.angles()[r.k - 1].cos()
    }),
    suspect("These are angles; return their sines", |r| r.angles()[0]),
    suspect("These are sines of sines; `sin_theta` is a sine already", |r| r.sine().sin()),
    suspect("These are the squares of the sines", |r| r.sine().powi(2)),
    suspect("These are the squares of the cosines; return the sines", |r| r.angles()[0].cos().powi(2)),
    suspect("These are the sines of the smallest angle; use the largest", |r| r.angles()[r.k - 1].sin()),
    suspect("These are the means of the sines of all k angles; use the largest", |r| {
        r.angles().mapv(f64::sin).sum() / r.k as f64
    }),
    suspect("These are Frobenius norms, the roots of the sums over all k angles; use the largest angle", |r| {
        r.angles().mapv(|angle| angle.sin().powi(2)).sum().sqrt()
    }),
    suspect(
        "The whole kernel's eigenvectors are those of the smallest eigenvalues; `eigh(kernel).top(k)` are the top ones",
        |r| {
            let bottom = eigh(r.kernel).vectors.slice(s![.., ..r.k]).to_owned();
            sin_theta(&r.continued(), &bottom)
        },
    ),
    suspect(
        "This compares on the images drawn alone; continue the eigenvectors to all images, `kernel.select(Axis(1), &drawn).dot(&u)`",
        |r| sin_theta(&r.own, &r.whole.select(Axis(0), r.drawn)),
    ),
    suspect(IN_PLACE, |r| sin_theta(&r.in_place(true), r.whole)),
    suspect(IN_PLACE, |r| sin_theta(&r.in_place(false), r.whole)),
    suspect(
        "An image that is drawn twice counts once in the continuation; multiply the columns `kernel.select(Axis(1), &drawn)`, repeats included",
        |r| sin_theta(&r.kernel.dot(&r.in_place(false)), r.whole),
    ),
    suspect("Repeats are dropped; an image that is drawn twice counts twice", |r| {
        let drawn = distinct(r.drawn);
        if drawn.len() < r.k { f64::NAN } else { Resample::new(r.kernel, r.whole, &drawn).sine() }
    }),
    suspect("These continue the whole kernel's eigenvectors; take those of the drawn images' kernel", |r| {
        sin_theta(&r.columns().dot(&r.whole.select(Axis(0), r.drawn)), r.whole)
    }),
    suspect("Only the first column is compared; take the spaces of all k", |r| r.with(1)),
    suspect("Column k is compared alone; take the spaces of all k columns", |r| {
        let last = |vectors: &Array2<f64>| vectors.slice(s![.., r.k - 1..]).to_owned();
        sin_theta(&last(&r.continued()), &last(r.whole))
    }),
    Suspect { strange: 0.2, ..suspect("These are k + 1 eigenvectors; take k", |r| r.with(r.k + 1)) },
    ordered(
        "Row j of a resample's eigenvector belongs to image `drawn[j]`, not to image j; continue it to all images first, `kernel.select(Axis(1), &drawn).dot(&u)`",
        |r| sin_theta(&r.own, r.whole),
    ),
    ordered(
        "These multiply the rows of the drawn images; the continuation needs all rows and the drawn columns, `kernel.select(Axis(1), &drawn)`",
        |r| sin_theta(&r.kernel.select(Axis(0), r.drawn).dot(&r.own), r.whole),
    ),
    ordered("Only the rows of the kernel are resampled; select the rows and the columns", |r| {
        r.with_eigenvectors_of(&r.kernel.select(Axis(0), r.drawn))
    }),
    ordered("Only the columns of the kernel are resampled; select the rows and the columns", |r| {
        r.with_eigenvectors_of(&r.columns())
    }),
];

/// What each suspect makes of all draws from either kernel, in ascending order.
static GIVEN: LazyLock<Vec<[Vec<f64>; 2]>> = LazyLock::new(|| {
    let (in_any_order, in_every_order) = (choices(N), orders());
    let of = |suspect: &Suspect| {
        let draws = if suspect.ordered { &in_every_order } else { &in_any_order };
        [0, 1].map(|k| sorted(TABLES[k].values(draws, suspect.gives)))
    };
    SUSPECTS.iter().map(of).collect()
});

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Whether all the numbers are among the values, which are sorted, but for a share of them and one.
fn all_among(got: &[f64], values: &[f64], strange: f64) -> bool {
    let among = |x: f64| {
        let after = values.partition_point(|&value| value < x - SAME);
        values.get(after).is_some_and(|&value| value <= x + SAME)
    };
    let outside = got.iter().filter(|&&x| !among(x)).count();
    outside as f64 <= 1.0 + strange * got.len() as f64
}

/// The only mistake of the list that explains the sines for both kernels, if there is one.
pub(super) fn cause(runs: [&[f64]; 2]) -> Option<String> {
    if let Some(size) = other_size(runs[0]) {
        return Some(format!("Each resample holds {size} images; draw as many as there are, here {N}"));
    }
    let fits = |(suspect, given): &(&Suspect, &[Vec<f64>; 2])| {
        runs.iter().zip(*given).all(|(got, values)| all_among(got, values, suspect.strange))
    };
    let mut causes: Vec<&str> = SUSPECTS.iter().zip(&*GIVEN).filter(fits).map(|(suspect, _)| suspect.cause).collect();
    causes.dedup();
    match causes[..] {
        [cause] => Some(cause.to_owned()),
        _ => None,
    }
}

/// How many images each resample holds, if not as many as there are.
fn other_size(got: &[f64]) -> Option<usize> {
    let holds = |&size: &usize| all_among(got, &sorted(TABLES[0].values(&choices(size), |r| r.sine())), 0.0);
    (1..=2 * N).find(holds).filter(|&size| size != N)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was drawn can be read off a sine.
    #[test]
    fn every_resample_has_its_own_sine() {
        let gaps = TABLES[0].rows.windows(2).map(|pair| pair[1].sine - pair[0].sine);
        assert!(gaps.fold(f64::INFINITY, f64::min) > 10.0 * SAME);
        let total: f64 = TABLES[0].rows.iter().map(|row| row.probability).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        let [one, two] = &*TABLES;
        let draws: Vec<Vec<usize>> =
            orders().into_iter().step_by(31).filter(|drawn| distinct(drawn).len() > 2).collect();
        for suspect in SUSPECTS {
            let (first, second) = (one.values(&draws, suspect.gives), two.values(&draws, suspect.gives));
            assert_eq!(cause([&first, &second]).as_deref(), Some(suspect.cause));
            let right = |table: &Table, got: &[f64]| got.iter().all(|&sine| table.find(sine).is_some());
            assert!(!right(one, &first) || !right(two, &second), "{}", suspect.cause);
        }
    }
}
