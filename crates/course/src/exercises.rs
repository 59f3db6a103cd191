//! The exercises of a notebook, from its headings: the library's tests hold these against its table of exercises, which this crate, compiled
//! before the library, cannot read.

use std::path::Path;

use serde_json::Value;

use crate::notebook::{has_tag, source};

/// One exercise, as its notebook announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exercise {
    /// The stable id, made of the notebook and a number: `3/1.1`.
    pub(crate) id: String,
    /// The title.
    pub(crate) title: String,
    /// The difficulty, from 1 to 5. These are also its points.
    pub(crate) difficulty: u32,
    /// The approximate time it takes.
    pub(crate) minutes: u32,
    /// The index of the cell that checks it.
    pub(crate) check: Option<usize>,
}

/// The exercises of the notebook with this path and these cells, in order.
pub(crate) fn of(path: &Path, cells: &[Value]) -> Vec<Exercise> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let number = stem.split('_').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let mut exercises: Vec<Exercise> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let text = source(cell);
        if cell["cell_type"] == "markdown" {
            exercises.extend(announced(&text, number));
        } else if is_check(cell)
            && let Some(last) = exercises.last_mut()
        {
            last.check.get_or_insert(index);
        }
    }
    exercises
}

/// Whether a cell checks an exercise, and not what the text says of an experiment.
pub(crate) fn is_check(cell: &Value) -> bool {
    has_tag(cell, "check") && source(cell).trim_start().starts_with("check::")
}

/// Reads `### Exercise 1.1: Title` and, below it, `*Difficulty 2 of 5, about 8 minutes.*`.
fn announced(text: &str, notebook: u32) -> Option<Exercise> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let heading = lines.find_map(|line| line.strip_prefix("### Exercise "))?;
    let (number, title) = heading.split_once(": ")?;
    let (difficulty, minutes) = lines.next()?.strip_prefix("*Difficulty ")?.split_once(" of 5, about ")?;
    Some(Exercise {
        id: format!("{notebook}/{number}"),
        title: title.trim().to_owned(),
        difficulty: difficulty.parse().ok()?,
        minutes: minutes.strip_suffix(" minutes.*")?.parse().ok()?,
        check: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_exercise_is_its_heading_and_the_check_below() {
        let cells = [
            json!({"cell_type": "markdown", "source": "## 1. Traces"}),
            json!({"cell_type": "markdown", "source": ["### Exercise 1.1: Two: norms\n", "\n", "*Difficulty 2 of 5, about 8 minutes.*\n"]}),
            json!({"cell_type": "code", "source": "fn norms() {}", "metadata": {"tags": ["exercise"]}}),
            json!({"cell_type": "code", "source": "check::norms(norms)", "metadata": {"tags": ["check"]}}),
            json!({"cell_type": "code", "source": "claims(\"1\", vec![])", "metadata": {"tags": ["check"]}}),
        ];
        let expected =
            Exercise { id: "3/1.1".into(), title: "Two: norms".into(), difficulty: 2, minutes: 8, check: Some(3) };
        assert_eq!(of(Path::new("x/03_estimation.ipynb"), &cells), [expected]);
    }

    #[test]
    fn every_exercise_of_the_course_is_found() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../notebooks");
        for (name, count) in [("01_krylov", 17), ("02_randomized", 9), ("03_estimation", 7), ("04_capstone", 6)] {
            let path = folder.join(name).with_extension("ipynb");
            let notebook = crate::notebook::Notebook::read(&path).expect("a notebook");
            let exercises = of(&path, notebook.cells());
            assert_eq!(exercises.len(), count, "{name}: {exercises:?}");
            assert!(exercises.iter().all(|exercise| exercise.check.is_some()), "{name}: {exercises:?}");
        }
    }
}
