//! The warmed build: everything that the notebooks load, compiled once, for every kernel to copy.

mod plan;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::prerequisites::Need;
use super::{Stage, stamp};
use crate::cargo_progress::{self, Said};
use crate::dependency::Dependency;
use crate::filelock;
use crate::jobs::Jobs;
use crate::layout::Layout;
use crate::process::watch;
use crate::report::{Step, note, warning};
use crate::session::{self, Cell};
use crate::stamp::{Fingerprint, write_atomically};
use crate::toolchain::Toolchain;
use crate::warmed_build;

use plan::{COURSE_CRATE, Plan, Sets, is_foreign, plan};

/// The name of the stage, and of its stamp.
pub(super) const NAME: &str = "warmed build";
const STAMP: &str = "warm";

/// A variable whose type only those know who have read the crates.
const FIRST_LET: &str = "let course_is_warm = spectral_course::prelude::random_symmetric(2, 0);";
/// evcxr's words when rust-analyzer has not, though the cell compiles.
const UNKNOWN_TYPE: &str = "Couldn't automatically determine type of variable";

/// What a kernel loads at its start: nothing if the sources have changed since the warmed build, because a crate that does not compile
/// would end the kernel there, while the first cell of a notebook can show why.
///
/// The crates come from the set-up, which has read the notebooks. Here only the names, sizes and times of the sources are looked at.
pub(crate) fn preload(layout: &Layout, toolchain: &Toolchain) -> Result<Vec<Dependency>> {
    let handed_over = fs::read(layout.warmed_sets()).ok().and_then(|text| serde_json::from_slice::<Sets>(&text).ok());
    let Some(sets) = handed_over else {
        return Ok(Vec::new());
    };
    let is_current = stamp(layout, STAMP).matches(&fingerprint(layout, toolchain, &sets)?);
    Ok(if is_current { preloaded(&sets).to_vec() } else { Vec::new() })
}

/// What the first notebook loads.
fn preloaded(sets: &Sets) -> &[Dependency] {
    sets.first().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn stage<'a>(layout: &'a Layout, toolchain: &'a Toolchain) -> Result<Stage<'a>> {
    let plan = plan(layout)?;
    let fingerprint = fingerprint(layout, toolchain, &plan.sets)?;
    let target = layout.warmed_build().join("ctx/target");
    let first_time = !target.is_dir();
    let (sets, foreign) = (plan.sets.clone(), plan.foreign.clone());
    Ok(Stage {
        name: NAME,
        effort: if first_time {
            "what the notebooks load, optimised: 3 to 5 min on 2 cores, downloads 50 MB".into()
        } else {
            "what the notebooks load: only what has changed".into()
        },
        fingerprint,
        stamp: stamp(layout, STAMP),
        in_place: target.is_dir() && layout.warmed_sets().is_file(),
        disk: if first_time { 1_500_000_000 } else { 500_000_000 },
        needs: &[Need::Linker],
        builds: true,
        ahead: Some(Box::new(move |jobs| compile_what_can_be(layout, toolchain, &sets, &foreign, jobs))),
        run: Box::new(move |_| finish(layout, toolchain, &plan)),
    })
}

/// Everything that makes the warmed build stale when it changes: what a kernel compiles, and what with.
fn fingerprint(layout: &Layout, toolchain: &Toolchain, sets: &Sets) -> Result<String> {
    let mut fingerprint = Fingerprint::default()
        .text("rustc", &toolchain.verbose_version)
        .text("workspace of a kernel", &warmed_build::workspace_manifest())
        .file(&layout.root().join("Cargo.toml"))?
        .file(&layout.root().join("Cargo.lock"))?;
    let mut folders = BTreeSet::new();
    for dependency in sets.iter().flatten() {
        fingerprint = fingerprint.text("dependency", &dependency.manifest_line());
        folders.extend(dependency.folder());
    }
    // The course's crates depend on one another, but not on this one.
    for entry in fs::read_dir(layout.root().join("crates")).context("cannot read crates")? {
        let folder = entry?.path();
        if folder.is_dir() && !folder.ends_with("course") {
            folders.insert(folder);
        }
    }
    for folder in folders {
        fingerprint = fingerprint.tree(&folder, &["target", "tests", "benches", "examples"])?;
    }
    Ok(fingerprint.finish())
}

/// No kernel may copy what is being written.
fn lock(layout: &Layout) -> Result<File> {
    filelock::exclusive(&layout.lock("warmed-build"), || note("waiting for a kernel to copy the warmed build"))
}

/// Compiles what the notebooks load; without what only a student's own notebooks load, if that fails: a misspelt version there must not
/// take the course's notebooks with it.
fn compile_what_can_be(
    layout: &Layout,
    toolchain: &Toolchain,
    sets: &Sets,
    foreign: &[PathBuf],
    jobs: &Jobs,
) -> Result<()> {
    let Err(error) = compile(layout, toolchain, sets, jobs) else {
        return Ok(());
    };
    let own: Sets = sets.iter().filter(|set| !is_foreign(layout, set)).cloned().collect();
    if own.is_empty() || own.len() == sets.len() {
        return Err(error);
    }
    let notebooks: Vec<_> = foreign.iter().map(|path| layout.shown(path)).collect();
    warning(&format!("{error:#}\n  once more without what only {} loads", notebooks.join(", ")));
    compile(layout, toolchain, &own, jobs)
}

/// Compiles what the notebooks load. This does not need the kernel yet.
fn compile(layout: &Layout, toolchain: &Toolchain, sets: &Sets, jobs: &Jobs) -> Result<()> {
    let _alone = lock(layout)?;
    let folder = layout.warmed_build();
    start_over_for_another_compiler(&folder, toolchain)?;
    warmed_build::write_workspace(&folder, sets)?;
    begin_lock(layout, &folder)?;
    let step = Step::start(NAME);
    for dependencies in sets {
        step.restart_count();
        build(layout, toolchain, &folder, dependencies, jobs, &step)?;
    }
    step.done();
    Ok(())
}

/// Tries the build with a kernel, and hands it over to later ones.
fn finish(layout: &Layout, toolchain: &Toolchain, plan: &Plan) -> Result<()> {
    let _alone = lock(layout)?;
    let folder = layout.warmed_build();
    let step = Step::start("trial of the first cell");
    let trouble = try_first_cell(layout, toolchain, &folder, plan)?;
    remove_leftovers(&folder, toolchain)?;
    write_atomically(&layout.warmed_sets(), &serde_json::to_vec(&plan.sets)?)?;
    step.done();
    if let Some(trouble) = trouble {
        warning(&trouble);
    }
    Ok(())
}

/// Results of another compiler or of other profiles are useless, and each kernel would copy them.
fn start_over_for_another_compiler(folder: &Path, toolchain: &Toolchain) -> Result<()> {
    let made_by = folder.join("made-by");
    let maker = format!("{}\n{}", toolchain.verbose_version, warmed_build::workspace_manifest());
    if fs::read_to_string(&made_by).is_ok_and(|found| found != maker) {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    warmed_build::write_if_changed(&made_by, &maker)
}

/// Starts from the checkout's lock whenever that has changed: kernels use the versions that were tested.
fn begin_lock(layout: &Layout, folder: &Path) -> Result<()> {
    let Ok(tested) = fs::read_to_string(layout.root().join("Cargo.lock")) else {
        return Ok(());
    };
    let begun_with = folder.join("Cargo.lock.begun-with");
    if fs::read_to_string(&begun_with).is_ok_and(|found| found == tested) && folder.join("Cargo.lock").is_file() {
        return Ok(());
    }
    warmed_build::write_if_changed(&folder.join("Cargo.lock"), &tested)?;
    warmed_build::write_if_changed(&begun_with, &tested)
}

/// Builds the dependencies as evcxr will, but in a way that shows the progress.
fn build(
    layout: &Layout,
    toolchain: &Toolchain,
    folder: &Path,
    dependencies: &[Dependency],
    jobs: &Jobs,
    step: &Step,
) -> Result<()> {
    warmed_build::write_evcxr_manifest(folder, dependencies)?;
    let mut flags = vec!["-Cprefer-dynamic"];
    if !cfg!(target_os = "macos") && which::which("mold").is_err() && which::which("lld").is_ok() {
        flags.push("-Clink-arg=-fuse-ld=lld");
    }
    let mut build = toolchain.cargo();
    build
        .args(["build", "--target", &toolchain.host])
        .current_dir(warmed_build::evcxr_folder(folder))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_TARGET_DIR", "target")
        .env("CARGO_BUILD_BUILD_DIR", "target")
        .env("RUSTC", toolchain.rustc())
        .env("RUSTFLAGS", flags.join(" "))
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    jobs.tell(&mut build);
    watch(&mut build, &layout.log("warm"), |piece| match cargo_progress::read(piece) {
        Some(Said::Progress { done, total, current }) => step.progress(done, total, &current),
        Some(Said::Line(line)) => step.message(&line),
        None => {}
    })
    .context("the crates that the notebooks load do not compile")
}

/// Lets a kernel run a first cell and a `let`: proof that evcxr works with the build, or the reason why it does not.
fn try_first_cell(layout: &Layout, toolchain: &Toolchain, folder: &Path, plan: &Plan) -> Result<Option<String>> {
    let Some((notebook, cell)) = &plan.first_cell else {
        return Ok(None);
    };
    let loads_course = preloaded(&plan.sets).iter().any(|dependency| dependency.name() == COURSE_CRATE);
    let cells = [Cell::new(cell), Cell::new(if loads_course { FIRST_LET } else { "let course_is_warm = 1;" })];
    let environment = warmed_build::environment(layout, folder, toolchain, preloaded(&plan.sets))?;
    let said = session::run(layout, &layout.program("evcxr_jupyter"), &environment, &layout.notebooks(), &cells)?;
    let trouble = said.cells.iter().find_map(session::Executed::trouble);
    if trouble.as_ref().is_some_and(|trouble| trouble.contains(UNKNOWN_TYPE)) {
        bail!(
            "rust-analyzer, inside the kernel, cannot read the crates of the course: completion and variables would fail\n  \
             remedy: `cargo metadata` in {} shows what is wrong; then run the same command again",
            layout.shown(&warmed_build::evcxr_folder(folder))
        );
    }
    Ok(trouble.map(|trouble| {
        format!("the first cell of {} fails:\n{}", layout.shown(notebook), crate::process::indented(&trouble))
    }))
}

/// Removes what no kernel can use but each would copy.
fn remove_leftovers(folder: &Path, toolchain: &Toolchain) -> Result<()> {
    let target = folder.join("ctx/target");
    let built = target.join(&toolchain.host).join("debug");
    for incremental in [target.join("debug/incremental"), built.join("incremental")] {
        if incremental.exists() {
            fs::remove_dir_all(&incremental).with_context(|| format!("cannot remove {}", incremental.display()))?;
        }
    }
    for folder in [built.join("deps"), built] {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libcode_")) {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook;

    /// A checkout with all crates of this one, with little in each, and a notebook for each of these first cells.
    fn checkout(first_cells: &[&str]) -> Result<(tempfile::TempDir, Layout)> {
        let folder = tempfile::tempdir()?;
        let layout = Layout::at(folder.path().to_path_buf());
        fs::create_dir(layout.notebooks())?;
        for (i, source) in first_cells.iter().enumerate() {
            let notebook = serde_json::json!({"cells": [{"cell_type": "code", "source": source}]});
            fs::write(layout.notebooks().join(format!("{}.ipynb", i + 1)), notebook.to_string())?;
        }
        for krate in crates()? {
            for file in ["Cargo.toml", "src/lib.rs", "tests/a.rs", "benches/a.rs", "examples/a.rs"] {
                write(&layout, &format!("crates/{krate}/{file}"))?;
            }
        }
        Ok((folder, layout))
    }

    fn crates() -> Result<Vec<String>> {
        let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?;
        folders.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn write(layout: &Layout, file: &str) -> Result<()> {
        let path = layout.root().join(file);
        // Longer each time, because two writes may happen within one tick of the file system's clock.
        let text = fs::read_to_string(&path).unwrap_or_default() + "// A line.\n";
        write_atomically(&path, text.as_bytes())
    }

    fn toolchain(version: &str) -> Toolchain {
        Toolchain {
            verbose_version: version.into(),
            host: String::new(),
            sysroot: PathBuf::new(),
            target_libdir: PathBuf::new(),
        }
    }

    /// As the stage ends.
    fn set_up(layout: &Layout) -> Result<()> {
        let sets = plan(layout)?.sets;
        write_atomically(&layout.warmed_sets(), &serde_json::to_vec(&sets)?)?;
        stamp(layout, STAMP).write(&fingerprint(layout, &toolchain("1.95"), &sets)?)
    }

    const FIRST_CELL: &str = ":dep spectral-course = { path = \"../crates/spectral-course\" }\nuse spectral_course::*;";

    #[test]
    fn a_kernel_preloads_what_the_set_up_has_found() -> Result<()> {
        let (_folder, layout) = checkout(&[FIRST_CELL])?;
        let preloaded = |version| preload(&layout, &toolchain(version));
        assert_eq!(preloaded("1.95")?, [], "nothing is warm yet");
        set_up(&layout)?;
        let line = notebook::dependency_lines(FIRST_CELL).next().context("a line")?;
        let expected = Dependency::read(line, &layout.notebooks());
        assert_eq!(preloaded("1.95")?, [expected.context("a dependency")?]);
        assert_eq!(preloaded("1.96")?, [], "another compiler");
        stamp(&layout, STAMP).clear()?;
        assert_eq!(preloaded("1.95")?, [], "a warmed build that is being made");
        set_up(&layout)?;
        fs::remove_file(layout.warmed_sets())?;
        assert_eq!(preloaded("1.95")?, [], "nothing was handed over");
        Ok(())
    }

    #[test]
    fn a_kernel_preloads_nothing_once_a_crate_that_it_compiles_has_changed() -> Result<()> {
        let (_folder, layout) = checkout(&[FIRST_CELL])?;
        let becomes_stale = |file: &str| -> Result<bool> {
            set_up(&layout)?;
            assert!(!preload(&layout, &toolchain("1.95"))?.is_empty());
            write(&layout, file)?;
            Ok(preload(&layout, &toolchain("1.95"))?.is_empty())
        };
        for file in ["Cargo.toml", "Cargo.lock", "crates/new/src/lib.rs"] {
            assert!(becomes_stale(file)?, "{file}");
        }
        for krate in crates()? {
            for (file, is_compiled) in [
                ("src/lib.rs", true),
                ("Cargo.toml", true),
                ("src/tests/deep.rs", true),
                ("assets/font.ttf", true),
                ("tests/a.rs", false),
                ("benches/a.rs", false),
                ("examples/a.rs", false),
                ("src/.lib.rs.swp", false),
            ] {
                let file = format!("crates/{krate}/{file}");
                assert_eq!(becomes_stale(&file)?, is_compiled && krate != "course", "{file}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_damaged_notebook_is_left_out_and_what_is_not_ours_comes_last() -> Result<()> {
        let other = ":dep rand = \"=0.9.5\"";
        let (_folder, layout) = checkout(&[other, ":dep spectral-course = { path = \"../nowhere\" }", FIRST_CELL])?;
        write_atomically(
            &layout.root().join("crates/spectral-course/Cargo.toml"),
            b"[package]\nname = \"spectral-course\"",
        )?;
        fs::write(layout.notebooks().join("Untitled.ipynb"), "")?;
        let plan = plan(&layout)?;
        assert_eq!(plan.foreign, [layout.notebooks().join("1.ipynb")]);
        assert!(plan.first_cell.as_ref().is_some_and(|(path, _)| path.ends_with("notebooks/3.ipynb")));
        let names: Vec<_> = plan.sets.iter().map(|set| set[0].name()).collect();
        assert_eq!(names, ["spectral-course", "rand", "spectral-course"]);
        assert!(!is_foreign(&layout, preloaded(&plan.sets)) && is_foreign(&layout, &plan.sets[1]));
        Ok(())
    }

    #[test]
    fn every_set_is_warmed_with_and_without_solutions() -> Result<()> {
        let (_folder, layout) = checkout(&[FIRST_CELL, &format!("{FIRST_CELL}\n1")])?;
        let plan = plan(&layout)?;
        assert_eq!(plan.sets.len(), 2);
        assert!(plan.sets[1][0].manifest_line().contains("features = [\"solutions\"]"));
        assert!(plan.first_cell.is_some_and(|(path, _)| path.ends_with("notebooks/1.ipynb")));
        Ok(())
    }
}
