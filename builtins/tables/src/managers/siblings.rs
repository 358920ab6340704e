//! The other columns of a table, for managers that need them: the row of a
//! compressed column is often found only by its antennas or its time.
//!
//! They are opened anew when asked for and not taken from the open table, so
//! that a manager does not keep its own table alive.

use std::sync::Arc;

use super::{BoundColumn, ColumnReader, Context};
use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::desc::TableDesc;
use crate::desc::column_set::ColumnSet;
use crate::error::{Error, Result};
use crate::storage::Folder;

/// The columns of a table, none of them open yet.
#[derive(Clone)]
pub(crate) struct Siblings {
    pub(crate) folder: Arc<dyn Folder>,
    pub(crate) desc: Arc<TableDesc>,
    pub(crate) set: Arc<ColumnSet>,
    pub(crate) endian: Endian,
    pub(crate) nrow: u64,
}

impl Siblings {
    /// What the storage manager at a place of the column set is opened with.
    pub(crate) fn context(&self, manager: usize) -> Context<'_> {
        let manager = &self.set.managers[manager];
        let mut columns = Vec::with_capacity(self.set.columns.len());
        columns.extend(self.bound(manager.seqnr).map(|column| self.column(column)));
        Context {
            folder: &self.folder,
            kind: &manager.kind,
            seqnr: manager.seqnr,
            blob: &manager.blob,
            endian: self.endian,
            nrow: self.nrow,
            columns,
            siblings: self,
        }
    }

    /// The column at a place in the description, as its manager sees it.
    pub(crate) fn column(&self, at: usize) -> BoundColumn<'_> {
        let desc = &self.desc.columns[at];
        let made = &self.set.columns[at];
        let shape = made.shape.as_deref().or(desc.shape.as_deref());
        let original_name = made.original_name.as_deref().unwrap_or(&desc.name);
        BoundColumn { desc, original_name, shape }
    }

    /// The columns of a storage manager, by their places in the description.
    pub(crate) fn bound(&self, seqnr: u32) -> impl Iterator<Item = usize> {
        (0..self.set.columns.len()).filter(move |at| self.set.columns[*at].seqnr == seqnr)
    }

    /// Opens a scalar column of the given type.
    ///
    /// Call this when rows are read and not when a manager is opened: a
    /// damaged table may name a column of the very same manager.
    pub(crate) fn scalar(&self, name: &str, kind: DataType) -> Result<Arc<dyn ColumnReader>> {
        let missing = |what: String| Error::corrupt(self.folder.path(), what);
        let column = self.desc.columns.iter().position(|column| column.name == name);
        let Some(column) = column else {
            return Err(missing(format!("has no column {name}, which a compressed column needs")));
        };
        let desc = &self.desc.columns[column];
        if !desc.scalar || desc.data_type != kind {
            return Err(missing(format!("column {name} should hold one {kind} in each row")));
        }
        let seqnr = self.set.columns[column].seqnr;
        let manager = self.set.managers.iter().position(|manager| manager.seqnr == seqnr);
        let index = self.bound(seqnr).position(|at| at == column);
        let (Some(manager), Some(index)) = (manager, index) else {
            return Err(missing(format!("column {name} has no storage manager")));
        };
        super::open(&self.context(manager))?.column(index)
    }

    /// Opens scalar columns of whole numbers, to be read together.
    pub(crate) fn ints<const N: usize>(&self, names: [&str; N]) -> Result<IntColumns<N>> {
        let mut readers = Vec::with_capacity(N);
        for name in names {
            readers.push(self.scalar(name, DataType::Int)?);
        }
        Ok(IntColumns { readers })
    }
}

/// Scalar columns of whole numbers.
pub(crate) struct IntColumns<const N: usize> {
    readers: Vec<Arc<dyn ColumnReader>>,
}

impl<const N: usize> IntColumns<N> {
    /// The values of the rows, one list for each column.
    pub(crate) fn read(&self, rows: std::ops::Range<u64>, into: &mut [Vec<i32>; N]) -> Result<()> {
        let count = usize::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(usize::MAX);
        for (reader, values) in self.readers.iter().zip(into) {
            values.resize(count, 0);
            reader.read(rows.clone(), BufferMut::Int(values))?;
        }
        Ok(())
    }
}
