//! `leddb::loader(…)`: the host's side of an update, and the state of ranges and runs.

use std::sync::Arc;

use ledama_base::script::{At, Keeper, ScriptResult, bad_input, to_dynamic, to_int};
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};

use crate::add::Item;
use crate::error::Result;
use crate::observe::loader::{Absences, Answers, Loader as Native, Scans, Settings, roots_in_use};
use crate::observe::operations::{Failure, FinishInput};
use crate::observe::runs::{self, Runner};
use crate::observe::{Identity, Overrides, jobs, target};
use crate::partition;
use crate::store::Database;

/// An update of the database.
pub type Loader = Arc<Native>;

/// What the options of a module say of an update; what is not there has its default.
fn settings(ctx: &NativeCallContext<'_>, opts: &Map) -> ScriptResult<Settings> {
    let flag = |name: &str| opts.get(name).is_some_and(|value| value.as_bool().unwrap_or(false));
    let text = |name: &str| opts.get(name).and_then(|value| value.clone().into_string().ok());
    let number = |name: &str| opts.get(name).and_then(|value| value.as_int().ok());
    let version = match opts.get("versionindex") {
        None => None,
        Some(value) if value.is_unit() => None,
        Some(value) => match value.to_string().parse::<u16>() {
            Ok(version) => Some(i64::from(version)),
            Err(_) => return bad_input(ctx, format!("`{value}` is no version")),
        },
    };
    let usual = Settings::default();
    Ok(Settings {
        runner: Runner {
            module: text("module").unwrap_or_default(),
            user: text("user").unwrap_or_default(),
            run: text("run").unwrap_or_default(),
        },
        dry: flag("dry"),
        diagnostics: flag("diagnostic"),
        processused: flag("processused"),
        settle_s: number("settle").unwrap_or(0),
        clean: !flag("notclean"),
        force: flag("force"),
        max_percent: opts
            .get("max_percent")
            .and_then(|value| value.as_float().ok())
            .unwrap_or(usual.max_percent),
        max_rows: number("max_rows").unwrap_or(usual.max_rows),
        overrides: Overrides { lds: text("lds"), version },
    })
}

fn failures(failed: &Array) -> Vec<Failure> {
    let text = |map: &Map, name: &str| map.get(name).and_then(|v| v.clone().into_string().ok());
    let one = |value: &Dynamic| {
        let map = value.read_lock::<Map>()?;
        Some(Failure {
            host: text(&map, "host")?,
            path: text(&map, "path"),
            error: text(&map, "error").unwrap_or_default(),
        })
    };
    failed.iter().filter_map(one).collect()
}

/// The products of a list that no node can read, and what cannot be one.
fn remote(loader: &Native, entries: &Array) -> (Vec<Item>, Vec<[String; 2]>) {
    let (mut items, mut rejected) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(map) = entry.read_lock::<Map>() else { continue };
        let text = |name: &str| {
            map.get(name).and_then(|value| value.clone().into_string().ok()).unwrap_or_default()
        };
        let (node, path) = (text("node"), text("path"));
        let size_mb = map.get("size_mb").and_then(|value| value.as_int().ok());
        match Identity::of(loader.inventory(), &node, &path, loader.overrides()) {
            Ok(identity) => {
                let size_mb = size_mb.filter(|size| *size >= 0);
                items.push(Item { identity, size_mb, checksum: None });
            }
            Err(reason) => rejected.push([path, reason.to_string()]),
        }
    }
    (items, rejected)
}

/// Texts of an array; others are left out.
fn texts(values: &Array) -> Vec<String> {
    values.iter().filter_map(|value| value.clone().into_string().ok()).collect()
}

fn due(database: &Database) -> Result<Vec<String>> {
    database.read(|tx| jobs::due(tx, jobs::UPDATE, crate::observe::now()))
}

/// Ranges with their names and how far they are used.
fn ranges(database: &Database) -> Result<(Vec<partition::Partition>, i64)> {
    let next = database.read(partition::next_set_id)?;
    Ok((partition::list(database)?, next))
}

#[export_module]
pub mod functions {
    /// An update of a database, a handle of it. Options: `dry` (nothing is written),
    /// `module`, `user`, `run`, and those of the modules: `diagnostic`, `processused`,
    /// `settle` (s), `notclean`, `force`, `max_percent`, `max_rows`, `lds`,
    /// `versionindex`. Errors `input`, `io`.
    #[rhai_fn(return_raw)]
    pub fn loader(
        ctx: NativeCallContext<'_>,
        database: crate::script::database::Leddb,
        opts: Map,
    ) -> ScriptResult<Loader> {
        let settings = super::settings(&ctx, &opts)?;
        let inventory = ledama_config::script::inventory(&ctx);
        Native::new(database, inventory, settings).map(Arc::new).at(&ctx)
    }

    /// Why so many products are not removed, as a text; `()` if they may be.
    pub fn refusal(gone: INT, known: INT, max_percent: f64, max_rows: INT) -> Dynamic {
        let count = |number: INT| usize::try_from(number).unwrap_or(0);
        crate::observe::loader::refusal(count(gone), count(known), max_percent, max_rows)
            .map_or(Dynamic::UNIT, Dynamic::from)
    }
}

#[export_module]
pub mod methods {
    use crate::script::database::Leddb;

    /// What takes the answers of `leddb.scan`, for `run.execute`.
    #[rhai_fn(global, get = "scans", pure)]
    pub fn scans(loader: &mut Loader) -> Keeper {
        Arc::new(Scans(Arc::clone(loader)))
    }

    /// What takes the answers of `leddb.read`, for `run.execute`.
    #[rhai_fn(global, get = "answers", pure)]
    pub fn answers(loader: &mut Loader) -> Keeper {
        Arc::new(Answers(Arc::clone(loader)))
    }

    /// What takes the answers of `leddb.absent`, for `run.execute`; it removes rows.
    #[rhai_fn(global, get = "absences", pure)]
    pub fn absences(loader: &mut Loader) -> Keeper {
        Arc::new(Absences(Arc::clone(loader)))
    }

    /// Adds a product of a node that is to be read, without a search.
    #[rhai_fn(global, name = "add")]
    pub fn add(loader: &mut Loader, node: &str, path: &str) {
        loader.add(node, path);
    }

    /// Takes the sets that are to be read: maps of node, input (of `leddb.read`) and size_bytes.
    #[rhai_fn(global)]
    pub fn take_tasks(loader: &mut Loader) -> Array {
        loader.take_tasks().iter().map(to_dynamic).collect()
    }

    /// Takes what the user should be told.
    #[rhai_fn(global)]
    pub fn take_messages(loader: &mut Loader) -> Array {
        loader.take_messages().into_iter().map(Dynamic::from).collect()
    }

    /// What is to be looked for on the nodes, because a complete list lacks it: maps of node and paths.
    #[rhai_fn(global, get = "missing", pure)]
    pub fn missing(loader: &mut Loader) -> Array {
        loader.missing().iter().map(to_dynamic).collect()
    }

    /// What was counted, a map for each node: host, counters, faults, refused.
    #[rhai_fn(global, get = "summary", pure)]
    pub fn summary(loader: &mut Loader) -> Array {
        loader.summary().iter().map(to_dynamic).collect()
    }

    /// What `leddb.finish` is told; with what failed where no keeper saw it, maps of host, path and error.
    #[rhai_fn(global, pure)]
    pub fn finish_input(loader: &mut Loader, failed: Array) -> Dynamic {
        to_dynamic(&FinishInput {
            database: loader.database().location().to_string(),
            runner: loader.runner().clone(),
            began: loader.began(),
            nodes: loader.summary(),
            failures: super::failures(&failed),
        })
    }

    /// Products that no node can read, of maps with node, path and size_mb: a map of items, as
    /// `leddb.add_products` takes them, and rejected, pairs of path and reason.
    #[rhai_fn(global, pure)]
    pub fn remote(loader: &mut Loader, entries: Array) -> Map {
        let (items, rejected) = super::remote(loader, &entries);
        Map::from([
            ("items".into(), to_dynamic(&items)),
            ("rejected".into(), to_dynamic(&rejected)),
        ])
    }

    /// The folders above all dataset folders that products are known in. Errors `connection`, `time-out`.
    #[rhai_fn(global, get = "roots", return_raw, pure)]
    pub fn roots(ctx: NativeCallContext<'_>, database: &mut Leddb) -> ScriptResult<Array> {
        let roots = database.read(roots_in_use).at(&ctx)?;
        Ok(roots.into_iter().map(Dynamic::from).collect())
    }

    /// Nodes whose update was asked for and is done by nobody. Errors `connection`, `time-out`.
    #[rhai_fn(global, get = "due", return_raw, pure)]
    pub fn nodes_due(ctx: NativeCallContext<'_>, database: &mut Leddb) -> ScriptResult<Array> {
        Ok(super::due(database).at(&ctx)?.into_iter().map(Dynamic::from).collect())
    }

    /// The last run for each host of modules whose names begin so: maps of host, module, state,
    /// started, finished, counters, message. Errors `connection`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn last_runs(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        module: &str,
    ) -> ScriptResult<Array> {
        let last = database.read(|tx| runs::last(tx, module)).at(&ctx)?;
        Ok(last.iter().map(to_dynamic).collect())
    }

    /// Ranges of the diagnostic tables: maps of table, name, lower, upper, attached, used (ids).
    /// Errors `connection`, `time-out`.
    #[rhai_fn(global, get = "ranges", return_raw, pure)]
    pub fn ranges_of(ctx: NativeCallContext<'_>, database: &mut Leddb) -> ScriptResult<Array> {
        let (all, next) = super::ranges(database).at(&ctx)?;
        let one = |partition: &partition::Partition| {
            let range = partition.range;
            let used = (next - range.lower).clamp(0, range.upper - range.lower);
            Dynamic::from(Map::from([
                ("table".into(), partition.table.into()),
                ("name".into(), partition.name.clone().into()),
                ("lower".into(), to_int(range.lower).into()),
                ("upper".into(), to_int(range.upper).into()),
                ("attached".into(), partition.attached.into()),
                ("used".into(), Dynamic::from(to_int(used))),
            ]))
        };
        Ok(all.iter().map(one).collect())
    }

    /// What may be removed of a store: a map of ids and known (how many it has). `folders` are
    /// all that its list of folders names, `complete` those whose lists could be read, `listed`
    /// the paths in them. Errors `connection`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn gone_from(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        store: &str,
        folders: Array,
        complete: Array,
        listed: Array,
    ) -> ScriptResult<Dynamic> {
        let [folders, complete, listed] = [&folders, &complete, &listed].map(super::texts);
        let find = |tx: &mut crate::Transaction| {
            target::gone_from(tx, store, &folders, &complete, &listed)
        };
        database.read(find).map(|gone| to_dynamic(&gone)).at(&ctx)
    }

    /// MiB that the database knows to be in a store. Errors `connection`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn used_mb(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        store: &str,
    ) -> ScriptResult<INT> {
        database.read(|tx| target::used_mb(tx, store)).at(&ctx)
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn loader_text(loader: &mut Loader) -> ImmutableString {
        format!("an update of {}", loader.database().location()).into()
    }

    /// When it began, seconds since 1970 UTC.
    #[rhai_fn(global, get = "began", pure)]
    pub fn began(loader: &mut Loader) -> INT {
        to_int(loader.began())
    }
}
