//! The library against values computed in PyTorch at float64 (`tests/reference`), to 1e-9 relative.

use matrix_free::linalg::eigh;
use matrix_free::linalg::{eigvalsh, frobenius_squared, norm, spectral_norm};
use matrix_free::operator::{Dense, SymmetricOperator, to_dense};
use ndarray::{Array1, Array2, Axis};
use serde_json::Value;
use small_networks::data::{data_dir, read_mnist_7x7};
use small_networks::{Cnn, Entk, GaussNewton, Hessian, Mlp, Model, entk_explicit};
use spectral_course::solutions::{
    Quadrature, Reorthogonalization, entk_matvec, lanczos, principal_angle, principal_angles, sin_theta, smooth,
    weyl_shifts,
};

const TOLERANCE: f64 = 1e-9;

fn reference(pointer: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../reference/reference.json")).expect("the reference is JSON");
    all.pointer(pointer).unwrap_or_else(|| panic!("the reference has no {pointer}")).clone()
}

fn number(pointer: &str) -> f64 {
    reference(pointer).as_f64().unwrap_or_else(|| panic!("{pointer} is a number"))
}

fn to_vector(value: &Value) -> Array1<f64> {
    value.as_array().expect("a list").iter().map(|entry| entry.as_f64().expect("a number")).collect()
}

fn vector(pointer: &str) -> Array1<f64> {
    to_vector(&reference(pointer))
}

fn matrix(pointer: &str) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = reference(pointer).as_array().expect("rows").iter().map(to_vector).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn labels(pointer: &str) -> Array1<usize> {
    vector(pointer).mapv(|label| label as usize)
}

/// Agreement to 1e-9, relative to the largest expected entry.
#[track_caller]
fn assert_close(what: &str, got: &Array1<f64>, expected: &Array1<f64>) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    let scale = expected.iter().fold(0.0, |largest: f64, e| largest.max(e.abs()));
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= TOLERANCE * scale, "{what}[{i}]: got {g}, expected {e}");
    }
}

#[track_caller]
fn assert_number(what: &str, got: f64, expected: f64) {
    assert_close(what, &Array1::from_elem(1, got), &Array1::from_elem(1, expected));
}

fn head(x: &Array1<f64>, count: usize) -> Array1<f64> {
    x.iter().take(count).copied().collect()
}

fn tail(x: &Array1<f64>, count: usize) -> Array1<f64> {
    x.iter().skip(x.len() - count).copied().collect()
}

fn theta(n_params: usize) -> Array1<f64> {
    Array1::from_shape_fn(n_params, |i| 0.1 * (i as f64 + 1.0).sin())
}

fn cosines(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (i as f64 + 1.0).cos())
}

/// The first `n` images of the files as pixel / 255.
fn first_images(n: usize) -> (Array2<f64>, Array1<usize>) {
    let (images, labels) = read_mnist_7x7(&data_dir()).expect("the data files are there");
    let x = Array2::from_shape_fn((n, 49), |(i, p)| f64::from(images[[i, p / 7, p % 7]]) / 255.0);
    (x, labels.iter().take(n).copied().collect())
}

#[test]
fn data_files() {
    let (images, labels) = read_mnist_7x7(&data_dir()).expect("the data files are there");
    let first: Array1<f64> = labels.iter().take(20).map(|&label| label as f64).collect();
    assert_close("labels", &first, &vector("/data/labels_first_20"));
    let pixels: Array1<f64> = images.index_axis(Axis(0), 0).iter().map(|&p| f64::from(p)).collect();
    assert_close("pixels", &pixels, &vector("/data/pixels_of_sample_0"));
    let first_300: f64 = images
        .outer_iter()
        .take(300)
        .flat_map(|image| image.into_iter().map(|&p| f64::from(p)).collect::<Vec<_>>())
        .sum();
    let (x, _) = first_images(300);
    assert_number("mean pixel", x.sum() / x.len() as f64, number("/data/mean_of_pixel_over_255"));
    assert_number("deviation of pixels", x.std(1.0), number("/data/std_of_pixel_over_255"));
    assert_number("pixel sum", first_300, number("/data/pixel_sum_first_300"));
}

struct Case<M> {
    name: &'static str,
    model: M,
    x: Array2<f64>,
    y: Array1<usize>,
}

impl<M: Model> Case<M> {
    fn at(&self, key: &str) -> String {
        format!("/{}/{key}", self.name)
    }

    fn hessian(&self) -> Hessian {
        Hessian::new(&self.model, &self.x, &self.y)
    }

    fn loss_gradient_and_product(&self) {
        let (model, x, y) = (&self.model, &self.x, &self.y);
        assert_number("loss", model.loss(x, y), number(&self.at("loss")));
        assert_close("logits", &model.logits(x).row(0).to_owned(), &vector(&self.at("logits_of_sample_0")));
        let gradient = model.gradient(x, y);
        assert_number("gradient norm", norm(&gradient), number(&self.at("grad_norm")));
        assert_close("gradient", &head(&gradient, 10), &vector(&self.at("grad_first_10")));
        assert_close("gradient", &tail(&gradient, 10), &vector(&self.at("grad_last_10")));
        self.product("H", &self.hessian());
    }

    /// The product of the operator `name` with the cosines.
    fn product(&self, name: &str, operator: &dyn SymmetricOperator) {
        let v = cosines(self.model.n_params());
        let product = operator.apply(&v);
        let at = |key: &str| self.at(&format!("{name}v_{key}"));
        assert_number(&at("norm"), norm(&product), number(&at("norm")));
        assert_close(&at("first"), &head(&product, 10), &vector(&at("first_10")));
        assert_close(&at("last"), &tail(&product, 10), &vector(&at("last_10")));
        if name == "H" {
            assert_number("vHv", v.dot(&product), number(&self.at("vHv")));
        }
    }

    /// What the whole matrix of the operator `name` says, and the matrix.
    fn spectrum(&self, name: &str, operator: &dyn SymmetricOperator) -> Array2<f64> {
        let matrix = to_dense(operator);
        let at = |key: &str| self.at(&format!("{name}_{key}"));
        assert_number(&at("trace"), matrix.diag().sum(), number(&at("trace")));
        assert_number(&at("fro_squared"), frobenius_squared(&matrix), number(&at("fro_squared")));
        assert_close(&at("diagonal"), &head(&matrix.diag().to_owned(), 10), &vector(&at("diag_first_10")));
        let values = eigvalsh(&matrix);
        let largest = tail(&values, 5).iter().rev().copied().collect();
        assert_close(&at("largest"), &largest, &vector(&at("5_largest_eigenvalues")));
        // Relative to all of the spectrum: the smallest of a semidefinite matrix are rounding.
        let (smallest, scale) = (head(&values, 5), values[values.len() - 1]);
        let difference = smallest - vector(&at("5_smallest_eigenvalues"));
        assert!(difference.iter().all(|d| d.abs() <= TOLERANCE * scale), "{}: off by {difference}", at("smallest"));
        matrix
    }

    fn tangent_kernel(&self, n: usize) {
        let x = self.x.select(Axis(0), &(0..n).collect::<Vec<_>>());
        let k = entk_explicit(&self.model, &x);
        let at = |key: &str| self.at(&format!("entk/sum_of_logits/{key}"));
        assert_close("row", &head(&k.row(0).to_owned(), 5), &vector(&at("first_row_first_5")));
        assert_number("trace", k.diag().sum(), number(&at("trace")));
        assert_close(
            "eigenvalues",
            &tail(&eigvalsh(&k), 5).iter().rev().copied().collect(),
            &vector(&at("top_5_eigenvalues")),
        );
        // The kernel of all outputs is the sum of those of single logits.
        let classes = self.model.logits(&x).ncols();
        let mut all = Array2::zeros((n, n));
        for class in 0..classes {
            all += &to_dense(&Entk::of_logit(&self.model, &x, class));
        }
        let of_all = |key: &str| self.at(&format!("entk/trace_over_outputs/{key}"));
        assert_eq!(classes as f64, number(&of_all("C")));
        assert_close("row, all outputs", &head(&all.row(0).to_owned(), 5), &vector(&of_all("first_row_first_5")));
        assert_number("trace, all outputs", all.diag().sum(), number(&of_all("trace")));
        let top = tail(&eigvalsh(&all), 5).iter().rev().copied().collect();
        assert_close("eigenvalues, all outputs", &top, &vector(&of_all("top_5_eigenvalues")));
        let product = Entk::new(&self.model, &x).apply(&cosines(n));
        assert_number("Ku norm", norm(&product), number(&at("Ku_norm")));
        assert_close("Ku", &head(&product, 5), &vector(&at("Ku_first_5")));
    }
}

impl Case<Mlp> {
    /// The kernel's product, as a student writes it.
    fn exercise(&self, n: usize) {
        let (x, u) = (self.x.select(Axis(0), &(0..n).collect::<Vec<_>>()), cosines(n));
        assert_close("Ku", &entk_matvec(&self.model, &x, &u), &Entk::new(&self.model, &x).apply(&u));
    }
}

fn toy() -> Case<Mlp> {
    let model = Mlp::with_params(&[5, 4, 3], vector("/toy_5_4_3/theta_all"));
    Case { name: "toy_5_4_3", model, x: matrix("/toy_5_4_3/X"), y: labels("/toy_5_4_3/y") }
}

fn digits() -> Case<Mlp> {
    let (x, y) = first_images(300);
    Case { name: "mlp_49_32_32_10", model: Mlp::with_params(&[49, 32, 32, 10], theta(2986)), x, y }
}

#[test]
fn toy_network() {
    let case = toy();
    case.loss_gradient_and_product();
    let h = case.spectrum("H", &case.hessian());
    let expected = matrix("/toy_5_4_3/H_all");
    assert_close("H", &h.iter().copied().collect(), &expected.iter().copied().collect());
    assert_close("gradient", &case.model.gradient(&case.x, &case.y), &vector("/toy_5_4_3/grad_all"));
    assert_close("Hv", &case.hessian().apply(&cosines(39)), &vector("/toy_5_4_3/Hv_all"));
    assert_close("eigenvalues", &eigvalsh(&h), &vector("/toy_5_4_3/H_eigenvalues_all"));
    case.tangent_kernel(7);
    case.exercise(7);
}

#[test]
fn network_on_digits() {
    let case = digits();
    case.loss_gradient_and_product();
    case.spectrum("H", &case.hessian());
    case.tangent_kernel(200);
    case.exercise(200);
}

/// Two convolutional networks: one whose channels fill no vector of the machine, and that of the course.
fn convolutions() -> [Case<Cnn>; 2] {
    let small = Array2::from_shape_fn((12, 30), |(i, j)| (0.7 * (30 * i + j + 1) as f64).cos());
    let labels = Array1::from_shape_fn(12, |i| i % 4);
    let (x, y) = first_images(100);
    [
        Case { name: "cnn_5x6_2_3_4", model: Cnn::with_params([5, 6], &[2, 3], 4, theta(105)), x: small, y: labels },
        Case { name: "cnn_7x7_8_16_10", model: Cnn::with_params([7, 7], &[8, 16], 10, theta(2698)), x, y },
    ]
}

#[test]
fn convolutional_networks() {
    for (case, n) in convolutions().iter().zip([12, 50]) {
        case.loss_gradient_and_product();
        case.spectrum("H", &case.hessian());
        let gauss_newton = GaussNewton::new(&case.model, &case.x, &case.y);
        case.product("G", &gauss_newton);
        case.tangent_kernel(n);
    }
    let [small, _] = convolutions();
    let v = cosines(105);
    let gauss_newton = GaussNewton::new(&small.model, &small.x, &small.y);
    small.spectrum("G", &gauss_newton);
    assert_close("gradient", &small.model.gradient(&small.x, &small.y), &vector("/cnn_5x6_2_3_4/grad_all"));
    assert_close("Hv", &small.hessian().apply(&v), &vector("/cnn_5x6_2_3_4/Hv_all"));
    assert_close("Gv", &gauss_newton.apply(&v), &vector("/cnn_5x6_2_3_4/Gv_all"));
}

#[test]
fn quadrature_from_one_probe() {
    let a = Dense::new(Array2::from_diag(&Array1::linspace(-2.0, 4.0, 40)));
    let z = vector("/slq/one_probe/z_values");
    let run = lanczos(&a, &z, 10, Reorthogonalization::Full);
    assert_close("alpha", &run.alpha, &vector("/slq/one_probe/alphas"));
    assert_close("beta", &run.beta, &vector("/slq/one_probe/betas"));
    let ritz = run.ritz();
    assert_close("nodes", &ritz.values, &vector("/slq/one_probe/ritz_values"));
    let weights = ritz.vectors.row(0).mapv(|first| first * first);
    assert_close("weights", &weights, &vector("/slq/one_probe/weights"));
    let (grid, sigma) = (vector("/slq/grid"), number("/slq/sigma"));
    let density = smooth(&Quadrature::known(ritz.values, weights * 40.0), &grid, sigma);
    assert_close("density", &density, &vector("/slq/one_probe/density_values"));
    let exact = smooth(&Quadrature::known(Array1::linspace(-2.0, 4.0, 40), Array1::ones(40)), &grid, sigma);
    assert_close("exact density", &exact, &vector("/slq/exact_density_values"));
}

#[test]
fn angles() {
    let (u, v) = (matrix("/principal_angle/U_rows"), matrix("/principal_angle/V_rows"));
    assert_number("angle", principal_angle(&u, &v), number("/principal_angle/largest_angle_radians"));
    assert_number("sine", sin_theta(&u, &v), number("/principal_angle/sin_largest_angle"));
    assert_close("angles", &principal_angles(&u, &v), &vector("/principal_angle/all_angles_descending"));
    let cosines = principal_angles(&u, &v).iter().rev().map(|angle| angle.cos()).collect();
    assert_close("cosines", &cosines, &vector("/principal_angle/cosines_descending"));
    let t = number("/principal_angle/nearly_equal/t");
    let mut u = Array2::zeros((5, 3));
    let mut v = Array2::zeros((5, 3));
    for i in 0..3 {
        u[[i, i]] = 1.0;
        v[[i, i]] = 1.0;
    }
    v[[0, 0]] = t.cos();
    v[[3, 0]] = t.sin();
    assert_number("small angle", principal_angle(&u, &v), number("/principal_angle/nearly_equal/exact_angle"));
}

#[test]
fn perturbation() {
    let (a, e) = (matrix("/perturbation/A_rows"), matrix("/perturbation/E_rows"));
    assert_number("norm", spectral_norm(&e), number("/perturbation/E_norm_2"));
    assert_close("A", &eigvalsh(&a), &vector("/perturbation/A_eigenvalues_ascending"));
    assert_close("A + E", &eigvalsh(&(&a + &e)), &vector("/perturbation/A_plus_E_eigenvalues_ascending"));
    let alphas = vector("/perturbation/weyl/alphas");
    assert_close("bounds", &(&alphas * spectral_norm(&e)), &vector("/perturbation/weyl/bound"));
    assert_close("shifts", &weyl_shifts(&a, &e, &alphas), &vector("/perturbation/weyl/largest_shift"));
    for case in reference("/perturbation/davis_kahan").as_array().expect("cases") {
        let k = case["k"].as_u64().expect("k") as usize;
        let (before, after) = (eigh(&a), eigh(&(&a + &e)));
        let sine = sin_theta(&before.top(k), &after.top(k));
        let expected = |key: &str| case[key].as_f64().unwrap_or_else(|| panic!("{key} is a number"));
        assert_number("sine", sine, expected("sin_largest_angle"));
        // Eigenvalue k counted from the largest, of six.
        let (norm, lambda) = (spectral_norm(&e), |values: &Array1<f64>, k: usize| values[6 - k]);
        let gap = lambda(&before.values, k) - lambda(&before.values, k + 1);
        assert_number("gap", gap, expected("gap"));
        assert_number("bound by the gap", norm / gap, expected("E_norm_over_gap"));
        assert_number("bound by twice that", 2.0 * norm / gap, expected("two_E_norm_over_gap"));
        let separation = lambda(&before.values, k) - lambda(&after.values, k + 1);
        assert_number("bound by the separation", norm / separation, expected("E_norm_over_separation"));
    }
}

/// The test's own measure of agreement rejects what is off by more than it allows.
#[test]
#[should_panic(expected = "x[1]: got 2.00001, expected 2")]
fn disagreement_is_seen() {
    assert_close("x", &ndarray::array![1.0, 2.00001], &ndarray::array![1.0, 2.0]);
}
