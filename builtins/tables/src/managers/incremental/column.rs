//! The columns of the incremental manager: a value is read once and repeated
//! for all rows for which it holds.
//!
//! Source: `casacore/tables/DataMan/{ISMColumn,ISMIndColumn}.cc`.

use std::ops::Range;
use std::sync::Arc;

use super::Core;
use super::bucket::Changes;
use crate::aipsio::text;
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::buckets::{u32_at, u64_at};
use crate::managers::indirect::{Places, length};
use crate::managers::{ColumnReader, Shape, bits, check_type};

/// Rows that threads should not divide further.
const GRAIN: u64 = 1 << 14;

/// Where the values of a column are.
pub(super) struct Place {
    pub(super) core: Arc<Core>,
    pub(super) column: usize,
}

impl Place {
    /// Calls for each value of the rows: which of `rows` have it, counted
    /// from the first, and the bytes from its beginning on.
    fn each(
        &self,
        rows: &Range<u64>,
        mut call: impl FnMut(Range<usize>, &[u8]) -> Option<()>,
    ) -> Result<()> {
        let core = &*self.core;
        let mut row = rows.start;
        while row < rows.end {
            let Some((bucket_rows, number)) = core.find(row) else {
                return Err(core.buckets.corrupt(format!("row {row} is in no bucket")));
            };
            let bucket = core.buckets.get(number)?;
            let changes = Changes::new(&bucket, self.column, core.endian)
                .ok_or_else(|| self.damaged(number, row))?;
            let first = row - bucket_rows.start;
            let mut at = changes.find(first).ok_or_else(|| self.damaged(number, row))?;
            let until = rows.end.min(bucket_rows.end);
            while row < until {
                let found = changes.get(at, bucket_rows.end - bucket_rows.start);
                let (held, value) = found.ok_or_else(|| self.damaged(number, row))?;
                let end = until.min(bucket_rows.start.saturating_add(held.end));
                let piece = length(&(rows.start..row))..length(&(rows.start..end));
                let done = if end > row { call(piece, value) } else { None };
                done.ok_or_else(|| self.damaged(number, row))?;
                row = end;
                at += 1;
            }
        }
        Ok(())
    }

    fn damaged(&self, bucket: u32, row: u64) -> Error {
        let what = format!("bucket {bucket} has no value in column {} for row {row}", self.column);
        self.core.buckets.corrupt(what)
    }

    fn rows_on(&self, row: u64) -> u64 {
        let last = self.core.find(row.saturating_add(GRAIN));
        let end = last.map_or(self.core.nrow, |(rows, _)| rows.end);
        end.saturating_sub(row).max(1)
    }
}

impl Places for Place {
    fn places(&self, rows: Range<u64>, out: &mut [u64]) -> Result<()> {
        self.each(&rows, |piece, value| {
            let place = u64_at(value, 0, self.core.endian)?;
            out.get_mut(piece)?.fill(place);
            Some(())
        })
    }

    fn grain(&self, row: u64) -> u64 {
        self.rows_on(row)
    }
}

/// A column whose values stand in the buckets.
pub(super) struct Direct {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: DataType,
    pub(super) shape: Shape,
}

impl Direct {
    /// Reads one cell from the bytes of its value; `None` where they are too few.
    fn cell(&self, value: &[u8], mut out: BufferMut<'_>) -> Option<()> {
        match &mut out {
            BufferMut::Bool(out) => bits::unpack(value.get(..out.len().div_ceil(8))?, 0, out),
            BufferMut::String(out) => self.texts(value, out)?,
            _ => {
                let bytes = out.bytes_mut()?;
                bytes.copy_from_slice(value.get(..bytes.len())?);
                out.to_native(self.place.core.endian);
            }
        }
        Some(())
    }

    /// The first number is the length of all, itself included; with several
    /// texts each has its own length before it.
    fn texts(&self, value: &[u8], out: &mut [String]) -> Option<()> {
        let endian = self.place.core.endian;
        let all = u32_at(value, 0, endian)? as usize;
        if let [out] = out {
            *out = text(value.get(4..all)?);
            return Some(());
        }
        let mut at = 4usize;
        for out in out {
            let length = u32_at(value, at, endian)? as usize;
            let end = at.checked_add(4)?.checked_add(length)?;
            *out = text(value.get(at + 4..end)?);
            at = end;
        }
        Some(())
    }
}

impl ColumnReader for Direct {
    fn shape(&self, _: u64) -> Result<Option<Shape>> {
        Ok(Some(self.shape.clone()))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        Ok((Some(self.shape.clone()), rows.end.saturating_sub(rows.start)))
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        let cell: usize = self.shape.iter().product();
        if out.len() != cell.saturating_mul(length(&rows)) {
            return Err(Error::Shape {
                column: self.name.clone(),
                what: format!(
                    "{} values wanted from rows {rows:?} of shape {:?}",
                    out.len(),
                    self.shape
                ),
            });
        }
        self.place.each(&rows, |piece, value| {
            let mut out = out.slice(piece.start * cell..piece.end * cell);
            self.cell(value, out.slice(0..cell))?;
            out.repeat(cell);
            Some(())
        })
    }

    fn grain(&self, row: u64) -> u64 {
        self.place.rows_on(row)
    }
}
