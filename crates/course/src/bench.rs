//! `cargo course bench`: how fast the course is, on this machine.

mod kernel_loop;
mod wrong_cells;

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::layout::Layout;
use crate::process::cargo;
use crate::report::{note, say};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The sections of notebook 3, on one thread and on all
    Mathematics,
    /// Time and memory against the size
    Growth,
    /// From Shift-Enter to an answer
    Loop,
}

/// Measures and prints, all parts or those named.
pub(crate) fn run(layout: &Layout, only: &[Part]) -> Result<()> {
    for part in Part::value_variants() {
        if only.is_empty() || only.contains(part) {
            match part {
                Part::Mathematics => measure(layout, "mathematics", "the sections of notebook 3")?,
                Part::Growth => measure(layout, "growth", "time and memory against the size, on all threads")?,
                Part::Loop => kernel_loop::measure(layout)?,
            }
        }
    }
    Ok(())
}

/// Runs a benchmark, which prints its own table. It is compiled first, so that no compiler runs while it measures.
fn measure(layout: &Layout, benchmark: &str, title: &str) -> Result<()> {
    note(&format!("compiling the benchmark {benchmark}"));
    cargo_bench(layout, &["--bench", benchmark, "--no-run"]).context("the benchmark does not compile")?;
    say(&format!("\n{title}"));
    cargo_bench(layout, &["--bench", benchmark]).context("the benchmark failed")
}

fn cargo_bench(layout: &Layout, arguments: &[&str]) -> Result<()> {
    let mut cargo = cargo();
    cargo.args(["bench", "--quiet", "--package", "spectral-course"]).args(arguments).current_dir(layout.root());
    let status = cargo.stdin(Stdio::null()).status().context("cannot run Cargo")?;
    if status.success() { Ok(()) } else { bail!("`cargo bench {}` ({status})", arguments.join(" ")) }
}
