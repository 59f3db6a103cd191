//! The tests in a real browser, the machine's Chromium: `tests/browser` drives it through JupyterLab, `tests/site.py` through the site,
//! `tests/playground.py` through the figures to play with.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::layout::Layout;
use crate::packages::Packages;
use crate::playground;
use crate::process::{command, watch};
use crate::python::python;
use crate::report::{Step, note};

const PLAYWRIGHT: Packages = Packages {
    name: "playwright",
    requirements: "requirements-browser.txt",
    effort: "10 s to 1 min, downloads 56 MB and takes 190 MB of disk",
};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser, or why there is none.
pub(crate) fn find(layout: &Layout) -> Result<PathBuf, String> {
    if let Some(found) = on_path() {
        return Ok(found);
    }
    if !may_install() {
        return Err(format!("none of {} is on PATH; on Debian: `apt install chromium`", NAMES.join(", ")));
    }
    install(layout).map_err(|error| format!("Chromium cannot be installed: {error:#}"))?;
    on_path().ok_or_else(|| "Chromium was installed and is not on PATH".to_owned())
}

/// Runs the scenarios in JupyterLab.
pub(crate) fn run(layout: &Layout, chromium: &Path) -> Result<()> {
    drive(layout, "browser", &[&layout.program("course"), layout.root(), chromium])
}

/// Goes through all pages of the site.
pub(crate) fn visit_site(layout: &Layout, chromium: &Path) -> Result<()> {
    drive(layout, "site.py", &[&layout.site(), &layout.scripts(), chromium])
}

/// Plays with the figures to play with.
pub(crate) fn play(layout: &Layout, chromium: &Path) -> Result<()> {
    let (folder, expected) = (layout.playground(), layout.results().join("playground.json"));
    playground::build(layout, &folder)?;
    playground::write_expected(layout, &expected)?;
    drive(layout, "playground.py", &[&folder, &expected, chromium])
}

/// Runs a script, or a folder with a `__main__.py`, of the folder `tests`; pictures of the pages stay in `target/course/browser`.
fn drive(layout: &Layout, name: &str, arguments: &[&Path]) -> Result<()> {
    PLAYWRIGHT.ensure(layout)?;
    let pictures = layout.results().join("browser");
    fs::create_dir_all(&pictures).with_context(|| format!("cannot create {}", pictures.display()))?;
    let mut script = python(layout);
    script.arg(layout.root().join(format!("crates/course/tests/{name}"))).args(arguments).arg(&pictures);
    let status = script.stdin(Stdio::null()).status().context("cannot run the Python of .venv")?;
    note(&format!("pictures of the pages: {}", layout.shown(&pictures)));
    if status.success() { Ok(()) } else { bail!("something is wrong, see above") }
}

fn on_path() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| which::which(name).ok())
}

/// Nobody's own machine is changed: only one of a CI, and only where the package is a browser (in Ubuntu it is a reference to a snap).
fn may_install() -> bool {
    let is_debian =
        || fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    env::var_os("CI").is_some_and(|value| value == "true") && rustix::process::geteuid().is_root() && is_debian()
}

fn install(layout: &Layout) -> Result<()> {
    let step = Step::start("Chromium");
    // The browser only recommends a font, and without one a page shows no text.
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation"]]
    {
        let mut apt = command("apt-get");
        apt.arg("--quiet").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        watch(&mut apt, &layout.log("apt"), |_| {})?;
    }
    step.done();
    Ok(())
}
