//! Checks of a student's function. Each takes the function, runs it on matrices whose answer is known, and tells by a
//! [`Card`] what passes, what fails and why. A check never panics, whatever the student's code does.

mod attempt;
mod card;
mod claim;
mod compare;
pub(crate) mod display;
mod notebook1;
mod notebook2;
mod notebook3;
mod recording;

pub use attempt::{Attempt, Exhibit, Stopped, attempt, panic_message};
pub use card::{Card, Line, Status};
pub use claim::{Claim, claim, claims};
pub use notebook1::{
    condition_number, deflation, dual_numbers, hvp_central, hvp_dual, lanczos_conditional, lanczos_full,
    lanczos_three_term, lanczos_top, machine_epsilon, norms, orthogonality_history, power_iteration, predicted_slopes,
    rayleigh_quotient, ritz_values,
};
pub use notebook2::{
    eigenfunction_images, entk_matvec, oversampling_errors, power_bound, randomized_eigh, range_bound, range_finder,
    stable_rank,
};
pub use notebook3::{bootstrap_entk, davis_kahan, hutchinson_trace, slq_density, variance_sweep, weyl_shifts};
