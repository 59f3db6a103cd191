//! Notebooks as files: which ones there are, which one the user means, and what their cells contain.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

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
        let document: Value =
            serde_json::from_str(&text).with_context(|| format!("{} is not a notebook", path.display()))?;
        let cells = document["cells"]
            .as_array()
            .with_context(|| format!("{} is not a notebook: it has no cells", path.display()))?;
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

    /// The first code cell that loads a crate.
    pub(crate) fn first_dependency_cell(&self) -> Option<String> {
        self.code_cells().map(|(_, cell)| source(cell)).find(|source| dependency_lines(source).next().is_some())
    }

    /// The code cells, in order, each with its index among all cells.
    pub(crate) fn code_cells(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.cells.iter().enumerate().filter(|(_, cell)| cell["cell_type"] == "code")
    }
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
