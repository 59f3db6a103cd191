//! What can be learned about a matrix that is too large to form but cheap to apply: its trace, its density of states, its
//! extreme eigenpairs, and how far these can be trusted. The matrices are the Hessian and the neural tangent kernel of
//! small networks on real digits.
//!
//! This crate is what the notebooks of the spectral course import:
//!
//! | module | holds |
//! | --- | --- |
//! | [`notebook1`], [`notebook2`], [`notebook3`], [`notebook4`] | the imports of a notebook's first cell: the prelude without the solutions of its own exercises |
//! | [`prelude`] | the imports of a notebook of your own, with all reference solutions |
//! | [`mod@check`] | the checks of a student's functions: the crate `checks` |
//! | [`exercises`] | the functions that a student writes |
//! | [`solutions`] | the reference solutions, which later notebooks build on: the crate `estimators` |
//! | [`mod@notebook`] | a notebook's first cell, timing, and background work |
//!
//! The feature `solutions` touches this crate alone, and it is small: what takes long to compile is compiled once, in the crates below. They are
//! [`estimators`] and [`checks`], and under these [`matrix_free`] (operators, probes, small dense problems), [`small_networks`] (networks with
//! their Hessian, Gauss-Newton matrix and tangent kernel; the digits) and [`figures`]. The mathematics does not depend on the plotting library. No thread pool and no
//! cache of results is kept in a static: each cell of a notebook links its own copy of these crates.
//!
//! Conventions:
//!
//! - All numbers are `f64`; eigenvalues are ascending and eigenvectors are columns, unless a name says otherwise.
//! - A function provided by the course takes arrays as [`&ArrayRef1<f64>`](ndarray::ArrayRef1) or `&ArrayRef2<f64>`, so that a plain `&` passes
//!   both an owned array and a view: `norm(&v)`, `a.apply(&z)`, `mean(&m.row(0))`.
//! - A function that a student writes, and its reference solution, takes `&Array1<f64>` or `&Array2<f64>`, so that `v.clone()` and `a - &b` mean
//!   what one expects. With `&ArrayRef1`, the first would clone the reference, and the compiler would reject the second with an error about
//!   the obscure trait `ScalarOperand`.
//! - Everything random takes a `u64` seed and gives the same numbers on every platform, for any number of threads.
//! - A broken contract (a length, a range, a number that is not finite) panics with a message that names the argument and its value; files
//!   and data give a typed error.
//!
//! ```
//! use spectral_course::prelude::*;
//!
//! let (x, y) = load_mnist_7x7(100, 0)?;
//! let hessian = Hessian::new(&tiny_mlp(0), &x, &y);
//! let trace = hutchinson_trace(&hessian, 50, Probe::Rademacher, 0);
//! println!("tr(H) = {:.2} +- {:.2}", trace.mean, trace.standard_error());
//! # Ok::<(), DataError>(())
//! ```

// The macro #[exercise] writes `::spectral_course`, in this crate too.
extern crate self as spectral_course;

pub mod exercises;
mod notebooks;
mod placeholders;
pub mod prelude;
mod session;

pub use notebooks::{notebook1, notebook2, notebook3, notebook4};

// Completion offers all that stands in a module, private or not: these hold nothing else.

/// The checks of a student's functions: the crate [`checks`].
pub mod check {
    pub use checks::*;
}

/// The reference solutions, which are the estimators of the course: the crate [`estimators`].
pub mod solutions {
    pub use estimators::*;
}

/// What a notebook calls besides mathematics and checks: its first cell, a timer, background work, and a line of progress.
pub mod notebook {
    pub use crate::session::{Background, Banner, Progress, Watched, begin, fastest, in_background, progress, watched};
}

/// The sheet of idioms beside the notebooks: what it shows compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../notebooks/ndarray.md")]
struct NdarraySheet;
