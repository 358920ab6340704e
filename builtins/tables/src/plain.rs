//! A table with data files of its own.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::aipsio::Reader;
use crate::body::Body;
use crate::buffer::Endian;
use crate::desc::TableDesc;
use crate::desc::column_set::{ColumnSet, StorageOption};
use crate::desc::later::Stored;
use crate::error::{Error, Result};
use crate::managers::{self, ColumnReader, Manager, Siblings};
use crate::storage::{Folder, MultiFile};
use crate::table::{Kind, ManagerInfo};

/// Rows that a table may have whatever its files hold: a column that never
/// changes takes no room for them.
const ALWAYS: u64 = 1 << 32;

/// Beyond these, rows that a byte of the data files may stand for. A damaged
/// count must not keep a reader busy for years.
const ROWS_PER_BYTE: u64 = 1024;

/// Files of tiles that are looked for.
const MOST_TILE_FILES: usize = 256;

/// A table with data files of its own.
pub(crate) struct Plain {
    folder: Arc<dyn Folder>,
    pub(crate) desc: Arc<TableDesc>,
    pub(crate) set: Arc<ColumnSet>,
    pub(crate) endian: Endian,
    pub(crate) nrow: u64,
    /// How a manager finds the other columns.
    siblings: Siblings,
    /// One for each of `set.managers`, opened when a column of it is asked for.
    open: Vec<OnceLock<Result<Arc<dyn Manager>>>>,
}

impl Plain {
    /// Reads the rest of `table.dat` after its head (rows, byte order, kind).
    pub(crate) fn read(
        folder: Arc<dyn Folder>,
        reader: &mut Reader<'_>,
        stored: &Stored,
        version: u32,
        endian: Endian,
        nrow: u64,
    ) -> Result<Self> {
        let mut desc = TableDesc::read(reader, stored)?;
        if version == 1 {
            for field in crate::desc::record::read(reader)?.fields() {
                desc.keywords.set(field.name.clone(), field.value.clone());
            }
        }
        let set = ColumnSet::read(reader, &desc)?;
        reader.end()?;
        if set.storage == StorageOption::MultiHdf5 {
            return Err(Error::unsupported(folder.path(), "a table inside an HDF5 file"));
        }
        let folder: Arc<dyn Folder> = match set.storage {
            StorageOption::MultiFile => Arc::new(MultiFile::new(folder)),
            _ => folder,
        };
        backed(&*folder, &set, nrow)?;
        let open = set.managers.iter().map(|_| OnceLock::new()).collect();
        let (desc, set) = (Arc::new(desc), Arc::new(set));
        let siblings = Siblings {
            folder: Arc::clone(&folder),
            desc: Arc::clone(&desc),
            set: Arc::clone(&set),
            endian,
            nrow,
        };
        Ok(Self { folder, desc, set, endian, nrow, siblings, open })
    }

    /// The open storage manager at a place of `set.managers`.
    pub(crate) fn manager(&self, at: usize) -> Result<Arc<dyn Manager>> {
        self.open[at].get_or_init(|| self.open_manager(at)).clone()
    }

    /// Takes over the rows that the data files have, if they have more than
    /// `table.dat` told; `false` where they do not tell, or have fewer.
    pub(crate) fn follow_data(&mut self) -> bool {
        let tells = |kind: &str| matches!(kind, "StandardStMan" | "IncrementalStMan");
        let Some(at) = self.set.managers.iter().position(|manager| tells(&manager.kind)) else {
            return false;
        };
        let Ok(mut manager) = self.open_manager(at) else { return false };
        let Some(rows) = manager.rows() else { return false };
        if rows < self.nrow || rows > ALWAYS {
            return false;
        }
        if rows > self.nrow {
            // Nobody else has it yet.
            let Some(open) = Arc::get_mut(&mut manager) else { return false };
            open.set_rows(rows);
            (self.nrow, self.siblings.nrow) = (rows, rows);
        }
        self.open[at] = OnceLock::from(Ok(manager));
        true
    }

    /// The columns of a storage manager, by their places in the description.
    pub(crate) fn bound(&self, manager: usize) -> impl Iterator<Item = usize> {
        self.siblings.bound(self.set.managers[manager].seqnr)
    }

    fn open_manager(&self, at: usize) -> Result<Arc<dyn Manager>> {
        managers::open(&self.siblings.context(at))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Fails where the data files are far too small for the rows.
fn backed(folder: &dyn Folder, set: &ColumnSet, nrow: u64) -> Result<()> {
    if nrow <= ALWAYS {
        return Ok(());
    }
    let length = |name: String| {
        let file = folder.has(&name).then(|| folder.open(&name));
        file.and_then(Result::ok).map_or(0, |file| file.len())
    };
    let tiles = (0..MOST_TILE_FILES).map(|at| format!("_TSM{at}"));
    let endings: Vec<String> = ["", "i"].map(String::from).into_iter().chain(tiles).collect();
    let bytes = set.managers.iter().fold(0u64, |bytes, manager| {
        let seqnr = manager.seqnr;
        let lengths = endings.iter().map(|ending| length(format!("table.f{seqnr}{ending}")));
        lengths.fold(bytes, u64::saturating_add)
    });
    if nrow / ROWS_PER_BYTE <= bytes {
        return Ok(());
    }
    let what = format!("says it has {nrow} rows, but all its data files have {bytes} bytes");
    Err(Error::corrupt(folder.path(), what))
}

impl Body for Plain {
    fn kind(&self) -> Kind {
        Kind::Plain
    }

    fn plain(&self) -> Option<&Plain> {
        Some(self)
    }

    fn nrow(&self) -> u64 {
        self.nrow
    }

    fn endian(&self) -> Endian {
        self.endian
    }

    fn desc(&self) -> &Arc<TableDesc> {
        &self.desc
    }

    fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>> {
        let seqnr = self.set.columns[column].seqnr;
        let Some(manager) = self.set.managers.iter().position(|manager| manager.seqnr == seqnr)
        else {
            return Err(Error::corrupt(
                self.path(),
                format!("column {} has no storage manager", self.desc.columns[column].name),
            ));
        };
        let Some(index) = self.bound(manager).position(|at| at == column) else {
            return Err(Error::corrupt(self.path(), "a column is bound to no storage manager"));
        };
        self.manager(manager)?.column(index)
    }

    fn managers(&self) -> Vec<ManagerInfo> {
        (0..self.set.managers.len())
            .map(|at| {
                let open = self.manager(at).ok();
                ManagerInfo {
                    kind: self.set.managers[at].kind.clone(),
                    name: open.as_ref().map(|open| open.name().to_string()).unwrap_or_default(),
                    seqnr: self.set.managers[at].seqnr,
                    columns: self
                        .bound(at)
                        .map(|column| self.desc.columns[column].name.clone())
                        .collect(),
                    settings: open.map(|open| open.settings()).unwrap_or_default(),
                }
            })
            .collect()
    }
}
