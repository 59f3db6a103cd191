//! What the first cell of each notebook imports: the prelude, with placeholders for the notebook's own exercises.
//!
//! The prelude brings all reference solutions. Without the placeholders, a check whose exercise has not been run, or does not compile, would
//! find the solution under the same name, and judge that.

/// The imports of notebook 1: the [prelude](crate::prelude), but each of its exercises is what the student writes, or a placeholder.
pub mod notebook1 {
    pub use crate::placeholders::notebook1::{
        condition_number, deflation, dual_mul, dual_tanh, epsilon_f32, epsilon_f64, growth_per_step, hvp_central,
        hvp_dual, lanczos_conditional, lanczos_gram_schmidt, lanczos_three_term, lanczos_top, norms,
        orthogonality_history, power_iteration, predicted_slopes, rayleigh_quotient, ritz_values,
    };
    pub use crate::prelude::*;
}

/// The imports of notebook 2: the [prelude](crate::prelude), but each of its exercises is what the student writes, or a placeholder.
pub mod notebook2 {
    pub use crate::placeholders::notebook2::{
        eigenfunction_images, entk_matvec, oversampling_errors, power_bound, randomized_eigh, range_bound,
        range_certificate, range_error, range_finder, stable_rank,
    };
    pub use crate::prelude::*;
}

/// The imports of notebook 3: the [prelude](crate::prelude), but each of its exercises is what the student writes, or a placeholder.
pub mod notebook3 {
    pub use crate::placeholders::notebook3::{
        bootstrap_entk, gap_experiment, hutchinson_trace, pairwise_sines, principal_angle, slq_density, variance_sweep,
        weyl_shifts,
    };
    pub use crate::prelude::*;
}

/// The imports of notebook 4: the [prelude](crate::prelude), but each of its exercises is what the student writes, or a placeholder.
pub mod notebook4 {
    pub use crate::placeholders::notebook4::{
        count_outliers, gauss_newton_matvec, gradient_overlap, hessian_topk, resampled_rotations, trace_to_tolerance,
    };
    pub use crate::prelude::*;
}
