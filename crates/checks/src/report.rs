//! A check in progress: what it has found so far, and the card it produces.

use std::env;

use course_protocol::card::{Card, Line, Status};
use course_protocol::variables::SOLUTIONS;

use super::listener::{Listener, Stopped};
use crate::exercises::Exercise;

/// A check in progress.
pub(super) struct Report<'a> {
    listener: &'a Listener,
    lines: Vec<Line>,
}

/// Ends a check: the student's function stopped, or its result makes further checks pointless.
pub(super) enum End {
    Stopped(Stopped),
    Pointless,
}

pub(super) type Outcome = Result<(), End>;

/// Runs the `checks` of the exercise `id` and makes the card.
pub(super) fn report(id: &str, checks: impl FnOnce(&mut Report) -> Outcome) -> Card {
    let title = Exercise::find(id).map_or("", |exercise| exercise.title);
    let listener = Listener::new();
    let mut report = Report { listener: &listener, lines: Vec::new() };
    // A panic in the check itself must not stop the notebook either.
    let end = match listener.catch(|| checks(&mut report)) {
        Ok(outcome) => outcome.err(),
        Err(stopped) => Some(End::Stopped(stopped)),
    };
    let so_far_so_good = report.is_clean();
    let status = match &end {
        Some(End::Stopped(stopped)) if stopped.is_to_do() && so_far_so_good => Status::Todo,
        None if so_far_so_good && !report.lines.is_empty() => Status::Passed,
        _ => Status::Failed,
    };
    if let Some(End::Stopped(stopped)) = end {
        report.lines.push(Line { passed: false, text: stopped.told(id) });
    }
    Card { exercise: id.to_owned(), title: title.to_owned(), status, lines: report.lines, next: next(id, status) }
}

/// Whether this is the kernel *Rust (solutions)*.
pub(super) fn is_of_solutions() -> bool {
    env::var_os(SOLUTIONS).is_some()
}

/// What to do after this outcome.
fn next(id: &str, status: Status) -> String {
    if is_of_solutions() {
        return "This is the kernel Rust (solutions): the reference solution was judged.".to_owned();
    }
    match status {
        Status::Passed => Exercise::after(id).map_or_else(
            || "This was the last exercise of the notebook.".to_owned(),
            |(next, position, count)| format!("Next exercise: {} {} ({position} of {count}).", next.id, next.title),
        ),
        Status::Failed => format!("`hint(\"{id}\")` helps."),
        // Its line says it.
        Status::Todo => String::new(),
    }
}

impl Report<'_> {
    /// Calls the student's function: a panic or `todo!` ends the check.
    pub(super) fn call<T>(&mut self, function: impl FnOnce() -> T) -> Result<T, End> {
        self.listener.catch(function).map_err(End::Stopped)
    }

    /// Records whether `holds`; `why` gives what was expected, what came and the likely cause.
    pub(super) fn expect(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> bool {
        let text = if holds { what.to_owned() } else { format!("{what}: {}", why()) };
        // What holds of every run is said once.
        if holds && self.lines.iter().any(|line| line.passed && line.text == text) {
            return holds;
        }
        self.lines.push(Line { passed: holds, text });
        holds
    }

    /// Whether everything so far holds: the consequences of a reported mistake need not be reported again.
    pub(super) fn is_clean(&self) -> bool {
        self.lines.iter().all(|line| line.passed)
    }

    /// Like [`Report::require`], but adds no line if it holds: for conditions too obvious to mention.
    pub(super) fn insist(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> Outcome {
        if holds { Ok(()) } else { self.require(false, what, why) }
    }

    /// Like [`Report::expect`], but ends the check if it does not hold.
    pub(super) fn require(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> Outcome {
        if self.expect(holds, what, why) { Ok(()) } else { Err(End::Pointless) }
    }
}
