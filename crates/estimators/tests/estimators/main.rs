//! The reference solutions, one file per subject; with the theorems of the notebooks as properties, the table of broken
//! contracts, and the values of PyTorch.

mod common;
mod contracts;
mod density;
mod descent;
mod eigenpairs;
mod entk;
mod gauss_newton;
mod lanczos;
mod orthogonality;
mod outliers;
mod overlap;
mod r_operator;
mod randomized;
mod range;
mod reference;
mod rotation;
mod stopping;
mod theorems;
mod top;
mod trace;
mod xtrace;
