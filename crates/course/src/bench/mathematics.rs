//! The sections of notebook 3: the benchmark `mathematics`, on one thread and on all, as one table.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};
use course_protocol::variables::THREADS;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::layout::Layout;
use crate::process::{cargo, watch};
use crate::report::{Step, say};

/// How the benchmarks of the machine's own matrix product begin.
const YARDSTICK: &str = "0 matrix product";

/// Runs the benchmark once for each number of threads, and prints the table.
pub(super) fn measure(layout: &Layout) -> Result<()> {
    super::build(layout, "mathematics")?;
    let all = thread::available_parallelism().map_or(1, usize::from);
    let mut runs = Vec::new();
    for threads in if all > 1 { vec![1, all] } else { vec![1] } {
        runs.push(Run { threads, sections: sections(layout, threads)? });
    }
    say(&table(&runs));
    Ok(())
}

struct Run {
    threads: usize,
    sections: Vec<Section>,
}

#[derive(Clone, Debug)]
struct Section {
    name: String,
    matvecs: u64,
    seconds: f64,
    /// Floating-point operations, where they can be counted.
    operations: Option<f64>,
}

impl Section {
    /// In 10^9 operations a second.
    fn rate(&self) -> Option<f64> {
        Some(self.operations? / self.seconds / 1e9)
    }
}

/// What Criterion writes of a benchmark, as far as it matters here.
#[derive(Deserialize)]
struct Benchmark {
    function_id: String,
    value_str: String,
    throughput: Option<Throughput>,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    elements: u64,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// Nanoseconds.
    point_estimate: f64,
}

fn sections(layout: &Layout, threads: usize) -> Result<Vec<Section>> {
    let folder = layout.results().join(format!("bench-{threads}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let name = format!("the sections on {threads} thread{}", if threads == 1 { "" } else { "s" });
    let step = Step::start(&name);
    let mut cargo = cargo();
    cargo.args(["bench", "--quiet", "--package", "spectral-course", "--bench", "mathematics"]);
    cargo.current_dir(layout.root()).env(THREADS, threads.to_string()).env("CRITERION_HOME", &folder);
    watch(&mut cargo, &layout.log("bench"), |piece| step.message(piece))?;
    step.done();
    read(&folder.join("mathematics"))
}

/// The sections in the order of their names.
fn read(folder: &Path) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    for by_name in subfolders(folder)? {
        for by_matvecs in subfolders(&by_name)? {
            let Benchmark { function_id, value_str, throughput } = read_json(&by_matvecs.join("new/benchmark.json"))?;
            let Estimates { median } = read_json(&by_matvecs.join("new/estimates.json"))?;
            sections.push(Section {
                name: function_id,
                matvecs: value_str.parse().context("the parameter of a benchmark is its number of matvecs")?,
                seconds: median.point_estimate / 1e9,
                operations: throughput.map(|t| t.elements as f64).filter(|operations| *operations > 0.0),
            });
        }
    }
    sections.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sections)
}

/// The folders in `folder`, but for Criterion's reports.
fn subfolders(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("the benchmark left nothing in {}", folder.display()))?;
    let paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.is_dir() && !path.ends_with("report")).collect())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
}

/// A line for each section, and for each number of threads its time, its rate, and the share of the machine's own.
fn table(runs: &[Run]) -> String {
    let mut head = format!("\n{:<30}{:>9}", "section", "matvecs");
    let mut machine = format!("{:<30}{:>9}", "the machine's matrix product", "");
    let mut sums = format!("{:<30}{:>9}", "all sections, 1.1 to 5.4", "");
    for run in runs {
        let threads = format!("{} thread{}", run.threads, if run.threads == 1 { "" } else { "s" });
        head += &format!("{threads:>15}{:>9}{:>7}", "GFLOP/s", "share");
        machine += &format!("{:>15}{:>9.1}{:>7}", "", machine_rate(run), "");
        let of_notebook = |section: &&Section| section.name.as_bytes().get(1) == Some(&b'.');
        let sum: f64 = run.sections.iter().filter(of_notebook).map(|section| section.seconds).sum();
        sums += &format!("{:>12.2} ms{:>16}", 1e3 * sum, "");
    }
    let mut lines = vec![head, machine.trim_end().to_owned()];
    let names = runs.first().map(|run| &run.sections[..]).unwrap_or_default();
    for section in names.iter().filter(|section| !section.name.starts_with(YARDSTICK)) {
        let mut line = format!("{:<30}{:>9}", section.name, section.matvecs);
        for run in runs {
            let Some(section) = run.sections.iter().find(|other| other.name == section.name) else { continue };
            line += &format!("{:>12.2} ms", 1e3 * section.seconds);
            line += &section.rate().map_or_else(
                || " ".repeat(16),
                |rate| format!("{rate:>9.1}{:>6.0}%", 100.0 * rate / machine_rate(run)),
            );
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.push(sums.trim_end().to_owned());
    lines.join("\n")
}

/// The mean of the rates before and after the sections.
fn machine_rate(run: &Run) -> f64 {
    let yardsticks = run.sections.iter().filter(|section| section.name.starts_with(YARDSTICK));
    let rates: Vec<f64> = yardsticks.filter_map(Section::rate).collect();
    rates.iter().sum::<f64>() / rates.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, matvecs: u64, seconds: f64, operations: Option<f64>) -> Section {
        Section { name: name.into(), matvecs, seconds, operations }
    }

    #[test]
    fn shares_are_of_the_machine_on_as_many_threads() {
        let run = |threads, speed: f64| Run {
            threads,
            sections: vec![
                section("0 matrix product after", 0, 1.0, Some(110e9 * speed)),
                section("0 matrix product before", 0, 1.0, Some(90e9 * speed)),
                section("2 one product alone", 1, 1e-4 / speed, Some(8e6)),
                section("2.1 trace", 200, 0.02 / speed, Some(1e9)),
                section("5.1 weyl", 0, 0.003, None),
            ],
        };
        let expected = "
section                         matvecs       1 thread  GFLOP/s  share      2 threads  GFLOP/s  share
the machine's matrix product                              100.0                          200.0
2 one product alone                   1        0.10 ms     80.0    80%        0.05 ms    160.0    80%
2.1 trace                           200       20.00 ms     50.0    50%       10.00 ms    100.0    50%
5.1 weyl                              0        3.00 ms                        3.00 ms
all sections, 1.1 to 5.4                      23.00 ms                       13.00 ms";
        assert_eq!(table(&[run(1, 1.0), run(2, 2.0)]), expected);
    }

    #[test]
    fn what_criterion_leaves_is_read() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let new = folder.path().join("2.1 trace m=200/200/new");
        fs::create_dir_all(&new)?;
        fs::create_dir_all(folder.path().join("report"))?;
        let benchmark =
            r#"{"group_id":"mathematics","function_id":"2.1 trace","value_str":"200","throughput":{"Elements":7}}"#;
        fs::write(new.join("benchmark.json"), benchmark)?;
        fs::write(new.join("estimates.json"), r#"{"mean":{},"median":{"point_estimate":2.5e6}}"#)?;
        let sections = read(folder.path())?;
        let [section] = &sections[..] else { panic!("one section, got {sections:?}") };
        assert_eq!((section.name.as_str(), section.matvecs, section.seconds), ("2.1 trace", 200, 0.0025));
        assert_eq!(section.operations, Some(7.0));
        Ok(())
    }
}
