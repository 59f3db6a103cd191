//! How time and memory grow: Lanczos, quadrature and Hutchinson's estimate with the size of a matrix whose product is cheap, and
//! the Hessian product with the images and with the parameters.
//!
//! Each measurement runs in a process of its own, this program called again, so that the peak of its memory is its own.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use spectral_course::prelude::*;

/// A measurement: what grows, how its products are called, and at which sizes.
struct Case {
    name: &'static str,
    grows: &'static str,
    sizes: &'static [usize],
    run: fn(usize) -> Measured,
}

/// Seconds, and the number that stands for the size in the fit.
struct Measured {
    seconds: f64,
    size: usize,
}

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

const CASES: [Case; 5] = [
    Case {
        name: "Lanczos, 40 steps",
        grows: "n",
        sizes: &SIZES,
        run: |n| at(n, || lanczos(&Stencil(n), 0, 40, Reorthogonalization::Full)),
    },
    Case {
        name: "SLQ, 4 probes x 40 steps",
        grows: "n",
        sizes: &SIZES,
        run: |n| at(n, || slq_quadrature(&Stencil(n), 4, 40, 0)),
    },
    Case {
        name: "Hutchinson, 100 probes",
        grows: "n",
        sizes: &SIZES,
        run: |n| at(n, || hutchinson_trace(&Stencil(n), 100, Probe::Rademacher, 0)),
    },
    Case {
        name: "Hessian product, P = 2986",
        grows: "N",
        sizes: &[100, 300, 1_000, 3_000, 10_000],
        run: hessian_by_images,
    },
    // Widths of the two hidden layers.
    Case { name: "Hessian product, N = 300", grows: "P", sizes: &[32, 64, 128, 256, 512, 1024], run: hessian_by_width },
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // Cargo itself adds arguments that begin with a dash.
    if let [_, case, size] = &arguments[..]
        && let (Ok(case), Ok(size)) = (case.parse::<usize>(), size.parse())
    {
        let Measured { seconds, size } = (CASES[case].run)(size);
        println!("{seconds} {size} {}", peak_mebibytes());
        return;
    }
    println!("{:<28}{:>2}{:>12}{:>14}{:>12}", "", "", "size", "time", "peak");
    for (index, case) in CASES.iter().enumerate() {
        let mut points = Vec::new();
        for size in case.sizes {
            let [seconds, size, mebibytes] = in_own_process(index, *size);
            println!("{:<28}{:>2}{size:>12}{:>11.3} ms{mebibytes:>8.0} MiB", case.name, case.grows, 1e3 * seconds);
            points.push((size, seconds));
        }
        println!("{:<28}time grows as {} to the power {:.2}\n", "", case.grows, exponent(&points));
    }
}

fn in_own_process(case: usize, size: usize) -> [f64; 3] {
    let program = std::env::current_exe().expect("this program has a path");
    let output =
        Command::new(program).args([case.to_string(), size.to_string()]).output().expect("this program runs again");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("{}{said}", String::from_utf8_lossy(&output.stderr)))
}

/// The slope of the least-squares line through the logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|(size, seconds)| (size.ln(), seconds.ln())).unzip();
    let (x, y) = (Array1::from(x), Array1::from(y));
    let (x, y) = (&x - mean(&x), &y - mean(&y));
    x.dot(&y) / x.dot(&x)
}

/// The most memory that this process has had, in mebibytes; not a number where the system does not tell.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .map_or(f64::NAN, |kibibytes: f64| kibibytes / 1024.0)
}

/// The least time of a few runs: of more than one as long as they are short.
fn at<T>(size: usize, mut action: impl FnMut() -> T) -> Measured {
    let begin = Instant::now();
    let mut seconds = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        black_box(action());
        seconds = seconds.min(start.elapsed().as_secs_f64());
        if begin.elapsed().as_secs_f64() > 0.5 {
            break;
        }
    }
    Measured { seconds, size }
}

/// The second difference, -1, 2, -1, on a line: three numbers per row, and no matrix.
struct Stencil(usize);

impl SymmetricOperator for Stencil {
    fn dim(&self) -> usize {
        self.0
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let n = self.0;
        let mut product = x * 2.0;
        product.slice_mut(s![1..]).zip_mut_with(&x.slice(s![..n - 1]), |product, x| *product -= x);
        product.slice_mut(s![..n - 1]).zip_mut_with(&x.slice(s![1..]), |product, x| *product -= x);
        product
    }
}

/// The time of one product within a block of 16.
fn hessian_product(model: &Mlp, n_images: usize, size: usize) -> Measured {
    let x = gaussian_matrix(n_images, 49, &mut rng(0));
    let y = Array1::from_shape_fn(n_images, |i| i % 10);
    let hessian = Hessian::new(model, &x, &y);
    let block = Probe::Gaussian.draw_block(hessian.dim(), 16, &mut rng(1));
    let Measured { seconds, size } = at(size, || hessian.apply_block(&block));
    Measured { seconds: seconds / 16.0, size }
}

fn hessian_by_images(n_images: usize) -> Measured {
    hessian_product(&tiny_mlp(0), n_images, n_images)
}

fn hessian_by_width(width: usize) -> Measured {
    let model = Mlp::new(&[49, width, width, 10], 0);
    hessian_product(&model, 300, model.n_params())
}
