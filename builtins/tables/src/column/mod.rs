//! A column: its cells as typed values, arrays, parts and chunks.

mod cells;
mod chunks;
mod convert;
mod parallel;
mod select;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

use crate::data_type::{DataType, Element};
use crate::desc::{ColumnDesc, TableDesc};
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape};
use crate::part::Part;
use crate::value::Record;

/// A column of an open table. Cheap to clone; may be shared between threads.
#[derive(Clone)]
pub struct Column {
    table: Arc<TableDesc>,
    at: usize,
    nrow: u64,
    reader: Arc<dyn ColumnReader>,
}

/// Consecutive rows whose cells have one shape, or no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The rows.
    pub rows: Range<u64>,
    /// The shape of each cell in C order; `None` for cells without a value.
    pub shape: Option<Shape>,
}

impl Column {
    pub(crate) fn new(
        table: Arc<TableDesc>,
        at: usize,
        nrow: u64,
        reader: Arc<dyn ColumnReader>,
    ) -> Self {
        Self { table, at, nrow, reader }
    }

    /// Its description.
    pub fn desc(&self) -> &ColumnDesc {
        &self.table.columns[self.at]
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.desc().name
    }

    /// The type of its values.
    pub fn data_type(&self) -> DataType {
        self.desc().data_type
    }

    /// Its keywords, such as units and reference frame.
    /// Fails where they are damaged.
    pub fn keywords(&self) -> Result<&Record> {
        self.desc().keywords()
    }

    /// How many rows it has.
    pub fn nrow(&self) -> u64 {
        self.nrow
    }

    /// The shape of a cell; `None` where it has no value.
    pub fn shape(&self, row: u64) -> Result<Option<Shape>> {
        self.check_rows(&(row..row.saturating_add(1)))?;
        self.reader.shape(row)
    }

    /// The rows in runs of cells of one shape.
    pub fn runs(&self, rows: Range<u64>) -> impl Iterator<Item = Result<Run>> + '_ {
        let checked = self.check_rows(&rows);
        let mut next = rows.start;
        let mut failed = checked.err();
        std::iter::from_fn(move || {
            if let Some(error) = failed.take() {
                next = rows.end;
                return Some(Err(error));
            }
            if next >= rows.end {
                return None;
            }
            let first = next;
            if self.is_plain_scalar() {
                next = rows.end;
                return Some(Ok(Run { rows: first..next, shape: Some(Shape::new()) }));
            }
            match self.reader.run(first..rows.end) {
                Ok((shape, count)) => {
                    next = first.saturating_add(count.max(1)).min(rows.end);
                    Some(Ok(Run { rows: first..next, shape }))
                }
                Err(error) => {
                    next = rows.end;
                    Some(Err(error))
                }
            }
        })
    }

    /// The values of rows of one shape, one cell after the other.
    pub fn values<T: Element>(&self, rows: Range<u64>) -> Result<Vec<T>> {
        let (_, values) = self.read_all::<T>(rows)?;
        Ok(values)
    }

    /// The cells of rows of one shape as an array of shape `[row, …cell]`.
    pub fn array<T: Element>(&self, rows: Range<u64>) -> Result<ArrayD<T>> {
        let count = rows.end.saturating_sub(rows.start);
        let (shape, values) = self.read_all::<T>(rows)?;
        self.shaped(count, &shape, values)
    }

    /// A part of each cell of rows of one shape, as `[row, …part]`.
    pub fn part<T: Element>(&self, rows: Range<u64>, part: &Part) -> Result<ArrayD<T>> {
        self.check_type::<T>()?;
        let count = rows.end.saturating_sub(rows.start);
        let shape = self.one_shape(&rows)?;
        if count > 0 {
            part.check(self.name(), &shape)?;
        }
        let mut values = self.allocate::<T>(count, part.len())?;
        if !values.is_empty() {
            self.reader.read_part(rows, part, T::buffer(&mut values))?;
        }
        self.shaped(count, &part.shape(), values)
    }

    /// Reads rows of one shape into a slice of exactly as many values.
    pub fn read_into<T: Element>(&self, rows: Range<u64>, out: &mut [T]) -> Result<()> {
        self.check_type::<T>()?;
        let shape = self.one_shape(&rows)?;
        let expected = (rows.end.saturating_sub(rows.start))
            .checked_mul(shape.iter().product::<usize>() as u64);
        if expected != Some(out.len() as u64) {
            return Err(Error::Shape {
                column: self.name().into(),
                what: format!("{} values wanted from rows {rows:?} of shape {shape:?}", out.len()),
            });
        }
        if out.is_empty() {
            return Ok(());
        }
        self.reader.read(rows, T::buffer(out))
    }

    /// A scalar column whose cells always have a value.
    fn is_plain_scalar(&self) -> bool {
        self.desc().scalar && self.data_type() != DataType::Record
    }

    fn read_all<T: Element>(&self, rows: Range<u64>) -> Result<(Shape, Vec<T>)> {
        self.check_type::<T>()?;
        let shape = self.one_shape(&rows)?;
        let count = rows.end.saturating_sub(rows.start);
        let mut values = self.allocate::<T>(count, shape.iter().product())?;
        if !values.is_empty() {
            self.reader.read(rows, T::buffer(&mut values))?;
        }
        Ok((shape, values))
    }

    /// The shape that all cells of the rows have.
    fn one_shape(&self, rows: &Range<u64>) -> Result<Shape> {
        self.check_rows(rows)?;
        if rows.is_empty() {
            return Ok(self.desc().shape.clone().unwrap_or_default());
        }
        if self.is_plain_scalar() {
            return Ok(Shape::new());
        }
        let (shape, same) = self.reader.run(rows.clone())?;
        let Some(shape) = shape else {
            return Err(Error::Undefined { column: self.name().into(), row: rows.start });
        };
        let other = rows.start + same;
        if other < rows.end {
            let found = self.reader.shape(other)?;
            return Err(Error::Shape {
                column: self.name().into(),
                what: format!("row {} has shape {shape:?}, row {other} has {found:?}", rows.start),
            });
        }
        Ok(shape)
    }

    fn allocate<T: Element>(&self, rows: u64, cell: usize) -> Result<Vec<T>> {
        let count = rows.checked_mul(cell as u64);
        let bytes = count.and_then(|count| count.checked_mul(size_of::<T>() as u64));
        let too_much = || Error::Memory {
            what: format!("{rows} rows of column {}", self.name()),
            bytes: bytes.unwrap_or(u64::MAX),
        };
        let count = count.and_then(|count| usize::try_from(count).ok()).ok_or_else(too_much)?;
        T::many(count).ok_or_else(too_much)
    }

    fn shaped<T: Element>(&self, rows: u64, cell: &[usize], values: Vec<T>) -> Result<ArrayD<T>> {
        let mut shape = vec![usize::try_from(rows).unwrap_or(usize::MAX)];
        shape.extend_from_slice(cell);
        ArrayD::from_shape_vec(IxDyn(&shape), values)
            .map_err(|error| Error::Shape { column: self.name().into(), what: error.to_string() })
    }

    fn check_rows(&self, rows: &Range<u64>) -> Result<()> {
        if rows.end <= self.nrow && rows.start <= rows.end {
            return Ok(());
        }
        Err(Error::Range {
            what: format!("column {}: rows {rows:?} of {}", self.name(), self.nrow),
        })
    }

    fn check_type<T: Element>(&self) -> Result<()> {
        if T::TYPE == self.data_type() {
            return Ok(());
        }
        Err(Error::Type { column: self.name().into(), expected: T::TYPE, found: self.data_type() })
    }
}
