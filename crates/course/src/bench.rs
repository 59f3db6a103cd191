//! `cargo course bench`: how fast the course is, on this machine.

mod kernel_loop;

use anyhow::Result;

use crate::layout::Layout;

/// Measures and prints.
pub(crate) fn run(layout: &Layout) -> Result<()> {
    kernel_loop::measure(layout)
}
