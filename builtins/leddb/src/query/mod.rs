//! The query engine: what users, programs and pages ask of the database.
//!
//! A [`Query`] names a pseudo-table, columns, conditions, picks from lists, chosen
//! rows above, an order. [`Plan::new`] checks all of it, before any statement is
//! made; every condition is applied or the query is refused. A plan then counts,
//! shows pages, streams rows, or loads arrays.
//!
//! ```no_run
//! use ledama_leddb::query::{Limits, Plan, Query};
//! use ledama_leddb::schema::pseudo::Pseudo;
//! # let place = ledama_leddb::Location::parse("sqlite:/data/leddb.sqlite")?;
//! # let database = ledama_leddb::Database::open(&place, &Default::default())?;
//!
//! let query = Query::new(Pseudo::Ms).filter("LDS = L80001")?.filter("sbIndex = 0..10")?;
//! let plan = Plan::new(&query, Limits::batch(database.options()))?;
//! let page = database.read(|tx| plan.page(tx, 0, 2000))?;
//! println!("{} of {} rows", page.rows.len(), page.total);
//! # Ok::<(), ledama_leddb::LeddbError>(())
//! ```

mod arrays;
mod ask;
mod bound;
mod counts;
mod describe;
mod explain;
mod filter;
pub mod format;
mod limits;
mod names;
mod op;
mod parents;
mod pattern;
mod plan;
mod run;
mod scope;
mod statement;
mod stations;
mod steps;
mod text;
mod typed;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub use arrays::{ArrayRow, BATCH_BYTES};
pub use ask::{Pick, Query};
pub use bound::MAX_PER_COLUMN;
pub use counts::Counts;
pub use describe::{
    ColumnInfo, ListInfo, TableInfo, describe, describe_one, operators, selection_list,
};
pub use filter::{Filter, MAX_CONDITIONS, MAX_DEPTH};
pub use limits::Limits;
pub use names::{column, filterable, showable, sortable};
pub use op::Op;
pub use parents::Parents;
pub use pattern::Pattern;
pub use plan::Plan;
pub use run::{Key, PAGE_SIZE, Page};
pub use stations::{Baselines, Participation, Station, baselines, participations, stations};
pub use write::{Form, Sink};
