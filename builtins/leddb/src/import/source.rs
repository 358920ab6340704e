//! Reading the original.

use std::collections::BTreeSet;

use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema::{self, Column, Type};
use crate::store::{Location, Statement, Transaction};

/// Fails unless it is an original database.
pub(super) fn check(tx: &mut Transaction, place: &Location) -> Result<()> {
    let not = |reason: &str| LeddbError::Input {
        message: format!("{place} is no LEDDB of the original program: {reason}"),
        help: Some("name the original with `--from postgres://HOST/NAME`".to_string()),
    };
    if tx.dialect() == Dialect::Sqlite {
        return Err(not("it is a file"));
    }
    if has(tx, "schema_version")? {
        return Err(not("this program made it; SyncLEDDBs or a backup copies it"));
    }
    for table in ["measurementset", "lofar_dataset_beam_product", "gain"] {
        if !has(tx, table)? {
            return Err(not(&format!("it has no table `{table}`")));
        }
    }
    Ok(())
}

/// Whether it has a table.
pub(super) fn has(tx: &mut Transaction, table: &str) -> Result<bool> {
    let text = "SELECT to_regclass('public.' || quote_ident($1)) IS NOT NULL";
    tx.row(Statement::constant(text, vec![table.into()]))?.get(0)
}

/// Names of the columns of a table.
pub(super) fn columns(tx: &mut Transaction, table: &str) -> Result<BTreeSet<String>> {
    let rows = tx.rows(Statement::constant(
        "SELECT CAST(column_name AS text) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
        vec![table.into()],
    ))?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// A column as our type, or nothing where the original has none.
pub(super) fn cell(column: &Column, there: &BTreeSet<String>) -> String {
    let kind = match column.kind {
        Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => "bigint",
        Type::Float => "double precision",
        Type::Bool => "boolean",
        Type::Text(_) | Type::Json => "text",
        Type::Floats(_) => "double precision[]",
        Type::Ints(_) => "bigint[]",
        Type::Values => "bytea",
    };
    if there.contains(column.name) {
        format!("CAST({} AS {kind})", quoted(column.name))
    } else {
        format!("CAST(NULL AS {kind})")
    }
}

/// Next ids as the sequences of the original tell.
pub(super) fn sequences(tx: &mut Transaction) -> Result<Vec<(String, i64)>> {
    let mut all = Vec::new();
    for table in schema::tables().filter(|table| table.id.is_some()) {
        let name = format!("{}_seq", table.name);
        if has(tx, &name)? {
            let text = format!("SELECT CAST(last_value AS bigint) + 1 FROM {}", quoted(&name));
            all.push((table.name.to_string(), tx.row(Statement::built(text, Vec::new()))?.get(0)?));
        }
    }
    Ok(all)
}
