//! Reading with several threads: the rows are divided where buckets or rows
//! of tiles end, and each piece is read into its own part of one buffer.
//!
//! The threads are those of rayon: the global pool, or the one in which the
//! call is made (`ThreadPool::install`).

use std::ops::Range;

use ndarray::ArrayD;
use rayon::prelude::*;

use super::Column;
use crate::data_type::{DataType, Element};
use crate::error::Result;
use crate::part::Part;

/// Bytes below which a piece is not worth a thread.
const SMALLEST: usize = 256 << 10;

/// Pieces for each thread, so that slow ones do not hold up the end.
const PIECES: usize = 4;

impl Column {
    /// Like [`Column::values`], with several threads.
    pub fn par_values<T: Element>(&self, rows: Range<u64>) -> Result<Vec<T>> {
        self.par_read(rows).map(|(_, values)| values)
    }

    /// Like [`Column::array`], with several threads.
    pub fn par_array<T: Element>(&self, rows: Range<u64>) -> Result<ArrayD<T>> {
        let count = rows.end.saturating_sub(rows.start);
        let (shape, values) = self.par_read(rows)?;
        self.shaped(count, &shape, values)
    }

    /// Like [`Column::part`], with several threads.
    pub fn par_part<T: Element>(&self, rows: Range<u64>, part: &Part) -> Result<ArrayD<T>> {
        self.check_type::<T>()?;
        let count = rows.end.saturating_sub(rows.start);
        let shape = self.one_shape(&rows)?;
        if count > 0 {
            part.check(self.name(), &shape)?;
        }
        let mut values = self.allocate::<T>(count, part.len())?;
        self.divided(rows, part.len(), &mut values, |rows, out| {
            self.reader.read_part(rows, part, T::buffer(out))
        })?;
        self.shaped(count, &part.shape(), values)
    }

    fn par_read<T: Element>(&self, rows: Range<u64>) -> Result<(Vec<usize>, Vec<T>)> {
        self.check_type::<T>()?;
        let shape = self.one_shape(&rows)?;
        let cell = shape.iter().product();
        let mut values = self.allocate::<T>(rows.end.saturating_sub(rows.start), cell)?;
        self.divided(rows, cell, &mut values, |rows, out| self.reader.read(rows, T::buffer(out)))?;
        Ok((shape, values))
    }

    /// Reads pieces of rows into disjoint pieces of a buffer.
    fn divided<T: Element>(
        &self,
        rows: Range<u64>,
        cell: usize,
        out: &mut [T],
        read: impl Fn(Range<u64>, &mut [T]) -> Result<()> + Sync,
    ) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let bytes = match self.data_type() {
            DataType::String | DataType::Record => out.len().saturating_mul(64),
            _ => size_of_val(out),
        };
        let threads = rayon::current_num_threads();
        let pieces = (bytes / SMALLEST).clamp(1, threads * PIECES);
        if pieces == 1 || threads == 1 {
            return read(rows, out);
        }
        let count = rows.end - rows.start;
        let at_once = count.div_ceil(pieces as u64).max(1);
        let mut work = Vec::with_capacity(pieces + 1);
        let mut rest = out;
        let mut first = rows.start;
        while first < rows.end {
            let end = self.cut(first, rows.end, at_once);
            let values = usize::try_from(end - first).unwrap_or(usize::MAX).saturating_mul(cell);
            let (piece, after) = rest.split_at_mut(values.min(rest.len()));
            work.push((first..end, piece));
            (rest, first) = (after, end);
        }
        work.into_par_iter().try_for_each(|(rows, out)| read(rows, out))
    }
}
