//! A bucket of the incremental manager: values, and behind them for each
//! column the rows from which on a value holds.
//!
//! It begins with the place of the index, whose highest four bits tell
//! whether row numbers have 64 bits. For each column the index has the number
//! of values, their first rows (counted in the bucket), and their offsets.
//!
//! Source: `casacore/tables/DataMan/ISMBucket.cc`.

use std::ops::Range;

use crate::buffer::Endian;
use crate::managers::buckets::{u32_at, u64_at};

/// Bytes before the values.
const HEAD: usize = 4;

/// The values of one column in one bucket.
pub(super) struct Changes<'a> {
    values: &'a [u8],
    rows: &'a [u8],
    offsets: &'a [u8],
    count: usize,
    wide: bool,
    endian: Endian,
}

impl<'a> Changes<'a> {
    /// The values of a column; `None` where the bucket is damaged.
    pub(super) fn new(bucket: &'a [u8], column: usize, endian: Endian) -> Option<Self> {
        let word = u32_at(bucket, 0, endian)?;
        let wide = word >> 28 != 0;
        let mut at = (word & 0x0fff_ffff) as usize;
        let values = bucket.get(HEAD..at)?;
        let width = if wide { 8 } else { 4 };
        for _ in 0..column {
            let count = u32_at(bucket, at, endian)? as usize;
            at = at.checked_add(4)?.checked_add(count.checked_mul(width + 4)?)?;
        }
        let count = u32_at(bucket, at, endian)? as usize;
        let rows = bucket.get(at + 4..)?;
        let (rows, rest) = rows.split_at_checked(count.checked_mul(width)?)?;
        let offsets = rest.get(..count.checked_mul(4)?)?;
        Some(Self { values, rows, offsets, count, wide, endian })
    }

    fn row(&self, at: usize) -> Option<u64> {
        if at >= self.count {
            return None;
        }
        if self.wide {
            return u64_at(self.rows, at * 8, self.endian);
        }
        u32_at(self.rows, at * 4, self.endian).map(u64::from)
    }

    /// The place of the value of a row (counted in the bucket).
    pub(super) fn find(&self, row: u64) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.row(middle)? <= row {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    /// The value at a place and the rows for which it holds, in a bucket of
    /// so many rows: its bytes, and all that follow.
    pub(super) fn get(&self, at: usize, rows: u64) -> Option<(Range<u64>, &'a [u8])> {
        let first = self.row(at)?;
        let end = self.row(at + 1).unwrap_or(rows).min(rows);
        let offset = u32_at(self.offsets, at * 4, self.endian)?;
        Some((first..end, self.values.get(offset as usize..)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A bucket of two columns: one value, and values from rows 0, 4 and 9 on.
    fn bucket(wide: bool, endian: Endian) -> Vec<u8> {
        let word = |number: u32| match endian {
            Endian::Big => number.to_be_bytes(),
            Endian::Little => number.to_le_bytes(),
        };
        let row = |number: u32| {
            let word = word(number).to_vec();
            match (wide, endian) {
                (false, _) => word,
                (true, Endian::Big) => [vec![0; 4], word].concat(),
                (true, Endian::Little) => [word, vec![0; 4]].concat(),
            }
        };
        let mut bytes = word(if wide { 0x8000_0008 } else { 8 }).to_vec();
        bytes.extend(b"abcd");
        bytes.extend(word(1));
        bytes.extend(row(0));
        bytes.extend(word(3));
        bytes.extend(word(3));
        for first in [0, 4, 9] {
            bytes.extend(row(first));
        }
        for offset in [0, 1, 2] {
            bytes.extend(word(offset));
        }
        bytes
    }

    #[test]
    fn finds_the_value_of_a_row() {
        for (wide, endian) in [
            (false, Endian::Big),
            (false, Endian::Little),
            (true, Endian::Big),
            (true, Endian::Little),
        ] {
            let bytes = bucket(wide, endian);
            let changes = Changes::new(&bytes, 1, endian).unwrap();
            for (row, held, value) in
                [(0, 0..4, b'a'), (3, 0..4, b'a'), (4, 4..9, b'b'), (30, 9..12, b'c')]
            {
                let (rows, found) = changes.get(changes.find(row).unwrap(), 12).unwrap();
                assert_eq!((rows, found[0]), (held, value), "row {row}, wide {wide}, {endian:?}");
            }
            assert!(changes.get(3, 12).is_none());
            assert_eq!(Changes::new(&bytes, 0, endian).unwrap().get(0, 12).unwrap().1, b"d");
            assert!(Changes::new(&bytes[..bytes.len() - 1], 1, endian).is_none());
            assert!(Changes::new(&bytes, 2, endian).is_none());
        }
    }
}
