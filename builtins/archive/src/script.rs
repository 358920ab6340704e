//! The namespace `archive` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::OperationError;
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_config::script::inventory;
use rhai::plugin::*;
use rhai::{Dynamic, Engine};
use serde_json::json;

#[export_module]
mod api {
    /// What the operation `archive.list` is asked with, to list a dataset
    /// folder of a store or, if that is an empty text, its root. Error `input`:
    /// the store publishes no lists, or is not configured; `unknown-store`.
    #[rhai_fn(return_raw)]
    pub fn listing(ctx: NativeCallContext<'_>, store: &str, folder: &str) -> ScriptResult<Dynamic> {
        let inventory = inventory(&ctx);
        let store = inventory.config().store(store).at(&ctx)?;
        super::listing(inventory.config(), store, folder).map(|l| to_dynamic(&l)).at(&ctx)
    }
}

fn listing(
    config: &ledama_config::model::Config,
    store: &ledama_config::model::Store,
    folder: &str,
) -> Result<serde_json::Value, OperationError> {
    let mut input = json!({
        "source": crate::list::Source::of(config, store)?,
        "names": { "root": config.archive.root_list, "files": config.archive.file_list },
    });
    if !folder.is_empty() {
        input["folder"] = folder.into();
    }
    Ok(input)
}

/// Registers it.
pub fn register(engine: &mut Engine) {
    engine.register_static_module("archive", rhai::exported_module!(api).into());
}
