//! Rows of results, alike for both back ends.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Decode, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

use super::value::Value;
use crate::error::{LeddbError, Result};
use crate::schema::Type;

/// One row.
#[derive(Debug)]
pub struct Row(pub(super) Inner);

pub(super) enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(match self {
            Self::Sqlite(_) => "SqliteRow",
            Self::Postgres(_) => "PgRow",
        })
    }
}

fn wrong(column: usize, error: &dyn std::fmt::Display) -> LeddbError {
    LeddbError::Value { column, reason: error.to_string() }
}

impl Row {
    /// How many columns it has.
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::Sqlite(row) => row.len(),
            Inner::Postgres(row) => row.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of a column.
    pub fn name(&self, column: usize) -> &str {
        match &self.0 {
            Inner::Sqlite(row) => row.column(column).name(),
            Inner::Postgres(row) => row.column(column).name(),
        }
    }

    /// The value of a column, as one of the types that [`Cell`] is made for.
    pub fn get<T: Cell>(&self, column: usize) -> Result<T> {
        T::read(self, column)
    }

    /// The value of a column of that type.
    pub fn value(&self, column: usize, kind: Type) -> Result<Value> {
        Ok(match kind {
            Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => {
                Value::maybe(self.get::<Option<i64>>(column)?, kind)
            }
            Type::Float => Value::maybe(self.get::<Option<f64>>(column)?, kind),
            Type::Bool => Value::maybe(self.get::<Option<bool>>(column)?, kind),
            Type::Text(_) | Type::Json => Value::maybe(self.get::<Option<String>>(column)?, kind),
            Type::Floats(_) => Value::maybe(self.get::<Option<Vec<f64>>>(column)?, kind),
            Type::Ints(_) => Value::maybe(self.get::<Option<Vec<i64>>>(column)?, kind),
            Type::Values => Value::maybe(self.bytes(column)?.map(<[u8]>::to_vec), kind),
        })
    }

    /// Bytes of an array, not copied.
    pub fn bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match &self.0 {
            Inner::Sqlite(row) => row
                .try_get_unchecked::<Option<&[u8]>, _>(column)
                .map_err(|error| wrong(column, &error)),
            Inner::Postgres(row) => {
                row.try_get::<Option<&[u8]>, _>(column).map_err(|error| wrong(column, &error))
            }
        }
    }

    /// A text, not copied.
    pub fn text(&self, column: usize) -> Result<Option<&str>> {
        match &self.0 {
            Inner::Sqlite(row) => {
                let raw = row.try_get_raw(column).map_err(|error| wrong(column, &error))?;
                if raw.is_null() {
                    return Ok(None);
                }
                expect(column, "text", raw.type_info().name(), &["TEXT"])?;
                <&str as Decode<'_, Sqlite>>::decode(raw)
                    .map(Some)
                    .map_err(|error| wrong(column, &error))
            }
            Inner::Postgres(row) => {
                row.try_get::<Option<&str>, _>(column).map_err(|error| wrong(column, &error))
            }
        }
    }
}

fn expect(column: usize, wanted: &str, found: &str, known: &[&str]) -> Result<()> {
    if known.contains(&found) {
        Ok(())
    } else {
        Err(wrong(column, &format!("expected {wanted}, found {found}")))
    }
}

/// A Rust type that a column can be read as.
pub trait Cell: Sized {
    /// Reads it.
    fn read(row: &Row, column: usize) -> Result<Self>;
}

/// A type that a column that may be unknown can be read as.
macro_rules! required {
    ($($type:ty),*) => {$(
        impl Cell for $type {
            fn read(row: &Row, column: usize) -> Result<Self> {
                Option::<$type>::read(row, column)?
                    .ok_or_else(|| wrong(column, &"expected a value, found none"))
            }
        }
    )*};
}

required!(i64, f64, bool, String, Vec<u8>, Vec<i64>, Vec<f64>);

impl Cell for Option<i64> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match &row.0 {
            Inner::Sqlite(row) => {
                let raw = row.try_get_raw(column).map_err(|error| wrong(column, &error))?;
                if raw.is_null() {
                    return Ok(None);
                }
                expect(column, "an integer", raw.type_info().name(), &["INTEGER"])?;
                <i64 as Decode<'_, Sqlite>>::decode(raw)
                    .map(Some)
                    .map_err(|error| wrong(column, &error))
            }
            Inner::Postgres(row) => {
                let raw = row.try_get_raw(column).map_err(|error| wrong(column, &error))?;
                let kind = raw.type_info();
                match kind.name() {
                    "INT8" => Option::<i64>::from_raw(raw),
                    "INT4" => Option::<i32>::from_raw(raw).map(|value| value.map(i64::from)),
                    "INT2" => Option::<i16>::from_raw(raw).map(|value| value.map(i64::from)),
                    other => Err(format!("expected an integer, found {other}").into()),
                }
                .map_err(|error| wrong(column, &error))
            }
        }
    }
}

/// Decodes a value that may be null.
trait FromRaw: Sized {
    fn from_raw(raw: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError>;
}

impl<T> FromRaw for Option<T>
where
    T: for<'r> Decode<'r, sqlx::Postgres>,
{
    fn from_raw(raw: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        if raw.is_null() { Ok(None) } else { T::decode(raw).map(Some) }
    }
}

impl Cell for Option<f64> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match &row.0 {
            Inner::Sqlite(row) => {
                let raw = row.try_get_raw(column).map_err(|error| wrong(column, &error))?;
                if raw.is_null() {
                    return Ok(None);
                }
                // A whole number may come as an integer from an expression.
                expect(column, "a number", raw.type_info().name(), &["REAL", "INTEGER"])?;
                <f64 as Decode<'_, Sqlite>>::decode(raw)
                    .map(Some)
                    .map_err(|error| wrong(column, &error))
            }
            Inner::Postgres(row) => row.try_get(column).map_err(|error| wrong(column, &error)),
        }
    }
}

impl Cell for Option<bool> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match &row.0 {
            Inner::Sqlite(_) => Ok(Option::<i64>::read(row, column)?.map(|value| value != 0)),
            Inner::Postgres(row) => row.try_get(column).map_err(|error| wrong(column, &error)),
        }
    }
}

impl Cell for Option<String> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        Ok(row.text(column)?.map(ToString::to_string))
    }
}

impl Cell for Option<Vec<u8>> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        Ok(row.bytes(column)?.map(<[u8]>::to_vec))
    }
}

fn from_json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>> {
    row.text(column)?
        .map(|text| serde_json::from_str(text).map_err(|error| wrong(column, &error)))
        .transpose()
}

impl Cell for Option<Vec<i64>> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match &row.0 {
            Inner::Sqlite(_) => from_json(row, column),
            Inner::Postgres(row) => row.try_get(column).map_err(|error| wrong(column, &error)),
        }
    }
}

impl Cell for Option<Vec<f64>> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match &row.0 {
            Inner::Sqlite(_) => from_json(row, column),
            Inner::Postgres(row) => row.try_get(column).map_err(|error| wrong(column, &error)),
        }
    }
}
