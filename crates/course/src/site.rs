//! `cargo course site`: a static site of the executed notebooks, the guides and the library's documentation. `python/build_site.py` makes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::layout::Layout;
use crate::notebook::{self, Notebook, source};
use crate::playground;
use crate::process::{cargo, watch};
use crate::python::python;
use crate::report::{Step, say, warning};
use crate::run::{self, Mode};
use crate::setup;

/// What to make.
pub(crate) struct Options {
    /// A folder of executed notebooks; none means that they are executed now.
    pub(crate) executed: Option<PathBuf>,
    /// Whether to leave out the library's documentation.
    pub(crate) without_library: bool,
    /// How long one cell may take, if they are executed now.
    pub(crate) timeout: u32,
}

/// A notebook of the course, and its executed copy.
#[derive(Debug, PartialEq, Eq)]
struct Executed {
    shipped: PathBuf,
    copy: PathBuf,
    /// Whether its cells are those of the notebook as it is now.
    is_current: bool,
}

/// Makes the site, and says where it is.
pub(crate) fn run(layout: &Layout, options: &Options) -> Result<()> {
    let notebooks = match &options.executed {
        Some(folder) => {
            let notebooks = executed_in(layout, folder)?;
            for old in notebooks.iter().filter(|notebook| !notebook.is_current) {
                warning(&format!("{} was executed before {} changed", old.copy.display(), layout.shown(&old.shipped)));
            }
            setup::python(layout)?;
            notebooks
        }
        None => {
            let run = run::Options { notebooks: Vec::new(), mode: Mode::Solutions, timeout: options.timeout };
            if !run::run(layout, &run)? {
                bail!("a notebook failed, see above, so no site is made");
            }
            executed_in(layout, &layout.results())?
        }
    };
    // The front page links to what is there.
    if let Err(error) = playground::build(layout, &playground::of_site(layout)) {
        warning(&format!("the site has no new figures to play with: {error:#}"));
    }
    let library = if options.without_library { None } else { Some(document(layout)?) };
    build(layout, &notebooks, library.as_deref())?;
    say(&format!("the site: {}", layout.shown(&layout.site().join("index.html"))));
    Ok(())
}

/// Whether every notebook, as it is now, lies executed where `cargo course run --solutions` leaves it.
pub(crate) fn is_executed(layout: &Layout) -> bool {
    executed_in(layout, &layout.results()).is_ok_and(|notebooks| notebooks.iter().all(|notebook| notebook.is_current))
}

/// The copy of each notebook that `cargo course run --solutions` has left in a folder.
fn executed_in(layout: &Layout, folder: &Path) -> Result<Vec<Executed>> {
    const REMEDY: &str =
        "remedy: `cargo course run --solutions` executes all notebooks and leaves them in target/course";
    if !folder.is_dir() {
        bail!("there is no folder {}\n  {REMEDY}", folder.display());
    }
    let mut notebooks = Vec::new();
    for shipped in notebook::all(layout)? {
        let stem = shipped.file_stem().unwrap_or_default().to_string_lossy();
        let copy = folder.join(format!("{stem}.solutions.ipynb"));
        if !copy.is_file() {
            bail!("there is no {}, executed with solutions\n  {REMEDY}", copy.display());
        }
        let (ours, theirs) = (Notebook::read(&shipped)?, Notebook::read(&copy)?);
        if !theirs.code_cells().any(|(_, cell)| cell["outputs"].as_array().is_some_and(|outputs| !outputs.is_empty())) {
            bail!("{} is not executed: none of its cells has an output\n  {REMEDY}", copy.display());
        }
        let is_current = ours.cells().iter().map(source).eq(theirs.cells().iter().map(source));
        notebooks.push(Executed { shipped, copy, is_current });
    }
    if notebooks.is_empty() {
        bail!("there is no notebook in {}", layout.shown(&layout.notebooks()));
    }
    Ok(notebooks)
}

/// Documents the library, and returns where.
fn document(layout: &Layout) -> Result<PathBuf> {
    let step = Step::start("documentation");
    watch(cargo().arg("docs").current_dir(layout.root()), &layout.log("docs"), |_| {})?;
    step.done();
    Ok(layout.root().join("target/doc"))
}

fn build(layout: &Layout, notebooks: &[Executed], library: Option<&Path>) -> Result<()> {
    let site = layout.site();
    fs::create_dir_all(&site).with_context(|| format!("cannot create {}", site.display()))?;
    let step = Step::start("site");
    let mut script = python(layout);
    script.arg(layout.scripts().join("build_site.py")).arg(job(layout, notebooks, library).to_string());
    watch(script.stdin(Stdio::null()), &layout.log("site"), |_| {})?;
    step.done();
    Ok(())
}

/// What `build_site.py` reads.
fn job(layout: &Layout, notebooks: &[Executed], library: Option<&Path>) -> Value {
    let notebooks: Vec<Value> = notebooks
        .iter()
        .map(|Executed { shipped, copy, .. }| {
            let name = shipped.file_stem().unwrap_or_default().to_string_lossy();
            json!({"name": name, "shipped": shipped, "executed": copy})
        })
        .collect();
    json!({"root": layout.root(), "site": layout.site(), "notebooks": notebooks, "library": library})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(text: &str, outputs: Value) -> String {
        json!({"cells": [{"cell_type": "code", "source": text, "outputs": outputs}]}).to_string()
    }

    fn checkout() -> Result<(tempfile::TempDir, Layout)> {
        let folder = tempfile::tempdir()?;
        let layout = Layout::at(folder.path().to_path_buf());
        fs::create_dir_all(layout.notebooks())?;
        fs::create_dir_all(layout.results())?;
        for name in ["01_a", "02_b"] {
            fs::write(layout.notebooks().join(name).with_extension("ipynb"), notebook("1 + 1", json!([])))?;
        }
        Ok((folder, layout))
    }

    #[test]
    fn every_notebook_is_taken_as_executed_with_solutions() -> Result<()> {
        let (_folder, layout) = checkout()?;
        for name in ["01_a.ipynb", "01_a.solutions.ipynb", "02_b.solutions.ipynb"] {
            fs::write(layout.results().join(name), notebook("1 + 1", json!(["2"])))?;
        }
        let notebooks = executed_in(&layout, &layout.results())?;
        let copies: Vec<_> = notebooks.iter().map(|notebook| layout.shown(&notebook.copy)).collect();
        assert_eq!(copies, ["target/course/01_a.solutions.ipynb", "target/course/02_b.solutions.ipynb"]);
        assert!(is_executed(&layout));
        let job = job(&layout, &notebooks, None);
        assert_eq!((&job["notebooks"][1]["name"], &job["library"]), (&json!("02_b"), &Value::Null));
        Ok(())
    }

    #[test]
    fn a_copy_of_an_earlier_version_is_recognised() -> Result<()> {
        let (_folder, layout) = checkout()?;
        for (name, text) in [("01_a.solutions.ipynb", "1 + 1"), ("02_b.solutions.ipynb", "1 + 2")] {
            fs::write(layout.results().join(name), notebook(text, json!(["2"])))?;
        }
        let current: Vec<_> =
            executed_in(&layout, &layout.results())?.iter().map(|notebook| notebook.is_current).collect();
        assert_eq!(current, [true, false]);
        assert!(!is_executed(&layout));
        Ok(())
    }

    #[test]
    fn what_is_missing_is_told_with_its_remedy() -> Result<()> {
        let (_folder, layout) = checkout()?;
        let told = |folder: PathBuf| executed_in(&layout, &folder).expect_err("something is missing").to_string();
        let error = told(layout.root().join("nowhere"));
        assert!(error.contains("no folder") && error.contains("remedy"), "{error}");
        fs::write(layout.results().join("01_a.solutions.ipynb"), notebook("1 + 1", json!(["2"])))?;
        let error = told(layout.results());
        assert!(error.contains("02_b.solutions.ipynb, executed with solutions"), "{error}");
        fs::write(layout.results().join("01_a.solutions.ipynb"), notebook("1 + 1", json!([])))?;
        let error = told(layout.results());
        assert!(error.contains("01_a.solutions.ipynb is not executed"), "{error}");
        Ok(())
    }
}
