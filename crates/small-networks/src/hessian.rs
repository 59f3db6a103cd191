use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::model::Model;
use crate::r_operator::{ROperator, Terms};
use matrix_free::operator::SymmetricOperator;

/// The Hessian of a network's loss in its parameters, `P x P`, by exact products.
///
/// ```math
/// H = \frac{\partial^2 L}{\partial \theta^2}, \qquad
/// H v = \mathcal{R}\Big\{\frac{\partial L}{\partial \theta}\Big\}, \qquad
/// \mathcal{R}\{f\} = \frac{\mathrm{d}}{\mathrm{d} r}\, f(\theta + r v) \Big|_{r = 0}
/// ```
///
/// [`apply`](SymmetricOperator::apply) is Pearlmutter's R-operator: every line of back-propagation is differentiated once
/// more, so nothing is approximated. The activations and the deltas of the point are computed once, in [`Hessian::new`],
/// and serve every product. [`GaussNewton`](crate::GaussNewton) leaves out what the outputs curve.
///
/// Cost of a product with `N` images: two matrix products for the first layer and six for each further one, each of
/// `2 N` times its number of weights operations, for a convolution times the positions of its output; less than two gradients.
/// Memory: about `4 N` times the sum of the widths, and a few `P` for each thread.
///
/// # Example
/// ```
/// use matrix_free::operator::SymmetricOperator;
/// use matrix_free::probe::{Probe, rng};
/// use small_networks::data::{DataError, load_mnist_7x7};
/// use small_networks::{Hessian, tiny_mlp};
/// let (x, y) = load_mnist_7x7(50, 0)?;
/// let hessian = Hessian::new(&tiny_mlp(0), &x, &y);
/// let v = Probe::Gaussian.draw(hessian.dim(), &mut rng(1));
/// assert_eq!(hessian.apply(&v).len(), 2986);
/// # Ok::<(), DataError>(())
/// ```
///
/// # References
/// Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6, 1994, sections 3 and 4.
#[derive(Clone, Debug)]
pub struct Hessian(ROperator);

impl Hessian {
    /// The Hessian of the mean loss over the images `x`, shape `(N, inputs)`, with labels `y`, at the model's present parameters.
    ///
    /// The model is copied: training it further leaves this operator as it is.
    ///
    /// Cost: about that of a gradient.
    ///
    /// # Panics
    /// As [`Model::check_batch`].
    ///
    /// # Example
    /// The Hessian, formed, is symmetric.
    /// ```
    /// use matrix_free::operator::to_dense;
    /// use small_networks::data::toy_batch;
    /// use small_networks::{Hessian, toy_mlp};
    /// let (x, y) = toy_batch(30, 0);
    /// let h = to_dense(&Hessian::new(&toy_mlp(0), &x, &y));
    /// assert!((&h - &h.t()).iter().all(|d| d.abs() < 1e-13));
    /// ```
    pub fn new(model: &dyn Model, x: &ArrayRef2<f64>, y: &ArrayRef1<usize>) -> Self {
        Self(ROperator::new(model, x, y, Terms::All))
    }
}

impl SymmetricOperator for Hessian {
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
