//! Names in SQL: always quoted, never longer than a server keeps.

use crate::error::{LeddbError, Result};

/// Longest name, in bytes; PostgreSQL cuts longer ones without a word.
pub const LONGEST: usize = 63;

/// A name between quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names between quotes and commas.
pub(crate) fn list(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// A name that comes from outside the schema (a database, a role), quoted.
pub(crate) fn outside(name: &str) -> Result<String> {
    if name.is_empty() || name.len() > LONGEST || name.contains('\0') {
        return Err(LeddbError::Input {
            message: format!("`{name}` cannot be a name in a database"),
            help: Some(format!("names have 1 to {LONGEST} bytes")),
        });
    }
    Ok(quoted(name))
}
