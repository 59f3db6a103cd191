//! What stands in for the exercises until a cell defines them: the same stubs with another body, so that signatures and docs are written once.

use spectral_course_macros::placeholder as exercise;

#[expect(clippy::duplicate_mod, reason = "here `exercise` is another macro")]
#[path = "exercises/notebook1.rs"]
pub(crate) mod notebook1;
#[expect(clippy::duplicate_mod, reason = "here `exercise` is another macro")]
#[path = "exercises/notebook2.rs"]
pub(crate) mod notebook2;
#[expect(clippy::duplicate_mod, reason = "here `exercise` is another macro")]
#[path = "exercises/notebook3.rs"]
pub(crate) mod notebook3;
#[expect(clippy::duplicate_mod, reason = "here `exercise` is another macro")]
#[path = "exercises/notebook4.rs"]
pub(crate) mod notebook4;
