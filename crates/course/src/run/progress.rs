//! The progress of one notebook: a line for each cell, the whole story for a failed one, and a summary.

use std::time::Duration;

use console::style;
use serde::Deserialize;
use serde_json::Value;

use super::Timing;
use super::verdict::{self, Mode};
use crate::notebook::source;
use crate::process::indented;
use crate::report::{elapsed, say};

/// The progress of one notebook.
pub(super) struct Progress {
    /// The code cells in order, each with its index among all cells.
    cells: Vec<(usize, Value)>,
    mode: Mode,
    running: Option<usize>,
    /// How long each cell took, in order.
    times: Vec<Duration>,
    failed: usize,
}

/// Why an execution ended.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
    Finished,
    Error,
    Timeout,
    Dead,
    Broken,
}

impl Progress {
    /// A notebook with these code cells, each with its index among all cells.
    pub(super) fn new<'a>(cells: impl Iterator<Item = (usize, &'a Value)>, mode: Mode) -> Self {
        let cells = cells.map(|(index, cell)| (index, cell.clone())).collect();
        Self { cells, mode, running: None, times: Vec::new(), failed: 0 }
    }

    /// Whether nothing has been wrong so far.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// How long each cell has taken so far, in order.
    pub(super) fn times(&self) -> &[Duration] {
        &self.times
    }

    /// A cell begins.
    pub(super) fn start(&mut self, index: usize) {
        self.running = Some(index);
    }

    /// A cell has ended, with these outputs; the next one may have begun.
    pub(super) fn take(&mut self, index: usize, seconds: f64, outputs: &[Value]) {
        self.running.take_if(|running| *running == index);
        self.judge_blank_before(self.ordinal(index));
        self.judge(index, seconds, outputs);
    }

    /// Jupyter does not execute a blank cell, so nothing is reported of it; but a blank check shows no card.
    fn judge_blank_before(&mut self, ordinal: usize) {
        while self.times.len() + 1 < ordinal {
            self.judge(self.cells[self.times.len()].0, 0.0, &[]);
        }
    }

    fn judge(&mut self, index: usize, seconds: f64, outputs: &[Value]) {
        self.times.push(Duration::from_secs_f64(seconds));
        let problems = verdict::problems(self.cell(index), outputs, self.mode);
        let mark = if problems.is_empty() { style("ok").green() } else { style("FAILED").red().bold() };
        say(&format!("  {} {seconds:>6.2} s  {mark}  {}", self.place(index), first_line(self.cell(index))));
        if !problems.is_empty() {
            self.fail(index, &problems);
        }
    }

    /// Reports what ended the notebook, unless a cell's outputs have already shown it.
    pub(super) fn finish(&mut self, reason: Reason, message: &str, timeout: u32, chatter: &str) {
        let said = match reason {
            Reason::Finished => return self.judge_blank_before(self.cells.len() + 1),
            Reason::Error if self.failed > 0 => return,
            Reason::Error => "the kernel replied with an error that no output explains".to_owned(),
            Reason::Timeout => {
                format!(
                    "the cell did not end within {timeout} s: is it an endless loop? `--timeout SECONDS` allows more time"
                )
            }
            Reason::Dead => format!("the kernel died: {message}\n{}", chatter.trim()),
            Reason::Broken => format!("{message}\n{}", chatter.trim()),
        };
        let said = said.trim().to_owned();
        match self.running {
            Some(index) => {
                self.judge_blank_before(self.ordinal(index));
                say(&format!(
                    "  {}           {}  {}",
                    self.place(index),
                    style("FAILED").red().bold(),
                    first_line(self.cell(index))
                ));
                self.fail(index, &[said]);
            }
            None => {
                self.failed += 1;
                say(&format!("{}\n{}", style("  the notebook could not be executed:").red().bold(), indented(&said)));
            }
        }
    }

    fn fail(&mut self, index: usize, problems: &[String]) {
        self.failed += 1;
        let plain = |text: &str| {
            if console::colors_enabled() { text.to_owned() } else { console::strip_ansi_codes(text).into_owned() }
        };
        say(&format!(
            "\n  {}",
            style(format!("code cell {}: {}", self.ordinal(index), first_line(self.cell(index)))).red().bold()
        ));
        say(&indented(&numbered(&source(self.cell(index)))));
        for problem in problems {
            say(&format!("\n{}", indented(&plain(problem))));
        }
        say("");
    }

    /// The outcome, and where the results are.
    pub(super) fn summary(&self, reason: Reason, timing: &Timing, results: &[String]) -> String {
        let verdict = if self.failed == 0 { style("ok").green().bold() } else { style("FAILED").red().bold() };
        let stopped = if reason == Reason::Finished { String::new() } else { format!(" of {}", self.cells.len()) };
        let failed = if self.failed == 0 { String::new() } else { format!(", {} failed", self.failed) };
        // Cells run in order, so a time's place in the list is its cell's place in the notebook.
        let slowest = timing.cells.iter().enumerate().max_by_key(|(_, time)| **time);
        let slowest = slowest.map(|(i, time)| format!(", slowest {} with {:.1} s", i + 1, time.as_secs_f64()));
        let see = if results.is_empty() { String::new() } else { format!("\n  see {}", results.join(" and ")) };
        format!(
            "  {verdict}: {}{stopped} code cells{failed} in {}, kernel ready after {:.1} s{}{see}",
            timing.cells.len(),
            elapsed(timing.whole),
            timing.ready.as_secs_f64(),
            slowest.unwrap_or_default()
        )
    }

    fn cell(&self, index: usize) -> &Value {
        self.cells.iter().find(|(found, _)| *found == index).map_or(&Value::Null, |(_, cell)| cell)
    }

    /// The number of a code cell among the code cells, from 1.
    fn ordinal(&self, index: usize) -> usize {
        self.cells.iter().position(|(found, _)| *found == index).map_or(0, |position| position + 1)
    }

    fn place(&self, index: usize) -> String {
        let total = self.cells.len().to_string();
        format!("[{:>width$}/{total}]", self.ordinal(index), width = total.len())
    }
}

fn first_line(cell: &Value) -> String {
    let source = source(cell);
    let line = source.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("(empty)");
    if line.chars().count() > 80 { line.chars().take(79).chain(['…']).collect() } else { line.to_owned() }
}

fn numbered(source: &str) -> String {
    source.lines().enumerate().map(|(i, line)| format!("{:>3} | {line}", i + 1)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn progress() -> Progress {
        let code = |source: &str| json!({"cell_type": "code", "source": source, "metadata": {}});
        let cells = [(1, code("\n  let a = 1;")), (3, code("a"))];
        Progress::new(cells.iter().map(|(index, cell)| (*index, cell)), Mode::Student)
    }

    fn timing(progress: &Progress) -> Timing {
        let whole = Duration::from_secs(4);
        Timing { ready: Duration::from_secs(1), cells: progress.times().to_vec(), whole }
    }

    #[test]
    fn the_summary_counts_cells_and_names_the_slowest() {
        let mut progress = progress();
        progress.take(1, 2.5, &[]);
        progress.take(3, 0.5, &[]);
        let timing = timing(&progress);
        let said = progress.summary(Reason::Finished, &timing, &["a.ipynb".into(), "a.html".into()]);
        let said = console::strip_ansi_codes(&said).into_owned();
        assert_eq!(
            said,
            "  ok: 2 code cells in 4.0 s, kernel ready after 1.0 s, slowest 1 with 2.5 s\n  see a.ipynb and a.html"
        );
    }

    #[test]
    fn a_hanging_cell_and_a_dead_kernel_count_as_failures() {
        for reason in [Reason::Timeout, Reason::Dead, Reason::Broken, Reason::Error] {
            let mut progress = progress();
            progress.take(1, 0.1, &[]);
            progress.start(3);
            progress.finish(reason, "Kernel died", 5, "");
            assert_eq!(progress.failed, 1);
            let said = progress.summary(reason, &timing(&progress), &[]);
            assert!(said.contains("1 of 2 code cells, 1 failed"), "{said}");
        }
    }

    #[test]
    fn blank_cells_are_judged_in_their_place_too() {
        let code =
            |source: &str, tag: &str| json!({"cell_type": "code", "source": source, "metadata": {"tags": [tag]}});
        let cells = [(0, code(" \n", "check")), (2, code("1", "")), (3, code("", "")), (5, code("", "figure"))];
        let mut progress = Progress::new(cells.iter().map(|(index, cell)| (*index, cell)), Mode::Student);
        progress.take(2, 0.1, &[]);
        assert_eq!((progress.failed, progress.times().len()), (1, 2));
        progress.finish(Reason::Finished, "", 5, "");
        assert_eq!((progress.failed, progress.times().len()), (2, 4));
    }

    #[test]
    fn a_summary_names_only_what_was_written() {
        let progress = progress();
        let said = progress.summary(Reason::Broken, &timing(&progress), &[]);
        assert!(!said.contains("see"), "{said}");
    }

    #[test]
    fn an_error_reply_is_told_once() {
        let mut progress = progress();
        progress.take(1, 0.1, &[json!({"output_type": "error", "evalue": "no", "traceback": []})]);
        progress.finish(Reason::Error, "", 5, "");
        assert_eq!(progress.failed, 1);
    }
}
