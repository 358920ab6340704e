//! What can be asked: pseudo-tables, columns, orders, lists; for pages and manuals.

use serde::Serialize;

use super::op::Op;
use crate::error::Result;
use crate::schema::Type;
use crate::schema::pseudo::{Format, Pseudo, PseudoColumn, PseudoTable, Selection, State, TABLES};
use crate::store::{Statement, Transaction, Value};

/// A pseudo-table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableInfo {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// Whether its rows are diagnostic arrays.
    pub diagnostic: bool,
    /// Headers or columns of its order; the id comes last.
    pub order: Vec<String>,
    /// Its columns; the first is its id.
    pub columns: Vec<ColumnInfo>,
    /// Lists to pick from, and what they do for it.
    pub lists: Vec<ListInfo>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnInfo {
    /// Its header.
    pub header: &'static str,
    /// Another header it is known by.
    pub alias: Option<&'static str>,
    /// Its table or view in the database.
    pub table: &'static str,
    /// Its name there.
    pub column: &'static str,
    /// What it holds.
    pub kind: &'static str,
    /// What its number means.
    pub unit: &'static str,
    /// Whether numbers are shown with three decimals, or as times.
    pub format: &'static str,
    /// Shown by default.
    pub shown: bool,
    /// May stand in conditions.
    pub filter: bool,
    /// Offered in the free filter of the user interface.
    pub offered: bool,
    /// Comes with arrays.
    pub values: bool,
    /// Operators it takes, if it may stand in conditions.
    pub operators: Vec<&'static str>,
    /// One sentence.
    pub about: &'static str,
}

/// A list to pick from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListInfo {
    /// Its name.
    pub name: &'static str,
    /// `used`: it filters; `later`: it filters pseudo-tables to the right; `off`.
    pub state: &'static str,
    /// Whether all is picked at the start.
    pub all_at_start: bool,
}

/// All pseudo-tables.
pub fn describe() -> Vec<TableInfo> {
    TABLES.iter().map(|table| describe_one(table.kind)).collect()
}

/// One pseudo-table.
pub fn describe_one(pseudo: Pseudo) -> TableInfo {
    let table = pseudo.table();
    TableInfo {
        name: table.name,
        about: table.about,
        diagnostic: pseudo.is_diagnostic(),
        order: order(table),
        columns: table.columns.iter().map(column).collect(),
        lists: Selection::ALL.into_iter().map(|one| list(one, pseudo)).collect(),
    }
}

fn order(table: &PseudoTable) -> Vec<String> {
    let header = |(relation, name): &(&str, &str)| {
        table.keyed(relation, name).map_or((*name).to_string(), |one| one.header.to_string())
    };
    table.order.iter().map(header).collect()
}

fn column(one: &PseudoColumn) -> ColumnInfo {
    ColumnInfo {
        header: one.header,
        alias: one.alias,
        table: one.relation,
        column: one.column,
        kind: one.kind().label(),
        unit: one.unit().label(),
        format: match one.format {
            Format::Plain => "plain",
            Format::Double => "double",
            Format::Time => "time",
        },
        shown: one.marks.shown,
        filter: one.marks.filter,
        offered: one.marks.offered,
        values: one.marks.values,
        operators: operators(one).into_iter().map(Op::text).collect(),
        about: one.about(),
    }
}

/// Operators that a column takes; none, if it may not stand in conditions.
pub fn operators(column: &PseudoColumn) -> Vec<Op> {
    if !column.marks.filter {
        return Vec::new();
    }
    let all = Op::ALL.into_iter().map(|(op, _)| op);
    all.filter(|op| match column.kind() {
        Type::Text(_) => true,
        Type::Bool => {
            !op.takes_pattern() && !matches!(op, Op::Less | Op::Greater | Op::AtMost | Op::AtLeast)
        }
        _ => !op.takes_pattern(),
    })
    .collect()
}

fn list(one: Selection, pseudo: Pseudo) -> ListInfo {
    ListInfo {
        name: one.name(),
        state: match one.state(pseudo) {
            State::Used => "used",
            State::Later => "later",
            State::Off => "off",
        },
        all_at_start: one.table().all_at_start,
    }
}

/// Headers and rows of a list to pick from.
pub fn selection_list(
    tx: &mut Transaction,
    which: Selection,
) -> Result<(Vec<&'static str>, Vec<Vec<Value>>)> {
    use sea_query::{NullOrdering, Order, Query};
    let table = which.table();
    let mut select = Query::select();
    select.from(table.table);
    for (column, _) in table.columns {
        select.column((table.table, *column));
    }
    let id = table.columns[0].0;
    for column in table.order.iter().chain([&id]) {
        select.order_by_with_nulls((table.table, *column), Order::Asc, NullOrdering::Last);
    }
    let kinds: Vec<Type> = table
        .columns
        .iter()
        .map(|(name, _)| {
            crate::schema::column(table.table, name).map_or(Type::Text(None), |one| one.kind)
        })
        .collect();
    let statement: Statement = tx.dialect().build(&select);
    let rows = tx
        .rows(statement)?
        .iter()
        .map(|row| kinds.iter().enumerate().map(|(k, kind)| row.value(k, *kind)).collect())
        .collect::<Result<_>>()?;
    Ok((table.columns.iter().map(|(_, header)| *header).collect(), rows))
}
