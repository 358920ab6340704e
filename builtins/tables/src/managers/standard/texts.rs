//! Columns of texts of any length, and of arrays of texts.
//!
//! A cell is three numbers: bucket, offset and length. Texts of up to eight
//! bytes stand in the place of the first two numbers.
//!
//! Source: `casacore/tables/DataMan/{SSMColumn,SSMDirColumn,
//! SSMIndStringColumn}.cc`.

use std::ops::Range;

use super::place::Place;
use super::strings::Strings;
use crate::aipsio::text;
use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::buckets::u32_at;
use crate::managers::indirect::length;
use crate::managers::{ColumnReader, Shape, check_type};

/// Bytes of a cell.
pub(super) const CELL: usize = 12;

/// Longest text that stands in the cell itself.
const SHORT: u32 = 8;

/// Cells read at once.
const AT_ONCE: usize = 2048;

/// What the texts of a cell are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// One text.
    Scalar,
    /// An array of this shape in each cell; all empty where nothing was written.
    Fixed(Shape),
    /// An array with its shape before it; no value where nothing was written.
    Shaped,
}

/// A column of texts.
pub(super) struct Texts {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) form: Form,
}

/// A cell as it is stored.
struct Cell {
    bytes: [u8; CELL],
    bucket: u32,
    offset: u32,
    length: u32,
}

impl Cell {
    fn new(stored: &[u8], endian: Endian) -> Self {
        let mut bytes = [0; CELL];
        bytes.copy_from_slice(stored);
        let number = |at| u32_at(&bytes, at, endian).unwrap_or_default();
        let (bucket, offset, length) = (number(0), number(4), number(8));
        Self { bytes, bucket, offset, length }
    }
}

impl Texts {
    fn cell(&self, row: u64) -> Result<Cell> {
        let mut bytes = [0; CELL];
        self.place.bytes(row..row.saturating_add(1), &mut bytes)?;
        Ok(Cell::new(&bytes, self.place.core.endian))
    }

    fn strings(&self) -> Strings<'_> {
        Strings::new(&self.place.core.buckets)
    }

    fn cell_shape(&self, cell: &Cell) -> Result<Option<Shape>> {
        match &self.form {
            Form::Scalar => Ok(Some(Shape::new())),
            Form::Fixed(shape) => Ok(Some(shape.clone())),
            Form::Shaped if cell.length == 0 => Ok(None),
            Form::Shaped => {
                let mut strings = self.strings();
                strings.seek(cell.bucket, cell.offset)?;
                strings.shape().map(Some)
            }
        }
    }

    /// Reads the texts of a cell. `left` bounds what all cells of a call may
    /// hold: texts do not overlap in a sound file.
    fn fill(
        &self,
        cell: &Cell,
        row: u64,
        out: &mut [String],
        strings: &mut Strings<'_>,
        left: &mut u64,
    ) -> Result<()> {
        let mut spare = Vec::new();
        let mut pay = |length: u32| {
            *left = left
                .checked_sub(u64::from(length))
                .ok_or_else(|| self.place.core.buckets.corrupt("texts are longer than the file"))?;
            Ok::<usize, Error>(length as usize)
        };
        if self.form == Form::Scalar {
            if let Some(out) = out.first_mut() {
                if cell.length <= SHORT {
                    *out = text(&cell.bytes[..cell.length as usize]);
                } else {
                    strings.seek(cell.bucket, cell.offset)?;
                    *out = strings.text(pay(cell.length)?, &mut spare)?;
                }
            }
            return Ok(());
        }
        out.fill_with(String::new);
        if cell.length == 0 {
            return match &self.form {
                Form::Fixed(_) => Ok(()),
                _ => Err(Error::Undefined { column: self.name.clone(), row }),
            };
        }
        strings.seek(cell.bucket, cell.offset)?;
        if self.form == Form::Shaped {
            let shape = strings.shape()?;
            if shape.iter().product::<usize>() != out.len() {
                return Err(Error::Shape {
                    column: self.name.clone(),
                    what: format!("row {row} has shape {shape:?}, not {} values", out.len()),
                });
            }
            if strings.number()? == 0 {
                // The shape was set and no text was ever written.
                return Ok(());
            }
        }
        for value in out {
            let length = pay(strings.number()?)?;
            *value = strings.text(length, &mut spare)?;
        }
        Ok(())
    }
}

impl ColumnReader for Texts {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        match &self.form {
            Form::Shaped => self.cell_shape(&self.cell(row)?),
            Form::Scalar => Ok(Some(Shape::new())),
            Form::Fixed(shape) => Ok(Some(shape.clone())),
        }
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let shape = self.shape(rows.start)?;
        if self.form != Form::Shaped {
            return Ok((shape, length(&rows) as u64));
        }
        let mut count = 1;
        while rows.start + count < rows.end && self.shape(rows.start + count)? == shape {
            count += 1;
        }
        Ok((shape, count))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, DataType::String, &out)?;
        let BufferMut::String(out) = out else {
            return Ok(());
        };
        let values = (out.len() / length(&rows).max(1)).max(1);
        let endian = self.place.core.endian;
        let mut left = self.place.core.buckets.source.len();
        let mut first = rows.start;
        let mut stored = Vec::new();
        let mut strings = self.strings();
        for group in out.chunks_mut(AT_ONCE * values) {
            let end = first + (group.len() / values) as u64;
            stored.resize(group.len() / values * CELL, 0);
            self.place.bytes(first..end, &mut stored)?;
            for (row, (out, cell)) in
                (first..).zip(group.chunks_mut(values).zip(stored.chunks_exact(CELL)))
            {
                self.fill(&Cell::new(cell, endian), row, out, &mut strings, &mut left)?;
            }
            first = end;
        }
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        self.place.grain(row)
    }
}
