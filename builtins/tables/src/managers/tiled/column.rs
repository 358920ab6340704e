//! A data column of a tiled manager.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape, check_type};
use crate::part::{AxisPart, Part};

use super::ahead::Ahead;
use super::cube::{Cube, bytes_of};
use super::fetch::{Format, Out, PIECE, Scratch, Tile};
use super::files::{Located, Location, Shared};
use super::scatter::{Line, push};

/// Bytes that one call for rows should bring at most.
const GRAIN: usize = 4 << 20;

/// Reads a data column.
pub(super) struct DataColumn {
    shared: Arc<Shared>,
    name: String,
    kind: DataType,
    /// The types of the columns before it in a tile.
    before: Vec<DataType>,
    format: Format,
    pool: Mutex<Vec<Scratch>>,
    ahead: Mutex<Ahead>,
}

/// The piece of one cell axis that lies in one tile.
struct Cut {
    /// What it adds to the number of the tile.
    tile: usize,
    from: usize,
    to: usize,
    line: Line,
}

impl DataColumn {
    pub(super) fn new(
        shared: Arc<Shared>,
        name: &str,
        kind: DataType,
        before: Vec<DataType>,
        endian: Endian,
    ) -> Self {
        Self {
            shared,
            name: name.into(),
            kind,
            before,
            format: Format::new(kind, endian),
            pool: Mutex::default(),
            ahead: Mutex::default(),
        }
    }

    /// Reads cells, or a part of each, through the read-ahead of single rows.
    fn read_cells(&self, rows: Range<u64>, part: Option<&Part>, out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut out = match out {
            BufferMut::Bool(values) => Out::Bools(values),
            mut other => match other.bytes_mut() {
                // The buffer is borrowed anew for as long as this call.
                Some(bytes) => return self.read_out(rows, part, &mut Out::Bytes(bytes)),
                None => return Err(self.wrong_length(&rows)),
            },
        };
        self.read_out(rows, part, &mut out)
    }

    fn read_out(&self, rows: Range<u64>, part: Option<&Part>, out: &mut Out<'_>) -> Result<()> {
        // Another thread at the read-ahead is no reason to wait.
        if Ahead::is_for(out)
            && let Ok(mut ahead) = self.ahead.try_lock()
            && ahead.read(self, &rows, part, out)?
        {
            return Ok(());
        }
        self.read_tiles(rows, part, out)
    }

    /// How many rows from here on could be read at once.
    pub(super) fn follow(&self, row: u64) -> Result<u64> {
        match self.shared.locate(row)? {
            Location::Rows(located) => Ok(located.count),
            Location::Nothing(_) => Err(self.undefined(row)),
        }
    }

    /// Reads cells, or a part of each, out of the tiles.
    pub(super) fn read_tiles(
        &self,
        rows: Range<u64>,
        part: Option<&Part>,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let total = match out {
            Out::Bytes(bytes) => bytes.len() / self.format.width,
            Out::Bools(bools) => bools.len(),
        };
        let each = usize::try_from(rows.end - rows.start)
            .ok()
            .filter(|count| total % count == 0)
            .map(|count| total / count)
            .ok_or_else(|| self.wrong_length(&rows))?;
        let mut scratch = self.lock_pool().pop().unwrap_or_default();
        let mut result = Ok(());
        let mut row = rows.start;
        let mut done = 0;
        while row < rows.end && result.is_ok() {
            let located = match self.shared.locate(row)? {
                Location::Rows(located) => located,
                Location::Nothing(_) => return Err(self.undefined(row)),
            };
            let count = located.count.min(rows.end - row);
            let length = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(each);
            let mut out = out.slice(self.format.width, done, length);
            result = self.read_segment(&located, count, part, each, &mut out, &mut scratch);
            row += count;
            done += length;
        }
        self.lock_pool().push(scratch);
        result
    }

    /// Reads rows that follow each other in one hypercube.
    fn read_segment(
        &self,
        located: &Located<'_>,
        count: u64,
        part: Option<&Part>,
        each: usize,
        out: &mut Out<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let cube = located.cube;
        let cuts = self.cuts(cube, part, each)?;
        if each == 0 {
            return Ok(());
        }
        let offset = self.column_offset(cube)?;
        let axis = cube.rows[0];
        let tiles: usize = cuts.iter().map(Vec::len).product();
        // Where a row is gathered from many tiles, the rows of one turn stay in the cache.
        let turn =
            if tiles > 1 { (4 * PIECE / (each * self.format.width)).max(64) } else { usize::MAX };
        let mut chosen = vec![0; cuts.len()];
        let mut lines = Vec::with_capacity(cuts.len() + 1);
        let (mut at, mut done) = (located.at, 0);
        let end = at + count;
        while at < end {
            let (position, tile, value) = cube.position(at);
            let within = position % axis.tile;
            let rows = (axis.tile - within).min(axis.length - position).min(turn);
            let rows = usize::try_from(end - at).unwrap_or(rows).min(rows);
            let tile = tile + position / axis.tile * axis.step;
            let value = value + within * axis.stride;
            chosen.fill(0);
            loop {
                let (mut tile, mut from, mut to) = (tile, value, done * each);
                lines.clear();
                for (cuts, at) in cuts.iter().zip(&chosen) {
                    let cut = &cuts[*at];
                    tile += cut.tile;
                    from += cut.from;
                    to += cut.to;
                    push(&mut lines, cut.line);
                }
                push(&mut lines, Line { count: rows, from: axis.stride, to: each });
                let tile = Tile {
                    source: &**self.shared.source(cube)?,
                    offset: cube.offset + tile as u64 * cube.bucket + offset,
                    format: self.format,
                };
                tile.fetch(&lines, from, to, out, scratch)?;
                if !next(&mut chosen, &cuts) {
                    break;
                }
            }
            at += rows as u64;
            done += rows;
        }
        Ok(())
    }

    /// The pieces of the cell axes by tile.
    fn cuts(&self, cube: &Cube, part: Option<&Part>, each: usize) -> Result<Vec<Vec<Cut>>> {
        let axes = cube.cell.len();
        let mut to = 1;
        let mut cuts = Vec::with_capacity(axes);
        for (at, axis) in cube.cell.iter().enumerate() {
            let wanted = match part {
                Some(part) if part.axes.len() == axes => part.axes[axes - 1 - at],
                Some(_) => return Err(self.wrong_part(cube)),
                None => AxisPart::all(axis.length),
            };
            let step = wanted.step.max(1);
            let mut pieces = Vec::new();
            let mut next = 0;
            while next < wanted.count {
                let place = wanted.start.saturating_add(next.saturating_mul(step));
                if place >= axis.length {
                    return Err(self.wrong_part(cube));
                }
                let (tile, within) = (place / axis.tile, place % axis.tile);
                let count = (axis.tile - within).div_ceil(step).min(wanted.count - next);
                pieces.push(Cut {
                    tile: tile * axis.step,
                    from: within * axis.stride,
                    to: next * to,
                    line: Line { count, from: step * axis.stride, to },
                });
                next += count;
            }
            to *= wanted.count;
            cuts.push(pieces);
        }
        if to == each { Ok(cuts) } else { Err(self.wrong_part(cube)) }
    }

    /// Where the values of this column begin in a tile.
    fn column_offset(&self, cube: &Cube) -> Result<u64> {
        let offset = self
            .before
            .iter()
            .try_fold(0u64, |offset, kind| offset.checked_add(bytes_of(*kind, cube.tile_len)?));
        offset.ok_or_else(|| Error::corrupt(&self.shared.path, "a tile larger than any file"))
    }

    fn lock_pool(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn undefined(&self, row: u64) -> Error {
        Error::Undefined { column: self.name.clone(), row }
    }

    fn wrong_length(&self, rows: &Range<u64>) -> Error {
        let what = format!("rows {rows:?} wanted into a buffer of another length");
        Error::Shape { column: self.name.clone(), what }
    }

    fn wrong_part(&self, cube: &Cube) -> Error {
        let what = format!("cells of shape {:?} where others are wanted", cube.cell_shape());
        Error::Shape { column: self.name.clone(), what }
    }
}

/// Goes on to the next tile of a row of tiles.
fn next(chosen: &mut [usize], cuts: &[Vec<Cut>]) -> bool {
    for (at, cuts) in chosen.iter_mut().zip(cuts) {
        *at += 1;
        if *at < cuts.len() {
            return true;
        }
        *at = 0;
    }
    false
}

impl ColumnReader for DataColumn {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        Ok(match self.shared.locate(row)? {
            Location::Rows(located) => Some(located.cube.cell_shape()),
            Location::Nothing(_) => None,
        })
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let first = self.shared.locate(rows.start)?;
        let mut end = rows.start.saturating_add(first.count());
        while end < rows.end {
            match self.shared.locate(end) {
                Ok(next) if first.same_shape(&next) => end = end.saturating_add(next.count()),
                // What is wrong there is told when that row is asked for.
                _ => break,
            }
        }
        Ok((first.shape(), end.min(rows.end) - rows.start))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        self.read_cells(rows, None, out)
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        self.read_cells(rows, Some(part), out)
    }

    fn grain(&self, row: u64) -> u64 {
        let Ok(Location::Rows(located)) = self.shared.locate(row) else {
            return 1;
        };
        let cube = located.cube;
        let axis = cube.rows[0];
        let (position, _, _) = cube.position(located.at);
        // Large rows of tiles are read in even parts.
        let bytes = cube.cell_len().max(1) * self.format.width;
        let rows = axis.tile.min((GRAIN / bytes).max(1));
        let within = position % axis.tile;
        let left = (rows - within % rows).min(axis.tile - within);
        (left as u64).min(located.count)
    }
}

impl Location<'_> {
    fn count(&self) -> u64 {
        match self {
            Self::Rows(located) => located.count,
            Self::Nothing(count) => (*count).max(1),
        }
    }

    fn shape(&self) -> Option<Shape> {
        match self {
            Self::Rows(located) => Some(located.cube.cell_shape()),
            Self::Nothing(_) => None,
        }
    }

    fn same_shape(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing(_), Self::Nothing(_)) => true,
            (Self::Rows(one), Self::Rows(two)) => {
                let (one_cell, two_cell) = (&one.cube.cell, &two.cube.cell);
                one.index == two.index
                    || one_cell
                        .iter()
                        .map(|axis| axis.length)
                        .eq(two_cell.iter().map(|axis| axis.length))
            }
            _ => false,
        }
    }
}
