//! What a column will hold after the edit: the old cells, with the new ones
//! in their places, group by group in bounded memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::cells::Cells;
use super::kept::Kept;
use crate::buffer::{BufferMut, Endian, swap};
use crate::data_type::DataType;
use crate::desc::ColumnDesc;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape};
use crate::value::Record;

use super::cells::Data;
use super::object::Writer;

/// Memory for the cells that are read at once, at least one cell.
const AT_ONCE: usize = 2 << 20;

/// A column after the edit.
pub(super) struct Feed {
    pub(super) desc: ColumnDesc,
    /// The fixed shape of its cells, if it has one.
    pub(super) fixed: Option<Shape>,
    pub(super) endian: Endian,
    pub(super) reader: Arc<dyn ColumnReader>,
    /// Rows of the reader; later ones are appended.
    pub(super) old_rows: u64,
    /// All old values become zeros but those of some rows.
    pub(super) zero: Option<Kept>,
    /// New cells by row; `None` is a cell without a value.
    pub(super) cells: BTreeMap<u64, Option<Cells>>,
}

impl Feed {
    /// Calls for groups of rows in their order; `None` stands for cells
    /// without a value.
    pub(super) fn each(
        &self,
        rows: Range<u64>,
        mut call: impl FnMut(Range<u64>, Option<&Cells>) -> Result<()>,
    ) -> Result<()> {
        let mut row = rows.start;
        while row < rows.end {
            if let Some(cell) = self.cells.get(&row) {
                call(row..row + 1, cell.as_ref())?;
                row += 1;
                continue;
            }
            let next = self.cells.range(row..rows.end).next();
            let end = next.map_or(rows.end, |(row, _)| *row).min(self.old_rows);
            if row >= end {
                let what = format!("column {}: row {row} of {}", self.desc.name, self.old_rows);
                return Err(Error::Range { what });
            }
            let (shape, same) = self.run(row..end)?;
            let same = row + same.clamp(1, end - row);
            let Some(shape) = shape else {
                call(row..same, None)?;
                row = same;
                continue;
            };
            let at_once = self.at_once(&shape);
            while row < same {
                let mut group = row..same.min(row.saturating_add(at_once));
                if let Some(kept) = &self.zero {
                    group.end = kept.alike(group.clone());
                }
                row = group.end;
                let cells = self.read(group.clone(), shape.clone())?;
                call(group, Some(&cells))?;
            }
        }
        Ok(())
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        if self.desc.scalar && self.desc.data_type != DataType::Record {
            return Ok((Some(Shape::new()), rows.end - rows.start));
        }
        self.reader.run(rows)
    }

    /// Rows of cells of this shape that are read at once.
    fn at_once(&self, shape: &[usize]) -> u64 {
        let width = match self.desc.data_type {
            DataType::Bool => 1,
            kind => kind.width().unwrap_or(512),
        };
        let bytes = shape.iter().fold(width, |bytes, axis| bytes.saturating_mul(*axis));
        (AT_ONCE / bytes.max(1)).max(1) as u64
    }

    fn read(&self, rows: Range<u64>, shape: Shape) -> Result<Cells> {
        let kind = self.desc.data_type;
        let count = usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX);
        if self.zero.as_ref().is_some_and(|kept| !kept.has(rows.start)) {
            return Ok(Cells::zero(kind, shape, count));
        }
        let values = shape
            .iter()
            .try_fold(count, |all, axis| all.checked_mul(*axis))
            .filter(|values| values.checked_mul(16).is_some())
            .ok_or_else(|| Error::Memory {
                what: format!("a cell of column {}", self.desc.name),
                bytes: u64::MAX,
            })?;
        let data = match kind {
            DataType::Bool => {
                let mut bools = vec![false; values];
                self.reader.read(rows, BufferMut::Bool(&mut bools))?;
                Data::Bools(bools)
            }
            DataType::String => {
                let mut texts = vec![String::new(); values];
                self.reader.read(rows, BufferMut::String(&mut texts))?;
                Data::Texts(texts)
            }
            DataType::Record => {
                let mut records = vec![Record::new(); values];
                self.reader.read(rows, BufferMut::Record(&mut records))?;
                Data::Records(records.iter().map(Writer::cell).collect())
            }
            _ => Data::Bytes(self.numbers(rows, values)?),
        };
        Ok(Cells { kind, shape, count, data })
    }

    fn numbers(&self, rows: Range<u64>, values: usize) -> Result<Vec<u8>> {
        let kind = self.desc.data_type;
        let length = values * kind.width().unwrap_or(1);
        if length == 0 {
            return Ok(Vec::new());
        }
        // Numbers of eight bytes, so that values of every type stand aligned.
        let mut store = vec![0u64; length.div_ceil(8)];
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut store)[..length];
        let buffer = match kind {
            DataType::Short => BufferMut::Short(bytemuck::cast_slice_mut(bytes)),
            DataType::UShort => BufferMut::UShort(bytemuck::cast_slice_mut(bytes)),
            DataType::Int => BufferMut::Int(bytemuck::cast_slice_mut(bytes)),
            DataType::UInt => BufferMut::UInt(bytemuck::cast_slice_mut(bytes)),
            DataType::Int64 => BufferMut::Int64(bytemuck::cast_slice_mut(bytes)),
            DataType::Float => BufferMut::Float(bytemuck::cast_slice_mut(bytes)),
            DataType::Double => BufferMut::Double(bytemuck::cast_slice_mut(bytes)),
            DataType::Complex => BufferMut::Complex(bytemuck::cast_slice_mut(bytes)),
            DataType::DComplex => BufferMut::DComplex(bytemuck::cast_slice_mut(bytes)),
            _ => BufferMut::UChar(bytes),
        };
        self.reader.read(rows, buffer)?;
        if self.endian != Endian::NATIVE {
            swap(bytes, kind.swap_unit());
        }
        Ok(bytes.to_vec())
    }
}
