//! Estimators that access a symmetric matrix only through its products with vectors, written to be read: they are also the reference
//! solutions of the course's exercises.
//!
//! | what is estimated | functions |
//! | --- | --- |
//! | norms and condition (these take the matrix itself) | [`norms`], [`condition_number`], [`rayleigh_quotient`] |
//! | Hessian and Gauss-Newton products | [`hvp_central`], [`hvp_dual`], [`hvp_r_operator`], [`gauss_newton_matvec`] |
//! | extreme eigenpairs | [`power_iteration`], [`deflation`], [`lanczos()`], [`lanczos_top`], [`hessian_topk`] |
//! | what stands apart at the top, and what lies in it | [`count_outliers`], [`gradient_overlap`] |
//! | steps of gradient descent, by gradients | [`growth_per_step`] |
//! | what rounding does to Lanczos | [`lanczos_three_term`], [`orthogonality_history`], [`lanczos_f32`] |
//! | a range and its eigenpairs, by sketches | [`range_finder`], [`power_range_finder`], [`range_certificate`], [`randomized_eigh`] |
//! | traces | [`hutchinson_trace`], [`trace_to_tolerance`], [`hutch_plus_plus`], [`xtrace`] |
//! | densities of states | [`slq_density`], [`slq_quadrature`] |
//! | perturbations | [`weyl_shifts`], [`principal_angle`], [`gap_experiment`], [`bootstrap_entk`], [`pairwise_sines`] |
//! | how a kernel changes | [`kernel_alignment`], [`resampled_rotations`] |
//!
//! The fast code is in the operators, in
//! [`SymmetricOperator::apply_block`](matrix_free::operator::SymmetricOperator::apply_block). What is *not* here: the operators and probes
//! ([`matrix_free`]), the networks ([`small_networks`]), and anything that knows about exercises or notebooks.

mod bootstrap;
mod conditioning;
mod deflation;
mod density;
mod descent;
mod entk;
mod gauss_newton;
mod hvp;
mod lanczos;
mod orthogonality;
mod outliers;
mod overlap;
mod perturbation;
mod power;
mod r_operator;
mod randomized;
mod range;
mod rotation;
mod stopping;
mod top;
mod trace;

pub use bootstrap::{Bootstrap, bootstrap_entk, pairwise_sines};
pub use conditioning::{Norms, condition_number, epsilon_f32, epsilon_f64, norms, rayleigh_quotient};
pub use deflation::deflation;
pub use density::{PointMasses, Quadrature, slq_density, slq_quadrature, smooth};
pub use descent::growth_per_step;
pub use entk::{eigenfunction_images, entk_matvec};
pub use gauss_newton::gauss_newton_matvec;
pub use hvp::{dual_mul, dual_tanh, hvp_central, hvp_dual};
pub use lanczos::{Lanczos, Reorthogonalization, Start, StopReason, lanczos, lanczos_block, lanczos_three_term};
pub use orthogonality::{lanczos_conditional, lanczos_f32, lanczos_gram_schmidt, orthogonality_history};
pub use outliers::count_outliers;
pub use overlap::gradient_overlap;
pub use perturbation::{gap_experiment, matrix_with_gap, principal_angle, principal_angles, sin_theta, weyl_shifts};
pub use power::{PowerIteration, Slopes, power_iteration, predicted_slopes};
pub use r_operator::hvp_r_operator;
pub use randomized::{Eigenpairs, randomized_eigh};
pub use range::{
    oversampling_errors, power_bound, power_range_finder, range_bound, range_certificate, range_error, range_finder,
    stable_rank,
};
pub use rotation::{kernel_alignment, resampled_rotations};
pub use stopping::trace_to_tolerance;
pub use top::{RitzValues, Top, hessian_topk, lanczos_top, ritz_values};
pub use trace::{TraceEstimate, hutch_plus_plus, hutchinson_trace, variance_sweep, xtrace};
