//! Check cards, which a notebook shows and a grader reads.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::output::{html_box, html_text, show};

/// The MIME type of a card as JSON.
pub const MIME_TYPE: &str = "application/vnd.spectral-course.check+json";

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything holds.
    Passed,
    /// Something does not hold.
    Failed,
    /// The function is not written yet.
    Todo,
}

/// One condition that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whether it holds.
    pub passed: bool,
    /// What was checked and, if it failed, what was expected, what came and the likely cause.
    pub text: String,
}

/// The result of a check, shown as a cell's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The id of the exercise, or of the figure whose claims were checked.
    #[serde(default)]
    pub exercise: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// The outcome of the check.
    pub status: Status,
    /// What was checked, up to the first failure that made the rest pointless.
    #[serde(default)]
    pub lines: Vec<Line>,
}

impl Card {
    /// The card of something that waits for an exercise.
    pub fn todo(exercise: &str, title: &str, text: String) -> Self {
        let lines = vec![Line { passed: false, text }];
        Self { exercise: exercise.to_owned(), title: title.to_owned(), status: Status::Todo, lines }
    }

    /// Shows the card as the result of a notebook's cell: HTML, plain text, and JSON for a grader.
    pub fn evcxr_display(&self) {
        let representations = self.representations();
        show(&representations.each_ref().map(|(mime, text)| (*mime, text.as_str())));
    }

    /// The card in each MIME type in which it is shown.
    pub fn representations(&self) -> [(&'static str, String); 3] {
        let json = serde_json::to_string(self).unwrap_or_default();
        [("text/html", self.to_html()), (MIME_TYPE, json), ("text/plain", self.to_string())]
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

    /// The id and the title, if there is one.
    pub fn name(&self) -> String {
        format!("{} {}", self.exercise, self.title).trim().to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a notebook shows is what a program reads.
    #[test]
    fn a_card_survives_its_json() {
        let lines = vec![Line { passed: false, text: "expected 3, got \"1.5\"".to_owned() }];
        let card = Card { exercise: "3/1.1".to_owned(), title: "Hutchinson".to_owned(), status: Status::Failed, lines };
        let json = serde_json::to_string(&card).expect("a card is JSON");
        assert!(json.contains("\"status\":\"failed\""), "{json}");
        assert_eq!(serde_json::from_str::<Card>(&json).expect("the same card"), card);
    }

    #[test]
    fn markup_is_escaped() {
        let card = Card::todo("figure", "", "waits for `a < b`".to_owned());
        assert!(card.to_html().contains("○ waits for <code>a &lt; b</code>"), "{}", card.to_html());
        assert_eq!(card.to_string(), "figure: todo\n  ○ waits for `a < b`");
    }
}
