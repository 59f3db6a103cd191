//! How far resampling turns the top of a kernel, and how far two kernels are aligned.

use matrix_free::linalg::{frobenius_squared, mean};
use matrix_free::probe::{gaussian_matrix, rng, symmetric_with_spectrum};
use ndarray::{Array1, Array2, array};
use small_networks::{Mlp, entk_explicit};
use spectral_course::solutions::{kernel_alignment, resampled_rotations};

use super::common::z_score;

fn kernel(n: usize) -> Array2<f64> {
    entk_explicit(&Mlp::new(&[6, 5, 3], 1), &gaussian_matrix(n, 6, &mut rng(2)))
}

#[test]
fn sines_are_reproducible_and_new_in_every_resample() {
    let kernel = kernel(20);
    let sines = resampled_rotations(&kernel, 3, 40, 5);
    assert!(sines.len() == 40 && sines.iter().all(|sine| (0.0..=1.0).contains(sine)), "{sines}");
    assert_eq!(sines, resampled_rotations(&kernel, 3, 40, 5));
    let mut all = [sines, resampled_rotations(&kernel, 3, 40, 6)].map(|sines| sines.to_vec()).concat();
    all.sort_by(f64::total_cmp);
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
}

/// Of rank k, the kernel has no other functions than its top k: they are the images of any resample's.
#[test]
fn a_kernel_of_rank_k_does_not_turn() {
    let features = gaussian_matrix(20, 3, &mut rng(3));
    let kernel = features.dot(&features.t());
    let of_rank = |k| resampled_rotations(&kernel, k, 50, 0);
    assert!(of_rank(3).iter().all(|&sine| sine < 1e-12), "{}", of_rank(3));
    // But the first of the three turns.
    assert!(mean(&of_rank(1)) > 0.05, "{}", of_rank(1));
    // All of them are all there is.
    assert!(resampled_rotations(&kernel, 20, 5, 0).iter().all(|&sine| sine < 1e-12));
}

/// The kernel of images that have nothing in common: those that weigh most in a resample are its top eigenfunctions, and a sine is 0 or 1.
#[test]
fn of_separate_images_the_most_frequent_win() {
    // Of three draws, image 0 must be one; then it is ahead, unless another one comes twice.
    let kernel = Array2::from_diag(&array![1.0, 0.9, 0.8]);
    let n_boot = 4000;
    let sines = resampled_rotations(&kernel, 1, n_boot, 1);
    assert!(sines.iter().all(|sine| sine.min(1.0 - sine) < 1e-12));
    // 27 draws: 1 with image 0 alone, 6 with it twice and 6 with each image once; in the other 14 another image is ahead.
    let expected = 14.0 / 27.0;
    let standard_error = (expected * (1.0 - expected) / n_boot as f64).sqrt();
    let z = z_score(mean(&sines), expected, standard_error, 0.02);
    assert!(z.abs() < 5.0, "z = {z}");
}

#[test]
fn the_alignment_is_a_cosine() {
    let (first, second) = (kernel(12), symmetric_with_spectrum(&Array1::linspace(-1.0, 3.0, 12), 4));
    let alignment = kernel_alignment(&first, &second);
    assert_eq!(alignment, kernel_alignment(&second, &first));
    // The law of cosines.
    let sides = |a: &Array2<f64>, b: &Array2<f64>| frobenius_squared(&(a - b));
    let product = (frobenius_squared(&first) * frobenius_squared(&second)).sqrt();
    let expected = (frobenius_squared(&first) + frobenius_squared(&second) - sides(&first, &second)) / (2.0 * product);
    assert!((alignment - expected).abs() < 1e-13 && alignment.abs() < 0.9, "{alignment} against {expected}");
    for (factor, cosine) in [(1e-6, 1.0), (3.0, 1.0), (-2.0, -1.0)] {
        assert!((kernel_alignment(&first, &(factor * &first)) - cosine).abs() < 1e-14);
    }
    assert_eq!(kernel_alignment(&array![[1.0, 0.0], [0.0, 0.0]], &array![[0.0, 0.0], [0.0, 5.0]]), 0.0);
    // With the kernel of labels, y y^T, it is y^T K y over the norms.
    let y: Array1<f64> = (0..12).map(|i| if i % 3 == 0 { 1.0 } else { -1.0 }).collect();
    let labels = Array2::from_shape_fn((12, 12), |(i, j)| y[i] * y[j]);
    let expected = y.dot(&first.dot(&y)) / (frobenius_squared(&first).sqrt() * 12.0);
    assert!((kernel_alignment(&first, &labels) - expected).abs() < 1e-14);
}
