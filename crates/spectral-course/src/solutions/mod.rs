//! The reference solutions: the estimators of the course, to be read.
//!
//! They are always compiled, whatever the mode: later notebooks build on earlier ones. Each is written for the reader; what
//! makes it fast stands behind the operator, in [`SymmetricOperator::apply_block`](crate::operator::SymmetricOperator::apply_block).

mod bootstrap;
mod density;
mod entk;
mod krylov;
mod perturbation;
mod randomized;
mod range;
mod trace;

pub use bootstrap::{Bootstrap, bootstrap_entk};
pub use density::{Quadrature, slq_density, slq_quadrature, smooth};
pub use entk::{eigenfunction_images, entk_matvec};
pub use krylov::{Lanczos, Reorthogonalization, Start, StopReason, lanczos, lanczos_block};
pub use perturbation::{gap_experiment, matrix_with_gap, principal_angle, principal_angles, sin_theta, weyl_shifts};
pub use randomized::{Eigenpairs, randomized_eigh};
pub use range::{
    oversampling_errors, power_bound, power_range_finder, range_bound, range_error, range_finder, stable_rank,
};
pub use trace::{TraceEstimate, hutch_plus_plus, hutchinson_trace, variance_sweep, xtrace};
