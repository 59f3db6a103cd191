use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "2/0.1",
        title: "The stable rank",
        functions: &["stable_rank"],
        difficulty: 1,
        minutes: 5,
        hints: &[
            "Both norms follow from the singular values: the square of the Frobenius norm is the sum of their \
             squares, and the spectral norm is the largest of them.",
            "Try it by hand: for `A = [[3, 0], [4, 5]]` the sum of the squares is 50, and the singular values are the \
             roots of 45 and 5. So the stable rank is 50 / 45 = 1.11.",
            "`frobenius_squared(a)` is already a square. `singular_values(a)` is in descending order, so the \
             spectral norm is entry 0, which you still have to square. `spectral_norm` is for symmetric matrices \
             only.",
            "`frobenius_squared(a) / singular_values(a)[0].powi(2)`.",
        ],
    },
    Exercise {
        id: "2/1.1",
        title: "The range finder and its error",
        functions: &["range_finder", "range_error"],
        difficulty: 2,
        minutes: 10,
        hints: &[
            "Three steps: draw a Gaussian block G, apply the operator to it, and orthonormalise the columns. For the \
             error, form the residual of A and take its largest singular value.",
            "Try it by hand: all columns of `A = [[1, 2], [2, 4]]` are multiples of (1, 2). So for any seed a Q of one \
             column is (0.447, 0.894) or its negative, and the error is zero up to rounding. For the basis (1, 0) the \
             residual is `[[0, 0], [2, 4]]`, and the error is the root of 20, 4.47.",
            "`Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed))` draws, `a.apply_block(&g)` applies, and \
             `orthonormalize(&y)` does the QR factorisation. The residual A - Q Q^T A is not symmetric, so use \
             singular values, not `spectral_norm`: `singular_values(&residual)[0]`.",
            r"The body of `range_finder`:
            ```rust
            let g = Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed));
            orthonormalize(&a.apply_block(&g))
            ```
            and that of `range_error`:
            ```rust
            singular_values(&(a - &q.dot(&q.t().dot(a))))[0]
            ```",
        ],
    },
    Exercise {
        id: "2/1.2",
        title: "The error that theory allows",
        functions: &["range_bound"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "There are two terms: one with the first singular value that is left out, and one with the norm of all \
             that are left out. Mind the indices: sigma_1 is `sigma[0]`.",
            "Try it by hand: for the singular values 6, 5, 4, 3 with k = 2 and p = 2, the first one left out is 4, and \
             the norm of all that are left out is the root of 16 + 9, 5. The terms are 4 (1 + sqrt(2)) = 9.657 and 5 e \
             = 13.591, and the bound is 23.248.",
            "sigma_{k+1} is `sigma[k]`, and the sum over j > k runs over `sigma.iter().skip(k)`. Convert k and p to \
             `f64` before dividing: integer division `k / (p - 1)` drops the fraction.",
            r"```rust
            let tail = sigma.iter().skip(k).map(|s| s * s).sum::<f64>().sqrt();
            let (kf, pf) = (k as f64, p as f64);
            (1.0 + (kf / (pf - 1.0)).sqrt()) * sigma[k]
                + 1.0_f64.exp() * (kf + pf).sqrt() / pf * tail
            ```",
        ],
    },
    Exercise {
        id: "2/2.1",
        title: "Randomized eigenpairs",
        functions: &["randomized_eigh"],
        difficulty: 3,
        minutes: 20,
        hints: &[
            "Start from a Gaussian block. Multiply and orthonormalise n_power + 1 times. Then solve the small \
             problem Q^T A Q, choose its k eigenvalues of largest magnitude, and multiply their eigenvectors by Q.",
            "Try it by hand: `A = [[1, 2], [2, -2]]` has the eigenvalues 2 and -3. With k = 1, an oversampling of 1 \
             and no power iteration the width is 2, so Q^T A Q has the same eigenvalues. For any seed the result is \
             the value -3, the vector (0.447, -0.894) or its negative, and 4 matvecs.",
            "The width is `(k + oversample).min(a.dim())`. `eigh(&b)` has `values` ascending and `vectors` as \
             columns. Sort the indices: `order.sort_by(|&i, &j| \
             pairs.values[j].abs().total_cmp(&pairs.values[i].abs()))`, keep k of them, and take the columns with \
             `pairs.vectors.select(Axis(1), &order)`.",
            r"The loop:
            ```rust
            let mut q = Probe::Gaussian.draw_block(n, width, &mut rng(seed));
            for _ in 0..=n_power {
                q = orthonormalize(&a.apply_block(&q));
            }
            let pairs = eigh(&q.t().dot(&a.apply_block(&q)));
            ```
            Then the `order` as above, with `order.truncate(k)`, and
            ```rust
            Eigenpairs::new(
                pairs.values.select(Axis(0), &order),
                q.dot(&pairs.vectors.select(Axis(1), &order)),
                (n_power + 2) * width,
            )
            ```",
        ],
    },
    Exercise {
        id: "2/2.2",
        title: "Oversampling, measured",
        functions: &["oversampling_errors"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Use two loops: an outer one over `ps` and an inner one over the trials. A trial is one call of your \
             `range_finder` and one of your `range_error`.",
            "Try it by hand: take `A = [[3, 0], [0, 4]]`, k = 1, `ps = [0, 1]` and three trials, so the result has \
             shape (2, 3). One column cannot hold all of A: the first row has three different numbers between 3 and 4, \
             whatever the seed. Two columns can: the second row is zero up to rounding.",
            "The sketch has k + p columns. Every trial needs its own seed: `seeds(seed).take(n_trials)` provides \
             them. `Dense::from(a)` is the operator to pass to `range_finder`.",
            r"```rust
            let seeds: Vec<u64> = seeds(seed).take(n_trials).collect();
            Array2::from_shape_fn((ps.len(), n_trials), |(i, t)| {
                range_error(a, &range_finder(&Dense::from(a), k + ps[i], seeds[t]))
            })
            ```",
        ],
    },
    Exercise {
        id: "2/2.3",
        title: "What powers promise",
        functions: &["power_bound"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "The singular values of A^s are sigma_j^s. Call your `range_bound` with those, and take the s-th root of \
             the result.",
            "Try it by hand: for the singular values 6, 5, 4, 3 with k = 2, p = 2 and one power iteration, s is 2, and \
             `range_bound` gets 36, 25, 16, 9. It gives 88.5, whose square root is 9.41. Without a power iteration the \
             result is 23.248, as in 1.2.",
            "s = n_power + 1. `sigma.mapv(|x| x.powf(s))` raises all of them to the power s. The exponent of the \
             root is `1.0 / s`, where s is an `f64`.",
            "`let s = n_power as f64 + 1.0; range_bound(&sigma.mapv(|x| x.powf(s)), k, p).powf(1.0 / s)`.",
        ],
    },
    Exercise {
        id: "2/3.1",
        title: "The kernel's product, without the kernel",
        functions: &["entk_matvec"],
        difficulty: 3,
        minutes: 18,
        hints: &[
            "Work layer by layer: first compute the combination of gradients in the layer's weights and biases that \
             v selects (the VJP), then how much each f(x_i) changes along it (the JVP). Add up the layers.",
            "Try it by hand: a network of one layer with one input and one output has f(x) = w x + b, with the \
             gradient (x, 1). For the images 1 and 2 and v = (1, 1), G is 1 + 2 = 3 and g is 1 + 1 = 2. The product is \
             3 x + 2 for each image, so (5, 8), whatever w and b are.",
            "For a layer with `inputs` H and `deltas` D: multiply row i of D by v_i, `&layer.deltas * \
             &v.view().insert_axis(Axis(1))`; call it W. Then G = W^T H and g = the sum of the rows of W. The change \
             of the layer's output is H G^T + g, and the change of f is that times D, entry by entry, summed over \
             the columns.",
            r"```rust
            let mut product = Array1::zeros(x.nrows());
            for layer in Entk::new(model, x).layers() {
                let w = &layer.deltas * &v.view().insert_axis(Axis(1));
                let change = layer.inputs.dot(&w.t().dot(&layer.inputs).t()) + w.sum_axis(Axis(0));
                product += &(change * &layer.deltas).sum_axis(Axis(1));
            }
            product
            ```",
        ],
    },
    Exercise {
        id: "2/4.1",
        title: "Eigenfunctions as pictures",
        functions: &["eigenfunction_images"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "One matrix product computes all the sums over i. Then go through the rows, and flip the sign of each \
             row whose pixels have a negative sum of cubes.",
            "Try it by hand: for the images (1, 0) and (0, 2) and one vector (0.6, -0.8), the sum is (0.6, -1.6). Its \
             cubes add up to 0.216 - 4.096, which is negative, so the picture is (-0.6, 1.6).",
            "`vectors.t().dot(x)` has shape (k, pixels). `for mut row in pictures.rows_mut() { .. }` goes through \
             the rows, and `row *= -1.0` flips a sign.",
            r"```rust
            let mut pictures = vectors.t().dot(x);
            for mut row in pictures.rows_mut() {
                if row.mapv(|p| p.powi(3)).sum() < 0.0 {
                    row *= -1.0;
                }
            }
            pictures
            ```",
        ],
    },
    Exercise {
        id: "2/5.1",
        title: "A certificate from products alone",
        functions: &["range_certificate"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Three steps: multiply all the probes by A, subtract from the products what the basis captures, and take the \
             length of the longest column that is left.",
            "Try it by hand: for `A = [[3, 0], [0, 4]]`, the basis (1, 0) and the probes (1, 1) and (1, -0.5), the \
             products are (3, 4) and (3, -2), and what is left of them is (0, 4) and (0, -2). The longest has length 4, \
             so the result is 4 times 2 sqrt(2 / pi), 6.38. The true range error is 4.",
            "With `let product = a.apply_block(omega);` what is left is `&product - &q.dot(&q.t().dot(&product))`: the \
             matrix itself is not needed. Its columns are those of `.columns()`, and `norm(&column)` is the length of \
             one.",
            r"With `missed`, what is left as above:
            ```rust
            let lengths = missed.columns().into_iter().map(|column| norm(&column));
            let longest = lengths.fold(0.0, f64::max);
            2.0 * (2.0 / PI).sqrt() * longest
            ```",
        ],
    },
];
