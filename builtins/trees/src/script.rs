//! The namespace `trees` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::OperationError;
use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine};

#[export_module]
mod api {
    use crate::permissions::ModeChange;

    /// Refuses what is no mode as `chmod` takes it, octal (three or four
    /// digits) or symbolic. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn check_mode(ctx: NativeCallContext<'_>, mode: &str) -> ScriptResult<()> {
        mode.parse::<ModeChange>().map(drop).map_err(OperationError::from).at(&ctx)
    }

    /// Whether a mode as `chmod` takes it is an octal one. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn is_octal_mode(ctx: NativeCallContext<'_>, mode: &str) -> ScriptResult<bool> {
        mode.parse().map(|mode: ModeChange| mode.is_octal()).map_err(OperationError::from).at(&ctx)
    }

    /// The folders that hold observation folders below these data roots: each
    /// root and its `pipeline`, of the last one also `backup` and `backup/pipeline`.
    pub fn scan_list(roots: Array) -> Array {
        let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
        crate::empty::scan_list(&roots).into_iter().map(Dynamic::from).collect()
    }
}

/// Registers it.
pub fn register(engine: &mut Engine) {
    engine.register_static_module("trees", exported_module!(api).into());
}
