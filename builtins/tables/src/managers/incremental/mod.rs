//! IncrementalStMan: columns whose values seldom change from row to row.
//!
//! `table.fN` begins with a header; buckets follow from byte 512 on, and
//! behind the last one the index that tells at which row each begins. A value
//! is stored only in the row in which it changes, and again at the beginning
//! of each bucket. Arrays that are not direct stand in `table.fNi`.
//!
//! Source: `casacore/tables/DataMan/{ISMBase,ISMIndex}.cc`.

mod bucket;
mod column;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use self::column::{Direct, Place};
use super::array_file::ArrayFile;
use super::buckets::{Buckets, HEADER};
use super::indirect::Indirect;
use super::{BoundColumn, ColumnReader, Context, Manager, Shape};
use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::value::{Record, Value};

/// What all columns of a manager share.
struct Core {
    buckets: Buckets,
    endian: Endian,
    nrow: u64,
    /// The first row of each bucket, and the row after the last.
    starts: Vec<u64>,
    numbers: Vec<u32>,
}

impl Core {
    /// The rows and the number of the bucket that holds a row.
    fn find(&self, row: u64) -> Option<(Range<u64>, u32)> {
        let at = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        Some((*self.starts.get(at)?..*self.starts.get(at + 1)?, *self.numbers.get(at)?))
    }
}

/// An open IncrementalStMan.
pub(super) struct Incremental {
    name: String,
    bucket_size: u32,
    cache: u32,
    core: Arc<Core>,
    path: PathBuf,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: DataType,
    layout: Layout,
}

enum Layout {
    Direct(Shape),
    Indirect(Arc<ArrayFile>),
}

impl Incremental {
    /// Opens the manager: reads its header and its index.
    pub(super) fn open(context: &Context<'_>) -> Result<Self> {
        let (version, name) = blob(context)?;
        let source = context.open("")?;
        let head = source.bytes(0, source.len().min(HEADER))?;
        let mut reader = Reader::with_endian(source.path(), &head, context.endian);
        let header = Header::read(&mut reader, context.endian)?;
        let size = u64::from(header.bucket_size);
        let index = u64::from(header.buckets).saturating_mul(size).saturating_add(HEADER);
        let bytes = source.bytes(index, source.len().saturating_sub(index))?;
        let mut reader = Reader::with_endian(source.path(), &bytes, context.endian);
        let (starts, numbers) = read_index(&mut reader)?;
        let buckets = Buckets::new(Arc::clone(&source), header.bucket_size, header.buckets);
        let core = Core { buckets, endian: context.endian, nrow: context.nrow, starts, numbers };
        Ok(Self {
            name,
            bucket_size: header.bucket_size,
            cache: header.cache,
            core: Arc::new(core),
            path: context.path().join(context.file_name("i")),
            columns: columns(context, version)?,
        })
    }
}

/// What `table.dat` holds: the version of the manager and its name.
fn blob(context: &Context<'_>) -> Result<(u32, String)> {
    let path = context.path().join("table.dat");
    let mut reader = Reader::new(&path, context.blob);
    let version = reader.start("ISM")?;
    let name = reader.string()?;
    reader.end()?;
    Ok((version, name))
}

fn columns(context: &Context<'_>, version: u32) -> Result<Vec<Column>> {
    let file = |suffix: &str| {
        Arc::new(ArrayFile::new(context.folder, context.file_name(suffix), context.endian))
    };
    let shared = file("i");
    let mut indirect = 0;
    let mut columns = Vec::new();
    for column in &context.columns {
        let layout = if is_indirect(column) {
            // Managers before version 3 have a file for each such column.
            let arrays =
                if version < 3 { file(&format!("i{indirect}")) } else { Arc::clone(&shared) };
            indirect += 1;
            Layout::Indirect(arrays)
        } else {
            Layout::Direct(direct_shape(column)?)
        };
        columns.push(Column {
            name: column.desc.name.clone(),
            kind: column.desc.data_type,
            layout,
        });
    }
    Ok(columns)
}

/// Whether the cells of a column are kept in the array file.
pub(super) fn is_indirect(column: &BoundColumn<'_>) -> bool {
    let desc = column.desc;
    if desc.scalar { desc.data_type == DataType::Record } else { !desc.is_direct() }
}

/// The shape of the cells of a scalar or direct column.
pub(super) fn direct_shape(column: &BoundColumn<'_>) -> Result<Shape> {
    if column.desc.scalar {
        return Ok(Shape::new());
    }
    let shape = column.shape.map(<[usize]>::to_vec).filter(|shape| {
        shape.iter().try_fold(16usize, |all, axis| all.checked_mul(*axis)).is_some()
    });
    shape.ok_or_else(|| Error::Shape {
        column: column.desc.name.clone(),
        what: "has no shape, though all its cells have one".into(),
    })
}

/// Cells of less than this are not worth a suspicion.
const HARMLESS: usize = 1 << 20;

/// Bytes that a cell takes at least; memory is only asked for those that a
/// bucket can hold.
fn least_bytes(kind: DataType, shape: &[usize]) -> usize {
    let values = shape.iter().fold(1usize, |all, axis| all.saturating_mul(*axis));
    match kind {
        DataType::Bool => values.div_ceil(8),
        // Each text has its length before it.
        DataType::String => values.saturating_mul(4),
        other => values.saturating_mul(other.width().unwrap_or(1)),
    }
}

impl Manager for Incremental {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        let Some(column) = self.columns.get(index) else {
            return Err(Error::Range { what: format!("column {index} of {}", self.columns.len()) });
        };
        let core = &self.core;
        let rows = core.starts.last().copied().unwrap_or_default();
        if rows < core.nrow {
            return Err(core
                .buckets
                .corrupt(format!("column {} has {rows} rows of {}", column.name, core.nrow)));
        }
        if let Layout::Direct(shape) = &column.layout
            && least_bytes(column.kind, shape) > core.buckets.size().max(HARMLESS)
        {
            let what = format!("column {}: cells of shape {shape:?} fit no bucket", column.name);
            return Err(core.buckets.corrupt(what));
        }
        let place = Place { core: Arc::clone(core), column: index };
        let name = column.name.clone();
        Ok(match &column.layout {
            Layout::Direct(shape) => {
                Arc::new(Direct { place, name, kind: column.kind, shape: shape.clone() })
            }
            Layout::Indirect(arrays) => Arc::new(Indirect::new(
                place,
                Arc::clone(arrays),
                &name,
                column.kind,
                self.path.clone(),
            )),
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self) -> Option<u64> {
        self.core.starts.last().copied()
    }

    fn set_rows(&mut self, rows: u64) {
        if let Some(core) = Arc::get_mut(&mut self.core) {
            core.nrow = rows;
        }
    }

    fn settings(&self) -> Record {
        let mut settings = Record::new();
        let mut set = |name: &str, value: u32| settings.set(name, Value::Int(value.cast_signed()));
        set("MaxCacheSize", self.cache);
        set("BUCKETSIZE", self.bucket_size);
        set("PERSCACHESIZE", self.cache);
        settings
    }
}

/// The header of the file.
struct Header {
    bucket_size: u32,
    buckets: u32,
    cache: u32,
}

impl Header {
    fn read(reader: &mut Reader<'_>, endian: Endian) -> Result<Self> {
        let version = reader.start("IncrementalStMan")?;
        let big = version < 5 || reader.bool()?;
        if big != (endian == Endian::Big) {
            return Err(reader.corrupt("its byte order is not that of the table"));
        }
        let header =
            Self { bucket_size: reader.u32()?, buckets: reader.u32()?, cache: reader.u32()? };
        // The number of the next array file; free buckets and the first of them.
        reader.u32()?;
        if version > 1 {
            reader.u32()?;
            reader.u32()?;
        }
        reader.end()?;
        Ok(header)
    }
}

/// First rows of the buckets (one more than buckets) and their numbers.
fn read_index(reader: &mut Reader<'_>) -> Result<(Vec<u64>, Vec<u32>)> {
    let version = reader.start("ISMIndex")?;
    let used = reader.u32()? as usize;
    let mut starts: Vec<u64> = if version > 1 {
        reader.block_u64()?
    } else {
        reader.block_u32()?.into_iter().map(u64::from).collect()
    };
    let mut numbers = reader.block_u32()?;
    reader.end()?;
    if used >= starts.len() || used > numbers.len() {
        return Err(reader.corrupt("an index that is shorter than it says"));
    }
    starts.truncate(used + 1);
    numbers.truncate(used);
    if !starts.is_sorted() {
        return Err(reader.corrupt("an index whose rows do not ascend"));
    }
    Ok((starts, numbers))
}
