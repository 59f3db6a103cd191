//! What the wrong versions and the right ones of all subjects share.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::CourseRng;
use ndarray::Array1;
use rand::Rng;
use spectral_course::check::{Card, Status};

pub(super) type Operator<'a> = &'a dyn SymmetricOperator;

#[track_caller]
pub(super) fn assert_rejected(card: Card, message: &str) {
    assert_eq!(card.status, Status::Failed, "a wrong version passes: {card}");
    assert!(card.to_string().contains(message), "the card should say {message:?}: {card}");
}

/// How far the card of a wrong version leads to the mistake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// It names the mistake, in these words.
    Cause(&'static str),
    /// It says what differs and where to look first, in these words, and names no mistake.
    Difference(&'static str),
}

impl Says {
    fn words(self) -> &'static str {
        let (Says::Cause(words) | Says::Difference(words)) = self;
        words
    }
}

/// A wrong version of an exercise: the card that its check gives, and what that card must say.
pub(super) struct Wrong {
    says: Says,
    card: Box<dyn Fn() -> Card>,
}

impl Wrong {
    pub(super) fn new(says: Says, card: impl Fn() -> Card + 'static) -> Self {
        Self { says, card: Box::new(card) }
    }

    pub(super) fn names_the_mistake(&self) -> bool {
        matches!(self.says, Says::Cause(_))
    }
}

/// What the lines that failed say: the first, and of the others those that say more than what was expected and what came.
fn failed(card: &Card) -> String {
    let failed = card.lines.iter().filter(|line| !line.passed).map(|line| line.text.as_str());
    let says_more = |text: &str| text.rsplit_once(": expected ").is_none_or(|(_, rest)| rest.contains(". "));
    let told: Vec<&str> = failed.enumerate().filter(|(i, text)| *i == 0 || says_more(text)).map(|(_, t)| t).collect();
    told.join(" // ")
}

/// Set to anything, it lets the cards that were read be written anew.
const WRITE: &str = "WRITE_CARDS";

/// Runs the check on each wrong version. Shows those that pass, those whose card does not say what it should or misleads, and those whose
/// card is not the one in `cards/` that somebody has read beside the version.
#[track_caller]
pub(super) fn assert_all_rejected(subject: &str, wrong: Vec<Wrong>) {
    assert!(!wrong.is_empty());
    let cards: Vec<(Says, Card)> = wrong.iter().map(|wrong| (wrong.says, (wrong.card)())).collect();
    let mut found: Vec<String> = cards
        .iter()
        .enumerate()
        .filter_map(|(number, (says, card))| {
            let words = says.words();
            if card.status != Status::Failed || !card.to_string().contains(words) {
                return Some(format!("{number}: the card should fail and say {words:?}: {card}"));
            }
            misleading(*says, card, &cards).map(|why| format!("{number} [{words}] misleads, {why}: {card}"))
        })
        .collect();
    found.extend(unread(subject, &cards));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Why a card leads astray, if it does: it names the mistake of another version of the exercise, or shows one number twice as if the two
/// differed.
fn misleading(says: Says, card: &Card, all: &[(Says, Card)]) -> Option<String> {
    let (words, text) = (says.words(), failed(card));
    // A sentence about several mistakes stands on the cards of all of them.
    let other = all.iter().find(|(other, its)| {
        matches!(other, Says::Cause(_))
            && its.exercise == card.exercise
            && text.contains(other.words())
            && !words.contains(other.words())
            && !failed(its).contains(words)
    });
    if let Some((other, _)) = other {
        return Some(format!("by naming another mistake, {:?}", other.words()));
    }
    let alike = text.match_indices("expected ").find_map(|(at, word)| {
        let (expected, got) = text[at + word.len()..].split_once(", got ")?;
        let expected = expected.split(" at ").next().unwrap_or("");
        let got = got.split([' ', ',', ';']).next().unwrap_or("").trim_end_matches('.');
        (expected == got).then(|| got.to_owned())
    });
    alike.map(|number| format!("with {number} expected and got"))
}

/// The cards that differ from those which were read. Of a number only the place counts: another processor rounds in another way.
fn unread(subject: &str, cards: &[(Says, Card)]) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/mutants/cards/{subject}.txt"));
    let now: Vec<String> = cards
        .iter()
        .enumerate()
        .map(|(number, (says, card))| {
            format!("{number} [{}] {}: {}", says.words(), card.exercise, without_numbers(&failed(card)))
        })
        .collect();
    if env::var_os(WRITE).is_some() {
        let written =
            fs::create_dir_all(path.with_file_name("")).and_then(|()| fs::write(&path, now.join("\n") + "\n"));
        return written.err().map(|error| format!("{}: {error}", path.display())).into_iter().collect();
    }
    let read = fs::read_to_string(&path).unwrap_or_default();
    if read.lines().eq(now.iter().map(String::as_str)) {
        return Vec::new();
    }
    let read: BTreeSet<&str> = read.lines().collect();
    let unread = now.into_iter().filter(|card| !read.contains(card.as_str()));
    let remedy = format!("Read these beside their versions; if none misleads, run the test with {WRITE}=1:");
    std::iter::once(remedy).chain(unread).collect()
}

fn without_numbers(text: &str) -> String {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut short = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        // What may follow the digits: a sign or a point, and more digits.
        let more = |from: &str, sign: &str| {
            let after = from.strip_prefix(sign).map_or(0, digits);
            if after > 0 { sign.len() + after } else { 0 }
        };
        let mut end = digits(from);
        end += more(&from[end..], ".");
        end += more(&from[end..], "e").max(more(&from[end..], "e-"));
        short += before;
        short.push('#');
        rest = &from[end..];
    }
    short + rest
}

#[test]
fn only_the_place_of_a_number_counts() {
    for (text, short) in [
        ("expected 1.5, got 2.", "expected #, got #."),
        ("seeds 3 and 4, 1e-8 A, 2.5e10.", "seeds # and #, # A, #."),
        ("7e and 0..40, of 1/2", "#e and #..#, of #/#"),
    ] {
        assert_eq!(without_numbers(text), short);
    }
}

#[track_caller]
pub(super) fn assert_passed(card: Card) {
    assert_eq!(card.status, Status::Passed, "{card}");
}

thread_local!(static STREAM: Cell<u64> = const { Cell::new(0) });

/// The stream that a right version mixes with its seed: checks take plain functions, which capture nothing.
pub(super) fn stream() -> u64 {
    STREAM.get()
}

/// Luck: a right version whose draws depend on [`stream`] must pass with each of `count` streams.
#[track_caller]
pub(super) fn assert_passed_with_streams(count: u64, card: impl Fn() -> Card) {
    let rejected: Vec<String> = (0..count)
        .map(|number| {
            STREAM.set(number << 40);
            card()
        })
        .filter(|card| card.status != Status::Passed)
        .map(|card| card.to_string())
        .collect();
    STREAM.set(0);
    assert!(rejected.is_empty(), "{} of {count}: {}", rejected.len(), rejected.join("\n"));
}

/// Probes that do not have `E[z z^T] = I`.
pub(super) fn zero_one(n: usize, rng: &mut CourseRng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || f64::from(u8::from(rng.random::<bool>())))
}
