//! `pictures::…`: where pictures go.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_base::{clock, rawtext};
use rhai::plugin::*;
use rhai::{Dynamic, Engine, Map};
use serde::Deserialize;
use serde_json::Value;

use crate::figures::picture::{Dump, Picture};
use crate::output;

/// Options of pictures, and who makes them.
#[derive(Debug, Deserialize)]
pub(super) struct PictureOptions {
    output: Option<String>,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    open: bool,
    dump: Option<Dump>,
    #[serde(default)]
    stamp: bool,
    user: String,
    module: String,
}

impl PictureOptions {
    /// As [`Self::picture`]; fails where a picture must not be replaced.
    pub(super) fn free_place(
        &self,
        object: &str,
        parameters: &Value,
    ) -> Result<Picture, OperationError> {
        let picture = self.picture(object, parameters)?;
        picture.check()?;
        Ok(picture)
    }

    /// Where the picture goes; without a name, one that the parameters give.
    fn picture(&self, object: &str, parameters: &Value) -> Result<Picture, OperationError> {
        let name = match self.output.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => name.to_string(),
            None => output::default_name(&self.module, object, parameters),
        };
        // Written elsewhere than in the folder of the user, who named it there.
        let path = std::path::absolute(rawtext::text_path(&name))
            .map_err(|error| OperationError::io(&name, &error))?;
        let stamp = || format!("{} by {}", clock::utc_text(clock::now()), self.user);
        Ok(Picture {
            path: rawtext::path_text(&path),
            force: self.force,
            page: self.open,
            dump: self.dump,
            stamp: self.stamp.then(stamp),
        })
    }
}

#[export_module]
mod api {
    /// Where a picture of `object` goes by its options (`output`, `force`, `open`, `dump`, `stamp`, `node`, `user`, `module`); without a name the parameters give one; fails with kind `input` or `exists`.
    #[rhai_fn(return_raw)]
    pub fn place(
        ctx: NativeCallContext<'_>,
        options: Map,
        object: &str,
        parameters: Map,
    ) -> ScriptResult<Dynamic> {
        super::place(options, object, parameters).at(&ctx)
    }
}

fn place(options: Map, object: &str, parameters: Map) -> Result<Dynamic, OperationError> {
    let value = |map: Map| serde_json::to_value(Dynamic::from(map)).unwrap_or(Value::Null);
    let options: PictureOptions = serde_json::from_value(value(options))
        .map_err(|error| OperationError::new(ErrorKind::Input, error.to_string()))?;
    Ok(to_dynamic(&options.picture(object, &value(parameters))?))
}

/// Adds the functions.
pub(crate) fn register(engine: &mut Engine) {
    engine.register_static_module("pictures", rhai::exported_module!(api).into());
}
