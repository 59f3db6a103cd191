//! Check cards, which a notebook shows and a grader reads.

use std::fmt;

use serde_json::{Value, json};

use crate::output::{html_box, html_text, show};

/// The MIME type of a card as JSON.
pub const MIME_TYPE: &str = "application/vnd.spectral-course.check+json";

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything holds.
    Passed,
    /// Something does not hold.
    Failed,
    /// The function is not written yet.
    Todo,
}

impl Status {
    const WORDS: [(Status, &str); 3] = [(Status::Passed, "passed"), (Status::Failed, "failed"), (Status::Todo, "todo")];

    /// Its word in a card.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }
}

/// One condition that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whether it holds.
    pub passed: bool,
    /// What was checked and, if it failed, what was expected, what came and the likely cause.
    pub text: String,
}

/// The result of a check, shown as a cell's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The id of the exercise, or of the figure whose claims were checked.
    pub exercise: String,
    /// Its title.
    pub title: String,
    /// The outcome of the check.
    pub status: Status,
    /// What was checked, up to the first failure that made the rest pointless.
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
        let json = self.to_json().to_string();
        [("text/html", self.to_html()), (MIME_TYPE, json), ("text/plain", self.to_string())]
    }

    /// The card in JSON, for a program.
    pub fn to_json(&self) -> Value {
        let lines: Vec<Value> =
            self.lines.iter().map(|line| json!({"passed": line.passed, "text": line.text})).collect();
        json!({"exercise": self.exercise, "title": self.title, "status": self.status.word(), "lines": lines})
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// The name of the entry that is missing or is not what it should be.
    pub fn from_json(card: &Value) -> Result<Self, &'static str> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let line = |line: &Value| Some(Line { passed: line["passed"].as_bool()?, text: text(&line["text"])? });
        let status = Status::WORDS.iter().find(|(_, word)| card["status"] == *word).map(|(status, _)| *status);
        let lines = card["lines"].as_array().and_then(|lines| lines.iter().map(line).collect());
        Ok(Self {
            exercise: text(&card["exercise"]).ok_or("exercise")?,
            title: text(&card["title"]).ok_or("title")?,
            status: status.ok_or("status")?,
            lines: lines.ok_or("lines")?,
        })
    }

    /// The card in HTML.
    pub fn to_html(&self) -> String {
        let colour = match self.status {
            Status::Passed => "#009E73",
            Status::Failed => "#D55E00",
            Status::Todo => "#999999",
        };
        let (name, word) = (html_text(&self.name()), self.status.word());
        let mut inner = format!("<b>{name}: <span style=\"color:{colour}\">{word}</span></b>");
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
        let json = card.to_json();
        assert_eq!(json["status"], "failed");
        assert_eq!(Card::from_json(&json), Ok(card));
        assert_eq!(Card::from_json(&json!({"exercise": "", "title": "", "status": "good"})), Err("status"));
    }

    #[test]
    fn markup_is_escaped() {
        let card = Card::todo("figure", "", "waits for `a < b`".to_owned());
        assert!(card.to_html().contains("○ waits for <code>a &lt; b</code>"), "{}", card.to_html());
        assert_eq!(card.to_string(), "figure: todo\n  ○ waits for `a < b`");
    }
}
