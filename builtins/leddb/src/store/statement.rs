//! A statement and its values. Its text is constant, or made by the query
//! builder, or by this crate's own DDL; there is no way to make one from a text
//! that came from outside.

use std::borrow::Cow;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::Arguments as _;

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
        Self {
            text: Cow::Borrowed(text),
            values,
        }
    }

    /// A text that the query builder or this crate made.
    pub(crate) fn built(text: String, values: Vec<Value>) -> Self {
        Self {
            text: Cow::Owned(text),
            values,
        }
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
        for value in self.values {
            match value {
                Value::Null(kind) => match kind {
                    Type::Int64 | Type::Time => arguments.add(None::<i64>),
                    Type::Int32 => arguments.add(None::<i32>),
                    Type::Int16 => arguments.add(None::<i16>),
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
        Ok((self.text, arguments))
    }
}

fn unbound(error: sqlx::error::BoxDynError) -> LeddbError {
    LeddbError::Database {
        message: format!("a value cannot be sent: {error}"),
    }
}
