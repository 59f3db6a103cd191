//! `course kernel`: what Jupyter starts. It gives the unmodified `evcxr_jupyter` a copy of the warmed build and the right environment, and cleans up after it.

mod cell;
mod code;
mod completion;
mod connection;
mod failure;
mod memory;
mod progress;
mod proxy;
mod report;
mod sockets;
mod versions;
mod wire;

use std::os::unix::process::{CommandExt, ExitStatusExt, parent_id};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use course_protocol::variables::{LAUNCHER, SOLUTIONS};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::layout::Layout;
use crate::live::{self, LiveCopy};
use crate::process::command;
use crate::setup;
use crate::toolchain::Toolchain;
use crate::warmed_build;

use cell::Surroundings;
use completion::Completion;
use connection::Connection;
use memory::Memory;
use proxy::Proxy;
use sockets::{Clients, Kernel};
use versions::Versions;
use wire::Signer;

/// How often the launcher checks that its parent is still there.
const PARENT_INTERVAL: Duration = Duration::from_millis(500);
/// How often evcxr is started if somebody takes its ports before it does.
const ATTEMPTS: usize = 3;

/// Runs one kernel until it ends, and returns its exit code.
pub(crate) fn run(layout: &Layout, control_file: &Path, solutions: bool) -> Result<u8> {
    let evcxr = layout.program("evcxr_jupyter");
    if !evcxr.is_file() || !layout.warmed_build().join("Cargo.toml").is_file() {
        bail!("the Rust kernel is not set up\n  remedy: run `cargo course setup` in {}", layout.root().display());
    }
    let connection = Connection::read(control_file)?;
    // Before the copy is made, so that no signal can leave it behind.
    let mut events = Events::watch()?;

    live::sweep(layout)?;
    // rustc answers while the disk is busy.
    let (toolchain, copy) = std::thread::scope(|scope| {
        let toolchain = scope.spawn(|| Toolchain::ask(layout));
        let copy = LiveCopy::create(layout);
        (toolchain.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), copy)
    });
    let (toolchain, copy) = (toolchain?, copy?);
    let preload = setup::preload(layout, &toolchain)?;
    let surroundings = Surroundings {
        token: token(),
        solutions,
        generated: warmed_build::evcxr_folder(&copy.workspace()).join("src/lib.rs"),
        preloads: !preload.is_empty(),
        memory: Memory::default(),
        completion: Completion::new(
            layout,
            &warmed_build::evcxr_folder(&copy.workspace()).join("target").join(&toolchain.host).join("debug/deps"),
        ),
        versions: Versions::default(),
    };

    start_watcher(copy.folder())?;
    let mut child = command(&evcxr);
    child.arg("--control_file");
    child.envs(warmed_build::environment(layout, &copy.workspace(), &toolchain, &preload)?);
    child.env_remove("CARGO_ENCODED_RUSTFLAGS").stdin(Stdio::null()).stdout(Stdio::null());
    child.env(LAUNCHER, &surroundings.token);
    if solutions {
        child.env(SOLUTIONS, "1");
    } else {
        child.env_remove(SOLUTIONS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let served = runtime.block_on(serve(&connection, &child, copy.folder(), surroundings, &mut events));
    live::end_strays(layout, rustix::process::getpgrp().as_raw_nonzero().get());
    drop(copy);
    served
}

/// Starts what cleans up if this launcher is killed.
fn start_watcher(copy: &Path) -> Result<()> {
    let mut watcher = command(std::env::current_exe().context("cannot find the path of this program")?);
    watcher.arg("watch").arg(copy).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own: Jupyter kills the launcher's.
    watcher.process_group(0).spawn().map(drop).context("cannot start what watches the kernel's launcher")
}

/// Waits for the end of a launcher, and removes what it leaves behind: evcxr, the process of a cell, the copy of the build.
pub(crate) fn watch(layout: &Layout, copy: &Path) -> Result<u8> {
    live::wait_for_end(copy)?;
    live::sweep(layout).map(|()| 0)
}

/// Starts evcxr, connects it with the clients, and returns its exit code.
async fn serve(
    connection: &Connection,
    evcxr: &Command,
    folder: &Path,
    surroundings: Surroundings,
    events: &mut Events,
) -> Result<u8> {
    let signer = Signer::new(&connection.key)?;
    let clients = Clients::bind(connection).await?;
    let mut attempt = 0;
    let (kernel, pid, _file) = loop {
        attempt += 1;
        let private = connection.private()?;
        let file = private.write(folder)?;
        let pid = events.start(evcxr, file.path())?;
        tokio::select! {
            kernel = Kernel::connect(&private, &clients) => break (kernel?, pid, file),
            // evcxr binds its ports before all else: if it ends without, somebody else has them.
            end = events.end_of(pid) => match end {
                End::OfKernel(_) if attempt < ATTEMPTS => {}
                end => return Ok(end.code()),
            },
        }
    };
    let mut proxy = Proxy::new(clients, kernel, signer, surroundings);
    tokio::select! {
        asked = proxy.run() => {
            end(pid);
            asked.map(|()| 0)
        }
        end = events.end_of(pid) => Ok(end.code()),
    }
}

/// What happens outside the protocol.
struct Events {
    sender: UnboundedSender<Event>,
    receiver: UnboundedReceiver<Event>,
    parent: u32,
}

enum Event {
    Signal(i32),
    Ended(std::io::Result<ExitStatus>),
}

/// Why a kernel has ended.
enum End {
    OfKernel(u8),
    OfLauncher(u8),
}

impl End {
    fn code(&self) -> u8 {
        match self {
            Self::OfKernel(code) | Self::OfLauncher(code) => *code,
        }
    }
}

impl Events {
    fn watch() -> Result<Self> {
        let parent = parent_id();
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut signals =
            signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
        let on_signal = sender.clone();
        std::thread::spawn(move || {
            signals.forever().take_while(|signal| on_signal.send(Event::Signal(*signal)).is_ok()).count()
        });
        Ok(Self { sender, receiver, parent })
    }

    /// Starts evcxr with this connection file.
    fn start(&self, evcxr: &Command, file: &Path) -> Result<Pid> {
        let mut child = command(evcxr.get_program());
        child.args(evcxr.get_args()).arg(file).stdin(Stdio::null()).stdout(Stdio::null());
        for (name, value) in evcxr.get_envs() {
            match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
        let mut child = child.spawn().context("cannot start the kernel")?;
        let pid = Pid::from_child(&child);
        let sender = self.sender.clone();
        std::thread::spawn(move || sender.send(Event::Ended(child.wait())));
        Ok(pid)
    }

    /// Waits for the end of evcxr, and brings it about if the launcher has to end.
    async fn end_of(&mut self, pid: Pid) -> End {
        loop {
            match tokio::time::timeout(PARENT_INTERVAL, self.receiver.recv()).await {
                Ok(Some(Event::Ended(status))) => return End::OfKernel(status.map_or(1, exit_code)),
                Ok(Some(Event::Signal(signal))) => {
                    end(pid);
                    return End::OfLauncher(128 + u8::try_from(signal).unwrap_or(0));
                }
                Ok(None) => return End::OfLauncher(1),
                Err(_) if parent_id() != self.parent => {
                    end(pid);
                    return End::OfLauncher(1);
                }
                Err(_) => {}
            }
        }
    }
}

/// Something that no cell prints by accident.
fn token() -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{random:016x}")
}

fn end(pid: Pid) {
    // It has nothing to save, and may be in a cell that never ends.
    let _ = kill_process(pid, Signal::KILL);
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings() -> Surroundings {
        Surroundings {
            token: token(),
            solutions: false,
            generated: "no-such-file".into(),
            preloads: false,
            memory: Memory::default(),
            completion: Completion::default(),
            versions: Versions::default(),
        }
    }

    /// How often a program was started in evcxr's place, and what came of it within two seconds.
    fn started(script: &str) -> Result<(usize, Option<u8>)> {
        let folder = tempfile::tempdir()?;
        let outer = folder.path().join("outer.json");
        let ports = r#""shell_port": 0, "iopub_port": 0, "stdin_port": 0, "control_port": 0, "hb_port": 0"#;
        std::fs::write(&outer, format!(r#"{{"transport": "tcp", "ip": "127.0.0.1", "key": "", {ports}}}"#))?;
        let connection = Connection::read(&outer)?;
        let starts = folder.path().join("starts");
        let mut evcxr = Command::new("sh");
        evcxr.args(["-c", &format!("echo \"$0\" >> '{}'; {script}", starts.display())]);
        let mut events = Events::watch()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ended = runtime.block_on(async {
            let serving = serve(&connection, &evcxr, folder.path(), surroundings(), &mut events);
            tokio::time::timeout(Duration::from_secs(2), serving).await
        });
        let files = std::fs::read_to_string(starts)?;
        let different: std::collections::BTreeSet<_> = files.lines().collect();
        assert_eq!(different.len(), files.lines().count(), "each has ports of its own");
        Ok((different.len(), ended.ok().transpose()?))
    }

    #[test]
    fn evcxr_is_started_again_when_its_ports_are_taken_but_not_for_ever() -> Result<()> {
        assert_eq!(started("exit 3")?, (ATTEMPTS, Some(3)));
        // The second one is about to bind its ports.
        assert_eq!(
            started("if [ -e \"${0%/*}/tried\" ]; then exec sleep 3; fi; : > \"${0%/*}/tried\"; exit 3")?,
            (2, None)
        );
        Ok(())
    }
}
