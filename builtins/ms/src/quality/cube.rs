//! Rows in any order put into an array.

use std::collections::HashMap;

use ledama_tables::{Complex32, Table};
use ndarray::{Array, Dimension, ShapeBuilder};

use super::{Filling, QualityKind};
use crate::read_error::ReadError;

/// An array may have this many times more places than there are rows; a
/// damaged axis of a table must not exhaust the memory.
const SPARSE: usize = 64;

/// The rows of a statistics table.
pub(super) struct Rows {
    pub(super) count: u64,
    /// The place of the kind of each row; `None` for a kind without a name.
    pub(super) kinds: Vec<Option<usize>>,
    /// How many rows are of such a kind.
    pub(super) unknown: usize,
    /// How many kinds have names.
    known: usize,
    /// Polarizations.
    pub(super) planes: usize,
    /// The values of each row after the other.
    values: Vec<Complex32>,
}

impl Rows {
    pub(super) fn read(table: &Table, kinds: &[QualityKind]) -> Result<Self, ReadError> {
        let count = table.nrow();
        if count == 0 {
            let (kinds, values) = (Vec::new(), Vec::new());
            return Ok(Self { count, kinds, unknown: 0, known: 0, planes: 0, values });
        }
        let places: HashMap<i32, usize> =
            kinds.iter().enumerate().rev().map(|(at, kind)| (kind.number, at)).collect();
        let numbers: Vec<i32> = table.column("KIND")?.values(0..count)?;
        let known = kinds.len();
        let kinds: Vec<Option<usize>> =
            numbers.iter().map(|number| places.get(number).copied()).collect();
        let column = table.column("VALUE")?;
        let planes = match column.shape(0)?.as_deref() {
            Some([planes]) if *planes > 0 => *planes,
            other => {
                let what = format!("VALUE of row 0 has the shape {other:?}, not [polarization]");
                return Err(ReadError::corrupt(table.path(), what));
            }
        };
        let values = column.values(0..count)?;
        let unknown = kinds.iter().filter(|kind| kind.is_none()).count();
        Ok(Self { count, kinds, unknown, known, planes, values })
    }
}

/// An array `[kind][axis]…[polarization]` filled from rows.
pub(super) struct Cube {
    values: Vec<Complex32>,
    pub(super) filling: Filling,
}

impl Cube {
    /// `places` gives the places of a row on the axes.
    pub(super) fn new(
        table: &Table,
        rows: &Rows,
        axes: &[usize],
        places: impl Fn(usize) -> Vec<Option<usize>>,
    ) -> Result<Self, ReadError> {
        let cells = axes.iter().try_fold(rows.known, |all, axis| all.checked_mul(*axis));
        let most = rows.kinds.len().saturating_mul(SPARSE);
        let Some(cells) = cells.filter(|cells| *cells <= most.max(1 << 20)) else {
            let what = format!("{} rows have {axes:?} different places: no grid", rows.count);
            return Err(ReadError::corrupt(table.path(), what));
        };
        let nan = Complex32::new(f32::NAN, f32::NAN);
        let mut values = vec![nan; cells.saturating_mul(rows.planes)];
        let mut filled = vec![0_u16; cells];
        for (row, kind) in rows.kinds.iter().enumerate() {
            let mut at = *kind;
            for (place, length) in places(row).into_iter().zip(axes) {
                at = at.zip(place).map(|(at, place)| at * length + place);
            }
            let Some(at) = at else { continue };
            filled[at] = filled[at].saturating_add(1);
            let range = |at: usize| at * rows.planes..(at + 1) * rows.planes;
            values[range(at)].copy_from_slice(&rows.values[range(row)]);
        }
        let filling = Filling {
            rows: rows.count,
            missing_cells: filled.iter().filter(|count| **count == 0).count(),
            double_cells: filled.iter().filter(|count| **count > 1).count(),
        };
        Ok(Self { values, filling })
    }

    /// The values in their shape, polarizations last.
    pub(super) fn array<D, S>(
        &self,
        table: &Table,
        shape: S,
    ) -> Result<Array<Complex32, D>, ReadError>
    where
        D: Dimension,
        S: ShapeBuilder<Dim = D>,
    {
        Array::from_shape_vec(shape.into_shape_with_order(), self.values.clone())
            .map_err(|error| ReadError::corrupt(table.path(), error.to_string()))
    }
}

/// The different values, ascending.
pub(super) fn ascending(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|next, kept| next.total_cmp(kept).is_eq());
    values
}
