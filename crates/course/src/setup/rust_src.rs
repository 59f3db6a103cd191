//! The source of the standard library, from which completion and type inference know std.
//!
//! rust-analyzer, inside evcxr, reads all of it at every start of a kernel. Two thirds of it are the vector instructions of every processor,
//! `std::arch`, which no notebook needs. So kernels are shown an outline: the same source without these, without tests, and without manifests, so
//! that Cargo need not be asked about it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use super::{Stage, stamp};
use crate::layout::Layout;
use crate::process::command;
use crate::report::note;
use crate::stamp::Fingerprint;
use crate::toolchain::Toolchain;

/// The crates in the outline, as folders of the library.
const CRATES: [&str; 10] =
    ["alloc", "backtrace", "core", "panic_abort", "panic_unwind", "proc_macro", "std", "std_detect", "test", "unwind"];
/// What replaces the largest modules: enough for `core` to name them.
const REPLACED: [(&str, &str); 2] = [
    ("stdarch/crates/core_arch/src/mod.rs", "pub mod arch {}\n"),
    ("portable-simd/crates/core_simd/src/mod.rs", "pub mod simd {}\n"),
];

pub(super) fn stage<'a>(layout: &'a Layout, toolchain: &'a Toolchain) -> Stage<'a> {
    let source = toolchain.std_source();
    Stage {
        name: "rust-src",
        effort: String::new(),
        // Tried once per compiler: without a network, it must not be tried at every start.
        fingerprint: Fingerprint::default()
            .text("rustc", &toolchain.verbose_version)
            .text("outline", &format!("{CRATES:?} {REPLACED:?}"))
            .finish(),
        stamp: stamp(layout, "rust-src"),
        in_place: source.is_none() || layout.std_outline().is_dir(),
        disk: 40_000_000,
        needs: &[],
        builds: false,
        ahead: None,
        run: Box::new(move |_| {
            if source.is_none() {
                add(layout);
            }
            match toolchain.std_source() {
                Some(library) => outline(&library, &layout.std_outline()),
                None => Ok(()),
            }
        }),
    }
}

fn add(layout: &Layout) {
    const LATER: &str =
        "the notebooks work without it, but completion knows less; to add it later: `rustup component add rust-src`";
    if which::which("rustup").is_err() {
        note(&format!("rust-src is missing, and so is rustup: {LATER}"));
        return;
    }
    let added = command("rustup")
        .current_dir(layout.root())
        .args(["component", "add", "rust-src"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    note(&if added {
        "rust-src: added by rustup".to_owned()
    } else {
        format!("rustup could not add rust-src: {LATER}")
    });
}

/// Writes the outline of `library` to `outline`, replacing an older one.
fn outline(library: &Path, outline: &Path) -> Result<()> {
    let unfinished = outline.with_extension("unfinished");
    for old in [&unfinished, outline] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    for name in CRATES {
        let source = library.join(name).join("src");
        if source.is_dir() {
            copy_sources(&source, &unfinished.join(name).join("src"))
                .with_context(|| format!("cannot copy {} to {}", source.display(), unfinished.display()))?;
        }
    }
    for (file, text) in REPLACED {
        let file = unfinished.join(file);
        let write = || {
            fs::create_dir_all(file.parent().unwrap_or(&unfinished))?;
            fs::write(&file, text)
        };
        write().with_context(|| format!("cannot write {}", file.display()))?;
    }
    fs::rename(&unfinished, outline).with_context(|| format!("cannot rename {}", unfinished.display()))
}

/// Copies the Rust files below a folder, except tests.
fn copy_sources(from: &Path, to: &Path) -> std::io::Result<()> {
    let is_wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            name != "tests" && name != "benches"
        } else {
            name.ends_with(".rs") && name != "tests.rs"
        }
    };
    for entry in WalkDir::new(from).follow_links(true).into_iter().filter_entry(is_wanted) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from).map_err(std::io::Error::other)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_has_the_library_without_its_vector_instructions() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (library, target) = (folder.path().join("library"), folder.path().join("std"));
        for file in [
            "core/src/lib.rs",
            "core/src/num/mod.rs",
            "core/src/num/tests.rs",
            "core/src/num/tests/int.rs",
            "core/src/num/README.md",
            "stdarch/crates/core_arch/src/mod.rs",
        ] {
            let file = library.join(file);
            fs::create_dir_all(file.parent().context("a folder")?)?;
            fs::write(file, "pub mod x86;")?;
        }
        for _ in 0..2 {
            outline(&library, &target)?;
            let kept: Vec<_> = fs::read_dir(target.join("core/src/num"))?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<std::io::Result<_>>()?;
            assert_eq!(kept, ["mod.rs"]);
            assert_eq!(fs::read_to_string(target.join(REPLACED[0].0))?, REPLACED[0].1);
        }
        Ok(())
    }
}
