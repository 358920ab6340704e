//! Which rows stand in which bucket.
//!
//! A manager has an index for each group of columns that share buckets; a
//! column that was added later has one of its own when it did not fit.
//!
//! Source: `casacore/tables/DataMan/SSMIndex.cc`.

use crate::aipsio::Reader;
use crate::error::Result;

/// The rows of a group of columns: for each bucket the row after its last.
pub(crate) struct Index {
    pub(super) ends: Vec<u64>,
    pub(super) buckets: Vec<u32>,
    rows_per_bucket: u64,
    /// Rows of the fullest bucket.
    pub(super) most_rows: u64,
}

/// Consecutive rows in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) bucket: u32,
}

impl Index {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let version = reader.start("SSMIndex")?;
        let used = reader.u32()? as usize;
        let rows_per_bucket = u64::from(reader.u32()?);
        reader.i32()?;
        // The free places within buckets, of no use to readers.
        reader.start("SimpleOrderedMap")?;
        reader.skip_to_end()?;
        let mut ends: Vec<u64> = if version == 1 {
            reader.block_u32()?.into_iter().map(u64::from).collect()
        } else {
            reader.block_u64()?
        };
        let mut buckets = reader.block_u32()?;
        reader.end()?;
        if used > ends.len() || used > buckets.len() {
            return Err(reader.corrupt("an index that is shorter than it says"));
        }
        ends.truncate(used);
        buckets.truncate(used);
        for end in &mut ends {
            *end = end.saturating_add(1);
        }
        if !ends.is_sorted_by(|one, next| one < next) {
            return Err(reader.corrupt("an index whose rows do not ascend"));
        }
        Ok(Self::new(ends, buckets, rows_per_bucket))
    }

    pub(super) fn new(ends: Vec<u64>, buckets: Vec<u32>, rows_per_bucket: u64) -> Self {
        let mut before = 0;
        let mut most_rows = 0;
        for end in &ends {
            most_rows = most_rows.max(end.saturating_sub(before));
            before = *end;
        }
        Self { ends, buckets, rows_per_bucket, most_rows }
    }

    /// How many rows it knows.
    pub(super) fn rows(&self) -> u64 {
        self.ends.last().copied().unwrap_or_default()
    }

    /// The interval at a place.
    pub(super) fn get(&self, at: usize) -> Option<Interval> {
        let end = *self.ends.get(at)?;
        let first = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        Some(Interval { first: first.unwrap_or_default(), end, bucket: *self.buckets.get(at)? })
    }

    /// The place of the interval that holds a row. Where no rows were
    /// removed it is found by a division.
    pub(super) fn find(&self, row: u64) -> usize {
        let guess = row.checked_div(self.rows_per_bucket).and_then(|at| usize::try_from(at).ok());
        if let Some(at) = guess
            && self.get(at).is_some_and(|found| found.first <= row && row < found.end)
        {
            return at;
        }
        self.ends.partition_point(|end| *end <= row)
    }
}
