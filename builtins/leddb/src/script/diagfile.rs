//! DiagFiles as scripts see them.

use std::sync::Arc;

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult};
use rhai::ImmutableString;
use rhai::plugin::*;

use super::query::{Asked, Query};

/// A stored query for diagnostic rows.
pub type DiagFile = Arc<crate::diagfile::DiagFile>;

#[export_module]
pub mod functions {
    /// Reads a DiagFile. Errors `input`, `io`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<DiagFile> {
        crate::diagfile::DiagFile::open(&text_path(path)).map(Arc::new).at(&ctx)
    }

    /// The DiagFile of a query: it keeps the conditions, which are asked again when it is used. Error `input`.
    #[rhai_fn(return_raw)]
    pub fn of(ctx: NativeCallContext<'_>, query: Query) -> ScriptResult<DiagFile> {
        let place = query.database.location();
        crate::diagfile::DiagFile::new(place, &query.query).map(Arc::new).at(&ctx)
    }

    /// The DiagFile of the rows that a query gives now. Errors `input`, `time-out`.
    #[rhai_fn(return_raw)]
    pub fn frozen(ctx: NativeCallContext<'_>, query: Query) -> ScriptResult<DiagFile> {
        let plan = query.plan().at(&ctx)?;
        let rows = query.database.read(|tx| plan.pairs(tx)).at(&ctx)?;
        let rows =
            crate::query::Query { rows: Some(rows), ..crate::query::Query::new(query.query.table) };
        let place = query.database.location();
        crate::diagfile::DiagFile::new(place, &rows).map(Arc::new).at(&ctx)
    }
}

#[export_module]
pub mod methods {
    /// A stored query for diagnostic rows.
    pub type DiagFile = super::DiagFile;

    /// Name of its pseudo-table.
    #[rhai_fn(global, get = "table", pure)]
    pub fn table(file: &mut DiagFile) -> ImmutableString {
        file.query.table.name().into()
    }

    /// Name of the database it was made for.
    #[rhai_fn(global, get = "database", pure)]
    pub fn database(file: &mut DiagFile) -> ImmutableString {
        file.database.as_str().into()
    }

    /// When it was made, UTC.
    #[rhai_fn(global, get = "created", pure)]
    pub fn created(file: &mut DiagFile) -> ImmutableString {
        file.created.as_str().into()
    }

    /// Its text, for `run.save`.
    #[rhai_fn(global, get = "text", pure)]
    pub fn text(file: &mut DiagFile) -> ImmutableString {
        file.text().into()
    }

    /// Its query of the database it was made for. Error `input` for another one.
    #[rhai_fn(global, name = "query", return_raw, pure)]
    pub fn query(
        ctx: NativeCallContext<'_>,
        database: &mut crate::script::database::Leddb,
        file: DiagFile,
    ) -> ScriptResult<Query> {
        let query = file.for_database(database, false).at(&ctx)?;
        Ok(Asked::new(database, query))
    }

    /// For messages.
    #[rhai_fn(global, name = "to_string", pure)]
    pub fn to_text(file: &mut DiagFile) -> ImmutableString {
        format!("DiagFile of {}", file.query.table.name()).into()
    }
}
