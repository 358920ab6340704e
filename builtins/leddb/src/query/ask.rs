//! A query as users and files state it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::filter::Filter;
use super::parents::Parents;
use crate::error::Result;
use crate::schema::pseudo::{Pseudo, Selection};

/// What is asked for. All conditions, picks and parents must hold together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The pseudo-table.
    pub table: Pseudo,
    /// Columns by header, in order; the id comes first in any case. None: those shown
    /// by default.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// Conditions.
    #[serde(default)]
    pub conditions: Vec<Filter>,
    /// Picks from lists.
    #[serde(default)]
    pub selections: Vec<Pick>,
    /// Rows of another pseudo-table that these are below.
    #[serde(default)]
    pub parents: Option<Parents>,
    /// Frozen diagnostic rows: ids of measurement set and row.
    #[serde(default)]
    pub rows: Option<Vec<(i64, i64)>>,
    /// Columns to sort by; none: the order of the pseudo-table. The id comes last.
    #[serde(default)]
    pub order: Vec<String>,
    /// Whether all of the order is turned round.
    #[serde(default)]
    pub descending: bool,
}

/// What is picked from a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The list.
    pub list: Selection,
    /// Values of its first column.
    pub picked: Vec<Json>,
    /// How many rows the list showed: all of them picked is no filter.
    #[serde(default)]
    pub listed: Option<usize>,
}

impl Query {
    /// All rows of a pseudo-table.
    pub fn new(table: Pseudo) -> Self {
        Self {
            table,
            columns: None,
            conditions: Vec::new(),
            selections: Vec::new(),
            parents: None,
            rows: None,
            order: Vec::new(),
            descending: false,
        }
    }

    /// The same with a condition in one line.
    pub fn filter(mut self, line: &str) -> Result<Self> {
        self.conditions.push(Filter::parse(self.table.table(), line)?);
        Ok(self)
    }

    /// The same with a condition.
    #[must_use]
    pub fn with(mut self, condition: Filter) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The same with these columns.
    #[must_use]
    pub fn columns(mut self, headers: &[&str]) -> Self {
        self.columns = Some(headers.iter().map(ToString::to_string).collect());
        self
    }

    /// The same with picks from a list.
    #[must_use]
    pub fn pick(mut self, list: Selection, picked: &[impl Into<Json> + Clone]) -> Self {
        let picked = picked.iter().cloned().map(Into::into).collect();
        self.selections.push(Pick { list, picked, listed: None });
        self
    }

    /// The same below rows of another pseudo-table.
    #[must_use]
    pub fn below(mut self, table: Pseudo, ids: &[impl Into<Json> + Clone]) -> Self {
        let ids = ids.iter().cloned().map(Into::into).collect();
        self.parents = Some(Parents::Ids { table, ids });
        self
    }

    /// The same below all rows of a query except some.
    #[must_use]
    pub fn below_all(mut self, query: Self, except: Vec<Json>) -> Self {
        self.parents = Some(Parents::AllExcept { query: Box::new(query), except });
        self
    }

    /// The same sorted by these columns.
    #[must_use]
    pub fn sorted(mut self, headers: &[&str], descending: bool) -> Self {
        self.order = headers.iter().map(ToString::to_string).collect();
        self.descending = descending;
        self
    }
}
