//! The editor: takes the lock, collects edits and commits them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::cells::Cells;
use super::files::{DAT, Folder};
use super::kept::Kept;
use super::lock::EditLock;
use super::pending::{Pending, View};
use super::table_dat::TableDat;
use super::{Changes, NewColumn};
use crate::error::{Error, Result};
use crate::table::{Kind, Table};
use crate::value::{Record, Value};

/// Edits one table, which stays locked for other writers until it is dropped.
///
/// Edits are collected and nothing is visible before [`Editor::commit`];
/// dropping the editor instead forgets them. Each edit is checked when it is
/// asked for: what the table or one of its storage managers does not allow
/// fails at once and leaves the edits asked for before as they were.
pub struct Editor {
    table: Table,
    dat: TableDat,
    pending: Pending,
    folder: Folder,
    lock: EditLock,
}

/// New values for the cells of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// 0, `false` or empty text in every value that a cell has; shapes stay,
    /// and so do cells without a value.
    Zero,
    /// The same in all rows but those for which this says `true`.
    ZeroBut(Vec<bool>),
}

impl Editor {
    /// Opens a table for editing.
    ///
    /// Takes casacore's write lock and waits for it, and for other processes
    /// that have the table open, no longer than the given time; fails with
    /// [`Error::Locked`] after it. What an interrupted edit left behind is
    /// removed. A table without a lock file gets one. Fails with
    /// [`Error::Refused`] on tables that cannot be edited: reference and
    /// concatenated tables, tables in one file, read-only file systems,
    /// folders that may not be written.
    pub fn open(path: impl AsRef<Path>, wait: Duration) -> Result<Self> {
        let path = path.as_ref();
        // Before the lock: a table that cannot be edited is not waited for.
        let (_, _) = Self::read(path)?;
        let folder = Folder::open(path)?;
        let lock = EditLock::acquire(path, folder.mode(), wait)?;
        let (table, dat) = Self::read(path)?;
        folder.clean(&dat.seqnrs())?;
        Ok(Self { table, dat, pending: Pending::default(), folder, lock })
    }

    fn read(path: &Path) -> Result<(Table, TableDat)> {
        let table = Table::open(path)?;
        let refused = |what: &str| Error::Refused { path: path.into(), what: what.into() };
        match table.kind() {
            Kind::Plain => {}
            Kind::Reference => {
                return Err(refused("refers to rows of another table; edit that one"));
            }
            Kind::Concatenated => return Err(refused("is made of other tables; edit those")),
        }
        let file = path.join(DAT);
        let bytes = std::fs::read(&file).map_err(|error| Error::io(&file, error))?;
        let dat = TableDat::read(&file, &bytes)?;
        if !dat.has_separate_files() {
            return Err(refused("keeps all columns in one file, which cannot be edited"));
        }
        if dat.columns.len() != table.columns().len() {
            return Err(Error::BeingWritten { path: path.into() });
        }
        Ok((table, dat))
    }

    /// The table as it is before the edits.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Removes columns. The others of their storage managers keep their
    /// values; a manager without columns goes with its files.
    pub fn remove_columns(&mut self, names: &[&str]) -> Result<()> {
        self.edit(|view, pending| {
            for name in names {
                let at = view.column(name)?;
                pending.removed.insert(at);
                pending.zero.remove(&at);
                pending.cells.remove(&at);
            }
            Ok(())
        })
    }

    /// Adds a column of arrays with a storage manager of its own. When the
    /// description fixes the shape of the cells, so does the new one.
    pub fn add_column(&mut self, column: NewColumn) -> Result<()> {
        self.edit(|view, pending| {
            view.check_new(&column)?;
            pending.added.push(column);
            Ok(())
        })
    }

    /// Gives the cells of a column new values.
    pub fn replace_values(&mut self, column: &str, values: Fill) -> Result<()> {
        self.edit(|view, pending| {
            let at = view.column(column)?;
            let kept = match values {
                Fill::Zero => Kept::default(),
                Fill::ZeroBut(rows) => Kept::new(rows),
            };
            pending.cells.entry(at).or_default().retain(|row, _| kept.has(*row));
            if pending.cells.get(&at).is_some_and(BTreeMap::is_empty) {
                pending.cells.remove(&at);
            }
            pending.zero.insert(at, kept);
            Ok(())
        })
    }

    /// Gives some cells of a column new values of its type.
    pub fn set_cells(
        &mut self,
        column: &str,
        cells: impl IntoIterator<Item = (u64, Value)>,
    ) -> Result<()> {
        self.edit(|view, pending| {
            let at = view.column(column)?;
            let (desc, fixed) = (&view.table.columns()[at], view.fixed(at));
            let mut made = Vec::new();
            for (row, value) in cells {
                let rows = view.table.nrow();
                if row >= rows {
                    let what = format!("column {column}: row {row} of {rows}");
                    return Err(Error::Range { what });
                }
                let cell = Cells::of(desc, fixed.as_ref(), &value, view.table.endian())?;
                made.push((row, Some(cell)));
            }
            if !made.is_empty() {
                pending.set += made.len() as u64;
                pending.cells.entry(at).or_default().extend(made);
            }
            Ok(())
        })
    }

    /// Appends rows, each a record of column names and values. Columns that a
    /// record does not name get zeros or empty text, arrays of any shape no value.
    pub fn append_rows(&mut self, rows: &[Record]) -> Result<()> {
        self.edit(|view, pending| {
            if !pending.added.is_empty() {
                return Err(view.refused("rows and columns cannot be added in one edit"));
            }
            let endian = view.table.endian();
            for row in rows {
                let number = view.table.nrow() + pending.rows;
                row.iter().try_for_each(|(name, _)| view.column(name).map(drop))?;
                for (at, desc) in view.table.columns().iter().enumerate() {
                    if pending.removed.contains(&at) {
                        continue;
                    }
                    let fixed = view.fixed(at);
                    let cell = match row.get(&desc.name) {
                        Some(value) => Some(Cells::of(desc, fixed.as_ref(), value, endian)?),
                        None if desc.scalar => Some(Cells::zero(desc.data_type, Vec::new(), 1)),
                        None => fixed.map(|shape| Cells::zero(desc.data_type, shape, 1)),
                    };
                    pending.cells.entry(at).or_default().insert(number, cell);
                }
                pending.rows += 1;
            }
            Ok(())
        })
    }

    /// Sets a keyword of the table or of a column, also of a new one.
    pub fn set_keyword(&mut self, column: Option<&str>, name: &str, value: Value) -> Result<()> {
        self.edit(|view, pending| {
            if let Some(column) = column
                && !pending.added.iter().any(|added| added.name == column)
            {
                view.column(column)?;
            }
            pending.keywords.push((column.map(Into::into), name.into(), value));
            Ok(())
        })
    }

    /// Makes all edits visible at once, and tells what was changed.
    ///
    /// When it fails the table is as it was before. What an edit needs beside
    /// the old files is looked at before anything is written.
    pub fn commit(mut self) -> Result<Changes> {
        let view = View { table: &self.table, dat: &self.dat, pending: &self.pending };
        view.commit(&mut self.folder, &self.lock)
    }

    /// Takes up an edit if all edits together can be made.
    fn edit(&mut self, edit: impl FnOnce(&View<'_>, &mut Pending) -> Result<()>) -> Result<()> {
        let mut pending = self.pending.clone();
        edit(&View { table: &self.table, dat: &self.dat, pending: &self.pending }, &mut pending)?;
        View { table: &self.table, dat: &self.dat, pending: &pending }.jobs()?;
        self.pending = pending;
        Ok(())
    }
}
