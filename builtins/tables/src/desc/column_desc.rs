//! The description of one column.

use std::borrow::Cow;
use std::ops::Range;

use super::later::{LaterRecord, Stored};
use crate::aipsio::{self, Reader};
use crate::data_type::DataType;
use crate::error::Result;
use crate::value::Record;

/// Bits of the option word.
const DIRECT: i32 = 1;
const FIXED_SHAPE: i32 = 4;

/// The description of one column.
#[derive(Debug, Clone)]
pub struct ColumnDesc {
    /// Its name.
    pub name: String,
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
    /// The option word as it is stored: 1 direct, 2 undefined allowed, 4 fixed shape.
    pub option: i32,
    pub(crate) later: Later,
}

/// What is taken from the bytes of the file when it is asked for.
#[derive(Clone, Default)]
pub(crate) struct Later {
    stored: Option<Stored>,
    comment: Range<usize>,
    manager_type: Range<usize>,
    manager_group: Range<usize>,
    keywords: LaterRecord,
}

impl Later {
    fn text(&self, place: &Range<usize>) -> Cow<'_, str> {
        let bytes = self.stored.as_ref().and_then(|stored| stored.bytes().get(place.clone()));
        String::from_utf8_lossy(bytes.unwrap_or_default())
    }
}

impl std::fmt::Debug for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Later")
            .field("comment", &self.text(&self.comment))
            .field("keywords", &self.keywords.get(self.stored.as_ref()))
            .finish_non_exhaustive()
    }
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

    /// What it holds, in words; mostly short, and often empty.
    pub fn comment(&self) -> Cow<'_, str> {
        self.later.text(&self.later.comment)
    }

    /// The keywords of the column, such as its units and reference frame.
    /// They are read at the first call, which fails where they are damaged.
    pub fn keywords(&self) -> Result<&Record> {
        self.later.keywords.get(self.later.stored.as_ref())
    }

    /// Where the keywords stand among the bytes of `table.dat`.
    pub(crate) fn place_of_keywords(&self) -> &Range<usize> {
        self.later.keywords.place()
    }

    /// Type of storage manager the description asks for.
    pub fn manager_type(&self) -> Cow<'_, str> {
        self.later.text(&self.later.manager_type)
    }

    /// Name of the storage manager the description asks for.
    pub fn manager_group(&self) -> Cow<'_, str> {
        self.later.text(&self.later.manager_group)
    }

    /// Reads the description of a column. Without `stored`, which holds the
    /// bytes that `reader` reads, texts and keywords are not told later.
    pub(crate) fn read(reader: &mut Reader<'_>, stored: Option<&Stored>) -> Result<Self> {
        reader.u32()?;
        let class = reader.raw_string()?;
        reader.u32()?;
        let name = reader.string()?;
        let comment = reader.skip_string()?;
        let manager_type = reader.skip_string()?;
        let manager_group = reader.skip_string()?;
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
        let shape = if scalar { Vec::new() } else { reader.shape()? };
        let max_length = reader.u32()?;
        let keywords = LaterRecord::pass(reader)?;
        reader.u32()?;
        if !scalar {
            reader.bool()?;
        } else if data_type != DataType::Record {
            // The default value of the column; readers have no use for it.
            reader.skip_scalar(data_type)?;
        }
        let stored = stored.cloned();
        Ok(Self {
            name,
            data_type,
            scalar,
            ndim: if scalar { 0 } else { ndim },
            shape: (!shape.is_empty()).then_some(shape),
            max_length,
            option,
            later: Later { stored, comment, manager_type, manager_group, keywords },
        })
    }
}
