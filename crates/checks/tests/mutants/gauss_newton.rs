use matrix_free::operator::SymmetricOperator;
use ndarray::{Array1, Array2, Axis, s};
use small_networks::{CrossEntropy, Entk, GaussNewton, Hessian, Loss, Model, softmax};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 4/3.1 the Gauss-Newton product

type Student = fn(&dyn Model, &Array2<f64>, &Array1<f64>) -> Array1<f64>;

/// The probabilities and the changes of the logits: shape `(N, classes)` both.
fn forward(model: &dyn Model, x: &Array2<f64>, v: &Array1<f64>) -> (Array2<f64>, Array2<f64>) {
    let p = softmax(&model.logits(x));
    let mut w = Array2::zeros(p.dim());
    for class in 0..p.ncols() {
        w.column_mut(class).assign(&Entk::of_logit(model, x, class).jvp(v));
    }
    (p, w)
}

/// The sum of `J_c^T weights_c`.
fn backward(model: &dyn Model, x: &Array2<f64>, weights: &Array2<f64>) -> Array1<f64> {
    let mut product = Array1::zeros(model.n_params());
    for (class, column) in weights.columns().into_iter().enumerate() {
        product += &Entk::of_logit(model, x, class).vjp(&column);
    }
    product
}

fn over_classes(matrix: &Array2<f64>) -> Array2<f64> {
    matrix.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// The product with something else between the JVPs and the VJPs.
fn through(
    (model, x, v): (&dyn Model, &Array2<f64>, &Array1<f64>),
    loss: fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>,
) -> Array1<f64> {
    let (p, w) = forward(model, x, v);
    backward(model, x, &loss(&p, &w)) / x.nrows() as f64
}

fn likeliest(model: &dyn Model, x: &Array2<f64>) -> Array1<usize> {
    let logits = model.logits(x);
    let of_row = |row: ndarray::ArrayView1<f64>| (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j])).unwrap_or(0);
    logits.rows().into_iter().map(of_row).collect()
}

/// Any network, at other parameters.
struct Moved<'a>(&'a dyn Model, Array1<f64>);

impl Model for Moved<'_> {
    fn layers(&self) -> &[small_networks::Layer] {
        self.0.layers()
    }

    fn params(&self) -> &Array1<f64> {
        &self.1
    }

    fn params_mut(&mut self) -> &mut ndarray::ArrayRef1<f64> {
        &mut self.1
    }
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("The division by N is missing; the loss is the mean"), |model, x, v| {
            solutions::gauss_newton_matvec(model, x, v) * x.nrows() as f64
        }),
        (Cause("The term - p p^T is missing"), |model, x, v| through((model, x, v), |p, w| p * w)),
        (
            Cause("The term - p p^T is missing: S w is p * w less p times <p, w>; and the division by N is missing"),
            |model, x, v| {
                let (p, w) = forward(model, x, v);
                backward(model, x, &(p * w))
            },
        ),
        (Cause("The matrix of the loss is missing: this is J^T J v"), |model, x, v| {
            through((model, x, v), |_, w| w.clone())
        }),
        (Cause("Only the diagonal of S is used, p (1 - p)"), |model, x, v| {
            through((model, x, v), |p, w| p * &(1.0 - p) * w)
        }),
        (Cause("`Entk::new` belongs to the sum of the logits"), |model, x, v| {
            let (p, jacobian) = (softmax(&model.logits(x)), Entk::new(model, x));
            let w = jacobian.jvp(v).insert_axis(Axis(1)) * Array2::<f64>::ones(p.dim());
            let weights = &p * &(&w - &over_classes(&(&p * &w))) / x.nrows() as f64;
            weights.columns().into_iter().fold(Array1::zeros(v.len()), |sum, column| sum + jacobian.vjp(&column))
        }),
        (Cause("`Entk::new` belongs to the sum of the logits"), |model, x, v| {
            // Only on the way back.
            let (p, w) = forward(model, x, v);
            let weights = &p * &(&w - &over_classes(&(&p * &w))) / x.nrows() as f64;
            let jacobian = Entk::new(model, x);
            weights.columns().into_iter().fold(Array1::zeros(v.len()), |sum, column| sum + jacobian.vjp(&column))
        }),
        (Cause("Did you add up the parts of the classes"), |_, _, v| Array1::zeros(v.len())),
        (Cause("<p, w> is summed over the images"), |model, x, v| {
            through((model, x, v), |p, w| p * &(w - &(p * w).sum_axis(Axis(0))))
        }),
        (Cause("<p, w> is summed over all images and classes"), |model, x, v| {
            through((model, x, v), |p, w| p * &(w - (p * w).sum()))
        }),
        (Cause("p is multiplied twice"), |model, x, v| {
            through((model, x, v), |p, w| p * p * (w - &over_classes(&(p * w))))
        }),
        (Cause("diag(p) is not squared"), |model, x, v| {
            through((model, x, v), |p, w| p * p * w - p * &over_classes(&(p * w)))
        }),
        (Cause("The mean of w over the classes is to be weighted with p"), |model, x, v| {
            through((model, x, v), |p, w| p * &(w - &(over_classes(w) / w.ncols() as f64)))
        }),
        (Cause("<p, w> is divided by the number of classes"), |model, x, v| {
            through((model, x, v), |p, w| p * &(w - &(over_classes(&(p * w)) / w.ncols() as f64)))
        }),
        (Cause("The sign of p p^T is wrong"), |model, x, v| {
            through((model, x, v), |p, w| p * &(w + &over_classes(&(p * w))))
        }),
        (Cause("<p, w> is to be multiplied by p"), |model, x, v| {
            through((model, x, v), |p, w| p * w - over_classes(&(p * w)))
        }),
        (Cause("diag(p) is missing: multiply w - <p, w> by p"), |model, x, v| {
            through((model, x, v), |p, w| w - &over_classes(&(p * w)))
        }),
        (Cause("The term diag(p) is missing"), |model, x, v| {
            through((model, x, v), |p, w| -(p * &over_classes(&(p * w))))
        }),
        (Cause("S is applied twice"), |model, x, v| {
            through((model, x, v), |p, w| {
                let once = p * &(w - &over_classes(&(p * w)));
                p * &(&once - &over_classes(&(p * &once)))
            })
        }),
        (Cause("These are the logits where the probabilities belong"), |model, x, v| {
            let (p, (_, w)) = (model.logits(x), forward(model, x, v));
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / x.nrows() as f64
        }),
        (Cause("Softmax is taken over the images"), |model, x, v| {
            let (p, (_, w)) = (softmax(&model.logits(x).t()).t().to_owned(), forward(model, x, v));
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / x.nrows() as f64
        }),
        (Cause("These are the probabilities of the first image for all"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            let p = Array2::ones(p.dim()) * p.row(0);
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / x.nrows() as f64
        }),
        (Cause("This is the part of the last class alone"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            let weights = &p * &(&w - &over_classes(&(&p * &w))) / x.nrows() as f64;
            let mut product = Array1::zeros(v.len());
            for (class, column) in weights.columns().into_iter().enumerate() {
                product = Entk::of_logit(model, x, class).vjp(&column);
            }
            product
        }),
        (Cause("The part of the last class is missing"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            let mut weights = &p * &(&w - &over_classes(&(&p * &w))) / x.nrows() as f64;
            weights.column_mut(w.ncols() - 1).fill(0.0);
            backward(model, x, &weights)
        }),
        (Cause("Each image counts only with its likeliest class"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            let labels = likeliest(model, x);
            let mut weights = &p * &(&w - &over_classes(&(&p * &w))) / x.nrows() as f64;
            for ((i, class), weight) in weights.indexed_iter_mut() {
                if labels[i] != class {
                    *weight = 0.0;
                }
            }
            backward(model, x, &weights)
        }),
        (Cause("This is the product with the Hessian for the likeliest labels"), |model, x, v| {
            Hessian::new(model, x, &likeliest(model, x)).apply(v)
        }),
        (Cause("This is the product with the Hessian for labels 0"), |model, x, v| {
            // By central differences, as in notebook 1.
            let y = Array1::zeros(x.nrows());
            let step = 1e-4 / v.dot(v).sqrt().max(1e-300);
            let gradient = |step: f64| Moved(model, model.params() + &(v * step)).gradient(x, &y);
            (gradient(step) - gradient(-step)) / (2.0 * step)
        }),
        (Cause("Only the first image is used"), |model, x, v| {
            solutions::gauss_newton_matvec(model, &x.slice(s![..1, ..]).to_owned(), v)
        }),
        (Cause("You divided by the number of classes instead"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / p.ncols() as f64
        }),
        (Cause("You divided by the number of classes as well"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            let weights = &p * &(&w - &over_classes(&(&p * &w)));
            // The mean of all entries, rather than of the images.
            backward(model, x, &weights) / p.len() as f64
        }),
        (Cause("You divided by N twice"), |model, x, v| solutions::gauss_newton_matvec(model, x, v) / x.nrows() as f64),
        (Cause("v is scaled to length 1 first"), |model, x, v| {
            solutions::gauss_newton_matvec(model, x, &(v / v.dot(v).sqrt().max(1e-300)))
        }),
        (Cause("v is scaled to length 1 first"), |model, x, v| {
            solutions::gauss_newton_matvec(model, x, &(v / v.dot(v).sqrt()))
        }),
        (Cause("v is added to the product, as damping does"), |model, x, v| {
            solutions::gauss_newton_matvec(model, x, v) + v
        }),
        (Cause("exp(1000) is infinite"), |model, x, v| {
            let exponentials = model.logits(x).mapv(f64::exp);
            let (p, (_, w)) = (&exponentials / &over_classes(&exponentials), forward(model, x, v));
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / x.nrows() as f64
        }),
        (Cause("Do you divide by N - 1?"), |model, x, v| {
            let product = solutions::gauss_newton_matvec(model, x, v) * x.nrows() as f64;
            // As for a sample variance.
            if x.nrows() > 1 { product / x.nrows() as f64 } else { product / (x.nrows() - 1) as f64 }
        }),
        (Difference("Look at one image"), |model, x, v| {
            solutions::gauss_newton_matvec(model, x, v) * (x.nrows() as f64 / (x.nrows() as f64 - 0.5))
        }),
        (Difference("digits are lost"), |model, x, v| {
            // The changes of the logits by a difference.
            let step = 1e-4 / v.dot(v).sqrt().max(1e-300);
            let moved = |step: f64| Moved(model, model.params() + &(v * step)).logits(x);
            let (p, w) = (softmax(&model.logits(x)), (moved(step) - moved(0.0)) / step);
            backward(model, x, &(&p * &(&w - &over_classes(&(&p * &w))))) / x.nrows() as f64
        }),
        (Difference("it is linear: 1e-8 v"), |model, x, v| {
            let small = v.iter().all(|v| v.abs() < 1e-6);
            if small { v * 0.0 } else { solutions::gauss_newton_matvec(model, x, v) }
        }),
        (Difference("expected length"), |model, x, v| {
            let (p, w) = forward(model, x, v);
            (&p * &(&w - &over_classes(&(&p * &w)))).sum_axis(Axis(1))
        }),
        (Difference("Do you divide by the length of v?"), |model, x, v| {
            let length = v.dot(v).sqrt();
            solutions::gauss_newton_matvec(model, x, &(v / length)) * length
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::gauss_newton_matvec(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("gauss_newton", wrong());
}

#[test]
fn other_right_versions_pass() {
    let right: [Student; 5] = [
        // All classes at once.
        |model, x, v| GaussNewton::new(model, x, &Array1::zeros(x.nrows())).apply(v),
        // The matrices formed, image by image.
        |model, x, v| {
            let p = softmax(&model.logits(x));
            let (n, classes) = p.dim();
            let jacobians: Vec<Array2<f64>> = (0..classes).map(|c| Entk::of_logit(model, x, c).jacobian()).collect();
            let mut product = Array1::zeros(v.len());
            for i in 0..n {
                let j = Array2::from_shape_fn((classes, v.len()), |(c, k)| jacobians[c][[i, k]]);
                let p = p.row(i);
                let outer = p.to_owned().insert_axis(Axis(1)) * p;
                let matrix = Array2::from_diag(&p) - outer;
                product += &(j.t().dot(&matrix.dot(&j.dot(v))) / n as f64);
            }
            product
        },
        // Class by class against class by class, as a double sum.
        |model, x, v| {
            let (p, w) = forward(model, x, v);
            let mut product = Array1::zeros(v.len());
            for c in 0..p.ncols() {
                let mut weights = &p.column(c) * &w.column(c);
                for d in 0..p.ncols() {
                    weights -= &(&p.column(c) * &p.column(d) * w.column(d));
                }
                product += &Entk::of_logit(model, x, c).vjp(&weights);
            }
            product / x.nrows() as f64
        },
        // By the factor of S: B = diag(sqrt p) - p sqrt(p)^T, and S = B B^T.
        |model, x, v| {
            through((model, x, v), |p, w| {
                let root = p.mapv(f64::sqrt);
                let half = &root * &(w - &over_classes(&(p * w)));
                &root * &half - p * &over_classes(&(&root * &half))
            })
        },
        // What the loss itself knows, with labels that do not matter.
        |model, x, v| {
            let (_, w) = forward(model, x, v);
            let curvatures = CrossEntropy.curvatures(&model.logits(x), &Array1::zeros(x.nrows()));
            let weights = &curvatures.d * &w - &curvatures.u * &over_classes(&(&curvatures.u * &w));
            backward(model, x, &weights) / x.nrows() as f64
        },
    ];
    for student in right {
        assert_passed(check::gauss_newton_matvec(student));
    }
}
