//! The `:dep` lines of a notebook, as entries of a Cargo manifest.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// One crate that a notebook loads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dependency {
    name: String,
    requirement: Table,
}

impl Dependency {
    /// Reads what follows `:dep`; a path is relative to `folder`. `None` for a form that is not a line of a manifest, which only evcxr can read.
    pub(crate) fn read(line: &str, folder: &Path) -> Option<Self> {
        if !line.contains('=') {
            let is_name = !line.is_empty() && line.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            return is_name.then(|| Self { name: line.to_owned(), requirement: version("*") });
        }
        let (name, value) = line.parse::<Table>().ok()?.into_iter().next()?;
        let mut requirement = match value {
            Value::String(text) => version(&text),
            Value::Table(table) => table,
            _ => return None,
        };
        if let Some(Value::String(path)) = requirement.get("path") {
            let path = folder.join(path);
            let path = path.canonicalize().unwrap_or(path);
            requirement.insert("path".into(), Value::String(path.to_string_lossy().into_owned()));
        }
        Some(Self { name, requirement })
    }

    /// The name of the crate.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The folder of the crate, if it is not from a registry.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.requirement.get("path")?.as_str().map(PathBuf::from)
    }

    /// What is wrong with the path, if it is one: Cargo would say so only after the set-up, and in words that name no notebook.
    pub(crate) fn problem(&self) -> Option<String> {
        let folder = self.folder()?;
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else {
            return Some(format!("there is no crate in {}", folder.display()));
        };
        let wanted = self.requirement.get("package").and_then(Value::as_str).unwrap_or(&self.name);
        let found = manifest.parse::<Table>().ok()?.get("package")?.get("name")?.as_str()?.to_owned();
        (found != wanted).then(|| format!("the crate in {} is called {found}, not {wanted}", folder.display()))
    }

    /// The same crate with one more feature.
    pub(crate) fn with_feature(mut self, feature: &str) -> Self {
        let features = self.requirement.entry("features").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(features) = features
            && !features.iter().any(|found| found.as_str() == Some(feature))
        {
            features.push(Value::String(feature.to_owned()));
        }
        self
    }

    /// The line of a manifest.
    pub(crate) fn manifest_line(&self) -> String {
        format!("{} = {}", self.name, inline(&self.requirement))
    }
}

fn version(text: &str) -> Table {
    Table::from_iter([("version".to_owned(), Value::String(text.to_owned()))])
}

fn inline(table: &Table) -> String {
    // `Value` prints a table on one line, as a manifest has it for a dependency.
    Value::Table(table.clone()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Dependency> {
        Dependency::read(line, Path::new("/nowhere/notebooks"))
    }

    #[test]
    fn reads_each_form() {
        let line = |text| read(text).map(|dependency| dependency.manifest_line());
        assert_eq!(line("rand"), Some("rand = { version = \"*\" }".into()));
        assert_eq!(line("rand = \"=0.9.4\""), Some("rand = { version = \"=0.9.4\" }".into()));
        assert_eq!(line("../crates/x"), None);
        assert_eq!(line("x = {"), None);
    }

    #[test]
    fn a_path_must_lead_to_the_crate() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let problem = |line| Dependency::read(line, &crates).expect("a line of a manifest").problem();
        assert_eq!(problem("rand = \"=0.9.4\""), None);
        assert_eq!(problem("course = { path = \"course\" }"), None);
        assert_eq!(problem("c = { path = \"course\", package = \"course\" }"), None);
        assert!(problem("course = { path = \"curse\" }").is_some_and(|told| told.contains("no crate in")));
        assert!(problem("curse = { path = \"course\" }").is_some_and(|told| told.contains("is called course")));
    }

    #[test]
    fn a_feature_is_added_once_and_a_path_made_absolute() {
        let plain = read("spectral-course = { path = \"../crates\" }").expect("a line of a manifest");
        assert_eq!(plain.folder(), Some(PathBuf::from("/nowhere/notebooks/../crates")));
        let twice = plain.with_feature("solutions").with_feature("solutions");
        assert!(twice.manifest_line().contains("features = [\"solutions\"]"), "{}", twice.manifest_line());
    }
}
