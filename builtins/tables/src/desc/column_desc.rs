//! The description of one column.

use std::ops::Range;

use crate::aipsio::{self, Reader};
use crate::data_type::DataType;
use crate::error::Result;
use crate::value::Record;

use super::record;

/// Bits of the option word.
const DIRECT: i32 = 1;
const FIXED_SHAPE: i32 = 4;

/// The description of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDesc {
    /// Its name.
    pub name: String,
    /// What it holds, in words.
    pub comment: String,
    /// The type of its values.
    pub data_type: DataType,
    /// One value in each row, and not an array.
    pub scalar: bool,
    /// Number of axes of its arrays: 0 for scalars, -1 for any.
    pub ndim: i32,
    /// The fixed shape in C order, where the description gives one.
    pub shape: Option<Vec<usize>>,
    /// Longest text in bytes; 0 for any length.
    pub max_length: u32,
    /// The keywords of the column, such as its units and reference frame.
    pub keywords: Record,
    /// The option word as it is stored: 1 direct, 2 undefined allowed, 4 fixed shape.
    pub option: i32,
    /// Type of storage manager the description asks for.
    pub manager_type: String,
    /// Name of the storage manager the description asks for.
    pub manager_group: String,
}

impl ColumnDesc {
    /// The arrays stand in the file of the table and not in a file of their own.
    pub fn is_direct(&self) -> bool {
        self.option & DIRECT != 0
    }

    /// All arrays have one shape.
    pub fn is_fixed_shape(&self) -> bool {
        self.option & FIXED_SHAPE != 0
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Self::read_located(reader).map(|(desc, _)| desc)
    }

    /// The description, and where its keywords stand among the bytes.
    pub(crate) fn read_located(reader: &mut Reader<'_>) -> Result<(Self, Range<usize>)> {
        reader.u32()?;
        let class = reader.raw_string()?;
        reader.u32()?;
        let name = reader.string()?;
        let comment = reader.string()?;
        let manager_type = reader.string()?;
        let manager_group = reader.string()?;
        let code = reader.i32()?;
        let Some((data_type, false)) = DataType::from_code(code) else {
            return Err(reader.corrupt(format_args!("column {name} has the unknown type {code}")));
        };
        let option = reader.i32()?;
        let ndim = reader.i32()?;
        let scalar = class.starts_with(b"Scalar");
        if !scalar && !class.starts_with(b"Array") {
            let class = aipsio::text(class);
            return Err(
                reader.corrupt(format_args!("column {name} is of the unknown class {class}"))
            );
        }
        let shape = if scalar { Vec::new() } else { reader.position_shape()? };
        let max_length = reader.u32()?;
        let start = reader.position();
        let keywords = record::read(reader)?;
        let located = start..reader.position();
        reader.u32()?;
        if !scalar {
            reader.bool()?;
        } else if data_type != DataType::Record {
            // The default value of the column; readers have no use for it.
            reader.scalar(data_type)?;
        }
        let shape = c_order(&shape);
        let desc = Self {
            name,
            comment,
            data_type,
            scalar,
            ndim: if scalar { 0 } else { ndim },
            shape: (!shape.is_empty()).then_some(shape),
            max_length,
            keywords,
            option,
            manager_type,
            manager_group,
        };
        Ok((desc, located))
    }
}

/// A shape of storage order in C order; negative lengths become 0.
pub(crate) fn c_order(storage: &[i64]) -> Vec<usize> {
    storage.iter().rev().map(|axis| usize::try_from(*axis).unwrap_or(0)).collect()
}
