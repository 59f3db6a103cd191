//! An alternative text for a figure that was given none.

use crate::chart::{AxisSpec, Chart};
use crate::text::plain;
use crate::{Body, Figure};

/// Title, axes and series by their names, in sentences.
pub(crate) fn describe(figure: &Figure) -> String {
    let body = match &figure.body {
        Body::Chart(chart) => describe_chart(chart),
        Body::Images(grid) => vec![named("Pictures", grid.images.iter().map(|image| image.title.as_str()))],
        Body::Row(panels) => panels.iter().map(Figure::alt_text).collect(),
    };
    let sentences = [format!("{}.", plain(&figure.title))].into_iter().chain(body);
    sentences.filter(|sentence| sentence.len() > 1).collect::<Vec<_>>().join(" ")
}

fn describe_chart(chart: &Chart) -> Vec<String> {
    let axis = |name: &str, AxisSpec { label, log, .. }: &AxisSpec| {
        let scale = if *log { " (logarithmic)" } else { "" };
        named(&format!("Axis {name}{scale}"), [label.as_str()].into_iter())
    };
    let series = named("Series", chart.series.iter().map(|series| series.name.as_str()));
    let mut sentences = vec![axis("x", &chart.x), axis("y", &chart.y), series];
    sentences.extend(chart.notes());
    sentences
}

/// The names that are not empty.
fn named<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.filter(|name| !name.is_empty()).map(plain).collect();
    if names.is_empty() { String::new() } else { format!("{what}: {}.", names.join(", ")) }
}
