use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2, Axis};
use small_networks::{Entk, LayerFactors, Mlp, entk_explicit};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

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

pub(super) fn wrong() -> Vec<Wrong> {
    type Student = fn(&Mlp, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("The biases are missing"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let g = weighted(&layer.deltas, v).t().dot(&layer.inputs);
                (layer.inputs.dot(&g.t()) * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("This is the last layer alone; add up the layers"), |model, x, v| {
            let mut product = Array1::zeros(v.len());
            for layer in Entk::new(model, x).layers() {
                product = one_layer(&layer, v);
            }
            product
        }),
        (Cause("multiply the change of a layer's output by D"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0))).sum_axis(Axis(1))
            })
        }),
        (Cause("The VJP does not use v"), |model, x, v| entk_explicit(model, x).dot(&Array1::ones(v.len()))),
        (Cause("v is used twice"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * w).sum_axis(Axis(1))
            })
        }),
        (Cause("You divided by N"), |model, x, v| solutions::entk_matvec(model, x, v) / v.len() as f64),
        (Cause("The first layer is missing"), |model, x, v| {
            let layers = Entk::new(model, x).layers();
            // Right for the network of one layer.
            let from = layers.len().min(2) - 1;
            layers[from..].iter().fold(Array1::zeros(v.len()), |sum, layer| sum + one_layer(layer, v))
        }),
        (Difference("expected length"), |model, x, v| Entk::new(model, x).vjp(v)),
        (Cause("so the change of the layer's output is H G^T"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let g = w.t().dot(&layer.inputs);
                ((layer.inputs.dot(&g) + w.sum_axis(Axis(0))) * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("which leaves one entry per image"), |model, x, v| {
            let mut product = Array1::zeros(v.len());
            for layer in Entk::new(model, x).layers() {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                product += &(change * &layer.deltas).sum_axis(Axis(0));
            }
            product
        }),
        (Cause("v multiplies the columns of D"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = &layer.deltas * v;
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("g is summed over the wrong axis"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(1));
                (change * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("The biases' gradient does not use v"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + layer.deltas.sum_axis(Axis(0));
                (change * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("The weights' gradient does not use v"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&layer.deltas.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("and D are added"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change + &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("g is the mean of the rows"), |model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let w = weighted(&layer.deltas, v);
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0)) / v.len() as f64;
                (change * &layer.deltas).sum_axis(Axis(1))
            })
        }),
        (Cause("In the VJP, multiply row i of D by v_i"), |model, x, v| {
            // H times v, and D as it is: the gradient of another sum.
            by_layers((model, x, v), |layer, v| {
                let inputs = (layer.inputs.dot(&layer.inputs.t()) + 1.0).dot(v);
                inputs * layer.deltas.sum_axis(Axis(1))
            })
        }),
        (Cause("The biases of the last layer are missing"), |model, x, v| {
            let layers = Entk::new(model, x).layers();
            let last = &layers[layers.len() - 1];
            solutions::entk_matvec(model, x, v) - last.deltas.dot(&last.deltas.t().dot(v))
        }),
        (Cause("the kernel of the first logit alone"), |model, x, v| Entk::of_logit(model, x, 0).apply(v)),
        (Cause("adds up the kernels of the logits"), |model, x, v| {
            let classes = model.widths()[model.widths().len() - 1];
            (0..classes).fold(Array1::zeros(v.len()), |sum: Array1<f64>, c| sum + Entk::of_logit(model, x, c).apply(v))
        }),
        (Cause("the kernel of the mean of the logits"), |model, x, v| {
            let classes = model.widths()[model.widths().len() - 1];
            solutions::entk_matvec(model, x, v) / (classes as f64).powi(2)
        }),
        (Cause("v is scaled to length 1"), |model, x, v| solutions::entk_matvec(model, x, &(v / v.dot(v).sqrt()))),
        (Cause("This takes the magnitudes of v"), |model, x, v| solutions::entk_matvec(model, x, &v.mapv(f64::abs))),
        (Cause("This is K K v"), |model, x, v| solutions::entk_matvec(model, x, &solutions::entk_matvec(model, x, v))),
        (Cause("the diagonal of K times v"), |model, x, v| entk_explicit(model, x).diag().to_owned() * v),
        (Cause("You divided by the number of layers"), |model, x, v| {
            solutions::entk_matvec(model, x, v) / (model.widths().len() - 1) as f64
        }),
        (Cause("This is twice K v"), |model, x, v| solutions::entk_matvec(model, x, v) * 2.0),
        (Difference("digits are lost"), |model, x, v| {
            // The JVP by a difference.
            let u = Entk::new(model, x).vjp(v);
            let f = |r: f64| {
                let moved = Mlp::with_params(model.widths(), model.params() + &(&u * r));
                moved.logits(x).sum_axis(Axis(1))
            };
            (f(1e-6) - f(0.0)) / 1e-6
        }),
        (Difference("with the zero vector it is zero"), |model, x, v| {
            let length = v.dot(v).sqrt();
            solutions::entk_matvec(model, x, &(v / length)) * length
        }),
        (Difference("Look at one layer"), |model, x, v| solutions::entk_matvec(model, x, v) + 1.0),
        (Difference("it is linear: 1e-8 v"), |model, x, v| {
            let product = solutions::entk_matvec(model, x, v);
            if v.iter().all(|v| v.abs() < 1e-6) { Array1::zeros(v.len()) } else { product }
        }),
        (Difference("for a single image"), |model, x, v| {
            // The images are centred, which leaves nothing of one.
            let mean = x.sum_axis(Axis(0)) / x.nrows() as f64;
            if x.nrows() == 1 {
                solutions::entk_matvec(model, &(x - &mean), v)
            } else {
                solutions::entk_matvec(model, x, v)
            }
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::entk_matvec(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("tangent_kernel", wrong());
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
        // Image by image, as plain loops.
        check::entk_matvec(|model, x, v| {
            let n = v.len();
            let mut product = Array1::zeros(n);
            for layer in Entk::new(model, x).layers() {
                for i in 0..n {
                    for j in 0..n {
                        let (h, d) = (&layer.inputs, &layer.deltas);
                        product[i] += (h.row(i).dot(&h.row(j)) + 1.0) * d.row(i).dot(&d.row(j)) * v[j];
                    }
                }
            }
            product
        }),
        check::entk_matvec(|model, x, v| Entk::new(model, x).apply(v)),
        // The bias as one more input that is always 1.
        check::entk_matvec(|model, x, v| {
            by_layers((model, x, v), |layer, v| {
                let h = ndarray::concatenate![Axis(1), layer.inputs, Array2::ones((v.len(), 1))];
                let g = weighted(&layer.deltas, v).t().dot(&h);
                (h.dot(&g.t()) * &layer.deltas).sum_axis(Axis(1))
            })
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}
