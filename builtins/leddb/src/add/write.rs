//! Products of a list written, those that cannot be written counted.

use serde::{Deserialize, Serialize};

use super::items::{Item, stored};
use crate::error::{LeddbError, Result};
use crate::observe::{Change, Facts, Product, akin, process};
use crate::store::{Statement, Transaction};

/// A product that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its path.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What came of some products.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// They are new.
    pub added: u64,
    /// They were there, and something of them changed.
    pub updated: u64,
    /// They were there and are as they were.
    pub skipped: u64,
    /// They could not be written.
    pub failed: Vec<Failure>,
}

/// Writes products. One that the database refuses is left out, told, and takes no
/// other with it; any other fault undoes all.
///
/// `borrow`: take what is not known from the same data on the cluster. `now`: when the
/// list was read, seconds since 1970 UTC.
pub fn add(tx: &mut Transaction, items: &[Item], borrow: bool, now: i64) -> Result<Added> {
    let mut done = Added::default();
    for item in items {
        match tx.attempt(|tx| one(tx, item, borrow, now)) {
            Ok(Change::Added) => done.added += 1,
            Ok(Change::Updated | Change::Moved) => done.updated += 1,
            Ok(Change::Kept) => done.skipped += 1,
            Err(error @ (LeddbError::Input { .. } | LeddbError::Violation(_))) => {
                let (path, reason) = (item.identity.path(), error.to_string());
                done.failed.push(Failure { path, reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn one(tx: &mut Transaction, item: &Item, borrow: bool, now: i64) -> Result<Change> {
    let identity = &item.identity;
    let before = stored(tx, identity)?;
    let mut facts = Facts::unread(identity);
    if borrow {
        facts = facts.or(akin(tx, identity)?);
    }
    // A list tells no times: what is new or has another size was written by now.
    let modified = before
        .as_ref()
        .filter(|before| item.size_mb.is_none() || before.size_mb == item.size_mb)
        .map_or(Some(now), |before| before.modified);
    let product =
        Product { identity: identity.clone(), size_mb: item.size_mb, modified, seen: now, facts };
    let processed = process(tx, &product)?;
    let told = item.checksum.is_some()
        && before.as_ref().and_then(|before| before.checksum.as_ref()) != item.checksum.as_ref();
    if told || processed.change == Change::Moved {
        let known = item.checksum.clone().or_else(|| before.and_then(|before| before.checksum));
        tx.execute(Statement::constant(
            "UPDATE \"measurementset_product\" SET \"checksum\" = $2 WHERE \"measurementset_product_id\" = $1",
            vec![processed.msp.into(), known.into()],
        ))?;
    }
    Ok(if told && processed.change == Change::Kept { Change::Updated } else { processed.change })
}
