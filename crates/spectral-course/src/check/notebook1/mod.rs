//! The checks of notebook 1.

mod lanczos;
mod orthogonality;
mod top;

pub use lanczos::{lanczos_three_term, ritz_values};
pub use orthogonality::{lanczos_conditional, lanczos_full, orthogonality_history};
pub use top::lanczos_top;
