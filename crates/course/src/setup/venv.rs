//! The Python environment `.venv`, with Jupyter pinned and hashed.

use std::fs;

use anyhow::{Context, Result};

use super::prerequisites::{Need, find_python};
use super::{Stage, stamp};
use crate::layout::Layout;
use crate::process::{command, watch};
use crate::python::{contain, pip_install};
use crate::report::Step;
use crate::stamp::Fingerprint;

pub(super) fn stage(layout: &Layout) -> Result<Stage<'_>> {
    let fingerprint = Fingerprint::default()
        // A Python environment contains its own path, and does not survive a move of the checkout.
        .text("root", &layout.root().to_string_lossy())
        .file(&layout.requirements())?
        .finish();
    let name = "Python environment";
    Ok(Stage {
        name,
        effort: "Jupyter into .venv: 20 s to 1 min, downloads 50 MB".into(),
        fingerprint,
        stamp: stamp(layout, "venv"),
        in_place: layout.venv_program("python").is_file() && layout.venv_program("jupyter-lab").is_file(),
        disk: 500_000_000,
        needs: &[Need::Python],
        builds: false,
        ahead: None,
        run: Box::new(move |_| install(layout, name)),
    })
}

fn install(layout: &Layout, name: &str) -> Result<()> {
    let venv = layout.venv();
    let system_python = find_python()?;
    let step = Step::start(name);
    // Uses what an interrupted installation left, but not an environment of other versions or of a Python that is gone.
    let unfinished = layout.state().join("stamps/venv-unfinished");
    let wanted =
        Fingerprint::default().file(&layout.requirements())?.text("python", &system_python.to_string_lossy()).finish();
    let resumes = fs::read_to_string(&unfinished).is_ok_and(|found| found.trim() == wanted)
        && layout.venv_program("python").is_file();
    if !resumes && venv.exists() {
        fs::remove_dir_all(&venv).with_context(|| format!("cannot remove the old {}", venv.display()))?;
    }
    crate::stamp::write_atomically(&unfinished, format!("{wanted}\n").as_bytes())?;
    step.message("making the environment");
    let mut make = command(&system_python);
    contain(&mut make, layout);
    watch(make.args(["-I", "-m", "venv"]).arg(&venv), &layout.log("venv"), |_| {})?;
    let mut install = pip_install(layout, &layout.requirements());
    watch(&mut install, &layout.log("pip"), |line| {
        let line = line.trim();
        if let Some(package) = line.strip_prefix("Collecting ") {
            step.message(package.split([' ', '=']).next().unwrap_or(package));
        } else if line.starts_with("Installing collected") {
            step.message("installing");
        }
    })?;
    let _ = fs::remove_dir_all(layout.state().join("cache/pip"));
    let _ = fs::remove_file(unfinished);
    step.done();
    Ok(())
}
