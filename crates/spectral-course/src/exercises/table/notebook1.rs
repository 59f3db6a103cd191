use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "1/4.1",
        title: "The three-term recurrence",
        functions: &["lanczos_three_term"],
        difficulty: 3,
        minutes: 14,
        hints: &[
            "Keep three lists: the vectors q, the numbers alpha, the numbers beta. A step makes one product, subtracts two vectors from it, and divides what is left by its norm, which is beta.",
            "In step j: `let mut r = a.apply(q[j].view());`, `alpha.push(q[j].dot(&r))`, then subtract: `r.scaled_add(-alpha[j], &q[j])`, and for j > 0 `r.scaled_add(-beta[j - 1], &q[j - 1])`. Take `norm(r.view())` as beta. Stop before dividing if it is zero up to rounding, which means small against the norm of the product.",
            "Start with `let mut q = vec![start / norm(start.view())];` and `let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);`. In the loop, after the subtractions: `beta.push(norm(r.view())); if beta[j] <= 1e-12 * size { break; } q.push(r / beta[j]);` with `size` the norm of the product before anything was subtracted. After the loop: `Lanczos::new(&q, &alpha, &beta)`, which drops the further vector.",
        ],
    },
    Exercise {
        id: "1/4.2",
        title: "Ritz values at every step",
        functions: &["ritz_values"],
        difficulty: 1,
        minutes: 5,
        hints: &[
            "The first k steps of a run are a run of k steps. Their T is the leading k x k block.",
            "A block of k rows has k numbers on its diagonal and k - 1 beside it: the first k of `run.alpha`, and the first k - 1 of `run.beta`. `eigh_tridiagonal` takes both as owned arrays.",
            "`eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &run.beta.slice(s![..k - 1]).to_owned()).values`.",
        ],
    },
    Exercise {
        id: "1/5.1",
        title: "Measure the loss",
        functions: &["orthogonality_history"],
        difficulty: 2,
        minutes: 7,
        hints: &[
            "All inner products of the columns stand in one matrix, Q^T Q. For an orthonormal basis it is the identity.",
            "Form `basis.t().dot(basis)` once and subtract the identity. Entry j of the history is the largest absolute entry of the leading block with j + 1 rows: going from j - 1 to j adds one column of it.",
            "`let gram = basis.t().dot(basis); let mut largest: f64 = 0.0;` and for each j: `for i in 0..=j { let unit = if i == j { 1.0 } else { 0.0 }; largest = largest.max((gram[[i, j]] - unit).abs()); }`, then push `largest`.",
        ],
    },
    Exercise {
        id: "1/5.2",
        title: "Full re-orthogonalisation, once and twice",
        functions: &["lanczos_full"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Your recurrence with one change: not two vectors are subtracted from the product, but its components along all the vectors so far. The second pass does the same to what the first has left.",
            "`for _ in 0..passes` stands where the two subtractions were. In a pass, for each q so far (q_j included), the coefficient is the product of q with r, and `r.scaled_add(-c, q)` subtracts. alpha is taken before the passes, beta after them.",
            "`for _ in 0..passes { let c: Vec<f64> = q.iter().map(|v| v.dot(&r)).collect(); for (c, v) in c.iter().zip(&q) { r.scaled_add(-c, v); } }` in place of the lines with `alpha[j]` and `beta[j - 1]`; everything else is as in 4.1.",
        ],
    },
    Exercise {
        id: "1/5.3",
        title: "Conditional re-orthogonalisation",
        functions: &["lanczos_conditional"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Your three-term recurrence, with an `if` before beta is taken. What it compares are two norms of the same step: that of the product, before the subtractions, and that of r, after them.",
            "Keep `let size = norm(r.view());` right after the product. After the two subtractions: if `norm(r.view()) < size / 2.0_f64.sqrt()`, do one pass as in 5.2 and count it. The count goes into the field `n_passes`.",
            "At the end: `let mut run = Lanczos::new(&q, &alpha, &beta); run.n_passes = passes; run`, with `let mut passes = 0;` before the loop and `passes += 1;` beside the pass.",
        ],
    },
    Exercise {
        id: "1/6.1",
        title: "The top of a spectrum, with certificates",
        functions: &["lanczos_top"],
        difficulty: 3,
        minutes: 10,
        hints: &[
            "One run of Lanczos gives all the Ritz values and the eigenvectors of T. What is left is to choose k of them, in the right order, and to compute each one's bound, which takes no further matvec.",
            "`let run = lanczos(a, seed, n_steps, Reorthogonalization::Full); let ritz = run.ritz();`. Sort the indices, not the values, so that the bounds keep to their values. The run may have ended early: count the steps by `ritz.values.len()`. The bound is `run.residual` times the absolute value of the last entry of column i of `ritz.vectors`.",
            "`let mut order: Vec<usize> = (0..steps).collect(); order.sort_by(|&i, &j| key(j).total_cmp(&key(i)));` where `key` is `ritz.values[i]` for `Top::Largest` and its `.abs()` for `Top::LargestMagnitude`. Then `values: order[..k].iter().map(|&i| ritz.values[i]).collect()`, and for the bounds `run.residual * ritz.vectors[[steps - 1, i]].abs()`.",
        ],
    },
];
