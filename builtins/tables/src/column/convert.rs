//! Numbers of any type as floats or integers of 64 bits.

use std::ops::Range;

use super::Column;
use crate::data_type::{DataType, Element};
use crate::error::{Error, Result};

/// Values that are converted at once.
const AT_ONCE: usize = 1 << 20;

impl Column {
    /// The values of rows of one shape as floats, for columns of any real
    /// number type. Integers beyond 2^53 are rounded.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(&self, rows: Range<u64>) -> Result<Vec<f64>> {
        match self.data_type() {
            DataType::Double => self.values::<f64>(rows),
            DataType::Float => self.converted(rows, |value: f32| f64::from(value)),
            DataType::UChar => self.converted(rows, |value: u8| f64::from(value)),
            DataType::Short => self.converted(rows, |value: i16| f64::from(value)),
            DataType::UShort => self.converted(rows, |value: u16| f64::from(value)),
            DataType::Int => self.converted(rows, |value: i32| f64::from(value)),
            DataType::UInt => self.converted(rows, |value: u32| f64::from(value)),
            DataType::Int64 => self.converted(rows, |value: i64| value as f64),
            _ => Err(self.not_a(DataType::Double)),
        }
    }

    /// The values of rows of one shape as integers, for columns of any
    /// integer type.
    pub fn as_i64(&self, rows: Range<u64>) -> Result<Vec<i64>> {
        match self.data_type() {
            DataType::Int64 => self.values::<i64>(rows),
            DataType::UChar => self.converted(rows, |value: u8| i64::from(value)),
            DataType::Short => self.converted(rows, |value: i16| i64::from(value)),
            DataType::UShort => self.converted(rows, |value: u16| i64::from(value)),
            DataType::Int => self.converted(rows, |value: i32| i64::from(value)),
            DataType::UInt => self.converted(rows, |value: u32| i64::from(value)),
            _ => Err(self.not_a(DataType::Int64)),
        }
    }

    fn not_a(&self, expected: DataType) -> Error {
        Error::Type { column: self.name().into(), expected, found: self.data_type() }
    }

    /// Converts piece by piece, so that both types are never in memory whole.
    fn converted<T: Element, U: Element>(
        &self,
        rows: Range<u64>,
        convert: impl Fn(T) -> U + Copy,
    ) -> Result<Vec<U>> {
        let shape = self.one_shape(&rows)?;
        let cell: usize = shape.iter().product();
        let count = rows.end.saturating_sub(rows.start);
        let mut all = self.allocate::<U>(count, cell)?;
        all.clear();
        let at_once = (AT_ONCE / cell.max(1)).max(1) as u64;
        let mut first = rows.start;
        while first < rows.end && cell > 0 {
            let end = self.cut(first, rows.end, at_once);
            all.extend(self.values::<T>(first..end)?.into_iter().map(convert));
            first = end;
        }
        Ok(all)
    }
}
