//! Wrong versions of every exercise. Its check must reject each one, and its message must point at the mistake. One file per
//! module of the checks, with right versions in other styles, which must pass.

mod attempt;
mod bootstrap;
mod common;
mod deflation;
mod density;
mod hessian_product;
mod lanczos;
mod lanczos_top;
mod norms;
mod orthogonality;
mod perturbation;
mod power_iteration;
mod randomized_eigh;
mod range_finder;
mod sketch_errors;
mod tangent_kernel;
mod trace;
