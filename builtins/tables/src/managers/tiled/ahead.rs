//! Single rows that are asked for one after the other come out of a block of
//! rows that was read at once; rows asked for here and there do not.

use std::ops::Range;

use crate::error::Result;
use crate::part::Part;

use super::column::DataColumn;
use super::fetch::Out;

/// Requests up to this size, in bytes, look here.
const SMALL: usize = 16 << 10;
/// Bytes of the first block and of the largest; each is twice the one before.
const FIRST: usize = 16 << 10;
const LARGEST: usize = 1 << 20;
/// Requests in a row before a block is read.
const PATIENCE: u32 = 2;
/// A request this many rows behind the last one still follows it.
const NEAR: u64 = 4;

/// The rows that were read ahead for a column.
#[derive(Default)]
pub(super) struct Ahead {
    /// Which part of each cell.
    part: Option<Part>,
    rows: Range<u64>,
    bytes: Vec<u8>,
    bools: Vec<bool>,
    /// The row behind the last one asked for.
    next: u64,
    /// How many requests followed each other.
    streak: u32,
}

impl Ahead {
    /// Whether a request is small enough.
    pub(super) fn is_for(out: &Out<'_>) -> bool {
        match out {
            Out::Bytes(bytes) => bytes.len() <= SMALL,
            Out::Bools(bools) => bools.len() <= SMALL,
        }
    }

    /// Answers a request out of a block, if it is one of many in order.
    pub(super) fn read(
        &mut self,
        column: &DataColumn,
        rows: &Range<u64>,
        part: Option<&Part>,
        out: &mut Out<'_>,
    ) -> Result<bool> {
        let same = self.part.as_ref() == part;
        let follows = same && (self.next..=self.next.saturating_add(NEAR)).contains(&rows.start);
        let inside = |have: &Range<u64>| rows.start >= have.start && rows.end <= have.end;
        self.next = rows.end;
        if same && inside(&self.rows) {
            self.copy(rows, out);
            return Ok(true);
        }
        if !follows {
            self.streak = 0;
            if !same {
                self.part = part.cloned();
                self.rows = 0..0;
            }
            return Ok(false);
        }
        self.streak = self.streak.saturating_add(1);
        if self.streak < PATIENCE {
            return Ok(false);
        }
        self.fill(column, rows, part, out)?;
        if !inside(&self.rows) {
            return Ok(false);
        }
        self.copy(rows, out);
        Ok(true)
    }

    /// Reads the block that begins with these rows.
    fn fill(
        &mut self,
        column: &DataColumn,
        rows: &Range<u64>,
        part: Option<&Part>,
        out: &Out<'_>,
    ) -> Result<()> {
        let count = rows.end - rows.start;
        let bytes = match out {
            Out::Bytes(bytes) => bytes.len(),
            Out::Bools(bools) => bools.len(),
        };
        let want = (FIRST << (self.streak - PATIENCE).min(6)).min(LARGEST);
        self.rows = 0..0;
        let Some(each) = usize::try_from(count).ok().and_then(|count| bytes.checked_div(count))
        else {
            return Ok(());
        };
        let ahead = ((want / each.max(1)) as u64).min(column.follow(rows.start)?);
        if each == 0 || ahead < count {
            return Ok(());
        }
        let length = usize::try_from(ahead).unwrap_or(0) * each;
        let block = rows.start..rows.start + ahead;
        match out {
            Out::Bytes(_) => {
                self.bytes.resize(length, 0);
                column.read_tiles(block.clone(), part, &mut Out::Bytes(&mut self.bytes))?;
            }
            Out::Bools(_) => {
                self.bools.resize(length, false);
                column.read_tiles(block.clone(), part, &mut Out::Bools(&mut self.bools))?;
            }
        }
        self.rows = block;
        Ok(())
    }

    /// Copies rows out of the block.
    fn copy(&self, rows: &Range<u64>, out: &mut Out<'_>) {
        let skipped = usize::try_from(rows.start - self.rows.start).unwrap_or(0);
        let count = usize::try_from(rows.end - rows.start).unwrap_or(1).max(1);
        match out {
            Out::Bytes(out) => {
                let first = out.len() / count * skipped;
                out.copy_from_slice(&self.bytes[first..][..out.len()]);
            }
            Out::Bools(out) => {
                let first = out.len() / count * skipped;
                out.copy_from_slice(&self.bools[first..][..out.len()]);
            }
        }
    }
}
