//! Every notebook in `tests/broken` must turn `course run` red, with a message that names the cell: what it says stands in the notebook's metadata.
//! So must it turn plain nbconvert on the kernel *Rust (solutions)*, except where only the runner knows what is missing.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;

use common::{course, nbconvert, root, said};
use serde_json::Value;

/// Enough to keep two cores busy; a kernel's start is mostly one thread.
const WORKERS: usize = 2;

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn every_broken_notebook_is_rejected() {
    let folder = root().join("crates/course/tests/broken");
    let notebooks: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert!(notebooks.len() >= 8, "some broken notebooks are missing: {notebooks:?}");
    let waiting = Mutex::new(notebooks);
    let complaints = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(notebook) = waiting.lock().expect("no panic").pop() else {
                        return;
                    };
                    complaints.lock().expect("no panic").extend(complaint(&notebook));
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no panic");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

fn complaint(path: &Path) -> Option<String> {
    let notebook: Value = serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON");
    let expected = &notebook["metadata"]["course"];
    let timeout = expected["timeout"].to_string();
    let runner = course().arg("run").arg(path).args(["--timeout", &timeout]).output().expect("course runs");
    let by_runner = fault(&runner, true, &expected["says"]);
    let option = format!("--ExecutePreprocessor.timeout={timeout}");
    let plain = nbconvert("rust-solutions", path).arg(option).output().expect("nbconvert runs");
    let by_nbconvert = fault(&plain, expected["nbconvert"].is_array(), &expected["nbconvert"]);
    let told = [("course run", by_runner), ("nbconvert", by_nbconvert)];
    let told: Vec<_> = told.into_iter().filter_map(|(by, fault)| Some(format!("{by}: {}", fault?))).collect();
    (!told.is_empty()).then(|| format!("{}: {}", path.display(), told.join("\n")))
}

/// What is wrong with how a run ended.
fn fault(output: &Output, fails: bool, says: &Value) -> Option<String> {
    let told = said(output);
    if output.status.code() != Some(i32::from(fails)) {
        return Some(format!("{}, not exit status {}\n{told}", output.status, i32::from(fails)));
    }
    let says = says.as_array().map(Vec::as_slice).unwrap_or_default();
    let missing: Vec<_> = says.iter().filter_map(Value::as_str).filter(|text| !told.contains(text)).collect();
    (!missing.is_empty()).then(|| format!("does not say {missing:?}, but\n{told}"))
}
