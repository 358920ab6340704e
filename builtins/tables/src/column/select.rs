//! Lists of rows: a column of chosen rows in any order.

use std::sync::Arc;

use super::Column;
use crate::data_type::Element;
use crate::error::{Error, Result};
use crate::reference::Rows;

impl Column {
    /// The column of these rows only, in their order; rows may be repeated.
    /// Neighbouring rows are still read together.
    pub fn select(&self, rows: impl Into<Vec<u64>>) -> Result<Self> {
        let rows = rows.into();
        if let Some(row) = rows.iter().find(|row| **row >= self.nrow) {
            return Err(Error::Range {
                what: format!("column {}: row {row} of {}", self.name(), self.nrow),
            });
        }
        let nrow = rows.len() as u64;
        let reader = Arc::new(Rows::new(Arc::clone(&self.reader), Arc::new(rows)));
        Ok(Self::new(Arc::clone(&self.table), self.at, nrow, reader))
    }

    /// The values of a list of rows of one shape, one cell after the other.
    pub fn values_for<T: Element>(&self, rows: &[u64]) -> Result<Vec<T>> {
        let chosen = self.select(rows)?;
        chosen.values(0..chosen.nrow())
    }
}
