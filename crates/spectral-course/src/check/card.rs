use std::fmt;

use serde::Serialize;

use super::attempt::{Listener, Stopped};
use super::display::{html_box, html_text, show};
use crate::exercises::Exercise;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything holds.
    Passed,
    /// Something does not.
    Failed,
    /// The function is not written yet.
    Todo,
}

/// One thing that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Whether it holds.
    pub passed: bool,
    /// What was checked and, where it failed, what was expected, what came and the likely cause.
    pub text: String,
}

/// The result of a check, to be shown as a cell's result.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// The id of the exercise, or of the figure whose claims were checked.
    pub exercise: String,
    /// Its title.
    pub title: String,
    /// How the check ended.
    pub status: Status,
    /// What was checked, up to the first thing that made the rest pointless.
    pub lines: Vec<Line>,
}

impl Card {
    /// The card of something that waits for an exercise.
    pub(crate) fn todo(exercise: &str, title: &str, text: String) -> Self {
        let lines = vec![Line { passed: false, text }];
        Self { exercise: exercise.to_owned(), title: title.to_owned(), status: Status::Todo, lines }
    }

    /// Shows the card as the result of a notebook's cell: HTML, plain text, and JSON for a grader.
    pub fn evcxr_display(&self) {
        let json = serde_json::to_string(self).unwrap_or_default();
        show(&[
            ("text/html", &self.to_html()),
            ("application/vnd.spectral-course.check+json", &json),
            ("text/plain", &self.to_string()),
        ]);
    }

    /// The card in HTML.
    pub fn to_html(&self) -> String {
        let (colour, word) = match self.status {
            Status::Passed => ("#009E73", "passed"),
            Status::Failed => ("#D55E00", "failed"),
            Status::Todo => ("#999999", "todo"),
        };
        let mut inner = format!("<b>{}: <span style=\"color:{colour}\">{word}</span></b>", html_text(&self.name()));
        for line in &self.lines {
            inner.push_str(&format!("<div>{} {}</div>", self.mark(line), html_text(&line.text)));
        }
        html_box(colour, &inner)
    }

    /// The id with the title, if there is one.
    fn name(&self) -> String {
        format!("{} {}", self.exercise, self.title).trim_end().to_owned()
    }

    fn mark(&self, line: &Line) -> char {
        match (self.status, line.passed) {
            (_, true) => '✓',
            // What a card waits for is the only thing in it that does not hold.
            (Status::Todo, false) => '○',
            (_, false) => '✗',
        }
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.status {
            Status::Passed => "passed",
            Status::Failed => "FAILED",
            Status::Todo => "todo",
        };
        write!(f, "{}: {word}", self.name())?;
        for line in &self.lines {
            write!(f, "\n  {} {}", self.mark(line), line.text)?;
        }
        Ok(())
    }
}

/// A check under way.
pub(super) struct Report<'a> {
    listener: &'a Listener,
    lines: Vec<Line>,
}

/// Ends a check: the student's function stopped, or what it returned makes further questions pointless.
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
    // What panics in here outside a call of the student's function still must not take the notebook down.
    let end = match listener.catch(|| checks(&mut report)) {
        Ok(outcome) => outcome.err(),
        Err(stopped) => Some(End::Stopped(stopped)),
    };
    let so_far_so_good = report.is_clean();
    let status = match &end {
        Some(End::Stopped(Stopped::Todo(_))) if so_far_so_good => Status::Todo,
        None if so_far_so_good && !report.lines.is_empty() => Status::Passed,
        _ => Status::Failed,
    };
    if let Some(End::Stopped(stopped)) = end {
        report.lines.push(Line { passed: false, text: reason(id, &stopped) });
    }
    Card { exercise: id.to_owned(), title: title.to_owned(), status, lines: report.lines }
}

/// What the card says of a function that stopped.
fn reason(id: &str, stopped: &Stopped) -> String {
    match stopped {
        Stopped::Panicked(message) => format!("your function panicked: {message}"),
        // An exercise may call an earlier one.
        Stopped::Todo(text) if text.starts_with("exercise ") && *text != format!("exercise {id}") => {
            format!("waits for {text}, which is not written yet")
        }
        Stopped::Todo(_) => format!("not written yet: replace `todo!` in the cell above; `hint(\"{id}\")` helps"),
    }
}

impl Report<'_> {
    /// Calls the student's function: a panic or `todo!` ends the check.
    pub(super) fn call<T>(&mut self, function: impl FnOnce() -> T) -> Result<T, End> {
        self.listener.catch(function).map_err(End::Stopped)
    }

    /// Notes whether `holds`; `why` tells what was expected, what came and the likely cause.
    pub(super) fn expect(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> bool {
        let text = if holds { what.to_owned() } else { format!("{what}: {}", why()) };
        self.lines.push(Line { passed: holds, text });
        holds
    }

    /// Whether everything so far holds: what follows from a mistake that has been told need not be told again.
    pub(super) fn is_clean(&self) -> bool {
        self.lines.iter().all(|line| line.passed)
    }

    /// As [`Report::require`], for what goes without saying: no line if it holds.
    pub(super) fn insist(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> Outcome {
        if holds { Ok(()) } else { self.require(false, what, why) }
    }

    /// As [`Report::expect`]; the check ends if it does not hold.
    pub(super) fn require(&mut self, holds: bool, what: &str, why: impl FnOnce() -> String) -> Outcome {
        if self.expect(holds, what, why) { Ok(()) } else { Err(End::Pointless) }
    }
}
