//! The imports of a notebook of your own. Those of the course import it by [`notebook1`](crate::notebook1), .., which hide the solutions of their own exercises.

pub use std::f64::consts::PI;

// Their documentation is their own, on docs.rs.
#[doc(no_inline)]
pub use ndarray::{self, Array1, Array2, ArrayRef1, ArrayRef2, Axis, ShapeBuilder, array, s};
#[doc(no_inline)]
pub use ndarray_rand::{self, RandomExt};
#[doc(no_inline)]
pub use rand::{self, Rng, SeedableRng};

pub use crate::check::{self, Attempt, attempt, claim, claims};
pub use crate::exercises::hint;
pub use crate::notebook::{self, fastest};
// With plotters itself: `use plotters::prelude::*;` works in a cell.
#[doc(no_inline)]
pub use figures::*;
pub use matrix_free::linalg::{
    Eigh, eigh, eigh_tridiagonal, eigvalsh, frobenius_squared, linspace, mean, median, norm, orthonormalize, qr,
    singular_values, solve, solve_f32, spectral_norm, trapezoid, variance,
};
pub use matrix_free::operator::{Counting, Dense, SymmetricOperator, from_fn, to_dense};
pub use matrix_free::probe::{
    CourseRng, Probe, Stream, gaussian_matrix, random_symmetric, rng, seeds, symmetric_with_spectrum,
};
pub use small_networks::data::{DataError, load_mnist_7x7, toy_batch};
pub use small_networks::{
    Cnn, CrossEntropy, Curvatures, Dual, Entk, GaussNewton, Hessian, Layer, LayerFactors, Loss, Mlp, Model, Sgd,
    entk_explicit, softmax, tiny_cnn, tiny_mlp, toy_mlp, train,
};
// A function that a cell defines shadows the one imported here, so an exercise can bear the solution's name.
pub use crate::solutions::{self, *};
pub use spectral_course_macros::exercise;
