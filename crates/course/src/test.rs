//! `cargo course test`: everything that checks the project, stage by stage. CI calls this and nothing else.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use console::style;

use crate::browser;
use crate::layout::Layout;
use crate::process::{cargo, command, output_of};
use crate::report::{elapsed, note, say};
use crate::run::{self, Mode, Options};
use crate::setup::{self, WhenBuildFails};
use crate::site;

/// How long a cell of the course's own notebooks may take on a slow CI machine.
const CELL_TIMEOUT: u32 = 120;

/// One stage: a name for `--only`, and what it does.
struct Stage {
    name: &'static str,
    action: Action,
}

enum Action {
    /// Calls of Cargo, all of which must succeed.
    Cargo(&'static [CargoCall]),
    Setup,
    Notebooks(Mode),
    /// Calls of Cargo that need the set-up.
    AfterSetup(&'static [CargoCall]),
    /// A test in a real browser, if the machine has one.
    Browser(InBrowser),
}

enum InBrowser {
    JupyterLab,
    Site,
    Playground,
}

struct CargoCall {
    arguments: &'static [&'static str],
    variable: Option<(&'static str, &'static str)>,
}

const fn call(arguments: &'static [&'static str]) -> CargoCall {
    CargoCall { arguments, variable: None }
}

const SOLUTIONS: &str = "spectral-course/solutions";

// Always the whole workspace: a part of it has other features, and Cargo would compile the dependencies again.
const STAGES: [Stage; 14] = [
    Stage { name: "fmt", action: Action::Cargo(&[call(&["fmt", "--all", "--check"])]) },
    Stage {
        name: "clippy",
        action: Action::Cargo(&[
            call(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
            call(&["clippy", "--workspace", "--all-targets", "--features", SOLUTIONS, "--", "-D", "warnings"]),
        ]),
    },
    Stage {
        name: "doc",
        action: Action::Cargo(&[CargoCall {
            arguments: &["doc", "--workspace", "--no-deps"],
            variable: Some(("RUSTDOCFLAGS", "-Dwarnings")),
        }]),
    },
    Stage { name: "test", action: Action::Cargo(&[call(&["test", "--workspace"])]) },
    // What the feature changes; the rest would be the same tests once more.
    Stage {
        name: "test-solutions",
        action: Action::Cargo(&[call(&["test", "--workspace", "--features", SOLUTIONS, "--test", "exercises"])]),
    },
    Stage { name: "setup", action: Action::Setup },
    Stage { name: "notebooks", action: Action::Notebooks(Mode::Student) },
    Stage { name: "solutions", action: Action::Notebooks(Mode::Solutions) },
    Stage {
        name: "broken",
        action: Action::AfterSetup(&[call(&["test", "--workspace", "--test", "broken", "--", "--ignored"])]),
    },
    Stage {
        name: "kernels",
        action: Action::AfterSetup(&[call(&[
            "test",
            "--workspace",
            "--test",
            "kernels",
            "--test",
            "faults",
            "--test",
            "protocol",
            "--",
            "--ignored",
        ])]),
    },
    // Before what links to it.
    Stage { name: "playground", action: Action::Browser(InBrowser::Playground) },
    Stage { name: "browser", action: Action::Browser(InBrowser::JupyterLab) },
    Stage { name: "site", action: Action::Browser(InBrowser::Site) },
    Stage {
        name: "grading",
        action: Action::AfterSetup(&[call(&["test", "--workspace", "--test", "grading", "--", "--ignored"])]),
    },
];

/// How a stage went.
struct Outcome {
    name: &'static str,
    /// The reason if it failed.
    result: Result<Done, String>,
    time: Duration,
}

/// How a stage passed.
#[derive(Clone, Copy)]
enum Done {
    Passed,
    /// The machine lacks what it needs and nothing else does.
    Skipped,
}

/// Runs the stages, all of them or those named, and goes on after a failure. Returns whether all passed.
pub(crate) fn run(layout: &Layout, only: &[String]) -> Result<bool> {
    let stages = chosen(only)?;
    ensure_components(layout, &stages);
    let mut outcomes = Vec::new();
    let mut set_up = None;
    for stage in stages {
        say(&format!("\n{}", style(format!("== {}", stage.name)).bold()));
        let started = Instant::now();
        let result = perform(layout, &stage.action, &mut set_up).map_err(|error| format!("{error:#}"));
        if let Err(failure) = &result {
            say(&format!("{} {failure}", style(format!("{} failed:", stage.name)).red().bold()));
        }
        outcomes.push(Outcome { name: stage.name, result, time: started.elapsed() });
    }
    say(&format!("\n{}", summary(&outcomes)));
    Ok(outcomes.iter().all(|outcome| outcome.result.is_ok()))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Stage>> {
    if let Some(unknown) = only.iter().find(|name| STAGES.iter().all(|stage| stage.name != *name)) {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("there is no stage {unknown}; there are: {}", names.join(", "));
    }
    let is_chosen = |stage: &&Stage| match only {
        [] => true,
        names => names.iter().any(|name| name == stage.name),
    };
    Ok(STAGES.iter().filter(is_chosen).collect())
}

fn perform(layout: &Layout, action: &Action, set_up: &mut Option<bool>) -> Result<Done> {
    match action {
        Action::Cargo(calls) => cargo_calls(layout, calls)?,
        Action::Setup => ensure_set_up(layout, set_up)?,
        Action::Notebooks(mode) => {
            ensure_set_up(layout, set_up)?;
            if !run::run(layout, &Options { notebooks: Vec::new(), mode: *mode, timeout: CELL_TIMEOUT })? {
                bail!("a notebook failed, see above")
            }
        }
        Action::AfterSetup(calls) => {
            ensure_set_up(layout, set_up)?;
            cargo_calls(layout, calls)?;
        }
        Action::Browser(what) => match browser::find(layout) {
            Ok(chromium) => match what {
                InBrowser::JupyterLab => {
                    ensure_set_up(layout, set_up)?;
                    browser::run(layout, &chromium)?;
                }
                InBrowser::Site => {
                    // What an earlier stage has executed will do.
                    let executed = site::is_executed(layout).then(|| layout.results());
                    site::run(layout, &site::Options { executed, without_library: false, timeout: CELL_TIMEOUT })?;
                    browser::visit_site(layout, &chromium)?;
                }
                InBrowser::Playground => {
                    setup::python(layout)?;
                    browser::play(layout, &chromium)?;
                }
            },
            Err(reason) => {
                note(&format!("skipped: {reason}"));
                return Ok(Done::Skipped);
            }
        },
    }
    Ok(Done::Passed)
}

/// Sets up once: after a failure, the stages that need the set-up must not try again, for minutes each.
fn ensure_set_up(layout: &Layout, set_up: &mut Option<bool>) -> Result<()> {
    match set_up {
        Some(true) => Ok(()),
        Some(false) => bail!("not run because the set-up failed"),
        None => {
            let result = setup::run(layout, WhenBuildFails::Stop);
            *set_up = Some(result.is_ok());
            result
        }
    }
}

fn cargo_calls(layout: &Layout, calls: &[CargoCall]) -> Result<()> {
    // All calls run even if one fails: each has its own findings.
    let mut failed = Vec::new();
    for CargoCall { arguments, variable } in calls {
        let shown = format!("cargo {}", arguments.join(" "));
        say(&style(format!("$ {shown}")).dim().to_string());
        let mut cargo = cargo();
        cargo.args(*arguments).envs(*variable).current_dir(layout.root()).stdin(Stdio::null());
        match cargo.status() {
            Ok(status) if status.success() => {}
            Ok(status) => failed.push(format!("`{shown}` ({status})")),
            Err(error) => failed.push(format!("`{shown}` cannot run: {error}")),
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join(", ")) }
}

/// Adds rustfmt and Clippy where a minimal toolchain lacks them; if that fails, their stages say so.
fn ensure_components(layout: &Layout, stages: &[&Stage]) {
    for (stage, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let is_needed = stages.iter().any(|chosen| chosen.name == stage);
        if is_needed && output_of(cargo().current_dir(layout.root()).args([stage, "--version"])).is_err() {
            note(&format!("{component} is missing: `rustup component add {component}`"));
            if let Err(error) =
                output_of(command("rustup").current_dir(layout.root()).args(["component", "add", component]))
            {
                note(&format!("{error:#}"));
            }
        }
    }
}

/// The table, and below it the line that machines read.
fn summary(outcomes: &[Outcome]) -> String {
    let mut lines = vec![style("stage            result       time").bold().to_string()];
    for outcome in outcomes {
        // Padded before it is coloured: escape codes have no width.
        let result = match outcome.result {
            Ok(Done::Passed) => style(format!("{:<8}", "ok")).green(),
            Ok(Done::Skipped) => style(format!("{:<8}", "skipped")).yellow(),
            Err(_) => style(format!("{:<8}", "FAILED")).red().bold(),
        };
        lines.push(format!("{:<16} {result} {:>10}", outcome.name, elapsed(outcome.time)));
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    lines.push(format!("\n{} passed, {failed} failed", outcomes.len() - failed));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_ends_with_the_line_that_machines_read() {
        let outcome = |name, result: Result<Done, &str>| Outcome {
            name,
            result: result.map_err(str::to_owned),
            time: Duration::from_secs(3),
        };
        let outcomes =
            [outcome("fmt", Ok(Done::Passed)), outcome("clippy", Err("lint")), outcome("browser", Ok(Done::Skipped))];
        let said = summary(&outcomes);
        assert_eq!(said.lines().last(), Some("2 passed, 1 failed"));
        let plain = console::strip_ansi_codes(&said);
        assert!(plain.contains("clippy           FAILED        3.0 s"), "{said}");
        assert!(plain.contains("browser          skipped       3.0 s"), "{said}");
    }

    #[test]
    fn stages_are_chosen_by_name() -> Result<()> {
        assert_eq!(chosen(&[])?.len(), STAGES.len());
        assert_eq!(chosen(&["browser".into()])?.len(), 1);
        assert_eq!(chosen(&["doc".into(), "fmt".into()])?.len(), 2);
        let error = chosen(&["docs".into()]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("no stage docs") && error.contains("clippy"), "{error}");
        Ok(())
    }
}
