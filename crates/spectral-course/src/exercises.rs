//! The functions that the student writes, and the table of the exercises with their titles and hints.
//!
//! The functions are the same as in the cells of the notebooks, so that an exercise can also be done in an editor: write
//! the body here and run `cargo test -p spectral-course --test exercises`. With the feature `solutions` each calls its
//! reference solution.

mod notebook1;
mod notebook2;
mod notebook3;
mod notebook4;

use spectral_course_macros::exercise;

pub use checks::exercises::{Exercise, Hint, exercises, hint};
pub use notebook1::*;
pub use notebook2::*;
pub use notebook3::*;
pub use notebook4::*;
