//! Coordinate and id columns: their values are no tiles but stand in the
//! header, with each hypercube.
//!
//! An id is one value for all rows of a hypercube. A coordinate is a vector
//! along one axis of the hypercube; where that is an axis of the cells, each
//! cell is the whole vector, else each row has one element of it.
//!
//! Source: `casacore/tables/DataMan/{TSMIdColumn,TSMCoordColumn}.cc`.

use std::ops::Range;
use std::sync::Arc;

use crate::buffer::BufferMut;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape, check_type};
use crate::value::{Array, Value};

use super::files::{Located, Location, Shared};

/// Reads a coordinate or id column.
pub(super) struct ValueColumn {
    shared: Arc<Shared>,
    name: String,
    kind: crate::data_type::DataType,
    scalar: bool,
    /// The axis of the hypercubes whose coordinate it is; `None` for an id.
    axis: Option<usize>,
    /// The value with each hypercube.
    values: Vec<Option<Value>>,
}

impl ValueColumn {
    pub(super) fn new(
        shared: Arc<Shared>,
        desc: &crate::desc::ColumnDesc,
        axis: Option<usize>,
        values: Vec<Option<Value>>,
    ) -> Self {
        let (name, kind, scalar) = (desc.name.clone(), desc.data_type, desc.scalar);
        Self { shared, name, kind, scalar, axis, values }
    }

    /// The value of the hypercube a row is in, and where the row is.
    fn value(&self, row: u64) -> Result<Option<(&Value, Located<'_>)>> {
        match self.shared.locate(row)? {
            Location::Rows(located) => {
                let value = self.values.get(located.index).and_then(Option::as_ref);
                Ok(value.map(|value| (value, located)))
            }
            Location::Nothing(_) => Ok(None),
        }
    }

    /// The place of a row's element in the vector of a coordinate.
    fn element(&self, located: &Located<'_>) -> usize {
        let mut rest = located.at;
        let skipped = self.axis.and_then(|axis| axis.checked_sub(located.cube.cell.len()));
        for axis in located.cube.rows.iter().take(skipped.unwrap_or(0)) {
            rest /= (axis.length as u64).max(1);
        }
        let axis = skipped.and_then(|axis| located.cube.rows.get(axis));
        let length = axis.map_or(1, |axis| axis.length as u64).max(1);
        usize::try_from(rest % length).unwrap_or(0)
    }

    fn wrong(&self, row: u64) -> Error {
        let what = format!("column {} has no fitting value in row {row}", self.name);
        Error::corrupt(&self.shared.path, what)
    }
}

impl ColumnReader for ValueColumn {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        if self.scalar {
            return Ok(Some(Shape::new()));
        }
        Ok(match self.value(row)? {
            Some((Value::Array(array), _)) => Some(array.shape().to_vec()),
            Some(_) => return Err(self.wrong(row)),
            None => None,
        })
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, self.kind, &out)?;
        let count = usize::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(0).max(1);
        let each = out.len() / count;
        for (at, row) in rows.enumerate() {
            let Some((value, located)) = self.value(row)? else {
                return Err(Error::Undefined { column: self.name.clone(), row });
            };
            let first = if self.scalar { self.element(&located) } else { 0 };
            let out = out.slice(at * each..(at + 1) * each);
            fill(value, first, out).ok_or_else(|| self.wrong(row))?;
        }
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        match self.shared.locate(row) {
            Ok(Location::Rows(located)) => located.count.min(1 << 16),
            _ => 1,
        }
    }
}

/// Copies a scalar, or the elements of a vector from a place on.
fn fill(value: &Value, first: usize, out: BufferMut<'_>) -> Option<()> {
    macro_rules! kinds {
        ($($kind:ident)*) => {
            match (out, value) {
                $(
                    (BufferMut::$kind([out]), Value::$kind(value)) => *out = value.clone(),
                    (BufferMut::$kind(out), Value::Array(Array::$kind(array))) => {
                        let values = array.as_slice()?.get(first..)?.get(..out.len())?;
                        out.clone_from_slice(values);
                    }
                )*
                _ => return None,
            }
        };
    }
    kinds!(Bool UChar Short UShort Int UInt Int64 Float Double Complex DComplex String);
    Some(())
}
