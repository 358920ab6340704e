//! What is known of a product, for its description and for changes.

use serde::{Deserialize, Serialize};

use super::product_file::{Properties, Step};
use crate::error::{LeddbError, Result};
use crate::store::{Statement, Transaction};

/// A file of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The machine or store that holds it.
    pub host: String,
    /// Its path, in text form.
    pub path: String,
    /// Its sub-band.
    pub sub_band: i64,
}

/// A product and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// Its id.
    pub id: i64,
    /// The observation.
    pub lds: String,
    /// The beam.
    pub beam: i64,
    /// The store.
    pub store: String,
    /// The version.
    pub version: i64,
    /// When the row was made, seconds since 1970 UTC.
    pub add_date: Option<i64>,
    /// What can be changed by hand.
    pub properties: Properties,
    /// Its processing steps, in order.
    pub steps: Vec<Step>,
    /// Its files, by sub-band.
    pub files: Vec<File>,
}

/// What is known of a product.
pub fn describe(tx: &mut Transaction, id: i64) -> Result<Described> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT b.\"lofar_dataset\", b.\"beam_index\", p.\"store\", p.\"product_version\", p.\"add_date\" \
         FROM \"lofar_dataset_beam_product\" AS p \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE p.\"lofar_dataset_beam_product_id\" = $1",
        vec![id.into()],
    ))?;
    let Some(row) = row else { return Err(unknown(id)) };
    Ok(Described {
        id,
        lds: row.get(0)?,
        beam: row.get(1)?,
        store: row.get(2)?,
        version: row.get(3)?,
        add_date: row.get(4)?,
        properties: properties(tx, id)?.ok_or_else(|| unknown(id))?,
        steps: steps(tx, id)?,
        files: files(tx, id)?,
    })
}

pub(super) fn unknown(id: i64) -> LeddbError {
    LeddbError::Input {
        message: format!("there is no product (LDSBP) with id {id}"),
        help: Some("GetLDSBPs shows products and their ids".to_string()),
    }
}

/// What can be changed by hand of a product that is there.
pub(super) fn properties(tx: &mut Transaction, id: i64) -> Result<Option<Properties>> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT \"description\", \"main_user\", \"flagged\", \"averaged\", \"calibrated\", \
         \"dir_dep_calibration\", \"dir_indep_calibration\" \
         FROM \"lofar_dataset_beam_product\" WHERE \"lofar_dataset_beam_product_id\" = $1",
        vec![id.into()],
    ))?;
    row.map(|row| {
        Ok(Properties {
            general_description: row.get(0)?,
            main_user: row.get(1)?,
            is_flagged: row.get(2)?,
            is_averaged: row.get(3)?,
            is_calibrated: row.get(4)?,
            is_direction_dependent_cal: row.get(5)?,
            is_direction_independent_cal: row.get(6)?,
        })
    })
    .transpose()
}

/// Its processing steps, in order.
pub(super) fn steps(tx: &mut Transaction, id: i64) -> Result<Vec<Step>> {
    let rows = tx.rows(Statement::constant(
        "SELECT r.\"application_run_id\", r.\"order_index\", r.\"app_name\", r.\"description\", f.\"file_path\" \
         FROM \"application_run\" AS r \
         LEFT JOIN \"application_file\" AS f ON f.\"application_run_id\" = r.\"application_run_id\" \
         WHERE r.\"lofar_dataset_beam_product_id\" = $1 \
         ORDER BY r.\"order_index\", r.\"application_run_id\", f.\"application_file_id\"",
        vec![id.into()],
    ))?;
    let mut steps: Vec<(i64, Step)> = Vec::new();
    for row in rows {
        let run: i64 = row.get(0)?;
        if steps.last().is_none_or(|(last, _)| *last != run) {
            let step = Step {
                order: row.get(1)?,
                app_name: row.get::<Option<String>>(2)?.unwrap_or_default(),
                description: row.get(3)?,
                files: Vec::new(),
            };
            steps.push((run, step));
        }
        if let (Some((_, step)), Some(file)) = (steps.last_mut(), row.get::<Option<String>>(4)?) {
            step.files.push(file);
        }
    }
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn files(tx: &mut Transaction, id: i64) -> Result<Vec<File>> {
    let rows = tx.rows(Statement::constant(
        "SELECT f.\"store_host\", f.\"parent_path\", f.\"name\", m.\"sb_index\" \
         FROM \"measurementset_product\" AS f \
         JOIN \"measurementset\" AS m ON m.\"measurementset_id\" = f.\"measurementset_id\" \
         WHERE m.\"lofar_dataset_beam_product_id\" = $1 ORDER BY m.\"sb_index\", f.\"measurementset_product_id\"",
        vec![id.into()],
    ))?;
    rows.iter()
        .map(|row| {
            let (parent, name) = (row.get::<String>(1)?, row.get::<String>(2)?);
            Ok(File {
                host: row.get(0)?,
                path: ledama_base::path::join(&parent, &name).into_owned(),
                sub_band: row.get(3)?,
            })
        })
        .collect()
}
