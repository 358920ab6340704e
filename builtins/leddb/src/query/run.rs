//! What a plan gives: a number, a page, ids, all rows one by one.

use std::ops::ControlFlow;

use serde_json::Value as Json;

use super::format;
use super::plan::Plan;
use super::statement::Part;
use super::steps::Sets;
use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::pseudo::PseudoColumn;
use crate::store::{Row, Transaction, Value};

/// Rows of a page, unless said otherwise.
pub const PAGE_SIZE: u64 = 2000;
/// Most rows of a page.
const MOST_ROWS: u64 = 100_000;

/// Some rows of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// All rows that there are.
    pub total: u64,
    /// Place of the first row of this page, from 0.
    pub offset: u64,
    /// The rows, values as the columns of the plan.
    pub rows: Vec<Vec<Value>>,
    /// Where the next page begins; none after the last row.
    pub next: Option<Key>,
}

/// A place between two rows: the values of the row before it that order the result.
/// It stays where it is when rows are added or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Key(Vec<Value>);

impl Key {
    /// As a text, for addresses of pages.
    pub fn to_text(&self) -> String {
        Json::Array(self.0.iter().map(format::json).collect()).to_string()
    }

    /// Reads it for a plan.
    pub fn parse(text: &str, plan: &Plan, tx: &Transaction) -> Result<Self> {
        let wrong = || LeddbError::input(format!("`{text}` is no place in this result"));
        let parts: Vec<Json> = serde_json::from_str(text).map_err(|_| wrong())?;
        let kinds = plan.term_kinds(tx.dialect())?;
        if parts.len() != kinds.len() {
            return Err(wrong());
        }
        let values = kinds.into_iter().zip(parts).map(|(kind, part)| match (kind, part) {
            (kind, Json::Null) => Some(Value::Null(kind)),
            (Type::Bool, Json::Bool(flag)) => Some(Value::Bool(flag)),
            (Type::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
            (kind, Json::Number(number)) if kind.is_integer() => number.as_i64().map(Value::Int),
            (Type::Text(_), Json::String(text)) if !text.contains('\0') => Some(Value::Text(text)),
            _ => None,
        });
        values.collect::<Option<Vec<_>>>().map(Self).ok_or_else(wrong)
    }
}

impl Plan {
    /// How many rows there are.
    pub fn count(&self, tx: &mut Transaction) -> Result<u64> {
        let sets = self.sets(tx)?;
        self.count_in(tx, &sets)
    }

    fn count_in(&self, tx: &mut Transaction, sets: &Sets) -> Result<u64> {
        if sets.is_empty() {
            return Ok(0);
        }
        let select = self.count_statement(tx.dialect(), sets)?;
        let count: i64 = tx.row(tx.dialect().build(&select))?.get(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The page of `limit` rows from row `offset` on; the last page, if there are fewer.
    pub fn page(&self, tx: &mut Transaction, offset: u64, limit: u64) -> Result<Page> {
        self.page_of(tx, offset, limit, None)
    }

    /// The same, of a number of rows that is known.
    pub(crate) fn page_of(
        &self,
        tx: &mut Transaction,
        offset: u64,
        limit: u64,
        total: Option<u64>,
    ) -> Result<Page> {
        let limit = limit.clamp(1, MOST_ROWS);
        let sets = self.sets(tx)?;
        self.guard(tx, &sets)?;
        let total = match total {
            Some(known) => known,
            None => self.count_in(tx, &sets)?,
        };
        let offset = if offset < total { offset } else { total.saturating_sub(1) / limit * limit };
        let part = Part { sorted: true, after: None, limit: Some(limit), offset };
        self.part(tx, &sets, part, total)
    }

    /// The page of `limit` rows after a place, or the first one. Going on so meets each
    /// row once, whatever is added or deleted meanwhile; the offset is not known then.
    pub fn page_after(
        &self,
        tx: &mut Transaction,
        after: Option<&Key>,
        limit: u64,
    ) -> Result<Page> {
        let sets = self.sets(tx)?;
        self.guard(tx, &sets)?;
        let total = self.count_in(tx, &sets)?;
        let after = after.map(|key| key.0.as_slice());
        let limit = Some(limit.clamp(1, MOST_ROWS));
        self.part(tx, &sets, Part { sorted: true, after, limit, offset: 0 }, total)
    }

    fn part(&self, tx: &mut Transaction, sets: &Sets, part: Part<'_>, total: u64) -> Result<Page> {
        let mut page = Page { total, offset: part.offset, rows: Vec::new(), next: None };
        if total == 0 || sets.is_empty() {
            page.offset = 0;
            return Ok(page);
        }
        let kinds = self.term_kinds(tx.dialect())?;
        let width = self.columns.len();
        let mut last = None;
        let select = self.rows_statement(tx.dialect(), sets, part)?;
        let statement = tx.dialect().build(&select);
        tx.each(statement, |row| {
            page.rows.push(read(&self.columns, &row)?);
            let key = kinds.iter().enumerate().map(|(k, kind)| row.value(width + k, *kind));
            last = Some(key.collect::<Result<Vec<_>>>()?);
            Ok(ControlFlow::Continue(()))
        })?;
        let full = part.limit.is_some_and(|limit| page.rows.len() as u64 == limit);
        let ended = part.after.is_none() && part.offset + page.rows.len() as u64 >= total;
        page.next = last.filter(|_| full && !ended).map(Key);
        Ok(page)
    }

    /// Ids of the rows, each once; in the order of the plan, or in any.
    pub fn ids(&self, tx: &mut Transaction, sorted: bool) -> Result<Vec<Value>> {
        let mut ids = Vec::new();
        self.showing(vec![self.table.id()]).stream(tx, sorted, |mut row| {
            ids.append(&mut row);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    /// Gives each row to `take` as it comes, in the order of the plan or in any; few of
    /// them are in memory at a time.
    pub fn stream(
        &self,
        tx: &mut Transaction,
        sorted: bool,
        take: impl FnMut(Vec<Value>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.stream_some(tx, sorted, None, take)
    }

    /// The same of the first rows.
    pub(crate) fn stream_some(
        &self,
        tx: &mut Transaction,
        sorted: bool,
        limit: Option<u64>,
        mut take: impl FnMut(Vec<Value>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let sets = self.sets(tx)?;
        self.guard(tx, &sets)?;
        if sets.is_empty() {
            return Ok(());
        }
        let part = Part { sorted, limit, ..Part::default() };
        let select = self.rows_statement(tx.dialect(), &sets, part)?;
        let statement = tx.dialect().build(&select);
        tx.each(statement, |row| take(read(&self.columns, &row)?))
    }

    /// Ids of measurement set and row of diagnostic rows, for files that freeze them.
    pub fn pairs(&self, tx: &mut Transaction) -> Result<Vec<(i64, i64)>> {
        let set = self.table.columns.iter().find(|column| {
            column.relation == self.table.base && column.column == "measurementset_id"
        });
        let Some(set) = set.filter(|_| self.table.kind.is_diagnostic()) else {
            return Err(LeddbError::input("only diagnostic rows are frozen"));
        };
        let mut pairs = Vec::new();
        self.showing(vec![self.table.id(), set]).stream(tx, true, |row| {
            if let [Value::Int(id), Value::Int(set)] = row.as_slice() {
                pairs.push((*set, *id));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(pairs)
    }

    /// The statement that gives all rows, with its values in it, in one line. It is for
    /// people to read; no program runs it.
    pub fn explain(&self, tx: &Transaction) -> Result<String> {
        let part = Part { sorted: true, ..Part::default() };
        let select = self.rows_statement(tx.dialect(), &Sets::All, part)?;
        Ok(super::explain::render(&tx.dialect().build(&select)))
    }
}

fn read(columns: &[&'static PseudoColumn], row: &Row) -> Result<Vec<Value>> {
    columns.iter().enumerate().map(|(k, column)| row.value(k, column.kind())).collect()
}
