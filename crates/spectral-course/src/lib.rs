//! What can be learned about a matrix too large to form but cheap to apply: trace, density of states, extreme eigenpairs, and
//! how far they can be trusted, tried on the Hessian and the neural tangent kernel of small networks on real digits.
//!
//! This is what the notebooks of the spectral course import:
//!
//! | module | holds |
//! | --- | --- |
//! | [`prelude`] | what a notebook's first cell imports |
//! | [`check`] | the checks of a student's functions |
//! | [`exercises`] | the exercises with their hints |
//! | [`solutions`] | the estimators, which are the reference solutions: norms and condition, power iteration, Lanczos, Hutchinson, quadrature, randomized eigenpairs, perturbation |
//! | [`mod@notebook`] | a notebook's first cell, and its clock |
//!
//! What is *not* here stands below, in crates that the feature `solutions` does not touch and that know of no course: [`matrix_free`]
//! (operators, probes, small dense problems), [`small_networks`] (networks with their Hessian and tangent kernel; the digits) and
//! [`figures`]. The mathematics never sees the plotting library. No thread pool and no cache of results lives in a static: each cell of
//! a notebook links its own copy of these crates.
//!
//! Conventions:
//!
//! - `f64` throughout; eigenvalues ascending and eigenvectors as columns, unless a name says otherwise.
//! - A function that is given takes arrays as [`&ArrayRef1<f64>`](ndarray::ArrayRef1) or `&ArrayRef2<f64>`, which a plain `&` makes of
//!   an owned array and of a view: `norm(&v)`, `a.apply(&z)`, `mean(&m.row(0))`.
//! - A function that a student writes, and its reference solution, takes `&Array1<f64>` or `&Array2<f64>`: inside it, `v.clone()` and `a - &b` then
//!   mean what one expects. With `&ArrayRef1`, the first clones the reference, and the compiler answers the second with a trait, `ScalarOperand`, that nobody has heard of.
//! - Everything random takes a `u64` seed and gives the same numbers on every platform, whatever the number of threads.
//! - A broken contract (a length, a range, a number that is not finite) panics with a message that names the argument and what came; files
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

pub mod check;
pub mod exercises;
pub mod notebook;
pub mod prelude;
pub mod solutions;
