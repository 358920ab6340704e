//! Databases as scripts see them.

use std::time::Duration;

use ledama_base::script::{At, ScriptResult, bad_input};
use rhai::plugin::*;
use rhai::{ImmutableString, Map};

use crate::store::{Choice, Database, Location, Options, choose};

/// An open database that is only read.
pub type Leddb = Database;

/// The database that the options of a module mean: `dburl`, `dbname`, `dbuser`, `dbhost`.
pub(super) fn place(ctx: &NativeCallContext<'_>, opts: &Map) -> ScriptResult<Location> {
    let word = |name: &str| match opts.get(name) {
        None => Ok(None),
        Some(value) if value.is_unit() => Ok(None),
        Some(value) => match value.read_lock::<ImmutableString>() {
            Some(text) => Ok(Some(text.to_string())),
            None => bad_input(ctx, format!("`{name}` must be a text, not {}", value.type_name())),
        },
    };
    let choice = Choice {
        url: word("dburl")?,
        name: word("dbname")?,
        user: word("dbuser")?,
        host: word("dbhost")?,
    };
    let inventory = ledama_config::script::inventory(ctx);
    choose(inventory.config(), &choice).at(ctx)
}

/// The time limit of statements that the options of a module mean; none or negative: no limit.
fn limit(opts: &Map) -> Option<Duration> {
    let seconds = opts.get("timeout").and_then(|value| value.as_int().ok())?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn open_at(ctx: &NativeCallContext<'_>, opts: &Map) -> ScriptResult<Database> {
    let place = place(ctx, opts)?;
    let inventory = ledama_config::script::inventory(ctx);
    let options = Options { statement_timeout: limit(opts), ..Options::of(inventory.config()) };
    Database::open_or_create(&place, &options).at(ctx)
}

#[export_module]
pub mod functions {
    /// Where the database is that the options of a module mean, as operations
    /// take it: `dburl`, else `dbname`, `dbuser` and `dbhost` over the configuration. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn url(ctx: NativeCallContext<'_>, opts: Map) -> ScriptResult<ImmutableString> {
        super::place(&ctx, &opts).map(|place| place.to_string().into())
    }

    /// Opens the database that the options of a module mean, for reading; a file
    /// that is not there yet is made. `timeout`: longest time of a query, s.
    /// Errors `input`, `no-database`, `connection`, `login`, `database-version`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, opts: Map) -> ScriptResult<Leddb> {
        super::open_at(&ctx, &opts)
    }

    /// Opens the default database for reading.
    #[rhai_fn(name = "open", return_raw)]
    pub fn open_default(ctx: NativeCallContext<'_>) -> ScriptResult<Leddb> {
        open(ctx, Map::new())
    }
}

#[export_module]
pub mod methods {
    /// A database that is only read.
    pub type Leddb = super::Leddb;

    /// Where it is, without secrets, as operations take it.
    #[rhai_fn(global, get = "url", pure)]
    pub fn url_of(database: &mut Leddb) -> ImmutableString {
        database.location().to_string().into()
    }

    /// `sqlite` or `postgres`.
    #[rhai_fn(global, get = "kind", pure)]
    pub fn kind(database: &mut Leddb) -> ImmutableString {
        match database.dialect() {
            crate::Dialect::Sqlite => "sqlite".into(),
            crate::Dialect::Postgres => "postgres".into(),
        }
    }

    /// Where it is, for messages.
    #[rhai_fn(global, name = "to_string", pure)]
    pub fn text(database: &mut Leddb) -> ImmutableString {
        url_of(database)
    }
}

#[cfg(test)]
mod tests {
    use ledama_base::script::ScriptError;
    use rhai::{Dynamic, EvalAltResult, INT};

    use super::*;

    #[test]
    fn a_script_opens_a_file_that_is_not_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let mut engine = rhai::Engine::new();
        crate::script::register(&mut engine);
        let script = format!(
            "let db = leddb::open(#{{ dburl: `sqlite:{0}/x.sqlite`, timeout: -1 }}); [db.kind, db.url]",
            folder.path().display()
        );
        let seen: rhai::Array = engine.eval(&script).unwrap();
        assert_eq!(seen[0].clone().into_string().unwrap(), "sqlite");
        assert!(folder.path().join("x.sqlite").exists());
        assert!(seen[1].clone().into_string().unwrap().ends_with("/x.sqlite"));
        let error = engine.eval::<Dynamic>("leddb::open(#{ dburl: 5 })").unwrap_err();
        let EvalAltResult::ErrorRuntime(error, _) = *error else { panic!("{error}") };
        assert!(error.cast::<ScriptError>().message.contains("must be a text"));
    }

    #[test]
    fn a_negative_limit_is_none() {
        for (seconds, expected) in [(60_i32, Some(Duration::from_mins(1))), (-1, None)] {
            let opts = Map::from([("timeout".into(), Dynamic::from(INT::from(seconds)))]);
            assert_eq!(limit(&opts), expected);
        }
    }
}
