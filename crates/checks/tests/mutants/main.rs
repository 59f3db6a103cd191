//! Wrong versions of every exercise. Its check must reject each one, and its message must point at the mistake. One file per
//! module of the checks, with right versions in other styles, which must pass.

mod attempt;
mod bootstrap;
mod common;
mod count_outliers;
mod deflation;
mod density;
mod descent;
mod eigenfunctions;
mod endless;
mod gauss_newton;
mod gradient_overlap;
mod hessian_product;
mod hessian_topk;
mod lanczos;
mod lanczos_top;
mod more;
mod norms;
mod orthogonality;
mod passes;
mod perturbation;
mod power_iteration;
mod randomized_eigh;
mod range_bound;
mod range_certificate;
mod range_error;
mod range_finder;
mod rotation;
mod rounding;
mod sketch_errors;
mod slopes;
mod stable_rank;
mod stopping;
mod tangent_kernel;
mod trace;

/// A card that only shows numbers leaves the student alone with them: at least seven in ten name the mistake.
#[test]
fn most_cards_name_the_mistake() {
    let all: Vec<common::Wrong> = [
        trace::wrong(),
        density::wrong(),
        bootstrap::wrong(),
        perturbation::wrong(),
        stable_rank::wrong(),
        range_finder::wrong(),
        range_error::wrong(),
        range_bound::wrong(),
        sketch_errors::wrong(),
        randomized_eigh::wrong(),
        tangent_kernel::wrong(),
        eigenfunctions::wrong(),
        range_certificate::wrong(),
        deflation::wrong(),
        descent::wrong(),
        count_outliers::wrong(),
        gradient_overlap::wrong(),
        hessian_product::wrong(),
        hessian_topk::wrong(),
        lanczos::wrong(),
        lanczos_top::wrong(),
        more::wrong(),
        norms::wrong(),
        orthogonality::wrong(),
        passes::wrong(),
        power_iteration::wrong(),
        rounding::wrong(),
        slopes::wrong(),
        gauss_newton::wrong(),
        stopping::wrong(),
        rotation::wrong(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let naming = all.iter().filter(|wrong| wrong.names_the_mistake()).count();
    println!("{naming} of {} wrong versions have their mistake named", all.len());
    assert!(10 * naming >= 7 * all.len(), "only {naming} of {}", all.len());
}
