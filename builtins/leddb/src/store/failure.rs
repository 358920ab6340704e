//! What the back ends say when something fails, in this crate's words.

use sqlx::postgres::PgDatabaseError;

use crate::error::{LeddbError, Result, Rule, Violation};
use crate::schema;

/// The error for a driver's error.
pub(super) fn translate(error: sqlx::Error, seconds: Option<u64>) -> LeddbError {
    match error {
        sqlx::Error::Database(inner) => {
            let inner = match inner.try_downcast::<PgDatabaseError>() {
                Ok(postgres) => return from_postgres(&postgres, seconds),
                Err(other) => other,
            };
            from_sqlite(inner.code().as_deref(), inner.message(), seconds)
        }
        sqlx::Error::PoolTimedOut => {
            LeddbError::Busy { reason: "all connections of this program are in use".to_string() }
        }
        sqlx::Error::Io(source) => {
            LeddbError::Database { message: format!("the connection broke: {source}") }
        }
        other => LeddbError::Database { message: other.to_string() },
    }
}

/// Name of the table whose partition this is, or of the table itself.
fn parent(table: &str) -> &str {
    table.find("_part_").map_or(table, |end| &table[..end])
}

/// The rule of that name: its table and columns.
fn rule_columns(name: &str) -> Option<(&'static str, Vec<String>)> {
    schema::tables().find_map(|table| {
        let key = table
            .uniques
            .iter()
            .enumerate()
            .find(|(place, _)| crate::ddl::key_name(table, *place) == name)
            .map(|(_, key)| key.iter().map(ToString::to_string).collect());
        let reference = || {
            table
                .foreign
                .iter()
                .find(|key| format!("{}_{}_fkey", table.short, key.column) == name)
                .map(|key| vec![key.column.to_string()])
        };
        let check = || {
            let rest = name.strip_prefix(table.short)?.strip_prefix('_')?;
            table
                .columns
                .iter()
                .find(|column| {
                    rest.strip_prefix(column.name)
                        .is_some_and(|rule| rule.starts_with('_') && !rule[1..].contains('_'))
                })
                .map(|column| vec![column.name.to_string()])
        };
        key.or_else(reference).or_else(check).map(|columns| (table.name, columns))
    })
}

fn violation(
    rule: Rule,
    table: Option<&str>,
    name: Option<&str>,
    columns: Vec<String>,
    detail: &str,
) -> LeddbError {
    let known = name.and_then(rule_columns);
    let columns = if columns.is_empty() {
        known.as_ref().map(|(_, columns)| columns.clone()).unwrap_or_default()
    } else {
        columns
    };
    LeddbError::Violation(Box::new(Violation {
        rule,
        table: table.map(ToString::to_string).or_else(|| known.map(|(table, _)| table.to_string())),
        name: name.map(ToString::to_string),
        columns,
        detail: detail.to_string(),
    }))
}

fn from_postgres(error: &PgDatabaseError, seconds: Option<u64>) -> LeddbError {
    let reason = || error.message().to_string();
    let detail = error.detail().unwrap_or_default();
    let rule = |rule| {
        let columns: Vec<String> = match rule {
            // Key (a, b)=(1, 2) already exists.
            Rule::Unique | Rule::Reference => detail
                .strip_prefix("Key (")
                .and_then(|rest| rest.split_once(")="))
                .map(|(columns, _)| columns.split(", ").map(ToString::to_string).collect())
                .unwrap_or_default(),
            _ => error.column().map(ToString::to_string).into_iter().collect(),
        };
        violation(rule, error.table().map(parent), error.constraint(), columns, detail)
    };
    match error.code() {
        // Also said of a row outside all partitions.
        "23514" if error.message().starts_with("no partition") => LeddbError::NoPartition {
            table: error.table().map(parent).unwrap_or_default().to_string(),
            detail: detail.to_string(),
        },
        "23505" => rule(Rule::Unique),
        "23503" => rule(Rule::Reference),
        "23514" | "22001" | "22P02" => rule(Rule::Check),
        "23502" => rule(Rule::Missing),
        "40001" | "40P01" => LeddbError::Conflict { reason: reason() },
        "57014" => seconds.map_or_else(
            || LeddbError::Busy { reason: reason() },
            |seconds| LeddbError::TimedOut { seconds },
        ),
        "55P03" => LeddbError::Busy { reason: reason() },
        "42501" => LeddbError::Denied { reason: reason() },
        "53100" | "53200" | "54000" => LeddbError::Full { reason: reason() },
        "XX001" | "XX002" => LeddbError::Damaged { reason: reason() },
        code => LeddbError::Database {
            message: if detail.is_empty() {
                format!("{} ({code})", error.message())
            } else {
                format!("{}: {detail} ({code})", error.message())
            },
        },
    }
}

fn from_sqlite(code: Option<&str>, message: &str, seconds: Option<u64>) -> LeddbError {
    let reason = || message.to_string();
    let code: i32 = code.and_then(|code| code.parse().ok()).unwrap_or(0);
    // "UNIQUE constraint failed: table.column, table.column"
    let subject = message.split_once("failed: ").map_or("", |(_, subject)| subject);
    let columns = || -> (Option<String>, Vec<String>) {
        let pairs: Vec<_> = subject.split(", ").filter_map(|pair| pair.split_once('.')).collect();
        (
            pairs.first().map(|(table, _)| (*table).to_string()),
            pairs.iter().map(|(_, column)| (*column).to_string()).collect(),
        )
    };
    match (code & 0xFF, code) {
        (19, 2067 | 1555 | 2579) => {
            let (table, columns) = columns();
            violation(Rule::Unique, table.as_deref(), None, columns, "")
        }
        (19, 787) => violation(Rule::Reference, None, None, Vec::new(), ""),
        (19, 1299) => {
            let (table, columns) = columns();
            violation(Rule::Missing, table.as_deref(), None, columns, "")
        }
        (19, 275) => violation(
            Rule::Check,
            None,
            Some(subject).filter(|name| !name.is_empty()),
            Vec::new(),
            "",
        ),
        (19, _) => violation(Rule::Check, None, None, Vec::new(), message),
        (5 | 6, _) => LeddbError::Busy { reason: reason() },
        (9, _) => seconds.map_or_else(
            || LeddbError::Busy { reason: reason() },
            |seconds| LeddbError::TimedOut { seconds },
        ),
        (8 | 3, _) => LeddbError::Denied { reason: reason() },
        (13, _) => LeddbError::Full { reason: reason() },
        // Too large a text or array.
        (18, _) => LeddbError::Array { reason: reason() },
        (11 | 26, _) => LeddbError::Damaged { reason: reason() },
        _ => LeddbError::Database { message: format!("{message} ({code})") },
    }
}

/// The error of an attempt to connect.
pub(super) fn connecting(error: sqlx::Error, place: &str) -> LeddbError {
    let place = place.to_string();
    match &error {
        sqlx::Error::Database(inner) => match inner.code().as_deref() {
            Some("28000" | "28P01") => {
                LeddbError::Login { place, reason: inner.message().to_string() }
            }
            Some("3D000") => LeddbError::NoDatabase { place },
            Some("26" | "11") => LeddbError::NotOurs { place, reason: inner.message().to_string() },
            _ => match translate(error, None) {
                LeddbError::Database { message } => LeddbError::Connect { place, reason: message },
                other => other,
            },
        },
        sqlx::Error::PoolTimedOut => {
            LeddbError::Connect { place, reason: "no answer in time".to_string() }
        }
        other => LeddbError::Connect { place, reason: other.to_string() },
    }
}

/// Shortens the way from a driver's result to ours.
pub(super) trait Translate<T> {
    /// The value, or the error in our words.
    fn or_failure(self, seconds: Option<u64>) -> Result<T>;
}

impl<T> Translate<T> for Result<T, sqlx::Error> {
    fn or_failure(self, seconds: Option<u64>) -> Result<T> {
        self.map_err(|error| translate(error, seconds))
    }
}
