//! The key of a row that is known as bytes only.

use super::{cells, columns};
use crate::error::{LeddbError, Result};
use crate::schema::{Table, Type};
use crate::store::Value;

/// Where some columns of a table are in its rows.
#[derive(Debug)]
pub(crate) struct Keys {
    places: Vec<(usize, Type)>,
    count: usize,
}

impl Keys {
    /// The primary key.
    pub(crate) fn of(table: &Table) -> Self {
        let columns = columns(table);
        let place = |name: &&str| columns.iter().position(|column| column.name == *name);
        let places = table.primary.iter().filter_map(place);
        Self {
            places: places.map(|place| (place, columns[place].kind)).collect(),
            count: columns.len(),
        }
    }

    /// One column.
    pub(crate) fn of_column(table: &Table, name: &str) -> Result<Self> {
        let columns = columns(table);
        let place = columns
            .iter()
            .position(|column| column.name == name)
            .ok_or_else(|| LeddbError::input(format!("`{}` has no column `{name}`", table.name)))?;
        Ok(Self { places: vec![(place, columns[place].kind)], count: columns.len() })
    }

    /// The key of a row: its cells in the order of the key.
    pub(crate) fn key(&self, row: &[u8]) -> Result<Box<[u8]>> {
        let cells: Vec<Option<&[u8]>> = cells::cells(row, self.count).collect::<Result<_>>()?;
        let mut key = Vec::new();
        for (place, _) in &self.places {
            let cell = cells.get(*place).copied().flatten().unwrap_or_default();
            key.extend_from_slice(&u32::try_from(cell.len()).unwrap_or(u32::MAX).to_be_bytes());
            key.extend_from_slice(cell);
        }
        Ok(key.into())
    }

    /// The values of a key.
    pub(crate) fn values(&self, key: &[u8]) -> Result<Vec<Value>> {
        cells::cells(key, self.places.len())
            .zip(&self.places)
            .map(|(cell, (_, kind))| cells::value(cell?, *kind))
            .collect()
    }

    /// The integer in the only column of the key.
    pub(crate) fn integer(&self, row: &[u8]) -> Result<i64> {
        let place = self.places.first().map_or(0, |(place, _)| *place);
        let cell = cells::cells(row, self.count).nth(place);
        match cells::value(cell.transpose()?.flatten(), Type::Int64)? {
            Value::Int(number) => Ok(number),
            _ => Err(LeddbError::Damaged { reason: "a row has no key".to_string() }),
        }
    }
}
