use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayViewMut1, Axis, CowArray, Ix2, s};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::Normal;
use num_traits::Zero;

use matrix_free::probe::Stream;

/// The shape of a layer of weights: a convolution without padding, and as its simplest case a dense layer.
///
/// Output channel `o` at the position `p` of the output looks at the window of the input that begins at `p`:
///
/// ```math
/// z_o(p) = b_o + \sum_{c} \sum_{k} W_{o c k}\, h_c(p + k)
/// ```
///
/// where `c` runs over the channels of the input and `k` over the pixels of the kernel. A dense layer is the convolution of an image
/// of one pixel with a kernel of one pixel: its inputs are the channels.
///
/// **Parameters.** `W`, shape `(outputs, channels, height, width)` of the kernel, row-major, then `b`, length `outputs`: the order of
/// PyTorch.
///
/// **As a matrix product.** With the windows of all positions as the rows of one matrix (*im2col*), a convolution is a dense
/// layer that reads a row for each position of each image.
///
/// # Example
/// Images of 7 x 7 pixels, 8 kernels of 3 x 3: the output has 5 x 5 positions.
/// ```
/// use small_networks::Layer;
/// let (dense, convolution) = (Layer::dense(49, 32), Layer::convolution([7, 7], 1, [3, 3], 8));
/// assert_eq!((dense.n_params(), convolution.n_params()), (32 * 49 + 32, 8 * 9 + 8));
/// assert_eq!((dense.output_size(), convolution.output_size()), ([1, 1], [5, 5]));
/// ```
///
/// # References
/// Chellapilla, Puri and Simard, *High performance convolutional neural networks for document processing*, 2006, section 3 (the
/// convolution as a matrix product).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    size: [usize; 2],
    channels: usize,
    kernel: [usize; 2],
    outputs: usize,
}

impl Layer {
    /// A dense layer, from `inputs` numbers to `outputs` numbers.
    ///
    /// # Panics
    /// If one of the two is zero.
    ///
    /// # Example
    /// ```
    /// use small_networks::Layer;
    /// assert_eq!(Layer::dense(3, 2).n_params(), 2 * 3 + 2);
    /// ```
    pub fn dense(inputs: usize, outputs: usize) -> Self {
        Self::convolution([1, 1], inputs, [1, 1], outputs)
    }

    /// A convolution without padding of images of `size`, height and width, with `channels` channels; it has a kernel for each of
    /// the `outputs` channels of its output.
    ///
    /// A kernel as large as the image makes a dense layer of it.
    ///
    /// # Panics
    /// If a number is zero, or the kernel is larger than the image.
    ///
    /// # Example
    /// ```
    /// use small_networks::Layer;
    /// let head = Layer::convolution([3, 3], 16, [3, 3], 10);
    /// assert_eq!((head.output_size(), head.n_params()), ([1, 1], Layer::dense(144, 10).n_params()));
    /// ```
    pub fn convolution(size: [usize; 2], channels: usize, kernel: [usize; 2], outputs: usize) -> Self {
        assert!(channels > 0 && outputs > 0, "channels and outputs must be at least 1, got {channels} and {outputs}");
        let fits = (0..2).all(|axis| (1..=size[axis]).contains(&kernel[axis]));
        assert!(fits, "kernel must be at least 1 x 1 and no larger than the image, {size:?}, got {kernel:?}");
        Self { size, channels, kernel, outputs }
    }

    /// The number of parameters: `outputs (channels height width + 1)`, of the kernel.
    ///
    /// # Example
    /// ```
    /// use small_networks::Layer;
    /// assert_eq!(Layer::convolution([5, 5], 8, [3, 3], 16).n_params(), 16 * 8 * 9 + 16);
    /// ```
    pub fn n_params(&self) -> usize {
        self.outputs * (self.patch() + 1)
    }

    /// Height and width of the output: those of the image, less those of the kernel, plus one.
    ///
    /// # Example
    /// ```
    /// use small_networks::Layer;
    /// assert_eq!(Layer::convolution([7, 6], 1, [3, 3], 8).output_size(), [5, 4]);
    /// ```
    pub fn output_size(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.size[axis] + 1 - self.kernel[axis])
    }

    /// The length of an image, all pixels and channels.
    pub(crate) fn inputs(&self) -> usize {
        self.pixels() * self.channels
    }

    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The number of pixels of an image.
    pub(crate) fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The number of positions of the output.
    pub(crate) fn positions(&self) -> usize {
        self.output_size().iter().product()
    }

    /// How many numbers an output depends on: what He calls the fan-in.
    pub(crate) fn patch(&self) -> usize {
        self.window() * self.channels
    }

    /// The number of weights.
    pub(crate) fn n_weights(&self) -> usize {
        self.outputs * self.patch()
    }

    /// The number of pixels of the kernel.
    fn window(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Whether patches are something else than pixels.
    pub(crate) fn unfolds(&self) -> bool {
        self.window() > 1
    }

    /// Whether the output of this layer is what `next` reads.
    pub(crate) fn fits(&self, next: &Layer) -> bool {
        self.output_size() == next.size && self.outputs == next.channels
    }

    /// Calls `visit` for each run of numbers that an image shares with its patches: where it begins in the image, where in the
    /// patches, and its length. The lengths of a row of pixels, of a row of patches and of the channels are in any unit.
    ///
    /// A row of the image is a pixel, with its channels side by side. So is a patch, pixel by pixel: the pixels of a row of the
    /// kernel are one run, if no filling stands between them.
    #[inline(always)]
    pub(crate) fn for_each_run(
        &self,
        [pixel, patch, channels]: [usize; 3],
        mut visit: impl FnMut(usize, usize, usize),
    ) {
        let ([height, width], [tall, wide]) = (self.output_size(), self.kernel);
        let (length, times) = if pixel == channels { (wide * channels, 1) } else { (channels, wide) };
        for i in 0..height {
            for j in 0..width {
                for a in 0..tall {
                    for b in 0..times {
                        let from = ((i + a) * self.size[1] + j + b) * pixel;
                        let to = (i * width + j) * patch + (a * wide + b) * channels;
                        visit(from, to, length);
                    }
                }
            }
        }
    }

    /// The patches of images: from shape `(N pixels, channels)` to `(N positions, patch)`.
    pub(crate) fn unfold<'a, T: Copy + Zero>(&self, h: &'a ArrayRef2<T>) -> CowArray<'a, T, Ix2> {
        if !self.unfolds() {
            return h.view().into();
        }
        let n = h.nrows() / self.pixels();
        let mut patches = vec![T::zero(); n * self.positions() * self.patch()];
        let h = h.as_standard_layout();
        let images = entries(&h).chunks_exact(self.inputs());
        for (image, patches) in images.zip(patches.chunks_exact_mut(self.positions() * self.patch())) {
            self.for_each_run([self.channels, self.patch(), self.channels], |from, to, length| {
                patches[to..to + length].copy_from_slice(&image[from..from + length]);
            });
        }
        matrix(n * self.positions(), self.patch(), patches).into()
    }

    /// The transpose of `unfold`: each pixel becomes the sum of its copies in the patches.
    pub(crate) fn fold<T: Copy + Zero>(&self, patches: Array2<T>) -> Array2<T> {
        if !self.unfolds() {
            return patches;
        }
        let n = patches.nrows() / self.positions();
        let mut h = vec![T::zero(); n * self.inputs()];
        let patches = patches.as_standard_layout();
        let patches = entries(&patches).chunks_exact(self.positions() * self.patch());
        for (image, patches) in h.chunks_exact_mut(self.inputs()).zip(patches) {
            self.for_each_run([self.channels, self.patch(), self.channels], |from, to, length| {
                let terms = &patches[to..to + length];
                image[from..from + length].iter_mut().zip(terms).for_each(|(sum, term)| *sum = *sum + *term);
            });
        }
        matrix(n * self.pixels(), self.channels, h)
    }

    /// Whether the weights of an output have the order of a patch. They stand channel by channel, a patch pixel by pixel.
    pub(crate) fn has_patch_order(&self) -> bool {
        self.channels == 1 || self.window() == 1
    }

    /// Brings weights, row-major, into the order of the patches.
    pub(crate) fn to_patch_order<T: Copy>(&self, weights: &[T], ordered: &mut [T]) {
        transpose_each(weights, ordered, self.channels, self.window());
    }

    /// Brings weights back from the order of the patches.
    pub(crate) fn to_weight_order<T: Copy>(&self, ordered: &[T], weights: &mut [T]) {
        transpose_each(ordered, weights, self.window(), self.channels);
    }

    /// The weights, shape `(outputs, patch)`, and the biases in this layer's part of a vector of parameter space.
    pub(crate) fn weights<'a, T: Copy + Zero>(
        &self,
        part: ArrayView1<'a, T>,
    ) -> (CowArray<'a, T, Ix2>, ArrayView1<'a, T>) {
        let (weights, biases) = part.split_at(Axis(0), self.n_weights());
        let weights: CowArray<'a, T, _> = match weights.is_standard_layout() {
            true => weights.into(),
            false => weights.iter().copied().collect::<Array1<T>>().into(),
        };
        #[expect(clippy::expect_used, reason = "entries that lie side by side reshape when the counts agree")]
        let weights = weights.into_shape_with_order((self.outputs, self.patch())).expect("as many weights as out x in");
        if self.has_patch_order() {
            return (weights, biases);
        }
        let mut ordered = vec![T::zero(); weights.len()];
        self.to_patch_order(entries(&weights), &mut ordered);
        (matrix(self.outputs, self.patch(), ordered).into(), biases)
    }

    /// Columns in the order of a patch, brought into the order of the weights.
    pub(crate) fn columns_as_weights<T: Copy + Zero>(&self, patches: &ArrayRef2<T>) -> Array2<T> {
        if self.has_patch_order() {
            return patches.to_owned();
        }
        let patches = patches.as_standard_layout();
        let mut columns = vec![T::zero(); patches.len()];
        self.to_weight_order(entries(&patches), &mut columns);
        matrix(patches.nrows(), patches.ncols(), columns)
    }

    /// Writes weights, shape `(outputs, patch)`, and biases to this layer's part of a vector of parameter space.
    pub(crate) fn store<T: Copy + Zero>(&self, weights: &ArrayRef2<T>, biases: &ArrayRef1<T>, part: ArrayViewMut1<T>) {
        let (weights_part, mut biases_part) = part.split_at(Axis(0), self.n_weights());
        #[expect(clippy::expect_used, reason = "a one-dimensional view reshapes when the counts agree")]
        let mut to = weights_part.into_shape_with_order(weights.dim()).expect("as many weights as out x in");
        if self.has_patch_order() {
            to.assign(weights);
        } else {
            to.assign(&self.columns_as_weights(weights));
        }
        biases_part.assign(biases);
    }
}

/// Each layer with its part of a vector of parameter space.
pub(crate) fn parts<'a, T>(
    layers: &'a [Layer],
    vector: &'a ArrayRef1<T>,
) -> impl Iterator<Item = (&'a Layer, ArrayView1<'a, T>)> {
    let mut start = 0;
    layers.iter().map(move |layer| {
        let end = start + layer.n_params();
        let part = vector.slice(s![start..end]);
        start = end;
        (layer, part)
    })
}

pub(crate) fn count_params(layers: &[Layer]) -> usize {
    layers.iter().map(Layer::n_params).sum()
}

/// Random weights of variance `2 / fan-in`, and biases of zero, drawn layer by layer.
pub(crate) fn he_normal(layers: &[Layer], seed: u64) -> Array1<f64> {
    let mut rng = Stream::Parameters.rng(seed);
    let mut theta = Array1::zeros(count_params(layers));
    let mut start = 0;
    for layer in layers {
        #[expect(clippy::expect_used, reason = "the standard deviation is finite and positive")]
        let normal = Normal::new(0.0, (2.0 / layer.patch() as f64).sqrt()).expect("a normal distribution");
        let weights = Array1::random_using(layer.n_weights(), normal, &mut rng);
        theta.slice_mut(s![start..start + layer.n_weights()]).assign(&weights);
        start += layer.n_params();
    }
    theta
}

/// Transposes matrices of `rows x columns`, one after the other.
fn transpose_each<T: Copy>(from: &[T], to: &mut [T], rows: usize, columns: usize) {
    for (from, to) in from.chunks_exact(rows * columns).zip(to.chunks_exact_mut(rows * columns)) {
        for (i, row) in from.chunks_exact(columns).enumerate() {
            to[i..].iter_mut().step_by(rows).zip(row).for_each(|(to, from)| *to = *from);
        }
    }
}

/// The entries of a matrix in standard layout.
fn entries<T>(a: &ArrayRef2<T>) -> &[T] {
    #[expect(clippy::expect_used, reason = "the layout was just made")]
    a.as_slice().expect("a matrix in standard layout")
}

fn matrix<T>(n_rows: usize, n_columns: usize, entries: Vec<T>) -> Array2<T> {
    #[expect(clippy::expect_used, reason = "the entries were counted")]
    Array2::from_shape_vec((n_rows, n_columns), entries).expect("the entries fill the shape")
}
