//! A part of each cell: some channels, some correlations.

use std::ops::Range;

use crate::buffer::BufferMut;
use crate::data_type::{DataType, Element};
use crate::error::{Error, Result};
use crate::managers::ColumnReader;

/// Evenly spaced places on one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisPart {
    /// The first place.
    pub start: usize,
    /// How many places.
    pub count: usize,
    /// The distance between them, at least 1.
    pub step: usize,
}

impl AxisPart {
    /// All places of an axis.
    pub fn all(length: usize) -> Self {
        Self { start: 0, count: length, step: 1 }
    }

    /// One place.
    pub fn one(at: usize) -> Self {
        Self { start: at, count: 1, step: 1 }
    }

    /// The places of a range.
    pub fn range(range: Range<usize>) -> Self {
        Self { start: range.start, count: range.len(), step: 1 }
    }

    /// The places, first to last.
    pub fn places(self) -> impl Iterator<Item = usize> + Clone {
        (0..self.count).map(move |at| self.start + at * self.step)
    }
}

/// A part of a cell: one [`AxisPart`] for each axis, slowest axis first
/// (C order; for DATA: channels, then correlations).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The axes.
    pub axes: Vec<AxisPart>,
}

impl Part {
    /// A part of these axes.
    pub fn new(axes: impl Into<Vec<AxisPart>>) -> Self {
        Self { axes: axes.into() }
    }

    /// The shape of what is read.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.count).collect()
    }

    /// How many values of each cell are read.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|axis| axis.count).product()
    }

    /// Whether nothing is read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fails unless the part lies inside cells of this shape.
    pub fn check(&self, column: &str, shape: &[usize]) -> Result<()> {
        if self.axes.len() != shape.len() {
            return Err(Error::Shape {
                column: column.into(),
                what: format!("a part of {} axes of cells of shape {shape:?}", self.axes.len()),
            });
        }
        for (axis, length) in self.axes.iter().zip(shape) {
            let last = axis.count.checked_sub(1).map_or(Some(axis.start), |steps| {
                steps.checked_mul(axis.step).and_then(|far| far.checked_add(axis.start))
            });
            let inside =
                axis.step > 0 && last.is_some_and(|last| last < *length || axis.count == 0);
            if !inside {
                return Err(Error::Range {
                    what: format!("column {column}: {axis:?} of an axis of length {length}"),
                });
            }
        }
        Ok(())
    }

    /// The offsets of its values in a cell of this shape, in C order.
    pub fn offsets(&self, shape: &[usize]) -> Vec<usize> {
        let mut offsets = vec![0];
        for (axis, length) in self.axes.iter().zip(shape) {
            offsets = offsets
                .iter()
                .flat_map(|base| axis.places().map(move |place| base * length + place))
                .collect();
        }
        offsets
    }
}

/// Reads a part of each cell by reading whole cells and cutting.
pub(crate) fn read_by_cutting<R: ColumnReader + ?Sized>(
    reader: &R,
    rows: Range<u64>,
    part: &Part,
    out: BufferMut<'_>,
) -> Result<()> {
    let Some(shape) = reader.shape(rows.start)? else {
        return Err(Error::Range { what: "a part of a cell without a value".into() });
    };
    let cut = Cut { offsets: part.offsets(&shape), cell: shape.iter().product() };
    match out {
        BufferMut::Bool(values) => cut.read(reader, rows, values),
        BufferMut::UChar(values) => cut.read(reader, rows, values),
        BufferMut::Short(values) => cut.read(reader, rows, values),
        BufferMut::UShort(values) => cut.read(reader, rows, values),
        BufferMut::Int(values) => cut.read(reader, rows, values),
        BufferMut::UInt(values) => cut.read(reader, rows, values),
        BufferMut::Int64(values) => cut.read(reader, rows, values),
        BufferMut::Float(values) => cut.read(reader, rows, values),
        BufferMut::Double(values) => cut.read(reader, rows, values),
        BufferMut::Complex(values) => cut.read(reader, rows, values),
        BufferMut::DComplex(values) => cut.read(reader, rows, values),
        BufferMut::String(values) => cut.read(reader, rows, values),
        BufferMut::Record(_) => Err(Error::Type {
            column: String::new(),
            expected: DataType::Record,
            found: DataType::Record,
        }),
    }
}

struct Cut {
    offsets: Vec<usize>,
    cell: usize,
}

/// Values read at once while cutting, at least one cell.
const CUT_VALUES: usize = 1 << 16;

impl Cut {
    fn read<T: Element, R: ColumnReader + ?Sized>(
        &self,
        reader: &R,
        rows: Range<u64>,
        out: &mut [T],
    ) -> Result<()> {
        let at_once = (CUT_VALUES / self.cell.max(1)).max(1);
        let mut whole = vec![T::default(); at_once * self.cell];
        let mut row = rows.start;
        for group in out.chunks_mut(at_once * self.offsets.len().max(1)) {
            let count = group.len() / self.offsets.len().max(1);
            let end = row + count as u64;
            let whole = &mut whole[..count * self.cell];
            reader.read(row..end, T::buffer(whole))?;
            for (at, value) in group.iter_mut().enumerate() {
                let (cell, place) = (at / self.offsets.len(), at % self.offsets.len());
                value.clone_from(&whole[cell * self.cell + self.offsets[place]]);
            }
            row = end;
        }
        Ok(())
    }
}
