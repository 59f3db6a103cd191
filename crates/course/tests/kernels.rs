//! Kernels side by side, kernels whose server or launcher is killed, and how a kernel answers to wrong code.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{course, nbconvert, root, said, write_notebook};
use serde_json::{Value, json};

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn two_kernels_at_once_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    // The same names and, cell by cell, the same build numbers: code of the one in the other would show.
    let runs: Vec<_> = [3_u64, 5]
        .iter()
        .map(|base| {
            let mut cells = vec![
                format!("let base: u64 = {base};"),
                "fn power(base: u64, n: u32) -> u64 { base.pow(n) }".to_owned(),
            ];
            cells.extend((1..6).map(|n| format!("println!(\"{{}}\", power(base, {n}));")));
            let path = folder.path().join(format!("powers_of_{base}.ipynb"));
            write_notebook(&path, &cells);
            let run = course()
                .arg("run")
                .arg(&path)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("course runs");
            (base, run)
        })
        .collect();
    for (base, run) in runs {
        let output = run.wait_with_output().expect("course ends");
        assert!(output.status.success(), "{}", said(&output));
        let executed = root().join(format!("target/course/outside{}/powers_of_{base}.ipynb", folder.path().display()));
        let expected: Vec<String> = (1..6).map(|n| format!("{}\n", base.pow(n))).collect();
        assert_eq!(printed(&executed), expected);
    }
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_killed_server_takes_its_kernel_along() {
    let mut kernel = Kernel::start();
    kernel.server.kill().expect("kill -9 of the server");
    kernel.server.wait().expect("it has ended");
    wait_until("the copy is gone", || !kernel.copy.exists());
    wait_until("the kernel is gone", || !kernel.runs());
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn what_a_killed_launcher_leaves_is_swept() {
    let mut kernel = Kernel::start();
    kill(kernel.launcher, "-KILL");
    wait_until("the kernel is gone", || !kernel.runs());
    wait_until("the copy is gone", || !kernel.copy.exists());
    kernel.server.wait().expect("it has ended");
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_terminated_launcher_cleans_up() {
    let mut kernel = Kernel::start();
    kill(kernel.launcher, "-TERM");
    kernel.server.wait().expect("it has ended");
    wait_until("the copy is gone", || !kernel.copy.exists());
    assert!(!kernel.runs());
}

/// evcxr checks such a cell. Each crate that this compiled anew would be another `.rmeta` in the kernel's folder, and seconds for the student.
#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn the_first_typo_compiles_no_crate() {
    let first_cell = |features: &str| {
        format!(
            ":dep spectral-course = {{ path = \"../crates/spectral-course\"{features} }}\nuse spectral_course::prelude::*;"
        )
    };
    let typo = "let q = random_symmetrc(30, 0);".to_owned();
    let count =
        "println!(\"{}\", std::fs::read_dir(std::env::var(\"EVCXR_TMPDIR\").unwrap() + \"/target\").unwrap().flatten()
        .filter_map(|target| std::fs::read_dir(target.path().join(\"debug/deps\")).ok()).flatten().flatten()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == \"rmeta\")).count());";
    let cells = [
        typo.clone(),
        first_cell(""),
        typo.clone(),
        first_cell(", features = [\"solutions\"]"),
        typo,
        count.to_owned(),
    ];
    let said = execute(&cells);
    for i in [0, 2, 4] {
        assert!(said[i].contains("cannot find function `random_symmetrc`"), "{said:?}");
    }
    let warmed = metadata_files(&root().join(".course/warm/ctx/target"));
    assert!(!warmed.is_empty());
    assert_eq!(said[5].trim(), warmed.len().to_string(), "{said:?}");
}

/// What the check of an exercise must not find: the reference solution under the same name.
#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_check_without_its_function_says_so() {
    let library = root().join("crates/spectral-course");
    let first_cell = format!(":dep spectral-course = {{ path = {library:?} }}\nuse spectral_course::notebook3::*;");
    let check = "check::weyl_shifts(weyl_shifts)";
    let exercise = |body: &str| {
        format!(
            "#[exercise]\nfn weyl_shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>) -> Array1<f64> {{\n    {body}\n}}"
        )
    };
    let cells = [
        first_cell.clone(),
        check.to_owned(),
        exercise("\"shifts\""),
        check.to_owned(),
        exercise("todo!(\"exercise 3/5.1\")"),
        check.to_owned(),
    ];
    let shown = execute(&cells);
    assert!(
        shown[1].contains("Weyl in action: todo") && shown[1].contains("no function `weyl_shifts` yet"),
        "{shown:?}"
    );
    assert!(shown[2].contains("mismatched types"), "{shown:?}");
    assert!(
        shown[3].contains("Weyl in action: FAILED") && shown[3].contains("in cell [3] did not compile"),
        "{shown:?}"
    );
    assert!(shown[5].contains("Weyl in action: todo") && shown[5].contains("not written yet"), "{shown:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let notebook = folder.path().join("without_its_exercise.ipynb");
    write_notebook(&notebook, &[first_cell.as_str(), check]);
    let output = nbconvert("rust-solutions", &notebook).output().expect("nbconvert runs");
    let told = common::said(&output);
    assert!(!output.status.success() && told.contains("3/5.1 Weyl in action: still to do"), "{told}");
}

/// JupyterLab silently ignores a setting that it does not know.
#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn jupyterlab_knows_the_settings_that_it_gets() {
    let lab = root().join(".venv/share/jupyter/lab");
    let read =
        |file: &str| -> Value { serde_json::from_str(&fs::read_to_string(lab.join(file)).expect(file)).expect("JSON") };
    let settings = read("settings/overrides.json");
    for (plugin, values) in settings.as_object().expect("plugins") {
        let schema = read(&format!("schemas/{}.json", plugin.replace(':', "/")));
        for (name, value) in values.as_object().expect("settings") {
            let default = &schema["properties"][name]["default"];
            assert!(!default.is_null(), "{plugin} has no {name}");
            if let (Some(value), Some(default)) = (value.as_object(), default.as_object()) {
                assert!(value.keys().eq(default.keys()), "{plugin} {name} replaces {default:?}");
            }
        }
    }
}

/// The crates' metadata in the folder of a build.
fn metadata_files(target: &Path) -> Vec<PathBuf> {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let all = files(target).flat_map(|target| files(&target.join("debug/deps")).collect::<Vec<_>>());
    all.filter(|file| file.extension().is_some_and(|extension| extension == "rmeta")).collect()
}

/// Errors and printed text of each cell, on a kernel of their own.
fn execute(cells: &[String]) -> Vec<String> {
    let cells: Vec<_> = cells.iter().map(|code| json!({"code": code, "interrupt_after": null})).collect();
    let job = json!({
        "argv": [course().get_program().to_string_lossy(), "kernel", "--control-file", "{connection_file}"],
        "env": {}, "folder": root().join("notebooks"), "cells": cells, "timeout": 600,
    });
    let output = Command::new(root().join(".venv/bin/python"))
        .args(["-c", include_str!("../python/session.py"), &job.to_string()])
        .output()
        .expect("the Python of .venv");
    let session: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let text = |outputs: &Value| -> String {
        let outputs = outputs.as_array().expect("outputs").iter();
        let shown = |output: &Value| {
            let texts = [&output["evalue"], &output["text"], &output["data"]["text/plain"]];
            texts.into_iter().find_map(Value::as_str).map(str::to_owned)
        };
        outputs.filter_map(shown).collect()
    };
    session["cells"].as_array().expect("cells").iter().map(|cell| text(&cell["outputs"])).collect()
}

/// A kernel under a shell that plays the Jupyter server.
struct Kernel {
    server: Child,
    launcher: u32,
    copy: PathBuf,
    _folder: tempfile::TempDir,
}

impl Kernel {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = folder.path().join("connection.json");
        fs::write(&connection, connection_file().to_string()).expect("writable");
        let program = course().get_program().to_owned();
        let script = "\"$0\" kernel --control-file \"$1\" & echo $!; wait";
        let mut server = Command::new("sh")
            .args(["-c", script])
            .arg(program)
            .arg(&connection)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("a process id");
        let launcher = line.trim().parse().expect("a process id");
        // Whole before the first assertion, so that its end is seen to in any case.
        let mut kernel = Self { server, launcher, copy: PathBuf::new(), _folder: folder };
        wait_until("the kernel runs in its copy", || {
            kernel.copy = copy_of(launcher).unwrap_or_default();
            kernel.copy.join("build/ctx/target").is_dir() && kernel.runs()
        });
        kernel
    }

    fn runs(&self) -> bool {
        is_running(&self.copy, "evcxr_jupyter --control_file")
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        // After a failed assertion nothing may stay behind.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn copy_of(launcher: u32) -> Option<PathBuf> {
    let copies = fs::read_dir(root().join(".course/kernels")).ok()?;
    copies.filter_map(|entry| Some(entry.ok()?.path())).find(|copy| {
        fs::read_to_string(copy.join("process-group")).is_ok_and(|group| group.trim() == launcher.to_string())
    })
}

fn is_running(copy: &Path, program: &str) -> bool {
    let list = Command::new("ps").args(["-A", "-o", "stat=,args="]).output().expect("ps");
    let copy = copy.to_string_lossy();
    String::from_utf8_lossy(&list.stdout)
        .lines()
        .any(|line| !line.starts_with('Z') && line.contains(program) && line.contains(copy.as_ref()))
}

fn kill(pid: u32, signal: &str) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
    assert!(status.success());
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn connection_file() -> Value {
    let sockets: Vec<_> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let ports: Vec<_> = sockets.iter().map(|socket| socket.local_addr().expect("an address").port()).collect();
    json!({
        "ip": "127.0.0.1", "transport": "tcp", "key": "key", "signature_scheme": "hmac-sha256", "kernel_name": "rust",
        "shell_port": ports[0], "iopub_port": ports[1], "stdin_port": ports[2], "control_port": ports[3], "hb_port": ports[4],
    })
}

fn printed(executed: &Path) -> Vec<String> {
    let notebook: Value = serde_json::from_str(&fs::read_to_string(executed).expect("executed")).expect("JSON");
    let outputs = notebook["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .flat_map(|cell| cell["outputs"].as_array().expect("outputs"));
    // nbformat writes a text as its lines.
    outputs
        .filter_map(|output| output["text"].as_array())
        .map(|lines| lines.iter().filter_map(Value::as_str).collect())
        .collect()
}
