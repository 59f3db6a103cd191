//! Notebooks as files: which ones there are, which one the user means, and what their cells contain.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::dependency::Dependency;
use crate::layout::Layout;

/// A notebook, parsed.
pub(crate) struct Notebook {
    document: Value,
    cells: Vec<Value>,
}

impl Notebook {
    /// Reads a notebook.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let shown = path.display();
        if text.trim().is_empty() {
            bail!("{shown} is empty, so it is not a notebook\n  remedy: delete it");
        }
        if text.lines().any(|line| line.starts_with("<<<<<<< ")) {
            bail!(
                "{shown} holds the marks of a conflict in git\n  remedy: `git checkout --ours {shown}`, or `--theirs`"
            );
        }
        let document: Value = serde_json::from_str(&text).with_context(|| format!("{shown} is not a notebook"))?;
        if document["worksheets"].is_array() {
            bail!(
                "{shown} is in an old format, {}\n  remedy: `.venv/bin/jupyter nbconvert --to notebook --inplace {shown}`",
                document["nbformat"]
            );
        }
        let cells =
            document["cells"].as_array().with_context(|| format!("{shown} is not a notebook: it has no cells"))?;
        let cells = cells.clone();
        Ok(Self { document, cells })
    }

    /// The whole file.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// All cells.
    pub(crate) fn cells(&self) -> &[Value] {
        &self.cells
    }

    /// Reads a notebook, and checks that the crates it loads by a path are there.
    pub(crate) fn read_with_crates(layout: &Layout, path: &Path) -> Result<Self> {
        let notebook = Self::read(path)?;
        let folder = path.parent().unwrap_or(layout.root());
        let sources: Vec<_> = notebook.code_cells().map(|(_, cell)| source(cell)).collect();
        let dependencies = sources
            .iter()
            .flat_map(|source| dependency_lines(source))
            .filter_map(|line| Dependency::read(line, folder));
        for dependency in dependencies {
            if let Some(problem) = dependency.problem() {
                let name = dependency.name();
                bail!("{}: `:dep {name}`: {problem}{}", path.display(), right_path(layout, folder, name));
            }
        }
        Ok(notebook)
    }

    /// The first code cell that loads a crate.
    pub(crate) fn first_dependency_cell(&self) -> Option<String> {
        self.code_cells().map(|(_, cell)| source(cell)).find(|source| dependency_lines(source).next().is_some())
    }

    /// The code cells, in order, each with its index among all cells.
    pub(crate) fn code_cells(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.cells.iter().enumerate().filter(|(_, cell)| cell["cell_type"] == "code")
    }
}

/// The remedy for a wrong path to one of our own crates.
fn right_path(layout: &Layout, folder: &Path, name: &str) -> String {
    let right = layout.root().join("crates").join(name);
    if !right.join("Cargo.toml").is_file() {
        return String::new();
    }
    let path = match folder.strip_prefix(layout.root()) {
        Ok(inside) => inside.components().map(|_| "../").collect::<String>() + "crates/" + name,
        Err(_) => right.display().to_string(),
    };
    format!("\n  remedy: a path in a `:dep` line is relative to the notebook's folder; here it is `path = \"{path}\"`")
}

/// The source of a cell: the format allows a string or a list of lines.
pub(crate) fn source(cell: &Value) -> String {
    joined(&cell["source"])
}

/// Text that may be a string or a list of strings.
pub(crate) fn joined(text: &Value) -> String {
    match text {
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// Whether a cell has a tag.
pub(crate) fn has_tag(cell: &Value, tag: &str) -> bool {
    cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.iter().any(|found| found == tag))
}

/// What follows `:dep` in each line that has it.
pub(crate) fn dependency_lines(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.trim_start().strip_prefix(":dep ")).map(str::trim)
}

/// All notebooks of the course, in order.
pub(crate) fn all(layout: &Layout) -> Result<Vec<PathBuf>> {
    let folder = layout.notebooks();
    let mut notebooks: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ipynb"))
        .collect();
    notebooks.sort();
    Ok(notebooks)
}

/// The notebook that the user means: a path, a file name, a stem like `03_estimation`, or its number, `3`.
pub(crate) fn named(layout: &Layout, name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        if path.extension().is_none_or(|extension| extension != "ipynb") {
            bail!("{name} is not a notebook: its name does not end in .ipynb");
        }
        return path.canonicalize().with_context(|| format!("cannot read {name}"));
    }
    let all = all(layout)?;
    let stem = name.strip_suffix(".ipynb").unwrap_or(name);
    let number = stem.parse::<u32>().ok();
    let fits = |path: &&PathBuf| {
        let candidate = path.file_stem().unwrap_or_default().to_string_lossy();
        candidate == stem
            || (number.is_some() && candidate.split('_').next().and_then(|digits| digits.parse().ok()) == number)
    };
    match all.iter().find(fits) {
        Some(path) => Ok(path.clone()),
        None if all.is_empty() => {
            bail!("there is no notebook {name}, nor any other in {}", layout.shown(&layout.notebooks()))
        }
        None => {
            let there_are: Vec<_> = all.iter().map(|path| format!("\n    {}", layout.shown(path))).collect();
            bail!("there is no notebook {name}; there are:{}", there_are.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> Result<(tempfile::TempDir, Layout)> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("notebooks"))?;
        for name in ["01_krylov.ipynb", "03_estimation.ipynb", "requirements.txt"] {
            fs::write(folder.path().join("notebooks").join(name), "{}")?;
        }
        let layout = Layout::at(folder.path().to_path_buf());
        Ok((folder, layout))
    }

    #[test]
    fn a_notebook_goes_by_number_stem_and_file_name() -> Result<()> {
        let (_folder, layout) = checkout()?;
        for name in ["3", "03", "03_estimation", "03_estimation.ipynb"] {
            assert_eq!(named(&layout, name)?, layout.notebooks().join("03_estimation.ipynb"), "{name}");
        }
        Ok(())
    }

    #[test]
    fn an_unknown_name_lists_those_there_are() -> Result<()> {
        let (_folder, layout) = checkout()?;
        let error = named(&layout, "7").expect_err("there is no notebook 7").to_string();
        assert!(error.contains("no notebook 7") && error.contains("notebooks/01_krylov.ipynb"), "{error}");
        Ok(())
    }

    #[test]
    fn what_is_wrong_with_a_damaged_notebook_is_told() -> Result<()> {
        let (_folder, layout) = checkout()?;
        let krate = layout.root().join("crates/spectral-course");
        fs::create_dir_all(&krate)?;
        fs::write(krate.join("Cargo.toml"), "[package]\nname = \"spectral-course\"")?;
        let path = layout.notebooks().join("mine/Untitled.ipynb");
        fs::create_dir_all(path.parent().context("a folder")?)?;
        let loading = |path: &str| {
            let source = format!(":dep spectral-course = {{ path = \"{path}\" }}");
            serde_json::json!({"cells": [{"cell_type": "code", "source": source}]}).to_string()
        };
        for (text, told) in [
            ("\n".to_owned(), "is empty"),
            ("{\n<<<<<<< HEAD\n  \"cells\": []}".to_owned(), "the marks of a conflict"),
            ("{\"cells\": [".to_owned(), "is not a notebook"),
            ("{\"nbformat\": 3, \"worksheets\": [{\"cells\": []}]}".to_owned(), "an old format, 3"),
            ("{}".to_owned(), "it has no cells"),
            (loading("../crates/spectral-course"), "here it is `path = \"../../crates/spectral-course\"`"),
        ] {
            fs::write(&path, &text)?;
            let error = Notebook::read_with_crates(&layout, &path).err().context(text)?;
            let error = format!("{error:#}");
            assert!(error.contains(told) && error.contains("mine/Untitled.ipynb"), "{error}");
        }
        fs::write(&path, loading("../../crates/spectral-course"))?;
        Notebook::read_with_crates(&layout, &path)?;
        Ok(())
    }

    #[test]
    fn dependencies_are_found_in_both_forms_of_a_source() {
        let cells = serde_json::json!([
            {"cell_type": "markdown", "source": ":dep nothing = \"1\""},
            {"cell_type": "code", "source": ["let a = 1;\n", "a"]},
            {"cell_type": "code", "source": ["// first\n", ":dep x = { path = \"../x\" }\n", "use x::*;"], "metadata": {"tags": ["figure"]}},
        ]);
        let notebook = Notebook { document: Value::Null, cells: cells.as_array().cloned().unwrap_or_default() };
        let cell = notebook.first_dependency_cell().unwrap_or_default();
        assert_eq!(dependency_lines(&cell).collect::<Vec<_>>(), ["x = { path = \"../x\" }"]);
        assert!(notebook.code_cells().any(|(_, cell)| has_tag(cell, "figure")));
    }
}
