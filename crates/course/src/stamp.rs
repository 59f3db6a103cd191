//! Stamps: a stage of the set-up is done when its stamp holds the fingerprint of everything it was made from.
//!
//! The stamp is removed before the stage begins and written last, so that an interrupted stage is never taken for a finished one.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

/// A hash of everything that a stage depends on.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a named text, with its length, so that neighbouring texts cannot run into each other.
    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        self.bytes(name, text.as_bytes());
        self
    }

    /// Adds the contents of a file; a missing file is a state of its own.
    pub(crate) fn file(mut self, path: &Path) -> Result<Self> {
        let name = path.to_string_lossy().into_owned();
        match fs::read(path) {
            Ok(contents) => self.bytes(&name, &contents),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.bytes(&name, b"(missing)"),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        }
        Ok(self)
    }

    /// Adds the name, size and time of every file below a folder, except what is hidden and the
    /// subfolders named in `skipped`; a missing folder is a state of its own.
    ///
    /// Not the contents: Cargo, too, rebuilds what is newer than its result, and nothing else.
    pub(crate) fn tree(mut self, folder: &Path, skipped: &[&str]) -> Result<Self> {
        if !folder.exists() {
            return Ok(self.text(&folder.to_string_lossy(), "(missing)"));
        }
        let is_wanted = |entry: &DirEntry| {
            let name = entry.file_name().to_string_lossy();
            let is_skipped = entry.depth() == 1 && entry.file_type().is_dir() && skipped.contains(&name.as_ref());
            entry.depth() == 0 || !(is_skipped || name.starts_with('.'))
        };
        for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_wanted) {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            if !entry.file_type().is_dir() {
                // Follows a link, unless it leads nowhere.
                let metadata = entry.path().metadata().or_else(|_| entry.metadata());
                let state = metadata.map(|metadata| (metadata.len(), metadata.modified().ok())).ok();
                self.bytes(&entry.path().to_string_lossy(), format!("{state:?}").as_bytes());
            }
        }
        Ok(self)
    }

    /// The fingerprint as text.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(&mut self, name: &str, contents: &[u8]) {
        for part in [name.as_bytes(), contents] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }
}

/// The stamp of one stage.
pub(crate) struct Stamp {
    path: PathBuf,
}

impl Stamp {
    /// The stamp at `path`.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether the stage was finished with exactly this fingerprint.
    pub(crate) fn matches(&self, fingerprint: &str) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text.trim() == fingerprint)
    }

    /// Removes the stamp: the stage begins.
    pub(crate) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Writes the stamp: the stage is done.
    pub(crate) fn write(&self, fingerprint: &str) -> Result<()> {
        write_atomically(&self.path, format!("{fingerprint}\n").as_bytes())
    }
}

/// Writes a file so that a reader sees either the old contents or the new, never a part.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        // As the user's umask has it: others may have to read a course folder.
        let permissions = fs::Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
        file.write_all(contents)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_stamp_matches_only_what_it_was_made_from() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let stamp = Stamp::at(folder.path().join("deep/stamp"));
        assert!(!stamp.matches("abc"));
        stamp.write("abc")?;
        assert!(stamp.matches("abc") && !stamp.matches("abd"));
        stamp.clear()?;
        stamp.clear()?;
        assert!(!stamp.matches("abc"));
        Ok(())
    }

    #[test]
    fn a_fingerprint_sees_changes_in_a_tree_and_borders_between_texts() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let of_tree = || Fingerprint::default().tree(folder.path(), &["target"]).map(Fingerprint::finish);
        let write = |name: &str, contents: &str, modified: u64| -> Result<()> {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(&path, contents)?;
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(modified);
            Ok(fs::File::options().write(true).open(path)?.set_modified(modified)?)
        };
        write("a", "1", 1)?;
        let first = of_tree()?;
        for skipped in ["target/b", ".git/b", ".b.swp"] {
            write(skipped, "2", 2)?;
            assert_eq!(first, of_tree()?, "{skipped}");
        }
        for (name, contents, modified) in [("a", "1", 2), ("a", "12", 1), ("b", "", 1), ("src/target/b", "", 1)] {
            let before = of_tree()?;
            write(name, contents, modified)?;
            assert_ne!(before, of_tree()?, "{name} {contents} {modified}");
        }
        let (ab_c, a_bc) = (Fingerprint::default().text("ab", "c"), Fingerprint::default().text("a", "bc"));
        assert_ne!(ab_c.finish(), a_bc.finish());
        Ok(())
    }
}
