//! StandardStMan: columns in buckets of some rows each.
//!
//! `table.fN` begins with a header, followed by buckets from byte 512 on:
//! some hold rows, some texts, some the index that tells which rows are where.
//! Each bucket of rows holds the cells of one column after those of another.
//! Arrays that are not direct stand in `table.fNi`.
//!
//! Source: `casacore/tables/DataMan/SSMBase.cc`.

mod fixed;
mod index;
mod place;
mod strings;
mod texts;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use self::fixed::Fixed;
use self::index::Index;
use self::place::Place;
use self::texts::{CELL, Form, Texts};
use super::array_file::ArrayFile;
use super::buckets::{Buckets, u32_at, u64_at};
use super::indirect::{Indirect, Places};
use super::window::Window;
use super::{BoundColumn, ColumnReader, Context, Manager, Shape, Siblings};
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
    /// For each column its offset in the buckets.
    offsets: Vec<u32>,
    /// For each column its index.
    maps: Vec<u32>,
    indices: Vec<Index>,
}

/// An open StandardStMan.
pub(super) struct Standard {
    name: String,
    header: Header,
    core: Arc<Core>,
    arrays: Arc<ArrayFile>,
    file: String,
    siblings: Siblings,
    /// The places of the columns in the description.
    columns: Vec<usize>,
}

/// What is needed of a column to read it.
struct Column {
    name: String,
    kind: DataType,
    layout: Layout,
}

enum Layout {
    Fixed(Shape),
    Text(usize),
    Texts(Form),
    Indirect,
}

impl Standard {
    /// Opens the manager: reads its header and its index.
    pub(super) fn open(context: &Context<'_>) -> Result<Self> {
        let (name, offsets, maps) = blob(context)?;
        let source = context.open("")?;
        let length = source.len().min(super::buckets::HEADER);
        let mut window = Window::default();
        let head = window.fetch(&*source, 0, usize::try_from(length).unwrap_or_default())?;
        let mut reader = Reader::with_endian(source.path(), head, context.endian);
        let header = Header::read(&mut reader, context.endian)?;
        let buckets = Buckets::new(Arc::clone(&source), header.bucket_size, header.buckets);
        let indices = header.indices(&buckets, &mut window, context.endian)?;
        let core =
            Core { buckets, endian: context.endian, nrow: context.nrow, offsets, maps, indices };
        let arrays = ArrayFile::new(context.folder, context.file_name("i"), context.endian);
        Ok(Self {
            name,
            header,
            core: Arc::new(core),
            arrays: Arc::new(arrays),
            file: context.file_name("i"),
            siblings: context.siblings.clone(),
            columns: context.siblings.bound(context.seqnr).collect(),
        })
    }
}

/// What `table.dat` holds: the manager's name, and offset and index of each column.
fn blob(context: &Context<'_>) -> Result<(String, Vec<u32>, Vec<u32>)> {
    let mut reader = Reader::new(context.path(), context.blob);
    reader.start("SSM")?;
    let parts = (reader.string()?, reader.block_u32()?, reader.block_u32()?);
    reader.end()?;
    Ok(parts)
}

impl Manager for Standard {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        let Some(at) = self.columns.get(index) else {
            return Err(Error::Range { what: format!("column {index} of {}", self.columns.len()) });
        };
        let Column { name, kind, layout } = Column::new(&self.siblings.column(*at))?;
        let place = |bits| Place::new(&self.core, index, &name, bits);
        Ok(match layout {
            Layout::Fixed(shape) => {
                let bits = bits(kind, &shape);
                let impossible = || {
                    let what = format!("column {name} has an impossible shape");
                    Error::corrupt(self.path(), what)
                };
                let place = place(bits.ok_or_else(impossible)?)?;
                Arc::new(Fixed { place, name, kind, shape })
            }
            Layout::Text(length) => {
                let place = place(length.saturating_mul(8))?;
                Arc::new(Fixed { place, name, kind, shape: Shape::new() })
            }
            Layout::Texts(form) => {
                if let Form::Fixed(shape) = &form {
                    self.check_texts(shape)?;
                }
                Arc::new(Texts { place: place(CELL * 8)?, name, form })
            }
            Layout::Indirect => {
                let arrays = Arc::clone(&self.arrays);
                Arc::new(Indirect::new(place(64)?, arrays, &name, kind, self.path()))
            }
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self) -> Option<u64> {
        self.core.indices.iter().map(Index::rows).max()
    }

    fn set_rows(&mut self, rows: u64) {
        if let Some(core) = Arc::get_mut(&mut self.core) {
            core.nrow = rows;
        }
        self.siblings.nrow = rows;
    }

    fn settings(&self) -> Record {
        let mut settings = Record::new();
        let mut set = |name: &str, value: u32| settings.set(name, Value::Int(value.cast_signed()));
        set("MaxCacheSize", self.header.cache);
        set("BUCKETSIZE", self.header.bucket_size);
        set("PERSCACHESIZE", self.header.cache);
        set("IndexLength", self.header.index_length);
        settings
    }
}

impl Standard {
    /// The file of arrays.
    fn path(&self) -> PathBuf {
        self.siblings.folder.path().join(&self.file)
    }

    /// Fails where a cell has far more texts than the file has room for: each
    /// has its length before it. Few texts may never have been written.
    fn check_texts(&self, shape: &[usize]) -> Result<()> {
        let least = shape.iter().fold(4u64, |all, axis| all.saturating_mul(*axis as u64));
        if least > HARMLESS { self.core.buckets.source.check(0, least) } else { Ok(()) }
    }
}

/// Bytes of texts that are not worth a suspicion.
const HARMLESS: u64 = 1 << 20;

impl Column {
    fn new(column: &BoundColumn<'_>) -> Result<Self> {
        let desc = column.desc;
        let fixed = || {
            column.shape.map(<[usize]>::to_vec).ok_or_else(|| Error::Shape {
                column: desc.name.clone(),
                what: "has no shape, though all its cells have one".into(),
            })
        };
        let layout = match (desc.scalar, desc.data_type) {
            (true, DataType::Record) => Layout::Indirect,
            (true, DataType::String) if desc.max_length > 0 => {
                Layout::Text(desc.max_length as usize)
            }
            (true, DataType::String) => Layout::Texts(Form::Scalar),
            (true, _) => Layout::Fixed(Shape::new()),
            (false, DataType::String) if desc.is_direct() || desc.is_fixed_shape() => {
                Layout::Texts(Form::Fixed(fixed()?))
            }
            (false, DataType::String) => Layout::Texts(Form::Shaped),
            (false, _) if desc.is_direct() => Layout::Fixed(fixed()?),
            (false, _) => Layout::Indirect,
        };
        Ok(Self { name: desc.name.clone(), kind: desc.data_type, layout })
    }
}

/// Bits of a cell of this shape.
fn bits(kind: DataType, shape: &[usize]) -> Option<usize> {
    let value = kind.width().map_or(Some(1), |width| width.checked_mul(8))?;
    shape.iter().try_fold(value, |bits, axis| bits.checked_mul(*axis))
}

impl Places for Place {
    fn places(&self, rows: Range<u64>, out: &mut [u64]) -> Result<()> {
        self.bytes(rows, bytemuck::cast_slice_mut(out))?;
        for place in out {
            let stored = u64_at(&place.to_ne_bytes(), 0, self.core.endian).unwrap_or_default();
            *place = stored;
        }
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        Place::grain(self, row)
    }
}

/// The header of the file.
struct Header {
    bucket_size: u32,
    buckets: u32,
    cache: u32,
    index_buckets: u32,
    first_index: u32,
    index_offset: u32,
    index_length: u32,
    index_count: u32,
}

impl Header {
    fn read(reader: &mut Reader<'_>, endian: Endian) -> Result<Self> {
        let version = reader.start("StandardStMan")?;
        let big = version < 3 || reader.bool()?;
        if big != (endian == Endian::Big) {
            return Err(reader.corrupt("its byte order is not that of the table"));
        }
        let (bucket_size, buckets, cache) = (reader.u32()?, reader.u32()?, reader.u32()?);
        // Free buckets: their number and the first.
        reader.u32()?;
        reader.u32()?;
        let (index_buckets, first_index) = (reader.u32()?, reader.u32()?);
        let index_offset = if version >= 2 { reader.u32()? } else { 0 };
        // The bucket to which new texts would go.
        reader.u32()?;
        let header = Self {
            bucket_size,
            buckets,
            cache,
            index_buckets,
            first_index,
            index_offset,
            index_length: reader.u32()?,
            index_count: reader.u32()?,
        };
        reader.end()?;
        Ok(header)
    }

    /// Collects the index from its buckets and reads it.
    fn indices(
        &self,
        buckets: &Buckets,
        window: &mut Window,
        endian: Endian,
    ) -> Result<Vec<Index>> {
        /// Before the index in each bucket: twice the number of the next bucket.
        const LINKS: usize = 8;
        let length = self.index_length as usize;
        if u64::from(self.index_length) > buckets.source.len() {
            return Err(buckets.corrupt("is cut off: the index is longer than the file"));
        }
        let mut bytes = Vec::with_capacity(length);
        let mut next = self.first_index;
        for _ in 0..self.index_buckets {
            buckets.check(next)?;
            let start = if self.index_offset > 0 { self.index_offset as usize } else { LINKS };
            let wanted = length - bytes.len();
            // Buckets are large and an index is short.
            let needed = start.saturating_add(wanted).clamp(LINKS, buckets.size().max(LINKS));
            let bucket = window.fetch(&*buckets.source, buckets.place(next), needed)?;
            let part = bucket.get(start..).unwrap_or_default();
            bytes.extend_from_slice(&part[..part.len().min(wanted)]);
            if bytes.len() == length || part.is_empty() {
                break;
            }
            next = u32_at(bucket, 4, Endian::Big).unwrap_or(u32::MAX);
        }
        if bytes.len() != length {
            return Err(buckets.corrupt("is cut off: a part of the index is missing"));
        }
        let mut reader = Reader::with_endian(buckets.source.path(), &bytes, endian);
        let mut indices = Vec::new();
        for _ in 0..self.index_count {
            indices.push(Index::read(&mut reader)?);
        }
        Ok(indices)
    }
}
