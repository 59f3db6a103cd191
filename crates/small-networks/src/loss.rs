use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::dual::Scalar;

/// The loss of one image as a function of the network's outputs for it, with its first and second derivative.
///
/// ```math
/// L(\theta) = \frac{1}{N} \sum_{i=1}^{N} \ell(z_i, y_i), \qquad z_i = z(x_i; \theta)
/// ```
///
/// All images are passed at once, as rows: outputs `z` have shape `(N, outputs)`, labels `y` have length `N`. The mean over the
/// images is taken by the caller: nothing here is divided by `N`.
///
/// [`CrossEntropy`] is the loss of the course's networks; [`Model`](crate::Model) shows another. A loss whose targets are no
/// labels holds the targets, and takes `y` as indices into them.
pub trait Loss {
    /// `$\ell(z_i, y_i)$` of each image, length `N`.
    fn losses(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array1<f64>;

    /// `$\nabla_z \ell(z_i, y_i)$` in row `i`, shape `(N, outputs)`.
    fn gradients(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array2<f64>;

    /// The second derivative of `$\ell(z_i, y_i)$` in `z` for each image.
    fn curvatures(&self, z: &Array2<f64>, y: &Array1<usize>) -> Curvatures;

    /// Labels are below this number: that of the outputs, unless the loss takes labels otherwise.
    fn n_labels(&self, n_outputs: usize) -> usize {
        n_outputs
    }
}

/// The second derivatives of a loss in the outputs, one `C x C` matrix for each image, as a diagonal less a matrix of rank one:
///
/// ```math
/// S_i = \nabla_z^2\, \ell(z_i, y_i) = \operatorname{diag}(d_i) - u_i u_i^\top
/// ```
///
/// A loss that is a sum over the outputs has `$u_i = 0$`; softmax cross-entropy has `$d_i = u_i = p_i$`, the probabilities.
///
/// Shapes: both fields are `(N, outputs)`, with a row for each image.
#[derive(Clone, Debug)]
pub struct Curvatures {
    /// `$d_i$` in row `i`.
    pub d: Array2<f64>,
    /// `$u_i$` in row `i`.
    pub u: Array2<f64>,
}

impl Curvatures {
    /// Diagonal matrices, `$S_i = \operatorname{diag}(d_i)$`.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use small_networks::Curvatures;
    /// assert_eq!(Curvatures::diagonal(array![[1.0, 2.0]]).u, array![[0.0, 0.0]]);
    /// ```
    pub fn diagonal(d: Array2<f64>) -> Self {
        Self { u: Array2::zeros(d.dim()), d }
    }
}

/// Softmax cross-entropy, in natural logarithms:
///
/// ```math
/// \ell(z, y) = -\log p_y, \qquad p = \operatorname{softmax}(z), \qquad
/// \nabla_z \ell = p - e_y, \qquad \nabla_z^2\, \ell = \operatorname{diag}(p) - p p^\top
/// ```
///
/// The second derivative does not depend on the label.
///
/// # Example
/// ```
/// use ndarray::array;
/// use small_networks::{CrossEntropy, Loss};
/// let (z, y) = (array![[0.0, 0.0]], array![1]);
/// assert_eq!(CrossEntropy.losses(&z, &y), array![2.0_f64.ln()]);
/// assert_eq!(CrossEntropy.gradients(&z, &y), array![[0.5, -0.5]]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    fn losses(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array1<f64> {
        let rows = z.rows().into_iter().zip(y);
        rows.map(|(row, &label)| {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            largest + row.iter().map(|z| (z - largest).exp()).sum::<f64>().ln() - row[label]
        })
        .collect()
    }

    fn gradients(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array2<f64> {
        softmax_less_label(z, y)
    }

    fn curvatures(&self, z: &Array2<f64>, _: &Array1<usize>) -> Curvatures {
        let p = softmax(z);
        Curvatures { d: p.clone(), u: p }
    }
}

/// The gradient of the cross-entropy in the outputs, `softmax - onehot`, for plain and for dual numbers.
pub(crate) fn softmax_less_label<T: Scalar>(z: &ArrayRef2<T>, y: &ArrayRef1<usize>) -> Array2<T> {
    let mut delta = softmax_in(z);
    for (mut row, &label) in delta.rows_mut().into_iter().zip(y) {
        row[label] -= T::one();
    }
    delta
}

/// The softmax of every row of the outputs `z`, shape `(N, classes)`: probabilities, each row with the sum 1.
///
/// ```math
/// p_{ic} = \frac{\exp z_{ic}}{\sum_{c'} \exp z_{ic'}}
/// ```
///
/// # Example
/// ```
/// use ndarray::array;
/// use small_networks::softmax;
/// assert_eq!(softmax(&array![[1000.0, 1000.0]]), array![[0.5, 0.5]]);
/// ```
pub fn softmax(z: &ArrayRef2<f64>) -> Array2<f64> {
    softmax_in(z)
}

fn softmax_in<T: Scalar>(z: &ArrayRef2<T>) -> Array2<T> {
    let mut p = z.to_owned();
    for mut row in p.rows_mut() {
        // Softmax does not change when a constant is taken off, and `exp` of a large output overflows.
        let largest = T::from(row.iter().map(|z| z.real()).fold(f64::NEG_INFINITY, f64::max));
        row.mapv_inplace(|z| (z - largest).exp());
        let sum = row.sum();
        row.mapv_inplace(|e| e / sum);
    }
    p
}
