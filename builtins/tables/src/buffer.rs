//! Where the values of a column go: a typed slice of the caller.
//!
//! Storage managers know the type of a column only when they run, callers
//! know it when they are compiled. This enum joins the two without a copy.

use num_complex::{Complex32, Complex64};

use crate::data_type::DataType;
use crate::value::Record;

/// Byte order of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Most significant byte first; `table.dat` is always so.
    Big,
    /// Least significant byte first.
    Little,
}

impl Endian {
    /// The order of this machine.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// The bytes of a number in this order.
    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }

    /// The bytes of a number in this order.
    pub(crate) fn u64(self, number: u64) -> [u8; 8] {
        match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        }
    }
}

/// A typed slice to be filled.
#[derive(Debug)]
pub enum BufferMut<'a> {
    /// Booleans.
    Bool(&'a mut [bool]),
    /// Unsigned bytes.
    UChar(&'a mut [u8]),
    /// Signed, 16 bits.
    Short(&'a mut [i16]),
    /// Unsigned, 16 bits.
    UShort(&'a mut [u16]),
    /// Signed, 32 bits.
    Int(&'a mut [i32]),
    /// Unsigned, 32 bits.
    UInt(&'a mut [u32]),
    /// Signed, 64 bits.
    Int64(&'a mut [i64]),
    /// 32-bit floats.
    Float(&'a mut [f32]),
    /// 64-bit floats.
    Double(&'a mut [f64]),
    /// Complex values of 32-bit floats.
    Complex(&'a mut [Complex32]),
    /// Complex values of 64-bit floats.
    DComplex(&'a mut [Complex64]),
    /// Texts.
    String(&'a mut [String]),
    /// Records.
    Record(&'a mut [Record]),
}

macro_rules! each {
    ($buffer:expr, $values:ident => $body:expr) => {
        match $buffer {
            BufferMut::Bool($values) => $body,
            BufferMut::UChar($values) => $body,
            BufferMut::Short($values) => $body,
            BufferMut::UShort($values) => $body,
            BufferMut::Int($values) => $body,
            BufferMut::UInt($values) => $body,
            BufferMut::Int64($values) => $body,
            BufferMut::Float($values) => $body,
            BufferMut::Double($values) => $body,
            BufferMut::Complex($values) => $body,
            BufferMut::DComplex($values) => $body,
            BufferMut::String($values) => $body,
            BufferMut::Record($values) => $body,
        }
    };
}

macro_rules! map {
    ($buffer:expr, $values:ident => $body:expr) => {
        match $buffer {
            BufferMut::Bool($values) => BufferMut::Bool($body),
            BufferMut::UChar($values) => BufferMut::UChar($body),
            BufferMut::Short($values) => BufferMut::Short($body),
            BufferMut::UShort($values) => BufferMut::UShort($body),
            BufferMut::Int($values) => BufferMut::Int($body),
            BufferMut::UInt($values) => BufferMut::UInt($body),
            BufferMut::Int64($values) => BufferMut::Int64($body),
            BufferMut::Float($values) => BufferMut::Float($body),
            BufferMut::Double($values) => BufferMut::Double($body),
            BufferMut::Complex($values) => BufferMut::Complex($body),
            BufferMut::DComplex($values) => BufferMut::DComplex($body),
            BufferMut::String($values) => BufferMut::String($body),
            BufferMut::Record($values) => BufferMut::Record($body),
        }
    };
}

impl BufferMut<'_> {
    /// How many values it holds.
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of its values.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Bool,
            Self::UChar(_) => DataType::UChar,
            Self::Short(_) => DataType::Short,
            Self::UShort(_) => DataType::UShort,
            Self::Int(_) => DataType::Int,
            Self::UInt(_) => DataType::UInt,
            Self::Int64(_) => DataType::Int64,
            Self::Float(_) => DataType::Float,
            Self::Double(_) => DataType::Double,
            Self::Complex(_) => DataType::Complex,
            Self::DComplex(_) => DataType::DComplex,
            Self::String(_) => DataType::String,
            Self::Record(_) => DataType::Record,
        }
    }

    /// The values `range` as a buffer of their own, while `self` stays usable.
    ///
    /// # Panics
    /// When the range is beyond the end, like slicing.
    pub fn slice(&mut self, range: std::ops::Range<usize>) -> BufferMut<'_> {
        map!(self, values => &mut values[range])
    }

    /// The bytes in memory, for types of fixed width; `None` for booleans,
    /// texts and records, which are not stored byte by byte.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        Some(match self {
            Self::UChar(values) => values,
            Self::Short(values) => bytemuck::cast_slice_mut(values),
            Self::UShort(values) => bytemuck::cast_slice_mut(values),
            Self::Int(values) => bytemuck::cast_slice_mut(values),
            Self::UInt(values) => bytemuck::cast_slice_mut(values),
            Self::Int64(values) => bytemuck::cast_slice_mut(values),
            Self::Float(values) => bytemuck::cast_slice_mut(values),
            Self::Double(values) => bytemuck::cast_slice_mut(values),
            Self::Complex(values) => bytemuck::cast_slice_mut(values),
            Self::DComplex(values) => bytemuck::cast_slice_mut(values),
            Self::Bool(_) | Self::String(_) | Self::Record(_) => return None,
        })
    }

    /// Copies the cell of `cell` values at one place to a later place.
    pub(crate) fn copy_cell(&mut self, from: usize, to: usize, cell: usize) {
        each!(self, values => {
            let (done, rest) = values.split_at_mut(to * cell);
            rest[..cell].clone_from_slice(&done[from * cell..(from + 1) * cell]);
        });
    }

    /// Repeats the first `cell` values until the end.
    pub(crate) fn repeat(&mut self, cell: usize) {
        each!(self, values => repeat(values, cell));
    }

    /// Turns values whose bytes were read from a file of the given order
    /// into values of this machine. Does nothing where the orders agree.
    pub fn to_native(&mut self, file: Endian) {
        if file == Endian::NATIVE {
            return;
        }
        let unit = self.data_type().swap_unit();
        if let Some(bytes) = self.bytes_mut() {
            swap(bytes, unit);
        }
    }
}

/// Repeats the first `cell` values until the end.
fn repeat<T: Clone>(values: &mut [T], cell: usize) {
    if cell == 1 {
        if let Some((first, rest)) = values.split_first_mut() {
            rest.fill(first.clone());
        }
    } else if cell > 0 && cell <= values.len() {
        let (first, rest) = values.split_at_mut(cell);
        for next in rest.chunks_exact_mut(cell) {
            next.clone_from_slice(first);
        }
    }
}

/// Reverses the bytes of each number of `unit` bytes.
pub(crate) fn swap(bytes: &mut [u8], unit: usize) {
    fn by<const N: usize>(bytes: &mut [u8]) {
        for number in bytes.as_chunks_mut::<N>().0 {
            number.reverse();
        }
    }
    match unit {
        2 => by::<2>(bytes),
        4 => by::<4>(bytes),
        8 => by::<8>(bytes),
        _ => {}
    }
}
