//! Draws the moving picture of README.md: `cargo run --release -p playground --example film`.
//!
//! It is the playground `training` with a frame for each of its steps.

use std::error::Error;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use estimators::smooth;
use figures::Figure;
use gif::{Encoder, Frame, Repeat};
use matrix_free::linalg::linspace;
use playground::{STEPS, film};

const SIGMA: f64 = 0.1;
/// How long a frame stands, in hundredths of a second; the first and the last stand longer.
const DELAY: u16 = 25;
const PAUSE: u16 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let frames = film();
    let nodes = || frames.iter().flat_map(|(_, measure)| &measure.probes).flat_map(|probe| &probe.nodes).copied();
    let low = nodes().fold(f64::INFINITY, f64::min) - 6.0 * SIGMA;
    let high = nodes().fold(f64::NEG_INFINITY, f64::max) + 6.0 * SIGMA;
    let grid = linspace(low, high, 600);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/density-along-training.gif");
    let mut film: Option<Encoder<File>> = None;
    for (step, (loss, measure)) in STEPS.into_iter().zip(&frames) {
        let figure = Figure::new(&format!("Density of states of a network's Hessian, step {step}, loss {loss:.2}"))
            .x_label("eigenvalue λ of the Hessian")
            .y_label("eigenvalues per unit, log scale")
            .log_y()
            .y_range(0.05, 2e4)
            .size(760, 420)
            .line("density", &grid, smooth(measure, &grid, SIGMA).mapv(|value| value.max(0.05)))
            .h_line("height of one eigenvalue", 1.0 / (SIGMA * (2.0 * std::f64::consts::PI).sqrt()))
            .v_line("zero", 0.0);
        let (pixels, width, height) = halved(&figure.to_png())?;
        let mut frame = Frame::from_rgb_speed(width, height, &pixels, 10);
        frame.delay = if [0.0, 500.0].contains(&step) { PAUSE } else { DELAY };
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
