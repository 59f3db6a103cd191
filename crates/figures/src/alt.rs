//! An alternative text for a figure that was given none.

use crate::axis::Axis;
use crate::bins::BoxStats;
use crate::chart::{AxisSpec, Chart};
use crate::series::{Kind, Series};
use crate::text::plain;
use crate::ticks::brief;
use crate::{Body, Figure};

/// Title, axes, series and ranges, in sentences.
pub(crate) fn describe(figure: &Figure) -> String {
    let title = plain(&figure.title);
    let body = match &figure.body {
        Body::Chart(chart) => describe_chart(chart),
        Body::Images(grid) => {
            let titles: Vec<String> =
                grid.images.iter().map(|image| plain(&image.title)).filter(|t| !t.is_empty()).collect();
            let named = if titles.is_empty() { String::new() } else { format!(": {}", titles.join(", ")) };
            format!("{}{named}.", counted(grid.images.len(), "picture"))
        }
        Body::Row(panels) => {
            let described: Vec<String> =
                panels.iter().enumerate().map(|(i, panel)| format!("Panel {}: {}", i + 1, panel.alt_text())).collect();
            format!("{}. {}", counted(panels.len(), "panel"), described.join(" "))
        }
    };
    if title.is_empty() { body } else { format!("{title}. {body}") }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn describe_chart(chart: &Chart) -> String {
    let names: Vec<String> = chart.categories().into_iter().map(plain).collect();
    let x = match names.is_empty() {
        true => describe_axis("Axis x", &chart.x, &chart.x_axis()),
        false => format!("Columns: {}", names.join(", ")),
    };
    let mut sentences = vec![format!("{x}, {}.", describe_axis("axis y", &chart.y, &chart.y_axis()))];
    sentences.extend(chart.series.iter().map(describe_series));
    sentences.extend(chart.notes());
    sentences.join(" ")
}

fn describe_axis(name: &str, AxisSpec { label, log, .. }: &AxisSpec, axis: &Axis) -> String {
    let label = if label.is_empty() { String::new() } else { format!(" ({})", plain(label)) };
    let scale = if *log { "logarithmic" } else { "linear" };
    format!("{name}{label}, {scale}, from {} to {}", brief(axis.low), brief(axis.high))
}

fn describe_series(series: &Series) -> String {
    let Series { x, y, .. } = series;
    let kind = match &series.kind {
        Kind::Line => format!("line through {}", counted(x.len(), "point")),
        Kind::Points => counted(x.len(), "point"),
        Kind::LinePoints => format!("line with {}", counted(x.len(), "point")),
        Kind::Reference => "reference line".to_owned(),
        Kind::HLine => "horizontal line".to_owned(),
        Kind::VLine => "vertical line at x".to_owned(),
        Kind::Rug => format!("{} at x", counted(x.len(), "stroke")),
        Kind::BoxPlot => format!("box plot of {}", counted(y.len(), "value")),
        Kind::Histogram { .. } => {
            let values = counted(y.iter().sum::<f64>() as usize, "value");
            format!("histogram of {values} in {}", counted(y.len(), "bin"))
        }
    };
    let name = if series.name.is_empty() { String::new() } else { format!("{}: ", plain(&series.name)) };
    let range = match &series.kind {
        Kind::BoxPlot => {
            let stats = BoxStats::of(y);
            format!(", median {}, quartiles {} and {}", brief(stats.median), brief(stats.lower), brief(stats.upper))
        }
        Kind::Rug | Kind::VLine => range_of(x, ""),
        Kind::Histogram { .. } => String::new(),
        _ => range_of(y, ", y"),
    };
    format!("{name}{kind}{range}.")
}

fn range_of(values: &[f64], letter: &str) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low == high {
        format!("{letter} {}", brief(low))
    } else {
        format!("{letter} from {} to {}", brief(low), brief(high))
    }
}
