//! The types of values in a casacore table, and the Rust types that hold them.

use std::fmt;

pub use num_complex::{Complex32, Complex64};

use crate::buffer::BufferMut;
use crate::value::Record;

/// The type of the values of a column or keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// One byte in memory, one bit or one byte on disk.
    Bool,
    /// Unsigned, 8 bits.
    UChar,
    /// Signed, 16 bits.
    Short,
    /// Unsigned, 16 bits.
    UShort,
    /// Signed, 32 bits.
    Int,
    /// Unsigned, 32 bits.
    UInt,
    /// Signed, 64 bits.
    Int64,
    /// 32 bits.
    Float,
    /// 64 bits.
    Double,
    /// Two floats.
    Complex,
    /// Two doubles.
    DComplex,
    /// Text of any length.
    String,
    /// Named values.
    Record,
}

impl DataType {
    /// The scalar type behind casacore's number for a scalar or array type
    /// (`casacore/casa/Utilities/DataType.h`), and whether it is an array.
    pub(crate) fn from_code(code: i32) -> Option<(Self, bool)> {
        let array = matches!(code, 13..=24 | 30);
        let scalar = match code {
            0 | 13 => Self::Bool,
            2 | 15 => Self::UChar,
            3 | 16 => Self::Short,
            4 | 17 => Self::UShort,
            5 | 18 => Self::Int,
            6 | 19 => Self::UInt,
            7 | 20 => Self::Float,
            8 | 21 => Self::Double,
            9 | 22 => Self::Complex,
            10 | 23 => Self::DComplex,
            11 | 24 => Self::String,
            25 => Self::Record,
            29 | 30 => Self::Int64,
            _ => return None,
        };
        Some((scalar, array))
    }

    /// Casacore's number of the scalar type.
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Bool => 0,
            Self::UChar => 2,
            Self::Short => 3,
            Self::UShort => 4,
            Self::Int => 5,
            Self::UInt => 6,
            Self::Float => 7,
            Self::Double => 8,
            Self::Complex => 9,
            Self::DComplex => 10,
            Self::String => 11,
            Self::Record => 25,
            Self::Int64 => 29,
        }
    }

    /// Casacore's number of an array of this type.
    pub(crate) fn array_code(self) -> i32 {
        match self {
            Self::Int64 => 30,
            other => other.code() + 13,
        }
    }

    /// Bytes of one value as the data files hold it; `None` for texts,
    /// records, and for booleans, which most managers pack into bits.
    pub fn width(self) -> Option<usize> {
        Some(match self {
            Self::UChar => 1,
            Self::Short | Self::UShort => 2,
            Self::Int | Self::UInt | Self::Float => 4,
            Self::Int64 | Self::Double | Self::Complex => 8,
            Self::DComplex => 16,
            Self::Bool | Self::String | Self::Record => return None,
        })
    }

    /// Bytes of the number that is swapped for the other byte order: half of
    /// a complex value, 1 where nothing is swapped.
    pub(crate) fn swap_unit(self) -> usize {
        match self {
            Self::Complex => 4,
            Self::DComplex => 8,
            other => other.width().unwrap_or(1),
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "boolean",
            Self::UChar => "uchar",
            Self::Short => "short",
            Self::UShort => "ushort",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Int64 => "int64",
            Self::Float => "float",
            Self::Double => "double",
            Self::Complex => "complex",
            Self::DComplex => "dcomplex",
            Self::String => "string",
            Self::Record => "record",
        })
    }
}

/// A Rust type that holds the values of one [`DataType`].
pub trait Element: Clone + Default + Send + Sync + 'static {
    /// The type of column it reads.
    const TYPE: DataType;
    /// The slice as a buffer that any column of this type can fill.
    fn buffer(values: &mut [Self]) -> BufferMut<'_>;

    /// Memory for so many values; nothing when there is not enough. Numbers
    /// come from memory that the system has zeroed and nobody has touched, so
    /// that a large read writes each page once.
    fn many(count: usize) -> Option<Vec<Self>> {
        let mut values = Vec::new();
        values.try_reserve_exact(count).ok()?;
        values.resize_with(count, Self::default);
        Some(values)
    }
}

macro_rules! elements {
    ($($rust:ty => $kind:ident $(, $zeroed:ident)?;)*) => {
        $(impl Element for $rust {
            const TYPE: DataType = DataType::$kind;
            fn buffer(values: &mut [Self]) -> BufferMut<'_> {
                BufferMut::$kind(values)
            }
            $(fn many(count: usize) -> Option<Vec<Self>> {
                crate::memory::$zeroed(count)
            })?
        })*
    };
}

elements!(
    bool => Bool, zeroed;
    u8 => UChar, zeroed;
    i16 => Short, zeroed;
    u16 => UShort, zeroed;
    i32 => Int, zeroed;
    u32 => UInt, zeroed;
    i64 => Int64, zeroed;
    f32 => Float, zeroed;
    f64 => Double, zeroed;
    Complex32 => Complex, zeroed;
    Complex64 => DComplex, zeroed;
    String => String;
    Record => Record;
);
