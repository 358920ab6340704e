//! Where single values stand, for edits that change them in place.

use super::cube::bytes_of;
use super::files::{Location, Shared};
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::Spot;

/// Where the values of a cell stand; `None` where the row has no cell yet.
/// `before` are the types of the columns before this one in a tile.
pub(super) fn of_cell(
    shared: &Shared,
    kind: DataType,
    before: &[DataType],
    row: u64,
) -> Result<Option<Vec<Spot>>> {
    let Location::Rows(located) = shared.locate(row)? else { return Ok(None) };
    let cube = located.cube;
    let (Some(file), Some(axis)) = (cube.file, cube.rows.first()) else { return Ok(None) };
    let too_large = || Error::corrupt(&shared.path, "a tile larger than any file");
    let column = before
        .iter()
        .try_fold(cube.offset, |at, kind| at.checked_add(bytes_of(*kind, cube.tile_len)?))
        .ok_or_else(too_large)?;
    let bits = kind.width().map_or(1, |width| 8 * width as u64);
    let (position, tile, value) = cube.position(located.at);
    let first_tile = tile + position / axis.tile * axis.step;
    let first_value = value + position % axis.tile * axis.stride;
    let mut spots: Vec<Spot> = Vec::new();
    for place in 0..cube.cell_len() {
        let (mut rest, mut tile, mut value) = (place, first_tile, first_value);
        for axis in &cube.cell {
            let at = rest % axis.length;
            rest /= axis.length;
            tile += at / axis.tile * axis.step;
            value += at % axis.tile * axis.stride;
        }
        let bit = (tile as u64)
            .checked_mul(cube.bucket)
            .and_then(|at| at.checked_add(column)?.checked_mul(8))
            .and_then(|at| at.checked_add((value as u64).checked_mul(bits)?))
            .ok_or_else(too_large)?;
        match spots.last_mut() {
            Some(last) if last.bit + last.count as u64 * bits == bit => last.count += 1,
            _ => spots.push(Spot { suffix: format!("_TSM{file}"), bit, first: place, count: 1 }),
        }
    }
    Ok(Some(spots))
}
