//! The header of the tiled managers, in `table.fN`: the files, the hypercubes
//! and which row lies in which hypercube.
//!
//! Each manager wraps the same base object. Its version 2 adds the byte order,
//! version 3 has 64-bit counts.
//!
//! Source of the format: `casacore/tables/DataMan/{TiledStMan,TSMCube,TSMFile,
//! TiledColumnStMan,TiledShapeStMan,TiledCellStMan,TiledDataStMan}.cc`.

use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::desc::record;
use crate::error::Result;
use crate::managers::Context;
use crate::value::Record;

use super::rows::Rows;

/// Bytes that a hypercube takes in a header at least.
const LEAST_CUBE: u64 = 40;

/// What the header of a tiled manager says.
pub(super) struct Header {
    /// Name of the hypercolumn, which is the name of the manager.
    pub(super) name: String,
    /// Tile shape for new hypercubes, in storage order.
    pub(super) tile: Vec<i64>,
    /// The cache limit in MiB given when the table was made, 0 for none.
    pub(super) cache: u64,
    /// For each file whether it exists.
    pub(super) files: Vec<bool>,
    pub(super) cubes: Vec<CubeHeader>,
    pub(super) rows: Rows,
    /// Entries of the row map, where the manager has one that it tells about.
    pub(super) index: Option<u32>,
}

/// What the header says about one hypercube.
pub(super) struct CubeHeader {
    /// Values of coordinate and id columns.
    pub(super) values: Record,
    /// Shape and tile shape in storage order; no axes when not yet known.
    pub(super) shape: Vec<i64>,
    pub(super) tile: Vec<i64>,
    /// The K of its file `table.fN_TSMK`.
    pub(super) file: Option<usize>,
    /// Where it begins in its file.
    pub(super) offset: u64,
}

impl Header {
    /// Reads the header of a manager whose cells have so many axes (asked
    /// for where the hypercubes may have several axes besides).
    pub(super) fn read(
        context: &Context<'_>,
        reader: &mut Reader<'_>,
        cell_axes: usize,
    ) -> Result<Self> {
        let version = reader.start(context.kind)?;
        let early = matches!(context.kind, "TiledColumnStMan" | "TiledCellStMan");
        let tile = if early { reader.position_shape()? } else { Vec::new() };
        let (mut header, base) = Self::base(context, reader)?;
        header.tile = tile;
        match context.kind {
            "TiledShapeStMan" => header.shape_rows(reader)?,
            "TiledCellStMan" => header.rows = Rows::Each,
            "TiledDataStMan" => {
                header.rows = data_rows(reader, version, base, |cube| {
                    header.cubes.get(cube).map_or(1, |cube| cube.layer(cell_axes))
                })?;
            }
            _ => {}
        }
        reader.end()?;
        Ok(header)
    }

    /// The part that all tiled managers share, and its version.
    fn base(context: &Context<'_>, reader: &mut Reader<'_>) -> Result<(Self, u32)> {
        let version = reader.start("TiledStMan")?;
        let big = version < 2 || reader.bool()?;
        if big != (context.endian == Endian::Big) {
            return Err(reader.corrupt("the byte orders of the table and of its tiles differ"));
        }
        let seqnr = reader.u32()?;
        if seqnr != context.seqnr {
            return Err(reader.corrupt(format_args!("is the header of storage manager {seqnr}")));
        }
        // Rows of the table; the hypercubes tell how many there really are.
        wide(reader, version)?;
        types(context, reader)?;
        let name = reader.string()?;
        let cache = wide(reader, version)?;
        reader.u32()?;
        let files = files(reader, version)?;
        let count = wide(reader, version)?;
        if count.saturating_mul(LEAST_CUBE) > reader.remaining() as u64 {
            return Err(
                reader.corrupt(format_args!("is cut off: {count} hypercubes should follow"))
            );
        }
        let cubes = (0..count).map(|_| CubeHeader::read(reader)).collect::<Result<_>>()?;
        reader.end()?;
        let header =
            Self { name, tile: Vec::new(), cache, files, cubes, rows: Rows::All, index: None };
        Ok((header, version))
    }

    /// The end of a `TiledShapeStMan`: the default tile shape and the row map.
    fn shape_rows(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        self.tile = reader.position_shape()?;
        let used = reader.u32()?;
        let rows = reader.block_u32()?;
        let cubes = reader.block_u32()?;
        let ends = reader.block_u32()?;
        let count = used as usize;
        if rows.len() < count || cubes.len() < count || ends.len() < count {
            return Err(reader.corrupt(format_args!("the row map should have {count} entries")));
        }
        self.index = Some(used);
        self.rows = Rows::ending(&rows[..count], &cubes[..count], &ends[..count]);
        Ok(())
    }
}

/// The end of a `TiledDataStMan`: the row map.
fn data_rows(
    reader: &mut Reader<'_>,
    version: u32,
    base: u32,
    layer: impl Fn(usize) -> u64,
) -> Result<Rows> {
    let old = version == 1;
    let end = if old && base < 3 { u64::from(reader.u32()?) } else { reader.u64()? };
    if old {
        reader.u32()?;
    }
    let count = reader.count(if old { 4 } else { 8 })?;
    let starts = (0..count)
        .map(|_| if old { reader.u32().map(u64::from) } else { reader.u64() })
        .collect::<Result<Vec<_>>>()?;
    let mut numbers = || -> Result<Vec<u32>> {
        let count = reader.count(4)?;
        (0..count).map(|_| reader.u32()).collect()
    };
    let (cubes, positions) = (numbers()?, numbers()?);
    if cubes.len() != count || positions.len() != count {
        return Err(reader.corrupt(format_args!("the row map should have {count} entries")));
    }
    Ok(Rows::starting(&starts, &cubes, &positions, end, layer))
}

impl CubeHeader {
    /// How many rows lie at each position of the last axis.
    fn layer(&self, cell_axes: usize) -> u64 {
        let inner = self.shape.len().saturating_sub(1);
        let axes = self.shape.get(cell_axes..inner).unwrap_or_default();
        axes.iter().fold(1, |rows, axis| rows.saturating_mul(u64::try_from(*axis).unwrap_or(0)))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let version = reader.u32()?;
        let values = record::read(reader)?;
        // Whether it can be extended, and its number of axes.
        reader.bool()?;
        reader.u32()?;
        let shape = reader.position_shape()?;
        let tile = reader.position_shape()?;
        let file = reader.i32()?;
        let offset = if version == 1 { u64::from(reader.u32()?) } else { reader.u64()? };
        Ok(Self { values, shape, tile, file: usize::try_from(file).ok(), offset })
    }
}

/// A count whose width depends on the version of the header.
fn wide(reader: &mut Reader<'_>, version: u32) -> Result<u64> {
    if version < 3 { reader.u32().map(u64::from) } else { reader.u64() }
}

/// The types of the columns, which must be those of the description.
fn types(context: &Context<'_>, reader: &mut Reader<'_>) -> Result<()> {
    let count = reader.count(4)?;
    if count != context.columns.len() {
        return Err(reader.corrupt(format_args!(
            "holds {count} columns where the table has {}",
            context.columns.len()
        )));
    }
    for column in &context.columns {
        let code = reader.i32()?;
        let found = DataType::from_code(code).map(|(kind, _)| kind);
        if found != Some(column.desc.data_type) {
            return Err(reader.corrupt(format_args!(
                "column {} has type {code} where the table has {}",
                column.desc.name, column.desc.data_type
            )));
        }
    }
    Ok(())
}

/// For each file whether it exists.
fn files(reader: &mut Reader<'_>, version: u32) -> Result<Vec<bool>> {
    let count = wide(reader, version)?;
    if count > reader.remaining() as u64 {
        return Err(reader.corrupt(format_args!("is cut off: {count} files should follow")));
    }
    let mut files = Vec::new();
    for at in 0..count {
        let exists = reader.bool()?;
        files.push(exists);
        if !exists {
            continue;
        }
        let version = reader.u32()?;
        let seqnr = reader.u32()?;
        if u64::from(seqnr) != at {
            return Err(reader.corrupt(format_args!("file {at} has the number {seqnr}")));
        }
        // Its length; the file itself knows better.
        if version == 1 {
            u64::from(reader.u32()?)
        } else {
            reader.u64()?
        };
    }
    Ok(files)
}
