//! What goes wrong around a notebook: runs that are killed, cells that print without end, notebooks in other folders.

mod common;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{course, root, said, write_notebook};

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_run_that_is_ended_leaves_nothing_running() {
    for signal in ["-TERM", "-KILL"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sleeping.ipynb");
        let asleep = folder.path().join("asleep");
        let sleeping = format!(
            "std::fs::write({asleep:?}, \"\").unwrap();\nstd::thread::sleep(std::time::Duration::from_secs(600));"
        );
        write_notebook(&path, &["let a = 1;", &sleeping]);
        let mut run = course()
            .arg("run")
            .arg(&path)
            .args(["--timeout", "600"])
            .stdout(Stdio::null())
            .spawn()
            .expect("course runs");
        wait_until("the cell sleeps", || asleep.exists());
        let family = descendants(run.id());
        assert!(family.0.len() >= 4, "driver, launcher, evcxr and the process of its cells: {:?}", family.0);
        kill(&run, signal);
        run.wait().expect("it has ended");
        wait_until(&format!("nothing is left after kill {signal}"), || !family.is_running());
    }
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_cell_that_prints_without_end_is_cut_and_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("flood.ipynb");
    write_notebook(&path, &["let a = 1;", "loop { println!(\"{}\", \"0123456789\".repeat(7)); }"]);
    let output = course().arg("run").arg(&path).args(["--timeout", "8"]).output().expect("course runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("did not end within 8 s"), "{}", said(&output));
    let executed = root().join(format!("target/course/outside{}/flood.ipynb", folder.path().display()));
    let executed = fs::read_to_string(executed).expect("executed");
    assert!(executed.contains("the rest is cut"));
    // Each line is an output of its own, with its frame of JSON.
    assert!(executed.len() < 2_000_000, "{} bytes", executed.len());
}

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_wrong_path_of_a_crate_is_told_at_once_with_the_right_one() {
    let folder = tempfile::tempdir_in(root().join("target")).expect("a folder");
    let path = folder.path().join("deep.ipynb");
    write_notebook(&path, &[":dep spectral-course = { path = \"../crates/spectral-course\" }"]);
    let output = course().arg("run").arg(&path).output().expect("course runs");
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("deep.ipynb") && told.contains("`path = \"../../crates/spectral-course\"`"), "{told}");
}

/// Processes, by id and command line.
struct Family(Vec<(u32, String)>);

impl Family {
    fn is_running(&self) -> bool {
        let all = processes();
        self.0.iter().any(|(pid, command)| all.iter().any(|(found, _, now)| found == pid && now == command))
    }
}

/// All that this process has started, and what those have.
fn descendants(ancestor: u32) -> Family {
    let all = processes();
    let mut found = vec![ancestor];
    let mut family = Vec::new();
    // A child may stand before its parent in the list.
    for _ in 0..10 {
        for (pid, parent, command) in &all {
            if found.contains(parent) && !found.contains(pid) {
                found.push(*pid);
                family.push((*pid, command.clone()));
            }
        }
    }
    Family(family)
}

/// Each process that is not a zombie: its id, its parent's and its command line.
fn processes() -> Vec<(u32, u32, String)> {
    let list = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat=,args="]).output().expect("ps");
    let process = |line: &str| {
        let mut fields = line.split_whitespace();
        let (pid, parent, state) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?, fields.next()?);
        (!state.starts_with('Z')).then(|| (pid, parent, fields.collect::<Vec<_>>().join(" ")))
    };
    String::from_utf8_lossy(&list.stdout).lines().filter_map(process).collect()
}

fn kill(process: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &process.id().to_string()]).status().expect("kill");
    assert!(status.success());
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
