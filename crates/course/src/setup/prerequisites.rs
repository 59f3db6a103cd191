//! What the machine must have before we begin, each with its remedy.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::Stage;
use crate::layout::Layout;
use crate::process::command;

/// Something that a stage needs from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Python with its `venv` module.
    Python,
    /// A C compiler's driver, which rustc links with.
    Linker,
}

/// The oldest Python that Jupyter's pinned versions support.
const OLDEST_PYTHON: (u32, u32) = (3, 10);
/// How long a connection within this machine may take.
const LOOPBACK_TIMEOUT: Duration = Duration::from_secs(5);
const PYTHON_NAMES: [&str; 7] =
    ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// Checks everything that these stages need, before the first of them begins.
pub(crate) fn check(layout: &Layout, stages: &[&Stage]) -> Result<()> {
    let needed = |need| stages.iter().any(|stage| stage.needs.contains(&need));
    if needed(Need::Python) {
        find_python()?;
    }
    if needed(Need::Linker) {
        check_linker()?;
    }
    check_disk(layout.root(), stages.iter().map(|stage| stage.disk).sum())
}

/// Jupyter, the kernels and this program talk to one another over the loopback network; without it, they wait for minutes in silence.
pub(super) fn check_loopback() -> Result<()> {
    check_talk(Ipv4Addr::LOCALHOST)
}

fn check_talk(address: Ipv4Addr) -> Result<()> {
    let talk = || -> std::io::Result<()> {
        let listener = TcpListener::bind((address, 0))?;
        TcpStream::connect_timeout(&listener.local_addr()?, LOOPBACK_TIMEOUT)?;
        Ok(())
    };
    talk().map_err(|error| {
        anyhow!(
            "there is no loopback network, over which Jupyter talks to its kernels: {address} says {error}\n  \
             remedy: `ip link set lo up`, as root; in a container or a sandbox, allow it a network of its own"
        )
    })
}

/// The first Python on the PATH that is new enough and can make environments.
pub(crate) fn find_python() -> Result<PathBuf> {
    let mut too_old = Vec::new();
    let mut without_venv = Vec::new();
    for path in PYTHON_NAMES.iter().filter_map(|name| which::which(name).ok()) {
        // Debian packages ensurepip separately: without it, venv can be imported but fails when used.
        let script = "import sys\nprint(*sys.version_info[:2], flush=True)\nimport venv, ensurepip, ssl";
        let asked = command(&path).args(["-I", "-c", script]).stdin(Stdio::null()).output();
        let Ok(answer) = asked else { continue };
        let Some(version) = python_version(&String::from_utf8_lossy(&answer.stdout)) else {
            continue;
        };
        if version < OLDEST_PYTHON {
            too_old.push(format!("{} is {}.{}", path.display(), version.0, version.1));
        } else if !answer.status.success() {
            without_venv.push((path, version));
        } else {
            return Ok(path);
        }
    }
    if let Some((path, (major, minor))) = without_venv.first() {
        bail!(
            "{} cannot make environments: its module venv, ensurepip or ssl is missing\n  \
             remedy: `apt install python3-venv` or `apt install python{major}.{minor}-venv` (Debian, Ubuntu), then run the same command again",
            path.display()
        );
    }
    let found = if too_old.is_empty() { "there is none on the PATH".to_owned() } else { too_old.join(", ") };
    bail!(
        "Jupyter needs Python 3.10 or later, and {found}\n  \
         remedy: `apt install python3 python3-venv` (Debian, Ubuntu), `brew install python` (macOS), then run the same command again"
    )
}

fn python_version(said: &str) -> Option<(u32, u32)> {
    let (major, minor) = said.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn check_linker() -> Result<()> {
    let works = which::which("cc").is_ok_and(|cc| {
        let asked = command(cc).arg("--version").stdin(Stdio::null()).output();
        asked.is_ok_and(|answer| answer.status.success())
    });
    if works {
        return Ok(());
    }
    bail!(
        "there is no C linker: `cc` is not on the PATH or does not run, and the kernel needs it for every cell\n  \
         remedy: `apt install build-essential` (Debian, Ubuntu), `xcode-select --install` (macOS), then run the same command again"
    )
}

fn check_disk(folder: &Path, needed: u64) -> Result<()> {
    let free = free_bytes(folder)?;
    if free >= needed {
        return Ok(());
    }
    bail!(
        "too little disk: {} are free in {}, and this needs up to {} while it works\n  \
         remedy: free some space, or move the checkout to a larger disk, then run the same command again",
        gigabytes(free),
        folder.display(),
        gigabytes(needed)
    )
}

fn free_bytes(folder: &Path) -> Result<u64> {
    let disk = rustix::fs::statvfs(folder)
        .with_context(|| format!("cannot tell how much disk is free for {}", folder.display()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_are_compared_by_number() {
        assert_eq!(python_version("3 11\n"), Some((3, 11)));
        assert!(python_version("3 9\n") < Some(OLDEST_PYTHON) && python_version("3 14\n") > Some(OLDEST_PYTHON));
        assert_eq!(python_version("pyenv: python3.12: command not found"), None);
    }

    #[test]
    fn an_address_that_does_not_answer_is_told_with_the_remedy() {
        assert!(check_loopback().is_ok());
        // Reserved for documentation: no machine has it.
        let error = check_talk(Ipv4Addr::new(192, 0, 2, 1)).expect_err("not ours").to_string();
        assert!(error.contains("192.0.2.1 says") && error.contains("remedy"), "{error}");
    }

    #[test]
    fn too_little_disk_is_told_with_both_numbers() {
        let error = check_disk(Path::new("/"), u64::MAX).expect_err("no disk is so large").to_string();
        assert!(error.contains("too little disk") && error.contains("GB are free"), "{error}");
    }
}
