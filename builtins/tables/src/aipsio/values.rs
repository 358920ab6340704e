//! Values of any type in objects: scalars, arrays, and values without a count.

use ndarray::{ArrayD, IxDyn};

use super::Reader;
use crate::buffer::BufferMut;
use crate::data_type::{Complex32, Complex64, DataType, Element};
use crate::error::Result;
use crate::value::{Array, Value};

impl Reader<'_> {
    /// Fills a buffer with values that follow without a count. Booleans are
    /// packed into bits, lowest bit first.
    pub(crate) fn values(&mut self, mut buffer: BufferMut<'_>) -> Result<()> {
        match buffer {
            BufferMut::Bool(values) => {
                let bits = self.take(values.len().div_ceil(8))?;
                for (at, value) in values.iter_mut().enumerate() {
                    *value = bits[at / 8] >> (at % 8) & 1 != 0;
                }
            }
            BufferMut::String(values) => {
                for value in values {
                    *value = self.string()?;
                }
            }
            BufferMut::Record(_) => return Err(self.corrupt("an array of records")),
            _ => {
                let endian = self.endian;
                if let Some(bytes) = buffer.bytes_mut() {
                    bytes.copy_from_slice(self.take(bytes.len())?);
                }
                buffer.to_native(endian);
            }
        }
        Ok(())
    }

    /// An array object, in C order.
    pub(crate) fn array(&mut self, kind: DataType) -> Result<Array> {
        let (name, version) = self.start_any()?;
        if name != "Array" && !name.starts_with("Array<") {
            return Err(self.corrupt(format_args!("holds a {name:?} where an array should stand")));
        }
        let ndim = self.count(4)?;
        if version < 3 {
            self.take(ndim * 4)?;
        }
        let mut shape = Vec::with_capacity(ndim);
        for _ in 0..ndim {
            shape.push(self.u32()? as usize);
        }
        shape.reverse();
        let count = self.u32()? as usize;
        let product = shape.iter().try_fold(1usize, |all, axis| all.checked_mul(*axis));
        let product = if ndim == 0 { Some(0) } else { product };
        if product != Some(count) {
            return Err(self.corrupt("an array whose shape and length differ"));
        }
        if ndim == 0 {
            shape.push(0);
        }
        let array = self.array_values(kind, &shape, count)?;
        self.end()?;
        Ok(array)
    }

    /// The values of an array whose shape (C order) is known.
    pub(crate) fn array_values(
        &mut self,
        kind: DataType,
        shape: &[usize],
        count: usize,
    ) -> Result<Array> {
        Ok(match kind {
            DataType::Bool => Array::Bool(self.typed(shape, count)?),
            DataType::UChar => Array::UChar(self.typed(shape, count)?),
            DataType::Short => Array::Short(self.typed(shape, count)?),
            DataType::UShort => Array::UShort(self.typed(shape, count)?),
            DataType::Int => Array::Int(self.typed(shape, count)?),
            DataType::UInt => Array::UInt(self.typed(shape, count)?),
            DataType::Int64 => Array::Int64(self.typed(shape, count)?),
            DataType::Float => Array::Float(self.typed(shape, count)?),
            DataType::Double => Array::Double(self.typed(shape, count)?),
            DataType::Complex => Array::Complex(self.typed(shape, count)?),
            DataType::DComplex => Array::DComplex(self.typed(shape, count)?),
            DataType::String => Array::String(self.typed(shape, count)?),
            DataType::Record => return Err(self.corrupt("an array of records")),
        })
    }

    fn typed<T: Element>(&mut self, shape: &[usize], count: usize) -> Result<ArrayD<T>> {
        let needed = match T::TYPE {
            DataType::Bool => count.div_ceil(8),
            DataType::String => count.saturating_mul(4),
            other => count.saturating_mul(other.width().unwrap_or(1)),
        };
        if needed > self.remaining() {
            return Err(self.corrupt(format_args!("is cut off: {count} values should follow")));
        }
        let mut values = vec![T::default(); count];
        self.values(T::buffer(&mut values))?;
        ArrayD::from_shape_vec(IxDyn(shape), values).map_err(|error| self.corrupt(error))
    }

    /// A scalar of the given type (not a record or table).
    pub(crate) fn scalar(&mut self, kind: DataType) -> Result<Value> {
        Ok(match kind {
            DataType::Bool => Value::Bool(self.bool()?),
            DataType::UChar => Value::UChar(self.u8()?),
            DataType::Short => Value::Short(self.i16()?),
            DataType::UShort => Value::UShort(self.u16()?),
            DataType::Int => Value::Int(self.i32()?),
            DataType::UInt => Value::UInt(self.u32()?),
            DataType::Int64 => Value::Int64(self.i64()?),
            DataType::Float => Value::Float(self.f32()?),
            DataType::Double => Value::Double(self.f64()?),
            DataType::Complex => Value::Complex(Complex32::new(self.f32()?, self.f32()?)),
            DataType::DComplex => Value::DComplex(Complex64::new(self.f64()?, self.f64()?)),
            DataType::String => Value::String(self.string()?),
            DataType::Record => {
                return Err(self.corrupt("a record where a plain value should stand"));
            }
        })
    }

    /// Passes over a scalar of the given type (not a record or table).
    pub(crate) fn skip_scalar(&mut self, kind: DataType) -> Result<()> {
        match kind {
            DataType::Bool => self.take(1).map(drop),
            DataType::String => self.skip_string().map(drop),
            DataType::Record => Err(self.corrupt("a record where a plain value should stand")),
            other => self.take(other.width().unwrap_or_default()).map(drop),
        }
    }
}
