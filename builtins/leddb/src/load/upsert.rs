//! Rows found by their key, and made where they are missing.
//!
//! Rows are looked up first and only what is missing or differs is written: a run
//! that finds nothing new writes nothing and uses up no ids. Keys go in their order,
//! so that two writers of the same rows wait for each other instead of deadlocking.

use std::collections::BTreeMap;

use crate::ddl::{list, quoted};
use crate::error::{LeddbError, Result};
use crate::schema::{Column, Generated, Table, Type};
use crate::store::{Row, Statement, Transaction, Value};

/// What happens to a row that is there already. A value that is not known never
/// replaces one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays as it is.
    Keep,
    /// Only what is unknown in it is filled.
    Fill,
    /// All known values replace its own.
    Overwrite,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Inserted,
    /// It was there and changed.
    Updated,
    /// It was there and stays.
    Kept,
}

/// A row after an upsert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Its id, in tables that have one.
    pub id: Option<i64>,
    /// What happened to it.
    pub outcome: Outcome,
}

/// A part of a key, in the order of the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl Part {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Int(number) => Some(Self::Number(*number)),
            Value::Text(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

type Key = Vec<Part>;

/// How a table's rows are found and written.
struct Plan {
    table: &'static Table,
    id: Option<&'static str>,
    key: Vec<&'static Column>,
    columns: Vec<&'static Column>,
}

/// Seconds in whole microseconds, halves away from zero, as the database computes it.
#[allow(clippy::cast_possible_truncation)] // Times of observations are far from the limits.
pub(crate) fn microseconds(seconds: f64) -> i64 {
    let scaled = seconds * 1e6;
    (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }).trunc() as i64
}

impl Plan {
    fn new(table: &'static Table, columns: &[&str]) -> Result<Self> {
        let known = |name: &str| {
            table.column(name).ok_or_else(|| {
                LeddbError::input(format!("table `{}` has no column `{name}`", table.name))
            })
        };
        let id = table.id.map(|(column, _)| column);
        let key = match (id, table.uniques.first()) {
            (Some(_), Some(key)) => key,
            _ => &table.primary,
        };
        Ok(Self {
            table,
            id,
            key: key.iter().map(|name| known(name)).collect::<Result<_>>()?,
            columns: columns.iter().map(|name| known(name)).collect::<Result<_>>()?,
        })
    }

    fn fault(&self, column: &str, what: &str) -> LeddbError {
        LeddbError::input(format!("table `{}`: column `{column}` {what}", self.table.name))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Refuses values that the database would refuse less clearly, or not at all.
    fn check(&self, row: &[Value]) -> Result<()> {
        if row.len() != self.columns.len() {
            return Err(LeddbError::input(format!(
                "table `{}`: {} values for {} columns",
                self.table.name,
                row.len(),
                self.columns.len()
            )));
        }
        for (value, column) in row.iter().zip(&self.columns) {
            let fits = match (value, column.kind) {
                (Value::Null(_), _)
                | (Value::Bool(_), Type::Bool)
                | (Value::Int(_), Type::Int64 | Type::Int32 | Type::Int16 | Type::Time)
                | (Value::Text(_), Type::Text(_) | Type::Json)
                | (Value::Ints(_), Type::Ints(_))
                | (Value::Bytes(_), Type::Values) => true,
                (Value::Float(number), Type::Float) => number.is_finite(),
                (Value::Floats(numbers), Type::Floats(_)) => {
                    numbers.iter().all(|number| number.is_finite())
                }
                _ => false,
            };
            if !fits {
                return Err(self.fault(column.name, &format!("cannot hold {value:?}")));
            }
            if let (Value::Text(text), Type::Text(Some(max))) = (value, column.kind)
                && text.chars().count() > usize::from(max)
            {
                return Err(self
                    .fault(column.name, &format!("holds at most {max} characters, not `{text}`")));
            }
        }
        Ok(())
    }

    fn key_of(&self, row: &[Value]) -> Result<Key> {
        self.key
            .iter()
            .map(|column| {
                let part = match column.generated {
                    Some(Generated::Microseconds(of)) => match self
                        .place(of)
                        .map(|place| &row[place])
                    {
                        Some(Value::Float(seconds)) => Some(Part::Number(microseconds(*seconds))),
                        _ => None,
                    },
                    None => self.place(column.name).and_then(|place| Part::of(&row[place])),
                };
                // A row without its key is no row: the reason must reach the user.
                part.ok_or_else(|| self.fault(column.name, "is part of the key and is not known"))
            })
            .collect()
    }

    fn key_columns(&self) -> Vec<&'static str> {
        self.key.iter().map(|column| column.name).collect()
    }
}

/// A row as the database has it.
struct Stored {
    id: Option<i64>,
    values: Vec<Value>,
}

/// Rows of a select or insert at once.
const AT_ONCE: usize = 500;

/// Finds each row by its key (the identity of tables with ids, else the primary key)
/// and makes or changes it. The answers are in the order of the rows; rows with the
/// same key count as one, the first.
pub fn upsert(
    tx: &mut Transaction,
    table: &'static Table,
    columns: &[&str],
    rows: &[Vec<Value>],
    existing: Existing,
) -> Result<Vec<Written>> {
    let plan = Plan::new(table, columns)?;
    let mut keys = Vec::with_capacity(rows.len());
    let mut wanted: BTreeMap<Key, usize> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        plan.check(row)?;
        let key = plan.key_of(row)?;
        wanted.entry(key.clone()).or_insert(place);
        keys.push(key);
    }
    let mut written: BTreeMap<Key, Written> = BTreeMap::new();
    let all: Vec<(&Key, &Vec<Value>)> =
        wanted.iter().map(|(key, place)| (key, &rows[*place])).collect();
    for some in all.chunks(AT_ONCE) {
        chunk(tx, &plan, some, existing, &mut written)?;
    }
    keys.iter()
        .map(|key| {
            written.get(key).copied().ok_or_else(|| LeddbError::Conflict {
                reason: format!("a row of `{}` came and went", table.name),
            })
        })
        .collect()
}

fn chunk(
    tx: &mut Transaction,
    plan: &Plan,
    rows: &[(&Key, &Vec<Value>)],
    existing: Existing,
    written: &mut BTreeMap<Key, Written>,
) -> Result<()> {
    let keys: Vec<&Key> = rows.iter().map(|(key, _)| *key).collect();
    let mut there = find(tx, plan, &keys)?;
    let missing: Vec<_> =
        rows.iter().filter(|(key, _)| !there.contains_key(*key)).copied().collect();
    if !missing.is_empty() {
        insert(tx, plan, &missing, written)?;
        let late: Vec<&Key> =
            missing.iter().map(|(key, _)| *key).filter(|key| !written.contains_key(*key)).collect();
        if !late.is_empty() {
            // Others made them while we waited.
            there.extend(find(tx, plan, &late)?);
        }
    }
    for (key, row) in rows {
        if let Some(stored) = there.get(*key) {
            let outcome = change(tx, plan, stored, key, row, existing)?;
            written.insert((*key).clone(), Written { id: stored.id, outcome });
        }
    }
    Ok(())
}

/// `($1, $2), ($3, $4)`.
fn places(count: usize, width: usize) -> String {
    let mut text = String::with_capacity(count * (width * 7 + 4));
    for row in 0..count {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                text.push_str(", ");
            }
            text.push('$');
            text.push_str(&(row * width + column + 1).to_string());
        }
        text.push(')');
    }
    text
}

fn find(tx: &mut Transaction, plan: &Plan, keys: &[&Key]) -> Result<BTreeMap<Key, Stored>> {
    let key_columns = plan.key_columns();
    let mut names: Vec<&str> = plan.id.into_iter().collect();
    names.extend(&key_columns);
    names.extend(plan.columns.iter().map(|column| column.name));
    let among = if key_columns.len() == 1 {
        list(&key_columns)
    } else {
        format!("({})", list(&key_columns))
    };
    let text = format!(
        "SELECT {} FROM {} WHERE {among} IN (VALUES {})",
        list(&names),
        quoted(plan.table.name),
        places(keys.len(), key_columns.len())
    );
    let values = keys.iter().flat_map(|key| key.iter().map(Part::value)).collect();
    let mut found = BTreeMap::new();
    for row in tx.rows(Statement::built(text, values))? {
        let offset = usize::from(plan.id.is_some());
        let id = plan.id.map(|_| row.get::<i64>(0)).transpose()?;
        let key = read_key(plan, &row, offset)?;
        let values = plan
            .columns
            .iter()
            .enumerate()
            .map(|(k, column)| row.value(offset + plan.key.len() + k, column.kind))
            .collect::<Result<_>>()?;
        found.insert(key, Stored { id, values });
    }
    Ok(found)
}

fn read_key(plan: &Plan, row: &Row, offset: usize) -> Result<Key> {
    plan.key
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let value = row.value(offset + k, column.kind)?;
            Part::of(&value).ok_or_else(|| plan.fault(column.name, "has a key of an unknown type"))
        })
        .collect()
}

fn insert(
    tx: &mut Transaction,
    plan: &Plan,
    rows: &[(&Key, &Vec<Value>)],
    written: &mut BTreeMap<Key, Written>,
) -> Result<()> {
    let ids = match plan.id {
        Some(_) => tx.next_ids(plan.table, rows.len())?,
        None => Vec::new(),
    };
    let mut names: Vec<&str> = plan.id.into_iter().collect();
    names.extend(plan.columns.iter().map(|column| column.name));
    let key_columns = plan.key_columns();
    let mut returning: Vec<&str> = plan.id.into_iter().collect();
    returning.extend(&key_columns);
    let text = format!(
        "INSERT INTO {} ({}) VALUES {} ON CONFLICT ({}) DO NOTHING RETURNING {}",
        quoted(plan.table.name),
        list(&names),
        places(rows.len(), names.len()),
        list(&key_columns),
        list(&returning)
    );
    let mut values = Vec::with_capacity(rows.len() * names.len());
    for (k, (_, row)) in rows.iter().enumerate() {
        values.extend(ids.get(k).map(|id| Value::Int(*id)));
        values.extend(row.iter().zip(&plan.columns).map(|(value, column)| match value {
            Value::Null(_) => Value::Null(column.kind),
            other => other.clone(),
        }));
    }
    for row in tx.rows(Statement::built(text, values))? {
        let id = plan.id.map(|_| row.get::<i64>(0)).transpose()?;
        let key = read_key(plan, &row, usize::from(plan.id.is_some()))?;
        written.insert(key, Written { id, outcome: Outcome::Inserted });
    }
    Ok(())
}

fn change(
    tx: &mut Transaction,
    plan: &Plan,
    stored: &Stored,
    key: &Key,
    row: &[Value],
    existing: Existing,
) -> Result<Outcome> {
    let key_columns = plan.key_columns();
    let mut sets = Vec::new();
    let mut values = Vec::new();
    for ((new, old), column) in row.iter().zip(&stored.values).zip(&plan.columns) {
        // What the key is computed from differs by less than the key can tell.
        let of_key = key_columns.contains(&column.name)
            || plan
                .key
                .iter()
                .any(|one| one.generated == Some(Generated::Microseconds(column.name)));
        let wanted = match existing {
            Existing::Keep => false,
            Existing::Fill => old.is_null(),
            Existing::Overwrite => old != new,
        };
        if of_key || new.is_null() || !wanted {
            continue;
        }
        values.push(new.clone());
        let name = quoted(column.name);
        sets.push(match existing {
            // Somebody may have filled it meanwhile: the first one stays.
            Existing::Fill => format!("{name} = COALESCE({name}, ${})", values.len()),
            _ => format!("{name} = ${}", values.len()),
        });
    }
    if sets.is_empty() {
        return Ok(Outcome::Kept);
    }
    let condition = if let (Some(column), Some(id)) = (plan.id, stored.id) {
        values.push(Value::Int(id));
        format!("{} = ${}", quoted(column), values.len())
    } else {
        let parts: Vec<_> = key_columns
            .iter()
            .zip(key)
            .map(|(column, part)| {
                values.push(part.value());
                format!("{} = ${}", quoted(column), values.len())
            })
            .collect();
        parts.join(" AND ")
    };
    let text =
        format!("UPDATE {} SET {} WHERE {condition}", quoted(plan.table.name), sets.join(", "));
    if tx.execute(Statement::built(text, values))? == 0 {
        return Err(LeddbError::Conflict {
            reason: format!("a row of `{}` went away", plan.table.name),
        });
    }
    Ok(Outcome::Updated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_round_away_from_zero() {
        assert_eq!(microseconds(1.001_389_999_6), 1_001_390);
        assert_eq!(microseconds(0.000_000_5), 1);
        assert_eq!(microseconds(-0.000_000_5), -1);
        assert_eq!(microseconds(-3.0), -3_000_000);
    }

    #[test]
    fn places_count_through() {
        assert_eq!(places(2, 2), "($1, $2), ($3, $4)");
        assert_eq!(places(1, 1), "($1)");
    }
}
