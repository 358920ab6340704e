//! `AntennaPairStMan`: ANTENNA1 and ANTENNA2 as one list of baselines that
//! every time slot repeats.
//!
//! Source of the format: `casacore/tables/AlternateMans/AntennaPairFile.h`.

use std::ops::Range;
use std::sync::Arc;

use super::row_file::{RowFile, u64_at};
use super::{ColumnReader, Context, Manager, Shape, check_type};
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::error::{Error, Result};

const TAG: [u8; 8] = *b"AntPair\0";

/// Stands for an antenna that was never written.
const UNSET: i32 = i32::MIN;

/// Longest list of baselines: that of 16384 antennas, of which no telescope
/// has as many. A damaged file must not fill the memory.
const MAX_PAIRS: u64 = 1 << 27;

/// An open `AntennaPairStMan`.
pub(crate) struct AntennaPairs {
    columns: Vec<Arc<Antennas>>,
}

/// One of the two columns.
struct Antennas {
    name: String,
    /// The antennas of the baselines that repeat.
    list: Vec<i32>,
    /// Whether the list begins anew after its end. It does not in a table
    /// whose writer never came to the second time slot.
    repeats: bool,
}

impl AntennaPairs {
    /// Opens the manager and reads the list of baselines.
    pub(crate) fn open(context: &Context<'_>) -> Result<Arc<dyn Manager>> {
        let (file, head) = RowFile::open::<16>(context.open("")?, TAG)?;
        let pattern = u64_at(&head, 8);
        if file.stride != 8 && file.nrow > 0 {
            return Err(file.corrupt(format!("has rows of {} bytes, not 8", file.stride)));
        }
        if pattern > file.nrow || file.nrow > MAX_PAIRS {
            return Err(
                file.corrupt(format!("should repeat {pattern} baselines and holds {}", file.nrow))
            );
        }
        let (repeats, count) = if pattern == 0 { (false, file.nrow) } else { (true, pattern) };
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0).saturating_mul(8)];
        file.read(0, &mut bytes)?;
        let antennas = |second: usize| -> Vec<i32> {
            bytes
                .as_chunks::<8>()
                .0
                .iter()
                .map(|pair| {
                    let antenna = &pair.as_chunks::<4>().0[second];
                    i32::from_le_bytes(*antenna)
                })
                .collect()
        };
        let mut columns = Vec::new();
        for column in &context.columns {
            let second = match column.original_name {
                "ANTENNA1" => 0,
                "ANTENNA2" => 1,
                other => {
                    return Err(file.corrupt(format!("holds antennas, and not column {other}")));
                }
            };
            if !column.desc.scalar || column.desc.data_type != DataType::Int {
                return Err(file.corrupt(format!("column {} is no int", column.desc.name)));
            }
            columns.push(Arc::new(Antennas {
                name: column.desc.name.clone(),
                list: antennas(second),
                repeats,
            }));
        }
        Ok(Arc::new(Self { columns }))
    }
}

impl Manager for AntennaPairs {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        match self.columns.get(index) {
            Some(column) => Ok(Arc::clone(column) as Arc<dyn ColumnReader>),
            None => Err(Error::Range { what: format!("column {index} of an AntennaPairStMan") }),
        }
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Antennas {
    /// The place in the list of a row that has a value.
    fn place(&self, row: u64) -> Result<usize> {
        let count = self.list.len() as u64;
        let place = if self.repeats { row.checked_rem(count) } else { Some(row) };
        match place.filter(|place| *place < count).and_then(|place| usize::try_from(place).ok()) {
            Some(place) if self.list[place] != UNSET => Ok(place),
            _ => Err(Error::Undefined { column: self.name.clone(), row }),
        }
    }
}

impl ColumnReader for Antennas {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        Ok(self.place(row).is_ok().then(Shape::new))
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, DataType::Int, &out)?;
        let BufferMut::Int(values) = &mut out else { return Ok(()) };
        let mut row = rows.start;
        let mut left = &mut values[..];
        while !left.is_empty() {
            let list = &self.list[self.place(row)?..];
            let (now, later) = left.split_at_mut(list.len().min(left.len()));
            now.copy_from_slice(&list[..now.len()]);
            if let Some(at) = now.iter().position(|antenna| *antenna == UNSET) {
                let row = row + at as u64;
                return Err(Error::Undefined { column: self.name.clone(), row });
            }
            row += now.len() as u64;
            left = later;
        }
        Ok(())
    }

    fn grain(&self, _row: u64) -> u64 {
        1 << 16
    }
}
