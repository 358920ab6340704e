//! Rows of one pseudo-table below chosen rows of another.
//!
//! Chosen rows are a list of ids, or all rows of a query except some; so "select
//! all" is what it says, however many pages there are, and no condition of the
//! query above is lost.

use std::collections::BTreeSet;

use sea_query::{Condition, Expr, ExprTrait as _, SelectStatement};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::ask::Query;
use super::bound::Bound;
use super::plan::Plan;
use super::scope::{Place, Scope};
use super::typed::{self, List};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema;
use crate::schema::pseudo::{Pseudo, PseudoTable};

/// Which rows of a pseudo-table others are looked for below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Parents {
    /// These rows.
    Ids {
        /// The pseudo-table.
        table: Pseudo,
        /// Ids of the rows: numbers, or names of observations.
        ids: Vec<Json>,
    },
    /// All rows of a query except these.
    AllExcept {
        /// The query; its columns and order do not matter.
        query: Box<Query>,
        /// Ids of the rows left out.
        #[serde(default)]
        except: Vec<Json>,
    },
}

impl Parents {
    /// The pseudo-table of the rows.
    pub fn table(&self) -> Pseudo {
        match self {
            Self::Ids { table, .. } => *table,
            Self::AllExcept { query, .. } => query.table,
        }
    }
}

/// The same, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parent {
    Ids(List),
    Select { plan: Box<Plan>, key: Place, ids: Option<List>, except: Option<List> },
}

fn ids(table: &PseudoTable, ids: &[Json]) -> Result<List> {
    let values = ids.iter().map(|id| typed::value(table.id(), id)).collect::<Result<_>>()?;
    List::new(table.id(), values)
}

/// The id of a level of the hierarchy.
fn key_of(relation: &'static str) -> Option<Place> {
    let view = schema::view(relation)?;
    Some(Place::new(view.name, view.key))
}

/// Checks parents of a pseudo-table; the condition they make.
pub(crate) fn bind(child: &PseudoTable, parents: &Parents) -> Result<Bound> {
    let above = parents.table().table();
    let no_way =
        || LeddbError::input(format!("rows of {} cannot be chosen for {}", above.name, child.name));
    let direct = child.chain.contains(&above.base);
    let place = if direct {
        Place::of(above.id())
    } else {
        // The nearest level that both have.
        let common = above.chain.iter().rev().find(|name| child.chain.contains(name));
        common.and_then(|name| key_of(name)).ok_or_else(no_way)?
    };
    let parent = match parents {
        Parents::Ids { ids: list, .. } if direct => Parent::Ids(ids(above, list)?),
        Parents::Ids { ids: list, table } => Parent::Select {
            plan: Box::new(Plan::bare(&Query::new(*table))?),
            key: place,
            ids: Some(ids(above, list)?),
            except: None,
        },
        Parents::AllExcept { query, except } => Parent::Select {
            plan: Box::new(Plan::bare(query)?),
            key: place,
            ids: None,
            except: (!except.is_empty()).then(|| ids(above, except)).transpose()?,
        },
    };
    Ok(Bound::Below { place, parent: Box::new(parent) })
}

impl Parent {
    pub(crate) fn condition(&self, column: Expr, dialect: Dialect) -> Result<Condition> {
        Ok(Condition::all().add(match self {
            Self::Ids(list) => list.contains(column, dialect),
            Self::Select { key, .. } => {
                let mut select = self.select(dialect, Some(*key))?.ok_or_else(|| {
                    LeddbError::Database { message: "the rows above have no key".to_string() }
                })?;
                column.in_subquery(select.take())
            }
        }))
    }

    /// How many rows are chosen, if that is known without asking the database.
    pub(crate) fn known_count(&self) -> Option<usize> {
        match self {
            Self::Ids(list) | Self::Select { ids: Some(list), .. } => Some(list.len()),
            Self::Select { .. } => None,
        }
    }

    /// The statement of the chosen rows' ids or keys; none for a plain list.
    pub(crate) fn select(
        &self,
        dialect: Dialect,
        key: Option<Place>,
    ) -> Result<Option<SelectStatement>> {
        let Self::Select { plan, ids, except, .. } = self else { return Ok(None) };
        let scope = Scope::whole(plan.table);
        let lost = || LeddbError::Database { message: "the rows above have no key".to_string() };
        let id = scope.find(Place::of(plan.table.id())).ok_or_else(lost)?;
        let key = scope.find(key.unwrap_or(id)).ok_or_else(lost)?;
        let mut needed = BTreeSet::from([key.relation, plan.table.base]);
        for one in &plan.conjuncts {
            one.relations(&scope, &mut needed).ok_or_else(lost)?;
        }
        if ids.is_some() || except.is_some() {
            needed.insert(id.relation);
        }
        let mut select = scope.from(&needed);
        select.expr(key.expr()).distinct();
        for one in &plan.conjuncts {
            select.cond_where(one.condition(&scope, dialect)?);
        }
        if let Some(list) = ids {
            select.and_where(list.contains(id.expr(), dialect));
        }
        if let Some(list) = except {
            select.and_where(list.contains(id.expr(), dialect).not());
        }
        Ok(Some(select))
    }
}
