//! What `table.dat` says: the description of a table, its columns, its
//! keywords, and which storage manager holds which column.
//!
//! Source of the format: `casacore/tables/Tables/{PlainTable,TableDesc,
//! ColDescSet,ColumnDesc,BaseColDesc,ColumnSet,PlainColumn}.cc`.

pub(crate) mod column_desc;
pub(crate) mod column_set;
pub(crate) mod later;
pub(crate) mod record;

pub use column_desc::ColumnDesc;

use self::later::{LaterRecord, Stored};
use crate::aipsio::Reader;
use crate::error::Result;
use crate::value::Record;

/// The description of a table: its columns and keywords.
#[derive(Debug, Clone, Default)]
pub struct TableDesc {
    /// Name of the description; mostly empty.
    pub name: String,
    /// Version text of the description; mostly empty.
    pub version: String,
    /// Comment on the table; mostly empty.
    pub comment: String,
    /// The keywords of the table, sub-tables among them.
    pub keywords: Record,
    /// The columns in table order.
    pub columns: Vec<ColumnDesc>,
    pub(crate) stored: Option<Stored>,
    pub(crate) private: LaterRecord,
}

impl TableDesc {
    /// What storage managers keep for themselves, such as hypercolumns.
    pub fn private(&self) -> Result<&Record> {
        self.private.get(self.stored.as_ref())
    }

    /// Reads the description; `stored` holds the bytes that `reader` reads.
    pub(crate) fn read(reader: &mut Reader<'_>, stored: &Stored) -> Result<Self> {
        let version = reader.start("TableDesc")?;
        let mut desc = Self {
            name: reader.string()?,
            version: reader.string()?,
            comment: reader.string()?,
            keywords: record::read(reader)?,
            stored: Some(stored.clone()),
            ..Self::default()
        };
        if version != 1 {
            desc.private = LaterRecord::pass(reader)?;
        }
        let count = reader.count(16)?;
        desc.columns.reserve_exact(count);
        for _ in 0..count {
            desc.columns.push(ColumnDesc::read(reader, Some(stored))?);
        }
        reader.end()?;
        Ok(desc)
    }
}
