//! The tiled managers: arrays of many rows form a hypercube that is cut into
//! tiles, so that rows, channels and polarizations are all read at little cost.
//!
//! | manager | hypercubes |
//! | --- | --- |
//! | `TiledColumnStMan` | one for all rows |
//! | `TiledShapeStMan` | one for each shape of cell |
//! | `TiledCellStMan` | one for each row |
//! | `TiledDataStMan` | any number, made by the program that wrote the table |

mod ahead;
mod column;
mod cube;
mod fetch;
mod files;
mod header;
mod rows;
mod scatter;
mod settings;
mod spots;
#[cfg(test)]
mod tests;
mod values;

use std::sync::{Arc, OnceLock};

use crate::aipsio::Reader;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::desc::ColumnDesc;
use crate::error::{Error, Result};
use crate::managers::{BoundColumn, ColumnReader, Context, Manager, Spot, Stripes};
use crate::value::{Array, Record, Value};

use column::DataColumn;
use cube::Cube;
use files::Shared;
use header::Header;
use values::ValueColumn;

/// An open tiled manager.
pub(super) struct Tiled {
    name: String,
    settings: Record,
    shared: Arc<Shared>,
    endian: Endian,
    columns: Vec<TiledColumn>,
}

/// One of its columns.
struct TiledColumn {
    desc: ColumnDesc,
    content: Content,
}

/// Where the values of a column are.
enum Content {
    /// In the tiles, behind columns of these types.
    Tiles(Vec<DataType>),
    /// In the header, with each hypercube; along this axis, if any.
    Header(Option<usize>, Vec<Option<Value>>),
}

impl Tiled {
    /// Opens a manager of one of the four types.
    pub(super) fn open(context: &Context<'_>) -> Result<Self> {
        let source = context.open("")?;
        let bytes = source.all()?;
        let mut reader = Reader::new(source.path(), &bytes);
        let axes = context.columns.iter().find(|column| column.desc.ndim >= 0);
        let axes = axes.map_or(0, |column| usize::try_from(column.desc.ndim).unwrap_or(0));
        let header = Header::read(context, &mut reader, axes)?;
        let roles = Roles::new(context, &header.name)?;
        let axes = roles.axes.unwrap_or(axes);
        let data = roles.data(&context.columns);
        let kinds: Vec<_> = data.iter().map(|at| context.columns[*at].desc.data_type).collect();
        let mut cubes = Vec::with_capacity(header.cubes.len());
        for cube in &header.cubes {
            let axes = match context.kind {
                "TiledColumnStMan" | "TiledShapeStMan" => cube.shape.len().saturating_sub(1),
                "TiledCellStMan" => cube.shape.len(),
                _ => axes,
            };
            let cube = Cube::new(cube, axes, &kinds);
            cubes.push(cube.map_err(|what| Error::corrupt(source.path(), what))?);
        }
        let columns = (0..context.columns.len())
            .map(|at| {
                let column = &context.columns[at];
                let content = match data.iter().position(|data| *data == at) {
                    Some(place) => Content::Tiles(kinds[..place].to_vec()),
                    None => Content::Header(roles.axis(column), values(&header, column)),
                };
                TiledColumn { desc: column.desc.clone(), content }
            })
            .collect();
        let settings = settings::record(&header, &cubes, context.seqnr);
        let files = header.files.iter().map(|exists| exists.then(OnceLock::new)).collect();
        let shared = Shared {
            folder: Arc::clone(context.folder),
            path: source.path().to_path_buf(),
            prefix: context.file_name(""),
            files,
            cubes,
            rows: header.rows,
        };
        Ok(Self {
            name: header.name,
            settings,
            shared: Arc::new(shared),
            endian: context.endian,
            columns,
        })
    }
}

impl Manager for Tiled {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        let column = &self.columns[index];
        let (name, kind) = (&column.desc.name, column.desc.data_type);
        let shared = Arc::clone(&self.shared);
        Ok(match &column.content {
            Content::Header(axis, values) => {
                Arc::new(ValueColumn::new(shared, &column.desc, *axis, values.clone()))
            }
            Content::Tiles(_) if matches!(kind, DataType::String | DataType::Record) => {
                let what = format!("column {name} holds {kind}s in tiles");
                return Err(Error::unsupported(&self.shared.path, what));
            }
            Content::Tiles(before) => {
                Arc::new(DataColumn::new(shared, name, kind, before.clone(), self.endian))
            }
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn stripes(&self, index: usize) -> Option<Vec<(String, Stripes)>> {
        let Content::Tiles(before) = &self.columns.get(index)?.content else {
            return None;
        };
        let kind = self.columns.get(index)?.desc.data_type;
        let mut all = Vec::new();
        for cube in self.shared.cubes.iter().flatten() {
            let bytes = |kind: DataType| cube::bytes_of(kind, cube.tile_len);
            let offset =
                before.iter().try_fold(cube.offset, |at, kind| at.checked_add(bytes(*kind)?))?;
            let stripes = Stripes {
                first: offset,
                length: bytes(kind)?,
                step: cube.bucket,
                count: cube.tiles(),
            };
            all.push((format!("_TSM{}", cube.file?), stripes));
        }
        Some(all)
    }

    fn spots(&self, index: usize, row: u64) -> Result<Option<Vec<Spot>>> {
        let Some(column) = self.columns.get(index) else { return Ok(None) };
        match &column.content {
            Content::Tiles(before) => {
                spots::of_cell(&self.shared, column.desc.data_type, before, row)
            }
            Content::Header(..) => Ok(None),
        }
    }

    fn settings(&self) -> Record {
        self.settings.clone()
    }
}

/// What the description of the table says about the hypercolumn: which columns
/// are data, coordinates and ids. Without it all are data.
struct Roles {
    data: Option<Vec<String>>,
    coordinates: Vec<String>,
    /// Axes of a cell, from the first data column.
    axes: Option<usize>,
}

impl Roles {
    fn new(context: &Context<'_>, name: &str) -> Result<Self> {
        let private = context.siblings.desc.private()?;
        let record = match private.get(&format!("Hypercolumn_{name}")) {
            Some(Value::Record(record)) => Some(record),
            _ => None,
        };
        let texts = |field: &str| match record.and_then(|record| record.get(field)) {
            Some(Value::Array(Array::String(texts))) => Some(texts.iter().cloned().collect()),
            _ => None,
        };
        let data: Option<Vec<String>> = texts("data");
        let first = data.as_ref().and_then(|names| names.first());
        let first = first.and_then(|name| context.columns.iter().find(|column| is(column, name)));
        let axes = first.and_then(|column| usize::try_from(column.desc.ndim).ok());
        Ok(Self { data, coordinates: texts("coord").unwrap_or_default(), axes })
    }

    /// The data columns in the order in which they stand in a tile: wide
    /// types first, and the later before the earlier of equal width
    /// (casacore sorts ascending and turns the result round).
    fn data(&self, columns: &[BoundColumn<'_>]) -> Vec<usize> {
        let mut data: Vec<usize> = match &self.data {
            Some(names) => names
                .iter()
                .filter_map(|name| columns.iter().position(|column| is(column, name)))
                .collect(),
            None => (0..columns.len()).collect(),
        };
        data.sort_by_key(|at| columns[*at].desc.data_type.width().unwrap_or(0));
        data.reverse();
        data
    }

    /// The axis whose coordinate a column is.
    fn axis(&self, column: &BoundColumn<'_>) -> Option<usize> {
        self.coordinates.iter().position(|name| is(column, name))
    }
}

fn is(column: &BoundColumn<'_>, name: &str) -> bool {
    column.desc.name == name || column.original_name == name
}

/// The values of a column that stand in the header.
fn values(header: &Header, column: &BoundColumn<'_>) -> Vec<Option<Value>> {
    let value = |values: &Record| {
        values.get(&column.desc.name).or_else(|| values.get(column.original_name)).cloned()
    };
    header.cubes.iter().map(|cube| value(&cube.values)).collect()
}
