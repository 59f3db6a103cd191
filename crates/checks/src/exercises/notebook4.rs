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
        hints: &[],
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
