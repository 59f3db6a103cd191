//! `cargo course class`: a course folder for nbgrader, with the notebooks as assignments.
//!
//! The exercises' cells become solution cells, their checks become locked tests with points, everything else that runs becomes read-only. The
//! folder keeps a list of what was written, so that a later call brings it up to date and leaves alone what the instructor has changed.

mod assignment;
mod folder;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::exercises;
use crate::layout::Layout;
use crate::nbgrader::{self, nbgrader};
use crate::notebook::{self, Notebook};
use crate::process::watch;
use crate::report::{Step, note, say, warning};
use crate::setup::{self, WhenBuildFails};

use folder::Folder;
pub(crate) use folder::is_course_folder;

/// What is appended by instructors is theirs; the rest is found by its path, so that grading uses the checkout as it is.
const CONFIG: &str = include_str!("../python/nbgrader_config.py");

/// Makes the course folder, or brings it up to date.
pub(crate) fn run(layout: &Layout, folder: &Path, library: Option<&str>) -> Result<()> {
    let mut folder = Folder::open(layout, folder)?;
    let mut names = Vec::new();
    let python = layout.scripts();
    let mut files =
        vec![("nbgrader_config.py".to_owned(), CONFIG.replace("{python}", &python_text(&python.to_string_lossy())))];
    for path in notebook::all(layout)? {
        let notebook = match Notebook::read(&path) {
            Ok(notebook) => notebook,
            Err(error) => {
                warning(&format!("left out: {error:#}"));
                continue;
            }
        };
        if exercises::of(&path, notebook.cells()).is_empty() {
            note(&format!("{} has no exercise, and is left out", layout.shown(&path)));
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = assignment::text(&path, &notebook, library).with_context(|| layout.shown(&path))?;
        files.push((format!("source/{name}/{name}.ipynb"), text));
        names.push(name);
    }
    if names.is_empty() {
        bail!("there is no notebook with exercises in {}", layout.shown(&layout.notebooks()));
    }
    setup::run(layout, WhenBuildFails::Stop)?;
    nbgrader::ensure(layout)?;
    folder.create()?;
    for (name, text) in &files {
        folder.write(name, text)?;
    }
    let step = Step::start("assignments");
    for (done, name) in names.iter().enumerate() {
        step.progress(done as u64, names.len() as u64, name);
        let mut generate = nbgrader(layout, folder.path())?;
        watch(generate.args(["generate_assignment", name, "--force"]), &layout.log("nbgrader"), |_| {})
            .with_context(|| format!("nbgrader cannot make the assignment {name}"))?;
    }
    step.done();
    note(&format!("the course folder is {}", folder.path().display()));
    say(&format!("assignments: {}", names.join(", ")));
    say(&format!("hand out: {}/release/", folder.path().display()));
    say(&format!("collect:  {}/submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb", folder.path().display()));
    Ok(())
}

/// `text` inside quotes in Python.
fn python_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
