//! The launcher between a client and evcxr: `tests/protocol.py` talks to it as Jupyter does, well and badly.

mod common;

use std::process::{Command, Stdio};

use common::{root, said};

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn the_launcher_speaks_jupyter() {
    let script = root().join("crates/course/tests/protocol.py");
    let output = Command::new(root().join(".venv/bin/python")).arg(script).stdin(Stdio::null()).output();
    let output = output.expect("the Python of .venv");
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
}
