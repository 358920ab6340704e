//! The namespace `trees` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine};

#[export_module]
mod api {
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
