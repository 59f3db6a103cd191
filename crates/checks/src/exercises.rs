//! The exercises without their functions: ids, titles, minutes and hints.

mod notebook1;
mod notebook2;
mod notebook3;
mod notebook4;

use std::fmt;

use course_protocol::output;

/// The description of an exercise, without its function and its check.
#[derive(Debug)]
pub struct Exercise {
    /// The stable id, made of the notebook and a number: `3/1.1`.
    pub id: &'static str,
    /// The title, as in the notebook's heading.
    pub title: &'static str,
    /// The functions that the student writes.
    pub functions: &'static [&'static str],
    /// The difficulty, from 1 to 5.
    pub difficulty: u8,
    /// The approximate time it takes.
    pub minutes: u8,
    /// The hints: a nudge, a tiny example with its result, and then up to nearly the code; code of some length stands in lines
    /// of its own between lines of three backticks.
    pub hints: &'static [&'static str],
}

impl Exercise {
    /// The exercise with this id.
    pub fn find(id: &str) -> Option<&'static Exercise> {
        exercises().find(|exercise| exercise.id == id)
    }

    /// The exercise that comes after this one in its notebook, its position there and the number of all, if it is not the last.
    pub fn after(id: &str) -> Option<(&'static Exercise, usize, usize)> {
        let notebook = |id: &str| id.split_once('/').map(|(notebook, _)| notebook.to_owned());
        let all: Vec<_> = exercises().filter(|exercise| notebook(exercise.id) == notebook(id)).collect();
        let next = all.iter().position(|exercise| exercise.id == id)? + 1;
        Some((all.get(next)?, next + 1, all.len()))
    }

    /// The exercises that a wrong id may mean: those with this number, or of this notebook; all if there are none.
    fn near(id: &str) -> Vec<&'static str> {
        let ids = || exercises().map(|exercise| exercise.id);
        let number = id.trim().trim_start_matches('/');
        let same_number: Vec<_> = ids().filter(|known| known.ends_with(&format!("/{number}"))).collect();
        let notebook = number.split('/').next().unwrap_or_default();
        let same_notebook: Vec<_> = ids().filter(|known| known.starts_with(&format!("{notebook}/"))).collect();
        [same_number, same_notebook].into_iter().find(|found| !found.is_empty()).unwrap_or_else(|| ids().collect())
    }

    /// The exercise in which the student writes this function.
    pub fn of_function(name: &str) -> Option<&'static Exercise> {
        exercises().find(|exercise| exercise.functions.contains(&name))
    }
}

/// All exercises, in the order of the notebooks.
pub fn exercises() -> impl Iterator<Item = &'static Exercise> {
    [notebook1::EXERCISES, notebook2::EXERCISES, notebook3::EXERCISES, notebook4::EXERCISES].into_iter().flatten()
}

/// One hint of an exercise, to be shown as a cell's result.
#[derive(Clone, Debug)]
pub struct Hint {
    id: String,
    tier: usize,
}

/// The first hint for the exercise `id`; `hint("3/1.1").tier(2)` is the next, and says more.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// assert!(hint("3/1.1").to_string().contains("hint 1 of 4"));
/// assert!(hint("3/9.9").to_string().contains("no exercise"));
/// ```
pub fn hint(id: &str) -> Hint {
    Hint { id: id.to_owned(), tier: 1 }
}

impl Hint {
    /// The hint of this tier, counted from 1.
    pub fn tier(self, tier: usize) -> Hint {
        Hint { tier, ..self }
    }

    /// Shows the hint as the result of a notebook's cell.
    pub fn evcxr_display(&self) {
        output::show(&[("text/html", &output::html_hint(&self.text())), ("text/plain", &self.to_string())]);
    }

    /// What it says, with code in blocks between lines of backticks.
    fn text(&self) -> String {
        let Some(exercise) = Exercise::find(&self.id) else {
            return format!("there is no exercise {:?}; there are {}", self.id, Exercise::near(&self.id).join(", "));
        };
        let (id, count) = (exercise.id, exercise.hints.len());
        let Some(hint) = self.tier.checked_sub(1).and_then(|i| exercise.hints.get(i)) else {
            return format!("exercise {id} has hints 1 to {count}, got {}", self.tier);
        };
        let further = match self.tier + 1 {
            next if next <= count => format!(" Still stuck? `hint(\"{id}\").tier({next})` says more."),
            _ => String::new(),
        };
        format!("Exercise {id}, hint {} of {count}: {hint}{further}", self.tier)
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&output::plain_hint(&self.text()))
    }
}
