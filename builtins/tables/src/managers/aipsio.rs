//! StManAipsIO: each column as one object of the AipsIO format, big-endian
//! in every table. Its writer held the whole file in memory, and so does
//! this reader; values are taken out of the bytes when they are asked for.
//!
//! Source: `casacore/tables/DataMan/{StManAipsIO,StArrAipsIO,StIndArrAIO}.cc`.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::array_file::ArrayFile;
use super::buckets::u32_at;
use super::incremental::{direct_shape, is_indirect};
use super::indirect::{Indirect, Places, length};
use super::{ColumnReader, Context, Manager, Shape, bits, check_type};
use crate::aipsio::{Reader, text};
use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::error::{Error, Result};

/// Stands before a place of more than 2 GiB in the array file.
const LONG_PLACE: u32 = (1 << 31) + 1;

/// An open StManAipsIO.
pub(super) struct Objects {
    name: String,
    nrow: u64,
    rows: u64,
    path: PathBuf,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: DataType,
    cells: Cells,
}

/// Where the cells of a column are.
enum Cells {
    Fixed(Arc<Fixed>),
    Indirect(Arc<ArrayFile>, Arc<Vec<u64>>),
}

impl Objects {
    /// Opens the manager and reads its file.
    pub(super) fn open(context: &Context<'_>) -> Result<Self> {
        let source = context.open("")?;
        let bytes: Arc<[u8]> = source.all()?.into();
        let mut reader = Reader::new(source.path(), &bytes);
        let version = reader.start("StManAipsIO")?;
        let name = if version > 1 { reader.string()? } else { String::new() };
        // Its own number and that of the next array file.
        reader.u32()?;
        reader.u32()?;
        let rows = reader.u32()?;
        let count = reader.count(4)?;
        if count != context.columns.len() {
            return Err(
                reader.corrupt(format_args!("has {count} columns of {}", context.columns.len()))
            );
        }
        for _ in 0..count {
            reader.i32()?;
        }
        let make = |suffix: &str| {
            Arc::new(ArrayFile::new(context.folder, context.file_name(suffix), Endian::Big))
        };
        let shared = make("i");
        let file = |number: Option<u32>| {
            number.map_or_else(|| Arc::clone(&shared), |number| make(&format!("i{number}")))
        };
        let mut columns = Vec::with_capacity(count);
        for bound in &context.columns {
            let kind = bound.desc.data_type;
            let cells = if is_indirect(bound) {
                indirect(&mut reader, rows, file)?
            } else {
                let shape = direct_shape(bound)?;
                Cells::Fixed(Arc::new(Fixed::read(
                    &mut reader,
                    &bytes,
                    rows,
                    kind,
                    shape,
                    bound.desc.scalar,
                )?))
            };
            columns.push(Column { name: bound.desc.name.clone(), kind, cells });
        }
        let path = context.path().join(context.file_name("i"));
        Ok(Self { name, nrow: context.nrow, rows: rows.into(), path, columns })
    }
}

impl Manager for Objects {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        let Some(column) = self.columns.get(index) else {
            return Err(Error::Range { what: format!("column {index} of {}", self.columns.len()) });
        };
        let name = column.name.clone();
        if self.rows < self.nrow {
            let what = format!("column {name} has {} rows of {}", self.rows, self.nrow);
            return Err(Error::corrupt(&self.path, what));
        }
        Ok(match &column.cells {
            Cells::Fixed(cells) => Arc::new(Direct {
                cells: Arc::clone(cells),
                name,
                path: self.path.clone(),
                kind: column.kind,
            }),
            Cells::Indirect(file, places) => {
                let places = PlaceList(Arc::clone(places));
                Arc::new(Indirect::new(
                    places,
                    Arc::clone(file),
                    &name,
                    column.kind,
                    self.path.clone(),
                ))
            }
        })
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Reads an object of a column: calls with the first row and the number of
/// rows of each piece of it. Gives the version of the object.
fn pieces(
    reader: &mut Reader<'_>,
    rows: u32,
    mut call: impl FnMut(&mut Reader<'_>, u32, u32, u32) -> Result<()>,
) -> Result<()> {
    let version = reader.start("StManColumnAipsIO")?;
    if reader.u32()? != rows {
        return Err(reader.corrupt("a column has another number of rows than its table"));
    }
    let mut row = 0;
    while row < rows {
        let left = rows - row;
        let count = match reader.u32()? {
            0 => left,
            count => count,
        };
        if count > left {
            return Err(reader.corrupt("a column has too many rows"));
        }
        call(reader, version, row, count)?;
        row += count;
    }
    reader.end()
}

/// A column of arrays or records in an array file. The first version had a
/// file for each such column, the others have one for all (no number).
fn indirect(
    reader: &mut Reader<'_>,
    rows: u32,
    file: impl FnOnce(Option<u32>) -> Arc<ArrayFile>,
) -> Result<Cells> {
    let version = reader.start("StManColumnIndArrayAipsIO")?;
    reader.i32()?;
    let number = reader.u32()?;
    let mut places = Vec::new();
    pieces(reader, rows, |reader, _, _, count| {
        for _ in 0..count {
            let place = reader.u32()?;
            places.push(if place == LONG_PLACE { reader.u64()? } else { place.into() });
        }
        Ok(())
    })?;
    reader.end()?;
    Ok(Cells::Indirect(file((version < 2).then_some(number)), Arc::new(places)))
}

struct PlaceList(Arc<Vec<u64>>);

impl Places for PlaceList {
    fn places(&self, rows: Range<u64>, out: &mut [u64]) -> Result<()> {
        for (out, row) in out.iter_mut().zip(rows) {
            let place = usize::try_from(row).ok().and_then(|row| self.0.get(row));
            *out = *place
                .ok_or_else(|| Error::Range { what: format!("row {row} of {}", self.0.len()) })?;
        }
        Ok(())
    }

    fn grain(&self, _: u64) -> u64 {
        GRAIN
    }
}

/// Rows that threads should not divide further.
const GRAIN: u64 = 1 << 14;

/// The values of a column of scalars or of arrays of one shape.
struct Fixed {
    bytes: Arc<[u8]>,
    shape: Shape,
    scalar: bool,
    /// The first row of each piece, and where its first cell is.
    pieces: Vec<(u32, usize)>,
    rows: u32,
    /// Where each text is; empty for other types.
    texts: Vec<u32>,
    /// Bytes from one cell to the next within a piece; 0 for single
    /// booleans, which are packed across rows.
    step: usize,
}

impl Fixed {
    fn read(
        reader: &mut Reader<'_>,
        bytes: &Arc<[u8]>,
        rows: u32,
        kind: DataType,
        shape: Shape,
        scalar: bool,
    ) -> Result<Self> {
        let values: usize = shape.iter().product();
        let step = match kind {
            DataType::Bool if scalar => 0,
            DataType::Bool => values.div_ceil(8),
            kind => kind.width().unwrap_or_default() * values,
        };
        let mut fixed = Self {
            bytes: Arc::clone(bytes),
            shape,
            scalar,
            pieces: Vec::new(),
            rows,
            texts: Vec::new(),
            step,
        };
        if scalar {
            pieces(reader, rows, |reader, _, row, count| {
                reader.u32()?;
                fixed.piece(reader, kind, row, count, values)
            })?;
            return Ok(fixed);
        }
        if reader.start("StManColumnArrayAipsIO")? == 1 {
            // Type, shape and number of values, as the description has them.
            reader.u32()?;
            reader.position_shape()?;
            reader.u32()?;
        }
        pieces(reader, rows, |reader, version, row, count| {
            if version > 1 {
                reader.u32()?;
                return fixed.piece(reader, kind, row, count, values);
            }
            for row in row..row.saturating_add(count) {
                reader.u32()?;
                fixed.piece(reader, kind, row, 1, values)?;
            }
            Ok(())
        })?;
        reader.end()?;
        Ok(fixed)
    }

    fn piece(
        &mut self,
        reader: &mut Reader<'_>,
        kind: DataType,
        row: u32,
        count: u32,
        values: usize,
    ) -> Result<()> {
        let count = count as usize;
        self.pieces.push((row, reader.position()));
        if kind == DataType::String {
            for _ in 0..count.saturating_mul(values) {
                // An object is never longer than 4 GiB.
                self.texts.push(u32::try_from(reader.position()).unwrap_or(u32::MAX));
                let length = reader.count(1)?;
                reader.take(length)?;
            }
            return Ok(());
        }
        let length = if self.step == 0 && self.scalar {
            count.div_ceil(8)
        } else {
            count.saturating_mul(self.step)
        };
        reader.take(length)?;
        Ok(())
    }

    /// Calls for each piece of the rows: which of `rows` it has, counted from
    /// the first, its place in the bytes, and the row within it.
    fn each(
        &self,
        rows: &Range<u64>,
        mut call: impl FnMut(Range<usize>, usize, usize) -> Option<()>,
    ) -> Option<()> {
        let mut row = rows.start;
        let mut at =
            self.pieces.partition_point(|(first, _)| u64::from(*first) <= row).checked_sub(1)?;
        while row < rows.end {
            let (first, place) = *self.pieces.get(at)?;
            let next = self.pieces.get(at + 1).map_or(self.rows, |(next, _)| *next);
            let end = rows.end.min(next.into());
            if end <= row {
                return None;
            }
            let within = usize::try_from(row - u64::from(first)).ok()?;
            call(length(&(rows.start..row))..length(&(rows.start..end)), place, within)?;
            row = end;
            at += 1;
        }
        Some(())
    }

    fn read_rows(&self, rows: &Range<u64>, mut out: BufferMut<'_>) -> Option<()> {
        let cell: usize = self.shape.iter().product();
        if out.len() != cell.checked_mul(length(rows))? {
            return None;
        }
        if let BufferMut::String(out) = out {
            let first = usize::try_from(rows.start).ok()?.checked_mul(cell)?;
            for (out, at) in out.iter_mut().zip(self.texts.get(first..)?) {
                let at = *at as usize;
                let length = u32_at(&self.bytes, at, Endian::Big)? as usize;
                *out = text(self.bytes.get(at + 4..at.checked_add(4)?.checked_add(length)?)?);
            }
            return Some(());
        }
        self.each(rows, |piece, place, row| {
            let mut out = out.slice(piece.start * cell..piece.end * cell);
            if let BufferMut::Bool(out) = out {
                if self.scalar {
                    bits::unpack(self.bytes.get(place..)?, row, out);
                } else {
                    for (at, out) in out.chunks_exact_mut(cell.max(1)).enumerate() {
                        bits::unpack(self.bytes.get(place + (row + at) * self.step..)?, 0, out);
                    }
                }
                return Some(());
            }
            let start = place + row * self.step;
            let bytes = out.bytes_mut()?;
            bytes.copy_from_slice(self.bytes.get(start..start + bytes.len())?);
            out.to_native(Endian::Big);
            Some(())
        })
    }
}

/// A column whose values stand in the file itself.
struct Direct {
    cells: Arc<Fixed>,
    name: String,
    path: PathBuf,
    kind: DataType,
}

impl ColumnReader for Direct {
    fn shape(&self, _: u64) -> Result<Option<Shape>> {
        Ok(Some(self.cells.shape.clone()))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        Ok((Some(self.cells.shape.clone()), rows.end.saturating_sub(rows.start)))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        self.cells.read_rows(&rows, out).ok_or_else(|| {
            Error::corrupt(
                &self.path,
                format!("column {} has no values for rows {rows:?}", self.name),
            )
        })
    }

    fn grain(&self, _: u64) -> u64 {
        GRAIN
    }
}

#[cfg(test)]
mod tests;
