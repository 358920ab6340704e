//! A statement and its values. Its text is constant, or made by the query
//! builder, or by this crate's own DDL; there is no way to make one from a text
//! that came from outside.

use std::borrow::Cow;

use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use super::value::Value;
use crate::error::{LeddbError, Result};
use crate::schema::Type;

/// A statement for one back end with the values it binds.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

impl Statement {
    /// A constant text; values are `$1`, `$2` and so on, on both back ends.
    pub fn constant(text: &'static str, values: Vec<Value>) -> Self {
        Self { text: Cow::Borrowed(text), values }
    }

    /// A text that the query builder or this crate made.
    pub(crate) fn built(text: String, values: Vec<Value>) -> Self {
        Self { text: Cow::Owned(text), values }
    }

    /// Its text, with places for the values.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its values.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    pub(super) fn for_sqlite(self) -> Result<(Cow<'static, str>, SqliteArguments)> {
        let mut arguments = SqliteArguments::default();
        for value in self.values {
            match value {
                Value::Null(_) => arguments.add(None::<i64>),
                Value::Bool(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Float(value) => arguments.add(value),
                Value::Text(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Ints(values) => arguments.add(Value::json_ints(&values)),
                Value::Floats(values) => arguments.add(Value::json(&values)),
                Value::Texts(values) => arguments.add(serde_json::Value::from(values).to_string()),
            }
            .map_err(unbound)?;
        }
        Ok((self.text, arguments))
    }

    pub(super) fn for_postgres(self) -> Result<(Cow<'static, str>, PgArguments)> {
        let mut arguments = PgArguments::default();
        let text = with_types(self.text, &self.values);
        for value in self.values {
            match value {
                Value::Null(kind) => match kind {
                    Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => {
                        arguments.add(None::<i64>)
                    }
                    Type::Float => arguments.add(None::<f64>),
                    Type::Bool => arguments.add(None::<bool>),
                    Type::Text(_) | Type::Json => arguments.add(None::<String>),
                    Type::Floats(_) => arguments.add(None::<Vec<f64>>),
                    Type::Ints(_) => arguments.add(None::<Vec<i64>>),
                    Type::Values => arguments.add(None::<Vec<u8>>),
                },
                Value::Bool(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Float(value) => arguments.add(value),
                Value::Text(value) => {
                    if value.contains('\0') {
                        return Err(LeddbError::input(format!(
                            "a text for the database holds a zero byte: {value:?}"
                        )));
                    }
                    arguments.add(value)
                }
                Value::Bytes(value) => arguments.add(value),
                Value::Ints(values) => arguments.add(values),
                Value::Floats(values) => arguments.add(values),
                Value::Texts(values) => arguments.add(values),
            }
            .map_err(unbound)?;
        }
        Ok((text, arguments))
    }
}

/// The text with a remark on the types of its values. The driver prepares a text once
/// and keeps it by the text alone: the same text with a number where an integer was
/// would be read as that integer, silently.
fn with_types(text: Cow<'static, str>, values: &[Value]) -> Cow<'static, str> {
    if values.is_empty() {
        return text;
    }
    let mut text = text.into_owned();
    text.push_str(" /*");
    let mut last = None;
    let mut times = 0;
    for letter in values.iter().map(letter).chain(['/']) {
        if last == Some(letter) {
            times += 1;
            continue;
        }
        if times > 1 {
            text.push_str(&times.to_string());
        }
        if letter != '/' {
            text.push(letter);
        }
        last = Some(letter);
        times = 1;
    }
    text.push_str("*/");
    Cow::Owned(text)
}

/// One letter for each type that a value is sent as.
fn letter(value: &Value) -> char {
    match value {
        Value::Bool(_) | Value::Null(Type::Bool) => 'b',
        Value::Int(_) | Value::Null(Type::Int64 | Type::Int32 | Type::Int16 | Type::Time) => 'i',
        Value::Float(_) | Value::Null(Type::Float) => 'f',
        Value::Text(_) | Value::Null(Type::Text(_) | Type::Json) => 't',
        Value::Bytes(_) | Value::Null(Type::Values) => 'v',
        Value::Ints(_) | Value::Null(Type::Ints(_)) => 'I',
        Value::Floats(_) | Value::Null(Type::Floats(_)) => 'F',
        Value::Texts(_) => 'T',
    }
}

fn unbound(error: sqlx::error::BoxDynError) -> LeddbError {
    LeddbError::Database { message: format!("a value cannot be sent: {error}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Options;
    use crate::testing::postgres;

    #[test]
    fn the_remark_tells_types_shortly() {
        let values = vec![
            Value::Int(1),
            Value::Null(Type::Time),
            Value::Float(1.0),
            Value::Null(Type::Text(None)),
        ];
        assert_eq!(with_types("SELECT".into(), &values), "SELECT /*i2ft*/");
        assert_eq!(with_types("SELECT".into(), &[]), "SELECT");
        let many = vec![Value::Int(1); 500];
        assert_eq!(with_types("SELECT".into(), &many), "SELECT /*i500*/");
    }

    #[test]
    fn the_same_text_takes_values_of_other_types() {
        let Some(database) = postgres(&Options::default()) else { return };
        database
            .read(|tx| {
                for (value, expected) in
                    [(Value::Int(2), "2"), (Value::Float(2.5), "2.5"), (Value::Bool(true), "true")]
                {
                    let text: String = tx
                        .row(Statement::constant("SELECT CAST($1 AS text)", vec![value]))?
                        .get(0)?;
                    assert_eq!(text, expected);
                }
                Ok(())
            })
            .unwrap();
    }
}
