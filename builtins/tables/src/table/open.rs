//! The ways to open a table: all begin with the head of `table.dat`, and
//! differ in how they come to know the rows of a table that is being written.

use std::path::Path;
use std::sync::Arc;

use super::Table;
use super::place::resolve;
use crate::aipsio::Reader;
use crate::body::Body;
use crate::buffer::Endian;
use crate::concatenated::Concatenated;
use crate::desc::later::Stored;
use crate::error::{Error, Result};
use crate::guard::Guard;
use crate::lock;
use crate::plain::Plain;
use crate::reference::Reference;
use crate::storage::{Disk, Folder, Watch};

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
        Self::open_with(folder, 0, |_| Ok(Rows::Told(None)))
    }

    /// Like [`Table::open_in`], for a small table whose columns are read next:
    /// its data files are opened at once, and tell whether a writer is ahead of
    /// `table.dat`. Only where they cannot tell, the lock file is read.
    ///
    /// A writer brings the data files up to date before the lock file: rows
    /// that were there are seen, and maybe some that it was about to tell of.
    pub fn open_by_data(folder: Arc<dyn Folder>) -> Result<Self> {
        Self::open_with(folder, 0, |_| Ok(Rows::OfData))
    }

    /// Opens a table to which `depth` other tables led.
    fn open_at(folder: Arc<dyn Folder>, depth: usize) -> Result<Self> {
        Self::open_with(folder, depth, |folder| lock::rows(folder).map(Rows::Told))
    }

    fn open_with(
        folder: Arc<dyn Folder>,
        depth: usize,
        rows: impl FnOnce(&dyn Folder) -> Result<Rows>,
    ) -> Result<Self> {
        let watch = Arc::new(Watch::new(folder));
        let guard = Guard::new(Arc::clone(&watch));
        let rows = rows(&*watch);
        guard.explain(rows.and_then(|rows| Self::read(watch, guard.clone(), rows, depth)))
    }

    /// Whether the table in a folder has rows, without reading the rest of
    /// its description where it has data files of its own; `None` where there
    /// is no table.
    pub fn has_rows(folder: Arc<dyn Folder>) -> Result<Option<bool>> {
        let file = match folder.open("table.dat") {
            Err(Error::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        let stamp = file.stamp();
        let head = Stored::new(file).and_then(|stored| Head::read(&mut stored.reader(), None));
        match head {
            Ok(head) if head.kind != "PlainTable" => {
                Self::open_in(folder).map(|table| Some(table.nrow() > 0))
            }
            Ok(head) if head.nrow > 0 => Ok(Some(true)),
            Ok(_) => lock::rows(&*folder).map(|told| Some(told.is_some_and(|rows| rows > 0))),
            Err(_) if folder.stamp("table.dat") != stamp => {
                Err(Error::BeingWritten { path: folder.path().into() })
            }
            Err(error) => Err(error),
        }
    }

    fn read(folder: Arc<dyn Folder>, guard: Guard, rows: Rows, depth: usize) -> Result<Self> {
        let stored = Stored::new(folder.open("table.dat")?)?;
        let mut reader = stored.reader();
        let told = if let Rows::Told(told) = rows { told } else { None };
        let Head { version, nrow, endian, kind } = Head::read(&mut reader, told)?;
        let body: Arc<dyn Body> = match kind.as_str() {
            "PlainTable" => {
                let own = Arc::clone(&folder);
                let mut plain = Plain::read(own, &mut reader, &stored, version, endian, nrow)?;
                if rows == Rows::OfData && !plain.follow_data() {
                    let rows = Rows::Told(lock::rows(&*folder)?);
                    return Self::read(folder, guard, rows, depth);
                }
                Arc::new(plain)
            }
            "RefTable" => Arc::new(Reference::read(&*folder, &mut reader, depth)?),
            "ConcatTable" => Arc::new(Concatenated::read(&*folder, &mut reader, depth)?),
            other => {
                return Err(Error::unsupported(folder.path(), format!("a table of kind {other}")));
            }
        };
        Ok(Self { folder, info: Arc::default(), body, guard })
    }
}

/// Where the rows of a table with data files of its own are taken from, as
/// those in `table.dat` may be old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// From the lock file, where it told them.
    Told(Option<u64>),
    /// From the data files.
    OfData,
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
