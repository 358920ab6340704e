//! Diagnostic rows for a file: statements of many rows, the same text again and
//! again, so that it is prepared once.

use super::diagnostics::{DiagRow, Diagnostics, Field};
use crate::ddl::{list, quoted};
use crate::error::Result;
use crate::store::{Statement, Transaction, Value};

/// Rows of a statement.
const ROWS: usize = 128;

/// Bytes after which a statement is sent, however few rows it has.
const BYTES: usize = 8 << 20;

pub(super) fn insert(
    tx: &mut Transaction,
    kind: Diagnostics,
    set: i64,
    stamp: Option<i64>,
    rows: &mut dyn Iterator<Item = Result<DiagRow<'_>>>,
) -> Result<u64> {
    let mut count = 0;
    let mut values: Vec<Vec<Value>> = Vec::with_capacity(ROWS);
    let mut bytes = 0;
    for row in rows {
        let row = row?;
        bytes += row.values.len();
        values.push(row.fields(set, stamp, kind).into_iter().map(value).collect());
        if values.len() == ROWS || bytes >= BYTES {
            count += send(tx, kind, &mut values)?;
            bytes = 0;
        }
    }
    Ok(count + send(tx, kind, &mut values)?)
}

fn value(field: Field<'_>) -> Value {
    match field {
        Field::Long(value) => value.into(),
        Field::Word(value) => value.into(),
        Field::Short(value) => i32::from(value).into(),
        Field::Float(value) => value.into(),
        Field::Text(text) => text.into(),
        Field::Bytes(bytes) => bytes.to_vec().into(),
        Field::Nothing(kind) => Value::Null(kind),
    }
}

fn send(tx: &mut Transaction, kind: Diagnostics, rows: &mut Vec<Vec<Value>>) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let table = kind.table();
    let ids = tx.next_ids(table, rows.len())?;
    let mut columns: Vec<&str> = table.id.map(|(column, _)| column).into_iter().collect();
    columns.extend(kind.columns());
    // Places without numbers: SQLite counts them itself.
    let one = format!("({})", vec!["?"; columns.len()].join(", "));
    let text = format!(
        "INSERT INTO {} ({}) VALUES {}",
        quoted(table.name),
        list(&columns),
        vec![one.as_str(); rows.len()].join(", ")
    );
    let mut values = Vec::with_capacity(rows.len() * columns.len());
    for (id, row) in ids.into_iter().zip(rows.drain(..)) {
        values.push(Value::Int(id));
        values.extend(row);
    }
    tx.execute(Statement::built(text, values))
}
