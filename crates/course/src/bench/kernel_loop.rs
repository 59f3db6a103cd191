//! The time from Shift-Enter to an answer: notebook 3 on a fresh kernel, with the reference solutions, then wrong cells.

use std::time::Duration;

use anyhow::{Context, Result};

use super::wrong_cells;
use crate::layout::Layout;
use crate::report::say;
use crate::run::{self, Timing};
use crate::setup::{self, WhenBuildFails};

/// The notebook that is timed.
const NOTEBOOK: &str = "3";
/// How long one cell may take, in seconds.
const TIMEOUT: u32 = 120;

/// Runs the notebook and the wrong cells, and prints a table of each.
pub(super) fn measure(layout: &Layout) -> Result<()> {
    setup::run(layout, WhenBuildFails::Stop)?;
    let timing = run::time(layout, NOTEBOOK, TIMEOUT)?;
    say("\nfrom Shift-Enter to an answer, seconds");
    for (what, time) in table(&timing)? {
        say(&format!("  {what:<44} {:>7.2}", time.as_secs_f64()));
    }
    wrong_cells::measure(layout)
}

fn table(timing: &Timing) -> Result<[(&'static str, Duration); 5]> {
    let (first, others) = timing.cells.split_first().context("the notebook has no code cell")?;
    Ok([
        ("kernel start, to its first reply", timing.ready),
        ("first cell, with its :dep", *first),
        ("kernel start to the end of the first cell", timing.ready + *first),
        ("other cells, median", median(others).context("the notebook has one code cell only")?),
        ("whole notebook through nbconvert", timing.whole),
    ])
}

/// The middle one, or the larger of the two in the middle.
pub(super) fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_leaves_the_first_cell_out_of_the_median() -> Result<()> {
        let seconds = Duration::from_secs;
        let timing = Timing { ready: seconds(8), cells: [1, 5, 2, 9].map(seconds).to_vec(), whole: seconds(30) };
        let times = table(&timing)?.map(|(_, time)| time.as_secs());
        assert_eq!(times, [8, 1, 9, 5, 30]);
        assert!(table(&Timing { cells: vec![], ..timing }).is_err());
        Ok(())
    }
}
