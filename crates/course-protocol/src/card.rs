//! Check cards, which a notebook shows and a grader reads.

use std::fmt;

use serde_json::{Value, json};

use crate::output::{html_box, html_text, show};

/// The MIME type of a card as JSON.
pub const MIME_TYPE: &str = "application/vnd.spectral-course.check+json";

/// What a line that failed stands on: a colour, and how much of it is mixed into the page's own.
const TINT: ([u8; 3], f64) = ([213, 94, 0], 0.16);

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

    /// The colour of the bar and of the word, which is white on it.
    fn colour(self) -> &'static str {
        match self {
            Status::Passed => "#00704F",
            Status::Failed => "#B04500",
            Status::Todo => "#666666",
        }
    }

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
    /// What to do now, or nothing.
    pub next: String,
}

impl Card {
    /// The card of something that waits for an exercise.
    pub fn todo(exercise: &str, title: &str, text: String) -> Self {
        let lines = vec![Line { passed: false, text }];
        Self {
            exercise: exercise.to_owned(),
            title: title.to_owned(),
            status: Status::Todo,
            lines,
            next: String::new(),
        }
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
        json!({"exercise": self.exercise, "title": self.title, "status": self.status.word(), "lines": lines, "next": self.next})
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
            next: text(&card["next"]).unwrap_or_default(),
        })
    }

    /// The card in HTML. Text has the page's own colour, light or dark; only the word of the status stands on a colour of ours.
    pub fn to_html(&self) -> String {
        let colour = self.status.colour();
        let mut inner = format!(
            "<b>{}: <span style=\"background:{colour};color:#fff;border-radius:3px;padding:0 0.4em\">{}</span></b>",
            html_text(&self.name()),
            self.status.word()
        );
        for line in &self.lines {
            let stands_out = self.status == Status::Failed && !line.passed;
            let ([red, green, blue], alpha) = TINT;
            let style = format!(" style=\"background:rgba({red},{green},{blue},{alpha});padding:0 0.3em\"");
            let style = if stands_out { style.as_str() } else { "" };
            inner.push_str(&format!("<div{style}>{} {}</div>", self.mark(line), html_text(&line.text)));
        }
        if !self.next.is_empty() {
            inner.push_str(&format!("<div><i>{}</i></div>", html_text(&self.next)));
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
        if !self.next.is_empty() {
            write!(f, "\n  {}", self.next)?;
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
        let card = Card {
            exercise: "3/1.1".to_owned(),
            title: "Hutchinson".to_owned(),
            status: Status::Failed,
            lines,
            next: "`hint(\"3/1.1\")` helps".to_owned(),
        };
        let json = card.to_json();
        assert_eq!(json["status"], "failed");
        assert_eq!(Card::from_json(&json), Ok(card));
        assert_eq!(Card::from_json(&json!({"exercise": "", "title": "", "status": "good"})), Err("status"));
    }

    #[test]
    fn the_line_that_failed_stands_out() {
        let line = |passed| Line { passed, text: format!("{passed}") };
        let (lines, next) = (vec![line(true), line(false)], "do this".to_owned());
        let card = Card { exercise: String::new(), title: String::new(), status: Status::Failed, lines, next };
        let html = card.to_html();
        assert!(
            html.contains("<div>✓ true</div><div style=") && html.contains("✗ false</div><div><i>do this</i></div>"),
            "{html}"
        );
        assert!(card.to_string().ends_with("✗ false\n  do this"), "{card}");
    }

    /// Relative luminance as the WCAG define it.
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = colour.map(|value| {
            let share = value / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    fn rgb(hex: &str) -> [f64; 3] {
        [1, 3, 5].map(|i| f64::from(u8::from_str_radix(&hex[i..i + 2], 16).expect("#rrggbb")))
    }

    fn mixed(over: [f64; 3], alpha: f64, below: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|i| alpha * over[i] + (1.0 - alpha) * below[i])
    }

    /// The bars only repeat what a word says; a part of a picture should have 3 to 1 all the same.
    #[test]
    fn cards_and_hints_are_legible_on_light_and_dark_pages() {
        let statuses = Status::WORDS.map(|(status, _)| rgb(status.colour()));
        for colour in statuses {
            let white = contrast([255.0; 3], colour);
            assert!(white >= 4.5, "a word on {colour:?}: {white:.2}");
        }
        // Page, text on it with its opacity, and what code stands on, in JupyterLab's two themes.
        let themes = [("#ffffff", "#000000", 0.87, "#eeeeee"), ("#111111", "#ffffff", 1.0, "#424242")];
        for (page, text, opacity, code) in
            themes.map(|(page, text, opacity, code)| (rgb(page), rgb(text), opacity, rgb(code)))
        {
            let tinted = mixed(TINT.0.map(f64::from), TINT.1, page);
            for ground in [page, tinted, code] {
                let found = contrast(mixed(text, opacity, ground), ground);
                assert!(found >= 4.5, "text on {ground:?}: {found:.2}");
            }
            for bar in statuses.into_iter().chain([rgb(crate::output::HINT)]) {
                let found = contrast(bar, page);
                assert!(found >= 3.0, "the bar {bar:?} on {page:?}: {found:.2}");
            }
        }
    }

    #[test]
    fn markup_is_escaped() {
        let card = Card::todo("figure", "", "waits for `a < b`".to_owned());
        assert!(card.to_html().contains("○ waits for <code>a &lt; b</code>"), "{}", card.to_html());
        assert_eq!(card.to_string(), "figure: todo\n  ○ waits for `a < b`");
    }
}
