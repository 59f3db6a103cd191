//! The checks of notebook 1.

mod basics;
mod deflation;
mod hvp;
mod power;

pub use basics::{condition_number, machine_epsilon, norms, rayleigh_quotient};
pub use deflation::deflation;
pub use hvp::{dual_numbers, hvp_central, hvp_dual};
pub use power::{power_iteration, predicted_slopes};
