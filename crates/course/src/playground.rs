//! `cargo course playground`: the pages of figures to play with, for which the library is compiled to WebAssembly.
//!
//! The crate `playground` holds all of it, and its program `pages` writes it.

use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo_progress::{self, Said};
use crate::layout::Layout;
use crate::process::{cargo, command, output_of, watch};
use crate::report::{Step, note, say};
use crate::toolchain::Toolchain;

const TARGET: &str = "wasm32-unknown-unknown";

/// Writes the pages and what they need into a folder. Those of the site link to its front page.
pub(crate) fn build(layout: &Layout, into: &Path) -> Result<()> {
    ensure_target(layout)?;
    let mut library = cargo_in(layout, &["rustc", "--package", "playground", "--lib", "--profile", "playground"]);
    // Only here: the build of the workspace has no use for such a library.
    library.args(["--crate-type", "cdylib", "--target", TARGET]);
    perform(layout, "the library as WebAssembly", &mut library)?;
    let wasm = target_folder(layout).join(TARGET).join("playground/playground.wasm");
    // With the features and the profile of the workspace's tests, whose build is often there already.
    let mut program = cargo_in(layout, &["build", "--workspace", "--bin", "pages"]);
    perform(layout, "the program that writes the pages", &mut program)?;
    // From the folder of the caller: Cargo runs in the checkout.
    let into = path::absolute(into).context("cannot find the folder to write to")?;
    let home = if into == of_site(layout) { "../index.html" } else { "" };
    output_of(pages(layout).arg(wasm).arg(&into).arg(home))?;
    say(&format!("figures to play with: {}", layout.shown(&into.join("index.html"))));
    Ok(())
}

/// Their folder in the site.
pub(crate) fn of_site(layout: &Layout) -> PathBuf {
    layout.site().join("play")
}

/// The numbers that the pages must compute, as JSON in a file.
pub(crate) fn write_expected(layout: &Layout, file: &Path) -> Result<()> {
    let said = output_of(&mut pages(layout))?;
    fs::write(file, said).with_context(|| format!("cannot write {}", file.display()))
}

/// The program that writes pages, once [`build`] has been called.
fn pages(layout: &Layout) -> Command {
    let mut program = command(target_folder(layout).join("debug/pages"));
    program.current_dir(layout.root());
    program
}

fn cargo_in(layout: &Layout, arguments: &[&str]) -> Command {
    let mut cargo = cargo();
    let (first, rest) = arguments.split_at(1);
    cargo.args(first).arg("--target-dir").arg(target_folder(layout)).args(rest).current_dir(layout.root());
    cargo
}

fn target_folder(layout: &Layout) -> PathBuf {
    layout.root().join("target")
}

fn perform(layout: &Layout, name: &str, cargo: &mut Command) -> Result<()> {
    let step = Step::start(name);
    cargo.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "100");
    watch(cargo, &layout.log("playground"), |piece| match cargo_progress::read(piece) {
        Some(Said::Progress { done, total, current }) => step.progress(done, total, &current),
        Some(Said::Line(line)) => step.message(&line),
        None => {}
    })?;
    step.done();
    Ok(())
}

/// Installs what the compiler needs for WebAssembly, unless it is there.
fn ensure_target(layout: &Layout) -> Result<()> {
    let libraries = |toolchain: &Toolchain| toolchain.sysroot.join("lib/rustlib").join(TARGET).join("lib");
    let toolchain = Toolchain::ask(layout)?;
    if libraries(&toolchain).is_dir() {
        return Ok(());
    }
    note(&format!("to do now, once: `rustup target add {TARGET}`, some seconds, 90 MB of disk in the toolchain"));
    let added = output_of(command("rustup").current_dir(layout.root()).args(["target", "add", TARGET]));
    if let Err(error) = added {
        bail!(
            "{error:#}\n  remedy: add the target {TARGET} to your Rust by hand; a Rust without rustup has it in a package of its own"
        );
    }
    Ok(())
}
