//! Writes the quadratures of the playground `training`: `cargo run --release -p playground --example quadratures_along_training`.
//!
//! They are those of notebook 4, section 4. It takes a minute, too long for a page.

use std::error::Error;
use std::path::Path;

use estimators::slq_quadrature;
use matrix_free::probe::seeds;
use playground::STEPS;
use small_networks::data::load_mnist_7x7;
use small_networks::{Hessian, Sgd, tiny_mlp, train};

fn main() -> Result<(), Box<dyn Error>> {
    let (x, y) = load_mnist_7x7(500, 0)?;
    let mut model = tiny_mlp(0);
    let (mut done, mut bytes) = (0, Vec::new());
    let mut push = |value: f64| bytes.extend((value as f32).to_le_bytes());
    for (step, seed) in STEPS.into_iter().zip(seeds(0)) {
        let step = step as usize;
        train(&mut model, &x, &y, &Sgd { n_steps: step - done, seed, ..Sgd::default() });
        done = step;
        push(model.loss(&x, &y));
        for probe in slq_quadrature(&Hessian::new(&model, &x, &y), 10, 40, 0).probes {
            probe.nodes.into_iter().chain(probe.weights).for_each(&mut push);
        }
    }
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/quadratures-along-training.f32"), bytes)?;
    Ok(())
}
