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

#[track_caller]
pub(super) fn assert_passed(card: Card) {
    assert_eq!(card.status, Status::Passed, "{card}");
}

/// Probes that do not have `E[z z^T] = I`.
pub(super) fn zero_one(n: usize, rng: &mut CourseRng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || f64::from(u8::from(rng.random::<bool>())))
}
