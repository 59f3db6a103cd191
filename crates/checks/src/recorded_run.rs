//! A Lanczos run as the operator saw it: its Ritz pairs with their residuals, and the residuals that usual mistakes give.

use ndarray::{Array1, Array2, Axis, stack};

use matrix_free::linalg::{Eigh, eigh, norm};

/// What follows from the vectors that reached the operator, one per step.
pub(super) struct RecordedRun<'a> {
    a: &'a Array2<f64>,
    q: Array2<f64>,
    t: Array2<f64>,
    /// The eigenpairs of T, ascending.
    pub(super) ritz: Eigh,
}

impl<'a> RecordedRun<'a> {
    pub(super) fn new(a: &'a Array2<f64>, vectors: &[Array1<f64>]) -> Self {
        let units: Vec<Array1<f64>> = vectors.iter().map(|v| v / norm(v)).collect();
        let views: Vec<_> = units.iter().map(|v| v.view()).collect();
        let q = stack(Axis(1), &views).unwrap_or_else(|_| Array2::zeros((a.nrows(), vectors.len())));
        let t = q.t().dot(&a.dot(&q));
        let ritz = eigh(&((&t + &t.t()) / 2.0));
        Self { a, q, t, ritz }
    }

    pub(super) fn steps(&self) -> usize {
        self.t.nrows()
    }

    /// Q, whose columns are the unit vectors along those that reached the operator.
    pub(super) fn basis(&self) -> &Array2<f64> {
        &self.q
    }

    /// The indices of the `k` Ritz values for which `key` is largest, in descending order.
    pub(super) fn top(&self, k: usize, key: impl Fn(f64) -> f64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.steps()).collect();
        order.sort_by(|&i, &j| key(self.ritz.values[j]).total_cmp(&key(self.ritz.values[i])));
        order.truncate(k);
        order
    }

    /// The Ritz vector `Q u` of the pair `i`.
    pub(super) fn vector(&self, i: usize) -> Array1<f64> {
        self.q.dot(&self.ritz.vectors.column(i))
    }

    /// `||A y - theta y||` of the pair `i`, by a product.
    pub(super) fn residual(&self, i: usize) -> f64 {
        let y = self.vector(i);
        norm(&(self.a.dot(&y) - &y * self.ritz.values[i]))
    }

    /// What stands in the place of the residuals of the pairs in `order`, and the mistake that it comes from.
    pub(super) fn mistaken_residuals(&self, order: &[usize]) -> Vec<(&'static str, Array1<f64>)> {
        let (k, steps, u) = (order.len(), self.steps(), &self.ritz.vectors);
        let pick = |f: &dyn Fn(usize) -> f64| -> Array1<f64> { order.iter().map(|&i| f(i)).collect() };
        let residual = |i: usize| self.residual(i);
        let value = |i: usize| self.ritz.values[order[i]];
        let last = |i: usize| u[[steps - 1, i]];
        let beta = residual(order[0]) / last(order[0]).abs();
        let inside = self.t[[steps - 1, steps - 2]].abs();
        vec![
            ("The last component is signed; take its absolute value", pick(&|i| beta * last(i))),
            ("The last component is signed; take its absolute value", pick(&|i| -beta * last(i))),
            (
                "This uses the first component of u; the residual needs the last one, `vectors[[steps - 1, i]]`",
                pick(&|i| beta * u[[0, i]].abs()),
            ),
            ("The residual is squared; return beta_s times the last component itself", pick(&|i| residual(i).powi(2))),
            (
                "The residual is divided by the value; return the norm itself",
                pick(&|i| residual(i) / self.ritz.values[i].abs()),
            ),
            (
                "This is the distance to the next Ritz value; take beta_s times the last component of u",
                (0..k).map(|i| if i + 1 < k { (value(i) - value(i + 1)).abs() } else { 0.0 }).collect(),
            ),
            (
                "This uses the last component but one; the last one is `vectors[[steps - 1, i]]`",
                pick(&|i| beta * u[[steps - 2, i]].abs()),
            ),
            ("They are sorted on their own; keep each with its value", sorted(pick(&residual), false)),
            ("They are sorted on their own; keep each with its value", sorted(pick(&residual), true)),
            ("You squared the last component; use its absolute value", pick(&|i| beta * last(i).powi(2))),
            ("The factor beta_s, which is `run.residual`, is missing", pick(&|i| last(i).abs())),
            (
                "This is the residual of the whole run; multiply it by the absolute value of the last component of u",
                pick(&|_| beta),
            ),
            (
                "This uses the last entry of `run.beta`, one step too early; beta_s is the norm of the last residual, `run.residual`",
                pick(&|i| inside * last(i).abs()),
            ),
            (
                "Rows and columns are swapped; eigenvector i of T is column i, so its last component is `vectors[[steps - 1, i]]`",
                pick(&|i| beta * u[[i, steps - 1]].abs()),
            ),
            (
                "They are in the wrong order; match them to the values",
                (0..k).map(|i| residual(steps - 1 - i)).collect(),
            ),
            ("They are in the wrong order; match them to the values", (0..k).map(residual).collect()),
            (
                "They are in the wrong order; match them to the values",
                order.iter().rev().map(|&i| residual(i)).collect(),
            ),
        ]
    }
}

fn sorted(numbers: Array1<f64>, descending: bool) -> Array1<f64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(|x, y| if descending { y.total_cmp(x) } else { x.total_cmp(y) });
    Array1::from(numbers)
}
