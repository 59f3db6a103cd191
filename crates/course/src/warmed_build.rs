//! The folder that a kernel builds its cells in.
//!
//! evcxr writes a manifest into the folder it is given and leaves us no choice of profiles. Nor does a lock file survive there: the first
//! build of every kernel has no dependencies, so Cargo empties the lock and resolves anew at the first `:dep`, and any new release of some crate
//! would make each kernel compile for minutes. So the folder is a member of a small workspace of ours:
//!
//! ```text
//! Cargo.toml    the workspace, and the profiles, which hold for its members
//! Cargo.lock    starts as a copy of the checkout's: kernels use the versions that were tested
//! lock/*        members that are never built but depend on what the notebooks load, so that Cargo keeps the lock
//! ctx/          the member that evcxr writes, builds and loads
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::dependency::Dependency;
use crate::evcxr_tools;
use crate::layout::Layout;
use crate::stamp::write_atomically;
use crate::toolchain::Toolchain;

/// The workspace and its profiles. The cells keep evcxr's own settings except `lto`: `false` would run LLVM's thin LTO over the parts of
/// each cell, a third of the time that a cell takes. What the cells depend on is optimised and unchecked, as in a release. Each crate is
/// one codegen unit: without thin LTO, numerical code split into several runs at a third of its speed (faer's eigenvalues). It is not
/// built incrementally, which would give slower code and more for every kernel to copy.
const PROFILES: &str = r#"[workspace]
resolver = "3"
members = ["ctx", "lock/*"]

[profile.dev]
opt-level = 2
debug = false
strip = "debuginfo"
rpath = true
lto = "off"
debug-assertions = true
codegen-units = 16
panic = "unwind"
incremental = true
overflow-checks = true

[profile.dev.package."*"]
opt-level = 3
codegen-units = 1
incremental = false
debug-assertions = false
overflow-checks = false
"#;

/// Packages whose level of optimisation is not 3.
///
/// What runs only while something is compiled, and faer's kernels for numbers that the course does not use, would take a fifth of the
/// build to optimise (Cargo's `build-override` does not help: `package."*"` comes before it). faer is generic: it is compiled inside
/// `matrix-free`, at full speed, and optimising the generic code beforehand would double faer's own time and gain nothing. The checks spend their
/// time in the estimators and in the student's function, but at level 0 each would take 0.05 s more. A figure takes 10 ms more to draw, and its crate two seconds less to compile.
const LEVELS: [(u8, &[&str]); 2] = [
    (
        0,
        &[
            "syn",
            "quote",
            "proc-macro2",
            "interpol",
            "paste",
            "seq-macro",
            "equator-macro",
            "nano-gemm-codegen",
            "autocfg",
            "nano-gemm-c32",
            "nano-gemm-c64",
            "nano-gemm-f32",
            "gemm-c32",
            "gemm-c64",
            "gemm-f16",
            "faer",
            "ttf-parser",
            "serde_core",
            "memchr",
            "libm",
            "zerocopy",
            "gemm-f32",
            "serde_json",
            "raw-cpuid",
        ],
    ),
    (1, &["checks", "figures", "private-gemm-x86"]),
];

/// The whole manifest of the workspace.
pub(crate) fn workspace_manifest() -> String {
    let package = |level: u8, name: &str| format!("\n[profile.dev.package.{name}]\nopt-level = {level}\n");
    let levels = LEVELS.iter().flat_map(|&(level, names)| names.iter().map(move |name| package(level, name)));
    std::iter::once(PROFILES.to_owned()).chain(levels).collect()
}

/// The folder of the workspace that evcxr works in.
pub(crate) fn evcxr_folder(workspace: &Path) -> PathBuf {
    workspace.join("ctx")
}

/// Writes the workspace for these sets of dependencies, except its lock and what evcxr writes.
pub(crate) fn write_workspace(workspace: &Path, sets: &[Vec<Dependency>]) -> Result<()> {
    write_if_changed(&workspace.join("Cargo.toml"), &workspace_manifest())?;
    let lock = workspace.join("lock");
    // Members of earlier notebooks would keep their crates in the lock.
    match fs::remove_dir_all(&lock) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", lock.display()));
        }
        _ => {}
    }
    for (number, set) in sets.iter().enumerate() {
        // For a target that does not exist: Cargo locks the dependencies, but neither Cargo nor rust-analyzer loads them.
        let manifest = format!(
            "[package]\nname = \"keeps-the-lock-{number}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[target.'cfg(any())'.dependencies]\n{}",
            manifest_lines(set)
        );
        write_if_changed(&lock.join(number.to_string()).join("Cargo.toml"), &manifest)?;
        write_if_changed(&lock.join(number.to_string()).join("src/lib.rs"), "")?;
    }
    Ok(())
}

/// Writes the manifest that evcxr would write for these dependencies, and an empty library.
pub(crate) fn write_evcxr_manifest(workspace: &Path, dependencies: &[Dependency]) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\npath = \"src/lib.rs\"\n\n[dependencies]\n{}",
        manifest_lines(dependencies)
    );
    let folder = evcxr_folder(workspace);
    write_if_changed(&folder.join("Cargo.toml"), &manifest)?;
    write_if_changed(&folder.join("src/lib.rs"), "")
}

/// The variables that an `evcxr_jupyter` working in `workspace` is started with.
pub(crate) fn environment(
    layout: &Layout,
    workspace: &Path,
    toolchain: &Toolchain,
    preload: &[Dependency],
) -> Result<Vec<(&'static str, OsString)>> {
    let folder = layout.state().join("evcxr");
    // Kernels that start at the same moment may load different crates.
    let config = folder.join(if preload.is_empty() { "bare" } else { "loaded" });
    write_if_changed(&config.join("evcxr.toml"), &configuration(preload)?)?;
    let library_path = if cfg!(target_os = "macos") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let mut libraries = vec![toolchain.target_libdir.clone()];
    libraries.extend(std::env::var_os(library_path).iter().flat_map(std::env::split_paths));
    let mut variables: Vec<(&'static str, OsString)> = vec![
        ("EVCXR_TMPDIR", evcxr_folder(workspace).into()),
        ("EVCXR_CONFIG_DIR", config.into()),
        ("PATH", evcxr_tools::install(&folder.join("tools"), toolchain)?),
        // Without this, evcxr 0.22.0 does not find libstd when its folder and the toolchain are below the same home.
        (library_path, std::env::join_paths(libraries)?),
        // Read by rust-analyzer's `cargo metadata`, and not by evcxr's builds, which set their own: it leaves out the crates
        // that none of our signatures show, and with them part of the wait at the first `let`. (See spectral-course/Cargo.toml.)
        ("RUSTFLAGS", "--cfg spectral_course_outline".into()),
        // Saves a second of page faults at the start: evcxr's allocator asks for huge pages, which the operating system has to clear.
        ("MIMALLOC_ALLOW_THP", "0".into()),
        // evcxr_jupyter updates an older kernelspec of the user's if it finds one: here it finds none.
        ("JUPYTER_PATH", folder.join("no-kernels").into()),
    ];
    let outline = layout.std_outline();
    if outline.is_dir() {
        variables.push(("RUST_SRC_PATH", outline.into()));
    }
    Ok(variables)
}

/// evcxr keeps this for all cells. When a cell does not compile it shows rustc's warnings about every cell so far as errors, and some of its own
/// reasons only if there are none: the stub of an exercise has unused variables, and a Greek letter is no mistake.
const ALLOWED: &str = "#![allow(unused_variables, unused_assignments, mixed_script_confusables)]";

/// `evcxr.toml`. Its prelude does what the first cells would have to wait for, at the kernel's start, while the student reads the first lines:
/// rust-analyzer reads the crates that the notebooks load, and the first `let` makes it work out their traits.
fn configuration(preload: &[Dependency]) -> Result<String> {
    #[derive(serde::Serialize)]
    struct Configuration {
        evcxr: Settings,
    }
    #[derive(serde::Serialize)]
    struct Settings {
        prelude: String,
    }
    let loads: String = preload.iter().map(|dependency| format!(":dep {}\n", dependency.manifest_line())).collect();
    let prelude = format!("{loads}{ALLOWED}\nlet ready = ();");
    Ok(toml::to_string(&Configuration { evcxr: Settings { prelude } })?)
}

fn manifest_lines(dependencies: &[Dependency]) -> String {
    dependencies.iter().map(|dependency| dependency.manifest_line() + "\n").collect()
}

/// Writes a file unless it already has these contents, so that its time, which Cargo looks at, stays.
pub(crate) fn write_if_changed(path: &Path, contents: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == contents) {
        return Ok(());
    }
    write_atomically(path, contents.as_bytes())
}

/// Copies a folder with everything in it, times included: Cargo would rebuild whatever looks newer than its result.
/// Compiled dependencies, most of the bytes, are hard links: rustc replaces such a file and never writes into it.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        for entry in WalkDir::new(from) {
            let entry = entry?;
            let (source, kind) = (entry.path(), entry.file_type());
            let target = to.join(source.strip_prefix(from).map_err(std::io::Error::other)?);
            if kind.is_dir() {
                fs::create_dir_all(&target)?;
            } else if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(source)?, &target)?;
            } else if !(is_compiled_dependency(source) && fs::hard_link(source, &target).is_ok()) {
                fs::copy(source, &target)?;
                fs::File::open(&target)?.set_modified(entry.metadata()?.modified()?)?;
            }
        }
        Ok(())
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Whether this is rustc's output for a crate that the cells depend on.
fn is_compiled_dependency(file: &Path) -> bool {
    let is_dependency = file.parent().is_some_and(|folder| folder.ends_with("deps"));
    let is_cell = file.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("libctx"));
    let compiled =
        file.extension().is_some_and(|extension| ["rlib", "rmeta", "so", "dylib"].iter().any(|e| extension == *e));
    is_dependency && compiled && !is_cell
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_copy_keeps_contents_times_and_links() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("deep/er"))?;
        fs::write(from.join("deep/er/file"), "contents")?;
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        fs::File::options().write(true).open(from.join("deep/er/file"))?.set_modified(old)?;
        std::os::unix::fs::symlink("er/file", from.join("deep/link"))?;
        fs::create_dir(from.join("deps"))?;
        for name in ["libfaer.rlib", "libctx.so", "faer.d"] {
            fs::write(from.join("deps").join(name), name)?;
        }
        copy_tree(&from, &to)?;
        assert_eq!(fs::read_to_string(to.join("deep/er/file"))?, "contents");
        assert_eq!(to.join("deep/er/file").metadata()?.modified()?, old);
        assert_eq!(fs::read_link(to.join("deep/link"))?, Path::new("er/file"));
        // Only what rustc replaces as a whole is shared: a cell's library belongs to one kernel.
        let is_shared = |name: &str| -> Result<bool> {
            let number = |folder: &Path| folder.join("deps").join(name).metadata().map(|metadata| metadata.ino());
            Ok(number(&from)? == number(&to)?)
        };
        assert!(is_shared("libfaer.rlib")?);
        assert!(!is_shared("libctx.so")? && !is_shared("faer.d")?);
        Ok(())
    }

    #[test]
    fn an_unchanged_file_keeps_its_time() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        write_if_changed(&path, "same")?;
        let before = path.metadata()?.modified()?;
        write_if_changed(&path, "same")?;
        assert_eq!(path.metadata()?.modified()?, before);
        Ok(())
    }
}
