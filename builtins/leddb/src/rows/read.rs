//! All rows of a table or a range of it, one by one.

use std::ops::ControlFlow;

use sea_query::{Expr, ExprTrait as _, Query};

use super::{cells, columns};
use crate::ddl::{list, quoted};
use crate::error::Result;
use crate::partition::Range;
use crate::schema::Table;
use crate::store::{Statement, Transaction, Value};

/// A table, or a range of a diagnostic table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// The table.
    pub(crate) table: &'static Table,
    /// Ids of measurement sets; none: all rows.
    pub(crate) range: Option<Range>,
    /// Whether the rows are in a table of their own, which was taken off.
    pub(crate) off: bool,
}

impl Part {
    /// All of a table.
    pub(crate) fn all(table: &'static Table) -> Self {
        Self { table, range: None, off: false }
    }

    /// A range of a diagnostic table.
    pub(crate) fn of(table: &'static Table, range: Range) -> Self {
        Self { table, range: Some(range), off: false }
    }

    /// Its name: that of the table or the partition.
    pub(crate) fn name(&self) -> Result<String> {
        match self.range {
            Some(range) => range.partition_name(self.table),
            None => Ok(self.table.name.to_string()),
        }
    }

    fn source(&self) -> Result<(String, String, Vec<Value>)> {
        Ok(match self.range {
            Some(_) if self.off => (quoted(&self.name()?), String::new(), Vec::new()),
            Some(range) => (
                quoted(self.table.name),
                " WHERE \"measurementset_id\" >= $1 AND \"measurementset_id\" < $2".to_string(),
                vec![range.lower.into(), range.upper.into()],
            ),
            None => (quoted(self.table.name), String::new(), Vec::new()),
        })
    }
}

/// Gives each row as bytes to `take`, in no order.
pub(crate) fn read(
    tx: &mut Transaction,
    part: &Part,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let columns = columns(part.table);
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let (from, condition, values) = part.source()?;
    let text = format!("SELECT {} FROM {from}{condition}", list(&names));
    let mut buffer = Vec::new();
    tx.each(Statement::built(text, values), |row| {
        buffer.clear();
        cells::encode(&row, &columns, &mut buffer)?;
        take(&buffer)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// The rows of some measurement sets; of the summaries those of one diagnostic table.
pub(crate) fn read_sets(
    tx: &mut Transaction,
    table: &'static Table,
    sets: &[i64],
    of: Option<&'static Table>,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let columns = columns(table);
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    let id = || Expr::col("measurementset_id");
    let (first, last) = (sets.iter().min().copied(), sets.iter().max().copied());
    let mut select = Query::select();
    select.columns(names).from(table.name);
    select.and_where(tx.dialect().is_one_of(id(), sets));
    // With its ends a list touches only the ranges that it needs.
    select.and_where(id().between(first.unwrap_or(0), last.unwrap_or(-1)));
    if let Some(of) = of {
        select.and_where(Expr::col("table_name").eq(of.name));
    }
    let statement = tx.dialect().build(&select);
    let mut buffer = Vec::new();
    tx.each(statement, |row| {
        buffer.clear();
        cells::encode(&row, &columns, &mut buffer)?;
        take(&buffer)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// How many rows there are.
pub(crate) fn count(tx: &mut Transaction, part: &Part) -> Result<u64> {
    let (from, condition, values) = part.source()?;
    let row =
        tx.row(Statement::built(format!("SELECT count(*) FROM {from}{condition}"), values))?;
    Ok(u64::try_from(row.get::<i64>(0)?).unwrap_or(0))
}
