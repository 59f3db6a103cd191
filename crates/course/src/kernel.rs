//! `course kernel`: what Jupyter starts. It gives the unmodified `evcxr_jupyter` a copy of the warmed build and the right environment, and cleans up after it.

use std::os::unix::process::{CommandExt, ExitStatusExt, parent_id};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use course_protocol::variables::{SOLUTIONS, STRICT};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::layout::Layout;
use crate::live::{self, LiveCopy};
use crate::process::command;
use crate::setup;
use crate::toolchain::Toolchain;
use crate::warmed_build::{self, OnPanic};

/// How often the launcher checks that its parent is still there.
const PARENT_INTERVAL: Duration = Duration::from_millis(500);

/// Runs one kernel until it ends, and returns its exit code.
pub(crate) fn run(layout: &Layout, control_file: &Path, solutions: bool) -> Result<u8> {
    let parent = parent_id();
    let evcxr = layout.program("evcxr_jupyter");
    if !evcxr.is_file() || !layout.warmed_build().join("Cargo.toml").is_file() {
        bail!("the Rust kernel is not set up\n  remedy: run `cargo course setup` in {}", layout.root().display());
    }
    if !control_file.is_file() {
        bail!("there is no connection file {}: `kernel` is meant to be called by Jupyter", control_file.display());
    }
    // Before the copy is made, so that no signal can leave it behind.
    let (sender, events) = mpsc::channel();
    let mut signals =
        signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
    let on_signal = sender.clone();
    std::thread::spawn(move || {
        signals.forever().take_while(|signal| on_signal.send(Event::Signal(*signal)).is_ok()).count()
    });

    live::sweep(layout)?;
    // rustc answers while the disk is busy.
    let (toolchain, copy) = std::thread::scope(|scope| {
        let toolchain = scope.spawn(|| Toolchain::ask(layout));
        let copy = LiveCopy::create(layout);
        (toolchain.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), copy)
    });
    let (toolchain, copy) = (toolchain?, copy?);
    let on_panic =
        if std::env::var_os(STRICT).is_some_and(|value| value == "1") { OnPanic::Fail } else { OnPanic::KeepVariables };

    // By way of this program, because only a process itself can ask to die with its parent: see `run_tied`.
    let mut child = command(std::env::current_exe().context("cannot find the path of this program")?);
    child.arg("tied").arg(std::process::id().to_string()).arg("--").arg(&evcxr).arg("--control_file").arg(control_file);
    let preload = setup::preload(layout, &toolchain)?;
    child.envs(warmed_build::environment(layout, &copy.workspace(), &toolchain, on_panic, &preload)?);
    child.env_remove("CARGO_ENCODED_RUSTFLAGS").stdin(Stdio::null()).stdout(Stdio::null());
    if solutions {
        child.env(SOLUTIONS, "1");
    } else {
        child.env_remove(SOLUTIONS);
    }
    let mut child = child.spawn().with_context(|| format!("cannot run {}", evcxr.display()))?;
    let pid = Pid::from_child(&child);
    std::thread::spawn(move || sender.send(Event::Ended(child.wait())));

    let code = loop {
        match events.recv_timeout(PARENT_INTERVAL) {
            Ok(Event::Ended(status)) => {
                break exit_code(status.context("cannot wait for the kernel")?);
            }
            Ok(Event::Signal(signal)) => {
                end(pid);
                break 128 + u8::try_from(signal).unwrap_or(0);
            }
            Err(RecvTimeoutError::Timeout) if parent_id() != parent => {
                end(pid);
                break 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break 1,
        }
    };
    live::end_strays(layout, rustix::process::getpgrp().as_raw_nonzero().get());
    drop(copy);
    Ok(code)
}

/// Becomes `program`, tied to the launcher's life where the system supports it: a killed launcher takes the kernel along.
pub(crate) fn run_tied(launcher: u32, program: &Path, arguments: &[std::ffi::OsString]) -> Result<u8> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .context("cannot tie the kernel to its launcher")?;
    if parent_id() != launcher {
        bail!("the launcher of this kernel has ended");
    }
    let error = command(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", program.display()))
}

enum Event {
    Signal(i32),
    Ended(std::io::Result<ExitStatus>),
}

fn end(pid: Pid) {
    // It has nothing to save, and may be in a cell that never ends.
    let _ = kill_process(pid, Signal::KILL);
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
