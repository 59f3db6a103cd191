//! The computations of notebook 3, section by section, and one Hessian product alone and inside a block.
//!
//! It prints one table: the time of each section on one thread and on all, and, where its floating-point operations can be counted,
//! their rate and its share of the machine's own matrix product. That is measured in the same run, before and after the sections.
//!
//! Each number of threads is measured in a process of its own, this program called again with the number in its environment.

use std::hint::black_box;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use course_protocol::variables::THREADS;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use spectral_course::prelude::*;

/// The numbers of weights of a 49-32-32-10 network: the first layer's, and all others'.
const WEIGHTS: [u64; 2] = [49 * 32, 32 * 32 + 32 * 10];

/// Those of the convolutional network, each layer's times the positions of its output.
const CONVOLUTION: [u64; 2] = [25 * 72, 9 * 1152 + 1440];

/// Each action is called for so long before it is measured, and then measured for so long, but at least so often.
const WARM_UP: Duration = Duration::from_millis(300);
const MEASUREMENT: Duration = Duration::from_secs(1);
const LEAST_CALLS: usize = 10;

/// The argument of the process that measures.
const MEASURE: &str = "measure";
/// The name of the machine's own matrix product among the sections.
const YARDSTICK: &str = "matrix product";

fn main() {
    if std::env::args().any(|argument| argument == MEASURE) {
        measure();
        return;
    }
    let all = thread::available_parallelism().map_or(1, usize::from);
    let counts = if all > 1 { vec![1, all] } else { vec![1] };
    let runs: Vec<Run> = counts.into_iter().map(in_own_process).collect();
    print_table(&runs);
}

/// What one process measured.
struct Run {
    threads: usize,
    /// The rate of faer's product of matrices.
    machine: f64,
    sections: Vec<Section>,
}

struct Section {
    name: String,
    n_matvecs: usize,
    seconds: f64,
    /// Floating-point operations; 0 where they cannot be counted.
    operations: f64,
}

impl Section {
    /// In 10^9 operations per second.
    fn rate(&self) -> f64 {
        self.operations / self.seconds / 1e9
    }

    /// What the measuring process prints, and the table's process reads.
    fn line(&self) -> String {
        let Self { name, n_matvecs, seconds, operations } = self;
        format!("{n_matvecs} {seconds} {operations} {name}")
    }

    fn read(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, ' ');
        Some(Self {
            n_matvecs: fields.next()?.parse().ok()?,
            seconds: fields.next()?.parse().ok()?,
            operations: fields.next()?.parse().ok()?,
            name: fields.next()?.to_owned(),
        })
    }
}

fn in_own_process(threads: usize) -> Run {
    eprintln!("measuring on {}", counted(threads));
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg(MEASURE).env(THREADS, threads.to_string()).output();
    let output = output.expect("this program runs again");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let measured = said.lines().map(|line| Section::read(line).unwrap_or_else(|| panic!("not a section: {line}")));
    let (yardsticks, sections): (Vec<_>, Vec<_>) = measured.partition(|section| section.name == YARDSTICK);
    let machine = yardsticks.iter().map(Section::rate).sum::<f64>() / yardsticks.len() as f64;
    Run { threads, machine, sections }
}

fn counted(threads: usize) -> String {
    format!("{threads} thread{}", if threads == 1 { "" } else { "s" })
}

/// A line for each section, and in it for each number of threads the time, the rate and its share of the machine's.
fn print_table(runs: &[Run]) {
    let heads = runs.iter().map(|run| format!("{:>15}{:>9}{:>7}", counted(run.threads), "GFLOP/s", "share"));
    row(&format!("{:<32}{:>9}{}", "section", "matvecs", heads.collect::<String>()));
    let machines = runs.iter().map(|run| format!("{:>24.1}{:>7}", run.machine, ""));
    row(&format!("{:<41}{}", "the machine's matrix product", machines.collect::<String>()));
    for (i, Section { name, n_matvecs, .. }) in runs[0].sections.iter().enumerate() {
        let columns = runs.iter().map(|run| {
            let section = &run.sections[i];
            assert_eq!(*name, section.name, "each number of threads has the same sections");
            let time = format!("{:>12.2} ms", 1e3 * section.seconds);
            let rate = section.rate();
            time + &if rate > 0.0 { format!("{rate:>9.1}{:>6.0}%", 100.0 * rate / run.machine) } else { " ".repeat(16) }
        });
        row(&format!("{name:<32}{n_matvecs:>9}{}", columns.collect::<String>()));
    }
    let of_notebook = |section: &&Section| section.name.as_bytes().get(1) == Some(&b'.');
    let sums = runs.iter().map(|run| {
        let sum: f64 = run.sections.iter().filter(of_notebook).map(|section| section.seconds).sum();
        format!("{:>12.2} ms{:>16}", 1e3 * sum, "")
    });
    row(&format!("{:<41}{}", "all sections, 1.1 to 5.4", sums.collect::<String>()));
}

fn row(text: &str) {
    println!("{}", text.trim_end());
}

fn measure() {
    matrix_product();
    trace_of_a_matrix();
    hessian();
    convolution();
    density_of_a_matrix();
    density_of_the_hessian();
    perturbation();
    matrix_product();
}

/// Measures a section without a count of operations.
fn time<T>(name: &str, n_matvecs: usize, action: impl FnMut() -> T) {
    rate(name, n_matvecs, 0, action);
}

/// Measures a section that does `operations` additions and multiplications in its products.
fn rate<T>(name: &str, n_matvecs: usize, operations: u64, action: impl FnMut() -> T) {
    let section =
        Section { name: name.to_owned(), n_matvecs, seconds: median_seconds(action), operations: operations as f64 };
    println!("{}", section.line());
}

/// The median time of a call.
fn median_seconds<T>(mut action: impl FnMut() -> T) -> f64 {
    let mut call = || {
        let start = Instant::now();
        black_box(action());
        start.elapsed().as_secs_f64()
    };
    let begin = Instant::now();
    while begin.elapsed() < WARM_UP {
        call();
    }
    let begin = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < LEAST_CALLS || begin.elapsed() < MEASUREMENT {
        seconds.push(call());
    }
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
/// The yardstick: faer's product of two square matrices on each thread.
fn matrix_product() {
    const SIZE: usize = 1000;
    let threads: usize = std::env::var(THREADS).ok().and_then(|threads| threads.parse().ok()).expect("a number");
    let (a, b) = (Mat::from_fn(SIZE, SIZE, |i, j| (i + j) as f64), Mat::from_fn(SIZE, SIZE, |i, j| (i * j) as f64));
    let mut products = vec![Mat::<f64>::zeros(SIZE, SIZE); threads];
    let operations = threads as u64 * 2 * (SIZE as u64).pow(3);
    rate(YARDSTICK, 0, operations, || {
        thread::scope(|scope| {
            for product in &mut products {
                scope.spawn(|| matmul(product.as_mut(), Accum::Replace, a.as_ref(), b.as_ref(), 1.0, Par::Seq));
            }
        });
    });
}

fn trace_of_a_matrix() {
    const MS: [usize; 6] = [10, 30, 100, 300, 1000, 3000];
    let a = random_symmetric(30, 0);
    let operator = Dense::from(&a);
    time("1.1 hutchinson 30x30 m=1000", 1000, || hutchinson_trace(&operator, 1000, Probe::Rademacher, 0));
    let operator = Dense::from(&(a + Array2::<f64>::eye(30) * 3.0));
    let n_matvecs = 2 * 50 * MS.iter().sum::<usize>();
    rate("1.2 variance sweep", n_matvecs, 2 * 900 * n_matvecs as u64, || {
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

fn hessian() {
    let (x, y) = digits(300);
    let model = tiny_mlp(0);
    let hessian = Hessian::new(&model, &x, &y);
    let (n, one) = (hessian.dim(), hessian_operations(300));
    let block = Probe::Gaussian.draw_block(n, 64, &mut rng(0));
    rate("2 one product alone", 1, one, || hessian.apply(&block.column(0)));
    rate("2 block of 64 products", 64, 64 * one, || hessian.apply_block(&block));
    time("2.0 model and data", 0, || (tiny_mlp(0), digits(300)));
    rate("2.1 mlp trace m=200", 200, 200 * one, || hutchinson_trace(&hessian, 200, Probe::Rademacher, 0));
    rate("2.2 full hessian, P HVPs", n, n as u64 * one, || to_dense(&hessian));
}

fn convolution() {
    let (x, y) = digits(500);
    let model = tiny_cnn(0);
    let (hessian, gauss_newton) = (Hessian::new(&model, &x, &y), GaussNewton::new(&model, &x, &y));
    let block = Probe::Gaussian.draw_block(hessian.dim(), 16, &mut rng(0));
    // Forward and backward, Gauss-Newton without the two matrix products that take the deltas of the point.
    let one = |of_later_layers: u64| 2 * 500 * (2 * CONVOLUTION[0] + of_later_layers * CONVOLUTION[1]);
    rate("2 cnn, 16 Hessian products", 16, 16 * one(6), || hessian.apply_block(&block));
    rate("2 cnn, 16 Gauss-Newton products", 16, 16 * one(4), || gauss_newton.apply_block(&block));
}

fn density_of_a_matrix() {
    let a = Dense::new(Array2::from_diag(&linspace(-2.0, 4.0, 40)));
    let grid = linspace(-3.0, 5.0, 400);
    time("3.1 slq diag(40)", 30 * 30, || slq_density(&a, 30, 30, &grid, 0.15, 0));
}

fn density_of_the_hessian() {
    let (x, y) = digits(300);
    let mut trained = tiny_mlp(0);
    let grid = linspace(-2.0, 5.0, 500);
    let density = |name: &str, model: &Mlp| {
        rate(name, 400, 400 * hessian_operations(300), || {
            slq_density(&Hessian::new(model, &x, &y), 10, 40, &grid, 0.05, 0)
        });
    };
    density("4.1 dos at init", &trained);
    // Forward, and back to the weights and to the activations; the images need no derivative.
    let of_a_step = 2 * 64 * (2 * WEIGHTS[0] + 3 * WEIGHTS[1]);
    rate("4.2 train 200 steps", 0, 200 * of_a_step, || {
        let mut model = tiny_mlp(0);
        train(&mut model, &x, &y, &Sgd::default());
        model.loss(&x, &y)
    });
    train(&mut trained, &x, &y, &Sgd::default());
    density("4.3 dos trained", &trained);
}

fn perturbation() {
    let (a, e) = (random_symmetric(50, 0), random_symmetric(50, 1));
    let alphas = linspace(0.0, 1.0, 21);
    time("5.1 weyl", 0, || weyl_shifts(&a, &e, &alphas));
    let small = &e * (0.05 / spectral_norm(&e));
    time("5.2 davis-kahan", 0, || gap_experiment(&[0.1, 0.3, 1.0, 3.0], &small, 3, 0));
    let (images, _) = digits(200);
    let model = tiny_mlp(0);
    // Of a resample: three blocks of 15 products, each a vector-Jacobian and a Jacobian-vector product.
    let n_matvecs = 20 * 3 * 15;
    let of_a_product = 4 * 200 * (WEIGHTS[0] + WEIGHTS[1]);
    rate("5.3 entk bootstrap", n_matvecs, n_matvecs as u64 * of_a_product, || {
        bootstrap_entk(&model, &images, 20, 5, 0)
    });
    let bases: Vec<Array2<f64>> =
        bootstrap_entk(&model, &images, 20, 3, 0).vectors.iter().map(|u| u.slice(s![.., ..3]).to_owned()).collect();
    time("5.4 pairwise angles", 0, || {
        let pairs = (0..bases.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|(i, j)| sin_theta(&bases[i], &bases[j])).sum::<f64>()
    });
}
