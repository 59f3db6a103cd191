//! An alternative text for a figure that was given none.

use crate::chart::{AxisSpec, Chart};
use crate::text::plain;
use crate::{Body, Figure};

/// Title, axes and series by their names, in sentences.
pub(crate) fn describe(figure: &Figure) -> String {
    let title = named("", [figure.title.as_str()]);
    let sentences: Vec<String> = match &figure.body {
        Body::Chart(chart) => describe_chart(chart),
        Body::Images(grid) => vec![title, named("Pictures: ", grid.images.iter().map(|image| image.title.as_str()))],
        Body::Row(charts) => [title].into_iter().chain(charts.iter().flat_map(describe_chart)).collect(),
    };
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(" ")
}

fn describe_chart(chart: &Chart) -> Vec<String> {
    let axis = |name, AxisSpec { label, log, .. }: &AxisSpec| {
        named(&format!("Axis {name}{}: ", if *log { " (logarithmic)" } else { "" }), [label.as_str()])
    };
    let series = named("Series: ", chart.series.iter().map(|series| series.name.as_str()));
    let mut sentences = vec![named("", [chart.title.as_str()]), axis("x", &chart.x), axis("y", &chart.y), series];
    sentences.extend(chart.notes());
    sentences
}

/// A sentence of the names that are not empty, if there are any.
fn named<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).map(plain).collect();
    if names.is_empty() { String::new() } else { format!("{what}{}.", names.join(", ")) }
}
