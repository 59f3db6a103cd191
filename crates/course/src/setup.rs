//! `cargo course setup`: everything that the notebooks need, stage by stage.
//!
//! Each stage has a stamp. A stage whose stamp is current is skipped, so that a second call does nothing and an interrupted one resumes.

mod evcxr;
mod kernelspecs;
mod prerequisites;
mod rust_src;
mod venv;
mod warmed_build;

pub(crate) use warmed_build::preload;

use std::time::Instant;

use anyhow::{Error, Result};

use crate::jobs::Jobs;
use crate::layout::Layout;
use crate::report::{elapsed, note, warning};
use crate::stamp::Stamp;
use crate::toolchain::Toolchain;
use crate::{filelock, live};

/// What to do when the warmed build fails, as it can after the student's own edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenBuildFails {
    /// End with the error.
    Stop,
    /// Say so and go on: the notebook will show the error, where it can be fixed.
    GoOn,
}

/// One stage of the set-up.
struct Stage<'a> {
    name: &'static str,
    /// What the user is told before a long stage.
    effort: String,
    fingerprint: String,
    stamp: Stamp,
    /// Whether the results are there, as far as can be seen at a glance.
    in_place: bool,
    /// How many bytes of disk the stage may need at its peak.
    disk: u64,
    needs: &'static [prerequisites::Need],
    /// Whether the stage is a build, which can use all cores.
    builds: bool,
    /// What the stage can do alongside the earlier ones, before its turn.
    ahead: Option<Action<'a>>,
    /// What it does once the earlier stages are done.
    run: Action<'a>,
}

type Action<'a> = Box<dyn Fn(&Jobs) -> Result<()> + Sync + 'a>;

impl Stage<'_> {
    fn is_done(&self) -> bool {
        self.in_place && self.stamp.matches(&self.fingerprint)
    }
}

/// Sets up what is missing or stale.
pub(crate) fn run(layout: &Layout, when_build_fails: WhenBuildFails) -> Result<()> {
    let started = Instant::now();
    layout.check_path()?;
    prerequisites::check_loopback()?;
    let _alone = begin_alone(layout)?;
    live::sweep(layout)?;
    let toolchain = Toolchain::ask(layout)?;
    let stages = [
        venv::stage(layout)?,
        evcxr::stage(layout, &toolchain)?,
        rust_src::stage(layout, &toolchain),
        kernelspecs::stage(layout)?,
        warmed_build::stage(layout, &toolchain)?,
    ];
    bring_up_to_date(layout, &stages, when_build_fails, started)
}

/// Sets up Python alone, for what starts no kernel.
pub(crate) fn python(layout: &Layout) -> Result<()> {
    let started = Instant::now();
    layout.check_path()?;
    let _alone = begin_alone(layout)?;
    bring_up_to_date(layout, &[venv::stage(layout)?], WhenBuildFails::Stop, started)
}

/// Makes the folder for state, and keeps other set-ups of this checkout waiting.
fn begin_alone(layout: &Layout) -> Result<std::fs::File> {
    layout.create_state()?;
    filelock::exclusive(&layout.lock("setup"), || note("waiting for another set-up of this checkout to end"))
}

fn bring_up_to_date(
    layout: &Layout,
    stages: &[Stage],
    when_build_fails: WhenBuildFails,
    started: Instant,
) -> Result<()> {
    let to_do: Vec<&Stage> = stages.iter().filter(|stage| !stage.is_done()).collect();
    if to_do.is_empty() {
        note(&format!("set up: everything is in place ({})", elapsed(started.elapsed())));
        return Ok(());
    }
    prerequisites::check(layout, &to_do)?;
    announce(&to_do);
    let failures = perform(&to_do);
    let may_go_on = |name| name == warmed_build::NAME && when_build_fails == WhenBuildFails::GoOn;
    let mut errors = Vec::new();
    for (name, error) in failures {
        if may_go_on(name) {
            warning(&format!(
                "{error:#}\n  the notebooks will show it too, and their first cell will take a long time"
            ));
        } else {
            errors.push(error);
        }
    }
    // The caller reports the last one.
    let Some(last) = errors.pop() else {
        note(&format!("set up in {}", elapsed(started.elapsed())));
        return Ok(());
    };
    errors.iter().for_each(|error| warning(&format!("{error:#}")));
    Err(last)
}

/// Performs the stages in order, and alongside them what can be done ahead. Returns which failed, and why.
///
/// Each of the two builds ends with large crates that use one core for a minute or two: at the same time, they fill each other's gaps.
fn perform(stages: &[&Stage]) -> Vec<(&'static str, Error)> {
    let jobs = &Jobs::shared_by(stages.iter().filter(|stage| stage.builds).count());
    std::thread::scope(|scope| {
        let started: Vec<_> = stages
            .iter()
            .map(|stage| (stage, stage.ahead.as_ref().map(|ahead| scope.spawn(move || begin(stage, ahead, jobs)))))
            .collect();
        let mut failures = Vec::new();
        for (stage, ahead) in started {
            if let (Some((failed, _)), Some(_)) = (failures.last(), &ahead) {
                note(&format!("{failed} failed; the reason follows when this is done: {}", stage.name));
            }
            let done_ahead =
                ahead.map_or(Ok(()), |ahead| ahead.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            // A stage needs the earlier ones, but what it did ahead succeeds or fails by itself.
            let result = if failures.is_empty() { done_ahead.and_then(|()| complete(stage, jobs)) } else { done_ahead };
            failures.extend(result.err().map(|error| (stage.name, error)));
        }
        failures
    })
}

fn begin(stage: &Stage, ahead: &Action, jobs: &Jobs) -> Result<()> {
    stage.stamp.clear()?;
    let result = ahead(jobs);
    if stage.builds {
        jobs.give_back();
    }
    result
}

fn complete(stage: &Stage, jobs: &Jobs) -> Result<()> {
    stage.stamp.clear()?;
    let result = (stage.run)(jobs);
    if stage.builds && stage.ahead.is_none() {
        jobs.give_back();
    }
    result?;
    stage.stamp.write(&stage.fingerprint)
}

fn announce(stages: &[&Stage]) {
    let long: Vec<_> = stages.iter().filter(|stage| !stage.effort.is_empty()).collect();
    if long.is_empty() {
        return;
    }
    note("to do now; you may interrupt it, and the next call resumes where it stopped:");
    for stage in long {
        eprintln!("     {:<20} {}", stage.name, stage.effort);
    }
    if stages.iter().filter(|stage| stage.builds).count() > 1 {
        eprintln!("     the two builds run at the same time: 6 to 10 min for both on 2 cores");
    }
}

fn stamp(layout: &Layout, name: &str) -> Stamp {
    Stamp::at(layout.state().join("stamps").join(name))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use anyhow::bail;

    use super::*;

    fn stage<'a>(folder: &Path, name: &'static str, ahead: Option<Action<'a>>, run: Action<'a>) -> Stage<'a> {
        Stage {
            name,
            effort: String::new(),
            fingerprint: name.to_owned(),
            stamp: Stamp::at(folder.join(name)),
            in_place: true,
            disk: 0,
            needs: &[],
            builds: true,
            ahead,
            run,
        }
    }

    #[test]
    fn nothing_is_made_in_a_checkout_whose_path_has_a_space() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let checkout = folder.path().join("my course");
        std::fs::create_dir(&checkout)?;
        let error = run(&Layout::at(checkout.clone()), WhenBuildFails::GoOn).expect_err("a space").to_string();
        assert!(error.contains("space") && error.contains("remedy"), "{error}");
        assert_eq!(std::fs::read_dir(checkout)?.count(), 0);
        Ok(())
    }

    fn names(failures: &[(&'static str, Error)]) -> Vec<&'static str> {
        failures.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn what_can_be_done_ahead_runs_beside_the_earlier_stages() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (send, receive) = mpsc::channel();
        let receive = Mutex::new(receive);
        let order = Mutex::new(Vec::new());
        let tell = |what| order.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        let stages = [
            stage(
                folder.path(),
                "first",
                None,
                Box::new(|_| {
                    // This arrives only if the other one has already begun.
                    receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(Duration::from_secs(20))?;
                    tell("first");
                    Ok(())
                }),
            ),
            stage(
                folder.path(),
                "second",
                Some(Box::new(move |_| Ok(send.send(())?))),
                Box::new(|_| {
                    tell("second");
                    Ok(())
                }),
            ),
        ];
        let failures = perform(&stages.iter().collect::<Vec<_>>());
        assert!(failures.is_empty(), "{failures:?}");
        assert!(stages.iter().all(Stage::is_done));
        assert_eq!(*order.lock().unwrap_or_else(PoisonError::into_inner), ["first", "second"]);
        Ok(())
    }

    #[test]
    fn each_failure_is_told_and_leaves_no_stamp() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let never: fn(&Jobs) -> Result<()> = |_| panic!("it needs the first stage");
        for (second_fails, expected) in [(true, vec!["first", "second"]), (false, vec!["first"])] {
            let ahead: Action = Box::new(move |_| if second_fails { bail!("no crate") } else { Ok(()) });
            let stages = [
                stage(folder.path(), "first", None, Box::new(|_| bail!("no network"))),
                stage(folder.path(), "second", Some(ahead), Box::new(never)),
            ];
            for stage in &stages {
                stage.stamp.write(&stage.fingerprint)?;
            }
            assert_eq!(names(&perform(&stages.iter().collect::<Vec<_>>())), expected);
            assert!(stages.iter().all(|stage| !stage.is_done()));
        }
        Ok(())
    }
}
