//! What the tests of a set-up checkout share.

#![allow(dead_code, reason = "each test file compiles this module for itself")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::json;

/// The checkout.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/course lies two folders deep");
    root.to_path_buf()
}

/// The program as the kernels start it. Not the one that Cargo builds for the tests: each would replace the other in `.course/bin`.
pub(crate) fn course() -> Command {
    let program = root().join(".course/bin/course");
    assert!(program.is_file(), "not set up: these tests are run by `cargo course test`");
    let mut command = Command::new(program);
    command.env("NO_COLOR", "1").env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null());
    command
}

/// Plain nbconvert, as CI would call it; what it writes goes to `target/course`.
pub(crate) fn nbconvert(kernel: &str, notebook: &Path) -> Command {
    let mut command = Command::new(root().join(".venv/bin/python"));
    command.args(["-m", "nbconvert", "--to", "notebook", "--execute"]).arg(notebook);
    command.arg(format!("--ExecutePreprocessor.kernel_name={kernel}"));
    command.arg("--output-dir").arg(root().join("target/course/plain"));
    // Its kernels are those of `.venv`.
    command.env("JUPYTER_PREFER_ENV_PATH", "1").env("PYTHONNOUSERSITE", "1").stdin(Stdio::null());
    command
}

/// All that a program said, in one text.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A notebook of these cells, for the kernel *Rust*.
pub(crate) fn write_notebook(path: &Path, cells: &[impl AsRef<str>]) {
    let cells: Vec<_> = cells
        .iter()
        .enumerate()
        .map(|(i, source)| {
            json!({"cell_type": "code", "id": format!("cell-{i}"), "metadata": {}, "execution_count": null, "outputs": [], "source": source.as_ref()})
        })
        .collect();
    let notebook = json!({
        "cells": cells, "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "rust", "display_name": "Rust", "language": "rust"}},
    });
    fs::write(path, notebook.to_string()).expect("writable");
}
