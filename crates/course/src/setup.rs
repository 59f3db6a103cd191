//! `cargo course setup`: everything that the notebooks need, stage by stage.
//!
//! Each stage has a stamp; a stage whose stamp fits is skipped, so that a second call does nothing, and an interrupted one goes on.

mod evcxr;
mod kernelspecs;
mod prerequisites;
mod rust_src;
mod venv;
mod warmed_build;

pub(crate) use warmed_build::preload;

use std::time::Instant;

use anyhow::Result;

use crate::layout::Layout;
use crate::report::{elapsed, note, warning};
use crate::stamp::Stamp;
use crate::toolchain::Toolchain;
use crate::{filelock, live};

/// What to do when the warmed build fails, which the student's own edits can cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenBuildFails {
    /// End with the error.
    Stop,
    /// Say so and go on: the notebook will show the error where it can be mended.
    GoOn,
}

/// One stage of the set-up.
struct Stage<'a> {
    name: &'static str,
    /// What the user is told before a long stage.
    effort: String,
    fingerprint: String,
    stamp: Stamp,
    /// Whether the results are there, as far as a glance tells.
    in_place: bool,
    /// Bytes that the stage may need at its peak.
    disk: u64,
    needs: &'static [prerequisites::Need],
    run: Box<dyn Fn() -> Result<()> + 'a>,
}

impl Stage<'_> {
    fn is_done(&self) -> bool {
        self.in_place && self.stamp.matches(&self.fingerprint)
    }
}

/// Sets up what is missing or stale.
pub(crate) fn run(layout: &Layout, when_build_fails: WhenBuildFails) -> Result<()> {
    let started = Instant::now();
    layout.create_state()?;
    let _alone =
        filelock::exclusive(&layout.lock("setup"), || note("waiting for another setup of this checkout to end"))?;
    live::sweep(layout)?;
    let toolchain = Toolchain::ask(layout)?;
    let stages = [
        venv::stage(layout)?,
        evcxr::stage(layout, &toolchain)?,
        rust_src::stage(layout, &toolchain),
        kernelspecs::stage(layout)?,
        warmed_build::stage(layout, &toolchain)?,
    ];
    let to_do: Vec<&Stage> = stages.iter().filter(|stage| !stage.is_done()).collect();
    if to_do.is_empty() {
        note(&format!("set up: everything is in place ({})", elapsed(started.elapsed())));
        return Ok(());
    }
    prerequisites::check(layout, &to_do)?;
    announce(&to_do);
    for stage in to_do {
        let run = || {
            stage.stamp.clear()?;
            (stage.run)()?;
            stage.stamp.write(&stage.fingerprint)
        };
        match run() {
            Err(error) if stage.name == warmed_build::NAME && when_build_fails == WhenBuildFails::GoOn => {
                warning(&format!("{error:#}\n  the notebooks will show it too, and their first cell will take long"));
            }
            result => result?,
        }
    }
    note(&format!("set up in {}", elapsed(started.elapsed())));
    Ok(())
}

fn announce(stages: &[&Stage]) {
    let long: Vec<_> = stages.iter().filter(|stage| !stage.effort.is_empty()).collect();
    if long.is_empty() {
        return;
    }
    note("to do now; it may be interrupted, and then goes on where it stopped:");
    for stage in long {
        eprintln!("     {:<20} {}", stage.name, stage.effort);
    }
}

fn stamp(layout: &Layout, name: &str) -> Stamp {
    Stamp::at(layout.state().join("stamps").join(name))
}
