//! Exercise 4/3.1: the product with the Gauss-Newton matrix.

use ndarray::{Array1, Array2, Axis, s};

use super::claim::number;
use super::compare::{agree, require_vector};
use super::report::{Outcome, Report, report};
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::linalg::norm;
use matrix_free::operator::SymmetricOperator;
use matrix_free::probe::{gaussian_matrix, rng};
use small_networks::{Cnn, Entk, GaussNewton, Hessian, Mlp, Model, softmax};

type GaussNewtonMatvec = fn(&dyn Model, &Array2<f64>, &Array1<f64>) -> Array1<f64>;

const LOOK_FIRST: &str = "Look at one image: w has an entry per class, the change of that logit along v; then p * (w - <p, w>), entry by \
    entry, over N; and the sum over the classes of J_c^T times that";

/// Checks exercise 4/3.1: dense and convolutional networks against the exact product; symmetry, and that nothing curves downwards.
pub fn gauss_newton_matvec(student: GaussNewtonMatvec) -> Card {
    report("4/3.1", |report| {
        not_zero(student, report)?;
        judge(report, &cases(), |input| student(&*input.model, &input.x, &input.v), truth, &suspects(), LOOK_FIRST)?;
        quadratic_form(student, report)
    })
}

/// The arguments of the student's function.
struct Input {
    model: Box<dyn Model>,
    x: Array2<f64>,
    v: Array1<f64>,
}

fn vector(n: usize, seed: u64) -> Array1<f64> {
    gaussian_matrix(n, 1, &mut rng(seed)).column(0).to_owned()
}

/// A network with biases that are not zero, as after training, `n` images for it, and a direction.
fn input(model: impl Model + Clone + 'static, (n, inputs): (usize, usize), scale: f64) -> Input {
    let model = model.at(&(vector(model.n_params(), 3) * scale));
    let (x, v) = (gaussian_matrix(n, inputs, &mut rng(1)), vector(model.n_params(), 2));
    Input { model: Box::new(model), x, v }
}

fn dense(widths: &[usize], n: usize) -> Input {
    input(Mlp::new(widths, 0), (n, widths[0]), 0.6)
}

fn convolutional(n: usize) -> Input {
    input(Cnn::new([4, 3], &[2], 3, 0), (n, 12), 0.5)
}

fn times(factor: f64, input: Input) -> Input {
    Input { v: input.v * factor, ..input }
}

/// All logits are larger by the same number, which changes no probability.
fn shifted(widths: &[usize], by: f64) -> Input {
    let Input { model, x, v } = dense(widths, 6);
    let mut theta = model.params().clone();
    theta.slice_mut(s![-(widths[widths.len() - 1] as isize)..]).mapv_inplace(|bias| bias + by);
    Input { model: Box::new(Mlp::with_params(widths, theta)), x, v }
}

fn cases() -> Vec<Case<Input>> {
    vec![
        // As many images as classes: a sum over the wrong axis does not stop here.
        Case::new("G v for a network of two layers, as many classes as images", dense(&[5, 4, 4], 4)),
        Case::new("for a network of three layers with more images", dense(&[6, 5, 4, 3], 9)),
        Case::new("for a convolutional network", convolutional(5))
            .note("Take the number of parameters from `model.n_params()`, and the rest from `Entk::of_logit`, whatever the network"),
        Case::new("for two classes", dense(&[5, 3, 2], 7)),
        Case::new("for a single image", dense(&[6, 5, 4, 3], 1)).note("Do you divide by N - 1?"),
        Case::new("where the network is nearly certain of every image", input(Mlp::new(&[5, 4], 0), (6, 5), 2.5)),
        Case::new("for logits near 1000", shifted(&[5, 4, 3], 1000.0))
            .slack(1e-9)
            .note("exp(1000) is infinite; use `softmax(&model.logits(x))`, which subtracts the largest logit first"),
        Case::new("with the zero vector it is zero", times(0.0, dense(&[5, 4, 3], 6)))
            .slack(1e-15)
            .note("Do you divide by the length of v?"),
        Case::new("it is linear: 1e-8 v", times(1e-8, dense(&[5, 4, 3], 6))).note(FIXED_NUMBER),
        Case::new("and 1e8 v", times(1e8, dense(&[5, 4, 3], 6))).note(FIXED_NUMBER),
    ]
}

fn truth(input: &Input) -> Array1<f64> {
    GaussNewton::new(&*input.model, &input.x, &Array1::zeros(input.x.nrows())).apply(&input.v)
}

/// Softmax does not see the sum of the logits; and what is zero up to rounding, `judge` compares with nothing.
fn not_zero(student: GaussNewtonMatvec, report: &mut Report) -> Outcome {
    let input = dense(&[5, 4, 3], 6);
    let got = report.call(|| student(&*input.model, &input.x, &input.v))?;
    let expected = truth(&input);
    report.insist(got.len() != expected.len() || norm(&got).is_nan() || norm(&got) > 1e-12 * norm(&expected), "G v is not zero", || {
        if got.iter().all(|&g| g == 0.0) {
            "every entry is exactly 0. Did you add up the parts of the classes, `product += &part`?".to_owned()
        } else {
            "it is zero up to rounding. `Entk::new` belongs to the sum of the logits, which change the same for every class then, and softmax does not see that; take `Entk::of_logit(model, x, class)` for each class".to_owned()
        }
    })
}

/// `G` is symmetric and positive semidefinite: by products with two vectors, the second of which is nearly in its null space.
fn quadratic_form(student: GaussNewtonMatvec, report: &mut Report) -> Outcome {
    let Input { model, x, v } = dense(&[5, 4, 3], 6);
    let p = model.n_params();
    let w = vector(p, 5);
    let mut product = |v: &Array1<f64>| -> Result<Array1<f64>, _> {
        let got = report.call(|| student(&*model, &x, v))?;
        require_vector(report, "the product", &got, p, "per parameter")?;
        Ok(got)
    };
    let (gv, gw) = (product(&v)?, product(&w)?);
    let (left, right) = (w.dot(&gv), v.dot(&gw));
    report.expect(agree(left, right, norm(&v) * norm(&gw), 1e-10), "G is symmetric: w^T G v = v^T G w", || {
        format!("got {} and {}", number(left), number(right))
    });
    let forms = [v.dot(&gv), w.dot(&gw)];
    report.expect(forms.iter().all(|&form| form > 0.0), "and nothing curves downwards: v^T G v > 0", || {
        format!("got {} and {}", number(forms[0]), number(forms[1]))
    });
    Ok(())
}

/// What a product is made of: the probabilities, the Jacobian of each logit, and the changes of the logits along `v`.
struct Parts {
    p: Array2<f64>,
    jacobians: Vec<Entk>,
    w: Array2<f64>,
}

impl Parts {
    fn of(input: &Input) -> Self {
        let p = softmax(&input.model.logits(&input.x));
        let jacobians: Vec<Entk> = (0..p.ncols()).map(|class| Entk::of_logit(&*input.model, &input.x, class)).collect();
        let mut w = Array2::zeros(p.dim());
        for (mut column, jacobian) in w.columns_mut().into_iter().zip(&jacobians) {
            column.assign(&jacobian.jvp(&input.v));
        }
        Self { p, jacobians, w }
    }

    /// `<p, w>` of each image.
    fn mean(&self) -> Array2<f64> {
        (&self.p * &self.w).sum_axis(Axis(1)).insert_axis(Axis(1))
    }

    /// `S w` of each image.
    fn right(&self) -> Array2<f64> {
        &self.p * &(&self.w - &self.mean())
    }

    /// The sum of `J_c^T weights_c` over the classes that count, divided by the number of images.
    fn back(&self, weights: &Array2<f64>, counts: impl Fn(usize) -> bool) -> Array1<f64> {
        let zero = Array1::zeros(self.jacobians[0].n_params());
        let classes = self.jacobians.iter().zip(weights.columns()).enumerate().filter(|(class, _)| counts(*class));
        classes.fold(zero, |sum, (_, (jacobian, column))| sum + jacobian.vjp(&column)) / self.p.nrows() as f64
    }
}

fn likeliest(p: &Array2<f64>) -> Array1<usize> {
    let of_row = |row: ndarray::ArrayView1<f64>| (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j])).unwrap_or(0);
    p.rows().into_iter().map(of_row).collect()
}

/// Softmax over the images instead of the classes.
fn by_columns(input: &Input) -> Array2<f64> {
    softmax(&input.model.logits(&input.x).t()).t().to_owned()
}

/// The results of likely mistakes.
fn suspects() -> Vec<Suspect<Input, Array1<f64>>> {
    type Weights = fn(&Parts, &Input) -> Array2<f64>;
    let through_the_loss: [(&str, Weights); 17] = [
        ("The term - p p^T is missing: S w is p * w less p times <p, w>", |parts, _| &parts.p * &parts.w),
        (
            "The matrix of the loss is missing: this is J^T J v over N, for a loss that is half the squared length of the logits",
            |parts, _| parts.w.clone(),
        ),
        (
            "Only the diagonal of S is used, p (1 - p), as for classes that know nothing of each other; subtract p times <p, w>",
            |parts, _| &parts.p * &(1.0 - &parts.p) * &parts.w,
        ),
        ("The term diag(p) is missing: this is - p p^T alone", |parts, _| -(&parts.p * &parts.mean())),
        ("The sign of p p^T is wrong; S is diag(p) less p p^T", |parts, _| &parts.p * &(&parts.w + &parts.mean())),
        ("<p, w> is to be multiplied by p: S w is p * w less p times <p, w>, which is p * (w - <p, w>)", |parts, _| {
            &parts.p * &parts.w - parts.mean()
        }),
        ("diag(p) is missing: multiply w - <p, w> by p, entry by entry", |parts, _| &parts.w - &parts.mean()),
        ("The mean of w over the classes is to be weighted with p: <p, w> is the sum of p * w", |parts, _| {
            let mean = parts.w.sum_axis(Axis(1)).insert_axis(Axis(1)) / parts.w.ncols() as f64;
            &parts.p * &(&parts.w - &mean)
        }),
        ("<p, w> is divided by the number of classes; it is the sum of p * w, and p sums to 1 already", |parts, _| {
            &parts.p * &(&parts.w - &(parts.mean() / parts.w.ncols() as f64))
        }),
        (
            "<p, w> is summed over the images; S acts on each image by itself, over its classes: `sum_axis(Axis(1))`",
            |parts, _| &parts.p * &(&parts.w - &(&parts.p * &parts.w).sum_axis(Axis(0))),
        ),
        (
            "<p, w> is summed over all images and classes; S acts on each image by itself: `sum_axis(Axis(1))`",
            |parts, _| &parts.p * &(&parts.w - (&parts.p * &parts.w).sum()),
        ),
        ("p is multiplied twice; S w is p * (w - <p, w>)", |parts, _| &parts.p * &parts.right()),
        ("This is diag(p)^2 - p p^T; diag(p) is not squared", |parts, _| {
            &parts.p * &(&parts.p * &parts.w - parts.mean())
        }),
        ("S is applied twice; it stands in the middle, once", |parts, _| {
            let once = parts.right();
            let mean = (&parts.p * &once).sum_axis(Axis(1)).insert_axis(Axis(1));
            &parts.p * &(once - mean)
        }),
        ("These are the logits where the probabilities belong; take `softmax(&model.logits(x))`", |parts, input| {
            let z = input.model.logits(&input.x);
            let mean = (&z * &parts.w).sum_axis(Axis(1)).insert_axis(Axis(1));
            &z * &(&parts.w - &mean)
        }),
        (
            "Softmax is taken over the images; it belongs to each row of the logits, `softmax(&model.logits(x))`",
            |parts, input| {
                let p = by_columns(input);
                let mean = (&p * &parts.w).sum_axis(Axis(1)).insert_axis(Axis(1));
                &p * &(&parts.w - &mean)
            },
        ),
        ("These are the probabilities of the first image for all; use row i of p for image i", |parts, _| {
            let first = parts.p.row(0);
            let mean = (&parts.w * &first).sum_axis(Axis(1)).insert_axis(Axis(1));
            (&parts.w - &mean) * first
        }),
    ];
    let mut suspects: Vec<Suspect<Input, Array1<f64>>> = Vec::new();
    for (cause, weights) in through_the_loss {
        suspects.push(Suspect::new(cause, move |input: &Input| {
            let parts = Parts::of(input);
            parts.back(&weights(&parts, input), |_| true)
        }));
        // The division is forgotten as well.
        let both = format!("{cause}; and the division by N is missing");
        suspects.push(
            Suspect::new(both, move |input: &Input| {
                let parts = Parts::of(input);
                parts.back(&weights(&parts, input), |_| true) * input.x.nrows() as f64
            })
            .mistakes(2),
        );
    }
    type Counts = fn(usize, &Parts) -> bool;
    let in_some: [(&str, Counts); 4] = [
        ("This is the part of class 0 alone; add up the classes", |class, _| class == 0),
        ("This is the part of the last class alone; add up the classes, `product += &part`", |class, parts| {
            class + 1 == parts.w.ncols()
        }),
        ("The part of the last class is missing; loop over all the columns of p", |class, parts| {
            class + 1 < parts.w.ncols()
        }),
        ("The part of class 0 is missing; loop over all the columns of p", |class, _| class > 0),
    ];
    for (cause, counts) in in_some {
        suspects.push(Suspect::new(cause, move |input: &Input| {
            let parts = Parts::of(input);
            parts.back(&parts.right(), |class| counts(class, &parts))
        }));
    }
    suspects.push(Suspect::new(
        "Each image counts only with its likeliest class; take all the classes",
        |input: &Input| {
            let parts = Parts::of(input);
            let labels = likeliest(&parts.p);
            let one = Array2::from_shape_fn(parts.p.dim(), |(i, class)| f64::from(u8::from(labels[i] == class)));
            parts.back(&(parts.right() * one), |_| true)
        },
    ));
    type Whole = (&'static str, fn(&Input) -> Array1<f64>);
    let wholes: [Whole; 13] = [
        ("The division by N is missing; the loss is the mean over the images", |input| {
            truth(input) * input.x.nrows() as f64
        }),
        ("You divided by N twice", |input| truth(input) / input.x.nrows() as f64),
        ("You divided by the number of classes as well; only by N", |input| {
            truth(input) / input.model.logits(&input.x).ncols() as f64
        }),
        ("You divided by the number of classes instead of the images", |input| {
            let (n, classes) = input.model.logits(&input.x).dim();
            truth(input) * n as f64 / classes as f64
        }),
        ("The sign is wrong", |input| -truth(input)),
        ("This is twice G v", |input| truth(input) * 2.0),
        ("This is half of G v", |input| truth(input) / 2.0),
        ("v is scaled to length 1 first; take it as it is", |input| truth(input) / norm(&input.v)),
        ("v is scaled to length 1 first; take it as it is", |input| truth(input) / norm(&input.v).max(1e-300)),
        ("v is added to the product, as damping does; return G v", |input| truth(input) + &input.v),
        ("Only the first image is used; take all the rows of x", |input| {
            let x = input.x.slice(s![..1, ..]).to_owned();
            GaussNewton::new(&*input.model, &x, &Array1::zeros(1)).apply(&input.v)
        }),
        (
            "This is the product with the Hessian for the likeliest labels, which holds the curvature of the outputs too; G comes from first derivatives and needs no labels",
            |input| {
                let labels = likeliest(&softmax(&input.model.logits(&input.x)));
                Hessian::new(&*input.model, &input.x, &labels).apply(&input.v)
            },
        ),
        (
            "This is the product with the Hessian for labels 0, which holds the curvature of the outputs too; G comes from first derivatives and needs no labels",
            |input| Hessian::new(&*input.model, &input.x, &Array1::zeros(input.x.nrows())).apply(&input.v),
        ),
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
