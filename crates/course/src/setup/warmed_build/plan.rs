//! What the warmed build is to hold: what the notebooks load, those that can be read.

use std::path::PathBuf;

use anyhow::Result;

use crate::dependency::Dependency;
use crate::layout::Layout;
use crate::notebook::{self, Notebook};
use crate::report::warning;

/// The crate whose feature `solutions` the instructor can ask for in the `:dep` line.
pub(super) const COURSE_CRATE: &str = "spectral-course";
const SOLUTIONS: &str = "solutions";

/// What the notebooks load.
pub(super) struct Plan {
    /// A first cell for the trial, and the notebook it comes from.
    pub(super) first_cell: Option<(PathBuf, String)>,
    pub(super) sets: Sets,
    /// The notebooks that load what the course does not bring: a student's own.
    pub(super) foreign: Vec<PathBuf>,
}

/// The different sets of crates that the first cells load, without and with solutions.
pub(super) type Sets = Vec<Vec<Dependency>>;

/// Reads the notebooks.
pub(super) fn plan(layout: &Layout) -> Result<Plan> {
    let folder = layout.notebooks();
    let mut first_cell = None;
    let (mut sets, mut foreign) = (Sets::new(), Vec::new());
    for path in notebook::all(layout)? {
        // A student's damaged notebook must not take the course's own with it.
        let notebook = match Notebook::read_with_crates(layout, &path) {
            Ok(notebook) => notebook,
            Err(error) => {
                warning(&format!("{error:#}\n  the set-up leaves this notebook out"));
                continue;
            }
        };
        let Some(cell) = notebook.first_dependency_cell() else {
            continue;
        };
        let set: Vec<_> =
            notebook::dependency_lines(&cell).filter_map(|line| Dependency::read(line, &folder)).collect();
        if is_foreign(layout, &set) {
            foreign.push(path);
        } else {
            first_cell.get_or_insert((path, cell));
        }
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets.sort_by_key(|set| is_foreign(layout, set));
    if sets.is_empty() {
        let line = format!("{COURSE_CRATE} = {{ path = \"../crates/{COURSE_CRATE}\" }}");
        sets.push(Dependency::read(&line, &folder).into_iter().collect());
    }
    // In the order in which a class needs them: first what students load.
    let with_solutions: Sets = sets.iter().map(|set| set.iter().cloned().map(solved).collect()).collect();
    for set in with_solutions {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    Ok(Plan { first_cell, sets, foreign })
}

/// Whether a notebook loads what the course does not bring.
pub(super) fn is_foreign(layout: &Layout, set: &[Dependency]) -> bool {
    set.iter().any(|dependency| dependency.folder().is_none_or(|folder| !folder.starts_with(layout.root())))
}

fn solved(dependency: Dependency) -> Dependency {
    if dependency.name() == COURSE_CRATE { dependency.with_feature(SOLUTIONS) } else { dependency }
}
