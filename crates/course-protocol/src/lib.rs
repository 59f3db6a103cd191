//! The contract between the notebooks of the spectral course and the programs that read them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`card`] | the result of a check, as a notebook shows it and a program reads it |
//! | [`mark`] | what a cell tells the launcher among its output |
//! | [`placeholder`] | what a function of an exercise says while no cell has defined it |
//! | [`output`] | how a cell shows a result in several MIME types |
//! | [`progress`] | the line of a long computation that is updated in place |
//! | [`variables`] | the environment variables that the launcher sets and the library reads |
//!
//! What is *not* here: how a check arrives at its result, and what a program does with it.

#[cfg(feature = "cards")]
pub mod card;
#[cfg(feature = "cards")]
pub mod mark;
#[cfg(feature = "cards")]
pub mod output;
#[cfg(feature = "cards")]
pub mod placeholder;
#[cfg(feature = "cards")]
pub mod progress;
pub mod variables;
