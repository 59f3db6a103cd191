//! `cargo course lab`: sets up what is missing and opens JupyterLab.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::layout::Layout;
use crate::python::venv_command;
use crate::report::note;
use crate::setup::{self, WhenBuildFails};
use crate::{live, notebook};

/// The notebook that opens when none is named.
const DEFAULT_NOTEBOOK: &str = "03_estimation";

/// Runs JupyterLab until it ends, and returns its exit code.
pub(crate) fn run(layout: &Layout, name: Option<&str>, arguments: &[String]) -> Result<u8> {
    let path = notebook::named(layout, name.unwrap_or(DEFAULT_NOTEBOOK))?;
    let Ok(inside) = path.strip_prefix(layout.root()) else {
        bail!(
            "{} is outside the checkout, where JupyterLab cannot open it\n  remedy: copy it into {}",
            path.display(),
            layout.notebooks().display()
        );
    };
    if let Some(port) = port_asked_for(arguments)? {
        check_port(port)?;
    }
    setup::run(layout, WhenBuildFails::GoOn)?;

    let mut jupyter = venv_command(layout, "jupyter-lab");
    jupyter
        .current_dir(layout.root())
        .arg(format!("--ServerApp.root_dir={}", layout.root().display()))
        // Ctrl-C should end it without a question; notebooks are saved as one works.
        .arg("--ServerApp.answer_yes=True")
        // As part of the address, so that it also works when opened by hand, from another machine.
        .arg(format!("--LabApp.default_url=/lab/tree/{}", url_path(&inside.to_string_lossy())))
        // News and version checks go to the network, and nobody here asked for them.
        .arg("--LabApp.news_url=None")
        .arg("--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate")
        .arg("--LabApp.custom_css=True")
        // Where the notebooks' links to figures to play with lead. Not below /files: pages from there may load no script of theirs.
        .arg(format!("--ServerApp.extra_static_paths={}", layout.playground().display()))
        // The address is a critical message of Jupyter's; some thirty lines about its parts would stand before it.
        .arg("--Application.log_level=ERROR")
        .stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        jupyter.arg("--allow-root");
    }
    jupyter.args(arguments);
    note(&format!("JupyterLab opens {}; press Ctrl-C here to end it", layout.shown(&path)));

    // Ctrl-C reaches Jupyter too, which then ends its kernels; we wait until it has.
    let interrupted = Arc::new(AtomicBool::new(false));
    let ended = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&interrupted)).context("cannot watch for signals")?;
    for signal in [SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended)).context("cannot watch for signals")?;
    }
    let mut jupyter = jupyter.spawn().context("cannot run jupyter-lab")?;
    let pid = Pid::from_child(&jupyter);
    let status = loop {
        if let Some(status) = jupyter.try_wait().context("cannot wait for JupyterLab")? {
            break status;
        }
        if ended.swap(false, Ordering::Relaxed) {
            let _ = kill_process(pid, Signal::TERM);
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    live::sweep(layout)?;
    if interrupted.load(Ordering::Relaxed) {
        return Ok(0);
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// A path as part of an address.
fn url_path(path: &str) -> String {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    utf8_percent_encode(path, ENCODED).to_string()
}

/// `--port N`, `--port=N` or the long names of the same.
fn port_asked_for(arguments: &[String]) -> Result<Option<u16>> {
    const NAMES: [&str; 3] = ["--port", "--ServerApp.port", "--LabApp.port"];
    for (i, argument) in arguments.iter().enumerate() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), arguments.get(i + 1).map(String::as_str)),
        };
        if NAMES.contains(&name) {
            let value = value.with_context(|| format!("{name} must have a number"))?;
            return value
                .parse()
                .map(Some)
                .with_context(|| format!("{name} must be a number from 0 to 65535, got {value:?}"));
        }
    }
    Ok(None)
}

/// Jupyter would quietly take another port, but whoever asks for one wants that one.
fn check_port(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {port} is in use by another program\n  \
             remedy: leave out `--port`, and Jupyter finds a free one, or choose another number"
        ),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("port {port} is reserved for the system\n  remedy: choose a number above 1023")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(arguments: &[&str]) -> Result<Option<u16>> {
        port_asked_for(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn the_port_is_read_in_each_form() -> Result<()> {
        assert_eq!(port(&["--no-browser"])?, None);
        assert_eq!(port(&["--no-browser", "--port", "8899"])?, Some(8899));
        assert_eq!(port(&["--ServerApp.port=8899"])?, Some(8899));
        assert!(port(&["--port=x"]).is_err() && port(&["--port"]).is_err());
        Ok(())
    }

    #[test]
    fn an_address_has_neither_spaces_nor_umlauts_nor_reserved_characters() {
        assert_eq!(url_path("notebooks/03_estimation-2.ipynb"), "notebooks/03_estimation-2.ipynb");
        assert_eq!(url_path("Übungen/03 é~?#%.ipynb"), "%C3%9Cbungen/03%20%C3%A9~%3F%23%25.ipynb");
    }

    #[test]
    fn a_taken_port_is_told_with_its_remedy() -> Result<()> {
        let taken = TcpListener::bind(("127.0.0.1", 0))?;
        let error = check_port(taken.local_addr()?.port()).expect_err("it is taken").to_string();
        assert!(error.contains("is in use") && error.contains("remedy"), "{error}");
        Ok(())
    }
}
