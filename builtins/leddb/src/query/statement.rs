//! Statements of a plan.
//!
//! Rows are totally ordered: the columns of the order, then the id, then, where an
//! id may come more than once, the other columns; all in one direction, unknown
//! values last going up and first going down.

use std::collections::BTreeSet;

use sea_query::{
    Condition, Expr, ExprTrait as _, Func, NullOrdering, Order, Query as Build, SelectStatement,
};

use super::bound::plain;
use super::plan::{Plan, kind_of};
use super::scope::{Place, Scope};
use super::steps::Sets;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::diagnostics::PARTITIONED;
use crate::store::Value;

/// Which part of the rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part<'k> {
    pub(crate) sorted: bool,
    pub(crate) after: Option<&'k [Value]>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
}

/// One of the values by which rows are ordered.
#[derive(Debug, Clone)]
struct Term {
    place: Place,
    expr: Expr,
    kind: Type,
}

const RESULT: &str = "result";
/// Elements of a list that is sorted by them, where its length is not fixed.
const ELEMENTS: u8 = 4;
const SET: &str = "measurementset_id";

/// Tables that are joined through that of the measurement sets.
const UPPER: [&str; 4] = ["ms_q", "ldsbp_q", "ldsb_q", "lds_q"];

impl Plan {
    pub(crate) fn scope(&self) -> Scope {
        Scope::whole(self.table)
    }

    pub(crate) fn lowest(&self, place: Place) -> Result<Place> {
        self.scope().find(place).ok_or_else(|| LeddbError::Database {
            message: format!("{}.{} is not joined", place.relation, place.column),
        })
    }

    /// The statement of rows: the columns, then, where sorted, the values of the order.
    pub(crate) fn rows_statement(
        &self,
        dialect: Dialect,
        sets: &Sets,
        part: Part<'_>,
    ) -> Result<SelectStatement> {
        let terms = if part.sorted { self.terms(dialect)? } else { Vec::new() };
        let mut needed = BTreeSet::new();
        let mut places = Vec::new();
        for column in &self.columns {
            let place = self.lowest(Place::of(column))?;
            needed.insert(place.relation);
            places.push(place);
        }
        needed.extend(terms.iter().map(|term| term.place.relation));
        let mut select = self.body(dialect, sets, needed)?;
        let mut exprs: Vec<Expr> = terms.iter().map(|term| term.expr.clone()).collect();
        if self.table.distinct {
            self.group(&mut select, &places, &terms);
            let mut outer = Build::select();
            for k in 0..places.len() {
                outer.column((RESULT, format!("c{k}")));
            }
            exprs = (0..terms.len()).map(|k| Expr::col((RESULT, format!("t{k}")))).collect();
            outer.from_subquery(select, RESULT);
            select = outer;
        } else {
            for place in &places {
                select.expr(place.expr());
            }
        }
        for expr in &exprs {
            select.expr(expr.clone());
        }
        if let Some(key) = part.after {
            select.cond_where(after(&exprs, key, self.descending));
        }
        let (direction, nulls) = if self.descending {
            (Order::Desc, NullOrdering::First)
        } else {
            (Order::Asc, NullOrdering::Last)
        };
        for expr in exprs {
            select.order_by_expr_with_nulls(expr, direction.clone(), nulls);
        }
        if let Some(limit) = part.limit {
            select.limit(limit);
        }
        if part.offset > 0 {
            select.offset(part.offset);
        }
        Ok(select)
    }

    /// The statement of the number of rows.
    pub(crate) fn count_statement(&self, dialect: Dialect, sets: &Sets) -> Result<SelectStatement> {
        if self.table.distinct {
            let inner = self.rows_statement(dialect, sets, Part::default())?;
            return Ok(Build::select()
                .expr(Expr::cust("count(*)"))
                .from_subquery(inner, "counted")
                .to_owned());
        }
        let mut select = self.body(dialect, sets, BTreeSet::new())?;
        select.expr(Expr::cust("count(*)"));
        Ok(select)
    }

    /// Tables and conditions.
    pub(crate) fn body(
        &self,
        dialect: Dialect,
        sets: &Sets,
        mut needed: BTreeSet<&'static str>,
    ) -> Result<SelectStatement> {
        let scope = self.scope();
        let above = Scope::above(self.table);
        needed.insert(self.table.base);
        let done = |one: &&super::bound::Bound| sets.is_list() && one.fits(&above);
        let left: Vec<_> = self.conjuncts.iter().filter(|one| !done(one)).collect();
        for one in &left {
            one.relations(&scope, &mut needed).ok_or_else(|| LeddbError::Database {
                message: "a condition has no table".to_string(),
            })?;
        }
        let mut select = scope.from(&needed);
        for one in left {
            select.cond_where(one.condition(&scope, dialect)?);
        }
        let set = || Expr::col((self.table.base, SET));
        if let Some((low, high)) = sets.bounds() {
            select.and_where(set().between(low, high));
            // A server does not carry a range over a join: without this it reads all sets.
            if needed.iter().any(|name| UPPER.contains(name)) {
                select.and_where(Expr::col(("ms_q", SET)).between(low, high));
            }
        }
        if let Sets::List(list) = sets {
            select.and_where(dialect.is_one_of(set(), list));
        }
        if let Some(rows) = &self.rows {
            let ids: Vec<i64> = rows.iter().map(|(_, id)| *id).collect();
            let id = self.lowest(Place::of(self.table.id()))?;
            select.and_where(dialect.is_one_of(id.expr(), &ids));
        }
        debug_assert!(
            PARTITIONED.iter().any(|table| table.name == self.table.base)
                || matches!(sets, Sets::All),
        );
        Ok(select)
    }

    /// One row for each set of the columns shown.
    fn group(&self, select: &mut SelectStatement, places: &[Place], terms: &[Term]) {
        for (k, place) in places.iter().enumerate() {
            select.expr_as(place.expr(), format!("c{k}"));
            select.add_group_by([place.expr()]);
        }
        for (k, term) in terms.iter().enumerate() {
            let own = term.place.relation == self.table.base;
            let expr = if places.contains(&term.place) || own {
                // A value of the row itself makes no more groups.
                select.add_group_by([term.expr.clone()]);
                term.expr.clone()
            } else if self.descending {
                Func::max(term.expr.clone()).into()
            } else {
                Func::min(term.expr.clone()).into()
            };
            select.expr_as(expr, format!("t{k}"));
        }
    }

    /// The values that order rows.
    fn terms(&self, dialect: Dialect) -> Result<Vec<Term>> {
        let id = Place::of(self.table.id());
        let mut places = self.order.clone();
        places.push(id);
        if self.table.distinct {
            // Of one movie, rows differ by what they show of its parents.
            let parents = self.columns.iter().map(|column| Place::of(column));
            places.extend(parents.filter(|place| place.relation != self.table.base));
        }
        let mut terms: Vec<Term> = Vec::new();
        for place in places {
            let place = self.lowest(place)?;
            if terms.iter().any(|term| term.place == place) {
                continue;
            }
            match kind_of(place) {
                Type::Ints(count) => {
                    let count = count.unwrap_or(ELEMENTS);
                    terms.extend((0..count).map(|k| Term {
                        place,
                        expr: element(place, k, dialect),
                        kind: Type::Int64,
                    }));
                }
                kind => terms.push(Term { place, expr: place.expr(), kind }),
            }
        }
        Ok(terms)
    }

    /// What the values hold that order rows.
    pub(crate) fn term_kinds(&self, dialect: Dialect) -> Result<Vec<Type>> {
        Ok(self.terms(dialect)?.into_iter().map(|term| term.kind).collect())
    }
}

/// One element of a list; lists are arrays in one back end and JSON in the other.
fn element(place: Place, k: u8, dialect: Dialect) -> Expr {
    // Names of the schema only.
    let column = format!("\"{}\".\"{}\"", place.relation, place.column);
    Expr::cust(match dialect {
        Dialect::Sqlite => format!("json_extract({column}, '$[{k}]')"),
        Dialect::Postgres => format!("({column})[{}]", k + 1),
    })
}

/// Rows after the one with these values.
fn after(exprs: &[Expr], key: &[Value], descending: bool) -> Condition {
    let mut condition: Option<Condition> = None;
    for (expr, value) in exprs.iter().zip(key).rev() {
        let mut any = Condition::any();
        let known = !value.is_null();
        let beyond = match (descending, known) {
            (false, true) => Some(expr.clone().gt(plain(value)).or(expr.clone().is_null())),
            (false, false) => None,
            (true, true) => Some(expr.clone().lt(plain(value))),
            (true, false) => Some(expr.clone().is_not_null()),
        };
        let same = if known { expr.clone().eq(plain(value)) } else { expr.clone().is_null() };
        let mut possible = false;
        if let Some(beyond) = beyond {
            any = any.add(beyond);
            possible = true;
        }
        if let Some(rest) = condition.take() {
            any = any.add(Condition::all().add(same).add(rest));
            possible = true;
        }
        condition = Some(if possible { any } else { Condition::all().add(Expr::cust("1 = 0")) });
    }
    condition.unwrap_or_else(Condition::all)
}
