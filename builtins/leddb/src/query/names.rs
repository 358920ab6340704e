//! Columns by the names that users give them.

use ledama_base::suggest;

use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::pseudo::{PseudoColumn, PseudoTable};

/// The column that a name means: header, alias, database column or `table.column`.
pub fn column(table: &PseudoTable, name: &str) -> Result<&'static PseudoColumn> {
    let by_key = || {
        let (relation, column) = name.split_once('.')?;
        table.keyed(relation, column)
    };
    // The files of older programs write database columns in capitals.
    let lower = || {
        let lower = name.to_ascii_lowercase();
        table.columns.iter().find(|column| column.column == lower)
    };
    table.column(name).or_else(by_key).or_else(lower).ok_or_else(|| {
        let headers = table.columns.iter().map(|column| column.header);
        let known = headers.clone().collect::<Vec<_>>().join(", ");
        LeddbError::Input {
            message: format!("{} has no column `{name}`", table.name),
            help: Some(match suggest::did_you_mean(name, headers) {
                Some(question) => format!("{question} It has {known}"),
                None => format!("it has {known}"),
            }),
        }
    })
}

/// The same, if it may stand in conditions.
pub fn filterable(table: &PseudoTable, name: &str) -> Result<&'static PseudoColumn> {
    let column = column(table, name)?;
    if column.marks.filter {
        return Ok(column);
    }
    Err(LeddbError::input(format!("`{}` of {} cannot be filtered on", column.header, table.name)))
}

/// The same, if rows may be sorted by it.
pub fn sortable(table: &PseudoTable, name: &str) -> Result<&'static PseudoColumn> {
    let column = column(table, name)?;
    if column.kind() != Type::Values {
        return Ok(column);
    }
    Err(LeddbError::input(format!("rows cannot be sorted by `{}`", column.header)))
}

/// The same, if it may be shown in a table.
pub fn showable(table: &PseudoTable, name: &str) -> Result<&'static PseudoColumn> {
    let column = column(table, name)?;
    if column.kind() != Type::Values {
        return Ok(column);
    }
    Err(LeddbError::Input {
        message: format!("`{}` holds arrays, which no table shows", column.header),
        help: Some("ask for the values of the query instead".to_string()),
    })
}
