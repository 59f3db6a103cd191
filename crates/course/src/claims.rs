//! `cargo course claims`: the notebooks with other seeds. A claim that holds for one seed alone is luck.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use course_protocol::card::Line;
use course_protocol::variables::SEED_SHIFT;

use crate::layout::Layout;
use crate::notebook;
use crate::report::Step;
use crate::run::{self, Event, Reason};
use crate::setup::{self, WhenBuildFails};

/// How long a cell may take, in seconds: other seeds may be slower.
const TIMEOUT: u32 = 300;

/// What the runs have found about one line of a card.
struct Found {
    /// The id of the exercise, or of the figure.
    about: String,
    /// The line up to its number.
    what: String,
    /// What is claimed of the number.
    claimed: String,
    holds: u64,
    values: Vec<f64>,
}

/// Runs the notebooks with `seeds` seeds each, and prints a table in Markdown. Returns whether every claim holds for at least nine in ten.
pub(crate) fn run(layout: &Layout, names: &[String], seeds: u64) -> Result<bool> {
    let notebooks: Vec<PathBuf> = if names.is_empty() {
        notebook::all(layout)?
    } else {
        names.iter().map(|name| notebook::named(layout, name)).collect::<Result<_>>()?
    };
    setup::run(layout, WhenBuildFails::Stop)?;
    let mut all_hold = true;
    for path in notebooks {
        let mut found = BTreeMap::new();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let step = Step::start(&name);
        for shift in 0..seeds {
            step.progress(shift, seeds, &format!("seed {}", shift + 1));
            run_once(layout, &path, shift, &mut found).with_context(|| format!("{name}, {SEED_SHIFT}={shift}"))?;
        }
        step.done();
        all_hold &= found.values().all(|found| 10 * found.holds >= 9 * seeds);
        println!("{}", table(&name, seeds, &found));
    }
    Ok(all_hold)
}

/// Runs one notebook from top to bottom, and adds what its cards say. A line is known by its cell and its place in the card.
fn run_once(
    layout: &Layout,
    path: &std::path::Path,
    shift: u64,
    found: &mut BTreeMap<(usize, usize), Found>,
) -> Result<()> {
    let mut driver = run::driver_to_the_end(layout, path, TIMEOUT);
    driver.env(SEED_SHIFT, shift.to_string());
    let mut end = None;
    let chatter = run::drive(layout, driver, |event| match event {
        Event::Cell { index, outputs, .. } => {
            for card in run::cards(&outputs).0 {
                for (place, line) in card.lines.iter().enumerate() {
                    let (what, value, claimed) = parts(line);
                    let found = found.entry((index, place)).or_insert_with(|| Found {
                        about: card.exercise.clone(),
                        what: what.to_owned(),
                        claimed: claimed.to_owned(),
                        holds: 0,
                        values: Vec::new(),
                    });
                    found.holds += u64::from(line.passed);
                    found.values.extend(value);
                }
            }
        }
        Event::End { reason, message } => end = Some((reason, message)),
        Event::Ready { .. } | Event::Start { .. } => {}
    })?;
    match end {
        Some((Reason::Finished, _)) => Ok(()),
        Some((_, message)) => bail!("the notebook did not run to its end: {message}\n{chatter}"),
        None => bail!("the driver ended without a report\n{chatter}"),
    }
}

/// Takes the line of a claim apart: `what: value (claimed)`. The line of a check has no number.
fn parts(line: &Line) -> (&str, Option<f64>, &str) {
    let text = line.text.strip_suffix(": this does not hold").unwrap_or(&line.text);
    let claim = || {
        let (head, claimed) = text.strip_suffix(')')?.rsplit_once(" (")?;
        let (what, value) = head.rsplit_once(": ")?;
        Some((what, Some(value.parse().ok()?), claimed))
    };
    claim().unwrap_or((text.split_once(": ").map_or(text, |(what, _)| what), None, ""))
}

/// The claims of a notebook, the frailest first.
fn table(notebook: &str, seeds: u64, found: &BTreeMap<(usize, usize), Found>) -> String {
    let mut rows: Vec<&Found> = found.values().collect();
    rows.sort_by_key(|found| found.holds);
    let always = rows.iter().filter(|found| found.holds == seeds).count();
    let mut text = format!(
        "## {notebook}\n\n{} statements, {seeds} seeds; {always} hold for all of them.\n\n\
         | holds | about | statement | claimed | seen |\n| --- | --- | --- | --- | --- |\n",
        rows.len()
    );
    for found in rows.iter().filter(|found| found.holds < seeds || !found.values.is_empty()) {
        let Found { about, what, claimed, holds, values } = found;
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let seen = if values.is_empty() { String::new() } else { format!("{lowest} to {highest}") };
        let what = what.replace('|', "\\|");
        text.push_str(&format!("| {holds}/{seeds} | {about} | {what} | {claimed} | {seen} |\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { passed: true, text: text.to_owned() }
    }

    #[test]
    fn a_claim_is_taken_apart_and_a_check_is_left_whole() {
        let claim = line("space, resamples: median sin: 0.12 (at most 0.2): this does not hold");
        assert_eq!(parts(&claim), ("space, resamples: median sin", Some(0.12), "at most 0.2"));
        let claim = line("rate (per step): 1.5e-9 (between -1 and 1)");
        assert_eq!(parts(&claim), ("rate (per step)", Some(1.5e-9), "between -1 and 1"));
        assert_eq!(parts(&line("the samples: expected 3, got 4 (why)")), ("the samples", None, ""));
    }

    #[test]
    fn the_frailest_claim_comes_first_with_its_range() {
        let found = |what: &str, holds, values: &[f64]| Found {
            about: "figure 1".to_owned(),
            what: what.to_owned(),
            claimed: "at most 2".to_owned(),
            holds,
            values: values.to_vec(),
        };
        let found = BTreeMap::from([
            ((0, 0), found("firm", 3, &[1.0, 0.5, 1.5])),
            ((0, 1), found("|frail|", 1, &[1.0, 3.0, 4.0])),
            ((1, 0), found("a check", 3, &[])),
        ]);
        let table = table("03", 3, &found);
        assert!(table.contains("3 statements, 3 seeds; 2 hold for all of them."), "{table}");
        let rows: Vec<&str> = table.lines().skip(6).collect();
        assert_eq!(
            rows,
            [
                "| 1/3 | figure 1 | \\|frail\\| | at most 2 | 1 to 4 |",
                "| 3/3 | figure 1 | firm | at most 2 | 0.5 to 1.5 |"
            ]
        );
    }
}
