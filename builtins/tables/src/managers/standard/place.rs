//! The place of a column in the buckets: all cells of a bucket's rows stand
//! one after the other, bit by bit for booleans.
//!
//! Reading a range of rows joins pieces that follow each other in the file,
//! so that a column which has its buckets for itself is read at once.

use std::ops::Range;
use std::sync::Arc;

use super::Core;
use super::index::Index;
use crate::error::{Error, Result};
use crate::managers::bits;
use crate::managers::buckets::HEADER;
use crate::managers::window::Window;

/// Buckets larger than this are not kept for the sake of one row.
const LARGE: usize = 256 << 10;

/// Rows that threads should not divide further.
const GRAIN: u64 = 1 << 14;

/// Where the cells of a column are.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) core: Arc<Core>,
    index: usize,
    /// Where the column begins in each bucket.
    offset: usize,
    /// Bits of a cell.
    pub(super) bits: usize,
}

impl Place {
    /// The place of a column, after looking that all its rows are there.
    pub(super) fn new(core: &Arc<Core>, at: usize, name: &str, bits: usize) -> Result<Self> {
        let corrupt = |what: &str| core.buckets.corrupt(format!("column {name} {what}"));
        let (Some(index), Some(offset)) = (core.maps.get(at), core.offsets.get(at)) else {
            return Err(corrupt("has no place in the buckets"));
        };
        let place =
            Self { core: Arc::clone(core), index: *index as usize, offset: *offset as usize, bits };
        if core.nrow == 0 {
            return Ok(place);
        }
        let Some(index) = core.indices.get(place.index) else {
            return Err(corrupt("has no index"));
        };
        if index.rows() < core.nrow {
            return Err(corrupt(&format!("has {} rows of {}", index.rows(), core.nrow)));
        }
        let bytes = usize::try_from(index.most_rows)
            .ok()
            .and_then(|rows| rows.checked_mul(bits))
            .map(|bits| bits.div_ceil(8))
            .and_then(|bytes| bytes.checked_add(place.offset));
        if bytes.is_none_or(|end| end > core.buckets.size()) {
            return Err(corrupt("does not fit into the buckets"));
        }
        let last = index.buckets.iter().max();
        last.map_or(Ok(()), |last| core.buckets.check(*last))?;
        if index.buckets.len() > core.buckets.count() as usize {
            return Err(corrupt("has more buckets than there are"));
        }
        Ok(place)
    }

    fn index(&self) -> Result<&Index> {
        self.core
            .indices
            .get(self.index)
            .ok_or_else(|| self.core.buckets.corrupt("an index is missing"))
    }

    /// Calls for each piece of the rows: its bucket, its first row within
    /// the bucket, and which of `rows` it holds, counted from the first.
    fn pieces(
        &self,
        rows: Range<u64>,
        mut call: impl FnMut(u32, usize, Range<usize>) -> Result<()>,
    ) -> Result<()> {
        let index = self.index()?;
        let mut row = rows.start;
        let mut at = index.find(row);
        while row < rows.end {
            let Some(interval) = index.get(at) else {
                return Err(Error::Range { what: format!("row {row} of {}", index.rows()) });
            };
            let end = interval.end.min(rows.end);
            let piece = to_usize(row - rows.start)..to_usize(end - rows.start);
            call(interval.bucket, to_usize(row - interval.first), piece)?;
            row = end;
            at += 1;
        }
        Ok(())
    }

    /// Whether rows are in one bucket that is worth keeping.
    fn in_one(&self, rows: &Range<u64>) -> Result<bool> {
        let index = self.index()?;
        let end = index.get(index.find(rows.start)).map(|interval| interval.end);
        Ok(self.core.buckets.size() <= LARGE && end.is_some_and(|end| rows.end <= end))
    }

    /// The cells of rows as they are in the file, for cells of whole bytes.
    pub(super) fn bytes(&self, rows: Range<u64>, out: &mut [u8]) -> Result<()> {
        let width = self.bits / 8;
        let buckets = &self.core.buckets;
        if self.in_one(&rows)? {
            return self.pieces(rows, |bucket, first, _| {
                let bucket = buckets.get(bucket)?;
                let start = self.offset + first * width;
                let bytes = bucket.get(start..start + out.len());
                out.copy_from_slice(bytes.ok_or_else(|| buckets.corrupt("a bucket is too short"))?);
                Ok(())
            });
        }
        let source = &*buckets.source;
        let mut window = Window::default();
        let (mut from, mut to, mut end) = (0, 0, 0);
        self.pieces(rows, |bucket, first, piece| {
            let offset = buckets.place(bucket) + (self.offset + first * width) as u64;
            if offset != from + (end - to) as u64 {
                window.read(source, from.max(HEADER), &mut out[to..end])?;
                (from, to) = (offset, piece.start * width);
            }
            end = piece.end * width;
            Ok(())
        })?;
        window.read(source, from.max(HEADER), &mut out[to..end])
    }

    /// The cells of rows of booleans.
    pub(super) fn bools(&self, rows: Range<u64>, out: &mut [bool]) -> Result<()> {
        let buckets = &self.core.buckets;
        let one = self.in_one(&rows)?;
        let mut window = Window::default();
        self.pieces(rows, |bucket, first, piece| {
            let bit = first * self.bits;
            let out = &mut out[piece.start * self.bits..piece.end * self.bits];
            let start = self.offset + bit / 8;
            let length = (bit % 8 + out.len()).div_ceil(8);
            if one {
                let bucket = buckets.get(bucket)?;
                let bytes = bucket.get(start..start + length);
                let bytes = bytes.ok_or_else(|| buckets.corrupt("a bucket is too short"))?;
                bits::unpack(bytes, bit % 8, out);
            } else {
                let from = buckets.place(bucket) + start as u64;
                bits::unpack(window.fetch(&*buckets.source, from, length)?, bit % 8, out);
            }
            Ok(())
        })
    }

    /// As `ColumnReader::grain`: to the end of a bucket, some thousand rows on.
    pub(super) fn grain(&self, row: u64) -> u64 {
        let Ok(index) = self.index() else {
            return 1;
        };
        let last = index.find(row.saturating_add(GRAIN)).min(index.ends.len().saturating_sub(1));
        let end = index.get(last).map_or(row, |interval| interval.end);
        end.saturating_sub(row).max(1)
    }
}

fn to_usize(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::buffer::Endian;
    use crate::managers::buckets::Buckets;
    use crate::storage::{Folder as _, Memory};

    /// A column in buckets of `size` bytes, each holding some of the rows,
    /// and what a bit-by-bit reader finds in it.
    fn column(size: usize, held: &[u64], bits: usize) -> (Place, Vec<bool>) {
        let count = held.len();
        let bytes: Vec<u8> =
            (0..512 + count * size).map(|at| (at * at * 37 % 253).to_le_bytes()[0]).collect();
        let ends: Vec<u64> = held
            .iter()
            .scan(0, |end, rows| {
                *end += rows;
                Some(*end)
            })
            .collect();
        // Some buckets follow each other in the file, others do not.
        let buckets: Vec<u32> =
            (0..count).map(|at| u32::try_from((at + 2) % count).unwrap()).collect();
        let nrow = ends.last().copied().unwrap();
        let mut expected = Vec::new();
        for (bucket, rows) in buckets.iter().zip(held) {
            for bit in 0..usize::try_from(*rows).unwrap() * bits {
                let at = 512 + *bucket as usize * size + 3 + bit / 8;
                expected.push(bytes[at] >> (bit % 8) & 1 != 0);
            }
        }
        let source = Memory::new([("f".into(), bytes)]).open("f").unwrap();
        let size = u32::try_from(size).unwrap();
        let index = Index::new(ends, buckets, held[0]);
        let core = Core {
            buckets: Buckets::new(source, size, u32::try_from(count).unwrap()),
            endian: Endian::Little,
            nrow,
            offsets: vec![3],
            maps: vec![0],
            indices: vec![index],
        };
        (Place::new(&Arc::new(core), 0, "COLUMN", bits).unwrap(), expected)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn reads_any_rows(
            held in prop::collection::vec(1u64..20, 1..12),
            bits in 1usize..40,
            from in 0.0..1.0f64,
            to in 0.0..1.0f64,
        ) {
            let most = usize::try_from(*held.iter().max().unwrap()).unwrap();
            let bits = if bits > 20 { bits / 8 * 8 } else { bits };
            let (place, expected) = column(3 + (most * bits).div_ceil(8), &held, bits);
            let nrow = place.core.nrow;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let row = |part: f64| (part * nrow as f64) as u64;
            let rows = row(from.min(to))..row(from.max(to));
            let expected = &expected[to_usize(rows.start) * bits..to_usize(rows.end) * bits];
            let mut bools = vec![false; expected.len()];
            place.bools(rows.clone(), &mut bools).unwrap();
            prop_assert_eq!(&bools, expected);
            if bits % 8 == 0 {
                let mut bytes = vec![0; expected.len() / 8];
                place.bytes(rows.clone(), &mut bytes).unwrap();
                let mut bools = vec![false; expected.len()];
                bits::unpack(&bytes, 0, &mut bools);
                prop_assert_eq!(&bools, expected);
            }
            for row in rows {
                prop_assert!(place.grain(row) >= 1 && row + place.grain(row) <= nrow);
            }
        }
    }
}
