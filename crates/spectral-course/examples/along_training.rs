//! What training does to the curvature of a network's loss, in numbers: `cargo run --release -p spectral-course --example along_training -- cnn 0 3`
//! prints a table for the convolutional network with each of the seeds 0, 1 and 2; `mlp` is the other network.

use std::process::ExitCode;

use small_networks::Model;
use spectral_course::prelude::*;

/// Most happens in the first ten steps.
const CHECKPOINTS: [usize; 10] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500];
/// The images that the network learns from, and as many that it never sees.
const IMAGES: usize = 500;
/// The images of the tangent kernel.
const KERNEL_IMAGES: usize = 200;
const PROBES: usize = 100;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| words.get(i).and_then(|word| word.parse::<u64>().ok());
    let (Some(network), Some(first), Some(end)) = (words.first(), number(1), number(2)) else {
        eprintln!("usage: along_training mlp|cnn FIRST_SEED END_SEED");
        return ExitCode::FAILURE;
    };
    for seed in first..end {
        let mut model: Box<dyn Model> = match network.as_str() {
            "mlp" => Box::new(tiny_mlp(seed)),
            "cnn" => Box::new(tiny_cnn(seed)),
            other => {
                eprintln!("there is no network {other}: it is mlp or cnn");
                return ExitCode::FAILURE;
            }
        };
        println!(
            "\n{network}, seed {seed}\n\n| step | loss | held out | lambda_1 | lambda_9 / lambda_10 | lambda_min | tr G | tr (H - G) | gradient in the top 10 | alignment | sin Theta_6 |"
        );
        println!("| --- |{}", " --- |".repeat(10));
        along_training(&mut *model, seed);
    }
    ExitCode::SUCCESS
}

fn along_training(model: &mut dyn Model, seed: u64) {
    let (images, labels) = load_mnist_7x7(2 * IMAGES, seed).expect("the digits in the project's folder data");
    let (x, held_out) = images.view().split_at(Axis(0), IMAGES);
    let (y, held_out_labels) = labels.view().split_at(Axis(0), IMAGES);
    let kernel_images = x.slice(s![..KERNEL_IMAGES, ..]);
    let mut batches = seeds(seed);
    let mut start: Option<(Array2<f64>, Array2<f64>)> = None;
    let mut step = 0;
    for checkpoint in CHECKPOINTS {
        for seed in batches.by_ref().take(checkpoint - step) {
            train(model, &x, &y, &Sgd { n_steps: 1, seed, ..Sgd::default() });
        }
        step = checkpoint;

        let hessian = Hessian::new(model, &x, &y);
        let ritz = lanczos(&hessian, seed, 80, Reorthogonalization::Full).ritz();
        let (largest, smallest) = (ritz.values[ritz.values.len() - 1], ritz.values[0]);
        let pairs = randomized_eigh(&hessian, 10, 20, 4, seed);
        let gradient = model.gradient(&x, &y);
        let in_top = pairs.vectors.t().dot(&gradient);

        // The same probes for both parts of the trace.
        let z = Probe::Rademacher.draw_block(hessian.dim(), PROBES, &mut rng(seed));
        let (hz, gz) = (hessian.apply_block(&z), GaussNewton::new(model, &x, &y).apply_block(&z));
        let trace = |az: &Array2<f64>| TraceEstimate::from_samples((&z * az).sum_axis(Axis(0)));
        let (gauss_newton, rest) = (trace(&gz), trace(&(&hz - &gz)));

        let kernel = entk_explicit(model, &kernel_images);
        let top = eigh(&kernel).top(6);
        let (first_kernel, first_top) = start.get_or_insert_with(|| (kernel.clone(), top.clone()));
        let scale = (frobenius_squared(first_kernel) * frobenius_squared(&kernel)).sqrt();
        println!(
            "| {step} | {:.3} | {:.2} | {largest:.2} | {:.2} | {smallest:.2} | {:.1} ± {:.1} | {:.1} ± {:.1} | {:.2} | {:.3} | {:.2} |",
            model.loss(&x, &y),
            model.accuracy(&held_out, &held_out_labels),
            ritz.values[ritz.values.len() - 9] / ritz.values[ritz.values.len() - 10],
            gauss_newton.mean,
            gauss_newton.standard_error(),
            rest.mean,
            rest.standard_error(),
            in_top.dot(&in_top) / gradient.dot(&gradient),
            (&*first_kernel * &kernel).sum() / scale,
            principal_angle(first_top, &top).sin(),
        );
    }
}
