//! Changes by hand as scripts prepare them: what would go, what would be different,
//! descriptions of products.

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult, to_dynamic};
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};
use serde::de::DeserializeOwned;

use super::database::Leddb;
use crate::edit::product_file::{Entry, ProductFile, Properties};
use crate::edit::{self, Target, Update, product_file};

/// A plain value of a script as one of ours; error `input`.
pub(super) fn given<T: DeserializeOwned>(
    ctx: &NativeCallContext<'_>,
    what: &str,
    value: impl Into<Dynamic>,
) -> ScriptResult<T> {
    let read = rhai::serde::from_dynamic(&value.into());
    read.map_err(|error| OperationError::new(ErrorKind::Input, format!("{what}: {error}"))).at(ctx)
}

/// The rows of an array as scripts get them.
pub(super) fn rows<T: serde::Serialize>(rows: &[T]) -> Array {
    rows.iter().map(to_dynamic).collect()
}

/// Faults of a file as one error that tells them all.
pub(super) fn refused(name: &str, faults: &[crate::lists::Fault]) -> OperationError {
    let lines: Vec<_> =
        faults.iter().map(|fault| format!("line {}: {}", fault.line, fault.problem)).collect();
    let message = format!("{name} cannot be taken, nothing was changed:\n  {}", lines.join("\n  "));
    OperationError::new(ErrorKind::Input, message)
}

fn read_product_file(path: &str) -> Result<ProductFile, OperationError> {
    let text = std::fs::read_to_string(text_path(path))
        .map_err(|error| OperationError::io(path, &error))?;
    product_file::read(&text).map_err(|faults| refused(path, &faults))
}

#[export_module]
pub mod functions {
    /// Reads the description of a product from a file of either form: a map with
    /// `product` and `steps`. Errors `input` (all faults at once), `not-found`, `io`.
    #[rhai_fn(return_raw)]
    pub fn product_file(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Dynamic> {
        super::read_product_file(path).map(|file| to_dynamic(&file)).at(&ctx)
    }

    /// The text of a description of a product: remarks, its properties as in `db.product(id)`,
    /// and an array of maps with `step`, `off` (written as a comment) and `notes`. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn product_text(
        ctx: NativeCallContext<'_>,
        notes: Array,
        product: Map,
        steps: Array,
    ) -> ScriptResult<ImmutableString> {
        let product: Properties = super::given(&ctx, "product", product)?;
        let steps: Vec<Entry> = super::given(&ctx, "steps", steps)?;
        let notes: Vec<String> = super::given(&ctx, "notes", notes)?;
        Ok(product_file::write(&notes, &product, &steps).into())
    }
}

#[export_module]
pub mod methods {
    /// What a removal would take away. The target is a map with `level` (LDS, LDSB, LDSBP,
    /// MS, MSP) and `names` of observations or `ids` of the others; the answer has rows of
    /// each table in `tables`, `size_mb`, `movies`, `missing`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn removal(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        target: Map,
    ) -> ScriptResult<Dynamic> {
        let target: Target = super::given(&ctx, "target", target)?;
        database.read(|tx| edit::preview(tx, &target)).map(|removal| to_dynamic(&removal)).at(&ctx)
    }

    /// Products without files, diagnostics and movies that have a sibling with files.
    #[rhai_fn(global, return_raw, pure)]
    pub fn empty_products(ctx: NativeCallContext<'_>, database: &mut Leddb) -> ScriptResult<Array> {
        database.read(|tx| edit::empty_products(tx, None)).map(|found| super::rows(&found)).at(&ctx)
    }

    /// What is known of a product (LDSBP): its place, `properties`, `steps`, `files`. Error `input`.
    #[rhai_fn(global, name = "product", return_raw, pure)]
    pub fn product_of(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        id: INT,
    ) -> ScriptResult<Dynamic> {
        database.read(|tx| edit::describe(tx, id)).map(|found| to_dynamic(&found)).at(&ctx)
    }

    /// What an update would change: maps with `product`, `what`, `before`, `after`. The
    /// update is a map with `product` and, if steps are to be replaced, `steps`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn product_differences(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        ids: Array,
        update: Map,
    ) -> ScriptResult<Array> {
        let ids: Vec<i64> = super::given(&ctx, "ids", ids)?;
        let update: Update = super::given(&ctx, "update", update)?;
        let found = database.read(|tx| edit::differences(tx, &ids, &update));
        found.map(|found| super::rows(&found)).at(&ctx)
    }

    /// For each product of the store `to` the newest product of `from` of the same beam
    /// and version: maps with `from` and `to`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn copy_pairs(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        from: &str,
        to: &str,
    ) -> ScriptResult<Array> {
        let found = database.read(|tx| edit::pairs_of_stores(tx, from, to));
        found.map(|found| super::rows(&found)).at(&ctx)
    }

    /// What copying would do: for each pair `differences`, or why it is `refused`. The
    /// parts are a map of flags, `product` and `sets`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn copy_differences(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        pairs: Array,
        parts: Map,
    ) -> ScriptResult<Array> {
        let pairs: Vec<edit::Pair> = super::given(&ctx, "pairs", pairs)?;
        let parts: edit::Parts = super::given(&ctx, "parts", parts)?;
        let found = database.read(|tx| edit::copy_properties(tx, &pairs, parts, false));
        found.map(|found| super::rows(&found)).at(&ctx)
    }
}
