//! A checked query: nothing of it can fail any more but the database.

use serde_json::Value as Json;

use super::ask::{Pick, Query};
use super::bound::{self, Bound, Test};
use super::filter::Filter;
use super::limits::Limits;
use super::names;
use super::parents::{self, Parents};
use super::scope::Place;
use super::typed::{self, List};
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::{Pseudo, PseudoColumn, PseudoTable, Selection, Target};
use crate::schema::{Type, pseudo};

/// A checked query.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(crate) table: &'static PseudoTable,
    pub(crate) columns: Vec<&'static PseudoColumn>,
    pub(crate) conjuncts: Vec<Bound>,
    pub(crate) rows: Option<Vec<(i64, i64)>>,
    pub(crate) order: Vec<Place>,
    pub(crate) descending: bool,
    pub(crate) limits: Limits,
    inactive: Vec<Selection>,
}

impl Plan {
    /// Checks a query.
    pub fn new(query: &Query, limits: Limits) -> Result<Self> {
        let plan = Self::bare(query)?;
        let plan = Self { limits, ..plan };
        plan.check_parents(query.parents.as_ref())?;
        Ok(plan)
    }

    /// Checks a query without limits.
    pub(crate) fn bare(query: &Query) -> Result<Self> {
        let table = query.table.table();
        let (picks, inactive) = active(table, &query.selections);
        let mut conjuncts =
            bound::bind(table, &without_replaced(table, &query.conditions, &picks))?;
        for (pick, target) in &picks {
            conjuncts.push(bind_pick(table, pick, *target)?);
        }
        if let Some(parents) = &query.parents {
            conjuncts.push(parents::bind(table, parents)?);
        }
        if query.rows.is_some() && !query.table.is_diagnostic() {
            return Err(LeddbError::input("only diagnostic rows are frozen"));
        }
        let order = order(table, &query.order)?;
        Ok(Self {
            table,
            columns: columns(table, query.columns.as_deref())?,
            conjuncts,
            rows: query.rows.clone(),
            order,
            descending: query.descending,
            limits: Limits::none(),
            inactive,
        })
    }

    /// Diagnostics for people at a screen start from a few sets or products.
    fn check_parents(&self, parents: Option<&Parents>) -> Result<()> {
        let Some(most) = self.limits.parents.filter(|_| self.table.kind.is_diagnostic()) else {
            return Ok(());
        };
        let refuse = |message: String| {
            Err(LeddbError::Input {
                message,
                help: Some(format!("choose 1 to {most} rows of MS or LDSBP")),
            })
        };
        let Some(parents) = parents else {
            return refuse(format!("{} is looked for below chosen rows", self.table.name));
        };
        if !matches!(parents.table(), Pseudo::Ms | Pseudo::Ldsbp) {
            return refuse(format!(
                "{} is not looked for below rows of {}",
                self.table.name,
                parents.table().name()
            ));
        }
        match self.parent().and_then(parents::Parent::known_count) {
            Some(count) if count == 0 || count > most => {
                refuse(format!("{count} rows of {} are chosen", parents.table().name()))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn parent(&self) -> Option<&parents::Parent> {
        self.conjuncts.iter().find_map(|one| match one {
            Bound::Below { parent, .. } => Some(&**parent),
            _ => None,
        })
    }

    /// The pseudo-table.
    pub fn table(&self) -> &'static PseudoTable {
        self.table
    }

    /// The columns of rows, the id first.
    pub fn columns(&self) -> &[&'static PseudoColumn] {
        &self.columns
    }

    /// Picks that do not filter this pseudo-table, because it has no use for them.
    pub fn inactive(&self) -> &[Selection] {
        &self.inactive
    }

    /// The same with other columns.
    pub(crate) fn showing(&self, columns: Vec<&'static PseudoColumn>) -> Self {
        Self { columns, ..self.clone() }
    }
}

/// The columns asked for; the id is the first in any case.
fn columns(
    table: &'static PseudoTable,
    headers: Option<&[String]>,
) -> Result<Vec<&'static PseudoColumn>> {
    let mut all = vec![table.id()];
    match headers {
        None => all.extend(table.columns.iter().skip(1).filter(|column| column.marks.shown)),
        Some(headers) => {
            for header in headers {
                let column = names::showable(table, header)?;
                if !all.contains(&column) {
                    all.push(column);
                }
            }
        }
    }
    Ok(all)
}

fn order(table: &'static PseudoTable, headers: &[String]) -> Result<Vec<Place>> {
    if headers.is_empty() {
        return Ok(table.order.iter().map(|(table, column)| Place::new(table, column)).collect());
    }
    headers.iter().map(|header| names::sortable(table, header).map(Place::of)).collect()
}

/// Picks that filter, and lists whose picks do not.
fn active<'q>(table: &PseudoTable, picks: &'q [Pick]) -> (Vec<(&'q Pick, Target)>, Vec<Selection>) {
    let (mut used, mut idle) = (Vec::new(), Vec::new());
    for pick in picks {
        let count = pick.picked.len();
        if count == 0 || pick.listed.is_some_and(|listed| count >= listed) {
            continue;
        }
        if let Some(target) = pick.list.target(table.kind) {
            used.push((pick, target));
        } else {
            idle.push(pick.list);
        }
    }
    (used, idle)
}

/// Conditions without those that a pick from a list takes the place of.
fn without_replaced(
    table: &'static PseudoTable,
    filters: &[Filter],
    picks: &[(&Pick, Target)],
) -> Vec<Filter> {
    let replaced = |filter: &Filter| {
        let Filter::Test { column, .. } = filter else { return false };
        let Ok(known) = names::filterable(table, column) else { return false };
        picks.iter().any(|(_, target)| {
            matches!(target, Target::AnyOf { relation, column }
                if *relation == known.relation && *column == known.column)
        })
    };
    filters.iter().filter(|filter| !replaced(filter)).cloned().collect()
}

fn bind_pick(table: &'static PseudoTable, pick: &Pick, target: Target) -> Result<Bound> {
    match target {
        Target::AnyOf { relation, column } => {
            let known = table.keyed(relation, column).ok_or_else(|| {
                LeddbError::input(format!("{} has no list {}", table.name, pick.list.name()))
            })?;
            let values =
                pick.picked.iter().map(|one| typed::value(known, one)).collect::<Result<_>>()?;
            let test = Test::OneOf(List::new(known, values)?);
            Ok(Bound::Test { place: Place::of(known), test })
        }
        Target::AllStations => {
            let mut names = pick
                .picked
                .iter()
                .map(|one| match one {
                    Json::String(name) if !name.contains('\0') => Ok(name.clone()),
                    other => Err(LeddbError::input(format!("{other} is no name of a station"))),
                })
                .collect::<Result<Vec<_>>>()?;
            // A name given twice is one station.
            names.sort_unstable();
            names.dedup();
            Ok(Bound::Stations(names))
        }
    }
}

/// What a place holds.
pub(crate) fn kind_of(place: Place) -> Type {
    pseudo::TABLES
        .iter()
        .find_map(|table| table.keyed(place.relation, place.column))
        .map(PseudoColumn::kind)
        .or_else(|| crate::schema::column(place.relation, place.column).map(|column| column.kind))
        .unwrap_or(Type::Text(None))
}
