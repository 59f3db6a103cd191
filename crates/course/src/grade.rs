//! `cargo course grade`: nbgrader's autograding of what is submitted in a course folder, and its results as a table.

mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::class::is_course_folder;
use crate::exercises;
use crate::layout::Layout;
use crate::nbgrader::{self, nbgrader};
use crate::notebook::Notebook;
use crate::process::watch;
use crate::report::{Step, say, warning};
use crate::session::script;
use crate::setup::{self, WhenBuildFails};

const SCRIPT: &str = include_str!("../python/grades.py");

/// What to grade.
pub(crate) struct Wanted {
    /// An assignment's name or number; none means all that have submissions.
    pub(crate) assignment: Option<String>,
    /// One student.
    pub(crate) student: Option<String>,
    /// Leave out what is graded already.
    pub(crate) only_new: bool,
}

/// One student's submission, as graded.
#[derive(Debug, Deserialize)]
struct Submission {
    student: String,
    penalty: f64,
    grades: Vec<Grade>,
}

/// The grade of one cell.
#[derive(Debug, Deserialize)]
struct Grade {
    notebook: String,
    cell: String,
    /// None if the submission could not be graded.
    points: Option<f64>,
    of: f64,
    /// Why there are no points; empty if there are.
    reason: String,
}

/// Grades, shows the points, and returns whether everything could be graded.
pub(crate) fn run(layout: &Layout, folder: &Path, wanted: &Wanted) -> Result<bool> {
    let folder = folder.canonicalize().with_context(|| format!("cannot find the folder {}", folder.display()))?;
    if !is_course_folder(&folder) {
        bail!(
            "{} is no course folder\n  remedy: make one with `cargo course class DIR`, outside the checkout",
            folder.display()
        );
    }
    let assignments = chosen(&folder, wanted)?;
    setup::run(layout, WhenBuildFails::Stop)?;
    nbgrader::ensure(layout)?;
    let mut good = true;
    for assignment in &assignments {
        if let Err(error) = autograde(layout, &folder, assignment, wanted) {
            warning(&format!("{error:#}"));
            good = false;
        }
        let mut submissions = read(layout, &folder, assignment)?;
        submissions.retain(|found| wanted.student.as_ref().is_none_or(|student| *student == found.student));
        good &= submissions.iter().flat_map(|submission| &submission.grades).all(|grade| grade.points.is_some());
        say(&table::text(assignment, &mut submissions, &ids(&folder, assignment)));
    }
    Ok(good)
}

/// The assignments to grade, each of which has a submission.
fn chosen(folder: &Path, wanted: &Wanted) -> Result<Vec<String>> {
    let known = subfolders(&folder.join("source"))?;
    let is_submitted = |assignment: &String| !submitted(folder, assignment, wanted.student.as_deref()).is_empty();
    let by = wanted.student.as_ref().map(|student| format!(" by {student}")).unwrap_or_default();
    let place = format!("{}/{}", folder.join("submitted").display(), wanted.student.as_deref().unwrap_or("STUDENT"));
    let Some(name) = &wanted.assignment else {
        let found: Vec<String> = known.into_iter().filter(is_submitted).collect();
        if found.is_empty() {
            bail!(
                "nothing is submitted{by}\n  remedy: put notebooks at {place}/ASSIGNMENT/ASSIGNMENT.ipynb, or collect them with `nbgrader collect`"
            );
        }
        return Ok(found);
    };
    let number = name.parse::<u32>().ok();
    let fits = |known: &&String| {
        known.as_str() == name
            || (number.is_some() && known.split('_').next().and_then(|digits| digits.parse().ok()) == number)
    };
    let Some(assignment) = known.iter().find(fits) else {
        bail!("there is no assignment {name}; there are: {}", known.join(", "));
    };
    if !is_submitted(assignment) {
        bail!(
            "nothing is submitted for {assignment}{by}\n  remedy: put notebooks at {place}/{assignment}/{assignment}.ipynb, or collect them with `nbgrader collect`"
        );
    }
    Ok(vec![assignment.clone()])
}

/// The submissions of one assignment.
fn submitted(folder: &Path, assignment: &str, student: Option<&str>) -> Vec<PathBuf> {
    let students = subfolders(&folder.join("submitted")).unwrap_or_default();
    students
        .into_iter()
        .filter(|found| student.is_none_or(|student| student == found))
        .map(|student| folder.join("submitted").join(student).join(assignment))
        .filter(|path| path.is_dir())
        .collect()
}

/// The names of the folders in a folder, in order; none if it does not exist.
fn subfolders(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

fn autograde(layout: &Layout, folder: &Path, assignment: &str, wanted: &Wanted) -> Result<()> {
    let step = Step::start(&format!("grading {assignment}"));
    let total = submitted(folder, assignment, wanted.student.as_deref()).len() as u64;
    let mut command = nbgrader(layout, folder)?;
    command.args(["autograde", assignment, "--log-level=INFO"]);
    if !wanted.only_new {
        command.arg("--force");
    }
    if let Some(student) = &wanted.student {
        command.arg(format!("--student={student}"));
    }
    let (mut begun, mut current) = (0_u64, String::new());
    watch(&mut command, &layout.log("grading"), |line| match progress_of(line) {
        Some(Progress::Student(student)) => {
            begun += 1;
            current = student;
            step.progress(begun.saturating_sub(1).min(total), total, &current);
        }
        Some(Progress::Cell(cell)) => {
            step.progress(begun.saturating_sub(1).min(total), total, &format!("{current}: {cell}"))
        }
        None => {}
    })
    .with_context(|| format!("nbgrader could not grade all of {assignment}"))?;
    step.done();
    Ok(())
}

/// What a line of nbgrader's log says of the progress.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Student(String),
    Cell(String),
}

fn progress_of(line: &str) -> Option<Progress> {
    let plain = console::strip_ansi_codes(line);
    let (_, said) = plain.split_once("INFO] ")?;
    if let Some(path) = said.strip_prefix("Sanitizing ") {
        // .../submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb
        let student = Path::new(path.trim()).parent()?.parent()?.file_name()?;
        return Some(Progress::Student(student.to_string_lossy().into_owned()));
    }
    said.strip_prefix("cell ").map(|cell| Progress::Cell(format!("cell {}", cell.trim())))
}

/// Reads the gradebook.
fn read(layout: &Layout, folder: &Path, assignment: &str) -> Result<Vec<Submission>> {
    let job = json!({
        "folder": folder,
        "database": format!("sqlite:///{}", folder.join("gradebook.db").display()),
        "assignment": assignment,
    });
    let mut reader = script(layout, SCRIPT, &job);
    nbgrader::find_programs(&mut reader, layout)?;
    let output = reader.output().context("cannot run the Python of .venv")?;
    if !output.status.success() {
        bail!("cannot read the gradebook:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("cannot understand what the gradebook says")
}

/// The name of each graded cell, and the exercise that it checks, in the order of the notebooks.
fn ids(folder: &Path, assignment: &str) -> Vec<(String, String)> {
    let source = folder.join("source").join(assignment);
    let Ok(entries) = fs::read_dir(source) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut ids = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "ipynb")) {
        let Ok(notebook) = Notebook::read(path) else {
            continue;
        };
        for exercise in exercises::of(path, notebook.cells()) {
            let cell = exercise.check.map(|check| &notebook.cells()[check]["metadata"]["nbgrader"]["grade_id"]);
            ids.extend(cell.and_then(|name| Some((name.as_str()?.to_owned(), exercise.id))));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_the_progress() {
        let student = "[AutogradeApp | INFO] Sanitizing /c/submitted/ada/03_estimation/03_estimation.ipynb";
        assert_eq!(progress_of(student), Some(Progress::Student("ada".into())));
        assert_eq!(progress_of("[AutogradeApp | INFO] cell 2 of 9"), Some(Progress::Cell("cell 2 of 9".into())));
        assert_eq!(progress_of("[AutogradeApp | WARNING] Cell x is missing"), None);
    }

    #[test]
    fn an_assignment_needs_a_name_that_exists_and_a_submission() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for path in ["source/01_krylov", "source/03_estimation", "submitted/ada/03_estimation"] {
            fs::create_dir_all(folder.path().join(path))?;
        }
        let choose = |assignment: Option<&str>, student: Option<&str>| {
            let wanted = Wanted {
                assignment: assignment.map(str::to_owned),
                student: student.map(str::to_owned),
                only_new: false,
            };
            chosen(folder.path(), &wanted).map_err(|error| error.to_string())
        };
        let found = Ok(vec!["03_estimation".to_owned()]);
        assert_eq!(choose(None, None), found);
        assert_eq!(choose(Some("3"), Some("ada")), found);
        for (assignment, student, says) in [
            (Some("7"), None, "there is no assignment 7; there are: 01_krylov, 03_estimation"),
            (Some("1"), None, "nothing is submitted for 01_krylov"),
            (None, Some("bob"), "nothing is submitted by bob"),
        ] {
            let error = choose(assignment, student).expect_err(says);
            assert!(error.contains(says), "{error}");
        }
        Ok(())
    }
}
