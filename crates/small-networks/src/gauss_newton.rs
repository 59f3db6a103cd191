use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::model::Model;
use crate::r_operator::{ROperator, Terms};
use matrix_free::operator::SymmetricOperator;

/// The Gauss-Newton matrix of a network's loss, `P x P`, by exact products: the Hessian as if the outputs were linear in the
/// parameters.
///
/// With the Jacobian `$J_i = \partial z_i / \partial \theta$` of the outputs `$z_i$` for image `i`, shape `(classes, P)`, and the second
/// derivative `$S_i$` of the loss in them, which for softmax cross-entropy is made of the probabilities `$p_i$`:
///
/// ```math
/// G = \frac{1}{N} \sum_{i=1}^{N} J_i^\top S_i\, J_i, \qquad S_i = \operatorname{diag}(p_i) - p_i p_i^\top
/// ```
///
/// The Hessian is `G` and a rest that holds the curvature of the outputs, each weighted with how wrong it is:
///
/// ```math
/// H = G + \frac{1}{N} \sum_{i=1}^{N} \sum_{c} \frac{\partial \ell}{\partial z_{ic}}\, \nabla_\theta^2\, z_{ic}
/// ```
///
/// `G` is positive semidefinite if the loss is convex in the outputs. Softmax cross-entropy is; then the rank of `G` is at most
/// `N (classes - 1)`, and `G` is the Fisher information of the labels that the model predicts.
///
/// A product is the R-operator of the [`Hessian`](crate::Hessian) without the terms in `delta`: forward `$J_i v$`, through the loss
/// `$S_i J_i v$`, and back by `$J_i^\top$`.
///
/// Cost of a product with `N` images: two matrix products for the first layer and four for each further one, where the Hessian takes
/// six, each of `2 N` times its number of weights operations, for a convolution times the positions of its output.
///
/// # Example
/// The trace of the Hessian, split in two: how much of it is the rest, which training takes away?
/// ```
/// use matrix_free::operator::{SymmetricOperator, to_dense};
/// use small_networks::data::toy_batch;
/// use small_networks::{GaussNewton, Hessian, toy_mlp};
/// let ((x, y), model) = (toy_batch(30, 0), toy_mlp(0));
/// let trace = |a: &dyn SymmetricOperator| to_dense(a).diag().sum();
/// let (of_h, of_g) = (trace(&Hessian::new(&model, &x, &y)), trace(&GaussNewton::new(&model, &x, &y)));
/// assert!(of_g > 0.0 && of_g > (of_h - of_g).abs());
/// ```
///
/// # References
/// Schraudolph, *Fast curvature matrix-vector products for second-order gradient descent*, Neural Computation 14, 2002;
/// Martens, *New insights and perspectives on the natural gradient method*, JMLR 21, 2020, sections 8 and 9.
#[derive(Clone, Debug)]
pub struct GaussNewton(ROperator);

impl GaussNewton {
    /// The Gauss-Newton matrix of the mean loss over the images `x`, shape `(N, inputs)`, with labels `y`, at the model's present
    /// parameters.
    ///
    /// The model is copied: training it further leaves this operator as it is. For softmax cross-entropy the labels do not matter.
    ///
    /// Cost: about that of a gradient.
    ///
    /// # Panics
    /// As [`Model::check_batch`].
    ///
    /// # Example
    /// Nothing curves downwards: every `v^T G v` is at least zero.
    /// ```
    /// use matrix_free::operator::SymmetricOperator;
    /// use matrix_free::probe::{Probe, rng};
    /// use small_networks::data::{DataError, load_mnist_7x7};
    /// use small_networks::{GaussNewton, tiny_cnn};
    /// let (x, y) = load_mnist_7x7(50, 0)?;
    /// let g = GaussNewton::new(&tiny_cnn(0), &x, &y);
    /// let v = Probe::Gaussian.draw(g.dim(), &mut rng(1));
    /// assert!(v.dot(&g.apply(&v)) >= 0.0);
    /// # Ok::<(), DataError>(())
    /// ```
    pub fn new(model: &dyn Model, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Self {
        Self(ROperator::new(model, x, y, Terms::GaussNewton))
    }
}

impl SymmetricOperator for GaussNewton {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn apply(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        self.apply_block(&x.view().insert_axis(Axis(1))).remove_axis(Axis(1))
    }

    fn apply_block(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        self.0.apply_block(x)
    }
}
