//! `cargo course progress`: what is done in a student's notebooks, by the cards saved in them, and what is left to do.

use std::path::PathBuf;

use anyhow::{Result, bail};
use console::style;
use course_protocol::card::Status;
use serde_json::Value;

use crate::exercises::{self, Exercise};
use crate::layout::Layout;
use crate::notebook::{self, Notebook};
use crate::report::{say, warning};
use crate::run::cards;

/// Tells the progress in the notebooks named, or in all of them.
pub(crate) fn run(layout: &Layout, names: &[String]) -> Result<()> {
    let paths: Vec<PathBuf> = if names.is_empty() {
        notebook::all(layout)?
    } else {
        names.iter().map(|name| notebook::named(layout, name)).collect::<Result<_>>()?
    };
    let mut all = Tally::default();
    for path in &paths {
        let notebook = match Notebook::read(path) {
            Ok(notebook) => notebook,
            Err(error) if names.is_empty() => {
                warning(&format!("left out: {error:#}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        let exercises = exercises::of(path, notebook.cells());
        if exercises.is_empty() {
            continue;
        }
        let mut tally = Tally::default();
        say(&style(layout.shown(path)).bold().to_string());
        for exercise in &exercises {
            let (status, why) = standing(exercise, notebook.cells());
            tally.count(status, exercise.minutes);
            say(&line(exercise, status, &why));
        }
        say(&format!("  {}\n", tally.text()));
        all.add(&tally);
    }
    if all.total() == 0 {
        bail!("there is no exercise in {}", layout.shown(&layout.notebooks()));
    }
    if paths.len() > 1 {
        say(&format!("all notebooks: {}", all.text()));
    }
    say("This is what the notebooks said when they were last saved.");
    Ok(())
}

/// Where an exercise stands, and if it has failed, the first reason.
fn standing(exercise: &Exercise, cells: &[Value]) -> (Status, String) {
    let outputs = exercise.check.and_then(|index| cells[index]["outputs"].as_array());
    let card = outputs.and_then(|outputs| cards(outputs).0.pop());
    match card {
        Some(card) if card.status == Status::Failed => {
            let why = card.lines.iter().find(|line| !line.passed).map(|line| line.text.clone());
            (Status::Failed, why.unwrap_or_default())
        }
        Some(card) => (card.status, String::new()),
        None => (Status::Todo, String::new()),
    }
}

fn line(exercise: &Exercise, status: Status, why: &str) -> String {
    // Padded before it is coloured: escape codes have no width.
    let (word, left) = match status {
        Status::Passed => (style("done  ").green(), String::new()),
        Status::Failed => (style("failed").red(), format!("{} min", exercise.minutes)),
        Status::Todo => (style("to do ").dim(), format!("{} min", exercise.minutes)),
    };
    let why = if why.is_empty() { String::new() } else { format!("\n                         {why}") };
    format!("  {word}  {left:>6}  {:<6} {}{why}", exercise.id, exercise.title)
}

/// How many exercises stand where, and how long the rest takes.
#[derive(Default)]
struct Tally {
    done: u32,
    failed: u32,
    to_do: u32,
    minutes: u32,
}

impl Tally {
    fn count(&mut self, status: Status, minutes: u32) {
        match status {
            Status::Passed => self.done += 1,
            Status::Failed => self.failed += 1,
            Status::Todo => self.to_do += 1,
        }
        if status != Status::Passed {
            self.minutes += minutes;
        }
    }

    fn add(&mut self, other: &Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.to_do += other.to_do;
        self.minutes += other.minutes;
    }

    fn total(&self) -> u32 {
        self.done + self.failed + self.to_do
    }

    fn text(&self) -> String {
        let left = if self.minutes == 0 { String::new() } else { format!("; about {} min left", self.minutes) };
        format!("{} of {} done, {} failed, {} to do{left}", self.done, self.total(), self.failed, self.to_do)
    }
}

#[cfg(test)]
mod tests {
    use course_protocol::card::{Card, Line, MIME_TYPE};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_saved_card_decides() {
        let exercise =
            Exercise { id: "3/1.1".into(), title: "Traces".into(), difficulty: 2, minutes: 8, check: Some(0) };
        let standing_of = |card: Option<(Status, bool)>| {
            let outputs: Vec<Value> = card
                .map(|(status, passed)| {
                    let lines = vec![Line { passed, text: "the divisor".into() }];
                    json!({"data": {MIME_TYPE: Card { exercise: "3/1.1".into(), title: String::new(), status, lines, next: String::new() }.to_json()}})
                })
                .into_iter()
                .collect();
            standing(&exercise, &[json!({"outputs": outputs})])
        };
        assert_eq!(standing_of(None), (Status::Todo, String::new()));
        assert_eq!(standing_of(Some((Status::Passed, true))), (Status::Passed, String::new()));
        assert_eq!(standing_of(Some((Status::Failed, false))), (Status::Failed, "the divisor".into()));
    }

    #[test]
    fn minutes_left_are_those_of_what_is_not_done() {
        let mut tally = Tally::default();
        tally.count(Status::Passed, 8);
        tally.count(Status::Failed, 12);
        tally.count(Status::Todo, 25);
        assert_eq!(tally.text(), "1 of 3 done, 1 failed, 1 to do; about 37 min left");
    }
}
