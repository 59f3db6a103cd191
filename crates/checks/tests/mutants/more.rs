//! Further versions of all exercises, by notebook: answers fitted to the inputs of a check, state kept between calls, early stops, and
//! slips that no table of a single subject holds. And right versions in styles that no table holds.

use super::common::{Wrong, assert_all_rejected};

mod iterations;
mod notebook1;
mod notebook2;
mod notebook3;
mod ranges;

pub(super) fn wrong() -> Vec<Wrong> {
    [notebook1::wrong(), iterations::wrong(), ranges::wrong(), notebook2::wrong(), notebook3::wrong()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("more", wrong());
}
