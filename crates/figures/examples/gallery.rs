//! Draws one figure of each kind into a folder: `cargo run -p figures --example gallery -- FOLDER`.

use figures::{Bins, Colour, Figure, Image, Legend, Marker};
use ndarray::{Array1, Array2};

/// Numbers spread over 0 to 1, the same on every run.
fn spread(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * step).fract()).collect()
}

fn noise(n: usize) -> Vec<f64> {
    spread(n, 0.618_033_988_749_895)
}

fn variance() -> Figure {
    let m = [10usize, 30, 100, 300, 1000, 3000];
    let measured = m.map(|m| 2.1 / m as f64);
    Figure::new("Variance of Hutchinson's estimate, A + 3I, n = 30")
        .alt("The variance falls as 1/m.")
        .x_label("probes m")
        .y_label("variance of the estimate")
        .log_x()
        .log_y()
        .line("theory, Gaussian: 2‖A‖_F^2 / m", m, m.map(|m| 2.0 / m as f64))
        .line("theory, signs: 2(‖A‖_F^2 − ‖diag A‖^2) / m", m, m.map(|m| 1.6 / m as f64))
        .dashed()
        .points("Gaussian, 200 trials", m, measured)
        .colour(Colour::Blue)
        .error_bars(measured.map(|v| 0.2 * v))
        .points("signs, 200 trials", m, measured.map(|v| 0.7 * v))
        .colour(Colour::Vermillion)
        .error_bars(measured.map(|v| 0.15 * v))
}

/// A chart full of data, whose series have this name.
fn crowded(name: &str) -> Figure {
    let (x, y) = (noise(3000), spread(3000, std::f64::consts::SQRT_2));
    Figure::new("no free corner").points(name, &x, &y).points(&format!("{name}!"), &y, &x).line("", [0, 1], [0, 1])
}

fn density(x: &Array1<f64>, peaks: &[f64]) -> Array1<f64> {
    x.mapv(|x| 1e-3 + peaks.iter().map(|p| (-(x - p).powi(2) / 0.02).exp()).sum::<f64>())
}

fn states() -> Figure {
    let x = Array1::linspace(-1.0, 6.0, 500);
    Figure::new("Density of states of the Hessian, 49-32-32-10 on 300 digits, before and after 200 steps of SGD")
        .x_label("eigenvalue λ of the Hessian")
        .y_label("density φ_σ(λ)")
        .log_y()
        .size(820, 480)
        .line("at the start", &x, density(&x, &[0.0, 0.5, 1.0]))
        .line("after 200 steps of SGD", x.view(), density(&x, &[0.0, 1.5, 3.0, 4.5]))
        .rug("Ritz values, start", [0.0, 0.5, 1.0])
        .colour(Colour::Blue)
        .rug("Ritz values, trained", vec![0.0, 1.5, 3.0, 4.5])
        .colour(Colour::Vermillion)
        .v_line("largest eigenvalue", 4.6)
        .h_line("one eigenvalue", 1.0)
}

fn styles() -> Figure {
    let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Ring, Marker::Cross];
    let mut figure = Figure::new("All markers, all dashes").y_label("y").x_label("x");
    for (i, marker) in markers.into_iter().enumerate() {
        let y: Vec<f64> = (0..9).map(|x| f64::from(x) + 1.3 * i as f64).collect();
        figure = figure.line_points(&format!("{marker:?}"), 0..9, y).marker(marker).error_bars([0.4; 9]);
    }
    for i in 0..6 {
        let x: Vec<f64> = (0..200).map(|x| f64::from(x) / 25.0).collect();
        let y: Vec<f64> = x.iter().map(|x| 12.0 + 1.5 * i as f64 + 2.0 * x.sin()).collect();
        figure = figure.line(&format!("dash {i}"), x, y);
    }
    for i in 0..4 {
        figure = figure.reference(&format!("reference {i}"), [0, 8], [-1 - i, -1 - i]);
    }
    figure.size(760, 640)
}

fn histograms() -> Figure {
    let bins = Bins::uniform(0.0, 1.0, 25);
    let squares: Vec<f64> = noise(190).iter().map(|v| 1.05 * v * v).collect();
    Figure::new("Angles")
        .x_label("sin Θ_3 of a pair")
        .y_label("pairs")
        .histogram("20 resamples, 190 pairs", noise(190), &bins)
        .histogram("control: 6 permutations, 15 pairs", &squares, &bins)
}

fn boxes() -> Figure {
    let mut figure = Figure::new("Top five eigenvalues of the tangent kernel in 20 resamples").log_y();
    for k in 1..=5 {
        let mut values: Vec<f64> = noise(20).iter().map(|v| (5.0 + v) * 10f64.powi(5 - k)).collect();
        values.push(20.0 * 10f64.powi(5 - k));
        figure = figure.box_plot(&format!("λ_{k}"), &values);
    }
    let full = [55000.0, 5500.0, 550.0, 55.0, 5.5];
    let figure = figure.y_label("eigenvalue of K, log scale").points("full sample", 1..=5, full);
    figure.marker(Marker::Diamond).colour(Colour::Vermillion)
}

/// Boxes that fill the chart, cut off at the range of y, of one value.
fn whiskers() -> Figure {
    let figure = Figure::new("Boxes and whiskers").y_label("value").y_range(-1.0, 12.0);
    let wide: Vec<f64> = noise(30).iter().map(|v| 10.0 * v).collect();
    let skew: Vec<f64> = noise(30).iter().map(|v| 14.0 * v * v * v - 1.5).collect();
    figure.box_plot("uniform", &wide).box_plot("skew, beyond the range", &skew).box_plot("one value", [5.0])
}

fn images() -> Figure {
    let picture = |k: usize| {
        let values = Array2::from_shape_fn((7, 7), |(i, j)| (k as f64 * i as f64).sin() - (j as f64).cos() / k as f64);
        Image::new(&format!("u_{k}"), 7, &values)
    };
    Figure::images("The top six eigenfunctions as pictures", 3, (1..=6).map(picture).collect()).size(560, 480)
}

fn dense() -> Figure {
    let x: Vec<f64> = (0..5000).map(|i| f64::from(i) / 5000.0).collect();
    let y: Vec<f64> = x.iter().zip(noise(5000)).map(|(x, e)| (40.0 * x).sin() + 0.2 * e).collect();
    Figure::new("dense")
        .x_label("t")
        .line("line", &x, &y)
        .line("dashed", &x, y.iter().map(|v| v - 3.0).collect::<Vec<_>>())
        .dashed()
        .points("points", &x[..2986], x[..2986].iter().map(|v| v.sqrt()).collect::<Vec<_>>())
}

fn ritz() -> Figure {
    let value = |k: usize, j: usize| (std::f64::consts::PI * (j as f64 + 0.5) / k as f64).cos();
    let flat = |steps: &[usize]| -> (Vec<f64>, Vec<usize>) {
        steps.iter().flat_map(|&k| (0..k).map(move |j| (value(k, j), k))).unzip()
    };
    let all: Vec<usize> = (1..=40).collect();
    let ((every_x, every_y), (x, y)) = (flat(&all), flat(&[5, 10, 20, 40]));
    Figure::new("Ritz values, step by step, of a random 60 × 60 matrix")
        .x_label("Ritz value θ")
        .y_label("step k")
        .size(760, 560)
        .points("every step", &every_x, &every_y)
        .thin()
        .points("k = 5, 10, 20, 40", &x, &y)
        .thin()
        .rug("the 60 eigenvalues", (0..60).map(|j| value(60, j)).collect::<Vec<_>>())
        .legend(Legend::Below)
}

/// As the two panels with a legend in common of notebook 1.
fn power() -> Figure {
    let panel = |title: &str, slope: f64| {
        let mut figure = Figure::new(title).x_label("matvecs").y_label("error").log_y();
        for (i, name) in ["10, 1, ..", "10, 9.5, 1, ..", "10, 10, 1, ..", "10, −10, 1, .."].iter().enumerate() {
            let seen: Vec<f64> = (1..=60)
                .map(|k| 10f64.powf(-slope * (3 - i) as f64 * 0.3 * f64::from(k)))
                .take_while(|e| *e > 1e-14)
                .collect();
            figure = figure.line(name, 1..=seen.len(), seen);
        }
        for name in ["predicted slopes, moved down", ""] {
            let k: Vec<f64> = (5..=14).map(f64::from).collect();
            let y: Vec<f64> = k.iter().map(|k| 0.01 * 10f64.powf(-0.9 * slope * k)).collect();
            figure = figure.reference(name, k, y).dashed();
        }
        figure
    };
    let panels = vec![panel("error of the value", 1.0), panel("sine of the angle of the vector", 0.5)];
    Figure::row("Power iteration on four spectra, n = 50", panels)
}

/// As the three panels of notebook 2, with wide names.
fn ranges() -> Figure {
    let panel = |i: i32| {
        let p = [0, 5, 10, 20];
        let mean = p.map(|p| 10f64.powf(-0.3 * f64::from((p * (2 - i)).min(18)) - 0.5));
        Figure::new(["fast decay", "slow decay", "flat"][i as usize])
            .x_label("oversampling p")
            .y_label("range error ‖A − QQ^{T}A‖_2")
            .log_y()
            .line_points("mean, best and worst of 20 sketches", p, mean)
            .error_bars_between(mean.map(|v| 0.3 * v), mean.map(|v| 4.0 * v))
            .line("bound on the mean", [5, 10, 20], [mean[1] * 20.0, mean[2] * 20.0, mean[3] * 20.0])
            .line("optimum for k columns, σ_{k+1}", p, [mean[0] * 0.4; 4])
            .reference("optimum for k + p columns, σ_{k+p+1}", p, mean.map(|v| 0.5 * v))
    };
    Figure::row("Range error against oversampling, k = 5, n = 100", (0..3).map(panel).collect()).size(1100, 460)
}

/// As the panels of notebook 1 that share the range of y.
fn tops() -> Figure {
    let panel = |title: &str, sign: f64| {
        let truth: Vec<f64> = (1..=10).map(|k| sign * 5.0 / f64::from(k)).collect();
        Figure::new(title)
            .x_label("index")
            .y_label("eigenvalue λ of the Hessian")
            .points("at the start", 1..=10, &truth)
            .points("after 200 steps of SGD", 1..=10, truth.iter().map(|v| 1.3 * v + 0.2).collect::<Vec<_>>())
            .points("dense truth", 1..=10, &truth)
            .marker(Marker::Cross)
            .colour(Colour::Black)
    };
    Figure::row("Top ten eigenvalues", vec![panel("the largest", 1.0), panel("of largest magnitude", -0.6)]).shared_y()
}

/// As the panels of notebook 1 whose legends differ.
fn deflation() -> Figure {
    let j: Vec<usize> = (1..=10).collect();
    let mut errors = Figure::new("error of eigenvalue j").x_label("pair j").y_label("error").log_y();
    let mut residuals = Figure::new("residual of pair j in A, over τ; black: worst case");
    residuals = residuals.x_label("pair j").y_label("residual over tolerance");
    let colours = [Colour::Blue, Colour::Vermillion, Colour::Green];
    for (i, (name, colour)) in ["τ = 1e-2", "τ = 1e-4", "τ = 1e-6"].iter().zip(colours).enumerate() {
        let error: Vec<f64> = j.iter().map(|&j| 1e-6 * 1e-4f64.powi(i as i32) * (j * j) as f64).collect();
        let bound: Vec<f64> = error.iter().map(|e| 5.0 * e).collect();
        errors = errors.line_points(name, &j, &error).colour(colour).line("", &j, bound).colour(colour).dashed().thin();
        let residual: Vec<f64> = j.iter().map(|&j| 0.5 + 0.2 * (j + i) as f64).collect();
        residuals = residuals.line_points(name, &j, residual).colour(colour);
    }
    let worst: Vec<f64> = j.iter().map(|&j| 2.2 * j as f64).collect();
    residuals = residuals.reference("", &j, worst);
    Figure::row("Ten eigenpairs of the toy Hessian by deflation", vec![errors, residuals])
}

fn certificates() -> Figure {
    let m = [20, 30, 40, 50, 60, 70, 80];
    let error = m.map(|m| 10f64.powf(-f64::from(m - 20) * 0.4));
    let bound = m.map(|m| 10f64.powf(0.5 - f64::from(m - 20) * 0.2));
    Figure::new("The ten largest eigenvalues: errors and their certificates")
        .x_label("matvecs")
        .y_label("largest of the ten")
        .log_y()
        .y_range(1e-16, 10.0)
        .line_points("error, at the start", m, error)
        .colour(Colour::Blue)
        .line("bound, at the start", m, bound)
        .colour(Colour::Blue)
        .dashed()
        .line_points("error, after training", m, error.map(|e| 30.0 * e))
        .colour(Colour::Vermillion)
        .line("bound, after training", m, bound.map(|e| 0.01 * e))
        .colour(Colour::Vermillion)
        .dotted()
}

/// All figures, each with the name of its file.
pub(crate) fn gallery() -> Vec<(&'static str, Figure)> {
    vec![
        ("variance", variance()),
        ("crowded", crowded("short")),
        ("crowded-long", crowded("a name that is so long that no room is left for the data beside it")),
        ("states", states()),
        ("styles", styles()),
        ("histograms", histograms()),
        ("boxes", boxes()),
        ("whiskers", whiskers()),
        ("images", images()),
        ("dense", dense()),
        ("ritz", ritz()),
        ("power", power()),
        ("ranges", ranges()),
        ("tops", tops()),
        ("deflation", deflation()),
        ("certificates", certificates()),
        ("nothing", Figure::new("nothing")),
        ("small", Figure::new("sizes").size(400, 300).line("a", 0u32..9, 1u32..10)),
        ("point", Figure::new("a single point, far away").points("p", [3e7], [-1.25e-9]).x_label("x").y_label("y")),
        (
            "decade",
            Figure::new("less than a decade").log_y().log_x().line_points("a", [1.1, 2.0, 4.5], [2e-7, 6e-7, 9e-7]),
        ),
        (
            "lost",
            Figure::new("zeros on a logarithmic axis").log_y().line_points("a", 0..5, [1.0, 0.1, 0.0, 0.01, 1e-3]),
        ),
    ]
}

#[allow(dead_code, reason = "the tests include this file for its figures")]
fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    for (name, figure) in gallery() {
        figure.save(folder.join(format!("{name}.png")))?;
        figure.save(folder.join(format!("{name}.svg")))?;
    }
    Ok(())
}
