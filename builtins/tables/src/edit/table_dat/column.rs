//! One column of a `table.dat`, as it was read or as it is made.

use crate::data_type::DataType;
use crate::edit::object::Writer;
use crate::value::Record;

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::edit) struct ColumnPart {
    pub(in crate::edit) name: String,
    /// Its description.
    pub(in crate::edit) desc: Vec<u8>,
    /// Where its keywords stand in the description.
    pub(in crate::edit) keywords: std::ops::Range<usize>,
    /// What the column set says before the number of its storage manager.
    pub(super) head: Vec<u8>,
    pub(in crate::edit) seqnr: u32,
    /// And after it: the shape of an array column.
    pub(super) tail: Vec<u8>,
}

impl ColumnPart {
    /// Whether it has or had this name.
    pub(super) fn is(&self, name: &str) -> bool {
        // The head is a version, the name at its making and another version.
        let original = self.head.get(8..self.head.len().saturating_sub(4));
        self.name == name || original == Some(name.as_bytes())
    }

    /// A new column of arrays.
    pub(in crate::edit) fn array(column: &ArrayDesc<'_>) -> Self {
        let mut out = Writer::new();
        out.u32(1);
        out.string(&format!("ArrayColumnDesc<{:8}", type_name(column.data_type)));
        out.u32(1);
        out.string(column.name);
        out.string(column.comment);
        out.string(column.manager_type);
        out.string(column.manager);
        out.i32(column.data_type.code());
        // Option 4: all cells have one shape.
        out.i32(if column.fixed.is_some() { 4 } else { 0 });
        out.i32(i32::try_from(column.axes).unwrap_or(-1));
        out.shape(column.fixed.unwrap_or_default());
        out.u32(0);
        let start = out.len();
        out.record(column.keywords);
        let end = out.len();
        out.u32(1);
        out.bool(false);
        let desc = out.into_bytes();
        let mut head = Writer::new();
        head.u32(2);
        head.string(column.name);
        head.u32(1);
        let mut tail = Writer::new();
        tail.bool(column.fixed.is_some());
        if let Some(fixed) = column.fixed {
            tail.shape(fixed);
        }
        Self {
            name: column.name.into(),
            desc,
            keywords: start..end,
            head: head.into_bytes(),
            seqnr: column.seqnr,
            tail: tail.into_bytes(),
        }
    }
}

/// What the description of a new column of arrays says.
pub(in crate::edit) struct ArrayDesc<'a> {
    pub(in crate::edit) name: &'a str,
    pub(in crate::edit) comment: &'a str,
    pub(in crate::edit) manager_type: &'a str,
    pub(in crate::edit) manager: &'a str,
    pub(in crate::edit) seqnr: u32,
    pub(in crate::edit) data_type: DataType,
    pub(in crate::edit) axes: usize,
    /// The shape in C order, if all cells have it.
    pub(in crate::edit) fixed: Option<&'a [usize]>,
    pub(in crate::edit) keywords: &'a Record,
}

/// casacore's name of a type in descriptions.
fn type_name(kind: DataType) -> &'static str {
    match kind {
        DataType::Bool => "Bool",
        DataType::UChar => "uChar",
        DataType::Short => "Short",
        DataType::UShort => "uShort",
        DataType::Int => "Int",
        DataType::UInt => "uInt",
        DataType::Int64 => "Int64",
        DataType::Float => "float",
        DataType::Double => "double",
        DataType::Complex => "Complex",
        DataType::DComplex => "DComplex",
        DataType::String => "String",
        DataType::Record => "Record",
    }
}
