//! `statistics::…`: files of statistics of visibilities.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::Arc;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{At, Keeper, ScriptResult};
use rhai::plugin::*;
use rhai::serde::from_dynamic;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map};
use serde::Deserialize;

use crate::stats::{Folder, Format, Member, parse_wanted};

/// A folder of statistics.
pub type StatsFolder = Arc<Folder>;

/// How statistics are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: Format,
    accuracy: usize,
    overwrite: bool,
}

#[export_module]
mod api {
    /// A folder that gets a file for each set of an array of maps with `node` and `path`; `form` has `format` (`text`, `csv`, `json`), `accuracy` (digits after the point) and `overwrite`; fails with kind `exists` or `input`.
    #[rhai_fn(return_raw)]
    pub fn folder(
        ctx: NativeCallContext<'_>,
        path: &str,
        sets: Array,
        form: Map,
    ) -> ScriptResult<StatsFolder> {
        super::folder(path, sets, form).map(Arc::new).at(&ctx)
    }

    /// The names of statistics, checked; the usual ones where none are given; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn names(ctx: NativeCallContext<'_>, names: Array) -> ScriptResult<Array> {
        super::names(names).at(&ctx)
    }
}

#[export_module]
mod methods {
    /// What takes the answers of `analysis.stats` over, for `run.execute`.
    #[rhai_fn(global, get = "keeper", pure)]
    pub fn folder_keeper(folder: &mut StatsFolder) -> Keeper {
        Arc::clone(folder) as Keeper
    }

    /// The files written so far, by frequency.
    #[rhai_fn(global, get = "files", pure)]
    pub fn folder_files(folder: &mut StatsFolder) -> Array {
        folder.files().iter().map(|path| path_text(path).into()).collect()
    }

    /// Puts the files of this run into one, if there are several; its path, or `()`; fails with kind `io` or `no-space`.
    #[rhai_fn(global, return_raw, name = "finish", pure)]
    pub fn folder_finish(
        ctx: NativeCallContext<'_>,
        folder: &mut StatsFolder,
    ) -> ScriptResult<Dynamic> {
        let path = folder.finish().at(&ctx)?;
        Ok(path.map_or(Dynamic::UNIT, |path| path_text(&path).into()))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn folder_text(folder: &mut StatsFolder) -> ImmutableString {
        format!("statistics of {} sets so far", folder.files().len()).into()
    }
}

fn folder(path: &str, sets: Array, form: Map) -> Result<Folder, OperationError> {
    let wrong = |error: Box<rhai::EvalAltResult>| {
        OperationError::new(ErrorKind::Input, format!("form of statistics: {error}"))
    };
    let members: Vec<Member> = from_dynamic(&sets.into()).map_err(wrong)?;
    let form: Form = from_dynamic(&form.into()).map_err(wrong)?;
    Folder::new(&text_path(path), &members, form.format, form.accuracy, form.overwrite)
}

fn names(names: Array) -> Result<Array, OperationError> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let wanted =
        parse_wanted(&names).map_err(|what| OperationError::new(ErrorKind::Input, what))?;
    Ok(wanted.into_iter().map(|wanted| wanted.name().into()).collect())
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<StatsFolder>("StatsFolder");
    engine.register_static_module("statistics", rhai::exported_module!(api).into());
    engine.register_global_module(rhai::exported_module!(methods).into());
}
