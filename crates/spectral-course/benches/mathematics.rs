//! The computations of notebook 3, section by section, and one Hessian product alone and inside a block.
//!
//! A benchmark is named by its section and its number of matvecs, and where the floating-point operations can be counted they are its
//! throughput: `cargo course bench` makes a table of that. `SPECTRAL_COURSE_THREADS` says how many threads to use. The rate of
//! the machine's own matrix product, on as many threads, is measured in the same run, before and after.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use spectral_course::prelude::*;

/// The numbers of weights of a 49-32-32-10 network: the first layer's, and all others'.
const WEIGHTS: [u64; 2] = [49 * 32, 32 * 32 + 32 * 10];

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion) {
    let mut sections = Sections { group: criterion.benchmark_group("mathematics") };
    sections.group.sampling_mode(SamplingMode::Flat);
    matrix_product(&mut sections, "before");
    trace_of_a_matrix(&mut sections);
    hessian(&mut sections);
    density_of_a_matrix(&mut sections);
    density_of_the_hessian(&mut sections);
    perturbation(&mut sections);
    matrix_product(&mut sections, "after");
    sections.group.finish();
}

struct Sections<'a> {
    group: BenchmarkGroup<'a, WallTime>,
}

impl Sections<'_> {
    /// A section without a count of operations.
    fn time<T>(&mut self, name: &str, n_matvecs: usize, action: impl FnMut() -> T) {
        self.measure(name, n_matvecs, None, action);
    }

    /// A section that does `operations` additions and multiplications in its products.
    fn rate<T>(&mut self, name: &str, n_matvecs: usize, operations: u64, action: impl FnMut() -> T) {
        self.measure(name, n_matvecs, Some(Throughput::Elements(operations)), action);
    }

    fn measure<T>(
        &mut self,
        name: &str,
        n_matvecs: usize,
        throughput: Option<Throughput>,
        mut action: impl FnMut() -> T,
    ) {
        // A throughput holds for all that follows in the group, so one that says nothing takes it back.
        self.group.throughput(throughput.unwrap_or(Throughput::Elements(0)));
        self.group.bench_function(BenchmarkId::new(name, n_matvecs), |bencher| bencher.iter(|| black_box(action())));
    }
}

/// The yardstick: faer's product of two square matrices on each thread.
fn matrix_product(sections: &mut Sections, when: &str) {
    const SIZE: usize = 1000;
    let threads = std::env::var(course_protocol::variables::THREADS).ok().and_then(|threads| threads.parse().ok());
    let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let (a, b) = (Mat::from_fn(SIZE, SIZE, |i, j| (i + j) as f64), Mat::from_fn(SIZE, SIZE, |i, j| (i * j) as f64));
    let mut products = vec![Mat::<f64>::zeros(SIZE, SIZE); threads];
    let operations = threads as u64 * 2 * (SIZE as u64).pow(3);
    sections.rate(&format!("0 matrix product {when}"), 0, operations, || {
        thread::scope(|scope| {
            for product in &mut products {
                scope.spawn(|| matmul(product.as_mut(), Accum::Replace, a.as_ref(), b.as_ref(), 1.0, Par::Seq));
            }
        });
    });
}

fn trace_of_a_matrix(sections: &mut Sections) {
    const MS: [usize; 6] = [10, 30, 100, 300, 1000, 3000];
    let a = random_symmetric(30, 0);
    let operator = Dense::from(&a);
    sections.time("1.1 hutchinson 30x30 m=1000", 1000, || hutchinson_trace(&operator, 1000, Probe::Rademacher, 0));
    let operator = Dense::from(&(a + Array2::<f64>::eye(30) * 3.0));
    let n_matvecs = 2 * 50 * MS.iter().sum::<usize>();
    sections.rate("1.2 variance sweep", n_matvecs, 2 * 900 * n_matvecs as u64, || {
        Probe::RADEMACHER_AND_GAUSSIAN.map(|probe| variance_sweep(&operator, &MS, probe, 50, 0))
    });
}

/// The operations of a Hessian product on `n` images: two matrix products for the first layer, six for each other.
fn hessian_operations(n: usize) -> u64 {
    2 * n as u64 * (2 * WEIGHTS[0] + 6 * WEIGHTS[1])
}

fn digits(n: usize) -> (Array2<f64>, Array1<usize>) {
    load_mnist_7x7(n, 0).expect("the digits are in the project's data folder")
}

fn hessian(sections: &mut Sections) {
    let (x, y) = digits(300);
    let model = tiny_mlp(0);
    let hessian = Hessian::new(&model, &x, &y);
    let (n, one) = (hessian.dim(), hessian_operations(300));
    let block = Probe::Gaussian.draw_block(n, 64, &mut rng(0));
    sections.rate("2 one product alone", 1, one, || hessian.apply(&block.column(0)));
    sections.rate("2 block of 64 products", 64, 64 * one, || hessian.apply_block(&block));
    sections.time("2.0 model and data", 0, || (tiny_mlp(0), digits(300)));
    sections.rate("2.1 mlp trace m=200", 200, 200 * one, || hutchinson_trace(&hessian, 200, Probe::Rademacher, 0));
    sections.rate("2.2 full hessian, P HVPs", n, n as u64 * one, || to_dense(&hessian));
}

fn density_of_a_matrix(sections: &mut Sections) {
    let a = Dense::new(Array2::from_diag(&linspace(-2.0, 4.0, 40)));
    let grid = linspace(-3.0, 5.0, 400);
    sections.time("3.1 slq diag(40)", 30 * 30, || slq_density(&a, 30, 30, &grid, 0.15, 0));
}

fn density_of_the_hessian(sections: &mut Sections) {
    let (x, y) = digits(300);
    let mut trained = tiny_mlp(0);
    let grid = linspace(-2.0, 5.0, 500);
    let mut density = |name: &str, model: &Mlp| {
        sections.rate(name, 400, 400 * hessian_operations(300), || {
            slq_density(&Hessian::new(model, &x, &y), 10, 40, &grid, 0.05, 0)
        });
    };
    density("4.1 dos at init", &trained);
    train(&mut trained, &x, &y, &Sgd::default());
    density("4.3 dos trained", &trained);
    // Forward, and back to the weights and to the activations; the images need no derivative.
    let of_a_step = 2 * 64 * (2 * WEIGHTS[0] + 3 * WEIGHTS[1]);
    sections.rate("4.2 train 200 steps", 0, 200 * of_a_step, || {
        let mut model = tiny_mlp(0);
        train(&mut model, &x, &y, &Sgd::default());
        model.loss(&x, &y)
    });
}

fn perturbation(sections: &mut Sections) {
    let (a, e) = (random_symmetric(50, 0), random_symmetric(50, 1));
    let alphas = linspace(0.0, 1.0, 21);
    sections.time("5.1 weyl", 0, || weyl_shifts(&a, &e, &alphas));
    let small = &e * (0.05 / spectral_norm(&e));
    sections.time("5.2 davis-kahan", 0, || gap_experiment(&[0.1, 0.3, 1.0, 3.0], &small, 3, 0));
    let (images, _) = digits(200);
    let model = tiny_mlp(0);
    // Of a resample: three blocks of 15 products, each a vector-Jacobian and a Jacobian-vector product.
    let n_matvecs = 20 * 3 * 15;
    let of_a_product = 4 * 200 * (WEIGHTS[0] + WEIGHTS[1]);
    sections.rate("5.3 entk bootstrap", n_matvecs, n_matvecs as u64 * of_a_product, || {
        bootstrap_entk(&model, &images, 20, 5, 0)
    });
    let bases: Vec<Array2<f64>> =
        bootstrap_entk(&model, &images, 20, 3, 0).vectors.iter().map(|u| u.slice(s![.., ..3]).to_owned()).collect();
    sections.time("5.4 pairwise angles", 0, || {
        let pairs = (0..bases.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|(i, j)| sin_theta(&bases[i], &bases[j])).sum::<f64>()
    });
}
