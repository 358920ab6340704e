//! What `table.dat` says: the description of a table, its columns, its
//! keywords, and which storage manager holds which column.
//!
//! Source of the format: `casacore/tables/Tables/{PlainTable,TableDesc,
//! ColDescSet,ColumnDesc,BaseColDesc,ColumnSet,PlainColumn}.cc`.

pub(crate) mod column_desc;
pub(crate) mod column_set;
pub(crate) mod record;

pub use column_desc::ColumnDesc;

use crate::aipsio::Reader;
use crate::error::Result;
use crate::value::Record;

/// The description of a table: its columns and keywords.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableDesc {
    /// Name of the description; mostly empty.
    pub name: String,
    /// Version text of the description; mostly empty.
    pub version: String,
    /// Comment on the table; mostly empty.
    pub comment: String,
    /// The keywords of the table, sub-tables among them.
    pub keywords: Record,
    /// What storage managers keep for themselves, such as hypercolumns.
    pub private: Record,
    /// The columns in table order.
    pub columns: Vec<ColumnDesc>,
}

impl TableDesc {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let version = reader.start("TableDesc")?;
        let mut desc = Self {
            name: reader.string()?,
            version: reader.string()?,
            comment: reader.string()?,
            keywords: record::read(reader)?,
            ..Self::default()
        };
        if version != 1 {
            desc.private = record::read(reader)?;
        }
        let count = reader.count(16)?;
        for _ in 0..count {
            desc.columns.push(ColumnDesc::read(reader)?);
        }
        reader.end()?;
        Ok(desc)
    }
}
