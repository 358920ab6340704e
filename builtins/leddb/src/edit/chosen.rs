//! Which rows a removal is about, and all rows below them.

use sea_query::{Expr, ExprTrait as _, Query};
use serde::{Deserialize, Serialize};

use crate::error::{LeddbError, Result};
use crate::store::Transaction;

/// A level of the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Files and folders.
    #[serde(rename = "MSP")]
    File,
    /// Measurement sets.
    #[serde(rename = "MS")]
    Set,
    /// Products of beams.
    #[serde(rename = "LDSBP")]
    Product,
    /// Beams.
    #[serde(rename = "LDSB")]
    Beam,
    /// Observations.
    #[serde(rename = "LDS")]
    Observation,
}

impl Level {
    /// The level of that word.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "LDS" => Self::Observation,
            "LDSB" => Self::Beam,
            "LDSBP" => Self::Product,
            "MS" => Self::Set,
            "MSP" => Self::File,
            _ => return None,
        })
    }
}

/// Rows named by a user: observations by name, all others by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Their level.
    pub level: Level,
    /// Names of observations.
    #[serde(default)]
    pub names: Vec<String>,
    /// Ids of rows of the other levels.
    #[serde(default)]
    pub ids: Vec<i64>,
}

/// The rows that go, level by level; those above the level of the target stay.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    /// All observations concerned, also those that stay.
    pub touched: Vec<String>,
    pub observations: Vec<String>,
    pub beams: Vec<i64>,
    pub products: Vec<i64>,
    pub sets: Vec<i64>,
    pub files: Vec<i64>,
    /// What was named and is not there.
    pub missing: Vec<String>,
}

/// A table with an id and a reference to the level above.
struct Step {
    table: &'static str,
    id: &'static str,
    above: &'static str,
}

const BEAM: Step =
    Step { table: "lofar_dataset_beam", id: "lofar_dataset_beam_id", above: "lofar_dataset" };
const PRODUCT: Step = Step {
    table: "lofar_dataset_beam_product",
    id: "lofar_dataset_beam_product_id",
    above: "lofar_dataset_beam_id",
};
const SET: Step = Step {
    table: "measurementset",
    id: "measurementset_id",
    above: "lofar_dataset_beam_product_id",
};
const FILE: Step = Step {
    table: "measurementset_product",
    id: "measurementset_product_id",
    above: "measurementset_id",
};

impl Chosen {
    pub(super) fn find(tx: &mut Transaction, target: &Target) -> Result<Self> {
        let mut chosen = Self::default();
        check(target)?;
        match target.level {
            Level::Observation => {
                let wanted = sorted(&target.names);
                chosen.observations = observations(tx, &wanted)?;
                chosen.missing =
                    wanted.into_iter().filter(|name| !chosen.observations.contains(name)).collect();
                chosen.touched.clone_from(&chosen.observations);
                chosen.beams = beams_of(tx, &chosen.observations)?;
            }
            Level::Beam => chosen.beams = there(tx, &BEAM, target, &mut chosen.missing)?,
            Level::Product => chosen.products = there(tx, &PRODUCT, target, &mut chosen.missing)?,
            Level::Set => chosen.sets = there(tx, &SET, target, &mut chosen.missing)?,
            Level::File => chosen.files = there(tx, &FILE, target, &mut chosen.missing)?,
        }
        if target.level >= Level::Beam {
            chosen.products = below(tx, &PRODUCT, &chosen.beams)?;
        }
        if target.level >= Level::Product {
            chosen.sets = below(tx, &SET, &chosen.products)?;
        }
        if target.level >= Level::Set {
            chosen.files = below(tx, &FILE, &chosen.sets)?;
        }
        if target.level < Level::Observation {
            chosen.touched = chosen.observations_above(tx, target.level)?;
        }
        Ok(chosen)
    }

    /// Names of the observations that the chosen rows belong to.
    fn observations_above(&self, tx: &mut Transaction, level: Level) -> Result<Vec<String>> {
        let mut ids = match level {
            Level::File => above(tx, &FILE, &self.files)?,
            Level::Set => self.sets.clone(),
            Level::Product => self.products.clone(),
            _ => self.beams.clone(),
        };
        if level <= Level::Set {
            ids = above(tx, &SET, &ids)?;
        }
        if level <= Level::Product {
            ids = above(tx, &PRODUCT, &ids)?;
        }
        let dialect = tx.dialect();
        let select = Query::select()
            .distinct()
            .column("lofar_dataset")
            .from("lofar_dataset_beam")
            .and_where(dialect.is_one_of(Expr::col("lofar_dataset_beam_id"), &ids))
            .to_owned();
        let rows = tx.rows(dialect.build(&select))?;
        let mut names: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
        names.sort();
        Ok(names)
    }
}

fn check(target: &Target) -> Result<()> {
    let by_name = target.level == Level::Observation;
    if (by_name && !target.ids.is_empty()) || (!by_name && !target.names.is_empty()) {
        return Err(LeddbError::Input {
            message: "observations are named, all other rows have ids".to_string(),
            help: Some("such as L80897 for LDS, and 3,5-8 for the others".to_string()),
        });
    }
    Ok(())
}

fn sorted<T: Ord + Clone>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort();
    values.dedup();
    values
}

fn observations(tx: &mut Transaction, names: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for some in names.chunks(1000) {
        let select = Query::select()
            .column("name")
            .from("lofar_dataset")
            .and_where(Expr::col("name").is_in(some.iter().map(String::as_str)))
            .to_owned();
        let rows = tx.rows(tx.dialect().build(&select))?;
        for row in rows {
            found.push(row.get(0)?);
        }
    }
    found.sort();
    Ok(found)
}

fn beams_of(tx: &mut Transaction, names: &[String]) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for some in names.chunks(1000) {
        let select = Query::select()
            .column(BEAM.id)
            .from(BEAM.table)
            .and_where(Expr::col(BEAM.above).is_in(some.iter().map(String::as_str)))
            .to_owned();
        found.extend(ids(tx, &select)?);
    }
    found.sort_unstable();
    Ok(found)
}

/// Those of the ids that are there; the others are missing.
fn there(
    tx: &mut Transaction,
    step: &Step,
    target: &Target,
    missing: &mut Vec<String>,
) -> Result<Vec<i64>> {
    let wanted = sorted(&target.ids);
    let select = Query::select()
        .column(step.id)
        .from(step.table)
        .and_where(tx.dialect().is_one_of(Expr::col(step.id), &wanted))
        .to_owned();
    let mut found = ids(tx, &select)?;
    found.sort_unstable();
    let gone = wanted.iter().filter(|id| found.binary_search(id).is_err());
    missing.extend(gone.map(ToString::to_string));
    Ok(found)
}

/// Ids of the rows below others.
fn below(tx: &mut Transaction, step: &Step, above: &[i64]) -> Result<Vec<i64>> {
    let select = Query::select()
        .column(step.id)
        .from(step.table)
        .and_where(tx.dialect().is_one_of(Expr::col(step.above), above))
        .to_owned();
    let mut found = ids(tx, &select)?;
    found.sort_unstable();
    Ok(found)
}

/// Ids of the rows above others.
fn above(tx: &mut Transaction, step: &Step, of: &[i64]) -> Result<Vec<i64>> {
    let select = Query::select()
        .distinct()
        .column(step.above)
        .from(step.table)
        .and_where(tx.dialect().is_one_of(Expr::col(step.id), of))
        .to_owned();
    ids(tx, &select)
}

fn ids(tx: &mut Transaction, select: &sea_query::SelectStatement) -> Result<Vec<i64>> {
    let rows = tx.rows(tx.dialect().build(select))?;
    rows.iter().map(|row| row.get(0)).collect()
}
