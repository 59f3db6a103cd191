//! `cargo course run`: executes notebooks as CI does, strictly, and shows what is wrong and where.

mod progress;
pub(crate) mod verdict;

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use console::style;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::layout::Layout;
use crate::live;
use crate::notebook::{self, Notebook};
use crate::process::indented;
use crate::report::say;
use crate::session::script;
use crate::setup::{self, WhenBuildFails};

use progress::Progress;
pub(crate) use progress::Reason;
pub(crate) use verdict::{Mode, cards};

const SCRIPT: &str = include_str!("../python/execute.py");

/// What to run, and how.
pub(crate) struct Options {
    /// Names as given by the user; none means all notebooks of the course.
    pub(crate) notebooks: Vec<String>,
    /// Whose functions.
    pub(crate) mode: Mode,
    /// How long one cell may take.
    pub(crate) timeout: u32,
}

/// Runs the notebooks, and returns whether all of them passed.
pub(crate) fn run(layout: &Layout, options: &Options) -> Result<bool> {
    // A wrong name is reported before minutes of set-up.
    let notebooks = if options.notebooks.is_empty() {
        notebook::all(layout)?
    } else {
        options.notebooks.iter().map(|name| notebook::named(layout, name)).collect::<Result<_>>()?
    };
    if notebooks.is_empty() {
        bail!("there is no notebook in {}", layout.shown(&layout.notebooks()));
    }
    let mut read = Vec::new();
    for path in &notebooks {
        let notebook = Notebook::read_with_crates(layout, path);
        // One that was asked for is reported before minutes of set-up; among all of them, it must not keep the others from running.
        read.push(if options.notebooks.is_empty() { notebook } else { Ok(notebook?) });
    }
    setup::run(layout, WhenBuildFails::Stop)?;
    let mut failed = Vec::new();
    for (path, notebook) in notebooks.iter().zip(&read) {
        let passed = match notebook {
            Ok(notebook) => run_one(layout, path, notebook, options)?.0,
            Err(error) => {
                say(&format!("{}\n{}", style(layout.shown(path)).bold(), indented(&format!("{error:#}"))));
                false
            }
        };
        if !passed {
            failed.push(layout.shown(path));
        }
    }
    if notebooks.len() > 1 {
        let verdict =
            if failed.is_empty() { "all passed".to_owned() } else { format!("failed: {}", failed.join(", ")) };
        say(&format!("{} notebooks, {verdict}", notebooks.len()));
    }
    Ok(failed.is_empty())
}

/// What the driver reports, line by line.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    Ready { seconds: f64 },
    Start { index: usize },
    Cell { index: usize, seconds: f64, outputs: Vec<Value> },
    End { reason: Reason, message: String },
}

/// How long a notebook took.
pub(crate) struct Timing {
    /// From Jupyter's start of the kernel to its first reply.
    pub(crate) ready: Duration,
    /// Each code cell, in order.
    pub(crate) cells: Vec<Duration>,
    /// All of it, from the start of Python to the written page.
    pub(crate) whole: Duration,
}

/// Runs one notebook with solutions, and returns how long it took; an error if it fails.
pub(crate) fn time(layout: &Layout, name: &str, timeout: u32) -> Result<Timing> {
    let path = notebook::named(layout, name)?;
    let notebook = Notebook::read(&path)?;
    let options = Options { notebooks: Vec::new(), mode: Mode::Solutions, timeout };
    let (good, timing) = run_one(layout, &path, &notebook, &options)?;
    if !good {
        bail!("{} fails, so its time means nothing", layout.shown(&path));
    }
    Ok(timing)
}

/// Runs one notebook, and returns whether it passed, and its times.
fn run_one(layout: &Layout, path: &Path, notebook: &Notebook, options: &Options) -> Result<(bool, Timing)> {
    let started = Instant::now();
    let (executed, page) = results(layout, path, options.mode);
    begin_results(&executed, &page)?;
    let kernel = if options.mode == Mode::Solutions { "rust-solutions" } else { "rust" };
    say(&format!("{} on kernel {kernel}", style(layout.shown(path)).bold()));

    let job = json!({
        "notebook": path, "kernel": kernel, "timeout": options.timeout,
        "executed": executed, "page": page, "scripts": layout.scripts(),
    });
    let mut progress = Progress::new(notebook.code_cells(), options.mode);
    let (mut end, mut ready) = (None, Duration::ZERO);
    let chatter = drive(layout, script(layout, SCRIPT, &job), |event| match event {
        Event::Ready { seconds } => ready = Duration::from_secs_f64(seconds),
        Event::Start { index } => progress.start(index),
        Event::Cell { index, seconds, outputs } => progress.take(index, seconds, &outputs),
        Event::End { reason, message } => end = Some((reason, message)),
    })?;
    let (reason, message) = end.unwrap_or((Reason::Broken, "the driver ended without a report".into()));
    progress.finish(reason, &message, options.timeout, &chatter);
    let timing = Timing { ready, cells: progress.times().to_vec(), whole: started.elapsed() };
    let written: Vec<_> = [&executed, &page].into_iter().filter(|file| file.is_file()).collect();
    say(&progress.summary(reason, &timing, &written.iter().map(|file| layout.shown(file)).collect::<Vec<_>>()));
    Ok((progress.is_good(), timing))
}

/// The driver, which runs a notebook's cells to the last, whatever they reply, and keeps nothing.
pub(crate) fn driver_to_the_end(layout: &Layout, path: &Path, timeout: u32) -> Command {
    let job = json!({"notebook": path, "kernel": "rust-solutions", "timeout": timeout, "to_the_end": true});
    script(layout, SCRIPT, &job)
}

/// Runs the driver, hands on what it reports, and returns what Jupyter and the launcher said meanwhile, which matters only if something breaks.
pub(crate) fn drive(layout: &Layout, mut driver: Command, mut hear: impl FnMut(Event)) -> Result<String> {
    let mut driver = driver
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run the Python of .venv")?;
    // The driver ends when this is closed, which the system does for us even after `kill -9`.
    let _alive = driver.stdin.take();
    let stderr = driver.stderr.take();
    let chatter = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut pipe| pipe.read_to_string(&mut text));
        text
    });
    for line in BufReader::new(driver.stdout.take().context("the driver has no stdout")?).lines() {
        let line = line.context("cannot read the driver's report")?;
        hear(serde_json::from_str(&line).context("cannot understand the driver's report")?);
    }
    driver.wait().context("cannot wait for the driver")?;
    // A launcher that was killed has left its cell running.
    live::sweep(layout)?;
    Ok(chatter.join().unwrap_or_default())
}

/// Where the executed notebook and its HTML page go: each notebook has a place of its own, with the folders that it lies in.
fn results(layout: &Layout, path: &Path, mode: Mode) -> (PathBuf, PathBuf) {
    let folder = path.parent().unwrap_or(path);
    let folder = if folder == layout.notebooks() {
        PathBuf::new()
    } else if let Ok(inside) = folder.strip_prefix(layout.root()) {
        inside.to_path_buf()
    } else {
        Path::new("outside").join(folder.strip_prefix("/").unwrap_or(folder))
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = if mode == Mode::Solutions { format!("{stem}.solutions") } else { stem.into_owned() };
    let folder = layout.results().join(folder);
    (folder.join(format!("{stem}.ipynb")), folder.join(format!("{stem}.html")))
}

/// Makes the folder, and removes an earlier run's results: after a kernel that did not start, they would look like this one's.
fn begin_results(executed: &Path, page: &Path) -> Result<()> {
    if let Some(folder) = executed.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    for file in [executed, page] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notebook_has_results_of_its_own() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let layout = Layout::at(folder.path().to_path_buf());
        let page = |path: &str, mode| {
            let (_, page) = results(&layout, &layout.root().join(path), mode);
            layout.shown(&page)
        };
        assert_eq!(page("notebooks/03.ipynb", Mode::Student), "target/course/03.html");
        assert_eq!(page("notebooks/03.ipynb", Mode::Solutions), "target/course/03.solutions.html");
        assert_eq!(page("notebooks/mine/03.ipynb", Mode::Student), "target/course/notebooks/mine/03.html");
        assert_eq!(page("old/03.ipynb", Mode::Student), "target/course/old/03.html");
        assert_eq!(page("/home/anna/03.ipynb", Mode::Student), "target/course/outside/home/anna/03.html");
        Ok(())
    }

    #[test]
    fn results_of_an_earlier_run_are_removed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (executed, page) = (folder.path().join("mine/a.ipynb"), folder.path().join("mine/a.html"));
        begin_results(&executed, &page)?;
        fs::write(&page, "green")?;
        begin_results(&executed, &page)?;
        assert!(!page.exists() && folder.path().join("mine").is_dir());
        Ok(())
    }

    #[test]
    fn events_are_read() -> Result<()> {
        let end: Event = serde_json::from_str(r#"{"event": "end", "reason": "timeout", "message": ""}"#)?;
        assert!(matches!(end, Event::End { reason: Reason::Timeout, .. }));
        let cell: Event = serde_json::from_str(r#"{"event": "cell", "index": 3, "seconds": 0.25, "outputs": []}"#)?;
        assert!(matches!(cell, Event::Cell { index: 3, .. }));
        let ready: Event = serde_json::from_str(r#"{"event": "ready", "seconds": 8.5}"#)?;
        assert!(matches!(ready, Event::Ready { seconds: 8.5 }));
        Ok(())
    }
}
