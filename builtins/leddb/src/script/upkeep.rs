//! The upkeep of whole databases as scripts prepare it: what would be made, how large
//! it is, what a backup would write and a restoration would bring.

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult, to_dynamic};
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};
use serde_json::json;

use super::database::place;
use crate::backup::{self, Folder, Job, Wanted};
use crate::ddl;
use crate::error::Result;
use crate::store::{Database, Location, Options};
use crate::upkeep;

/// A database that is there, opened for a moment.
fn with<T>(location: &Location, work: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
    let database = Database::open(location, &Options::default())?;
    let value = work(&database);
    database.close();
    value
}

fn sizes(location: &Location) -> Result<serde_json::Value> {
    with(location, |database| {
        let (bytes, tables) = (upkeep::whole(database)?, upkeep::sizes(database)?);
        let place = location.to_string();
        Ok(
            json!({ "name": upkeep::name_of(location), "place": place, "bytes": bytes, "tables": tables }),
        )
    })
}

fn would_save(location: &Location, folder: &str, all: bool) -> Result<serde_json::Value> {
    let folder = Folder::new(text_path(folder));
    let units = with(location, |database| {
        backup::preview(database, &folder, &Job { all, ..Job::default() })
    })?;
    let names = |wanted: bool| -> Vec<_> {
        units.iter().filter(|(_, changed)| *changed == wanted).map(|(name, _)| name).collect()
    };
    Ok(json!({ "written": names(true), "unchanged": names(false) }))
}

fn would_restore(folder: &str, wanted: &Wanted) -> Result<serde_json::Value> {
    let (found, entries) = backup::inspect(&Folder::new(text_path(folder)), wanted)?;
    let manifest = &found.manifest;
    Ok(json!({
        "name": found.name,
        "place": manifest.place,
        "started": manifest.started,
        "rows": entries.iter().map(|entry| entry.rows).sum::<u64>(),
        "bytes": entries.iter().map(|entry| entry.size).sum::<u64>(),
        "parts": entries.iter().map(|entry| json!({
            "table": entry.table, "range": entry.range, "file": entry.file, "rows": entry.rows,
        })).collect::<Vec<_>>(),
    }))
}

fn hours(
    location: &Location,
    since: &str,
    min_duration: i64,
    groups: &[String],
) -> Result<serde_json::Value> {
    let groups: Vec<_> = groups.iter().map(|text| upkeep::group(text)).collect::<Result<_>>()?;
    let found =
        with(location, |database| upkeep::hours_per_field(database, since, min_duration, &groups))?;
    Ok(json!(found))
}

/// The numbers of an array of a script; nothing: none were given.
fn numbers(value: &Dynamic) -> Option<Vec<i64>> {
    let list = value.read_lock::<Array>()?;
    let numbers: Vec<i64> = list.iter().filter_map(|one| one.as_int().ok()).collect();
    (!numbers.is_empty()).then_some(numbers)
}

#[export_module]
pub mod functions {
    /// The name that means the database of the options of a module when it is to be
    /// taken away. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn name(ctx: NativeCallContext<'_>, opts: Map) -> ScriptResult<ImmutableString> {
        place(&ctx, &opts).map(|place| upkeep::name_of(&place).into())
    }

    /// The statements that make a database for the options of a module, or only the
    /// functions for people, each ended by `;`. Nothing is asked from the database. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn definitions(
        ctx: NativeCallContext<'_>,
        opts: Map,
        functions: bool,
    ) -> ScriptResult<ImmutableString> {
        let dialect = place(&ctx, &opts)?.dialect();
        let all = if functions { ddl::functions(dialect) } else { ddl::create_all(dialect) };
        let texts: Vec<&str> = all.iter().map(ddl::Ddl::text).collect();
        let end = if texts.is_empty() { "" } else { ";\n" };
        Ok(format!("{}{end}", texts.join(";\n")).into())
    }

    /// How large the database of the options of a module is: a map with `name`, `place`,
    /// `bytes` and `tables`, each with `table`, `rows` (about; `()` if nobody has
    /// counted), `bytes`, `index_bytes` and `partitions`.
    /// Errors `input`, `no-database`, `connection`, `login`, `database-version`.
    #[rhai_fn(return_raw)]
    pub fn sizes(ctx: NativeCallContext<'_>, opts: Map) -> ScriptResult<Dynamic> {
        let place = place(&ctx, &opts)?;
        super::sizes(&place).map(|value| to_dynamic(&value)).at(&ctx)
    }

    /// The exact rows of every table, and of every range of the diagnostic tables instead of
    /// the tables: an array of maps with `table`, `partition` (`()` for a table) and
    /// `rows`; `workers` are counted at the same time. Errors as of `sizes`.
    #[rhai_fn(return_raw)]
    pub fn counts(ctx: NativeCallContext<'_>, opts: Map, workers: INT) -> ScriptResult<Dynamic> {
        let place = place(&ctx, &opts)?;
        let workers = usize::try_from(workers).unwrap_or(1);
        with(&place, |database| upkeep::counts(database, workers))
            .map(|all| to_dynamic(&all))
            .at(&ctx)
    }

    /// Hours of the observations that began after a date (`YYYY/MM/DD`) and are longer than
    /// so many seconds, by main field: `fields` are texts `LABEL=PATTERN`. A map with
    /// `groups` (`label`, `observations`, `hours`) and `overlaps`, arrays of a field
    /// and its labels. Errors as of `sizes`.
    #[rhai_fn(return_raw)]
    pub fn hours_per_field(
        ctx: NativeCallContext<'_>,
        opts: Map,
        since: &str,
        min_duration: INT,
        fields: Array,
    ) -> ScriptResult<Dynamic> {
        let place = place(&ctx, &opts)?;
        let fields: Vec<String> = super::super::edit::given(&ctx, "fields", fields)?;
        hours(&place, since, min_duration, &fields).map(|value| to_dynamic(&value)).at(&ctx)
    }

    /// What a backup of the database of the options of a module into a folder would
    /// write: a map with the names `written` and `unchanged`. Errors as of `sizes`.
    #[rhai_fn(return_raw)]
    pub fn would_save(
        ctx: NativeCallContext<'_>,
        opts: Map,
        folder: &str,
        all: bool,
    ) -> ScriptResult<Dynamic> {
        let place = place(&ctx, &opts)?;
        super::would_save(&place, folder, all).map(|value| to_dynamic(&value)).at(&ctx)
    }

    /// What the backup of that name (`()`: the newest) in a folder would bring, or only
    /// its ranges with these numbers: a map with `name`, `place`, `started`, `rows`,
    /// `bytes` and `parts`. Its files are there with their sizes. Errors `input`, `damaged`.
    #[rhai_fn(return_raw)]
    pub fn would_restore(
        ctx: NativeCallContext<'_>,
        folder: &str,
        name: Dynamic,
        partitions: Dynamic,
    ) -> ScriptResult<Dynamic> {
        let wanted = Wanted {
            backup: name.into_string().ok(),
            partitions: super::numbers(&partitions),
            workers: 1,
        };
        super::would_restore(folder, &wanted).map(|value| to_dynamic(&value)).at(&ctx)
    }
}
