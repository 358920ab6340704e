//! Reads single facts and remembers which of them failed.

use std::collections::BTreeMap;

use ledama_tables::{Column, DataType, Element, Error, Result, Table};

use super::Problem;

/// The tables of a set, each opened when first asked for.
pub(super) struct Reader {
    main: Table,
    subtables: BTreeMap<&'static str, Option<Table>>,
    /// Columns that were asked for, by table and name.
    columns: Vec<(&'static str, &'static str, Option<Column>)>,
    problems: Vec<Problem>,
}

/// Name of the main table in problems.
pub(super) const MAIN: &str = "main";

impl Reader {
    pub(super) fn new(main: Table) -> Self {
        Self { main, subtables: BTreeMap::new(), columns: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Fails when a table that was read has changed meanwhile.
    pub(super) fn verify(&self) -> Result<()> {
        self.main.verify()?;
        self.subtables.values().flatten().try_for_each(Table::verify)
    }

    /// A sub-table, or the main table; `None` where there is none.
    pub(super) fn table(&mut self, name: &'static str) -> Option<Table> {
        if name == MAIN {
            return Some(self.main.clone());
        }
        if let Some(known) = self.subtables.get(name) {
            return known.clone();
        }
        let table = if self.main.keywords().get(name).is_some() {
            let opened = self.main.subtable_by_data(name);
            self.keep(name, opened)
        } else {
            None
        };
        self.subtables.insert(name, table.clone());
        table
    }

    /// A column of a table that has it.
    pub(super) fn column(&mut self, table: &'static str, name: &'static str) -> Option<Column> {
        let known = self.columns.iter().find(|(of, known, _)| (*of, *known) == (table, name));
        if let Some((_, _, column)) = known {
            return column.clone();
        }
        let found = self.table(table).filter(|table| table.has_column(name));
        let opened = found.map(|table| table.column(name));
        let column = opened.and_then(|opened| self.keep_of(table, name, opened));
        self.columns.push((table, name, column.clone()));
        column
    }

    /// The value of a result; a failure is remembered under the fact's name.
    pub(super) fn keep<T>(&mut self, fact: &str, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            // A cell that was never written is a fact without value, not a fault.
            Err(Error::Undefined { .. }) => None,
            Err(error) => {
                self.problems.push(Problem { fact: fact.into(), message: error.to_string() });
                None
            }
        }
    }

    fn keep_of<T>(&mut self, table: &str, name: &str, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            failed @ Err(_) => self.keep(&fact(table, name), failed),
        }
    }

    /// How many rows a table has; 0 where there is none.
    pub(super) fn nrow(&mut self, table: &'static str) -> u64 {
        self.table(table).map_or(0, |table| table.nrow())
    }

    fn row<T>(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
        read: impl FnOnce(&Column) -> Result<T>,
    ) -> Option<T> {
        let column = self.column(table, name).filter(|column| row < column.nrow())?;
        let value = read(&column);
        self.keep_of(table, name, value)
    }

    /// The text of a cell; empty texts count.
    pub(super) fn text(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
    ) -> Option<String> {
        self.texts(table, name, row)?.into_iter().next()
    }

    /// The texts of an array cell, or the one of a scalar cell.
    pub(super) fn texts(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
    ) -> Option<Vec<String>> {
        self.row(table, name, row, |column| column.values::<String>(row..row + 1))
    }

    /// The number of a cell.
    pub(super) fn number(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
    ) -> Option<f64> {
        self.numbers(table, name, row)?.into_iter().next()
    }

    /// The whole number of a cell.
    pub(super) fn integer(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
    ) -> Option<i64> {
        self.row(table, name, row, |column| integers(column, row..row + 1))?.into_iter().next()
    }

    /// The numbers of an array cell.
    pub(super) fn numbers(
        &mut self,
        table: &'static str,
        name: &'static str,
        row: u64,
    ) -> Option<Vec<f64>> {
        self.row(table, name, row, |column| floats(column, row..row + 1))
    }

    /// All values of a column whose cells have one shape.
    pub(super) fn all<T: Element>(
        &mut self,
        table: &'static str,
        name: &'static str,
    ) -> Option<Vec<T>> {
        let column = self.column(table, name)?;
        let values = column.values::<T>(0..column.nrow());
        self.keep_of(table, name, values)
    }
}

/// The name of a fact in problems.
pub(super) fn fact(table: &str, name: &str) -> String {
    if table == MAIN { name.to_string() } else { format!("{table}.{name}") }
}

/// Values of any real number type as floats.
fn floats(column: &Column, rows: std::ops::Range<u64>) -> Result<Vec<f64>> {
    Ok(match column.data_type() {
        DataType::Double => column.values::<f64>(rows)?,
        DataType::Float => column.values::<f32>(rows)?.into_iter().map(f64::from).collect(),
        // Bandwidths and the like are small enough to be exact.
        #[allow(clippy::cast_precision_loss)]
        _ => integers(column, rows)?.into_iter().map(|value| value as f64).collect(),
    })
}

/// Values of any integer type.
fn integers(column: &Column, rows: std::ops::Range<u64>) -> Result<Vec<i64>> {
    fn wide<T: Element + Into<i64>>(
        column: &Column,
        rows: std::ops::Range<u64>,
    ) -> Result<Vec<i64>> {
        Ok(column.values::<T>(rows)?.into_iter().map(Into::into).collect())
    }
    match column.data_type() {
        DataType::UChar => wide::<u8>(column, rows),
        DataType::Short => wide::<i16>(column, rows),
        DataType::UShort => wide::<u16>(column, rows),
        DataType::Int => wide::<i32>(column, rows),
        DataType::UInt => wide::<u32>(column, rows),
        DataType::Int64 => wide::<i64>(column, rows),
        found => {
            Err(Error::Type { column: column.name().into(), expected: DataType::Double, found })
        }
    }
}
