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
            r"```rust
            let run = lanczos(a, seed, n_steps, Reorthogonalization::Full);
            let ritz = run.ritz();
            let u = ritz.top(k);
            let values = ritz.values.iter().rev().take(k).copied().collect();
            let residuals = u.row(ritz.values.len() - 1).mapv(|last| run.residual * last.abs());
            Eigenpairs::new(values, run.basis.dot(&u), run.n_matvecs).with_residuals(residuals)
            ```",
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
            r"```rust
            let (mut count, mut largest) = (0, 0.0);
            for m in 1..values.len() {
                if values[m] > 0.0 && values[m - 1] / values[m] > largest {
                    (count, largest) = (m, values[m - 1] / values[m]);
                }
            }
            if largest >= least_ratio { count } else { 0 }
            ```",
        ],
    },
    Exercise {
        id: "4/3.1",
        title: "The Gauss-Newton product",
        functions: &["gauss_newton_matvec"],
        difficulty: 4,
        minutes: 20,
        hints: &[
            "Go from right to left, as the formula does: how the logits of every image change along v, what the loss \
             makes of that change, and back to the parameters. Each logit is a function with a Jacobian of its own, \
             so this takes one product per class on the way there, and one on the way back.",
            "Try it by hand: a network of one layer with one input, two outputs, weights 0 and biases ln 3 and 0 has \
             p = (3/4, 1/4). For the one image 2 and v = (1, 0, 0, 0), the first weight, the logits change by w = (2, \
             0). So <p, w> = 1.5, the loss makes (0.375, -0.375) of it, and G v = (0.75, -0.75, 0.375, -0.375): two \
             weights, times the input 2, and two biases.",
            "`Entk::of_logit(model, x, class)` stands for the Jacobian of one logit for all images: `jvp(v)` gives \
             one number per image, and `vjp(&weights)` takes one per image and gives one per parameter. \
             `softmax(&model.logits(x))` has a row per image. In the middle each row becomes p * (w - <p, w>), where \
             <p, w> is the sum of p * w along the row, `sum_axis(Axis(1))`; divide by N once.",
            r"```rust
            let p = softmax(&model.logits(x));
            let mut w = Array2::zeros(p.dim());
            for class in 0..p.ncols() {
                w.column_mut(class).assign(&Entk::of_logit(model, x, class).jvp(v));
            }
            let mean = (&p * &w).sum_axis(Axis(1)).insert_axis(Axis(1));
            let weights = &p * &(&w - &mean) / x.nrows() as f64;
            let mut product = Array1::zeros(v.len());
            for class in 0..p.ncols() {
                product += &Entk::of_logit(model, x, class).vjp(&weights.column(class));
            }
            product
            ```",
        ],
    },
    Exercise {
        id: "4/3.2",
        title: "A trace with an error bar and a stopping rule",
        functions: &["trace_to_tolerance"],
        difficulty: 3,
        minutes: 12,
        hints: &[
            "Keep all the samples in one vector, and add ten in each pass through a loop. After each batch there are \
             two reasons to stop: there are max_probes samples, or there are at least twenty and their standard error \
             is small enough.",
            "Try it by hand: for `A = [[1, 2], [2, 5]]` a sign probe gives 10 or 2. Twenty samples with as many 10s \
             as 2s have the mean 6 and the standard error sqrt(20 * 16 / (20 * 19)) = 0.918, and with other shares it \
             is smaller. So the tolerance 1 takes 20 probes, whatever the seed, and 0.4 at most 110, because 4 / \
             sqrt(109) = 0.383.",
            "`let mut rng = rng(seed);` goes before the loop, `Probe::Rademacher.draw(a.dim(), &mut rng)` into it, \
             and `z.dot(&a.apply(&z))` is a sample. The next batch has `10.min(max_probes - samples.len())` probes. \
             `TraceEstimate::from_samples(..)` takes an `Array1` of all the samples so far, and has \
             `standard_error()`.",
            r"```rust
            let mut rng = rng(seed);
            let mut samples = vec![];
            loop {
                for _ in 0..10.min(max_probes - samples.len()) {
                    let z = Probe::Rademacher.draw(a.dim(), &mut rng);
                    samples.push(z.dot(&a.apply(&z)));
                }
                let estimate = TraceEstimate::from_samples(Array1::from(samples.clone()));
                let m = samples.len();
                if m == max_probes || (m >= 20 && estimate.standard_error() <= tolerance) {
                    return estimate;
                }
            }
            ```",
        ],
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
            r"```rust
            let mut so_far = 0.0;
            vectors.t().dot(gradient).mapv(|along| {
                so_far += along * along;
                so_far / gradient.dot(gradient)
            })
            ```",
        ],
    },
    Exercise {
        id: "4/6.1",
        title: "The rotation that resampling causes",
        functions: &["resampled_rotations"],
        difficulty: 3,
        minutes: 15,
        hints: &[
            "A resample is a list of N row numbers, drawn with replacement, and its kernel needs no network: it has \
             the entries of `kernel` that belong to the images drawn. Its eigenvectors have an entry per image drawn. \
             Continue them to all images before you compare them with those of the whole kernel.",
            "Try it by hand: the kernel `[[2, 1], [1, 2]]` has the top eigenvector (0.707, 0.707). A resample that \
             holds image 0 twice has the kernel `[[2, 2], [2, 2]]`, with the same top eigenvector, which column 0 of \
             the whole kernel, taken twice, continues to a multiple of (2, 1): the sine is 0.316. With image 1 twice \
             it is 0.316 too, and with both images 0. So for k = 1 the sines are only 0 and 0.316, whatever the seed.",
            "`rng.random_range(0..n)` draws a row number. `kernel.select(Axis(1), &drawn)` holds the columns of the \
             images drawn, and the rows of that, `columns.select(Axis(0), &drawn)`, are the resample's kernel. \
             `eigh(&matrix).top(k)` gives the top eigenvectors, and `sin_theta(&continued, &top)` scales what it \
             compares.",
            r"```rust
            let (n, top) = (kernel.nrows(), eigh(kernel).top(k));
            let sine = |seed: u64| {
                let mut rng = Stream::Resamples.rng(seed);
                let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
                let columns = kernel.select(Axis(1), &drawn);
                let u = eigh(&columns.select(Axis(0), &drawn)).top(k);
                // Rounding can push it past 1.
                sin_theta(&columns.dot(&u), &top).min(1.0)
            };
            seeds(seed).take(n_boot).map(sine).collect()
            ```",
        ],
    },
];
