use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "4/2.1",
        title: "The top of the Hessian",
        functions: &["hessian_topk"],
        difficulty: 3,
        minutes: 15,
        hints: &[
            "One run of Lanczos holds all of it: the Ritz values are ascending, so the largest stand last, and an \
             eigenvector u of T becomes one of length n by multiplying the basis by it. Here signs count, and the \
             residuals take no further product.",
            "Try it by hand: `A = [[2, 1], [1, 2]]` with k = 2 and two steps gives the values 3, 1, the vectors \
             (0.707, 0.707) and (0.707, -0.707), each up to its sign, and residuals that are zero up to rounding. \
             With k = 1 and one step the vector is the start itself, the value a number t between 1 and 3, and \
             the residual the root of (3 - t)(t - 1): for t = 2 it would be 1.",
            "`lanczos(a, seed, n_steps, Reorthogonalization::Full)` is the run, `run.ritz()` holds the eigenpairs \
             of T, and its `.top(k)` the eigenvectors u of the k largest values as columns, the largest first. \
             The Ritz vectors are `run.basis.dot(&u)`. Each residual is `run.residual` times the absolute value \
             of the last entry of its u. The run may have ended early, so the number of steps is \
             `ritz.values.len()`. `Eigenpairs::new(values, vectors, n_matvecs).with_residuals(residuals)` holds \
             it all.",
            "`let u = ritz.top(k);`, `let values = ritz.values.iter().rev().take(k).copied().collect();` and `let \
             residuals = u.row(ritz.values.len() - 1).mapv(|last| run.residual * last.abs());`. Return \
             `Eigenpairs::new(values, run.basis.dot(&u), run.n_matvecs).with_residuals(residuals)`.",
        ],
    },
    Exercise {
        id: "4/2.2",
        title: "Count the outliers by a rule",
        functions: &["count_outliers"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Go through the pairs of neighbours, and remember the largest ratio so far together with its place. \
             Only at the end compare it with `least_ratio`.",
            "Try it by hand: for 10, 8, 2, 1.6, -0.1 the ratios of neighbours are 1.25, 4 and 1.25, and the last \
             pair does not count, because -0.1 is not positive. The largest is the second, so two values stand \
             above it: the result is 2 for a `least_ratio` of 1.5, also for exactly 4, and 0 for 5.",
            "Loop over `m in 1..values.len()`, with `values[m - 1]` above the gap and `values[m]` below it: then \
             m values stand above. The pair counts if the lower one is above 0. Replace the largest ratio only by \
             a larger one, with `>`, so that the first of equal ratios stays, and compare with `least_ratio` by \
             `>=`.",
            "`let (mut count, mut largest) = (0, 0.0);` and in the loop `if values[m] > 0.0 && values[m - 1] / \
             values[m] > largest { (count, largest) = (m, values[m - 1] / values[m]); }`. Return `if largest >= \
             least_ratio { count } else { 0 }`.",
        ],
    },
    Exercise {
        id: "4/3.1",
        title: "The Gauss-Newton product",
        functions: &["gauss_newton_matvec"],
        difficulty: 4,
        minutes: 20,
        hints: &[],
    },
    Exercise {
        id: "4/3.2",
        title: "A trace with an error bar and a stopping rule",
        functions: &["trace_to_tolerance"],
        difficulty: 3,
        minutes: 12,
        hints: &[],
    },
    Exercise {
        id: "4/5.1",
        title: "Where the gradient lives",
        functions: &["gradient_overlap"],
        difficulty: 1,
        minutes: 5,
        hints: &[
            "The eigenvectors are orthonormal, so by Pythagoras the squared length of what lies in the span of \
             the first j is the sum of the first j squared components.",
            "Try it by hand: the gradient (1, 2, 2) has the squared length 9. Along the columns (1, 0, 0) and (0, \
             0, 1) its components are 1 and 2, their squares 1 and 4. So the shares are 1/9 = 0.111 and (1 + 4)/9 \
             = 0.556.",
            "`vectors.t().dot(gradient)` holds the k components, and `gradient.dot(gradient)` is the squared \
             length. Square each component, add the squares up from the first to the j-th, and divide by the \
             squared length of the whole gradient.",
            "`let mut so_far = 0.0;` and `vectors.t().dot(gradient).mapv(|along| { so_far += along * along; \
             so_far / gradient.dot(gradient) })`.",
        ],
    },
    Exercise {
        id: "4/6.1",
        title: "The rotation that resampling causes",
        functions: &["resampled_rotations"],
        difficulty: 3,
        minutes: 15,
        hints: &[],
    },
];
