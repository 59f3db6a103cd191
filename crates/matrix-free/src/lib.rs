//! Matrices that are known only through their products, and the tools an estimator needs to work with them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`operator`] | the trait [`SymmetricOperator`](operator::SymmetricOperator): a matrix that is applied and never formed |
//! | [`probe`] | seeded random vectors and test matrices |
//! | [`linalg`] | small dense problems, solved by faer: eigenpairs, QR, singular values |
//! | [`parallel`] | work distributed over scoped threads |
//!
//! What is *not* here: the estimators themselves, which the course's students write; networks; figures. No thread pool
//! and no cache of results is kept in a static: each cell of a notebook links its own copy of this crate.

pub mod linalg;
pub mod operator;
pub mod parallel;
pub mod probe;
