//! Real MNIST digits at 7x7, read from IDX files; and a random batch for the smallest network.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3};
use rand::Rng;
use rand::seq::index;

use matrix_free::probe::{Stream, gaussian_matrix};

/// The samples before this one are MNIST's training split, the rest its test split.
const N_TRAIN: usize = 8000;

/// The images and the labels of the project's `data` folder, with their CRC-32: damaged files of the right length would load.
const FILES: [(&str, u32); 2] =
    [("mnist-7x7-images-idx3-ubyte", 0xa0a5_5730), ("mnist-7x7-labels-idx1-ubyte", 0xf13b_f76f)];

const REMEDY: &str = "\n  remedy: `git checkout data`, in the course's folder, restores the course's own files";

/// What can be wrong with a data file.
///
/// `Debug` prints what `Display` does, because `expect` and `?` in a cell show students the former.
#[non_exhaustive]
pub enum DataError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not begin with the magic number of its kind.
    Magic {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        kind: &'static str,
        /// The magic number of that kind.
        expected: u32,
        /// The first four bytes of the file.
        found: u32,
    },
    /// The file ends before its header says, or before its header does.
    Truncated {
        /// The file.
        path: PathBuf,
        /// The number of bytes that the header announces.
        expected: u64,
        /// The number of bytes that there are.
        found: u64,
    },
    /// The file goes on after what its header says.
    TooLong {
        /// The file.
        path: PathBuf,
        /// The number of bytes that the header announces.
        expected: u64,
        /// The number of bytes that there are.
        found: u64,
    },
    /// The file is compressed.
    Gzip {
        /// The file.
        path: PathBuf,
    },
    /// The file has the right length, but is not the course's.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The checksum of the course's file.
        expected: u32,
        /// The checksum of the file.
        found: u32,
    },
    /// There are not as many labels as images.
    Mismatch {
        /// The number of images.
        images: usize,
        /// The number of labels.
        labels: usize,
    },
    /// The images are not 7 x 7.
    Size {
        /// Pixels from top to bottom.
        rows: usize,
        /// Pixels from left to right.
        columns: usize,
    },
    /// More images are asked for than there are, or fewer than two.
    Count {
        /// The number asked for.
        n: usize,
        /// The number of training images.
        available: usize,
    },
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "cannot read {}: {source}{REMEDY}", path.display()),
            Self::Magic { path, kind, expected, found } => write!(
                f,
                "{}: the magic number of {kind} must be {expected:#010x}, got {found:#010x}{REMEDY}",
                path.display()
            ),
            Self::Truncated { path, expected, found } => write!(
                f,
                "{}: truncated, must have {expected} bytes by its header, got {found}{REMEDY}",
                path.display()
            ),
            Self::TooLong { path, expected, found } => {
                write!(f, "{}: too long, must have {expected} bytes by its header, got {found}{REMEDY}", path.display())
            }
            Self::Gzip { path } => {
                write!(f, "{}: compressed by gzip\n  remedy: unpack it with gunzip", path.display())
            }
            Self::Damaged { path, expected, found } => {
                write!(f, "{}: damaged, its CRC-32 must be {expected:#010x}, got {found:#010x}{REMEDY}", path.display())
            }
            Self::Mismatch { images, labels } => {
                write!(f, "there must be as many labels as images, got {images} images and {labels} labels")
            }
            Self::Size { rows, columns } => write!(f, "images must be 7 x 7, got {rows} x {columns}"),
            Self::Count { n, available } => {
                write!(f, "n must be from 2 to {available}, the size of the training set, got {n}")
            }
        }
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Debug for DataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Reads an IDX file of images: shape `(N, rows, columns)`, one byte per pixel.
///
/// # Errors
/// [`DataError::Read`], [`DataError::Gzip`], [`DataError::Magic`], [`DataError::Truncated`] or [`DataError::TooLong`].
///
/// # Example
/// ```
/// use small_networks::data::{DataError, data_dir, read_idx_images};
/// let images = read_idx_images(&data_dir().join("mnist-7x7-images-idx3-ubyte"))?;
/// assert_eq!(images.dim(), (10_000, 7, 7));
/// # Ok::<(), DataError>(())
/// ```
///
/// # References
/// LeCun, Cortes and Burges, *The MNIST database*, "File formats": big-endian, `0x00000803`, `N`, rows, columns, pixels.
pub fn read_idx_images(path: &Path) -> Result<Array3<u8>, DataError> {
    let ([n, rows, columns], pixels) = read_idx(path, "images", 0x803)?;
    #[expect(clippy::expect_used, reason = "read_idx has counted the bytes")]
    Ok(Array3::from_shape_vec((n, rows, columns), pixels).expect("as many pixels as the header says"))
}

/// Reads an IDX file of labels: length `N`.
///
/// # Errors
/// As [`read_idx_images`].
///
/// # Example
/// ```
/// use small_networks::data::{DataError, data_dir, read_idx_labels};
/// let labels = read_idx_labels(&data_dir().join("mnist-7x7-labels-idx1-ubyte"))?;
/// assert!(labels.len() == 10_000 && labels.iter().all(|&label| label < 10));
/// # Ok::<(), DataError>(())
/// ```
pub fn read_idx_labels(path: &Path) -> Result<Array1<usize>, DataError> {
    let ([_], labels) = read_idx(path, "labels", 0x801)?;
    Ok(labels.into_iter().map(usize::from).collect())
}

fn read_idx<const RANK: usize>(
    path: &Path,
    kind: &'static str,
    magic: u32,
) -> Result<([usize; RANK], Vec<u8>), DataError> {
    let mut bytes = fs::read(path).map_err(|source| DataError::Read { path: path.into(), source })?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(DataError::Gzip { path: path.into() });
    }
    let found = bytes.len() as u64;
    let truncated = |expected| DataError::Truncated { path: path.into(), expected, found };
    let word = |i: usize| bytes.get(4 * i..4 * i + 4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]]));
    let header = 4 * (RANK + 1);
    let first = word(0).ok_or_else(|| truncated(header as u64))?;
    if first != magic {
        return Err(DataError::Magic { path: path.into(), kind, expected: magic, found: first });
    }
    let mut shape = [0; RANK];
    for (i, size) in shape.iter_mut().enumerate() {
        *size = word(i + 1).ok_or_else(|| truncated(header as u64))? as usize;
    }
    // Saturating: three sizes of a damaged header can pass 2^64, and no file is that long.
    let body = shape.iter().fold(1_u64, |product, &size| product.saturating_mul(size as u64));
    let expected = body.saturating_add(header as u64);
    match found.cmp(&expected) {
        std::cmp::Ordering::Less => Err(truncated(expected)),
        std::cmp::Ordering::Greater => Err(DataError::TooLong { path: path.into(), expected, found }),
        std::cmp::Ordering::Equal => Ok((shape, bytes.split_off(header))),
    }
}

/// The 7x7 MNIST files of a folder: images, shape `(N, 7, 7)`, and labels, length `N`.
///
/// # Errors
/// As [`read_idx_images`], and [`DataError::Mismatch`] or [`DataError::Size`] when the two files do not belong together.
///
/// # Example
/// ```
/// use small_networks::data::{DataError, data_dir, read_mnist_7x7};
/// let (images, labels) = read_mnist_7x7(&data_dir())?;
/// assert_eq!((images.dim(), labels.len()), ((10_000, 7, 7), 10_000));
/// # Ok::<(), DataError>(())
/// ```
pub fn read_mnist_7x7(folder: &Path) -> Result<(Array3<u8>, Array1<usize>), DataError> {
    let [images, labels] = FILES.map(|(name, _)| folder.join(name));
    let (images, labels) = (read_idx_images(&images)?, read_idx_labels(&labels)?);
    let (n, rows, columns) = images.dim();
    if n != labels.len() {
        return Err(DataError::Mismatch { images: n, labels: labels.len() });
    }
    if (rows, columns) != (7, 7) {
        return Err(DataError::Size { rows, columns });
    }
    Ok((images, labels))
}

/// `n` images drawn without replacement from MNIST's training split: `x` of shape `(n, 49)` and labels `y` of length `n`.
///
/// Pixels are divided by 255, then standardised over the drawn subset: `(x - mean) / (std + 1e-6)`, with one mean and one
/// standard deviation for all pixels. The files are those of the project's `data` folder.
///
/// # Errors
/// As [`read_mnist_7x7`], [`DataError::Damaged`] if a file is not the project's, and [`DataError::Count`] unless `2 <= n <= 8000`.
///
/// # Example
/// ```
/// use small_networks::data::{DataError, load_mnist_7x7};
/// let (x, y) = load_mnist_7x7(300, 0)?;
/// assert_eq!((x.dim(), y.len()), ((300, 49), 300));
/// # Ok::<(), DataError>(())
/// ```
pub fn load_mnist_7x7(n: usize, seed: u64) -> Result<(Array2<f64>, Array1<usize>), DataError> {
    let (images, labels) = read_mnist_7x7(&data_dir())?;
    check_sums(&data_dir())?;
    let available = labels.len().min(N_TRAIN);
    if !(2..=available).contains(&n) {
        return Err(DataError::Count { n, available });
    }
    let drawn = index::sample(&mut Stream::Data.rng(seed), available, n).into_vec();
    let mut x =
        Array2::from_shape_fn((n, 49), |(i, pixel)| f64::from(images[[drawn[i], pixel / 7, pixel % 7]]) / 255.0);
    let (mean, std) = (x.sum() / x.len() as f64, x.std(1.0));
    x.mapv_inplace(|pixel| (pixel - mean) / (std + 1e-6));
    Ok((x, drawn.iter().map(|&i| labels[i]).collect()))
}

fn check_sums(folder: &Path) -> Result<(), DataError> {
    for (name, expected) in FILES {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|source| DataError::Read { path: path.clone(), source })?;
        let found = crc32fast::hash(&bytes);
        if found != expected {
            return Err(DataError::Damaged { path, expected, found });
        }
    }
    Ok(())
}

/// A random batch for [`toy_mlp`](crate::toy_mlp): `n` standard normal inputs, shape `(n, 20)`, and labels drawn uniformly
/// from its four classes.
///
/// There is nothing to learn in it: it gives the small network a loss, a Hessian and a kernel without reading a file.
///
/// # Panics
/// If `n` is zero.
///
/// # Example
/// ```
/// use small_networks::data::toy_batch;
/// let (x, y) = toy_batch(30, 0);
/// assert_eq!((x.dim(), y.len()), ((30, 20), 30));
/// ```
pub fn toy_batch(n: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    assert!(n > 0, "n must be at least 1, got 0");
    let mut rng = Stream::Data.rng(seed);
    let x = gaussian_matrix(n, 20, &mut rng);
    (x, (0..n).map(|_| rng.random_range(0..4)).collect())
}

/// The project's `data` folder, which holds the files of [`read_mnist_7x7`].
///
/// # Example
/// ```
/// assert!(small_networks::data::data_dir().is_dir());
/// ```
pub fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_flipped_byte_is_found_and_the_remedy_told() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        for (name, _) in FILES {
            fs::copy(data_dir().join(name), folder.path().join(name))?;
        }
        check_sums(folder.path())?;
        for (name, _) in FILES {
            let path = folder.path().join(name);
            let mut bytes = fs::read(&path)?;
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, &bytes)?;
            assert!(read_mnist_7x7(folder.path()).is_ok(), "the length is right");
            let error = check_sums(folder.path()).expect_err("damaged");
            assert!(matches!(&error, DataError::Damaged { path: found, .. } if *found == path));
            bytes[middle] ^= 1;
            fs::write(&path, &bytes)?;
        }
        Ok(())
    }
}
