//! What is known of one product given to another that holds the same data: its
//! averaging, its flags, the frequencies of its sets.
//!
//! Averaging is part of what tells products apart. A copy that would make two
//! products the same is refused, and the others are made.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::product::unknown;
use super::update::{Difference, mark};
use crate::error::Result;
use crate::store::{Statement, Transaction, Value};

/// From which product to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The one that is read.
    pub from: i64,
    /// The one that is changed.
    pub to: i64,
}

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The product's own properties.
    pub product: bool,
    /// Frequencies and bandwidths of its sets, by sub-band.
    pub sets: bool,
}

/// What came, or would come, of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The pair.
    #[serde(flatten)]
    pub pair: Pair,
    /// What is different then.
    pub differences: Vec<Difference>,
    /// Why nothing was copied.
    pub refused: Option<String>,
}

/// What makes a product of a beam another one.
type Key = (i64, String, i64, i64, i64, bool, bool, bool);

#[derive(Debug, Clone)]
struct Product {
    beam: i64,
    store: String,
    integration_time: f64,
    channels: i64,
    version: i64,
    raw: bool,
    tar: bool,
    bvf: bool,
    description: Option<String>,
    state: String,
    flags: [Option<bool>; 5],
}

const FLAGS: [&str; 5] =
    ["flagged", "averaged", "calibrated", "dir_dep_calibration", "dir_indep_calibration"];

impl Product {
    fn read(tx: &mut Transaction, id: i64) -> Result<Self> {
        let row = tx.maybe_row(Statement::constant(
            "SELECT \"lofar_dataset_beam_id\", \"store\", \"integration_time\", \"number_channels\", \"product_version\", \
             \"raw\", \"tar\", \"bvf\", \"description\", \"product_state\", \"flagged\", \"averaged\", \"calibrated\", \
             \"dir_dep_calibration\", \"dir_indep_calibration\" \
             FROM \"lofar_dataset_beam_product\" WHERE \"lofar_dataset_beam_product_id\" = $1",
            vec![id.into()],
        ))?;
        let Some(row) = row else { return Err(unknown(id)) };
        let mut flags = [None; 5];
        for (k, flag) in flags.iter_mut().enumerate() {
            *flag = row.get(10 + k)?;
        }
        Ok(Self {
            beam: row.get(0)?,
            store: row.get(1)?,
            integration_time: row.get(2)?,
            channels: row.get(3)?,
            version: row.get(4)?,
            raw: row.get(5)?,
            tar: row.get(6)?,
            bvf: row.get(7)?,
            description: row.get(8)?,
            state: row.get(9)?,
            flags,
        })
    }

    /// The same product with what another one knows.
    fn with(&self, from: &Self) -> Self {
        let mut flags = self.flags;
        for (mine, other) in flags.iter_mut().zip(from.flags) {
            *mine = other.or(*mine);
        }
        Self {
            integration_time: from.integration_time,
            channels: from.channels,
            state: from.state.clone(),
            description: from.description.clone().or_else(|| self.description.clone()),
            flags,
            ..self.clone()
        }
    }

    fn key(&self) -> Key {
        (
            self.beam,
            self.store.clone(),
            crate::load::microseconds(self.integration_time),
            self.channels,
            self.version,
            self.raw,
            self.tar,
            self.bvf,
        )
    }

    fn differences(&self, new: &Self, id: i64) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut add = |what: &str, before: String, after: String| {
            if before != after {
                found.push(Difference { product: id, what: what.to_string(), before, after });
            }
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let flag = |value: Option<bool>| {
            value.map_or("", |flag| if flag { "yes" } else { "no" }).to_string()
        };
        add(
            "integration_time",
            self.integration_time.to_string(),
            new.integration_time.to_string(),
        );
        add("number_channels", self.channels.to_string(), new.channels.to_string());
        add("description", text(&self.description), text(&new.description));
        add("product_state", self.state.clone(), new.state.clone());
        for (k, name) in FLAGS.iter().enumerate() {
            add(name, flag(self.flags[k]), flag(new.flags[k]));
        }
        found
    }
}

/// The pairs of two stores: each product of `to` with the newest product of `from`
/// of the same beam and version whose averaging is known.
pub fn pairs_of_stores(tx: &mut Transaction, from: &str, to: &str) -> Result<Vec<Pair>> {
    let rows = tx.rows(Statement::constant(
        "SELECT t.\"lofar_dataset_beam_product_id\", \
         (SELECT f.\"lofar_dataset_beam_product_id\" FROM \"lofar_dataset_beam_product\" AS f \
          WHERE f.\"store\" = $1 AND f.\"lofar_dataset_beam_id\" = t.\"lofar_dataset_beam_id\" \
          AND f.\"product_version\" = t.\"product_version\" AND f.\"integration_time\" > 0 \
          ORDER BY COALESCE(f.\"add_date\", 0) DESC, f.\"lofar_dataset_beam_product_id\" DESC LIMIT 1) \
         FROM \"lofar_dataset_beam_product\" AS t WHERE t.\"store\" = $2 ORDER BY 1",
        vec![from.into(), to.into()],
    ))?;
    let mut pairs = Vec::new();
    for row in rows {
        if let Some(from) = row.get::<Option<i64>>(1)? {
            pairs.push(Pair { from, to: row.get(0)? });
        }
    }
    Ok(pairs)
}

/// Copies, or with `write` off tells what copying would do.
pub fn copy_properties(
    tx: &mut Transaction,
    pairs: &[Pair],
    parts: Parts,
    write: bool,
) -> Result<Vec<Copied>> {
    let mut claimed: HashMap<Key, i64> = HashMap::new();
    pairs.iter().map(|pair| copy(tx, *pair, parts, write, &mut claimed)).collect()
}

fn copy(
    tx: &mut Transaction,
    pair: Pair,
    parts: Parts,
    write: bool,
    claimed: &mut HashMap<Key, i64>,
) -> Result<Copied> {
    let (from, to) = (Product::read(tx, pair.from)?, Product::read(tx, pair.to)?);
    let refused = |why: String| Copied { pair, differences: Vec::new(), refused: Some(why) };
    if pair.from == pair.to {
        return Ok(refused("they are the same product".to_string()));
    }
    let mut differences = Vec::new();
    if parts.product {
        if from.integration_time <= 0.0 || from.channels <= 0 {
            return Ok(refused(format!("the averaging of product {} is not known", pair.from)));
        }
        let new = to.with(&from);
        if let Some(other) = taken(tx, pair.to, &to, &new, claimed)? {
            return Ok(refused(format!("it would be the same as product {other}")));
        }
        claimed.insert(new.key(), pair.to);
        differences = to.differences(&new, pair.to);
        if write && !differences.is_empty() {
            save(tx, pair.to, &new)?;
        }
    }
    if parts.sets {
        differences.extend(sets(tx, pair, write)?);
    }
    if write && !differences.is_empty() {
        mark(tx, pair.to)?;
    }
    Ok(Copied { pair, differences, refused: None })
}

/// The product that has the new identity already, or gets it before this one.
fn taken(
    tx: &mut Transaction,
    id: i64,
    old: &Product,
    new: &Product,
    claimed: &HashMap<Key, i64>,
) -> Result<Option<i64>> {
    let (beam, store, time, channels, version, raw, tar, bvf) = new.key();
    if old.key() == new.key() {
        return Ok(None);
    }
    if let Some(other) = claimed.get(&new.key()) {
        return Ok(Some(*other));
    }
    let row = tx.maybe_row(Statement::constant(
        "SELECT \"lofar_dataset_beam_product_id\" FROM \"lofar_dataset_beam_product\" \
         WHERE \"lofar_dataset_beam_id\" = $1 AND \"store\" = $2 AND \"integration_time_us\" = $3 \
         AND \"number_channels\" = $4 AND \"product_version\" = $5 AND \"raw\" = $6 AND \"tar\" = $7 AND \"bvf\" = $8 \
         AND \"lofar_dataset_beam_product_id\" <> $9",
        vec![
            beam.into(),
            store.into(),
            time.into(),
            channels.into(),
            version.into(),
            raw.into(),
            tar.into(),
            bvf.into(),
            id.into(),
        ],
    ))?;
    row.map(|row| row.get(0)).transpose()
}

fn save(tx: &mut Transaction, id: i64, new: &Product) -> Result<()> {
    let mut values: Vec<Value> = vec![
        id.into(),
        new.integration_time.into(),
        new.channels.into(),
        new.description.clone().into(),
        new.state.as_str().into(),
    ];
    values.extend(new.flags.map(Value::from));
    tx.execute(Statement::constant(
        "UPDATE \"lofar_dataset_beam_product\" SET \"integration_time\" = $2, \"number_channels\" = $3, \
         \"description\" = $4, \"product_state\" = $5, \"flagged\" = $6, \"averaged\" = $7, \"calibrated\" = $8, \
         \"dir_dep_calibration\" = $9, \"dir_indep_calibration\" = $10 WHERE \"lofar_dataset_beam_product_id\" = $1",
        values,
    ))
    .map(drop)
}

/// Frequencies and bandwidths of the sets with the same sub-band.
fn sets(tx: &mut Transaction, pair: Pair, write: bool) -> Result<Vec<Difference>> {
    let rows = tx.rows(Statement::constant(
        "SELECT t.\"measurementset_id\", t.\"sb_index\", f.\"central_frequency\", f.\"bandwidth\", \
         t.\"central_frequency\", t.\"bandwidth\" \
         FROM \"measurementset\" AS t JOIN \"measurementset\" AS f ON f.\"sb_index\" = t.\"sb_index\" \
         WHERE f.\"lofar_dataset_beam_product_id\" = $1 AND t.\"lofar_dataset_beam_product_id\" = $2 ORDER BY 2",
        vec![pair.from.into(), pair.to.into()],
    ))?;
    let mut found = Vec::new();
    for row in rows {
        let (set, sb): (i64, i64) = (row.get(0)?, row.get(1)?);
        let new: [Option<f64>; 2] = [row.get(2)?, row.get(3)?];
        let old: [Option<f64>; 2] = [row.get(4)?, row.get(5)?];
        let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut changed = false;
        for (k, name) in ["central_frequency", "bandwidth"].into_iter().enumerate() {
            if new[k].is_some() && new[k] != old[k] {
                changed = true;
                found.push(Difference {
                    product: pair.to,
                    what: format!("SB{sb:03} {name}"),
                    before: text(old[k]),
                    after: text(new[k]),
                });
            }
        }
        if write && changed {
            tx.execute(Statement::constant(
                "UPDATE \"measurementset\" SET \"central_frequency\" = COALESCE($2, \"central_frequency\"), \
                 \"bandwidth\" = COALESCE($3, \"bandwidth\") WHERE \"measurementset_id\" = $1",
                vec![set.into(), new[0].into(), new[1].into()],
            ))?;
        }
    }
    Ok(found)
}
