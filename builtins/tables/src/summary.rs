//! The range and the mean of a column, in one pass of bounded memory.

use crate::column::Column;
use crate::data_type::{Complex32, Complex64, DataType, Element};
use crate::error::Result;

/// What the values of a column are like. Complex values count by their
/// modulus; NaN is counted and left out of the rest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// How many values, NaN included.
    pub values: u64,
    /// Cells without a value.
    pub undefined: u64,
    /// Values that are no number.
    pub nan: u64,
    /// Smallest value; unknown for texts, records, booleans, and without values.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation of the population (divisor N).
    pub std: Option<f64>,
    /// Booleans that are true.
    pub set: Option<u64>,
}

/// Bytes read at once.
const AT_ONCE: usize = 4 << 20;

impl Summary {
    /// Reads the column once.
    pub fn of(column: &Column) -> Result<Self> {
        // Numbers of more than 53 bits lose their last digits, as in any mean.
        #[allow(clippy::cast_precision_loss)]
        match column.data_type() {
            DataType::Bool => Self::of_bool(column),
            DataType::UChar => Self::numbers(column, |value: u8| value.into()),
            DataType::Short => Self::numbers(column, |value: i16| value.into()),
            DataType::UShort => Self::numbers(column, |value: u16| value.into()),
            DataType::Int => Self::numbers(column, |value: i32| value.into()),
            DataType::UInt => Self::numbers(column, |value: u32| value.into()),
            DataType::Int64 => Self::numbers(column, |value: i64| value as f64),
            DataType::Float => Self::numbers(column, |value: f32| value.into()),
            DataType::Double => Self::numbers(column, |value: f64| value),
            DataType::Complex => Self::numbers(column, |value: Complex32| value.norm().into()),
            DataType::DComplex => Self::numbers(column, |value: Complex64| value.norm()),
            DataType::String => Self::counted(column, |_: &String| {}),
            DataType::Record => Self::counted(column, |_: &crate::value::Record| {}),
        }
    }

    /// Counts all values and shows each to `see`.
    fn counted<T: Element>(column: &Column, mut see: impl FnMut(&T)) -> Result<Self> {
        let mut summary = Self::default();
        for run in column.chunks(0..column.nrow(), AT_ONCE) {
            let run = run?;
            if run.shape.is_none() {
                summary.undefined += run.rows.end - run.rows.start;
                continue;
            }
            let values = column.values::<T>(run.rows)?;
            summary.values += values.len() as u64;
            values.iter().for_each(&mut see);
        }
        Ok(summary)
    }

    fn of_bool(column: &Column) -> Result<Self> {
        let mut set = 0;
        let summary = Self::counted(column, |value: &bool| set += u64::from(*value))?;
        Ok(Self { set: Some(set), ..summary })
    }

    fn numbers<T: Element + Copy>(column: &Column, number: impl Fn(T) -> f64) -> Result<Self> {
        let (mut nan, mut count) = (0u64, 0f64);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut mean, mut squares) = (0f64, 0f64);
        let summary = Self::counted(column, |value: &T| {
            let value = number(*value);
            if value.is_nan() {
                nan += 1;
                return;
            }
            min = min.min(value);
            max = max.max(value);
            // Welford's updating formula: stable for times of 10^9 s.
            count += 1.0;
            let step = value - mean;
            mean += step / count;
            squares += step * (value - mean);
        })?;
        if count == 0.0 {
            return Ok(Self { nan, ..summary });
        }
        let std = (squares / count).sqrt();
        Ok(Self {
            nan,
            min: Some(min),
            max: Some(max),
            mean: Some(mean),
            std: Some(std),
            ..summary
        })
    }
}
