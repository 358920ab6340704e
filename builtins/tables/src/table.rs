//! A table: what it holds, and the way to its columns and sub-tables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::column::Column;
use crate::desc::{ColumnDesc, TableDesc};
use crate::error::{Error, Result};
use crate::info::TableInfo;
use crate::plain::Plain;
use crate::storage::{Disk, Folder};
use crate::value::{Record, Value};

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
    info: TableInfo,
    body: Arc<Plain>,
}

impl Table {
    /// Opens the table in this folder.
    ///
    /// Takes no lock and reads only `table.dat`, `table.lock` and `table.info`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_in(Arc::new(Disk::new(path.as_ref())))
    }

    /// Opens a table wherever its files are.
    pub fn open_in(folder: Arc<dyn Folder>) -> Result<Self> {
        let file = folder.open("table.dat")?;
        let bytes = file.all()?;
        let mut reader = Reader::new(file.path(), &bytes);
        let version = reader.start("Table")?;
        let nrow = if version > 2 { reader.u64()? } else { u64::from(reader.u32()?) };
        let endian = if reader.u32()? == 0 { Endian::Big } else { Endian::Little };
        let kind = reader.string()?;
        let body = match kind.as_str() {
            "PlainTable" => Plain::read(Arc::clone(&folder), &mut reader, version, endian, nrow)?,
            other => {
                return Err(Error::unsupported(folder.path(), format!("a table of kind {other}")));
            }
        };
        let info = TableInfo::read(&*folder);
        Ok(Self { folder, info, body: Arc::new(body) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How it holds its rows.
    pub fn kind(&self) -> Kind {
        Kind::Plain
    }

    /// How many rows it has.
    pub fn nrow(&self) -> u64 {
        self.body.nrow
    }

    /// Byte order of its data files.
    pub fn endian(&self) -> Endian {
        self.body.endian
    }

    /// What `table.info` says.
    pub fn info(&self) -> &TableInfo {
        &self.info
    }

    /// Its description.
    pub fn desc(&self) -> &TableDesc {
        &self.body.desc
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
        let reader = self.body.reader(at)?;
        Ok(Column::new(Arc::clone(&self.body.desc), at, self.nrow(), reader))
    }

    /// Its storage managers, in the order of `table.dat`.
    pub fn managers(&self) -> Vec<ManagerInfo> {
        let plain = &self.body;
        (0..plain.set.managers.len())
            .map(|at| {
                let open = plain.manager(at).ok();
                ManagerInfo {
                    kind: plain.set.managers[at].kind.clone(),
                    name: open.as_ref().map(|open| open.name().to_string()).unwrap_or_default(),
                    seqnr: plain.set.managers[at].seqnr,
                    columns: plain
                        .bound(at)
                        .into_iter()
                        .map(|column| plain.desc.columns[column].name.clone())
                        .collect(),
                    settings: open.map(|open| open.settings()).unwrap_or_default(),
                }
            })
            .collect()
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
        Ok(resolve(&*self.folder, name)?.path().to_path_buf())
    }

    /// Opens the sub-table that a keyword refers to.
    pub fn subtable(&self, keyword: &str) -> Result<Self> {
        match self.keywords().get(keyword) {
            Some(Value::Table(name)) => Self::open_in(resolve(&*self.folder, name)?),
            _ => Err(Error::NotFound {
                path: self.path().into(),
                what: format!("has no sub-table {keyword}"),
            }),
        }
    }
}

/// The folder that a stored table name means: `./` marks a name relative to
/// the parent of this table, `././` one relative to this table itself.
///
/// Source: `casacore/casa/OS/Path.cc` (`addDirectory`, `stripDirectory`).
pub(crate) fn resolve(folder: &dyn Folder, name: &str) -> Result<Arc<dyn Folder>> {
    if let Some(inside) = name.strip_prefix("././") {
        folder.folder(inside)
    } else if let Some(beside) = name.strip_prefix("./") {
        folder.folder(&format!("../{beside}"))
    } else {
        folder.folder(name)
    }
}
