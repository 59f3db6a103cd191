use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[
    Exercise {
        id: "4/2.1",
        title: "The top of the Hessian",
        functions: &["hessian_topk"],
        difficulty: 3,
        minutes: 15,
        hints: &[],
    },
    Exercise {
        id: "4/2.2",
        title: "Count the outliers by a rule",
        functions: &["count_outliers"],
        difficulty: 2,
        minutes: 8,
        hints: &[],
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
            "`let p = softmax(&model.logits(x));` and `let mut w = Array2::zeros(p.dim());`, then for every class \
             `w.column_mut(class).assign(&Entk::of_logit(model, x, class).jvp(v));`. In the middle `let mean = (&p * \
             &w).sum_axis(Axis(1)).insert_axis(Axis(1));` and `let weights = &p * &(&w - &mean) / x.nrows() as f64;`. \
             From `let mut product = Array1::zeros(v.len());` on, for every class `product += &Entk::of_logit(model, \
             x, class).vjp(&weights.column(class));`.",
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
            "`loop { for _ in 0..10.min(max_probes - samples.len()) { let z = Probe::Rademacher.draw(a.dim(), &mut \
             rng); samples.push(z.dot(&a.apply(&z))); }`, then `let estimate = \
             TraceEstimate::from_samples(Array1::from(samples.clone())); let m = samples.len();`, and `if m == \
             max_probes || (m >= 20 && estimate.standard_error() <= tolerance) { return estimate; } }`.",
        ],
    },
    Exercise {
        id: "4/5.1",
        title: "Where the gradient lives",
        functions: &["gradient_overlap"],
        difficulty: 1,
        minutes: 5,
        hints: &[],
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
            "`let top = eigh(kernel).top(k);` once, and for every `seed` of `seeds(seed).take(n_boot)`: `let mut rng \
             = Stream::Resamples.rng(seed); let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect(); \
             let columns = kernel.select(Axis(1), &drawn); let u = eigh(&columns.select(Axis(0), &drawn)).top(k);`. \
             The sine is `sin_theta(&columns.dot(&u), &top).min(1.0)`, because rounding can push it past 1.",
        ],
    },
];
