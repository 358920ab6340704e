//! Two products of each observation compared, sub-band by sub-band: data against a
//! backup, a backup against an archive.

use std::collections::{BTreeMap, BTreeSet};

use ledama_base::path::join;
use serde::{Deserialize, Serialize};

use crate::error::{LeddbError, Result};
use crate::store::{Statement, Transaction, Value};

/// What one of the two products is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The beam.
    pub beam: i64,
    /// The version.
    pub version: i64,
    /// The store, as tables write it.
    pub store: String,
    /// Never averaged.
    pub raw: bool,
    /// In tar files.
    pub tar: bool,
    /// In BVF files.
    pub bvf: bool,
}

/// What is compared, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The observations; all that have one of the products if empty.
    pub observations: Vec<String>,
    /// One side.
    pub a: Side,
    /// The other side.
    pub b: Side,
    /// Sub-bands that should be there; all that the database knows of the two beams if empty.
    pub expected: Vec<i64>,
    /// How far sizes may differ, as a part of the larger one.
    pub tolerance: f64,
}

/// A file of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its machine or store.
    pub node: String,
    /// Its path.
    pub path: String,
    /// Its size, MiB.
    pub size_mb: Option<i64>,
    /// Its beam.
    pub beam: i64,
}

/// How the two sides of a sub-band stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// One file each, of the same size.
    Ok,
    /// On neither side.
    Absent,
    /// On one side only.
    Missing,
    /// More than one file on a side.
    Multiple,
    /// The sizes differ.
    Size,
    /// A size is not known.
    Unknown,
}

/// A sub-band of both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its index.
    pub sub_band: i64,
    /// How it stands.
    pub state: State,
    /// Files of side A.
    pub a: Vec<Entry>,
    /// Files of side B.
    pub b: Vec<Entry>,
}

/// An observation that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its name.
    pub lds: String,
    /// Its sub-bands, in order.
    pub pairs: Vec<Pair>,
}

impl Checked {
    /// How many sub-bands are in that state.
    pub fn count(&self, state: State) -> usize {
        self.pairs.iter().filter(|pair| pair.state == state).count()
    }
}

/// Compares the two products of each observation.
pub fn check_products(tx: &mut Transaction, wanted: &Wanted) -> Result<Vec<Checked>> {
    if !(0.0..1.0).contains(&wanted.tolerance) {
        return Err(LeddbError::input("the tolerance is a part of 1, such as 0.05"));
    }
    let mut names = wanted.observations.clone();
    names.sort();
    names.dedup();
    let known = observations(tx)?;
    let missing: Vec<&str> =
        names.iter().filter(|name| !known.contains(*name)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(LeddbError::Input {
            message: format!("the database has no observation {}", missing.join(", ")),
            help: Some("GetLDSs shows the observations".to_string()),
        });
    }
    let all = names.is_empty();
    let names = if all { known.into_iter().collect() } else { names };
    let mut checked = Vec::new();
    for lds in names {
        let (a, b) = (files(tx, &lds, &wanted.a)?, files(tx, &lds, &wanted.b)?);
        if all && a.is_empty() && b.is_empty() {
            continue;
        }
        let mut indexes: BTreeSet<i64> = if wanted.expected.is_empty() {
            sub_bands(tx, &lds, [wanted.a.beam, wanted.b.beam])?
        } else {
            wanted.expected.iter().copied().collect()
        };
        indexes.extend(a.keys().chain(b.keys()));
        let side = |of: &BTreeMap<i64, Vec<Entry>>, sb| of.get(&sb).cloned().unwrap_or_default();
        let pairs = indexes.into_iter().map(|sub_band| {
            let (a, b) = (side(&a, sub_band), side(&b, sub_band));
            Pair { sub_band, state: judge(&a, &b, wanted.tolerance), a, b }
        });
        checked.push(Checked { pairs: pairs.collect(), lds });
    }
    Ok(checked)
}

fn judge(a: &[Entry], b: &[Entry], tolerance: f64) -> State {
    match (a, b) {
        ([], []) => State::Absent,
        ([], _) | (_, []) => State::Missing,
        ([a], [b]) => match (a.size_mb, b.size_mb) {
            (Some(a), Some(b)) if differ(a, b, tolerance) => State::Size,
            (Some(_), Some(_)) => State::Ok,
            _ => State::Unknown,
        },
        _ => State::Multiple,
    }
}

#[allow(clippy::cast_precision_loss)] // Sizes in MiB are far below 2^53.
fn differ(a: i64, b: i64, tolerance: f64) -> bool {
    (a - b).abs() as f64 > tolerance * a.max(b) as f64
}

fn observations(tx: &mut Transaction) -> Result<BTreeSet<String>> {
    let rows =
        tx.rows(Statement::constant("SELECT \"name\" FROM \"lofar_dataset\"", Vec::new()))?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn sub_bands(tx: &mut Transaction, lds: &str, beams: [i64; 2]) -> Result<BTreeSet<i64>> {
    let rows = tx.rows(Statement::constant(
        "SELECT DISTINCT m.\"sb_index\" FROM \"measurementset\" AS m \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE b.\"lofar_dataset\" = $1 AND b.\"beam_index\" IN ($2, $3)",
        vec![lds.into(), beams[0].into(), beams[1].into()],
    ))?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn files(tx: &mut Transaction, lds: &str, side: &Side) -> Result<BTreeMap<i64, Vec<Entry>>> {
    let values: Vec<Value> = vec![
        lds.into(),
        side.beam.into(),
        side.version.into(),
        side.store.as_str().into(),
        side.raw.into(),
        side.tar.into(),
        side.bvf.into(),
    ];
    let rows = tx.rows(Statement::constant(
        "SELECT m.\"sb_index\", f.\"store_host\", f.\"parent_path\", f.\"name\", f.\"product_size\" \
         FROM \"lofar_dataset_beam\" AS b \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_id\" = b.\"lofar_dataset_beam_id\" \
         JOIN \"measurementset\" AS m ON m.\"lofar_dataset_beam_product_id\" = p.\"lofar_dataset_beam_product_id\" \
         JOIN \"measurementset_product\" AS f ON f.\"measurementset_id\" = m.\"measurementset_id\" \
         WHERE b.\"lofar_dataset\" = $1 AND b.\"beam_index\" = $2 AND p.\"product_version\" = $3 AND p.\"store\" = $4 \
         AND p.\"raw\" = $5 AND p.\"tar\" = $6 AND p.\"bvf\" = $7 \
         ORDER BY m.\"sb_index\", f.\"store_host\", f.\"parent_path\", f.\"name\"",
        values,
    ))?;
    let mut found: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
    for row in rows {
        let (parent, name) = (row.get::<String>(2)?, row.get::<String>(3)?);
        found.entry(row.get(0)?).or_default().push(Entry {
            node: row.get(1)?,
            path: join(&parent, &name).into_owned(),
            size_mb: row.get(4)?,
            beam: side.beam,
        });
    }
    Ok(found)
}
