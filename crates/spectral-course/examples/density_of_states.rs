//! Draws the still picture of README.md, for readers who want less motion: `cargo run --release -p spectral-course --example density_of_states`.
//!
//! It is the density of states of notebook 3, section 4, by the library alone.

use std::path::Path;

use spectral_course::prelude::*;

const SIGMA: f64 = 0.05;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (x, y) = load_mnist_7x7(300, 0)?;
    let model = tiny_mlp(0);
    let mut trained = model.clone();
    train(&mut trained, &x, &y, &Sgd::default());
    let measures = [&model, &trained].map(|model| slq_quadrature(&Hessian::new(model, &x, &y), 10, 40, 0));

    // Six widths beyond the extreme Ritz values nothing is left of the density.
    let nodes = || measures.iter().flat_map(|measure| &measure.probes).flat_map(|probe| &probe.nodes).copied();
    let low = nodes().fold(f64::INFINITY, f64::min) - 6.0 * SIGMA;
    let high = nodes().fold(f64::NEG_INFINITY, f64::max) + 6.0 * SIGMA;
    let grid = linspace(low, high, 500);
    let [start, end] = measures.map(|measure| smooth(&measure, &grid, SIGMA).mapv(|value| value.max(1e-3)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/density-of-states.png");
    Figure::new("Density of states of the Hessian, 49-32-32-10 on 300 digits")
        .x_label("eigenvalue λ of the Hessian")
        .y_label("density ρ(λ), log scale")
        .log_y()
        .size(820, 440)
        .line("at the start", &grid, start)
        .line("after 200 steps of SGD", &grid, end)
        .save(&path)?;
    println!("{}", path.display());
    Ok(())
}
