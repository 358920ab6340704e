//! Columns whose cells have one width: numbers, booleans, texts of limited
//! length, and direct arrays of numbers and booleans.
//!
//! Source: `casacore/tables/DataMan/{SSMColumn,SSMDirColumn}.cc`.

use std::ops::Range;

use super::place::Place;
use crate::aipsio::text;
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::error::Result;
use crate::managers::indirect::length;
use crate::managers::{ColumnReader, Shape, check_type};

/// Bytes of texts read at once.
const AT_ONCE: usize = 1 << 16;

/// A column of cells of one width.
pub(super) struct Fixed {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: DataType,
    pub(super) shape: Shape,
}

impl Fixed {
    fn texts(&self, rows: Range<u64>, out: &mut [String]) -> Result<()> {
        let width = (self.place.bits / 8).max(1);
        let mut first = rows.start;
        let mut bytes = Vec::new();
        for group in out.chunks_mut((AT_ONCE / width).max(1)) {
            let end = first + group.len() as u64;
            bytes.resize(group.len() * width, 0);
            self.place.bytes(first..end, &mut bytes)?;
            for (value, bytes) in group.iter_mut().zip(bytes.chunks_exact(width)) {
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(width);
                *value = text(&bytes[..end]);
            }
            first = end;
        }
        Ok(())
    }
}

impl ColumnReader for Fixed {
    fn shape(&self, _: u64) -> Result<Option<Shape>> {
        Ok(Some(self.shape.clone()))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        Ok((Some(self.shape.clone()), length(&rows) as u64))
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        match &mut out {
            BufferMut::Bool(values) => return self.place.bools(rows, values),
            BufferMut::String(values) => return self.texts(rows, values),
            _ => {}
        }
        if let Some(bytes) = out.bytes_mut() {
            self.place.bytes(rows, bytes)?;
        }
        out.to_native(self.place.core.endian);
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        self.place.grain(row)
    }
}
