//! Decides whether an executed cell passed.
//!
//! The kernel's replies tell of errors. What else is wrong shows in the outputs: stderr, cards, and what is missing.

use course_protocol::card::{Card, MIME_TYPE, Status};
use serde_json::Value;

use crate::notebook::{has_tag, joined};

const FIGURE_TAG: &str = "figure";
const CHECK_TAG: &str = "check";
const IMAGES: [&str; 2] = ["image/svg+xml", "image/png"];

/// Whose functions the notebook runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The student's, or the notebook's stubs: an exercise may still be to do.
    Student,
    /// The reference solutions: nothing may be left to do.
    Solutions,
}

/// Everything that is wrong with an executed cell, in words; empty if nothing is.
pub(crate) fn problems(cell: &Value, outputs: &[Value], mode: Mode) -> Vec<String> {
    let mut problems = Vec::new();
    let stderr: String =
        outputs.iter().filter(|output| output["name"] == "stderr").map(|output| joined(&output["text"])).collect();
    if !stderr.trim().is_empty() {
        problems.push(format!("the cell wrote to stderr:\n{}", stderr.trim()));
    }
    problems.extend(outputs.iter().filter_map(error_of));
    let (cards, unreadable) = cards(outputs);
    problems.extend(unreadable);
    for card in &cards {
        problems.extend(problem_of_card(card, mode));
    }
    // After an error, what the cell did not get to show says nothing new.
    if problems.is_empty() {
        let waits = mode == Mode::Student && cards.iter().any(|card| card.status == Status::Todo);
        if has_tag(cell, FIGURE_TAG) && !waits && !has_image(outputs) {
            problems
                .push(format!("the cell is tagged `{FIGURE_TAG}`, but shows neither {} nor {}", IMAGES[0], IMAGES[1]));
        }
        if has_tag(cell, CHECK_TAG) && cards.is_empty() {
            problems.push(format!("the cell is tagged `{CHECK_TAG}`, but shows no check card"));
        }
    }
    problems
}

/// The check cards among some outputs, and what is wrong with those that cannot be read.
pub(crate) fn cards(outputs: &[Value]) -> (Vec<Card>, Vec<String>) {
    let mut cards = Vec::new();
    let mut unreadable = Vec::new();
    for value in outputs.iter().map(|output| &output["data"][MIME_TYPE]).filter(|value| !value.is_null()) {
        // A front end may keep the JSON as text, in one piece or in lines.
        let card = match value {
            Value::Object(_) => Card::from_json(value),
            text => serde_json::from_str(&joined(text)).map_or(Err("JSON"), |card: Value| Card::from_json(&card)),
        };
        match card {
            Ok(card) => cards.push(card),
            Err(error) => unreadable.push(format!("a check card cannot be read (its {error}): {value}")),
        }
    }
    (cards, unreadable)
}

/// What is wrong with the cards in one output when nothing may be left to do.
pub(crate) fn wrong_cards(output: &Value) -> Vec<String> {
    let (cards, mut wrong) = cards(std::slice::from_ref(output));
    wrong.extend(cards.iter().filter_map(|card| problem_of_card(card, Mode::Solutions)));
    wrong
}

fn problem_of_card(card: &Card, mode: Mode) -> Option<String> {
    let what = format!("exercise {}", card.name());
    match (card.status, mode) {
        (Status::Passed, _) | (Status::Todo, Mode::Student) => None,
        (Status::Todo, Mode::Solutions) => Some(format!("{}: still to do, although the solutions are on", what)),
        (Status::Failed, _) => {
            let failed: Vec<_> =
                card.lines.iter().filter(|line| !line.passed).map(|line| format!("\n  {}", line.text)).collect();
            Some(format!("{}: the check failed{}", what, failed.concat()))
        }
    }
}

fn error_of(output: &Value) -> Option<String> {
    if output["output_type"] != "error" {
        return None;
    }
    let lines = output["traceback"].as_array().map(Vec::as_slice).unwrap_or_default();
    let traceback = lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
    let said = if traceback.trim().is_empty() {
        output["evalue"].as_str().unwrap_or("an error without a message").to_owned()
    } else {
        traceback
    };
    Some(said)
}

fn has_image(outputs: &[Value]) -> bool {
    outputs.iter().any(|output| IMAGES.iter().any(|mime| !joined(&output["data"][*mime]).trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell(tags: &[&str]) -> Value {
        json!({"cell_type": "code", "source": "x", "metadata": {"tags": tags}})
    }

    fn card(status: &str) -> Value {
        json!({"output_type": "execute_result", "data": {MIME_TYPE: {
            "exercise": "3/1.1", "title": "Hutchinson", "status": status,
            "lines": [{"passed": true, "text": "unbiased"}, {"passed": false, "text": "divided by m twice"}],
        }}})
    }

    fn count(tags: &[&str], outputs: &[Value], mode: Mode) -> usize {
        problems(&cell(tags), outputs, mode).len()
    }

    #[test]
    fn a_quiet_cell_is_fine() {
        let outputs = [json!({"output_type": "stream", "name": "stdout", "text": "2\n"})];
        assert_eq!(count(&[], &outputs, Mode::Solutions), 0);
    }

    #[test]
    fn an_error_is_told_in_the_compilers_words() {
        let outputs = [
            json!({"output_type": "error", "ename": "Error", "evalue": "mismatched", "traceback": ["line 1", "line 2"]}),
        ];
        assert_eq!(problems(&cell(&["figure"]), &outputs, Mode::Student), ["line 1\nline 2"]);
        let wordless = [json!({"output_type": "error", "ename": "Error", "evalue": "mismatched", "traceback": []})];
        assert_eq!(problems(&cell(&[]), &wordless, Mode::Student), ["mismatched"]);
    }

    #[test]
    fn any_stderr_is_a_failure() {
        let outputs = [json!({"output_type": "stream", "name": "stderr", "text": "boom\n"})];
        assert_eq!(problems(&cell(&[]), &outputs, Mode::Student), ["the cell wrote to stderr:\nboom"]);
    }

    #[test]
    fn a_figure_cell_needs_an_image_unless_its_exercise_is_to_do() {
        let image = json!({"output_type": "execute_result", "data": {"image/svg+xml": ["<svg", "/>"]}});
        let text = json!({"output_type": "execute_result", "data": {"text/plain": "x"}});
        assert_eq!(count(&["figure"], &[image], Mode::Solutions), 0);
        assert_eq!(count(&["figure"], &[text], Mode::Student), 1);
        assert_eq!(count(&["figure"], &[], Mode::Student), 1);
        assert_eq!(count(&["figure"], &[card("todo")], Mode::Student), 0);
    }

    #[test]
    fn cards_count_as_their_mode_says() {
        for (status, student, solutions) in [("passed", 0, 0), ("failed", 1, 1), ("todo", 0, 1)] {
            assert_eq!(count(&["check"], &[card(status)], Mode::Student), student, "{status}");
            assert_eq!(count(&["check"], &[card(status)], Mode::Solutions), solutions, "{status}");
        }
        assert_eq!(count(&["check"], &[], Mode::Student), 1);
        let told = problems(&cell(&[]), &[card("failed")], Mode::Student).concat();
        assert!(
            told.contains("exercise 3/1.1 Hutchinson")
                && told.contains("divided by m twice")
                && !told.contains("unbiased"),
            "{told}"
        );
    }

    #[test]
    fn a_card_may_come_as_text_and_must_be_readable() {
        let text = card("passed")["data"][MIME_TYPE].to_string();
        let as_text = json!({"data": {MIME_TYPE: text}});
        let broken = json!({"data": {MIME_TYPE: {"status": "perhaps"}}});
        assert_eq!(count(&["check"], &[as_text], Mode::Solutions), 0);
        assert_eq!(count(&[], &[broken], Mode::Solutions), 1);
    }
}
