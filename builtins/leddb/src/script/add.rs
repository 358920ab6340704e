//! Lists of products as scripts read them, and products that are to be added.

use ledama_base::operation::OperationError;
use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult, bad_input, to_int};
use rhai::plugin::*;
use rhai::{Array, Dynamic, ImmutableString, Map};

use super::database::Leddb;
use super::edit::{given, refused, rows};
use crate::add::{self, Item};
use crate::lists::{self, CatalogueRow, Format, Ignored, Listed, Product};
use crate::observe::{Overrides, Place};

/// Rows and remarks of a list for scripts; its faults end the script.
fn told<T: serde::Serialize>(name: &str, list: Listed<T>) -> Result<Map, OperationError> {
    if !list.faults.is_empty() {
        return Err(refused(name, &list.faults));
    }
    let ignored: Vec<Ignored> = list.ignored;
    Ok(Map::from([
        ("rows".into(), rows(&list.rows).into()),
        ("ignored".into(), rows(&ignored).into()),
    ]))
}

fn content(path: &str) -> Result<Vec<u8>, OperationError> {
    std::fs::read(text_path(path)).map_err(|error| OperationError::io(path, &error))
}

fn word(opts: &Map, key: &str) -> Option<String> {
    let value = opts.get(key)?;
    value.read_lock::<ImmutableString>().map(|text| text.to_string())
}

fn format(ctx: &NativeCallContext<'_>, name: &str) -> ScriptResult<Format> {
    match Format::of(name) {
        Some(format) => Ok(format),
        None => bad_input(ctx, format!("`{name}` is no form of a list")),
    }
}

fn products(
    ctx: &NativeCallContext<'_>,
    name: &str,
    kind: &str,
    text: &[u8],
    opts: &Map,
) -> ScriptResult<Map> {
    let (prefix, folder) = (word(opts, "prefix"), word(opts, "folder"));
    let kind = format(ctx, kind)?;
    told(name, lists::products(kind, text, prefix.as_deref(), folder.as_deref())).at(ctx)
}

fn catalogue_of(
    ctx: &NativeCallContext<'_>,
    path: &str,
    mut list: Listed<CatalogueRow>,
) -> ScriptResult<Map> {
    let inventory = ledama_config::script::inventory(ctx);
    let items = add::empty_items(&list.rows, inventory.corrections()).unwrap_or_else(|faults| {
        list.faults.extend(faults);
        Vec::new()
    });
    let Listed { faults, ignored, .. } = list;
    told(path, Listed { rows: items, faults, ignored }).at(ctx)
}

fn items_of(
    ctx: &NativeCallContext<'_>,
    store: &str,
    list: Array,
    opts: &Map,
) -> ScriptResult<Map> {
    let inventory = ledama_config::script::inventory(ctx);
    let facts = inventory.config().store(store).at(ctx)?;
    let place = Place { host: facts.token(), store: facts.token(), remote: facts.is_remote() };
    let list: Vec<Product> = given(ctx, "rows", list)?;
    let version = opts.get("version").and_then(|value| value.as_int().ok());
    let overrides = Overrides { lds: word(opts, "lds"), version };
    let found = add::items(place, &list, &overrides, inventory.corrections())
        .map_err(|faults| refused(&word(opts, "name").unwrap_or_default(), &faults));
    let (items, twice) = found.at(ctx)?;
    Ok(Map::from([("items".into(), rows(&items).into()), ("twice".into(), to_int(twice).into())]))
}

#[export_module]
pub mod functions {
    /// Reads a list of products of the form fdt, cat, txlog, srm or uberftp: a map with
    /// `rows` (maps with line, path, `size_mb`, checksum) and `ignored` lines. Options:
    /// `prefix` that addresses begin with, `folder` that was listed. Errors `input` (all
    /// faults at once), `not-found`, `io`.
    #[rhai_fn(return_raw)]
    pub fn list(
        ctx: NativeCallContext<'_>,
        form: &str,
        path: &str,
        opts: Map,
    ) -> ScriptResult<Map> {
        let text = super::content(path).at(&ctx)?;
        super::products(&ctx, path, form, &text, &opts)
    }

    /// The same of a text, such as what a listing tool printed; `name` is for messages.
    #[rhai_fn(return_raw)]
    pub fn list_text(
        ctx: NativeCallContext<'_>,
        form: &str,
        text: &str,
        opts: Map,
    ) -> ScriptResult<Map> {
        let name = super::word(&opts, "name").unwrap_or_else(|| "the list".to_string());
        super::products(&ctx, &name, form, text.as_bytes(), &opts)
    }

    /// Reads a table of data products of the catalogue: a map with `rows` (maps that
    /// `leddb.add_empty` takes) and `ignored` lines. Errors `input`, `not-found`, `io`.
    #[rhai_fn(return_raw)]
    pub fn catalogue(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Map> {
        let list = lists::catalogue(&super::content(path).at(&ctx)?);
        super::catalogue_of(&ctx, path, list)
    }

    /// Rows of a list as products of a store: a map with `items`, that `leddb.add_products`
    /// takes, and how many rows named one `twice`. Options: `lds` and `version` in place
    /// of what paths tell, `name` of the list for messages. Error `input` (all at once).
    #[rhai_fn(return_raw)]
    pub fn products(
        ctx: NativeCallContext<'_>,
        store: &str,
        rows: Array,
        opts: Map,
    ) -> ScriptResult<Map> {
        super::items_of(&ctx, store, rows, &opts)
    }

    /// A path with each of these sub-bands in place of that in its name; error `input`.
    #[rhai_fn(return_raw)]
    pub fn sub_band_paths(
        ctx: NativeCallContext<'_>,
        path: &str,
        sub_bands: Array,
    ) -> ScriptResult<Array> {
        let indexes: Vec<u16> = super::given(&ctx, "sub-bands", sub_bands)?;
        let paths = add::sub_band_paths(path, &indexes).at(&ctx)?;
        Ok(paths.into_iter().map(Dynamic::from).collect())
    }
}

#[export_module]
pub mod methods {
    /// Which of these products the database has, an array of flags.
    #[rhai_fn(global, return_raw, pure)]
    pub fn known(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        items: Array,
    ) -> ScriptResult<Array> {
        let items: Vec<Item> = super::given(&ctx, "items", items)?;
        let found = database.read(|tx| add::known(tx, &items)).at(&ctx)?;
        Ok(found.into_iter().map(Dynamic::from).collect())
    }
}
