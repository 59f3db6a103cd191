//! Figures that use every method of the builder.

use crate::{Bins, Colour, Dash, Figure, Image, Legend, Marker, Shades};
use ndarray::{Array1, Array2};

/// The same numbers on every run, spread over 0 to 1.
fn noise(n: usize) -> Vec<f64> {
    multiples(n, 0.618_033_988_749_895)
}

fn multiples(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * step).fract()).collect()
}

pub(super) fn variance() -> Figure {
    let m = [10usize, 30, 100, 300, 1000, 3000];
    let measured = m.map(|m| 2.1 / m as f64);
    Figure::new("Variance of Hutchinson's estimate")
        .alt("The variance falls as 1/m.")
        .x_label("probes m")
        .y_label("variance")
        .log_x()
        .log_y()
        .reference("Gaussian: 2‖A‖_F² / m", m, m.map(|m| 2.0 / m as f64))
        .reference("Rademacher: 2(‖A‖_F² − ‖diag A‖²) / m", m, m.map(|m| 1.6 / m as f64))
        .points("measured", m, measured)
        .error_bars(measured.map(|v| 0.2 * v))
        .line("measured too", m, measured)
        .error_bars_between(measured.map(|v| 0.7 * v), measured.map(|v| 1.5 * v))
}

/// A chart full of data, whose series have this name.
pub(super) fn crowded(name: &str) -> Figure {
    let (x, y) = (noise(3000), multiples(3000, std::f64::consts::SQRT_2));
    Figure::new("no free corner").points(name, &x, &y).points(&format!("{name}!"), &y, &x).line("", [0, 1], [0, 1])
}

fn density(x: &Array1<f64>, peaks: &[f64]) -> Array1<f64> {
    x.mapv(|x| 1e-4 + peaks.iter().map(|p| (-(x - p).powi(2) / 0.02).exp()).sum::<f64>())
}

pub(super) fn money() -> Figure {
    let x = Array1::linspace(-1.0, 6.0, 500);
    Figure::new("Density of states of the Hessian, before and after 200 SGD steps")
        .subtitle("tiny_mlp, P = 2986, σ = 0.05")
        .caption("A caption that is long enough to need two lines below the chart: it tells how the grid was chosen, how many probes were drawn, and from which seed.")
        .x_label("eigenvalue λ")
        .y_label("density φ_σ(λ)")
        .log_y()
        .line("at initialisation", &x, density(&x, &[0.0, 0.5, 1.0]))
        .line("after training", x.view(), density(&x, &[0.0, 1.5, 3.0, 4.5]))
        .rug("Ritz values, initialisation", [0.0, 0.5, 1.0])
        .colour(Colour::Blue)
        .rug("Ritz values, trained", vec![0.0, 1.5, 3.0, 4.5])
        .colour(Colour::Vermillion)
        .v_line("largest eigenvalue", 4.6)
        .h_line("one eigenvalue", 1.0)
}

fn styles() -> Figure {
    let mut figure = Figure::new("All markers, all dashes").legend(Legend::Right).x_range(-0.5, 9.0).y_range(0.0, 20.0);
    let markers = [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::Ring,
        Marker::TriangleDown,
        Marker::Cross,
        Marker::Plus,
    ];
    for (i, marker) in markers.into_iter().enumerate() {
        figure = figure
            .line_points(&format!("{marker:?}"), 0..9, (0..9).map(|x| x + i).collect::<Vec<_>>())
            .marker(marker)
            .thin();
    }
    for (i, dash) in
        [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDot, Dash::Long, Dash::DashDotDot].into_iter().enumerate()
    {
        figure = figure.line(&format!("{dash:?}"), [-2, 20], [9 + i, 15 + i]).dash(dash).colour(Colour::Grey);
    }
    figure.line("", [0, 8], [1, 1]).dotted().line("", [0, 8], [2, 2]).solid().line("", [0, 8], [3, 3]).dashed()
}

fn histograms(side_by_side: bool) -> Figure {
    let bins = Bins::uniform(0.0, 1.0, 20);
    let squares: Vec<f64> = noise(190).iter().map(|v| 1.05 * v * v).collect();
    let figure = Figure::new("Angles")
        .x_label("sin Θ")
        .y_label("pairs")
        .histogram("k = 1", noise(190), &bins)
        .histogram("k = 3", &squares, &bins);
    if side_by_side { figure.side_by_side() } else { figure }
}

fn boxes() -> Figure {
    let mut figure = Figure::new("Eigenvalues of 20 resamples").y_label("eigenvalue").log_y();
    for k in 1..=5 {
        let mut values: Vec<f64> = noise(20).iter().map(|v| (5.0 + v) * 10f64.powi(5 - k)).collect();
        values.push(20.0 * 10f64.powi(5 - k));
        figure = figure.box_plot(&format!("k = {k}"), &values);
    }
    figure
        .points("full sample", 1..=5, [55000.0, 5500.0, 550.0, 55.0, 5.5])
        .marker(Marker::Diamond)
        .colour(Colour::Vermillion)
}

fn images(shades: Shades, limit: Option<f64>) -> Figure {
    let picture = |k: usize| {
        let values = Array2::from_shape_fn((7, 7), |(i, j)| (k as f64 * i as f64).sin() - (j as f64).cos() / k as f64);
        let image = Image::new(&format!("u_{k}"), 7, &values).shades(shades);
        if let Some(limit) = limit { image.limit(limit) } else { image }
    };
    Figure::images("Top six eigenfunctions", 3, (1..=6).map(picture).collect()).subtitle("Σ_i u_k[i] x_i")
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

pub(super) fn gallery() -> Vec<Figure> {
    let stems = Figure::new("nodes and weights")
        .x_label("Ritz value")
        .y_label("weight × 10⁻⁶")
        .stems("one probe", [-0.5, 0.1, 2.0], [1e-6, 5e-6, 2e-6])
        .v_line("mean", 0.3);
    let band = Figure::new("band")
        .band("grey", [1, 2, 3], [0, 0, 0], [1, 1, 1])
        .line("mean", [1, 2, 3], [2.0, 2.5, 2.2])
        .band("± 1 s.e.", [0, 2, 4], [1.0, 2.0, 1.0], [3.0, 3.5, 4.0])
        .x_range(1.5, 2.8);
    let panel = |step: usize| {
        let x = Array1::linspace(-1.0, 6.0, 200);
        Figure::new(&format!("step {step}")).x_label("λ").y_label("density").log_y().line(
            "SLQ",
            &x,
            density(&x, &[0.0, step as f64 / 100.0]),
        )
    };
    let panels = || [0, 10, 100, 500].map(panel).to_vec();
    vec![
        variance(),
        crowded("short"),
        money(),
        styles(),
        histograms(false),
        histograms(true),
        boxes(),
        images(Shades::Diverging, None),
        images(Shades::Sequential, Some(2.0)),
        dense(),
        stems,
        band,
        Figure::grid("four checkpoints", 2, panels()).shared_y().shared_x().caption("One legend for all."),
        Figure::row("different panels", vec![boxes(), histograms(false), images(Shades::Diverging, Some(1.0))])
            .subtitle("a row"),
        Figure::row("four in a row", panels()).legend(Legend::Below),
        Figure::grid("one column", 1, panels()[..2].to_vec()).legend(Legend::Hidden),
        Figure::new("nothing"),
        Figure::new("sizes").size(400, 300).line("a", 0u32..9, 1u32..10).legend(Legend::LowerLeft),
        Figure::new("a single point, far away").points("p", [3e7], [-1.25e-9]).x_label("x").y_label("y"),
    ]
}
