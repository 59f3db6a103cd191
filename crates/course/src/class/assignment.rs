//! A notebook of the course as the source of an assignment, with nbgrader's metadata.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};

use crate::exercises::{self, Exercise};
use crate::notebook::{Notebook, dependency_lines, has_tag, source};

/// The prefix of cells that grading leaves out: experiments, and what the text says of them. `spectral_grading.py` knows it too.
const EXPERIMENT: &str = "experiment-";

/// The notebook as an assignment's source; `library` is where students have the library, if not where the course's own notebooks look for it.
pub(super) fn text(path: &Path, notebook: &Notebook, library: Option<&str>) -> Result<String> {
    let exercises = exercises::of(path, notebook.cells());
    if let Some(unchecked) = exercises.iter().find(|exercise| exercise.check.is_none()) {
        bail!("no cell checks exercise {}", unchecked.id);
    }
    let mut cells = notebook.cells().to_vec();
    for (index, cell) in cells.iter_mut().enumerate() {
        if cell["cell_type"] != "code" {
            continue;
        }
        let exercise = exercises.iter().find(|exercise| exercise.check == Some(index));
        let id = cell["id"].as_str().with_context(|| format!("cell {index} has no id"))?;
        let metadata = metadata(id, cell, exercise);
        if let Some(library) = library {
            set_library(cell, library);
        }
        cell["metadata"]["nbgrader"] = metadata;
    }
    let mut document = notebook.document().clone();
    document["cells"] = Value::Array(cells);
    // One space, as Jupyter writes it.
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    Ok(String::from_utf8(text)? + "\n")
}

fn metadata(id: &str, cell: &Value, exercise: Option<&Exercise>) -> Value {
    let is_solution = has_tag(cell, "exercise");
    let is_set_up = dependency_lines(&source(cell)).next().is_some();
    let name = if is_solution || is_set_up || exercise.is_some() { id.to_owned() } else { format!("{EXPERIMENT}{id}") };
    let mut metadata = json!({
        "grade": exercise.is_some(),
        "grade_id": name,
        "locked": !is_solution,
        "schema_version": 3,
        "solution": is_solution,
        "task": false,
    });
    if let Some(exercise) = exercise {
        metadata["points"] = json!(exercise.difficulty);
    }
    metadata
}

/// Makes the cell load the library from another folder.
fn set_library(cell: &mut Value, library: &str) {
    let lines = source(cell);
    let Some(line) = dependency_lines(&lines).find(|line| line.starts_with("spectral-course")) else {
        return;
    };
    let quoted = Value::String(library.to_owned()).to_string();
    cell["source"] = Value::String(lines.replace(line, &format!("spectral-course = {{ path = {quoted} }}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(name: &str, library: Option<&str>) -> Result<Value> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../notebooks").join(name);
        Ok(serde_json::from_str(&text(&path, &Notebook::read(&path)?, library)?)?)
    }

    #[test]
    fn cells_get_their_part_and_their_points() -> Result<()> {
        let document = assignment("03_estimation.ipynb", None)?;
        let cell = |id: &str| {
            let cells = document["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
            cells.iter().find(|cell| cell["id"] == id).cloned().unwrap_or_default()
        };
        let parts = |id: &str| {
            let nbgrader = cell(id)["metadata"]["nbgrader"].clone();
            ["grade", "solution", "locked", "grade_id", "points"].map(|key| nbgrader[key].clone())
        };
        assert_eq!(parts("setup"), [json!(false), json!(false), json!(true), json!("setup"), Value::Null]);
        assert_eq!(
            parts("slq-exercise"),
            [json!(false), json!(true), json!(false), json!("slq-exercise"), Value::Null]
        );
        assert_eq!(parts("slq-check"), [json!(true), json!(false), json!(true), json!("slq-check"), json!(4)]);
        assert_eq!(parts("slq-claims")[3], "experiment-slq-claims");
        assert!(cell("slq")["metadata"]["nbgrader"].is_null());
        Ok(())
    }

    #[test]
    fn the_library_is_where_students_have_it() -> Result<()> {
        let document = assignment("01_krylov.ipynb", Some("/opt/the course/crates/spectral-course"))?;
        let first = document["cells"].as_array().and_then(|cells| cells.iter().find(|cell| cell["id"] == "setup"));
        let lines = first.map(source).unwrap_or_default();
        assert_eq!(
            lines.lines().next(),
            Some(":dep spectral-course = { path = \"/opt/the course/crates/spectral-course\" }")
        );
        assert!(lines.contains("use spectral_course::notebook1::*;"));
        Ok(())
    }
}
