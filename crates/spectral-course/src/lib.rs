//! What can be learned about a matrix too large to form but cheap to apply: trace, density of states, extreme eigenpairs, and
//! how far they can be trusted, tried on the Hessian and the neural tangent kernel of small networks on real digits.
//!
//! This is the library behind the notebooks of the spectral course. Its modules depend on each other in one direction:
//!
//! | module | holds |
//! | --- | --- |
//! | [`prelude`] | what a notebook's first cell imports |
//! | [`check`], [`mod@figure`], [`exercises`] | the checks of a student's functions, plots, the exercises with their hints |
//! | [`solutions`] | the estimators, which are the reference solutions: norms and condition, power iteration, Lanczos, Hutchinson, quadrature, randomized eigenpairs, perturbation |
//! | [`model`], [`data`] | small networks with exact products by their Hessian and tangent kernel; MNIST at 7x7 |
//! | [`operator`], [`probe`], [`linalg`] | matrices known by their products, random vectors, small dense problems |
//!
//! What is *not* here: nothing below `solutions` knows that there is a course, and the mathematics never sees the plotting
//! library. No thread pool and no cache of results lives in a static: each cell of a notebook
//! links its own copy of this crate.
//!
//! Conventions: `f64` throughout; eigenvalues ascending and eigenvectors as columns, unless a name says otherwise; everything
//! random takes a `u64` seed and gives the same numbers on every platform, whatever the number of threads. A broken contract
//! (a length, a range, a number that is not finite) panics with a message that names the argument and what came; files and
//! data give a typed error.
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
pub mod data;
pub mod exercises;
pub mod figure;
pub mod linalg;
pub mod model;
pub mod notebook;
pub mod operator;
mod parallel;
pub mod prelude;
pub mod probe;
pub mod solutions;
