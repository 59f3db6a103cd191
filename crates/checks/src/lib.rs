//! Checks for the functions that a student writes, one module per subject, and the [`exercises`] with their hints.
//!
//! Each check runs the function on matrices for which the answer is known, and returns a [`Card`] that says what passes, what fails and
//! why. A check never panics, whatever the student's code does.
//!
//! # Example
//! ```
//! use spectral_course::prelude::*;
//! use spectral_course::check::Status;
//! assert_eq!(check::norms(norms).status, Status::Passed);
//! // A wrong norm, and a function that is not written yet.
//! assert_eq!(check::norms(|a| Norms { spectral: 0.0, ..norms(a) }).status, Status::Failed);
//! assert_eq!(check::norms(|_| todo!("exercise 1/0.1")).status, Status::Todo);
//! ```
//!
//! What is *not* here: the functions that a student writes, which are in `spectral-course`, because the feature `solutions` replaces them.
//! So this crate is compiled once for both kernels.

mod attempt;
mod bootstrap;
mod claim;
mod compare;
mod count_outliers;
mod deflation;
mod density;
mod descent;
mod dual;
mod eigenfunctions;
pub mod exercises;
mod gauss_newton;
mod gaussian_block;
mod gradient_overlap;
mod hessian_product;
mod hessian_topk;
mod lanczos;
mod lanczos_top;
mod listener;
mod norms;
mod orthogonality;
mod passes;
mod perturbation;
mod power_iteration;
mod probes;
mod randomized_eigh;
mod range_bound;
mod range_certificate;
mod range_error;
mod range_finder;
mod rayleigh;
mod recorded_run;
mod recording;
mod report;
mod ritz;
mod rotation;
mod rounding;
mod sketch_errors;
mod slopes;
mod stable_rank;
mod starts;
mod stopping;
mod suspects;
mod tangent_kernel;
mod trace;

pub use attempt::{Attempt, Exhibit, attempt};
pub use bootstrap::{bootstrap_entk, pairwise_sines};
pub use claim::{Claim, claim, claims};
pub use count_outliers::count_outliers;
pub use course_protocol::card::{Card, Line, Status};
pub use deflation::deflation;
pub use density::slq_density;
pub use descent::growth_per_step;
pub use dual::dual_numbers;
pub use eigenfunctions::eigenfunction_images;
pub use gauss_newton::gauss_newton_matvec;
pub use gradient_overlap::gradient_overlap;
pub use hessian_product::{hvp_central, hvp_dual};
pub use hessian_topk::hessian_topk;
pub use lanczos::lanczos_three_term;
pub use lanczos_top::lanczos_top;
pub use listener::{Stopped, panic_message};
pub use norms::{condition_number, norms};
pub use orthogonality::orthogonality_history;
pub use passes::{lanczos_conditional, lanczos_gram_schmidt};
pub use perturbation::{davis_kahan, weyl_shifts};
pub use power_iteration::power_iteration;
pub use randomized_eigh::randomized_eigh;
pub use range_bound::{power_bound, range_bound};
pub use range_certificate::range_certificate;
pub use range_finder::range_finder;
pub use rayleigh::rayleigh_quotient;
pub use ritz::ritz_values;
pub use rotation::resampled_rotations;
pub use rounding::machine_epsilon;
pub use sketch_errors::oversampling_errors;
pub use slopes::predicted_slopes;
pub use stable_rank::stable_rank;
pub use stopping::trace_to_tolerance;
pub use tangent_kernel::entk_matvec;
pub use trace::{hutchinson_trace, variance_sweep};
