//! The convolutional network: against its definition, against differences, and block against vector.

use super::common::{assert_close, largest, small_cnn};
use matrix_free::operator::{SymmetricOperator, from_fn, to_dense};
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use ndarray::{Array1, Array2, ArrayRef1, Axis, s};
use small_networks::data::load_mnist_7x7;
use small_networks::{Cnn, Entk, Hessian, Model, Sgd, entk_explicit, tiny_cnn, train};

/// The logits of one image by the definition: sums over channels and pixels, and weights where PyTorch has them.
fn logits_by_hand(
    theta: &Array1<f64>,
    [height, width]: [usize; 2],
    channels: &[usize],
    classes: usize,
    x: &ArrayRef1<f64>,
) -> Vec<f64> {
    let mut parameters = theta.iter().copied();
    let mut take = |n: usize| -> Vec<f64> { parameters.by_ref().take(n).collect() };
    let (mut size, mut h) = ([height, width], vec![x.to_vec()]);
    for &leaving in channels {
        let (weight, bias) = (take(leaving * h.len() * 9), take(leaving));
        let next = [size[0] - 2, size[1] - 2];
        let output = |o: usize| {
            let pixel = |p: usize| {
                let (i, j) = (p / next[1], p % next[1]);
                let mut z = bias[o];
                for c in 0..h.len() {
                    for (a, b) in (0..3).flat_map(|a| (0..3).map(move |b| (a, b))) {
                        z += weight[((o * h.len() + c) * 3 + a) * 3 + b] * h[c][(i + a) * size[1] + j + b];
                    }
                }
                z.tanh()
            };
            (0..next[0] * next[1]).map(pixel).collect()
        };
        (h, size) = ((0..leaving).map(output).collect(), next);
    }
    let features = h.concat();
    let (weight, bias) = (take(classes * features.len()), take(classes));
    assert!(take(1).is_empty(), "all parameters are used");
    let row = |o: usize| weight[o * features.len()..].iter().zip(&features).map(|(w, h)| w * h).sum::<f64>() + bias[o];
    (0..classes).map(row).collect()
}

#[test]
fn logits_agree_with_the_definition() {
    let cases: [([usize; 2], &[usize], usize); 4] =
        [([7, 7], &[8, 16], 10), ([6, 5], &[2, 3], 4), ([5, 8], &[9], 2), ([2, 3], &[], 3)];
    for (size, channels, classes) in cases {
        let n_params = Cnn::new(size, channels, classes, 0).n_params();
        let theta = Probe::Gaussian.draw(n_params, &mut rng(1)) * 0.5;
        let x = gaussian_matrix(5, size[0] * size[1], &mut rng(2));
        let logits = Cnn::with_params(size, channels, classes, theta.clone()).logits(&x);
        for (x, logits) in x.rows().into_iter().zip(logits.rows()) {
            let expected = Array1::from(logits_by_hand(&theta, size, channels, classes, &x));
            assert!(largest(&(&logits - &expected)) < 1e-12, "{size:?} {channels:?}: {logits}, not {expected}");
        }
    }
}

#[test]
fn the_network_begins_as_he_says() {
    let model = tiny_cnn(3);
    assert_eq!((model.n_params(), tiny_cnn(3).params()), (2698, model.params()));
    assert_ne!(tiny_cnn(4).params(), model.params());
    for (start, n_weights, fan_in, n_biases) in [(0, 72, 9.0, 8), (80, 1152, 72.0, 16), (1248, 1440, 144.0, 10)] {
        let weights = model.params().slice(s![start..start + n_weights]);
        let (mean_square, expected) = (weights.dot(&weights) / n_weights as f64, 2.0 / fan_in);
        // The relative error of a variance from n draws is sqrt(2 / n); five of them.
        assert!(
            (mean_square / expected - 1.0).abs() < 5.0 * (2.0 / n_weights as f64).sqrt(),
            "{mean_square} at {start}"
        );
        let biases = model.params().slice(s![start + n_weights..start + n_weights + n_biases]);
        assert!(biases.iter().all(|&bias| bias == 0.0));
    }
}

#[test]
fn training_lowers_the_loss() {
    let (x, y) = load_mnist_7x7(300, 0).expect("the data files are there");
    let (before, mut after) = (tiny_cnn(0), tiny_cnn(0));
    train(&mut after, &x, &y, &Sgd::default());
    assert!(after.loss(&x, &y) < 0.2 * before.loss(&x, &y), "{} from {}", after.loss(&x, &y), before.loss(&x, &y));
    assert!(after.accuracy(&x, &y) > 0.9 && before.accuracy(&x, &y) < 0.4);
}

#[test]
fn the_gradient_agrees_with_differences_of_the_loss() {
    let case = small_cnn();
    let gradient = case.model.gradient(&case.x, &case.y);
    let mut unit = Array1::zeros(gradient.len());
    for i in 0..gradient.len() {
        unit[i] = 1.0;
        let difference = case.derivative(&unit, |model| Array1::from_elem(1, model.loss(&case.x, &case.y)))[0];
        unit[i] = 0.0;
        assert!((difference - gradient[i]).abs() < 1e-9, "parameter {i}: {difference} against {}", gradient[i]);
    }
}

/// The dense twin: each column a difference of gradients.
#[test]
fn the_hessian_agrees_with_differences_of_the_gradient() {
    let case = small_cnn();
    let n_params = case.model.n_params();
    let h = to_dense(&Hessian::new(&case.model, &case.x, &case.y));
    let column = |v: &ArrayRef1<f64>| case.derivative(&v.to_owned(), |model| model.gradient(&case.x, &case.y));
    let twin = to_dense(&from_fn(n_params, column));
    assert_close("H", &h, &twin, 1e-8);
    assert_close("symmetry", &h, &h.t(), 1e-14);
    // By single vectors, which use one thread.
    let hessian = Hessian::new(&case.model, &case.x, &case.y);
    assert_close("block and vector", &to_dense(&from_fn(n_params, |v| hessian.apply(v))), &h, 1e-15);
}

#[test]
fn products_of_the_network_on_digits_agree_with_differences() {
    let (x, y) = load_mnist_7x7(40, 1).expect("the data files are there");
    let model = tiny_cnn(3);
    let hessian = Hessian::new(&model, &x, &y);
    let v = Probe::Gaussian.draw_block(2698, 5, &mut rng(1));
    let block = hessian.apply_block(&v);
    for (v, product) in v.columns().into_iter().zip(block.columns()) {
        assert!(largest(&(&hessian.apply(&v) - &product)) < 1e-12, "block and vector");
        let at = |t: f64| model.at(&(model.params() + &(&v * t))).gradient(&x, &y);
        let error = largest(&((at(1e-5) - at(-1e-5)) / 2e-5 - product));
        assert!(error < 1e-7, "central differences are off by {error}");
    }
}

#[test]
fn the_kernel_is_the_product_of_its_jacobian() {
    let case = small_cnn();
    let (n, n_params) = (case.x.nrows(), case.model.n_params());
    let kernel = Entk::new(&case.model, &case.x);
    let jacobian = kernel.jacobian();
    let (v, u) = (Probe::Gaussian.draw(n, &mut rng(3)), Probe::Gaussian.draw(n_params, &mut rng(4)));
    let (vjp, jvp) = (kernel.vjp(&v), kernel.jvp(&u));
    assert!(largest(&(&vjp - &jacobian.t().dot(&v))) < 1e-13 * largest(&vjp));
    assert!(largest(&(&jvp - &jacobian.dot(&u))) < 1e-13 * largest(&jvp));
    assert!((vjp.dot(&u) - v.dot(&jvp)).abs() < 1e-12 * v.dot(&jvp).abs(), "{} and {}", vjp.dot(&u), v.dot(&jvp));
    let explicit = entk_explicit(&case.model, &case.x);
    assert_close("K", &to_dense(&kernel), &explicit, 1e-13);
    assert_close("K by vectors", &to_dense(&from_fn(n, |v| kernel.apply(v))), &explicit, 1e-13);
    let differences = case.derivative(&u, |model| model.logits(&case.x).sum_axis(Axis(1)));
    assert!(largest(&(&differences - &jvp)) < 1e-8 * largest(&jvp), "the JVP and differences of the logits");
    // A row of J is a sum over positions of products of the factors.
    let by_layers: Vec<Array1<f64>> = (0..n)
        .map(|i| {
            let mut row = Vec::new();
            for layer in kernel.layers() {
                let positions = layer.inputs.nrows() / n;
                let own = s![i * positions..(i + 1) * positions, ..];
                let (h, d) = (layer.inputs.slice(own), layer.deltas.slice(own));
                row.extend(d.t().dot(&h));
                row.extend(d.sum_axis(Axis(0)));
            }
            Array1::from(row)
        })
        .collect();
    let by_layers = Array2::from_shape_fn((n, n_params), |(i, j)| by_layers[i][j]);
    assert_close("J by layers", &by_layers, &jacobian, 1e-14);
}
