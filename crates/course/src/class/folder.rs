//! The course folder: what was written into it, so that nothing of the instructor's is lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::layout::Layout;
use crate::report::warning;
use crate::stamp::{Fingerprint, write_atomically};

/// Lists what was written, each file with a hash of its contents.
const LIST: &str = ".spectral-course.json";

/// A course folder.
pub(super) struct Folder {
    path: PathBuf,
    written: BTreeMap<String, String>,
}

/// Whether `cargo course class` has made this folder.
pub(crate) fn is_course_folder(path: &Path) -> bool {
    path.join(LIST).is_file()
}

impl Folder {
    /// The folder at `path`, which need not exist; an error if it is not for us to use.
    pub(super) fn open(layout: &Layout, path: &Path) -> Result<Self> {
        const REMEDY: &str = "remedy: name a new or an empty folder outside the checkout";
        let path = std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))?;
        // What exists of it, with links resolved.
        let existing = path.ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or_default();
        let shown = path.display();
        if existing.starts_with(layout.root()) {
            bail!("{shown} lies inside the checkout, whose files git and the kernels look at\n  {REMEDY}");
        }
        if path.to_string_lossy().contains(['*', '?', '[', ']', '{', '}']) {
            bail!("{shown} has one of the characters * ? [ ] {{ }}, which nbgrader cannot have in a path\n  {REMEDY}");
        }
        let list = path.join(LIST);
        let written = match fs::read_to_string(&list) {
            Ok(text) => serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged\n  remedy: move what you need to a new course folder", list.display())
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::read_dir(&path) {
                Ok(mut entries) => {
                    if entries.next().is_some() {
                        bail!("{shown} is not empty, and no course folder made by `cargo course class`\n  {REMEDY}");
                    }
                    BTreeMap::new()
                }
                Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
                Err(error) => bail!("cannot use {shown} as a course folder: {error}\n  {REMEDY}"),
            },
            Err(error) => bail!("cannot use {shown} as a course folder: {error}\n  {REMEDY}"),
        };
        Ok(Self { path, written })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder.
    pub(super) fn create(&self) -> Result<()> {
        fs::create_dir_all(&self.path).with_context(|| {
            format!("cannot make {}\n  remedy: name a folder that you may write to", self.path.display())
        })?;
        self.write_list()
    }

    /// Writes a file, unless the instructor has changed it.
    pub(super) fn write(&mut self, name: &str, text: &str) -> Result<()> {
        let path = self.path.join(name);
        let hash = |text: &str| Fingerprint::default().text("contents", text).finish();
        match fs::read_to_string(&path) {
            Ok(found) if found == text => {}
            Ok(found) if self.written.get(name) != Some(&hash(&found)) => {
                warning(&format!(
                    "{} has been edited, and is left as it is\n  remedy, to have the course's version: delete it and call `cargo course class` again",
                    path.display()
                ));
                return Ok(());
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
            _ => write_atomically(&path, text.as_bytes())?,
        }
        self.written.insert(name.to_owned(), hash(text));
        self.write_list()
    }

    fn write_list(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.written)? + "\n";
        write_atomically(&self.path.join(LIST), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> Result<(tempfile::TempDir, Layout)> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("checkout"))?;
        let layout = Layout::at(folder.path().join("checkout"));
        Ok((folder, layout))
    }

    #[test]
    fn what_the_instructor_has_changed_is_kept() -> Result<()> {
        let (parent, layout) = checkout()?;
        let path = parent.path().join("class");
        for (version, expected) in [("one", "one"), ("two", "two")] {
            let mut folder = Folder::open(&layout, &path)?;
            folder.create()?;
            folder.write("source/a", version)?;
            assert_eq!(fs::read_to_string(path.join("source/a"))?, expected);
        }
        fs::write(path.join("source/a"), "mine")?;
        fs::write(path.join("gradebook.db"), "grades")?;
        let mut folder = Folder::open(&layout, &path)?;
        folder.write("source/a", "three")?;
        assert_eq!(fs::read_to_string(path.join("source/a"))?, "mine");
        fs::remove_file(path.join("source/a"))?;
        folder.write("source/a", "three")?;
        assert_eq!(fs::read_to_string(path.join("source/a"))?, "three");
        assert_eq!(fs::read_to_string(path.join("gradebook.db"))?, "grades");
        Ok(())
    }

    #[test]
    fn a_folder_that_is_not_ours_is_refused() -> Result<()> {
        let (parent, layout) = checkout()?;
        let refused =
            |path: &Path| Folder::open(&layout, path).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused(&layout.root().join("class/deep")).contains("inside the checkout"));
        assert!(refused(&parent.path().join("c[1]")).contains("characters"));
        fs::create_dir(parent.path().join("thesis"))?;
        assert_eq!(refused(&parent.path().join("thesis")), "");
        fs::write(parent.path().join("thesis/chapter1"), "text")?;
        let said = refused(&parent.path().join("thesis"));
        assert!(said.contains("is not empty") && said.contains("remedy"), "{said}");
        assert!(refused(&parent.path().join("thesis/chapter1")).contains("cannot use"));
        // A link into the checkout.
        std::os::unix::fs::symlink(layout.root(), parent.path().join("link"))?;
        assert!(refused(&parent.path().join("link/class")).contains("inside the checkout"));
        Ok(())
    }
}
