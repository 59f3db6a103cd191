//! `cargo course run`: executes notebooks as CI does, strictly, and shows what is wrong where.

mod verdict;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use console::style;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::kernel::STRICT;
use crate::layout::Layout;
use crate::notebook::{self, source};
use crate::process::indented;
use crate::report::elapsed;
use crate::session::script;
use crate::setup::{self, WhenBuildFails};

pub(crate) use verdict::Mode;

const SCRIPT: &str = include_str!("../python/execute.py");

/// What to run, and how.
pub(crate) struct Options {
    /// Names as the user gave them; none means all notebooks of the course.
    pub(crate) notebooks: Vec<String>,
    /// Whose functions.
    pub(crate) mode: Mode,
    /// How long one cell may take.
    pub(crate) timeout: u32,
}

/// Runs the notebooks; whether all of them are as they should be.
pub(crate) fn run(layout: &Layout, options: &Options) -> Result<bool> {
    // Bad names are told before minutes of set-up.
    let notebooks = if options.notebooks.is_empty() {
        notebook::all(layout)?
    } else {
        options
            .notebooks
            .iter()
            .map(|name| notebook::named(layout, name))
            .collect::<Result<_>>()?
    };
    if notebooks.is_empty() {
        bail!(
            "there is no notebook in {}",
            layout.shown(&layout.notebooks())
        );
    }
    setup::run(layout, WhenBuildFails::Stop)?;
    fs::create_dir_all(layout.results())
        .with_context(|| format!("cannot create {}", layout.results().display()))?;
    let mut failed = Vec::new();
    for path in &notebooks {
        if !run_one(layout, path, options)? {
            failed.push(layout.shown(path));
        }
    }
    if notebooks.len() > 1 {
        let verdict = if failed.is_empty() {
            "all as they should be".to_owned()
        } else {
            format!("failed: {}", failed.join(", "))
        };
        println!("{} notebooks, {verdict}", notebooks.len());
    }
    Ok(failed.is_empty())
}

/// What the driver tells, line by line.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Start {
        index: usize,
    },
    Cell {
        index: usize,
        seconds: f64,
        outputs: Vec<Value>,
    },
    End {
        reason: Reason,
        message: String,
    },
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Reason {
    Finished,
    Error,
    Timeout,
    Dead,
    Broken,
}

/// One notebook on its way.
struct Progress {
    /// Index among all cells, and the cell: the code cells in order.
    cells: Vec<(usize, Value)>,
    mode: Mode,
    running: Option<usize>,
    executed: usize,
    failed: usize,
    slowest: Option<(f64, usize)>,
}

fn run_one(layout: &Layout, path: &Path, options: &Options) -> Result<bool> {
    let started = Instant::now();
    let document =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let document: Value = serde_json::from_str(&document)
        .with_context(|| format!("{} is not a notebook", path.display()))?;
    let cells = document["cells"]
        .as_array()
        .with_context(|| format!("{} is not a notebook: it has no cells", path.display()))?;
    let cells = cells
        .iter()
        .cloned()
        .enumerate()
        .filter(|(_, cell)| cell["cell_type"] == "code")
        .collect();
    let (executed, page) = results(layout, path, options.mode);
    let kernel = if options.mode == Mode::Solutions {
        "rust-solutions"
    } else {
        "rust"
    };
    println!("{} on kernel {kernel}", style(layout.shown(path)).bold());

    let job = json!({"notebook": path, "kernel": kernel, "timeout": options.timeout, "executed": executed, "page": page});
    let mut driver = script(layout, SCRIPT, &job)
        .env(STRICT, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run the Python of .venv")?;
    let stderr = driver.stderr.take();
    // What Jupyter and the launcher have to say is of interest only if something breaks.
    let chatter = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut pipe| pipe.read_to_string(&mut text));
        text
    });
    let mut progress = Progress {
        cells,
        mode: options.mode,
        running: None,
        executed: 0,
        failed: 0,
        slowest: None,
    };
    let mut end = None;
    for line in BufReader::new(driver.stdout.take().context("the driver has no stdout")?).lines() {
        match serde_json::from_str(&line.context("cannot read what the driver tells")?)
            .context("the driver's report is not understood")?
        {
            Event::Start { index } => progress.running = Some(index),
            Event::Cell {
                index,
                seconds,
                outputs,
            } => progress.take(index, seconds, &outputs),
            Event::End { reason, message } => end = Some((reason, message)),
        }
    }
    driver.wait().context("cannot wait for the driver")?;
    let chatter = chatter.join().unwrap_or_default();
    let (reason, message) =
        end.unwrap_or((Reason::Broken, "the driver ended without a word".into()));
    progress.finish(reason, &message, options.timeout, &chatter);
    println!(
        "{}",
        progress.summary(
            reason,
            started.elapsed(),
            &[layout.shown(&executed), layout.shown(&page)]
        )
    );
    Ok(progress.failed == 0)
}

/// Where the executed notebook and its page go.
fn results(layout: &Layout, path: &Path, mode: Mode) -> (PathBuf, PathBuf) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = if mode == Mode::Solutions {
        format!("{stem}.solutions")
    } else {
        stem.into_owned()
    };
    (
        layout.results().join(format!("{stem}.ipynb")),
        layout.results().join(format!("{stem}.html")),
    )
}

impl Progress {
    fn take(&mut self, index: usize, seconds: f64, outputs: &[Value]) {
        self.running = None;
        self.executed += 1;
        if self.slowest.is_none_or(|(slowest, _)| seconds > slowest) {
            self.slowest = Some((seconds, index));
        }
        let problems = verdict::problems(self.cell(index), outputs, self.mode);
        let mark = if problems.is_empty() {
            style("ok").green()
        } else {
            style("FAILED").red().bold()
        };
        println!(
            "  {} {seconds:>6.2} s  {mark}  {}",
            self.place(index),
            first_line(self.cell(index))
        );
        if !problems.is_empty() {
            self.fail(index, &problems);
        }
    }

    /// Tells what ended the notebook, unless a cell's outputs have told it already.
    fn finish(&mut self, reason: Reason, message: &str, timeout: u32, chatter: &str) {
        let said = match reason {
            Reason::Finished => return,
            Reason::Error if self.failed > 0 => return,
            Reason::Error => {
                "the kernel replied with an error, and no output tells which".to_owned()
            }
            Reason::Timeout => format!(
                "the cell did not end within {timeout} s: a loop without end? `--timeout SECONDS` allows more"
            ),
            Reason::Dead => format!("the kernel died: {message}\n{}", chatter.trim()),
            Reason::Broken => format!("{message}\n{}", chatter.trim()),
        };
        let said = said.trim().to_owned();
        match self.running {
            Some(index) => {
                println!(
                    "  {}           {}  {}",
                    self.place(index),
                    style("FAILED").red().bold(),
                    first_line(self.cell(index))
                );
                self.fail(index, &[said]);
            }
            None => {
                self.failed += 1;
                println!(
                    "{}\n{}",
                    style("  the notebook could not be executed:").red().bold(),
                    indented(&said)
                );
            }
        }
    }

    fn fail(&mut self, index: usize, problems: &[String]) {
        self.failed += 1;
        let plain = |text: &str| {
            if console::colors_enabled() {
                text.to_owned()
            } else {
                console::strip_ansi_codes(text).into_owned()
            }
        };
        println!(
            "\n  {}",
            style(format!(
                "code cell {}: {}",
                self.ordinal(index),
                first_line(self.cell(index))
            ))
            .red()
            .bold()
        );
        println!("{}", indented(&numbered(&source(self.cell(index)))));
        for problem in problems {
            println!("\n{}", indented(&plain(problem)));
        }
        println!();
    }

    fn summary(&self, reason: Reason, time: Duration, results: &[String]) -> String {
        let verdict = if self.failed == 0 {
            style("ok").green().bold()
        } else {
            style("FAILED").red().bold()
        };
        let stopped = if reason == Reason::Finished {
            String::new()
        } else {
            format!(" of {}", self.cells.len())
        };
        let failed = if self.failed == 0 {
            String::new()
        } else {
            format!(", {} failed", self.failed)
        };
        let slowest = self.slowest.map(|(seconds, index)| {
            format!(", slowest {} with {seconds:.1} s", self.ordinal(index))
        });
        format!(
            "  {verdict}: {}{stopped} code cells{failed} in {}{}\n  see {}",
            self.executed,
            elapsed(time),
            slowest.unwrap_or_default(),
            results.join(" and ")
        )
    }

    fn cell(&self, index: usize) -> &Value {
        self.cells
            .iter()
            .find(|(found, _)| *found == index)
            .map_or(&Value::Null, |(_, cell)| cell)
    }

    /// The number of a code cell among the code cells, from 1.
    fn ordinal(&self, index: usize) -> usize {
        self.cells
            .iter()
            .position(|(found, _)| *found == index)
            .map_or(0, |position| position + 1)
    }

    fn place(&self, index: usize) -> String {
        let total = self.cells.len().to_string();
        format!(
            "[{:>width$}/{total}]",
            self.ordinal(index),
            width = total.len()
        )
    }
}

fn first_line(cell: &Value) -> String {
    let source = source(cell);
    let line = source
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("(empty)");
    if line.chars().count() > 80 {
        line.chars().take(79).chain(['…']).collect()
    } else {
        line.to_owned()
    }
}

fn numbered(source: &str) -> String {
    source
        .lines()
        .enumerate()
        .map(|(i, line)| format!("{:>3} | {line}", i + 1))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        let code = |source: &str| json!({"cell_type": "code", "source": source, "metadata": {}});
        let cells = vec![(1, code("\n  let a = 1;")), (3, code("a"))];
        Progress {
            cells,
            mode: Mode::Student,
            running: None,
            executed: 0,
            failed: 0,
            slowest: None,
        }
    }

    #[test]
    fn the_summary_counts_cells_and_names_the_slowest() {
        let mut progress = progress();
        progress.take(1, 2.5, &[]);
        progress.take(3, 0.5, &[]);
        let said = progress.summary(
            Reason::Finished,
            Duration::from_secs(4),
            &["a.ipynb".into(), "a.html".into()],
        );
        let said = console::strip_ansi_codes(&said).into_owned();
        assert_eq!(
            said,
            "  ok: 2 code cells in 4.0 s, slowest 1 with 2.5 s\n  see a.ipynb and a.html"
        );
    }

    #[test]
    fn a_hanging_cell_and_a_dead_kernel_count_as_failures() {
        for reason in [Reason::Timeout, Reason::Dead, Reason::Broken, Reason::Error] {
            let mut progress = progress();
            progress.take(1, 0.1, &[]);
            progress.running = Some(3);
            progress.finish(reason, "Kernel died", 5, "");
            assert_eq!(progress.failed, 1);
            let said = progress.summary(reason, Duration::from_secs(1), &[]);
            assert!(said.contains("1 of 2 code cells, 1 failed"), "{said}");
        }
    }

    #[test]
    fn an_error_reply_is_told_once() {
        let mut progress = progress();
        progress.take(
            1,
            0.1,
            &[json!({"output_type": "error", "evalue": "no", "traceback": []})],
        );
        progress.finish(Reason::Error, "", 5, "");
        assert_eq!(progress.failed, 1);
    }

    #[test]
    fn events_are_read() -> Result<()> {
        let end: Event =
            serde_json::from_str(r#"{"event": "end", "reason": "timeout", "message": ""}"#)?;
        assert!(matches!(
            end,
            Event::End {
                reason: Reason::Timeout,
                ..
            }
        ));
        let cell: Event = serde_json::from_str(
            r#"{"event": "cell", "index": 3, "seconds": 0.25, "outputs": []}"#,
        )?;
        assert!(matches!(cell, Event::Cell { index: 3, .. }));
        Ok(())
    }
}
