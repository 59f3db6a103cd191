//! The launcher between a client and evcxr: `tests/protocol.py` talks to it as Jupyter does, well and badly; `tests/jupyterlab.py` by way of JupyterLab.

mod common;

use std::process::{Command, Stdio};

use common::{course, root, said};

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn the_launcher_speaks_jupyter() {
    let script = root().join("crates/course/tests/protocol.py");
    let output = Command::new(root().join(".venv/bin/python")).arg(script).stdin(Stdio::null()).output();
    let output = output.expect("the Python of .venv");
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn jupyterlab_gets_what_it_waits_for() {
    let tests = root().join("crates/course/tests");
    let mut python = Command::new(root().join(".venv/bin/python"));
    python.arg(tests.join("jupyterlab.py")).arg(course().get_program()).arg(tests.join("broken"));
    let output = python.stdin(Stdio::null()).output().expect("the Python of .venv");
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
}
