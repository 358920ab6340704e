//! Queries as scripts see them.
//!
//! A query never changes: `where`, `columns`, `order` and so on give a new one. It is
//! asked only by `count`, `ids`, `page`, `rows`, `values` and `write`.

use std::sync::Arc;

use ledama_base::script::{At, ScriptResult, bad_input, to_dynamic, to_int};
use ledama_cluster::script::{Run, heard};
use rhai::plugin::*;
use rhai::serde::from_dynamic;
use rhai::{Array, Dynamic, FLOAT, INT, ImmutableString, Map};

use super::rows::{Arrays, Rows};
use crate::error::{LeddbError, Result};
use crate::query::{self, Filter, Form, Limits, Parents, Pick, Plan, format};
use crate::schema::pseudo::{Pseudo, Selection};
use crate::store::{Database, Value};

/// A query of a database.
pub type Query = Arc<Asked>;

/// A query with the database it is for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub(super) database: Database,
    pub(super) query: query::Query,
    pub(super) limits: Limits,
}

impl Asked {
    pub(super) fn new(database: &Database, query: query::Query) -> Query {
        Arc::new(Self {
            database: database.clone(),
            query,
            limits: Limits::batch(database.options()),
        })
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        Plan::new(&self.query, self.limits)
    }

    fn with(&self, change: impl FnOnce(&mut query::Query)) -> Query {
        let mut next = self.clone();
        change(&mut next.query);
        Arc::new(next)
    }
}

/// A value of a row.
pub(super) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null(_) => Dynamic::UNIT,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value as FLOAT).into(),
        Value::Text(value) => value.as_str().into(),
        Value::Ints(values) => values.iter().map(|v| Dynamic::from(*v)).collect::<Array>().into(),
        Value::Floats(values) => values.iter().map(|v| Dynamic::from(*v)).collect::<Array>().into(),
        Value::Texts(values) => {
            values.iter().map(|v| Dynamic::from(v.clone())).collect::<Array>().into()
        }
        Value::Bytes(bytes) => to_int(bytes.len()).into(),
    }
}

fn table(name: &str) -> Result<Pseudo> {
    Pseudo::named(name).ok_or_else(|| LeddbError::Input {
        message: format!("there is no pseudo-table `{name}`"),
        help: Some(format!("there are {}", Pseudo::ALL.map(Pseudo::name).join(", "))),
    })
}

fn list(name: &str) -> Result<Selection> {
    Selection::named(name).ok_or_else(|| LeddbError::Input {
        message: format!("there is no list `{name}` to pick from"),
        help: Some(format!("there are {}", Selection::ALL.map(Selection::name).join(", "))),
    })
}

fn json(ctx: &NativeCallContext<'_>, value: &Dynamic) -> ScriptResult<serde_json::Value> {
    ledama_cluster::script::to_json(ctx.engine(), value).at(ctx)
}

/// A condition: a line, or a map in the form of JSON.
fn filter(ctx: &NativeCallContext<'_>, asked: &Asked, value: &Dynamic) -> ScriptResult<Filter> {
    if let Some(line) = value.read_lock::<ImmutableString>() {
        return Filter::parse(asked.query.table.table(), &line).at(ctx);
    }
    if value.is_map() {
        let filter = Filter::from_json(&json(ctx, value)?, "the condition").at(ctx)?;
        return Ok(filter);
    }
    bad_input(ctx, format!("a condition is a text or a map, not {}", value.type_name()))
}

fn filters(ctx: &NativeCallContext<'_>, asked: &Asked, all: &Array) -> ScriptResult<Vec<Filter>> {
    all.iter().map(|one| filter(ctx, asked, one)).collect()
}

fn words(ctx: &NativeCallContext<'_>, array: &Array) -> ScriptResult<Vec<String>> {
    let word = |item: &Dynamic| match item.read_lock::<ImmutableString>() {
        Some(text) => Ok(text.to_string()),
        None => bad_input(ctx, format!("a header is a text, not {}", item.type_name())),
    };
    array.iter().map(word).collect()
}

/// The ids of a list of numbers or names.
fn json_list(ctx: &NativeCallContext<'_>, array: &Array) -> ScriptResult<Vec<serde_json::Value>> {
    array.iter().map(|one| json(ctx, one)).collect()
}

fn count_of(ctx: &NativeCallContext<'_>, number: INT) -> ScriptResult<u64> {
    match u64::try_from(number) {
        Ok(number) => Ok(number),
        Err(_) => bad_input(ctx, format!("a number of rows cannot be {number}")),
    }
}

/// Checks what has changed, so that an error is told where it was made.
fn checked(ctx: &NativeCallContext<'_>, next: Query) -> ScriptResult<Query> {
    Plan::bare(&next.query).at(ctx)?;
    Ok(next)
}

fn headers(plan: &Plan) -> Array {
    plan.columns().iter().map(|column| Dynamic::from(column.header)).collect()
}

/// Rows of a page as the host shows tables: texts as people read them, or values.
fn page_map(plan: &Plan, page: &query::Page, shown: bool) -> Map {
    let row = |row: &Vec<Value>| -> Dynamic {
        let cells = plan.columns().iter().zip(row);
        let cells =
            cells.map(
                |(column, value)| {
                    if shown { format::text(column, value).into() } else { dynamic(value) }
                },
            );
        cells.collect::<Array>().into()
    };
    let rows: Array = page.rows.iter().map(row).collect();
    let mut map = Map::new();
    map.insert("columns".into(), headers(plan).into());
    map.insert("rows".into(), rows.into());
    map.insert("total".into(), to_int(page.total).into());
    map.insert("offset".into(), to_int(page.offset).into());
    map
}

fn page(asked: &Asked, offset: u64, limit: u64, shown: bool) -> Result<Map> {
    let plan = asked.plan()?;
    let page = asked.database.read(|tx| plan.page(tx, offset, limit))?;
    Ok(page_map(&plan, &page, shown))
}

/// Writes a result on standard output. The user may interrupt, the reader go away.
fn write(
    ctx: &NativeCallContext<'_>,
    asked: &Asked,
    run: &Run,
    form: &str,
    most: Option<u64>,
) -> ScriptResult<INT> {
    let form = Form::named(form).at(ctx)?;
    let plan = asked.plan().at(ctx)?;
    let mut stopped = None;
    let written = asked.database.read(|tx| {
        plan.write(tx, form, most, &mut |data| {
            if let Err(stop) = run.pause(std::time::Duration::ZERO) {
                stopped = Some(stop);
                return Ok(std::ops::ControlFlow::Break(()));
            }
            Ok(if run.out(data) {
                std::ops::ControlFlow::Continue(())
            } else {
                std::ops::ControlFlow::Break(())
            })
        })
    });
    heard(ctx, stopped.map_or(Ok(()), Err))?;
    written.at(ctx).map(to_int)
}

#[export_module]
pub mod functions {
    /// What can be asked: a list of pseudo-tables, each with its columns, order and lists.
    pub fn describe() -> Dynamic {
        to_dynamic(&crate::query::describe())
    }
}

#[export_module]
pub mod methods {
    /// A query of a database.
    pub type Query = super::Query;

    /// All rows of a pseudo-table: LDS, LDSB, LDSBP, MS, MSP, GAIN, QTS, QFS, QBS or GAINMOVIE. Error `input`.
    #[rhai_fn(global, name = "query", return_raw, pure)]
    pub fn query_of(
        ctx: NativeCallContext<'_>,
        database: &mut crate::script::database::Leddb,
        name: &str,
    ) -> ScriptResult<Query> {
        let table = super::table(name).at(&ctx)?;
        Ok(super::Asked::new(database, crate::query::Query::new(table)))
    }

    /// A list to pick from: PROJECT, FIELD, ANTENNA_TYPE, STATION, BASELINE, STORE, STORE_HOST
    /// or QUALITY_KIND, as a map with `columns` and `rows`. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn list(
        ctx: NativeCallContext<'_>,
        database: &mut crate::script::database::Leddb,
        name: &str,
    ) -> ScriptResult<Map> {
        let which = super::list(name).at(&ctx)?;
        let (headers, rows) =
            database.read(|tx| crate::query::selection_list(tx, which)).at(&ctx)?;
        let row = |row: &Vec<Value>| Dynamic::from(row.iter().map(dynamic).collect::<Array>());
        let mut map = Map::new();
        let headers: Array = headers.into_iter().map(Dynamic::from).collect();
        map.insert("columns".into(), headers.into());
        map.insert("rows".into(), rows.iter().map(row).collect::<Array>().into());
        Ok(map)
    }

    /// Only rows for which this holds: a text such as `LDS = L80001,L80002`, `sbIndex = 0..10`,
    /// `field ~ ^3C`, `cal = null`, or a map such as
    /// `#{ column: "sbIndex", op: "in", value: [0, 1] }`, `#{ any: […] }`. Error `input`.
    #[rhai_fn(global, name = "where", return_raw, pure)]
    pub fn condition(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        condition: Dynamic,
    ) -> ScriptResult<Query> {
        let filter = super::filter(&ctx, query, &condition)?;
        checked(&ctx, query.with(|query| query.conditions.push(filter)))
    }

    /// Only rows for which at least one of these holds, texts or maps as for `where`. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn any(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        conditions: Array,
    ) -> ScriptResult<Query> {
        let filters = super::filters(&ctx, query, &conditions)?;
        checked(&ctx, query.with(|query| query.conditions.push(Filter::Any(filters))))
    }

    /// With these columns, by header; the id comes first in any case. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn columns(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        headers: Array,
    ) -> ScriptResult<Query> {
        let headers = words(&ctx, &headers)?;
        checked(&ctx, query.with(|query| query.columns = Some(headers)))
    }

    /// With all columns but the arrays themselves.
    #[rhai_fn(global, pure)]
    pub fn all_columns(query: &mut Query) -> Query {
        let all = query.query.table.table().columns.iter();
        let headers = all
            .filter(|column| column.kind() != crate::schema::Type::Values)
            .map(|column| column.header.to_string())
            .collect();
        query.with(|query| query.columns = Some(headers))
    }

    /// Sorted by these columns, then by the id. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn order(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        headers: Array,
    ) -> ScriptResult<Query> {
        let headers = words(&ctx, &headers)?;
        checked(&ctx, query.with(|query| query.order = headers))
    }

    /// With the whole order turned round.
    #[rhai_fn(global, pure)]
    pub fn descending(query: &mut Query) -> Query {
        query.with(|query| query.descending = !query.descending)
    }

    /// Only rows for what is picked from a list, as `list` names them. All of the picked
    /// STATIONs took part in the observation; of gains, any is the station. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn pick(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        name: &str,
        picked: Array,
    ) -> ScriptResult<Query> {
        let pick = Pick {
            list: super::list(name).at(&ctx)?,
            picked: json_list(&ctx, &picked)?,
            listed: None,
        };
        checked(&ctx, query.with(|query| query.selections.push(pick)))
    }

    /// Only rows below rows of another pseudo-table with these ids. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn below(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        name: &str,
        ids: Array,
    ) -> ScriptResult<Query> {
        let parents =
            Parents::Ids { table: super::table(name).at(&ctx)?, ids: json_list(&ctx, &ids)? };
        checked(&ctx, query.with(|query| query.parents = Some(parents)))
    }

    /// Only rows below all rows of another query. Error `input`.
    #[rhai_fn(global, name = "below", return_raw, pure)]
    pub fn below_query(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        above: Query,
    ) -> ScriptResult<Query> {
        below_except(ctx, query, above, Array::new())
    }

    /// Only rows below all rows of another query except those with these ids. Error `input`.
    #[rhai_fn(global, name = "below", return_raw, pure)]
    pub fn below_except(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        above: Query,
        except: Array,
    ) -> ScriptResult<Query> {
        let except = json_list(&ctx, &except)?;
        let parents = Parents::AllExcept { query: Box::new(above.query.clone()), except };
        checked(&ctx, query.with(|query| query.parents = Some(parents)))
    }

    /// With the limits for people at a screen: diagnostics below 1 to 50 rows of MS or LDSBP.
    #[rhai_fn(global, pure)]
    pub fn interactive(query: &mut Query) -> Query {
        let mut next = super::Asked::clone(query);
        next.limits = Limits::interactive(query.database.options());
        Arc::new(next)
    }

    /// How many rows there are. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn count(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<INT> {
        let plan = query.plan().at(&ctx)?;
        query.database.read(|tx| plan.count(tx)).at(&ctx).map(to_int)
    }

    /// Ids of the rows in order: numbers, or names of observations. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn ids(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<Array> {
        let plan = query.plan().at(&ctx)?;
        let ids = query.database.read(|tx| plan.ids(tx, true)).at(&ctx)?;
        Ok(ids.iter().map(dynamic).collect())
    }

    /// So many rows from a place on, from 0: a map with `columns`, `rows`, `total` and
    /// `offset`; the last page if the place is beyond the end. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn page(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        offset: INT,
        limit: INT,
    ) -> ScriptResult<Map> {
        super::page(query, count_of(&ctx, offset)?, count_of(&ctx, limit)?, false).at(&ctx)
    }

    /// The same with texts as people read them: numbers with three decimals, times in UTC.
    #[rhai_fn(global, return_raw, pure)]
    pub fn shown_page(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        offset: INT,
        limit: INT,
    ) -> ScriptResult<Map> {
        super::page(query, count_of(&ctx, offset)?, count_of(&ctx, limit)?, true).at(&ctx)
    }

    /// The rows one by one as maps by header: `for row in q.rows() { row.LDS }`; few are in
    /// memory at a time. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn rows(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<Rows> {
        query.plan().at(&ctx)?;
        Ok(Rows(Arc::clone(query)))
    }

    /// The same with these columns.
    #[rhai_fn(global, name = "rows", return_raw, pure)]
    pub fn rows_with(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        headers: Array,
    ) -> ScriptResult<Rows> {
        columns(ctx, query, headers).map(Rows)
    }

    /// The diagnostic arrays one by one, in the order of time and frequency:
    /// `for array in q.values() { array.frequencies }`; few are in memory at a time. Error `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn values(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<Arrays> {
        if !query.query.table.is_diagnostic() {
            return bad_input(&ctx, format!("{} has no arrays", query.query.table.name()));
        }
        query.plan().at(&ctx)?;
        Ok(Arrays(Arc::clone(query)))
    }

    /// Writes all rows on standard output as they come, as `table`, `csv`, `json` or `ids`;
    /// how many were written. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn write(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        run: Run,
        form: &str,
    ) -> ScriptResult<INT> {
        super::write(&ctx, query, &run, form, None)
    }

    /// The same of at most so many rows.
    #[rhai_fn(global, name = "write", return_raw, pure)]
    pub fn write_some(
        ctx: NativeCallContext<'_>,
        query: &mut Query,
        run: Run,
        form: &str,
        most: INT,
    ) -> ScriptResult<INT> {
        let most = count_of(&ctx, most)?;
        super::write(&ctx, query, &run, form, Some(most))
    }

    /// The statement that gives all rows, with its values in it, in one line; for people to read.
    #[rhai_fn(global, return_raw, pure)]
    pub fn explain(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<ImmutableString> {
        let plan = query.plan().at(&ctx)?;
        query.database.read(|tx| plan.explain(tx)).at(&ctx).map(Into::into)
    }

    /// Name of the pseudo-table.
    #[rhai_fn(global, get = "table", pure)]
    pub fn table_of(query: &mut Query) -> ImmutableString {
        query.query.table.name().into()
    }

    /// The query as a map, as pages and files keep it.
    #[rhai_fn(global, get = "json", pure)]
    pub fn as_json(query: &mut Query) -> Dynamic {
        to_dynamic(&query.query)
    }

    /// The query that such a map means. Error `input`.
    #[rhai_fn(global, name = "query", return_raw, pure)]
    pub fn query_of_map(
        ctx: NativeCallContext<'_>,
        database: &mut crate::script::database::Leddb,
        map: Map,
    ) -> ScriptResult<Query> {
        match from_dynamic::<crate::query::Query>(&Dynamic::from(map)) {
            Ok(query) => checked(&ctx, super::Asked::new(database, query)),
            Err(error) => bad_input(&ctx, error.unwrap_inner().to_string()),
        }
    }

    /// For messages.
    #[rhai_fn(global, name = "to_string", pure)]
    pub fn text(query: &mut Query) -> ImmutableString {
        format!("query of {}", query.query.table.name()).into()
    }
}
