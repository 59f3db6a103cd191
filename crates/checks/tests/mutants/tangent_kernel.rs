use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2, Axis};
use small_networks::{Entk, LayerFactors, Mlp, entk_explicit};
use spectral_course::check;
use spectral_course::solutions;

use super::common::{assert_passed, assert_rejected};

// 2/3.1 the product with the kernel

/// The product as a sum over the layers.
fn by_layers(
    (model, x, v): (&Mlp, &Array2<f64>, &Array1<f64>),
    part: fn(&LayerFactors, &Array1<f64>) -> Array1<f64>,
) -> Array1<f64> {
    Entk::new(model, x).layers().iter().fold(Array1::zeros(v.len()), |sum, layer| sum + part(layer, v))
}

/// Row `i` of the matrix times `v_i`.
fn weighted(matrix: &Array2<f64>, v: &Array1<f64>) -> Array2<f64> {
    matrix * &v.view().insert_axis(Axis(1))
}

fn one_layer(layer: &LayerFactors, v: &Array1<f64>) -> Array1<f64> {
    let w = weighted(&layer.deltas, v);
    let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
    (change * &layer.deltas).sum_axis(Axis(1))
}

#[test]
fn entk_matvec() {
    type Wrong = fn(&Mlp, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
    let wrong: &[(&str, Wrong)] = &[
        ("The biases are missing", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let g = weighted(&layer.deltas, v).t().dot(&layer.inputs);
                (layer.inputs.dot(&g.t()) * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        ("This is the last layer alone; add up the layers", |model, x, v| {
            let mut product = Array1::zeros(v.len());
            for layer in Entk::new(model, x).layers() {
                product = one_layer(&layer, v);
            }
            product
        }),
        ("multiply the change of a layer's output by D", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0))).sum_axis(Axis(1))
            })
        }),
        ("The VJP does not use v", |model, x, v| entk_explicit(model, x).dot(&Array1::ones(v.len()))),
        ("v is used twice", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * w).sum_axis(Axis(1))
            })
        }),
        ("You divided by N", |model, x, v| solutions::entk_matvec(model, x, v) / v.len() as f64),
        ("The first layer is missing", |model, x, v| {
            let layers = Entk::new(model, x).layers();
            // Right for the network of one layer.
            let from = layers.len().min(2) - 1;
            layers[from..].iter().fold(Array1::zeros(v.len()), |sum, layer| sum + one_layer(layer, v))
        }),
        ("expected length 9", |model, x, v| Entk::new(model, x).vjp(v)),
        ("your function panicked: ndarray: inputs", |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let g = weighted(&layer.deltas, v).t().dot(&layer.inputs);
                layer.inputs.dot(&g).sum_axis(Axis(1))
            })
        }),
        ("K v for a network of three layers", |model, x, v| {
            // Only the derivative of the first output in place of that of their sum.
            let kernel = Entk::of_logit(model, x, 0);
            if model.widths().len() == 2 { entk_explicit(model, x).dot(v) } else { kernel.apply(v) }
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::entk_matvec(*student), message);
    }
}

// 2/4.1 eigenfunctions

#[test]
fn eigenfunction_images() {
    type Wrong = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
    fn signed(mut pictures: Array2<f64>, turn: fn(&Array1<f64>) -> bool) -> Array2<f64> {
        for mut row in pictures.rows_mut() {
            if turn(&row.to_owned()) {
                row *= -1.0;
            }
        }
        pictures
    }
    let wrong: &[(&str, Wrong)] = &[
        ("its own `row.mapv(|p| p.powi(3)).sum()` is negative", |x, u| u.t().dot(x)),
        ("flip a row if the sum is *negative*", |x, u| -solutions::eigenfunction_images(x, u)),
        ("This is the transpose", |x, u| solutions::eigenfunction_images(x, u).t().to_owned()),
        ("You divided by N", |x, u| solutions::eigenfunction_images(x, u) / x.nrows() as f64),
        ("scaled to length 1", |x, u| {
            let mut pictures = solutions::eigenfunction_images(x, u);
            for mut row in pictures.rows_mut() {
                let length = row.dot(&row).sqrt();
                row /= length;
            }
            pictures
        }),
        ("belong to the same image", |x, u| {
            let mut reversed = u.clone();
            reversed.invert_axis(Axis(0));
            solutions::eigenfunction_images(x, &reversed)
        }),
        ("each has a positive sum of cubes", |x, u| {
            signed(u.t().dot(x), |row| row.iter().all(|p| p.abs() <= row[0].abs()) && row[0] < 0.0)
        }),
    ];
    for (message, student) in wrong {
        assert_rejected(check::eigenfunction_images(*student), message);
    }
}

#[test]
fn other_right_versions_pass() {
    let cards = [
        // The kernel formed, by layers.
        check::entk_matvec(|model, x, v| {
            by_layers((model, x, v), |layer, v| {
                ((layer.inputs.dot(&layer.inputs.t()) + 1.0) * layer.deltas.dot(&layer.deltas.t())).dot(v)
            })
        }),
        check::entk_matvec(|model, x, v| {
            let kernel = Entk::new(model, x);
            kernel.jvp(&kernel.vjp(v))
        }),
        check::eigenfunction_images(|x, u| {
            let mut pictures = Array2::zeros((u.ncols(), x.ncols()));
            for (mut picture, u) in pictures.rows_mut().into_iter().zip(u.columns()) {
                for (row, &weight) in x.rows().into_iter().zip(u) {
                    picture.scaled_add(weight, &row);
                }
                let skew: f64 = picture.iter().map(|p| p * p * p).sum();
                picture *= skew.signum();
            }
            pictures
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
