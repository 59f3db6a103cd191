//! Which version of a function is in force: evcxr keeps the last that compiled, which need not be what the student has written last.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use course_protocol::card::{Card, Line, MIME_TYPE, Status};
use course_protocol::placeholder::missing_function;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::run::verdict;

/// From how similar a name is taken for a misspelt one, of 1: one letter in four may differ.
const SIMILAR: f64 = 0.75;

/// How a cell with a function ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What it defines is in force.
    Compiled,
    /// It did not compile.
    Rejected,
    /// Its process ended before it did, and evcxr forgot what it defined.
    Died,
}

/// The functions that the cells of a kernel have defined.
#[derive(Debug, Default)]
pub(super) struct Versions {
    functions: BTreeMap<String, Versioned>,
}

/// A function, with the execution counts of its cells.
#[derive(Debug, Default)]
struct Versioned {
    /// The version in force, and the names in its cell.
    in_force: Option<(u32, BTreeSet<String>)>,
    /// A newer version that is not in force, and why.
    newer: Option<(u32, End)>,
}

impl Versions {
    /// Takes note of a cell that has ended.
    pub(super) fn learn(&mut self, code: &str, count: u32, end: End) {
        for name in functions(code) {
            let function = self.functions.entry(name).or_default();
            if end == End::Compiled {
                *function = Versioned { in_force: Some((count, names(code))), newer: None };
            } else {
                function.newer = Some((count, end));
            }
        }
    }

    /// Adds to the card in an output, if there is one, what the cell that shows it cannot know. A card whose newest code is not what it judged
    /// has failed, whatever it found: a tick would stand below a cell that shows an error.
    pub(super) fn annotate(&self, cell: &str, output: &mut Value) {
        let Some(found) = verdict::cards(std::slice::from_ref(output)).0.pop() else {
            return;
        };
        let mut card = found.clone();
        let outdated = self.outdated(cell);
        if !outdated.is_empty() {
            card.status = Status::Failed;
            card.next.clear();
        }
        // What follows is about another version than the one that the student sees.
        card.lines.splice(0..0, outdated);
        card.lines.extend(self.misspelt(cell, &card));
        if card != found {
            replace(&found, &card, &mut output["data"]);
        }
    }

    /// Whether a cell is a check whose card will say that a newer version of a function did not compile.
    pub(super) fn tells_of_rejection(&self, cell: &str) -> bool {
        let is_check = cell.trim_start().starts_with("check::");
        let rejected = |(name, function): (&String, &Versioned)| {
            names(cell).contains(name) && function.newer.is_some_and(|(_, end)| end == End::Rejected)
        };
        is_check && self.functions.iter().any(rejected)
    }

    /// A line for each function that the cell uses, by itself or by another function, and of which a newer version is not in force.
    fn outdated(&self, cell: &str) -> Vec<Line> {
        let mut used = names(cell);
        let mut ahead: Vec<String> = used.iter().cloned().collect();
        while let Some(name) = ahead.pop() {
            let inside = self.functions.get(&name).and_then(|function| function.in_force.as_ref());
            ahead.extend(
                inside.into_iter().flat_map(|(_, names)| names).filter(|name| used.insert((*name).clone())).cloned(),
            );
        }
        // What the cell itself defines is in force, or it would not show anything.
        let own = functions(cell);
        let outdated = self.functions.iter().filter(|(name, _)| used.contains(*name) && !own.contains(name));
        outdated.filter_map(|(name, function)| Some(Line { passed: false, text: function.told(name)? })).collect()
    }

    /// Whether a newer function has nearly the name of one that the cell uses. It may be meant to have another name, so it decides nothing.
    fn misspelt(&self, cell: &str, card: &Card) -> Option<Line> {
        let used = names(cell);
        let in_force = |function: &Versioned| function.in_force.as_ref().map(|(count, _)| *count);
        let missing = card.lines.iter().find_map(|line| missing_function(&line.text)).map(|name| (name, 0));
        let judged = self.functions.iter().filter(|(name, _)| used.contains(*name));
        let judged = judged.filter_map(|(name, function)| Some((name.as_str(), in_force(function)?)));
        let (similarity, name, count, version) = missing
            .into_iter()
            .chain(judged)
            .flat_map(|(name, version)| {
                // What the cell uses is there under its own name.
                let others = self.functions.iter().filter(|(other, _)| !used.contains(*other));
                let newer = others.filter_map(move |(other, function)| Some((other, in_force(function)?)));
                newer.filter(move |(_, count)| *count > version).map(move |(other, count)| {
                    (strsim::normalized_damerau_levenshtein(name, other), other, count, version)
                })
            })
            .max_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
        let older = if version == 0 { String::new() } else { format!("this uses a version of cell [{version}]; ") };
        let text = format!("{older}cell [{count}] defines `{name}`: if that is meant, correct the name there");
        // On a card that has passed, a cross would deny what it says.
        (similarity >= SIMILAR).then_some(Line { passed: card.status == Status::Passed, text })
    }
}

impl Versioned {
    fn told(&self, name: &str) -> Option<String> {
        let (count, end) = self.newer?;
        let (how, remedy) = match end {
            End::Compiled => return None,
            End::Rejected => ("did not compile", "mend the first error that it shows, and run it and this cell again"),
            End::Died => ("did not run to its end", "run it and this cell again"),
        };
        Some(match &self.in_force {
            Some((judged, _)) => format!(
                "this uses the `{name}` of cell [{judged}]; the newer one, in cell [{count}], {how}: {remedy}. \
                 (To go back to the older one, run a cell with it again.)"
            ),
            None => format!("the `{name}` in cell [{count}] {how}: {remedy}"),
        })
    }
}

/// Puts another card in place of the one that was found, in each form in which it is shown.
fn replace(found: &Card, card: &Card, data: &mut Value) {
    for ((mime, old), (_, new)) in found.representations().into_iter().zip(card.representations()) {
        let shown = &data[mime];
        if mime == MIME_TYPE {
            data[mime] = if shown.is_object() { card.to_json() } else { new.into() };
        } else if shown.as_str().is_some_and(|shown| shown.trim_end() == old.trim_end()) {
            data[mime] = new.into();
        }
    }
}

/// The functions that a cell defines, as far as this can be told: what does not compile need not even have matching brackets.
fn functions(code: &str) -> Vec<String> {
    let Ok(tokens) = TokenStream::from_str(&without_commands(code)) else {
        let starts = code.lines().filter_map(|line| line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn "));
        return starts.filter_map(|rest| words(rest).next()).map(str::to_owned).collect();
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let defined = tokens.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "fn" => Some(name.to_string()),
        _ => None,
    });
    defined.collect()
}

/// Every name in a cell; comments and texts give a few that are none, and do no harm.
fn names(code: &str) -> BTreeSet<String> {
    words(code).map(str::to_owned).collect()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

fn without_commands(code: &str) -> String {
    code.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(':')).collect()
}

#[cfg(test)]
mod tests;
