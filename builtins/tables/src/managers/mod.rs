//! Storage managers: each knows one way of laying columns out in files.
//!
//! A manager is opened with what `table.dat` says about it and gives one
//! reader for each of its columns. Readers answer with whole cells or parts
//! of cells of consecutive rows, into a buffer of the caller; everything above
//! (types, chunks, threads, reference tables) is built on that.

mod aipsio;
mod antenna_pair;
mod array_file;
mod bits;
mod buckets;
mod dysco;
mod incremental;
mod indirect;
mod row_file;
mod siblings;
mod sisco;
mod standard;
mod stokes_i;
mod stripes;
mod tiled;
mod uvw;
mod window;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::desc::ColumnDesc;
use crate::error::{Error, Result};
use crate::part::Part;
use crate::storage::{Folder, Source};
use crate::value::Record;

pub(crate) use siblings::Siblings;
pub(crate) use stripes::{Spot, Stripes};

/// A shape in C order (last axis fastest); no axes for a scalar.
pub type Shape = Vec<usize>;

/// What a storage manager is opened with.
pub(crate) struct Context<'a> {
    /// The folder of the table.
    pub(crate) folder: &'a Arc<dyn Folder>,
    /// Its type, such as `StandardStMan`.
    pub(crate) kind: &'a str,
    /// The N of its files `table.fN…`.
    pub(crate) seqnr: u32,
    /// What it keeps in `table.dat`; AipsIO, always big-endian.
    pub(crate) blob: &'a [u8],
    /// Byte order of its data files.
    pub(crate) endian: Endian,
    /// Rows of the table.
    pub(crate) nrow: u64,
    /// Its columns, in the order in which they were added to it.
    pub(crate) columns: Vec<BoundColumn<'a>>,
    /// The other columns of the table, for managers that need them.
    pub(crate) siblings: &'a Siblings,
}

/// A column as its storage manager sees it.
#[derive(Clone)]
pub(crate) struct BoundColumn<'a> {
    pub(crate) desc: &'a ColumnDesc,
    /// The name at its creation, by which some managers know it.
    pub(crate) original_name: &'a str,
    /// The fixed shape in C order, from the description or from the making
    /// of the table.
    pub(crate) shape: Option<&'a [usize]>,
}

impl Context<'_> {
    /// The name of one of its files: `table.fN` and a suffix.
    pub(crate) fn file_name(&self, suffix: &str) -> String {
        format!("table.f{}{suffix}", self.seqnr)
    }

    /// Opens one of its files.
    pub(crate) fn open(&self, suffix: &str) -> Result<Arc<dyn Source>> {
        self.folder.open(&self.file_name(suffix))
    }

    /// The path of the table's folder, for messages.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// An open storage manager.
pub(crate) trait Manager: Send + Sync {
    /// The reader of one of its columns, by the place in [`Context::columns`].
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>>;

    /// Its name, where its files tell one (two managers of a type may differ in it).
    fn name(&self) -> &str;

    /// How many rows its files have, where they tell it.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Takes over other rows of the table than those that it was opened with,
    /// before a column of it is asked for. For managers that tell theirs.
    fn set_rows(&mut self, _rows: u64) {}

    /// Where the values of a column stand, by the suffix of their file;
    /// `None` where they have no fixed places or where zeroing these does not
    /// make the values zero.
    fn stripes(&self, _index: usize) -> Option<Vec<(String, Stripes)>> {
        None
    }

    /// Where the values of one cell stand, for columns that have
    /// [`Manager::stripes`]; `None` where the row has no value yet.
    fn spots(&self, _index: usize, _row: u64) -> Result<Option<Vec<Spot>>> {
        Ok(None)
    }

    /// Its settings, with casacore's names (bucket sizes, hypercubes, bit counts).
    fn settings(&self) -> Record {
        Record::new()
    }
}

/// Reads the cells of one column.
///
/// Rows are those of the table and are checked by the caller against the
/// number of rows before a call. Shapes are in C order.
pub(crate) trait ColumnReader: Send + Sync {
    /// The shape of a cell; `None` where it has no value. Scalars have the
    /// empty shape; a record cell that was never written has none.
    fn shape(&self, row: u64) -> Result<Option<Shape>>;

    /// The shape of the first of the rows, and how many rows from there have
    /// the same (at least one, at most `rows`). Managers that know their
    /// shapes by blocks answer without looking at each row.
    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let shape = self.shape(rows.start)?;
        let mut same = 1;
        while rows.start + same < rows.end && self.shape(rows.start + same)? == shape {
            same += 1;
        }
        Ok((shape, same))
    }

    /// Reads the whole cells of rows of one shape (as [`ColumnReader::run`]
    /// told) into a buffer of exactly that many values and of this type.
    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()>;

    /// Reads a part of each cell of rows of one shape. The default reads
    /// whole cells row by row and cuts; tiled managers do better.
    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        crate::part::read_by_cutting(self, rows, part, out)
    }

    /// How many rows from this row on are best read by one call: those of a
    /// bucket or a row of tiles. Threads divide the work at these places.
    fn grain(&self, row: u64) -> u64;
}

/// Opens a storage manager.
pub(crate) fn open(context: &Context<'_>) -> Result<Arc<dyn Manager>> {
    match context.kind {
        "StandardStMan" => Ok(Arc::new(standard::Standard::open(context)?)),
        "IncrementalStMan" => Ok(Arc::new(incremental::Incremental::open(context)?)),
        "StManAipsIO" => Ok(Arc::new(aipsio::Objects::open(context)?)),
        "AntennaPairStMan" => antenna_pair::AntennaPairs::open(context),
        "SiscoStMan" => sisco::Sisco::open(context),
        "StokesIStMan" => stokes_i::StokesI::open(context),
        "UvwStMan" => uvw::Uvws::open(context),
        "TiledColumnStMan" | "TiledShapeStMan" | "TiledCellStMan" | "TiledDataStMan" => {
            Ok(Arc::new(tiled::Tiled::open(context)?))
        }
        "DyscoStMan" => Ok(Arc::new(dysco::Dysco::open(context)?)),
        other => Err(Error::unsupported(
            context.path(),
            format!(
                "columns {} are stored by {other}, which this version cannot read",
                context
                    .columns
                    .iter()
                    .map(|column| column.desc.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        )),
    }
}

/// Fails when a buffer is of another type than the column, which is a fault
/// of this crate and not of the file.
pub(crate) fn check_type(column: &str, kind: DataType, out: &BufferMut<'_>) -> Result<()> {
    if out.data_type() == kind {
        return Ok(());
    }
    Err(Error::Type { column: column.into(), expected: out.data_type(), found: kind })
}
