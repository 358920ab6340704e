//! A table: what it holds, and the way to its columns and sub-tables.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::aipsio::Reader;
use crate::body::Body;
use crate::buffer::Endian;
use crate::column::Column;
use crate::concatenated::Concatenated;
use crate::desc::later::Stored;
use crate::desc::{ColumnDesc, TableDesc};
use crate::error::{Error, Result};
use crate::guard::Guard;
use crate::info::TableInfo;
use crate::lock::{self, LockState};
use crate::managers::ColumnReader;
use crate::plain::Plain;
use crate::reference::Reference;
use crate::storage::{Disk, Folder, Watch};
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
    /// Read when it is asked for, which is seldom.
    info: Arc<OnceLock<TableInfo>>,
    body: Arc<dyn Body>,
    guard: Guard,
}

impl Table {
    /// Opens the table in this folder.
    ///
    /// Takes no lock and reads only `table.dat` and `table.lock`; files of
    /// columns are opened with the first of their columns. Files of up to
    /// 64 KiB are read then, whole, and closed, so that what is written into
    /// them later does not show; larger ones stay open and are read as they
    /// are at each call.
    /// Nothing stops another process from writing meanwhile: reading that
    /// fails for this reason fails with [`Error::BeingWritten`], and
    /// [`Table::verify`] tells whether what was read is of one state.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_in(Arc::new(Disk::new(path.as_ref())))
    }

    /// Opens a table wherever its files are.
    pub fn open_in(folder: Arc<dyn Folder>) -> Result<Self> {
        Self::open_at(folder, 0)
    }

    /// Opens a table by its `table.dat` alone, without the lock file: while
    /// another process adds rows, only those that were there earlier are
    /// seen. For who looks into many tables for what never changes.
    pub fn open_settled(folder: Arc<dyn Folder>) -> Result<Self> {
        Self::open_with(folder, 0, |_| Ok(None))
    }

    /// Opens a table to which `depth` other tables led.
    fn open_at(folder: Arc<dyn Folder>, depth: usize) -> Result<Self> {
        Self::open_with(folder, depth, lock::rows)
    }

    fn open_with(
        folder: Arc<dyn Folder>,
        depth: usize,
        rows: impl FnOnce(&dyn Folder) -> Result<Option<u64>>,
    ) -> Result<Self> {
        let watch = Arc::new(Watch::new(folder));
        let guard = Guard::new(Arc::clone(&watch));
        let told = rows(&*watch);
        guard.explain(told.and_then(|told| Self::read(watch, guard.clone(), told, depth)))
    }

    /// The rows of the table in a folder, without reading the rest of its
    /// description where it has data files of its own; `None` where there is
    /// no table.
    pub fn count_rows(folder: Arc<dyn Folder>) -> Result<Option<u64>> {
        let watch = Arc::new(Watch::new(Arc::clone(&folder)));
        let counted = || {
            let told = lock::rows(&*watch)?;
            let file = watch.open("table.dat")?;
            let head = Head::read(&mut Stored::new(file)?.reader(), told)?;
            Ok((head.kind == "PlainTable").then_some(head.nrow))
        };
        let counted = counted();
        if matches!(counted, Err(Error::NotFound { .. })) && !folder.has("table.dat") {
            return Ok(None);
        }
        match Guard::new(Arc::clone(&watch)).explain(counted)? {
            Some(rows) => Ok(Some(rows)),
            None => Self::open_in(folder).map(|table| Some(table.nrow())),
        }
    }

    fn read(
        folder: Arc<dyn Folder>,
        guard: Guard,
        told: Option<u64>,
        depth: usize,
    ) -> Result<Self> {
        let stored = Stored::new(folder.open("table.dat")?)?;
        let mut reader = stored.reader();
        let Head { version, nrow, endian, kind } = Head::read(&mut reader, told)?;
        let body: Arc<dyn Body> = match kind.as_str() {
            "PlainTable" => {
                let folder = Arc::clone(&folder);
                Arc::new(Plain::read(folder, &mut reader, &stored, version, endian, nrow)?)
            }
            "RefTable" => Arc::new(Reference::read(&*folder, &mut reader, depth)?),
            "ConcatTable" => Arc::new(Concatenated::read(&*folder, &mut reader, depth)?),
            other => {
                return Err(Error::unsupported(folder.path(), format!("a table of kind {other}")));
            }
        };
        Ok(Self { folder, info: Arc::default(), body, guard })
    }

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
        if let Some(table) = self.body.subtable(keyword) {
            return table;
        }
        match self.keywords().get(keyword) {
            Some(Value::Table(name)) => Self::open_in(resolve(self.home(), name)?),
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

/// The head of `table.dat`.
struct Head {
    version: u32,
    nrow: u64,
    endian: Endian,
    kind: String,
}

impl Head {
    /// Opens the outermost object and reads its first fields. `told` is the
    /// number of rows in the lock file, which counts for tables with data
    /// files of their own: a writer renews it first and `table.dat` later.
    fn read(reader: &mut Reader<'_>, told: Option<u64>) -> Result<Self> {
        let version = reader.start("Table")?;
        let stored = if version > 2 { reader.u64()? } else { u64::from(reader.u32()?) };
        let endian = if reader.u32()? == 0 { Endian::Big } else { Endian::Little };
        let kind = reader.string()?;
        let nrow = told.filter(|told| *told > 0).unwrap_or(stored);
        Ok(Self { version, nrow, endian, kind })
    }
}

/// How many tables may lead from one to the next; a table must not be made
/// of itself.
const MAX_DEPTH: usize = 16;

/// Opens a table that another one is made of.
pub(crate) fn open_referred(folder: &dyn Folder, name: &str, depth: usize) -> Result<Table> {
    let referred = resolve(folder, name)?;
    if depth >= MAX_DEPTH {
        return Err(Error::corrupt(
            folder.path(),
            "refers to too many tables in a row, or to itself",
        ));
    }
    if !referred.has("table.dat") {
        return Err(Error::NotFound {
            path: folder.path().into(),
            what: format!("is made of the table {}, which is absent", referred.path().display()),
        });
    }
    Table::open_at(referred, depth + 1)
}

/// The folder that a stored table name means: `./` marks a name relative to
/// the parent of this table, `././` one relative to this table itself.
///
/// A name such as `a/b.tab/.` that ends this table's path means the folder
/// around `a`.
///
/// Source: `casacore/casa/OS/Path.cc` (`addDirectory`, `stripDirectory`).
pub(crate) fn resolve(folder: &dyn Folder, name: &str) -> Result<Arc<dyn Folder>> {
    if let Some(inside) = name.strip_prefix("././") {
        folder.folder(inside)
    } else if let Some(levels) = ancestor(folder.path(), name) {
        folder.folder(&vec![".."; levels].join("/"))
    } else if let Some(beside) = name.strip_prefix("./") {
        folder.folder(&format!("../{beside}"))
    } else {
        folder.folder(name)
    }
}

/// How many folders up the table is, where the name says so.
fn ancestor(path: &Path, name: &str) -> Option<usize> {
    let tail = Path::new(name.strip_suffix("/.")?);
    (tail.is_relative() && path.ends_with(tail)).then(|| tail.components().count())
}
