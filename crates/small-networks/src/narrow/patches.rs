//! Between pixels and patches: what makes a convolution of a product.

use super::{LANES, Rows, RowsMut};
use crate::layer::Layer;

impl RowsMut<'_> {
    /// The patches that `layer` reads, from pixels; both have a row of channels, or of a patch, for each image in turn.
    pub(crate) fn unfold(self, layer: &Layer, pixels: Rows) {
        let strides = [pixels.stride, self.stride];
        self.arch.dispatch(|| {
            let images = pixels.data.chunks_exact(layer.pixels() * pixels.stride);
            for (image, patches) in images.zip(self.data.chunks_exact_mut(layer.positions() * self.stride)) {
                layer.for_each_run(strides, |from, to, length| {
                    copy(&image[from..from + length], &mut patches[to..to + length]);
                });
            }
        });
    }

    /// The transpose of `unfold`: each pixel becomes the sum of its copies in the patches.
    pub(crate) fn fold(self, layer: &Layer, patches: Rows) {
        let strides = [self.stride, patches.stride];
        self.arch.dispatch(|| {
            let images = self.data.chunks_exact_mut(layer.pixels() * self.stride);
            for (image, patches) in images.zip(patches.data.chunks_exact(layer.positions() * patches.stride)) {
                image.fill(0.0);
                layer.for_each_run(strides, |to, from, length| {
                    add(&patches[from..from + length], &mut image[to..to + length]);
                });
            }
        });
    }
}

/// A run of whole vectors is copied vector by vector: it is too short for a call of the system's copy.
#[inline(always)]
fn copy(from: &[f64], to: &mut [f64]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<LANES>(), to.as_chunks_mut::<LANES>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

#[inline(always)]
fn add(terms: &[f64], sums: &mut [f64]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}
