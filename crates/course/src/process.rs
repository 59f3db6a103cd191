//! Other programs: started in a clean environment, watched while they run, explained when they fail.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};

/// How many lines of a failed program's output are shown; the log has all of them.
const SHOWN_LINES: usize = 25;

/// A command without the variables that `cargo run` sets for us: they would reach Jupyter, the kernels and their builds.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_cargo_run =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix));
        if of_cargo_run || name == "CARGO" || name == "CARGO_CRATE_NAME" || name == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Cargo: the one that runs us, if any.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The stdout of a short command.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    // Without the folder and the variables, which `{:?}` would add.
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a long command to its end. `on_piece` sees all its output, cut at `\n` and `\r`; the log gets the whole lines.
pub(crate) fn watch(command: &mut Command, log: &Path, mut on_piece: impl FnMut(&str)) -> Result<()> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut log_file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    let (sender, pieces) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|pipe| spawn_reader(pipe, sender.clone())),
        child.stderr.take().map(|pipe| spawn_reader(pipe, sender.clone())),
    ];
    drop(sender);
    let mut last_lines = VecDeque::new();
    for Piece { text, ends_line } in pieces {
        on_piece(&text);
        let plain = console::strip_ansi_codes(&text).trim_end().to_owned();
        if ends_line && !plain.trim().is_empty() {
            // A full disk must not hide what the program says about it.
            let _ = writeln!(log_file, "{plain}");
            last_lines.push_back(plain);
            if last_lines.len() > SHOWN_LINES {
                last_lines.pop_front();
            }
        }
    }
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let status = child.wait().with_context(|| format!("cannot wait for {program}"))?;
    if status.success() {
        return Ok(());
    }
    let said = Vec::from(last_lines).join("\n");
    let remedy = diagnose(&said).map(|remedy| format!("\n  remedy: {remedy}")).unwrap_or_default();
    bail!(
        "{program} failed ({status}); its whole output is in {}, which ends:\n{}{remedy}",
        log.display(),
        indented(&said)
    )
}

/// What may help, judging by what the failed program said.
pub(crate) fn diagnose(said: &str) -> Option<&'static str> {
    const DISK: [&str; 3] = ["No space left on device", "Disk quota exceeded", "os error 28"];
    const NETWORK: [&str; 19] = [
        "Could not resolve host",
        "Couldn't resolve host",
        "Could not resolve hostname",
        "Temporary failure in name resolution",
        "Name or service not known",
        "nodename nor servname provided",
        "Failed to establish a new connection",
        "Could not connect to server",
        "Couldn't connect to server",
        "Failed to connect to",
        "spurious network error",
        "Connection timed out",
        "ConnectTimeoutError",
        "Timeout was reached",
        "Network is unreachable",
        "ProxyError",
        "download of config.json failed",
        "could not download file",
        "(from versions: none)",
    ];
    let says = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if says(&DISK) {
        Some("the disk is full: free some space, then run the same command again; finished work is kept")
    } else if says(&NETWORK) {
        Some("no network, or a proxy in the way: connect, then run the same command again; it resumes where it stopped")
    } else if says(&["linker `cc` not found", "linking with `cc` failed"]) {
        Some("install a C linker: `apt install build-essential` (Debian, Ubuntu), `xcode-select --install` (macOS)")
    } else {
        None
    }
}

/// `text` with each line indented.
pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

struct Piece {
    text: String,
    ends_line: bool,
}

fn spawn_reader(pipe: impl Read + Send + 'static, sender: mpsc::Sender<Piece>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut piece = Vec::new();
        for byte in BufReader::new(pipe).bytes().map_while(|byte| byte.ok()) {
            if byte == b'\n' || byte == b'\r' {
                let text = String::from_utf8_lossy(&piece).into_owned();
                piece.clear();
                if sender.send(Piece { text, ends_line: byte == b'\n' }).is_err() {
                    return;
                }
            } else {
                piece.push(byte);
            }
        }
        if !piece.is_empty() {
            let _ = sender.send(Piece { text: String::from_utf8_lossy(&piece).into_owned(), ends_line: true });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_recognised() {
        let pip = "NewConnectionError('Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')";
        let cargo = "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname";
        for said in [pip, cargo] {
            assert!(diagnose(said).is_some_and(|remedy| remedy.contains("network")), "{said}");
        }
        assert!(
            diagnose("error: could not write: No space left on device (os error 28)")
                .is_some_and(|remedy| remedy.contains("disk"))
        );
        assert_eq!(diagnose("error[E0308]: mismatched types"), None);
    }

    #[test]
    fn a_failing_program_is_quoted() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log/step.log");
        let mut pieces = Vec::new();
        let script = "printf 'one\\rtwo\\n'; echo three >&2; exit 3";
        let error =
            watch(command("sh").args(["-c", script]), &log, |piece| pieces.push(piece.to_owned())).expect_err("exit 3");
        pieces.sort();
        assert_eq!(pieces, ["one", "three", "two"]);
        assert!(error.to_string().contains("    three"), "{error}");
        assert!(fs::read_to_string(&log)?.contains("two"));
        Ok(())
    }
}
