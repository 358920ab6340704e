//! Rows as bytes into a table: `COPY` on a server, statements of many rows in a file.

use std::ops::ControlFlow;

use super::{cells, columns};
use crate::ddl::{list, quoted};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::Table;
use crate::store::{Statement, Transaction, Value};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Bytes sent at once.
const PIECE: usize = 1 << 20;

/// Values of a statement, and bytes after which it is sent anyway.
const VALUES: usize = 2000;
const BYTES: usize = 8 << 20;

/// A table that takes rows.
#[derive(Debug)]
pub(crate) struct Bulk {
    table: &'static Table,
    /// Where they go: the table itself or a partition of it.
    target: String,
}

impl Bulk {
    /// Into the table.
    pub(crate) fn into(table: &'static Table) -> Self {
        Self { table, target: table.name.to_string() }
    }

    /// Into a table of the same columns, such as a partition that is not attached yet.
    pub(crate) fn named(table: &'static Table, target: String) -> Self {
        Self { table, target }
    }

    /// Writes rows as `next` gives them, until it gives none: it appends one to the
    /// buffer and says whether there was one. How many were written.
    pub(crate) fn write(
        &self,
        tx: &mut Transaction,
        mut next: impl FnMut(&mut Vec<u8>) -> Result<bool>,
    ) -> Result<u64> {
        let columns = columns(self.table);
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let mut row = Vec::new();
        if tx.dialect() == Dialect::Postgres {
            let text = format!(
                "COPY {} ({}) FROM STDIN (FORMAT binary)",
                quoted(&self.target),
                list(&names)
            );
            let mut begun = false;
            return tx.copy(&text, |buffer| {
                if !begun {
                    begun = true;
                    buffer.extend_from_slice(SIGNATURE);
                    buffer.extend_from_slice(&[0; 8]);
                }
                while buffer.len() < PIECE {
                    row.clear();
                    if !next(&mut row)? {
                        buffer.extend_from_slice(&(-1_i16).to_be_bytes());
                        return Ok(ControlFlow::Break(()));
                    }
                    cells::copy_form(&row, &columns, buffer)?;
                }
                Ok(ControlFlow::Continue(()))
            });
        }
        let one = format!("({})", vec!["?"; columns.len()].join(", "));
        let most = (VALUES / columns.len()).max(1);
        let begin = format!("INSERT INTO {} ({}) VALUES ", quoted(&self.target), list(&names));
        let full = format!("{begin}{}", vec![one.as_str(); most].join(", "));
        let mut values: Vec<Value> = Vec::with_capacity(most * columns.len());
        let (mut rows, mut bytes, mut written) = (0, 0, 0);
        loop {
            row.clear();
            let more = next(&mut row)?;
            if more {
                bytes += row.len();
                rows += 1;
                values.extend(cells::values(&row, &columns)?);
            }
            if rows > 0 && (!more || rows == most || bytes >= BYTES) {
                let text = if rows == most {
                    full.clone()
                } else {
                    format!("{begin}{}", vec![one.as_str(); rows].join(", "))
                };
                written += tx.execute(Statement::built(text, std::mem::take(&mut values)))?;
                (rows, bytes) = (0, 0);
            }
            if !more {
                return Ok(written);
            }
        }
    }

    /// Writes rows of values.
    pub(crate) fn write_values(
        &self,
        tx: &mut Transaction,
        mut rows: impl Iterator<Item = Result<Vec<Value>>>,
    ) -> Result<u64> {
        self.write(tx, |to| match rows.next() {
            None => Ok(false),
            Some(row) => cells::encode_values(&row?, to).map(|()| true),
        })
    }
}
