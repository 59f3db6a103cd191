//! An alternative text for a figure that was given none.

use crate::chart::{AxisSpec, Chart, Dimension, Kind, Series};
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
                grid.images.iter().map(|image| plain(image.title())).filter(|t| !t.is_empty()).collect();
            let named = if titles.is_empty() { String::new() } else { format!(": {}", titles.join(", ")) };
            format!("{}{named}.", counted(grid.images.len(), "picture"))
        }
        Body::Panels { panels, .. } => {
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
    let mut sentences =
        vec![format!("{}, {}.", describe_axis(chart, Dimension::X, "x"), describe_axis(chart, Dimension::Y, "y"))];
    sentences.extend(chart.series.iter().map(describe_series));
    sentences.extend(chart.notes());
    sentences.join(" ")
}

fn describe_axis(chart: &Chart, dimension: Dimension, letter: &str) -> String {
    if dimension == Dimension::X && !chart.categories().is_empty() {
        return format!(
            "Columns: {}",
            chart.categories().iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
        );
    }
    let AxisSpec { label, log, .. } = chart.spec(dimension);
    let named = if label.is_empty() { String::new() } else { format!(" ({})", plain(label)) };
    let start = if dimension == Dimension::X { "Axis " } else { "axis " };
    let scale = if *log { "logarithmic" } else { "linear" };
    let axis = chart.axis(dimension);
    format!("{start}{letter}{named}, {scale}, from {} to {}", brief(axis.low), brief(axis.high))
}

fn describe_series(series: &Series) -> String {
    let count = |values: &[f64]| counted(values.len(), "point");
    let kind = match &series.kind {
        Kind::Line(x, _) => format!("line through {}", count(x)),
        Kind::Points(x, _) => count(x),
        Kind::LinePoints(x, _) => format!("line with {}", count(x)),
        Kind::Reference(..) => "reference line".to_owned(),
        Kind::Stems(x, _) => counted(x.len(), "stem"),
        Kind::Band(..) => "shaded band".to_owned(),
        Kind::Rug(x) => format!("{} at x", counted(x.len(), "stroke")),
        Kind::HLine(_) => "horizontal line".to_owned(),
        Kind::VLine(_) => "vertical line at x".to_owned(),
        Kind::Histogram { counts, .. } => {
            format!("histogram of {} in {}", counted(counts.iter().sum(), "value"), counted(counts.len(), "bin"))
        }
        Kind::Box(values) => format!("box plot of {}", counted(values.len(), "value")),
    };
    let name = if series.name.is_empty() { String::new() } else { format!("{}: ", plain(&series.name)) };
    let range = match series.box_stats() {
        Some(stats) => {
            format!(", median {}, quartiles {} and {}", brief(stats.median), brief(stats.lower), brief(stats.upper))
        }
        None => {
            let (values, letter) = match &series.kind {
                Kind::Rug(_) | Kind::VLine(_) => (series.values(Dimension::X), ""),
                Kind::Histogram { .. } => return format!("{name}{kind}."),
                _ => (series.values(Dimension::Y), ", y"),
            };
            range_of(&values, letter)
        }
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
