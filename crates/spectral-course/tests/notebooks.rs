//! The committed notebooks, as files: nothing stale in them, and every exercise as the library has it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spectral_course::exercises::{Exercise, exercises};

/// The library's stubs: what the cells are held against.
const STUBS: &str = concat!(
    include_str!("../src/exercises/notebook1.rs"),
    include_str!("../src/exercises/notebook2.rs"),
    include_str!("../src/exercises/notebook3.rs"),
    include_str!("../src/exercises/notebook4.rs")
);

fn notebooks() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../notebooks");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder notebooks")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ipynb"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "there are notebooks");
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("the notebook is read");
            let document = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path, document)
        })
        .collect()
}

fn cells(notebook: &Value) -> &[Value] {
    notebook["cells"].as_array().expect("a notebook has cells")
}

fn source(cell: &Value) -> String {
    cell["source"].as_array().expect("a list of lines").iter().map(|line| line.as_str().expect("a line")).collect()
}

fn tagged<'a>(notebook: &'a Value, tag: &'a str) -> impl Iterator<Item = &'a Value> {
    let has =
        move |cell: &&Value| cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == tag));
    cells(notebook).iter().filter(has)
}

/// The exercises of a notebook, by the number that its file begins with.
fn exercises_of(path: &Path) -> impl Iterator<Item = &'static Exercise> {
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let number: usize = name[..2].parse().unwrap_or_else(|_| panic!("{name} begins with two digits"));
    exercises().filter(move |exercise| exercise.id.starts_with(&format!("{number}/")))
}

/// The functions marked `#[exercise]` in some source, with their comments, without `pub`.
fn stubs(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let marked = lines.iter().enumerate().filter(|(_, line)| **line == "#[exercise]").map(|(at, _)| at);
    marked
        .map(|at| {
            let comment = (0..at).rev().take_while(|&i| lines[i].starts_with("///")).last().unwrap_or(at);
            let end = (at..lines.len()).find(|&i| lines[i] == "}").expect("a function ends");
            lines[comment..=end].join("\n").replace("\npub fn ", "\nfn ")
        })
        .collect()
}

#[test]
fn metadata_is_that_of_a_clean_notebook() {
    for (path, notebook) in notebooks() {
        let name = path.display();
        assert_eq!((&notebook["nbformat"], &notebook["nbformat_minor"]), (&4.into(), &5.into()), "{name}");
        let metadata = &notebook["metadata"];
        assert_eq!(metadata["kernelspec"]["name"], "rust", "{name}");
        // The kernel itself says "Rust", which no highlighter knows.
        assert_eq!(metadata["language_info"]["pygments_lexer"], "rust", "{name}");
        let mut ids = BTreeSet::new();
        for cell in cells(&notebook) {
            let id = cell["id"].as_str().unwrap_or_else(|| panic!("{name}: a cell without an id"));
            assert!(ids.insert(id), "{name}: two cells with the id {id}");
            if cell["cell_type"] == "code" {
                assert_eq!(cell["outputs"], Value::Array(vec![]), "{name}: cell {id} has outputs");
                assert!(cell["execution_count"].is_null(), "{name}: cell {id} has an execution count");
            }
            assert!(!source(cell).trim().is_empty(), "{name}: cell {id} is empty");
        }
    }
}

#[test]
fn dependencies_stand_in_the_first_code_cell() {
    for (path, notebook) in notebooks() {
        let code: Vec<&Value> = cells(&notebook).iter().filter(|cell| cell["cell_type"] == "code").collect();
        assert!(source(code[0]).contains(":dep spectral-course"), "{}", path.display());
        for cell in &code[1..] {
            assert!(!source(cell).contains(":dep "), "{}: {}", path.display(), cell["id"]);
        }
    }
}

#[test]
fn exercise_cells_are_the_stubs() {
    let library = stubs(STUBS);
    for (path, notebook) in notebooks() {
        let in_cells: Vec<String> = tagged(&notebook, "exercise").flat_map(|cell| stubs(&source(cell))).collect();
        for stub in &in_cells {
            assert!(library.contains(stub), "{}: no such stub in the library:\n{stub}", path.display());
        }
        for function in exercises_of(&path).flat_map(|exercise| exercise.functions) {
            let needle = format!("\nfn {function}(");
            assert!(in_cells.iter().any(|stub| stub.contains(&needle)), "{}: no cell for {function}", path.display());
        }
        // Every stub ends in the id that the hints and the grader know.
        for exercise in exercises_of(&path) {
            for function in exercise.functions {
                let stub =
                    in_cells.iter().find(|stub| stub.contains(&format!("\nfn {function}("))).expect("found above");
                assert!(stub.contains(&format!("todo!(\"exercise {}\")", exercise.id)), "{stub}");
            }
        }
    }
}

#[test]
fn every_exercise_is_announced_and_checked() {
    for (path, notebook) in notebooks() {
        let prose: String = cells(&notebook)
            .iter()
            .filter(|cell| cell["cell_type"] == "markdown")
            .map(|cell| source(cell) + "\n")
            .collect();
        let checks: String = tagged(&notebook, "check").map(source).collect();
        for Exercise { id, title, difficulty, minutes, functions, .. } in exercises_of(&path) {
            let number = id.split_once('/').expect("an id").1;
            let heading =
                format!("### Exercise {number}: {title}\n\n*Difficulty {difficulty} of 5, about {minutes} minutes.*\n");
            assert!(prose.contains(&heading), "{}: expected {heading:?}", path.display());
            for function in *functions {
                assert!(checks.contains(function), "{}: nothing checks {function}", path.display());
            }
        }
    }
}

/// A figure is followed by a check of what the text says of it, before the next figure comes.
#[test]
fn every_figure_is_followed_by_a_check() {
    for (path, notebook) in notebooks() {
        let has = |cell: &Value, tag: &str| {
            cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == tag))
        };
        let mut open: Option<String> = None;
        for cell in cells(&notebook) {
            if has(cell, "figure") {
                assert!(
                    open.is_none(),
                    "{}: no check between {} and {}",
                    path.display(),
                    open.unwrap_or_default(),
                    cell["id"]
                );
                open = Some(cell["id"].to_string());
            } else if has(cell, "check") && source(cell).contains("claim") {
                open = None;
            }
        }
        assert!(open.is_none(), "{}: no check after {}", path.display(), open.unwrap_or_default());
    }
}

/// A cell that draws says so, or the runner would not miss its figure.
#[test]
fn cells_that_draw_are_tagged() {
    for (path, notebook) in notebooks() {
        let drawing =
            cells(&notebook).iter().filter(|cell| cell["cell_type"] == "code" && source(cell).contains("Figure::"));
        let tagged: Vec<&Value> = tagged(&notebook, "figure").collect();
        for cell in drawing {
            assert!(tagged.contains(&cell), "{}: cell {} draws and is not tagged `figure`", path.display(), cell["id"]);
        }
    }
}
