//! `archives::…`: how archives are called and compressed.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::OperationError;
use ledama_base::script::{At, ScriptResult, bad_input, to_dynamic};
use rhai::plugin::*;
use rhai::{Dynamic, Engine, INT, ImmutableString};

use crate::archive::{Compression, archive_path, pack_mode, unpack_mode};

#[export_module]
mod api {
    /// What the mode letters of `tar` for packing say: a map with `compression`
    /// (`gz`, or `()`) and `list`, whether members are listed. Error `input`:
    /// a letter that means nothing here.
    #[rhai_fn(return_raw)]
    pub fn pack_mode(ctx: NativeCallContext<'_>, letters: &str) -> ScriptResult<Dynamic> {
        super::pack_mode(letters).map(|mode| to_dynamic(&mode)).at(&ctx)
    }

    /// The same of the letters for unpacking.
    #[rhai_fn(return_raw)]
    pub fn unpack_mode(ctx: NativeCallContext<'_>, letters: &str) -> ScriptResult<Dynamic> {
        super::unpack_mode(letters).map(|mode| to_dynamic(&mode)).at(&ctx)
    }

    /// Refuses a level that a compression (`none`, `gz`, `zst`) does not have.
    /// Error `input`.
    #[rhai_fn(return_raw)]
    pub fn check_level(
        ctx: NativeCallContext<'_>,
        compression: &str,
        level: INT,
    ) -> ScriptResult<()> {
        let compression = super::compression(&ctx, compression)?;
        let level = i32::try_from(level).unwrap_or(i32::MAX);
        compression.level(Some(level)).map(drop).at(&ctx)
    }

    /// The path of the archive of a set: in the folder `output`, or beside the
    /// set if that is `()`; compression as for `check_level`. Error `input`: a
    /// path that is not absolute and plain.
    #[rhai_fn(return_raw)]
    pub fn path(
        ctx: NativeCallContext<'_>,
        set: &str,
        output: Dynamic,
        compression: &str,
    ) -> ScriptResult<ImmutableString> {
        let compression = super::compression(&ctx, compression)?;
        let output = output.into_immutable_string().ok();
        super::text(set, output.as_deref(), compression).at(&ctx)
    }
}

fn compression(ctx: &NativeCallContext<'_>, name: &str) -> ScriptResult<Compression> {
    match name {
        "none" => Ok(Compression::None),
        "gz" => Ok(Compression::Gz),
        "zst" => Ok(Compression::Zst),
        _ => bad_input(ctx, format!("`{name}` is no compression: none, gz, zst")),
    }
}

fn text(
    set: &str,
    output: Option<&str>,
    compression: Compression,
) -> Result<ImmutableString, OperationError> {
    archive_path(set, output, compression).map(|path| ledama_base::rawtext::path_text(&path).into())
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("archives", exported_module!(api).into());
}
