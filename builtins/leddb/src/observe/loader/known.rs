//! What the database has of a node, in two queries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::Result;
use crate::observe::diagnostics::{Group, Present, combined};
use crate::store::{Statement, Transaction};

/// A product that the database has.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) msp: i64,
    pub(super) set: i64,
    pub(super) size: Option<i64>,
    pub(super) modified: Option<i64>,
    /// Whether its averaging is known.
    pub(super) read: bool,
    pub(super) lds: String,
    pub(super) gain: Present,
    pub(super) quality: Present,
}

/// The products of a host by their paths.
pub(super) fn of_host(tx: &mut Transaction, host: &str) -> Result<BTreeMap<String, Known>> {
    let diagnostics = diagnostics(tx, host)?;
    let rows = tx.rows(Statement::constant(
        "SELECT f.\"measurementset_product_id\", f.\"measurementset_id\", f.\"product_size\", f.\"last_modification\", \
         p.\"product_state\", b.\"lofar_dataset\", f.\"parent_path\", f.\"name\" \
         FROM \"measurementset_product\" AS f \
         JOIN \"measurementset\" AS m ON m.\"measurementset_id\" = f.\"measurementset_id\" \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE f.\"store_host\" = $1",
        vec![host.into()],
    ))?;
    let mut known = BTreeMap::new();
    for row in rows {
        let set = row.get(1)?;
        let (gain, quality) = diagnostics.get(&set).copied().unwrap_or_default();
        let parent = row.text(6)?.unwrap_or_default();
        let path = ledama_base::path::join(parent, row.text(7)?.unwrap_or_default()).into_owned();
        known.insert(
            path,
            Known {
                msp: row.get(0)?,
                set,
                size: row.get(2)?,
                modified: row.get(3)?,
                read: matches!(row.text(4)?, Some("ok" | "tar" | "bvf")),
                lds: row.get(5)?,
                gain,
                quality,
            },
        );
    }
    Ok(known)
}

/// Table, stamp and origin of what is loaded.
type Summaries = Vec<(String, Option<i64>, Option<i64>)>;

fn diagnostics(tx: &mut Transaction, host: &str) -> Result<HashMap<i64, (Present, Present)>> {
    let mut found: HashMap<i64, Summaries> = HashMap::new();
    for row in tx.rows(Statement::constant(
        "SELECT \"measurementset_id\", \"table_name\", \"source_stamp\", \"origin_msp\" FROM \"ms_diag_summary\" \
         WHERE \"row_count\" > 0 AND \"measurementset_id\" IN \
         (SELECT \"measurementset_id\" FROM \"measurementset_product\" WHERE \"store_host\" = $1)",
        vec![host.into()],
    ))? {
        found.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?, row.get(3)?));
    }
    let of = |all: &Summaries, group: Group| {
        let is_of = |name: &str| group.tables().iter().any(|table| table.table().name == name);
        let some: Vec<_> =
            all.iter().filter(|one| is_of(&one.0)).map(|one| (one.1, one.2)).collect();
        combined(&some, group)
    };
    Ok(found
        .into_iter()
        .map(|(set, all)| (set, (of(&all, Group::Gain), of(&all, Group::Quality))))
        .collect())
}

/// The folders that hold the dataset folders of all known products of nodes: where
/// data have been seen, more are to be expected.
pub fn roots_in_use(tx: &mut Transaction) -> Result<Vec<String>> {
    let rows = tx.rows(Statement::constant("SELECT \"name\" FROM \"parent_path\"", Vec::new()))?;
    let mut roots = BTreeSet::new();
    for row in &rows {
        let parent = row.text(0)?.unwrap_or_default();
        let above = ledama_base::path::DataPath::parse(parent).parent.to_string();
        if above.starts_with('/') && above.len() > 1 {
            roots.insert(above);
        }
    }
    Ok(roots.into_iter().collect())
}
