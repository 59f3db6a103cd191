//! The Rust toolchain that builds the cells: the one that rustup picks in this checkout.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::process::{command, output_of};

/// What the kernels need to know about the toolchain.
pub(crate) struct Toolchain {
    /// `rustc -vV`, which tells two builds of a compiler apart.
    pub(crate) verbose_version: String,
    /// The target that cells are built for.
    pub(crate) host: String,
    /// The folder of the toolchain.
    pub(crate) sysroot: PathBuf,
    /// The folder of libstd and the target's other libraries.
    pub(crate) target_libdir: PathBuf,
}

impl Toolchain {
    /// Asks rustc inside the checkout, so that a `rust-toolchain.toml` counts.
    pub(crate) fn ask(layout: &Layout) -> Result<Self> {
        let ask = |arguments: &[&str]| {
            output_of(command("rustc").current_dir(layout.root()).args(arguments))
                .context("rustc does not answer\n  remedy: install Rust with rustup, and open a new shell")
        };
        let said = ask(&["-vV"])? + &ask(&["--print", "sysroot", "--print", "target-libdir"])?;
        Self::read(&said).with_context(|| format!("cannot understand the answer of rustc:\n{said}"))
    }

    /// rustc itself, not rustup's stand-in: evcxr calls it that way, and each call is faster.
    pub(crate) fn rustc(&self) -> PathBuf {
        self.program("rustc")
    }

    /// Cargo, as evcxr calls it.
    pub(crate) fn cargo(&self) -> Command {
        command(self.cargo_path())
    }

    /// The path of this Cargo.
    pub(crate) fn cargo_path(&self) -> PathBuf {
        self.program("cargo")
    }

    /// The source of the standard library, if it is there.
    pub(crate) fn std_source(&self) -> Option<PathBuf> {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        library.join("core/src/lib.rs").is_file().then_some(library)
    }

    fn read(said: &str) -> Option<Self> {
        let host = said.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
        let mut paths = said.lines().filter(|line| line.starts_with('/')).map(PathBuf::from);
        let (sysroot, target_libdir) = (paths.next()?, paths.next()?);
        Some(Self { verbose_version: said.to_owned(), host, sysroot, target_libdir })
    }

    fn program(&self, name: &str) -> PathBuf {
        let path = self.sysroot.join("bin").join(name);
        if path.is_file() { path } else { which::which(name).unwrap_or_else(|_| name.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rustc_says() -> Result<()> {
        let said = "rustc 1.95.0\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2\n/rust\n/rust/lib/rustlib/x/lib\n";
        let toolchain = Toolchain::read(said).context("readable")?;
        assert_eq!(toolchain.host, "x86_64-unknown-linux-gnu");
        assert_eq!(toolchain.sysroot, PathBuf::from("/rust"));
        assert_eq!(toolchain.target_libdir, PathBuf::from("/rust/lib/rustlib/x/lib"));
        Ok(())
    }

    #[test]
    fn a_program_is_looked_for_in_the_toolchain_then_on_the_path() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let sysroot = folder.path().to_path_buf();
        std::fs::create_dir(sysroot.join("bin"))?;
        std::fs::write(sysroot.join("bin/rustc"), "")?;
        let toolchain = Toolchain {
            verbose_version: String::new(),
            host: String::new(),
            target_libdir: sysroot.join("lib"),
            sysroot: sysroot.clone(),
        };
        assert_eq!(toolchain.rustc(), sysroot.join("bin/rustc"));
        let shell = toolchain.program("sh");
        assert!(shell.is_absolute() && shell.ends_with("sh") && shell.is_file(), "{}", shell.display());
        assert_eq!(toolchain.program("no-such-program"), PathBuf::from("no-such-program"));
        Ok(())
    }
}
