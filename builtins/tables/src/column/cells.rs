//! Single cells as values of any type, and cells of varying shape.

use std::ops::Range;

use ndarray::{ArrayD, IxDyn};

use super::Column;
use crate::data_type::{DataType, Element};
use crate::error::Result;
use crate::value::{Array, Record, Value};

/// Memory for the cells that are read at once.
const AT_ONCE: usize = 4 << 20;

impl Column {
    /// The value of a cell, of whatever type; `None` where it has none.
    pub fn cell(&self, row: u64) -> Result<Option<Value>> {
        let rows = row..row.saturating_add(1);
        Ok(match self.data_type() {
            DataType::Bool => self.any(rows, Value::Bool, Array::Bool)?,
            DataType::UChar => self.any(rows, Value::UChar, Array::UChar)?,
            DataType::Short => self.any(rows, Value::Short, Array::Short)?,
            DataType::UShort => self.any(rows, Value::UShort, Array::UShort)?,
            DataType::Int => self.any(rows, Value::Int, Array::Int)?,
            DataType::UInt => self.any(rows, Value::UInt, Array::UInt)?,
            DataType::Int64 => self.any(rows, Value::Int64, Array::Int64)?,
            DataType::Float => self.any(rows, Value::Float, Array::Float)?,
            DataType::Double => self.any(rows, Value::Double, Array::Double)?,
            DataType::Complex => self.any(rows, Value::Complex, Array::Complex)?,
            DataType::DComplex => self.any(rows, Value::DComplex, Array::DComplex)?,
            DataType::String => self.any(rows, Value::String, Array::String)?,
            DataType::Record => {
                let cell = self.cells::<Record>(rows)?.pop().flatten();
                cell.and_then(|cell| cell.into_iter().next()).map(Value::Record)
            }
        })
    }

    fn any<T: Element>(
        &self,
        rows: Range<u64>,
        scalar: impl Fn(T) -> Value,
        array: impl Fn(ArrayD<T>) -> Array,
    ) -> Result<Option<Value>> {
        let Some(cell) = self.cells::<T>(rows)?.pop().flatten() else {
            return Ok(None);
        };
        if self.desc().scalar {
            return Ok(cell.into_iter().next().map(scalar));
        }
        Ok(Some(Value::Array(array(cell))))
    }

    /// The cells of rows whose shapes may differ, each an array of its own;
    /// `None` for cells without a value. A scalar is an array of no axes.
    pub fn cells<T: Element>(&self, rows: Range<u64>) -> Result<Vec<Option<ArrayD<T>>>> {
        self.check_type::<T>()?;
        self.check_rows(&rows)?;
        let mut cells = Vec::new();
        for run in self.chunks(rows, AT_ONCE) {
            let run = run?;
            let Some(shape) = run.shape else {
                for _ in run.rows {
                    cells.push(None);
                }
                continue;
            };
            let mut values = self.values::<T>(run.rows.clone())?.into_iter();
            let count = shape.iter().product();
            for _ in run.rows {
                let cell: Vec<T> = values.by_ref().take(count).collect();
                cells.push(ArrayD::from_shape_vec(IxDyn(&shape), cell).ok());
            }
        }
        Ok(cells)
    }
}
