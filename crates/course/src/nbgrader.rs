//! nbgrader, which keeps the grades: installed into `.venv` when it is first needed, and called in a course folder.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::filelock;
use crate::layout::Layout;
use crate::process::watch;
use crate::python::{pip_install, venv_command};
use crate::report::{Step, note};
use crate::stamp::{Fingerprint, Stamp};

/// Installs nbgrader unless it is there.
pub(crate) fn ensure(layout: &Layout) -> Result<()> {
    let requirements = layout.notebooks().join("requirements-grading.txt");
    let fingerprint = Fingerprint::default()
        .text("root", &layout.root().to_string_lossy())
        .file(&layout.requirements())?
        .file(&requirements)?
        .finish();
    let stamp = Stamp::at(layout.state().join("stamps/nbgrader"));
    let is_there = || layout.venv_program("nbgrader").is_file() && stamp.matches(&fingerprint);
    if is_there() {
        return Ok(());
    }
    let _alone =
        filelock::exclusive(&layout.lock("setup"), || note("waiting for another set-up of this checkout to end"))?;
    if is_there() {
        return Ok(());
    }
    note("to do now, once: nbgrader into .venv, 10 s to 1 min, downloads 30 MB and takes 90 MB of disk");
    stamp.clear()?;
    let step = Step::start("nbgrader");
    // What it needs besides is in requirements.txt: the two files were made together.
    let mut install = pip_install(layout, &requirements);
    watch(install.arg("--no-deps"), &layout.log("pip-grading"), |line| {
        if let Some(package) = line.trim().strip_prefix("Collecting ") {
            step.message(package.split([' ', '=']).next().unwrap_or(package));
        }
    })?;
    stamp.write(&fingerprint)?;
    step.done();
    Ok(())
}

/// nbgrader, working in the course folder `folder`.
pub(crate) fn nbgrader(layout: &Layout, folder: &Path) -> Result<Command> {
    let mut command = venv_command(layout, "nbgrader");
    command.current_dir(folder);
    find_programs(&mut command, layout)?;
    Ok(command)
}

/// nbgrader calls `alembic` by its name.
pub(crate) fn find_programs(command: &mut Command, layout: &Layout) -> Result<()> {
    let found = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(layout.venv().join("bin")).chain(std::env::split_paths(&found));
    command.env("PATH", std::env::join_paths(folders)?);
    Ok(())
}
