//! Draws the moving picture of README.md: `cargo run --release -p spectral-course --example film`.
//!
//! It is the density of states of notebook 4, section 4, with a frame for each of some thirty steps of training.

use std::error::Error;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use gif::{Encoder, Frame, Repeat};
use spectral_course::prelude::*;

const SIGMA: f64 = 0.1;
/// Each about a fifth further than the one before.
const STEPS: [usize; 28] =
    [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 48, 58, 70, 84, 100, 120, 150, 180, 220, 280, 370, 500];
/// How long a frame stands, in hundredths of a second; the first and the last stand longer.
const DELAY: u16 = 25;
const PAUSE: u16 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let (x, y) = load_mnist_7x7(500, 0)?;
    let mut model = tiny_mlp(0);
    let (mut done, mut measures) = (0, Vec::new());
    for (step, seed) in STEPS.into_iter().zip(seeds(0)) {
        train(&mut model, &x, &y, &Sgd { n_steps: step - done, seed, ..Sgd::default() });
        done = step;
        measures.push((step, model.loss(&x, &y), slq_quadrature(&Hessian::new(&model, &x, &y), 10, 40, 0)));
    }
    let nodes = || measures.iter().flat_map(|(_, _, measure)| &measure.probes).flat_map(|probe| &probe.nodes).copied();
    let low = nodes().fold(f64::INFINITY, f64::min) - 6.0 * SIGMA;
    let high = nodes().fold(f64::NEG_INFINITY, f64::max) + 6.0 * SIGMA;
    let grid = linspace(low, high, 600);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/density-along-training.gif");
    let mut film: Option<Encoder<File>> = None;
    for (step, loss, measure) in &measures {
        let figure = Figure::new(&format!("Density of states of a network's Hessian, step {step}, loss {loss:.2}"))
            .x_label("eigenvalue λ of the Hessian")
            .y_label("eigenvalues per unit, log scale")
            .log_y()
            .y_range(0.05, 2e4)
            .size(760, 420)
            .line("density", &grid, smooth(measure, &grid, SIGMA).mapv(|value| value.max(0.05)))
            .h_line("height of one eigenvalue", 1.0 / (SIGMA * (2.0 * PI).sqrt()))
            .v_line("zero", 0.0);
        let (pixels, width, height) = halved(&figure.to_png())?;
        let mut frame = Frame::from_rgb_speed(width, height, &pixels, 10);
        frame.delay = if [0, 500].contains(step) { PAUSE } else { DELAY };
        let film = match &mut film {
            Some(film) => film,
            none => {
                let mut encoder = Encoder::new(File::create(&path)?, width, height, &[])?;
                encoder.set_repeat(Repeat::Infinite)?;
                none.insert(encoder)
            }
        };
        film.write_frame(&frame)?;
    }
    println!("{}", path.display());
    Ok(())
}

/// The RGB pixels of a figure at half its size, one per CSS pixel, and their width and height.
fn halved(png: &[u8]) -> Result<(Vec<u8>, u16, u16), Box<dyn Error>> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info()?;
    let mut fine = vec![0; reader.output_buffer_size().ok_or("a picture of that size")?];
    let info = reader.next_frame(&mut fine)?;
    let (width, height) = (info.width as usize / 2, info.height as usize / 2);
    let mut pixels = Vec::with_capacity(3 * width * height);
    for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
        let corner = row * 2 * info.line_size + column * 2 * 3;
        for channel in corner..corner + 3 {
            let four = [channel, channel + 3, channel + info.line_size, channel + info.line_size + 3];
            pixels.push((four.iter().map(|&i| u16::from(fine[i])).sum::<u16>() / 4) as u8);
        }
    }
    Ok((pixels, u16::try_from(width)?, u16::try_from(height)?))
}
