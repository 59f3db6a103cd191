//! Kernels side by side, and kernels whose server or launcher is killed.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{course, root, said};
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
    if cfg!(target_os = "linux") {
        wait_until("the kernel is gone", || !kernel.runs());
    }
    assert!(kernel.copy.exists(), "nobody was left to remove it");
    let sweep = course().arg("setup").output().expect("course runs");
    assert!(sweep.status.success(), "{}", said(&sweep));
    assert!(!kernel.copy.exists() && !kernel.runs());
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

fn write_notebook(path: &Path, cells: &[String]) {
    let cells: Vec<_> = cells
        .iter()
        .enumerate()
        .map(|(i, source)| {
            json!({"cell_type": "code", "id": format!("cell-{i}"), "metadata": {}, "execution_count": null, "outputs": [], "source": source})
        })
        .collect();
    let notebook = json!({
        "cells": cells, "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "rust", "display_name": "Rust", "language": "rust"}},
    });
    fs::write(path, notebook.to_string()).expect("writable");
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
