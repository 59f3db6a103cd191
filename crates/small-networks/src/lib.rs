//! Small classifiers, and the matrices of theirs that are too large to form for a real network.
//!
//! | module | holds |
//! | --- | --- |
//! | [`Model`], [`train()`] | what a network is: loss, gradient, training; how to bring a model of your own |
//! | [`Mlp`], [`Cnn`] | a fully connected and a convolutional network |
//! | [`Layer`], [`Loss`] | what they are made of |
//! | [`Hessian`] | the Hessian of the loss: exact products by the R-operator |
//! | [`GaussNewton`] | the Hessian as if the outputs were linear in the parameters: exact products |
//! | [`Entk`] | the empirical neural tangent kernel: exact products by a VJP and a JVP |
//! | [`Dual`] | dual numbers, and the gradient in them |
//! | [`data`] | MNIST digits at 7x7 |
//!
//! What is *not* here: estimators, which take any [`SymmetricOperator`](matrix_free::operator::SymmetricOperator) and do not know what
//! matrix it is; automatic differentiation of models that are no stack of layers; anything that knows of a course.
//!
//! Every layer is a matrix product: a convolution reads the patches of its images, a dense layer the images themselves. So there is one
//! forward pass, one back-propagation (`backprop`) and one R-operator (`r_operator`) for all models.

mod backprop;
mod cnn;
pub mod data;
mod dual;
mod entk;
mod gauss_newton;
mod hessian;
mod layer;
mod loss;
mod mlp;
mod model;
mod narrow;
mod r_operator;
mod train;

pub use cnn::{Cnn, tiny_cnn};
pub use dual::Dual;
pub use entk::{Entk, LayerFactors, entk_explicit};
pub use gauss_newton::GaussNewton;
pub use hessian::Hessian;
pub use layer::Layer;
pub use loss::{CrossEntropy, Curvatures, Loss, softmax};
pub use mlp::{Mlp, tiny_mlp, toy_mlp};
pub use model::Model;
pub use train::{Sgd, train};
