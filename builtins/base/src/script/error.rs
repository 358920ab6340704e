//! What a script may ask of an error it has caught: `e.kind`, `e.message`, `e.help`.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Dynamic, Engine, ImmutableString};

/// An error of a builtin, as `catch (e)` gets it.
#[export_module]
mod api {
    /// An error of a builtin.
    pub type Error = super::super::ScriptError;

    /// The class of the error, such as `not-found`: words with dashes.
    #[rhai_fn(global, get = "kind", pure)]
    pub fn kind(error: &mut Error) -> ImmutableString {
        error.kind.clone().into()
    }

    /// What happened and where, without a final dot.
    #[rhai_fn(global, get = "message", pure)]
    pub fn message(error: &mut Error) -> ImmutableString {
        error.message.clone().into()
    }

    /// What to do about it, `()` when nothing is known.
    #[rhai_fn(global, get = "help", pure)]
    pub fn help(error: &mut Error) -> Dynamic {
        error.help.clone().map_or(Dynamic::UNIT, Dynamic::from)
    }

    /// What happened, as text.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn text(error: &mut Error) -> ImmutableString {
        error.message.clone().into()
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("errors", exported_module!(api).into());
}
