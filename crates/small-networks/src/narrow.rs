//! Products of narrow matrices: as many rows as there are images, and as many columns as a layer has units.
//!
//! A general matrix product first copies its factors into panels. Here they fit in the cache as they lie, row by row, and the
//! copies would cost as much as they gain: tiles of registers over plain rows come closest to the machine's rate. In which order
//! the terms of an entry are added depends on nothing but their number, so it is the same for every thread and every strip of rows.

use ndarray::ArrayRef2;
use std::ops::{Deref, DerefMut, Range};

use pulp::{Arch, Simd, WithSimd};

/// Rows begin at multiples of this many numbers: the widest vector of any machine.
const LANES: usize = 8;

/// A row-major matrix whose rows are filled up with zeros to whole vectors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrow {
    data: Aligned,
    n_columns: usize,
    stride: usize,
    /// What the machine can do. Asking takes as long as a short row.
    arch: Arch,
}

/// Numbers that begin where a cache line does: a vector across two lines takes two loads.
#[derive(Debug, Default)]
struct Aligned {
    numbers: Vec<f64>,
    start: usize,
}

impl Aligned {
    fn zeros(len: usize) -> Self {
        let mut numbers = vec![0.0; len + LANES - 1];
        let start = numbers.as_ptr().align_offset(LANES * size_of::<f64>()).min(LANES - 1);
        numbers.truncate(start + len);
        Self { numbers, start }
    }
}

impl Deref for Aligned {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.numbers[self.start..]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.numbers[self.start..]
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl Narrow {
    pub(crate) fn zeros(n_rows: usize, n_columns: usize) -> Self {
        let stride = n_columns.next_multiple_of(LANES);
        Self { data: Aligned::zeros(n_rows * stride), n_columns, stride, arch: Arch::new() }
    }

    pub(crate) fn from_array(a: &ArrayRef2<f64>) -> Self {
        let mut narrow = Self::zeros(a.nrows(), a.ncols());
        for (to, from) in narrow.all_mut().into_rows().zip(a.rows()) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        narrow
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.data.len() / self.stride
    }

    /// The length of a row with its filling.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Takes the entries of a row-major slice.
    pub(crate) fn fill_from(&mut self, entries: &[f64]) {
        let n_columns = self.n_columns;
        for (row, from) in self.all_mut().into_rows().zip(entries.chunks_exact(n_columns)) {
            row.copy_from_slice(from);
        }
    }

    /// Takes the entries of a row-major slice that holds the transpose.
    pub(crate) fn fill_from_transposed(&mut self, entries: &[f64]) {
        let (n_rows, stride) = (self.n_rows(), self.stride);
        for (j, column) in entries.chunks_exact(n_rows).enumerate() {
            self.data[j..].iter_mut().step_by(stride).zip(column).for_each(|(to, from)| *to = *from);
        }
    }

    /// Writes the entries to a row-major slice.
    pub(crate) fn write_to(&self, entries: &mut [f64]) {
        for (row, to) in self.all().into_rows().zip(entries.chunks_exact_mut(self.n_columns)) {
            to.copy_from_slice(row);
        }
    }

    /// Writes the transpose to a row-major slice.
    pub(crate) fn write_transposed_to(&self, entries: &mut [f64]) {
        for (j, column) in entries.chunks_exact_mut(self.n_rows()).enumerate() {
            column.iter_mut().zip(self.data[j..].iter().step_by(self.stride)).for_each(|(to, from)| *to = *from);
        }
    }

    pub(crate) fn all(&self) -> Rows<'_> {
        Rows { data: &self.data, n_columns: self.n_columns, stride: self.stride, arch: self.arch }
    }

    pub(crate) fn all_mut(&mut self) -> RowsMut<'_> {
        RowsMut { data: &mut self.data, n_columns: self.n_columns, stride: self.stride, arch: self.arch }
    }

    /// The rows in `range`.
    pub(crate) fn strip(&self, range: &Range<usize>) -> Rows<'_> {
        let Self { n_columns, stride, arch, .. } = *self;
        Rows { data: &self.data[range.start * stride..range.end * stride], n_columns, stride, arch }
    }

    /// The rows in `range`, to write to.
    pub(crate) fn strip_mut(&mut self, range: &Range<usize>) -> RowsMut<'_> {
        let Self { n_columns, stride, arch, .. } = *self;
        RowsMut { data: &mut self.data[range.start * stride..range.end * stride], n_columns, stride, arch }
    }
}

/// Consecutive rows of a [`Narrow`].
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    data: &'a [f64],
    n_columns: usize,
    stride: usize,
    arch: Arch,
}

impl<'a> Rows<'a> {
    pub(crate) fn into_rows(self) -> impl Iterator<Item = &'a [f64]> {
        self.data.chunks_exact(self.stride).map(move |row| &row[..self.n_columns])
    }

    /// Adds to entry `r` of `sums` the inner product of row `r` with row `r` of `other`.
    pub(crate) fn add_row_products(self, other: Rows, sums: &mut [f64]) {
        self.arch.dispatch(|| {
            let rows = self.data.chunks_exact(self.stride).zip(other.data.chunks_exact(other.stride));
            for (sum, (x, y)) in sums.iter_mut().zip(rows) {
                // As many sums as a vector has lanes, which the compiler would not part on its own.
                let mut lanes = [0.0; LANES];
                for (x, y) in x.chunks_exact(LANES).zip(y.chunks_exact(LANES)) {
                    for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
                        *lane += x * y;
                    }
                }
                *sum += lanes.iter().sum::<f64>();
            }
        });
    }
}

/// Consecutive rows of a [`Narrow`], to write to.
pub(crate) struct RowsMut<'a> {
    data: &'a mut [f64],
    n_columns: usize,
    stride: usize,
    arch: Arch,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(crate) enum Onto<'a> {
    Zero,
    /// What the result holds already.
    Itself,
    /// This row, in every row of the result.
    Row(Rows<'a>),
}

impl<'a> RowsMut<'a> {
    pub(crate) fn into_rows(self) -> impl Iterator<Item = &'a mut [f64]> {
        self.data.chunks_exact_mut(self.stride).map(move |row| &mut row[..self.n_columns])
    }

    /// `C = A B`, onto something.
    pub(crate) fn product(self, onto: Onto, a: Rows, b: Rows) {
        let inner = a.n_columns;
        assert!(self.data.len() / self.stride == a.data.len() / a.stride && b.data.len() == inner * self.stride);
        self.arch.dispatch(Product { left: Left::Rows(a), b: b.data, onto, c: self });
    }

    /// `C = A^T B`, onto something.
    pub(crate) fn transposed_product(self, onto: Onto, a: Rows, b: Rows) {
        let inner = a.data.len() / a.stride;
        assert!(self.data.len() == a.n_columns * self.stride && b.data.len() == inner * self.stride);
        self.arch.dispatch(Product { left: Left::Columns(a), b: b.data, onto, c: self });
    }

    pub(crate) fn fill(self, value: f64) {
        self.data.fill(value);
    }

    /// `C = 1^T A`, onto itself: to a row the sums of the columns.
    pub(crate) fn add_rows(self, a: Rows) {
        self.arch.dispatch(|| {
            for row in a.data.chunks_exact(a.stride) {
                self.data.iter_mut().zip(row).for_each(|(sum, entry)| *sum += entry);
            }
        });
    }

    /// `C = diag(v) A`.
    pub(crate) fn scale_rows(self, v: &[f64], a: Rows) {
        self.arch.dispatch(|| {
            let rows = self.data.chunks_exact_mut(self.stride).zip(a.data.chunks_exact(a.stride));
            for (v, (to, from)) in v.iter().zip(rows) {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = v * from;
                }
            }
        });
    }

    /// `C = C * D`, entry by entry.
    pub(crate) fn scale(self, d: Rows) {
        self.arch.dispatch(|| {
            for (c, d) in self.data.iter_mut().zip(d.data) {
                *c *= d;
            }
        });
    }

    /// `C = C * D + E * F`, entry by entry.
    pub(crate) fn scale_and_add(self, d: Rows, e: Rows, f: Rows) {
        self.arch.dispatch(|| {
            for (((c, d), e), f) in self.data.iter_mut().zip(d.data).zip(e.data).zip(f.data) {
                *c = *c * d + e * f;
            }
        });
    }
}

/// The left factor of a product.
#[derive(Clone, Copy)]
enum Left<'a> {
    /// `A`.
    Rows(Rows<'a>),
    /// `A^T`.
    Columns(Rows<'a>),
}

/// `C = A B` or `C = A^T B`, onto something. `B` has the stride of `C`.
struct Product<'a, 'c> {
    left: Left<'a>,
    b: &'a [f64],
    onto: Onto<'a>,
    c: RowsMut<'c>,
}

impl WithSimd for Product<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let n_rows = self.c.data.len() / self.c.stride;
        let vectors = self.c.stride / S::F64_LANES;
        // The running sums of a tile have to stay in registers: 6 x 4 or 10 x 2 of 32, 6 x 2 of 16.
        let widest = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let mut first = 0;
        while first < vectors {
            let width = (vectors - first).min(widest);
            let tallest = if widest == 4 && width <= 2 { 10 } else { 6 };
            let mut start = 0;
            while start < n_rows {
                // The rows that are left, shared out evenly: a tile of one row would wait for each of its sums.
                let tiles_left = (n_rows - start).div_ceil(tallest);
                let height = (n_rows - start).div_ceil(tiles_left);
                self.tile_of(simd, height, width, start, first);
                start += height;
            }
            first += width;
        }
    }
}

impl Product<'_, '_> {
    /// The tile of this height and width, as a loop whose bounds the compiler knows.
    #[inline(always)]
    fn tile_of<S: Simd>(&mut self, simd: S, height: usize, width: usize, start: usize, first: usize) {
        macro_rules! choose {
            ($($h:literal x $w:literal),* $(,)?) => {
                match (height, width) {
                    $(($h, $w) => self.tile::<S, $h, $w>(simd, start, first),)*
                    _ => unreachable!("no tile of {height} rows and {width} vectors"),
                }
            };
        }
        choose!(
            1 x 4, 2 x 4, 3 x 4, 4 x 4, 5 x 4, 6 x 4,
            1 x 3, 2 x 3, 3 x 3, 4 x 3, 5 x 3, 6 x 3,
            1 x 2, 2 x 2, 3 x 2, 4 x 2, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 9 x 2, 10 x 2,
            1 x 1, 2 x 1, 3 x 1, 4 x 1, 5 x 1, 6 x 1, 7 x 1, 8 x 1, 9 x 1, 10 x 1,
        );
    }

    #[inline(always)]
    fn tile<S: Simd, const H: usize, const W: usize>(&mut self, simd: S, start: usize, first: usize) {
        let (b, _) = S::as_simd_f64s(self.b);
        let (c, _) = S::as_mut_simd_f64s(self.c.data);
        let stride = self.c.stride / S::F64_LANES;
        let mut sums = [[simd.splat_f64s(0.0); W]; H];
        for (r, sums) in sums.iter_mut().enumerate() {
            match self.onto {
                Onto::Zero => {}
                Onto::Itself => sums.copy_from_slice(&c[(start + r) * stride + first..][..W]),
                Onto::Row(row) => sums.copy_from_slice(&S::as_simd_f64s(row.data).0[first..][..W]),
            }
        }
        let b = b.chunks_exact(stride);
        match self.left {
            Left::Rows(a) => {
                let mut rows = [&a.data[..0]; H];
                for (r, row) in rows.iter_mut().enumerate() {
                    *row = &a.data[(start + r) * a.stride..][..b.len()];
                }
                for (p, b) in b.enumerate() {
                    let mut factors = [0.0; H];
                    for (factor, row) in factors.iter_mut().zip(rows) {
                        *factor = row[p];
                    }
                    add(simd, &mut sums, factors, &b[first..first + W]);
                }
            }
            Left::Columns(a) => {
                for (a, b) in a.data.chunks_exact(a.stride).zip(b) {
                    let mut factors = [0.0; H];
                    factors.copy_from_slice(&a[start..start + H]);
                    add(simd, &mut sums, factors, &b[first..first + W]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            c[(start + r) * stride + first..][..W].copy_from_slice(sums);
        }
    }
}

/// One term of every sum: the products of a column of `A` with a row of `B`.
#[inline(always)]
fn add<S: Simd, const H: usize, const W: usize>(simd: S, sums: &mut [[S::f64s; W]; H], a: [f64; H], b: &[S::f64s]) {
    for (sums, a) in sums.iter_mut().zip(a) {
        let a = simd.splat_f64s(a);
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum = simd.mul_add_e_f64s(a, *b, *sum);
        }
    }
}

mod patches;
#[cfg(test)]
mod tests;
