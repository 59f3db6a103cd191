//! Why a cell failed, in the words that the client is told.

use course_protocol::mark::{Panicked, explain};
use serde_json::{Value, json};

use super::report;

/// What the loss of the cell's process means, and what to do.
const GONE: &str = "All variables are gone: Run > Run All Above Selected Cell brings them back.";

/// How evcxr says that the cell's process has ended.
pub(super) const DEATH_NOTICE: &str = "Subprocess terminated with status: ";

/// A failed cell: the name, the message and the lines of the traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) traceback: Vec<String>,
}

impl Failure {
    /// Of a panic that nobody caught, with what evcxr generated and what the student wrote.
    pub(super) fn of_panic(panic: &Panicked, generated: &str, cell: &str) -> Self {
        let told = explain(&panic.message);
        let place = report::place(panic, generated, cell);
        let traceback = [Some(bold(&told)), place].into_iter().flatten().collect();
        Self { name: "panic".to_owned(), value: panic.message.clone(), traceback }
    }

    /// Of an `Err` or `None` at a `?`.
    pub(super) fn of_question_mark(error: &str) -> Self {
        let value = if error.is_empty() { "an error without a message" } else { error };
        let traceback = vec![bold(&format!("error at `?`: {value}")), "The rest of the cell has not run.".to_owned()];
        Self { name: "error".to_owned(), value: value.to_owned(), traceback }
    }

    /// Of a cell whose process has ended, by what evcxr and the process said about it.
    pub(super) fn of_death(said: &str, interrupted: bool, overflowed: bool) -> Self {
        let how = said.rsplit_once(DEATH_NOTICE).map_or(said, |(_, how)| how).trim();
        // Neither evcxr's handler for a bad access nor the standard library's has a stack to say so on.
        let overflowed = overflowed || how.contains("signal: 11");
        let (name, told) = match (interrupted, overflowed) {
            (true, _) => ("interrupted", "interrupted".to_owned()),
            (_, true) => (
                "stack overflow",
                format!("the cell has overflowed its stack, probably by a recursion without end ({how})"),
            ),
            _ => ("process ended", format!("the cell's process has ended ({how})")),
        };
        let value = format!("{told}. {GONE}");
        Self { name: name.to_owned(), value, traceback: vec![bold(&told), GONE.to_owned()] }
    }

    /// Of cards that say what is wrong.
    pub(super) fn of_cards(wrong: &[String]) -> Option<Self> {
        let value = wrong.first()?.clone();
        Some(Self { name: "check failed".to_owned(), value, traceback: wrong.iter().map(|text| bold(text)).collect() })
    }

    /// The content of an `error` message.
    pub(super) fn content(&self) -> Value {
        json!({"ename": self.name, "evalue": self.value, "traceback": self.traceback})
    }
}

/// Bold in the page's own colour: no other is legible on JupyterLab's background of errors in the light *and* the dark theme.
pub(super) fn bold(text: &str) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
}
