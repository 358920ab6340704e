//! The functions `gds::…`: descriptions of sets and of groups of sets.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult, to_dynamic};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use crate::gds::{Description, Gds};

/// A part with its node and the path of its set.
fn part(part: &Description) -> Dynamic {
    let mut map = to_dynamic(part).try_cast::<Map>().unwrap_or_default();
    map.insert("path".into(), part.path().into());
    map.insert("node".into(), part.node().map_or(Dynamic::UNIT, |node| node.to_string().into()));
    map.into()
}

fn all(gds: &Gds) -> Array {
    gds.parts.iter().map(part).collect()
}

#[export_module]
mod api {
    /// The sets of a VDS or GDS file as maps: `path`, `node` (`()` means this host), `channels`, `step_s`, `start_freqs_hz` and all else the file says; fails with kind `input`, `not-found`.
    #[rhai_fn(return_raw)]
    pub fn parts(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Array> {
        crate::gds::read(&text_path(path)).map(|gds| all(&gds)).at(&ctx)
    }
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("gds", rhai::exported_module!(api).into());
}
