//! The namespaces `trees`, `archives` and `digests` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod archives;
mod digests;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};

use crate::acl::UndoFile;
use crate::permissions::ModeChange;

#[export_module]
mod api {
    use ledama_base::script::to_dynamic;

    use crate::permissions::ModeChange;

    /// Refuses what is no mode as `chmod` takes it, octal (three or four
    /// digits) or symbolic. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn check_mode(ctx: NativeCallContext<'_>, mode: &str) -> ScriptResult<()> {
        mode.parse::<ModeChange>().map(drop).map_err(OperationError::from).at(&ctx)
    }

    /// The permission bits that a mode makes of others, of a folder or of a
    /// file; bits are numbers such as `0o755`. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn apply_mode(
        ctx: NativeCallContext<'_>,
        mode: &str,
        bits: INT,
        folder: bool,
    ) -> ScriptResult<INT> {
        super::applied(mode, bits, folder).at(&ctx)
    }

    /// Whether a mode as `chmod` takes it is an octal one. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn is_octal_mode(ctx: NativeCallContext<'_>, mode: &str) -> ScriptResult<bool> {
        mode.parse().map(|mode: ModeChange| mode.is_octal()).map_err(OperationError::from).at(&ctx)
    }

    /// The text of a file that a change of access lists can be undone with. The
    /// map holds `user`, `action` (`grant`, `exclusive` or `revoke`), `run` and
    /// `targets`, maps with `node`, `path`, `uid` and `before` as the operation
    /// `trees.acl_survey` tells it. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn undo_text(ctx: NativeCallContext<'_>, change: Map) -> ScriptResult<ImmutableString> {
        super::undo_text(change).at(&ctx)
    }

    /// Reads a file of `undo_text` back into such a map. Errors `input`,
    /// `not-found`, `permission`, `io`.
    #[rhai_fn(return_raw)]
    pub fn read_undo(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Dynamic> {
        super::read_undo(path).map(|file| to_dynamic(&file)).at(&ctx)
    }

    /// The folders that hold observation folders below these data roots: each
    /// root and its `pipeline`, of the last one also `backup` and `backup/pipeline`.
    pub fn scan_list(roots: Array) -> Array {
        let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
        crate::empty::scan_list(&roots).into_iter().map(Dynamic::from).collect()
    }
}

fn applied(mode: &str, bits: INT, folder: bool) -> Result<INT, OperationError> {
    let bits = u32::try_from(bits).ok().filter(|bits| *bits <= 0o7777);
    let bits = bits.ok_or_else(|| input("permission bits are 0o0 to 0o7777".to_string()))?;
    Ok(mode.parse::<ModeChange>()?.apply(bits, folder, 0).into())
}

fn undo_text(change: Map) -> Result<ImmutableString, OperationError> {
    let file: UndoFile = rhai::serde::from_dynamic(&change.into())
        .map_err(|e| input(format!("change to undo: {e}")))?;
    file.text().map(Into::into).map_err(|e| input(format!("change to undo: {e}")))
}

fn read_undo(path: &str) -> Result<UndoFile, OperationError> {
    let text =
        std::fs::read_to_string(text_path(path)).map_err(|e| OperationError::io(show(path), &e))?;
    UndoFile::parse(&text).map_err(|e| input(format!("{}: {e}", show(path))))
}

fn input(message: String) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}

/// Registers them.
pub fn register(engine: &mut Engine) {
    archives::register(engine);
    digests::register(engine);
    engine.register_static_module("trees", exported_module!(api).into());
}
