//! What the notebooks of the spectral course and the programs that read them tell each other.
//!
//! | module | holds |
//! | --- | --- |
//! | [`card`] | the result of a check, as a notebook shows it and as a program reads it |
//! | [`output`] | how a cell shows something in several MIME types |
//! | [`variables`] | the environment variables that the launcher sets and the library reads |
//!
//! What is *not* here: how a check comes to its result, and what a program makes of it.

#[cfg(feature = "cards")]
pub mod card;
#[cfg(feature = "cards")]
pub mod output;
pub mod variables;
