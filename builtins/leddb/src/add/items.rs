//! Rows of lists as products of a store.

use std::collections::HashMap;

use ledama_base::corrections::Corrections;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::lists::{Fault, Product};
use crate::observe::{Identity, Overrides, Place};
use crate::store::{Statement, Transaction};

/// A product to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which it is.
    pub identity: Identity,
    /// Its size, MiB.
    pub size_mb: Option<i64>,
    /// MD5 of its content, if the list told it.
    pub checksum: Option<String>,
}

/// The rows of a list as products of a store, each place once; how many rows named
/// one again.
///
/// # Errors
/// All rows that cannot be products, with their lines.
pub fn items(
    place: Place<'_>,
    rows: &[Product],
    overrides: &Overrides,
    corrections: &Corrections,
) -> std::result::Result<(Vec<Item>, usize), Vec<Fault>> {
    let mut items: Vec<Item> = Vec::with_capacity(rows.len());
    let mut seen: HashMap<&str, (usize, usize)> = HashMap::with_capacity(rows.len());
    let mut faults = Vec::new();
    let mut twice = 0;
    for row in rows {
        let size_mb = row.size_mb.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
        if let Some((at, line)) = seen.get(row.path.as_str()) {
            let first = &items[*at];
            if first.size_mb == size_mb && first.checksum == row.checksum {
                twice += 1;
            } else {
                let problem = format!("line {line} tells something else of {}", row.path);
                faults.push(Fault { line: row.line, problem });
            }
            continue;
        }
        match Identity::parse(place, &row.path, overrides, corrections) {
            Ok(identity) => {
                seen.insert(&row.path, (items.len(), row.line));
                items.push(Item { identity, size_mb, checksum: row.checksum.clone() });
            }
            Err(rejected) => {
                faults.push(Fault { line: row.line, problem: rejected.to_string() });
            }
        }
    }
    if faults.is_empty() { Ok((items, twice)) } else { Err(faults) }
}

/// Which of the products the database has, in their order.
pub fn known(tx: &mut Transaction, items: &[Item]) -> Result<Vec<bool>> {
    items.iter().map(|item| stored(tx, &item.identity).map(|found| found.is_some())).collect()
}

/// What the database knows of a place that a list tells as well.
pub(super) struct Stored {
    pub size_mb: Option<i64>,
    pub modified: Option<i64>,
    pub checksum: Option<String>,
}

pub(super) fn stored(tx: &mut Transaction, identity: &Identity) -> Result<Option<Stored>> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT \"product_size\", \"last_modification\", \"checksum\" FROM \"measurementset_product\" \
         WHERE \"store_host\" = $1 AND \"parent_path\" = $2 AND \"name\" = $3",
        vec![
            identity.host.as_str().into(),
            identity.parent.as_str().into(),
            identity.name.as_str().into(),
        ],
    ))?;
    row.map(|row| Ok(Stored { size_mb: row.get(0)?, modified: row.get(1)?, checksum: row.get(2)? }))
        .transpose()
}
