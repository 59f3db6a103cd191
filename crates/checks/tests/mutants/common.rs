//! What the wrong versions and the right ones of all subjects share.

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
pub(super) enum Says {
    /// It names the mistake, in these words.
    Cause(&'static str),
    /// It says what differs and where to look first, in these words.
    Difference(&'static str),
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

/// Prints what the card of each wrong version says first, to be read by whoever changes a check.
pub(super) fn show(wrong: &[Wrong]) {
    for (number, Wrong { says, card }) in wrong.iter().enumerate() {
        let (Says::Cause(words) | Says::Difference(words)) = says;
        let card = card();
        let failed: Vec<&str> =
            card.lines.iter().filter(|line| !line.passed).map(|line| line.text.as_str()).take(2).collect();
        println!("{number} [{words}] {}: {}", card.exercise, failed.join(" // "));
    }
}

/// Runs the check on each wrong version, and shows all those that pass or get another card than they should.
#[track_caller]
pub(super) fn assert_all_rejected(wrong: Vec<Wrong>) {
    let found: Vec<String> = wrong
        .iter()
        .enumerate()
        .filter_map(|(number, Wrong { says, card })| {
            let (Says::Cause(words) | Says::Difference(words)) = says;
            let card = card();
            let rejected = card.status == Status::Failed && card.to_string().contains(words);
            (!rejected).then(|| format!("{number}: the card should fail and say {words:?}: {card}"))
        })
        .collect();
    assert!(!wrong.is_empty() && found.is_empty(), "{}", found.join("\n"));
}

#[track_caller]
pub(super) fn assert_passed(card: Card) {
    assert_eq!(card.status, Status::Passed, "{card}");
}

/// Probes that do not have `E[z z^T] = I`.
pub(super) fn zero_one(n: usize, rng: &mut CourseRng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || f64::from(u8::from(rng.random::<bool>())))
}
