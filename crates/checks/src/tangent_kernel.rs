//! Exercise 2/3.1: the product with the tangent kernel.

use ndarray::{Array1, Array2, Axis};

use super::claim::number;
use super::compare::{close, require_finite};
use super::report::report;
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Entk, LayerFactors, Mlp, entk_explicit};

type EntkMatvec = fn(&Mlp, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
/// The network, the images and the vector.
type Input = (Mlp, Array2<f64>, Array1<f64>);

const LOOK_FIRST: &str = "Look at one layer: W is row i of D times v_i, G = W^T H of shape (out, in), g the sum of the rows of W; then \
    (H G^T + g) times D, entry by entry, summed over the columns; and the sum of that over the layers";

/// Checks exercise 2/3.1: networks of one, two and three layers against their explicit kernels; linearity and symmetry.
pub fn entk_matvec(student: EntkMatvec) -> Card {
    report("2/3.1", |report| {
        judge(report, &cases(), |(model, x, v)| student(model, x, v), truth, &suspects(), LOOK_FIRST)?;
        let (model, x, v) = (network(&[6, 5, 4, 3], 4), gaussian_matrix(9, 6, &mut rng(1)), vector(9, 2));
        let w = vector(9, 5);
        let (kv, kw) = (report.call(|| student(&model, &x, &v))?, report.call(|| student(&model, &x, &w))?);
        require_finite(report, "the product", kv.iter().chain(&kw))?;
        report.expect(close(w.dot(&kv), v.dot(&kw), 1e-9), "K is symmetric: w^T K v = v^T K w", || {
            format!("got {} and {}", number(w.dot(&kv)), number(v.dot(&kw)))
        });
        Ok(())
    })
}

/// A network with biases that are not zero, as after training.
fn network(widths: &[usize], seed: u64) -> Mlp {
    let n_params = Mlp::new(widths, seed).n_params();
    Mlp::with_params(widths, gaussian_matrix(n_params, 1, &mut rng(seed)).column(0).mapv(|w| 0.6 * w))
}

fn vector(n: usize, seed: u64) -> Array1<f64> {
    gaussian_matrix(n, 1, &mut rng(seed)).column(0).to_owned()
}

fn truth((model, x, v): &Input) -> Array1<f64> {
    entk_explicit(model, x).dot(v)
}

fn cases() -> Vec<Case<Input>> {
    let deep = || network(&[6, 5, 4, 3], 3);
    let images = |n: usize| gaussian_matrix(n, 6, &mut rng(1));
    let mut first = Array1::zeros(9);
    first[0] = 1.0;
    vec![
        // All sizes alike: a product with the wrong side transposed does not stop here.
        Case::new(
            "K v for a network of two layers, as many units as images",
            (network(&[6, 6, 6], 6), images(6), vector(6, 2)),
        ),
        Case::new("for a network of one layer", (network(&[6, 3], 3), images(9), vector(9, 2))),
        Case::new("for a network of three layers", (deep(), images(9), vector(9, 2))),
        Case::new("for another with more images", (network(&[6, 4, 7, 2], 8), images(15), vector(15, 3))),
        Case::new("for one output", (network(&[6, 5, 1], 9), images(7), vector(7, 4))),
        Case::new("for a single image", (deep(), images(1), vector(1, 6))),
        Case::new("the product with the first unit vector is the first column of K", (deep(), images(9), first)),
        Case::new("with the zero vector it is zero", (deep(), images(9), Array1::zeros(9)))
            .slack(1e-13)
            .note("Do you divide by the length of v?"),
        Case::new("it is linear: 1e-8 v", (deep(), images(9), vector(9, 2) * 1e-8)).note(FIXED_NUMBER),
        Case::new("and 1e8 v", (deep(), images(9), vector(9, 2) * 1e8)).note(FIXED_NUMBER),
    ]
}

/// Row `i` of the matrix times `v_i`.
fn weighted(matrix: &Array2<f64>, v: &Array1<f64>) -> Array2<f64> {
    matrix * &v.view().insert_axis(Axis(1))
}

type Part = fn(&LayerFactors, &Array1<f64>) -> Array1<f64>;

fn weights_part(layer: &LayerFactors, v: &Array1<f64>) -> Array1<f64> {
    let w = weighted(&layer.deltas, v);
    (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) * &layer.deltas).sum_axis(Axis(1))
}

fn biases_part(layer: &LayerFactors, v: &Array1<f64>) -> Array1<f64> {
    layer.deltas.dot(&layer.deltas.t().dot(v))
}

fn both_parts(layer: &LayerFactors, v: &Array1<f64>) -> Array1<f64> {
    weights_part(layer, v) + biases_part(layer, v)
}

fn change(layer: &LayerFactors, v: &Array1<f64>) -> Array2<f64> {
    let w = weighted(&layer.deltas, v);
    layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0))
}

fn classes(model: &Mlp) -> usize {
    model.widths()[model.widths().len() - 1]
}

/// Not a number anywhere: explains nothing.
fn undefined(v: &Array1<f64>) -> Array1<f64> {
    v.mapv(|_| f64::NAN)
}

/// The sum of one part over some of the layers, by index and number of layers.
fn over_layers((model, x, v): &Input, part: Part, which: impl Fn(usize, usize) -> bool) -> Array1<f64> {
    let layers = Entk::new(model, x).layers();
    let chosen = layers.iter().enumerate().filter(|(l, _)| which(*l, layers.len()));
    chosen.fold(Array1::zeros(v.len()), |sum: Array1<f64>, (_, layer)| sum + part(layer, v))
}

/// The results of likely mistakes.
fn suspects() -> Vec<Suspect<Input, Array1<f64>>> {
    let everywhere: [(&str, Part); 19] = [
        ("The biases are missing; they have a gradient too, g = D^T v", weights_part),
        ("This is the contribution of the biases alone; add that of the weights", biases_part),
        ("In the JVP, multiply the change of a layer's output by D, entry by entry, before you sum", |layer, v| {
            change(layer, v).sum_axis(Axis(1))
        }),
        ("In the VJP, multiply row i of D by v_i, not just row i of H", |layer, v| {
            (layer.inputs.dot(&layer.inputs.t()) + 1.0).dot(v) * layer.deltas.sum_axis(Axis(1))
        }),
        ("The VJP does not use v; multiply row i of D by v_i", |layer, v| both_parts(layer, &Array1::ones(v.len()))),
        ("v is used twice; in the JVP use D itself, not D times v", |layer, v| both_parts(layer, v) * v),
        ("v is used in the JVP; use it only in the VJP, where it multiplies the rows of D", |layer, v| {
            both_parts(layer, &Array1::ones(v.len())) * v
        }),
        ("v multiplies the rows of D and those of H; only the rows of D", |layer, v| {
            weights_part(layer, &(v * v)) + biases_part(layer, v)
        }),
        ("The biases' gradient does not use v; g is the sum of the rows of D times v", |layer, v| {
            weights_part(layer, v) + biases_part(layer, &Array1::ones(v.len()))
        }),
        ("The weights' gradient does not use v; G is (D times v)^T H", |layer, v| {
            weights_part(layer, &Array1::ones(v.len())) + biases_part(layer, v)
        }),
        ("The change of a layer's output and D are added; multiply them, entry by entry", |layer, v| {
            (change(layer, v) + &layer.deltas).sum_axis(Axis(1))
        }),
        ("g is the mean of the rows of D times v; take their sum", |layer, v| {
            weights_part(layer, v) + biases_part(layer, v) / v.len() as f64
        }),
        ("The biases are counted twice", |layer, v| weights_part(layer, v) + biases_part(layer, v) * 2.0),
        ("g has the opposite sign", |layer, v| weights_part(layer, v) - biases_part(layer, v)),
        ("g is multiplied by the number of images; add it once to each row", |layer, v| {
            weights_part(layer, v) + biases_part(layer, v) * v.len() as f64
        }),
        ("The bias adds g_c only where the change is summed over all outputs; multiply g by D too", |layer, v| {
            weights_part(layer, v) + layer.deltas.t().dot(v).sum()
        }),
        ("H G is not H G^T: G has shape (out, in), so the change of the layer's output is H G^T", |layer, v| {
            let w = weighted(&layer.deltas, v);
            let g = w.t().dot(&layer.inputs);
            if g.is_square() {
                ((layer.inputs.dot(&g) + w.sum_axis(Axis(0))) * &layer.deltas).sum_axis(Axis(1))
            } else {
                undefined(v)
            }
        }),
        (
            "The product with D is summed over the images; sum over the columns, `sum_axis(Axis(1))`, which leaves one entry per image",
            |layer, v| {
                let product = (change(layer, v) * &layer.deltas).sum_axis(Axis(0));
                if product.len() == v.len() { product } else { undefined(v) }
            },
        ),
        (
            "v multiplies the columns of D; it has one entry per image, so it multiplies the rows, `&d * &v.view().insert_axis(Axis(1))`",
            |layer, v| {
                if layer.deltas.ncols() != v.len() {
                    return undefined(v);
                }
                let w = &layer.deltas * v;
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                (change * &layer.deltas).sum_axis(Axis(1))
            },
        ),
    ];
    let mut suspects: Vec<Suspect<Input, Array1<f64>>> = everywhere
        .into_iter()
        .map(|(cause, part)| Suspect::new(cause, move |input: &Input| over_layers(input, part, |_, _| true)))
        .collect();
    suspects.push(Suspect::new(
        "g is summed over the wrong axis; it has one entry per output, the sum of the rows, `sum_axis(Axis(0))`",
        |input: &Input| {
            let square = input.2.len() == 6 && input.0.widths().iter().all(|width| *width == 6);
            if !square {
                return undefined(&input.2);
            }
            over_layers(
                input,
                |layer, v| {
                    let w = weighted(&layer.deltas, v);
                    ((layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(1))) * &layer.deltas)
                        .sum_axis(Axis(1))
                },
                |_, _| true,
            )
        },
    ));
    type Which = fn(usize, usize) -> bool;
    let in_some: [(&str, Part, Which); 3] = [
        ("This is the last layer alone; add up the layers, `product += ..`", both_parts, |l, depth| l + 1 == depth),
        ("This is the first layer alone; add up the layers", both_parts, |l, _| l == 0),
        ("The first layer is missing, where there is more than one", both_parts, |l, depth| l > 0 || depth == 1),
    ];
    suspects.extend(
        in_some.map(|(cause, part, which)| Suspect::new(cause, move |input: &Input| over_layers(input, part, which))),
    );
    let missing: [(&str, Which); 6] = [
        ("last", |l, depth| l + 1 == depth),
        ("last", |l, depth| l + 1 == depth && depth > 1),
        ("first", |l, _| l == 0),
        ("first", |l, depth| l == 0 && depth > 1),
        ("second", |l, _| l == 1),
        ("third", |l, _| l == 2),
    ];
    for (name, which) in missing {
        for (what, kept) in
            [("", None), (" biases of the", Some(weights_part as Part)), (" weights of the", Some(biases_part as Part))]
        {
            if name == "first" && kept.is_none() && which(0, 2) && !which(0, 1) {
                continue;
            }
            let subject = if what.is_empty() {
                format!("The {name} layer is missing; add up all of them")
            } else {
                format!("The{what} {name} layer are missing; every layer has them")
            };
            suspects.push(Suspect::new(subject, move |input: &Input| {
                let rest = over_layers(input, both_parts, |l, depth| !which(l, depth));
                kept.map_or(rest.clone(), |part| rest + over_layers(input, part, which))
            }));
        }
    }
    type Whole = (&'static str, fn(&Input) -> Array1<f64>);
    let wholes: [Whole; 15] = [
        ("You divided by N; K is J J^T", |input| truth(input) / input.2.len() as f64),
        ("You divided by the number of parameters; K is J J^T", |input| truth(input) / input.0.n_params() as f64),
        ("You divided by the number of layers; add them up", |input| {
            truth(input) / (input.0.widths().len() - 1) as f64
        }),
        ("This is half of K v", |input| truth(input) / 2.0),
        ("This is twice K v; is something added twice?", |input| truth(input) * 2.0),
        ("This is -K v; a sign is wrong", |input| -truth(input)),
        ("This is K K v; multiply by J^T once and by J once", |input| {
            truth(&(input.0.clone(), input.1.clone(), truth(input)))
        }),
        ("v is scaled to length 1 first; take it as it is", |input| {
            let length = input.2.dot(&input.2).sqrt();
            truth(input) / length
        }),
        ("This takes the magnitudes of v; take v as it is", |input| {
            truth(&(input.0.clone(), input.1.clone(), input.2.mapv(f64::abs)))
        }),
        ("The mean of v is subtracted first; take it as it is", |input| {
            truth(&(input.0.clone(), input.1.clone(), &input.2 - input.2.sum() / input.2.len() as f64))
        }),
        (
            "This is the diagonal of K times v; the images act on each other through G and g, which are sums over all of them",
            |input| entk_explicit(&input.0, &input.1).diag().to_owned() * &input.2,
        ),
        ("v is added to the product", |input| truth(input) + &input.2),
        ("This is the kernel of the first logit alone; f is the sum of the logits, as in `Entk::new`", |input| {
            Entk::of_logit(&input.0, &input.1, 0).apply(&input.2)
        }),
        ("This adds up the kernels of the logits; f is the sum of the logits, as in `Entk::new`", |input| {
            (0..classes(&input.0)).fold(Array1::zeros(input.2.len()), |sum: Array1<f64>, class| {
                sum + Entk::of_logit(&input.0, &input.1, class).apply(&input.2)
            })
        }),
        ("This is the kernel of the mean of the logits; f is their sum", |input| {
            truth(input) / (classes(&input.0) as f64).powi(2)
        }),
    ];
    suspects.extend(wholes.map(|(cause, gives)| Suspect::new(cause, gives)));
    suspects
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        assert_told_apart(&cases(), truth, &suspects());
    }
}
