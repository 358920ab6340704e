//! The handle `Comparison`.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Array, ImmutableString};

use super::{Comparison, RefFile, difference};

#[export_module]
pub(super) mod methods {
    /// Whether no file differs, as far as the sizes are known.
    #[rhai_fn(get = "ok", pure)]
    pub fn ok(comparison: &mut Comparison) -> bool {
        comparison.is_ok()
    }

    /// One map for each file, the reference first: `ok`, the texts `missing`, `multiple`, `sizes` (sub-band|here|reference, MiB) and `unknown_sizes`, and the array `warnings`.
    #[rhai_fn(get = "files", pure)]
    pub fn files(comparison: &mut Comparison) -> Array {
        comparison.files.iter().map(|found| difference(comparison, found)).collect()
    }

    /// The rows of the reference that another file does not have, or only in another size.
    #[rhai_fn(get = "differing", pure)]
    pub fn differing(comparison: &mut Comparison) -> RefFile {
        Arc::new(comparison.differing.clone())
    }

    /// The rows of the reference that another file is not known to have: those that differ, and those with an unknown size or another name or version.
    #[rhai_fn(get = "lacking", pure)]
    pub fn lacking(comparison: &mut Comparison) -> RefFile {
        Arc::new(comparison.lacking.clone())
    }

    /// What it is, in a few words.
    #[rhai_fn(pure)]
    pub fn to_string(comparison: &mut Comparison) -> ImmutableString {
        format!("comparison of {} RefFiles", comparison.files.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(pure)]
    pub fn to_debug(comparison: &mut Comparison) -> ImmutableString {
        to_string(comparison)
    }
}
