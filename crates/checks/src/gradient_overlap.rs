use ndarray::{Array1, Array2, ArrayView1, Axis, array};

use super::report::report;
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;
use matrix_free::linalg::{norm, orthonormalize};
use matrix_free::probe::{Probe, gaussian_matrix, rng};

type GradientOverlap = fn(&Array1<f64>, &Array2<f64>) -> Array1<f64>;

/// Checks exercise 4/5.1: bases that are square and tall, in the axes and at random, one vector and all of them, signs, three scales.
pub fn gradient_overlap(student: GradientOverlap) -> Card {
    report("4/5.1", |report| {
        judge(
            report,
            &cases(),
            |input| student(&input.gradient, &input.vectors),
            |input| estimators::gradient_overlap(&input.gradient, &input.vectors),
            &suspects(),
            "Compare step by step with the hint's example: the components v_i^T g, their squares, the running sum, and ||g||^2 below",
        )
    })
}

struct Input {
    gradient: Array1<f64>,
    vectors: Array2<f64>,
}

fn cases() -> Vec<Case<Input>> {
    let case = |what: &str, gradient: Array1<f64>, vectors: Array2<f64>| Case::new(what, Input { gradient, vectors });
    // Orthogonal and not symmetric.
    let turned = || array![[2.0, -2.0, 1.0], [1.0, 2.0, 2.0], [2.0, 1.0, -2.0]] / 3.0;
    let (gradient, vectors) =
        (Probe::Gaussian.draw(40, &mut rng(1)), orthonormalize(&gaussian_matrix(40, 5, &mut rng(2))));
    let inside = vectors.dot(&array![1.0, -2.0, 0.5, -0.1, 3.0]);
    let flipped = &vectors * &array![-1.0, 1.0, -1.0, 1.0, -1.0];
    let shape =
        "`vectors` has one column per eigenvector and one row per parameter: `vectors.t().dot(gradient)` has length k";
    let cases = vec![
        case("all three directions of space: the last share is 1", array![3.0, 1.0, -4.0], turned()),
        case(
            "for (3, 0, 4) and the first two axes it is 0.36 twice",
            array![3.0, 0.0, 4.0],
            array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
        )
        .note(shape),
        case(
            "for (1, -2, 2, 0) and the axes in another order",
            array![1.0, -2.0, 2.0, 0.0],
            array![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
        ),
        case("a single vector", array![2.0, -1.0, 2.0], turned().select(Axis(1), &[1])),
        case("a single parameter", array![-0.5], array![[1.0]]),
        case("five of 40 random directions", gradient.clone(), vectors.clone()),
        case("the sign of an eigenvector does not matter", gradient.clone(), flipped),
        case("a gradient in their span: the last share is 1", inside, vectors.clone()),
        case(
            "a gradient orthogonal to the first two axes: both shares are 0",
            array![0.0, 0.0, 5.0],
            array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
        )
        .note("Divide by the squared length of the whole gradient, not of the part in the span"),
        case("it does not change when the gradient is multiplied by 1e-8", &gradient * 1e-8, vectors.clone())
            .note(FIXED_NUMBER),
        case("nor by 1e8", &gradient * 1e8, vectors).note(FIXED_NUMBER),
    ];
    cases.into_iter().map(|case| case.slack(1e-12)).collect()
}

fn running_sum(numbers: &Array1<f64>) -> Array1<f64> {
    let mut sum = 0.0;
    numbers.mapv(|x| {
        sum += x;
        sum
    })
}

fn suspects() -> Vec<Suspect<Input, Array1<f64>>> {
    type Parts = fn(&Array1<f64>, &Array1<f64>) -> Array1<f64>;
    // From the components and the gradient.
    let wrong: [(&str, Parts); 24] = [
        ("These are the shares of single eigenvectors; add them up from the first to the j-th", |c, g| {
            c * c / g.dot(g)
        }),
        ("Square each component; this sums their absolute values", |c, g| running_sum(&c.mapv(f64::abs)) / g.dot(g)),
        ("Square each component; this sums their absolute values", |c, g| running_sum(&c.mapv(f64::abs)) / norm(g)),
        ("The components are added with their signs; square each before you add", |c, g| running_sum(c) / g.dot(g)),
        ("The components are added with their signs; square each before you add", |c, g| running_sum(c) / norm(g)),
        ("Negative components are left out; the square of each one counts", |c, g| {
            running_sum(&c.mapv(|c| c.max(0.0) * c)) / g.dot(g)
        }),
        ("This is the share of all k alone; return one for each j from 1 to k", |c, g| array![c.dot(c) / g.dot(g)]),
        ("There is one entry too many; the first one is the share of the first eigenvector", |c, g| {
            let squares: Array1<f64> = [0.0].into_iter().chain(c.iter().map(|x| x * x)).collect();
            running_sum(&squares) / g.dot(g)
        }),
        ("The sum is squared; square each component before you add", |c, g| running_sum(c).mapv(|s| s * s) / g.dot(g)),
        ("This is the share of the length; take that of the squared length, without a root", |c, g| {
            running_sum(&(c * c)).mapv(f64::sqrt) / norm(g)
        }),
        ("Divide by ||g||^2, not by ||g||", |c, g| running_sum(&(c * c)) / norm(g)),
        ("Divide by ||g||^2; these are squared lengths, not shares", |c, _| running_sum(&(c * c))),
        ("The length of g is divided out twice; divide by ||g||^2 once", |c, g| {
            running_sum(&(c * c)) / g.dot(g).powi(2)
        }),
        ("This divides by the part of g in the span; divide by the squared length of the whole gradient", |c, _| {
            running_sum(&(c * c)) / c.dot(c)
        }),
        ("These are the shares outside the span; return those inside", |c, g| 1.0 - running_sum(&(c * c)) / g.dot(g)),
        ("The sum is one step late: entry 0 holds the share of the first eigenvector", |c, g| {
            let squares = c * c;
            (running_sum(&squares) - &squares) / g.dot(g)
        }),
        ("The sum runs from the last eigenvector; begin with the first column", |c, g| {
            let reversed: Array1<f64> = c.iter().rev().map(|x| x * x).collect();
            running_sum(&reversed) / g.dot(g)
        }),
        ("The sum runs from the last eigenvector; begin with the first column", |c, g| {
            let reversed: Array1<f64> = c.iter().rev().map(|x| x * x).collect();
            running_sum(&reversed).iter().rev().copied().collect::<Array1<f64>>() / g.dot(g)
        }),
        ("The shares are summed twice", |c, g| running_sum(&running_sum(&(c * c))) / g.dot(g)),
        ("Every entry holds the share of all k; entry j belongs to the first j + 1", |c, g| {
            Array1::from_elem(c.len(), c.dot(c) / g.dot(g))
        }),
        ("This is the mean over the first j; the shares are added, not averaged", |c, g| {
            let sums = running_sum(&(c * c)) / g.dot(g);
            sums.iter().zip(1..).map(|(sum, j)| sum / f64::from(j)).collect()
        }),
        ("The shares are sorted; keep the order of the columns", |c, g| {
            let mut squares = (c * c).to_vec();
            squares.sort_by(|x, y| y.total_cmp(x));
            running_sum(&squares.into()) / g.dot(g)
        }),
        (
            "This divides by the sum of the absolute entries; divide by the squared length, `gradient.dot(gradient)`",
            |c, g| running_sum(&(c * c)) / g.mapv(f64::abs).sum(),
        ),
        ("This divides by the number of parameters; divide by the squared length of the gradient", |c, g| {
            running_sum(&(c * c)) / g.len() as f64
        }),
    ];
    let of_components = wrong.into_iter().map(|(cause, gives)| {
        Suspect::new(cause, move |input: &Input| gives(&input.vectors.t().dot(&input.gradient), &input.gradient))
    });
    // Where there are fewer columns than rows, a matrix product stops with a message of its own.
    let rows = Suspect::new(
        "These are inner products with the rows; the eigenvectors are the columns",
        |Input { gradient, vectors }: &Input| {
            let along = |row: ArrayView1<f64>| row.iter().zip(gradient).map(|(v, g)| v * g).sum::<f64>();
            let components: Array1<f64> = vectors.rows().into_iter().map(along).collect();
            running_sum(&(&components * &components)) / gradient.dot(gradient)
        },
    );
    of_components.chain([rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        let truth = |input: &Input| estimators::gradient_overlap(&input.gradient, &input.vectors);
        assert_told_apart(&cases(), truth, &suspects());
    }
}
