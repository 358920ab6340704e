//! Compares a database with the description.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::live::{self, Shape};
use crate::error::Result;
use crate::schema::{self, views::VIEWS};
use crate::store::Database;

/// Something that a database has and should not, or should have and has not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Table or view.
    pub table: String,
    /// What differs.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}: {}", self.table, self.what)
    }
}

/// Everything in which a database differs from the description; nothing: it is good.
/// Tables of others are let be.
pub fn check(database: &Database) -> Result<Vec<Difference>> {
    database.read(|tx| {
        let mut found = Vec::new();
        let there = live::tables(tx)?;
        for table in schema::tables() {
            match there.get(table.name) {
                None => found.push(Difference {
                    table: table.name.to_string(),
                    what: "the table is missing".to_string(),
                }),
                Some(shape) => {
                    compare(
                        table.name,
                        &live::expected(database.dialect(), table),
                        shape,
                        &mut found,
                    );
                }
            }
        }
        let views = live::views(tx)?;
        for view in VIEWS {
            let expected: Vec<_> = view.columns().map(|column| column.name).collect();
            match views.get(view.name) {
                None => found.push(Difference {
                    table: view.name.to_string(),
                    what: "the view is missing".to_string(),
                }),
                Some(columns) if *columns != expected => found.push(Difference {
                    table: view.name.to_string(),
                    what: "the view has other columns".to_string(),
                }),
                Some(_) => {}
            }
        }
        found.sort();
        Ok(found)
    })
}

fn compare(table: &str, expected: &Shape, found: &Shape, to: &mut Vec<Difference>) {
    let mut add = |what: String| {
        to.push(Difference { table: table.to_string(), what });
    };
    for (name, wanted) in &expected.columns {
        match found.columns.get(name) {
            None => add(format!("column `{name}` is missing")),
            Some(is) if is.0 != wanted.0 => {
                add(format!("column `{name}` is {} instead of {}", is.0, wanted.0));
            }
            Some(is) if is.1 != wanted.1 => {
                add(format!("column `{name}` {} be unknown", if is.1 { "may" } else { "may not" }));
            }
            Some(_) => {}
        }
    }
    for name in found.columns.keys() {
        if !expected.columns.contains_key(name) {
            add(format!("column `{name}` is not of ours"));
        }
    }
    sets("key", &expected.keys, &found.keys, &mut add);
    sets("reference", &expected.foreign, &found.foreign, &mut add);
    sets("rule", &expected.rules, &found.rules, &mut add);
    sets("index", &expected.indexes, &found.indexes, &mut add);
    if expected.partitioned != found.partitioned {
        add(if expected.partitioned {
            "it is not cut into partitions"
        } else {
            "it is cut into partitions"
        }
        .to_string());
    }
}

fn sets<T: Ord + Debug>(
    what: &str,
    expected: &BTreeSet<T>,
    found: &BTreeSet<T>,
    add: &mut impl FnMut(String),
) {
    for one in expected.difference(found) {
        add(format!("{what} {one:?} is missing"));
    }
    // More indexes do no harm, and a site may have its reasons.
    if what != "index" {
        for one in found.difference(expected) {
            add(format!("{what} {one:?} is not of ours"));
        }
    }
}
