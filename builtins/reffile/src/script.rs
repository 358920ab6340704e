//! RefFiles as scripts see them: `reffile::open(path)`, and rows by `for`.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod comparison;
mod entry;
mod file;
mod gds;

use std::any::TypeId;
use std::sync::Arc;

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptError, ScriptResult, bad_input, throw};
use ledama_config::script::{inventory, to_array};
use rhai::plugin::*;
use rhai::serde::from_dynamic;
use rhai::{Array, Dynamic, Engine, Map, Module};
use serde::de::DeserializeOwned;

use crate::compare::{CompareOptions, Difference};
use crate::entry::NewEntry;
use crate::error::{LineFault, RefFileError};

/// A RefFile; it never changes, what selects or changes rows gives a new one.
pub type RefFile = Arc<crate::RefFile>;
/// A row of a RefFile.
pub type Entry = crate::Row;
/// The result of a comparison.
pub type Comparison = Arc<crate::Comparison>;

/// A map of options as its native type; kind `input` names what is wrong.
fn options<T: DeserializeOwned>(ctx: &NativeCallContext<'_>, map: Map) -> ScriptResult<T> {
    from_dynamic(&Dynamic::from(map)).map_err(|error| {
        let message = error.unwrap_inner().to_string();
        let error = ScriptError { kind: "input".into(), message, help: None };
        throw(error, ctx.call_position())
    })
}

/// The rows of an array of maps or rows.
fn new_entries(rows: Array) -> Result<Vec<NewEntry>, RefFileError> {
    let mut faults = Vec::new();
    let mut entries = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let entry = match row.read_lock::<Entry>() {
            Some(row) => Ok(NewEntry::from(&**row)),
            None => from_dynamic(&row).map_err(|error| error.unwrap_inner().to_string()),
        };
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        match entry {
            Ok(entry) => entries.push(entry),
            Err(reason) => faults.push(LineFault { line, reason }),
        }
    }
    if faults.is_empty() { Ok(entries) } else { Err(RefFileError::Rows(faults)) }
}

/// The files of an array.
fn files(ctx: &NativeCallContext<'_>, array: &Array) -> ScriptResult<Vec<RefFile>> {
    let file = |item: &Dynamic| match item.read_lock::<RefFile>() {
        Some(file) => Ok(Arc::clone(&file)),
        None => bad_input(ctx, format!("the list must hold RefFiles, not {}", item.type_name())),
    };
    array.iter().map(file).collect()
}

/// A size in MiB, or unknown.
fn size(ctx: &NativeCallContext<'_>, value: &Dynamic) -> ScriptResult<Option<u64>> {
    match (value.is_unit(), value.as_int().ok().and_then(|mb| u64::try_from(mb).ok())) {
        (true, _) => Ok(None),
        (false, Some(mb)) => Ok(Some(mb)),
        _ => bad_input(ctx, format!("a size is a whole number of MiB or `()`, not `{value}`")),
    }
}

fn sizes(ctx: &NativeCallContext<'_>, array: &Array) -> ScriptResult<Vec<Option<u64>>> {
    array.iter().map(|value| size(ctx, value)).collect()
}

/// What one file of a comparison has or lacks.
fn difference(comparison: &crate::Comparison, found: &Difference) -> Dynamic {
    let mut map = Map::new();
    map.insert("ok".into(), found.is_ok().into());
    map.insert("missing".into(), comparison.list(&found.missing).into());
    map.insert("multiple".into(), comparison.list(&found.multiple).into());
    map.insert("sizes".into(), comparison.size_list(&found.sizes).into());
    map.insert("unknown_sizes".into(), comparison.list(&found.unknown_sizes).into());
    map.insert("warnings".into(), to_array(&found.warnings).into());
    map.into()
}

#[export_module]
mod api {
    /// Reads a RefFile; fails with kind `malformed` naming every faulty line, or `not-found`, `permission`, `io`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<RefFile> {
        crate::RefFile::open(&text_path(path), &inventory(&ctx)).map(Arc::new).at(&ctx)
    }

    /// Reads a RefFile and leaves out faulty lines, which `notes` counts; fails with kind `not-found`, `permission`, `io`.
    #[rhai_fn(return_raw)]
    pub fn open_lenient(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<RefFile> {
        crate::RefFile::open_lenient(&text_path(path), &inventory(&ctx)).map(Arc::new).at(&ctx)
    }

    /// Reads the text of a RefFile; fails with kind `malformed` naming every faulty line.
    #[rhai_fn(return_raw)]
    pub fn parse(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<RefFile> {
        crate::parse(text.as_bytes(), "the text", &inventory(&ctx), true).map(Arc::new).at(&ctx)
    }

    /// Makes a RefFile of maps with `path` and `node`, and maybe `freq_mhz`, `size_mb` (MiB) and `beam`, or of rows; fails with kind `input` naming every faulty one.
    #[rhai_fn(return_raw)]
    pub fn from_rows(ctx: NativeCallContext<'_>, rows: Array) -> ScriptResult<RefFile> {
        let rows = new_entries(rows).at(&ctx)?;
        crate::RefFile::from_rows(rows, &inventory(&ctx)).map(Arc::new).at(&ctx)
    }

    /// Compares RefFiles with the first one; options are `subbands`, `by_subband` and `tolerance_percent`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn compare(ctx: NativeCallContext<'_>, array: Array, map: Map) -> ScriptResult<Comparison> {
        let (files, options) = (files(&ctx, &array)?, options::<CompareOptions>(&ctx, map)?);
        let files: Vec<_> = files.iter().map(AsRef::as_ref).collect();
        crate::compare(&files, &options).map(Arc::new).at(&ctx)
    }
}

/// Adds the handles `RefFile`, `Entry` and `Comparison` with their methods
/// and the functions `reffile::…`.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<RefFile>("RefFile");
    engine.register_type_with_name::<Entry>("Entry");
    engine.register_type_with_name::<Comparison>("Comparison");
    let mut rows = Module::new();
    rows.set_iter(TypeId::of::<RefFile>(), |file| {
        let rows = file.try_cast::<RefFile>().map(|file| crate::Row::all(&file));
        Box::new(rows.into_iter().flatten().map(Dynamic::from))
    });
    engine.register_global_module(rows.into());
    engine.register_global_module(rhai::exported_module!(file::methods).into());
    engine.register_global_module(rhai::exported_module!(entry::methods).into());
    engine.register_global_module(rhai::exported_module!(comparison::methods).into());
    engine.register_static_module("reffile", rhai::exported_module!(api).into());
    gds::register(engine);
}

#[cfg(test)]
mod tests;
