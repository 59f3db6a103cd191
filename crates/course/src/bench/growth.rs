//! Time and memory against the size: the benchmark `growth` prints its own table.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::process::cargo;
use crate::report::say;

/// Runs the benchmark, which takes a minute or two.
pub(super) fn measure(layout: &Layout) -> Result<()> {
    super::build(layout, "growth")?;
    say("\ntime and memory against the size, on all threads");
    let arguments = ["bench", "--quiet", "--package", "spectral-course", "--bench", "growth"];
    let status = cargo().args(arguments).current_dir(layout.root()).stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { bail!("the benchmark growth failed ({status})") }
}
