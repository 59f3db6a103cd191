//! What a chart holds, before it is laid out: axes and series.

use crate::axis::Axis;
use crate::series::{Kind, Series};
use crate::style::Legend;
use crate::text::plain;

#[derive(Clone, Debug, Default)]
pub(crate) struct AxisSpec {
    pub(crate) label: String,
    pub(crate) log: bool,
    pub(crate) range: Option<(f64, f64)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: AxisSpec,
    pub(crate) y: AxisSpec,
    pub(crate) legend: Legend,
    pub(crate) series: Vec<Series>,
}

impl Chart {
    /// The labels of the columns of box plots.
    pub(crate) fn categories(&self) -> Vec<&str> {
        self.series.iter().filter(|s| s.kind == Kind::BoxPlot).map(|s| s.name.as_str()).collect()
    }

    pub(crate) fn x_axis(&self) -> Axis {
        let columns = self.categories().len();
        let mut values: Vec<f64> = self.series.iter().flat_map(|s| &s.x).copied().collect();
        if columns > 0 {
            values.extend([0.5, columns as f64 + 0.5]);
        }
        Axis::around(&self.x, &values, (columns > 0, columns > 0))
    }

    #[track_caller]
    pub(crate) fn y_axis(&self) -> Axis {
        let errors = self.series.iter().flat_map(|s| &s.errors).flat_map(|&(low, high)| [low, high]);
        let mut values: Vec<f64> = self.series.iter().flat_map(|s| &s.y).copied().chain(errors).collect();
        let standing = self.series.iter().any(|s| s.kind == Kind::Histogram);
        if standing {
            // On a logarithmic axis a bin with a single value still gets a bar.
            values.push(if self.y.log { 0.5 } else { 0.0 });
        }
        Axis::around(&self.y, &values, (standing, false))
    }

    /// Title, axes and series by their names, and the notes, in sentences.
    pub(crate) fn describe(&self) -> String {
        let axis = |name, axis: &AxisSpec| {
            sentence(&format!("Axis {name}{}: ", if axis.log { " (logarithmic)" } else { "" }), [axis.label.as_str()])
        };
        let series = sentence("Series: ", self.series.iter().map(|series| series.name.as_str()));
        let named = [sentence("", [self.title.as_str()]), axis("x", &self.x), axis("y", &self.y), series];
        paragraph(named.into_iter().chain(self.notes()))
    }

    /// What the chart cannot show, in words.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        // An empty bin has no bar on any axis: nothing is lost.
        let shown = || self.series.iter().filter(|s| s.kind != Kind::Histogram);
        let x: Vec<f64> = shown().flat_map(|s| &s.x).copied().collect();
        let y: Vec<f64> = shown().flat_map(|s| &s.y).copied().collect();
        for (letter, log, values) in [("x", self.x.log, x), ("y", self.y.log, y)] {
            let (lost, all) = (values.iter().filter(|&&v| v <= 0.0).count(), values.len());
            if log && lost > 0 {
                notes.push(format!(
                    "{lost} of {all} values of {letter} are ≤ 0 and cannot be drawn on a logarithmic axis."
                ));
            }
        }
        for Series { name, outside, .. } in self.series.iter().filter(|s| s.outside > 0) {
            let lie = if *outside == 1 { "value lies" } else { "values lie" };
            notes.push(format!("{name}: {outside} {lie} outside the bins."));
        }
        notes
    }
}

/// A sentence of the names that are not empty, if there are any.
pub(crate) fn sentence<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).map(plain).collect();
    if names.is_empty() { String::new() } else { format!("{what}{}.", names.join(", ")) }
}

pub(crate) fn paragraph(sentences: impl IntoIterator<Item = String>) -> String {
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Gives all charts the union of their ranges of y.
#[track_caller]
pub(crate) fn share_y(charts: &mut [Chart]) {
    let same = charts.windows(2).all(|pair| pair[0].y.log == pair[1].y.log);
    assert!(same, "the y axis must be logarithmic in all panels or in none to be shared");
    let axes: Vec<Axis> = charts.iter().map(Chart::y_axis).collect();
    let low = axes.iter().map(|axis| axis.low).reduce(f64::min);
    let high = axes.iter().map(|axis| axis.high).reduce(f64::max);
    for chart in charts {
        chart.y.range = low.zip(high);
    }
}
