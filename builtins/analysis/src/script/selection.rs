//! `selection::…`: sets that are named by people, and what they have.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::serde::from_dynamic;
use rhai::{Array, Engine, ImmutableString, Map};

use crate::visibilities::Choice;

#[export_module]
mod api {
    /// The paths of sets of this host, named one by one or by patterns, with commas between them; fails with kind `not-found` or `input`.
    #[rhai_fn(return_raw)]
    pub fn sets(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Array> {
        let paths = crate::visibilities::find_sets(text).at(&ctx)?;
        Ok(paths.into_iter().map(Into::into).collect())
    }

    /// The path of one set of this host; fails with kind `not-found`.
    #[rhai_fn(return_raw)]
    pub fn set(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<ImmutableString> {
        crate::visibilities::find_set(text).map(Into::into).at(&ctx)
    }

    /// The path of a file from the root.
    #[rhai_fn(return_raw)]
    pub fn absolute(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<ImmutableString> {
        let path = std::path::absolute(text_path(text));
        let path = path.map_err(|error| OperationError::io(text, &error)).at(&ctx)?;
        Ok(path_text(&path).into())
    }

    /// What a set of this host has, in lines, with `*` at the stations that a choice takes; fails with kind `input`, `not-found` or `corrupt`.
    #[rhai_fn(return_raw)]
    pub fn outline(
        ctx: NativeCallContext<'_>,
        path: &str,
        choice: Map,
    ) -> ScriptResult<ImmutableString> {
        super::outline(path, choice).map(Into::into).at(&ctx)
    }
}

fn outline(path: &str, choice: Map) -> Result<String, OperationError> {
    let choice: Choice = from_dynamic(&choice.into())
        .map_err(|error| OperationError::new(ErrorKind::Input, format!("choice: {error}")))?;
    crate::visibilities::outline(path, &choice)
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("selection", rhai::exported_module!(api).into());
}
