//! A hypercube: an array of cells, cut into tiles of one shape.
//!
//! Axes are in storage order here, the first one fastest: those of a cell
//! come first, those along which rows are counted follow. A tile is a bucket
//! of its file; it holds the values of each column of the manager one after
//! the other, wide types first. Tiles at the far end of an axis are whole and
//! hold unused values.
//!
//! Source of the format: `casacore/tables/DataMan/{TSMCube,TiledStMan,
//! TSMDataColumn}.cc`.

use crate::data_type::DataType;
use crate::error::Result;

use super::header::CubeHeader;

/// One axis of a hypercube.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Its length.
    pub(super) length: usize,
    /// The length of a tile along it.
    pub(super) tile: usize,
    /// The distance of neighbours within a tile, in values.
    pub(super) stride: usize,
    /// The distance of neighbouring tiles, in tiles.
    pub(super) step: usize,
}

/// The layout of a hypercube.
#[derive(Debug)]
pub(super) struct Cube {
    /// The axes of its cells.
    pub(super) cell: Vec<Axis>,
    /// The axes along which rows are counted; at least one.
    pub(super) rows: Vec<Axis>,
    /// Values of a column in a tile.
    pub(super) tile_len: usize,
    /// Bytes of a tile, with all columns.
    pub(super) bucket: u64,
    /// Where it begins in its file.
    pub(super) offset: u64,
    /// The K of its file.
    pub(super) file: Option<usize>,
    /// Tiles at each position on the last axis.
    layer_tiles: u64,
    /// How many rows it has.
    pub(super) nrow: u64,
}

/// Bytes of so many values of a type in a tile; Booleans are packed into bits.
pub(super) fn bytes_of(kind: DataType, values: usize) -> Option<u64> {
    match kind.width() {
        Some(width) => (values as u64).checked_mul(width as u64),
        None => Some(values.div_ceil(8) as u64),
    }
}

impl Cube {
    /// The layout of a hypercube for these columns; `None` when its shape is
    /// not known yet, an error text when it is impossible.
    pub(super) fn new(
        header: &CubeHeader,
        cell_axes: usize,
        columns: &[DataType],
    ) -> Result<Option<Self>, &'static str> {
        if header.shape.is_empty() {
            return Ok(None);
        }
        if header.shape.len() != header.tile.len() || header.shape.len() < cell_axes {
            return Err("a hypercube and its tiles differ in their axes");
        }
        let mut axes = Vec::with_capacity(header.shape.len() + 1);
        for (length, tile) in header.shape.iter().zip(&header.tile) {
            let length = usize::try_from(*length).map_err(|_| "a hypercube of negative length")?;
            let tile = usize::try_from(*tile).ok().filter(|tile| *tile > 0);
            axes.push(Axis { length, tile: tile.ok_or("an empty tile")?, stride: 0, step: 0 });
        }
        if axes.len() == cell_axes {
            // A hypercube that is one cell: as if it had an axis of one row.
            axes.push(Axis { length: 1, tile: 1, stride: 0, step: 0 });
        }
        Self::with_axes(header, axes, cell_axes, columns)
            .map(Some)
            .ok_or("a hypercube that is larger than any file")
    }

    fn with_axes(
        header: &CubeHeader,
        mut axes: Vec<Axis>,
        cell_axes: usize,
        columns: &[DataType],
    ) -> Option<Self> {
        let (mut tile_len, mut tiles, mut layer_tiles) = (1usize, 1usize, 1u64);
        for axis in &mut axes {
            (axis.stride, axis.step, layer_tiles) = (tile_len, tiles, tiles as u64);
            tile_len = tile_len.checked_mul(axis.tile)?;
            tiles = tiles.checked_mul(axis.length.div_ceil(axis.tile))?;
        }
        let bucket = columns
            .iter()
            .try_fold(0u64, |bytes, kind| bytes.checked_add(bytes_of(*kind, tile_len)?))?;
        // Offsets of all tiles and lengths of all cells are then safe numbers.
        let end = bucket.checked_mul(tiles as u64)?.checked_add(header.offset)?;
        i64::try_from(end).ok()?;
        tile_len.checked_mul(16)?;
        let rows = axes.split_off(cell_axes);
        axes.iter().try_fold(16usize, |bytes, axis| bytes.checked_mul(axis.length))?;
        let nrow = rows.iter().try_fold(1u64, |all, axis| all.checked_mul(axis.length as u64))?;
        let (offset, file) = (header.offset, header.file);
        Some(Self { cell: axes, rows, tile_len, bucket, offset, file, layer_tiles, nrow })
    }

    /// How many tiles it has.
    pub(super) fn tiles(&self) -> u64 {
        let layers = self.rows.last().map_or(0, |axis| axis.length.div_ceil(axis.tile));
        self.layer_tiles.saturating_mul(layers as u64)
    }

    /// Values of a cell.
    pub(super) fn cell_len(&self) -> usize {
        self.cell.iter().map(|axis| axis.length).product()
    }

    /// The shape of a cell in C order.
    pub(super) fn cell_shape(&self) -> Vec<usize> {
        self.cell.iter().rev().map(|axis| axis.length).collect()
    }

    /// How many of its rows have all their tiles in a file of this length.
    pub(super) fn present(&self, length: u64) -> u64 {
        let Some(last) = self.rows.last() else { return 0 };
        let layer = self.bucket.saturating_mul(self.layer_tiles);
        let layers = length.saturating_sub(self.offset).checked_div(layer).unwrap_or(u64::MAX);
        let positions = layers.saturating_mul(last.tile as u64).min(last.length as u64);
        // The other axes of rows run faster and are complete in each layer.
        let inner = &self.rows[..self.rows.len() - 1];
        inner.iter().fold(positions, |rows, axis| rows.saturating_mul(axis.length as u64))
    }

    /// Where a row is on the axes of rows: the position on the first of them,
    /// and what the others add to the number of the tile and to the place in it.
    pub(super) fn position(&self, at: u64) -> (usize, usize, usize) {
        let (mut rest, mut first, mut tile, mut value) = (at, 0, 0, 0);
        for (index, axis) in self.rows.iter().enumerate() {
            let length = (axis.length as u64).max(1);
            let position = usize::try_from(rest % length).unwrap_or(0);
            rest /= length;
            if index == 0 {
                first = position;
            } else {
                tile += position / axis.tile * axis.step;
                value += position % axis.tile * axis.stride;
            }
        }
        (first, tile, value)
    }
}
