//! `cargo course bench`: how fast the course is, on this machine.

mod growth;
mod kernel_loop;
mod mathematics;

use std::process::Stdio;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::layout::Layout;
use crate::process::cargo;
use crate::report::note;

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
                Part::Mathematics => mathematics::measure(layout)?,
                Part::Growth => growth::measure(layout)?,
                Part::Loop => kernel_loop::measure(layout)?,
            }
        }
    }
    Ok(())
}

/// Compiles a benchmark, so that no compiler runs while it measures.
fn build(layout: &Layout, benchmark: &str) -> Result<()> {
    note(&format!("compiling the benchmark {benchmark}"));
    let arguments = ["bench", "--package", "spectral-course", "--bench", benchmark, "--no-run"];
    let status = cargo().args(arguments).current_dir(layout.root()).stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { bail!("the benchmark {benchmark} does not compile ({status})") }
}
