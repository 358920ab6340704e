//! Where two tables differ, whatever stores them.
//!
//! Cells are compared by their canonical bytes, so a compressed column equals
//! an uncompressed one that holds the same values.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::column::Column;
use crate::error::Result;
use crate::table::Table;
use crate::value::{Record, Value};

/// A place where two tables differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The sub-table, such as `ANTENNA`, `SORTED/ANTENNA` for one further
    /// down; empty for the tables themselves.
    pub table: String,
    /// The column, unless it is about the whole table.
    pub column: Option<String>,
    /// The first row that differs, where rows do.
    pub row: Option<u64>,
    /// What differs, in words.
    pub what: String,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compare {
    /// Also the sub-tables.
    pub recursive: bool,
    /// Also the keywords of tables and columns, units and frames among them.
    pub keywords: bool,
}

/// Sub-tables may refer to each other in a circle.
const MAX_DEPTH: usize = 8;

impl Compare {
    /// All differences: for each column the first row that differs. A column
    /// of either table that cannot be read is an error.
    pub fn run(self, first: &Table, second: &Table) -> Result<Vec<Difference>> {
        let mut found = Vec::new();
        self.tables("", first, second, 0, &mut found)?;
        Ok(found)
    }

    fn tables(
        self,
        name: &str,
        first: &Table,
        second: &Table,
        depth: usize,
        found: &mut Vec<Difference>,
    ) -> Result<()> {
        let mut tell = |column: Option<&str>, row, what: String| {
            let column = column.map(str::to_string);
            found.push(Difference { table: name.into(), column, row, what });
        };
        if first.nrow() != second.nrow() {
            tell(None, None, format!("{} rows, and {}", first.nrow(), second.nrow()));
        }
        if self.keywords {
            for text in keywords(first.keywords(), second.keywords()) {
                tell(None, None, text);
            }
        }
        for column in first.columns() {
            if !second.has_column(&column.name) {
                tell(Some(&column.name), None, "only in the first".into());
                continue;
            }
            let (a, b) = (first.column(&column.name)?, second.column(&column.name)?);
            for (row, what) in self.columns(&a, &b)? {
                tell(Some(&column.name), row, what);
            }
        }
        for column in second.columns().iter().filter(|column| !first.has_column(&column.name)) {
            tell(Some(&column.name), None, "only in the second".into());
        }
        if self.recursive && depth < MAX_DEPTH {
            self.subtables(name, first, second, depth, found)?;
        }
        Ok(())
    }

    fn subtables(
        self,
        name: &str,
        first: &Table,
        second: &Table,
        depth: usize,
        found: &mut Vec<Difference>,
    ) -> Result<()> {
        let (one, two) = (first.subtables(), second.subtables());
        let all: BTreeSet<&str> = one.iter().chain(&two).copied().collect();
        for keyword in all {
            let table =
                if name.is_empty() { keyword.to_string() } else { format!("{name}/{keyword}") };
            let only = match (one.contains(&keyword), two.contains(&keyword)) {
                (true, false) => Some("only in the first"),
                (false, true) => Some("only in the second"),
                _ => None,
            };
            if let Some(what) = only {
                found.push(Difference { table, column: None, row: None, what: what.into() });
                continue;
            }
            let (a, b) = (first.subtable(keyword)?, second.subtable(keyword)?);
            self.tables(&table, &a, &b, depth + 1, found)?;
        }
        Ok(())
    }

    fn columns(self, a: &Column, b: &Column) -> Result<Vec<(Option<u64>, String)>> {
        let mut found = Vec::new();
        if self.keywords {
            found.extend(
                keywords(a.keywords()?, b.keywords()?).into_iter().map(|text| (None, text)),
            );
        }
        let kind = |column: &Column| {
            format!(
                "{} of {}",
                if column.desc().scalar { "scalars" } else { "arrays" },
                column.data_type()
            )
        };
        if a.data_type() != b.data_type() || a.desc().scalar != b.desc().scalar {
            found.push((None, format!("{}, and {}", kind(a), kind(b))));
            return Ok(found);
        }
        if let Some(row) = first_difference(a, b)? {
            found.push((Some(row), shapes(a, b, row)?));
        }
        Ok(found)
    }
}

/// What differs in one row.
fn shapes(a: &Column, b: &Column, row: u64) -> Result<String> {
    let (one, two) = (a.shape(row)?, b.shape(row)?);
    Ok(match (one, two) {
        (None, Some(_)) => "no value in the first".into(),
        (Some(_), None) => "no value in the second".into(),
        (Some(one), Some(two)) if one != two => format!("shape {one:?}, and {two:?}"),
        _ => "other values".into(),
    })
}

/// Rows compared at once.
const ROWS: u64 = 4096;

/// The first row whose cells differ.
fn first_difference(a: &Column, b: &Column) -> Result<Option<u64>> {
    let end = a.nrow().min(b.nrow());
    let mut row = 0;
    while row < end {
        let mut rows = row..(row + ROWS).min(end);
        let next = rows.end;
        if !same(a, b, rows.clone())? {
            // Halve until one row is left: few chunks differ, so this is cheap.
            while rows.end - rows.start > 1 {
                let middle = rows.start + (rows.end - rows.start) / 2;
                if same(a, b, rows.start..middle)? {
                    rows.start = middle;
                } else {
                    rows.end = middle;
                }
            }
            return Ok(Some(rows.start));
        }
        row = next;
    }
    Ok(None)
}

fn same(a: &Column, b: &Column, rows: Range<u64>) -> Result<bool> {
    use sha2::{Digest as _, Sha256};
    let hash = |column: &Column| -> Result<_> {
        let mut hash = Sha256::new();
        column.canonical(rows.clone(), |bytes| hash.update(bytes))?;
        Ok(hash.finalize())
    };
    Ok(hash(a)? == hash(b)?)
}

/// Differences of keywords; sub-tables are compared elsewhere.
fn keywords(a: &Record, b: &Record) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in a.iter() {
        match (value, b.get(name)) {
            (_, None) => found.push(format!("keyword {name} only in the first")),
            (Value::Table(_), Some(Value::Table(_))) => {}
            (one, Some(two)) if one != two && !both_nan(one, two) => {
                found.push(format!("keyword {name}: other values"));
            }
            _ => {}
        }
    }
    let only = b.iter().filter(|(name, _)| a.get(name).is_none());
    found.extend(only.map(|(name, _)| format!("keyword {name} only in the second")));
    found
}

fn both_nan(one: &Value, two: &Value) -> bool {
    one.as_f64().is_some_and(f64::is_nan) && two.as_f64().is_some_and(f64::is_nan)
}
