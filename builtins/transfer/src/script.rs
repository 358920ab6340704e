//! Copies and checks as scripts see them.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod check;
mod copies;

use ledama_base::script::{ScriptError, ScriptResult, throw};
use rhai::plugin::*;
use rhai::serde::from_dynamic;
use rhai::{Dynamic, Engine, Map};
use serde::de::DeserializeOwned;

pub use check::{Check, CheckResult};
pub use copies::Copies;

/// A map of options as its native type; kind `input` names what is wrong.
fn options<T: DeserializeOwned>(ctx: &NativeCallContext<'_>, map: Map) -> ScriptResult<T> {
    from_dynamic(&Dynamic::from(map)).map_err(|error| {
        let message = error.unwrap_inner().to_string();
        let error = ScriptError { kind: "input".into(), message, help: None };
        throw(error, ctx.call_position())
    })
}

/// Adds the handles `Copies`, `Check` and `CheckResult` and the functions
/// `transfer::…` and `check::…`.
pub fn register(engine: &mut Engine) {
    copies::register(engine);
    check::register(engine);
}
