//! The checks of notebook 3.

mod bootstrap;
mod density;
mod perturbation;
mod trace;

pub use bootstrap::bootstrap_entk;
pub use density::slq_density;
pub use perturbation::{davis_kahan, weyl_shifts};
pub use trace::{hutchinson_trace, variance_sweep};
