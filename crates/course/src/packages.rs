//! Python packages that only some commands need: installed into `.venv` when they are first needed.

use anyhow::Result;

use crate::filelock;
use crate::layout::Layout;
use crate::process::watch;
use crate::python::pip_install;
use crate::report::{Step, note};
use crate::stamp::{Fingerprint, Stamp};

/// Packages with a locked file of requirements of their own.
pub(crate) struct Packages {
    /// What they are for, and the name of their program in `.venv`.
    pub(crate) name: &'static str,
    /// Their file in the folder of the notebooks. What they need besides is in requirements.txt: the two files were made together.
    pub(crate) requirements: &'static str,
    /// Time, download and disk.
    pub(crate) effort: &'static str,
}

impl Packages {
    /// Installs them unless they are there.
    pub(crate) fn ensure(&self, layout: &Layout) -> Result<()> {
        let requirements = layout.notebooks().join(self.requirements);
        let fingerprint = Fingerprint::default()
            .text("root", &layout.root().to_string_lossy())
            .file(&layout.requirements())?
            .file(&requirements)?
            .finish();
        let stamp = Stamp::at(layout.state().join("stamps").join(self.name));
        let is_there = || layout.venv_program(self.name).is_file() && stamp.matches(&fingerprint);
        if is_there() {
            return Ok(());
        }
        let _alone =
            filelock::exclusive(&layout.lock("setup"), || note("waiting for another set-up of this checkout to end"))?;
        if is_there() {
            return Ok(());
        }
        note(&format!("to do now, once: {} into .venv, {}", self.name, self.effort));
        stamp.clear()?;
        let step = Step::start(self.name);
        let mut install = pip_install(layout, &requirements);
        watch(install.arg("--no-deps"), &layout.log(&format!("pip-{}", self.name)), |line| {
            if let Some(package) = line.trim().strip_prefix("Collecting ") {
                step.message(package.split([' ', '=']).next().unwrap_or(package));
            }
        })?;
        stamp.write(&fingerprint)?;
        step.done();
        Ok(())
    }
}
