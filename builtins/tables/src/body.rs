//! What stands behind a table: data files of its own, rows of another table,
//! or several tables one after the other.

use std::sync::Arc;

use crate::buffer::Endian;
use crate::desc::TableDesc;
use crate::error::Result;
use crate::managers::ColumnReader;
use crate::plain::Plain;
use crate::table::{Kind, ManagerInfo, Table};

/// The part of a table that depends on its kind.
pub(crate) trait Body: Send + Sync {
    fn kind(&self) -> Kind;
    fn nrow(&self) -> u64;
    fn endian(&self) -> Endian;
    fn desc(&self) -> &Arc<TableDesc>;

    /// The reader of a column, by its place in the description.
    fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>>;

    /// The storage managers that hold its columns.
    fn managers(&self) -> Vec<ManagerInfo>;

    /// The sub-table of a keyword, where it is not simply the table that the
    /// keyword names.
    fn subtable(&self, _keyword: &str) -> Option<Result<Table>> {
        None
    }

    /// The table itself, where it has data files of its own.
    fn plain(&self) -> Option<&Plain> {
        None
    }

    /// The tables that it is made of. Names in the keywords are relative to
    /// the first.
    fn parts(&self) -> &[Table] {
        &[]
    }
}
