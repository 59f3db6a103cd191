//! nbgrader, which keeps the grades: called in a course folder.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::layout::Layout;
use crate::packages::Packages;
use crate::python::venv_command;

const NBGRADER: Packages = Packages {
    name: "nbgrader",
    requirements: "requirements-grading.txt",
    effort: "10 s to 1 min, downloads 30 MB and takes 90 MB of disk",
};

/// Installs nbgrader unless it is there.
pub(crate) fn ensure(layout: &Layout) -> Result<()> {
    NBGRADER.ensure(layout)
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
