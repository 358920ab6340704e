//! A table with data files of its own.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::desc::TableDesc;
use crate::desc::column_set::{ColumnSet, StorageOption};
use crate::error::{Error, Result};
use crate::managers::{self, BoundColumn, ColumnReader, Context, Manager};
use crate::storage::Folder;

/// A table with data files of its own.
pub(crate) struct Plain {
    folder: Arc<dyn Folder>,
    pub(crate) desc: Arc<TableDesc>,
    pub(crate) set: ColumnSet,
    pub(crate) endian: Endian,
    pub(crate) nrow: u64,
    /// One for each of `set.managers`, opened when a column of it is asked for.
    open: Vec<OnceLock<Result<Arc<dyn Manager>>>>,
}

impl Plain {
    /// Reads the rest of `table.dat` after its head (rows, byte order, kind).
    pub(crate) fn read(
        folder: Arc<dyn Folder>,
        reader: &mut Reader<'_>,
        version: u32,
        endian: Endian,
        nrow: u64,
    ) -> Result<Self> {
        let mut desc = TableDesc::read(reader)?;
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
        let open = set.managers.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { folder, desc: Arc::new(desc), set, endian, nrow, open })
    }

    /// The reader of a column, by its place in the description.
    pub(crate) fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>> {
        let seqnr = self.set.columns[column].seqnr;
        let Some(manager) = self.set.managers.iter().position(|manager| manager.seqnr == seqnr) else {
            return Err(Error::corrupt(
                self.path(),
                format!("column {} has no storage manager", self.desc.columns[column].name),
            ));
        };
        let bound = self.bound(manager);
        let Some(index) = bound.iter().position(|at| *at == column) else {
            return Err(Error::corrupt(self.path(), "a column is bound to no storage manager"));
        };
        self.manager(manager)?.column(index)
    }

    /// The open storage manager at a place of `set.managers`.
    pub(crate) fn manager(&self, at: usize) -> Result<Arc<dyn Manager>> {
        self.open[at].get_or_init(|| self.open_manager(at)).clone()
    }

    /// The columns of a storage manager, by their places in the description.
    pub(crate) fn bound(&self, manager: usize) -> Vec<usize> {
        let seqnr = self.set.managers[manager].seqnr;
        (0..self.set.columns.len()).filter(|at| self.set.columns[*at].seqnr == seqnr).collect()
    }

    fn open_manager(&self, at: usize) -> Result<Arc<dyn Manager>> {
        let manager = &self.set.managers[at];
        let columns = self
            .bound(at)
            .into_iter()
            .map(|column| {
                let desc = &self.desc.columns[column];
                let made = &self.set.columns[column];
                let shape = made.shape.as_deref().or(desc.shape.as_deref());
                BoundColumn { desc, original_name: &made.original_name, shape }
            })
            .collect();
        managers::open(&Context {
            folder: &self.folder,
            kind: &manager.kind,
            seqnr: manager.seqnr,
            blob: &manager.blob,
            endian: self.endian,
            nrow: self.nrow,
            columns,
        })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}
