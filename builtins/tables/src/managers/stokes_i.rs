//! `StokesIStMan`: one value for each channel, from which all four
//! correlations are made: I, 0, 0, I. Flags are the same in all four.
//!
//! The cells of all its columns stand side by side in the rows of one file;
//! flags are packed into bits, lowest bit first.
//!
//! Sources of the format: `casacore/tables/AlternateMans/StokesIStMan.{h,cc}`,
//! `StokesIStManColumn.h`, `StokesIConversions.h`.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytemuck::Zeroable;

use super::row_file::RowFile;
use super::{ColumnReader, Context, Manager, Shape, Stripes, check_type};
use crate::buffer::BufferMut;
use crate::data_type::{Complex32, DataType};
use crate::error::{Error, Result};
use crate::part::Part;

const TAG: [u8; 8] = *b"StkIcol\0";

/// Correlations of every cell.
const CORRELATIONS: usize = 4;

/// Bytes of the file read at once, at least one row.
const BYTES_AT_ONCE: u64 = 1 << 17;

/// An open `StokesIStMan`.
pub(crate) struct StokesI {
    columns: Vec<Arc<StokesColumn>>,
}

/// One of its columns.
struct StokesColumn {
    name: String,
    data_type: DataType,
    file: Arc<RowFile>,
    /// Where its cell begins in a row, in bytes.
    offset: usize,
    /// Bytes of its cell as it is stored.
    width: usize,
    channels: usize,
    /// The rows read last, so that reading single rows stays cheap.
    last: Mutex<Block>,
}

/// Some rows of the file.
#[derive(Default)]
struct Block {
    rows: Range<u64>,
    bytes: Vec<u8>,
}

impl StokesI {
    /// Opens the manager.
    pub(crate) fn open(context: &Context<'_>) -> Result<Arc<dyn Manager>> {
        let (file, _) = RowFile::open::<8>(context.open("")?, TAG)?;
        let file = Arc::new(file);
        let mut offset = 0usize;
        let mut columns = Vec::new();
        for column in &context.columns {
            let name = &column.desc.name;
            let Some(&[channels, CORRELATIONS]) = column.shape.filter(|_| !column.desc.scalar)
            else {
                return Err(file.corrupt(format!("column {name} does not have 4 correlations")));
            };
            let data_type = column.desc.data_type;
            let width = match data_type {
                DataType::Bool => Some(channels.div_ceil(8)),
                DataType::Float | DataType::Complex => {
                    data_type.width().and_then(|width| width.checked_mul(channels))
                }
                other => return Err(file.corrupt(format!("column {name} holds {other}"))),
            };
            let end = width.and_then(|width| offset.checked_add(width));
            let (Some(width), Some(end)) = (width, end) else {
                return Err(file.corrupt(format!("column {name} is too large")));
            };
            columns.push(Arc::new(StokesColumn {
                name: name.clone(),
                data_type,
                file: Arc::clone(&file),
                offset,
                width,
                channels,
                last: Mutex::default(),
            }));
            offset = end;
        }
        if file.nrow > 0 && (offset as u64) > file.stride {
            return Err(file.corrupt(format!(
                "has rows of {} bytes, and its columns need {offset}",
                file.stride
            )));
        }
        Ok(Arc::new(Self { columns }))
    }
}

impl Manager for StokesI {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        match self.columns.get(index) {
            Some(column) => Ok(Arc::clone(column) as Arc<dyn ColumnReader>),
            None => Err(Error::Range { what: format!("column {index} of a StokesIStMan") }),
        }
    }

    fn name(&self) -> &'static str {
        ""
    }

    fn stripes(&self, index: usize) -> Option<Vec<(String, Stripes)>> {
        let column = self.columns.get(index)?;
        let stripes = Stripes {
            first: column.file.start().checked_add(column.offset as u64)?,
            length: column.width as u64,
            step: column.file.stride,
            count: column.file.nrow,
        };
        Some(vec![(String::new(), stripes)])
    }
}

/// A value of which four correlations can be made.
trait Stokes: Copy {
    /// What stands in the second and third correlation beside this value.
    fn cross(self) -> Self;
    /// The stored value of a channel of a cell.
    fn stored(cell: &[u8], channel: usize) -> Self;
}

impl Stokes for bool {
    fn cross(self) -> Self {
        self
    }

    fn stored(cell: &[u8], channel: usize) -> Self {
        cell[channel / 8] >> (channel % 8) & 1 != 0
    }
}

impl Stokes for f32 {
    fn cross(self) -> Self {
        Self::zeroed()
    }

    fn stored(cell: &[u8], channel: usize) -> Self {
        Self::from_le_bytes(cell.as_chunks::<4>().0[channel])
    }
}

impl Stokes for Complex32 {
    fn cross(self) -> Self {
        Self::zeroed()
    }

    fn stored(cell: &[u8], channel: usize) -> Self {
        let [re, im] =
            *cell.as_chunks::<4>().0[2 * channel..][..2].as_array().unwrap_or(&[[0; 4]; 2]);
        Self::new(f32::from_le_bytes(re), f32::from_le_bytes(im))
    }
}

impl StokesColumn {
    /// Calls a function with the stored bytes of each cell; rows beyond the
    /// end of the file have none, which casacore reads as zeros.
    fn each(&self, rows: Range<u64>, mut cell: impl FnMut(Option<&[u8]>)) -> Result<()> {
        let stride = usize::try_from(self.file.stride).unwrap_or(usize::MAX);
        let mut guard = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            if row >= self.file.nrow {
                cell(None);
                continue;
            }
            if !guard.rows.contains(&row) {
                self.load(&mut guard, row)?;
            }
            let at = usize::try_from(row - guard.rows.start).unwrap_or(usize::MAX);
            let at = at.saturating_mul(stride).saturating_add(self.offset);
            let bytes = guard.bytes.get(at..at.saturating_add(self.width));
            cell(Some(bytes.ok_or_else(|| self.file.corrupt(format!("has no row {row}")))?));
        }
        Ok(())
    }

    /// Reads the block of rows that holds this one.
    fn load(&self, block: &mut Block, row: u64) -> Result<()> {
        let at_once = (BYTES_AT_ONCE / self.file.stride.max(1)).max(1);
        let start = row - row % at_once;
        let end = start.saturating_add(at_once).min(self.file.nrow);
        let bytes = (end - start).saturating_mul(self.file.stride);
        block.rows = 0..0;
        // Rows that are there: no more bytes than the file has.
        block.bytes.resize(usize::try_from(bytes).unwrap_or(0), 0);
        self.file.read(start, &mut block.bytes)?;
        block.rows = start..end;
        Ok(())
    }

    fn whole<T: Stokes + Zeroable>(&self, rows: Range<u64>, out: &mut [T]) -> Result<()> {
        let mut cells = out.chunks_exact_mut((self.channels * CORRELATIONS).max(1));
        self.each(rows, |stored| {
            let Some(cell) = cells.next() else { return };
            let Some(stored) = stored else { return cell.fill(T::zeroed()) };
            for (channel, values) in cell.as_chunks_mut::<CORRELATIONS>().0.iter_mut().enumerate() {
                let value = T::stored(stored, channel);
                *values = [value, value.cross(), value.cross(), value];
            }
        })
    }

    fn parts<T: Stokes + Zeroable>(
        &self,
        rows: Range<u64>,
        part: &Part,
        out: &mut [T],
    ) -> Result<()> {
        part.check(&self.name, &[self.channels, CORRELATIONS])?;
        let [channels, correlations] = part.axes[..] else { return Ok(()) };
        let mut cells = out.chunks_exact_mut(part.len().max(1));
        self.each(rows, |stored| {
            let Some(cell) = cells.next() else { return };
            let Some(stored) = stored else { return cell.fill(T::zeroed()) };
            let mut values = cell.iter_mut();
            for channel in channels.places() {
                let value = T::stored(stored, channel);
                for (correlation, out) in correlations.places().zip(&mut values) {
                    let diagonal = correlation == 0 || correlation == CORRELATIONS - 1;
                    *out = if diagonal { value } else { value.cross() };
                }
            }
        })
    }
}

impl ColumnReader for StokesColumn {
    fn shape(&self, _row: u64) -> Result<Option<Shape>> {
        Ok(Some(vec![self.channels, CORRELATIONS]))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let count = rows.end.saturating_sub(rows.start).max(1);
        Ok((Some(vec![self.channels, CORRELATIONS]), count))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.data_type, &out)?;
        match out {
            BufferMut::Bool(values) => self.whole(rows, values),
            BufferMut::Float(values) => self.whole(rows, values),
            BufferMut::Complex(values) => self.whole(rows, values),
            _ => Ok(()),
        }
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.data_type, &out)?;
        match out {
            BufferMut::Bool(values) => self.parts(rows, part, values),
            BufferMut::Float(values) => self.parts(rows, part, values),
            BufferMut::Complex(values) => self.parts(rows, part, values),
            _ => Ok(()),
        }
    }

    fn grain(&self, row: u64) -> u64 {
        let at_once = (BYTES_AT_ONCE / self.file.stride.max(1)).max(1);
        at_once - row % at_once
    }
}
