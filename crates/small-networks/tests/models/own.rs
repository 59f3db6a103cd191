//! Models of one's own: other losses, other stacks of layers, and what is said if the layers do not fit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::common::{assert_close, largest};
use matrix_free::operator::{from_fn, to_dense};
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, Array2, ArrayRef1, Axis, concatenate};
use small_networks::{Curvatures, Entk, GaussNewton, Hessian, Layer, Loss, Model, Sgd, train};

/// One output, and half its squared distance from a target; `y` are indices into the targets.
#[derive(Clone)]
struct Squares(Array1<f64>);

impl Loss for Squares {
    fn losses(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array1<f64> {
        self.gradients(z, y).column(0).mapv(|r| r * r / 2.0)
    }

    fn gradients(&self, z: &Array2<f64>, y: &Array1<usize>) -> Array2<f64> {
        z - &self.0.select(Axis(0), &y.to_vec()).insert_axis(Axis(1))
    }

    fn curvatures(&self, z: &Array2<f64>, _: &Array1<usize>) -> Curvatures {
        Curvatures::diagonal(Array2::ones(z.dim()))
    }

    fn n_labels(&self, _: usize) -> usize {
        self.0.len()
    }
}

#[derive(Clone)]
struct Regression {
    layers: Vec<Layer>,
    theta: Array1<f64>,
    loss: Squares,
}

impl Model for Regression {
    fn layers(&self) -> &[Layer] {
        &self.layers
    }

    fn params(&self) -> &Array1<f64> {
        &self.theta
    }

    fn params_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }

    fn loss_function(&self) -> &dyn Loss {
        &self.loss
    }
}

fn regression(layers: Vec<Layer>) -> (Regression, Array2<f64>, Array1<usize>) {
    let n_params = layers.iter().map(Layer::n_params).sum();
    let theta = Probe::Gaussian.draw(n_params, &mut rng(1)) * 0.5;
    let x = gaussian_matrix(40, 12, &mut rng(2));
    let targets = x.sum_axis(Axis(1)).mapv(f64::sin);
    (Regression { layers, theta, loss: Squares(targets) }, x, Array1::from_iter(0..40))
}

/// Linear least squares: the Hessian is `X^T X / N`, with a column of ones in `X` for the bias, at every point.
#[test]
fn linear_least_squares() {
    let (mut model, x, y) = regression(vec![Layer::dense(12, 1)]);
    let ones = Array2::ones((40, 1));
    let with_bias = concatenate![Axis(1), x, ones];
    let expected = with_bias.t().dot(&with_bias) / 40.0;
    assert_close("H", &to_dense(&Hessian::new(&model, &x, &y)), &expected, 1e-14);
    assert_close("G", &to_dense(&GaussNewton::new(&model, &x, &y)), &expected, 1e-14);
    assert_close("K", &to_dense(&Entk::new(&model, &x)), &with_bias.dot(&with_bias.t()), 1e-14);
    let before = model.loss(&x, &y);
    train(&mut model, &x, &y, &Sgd::default());
    assert!(model.loss(&x, &y) < 0.5 * before);
}

/// A convolution with kernels of another shape between, and another loss: Hessian and gradient against differences.
#[test]
fn another_stack_with_another_loss() {
    let layers = vec![
        Layer::convolution([3, 4], 1, [1, 2], 3),
        Layer::convolution([3, 3], 3, [1, 1], 4),
        Layer::convolution([3, 3], 4, [3, 3], 5),
        Layer::dense(5, 1),
    ];
    let (model, x, y) = regression(layers);
    let derivative = |v: &ArrayRef1<f64>, f: &dyn Fn(&Regression) -> Array1<f64>| {
        let at = |t: f64| f(&model.at(&(model.params() + &(v * t))));
        (at(1e-5) - at(-1e-5)) / 2e-5
    };
    let v = Probe::Gaussian.draw(model.n_params(), &mut rng(3));
    let slope = derivative(&v, &|model| Array1::from_elem(1, model.loss(&x, &y)))[0];
    assert!((slope - model.gradient(&x, &y).dot(&v)).abs() < 1e-8 * slope.abs());
    let h = to_dense(&Hessian::new(&model, &x, &y));
    let twin = to_dense(&from_fn(model.n_params(), |v| derivative(v, &|model| model.gradient(&x, &y))));
    assert_close("H", &h, &twin, 1e-8);
    let jacobian = Entk::new(&model, &x).jacobian();
    let g = to_dense(&GaussNewton::new(&model, &x, &y));
    assert_close("G", &g, &(jacobian.t().dot(&jacobian) / 40.0), 1e-13);
    assert!(largest(&(&h - &g)) > 1e-3 * largest(&h));
}

#[test]
fn layers_that_do_not_fit_are_named() {
    let message = |layers: Vec<Layer>, change: fn(&mut Regression)| {
        let (mut model, x, y) = regression(layers);
        change(&mut model);
        let payload = catch_unwind(AssertUnwindSafe(|| model.loss(&x, &y))).expect_err("the contract is broken");
        payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|&s| s.to_owned()))
    };
    let dense = Layer::dense;
    type Case = (Vec<Layer>, fn(&mut Regression), &'static str);
    let cases: [Case; 5] = [
        (vec![], |_| (), "layers must have at least one layer, got none"),
        (vec![dense(12, 3), dense(4, 1)], |_| (), "layers must fit"),
        (
            vec![Layer::convolution([3, 4], 1, [3, 3], 1)],
            |_| (),
            "layers must end with one position, got an output of [1, 2]",
        ),
        (vec![dense(12, 1)], |model| model.theta = Array1::zeros(12), "theta must have P = 13 entries, got 12"),
        (
            vec![dense(12, 1)],
            |model| model.loss = Squares(Array1::zeros(39)),
            "y must have labels below the number of classes, 39, got 39 at 39",
        ),
    ];
    for (layers, change, expected) in cases {
        let got = message(layers, change).expect("a message");
        assert!(got.contains(expected), "{got:?} should say {expected:?}");
    }
}
