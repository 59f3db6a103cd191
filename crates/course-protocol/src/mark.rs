//! Marks: lines among what a cell prints that are for the launcher, which takes them out.

use serde_json::{Value, json};

use crate::placeholder;

/// What begins a mark. A control character, so that no text looks like one by accident.
pub fn mark(token: &str) -> String {
    format!("\u{1}{token} ")
}

/// A panic, as the panic hook tells the launcher: it cannot know yet whether anybody will catch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// Its message.
    pub message: String,
    /// The file in which it happened; empty if unknown.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u32,
}

impl Panicked {
    /// The word that follows the mark, before the panic in JSON.
    pub const WORD: &str = "panicked";

    /// The line to print on stderr.
    pub fn line(&self, token: &str) -> String {
        let panicked = json!([self.message, self.file, self.line]);
        format!("{}{} {panicked}", mark(token), Self::WORD)
    }

    /// Reads what stands after the word.
    pub fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let [message, file, line] = value.as_array()?.as_slice() else {
            return None;
        };
        Some(Self {
            message: message.as_str()?.to_owned(),
            file: file.as_str()?.to_owned(),
            line: u32::try_from(line.as_u64()?).ok()?,
        })
    }

    /// Whether its message only says that another thread panicked: the scope's own, or an `unwrap` of a join.
    pub fn is_second_hand(message: &str) -> bool {
        message == "a scoped thread panicked" || message.ends_with("Any { .. }")
    }
}

/// What a notebook says about a panic with this message.
pub fn explain(message: &str) -> String {
    match message.strip_prefix("not yet implemented: exercise ") {
        None if placeholder::missing_function(message).is_some() => message.to_owned(),
        Some(id) => format!("exercise {id} is not written yet; hint(\"{id}\") helps"),
        None => format!("panicked: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_line_whatever_its_message() {
        let panicked = Panicked { message: "two\nlines".to_owned(), file: "src/lib.rs".to_owned(), line: 3 };
        let line = panicked.line("token");
        assert_eq!(line.lines().count(), 1);
        let json = line.strip_prefix("\u{1}token panicked ").expect("a mark");
        assert_eq!(Panicked::read(json), Some(panicked));
    }

    #[test]
    fn panics_are_told_in_a_line() {
        let told = explain("not yet implemented: exercise 3/1.1");
        assert_eq!(told, "exercise 3/1.1 is not written yet; hint(\"3/1.1\") helps");
        assert_eq!(explain(&placeholder::missing("norms")), placeholder::missing("norms"));
        assert_eq!(explain("m must be at least 1, got 0"), "panicked: m must be at least 1, got 0");
    }
}
