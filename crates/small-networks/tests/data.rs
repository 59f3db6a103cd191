//! The IDX reader on damaged files, and the course's subset.

use std::fs;
use std::path::PathBuf;

use small_networks::data::{DataError, data_dir, load_mnist_7x7, read_idx_images, read_idx_labels, read_mnist_7x7};

const IMAGES: &str = "mnist-7x7-images-idx3-ubyte";
const LABELS: &str = "mnist-7x7-labels-idx1-ubyte";

/// A folder with the given two files, and what reading it says.
fn read_with(images: Option<&[u8]>, labels: Option<&[u8]>) -> DataError {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in [(IMAGES, images), (LABELS, labels)] {
        if let Some(bytes) = bytes {
            fs::write(folder.path().join(name), bytes).expect("the file is written");
        }
    }
    read_mnist_7x7(folder.path()).expect_err("damaged files are rejected")
}

fn images(n: u32, rows: u32, columns: u32, bytes: usize) -> Vec<u8> {
    let mut file: Vec<u8> = [0x803, n, rows, columns].iter().flat_map(|word| word.to_be_bytes()).collect();
    file.resize(16 + bytes, 7);
    file
}

fn labels(n: u32, bytes: usize) -> Vec<u8> {
    let mut file: Vec<u8> = [0x801, n].iter().flat_map(|word| word.to_be_bytes()).collect();
    file.resize(8 + bytes, 3);
    file
}

#[test]
fn every_damage_has_its_own_error() {
    let good = labels(2, 2);
    type File = Option<Vec<u8>>;
    let cases: [(File, File, &str); 12] = [
        (None, Some(good.clone()), "cannot read"),
        (Some(good.clone()), Some(good.clone()), "the magic number of images must be 0x00000803, got 0x00000801"),
        (
            Some(images(2, 7, 7, 98)),
            Some(images(2, 7, 7, 98)),
            "the magic number of labels must be 0x00000801, got 0x00000803",
        ),
        (Some(vec![0x1f, 0x8b, 8, 0, 0]), Some(good.clone()), "compressed by gzip\n  remedy: unpack it with gunzip"),
        (Some(vec![0, 0]), Some(good.clone()), "truncated, must have 16 bytes by its header, got 2"),
        (
            Some(images(2, 7, 7, 0)[..12].to_vec()),
            Some(good.clone()),
            "truncated, must have 16 bytes by its header, got 12",
        ),
        (Some(images(2, 7, 7, 97)), Some(good.clone()), "truncated, must have 114 bytes by its header, got 113"),
        (Some(images(2, 7, 7, 99)), Some(good.clone()), "too long, must have 114 bytes by its header, got 115"),
        (Some(images(2, 7, 7, 98)), Some(labels(2, 1)), "truncated, must have 10 bytes by its header, got 9"),
        (
            Some(images(2, 7, 7, 98)),
            Some(labels(3, 3)),
            "there must be as many labels as images, got 2 images and 3 labels",
        ),
        (Some(images(2, 7, 8, 112)), Some(good.clone()), "images must be 7 x 7, got 7 x 8"),
        (Some(images(u32::MAX, u32::MAX, u32::MAX, 10)), Some(good), "truncated"),
    ];
    for (images, labels, message) in cases {
        let error = read_with(images.as_deref(), labels.as_deref());
        // What `expect` shows in a cell is what `Display` says.
        assert_eq!(format!("{error:?}"), error.to_string());
        let is_about_a_file = !matches!(error, DataError::Mismatch { .. } | DataError::Size { .. });
        let error = error.to_string();
        assert!(error.contains(message), "{error} should say {message}");
        assert_eq!(error.contains("remedy: "), is_about_a_file, "{error}");
    }
}

#[test]
fn a_count_out_of_range_is_named() {
    for n in [0, 1, 8001, usize::MAX] {
        let error = load_mnist_7x7(n, 0).expect_err("out of range");
        assert!(matches!(error, DataError::Count { n: got, available: 8000 } if got == n), "{error}");
        assert_eq!(error.to_string(), format!("n must be from 2 to 8000, the size of the training set, got {n}"));
    }
}

#[test]
fn the_subset_is_standardised_without_replacement_and_seeded() {
    let (x, y) = load_mnist_7x7(500, 3).expect("the data files are there");
    assert_eq!((x.dim(), y.len()), ((500, 49), 500));
    let mean = x.sum() / x.len() as f64;
    assert!(mean.abs() < 1e-12, "{mean}");
    // Off 1 only by the 1e-6 in the divisor, over a standard deviation near 0.23.
    assert!((x.std(1.0) - 1.0).abs() < 1e-5, "{}", x.std(1.0));
    assert!(y.iter().all(|&label| label < 10));
    assert_eq!(load_mnist_7x7(500, 3).expect("again").0, x);
    assert_ne!(load_mnist_7x7(500, 4).expect("another seed").0, x);
    // No two images of the files are equal, so no two rows are.
    let (all, labels) = load_mnist_7x7(8000, 0).expect("the whole training set");
    let mut rows: Vec<Vec<u64>> = all.rows().into_iter().map(|row| row.iter().map(|v| v.to_bits()).collect()).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), 8000);
    // The class counts of the first 8,000, from the data's README: the draw is from the training split.
    let counts: Vec<usize> = (0..10).map(|digit| labels.iter().filter(|&&label| label == digit).count()).collect();
    assert_eq!(counts, [831, 867, 816, 805, 784, 737, 809, 825, 747, 779]);
}

#[test]
fn single_files_are_read() {
    let folder: PathBuf = data_dir();
    assert_eq!(read_idx_images(&folder.join(IMAGES)).expect("images").dim(), (10_000, 7, 7));
    assert_eq!(read_idx_labels(&folder.join(LABELS)).expect("labels").len(), 10_000);
}
