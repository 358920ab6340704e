//! A table: what it holds, and the way to its columns and sub-tables.

mod open;
mod place;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::body::Body;
use crate::buffer::Endian;
use crate::column::Column;
use crate::concatenated::Concatenated;
use crate::desc::{ColumnDesc, TableDesc};
use crate::error::{Error, Result};
use crate::guard::Guard;
use crate::info::TableInfo;
use crate::lock::{self, LockState};
use crate::managers::ColumnReader;
use crate::plain::Plain;
use crate::storage::Folder;
use crate::value::{Record, Value};

pub(crate) use open::open_referred;
use place::resolve;

/// How a table holds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In data files of its own.
    Plain,
    /// As numbers of rows of another table.
    Reference,
    /// As the rows of several tables, one after the other.
    Concatenated,
}

/// A storage manager of a table, as `table.dat` tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagerInfo {
    /// Its type, such as `StandardStMan`.
    pub kind: String,
    /// Its name; empty where it cannot be opened.
    pub name: String,
    /// The N of its files `table.fN…`.
    pub seqnr: u32,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its settings, with casacore's names; empty where it cannot be opened.
    pub settings: Record,
}

/// An open table. Cheap to clone; may be shared between threads.
#[derive(Clone)]
pub struct Table {
    folder: Arc<dyn Folder>,
    /// Read when it is asked for, which is seldom.
    info: Arc<OnceLock<TableInfo>>,
    body: Arc<dyn Body>,
    guard: Guard,
}

impl Table {
    /// Several tables of one description as one, in the place of the first.
    pub(crate) fn concatenation(parts: Vec<Self>) -> Result<Self> {
        let Some(first) = parts.first().cloned() else {
            return Err(Error::NotFound { path: PathBuf::new(), what: "no tables given".into() });
        };
        let body = Concatenated::of(first.path(), parts, Vec::new())?;
        Ok(Self { body: Arc::new(body), ..first })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How many tables with files of their own it is made of.
    pub(crate) fn made_of(&self) -> usize {
        let parts = self.body.parts().iter().map(Self::made_of);
        parts.fold(0, usize::saturating_add).max(1)
    }

    /// Its files, wherever they are.
    pub fn folder(&self) -> &Arc<dyn Folder> {
        &self.folder
    }

    /// How it holds its rows.
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// The reader of a column, by its place in the description.
    pub(crate) fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>> {
        let reader = self.guard.explain(self.body.reader(column))?;
        Ok(self.guard.reader(reader))
    }

    /// Fails with [`Error::BeingWritten`] when a file of this table has
    /// changed since it was opened: what was read may then be of two states.
    ///
    /// Compared are length, time of change and identity of `table.dat`,
    /// `table.lock` and the other files opened so far, also of the tables
    /// that this one is made of, in the folder that was opened, whatever
    /// stands at its path now. When it succeeds after reading,
    /// all that was read was on disk at one time, with two exceptions: a file
    /// that was written and not lengthened within the same tick of the file
    /// system's clock (some milliseconds) in which it was opened, and writes
    /// through a memory mapping, whose time of change comes late.
    pub fn verify(&self) -> Result<()> {
        self.guard.verify(self.path())?;
        self.body.parts().iter().try_for_each(Self::verify)
    }

    /// Whether another process uses this table, or one that it is made of;
    /// the strongest use counts. Takes no lock and waits for none.
    ///
    /// Tables that are not in a folder of the file system are free. Locks of
    /// this process itself do not show, and must not be held on this file as
    /// traditional record locks: the system drops those as soon as any
    /// descriptor of the file is closed, as this call does.
    pub fn lock_state(&self) -> Result<LockState> {
        let mut strongest = match self.folder.on_disk() {
            Some(path) => lock::state(path)?,
            None => LockState::default(),
        };
        for part in self.body.parts() {
            let state = part.lock_state()?;
            if state.usage > strongest.usage {
                strongest = state;
            }
        }
        Ok(strongest)
    }

    /// The table itself, where it has data files of its own.
    pub(crate) fn plain(&self) -> Option<&Plain> {
        self.body.plain()
    }

    /// How many rows it has.
    pub fn nrow(&self) -> u64 {
        self.body.nrow()
    }

    /// Byte order of its data files.
    pub fn endian(&self) -> Endian {
        self.body.endian()
    }

    /// What `table.info` says.
    pub fn info(&self) -> &TableInfo {
        self.info.get_or_init(|| TableInfo::read(&*self.folder))
    }

    /// Its description.
    pub fn desc(&self) -> &TableDesc {
        self.body.desc()
    }

    /// Its keywords.
    pub fn keywords(&self) -> &Record {
        &self.desc().keywords
    }

    /// Its columns in table order.
    pub fn columns(&self) -> &[ColumnDesc] {
        &self.desc().columns
    }

    /// Whether it has a column of that name.
    pub fn has_column(&self, name: &str) -> bool {
        self.columns().iter().any(|column| column.name == name)
    }

    /// A column. Only now its storage manager is opened.
    pub fn column(&self, name: &str) -> Result<Column> {
        let Some(at) = self.columns().iter().position(|column| column.name == name) else {
            return Err(Error::NoColumn {
                path: self.path().into(),
                column: name.into(),
                available: self.columns().iter().map(|column| column.name.clone()).collect(),
            });
        };
        let reader = self.reader(at)?;
        Ok(Column::new(Arc::clone(self.body.desc()), at, self.nrow(), reader))
    }

    /// Its storage managers, in the order of `table.dat`.
    pub fn managers(&self) -> Vec<ManagerInfo> {
        self.body.managers()
    }

    /// The names of the keywords that refer to sub-tables, in their order.
    pub fn subtables(&self) -> Vec<&str> {
        self.keywords()
            .iter()
            .filter(|(_, value)| matches!(value, Value::Table(_)))
            .map(|(name, _)| name)
            .collect()
    }

    /// Where a table is that a keyword of this table or of its columns
    /// refers to by this name.
    pub fn referred(&self, name: &str) -> Result<PathBuf> {
        Ok(resolve(self.home(), name)?.path().to_path_buf())
    }

    /// Opens the sub-table that a keyword refers to.
    pub fn subtable(&self, keyword: &str) -> Result<Self> {
        self.subtable_with(keyword, Self::open_in)
    }

    /// The same for a small table whose columns are read next: as
    /// [`Table::open_by_data`].
    pub fn subtable_by_data(&self, keyword: &str) -> Result<Self> {
        self.subtable_with(keyword, Self::open_by_data)
    }

    fn subtable_with(
        &self,
        keyword: &str,
        open: impl FnOnce(Arc<dyn Folder>) -> Result<Self>,
    ) -> Result<Self> {
        if let Some(table) = self.body.subtable(keyword) {
            return table;
        }
        match self.keywords().get(keyword) {
            Some(Value::Table(name)) => open(resolve(self.home(), name)?),
            _ => Err(Error::NotFound {
                path: self.path().into(),
                what: format!("has no sub-table {keyword}"),
            }),
        }
    }

    /// The folder that names in the keywords are relative to.
    fn home(&self) -> &dyn Folder {
        match self.body.parts().first() {
            Some(part) => part.home(),
            None => &*self.folder,
        }
    }
}
