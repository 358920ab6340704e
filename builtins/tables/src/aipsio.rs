//! AipsIO: casacore's format for nested, versioned objects.
//!
//! An object is a magic number (outermost only), its total length, its type
//! name and its version, followed by its fields. `table.dat`, the headers of
//! all storage managers and the lock file are written in it. In memory it is
//! always big-endian, except where a storage manager says otherwise.
//!
//! Source of the format: `casacore/casa/IO/AipsIO.{h,cc}`, `ArrayIO.tcc`,
//! `IPositionIO.cc`.

use std::ops::Range;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};

use crate::buffer::{BufferMut, Endian};
use crate::data_type::{Complex32, Complex64, DataType, Element};
use crate::error::{Error, Result};
use crate::value::{Array, Value};

/// The number before each outermost object, and the length of an object
/// whose writer did not know it.
pub(crate) const MAGIC: u32 = 0xbebe_bebe;

/// How deep objects may nest; a damaged file must not exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Reads objects from bytes in memory.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
    endian: Endian,
    /// End of each open object, outermost first; `usize::MAX` where unknown.
    open: [usize; MAX_DEPTH],
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader of big-endian bytes; `path` is named in errors.
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Self {
        Self::with_endian(path, bytes, Endian::Big)
    }

    /// A reader of bytes in a given order (headers of some storage managers).
    pub(crate) fn with_endian(path: &'a Path, bytes: &'a [u8], endian: Endian) -> Self {
        Self { path, bytes, at: 0, endian, open: [0; MAX_DEPTH], depth: 0 }
    }

    /// A reader of an object that stands at a place inside another, and so
    /// has no magic number before it.
    pub(crate) fn inside(path: &'a Path, bytes: &'a [u8], place: &Range<usize>) -> Self {
        let bytes = bytes.get(..place.end).unwrap_or_default();
        let at = place.start.min(bytes.len());
        let open = [usize::MAX; MAX_DEPTH];
        Self { path, bytes, at, endian: Endian::Big, open, depth: 1 }
    }

    /// The position in the bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The file that is named in errors.
    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// A "damaged" error at this place.
    pub(crate) fn corrupt(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(self.path, format!("{what} (at byte {})", self.at))
    }

    /// Opens an object of the given type and gives its version.
    pub(crate) fn start(&mut self, kind: &str) -> Result<u32> {
        let (found, version) = self.open()?;
        if found != kind.as_bytes() {
            let found = text(found);
            return Err(self.corrupt(format_args!("holds a {found:?} where a {kind} should stand")));
        }
        Ok(version)
    }

    /// Opens an object of any type and gives its type and version.
    pub(crate) fn start_any(&mut self) -> Result<(String, u32)> {
        let (kind, version) = self.open()?;
        Ok((text(kind), version))
    }

    fn open(&mut self) -> Result<(&'a [u8], u32)> {
        let (kind, end) = self.header()?;
        let version = self.u32()?;
        let Some(place) = self.open.get_mut(self.depth) else {
            return Err(self.corrupt("objects are nested too deeply"));
        };
        *place = end;
        self.depth += 1;
        Ok((kind, version))
    }

    fn header(&mut self) -> Result<(&'a [u8], usize)> {
        if self.depth == 0 && self.u32()? != MAGIC {
            return Err(self.corrupt("is not an AipsIO object"));
        }
        let start = self.at;
        let length = self.u32()?;
        let end = if length == MAGIC { usize::MAX } else { start.saturating_add(length as usize) };
        if end != usize::MAX && end > self.bytes.len() {
            return Err(self.corrupt("is cut off: an object is longer than the file"));
        }
        Ok((self.raw_string()?, end))
    }

    fn close(&mut self) -> Option<usize> {
        self.depth = self.depth.checked_sub(1)?;
        self.open.get(self.depth).copied()
    }

    /// Closes the innermost object; all of it must have been read.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.close() {
            Some(end) if end == usize::MAX || end == self.at => Ok(()),
            Some(end) => Err(self.corrupt(format_args!("an object should end at byte {end}"))),
            None => Err(self.corrupt("no object is open")),
        }
    }

    /// Closes the innermost object wherever it was read to.
    pub(crate) fn skip_to_end(&mut self) -> Result<()> {
        match self.close() {
            Some(end) if end != usize::MAX && end >= self.at => {
                self.at = end;
                Ok(())
            }
            _ => Err(self.corrupt("an object of unknown length cannot be skipped")),
        }
    }

    /// Passes over an object that stands inside another; `false` where its
    /// length is unknown, so that it has to be read.
    pub(crate) fn skip_object(&mut self) -> Result<bool> {
        let start = self.at;
        let (_, end) = self.header()?;
        let known = self.depth > 0 && end != usize::MAX && end >= self.at;
        self.at = if known { end } else { start };
        Ok(known)
    }

    /// The next bytes.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..length)) {
            Some(bytes) => {
                self.at += length;
                Ok(bytes)
            }
            None => Err(self.cut_off(length)),
        }
    }

    #[cold]
    #[inline(never)]
    fn cut_off(&self, length: usize) -> Error {
        self.corrupt(format_args!("is cut off: {length} more bytes should follow"))
    }

    #[inline]
    fn number<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some(bytes) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) else {
            return Err(self.cut_off(N));
        };
        self.at += N;
        let mut bytes = *bytes;
        if self.endian == Endian::Little {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// A boolean: one bit in a byte of its own.
    pub(crate) fn bool(&mut self) -> Result<bool> {
        Ok(self.take(1)?[0] & 1 != 0)
    }

    /// An unsigned byte.
    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A signed 16-bit number.
    pub(crate) fn i16(&mut self) -> Result<i16> {
        self.number().map(i16::from_be_bytes)
    }

    /// An unsigned 16-bit number.
    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.number().map(u16::from_be_bytes)
    }

    /// A signed 32-bit number.
    #[inline]
    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.number().map(i32::from_be_bytes)
    }

    /// An unsigned 32-bit number.
    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.number().map(u32::from_be_bytes)
    }

    /// A signed 64-bit number.
    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.number().map(i64::from_be_bytes)
    }

    /// An unsigned 64-bit number.
    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.number().map(u64::from_be_bytes)
    }

    /// A 32-bit float.
    pub(crate) fn f32(&mut self) -> Result<f32> {
        self.number().map(f32::from_be_bytes)
    }

    /// A 64-bit float.
    pub(crate) fn f64(&mut self) -> Result<f64> {
        self.number().map(f64::from_be_bytes)
    }

    /// Text: its length in bytes, then its bytes. Bytes that are not UTF-8
    /// become replacement characters.
    pub(crate) fn string(&mut self) -> Result<String> {
        self.raw_string().map(text)
    }

    /// Passes over a text and tells where its bytes are.
    pub(crate) fn skip_string(&mut self) -> Result<Range<usize>> {
        let length = self.raw_string()?.len();
        Ok(self.at - length..self.at)
    }

    /// The bytes of a text.
    pub(crate) fn raw_string(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    /// A count that stands before `width` bytes for each item; refused when
    /// the rest of the bytes cannot hold so many.
    pub(crate) fn count(&mut self, width: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count.saturating_mul(width) > self.remaining() {
            return Err(self.corrupt(format_args!("is cut off: {count} items should follow")));
        }
        Ok(count)
    }

    /// A shape in storage order (first axis fastest), as `IPosition` holds it.
    pub(crate) fn position_shape(&mut self) -> Result<Vec<i64>> {
        let version = self.start("IPosition")?;
        let wide = version == 2;
        let count = self.count(if wide { 8 } else { 4 })?;
        let mut axes = Vec::with_capacity(count);
        for _ in 0..count {
            axes.push(if wide { self.i64()? } else { i64::from(self.i32()?) });
        }
        self.end()?;
        Ok(axes)
    }

    /// The same in C order (last axis fastest); negative lengths become 0.
    pub(crate) fn shape(&mut self) -> Result<Vec<usize>> {
        let version = self.start("IPosition")?;
        let wide = version == 2;
        let count = self.count(if wide { 8 } else { 4 })?;
        let mut axes = vec![0; count];
        for axis in axes.iter_mut().rev() {
            let length = if wide { self.i64()? } else { i64::from(self.i32()?) };
            *axis = usize::try_from(length).unwrap_or(0);
        }
        self.end()?;
        Ok(axes)
    }

    /// A block of unsigned 32-bit numbers.
    pub(crate) fn block_u32(&mut self) -> Result<Vec<u32>> {
        self.start("Block")?;
        let count = self.count(4)?;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            numbers.push(self.u32()?);
        }
        self.end()?;
        Ok(numbers)
    }

    /// A block of unsigned 64-bit numbers.
    pub(crate) fn block_u64(&mut self) -> Result<Vec<u64>> {
        self.start("Block")?;
        let count = self.count(8)?;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            numbers.push(self.u64()?);
        }
        self.end()?;
        Ok(numbers)
    }

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
}

/// Bytes of a file as text; bytes that are not UTF-8 become replacement characters.
pub(crate) fn text(bytes: &[u8]) -> String {
    // Nearly all texts are UTF-8, and the check alone is several times faster.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
