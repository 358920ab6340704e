//! Views: the four levels of the hierarchy, each with its derived facts, and
//! what older programs expect to find.

use super::model::{Column, Table};
use super::{meta, reference};

/// A table joined with its derived facts; a row without facts yet has none.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Its name in both databases.
    pub name: &'static str,
    /// One sentence for manuals, without a dot.
    pub about: &'static str,
    /// The table whose rows it has.
    pub base: &'static Table,
    /// Key of that table.
    pub key: &'static str,
    /// The derived facts.
    pub meta: &'static Table,
    /// Key of those.
    pub meta_key: &'static str,
}

impl View {
    /// Columns of both, those of the table first.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.base.columns.iter().chain(self.meta.columns)
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.base.column(name).or_else(|| self.meta.column(name))
    }
}

/// Observations with their facts.
pub static LDS_Q: View = View {
    name: "lds_q",
    about: "Observations with their derived facts",
    base: &reference::LOFAR_DATASET,
    key: "name",
    meta: &meta::LOFAR_DATASET_META,
    meta_key: "lofar_dataset_meta_id",
};

/// Beams with their facts.
pub static LDSB_Q: View = View {
    name: "ldsb_q",
    about: "Beams with their derived facts",
    base: &reference::LOFAR_DATASET_BEAM,
    key: "lofar_dataset_beam_id",
    meta: &meta::LOFAR_DATASET_BEAM_META,
    meta_key: "lofar_dataset_beam_meta_id",
};

/// Products with their facts.
pub static LDSBP_Q: View = View {
    name: "ldsbp_q",
    about: "Products with their derived facts",
    base: &reference::LOFAR_DATASET_BEAM_PRODUCT,
    key: "lofar_dataset_beam_product_id",
    meta: &meta::LOFAR_DATASET_BEAM_PRODUCT_META,
    meta_key: "lofar_dataset_beam_product_meta_id",
};

/// Measurement sets with their facts.
pub static MS_Q: View = View {
    name: "ms_q",
    about: "Measurement sets with their derived facts",
    base: &reference::MEASUREMENTSET,
    key: "measurementset_id",
    meta: &meta::MEASUREMENTSET_META,
    meta_key: "measurementset_meta_id",
};

/// All views of a level with its facts.
pub static VIEWS: &[&View] = &[&LDS_Q, &LDSB_Q, &LDSBP_Q, &MS_Q];

/// A view that gives each host the flag `requires_update`, true while a job waits for it.
pub const STORE_HOST_VIEW: &str = "store_host_q";
