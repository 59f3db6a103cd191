//! Where everything is: all state of the course is inside the checkout, in `.venv` and `.course`.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folders and files of one checkout.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Finds the checkout that this program belongs to.
    ///
    /// The copy in `.course/bin` knows it from its own path, so kernels work after `cargo clean`; under `cargo course`, Cargo tells us; the
    /// folder of the build is the last resort.
    pub(crate) fn discover() -> Result<Self> {
        let exe = env::current_exe().context("cannot find the path of this program")?;
        let from_exe = exe
            .ancestors()
            .find(|folder| folder.file_name().is_some_and(|name| name == ".course"))
            .and_then(Path::parent)
            .map(Path::to_path_buf);
        let from_cargo = || env::var_os("CARGO_MANIFEST_DIR").and_then(|folder| grandparent(Path::new(&folder)));
        let from_build = || grandparent(Path::new(env!("CARGO_MANIFEST_DIR")));
        [from_exe, from_cargo(), from_build()]
            .into_iter()
            .flatten()
            .find(|root| root.join("crates/course/Cargo.toml").is_file())
            .map(Self::at)
            .with_context(|| {
                format!(
                    "{} does not belong to a checkout of the course\n  remedy: run `cargo course` inside one",
                    exe.display()
                )
            })
    }

    /// The layout below `root`.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root: root.canonicalize().unwrap_or(root) }
    }

    /// The checkout itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The notebooks of the course.
    pub(crate) fn notebooks(&self) -> PathBuf {
        self.root.join("notebooks")
    }

    /// Jupyter and everything it needs, pinned and hashed.
    pub(crate) fn requirements(&self) -> PathBuf {
        self.notebooks().join("requirements.txt")
    }

    /// Executed notebooks and their pages.
    pub(crate) fn results(&self) -> PathBuf {
        self.root.join("target/course")
    }

    /// The site of the course.
    pub(crate) fn site(&self) -> PathBuf {
        self.results().join("site")
    }

    /// The pages of figures to play with.
    pub(crate) fn playground(&self) -> PathBuf {
        self.results().join("playground")
    }

    /// The scripts in Python, and the template of pages.
    pub(crate) fn scripts(&self) -> PathBuf {
        self.root.join("crates/course/python")
    }

    /// The Python environment.
    pub(crate) fn venv(&self) -> PathBuf {
        self.root.join(".venv")
    }

    /// A program of the Python environment.
    pub(crate) fn venv_program(&self, name: &str) -> PathBuf {
        self.venv().join("bin").join(name)
    }

    /// All other state.
    pub(crate) fn state(&self) -> PathBuf {
        self.root.join(".course")
    }

    /// What Jupyter writes outside `.venv`.
    pub(crate) fn jupyter(&self) -> PathBuf {
        self.state().join("jupyter")
    }

    /// Style sheet that JupyterLab loads.
    pub(crate) fn lab_style(&self) -> PathBuf {
        self.jupyter().join("config/custom/custom.css")
    }

    /// Our own programs: `evcxr_jupyter`, and a copy of this one.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.state().join("bin").join(name)
    }

    /// The warmed build that every kernel copies.
    pub(crate) fn warmed_build(&self) -> PathBuf {
        self.state().join("warm")
    }

    /// The sets of crates that the warmed build was made for: the set-up hands them over to the kernels.
    pub(crate) fn warmed_sets(&self) -> PathBuf {
        self.state().join("stamps/warmed-sets.json")
    }

    /// The standard library's source, without what no notebook needs.
    pub(crate) fn std_outline(&self) -> PathBuf {
        self.state().join("std")
    }

    /// One folder for each live kernel.
    pub(crate) fn live_kernels(&self) -> PathBuf {
        self.state().join("kernels")
    }

    /// The output of a long step, to be read after a failure.
    pub(crate) fn log(&self, step: &str) -> PathBuf {
        self.state().join("log").join(format!("{step}.log"))
    }

    /// Empty files, to be locked.
    pub(crate) fn lock(&self, name: &str) -> PathBuf {
        self.state().join("locks").join(name)
    }

    /// `path` as seen from the root of the checkout.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Refuses a path that the kernel cannot work in, before anything is built.
    ///
    /// evcxr tells its process where a cell's library lies in a line that it splits at spaces, and Cargo resolves links, so a link would not help.
    pub(crate) fn check_path(&self) -> Result<()> {
        let trouble = match self.root.to_str() {
            Some(root) if root.contains(char::is_whitespace) => "the Rust kernel cannot work in a path with a space",
            Some(_) => return Ok(()),
            None => "Jupyter cannot work in a path that is not UTF-8",
        };
        bail!(
            "{trouble}: {}\n  remedy: move the checkout to another folder, such as ~/spectral-course; a link does not help",
            self.root.display()
        )
    }

    /// Creates the folder for state, or says clearly why it cannot.
    pub(crate) fn create_state(&self) -> Result<()> {
        let state = self.state();
        if let Err(error) = std::fs::create_dir_all(&state) {
            bail!(
                "cannot create {}: {error}\n  remedy: move the checkout to a folder that you can write to",
                state.display()
            );
        }
        Ok(())
    }
}

fn grandparent(folder: &Path) -> Option<PathBuf> {
    folder.parent()?.parent().map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_space_is_refused_with_the_remedy() {
        assert!(Layout::at("/courses/spectral-course_2.1/Übung".into()).check_path().is_ok());
        for path in ["/my courses/spectral", "/courses/spectral course", "/a\tb"] {
            let error = Layout::at(path.into()).check_path().expect_err("a space").to_string();
            assert!(error.contains(path) && error.contains("remedy: move the checkout"), "{error}");
        }
    }
}
