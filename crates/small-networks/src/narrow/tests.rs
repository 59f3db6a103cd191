use super::*;
use matrix_free::probe::{gaussian_matrix, rng};
use ndarray::Array2;

fn to_array(narrow: &Narrow) -> Array2<f64> {
    let entries: Vec<f64> = narrow.all().into_rows().flatten().copied().collect();
    Array2::from_shape_vec((narrow.n_rows(), narrow.n_columns), entries).expect("the entries fill the shape")
}

#[track_caller]
fn assert_close(got: &Narrow, expected: &ArrayRef2<f64>) {
    assert_eq!((got.n_rows(), got.n_columns), expected.dim());
    let largest = (to_array(got) - expected).iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    assert!(largest < 1e-12, "off by {largest}");
    let filling = got.data.chunks_exact(got.stride).flat_map(|row| &row[got.n_columns..]);
    assert!(filling.into_iter().all(|&zero| zero == 0.0), "rows are filled up with zeros");
}

/// Every height and width of a tile, against ndarray.
#[test]
fn products_of_all_shapes() {
    for n_rows in 1..=27 {
        for n_columns in [1, 7, 8, 9, 16, 20, 24, 32, 33, 49, 70] {
            let inner = 1 + (n_rows + n_columns) % 5;
            let draw = |rows, columns, seed| gaussian_matrix(rows, columns, &mut rng(seed));
            let (a, b) = (draw(n_rows, inner, 1), draw(inner, n_columns, 2));
            let (c, row) = (draw(n_rows, n_columns, 3), draw(1, n_columns, 4));
            let [of_a, transposed, of_b, of_row] =
                [a.view(), a.t(), b.view(), row.view()].map(|a| Narrow::from_array(&a));
            let mut got = Narrow::zeros(n_rows, n_columns);
            got.all_mut().product(Onto::Zero, of_a.all(), of_b.all());
            assert_close(&got, &a.dot(&b));
            got.all_mut().transposed_product(Onto::Row(of_row.all()), transposed.all(), of_b.all());
            assert_close(&got, &(a.dot(&b) + &row));
            let mut got = Narrow::from_array(&c);
            got.all_mut().product(Onto::Itself, of_a.all(), of_b.all());
            assert_close(&got, &(a.dot(&b) + &c));
        }
    }
}

#[test]
fn strips_are_rows_of_the_whole() {
    let (a, b) = (gaussian_matrix(50, 9, &mut rng(1)), gaussian_matrix(9, 20, &mut rng(2)));
    let (a, b) = (Narrow::from_array(&a), Narrow::from_array(&b));
    let (mut whole, mut strips) = (Narrow::zeros(50, 20), Narrow::zeros(50, 20));
    whole.all_mut().product(Onto::Zero, a.all(), b.all());
    for range in [0..7, 7..50] {
        strips.strip_mut(&range).product(Onto::Zero, a.strip(&range), b.all());
    }
    assert_eq!(*whole.data, *strips.data);
}
