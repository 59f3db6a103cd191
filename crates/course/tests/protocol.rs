//! The launcher between a client and evcxr: `tests/protocol.py` talks to it as Jupyter does, well and badly; `tests/jupyterlab.py` by way of JupyterLab.

mod common;

use std::process::{Command, Stdio};

use common::{course, root};

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn the_launcher_speaks_jupyter() {
    let script = root().join("crates/course/tests/protocol.py");
    // What it prints is not collected: of a test that hangs, the last line tells where.
    let status = Command::new(root().join(".venv/bin/python")).arg(script).stdin(Stdio::null()).status();
    assert!(status.expect("the Python of .venv").success(), "see above");
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn jupyterlab_gets_what_it_waits_for() {
    let tests = root().join("crates/course/tests");
    let mut python = Command::new(root().join(".venv/bin/python"));
    python.arg(tests.join("jupyterlab.py")).arg(course().get_program()).arg(tests.join("broken"));
    assert!(python.stdin(Stdio::null()).status().expect("the Python of .venv").success(), "see above");
}
