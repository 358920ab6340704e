//! Writing rows: references by their keys, diagnostics in bulk.
//!
//! The unit of work is one measurement set: everything about it is read first, then
//! written in one transaction, so that a run that is killed leaves whole sets only
//! and another run repeats nothing.

mod copy;
mod diagnostics;
mod insert;
mod upsert;

#[cfg(test)]
mod tests;

pub use diagnostics::{DiagKey, DiagRow, Diagnostics, Loaded, Source, replace};
pub(crate) use upsert::microseconds;
pub use upsert::{Existing, Outcome, Written, upsert};

use crate::error::Result;
use crate::store::{Statement, Transaction};

/// Finds the name of the observation of a measurement set.
macro_rules! find_observation {
    () => {
        "SELECT b.\"lofar_dataset\" FROM \"measurementset\" AS m \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE m.\"measurementset_id\" = $1"
    };
}
pub(crate) use find_observation;

/// Name of the observation of a measurement set.
pub fn observation_of(tx: &mut Transaction, measurementset_id: i64) -> Result<Option<String>> {
    tx.maybe_row(Statement::constant(find_observation!(), vec![measurementset_id.into()]))?
        .map(|row| row.get(0))
        .transpose()
}
