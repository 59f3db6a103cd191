//! The kernel proper: `evcxr_jupyter`, one fixed version, taken from the machine or built here.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::prerequisites::Need;
use super::{Stage, stamp};
use crate::cargo_progress::{self, Said};
use crate::jobs::Jobs;
use crate::layout::Layout;
use crate::process::{cargo, watch};
use crate::report::{Step, note};
use crate::session;
use crate::stamp::Fingerprint;
use crate::toolchain::Toolchain;
use crate::warmed_build;

/// The version that the course was tested with; the manifest it generates and its traps are the ones we know.
const VERSION: &str = "0.22.0";
const PROGRAM: &str = "evcxr_jupyter";

/// Build settings, measured: see environment.md. Nearly all of the build is rust-analyzer, whose speed is most of a kernel's start.
const BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
];

/// What a kernel hardly ever calls, such as an editor's refactorings: not worth optimising.
const UNOPTIMISED: [&str; 19] = [
    "aho-corasick",
    "ariadne",
    "chrono",
    "pulldown-cmark",
    "ra_ap_ide",
    "ra_ap_ide_assists",
    "ra_ap_ide_completion",
    "ra_ap_ide_db",
    "ra_ap_ide_diagnostics",
    "ra_ap_ide_ssr",
    "ra_ap_load-cargo",
    "ra_ap_proc_macro_api",
    "ra_ap_test_fixture",
    "ra_ap_test_utils",
    "regex-automata",
    "regex-syntax",
    "tokio",
    "toml_edit",
    "zeromq",
];

pub(super) fn stage<'a>(layout: &'a Layout, toolchain: &'a Toolchain) -> Result<Stage<'a>> {
    let name = "evcxr_jupyter";
    Ok(Stage {
        name,
        effort: match recorded_installs().next() {
            Some(path) => format!("the Rust kernel {VERSION}: copied from {}", path.display()),
            None => format!(
                "the Rust kernel {VERSION}: about 5 min on 2 cores, unless this machine has it; downloads 70 MB"
            ),
        },
        fingerprint: fingerprint(),
        stamp: stamp(layout, "evcxr"),
        in_place: layout.program(PROGRAM).is_file(),
        disk: 2_500_000_000,
        needs: &[Need::Linker],
        builds: recorded_installs().next().is_none(),
        ahead: None,
        run: Box::new(move |jobs| install(layout, toolchain, name, jobs)),
    })
}

/// Other settings make another kernel of the same version.
fn fingerprint() -> String {
    let settings = BUILD.map(|(name, value)| format!("{name}={value}")).join(" ");
    let unoptimised = UNOPTIMISED.join(" ");
    Fingerprint::default()
        .text("version", VERSION)
        .text("settings", &settings)
        .text("unoptimised", &unoptimised)
        .finish()
}

fn install(layout: &Layout, toolchain: &Toolchain, name: &str, jobs: &Jobs) -> Result<()> {
    let unrecorded = programs_on_machine().into_iter().filter(|path| recorded_version(path).is_none());
    let found = recorded_installs().next().or_else(|| {
        unrecorded
            .into_iter()
            .find(|path| asked_version(layout, toolchain, path).is_ok_and(|version| version == VERSION))
    });
    match found {
        Some(path) => copy(layout, &path),
        None => build(layout, name, jobs),
    }
}

/// A copy, not a link: the user may update the original at any time.
fn copy(layout: &Layout, from: &Path) -> Result<()> {
    let to = layout.program(PROGRAM);
    let fresh = to.with_extension("new");
    fs::create_dir_all(layout.state().join("bin"))?;
    fs::copy(from, &fresh)
        .and_then(|_| fs::rename(&fresh, &to))
        .with_context(|| format!("cannot copy {}", from.display()))?;
    note(&format!("{PROGRAM} {VERSION}: taken from {}", from.display()));
    Ok(())
}

fn build(layout: &Layout, name: &str, jobs: &Jobs) -> Result<()> {
    let step = Step::start(name);
    // Kept until the build is complete, so that an interrupted one can resume; after that it is a useless gigabyte.
    let build_folder = layout.state().join("build/evcxr_jupyter");
    let mut install = cargo();
    install
        .current_dir(layout.root())
        .args(["install", PROGRAM, "--version", &format!("={VERSION}"), "--locked", "--force", "--root"])
        .arg(layout.state())
        .arg("--target-dir")
        .arg(&build_folder)
        .args(
            UNOPTIMISED
                .iter()
                .flat_map(|name| ["--config".to_owned(), format!("profile.release.package.{name}.opt-level=0")]),
        )
        .envs(BUILD)
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    jobs.tell(&mut install);
    watch(&mut install, &layout.log("evcxr_jupyter"), |piece| match cargo_progress::read(piece) {
        Some(Said::Progress { done, total, current }) => step.progress(done, total, &current),
        Some(Said::Line(line)) => step.message(&line),
        None => {}
    })?;
    if !layout.program(PROGRAM).is_file() {
        bail!("`cargo install` succeeded, but there is no {}", layout.program(PROGRAM).display());
    }
    let _ = fs::remove_dir_all(build_folder);
    step.done();
    Ok(())
}

/// Programs of the right version, according to the records of `cargo install`. (0.22.0 has no `--version`.)
fn recorded_installs() -> impl Iterator<Item = PathBuf> {
    programs_on_machine().into_iter().filter(|path| recorded_version(path).is_some_and(|version| version == VERSION))
}

/// Every `evcxr_jupyter` in Cargo's folders and on the PATH, each once.
fn programs_on_machine() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".cargo")));
    let install_root = env::var_os("CARGO_INSTALL_ROOT").map(PathBuf::from);
    let installed = [install_root, cargo_home].into_iter().flatten().map(|root| root.join("bin").join(PROGRAM));
    let mut seen = BTreeSet::new();
    installed
        .filter(|path| path.is_file())
        .chain(which::which_all(PROGRAM).into_iter().flatten())
        .filter(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
        .collect()
}

/// The version according to `cargo install`, whose record is beside the program's folder.
fn recorded_version(program: &Path) -> Option<String> {
    let record = fs::read_to_string(program.parent()?.parent()?.join(".crates2.json")).ok()?;
    version_in_record(&record)
}

fn version_in_record(record: &str) -> Option<String> {
    let record: Value = serde_json::from_str(record).ok()?;
    let installs = record["installs"].as_object()?;
    let (name, _) = installs
        .iter()
        .find(|(_, install)| install["bins"].as_array().is_some_and(|bins| bins.iter().any(|bin| bin == PROGRAM)))?;
    name.split(' ').nth(1).map(str::to_owned)
}

/// Starts a program of which there is no record, and asks it as Jupyter would.
fn asked_version(layout: &Layout, toolchain: &Toolchain, program: &Path) -> Result<String> {
    let folder = layout.state().join("build");
    fs::create_dir_all(&folder)?;
    let workspace = tempfile::tempdir_in(folder)?;
    warmed_build::write_workspace(workspace.path(), &[])?;
    warmed_build::write_evcxr_manifest(workspace.path(), &[])?;
    let environment = warmed_build::environment(layout, workspace.path(), toolchain, &[])?;
    let said = session::run(layout, program, &environment, workspace.path(), &[])?;
    if said.implementation != PROGRAM {
        bail!("{} is {}", program.display(), said.implementation);
    }
    Ok(said.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"installs":{"ripgrep 14.1.0 (registry+x)":{"bins":["rg"]},"evcxr_jupyter 0.22.0 (registry+x)":{"bins":["evcxr_jupyter"]}}}"#;

    #[test]
    fn the_record_of_cargo_install_tells_the_version() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let program = folder.path().join("bin/evcxr_jupyter");
        assert_eq!(recorded_version(&program), None);
        fs::write(folder.path().join(".crates2.json"), RECORD)?;
        assert_eq!(recorded_version(&program).as_deref(), Some(VERSION));
        fs::write(
            folder.path().join(".crates2.json"),
            r#"{"installs":{"ripgrep 14.1.0 (registry+x)":{"bins":["rg"]}}}"#,
        )?;
        assert_eq!(recorded_version(&program), None);
        Ok(())
    }
}
