//! A kernel that we talk to ourselves, to ask for its version and to try the first cell.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::layout::Layout;
use crate::python::python;

const SCRIPT: &str = include_str!("../python/session.py");
const TIMEOUT_SECONDS: u32 = 900;

/// What a kernel said.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    /// The name of the program, such as `evcxr_jupyter`.
    pub(crate) implementation: String,
    /// Its version.
    pub(crate) version: String,
    /// The cells, in order.
    pub(crate) cells: Vec<Executed>,
}

/// A cell to execute.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cell<'a> {
    pub(crate) code: &'a str,
    /// In seconds.
    pub(crate) interrupt_after: Option<f64>,
}

impl<'a> Cell<'a> {
    /// A cell that runs to its end.
    pub(crate) const fn new(code: &'a str) -> Self {
        Self { code, interrupt_after: None }
    }
}

/// One executed cell.
#[derive(Debug, Deserialize)]
pub(crate) struct Executed {
    /// Until the reply, since the interrupt if there is one.
    pub(crate) seconds: f64,
    status: String,
    outputs: Vec<Value>,
}

impl Executed {
    /// Errors and stderr of the cell, if there are any.
    pub(crate) fn trouble(&self) -> Option<String> {
        let mut said = String::new();
        for output in &self.outputs {
            if output["name"] == "stderr" {
                said.push_str(output["text"].as_str().unwrap_or_default());
            } else if let Some(lines) = output["traceback"].as_array() {
                lines.iter().filter_map(Value::as_str).for_each(|line| said = format!("{said}{line}\n"));
            }
        }
        let failed = self.status != "ok" || !said.trim().is_empty();
        failed.then(|| console::strip_ansi_codes(said.trim()).into_owned())
    }
}

/// Starts an `evcxr_jupyter`, executes the cells in `folder` and ends it.
pub(crate) fn run(
    layout: &Layout,
    evcxr: &Path,
    environment: &[(&str, OsString)],
    folder: &Path,
    cells: &[Cell],
) -> Result<Session> {
    run_kernel(layout, evcxr, &["--control_file"], environment, folder, cells)
}

/// The same with the kernel *Rust*, as Jupyter starts it.
pub(crate) fn run_installed(layout: &Layout, cells: &[Cell]) -> Result<Session> {
    run_kernel(layout, &layout.program("course"), &["kernel", "--control-file"], &[], &layout.notebooks(), cells)
}

fn run_kernel(
    layout: &Layout,
    program: &Path,
    arguments: &[&str],
    environment: &[(&str, OsString)],
    folder: &Path,
    cells: &[Cell],
) -> Result<Session> {
    let environment: Map<String, Value> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), json!(value.to_string_lossy()))).collect();
    let mut argv = vec![program.to_string_lossy()];
    argv.extend(arguments.iter().chain(&["{connection_file}"]).map(|&argument| argument.into()));
    let job = json!({
        "argv": argv,
        "env": environment,
        "folder": folder,
        "cells": cells,
        "timeout": TIMEOUT_SECONDS,
    });
    let output = script(layout, SCRIPT, &job).output().context("cannot run the Python of .venv")?;
    if !output.status.success() {
        bail!(
            "{} does not work as a kernel:\n{}",
            program.display(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    serde_json::from_slice(&output.stdout).context("cannot understand the kernel's report")
}

/// Runs a Python script, with its job as the argument.
pub(crate) fn script(layout: &Layout, source: &str, job: &Value) -> Command {
    let mut command = python(layout);
    command.arg("-c").arg(source).arg(job.to_string()).stdin(Stdio::null());
    command
}
