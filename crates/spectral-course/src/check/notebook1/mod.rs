//! The checks of notebook 1.

mod basics;
mod deflation;
mod hvp;
mod lanczos;
mod orthogonality;
mod power;
mod top;

pub use basics::{condition_number, machine_epsilon, norms, rayleigh_quotient};
pub use deflation::deflation;
pub use hvp::{dual_numbers, hvp_central, hvp_dual};
pub use lanczos::{lanczos_three_term, ritz_values};
pub use orthogonality::{lanczos_conditional, lanczos_full, orthogonality_history};
pub use power::{power_iteration, predicted_slopes};
pub use top::lanczos_top;
