//! Files of a machine against the rows of the database.

use std::collections::HashSet;

use ledama_base::path::join;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::store::{Statement, Transaction};

/// What is different.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Paths that are there and that the database does not know.
    pub unknown: Vec<String>,
    /// Paths below the roots that the database knows and that are not there.
    pub absent: Vec<String>,
}

/// Compares what a machine has below some folders with what the database knows of it.
pub fn compare_files(
    tx: &mut Transaction,
    host: &str,
    roots: &[String],
    there: &[String],
) -> Result<Seen> {
    let rows = tx.rows(Statement::constant(
        "SELECT \"parent_path\", \"name\" FROM \"measurementset_product\" WHERE \"store_host\" = $1 ORDER BY 1, 2",
        vec![host.into()],
    ))?;
    let mut known = Vec::with_capacity(rows.len());
    for row in rows {
        let (parent, name) = (row.get::<String>(0)?, row.get::<String>(1)?);
        known.push(join(&parent, &name).into_owned());
    }
    let here: HashSet<&str> = there.iter().map(String::as_str).collect();
    let rows: HashSet<&str> = known.iter().map(String::as_str).collect();
    let unknown = there.iter().filter(|path| !rows.contains(path.as_str())).cloned().collect();
    let absent = known
        .iter()
        .filter(|path| roots.iter().any(|root| is_below(path, root)))
        .filter(|path| !here.contains(path.as_str()))
        .cloned()
        .collect();
    Ok(Seen { unknown, absent })
}

/// Whether a path lies below a folder, by whole components.
fn is_below(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}
