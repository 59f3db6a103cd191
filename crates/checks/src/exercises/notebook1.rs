use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "1/0.1",
        title: "Two norms",
        functions: &["norms"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "Both norms follow from the singular values: one is the largest of them, the other is their Euclidean \
             norm.",
            "Try it by hand: for `A = [[3, 0], [4, 5]]`, A^T A is `[[25, 20], [20, 25]]` with the eigenvalues 45 and \
             5, the squares of the singular values. So the spectral norm is the root of 45, 6.71, and the Frobenius \
             norm the root of 9 + 16 + 25 = 50, 7.07.",
            "`let sigma = singular_values(a);` is in descending order, so the spectral norm is `sigma[0]`. The \
             Frobenius norm is the square root of the sum of squares, either of the singular values or of the \
             entries.",
            "`let sigma = singular_values(a); Norms { spectral: sigma[0], frobenius: sigma.dot(&sigma).sqrt() }`.",
        ],
    },
    Exercise {
        id: "1/0.2",
        title: "The condition number",
        functions: &["condition_number"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "It is the ratio of the largest factor by which the matrix stretches a vector to the smallest.",
            "Try it by hand: `[[1, 2], [2, 1]]` has the eigenvalues 3 and -1. Singular values have no sign, so they \
             are 3 and 1, and the condition number is 3.",
            "`singular_values(a)` is in descending order, so divide the first by the last. For a singular matrix \
             this divides by zero, which in floating point gives infinity, as it should.",
            "`let sigma = singular_values(a); sigma[0] / sigma[sigma.len() - 1]`.",
        ],
    },
    Exercise {
        id: "1/0.3",
        title: "Machine epsilon",
        functions: &["epsilon_f32", "epsilon_f64"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "Start with 1, and keep halving as long as adding the half to 1 still makes a difference.",
            "Try it by hand with numbers that have only two binary digits after the point. 1 + 1/4 is 1.01 in binary, \
             but 1 + 1/8 lies halfway between 1.00 and 1.01 and is rounded to 1.00, so the result is 1/4, or 2^-2. \
             `f32` has 23 such digits and must give 2^-23 = 1.19e-7; `f64` has 52 and must give 2^-52 = 2.22e-16.",
            "Test the *next* value: `while 1.0 + epsilon / 2.0 > 1.0 { .. }`. Testing `epsilon` itself halves once \
             too often. The type determines the precision: `let mut epsilon = 1.0_f32;`.",
            "`let mut epsilon = 1.0_f32; while 1.0 + epsilon / 2.0 > 1.0 { epsilon /= 2.0; } epsilon`, and the same \
             with `1.0_f64`.",
        ],
    },
    Exercise {
        id: "1/0.4",
        title: "The Rayleigh quotient",
        functions: &["rayleigh_quotient"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "You need one product with the matrix and two inner products. `v` need not have length 1, so its length \
             must cancel.",
            "Try it by hand: for `A = [[2, 1], [1, 4]]` and `v = (1, 2)`, A v is (4, 9). So the quotient is 22 / 5 = \
             4.4, and for `v = (2, 4)` it is the same.",
            "`a.apply(&v)` is A v. The denominator is `v.dot(v)`, the *square* of the norm.",
            "`v.dot(&a.apply(&v)) / v.dot(v)`.",
        ],
    },
    Exercise {
        id: "1/1.1",
        title: "Central differences",
        functions: &["hvp_central"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Take one step along v and one step in the opposite direction, and divide the difference of the two \
             gradients by the distance between the points.",
            "Try it by hand: take one layer with one input and two classes, all four parameters (two weights, then two \
             biases) zero, one image x = 1 with the label 0, v = (1, 0, 0, 0) and the step 1. The probability of class \
             0 is 0.731 after the step along v and 0.269 after the step back, so the first entry of the gradient, the \
             probability minus 1, is -0.269 and -0.731. The result is (0.231, -0.231, 0.231, -0.231).",
            "`Mlp::with_params(model.widths(), theta)` makes a network with other parameters, here `theta = \
             model.params() + &(v * step)`, and `.gradient(x, y)` gives its gradient. The two points are `2 step` \
             apart.",
            r"```rust
            let gradient_at = |s: f64| {
                Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(x, y)
            };
            (gradient_at(step) - gradient_at(-step)) / (2.0 * step)
            ```",
        ],
    },
    Exercise {
        id: "1/1.2",
        title: "Dual numbers",
        functions: &["dual_mul", "dual_tanh"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Multiply out (a + a' e)(b + b' e) and drop the term with e². For tanh, the eps of the result is the \
             derivative of tanh at the real part, times the eps of the argument.",
            "Try it by hand: (2 + 3e)(4 + 5e) is 8 + 22e, where 22 is 3 times 4 plus 2 times 5. And tanh(1 + 2e) is \
             0.762 + 0.840e, where 0.840 is 2 times 0.420, the derivative of tanh at 1.",
            "The product rule: `eps: a.eps * b.re + a.re * b.eps`. The chain rule: the derivative of tanh is 1 - \
             tanh², and `a.re.tanh()` is tanh of the real part.",
            r"The body of `dual_mul`:
            ```rust
            Dual { re: a.re * b.re, eps: a.eps * b.re + a.re * b.eps }
            ```
            and that of `dual_tanh`:
            ```rust
            let t = a.re.tanh();
            Dual { re: t, eps: (1.0 - t * t) * a.eps }
            ```",
        ],
    },
    Exercise {
        id: "1/1.3",
        title: "The Hessian in dual numbers",
        functions: &["hvp_dual"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "The parameters move along v, so parameter i is the dual number theta_i + v_i e. The eps part of the \
             gradient is then its rate of change along v.",
            "Try it by hand: take one layer with one input and two classes, all four parameters (two weights, then two \
             biases) zero, one image x = 2 with the label 0, and v = (1, 0, 0, 0). The first logit is then 2e, and the \
             probability of class 0 is 1/2 + 1/2 e. The result is (1, -1, 0.5, -0.5): the entries of the weights are x \
             times those of the biases.",
            "Zip `model.params()` and `v` into an `Array1<Dual>`, pass it to `model.dual_gradient(&theta, x, y)`, \
             and keep the `eps` of every entry.",
            r"```rust
            let theta: Array1<Dual> =
                model.params().iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect();
            model.dual_gradient(&theta, x, y).mapv(|g| g.eps)
            ```",
        ],
    },
    Exercise {
        id: "1/2.1",
        title: "Implement power iteration",
        functions: &["power_iteration"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "One product per step is enough for three things: the Rayleigh quotient, the residual and the next \
             vector. The value, the residual and the vector of the result belong to the same step.",
            "Try it by hand: for `A = [[2, 0], [0, 1]]`, v = (1, 1) / sqrt(2) has the value 1.5 and the residual 0.5, \
             and the next v is (2, 1) / sqrt(5), with the value 1.8 and the residual 0.4. From any seed, (2 - value) / \
             (value - 1) falls to a quarter in every step of the history, as long as rounding plays no part.",
            "In the loop: `let product = a.apply(&v); let value = v.dot(&product);` and `let residual = \
             norm(&(&product - &(&v * value)));`. Return if the residual is at most `tolerance * value.abs()` or \
             `history.len() == max_steps`; replace v only after this test.",
            r"Before the loop:
            ```rust
            let mut v = Probe::Gaussian.draw(a.dim(), &mut rng(seed));
            v /= norm(&v);
            let mut history = Vec::new();
            ```
            At the end of the loop:
            ```rust
            let length = norm(&product);
            v = product / length;
            ```
            The result is `PowerIteration { value, vector: v, residual, history }`.",
        ],
    },
    Exercise {
        id: "1/2.2",
        title: "Predict the slopes",
        functions: &["predicted_slopes"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "The slope for the vector is the logarithm of |lambda_2 / lambda_1|, and the slope for the value is \
             twice as steep. The question is which eigenvalue is lambda_2.",
            "Try it by hand: for the eigenvalues 10, 10 and -1 the copy does not count, and |lambda_2 / lambda_1| is \
             1/10. So the slope is -1 for the vector and -2 for the value. For 10, -10 and 1 the ratio is 1, and both \
             slopes are 0.",
            "lambda_1 is the eigenvalue of largest magnitude, *with* its sign. lambda_2 has the largest magnitude \
             among those that *differ* from it: copies of lambda_1 do no harm, but its negative does. If nothing but zeros \
             differs from it, one step is enough, and the slopes are minus infinity.",
            r"```rust
            let first =
                eigenvalues.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let others = eigenvalues.iter().filter(|value| **value != first);
            let second = others.map(|value| value.abs()).fold(0.0, f64::max);
            let vector = (second / first.abs()).log10();
            Slopes { value: 2.0 * vector, vector }
            ```",
        ],
    },
    Exercise {
        id: "1/3.1",
        title: "Implement deflation",
        functions: &["deflation"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "Find a pair by power iteration, subtract it from the matrix, and repeat. The matrix is never formed: \
             the operator passed to power iteration applies `a` and then subtracts the contributions of the pairs \
             found so far.",
            "Try it by hand: `A = [[2, 1], [1, 2]]` has the eigenvalue 3 with the vector (1, 1) / sqrt(2). A - 3 v v^T \
             is `[[0.5, -0.5], [-0.5, 0.5]]`, with the eigenvalue 1 and the vector (1, -1) / sqrt(2). So for k = 2 any \
             seed gives the values 3 and 1, and these vectors up to their signs.",
            "`from_fn(a.dim(), |x: &ArrayRef1<f64>| { .. })` makes an operator from a product. Inside it: `let mut \
             product = a.apply(x);` and, for *every* pair found so far, `product.scaled_add(-value * v.dot(x), v);`.",
            r"With `values: Vec<f64>`, `vectors: Vec<Array1<f64>>` and a count `n_matvecs`:
            ```rust
            for seed in seeds(seed).take(k) {
                // Make the operator `deflated` of the third hint here.
                let run = power_iteration(&deflated, max_steps, tolerance, seed);
                n_matvecs += run.n_matvecs();
                values.push(run.value);
                vectors.push(run.vector);
            }
            ```
            At the end:
            ```rust
            let mut columns = Array2::zeros((a.dim(), k));
            for (j, v) in vectors.iter().enumerate() {
                columns.column_mut(j).assign(v);
            }
            Eigenpairs::new(Array1::from(values), columns, n_matvecs)
            ```",
        ],
    },
    Exercise {
        id: "1/4.1",
        title: "The three-term recurrence",
        functions: &["lanczos_three_term"],
        difficulty: 3,
        minutes: 14,
        hints: &[
            "Keep three lists: the vectors q, the numbers alpha and the numbers beta. Each step computes one \
             product, subtracts two vectors from it, and divides the remainder by its norm, which is beta.",
            "Try it by hand: take `A = [[1, 0], [0, 5]]`, the start (1, 1) and two steps. With q = (1, 1) / sqrt(2), A \
             q is (1, 5) / sqrt(2), so the first alpha is 3, and what remains is (-2, 2) / sqrt(2), so the first beta \
             is 2. The second alpha is 3 again, and then nothing remains.",
            "In step j: `let mut r = a.apply(&q[j]);`, `alpha.push(q[j].dot(&r))`, then subtract: \
             `r.scaled_add(-alpha[j], &q[j])`, and for j > 0 `r.scaled_add(-beta[j - 1], &q[j - 1])`. Take \
             `norm(&r)` as beta. Stop before dividing if it is zero up to rounding, that is, small compared with the \
             norm of the product.",
            r"Before the loop:
            ```rust
            let mut q = vec![start / norm(start)];
            let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
            ```
            In the loop, after the subtractions, with the norm `size` of the product before them:
            ```rust
            beta.push(norm(&r));
            if beta[j] <= 1e-12 * size {
                break;
            }
            q.push(r / beta[j]);
            ```
            After the loop: `Lanczos::new(&q, &alpha, &beta)`, which drops the extra vector.",
        ],
    },
    Exercise {
        id: "1/4.2",
        title: "Ritz values at every step",
        functions: &["ritz_values"],
        difficulty: 1,
        minutes: 5,
        hints: &[
            "The first k steps of a run are themselves a run of k steps. Its T is the leading k x k block.",
            "Try it by hand: for a run with `alpha = (3, 3)` and `beta = (2)`, k = 1 gives the one value 3. For k = 2, \
             T is `[[3, 2], [2, 3]]`, with the values 1 and 5.",
            "A block of k rows has k numbers on its diagonal and k - 1 beside it: the first k of `run.alpha`, and \
             the first k - 1 of `run.beta`. `eigh_tridiagonal` takes both as owned arrays.",
            "`eigh_tridiagonal(&run.alpha.slice(s![..k]).to_owned(), &run.beta.slice(s![..k - \
             1]).to_owned()).values`.",
        ],
    },
    Exercise {
        id: "1/5.1",
        title: "Measure the loss",
        functions: &["orthogonality_history"],
        difficulty: 2,
        minutes: 7,
        hints: &[
            "The matrix Q^T Q holds all inner products of the columns. For an orthonormal basis it is the identity.",
            "Try it by hand: for a basis with the columns (1, 0, 0), (0.6, 0.8, 0) and (0, 0, 1), the inner product of \
             the first two is 0.6, and all else is as it should be. So the history is 0, 0.6, 0.6: the third column is \
             perfect, but the largest deviation so far stays.",
            "Form `basis.t().dot(basis)` once and subtract the identity. Entry j of the history is the largest \
             absolute entry of the leading block with j + 1 rows: going from j - 1 to j adds one column to it.",
            r"```rust
            let gram = basis.t().dot(basis);
            let mut largest: f64 = 0.0;
            let mut history = Vec::new();
            for j in 0..basis.ncols() {
                for i in 0..=j {
                    let unit = if i == j { 1.0 } else { 0.0 };
                    largest = largest.max((gram[[i, j]] - unit).abs());
                }
                history.push(largest);
            }
            Array1::from(history)
            ```",
        ],
    },
    Exercise {
        id: "1/5.2",
        title: "Full re-orthogonalisation, once and twice",
        functions: &["lanczos_gram_schmidt"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Take your recurrence and change one thing: instead of two vectors, subtract the components along all \
             the vectors so far. The second pass does the same with the remainder of the first.",
            "Try it by hand: take `A = [[1, 0], [0, 5]]`, the start (1, 1) and two steps. In the second step q is (-1, \
             1) / sqrt(2) and A q is (-1, 5) / sqrt(2), so a pass finds the coefficient 2 along the first vector and 3 \
             along the second. Then alpha is (3, 3) and beta is (2), as in 4.1, and a second pass finds only zeros, up \
             to rounding.",
            "Put `for _ in 0..passes` where the two subtractions were. In a pass, for each q so far (q_j included), \
             the coefficient c is the inner product of q and r, and `r.scaled_add(-c, q)` subtracts. Compute alpha \
             before the passes and beta after them.",
            r"In place of the lines with `alpha[j]` and `beta[j - 1]`:
            ```rust
            for _ in 0..passes {
                let c: Vec<f64> = q.iter().map(|v| v.dot(&r)).collect();
                for (c, v) in c.iter().zip(&q) {
                    r.scaled_add(-c, v);
                }
            }
            ```
            Everything else is as in 4.1.",
        ],
    },
    Exercise {
        id: "1/5.3",
        title: "Conditional re-orthogonalisation",
        functions: &["lanczos_conditional"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Add an `if` to your three-term recurrence, before beta is computed. It compares two norms from the same \
             step: the norm of the product, before the subtractions, and the norm of r, after them.",
            "Try it by hand with one step. For `A = [[1, 0], [0, 5]]` from (1, 1) the norms are 3.61 before the \
             subtraction and 2 after it; 2 is less than 3.61 / sqrt(2) = 2.55, so there is 1 pass. For `A = [[0, 1], \
             [1, 0]]` from (1, 0) both norms are 1, so there is none.",
            "Keep `let size = norm(&r);` right after the product. After the two subtractions: if `norm(&r) < size / \
             2.0_f64.sqrt()`, do one pass as in 5.2 and count it. Store the count in the field `n_passes`.",
            "At the end: `let mut run = Lanczos::new(&q, &alpha, &beta); run.n_passes = passes; run`, with `let mut \
             passes = 0;` before the loop and `passes += 1;` next to the pass.",
        ],
    },
    Exercise {
        id: "1/6.1",
        title: "The top of a spectrum, with certificates",
        functions: &["lanczos_top"],
        difficulty: 3,
        minutes: 10,
        hints: &[
            "One run of Lanczos gives all the Ritz values and the eigenvectors of T. All that remains is to choose k \
             of them, in the right order, and to compute the bound for each, which takes no further matvec.",
            "Try it by hand: `A = [[3, 0], [0, -4]]` with k = 2 and two steps gives 3, -4 for `Top::Largest` and -4, 3 \
             for `Top::LargestMagnitude`, with bounds that are zero up to rounding. With k = 1 and one step the value \
             is a number t between -4 and 3, whatever the seed, and its bound is the root of (3 - t)(t + 4): for t = 0 \
             it would be 3.46.",
            "`let run = lanczos(a, seed, n_steps, Reorthogonalization::Full); let ritz = run.ritz();`. Sort the \
             indices, not the values, so that each bound stays with its value. The run may have ended early, so the \
             number of steps is `ritz.values.len()`. The bound is `run.residual` times the absolute value of the \
             last entry of column i of `ritz.vectors`.",
            r"With the number `steps` of steps:
            ```rust
            let key = |i: usize| match top {
                Top::Largest => ritz.values[i],
                Top::LargestMagnitude => ritz.values[i].abs(),
            };
            let mut order: Vec<usize> = (0..steps).collect();
            order.sort_by(|&i, &j| key(j).total_cmp(&key(i)));
            let bound = |&i: &usize| run.residual * ritz.vectors[[steps - 1, i]].abs();
            let values: Array1<f64> = order[..k].iter().map(|&i| ritz.values[i]).collect();
            let bounds: Array1<f64> = order[..k].iter().map(bound).collect();
            ```",
        ],
    },
    Exercise {
        id: "1/7.1",
        title: "Test the limit",
        functions: &["growth_per_step"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Only the displacement d changes; theta stays. In each step the gradient at theta + d, less that at theta, \
             takes the place of H d.",
            "Try it by hand: for the gradient 2 theta in one dimension, theta = 1, u = 1 and eta = 0.75, a displacement \
             of 1e-4 becomes 1e-4 - 0.75 times 2e-4 = -0.5e-4 after one step, and 0.25e-4 after two. So the factor is \
             0.5 for n_steps = 1, and the square root of 0.25, again 0.5, for n_steps = 2.",
            "Before the loop: `let at_theta = gradient(theta);` and `let mut d = u * 1e-4;`. In each step `d` loses eta \
             times `gradient(&(theta + &d)) - &at_theta`. After the loop u^T d may be negative, so take its magnitude \
             before the root.",
            r"In the loop:
            ```rust
            let force = gradient(&(theta + &d)) - &at_theta;
            d.scaled_add(-eta, &force);
            ```
            After it:
            ```rust
            (u.dot(&d).abs() / 1e-4).powf(1.0 / n_steps as f64)
            ```",
        ],
    },
];
