use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "3/1.1",
        title: "Implement Hutchinson",
        functions: &["hutchinson_trace"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Create one generator from the seed, and draw all the probes from it. Each probe gives one number, \
             and the estimate is the mean of these numbers.",
            "Try it by hand: for `A = [[1, 2], [2, 5]]` a sign probe (Rademacher) gives 1 + 5 + 4 = 10 if its two \
             signs are equal and 1 + 5 - 4 = 2 if not. So the samples are only 10s and 2s, and with many probes their \
             mean goes to 6, the trace.",
            "`let mut rng = rng(seed);` goes before the loop, `probe.draw(a.dim(), &mut rng)` and `a.apply(&z)` go \
             inside it, and `z.dot(&az)` is the sample.",
            r"```rust
            let mut rng = rng(seed);
            let samples: Array1<f64> = (0..m)
                .map(|_| {
                    let z = probe.draw(a.dim(), &mut rng);
                    z.dot(&a.apply(&z))
                })
                .collect();
            TraceEstimate { mean: samples.sum() / m as f64, samples }
            ```",
        ],
    },
    Exercise {
        id: "3/1.2",
        title: "The variance of the estimate",
        functions: &["variance_sweep"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "Use two loops: an outer one over `ms` and an inner one over the trials. A trial is one call of your \
             `hutchinson_trace`. You want the variance of the means of the trials, not of the samples within one \
             trial.",
            "Try it by hand: for `A = [[1, 2], [2, 5]]` a sign probe (Rademacher) gives 10 or 2, each 4 away from 6. \
             So with m = 1 and two trials the result is 0 (equal) or 32 (different), whatever the seed. With many \
             trials it goes to 16 for m = 1 and to 4 for m = 4.",
            "Every trial needs its own seed, or all of them give the same number; `seeds(seed)` provides as many as \
             you take. The sample variance divides by `n_trials - 1`, as `variance(&estimates)` does.",
            r"```rust
            let mut seeds = seeds(seed);
            let variance_for = |&m: &usize| {
                let trials = seeds.by_ref().take(n_trials);
                let t: Array1<f64> = trials.map(|s| hutchinson_trace(a, m, probe, s).mean).collect();
                variance(&t)
            };
            ms.iter().map(variance_for).collect()
            ```",
        ],
    },
    Exercise {
        id: "3/3.1",
        title: "Implement stochastic Lanczos quadrature",
        functions: &["slq_density"],
        difficulty: 4,
        minutes: 25,
        hints: &[
            "For each probe: draw z, run Lanczos from z, take the eigenvalues of the small tridiagonal matrix and \
             the first component of each of its eigenvectors. Then add one Gaussian per Ritz value to the density.",
            "Try it by hand: for `A = [[1, 0], [0, 3]]` and two steps, a sign probe has equal parts of both \
             eigenvectors, so the Ritz values are 1 and 3, with the weight 1/2 each, whatever the seed. With sigma = 1 \
             the Gaussian at a distance of 1 is 0.242, so the density at t = 2 is 2 (0.242 / 2 + 0.242 / 2) = 0.484.",
            "`lanczos(a, &z, s_lanczos, Reorthogonalization::Full)` takes any start vector and may stop early at an \
             invariant subspace, so loop over the Ritz values it returns, not over `s_lanczos`. `run.ritz()` has \
             `values` and `vectors`; the weight of value i is `vectors[[0, i]].powi(2)`.",
            "The Gaussian is `(-((t - theta) / sigma).powi(2) / 2.0).exp() / (sigma * (2.0 * PI).sqrt())`; the whole \
             sum is multiplied by `n / m_probes`. To check your result: the weights of one run sum to 1, so the \
             integral over t is n.",
        ],
    },
    Exercise {
        id: "3/5.1",
        title: "Weyl in action",
        functions: &["weyl_shifts"],
        difficulty: 2,
        minutes: 8,
        hints: &[
            "`eigvalsh` returns the eigenvalues in ascending order, so entry k of one call corresponds to entry k of \
             another.",
            "Try it by hand: for `A = [[0, 0], [0, 3]]`, `E = [[0, 1], [1, 0]]` and alpha = 2, the sum is `[[0, 2], \
             [2, 3]]`, with the eigenvalues -1 and 4. Each has moved by 1, so the result is 1.",
            "Compute `eigvalsh(a)` once. For each alpha form `a + &(e * alpha)`, subtract the two lists of \
             eigenvalues, and take the largest *absolute* difference.",
            r"```rust
            let unperturbed = eigvalsh(a);
            alphas.mapv(|alpha| {
                let d = eigvalsh(&(a + &(e * alpha))) - &unperturbed;
                d.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
            })
            ```",
        ],
    },
    Exercise {
        id: "3/5.2",
        title: "Davis-Kahan and the gap",
        functions: &["principal_angle", "gap_experiment"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "The cosine of a small angle is 1 up to rounding, so `acos` loses half the digits. The sine does not \
             have this problem: it is the length of the part of V outside the space of U.",
            "Try it by hand: for U with the one column (1, 0) and V with the one column (3, 4), V becomes (0.6, 0.8), \
             and its part outside the space of U is (0, 0.8). So the sine is 0.8 and the angle 0.927. In the \
             experiment an E of 0.1 times the identity moves all eigenvalues alike and turns nothing: every sine is \
             zero up to rounding, for gaps above zero.",
            "Make both bases orthonormal first (`orthonormalize`). The sine of the largest angle is the largest \
             singular value of V - U (U^T V); `singular_values` returns them in descending order. Rounding can push \
             the sine past 1, so cap it at 1 before `asin`. In the experiment, `eigh(&a).top(k)` holds the top k \
             eigenvectors.",
            r"The body of `principal_angle`:
            ```rust
            let (u, v) = (orthonormalize(u), orthonormalize(v));
            let outside = &v - &u.dot(&u.t().dot(&v));
            singular_values(&outside)[0].min(1.0).asin()
            ```
            In `gap_experiment`, for each gap:
            ```rust
            let a = matrix_with_gap(gap, e.nrows(), seed);
            principal_angle(&eigh(&a).top(k), &eigh(&(&a + e)).top(k)).sin()
            ```",
        ],
    },
    Exercise {
        id: "3/5.3",
        title: "Bootstrap on the eNTK",
        functions: &["bootstrap_entk"],
        difficulty: 3,
        minutes: 10,
        hints: &[
            "A resample draws N row numbers from 0..N with replacement, with its own generator. Its kernel is the \
             kernel of the drawn images, repeats included.",
            "Try it by hand: a network of one layer with one input and one output has the gradient (x, 1). For the \
             images 1 and 2 a resample draws image 1 twice, both, or image 2 twice, so for k = 1 its value is 4, 6.85 \
             or 10, whatever the seed. Image 1 twice gives a kernel `[[2, 2], [2, 2]]` and the direction (0.707, \
             0.707) or its negative.",
            "`x.select(Axis(0), &drawn)` holds the images, `Entk::new(model, &images)` is the kernel, and \
             `randomized_eigh(&kernel, k, 10, 1, seed)` gives its top eigenpairs. An eigenvector has one entry per \
             image drawn; `kernel.vjp(u)` is J^T u, a vector in parameter space.",
            r"The draws:
            ```rust
            for (b, seed) in seeds(seed).take(n_boot).enumerate() {
                let mut rng = Stream::Resamples.rng(seed);
                let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
                // The kernel of the images drawn, and its pairs, by the third hint.
            }
            ```
            The direction of eigenpair j is a unit vector:
            ```rust
            let w = kernel.vjp(&pairs.vectors.column(j)) / pairs.values[j].sqrt();
            directions.column_mut(j).assign(&w);
            ```",
        ],
    },
    Exercise {
        id: "3/5.4",
        title: "How far the resamples turn",
        functions: &["pairwise_sines"],
        difficulty: 2,
        minutes: 6,
        hints: &[
            "Cut every basis down to its first k columns. Then run over the pairs with two loops, the inner one only up \
             to the outer one, so that each pair comes once and no basis is compared with itself.",
            "Try it by hand: for the three bases with the one column (1, 0), (0.6, 0.8) and (0, 1), and k = 1, there are \
             three pairs. The first and the second have the sine 0.8, the first and the third 1, the second and the third \
             0.6.",
            "`basis.slice(s![.., ..k]).to_owned()` holds the first k columns. `sin_theta(&u, &v)` is the sine of the \
             largest angle between the spaces of u and v, and for b bases you call it b (b - 1) / 2 times.",
            r"```rust
            let leading: Vec<Array2<f64>> =
                bases.iter().map(|basis| basis.slice(s![.., ..k]).to_owned()).collect();
            let mut sines = Vec::new();
            for i in 0..leading.len() {
                for j in 0..i {
                    sines.push(sin_theta(&leading[i], &leading[j]));
                }
            }
            Array1::from(sines)
            ```",
        ],
    },
];
