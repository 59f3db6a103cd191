//! Between pixels and patches: what makes a convolution of a product.

use pulp::{Simd, WithSimd};

use super::{Rows, RowsMut};
use crate::layer::Layer;

impl RowsMut<'_> {
    /// The patches that `layer` reads, from pixels; both have a row of channels, or of a patch, for each image in turn.
    pub(crate) fn unfold(self, layer: &Layer, pixels: Rows) {
        self.arch.dispatch(Unfold { layer, pixels, patches: self });
    }

    /// The transpose of `unfold`: each pixel becomes the sum of its copies in the patches.
    pub(crate) fn fold(self, layer: &Layer, patches: Rows) {
        self.arch.dispatch(Fold { layer, patches, pixels: self });
    }
}

// No closures: the compiler would not inline ones of this size, and compile them for a machine without wide vectors.

struct Unfold<'a, 'c> {
    layer: &'a Layer,
    pixels: Rows<'a>,
    patches: RowsMut<'c>,
}

impl WithSimd for Unfold<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { layer, pixels, patches } = self;
        let lengths = [pixels.stride, patches.stride, layer.channels()];
        let images = pixels.data.chunks_exact(layer.pixels() * pixels.stride);
        for (image, rows) in images.zip(patches.data.chunks_exact_mut(layer.positions() * patches.stride)) {
            if layer.channels() % S::F64_LANES == 0 {
                let (image, rows) = (S::as_simd_f64s(image).0, S::as_mut_simd_f64s(rows).0);
                layer.for_each_run(lengths.map(|length| length / S::F64_LANES), |from, to, length| {
                    let (from, to) = (&image[from..][..length], &mut rows[to..][..length]);
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                });
            } else {
                layer.for_each_run(lengths, |from, to, length| {
                    rows[to..][..length].copy_from_slice(&image[from..][..length]);
                });
            }
        }
    }
}

struct Fold<'a, 'c> {
    layer: &'a Layer,
    patches: Rows<'a>,
    pixels: RowsMut<'c>,
}

impl WithSimd for Fold<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, patches, pixels } = self;
        let lengths = [pixels.stride, patches.stride, layer.channels()];
        let images = pixels.data.chunks_exact_mut(layer.pixels() * pixels.stride);
        for (image, rows) in images.zip(patches.data.chunks_exact(layer.positions() * patches.stride)) {
            image.fill(0.0);
            if layer.channels() % S::F64_LANES == 0 {
                let (image, rows) = (S::as_mut_simd_f64s(image).0, S::as_simd_f64s(rows).0);
                layer.for_each_run(lengths.map(|length| length / S::F64_LANES), |to, from, length| {
                    let (terms, sums) = (&rows[from..][..length], &mut image[to..][..length]);
                    sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum = simd.add_f64s(*sum, *term));
                });
            } else {
                layer.for_each_run(lengths, |to, from, length| {
                    let (terms, sums) = (&rows[from..][..length], &mut image[to..][..length]);
                    sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
                });
            }
        }
    }
}
