use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "1/0.1",
        title: "Two norms",
        functions: &["norms"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "Both norms can be read off the singular values: one is the largest of them, the other is their Euclidean norm.",
            "`let sigma = singular_values(a);` is in descending order, so the spectral norm is `sigma[0]`. The Frobenius norm is the root of the sum of the squares, of the singular values or of the entries.",
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
            "It is a ratio: how much the matrix stretches at most, over how much it stretches at least.",
            "`singular_values(a)` is in descending order: the first over the last. A singular matrix divides by zero, and in floating point that is infinity, as it should be.",
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
            "Begin with 1 and halve as long as the half still makes a difference when it is added to 1.",
            "The question is asked of the *next* value: `while 1.0 + epsilon / 2.0 > 1.0 { .. }`. Asking it of `epsilon` itself halves once too often. The type decides the precision: `let mut epsilon = 1.0_f32;`.",
            "`let mut epsilon = 1.0_f32; while 1.0 + epsilon / 2.0 > 1.0 { epsilon /= 2.0; } epsilon`, and the same with `1.0_f64`.",
        ],
    },
    Exercise {
        id: "1/0.4",
        title: "The Rayleigh quotient",
        functions: &["rayleigh_quotient"],
        difficulty: 1,
        minutes: 4,
        hints: &[
            "One product with the matrix and two inner products. `v` need not have length 1, so its length must cancel.",
            "`a.apply(v.view())` is A v. The denominator is `v.dot(v)`, the *square* of the norm.",
            "`v.dot(&a.apply(v.view())) / v.dot(v)`.",
        ],
    },
    Exercise {
        id: "1/1.1",
        title: "Central differences",
        functions: &["hvp_central"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "A step to one side along v, a step to the other side, and the difference of the two gradients over the distance between them.",
            "The network with other parameters is `Mlp::with_params(model.widths(), theta)`, with `theta = model.params() + &(v * step)`; it has `.gradient(x, y)`. The two points are `2 step` apart.",
            "`let gradient_at = |s: f64| Mlp::with_params(model.widths(), model.params() + &(v * s)).gradient(x, y); (gradient_at(step) - gradient_at(-step)) / (2.0 * step)`.",
        ],
    },
    Exercise {
        id: "1/1.2",
        title: "Dual numbers",
        functions: &["dual_mul", "dual_tanh"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Multiply out (a + a' e)(b + b' e) and drop the term with e². For tanh, the eps of the result is the derivative of tanh at the real part, times the eps of the argument.",
            "The product rule: `eps: a.eps * b.re + a.re * b.eps`. The chain rule: the derivative of tanh is 1 - tanh², and `a.re.tanh()` is tanh of the real part.",
            "`Dual { re: a.re * b.re, eps: a.eps * b.re + a.re * b.eps }`; `let t = a.re.tanh(); Dual { re: t, eps: (1.0 - t * t) * a.eps }`.",
        ],
    },
    Exercise {
        id: "1/1.3",
        title: "The Hessian in dual numbers",
        functions: &["hvp_dual"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "The parameters move along v, so parameter i is the dual number theta_i + v_i e. What the gradient then has in its eps is how it changes along v.",
            "Make an `Array1<Dual>` from `model.params()` and `v` by zipping them, hand it to `model.dual_gradient(&theta, x, y)`, and keep the `eps` of every entry.",
            "`let theta: Array1<Dual> = model.params().iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect(); model.dual_gradient(&theta, x, y).mapv(|g| g.eps)`.",
        ],
    },
    Exercise {
        id: "1/2.1",
        title: "Implement power iteration",
        functions: &["power_iteration"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "One product a step serves for three things: the Rayleigh quotient, the residual, and the next vector. Value, residual and vector of the result belong to the same step.",
            "In the loop: `let product = a.apply(v.view()); let value = v.dot(&product);` and `let residual = norm((&product - &(&v * value)).view());`. Return if the residual is at most `tolerance * value.abs()` or `history.len() == max_steps`; only then replace v.",
            "Before the loop: `let mut v = Probe::Gaussian.draw(a.dim(), &mut rng(seed)); v /= norm(v.view()); let mut history = Vec::new();`. At the end of the loop: `let length = norm(product.view()); v = product / length;`. The result is `PowerIteration { value, vector: v, residual, history }`.",
        ],
    },
    Exercise {
        id: "1/2.2",
        title: "Predict the slopes",
        functions: &["predicted_slopes"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "The slope of the vector is the logarithm of |lambda_2 / lambda_1|, that of the value is twice as steep. The question is which eigenvalue is lambda_2.",
            "lambda_1 is the eigenvalue of largest magnitude, *with* its sign. lambda_2 is the one of largest magnitude among all that are *different* from it: copies of lambda_1 do no harm, its negative does.",
            "`let first = eigenvalues.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });`, then the largest `abs` of `eigenvalues.iter().filter(|value| **value != first)`; `let vector = (second / first.abs()).log10(); Slopes { value: 2.0 * vector, vector }`.",
        ],
    },
    Exercise {
        id: "1/3.1",
        title: "Implement deflation",
        functions: &["deflation"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "Find a pair by power iteration, take it off the matrix, and go on. The matrix is never formed: the operator that power iteration gets applies `a` and then takes off what was found.",
            "`from_fn(a.dim(), |x: ArrayView1<f64>| { .. })` makes an operator from a product. In it: `let mut product = a.apply(x);` and, for *every* pair found so far, `product.scaled_add(-value * v.dot(&x), v);`.",
            "With `values: Vec<f64>` and `vectors: Vec<Array1<f64>>`, k times: make the operator, `let run = power_iteration(&deflated, max_steps, tolerance, seed + j as u64);`, push both and add `run.n_matvecs()`. In the end copy the vectors into columns: `columns.column_mut(j).assign(v)`, and return `Eigenpairs { values: Array1::from(values), vectors: columns, n_matvecs }`.",
        ],
    },
];
