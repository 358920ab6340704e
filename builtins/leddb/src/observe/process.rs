//! One product brought up to date: added, changed, moved, or only seen again.

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::product::{Facts, Product, State};
use super::reference::{self as rows, Refresh, Writer};
use crate::error::Result;
use crate::load::Existing;
use crate::meta;
use crate::schema::reference;
use crate::store::{Statement, Transaction, Value};

/// What happened to a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not known.
    Added,
    /// It was known, and something of it changed.
    Updated,
    /// It was known as part of another measurement set.
    Moved,
    /// It was known and is as it was.
    Kept,
}

impl Change {
    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Moved => "moved",
            Self::Kept => "kept",
        }
    }
}

/// A product after it was processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processed {
    /// What happened.
    pub change: Change,
    /// Its observation.
    pub lds: String,
    /// Id of its beam.
    pub beam: i64,
    /// Id of its product.
    pub product: i64,
    /// Id of its measurement set.
    pub set: i64,
    /// Id of the file or folder.
    pub msp: i64,
    /// The measurement set it belonged to before, if it moved.
    pub moved_from: Option<i64>,
}

/// A file or folder as the database has it.
#[derive(Debug, Clone)]
struct Stored {
    msp: i64,
    set: i64,
    size: Option<i64>,
    modified: Option<i64>,
    integration_time: f64,
    channels: i64,
    state: State,
    lds: String,
}

/// Brings one product up to date, in the transaction of the caller, with the mark
/// of its observation.
///
/// What cannot be read this time stays what it was when it could be.
pub fn process(tx: &mut Transaction, product: &Product) -> Result<Processed> {
    let identity = &product.identity;
    let stored = stored(tx, identity)?;
    let mut facts = product.facts.clone();
    let readable = facts.state == State::Ok;
    if let Some(stored) = &stored {
        keep_averaging(&mut facts, stored);
    }
    let modified = stored.as_ref().is_some_and(|stored| stored.modified != product.modified);
    let refresh = if modified && readable { Refresh::Renew } else { Refresh::Fill };
    let mut to = Writer { tx, changed: false };
    let ids = rows::write(&mut to, identity, &facts, refresh, product.seen)?;
    let moved_from = match &stored {
        Some(stored) if stored.set != ids.set => {
            remove(to.tx, stored.msp)?;
            meta::mark(to.tx, &stored.lds)?;
            Some(stored.set)
        }
        _ => None,
    };
    to.name(&reference::STORE_HOST, &identity.host)?;
    to.name(&reference::PARENT_PATH, &identity.parent)?;
    let above = to.changed;
    let msp = file(&mut to, product, ids.set)?;
    let own = stored.as_ref().is_none_or(|stored| {
        stored.modified != product.modified
            || (product.size_mb.is_some() && stored.size != product.size_mb)
    });
    let change = match (&stored, moved_from) {
        (None, _) => Change::Added,
        (Some(_), Some(_)) => Change::Moved,
        (Some(_), None) if above || own => Change::Updated,
        _ => Change::Kept,
    };
    if change != Change::Kept {
        meta::mark(to.tx, &identity.lds)?;
    }
    Ok(Processed {
        change,
        lds: identity.lds.clone(),
        beam: ids.beam,
        product: ids.product,
        set: ids.set,
        msp,
        moved_from,
    })
}

/// Averaging is part of the identity of a product: where it cannot be told now, it
/// stays what it was, so that a fault of a moment takes no diagnostics away.
fn keep_averaging(facts: &mut Facts, stored: &Stored) {
    if !matches!(facts.state, State::Error | State::Unknown) {
        return;
    }
    facts.state = stored.state;
    let known = stored.state == State::Ok;
    facts.integration_time = known.then_some(stored.integration_time);
    facts.channels = known.then_some(stored.channels);
    facts.description = None;
}

fn stored(tx: &mut Transaction, identity: &Identity) -> Result<Option<Stored>> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT f.\"measurementset_product_id\", f.\"measurementset_id\", f.\"product_size\", f.\"last_modification\", \
         p.\"integration_time\", p.\"number_channels\", p.\"product_state\", b.\"lofar_dataset\" \
         FROM \"measurementset_product\" AS f \
         JOIN \"measurementset\" AS m ON m.\"measurementset_id\" = f.\"measurementset_id\" \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE f.\"store_host\" = $1 AND f.\"parent_path\" = $2 AND f.\"name\" = $3",
        vec![
            identity.host.as_str().into(),
            identity.parent.as_str().into(),
            identity.name.as_str().into(),
        ],
    ))?;
    row.map(|row| {
        Ok(Stored {
            msp: row.get(0)?,
            set: row.get(1)?,
            size: row.get(2)?,
            modified: row.get(3)?,
            integration_time: row.get(4)?,
            channels: row.get(5)?,
            state: state(row.text(6)?.unwrap_or_default()),
            lds: row.get(7)?,
        })
    })
    .transpose()
}

fn state(word: &str) -> State {
    [State::Ok, State::Tar, State::Bvf, State::Error]
        .into_iter()
        .find(|state| state.word() == word)
        .unwrap_or(State::Unknown)
}

fn file(to: &mut Writer<'_>, product: &Product, set: i64) -> Result<i64> {
    let identity = &product.identity;
    to.put_one(
        &reference::MEASUREMENTSET_PRODUCT,
        &[
            "store_host",
            "parent_path",
            "name",
            "measurementset_id",
            "last_check",
            "last_modification",
            "product_size",
        ],
        vec![
            identity.host.as_str().into(),
            identity.parent.as_str().into(),
            identity.name.as_str().into(),
            set.into(),
            product.seen.into(),
            product.modified.into(),
            product.size_mb.into(),
        ],
        Existing::Overwrite,
    )
}

pub(super) fn remove(tx: &mut Transaction, msp: i64) -> Result<()> {
    tx.execute(Statement::constant(
        "DELETE FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = $1",
        vec![Value::Int(msp)],
    ))
    .map(drop)
}
