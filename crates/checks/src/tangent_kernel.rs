use ndarray::{Array1, Array2, Axis};

use super::claim::number;
use super::compare::{close, expect_entries, require_vector};
use super::compare::{largest, require_matrix};
use super::report::{Outcome, Report, report};
use course_protocol::card::Card;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Entk, LayerFactors, Mlp, entk_explicit};

type EntkMatvec = fn(&Mlp, &Array2<f64>, &Array1<f64>) -> Array1<f64>;
type EigenfunctionImages = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;

/// Checks exercise 2/3.1: a network of one layer and one of three against their explicit kernels, and symmetry.
pub fn entk_matvec(student: EntkMatvec) -> Card {
    report("2/3.1", |report| {
        // Biases that are not zero, as after training.
        let network = |widths: &[usize], seed: u64| {
            let n_params = Mlp::new(widths, seed).n_params();
            Mlp::with_params(widths, gaussian_matrix(n_params, 1, &mut rng(seed)).column(0).mapv(|w| 0.6 * w))
        };
        let x = gaussian_matrix(9, 6, &mut rng(1));
        let v = gaussian_matrix(9, 1, &mut rng(2)).column(0).to_owned();
        for (widths, what) in
            [(&[6, 3][..], "K v for a network of one layer"), (&[6, 5, 4, 3], "K v for a network of three layers")]
        {
            let model = network(widths, 3);
            let got = report.call(|| student(&model, &x, &v))?;
            require_vector(report, "the product", &got, 9, "per image")?;
            let expected = entk_explicit(&model, &x).dot(&v);
            let held = expect_entries(report, what, &got, &expected, 1e-9, &wrong_products(&model, &x, &v));
            if !held {
                // The checks below would only repeat it.
                return Ok(());
            }
        }
        let model = network(&[6, 5, 4, 3], 4);
        let mut first = Array1::zeros(9);
        first[0] = 1.0;
        let got = report.call(|| student(&model, &x, &first))?;
        require_vector(report, "the product", &got, 9, "per image")?;
        let kernel = entk_explicit(&model, &x);
        let column = kernel.column(0).to_owned();
        expect_entries(
            report,
            "the product with the first unit vector is the first column of K",
            &got,
            &column,
            1e-9,
            &[],
        );
        let w = gaussian_matrix(9, 1, &mut rng(5)).column(0).to_owned();
        let (kv, kw) = (report.call(|| student(&model, &x, &v))?, report.call(|| student(&model, &x, &w))?);
        report.expect(close(w.dot(&kv), v.dot(&kw), 1e-9), "K is symmetric: w^T K v = v^T K w", || {
            format!("got {} and {}", number(w.dot(&kv)), number(v.dot(&kw)))
        });
        Ok(())
    })
}

/// The results of likely mistakes.
fn wrong_products(model: &Mlp, x: &Array2<f64>, v: &Array1<f64>) -> Vec<(&'static str, Array1<f64>)> {
    let layers = Entk::new(model, x).layers();
    let n = v.len();
    type Product = fn(&LayerFactors, &Array1<f64>) -> Array1<f64>;
    let right: Product = |layer, v| {
        let w = &layer.deltas * &v.view().insert_axis(Axis(1));
        let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
        (change * &layer.deltas).sum_axis(Axis(1))
    };
    let without_biases: Product = |layer, v| {
        let w = &layer.deltas * &v.view().insert_axis(Axis(1));
        (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) * &layer.deltas).sum_axis(Axis(1))
    };
    let biases_alone: Product = |layer, v| layer.deltas.dot(&layer.deltas.t().dot(v));
    let without_deltas_in_the_jvp: Product = |layer, v| {
        let w = &layer.deltas * &v.view().insert_axis(Axis(1));
        (layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0))).sum_axis(Axis(1))
    };
    let without_deltas_in_the_vjp: Product = |layer, v| {
        let inputs = (layer.inputs.dot(&layer.inputs.t()) + 1.0).dot(v);
        inputs * layer.deltas.sum_axis(Axis(1))
    };
    let sum =
        |product: Product| layers.iter().fold(Array1::zeros(n), |sum: Array1<f64>, layer| sum + product(layer, v));
    let ones = Array1::ones(n);
    let mut suspects = vec![
        ("The biases are missing; they have a gradient too, g = D^T v", sum(without_biases)),
        ("This is the contribution of the biases alone; add that of the weights", sum(biases_alone)),
        (
            "In the JVP, multiply the change of a layer's output by D, entry by entry, before you sum",
            sum(without_deltas_in_the_jvp),
        ),
        ("In the VJP, multiply row i of D by v_i, not just row i of H", sum(without_deltas_in_the_vjp)),
        (
            "The VJP does not use v; multiply row i of D by v_i",
            layers.iter().fold(Array1::zeros(n), |sum: Array1<f64>, layer| sum + right(layer, &ones)),
        ),
        ("You divided by N; K is J J^T", sum(right) / n as f64),
        ("v is used twice; in the JVP use D itself, not D times v", sum(right) * v),
        (
            "v is used in the JVP; use it only in the VJP, where it multiplies the rows of D",
            layers.iter().fold(Array1::zeros(n), |sum: Array1<f64>, layer| sum + right(layer, &ones)) * v,
        ),
    ];
    if layers.len() > 1 {
        suspects.extend([
            ("This is the last layer alone; add up the layers, `product += ..`", right(&layers[layers.len() - 1], v)),
            ("This is the first layer alone; add up the layers", right(&layers[0], v)),
            ("The first layer is missing", sum(right) - right(&layers[0], v)),
            ("The last layer is missing", sum(right) - right(&layers[layers.len() - 1], v)),
        ]);
    }
    suspects
}

/// Checks exercise 2/4.1: shape, the sums, and the sign.
pub fn eigenfunction_images(student: EigenfunctionImages) -> Card {
    report("2/4.1", |report| {
        let (x, vectors) = (gaussian_matrix(7, 6, &mut rng(1)), gaussian_matrix(7, 3, &mut rng(2)));
        let expected = estimators::eigenfunction_images(&x, &vectors);
        let got = report.call(|| student(&x, &vectors))?;
        let why = if got.dim() == (6, 3) { ". This is the transpose; put picture k in row k" } else { "" };
        require_matrix(report, "the result", &got, (3, 6), why)?;
        pictures(report, &got, &expected, &x)?;
        report.expect(true, "row k is sum_i u_k[i] x_i, up to its sign", String::new);
        signs(report, &got, &expected)?;
        let turned = report.call(|| student(&x, &-&vectors))?;
        require_matrix(report, "the result", &turned, (3, 6), why)?;
        report.expect(largest(&(&turned - &got)) < 1e-10, "-u gives the same pictures as u", || {
            "the sign still depends on the eigenvector's sign; flip a row if its sum of cubes is negative".to_owned()
        });
        Ok(())
    })
}

fn pictures(report: &mut Report, got: &Array2<f64>, expected: &Array2<f64>, x: &Array2<f64>) -> Outcome {
    let n = x.nrows() as f64;
    for (k, (got, expected)) in got.rows().into_iter().zip(expected.rows()).enumerate() {
        let off = |factor: f64| (&got - &(&expected * factor)).iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
        let either = |factor: f64| off(factor) < 1e-9 || off(-factor) < 1e-9;
        let length = expected.dot(&expected).sqrt();
        report.insist(either(1.0), "row k is sum_i u_k[i] x_i, up to its sign", || {
            let cause = if either(1.0 / n) {
                "You divided by N; return the sum, not the mean."
            } else if either(1.0 / length) {
                "The row is scaled to length 1; return the sum itself."
            } else {
                "Row i of `vectors` and row i of `x` belong to the same image; use `vectors.t().dot(x)`."
            };
            format!("row {k} is wrong. {cause}")
        })?;
    }
    Ok(())
}

fn signs(report: &mut Report, got: &Array2<f64>, expected: &Array2<f64>) -> Outcome {
    let wrong: Vec<usize> = (0..3).filter(|&k| got.row(k).dot(&expected.row(k)) < 0.0).collect();
    report.require(wrong.is_empty(), "each has a positive sum of cubes", || {
        let cause = if wrong.len() == 3 {
            "All of them have the wrong sign; flip a row if the sum is *negative*"
        } else {
            "Flip a row, `row *= -1.0`, if its own `row.mapv(|p| p.powi(3)).sum()` is negative"
        };
        format!("row {} does not. {cause}", wrong[0])
    })
}
