use super::*;
use ndarray::array;

#[test]
fn eigenpairs_reproduce_the_matrix() {
    let a = array![[4.0, 1.0, -2.0], [1.0, 2.0, 0.5], [-2.0, 0.5, -3.0]];
    let Eigh { values, vectors } = eigh(&a);
    let rebuilt = vectors.dot(&Array2::from_diag(&values)).dot(&vectors.t());
    assert!((&rebuilt - &a).iter().all(|d| d.abs() < 1e-14), "{rebuilt} against {a}");
    assert!((&eigvalsh(&a) - &values).iter().all(|d| d.abs() < 1e-14));
    assert!(values.windows(2).into_iter().all(|w| w[0] <= w[1]), "ascending: {values}");
}

#[test]
fn qr_reproduces_the_matrix() {
    let a = array![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]];
    let (q, r) = qr(&a);
    assert!((&q.dot(&r) - &a).iter().all(|d| d.abs() < 1e-14));
    assert!((&q.t().dot(&q) - &Array2::<f64>::eye(2)).iter().all(|d| d.abs() < 1e-14));
}

/// Powers of two change no digit, so that the scale is the only difference.
#[test]
fn results_scale_with_the_matrix() {
    let a = array![[4.0, 1.0, -2.0], [1.0, 2.0, 0.5], [-2.0, 0.5, -3.0]];
    let x = array![1.0, -2.0, 0.5];
    for power in [-1000, -560, -30, 30, 500, 1000] {
        let scale = 2.0_f64.powi(power);
        let close = |got: &Array2<f64>, expected: &Array2<f64>, what: &str| {
            let largest = (got - expected).iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
            assert!(
                got.iter().all(|v| v.is_finite()) && largest < 1e-13,
                "{what} at 2^{power}: {got} against {expected}"
            );
        };
        let column = |x: Array1<f64>| x.insert_axis(ndarray::Axis(1));
        let (one, other) = (eigh(&a), eigh(&(&a * scale)));
        close(&column(other.values / scale), &column(one.values), "eigh");
        close(&other.vectors.mapv(f64::abs), &one.vectors.mapv(f64::abs), "vectors");
        close(&column(eigvalsh(&(&a * scale)) / scale), &column(eigvalsh(&a)), "eigvalsh");
        close(&column(singular_values(&(&a * scale)) / scale), &column(singular_values(&a)), "singular values");
        let ((q, r), (q_scaled, r_scaled)) = (qr(&a), qr(&(&a * scale)));
        close(&q_scaled, &q, "Q");
        close(&(r_scaled / scale), &r, "R");
        close(&column(solve(&(&a * scale), &(&x * scale))), &column(solve(&a, &x)), "the solution");
        assert_eq!(norm(&(&x * scale)) / scale, norm(&x), "the norm at 2^{power}");
    }
    assert!(norm(&array![1.0, f64::NAN]).is_nan());
    assert!(norm(&array![f64::INFINITY, 1.0]).is_infinite());
    assert_eq!(norm(&array![0.0, 0.0]), 0.0);
}

#[test]
fn solutions_solve() {
    let a = array![[0.0, 2.0, 1.0], [1.0, -1.0, 3.0], [4.0, 0.5, -2.0]];
    let x = array![1.0, -2.0, 0.5];
    assert!((&solve(&a, &a.dot(&x)) - &x).iter().all(|d| d.abs() < 1e-15));
    let (a, x) = (a.mapv(|v| v as f32), x.mapv(|v| v as f32));
    assert!((&solve_f32(&a, &a.dot(&x)) - &x).iter().all(|d| d.abs() < 1e-6));
}

#[test]
#[should_panic(expected = "a must not be singular, got a pivot of zero")]
fn names_the_singular_matrix() {
    solve(&array![[1.0, 2.0], [2.0, 4.0]], &array![1.0, 1.0]);
}

#[test]
fn statistics_divide_by_one_less() {
    assert_eq!(variance(&array![1.0, 3.0]), 2.0);
    assert_eq!(median(&array![5.0, 1.0, 2.0, 3.0]), 2.5);
    assert_eq!(trapezoid(&array![0.0, 1.0, 1.0], &array![0.0, 1.0, 3.0]), 2.5);
}

#[test]
fn products_of_all_layouts() {
    let all = Array2::from_shape_fn((12, 15), |(i, j)| ((3 * i + 7 * j) % 11) as f64);
    let a = all.slice(ndarray::s![..4, ..6]);
    let b = all.slice(ndarray::s![4..10;-1, 1..;3]);
    let column_major = |m: &ArrayRef2<f64>| m.t().as_standard_layout().into_owned().reversed_axes();
    for a in [a.to_owned(), column_major(&a)] {
        for b in [b.to_owned(), column_major(&b)] {
            assert_eq!(product(&a, &b), a.dot(&b));
        }
    }
    assert_eq!(product(&a, &b), a.dot(&b));
    assert_eq!(product(&a.t(), &a), a.t().dot(&a));
}

#[test]
#[should_panic(expected = "a must be finite everywhere, got NaN at [1, 0]")]
fn names_the_entry_that_is_not_finite() {
    eigvalsh(&array![[1.0, 0.0], [f64::NAN, 1.0]]);
}

#[test]
#[should_panic(expected = "a must be a square matrix, got shape (1, 2)")]
fn names_the_shape_that_is_not_square() {
    eigvalsh(&array![[1.0, 0.0]]);
}
