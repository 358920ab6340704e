//! The second half of `table.dat`: the storage managers, which columns each
//! holds, and the few bytes that each keeps there.

use crate::aipsio::{Reader, text};
use crate::error::Result;

use super::{ColumnDesc, TableDesc};

/// How the data files are laid out in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageOption {
    /// A file for each storage manager.
    SeparateFiles,
    /// All in `table.mf`.
    MultiFile,
    /// All in `table.mfh5`, an HDF5 file.
    MultiHdf5,
}

/// The storage managers of a table and their columns.
#[derive(Debug, Clone)]
pub(crate) struct ColumnSet {
    pub(crate) storage: StorageOption,
    pub(crate) managers: Vec<ManagerRef>,
    /// For each column of the description, in its order.
    pub(crate) columns: Vec<ColumnRef>,
}

/// One storage manager.
#[derive(Debug, Clone)]
pub(crate) struct ManagerRef {
    /// Its type, such as `StandardStMan`.
    pub(crate) kind: String,
    /// The N of its files `table.fN…`.
    pub(crate) seqnr: u32,
    /// What it keeps in `table.dat`: AipsIO, always big-endian.
    pub(crate) blob: Vec<u8>,
}

/// Where a column is stored.
#[derive(Debug, Clone)]
pub(crate) struct ColumnRef {
    /// The name at its creation, where the column has another one now.
    pub(crate) original_name: Option<String>,
    /// Its storage manager.
    pub(crate) seqnr: u32,
    /// The shape given when the table was made, in C order.
    pub(crate) shape: Option<Vec<usize>>,
}

impl ColumnSet {
    pub(crate) fn read(reader: &mut Reader<'_>, desc: &TableDesc) -> Result<Self> {
        let first = reader.i32()?;
        let version = if first < 0 { first.saturating_neg() } else { 1 };
        match version {
            1 => {}
            2 => {
                reader.u32()?;
            }
            _ => {
                reader.u64()?;
            }
        }
        let storage = if version >= 3 {
            let option = reader.i32()?;
            reader.i32()?;
            match option {
                0 => StorageOption::MultiFile,
                1 => StorageOption::MultiHdf5,
                _ => StorageOption::SeparateFiles,
            }
        } else {
            StorageOption::SeparateFiles
        };
        // The number that the next new storage manager will get.
        reader.u32()?;
        let count = reader.count(8)?;
        let mut managers = Vec::with_capacity(count);
        for _ in 0..count {
            let kind = reader.string()?;
            managers.push(ManagerRef { kind, seqnr: reader.u32()?, blob: Vec::new() });
        }
        let mut columns = Vec::with_capacity(desc.columns.len());
        if version == 1 {
            let mut order: Vec<usize> = (0..desc.columns.len()).collect();
            order.sort_by(|a, b| desc.columns[*a].name.cmp(&desc.columns[*b].name));
            let mut sorted = Vec::with_capacity(order.len());
            for at in order {
                sorted.push((at, ColumnRef::read(reader, &desc.columns[at])?));
            }
            sorted.sort_by_key(|(at, _)| *at);
            columns.extend(sorted.into_iter().map(|(_, column)| column));
        } else {
            for column in &desc.columns {
                columns.push(ColumnRef::read(reader, column)?);
            }
        }
        for manager in &mut managers {
            let length = reader.count(1)?;
            manager.blob = reader.take(length)?.to_vec();
        }
        Ok(Self { storage, managers, columns })
    }
}

impl ColumnRef {
    fn read(reader: &mut Reader<'_>, desc: &ColumnDesc) -> Result<Self> {
        if reader.u32()? == 1 {
            // Very old tables keep the keywords of the column here.
            super::record::read(reader)?;
        }
        let name = reader.raw_string()?;
        let original_name = (name != desc.name.as_bytes()).then(|| text(name));
        reader.u32()?;
        let seqnr = reader.u32()?;
        let shape = if !desc.scalar && reader.bool()? { Some(reader.shape()?) } else { None };
        Ok(Self { original_name, seqnr, shape })
    }
}
