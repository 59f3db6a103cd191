//! Wrong versions of every exercise. Its check must reject each one, and its message must point at the mistake.

mod basics;
mod hvp;
mod lanczos;
mod notebook2;
mod notebook3;
mod orthogonality;
mod power;

use spectral_course::check::{Card, Status};

#[track_caller]
fn assert_rejected(card: Card, message: &str) {
    assert_eq!(card.status, Status::Failed, "a wrong version passes: {card}");
    assert!(card.to_string().contains(message), "the card should say {message:?}: {card}");
}
