//! Products without files, diagnostics and movies, next to one of the same version
//! that has files: what is left when data were read again with other averaging.

use sea_query::{Expr, ExprTrait as _, Query};
use serde::{Deserialize, Serialize};

use super::chosen::{Level, Target};
use super::counts::Removal;
use super::removal::remove;
use crate::error::Result;
use crate::schema::enumerations::DIAGNOSTIC_TABLES;
use crate::store::{Statement, Transaction, Value};

/// A product that can go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyProduct {
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
    /// Its description.
    pub description: Option<String>,
}

/// Products that can go, of one store or of all, as the rows are now.
pub fn empty_products(tx: &mut Transaction, store: Option<&str>) -> Result<Vec<EmptyProduct>> {
    let rows = tx.rows(Statement::constant(
        "SELECT p.\"lofar_dataset_beam_product_id\", b.\"lofar_dataset\", b.\"beam_index\", p.\"store\", \
         p.\"product_version\", p.\"description\" \
         FROM \"lofar_dataset_beam_product\" AS p \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE (CAST($1 AS text) IS NULL OR p.\"store\" = CAST($1 AS text)) \
         AND NOT EXISTS (SELECT 1 FROM \"measurementset\" AS m \
           JOIN \"measurementset_product\" AS f ON f.\"measurementset_id\" = m.\"measurementset_id\" \
           WHERE m.\"lofar_dataset_beam_product_id\" = p.\"lofar_dataset_beam_product_id\") \
         AND NOT EXISTS (SELECT 1 FROM \"measurementset\" AS m \
           JOIN \"gain_movie_has_measurementset\" AS g ON g.\"measurementset_id\" = m.\"measurementset_id\" \
           WHERE m.\"lofar_dataset_beam_product_id\" = p.\"lofar_dataset_beam_product_id\") \
         AND EXISTS (SELECT 1 FROM \"lofar_dataset_beam_product\" AS o \
           JOIN \"measurementset\" AS m ON m.\"lofar_dataset_beam_product_id\" = o.\"lofar_dataset_beam_product_id\" \
           JOIN \"measurementset_product\" AS f ON f.\"measurementset_id\" = m.\"measurementset_id\" \
           WHERE o.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" AND o.\"store\" = p.\"store\" \
           AND o.\"product_version\" = p.\"product_version\") \
         ORDER BY 2, 3, 4, 5, 1",
        vec![Value::from(store)],
    ))?;
    let mut found = Vec::new();
    for row in rows {
        let product = EmptyProduct {
            id: row.get(0)?,
            lds: row.get(1)?,
            beam: row.get(2)?,
            store: row.get(3)?,
            version: row.get(4)?,
            description: row.get(5)?,
        };
        if !has_diagnostics(tx, product.id)? {
            found.push(product);
        }
    }
    Ok(found)
}

/// Whether any diagnostic row is there, whatever summaries say.
fn has_diagnostics(tx: &mut Transaction, product: i64) -> Result<bool> {
    let rows = tx.rows(Statement::constant(
        "SELECT \"measurementset_id\" FROM \"measurementset\" \
         WHERE \"lofar_dataset_beam_product_id\" = $1 ORDER BY 1",
        vec![product.into()],
    ))?;
    let sets: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let (Some(first), Some(last)) = (sets.first(), sets.last()) else { return Ok(false) };
    let dialect = tx.dialect();
    for table in DIAGNOSTIC_TABLES {
        let select = Query::select()
            .column("measurementset_id")
            .from(*table)
            .and_where(Expr::col("measurementset_id").between(*first, *last))
            .and_where(dialect.is_one_of(Expr::col("measurementset_id"), &sets))
            .limit(1)
            .to_owned();
        if tx.maybe_row(dialect.build(&select))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the products that can go now; which they were, and what went with them.
pub fn clean(tx: &mut Transaction, store: Option<&str>) -> Result<(Vec<EmptyProduct>, Removal)> {
    let empty = empty_products(tx, store)?;
    let ids = empty.iter().map(|product| product.id).collect();
    let target = Target { level: Level::Product, names: Vec::new(), ids };
    let removal = remove(tx, &target)?;
    Ok((empty, removal))
}
