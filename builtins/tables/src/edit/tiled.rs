//! Writes a TiledColumnStMan or TiledShapeStMan with one new column.
//!
//! Cells of one shape form a hypercube with a file of its own. Zeros are not
//! written: the file gets its length and takes no space.
//!
//! Source of the format: `casacore/tables/DataMan/{TiledStMan,TSMCube,
//! TiledColumnStMan,TiledShapeStMan}.cc`.

mod layer;

use self::layer::Layer;
use super::feed::Feed;
use super::files::{Folder, NewFile};
use super::new_column::TiledKind;
use super::object::Writer;
use crate::buffer::Endian;
use crate::column::Run;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::Shape;
use crate::value::Record;

/// Bytes that a tile should have.
const TILE: usize = 128 << 10;

/// Memory for the tiles that are being filled.
const LARGEST: u64 = 256 << 20;

/// Lengths that old headers can tell.
const NARROW: u64 = 2 << 30;

/// What a column is written from.
pub(super) struct NewTiles<'a> {
    pub(super) column: &'a str,
    pub(super) kind: TiledKind,
    pub(super) seqnr: u32,
    pub(super) name: &'a str,
    pub(super) data_type: DataType,
    pub(super) endian: Endian,
    pub(super) rows: u64,
    /// The shape of the cells, row by row.
    pub(super) runs: &'a [Run],
    /// The shape that the description fixes.
    pub(super) fixed: Option<&'a Shape>,
    /// The tile in C order, if it was chosen.
    pub(super) tile: Option<&'a [usize]>,
}

/// Cells of one shape; all axes in storage order, that of the rows last.
struct Cube {
    cell: Vec<usize>,
    tile: Vec<usize>,
    rows: u64,
}

/// Rows that follow each other in a hypercube: the row behind the last one,
/// the hypercube, and the position behind the last row.
struct Interval {
    end: u64,
    cube: usize,
    behind: u64,
}

/// Where everything goes.
pub(super) struct Plan {
    axes: usize,
    default_tile: Vec<usize>,
    cubes: Vec<Cube>,
    intervals: Vec<Interval>,
}

impl Plan {
    /// Axes of a cell.
    pub(super) fn cell_axes(&self) -> usize {
        self.axes.saturating_sub(1)
    }
}

impl NewTiles<'_> {
    fn refused(&self, what: impl std::fmt::Display) -> Error {
        Error::Shape { column: self.column.into(), what: what.to_string() }
    }

    /// Lays out the hypercubes; fails where the manager cannot hold the cells.
    pub(super) fn plan(&self) -> Result<Plan> {
        if matches!(self.data_type, DataType::String | DataType::Record) {
            return Err(self.refused("texts and records cannot be stored in tiles"));
        }
        let mut shapes: Vec<&Shape> = Vec::new();
        let mut plan =
            Plan { axes: 0, default_tile: Vec::new(), cubes: Vec::new(), intervals: Vec::new() };
        let fixed = self.fixed.into_iter();
        for shape in fixed.chain(self.runs.iter().filter_map(|run| run.shape.as_ref())) {
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        let Some(first) = shapes.first() else {
            return Err(self.refused("no cell tells the shape that its cells should have"));
        };
        plan.axes = first.len() + 1;
        if let Some(other) = shapes.iter().find(|shape| shape.len() != first.len()) {
            return Err(self.refused(format_args!("cells of {first:?} and of {other:?}")));
        }
        if self.kind == TiledKind::Column {
            let undefined = self.runs.iter().any(|run| run.shape.is_none());
            if shapes.len() > 1 || undefined {
                return Err(self.refused("a TiledColumnStMan needs one shape for all cells"));
            }
        }
        for shape in &shapes {
            let storage: Vec<usize> = shape.iter().rev().copied().collect();
            if storage.contains(&0) || storage.iter().any(|axis| i32::try_from(*axis).is_err()) {
                return Err(self.refused(format_args!("cells of shape {shape:?}")));
            }
            let tile = self.tile_of(&storage)?;
            plan.cubes.push(Cube { cell: storage, tile, rows: 0 });
        }
        plan.default_tile.clone_from(&plan.cubes[0].tile);
        for run in self.runs {
            let cube = run.shape.as_ref().and_then(|shape| shapes.iter().position(|s| *s == shape));
            let count = run.rows.end - run.rows.start;
            let (number, behind) = match cube {
                Some(at) => {
                    plan.cubes[at].rows += count;
                    (at + 1, plan.cubes[at].rows)
                }
                None => (0, 1),
            };
            match plan.intervals.last_mut() {
                Some(last)
                    if last.cube == number && (number == 0 || last.behind + count == behind) =>
                {
                    (last.end, last.behind) = (run.rows.end, behind);
                }
                _ => plan.intervals.push(Interval { end: run.rows.end, cube: number, behind }),
            }
        }
        if u32::try_from(self.rows).is_err() {
            return Err(self.refused("more rows than a tiled manager can map"));
        }
        Ok(plan)
    }

    /// The tile for cells of a shape, rows last.
    fn tile_of(&self, cell: &[usize]) -> Result<Vec<usize>> {
        if let Some(tile) = self.tile {
            if tile.len() != cell.len() + 1 || tile.iter().any(|axis| *axis == 0 || *axis > 1 << 24)
            {
                return Err(self.refused(format_args!("tiles of {tile:?}")));
            }
            let mut storage: Vec<usize> = tile.iter().rev().copied().collect();
            for (tile, axis) in storage.iter_mut().zip(cell) {
                *tile = (*tile).min(*axis);
            }
            return Ok(storage);
        }
        // Whole cells as long as they fit, then many of them.
        let mut left = match self.data_type {
            DataType::Bool => TILE * 8,
            kind => TILE / kind.width().unwrap_or(1),
        };
        let mut tile = Vec::with_capacity(cell.len() + 1);
        for axis in cell {
            let length = (*axis).min(left).max(1);
            tile.push(length);
            left /= length;
        }
        let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
        tile.push(left.clamp(1, 1 << 14).min(rows.max(1)));
        Ok(tile)
    }

    fn bucket(&self, tile: &[usize]) -> u64 {
        let values = tile.iter().fold(1u64, |all, axis| all.saturating_mul(*axis as u64));
        match self.data_type.width() {
            Some(width) => values.saturating_mul(width as u64),
            None => values.div_ceil(8),
        }
    }

    /// Bytes of the tiles of a hypercube that have the same rows, and of all.
    fn lengths(&self, cube: &Cube) -> (u64, u64) {
        let tiles = cube.cell.iter().zip(&cube.tile);
        let layer =
            tiles.fold(1u64, |all, (axis, tile)| all.saturating_mul(axis.div_ceil(*tile) as u64));
        let layer = layer.saturating_mul(self.bucket(&cube.tile));
        let tile = cube.tile.last().copied().unwrap_or(1) as u64;
        (layer, layer.saturating_mul(cube.rows.div_ceil(tile)))
    }

    /// Bytes that are written when it is filled.
    pub(super) fn bytes(&self, plan: &Plan) -> u64 {
        plan.cubes.iter().map(|cube| self.lengths(cube).1).fold(0, u64::saturating_add)
    }

    /// Writes the manager, filled from a column if one is given.
    pub(super) fn write(
        &self,
        folder: &mut Folder,
        plan: &Plan,
        from: Option<&Feed>,
    ) -> Result<()> {
        let header = folder.create(&format!("table.f{}", self.seqnr))?;
        header.write(&self.header(plan), 0)?;
        header.sync()?;
        let mut files = Vec::new();
        for (at, cube) in plan.cubes.iter().enumerate() {
            let number = if self.kind == TiledKind::Shape { at + 1 } else { at };
            let file = folder.create(&format!("table.f{}_TSM{number}", self.seqnr))?;
            file.set_len(self.lengths(cube).1)?;
            files.push(file);
        }
        if let Some(from) = from {
            self.fill(plan, from, &files)?;
        }
        files.iter().try_for_each(NewFile::sync)
    }

    fn fill(&self, plan: &Plan, from: &Feed, files: &[NewFile]) -> Result<()> {
        let mut layers = Vec::new();
        for cube in &plan.cubes {
            let (bytes, _) = self.lengths(cube);
            if bytes.saturating_mul(plan.cubes.len() as u64) > LARGEST {
                return Err(
                    self.refused("its tiles are too large to be filled; choose smaller ones")
                );
            }
            let length = usize::try_from(bytes).unwrap_or(0);
            layers.push(Layer { bytes: vec![0; length], number: 0, next: 0 });
        }
        from.each(0..self.rows, |rows, cells| {
            let Some(cells) = cells else { return Ok(()) };
            let at = plan.cubes.iter().position(|cube| cube.cell.iter().rev().eq(&cells.shape));
            let Some(at) = at else {
                return Err(self.refused(format_args!(
                    "row {} of column {} has shape {:?}",
                    rows.start, from.desc.name, cells.shape
                )));
            };
            let (cube, layer) = (&plan.cubes[at], &mut layers[at]);
            for index in 0..cells.count {
                if layer.next >= cube.rows {
                    return Err(self.refused("the column to be copied has other shapes"));
                }
                layer.put(cube, self.bucket(&cube.tile), cells.cell(index), &files[at])?;
            }
            Ok(())
        })?;
        for ((layer, cube), file) in layers.iter().zip(&plan.cubes).zip(files) {
            if layer.next != cube.rows {
                return Err(self.refused("the column to be copied has cells without a value"));
            }
            layer.write(file)?;
        }
        Ok(())
    }

    fn header(&self, plan: &Plan) -> Vec<u8> {
        let mut out = Writer::new();
        out.start(self.kind.name(), 1);
        if self.kind == TiledKind::Column {
            position(&mut out, &plan.default_tile);
        }
        let little = self.endian == Endian::Little;
        out.start("TiledStMan", if little { 2 } else { 1 });
        if little {
            out.bool(false);
        }
        out.u32(self.seqnr);
        out.u32(u32::try_from(self.rows).unwrap_or(u32::MAX));
        out.u32(1);
        out.i32(self.data_type.code());
        out.string(self.name);
        // No limit of the cache.
        out.u32(0);
        out.count(plan.axes);
        let shape = self.kind == TiledKind::Shape;
        out.count(plan.cubes.len() + usize::from(shape));
        if shape {
            // The first hypercube is that of the cells without a value.
            out.bool(false);
        }
        for (at, cube) in plan.cubes.iter().enumerate() {
            let length = self.lengths(cube).1;
            out.bool(true);
            out.u32(if length < NARROW { 1 } else { 2 });
            out.count(at + usize::from(shape));
            match u32::try_from(length) {
                Ok(length) if u64::from(length) < NARROW => out.u32(length),
                _ => out.u64(length),
            }
        }
        out.count(plan.cubes.len() + usize::from(shape));
        if shape {
            out.u32(1);
            out.record_as("Record", &Record::new());
            out.bool(false);
            out.u32(0);
            position(&mut out, &[]);
            position(&mut out, &[]);
            out.i32(-1);
            out.u32(0);
        }
        for (at, cube) in plan.cubes.iter().enumerate() {
            out.u32(1);
            out.record_as("Record", &Record::new());
            // Rows may be added to it.
            out.bool(true);
            out.count(plan.axes);
            let mut all = cube.cell.clone();
            all.push(usize::try_from(cube.rows).unwrap_or(0));
            position(&mut out, &all);
            position(&mut out, &cube.tile);
            out.count(at + usize::from(shape));
            out.u32(0);
        }
        out.end();
        if shape {
            position(&mut out, &plan.default_tile);
            out.count(plan.intervals.len());
            let column = |of: &dyn Fn(&Interval) -> u64| -> Vec<u32> {
                let narrow = |interval| u32::try_from(of(interval)).unwrap_or(0);
                plan.intervals.iter().map(narrow).collect()
            };
            out.block_u32(&column(&|interval| interval.end - 1));
            out.block_u32(&column(&|interval| interval.cube as u64));
            out.block_u32(&column(&|interval| interval.behind - 1));
        }
        out.end();
        out.into_bytes()
    }
}

/// A shape given in storage order.
fn position(out: &mut Writer, storage: &[usize]) {
    let c_order: Vec<usize> = storage.iter().rev().copied().collect();
    out.shape(&c_order);
}
