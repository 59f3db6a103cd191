use matrix_free::linalg::norm;
use ndarray::{Array1, Array2, s};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

// 4/5.1 where the gradient lives

type Student = fn(&Array1<f64>, &Array2<f64>) -> Array1<f64>;

fn running_sum(numbers: &Array1<f64>) -> Array1<f64> {
    (1..=numbers.len()).map(|j| numbers.slice(s![..j]).sum()).collect()
}

/// The squares of the components along the eigenvectors.
fn squares(gradient: &Array1<f64>, vectors: &Array2<f64>) -> Array1<f64> {
    vectors.t().dot(gradient).mapv(|c| c * c)
}

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("These are the shares of single eigenvectors"), |g, v| squares(g, v) / g.dot(g)),
        (Cause("this sums their absolute values"), |g, v| running_sum(&v.t().dot(g).mapv(f64::abs)) / norm(g)),
        (Cause("this sums their absolute values"), |g, v| running_sum(&v.t().dot(g).mapv(f64::abs)) / g.dot(g)),
        (Cause("The components are added with their signs"), |g, v| running_sum(&v.t().dot(g)) / norm(g)),
        (Cause("The components are added with their signs"), |g, v| running_sum(&v.t().dot(g)) / g.dot(g)),
        (Cause("The sum is squared"), |g, v| running_sum(&v.t().dot(g)).mapv(|sum| sum * sum) / g.dot(g)),
        (Cause("This is the share of the length"), |g, v| solutions::gradient_overlap(g, v).mapv(f64::sqrt)),
        (Cause("not by ||g||"), |g, v| running_sum(&squares(g, v)) / norm(g)),
        (Cause("these are squared lengths, not shares"), |g, v| running_sum(&squares(g, v))),
        (Cause("divided out twice"), |g, v| {
            // A unit vector, and the squared length once more.
            running_sum(&squares(&(g / norm(g)), v)) / g.dot(g)
        }),
        (Cause("This divides by the part of g in the span"), |g, v| running_sum(&squares(g, v)) / squares(g, v).sum()),
        (Cause("These are the shares outside the span"), |g, v| 1.0 - solutions::gradient_overlap(g, v)),
        (Cause("The sum is one step late"), |g, v| {
            let mut shares = solutions::gradient_overlap(g, v);
            for j in (1..shares.len()).rev() {
                shares[j] = shares[j - 1];
            }
            shares[0] = 0.0;
            shares
        }),
        (Cause("The sum runs from the last eigenvector"), |g, v| {
            solutions::gradient_overlap(g, &v.slice(s![.., ..;-1]).to_owned())
        }),
        (Cause("The sum runs from the last eigenvector"), |g, v| {
            let shares = solutions::gradient_overlap(g, &v.slice(s![.., ..;-1]).to_owned());
            shares.slice(s![..;-1]).to_owned()
        }),
        (Cause("The shares are summed twice"), |g, v| running_sum(&solutions::gradient_overlap(g, v))),
        (Cause("Every entry holds the share of all k"), |g, v| {
            Array1::from_elem(v.ncols(), squares(g, v).sum() / g.dot(g))
        }),
        (Cause("This is the mean over the first j"), |g, v| {
            let shares = squares(g, v) / g.dot(g);
            (1..=shares.len()).map(|j| shares.slice(s![..j]).mean().unwrap_or(0.0)).collect()
        }),
        (Cause("The shares are sorted"), |g, v| {
            let mut shares = (squares(g, v) / g.dot(g)).to_vec();
            shares.sort_by(|x, y| y.total_cmp(x));
            running_sum(&Array1::from(shares))
        }),
        (Cause("This divides by the sum of the absolute entries"), |g, v| {
            running_sum(&squares(g, v)) / g.iter().map(|x| x.abs()).sum::<f64>()
        }),
        (Cause("This divides by the number of parameters"), |g, v| running_sum(&squares(g, v)) / g.len() as f64),
        (Cause("These are inner products with the rows"), |g, v| running_sum(&v.dot(g).mapv(|c| c * c)) / g.dot(g)),
        (Cause("These are inner products with the rows"), |g, v| {
            let components: Array1<f64> =
                v.rows().into_iter().map(|row| row.iter().zip(g).map(|(v, g)| v * g).sum()).collect();
            running_sum(&components.mapv(|c| c * c)) / g.dot(g)
        }),
        // The largest component alone.
        (Difference("Compare step by step"), |g, v| {
            let squares = squares(g, v);
            (1..=squares.len())
                .map(|j| squares.iter().take(j).fold(0.0, |largest: f64, x| largest.max(*x)) / g.dot(g))
                .collect()
        }),
        // The total alone.
        (Cause("This is the share of all k alone"), |g, v| Array1::from_elem(1, squares(g, v).sum() / g.dot(g))),
        // A zero in front.
        (Cause("There is one entry too many"), |g, v| {
            let mut shares = vec![0.0];
            shares.extend(solutions::gradient_overlap(g, v));
            Array1::from(shares)
        }),
        (Difference("Is something compared with a fixed number"), |g, v| {
            running_sum(&squares(g, v)) / (g.dot(g) + 1e-12)
        }),
        (Difference("Is something compared with a fixed number"), |g, v| {
            if norm(g) < 1e-6 { Array1::zeros(v.ncols()) } else { solutions::gradient_overlap(g, v) }
        }),
        (Difference("digits are lost"), |g, v| solutions::gradient_overlap(&g.mapv(|x| f64::from(x as f32)), v)),
        (Cause("Negative components are left out"), |g, v| {
            running_sum(&v.t().dot(g).mapv(|c| if c > 0.0 { c * c } else { 0.0 })) / g.dot(g)
        }),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::gradient_overlap(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("gradient_overlap", wrong());
}

#[test]
fn right_versions_pass() {
    let right: &[Student] = &[
        |g, v| running_sum(&squares(g, v)) / g.dot(g),
        // A unit vector first.
        |g, v| running_sum(&squares(&(g / norm(g)), v)),
        // The length of the projection onto the first j.
        |g, v| {
            (1..=v.ncols())
                .map(|j| {
                    let leading = v.slice(s![.., ..j]);
                    let inside = leading.dot(&leading.t().dot(g));
                    (norm(&inside) / norm(g)).powi(2)
                })
                .collect()
        },
        // What the columns leave, by Pythagoras.
        |g, v| {
            let mut rest = g.clone();
            v.columns()
                .into_iter()
                .map(|column| {
                    let along = column.dot(&rest);
                    rest.scaled_add(-along, &column);
                    1.0 - rest.dot(&rest) / g.dot(g)
                })
                .collect()
        },
        // A loop.
        |g, v| {
            let mut shares = Array1::zeros(v.ncols());
            let mut sum = 0.0;
            for j in 0..v.ncols() {
                sum += v.column(j).dot(g).powi(2) / g.dot(g);
                shares[j] = sum;
            }
            shares
        },
    ];
    for student in right {
        assert_passed(check::gradient_overlap(*student));
    }
}
