//! The tiles that are being filled with the cells of a new column.

use super::super::cells::Cell;
use super::super::files::NewFile;
use super::Cube;
use crate::error::Result;

/// The tiles of a hypercube that hold the same rows.
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    pub(super) number: u64,
    /// The row of the hypercube that comes next.
    pub(super) next: u64,
}

impl Layer {
    /// Puts the next cell into its tiles.
    pub(super) fn put(
        &mut self,
        cube: &Cube,
        bucket: u64,
        cell: Cell<'_>,
        file: &NewFile,
    ) -> Result<()> {
        let tile_rows = cube.tile.last().copied().unwrap_or(1) as u64;
        let number = self.next / tile_rows;
        if number != self.number {
            self.write(file)?;
            self.bytes.fill(0);
            self.number = number;
        }
        let within = usize::try_from(self.next % tile_rows).unwrap_or(0);
        let bucket = usize::try_from(bucket).unwrap_or(0);
        let values: usize = cube.cell.iter().product();
        let cell_tile = &cube.tile[..cube.cell.len()];
        let row_step: usize = cell_tile.iter().product();
        let line = cube.cell[0];
        let mut place = vec![0; cube.cell.len()];
        for first in (0..values).step_by(line) {
            // The tile of the line on all axes but the first, and its place in there.
            let (mut tile, mut tiles, mut offset, mut stride) = (0, 1, within * row_step, 1);
            for ((at, axis), length) in place.iter().zip(&cube.cell).zip(cell_tile) {
                tile += at / length * tiles;
                offset += at % length * stride;
                tiles *= axis.div_ceil(*length);
                stride *= length;
            }
            let mut done = 0;
            while done < line {
                let some = cell_tile[0].min(line - done);
                let start = (tile + done / cell_tile[0]) * bucket;
                match cell {
                    Cell::Bytes(bytes) => {
                        let width = bytes.len() / values;
                        self.bytes[start + offset * width..][..some * width]
                            .copy_from_slice(&bytes[(first + done) * width..][..some * width]);
                    }
                    Cell::Bools(bools) => {
                        for (at, value) in bools[first + done..][..some].iter().enumerate() {
                            let bit = offset + at;
                            self.bytes[start + bit / 8] |= u8::from(*value) << (bit % 8);
                        }
                    }
                    Cell::Texts(_) | Cell::Record(_) => {}
                }
                done += some;
            }
            for (at, axis) in place.iter_mut().zip(&cube.cell).skip(1) {
                *at += 1;
                if *at < *axis {
                    break;
                }
                *at = 0;
            }
        }
        self.next += 1;
        Ok(())
    }

    pub(super) fn write(&self, file: &NewFile) -> Result<()> {
        if self.bytes.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let start = self.number * self.bytes.len() as u64;
        file.write(&self.bytes, start)
    }
}
