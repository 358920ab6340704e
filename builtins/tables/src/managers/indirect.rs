//! Columns whose cells are places in an array file: arrays of any shape, and
//! records, which are stored as arrays of bytes.
//!
//! The managers differ only in where they keep the places of a column's
//! arrays; 0 means that the cell has no value.
//!
//! Source: `casacore/tables/Tables/ScaRecordColData.cc` for records.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::array_file::{ArrayFile, Cursor};
use super::{ColumnReader, Shape, check_type};
use crate::aipsio::Reader;
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::desc;
use crate::error::{Error, Result};
use crate::part::{Part, read_by_cutting};
use crate::value::Record;

/// Places taken from the manager at once.
const AT_ONCE: usize = 4096;

/// Where the arrays of a column are in the array file.
pub(crate) trait Places: Send + Sync {
    /// The places for these rows, one for each; 0 for a cell without a value.
    fn places(&self, rows: Range<u64>, out: &mut [u64]) -> Result<()>;
    /// As [`ColumnReader::grain`].
    fn grain(&self, row: u64) -> u64;
}

/// A column of arrays or records in an array file.
pub(crate) struct Indirect<P> {
    places: P,
    file: Arc<ArrayFile>,
    name: String,
    path: PathBuf,
    kind: DataType,
}

impl<P: Places> Indirect<P> {
    /// The reader of a column; `path` is named in errors.
    pub(crate) fn new(
        places: P,
        file: Arc<ArrayFile>,
        name: &str,
        kind: DataType,
        path: PathBuf,
    ) -> Self {
        Self { places, file, name: name.into(), path, kind }
    }

    /// The type of the values in the array file.
    fn stored(&self) -> DataType {
        if self.kind == DataType::Record { DataType::UChar } else { self.kind }
    }

    fn place(&self, row: u64) -> Result<u64> {
        let mut place = [0];
        self.places.places(row..row.saturating_add(1), &mut place)?;
        Ok(place[0])
    }

    /// Calls for each row with its place in `rows` and in the array file.
    fn each(
        &self,
        rows: Range<u64>,
        mut call: impl FnMut(usize, u64) -> Result<bool>,
    ) -> Result<()> {
        let mut first = rows.start;
        let mut at = 0;
        let mut places = vec![0; AT_ONCE.min(length(&rows))];
        while first < rows.end {
            let end = rows.end.min(first.saturating_add(AT_ONCE as u64));
            let group = &mut places[..length(&(first..end))];
            self.places.places(first..end, group)?;
            for place in &*group {
                if !call(at, *place)? {
                    return Ok(());
                }
                at += 1;
            }
            first = end;
        }
        Ok(())
    }

    fn undefined(&self, row: u64) -> Error {
        Error::Undefined { column: self.name.clone(), row }
    }

    fn records(&self, rows: Range<u64>, out: &mut [Record]) -> Result<()> {
        let mut cursor = None;
        let mut shape = Vec::new();
        self.each(rows, |at, place| {
            if let Some(record) = out.get_mut(at) {
                *record = if place == 0 {
                    Record::new()
                } else {
                    self.record(ready(&mut cursor, &self.file)?, place, &mut shape)?
                };
            }
            Ok(true)
        })
    }

    fn record(&self, cursor: &mut Cursor<'_>, place: u64, shape: &mut Shape) -> Result<Record> {
        let values = cursor.array(DataType::UChar, place, shape)?;
        let mut bytes = vec![0; values.count];
        cursor.bytes(values.offset, &mut bytes)?;
        let mut reader = Reader::new(&self.path, &bytes);
        desc::record::read(&mut reader)
    }

    /// A part of each cell, of values of fixed width: reads from the first to
    /// the last place needed on the slowest axis.
    fn parts(&self, rows: Range<u64>, part: &Part, out: &mut [u8], width: usize) -> Result<()> {
        let mut cursor = self.file.cursor()?;
        let mut shape = Shape::new();
        let mut known = Shape::new();
        let mut cut = Cut::default();
        let mut hull = Vec::new();
        let start = rows.start;
        let cell = part.len() * width;
        self.each(rows, |at, place| {
            if place == 0 {
                return Err(self.undefined(start + at as u64));
            }
            let values = cursor.array(self.kind, place, &mut shape)?;
            if known != shape {
                part.check(&self.name, &shape)?;
                cut = Cut::new(part, &shape, width);
                known.clone_from(&shape);
            }
            hull.resize(cut.length, 0);
            cursor.bytes(values.offset + cut.first as u64, &mut hull)?;
            let out = out.get_mut(at * cell..(at + 1) * cell).unwrap_or_default();
            for (to, from) in out.chunks_exact_mut(cut.run.max(1)).zip(&cut.starts) {
                to.copy_from_slice(&hull[*from..*from + cut.run]);
            }
            Ok(true)
        })
    }
}

impl<P: Places> ColumnReader for Indirect<P> {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        if self.kind == DataType::Record {
            return Ok(Some(Shape::new()));
        }
        let place = self.place(row)?;
        if place == 0 {
            return Ok(None);
        }
        let mut shape = Shape::new();
        self.file.cursor()?.array(self.stored(), place, &mut shape)?;
        Ok(Some(shape))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        if self.kind == DataType::Record {
            return Ok((Some(Shape::new()), rows.end.saturating_sub(rows.start)));
        }
        let mut first: Option<Shape> = None;
        let mut before = 0;
        let mut cursor = None;
        let mut shape = Shape::new();
        let mut count = 0u64;
        self.each(rows, |at, place| {
            let same = if at == 0 {
                if place != 0 {
                    ready(&mut cursor, &self.file)?.array(self.kind, place, &mut shape)?;
                    first = Some(shape.clone());
                }
                true
            } else if place == before {
                true
            } else if place == 0 || first.is_none() {
                false
            } else {
                ready(&mut cursor, &self.file)?.array(self.kind, place, &mut shape)?;
                first.as_ref() == Some(&shape)
            };
            before = place;
            count += u64::from(same);
            Ok(same)
        })?;
        Ok((first, count))
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        let all = length(&rows);
        if let BufferMut::Record(values) = out {
            return self.records(rows, values);
        }
        let cell = out.len() / all.max(1);
        let start = rows.start;
        let mut cursor = self.file.cursor()?;
        let mut shape = Shape::new();
        let mut before = 0;
        self.each(rows, |at, place| {
            if place == 0 {
                return Err(self.undefined(start + at as u64));
            }
            if place == before {
                out.copy_cell(at - 1, at, cell);
                return Ok(true);
            }
            let values = cursor.array(self.kind, place, &mut shape)?;
            if values.count != cell {
                return Err(Error::Shape {
                    column: self.name.clone(),
                    what: format!(
                        "row {} has shape {shape:?}, not {cell} values",
                        start + at as u64
                    ),
                });
            }
            cursor.values(values.offset, out.slice(at * cell..(at + 1) * cell))?;
            before = place;
            Ok(true)
        })
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        let (Some(width), false) = (self.kind.width(), part.is_empty()) else {
            return read_by_cutting(self, rows, part, out);
        };
        if let Some(bytes) = out.bytes_mut() {
            self.parts(rows, part, bytes, width)?;
        }
        let endian = self.file.cursor()?.endian();
        out.to_native(endian);
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        self.places.grain(row)
    }
}

/// What to take out of a cell: bytes `first..first + length`, and of them
/// `run` bytes from each of the starts.
#[derive(Default)]
struct Cut {
    first: usize,
    length: usize,
    run: usize,
    starts: Vec<usize>,
}

impl Cut {
    /// The bytes of a part that was checked to lie in the shape.
    fn new(part: &Part, shape: &[usize], width: usize) -> Self {
        let mut run = 1;
        for (axis, length) in part.axes.iter().zip(shape).rev() {
            if axis.step != 1 && axis.count > 1 {
                break;
            }
            run *= axis.count;
            if axis.count != *length {
                break;
            }
        }
        let offsets = part.offsets(shape);
        let first = offsets.first().copied().unwrap_or_default();
        let end = offsets.last().map_or(first, |last| last + 1);
        let starts = offsets.iter().step_by(run.max(1)).map(|at| (at - first) * width).collect();
        Self { first: first * width, length: (end - first) * width, run: run * width, starts }
    }
}

/// The cursor, made when it is needed for the first time: a column without
/// any value may have no array file.
fn ready<'a, 'b>(
    cursor: &'b mut Option<Cursor<'a>>,
    file: &'a ArrayFile,
) -> Result<&'b mut Cursor<'a>> {
    if cursor.is_none() {
        *cursor = Some(file.cursor()?);
    }
    cursor.as_mut().ok_or_else(|| Error::Range { what: "no array file".into() })
}

/// How many rows, as a length in memory.
pub(crate) fn length(rows: &Range<u64>) -> usize {
    usize::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(usize::MAX)
}
