//! Cells between rows of a database, bytes, and values.

use crate::error::{LeddbError, Result};
use crate::schema::{Column, Type};
use crate::store::{Row, Value};

const NOTHING: i32 = -1;

fn field(to: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    let length = i32::try_from(bytes.len()).map_err(|_| too_long())?;
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(bytes);
    Ok(())
}

fn too_long() -> LeddbError {
    LeddbError::Array { reason: "a value has more than 2 GiB".to_string() }
}

fn nothing(to: &mut Vec<u8>) {
    to.extend_from_slice(&NOTHING.to_be_bytes());
}

/// Appends a row as it came from a query for these columns.
pub(super) fn encode(row: &Row, columns: &[&'static Column], to: &mut Vec<u8>) -> Result<()> {
    for (place, column) in columns.iter().enumerate() {
        match column.kind {
            Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => {
                match row.get::<Option<i64>>(place)? {
                    Some(value) => field(to, &value.to_be_bytes())?,
                    None => nothing(to),
                }
            }
            Type::Float => match row.get::<Option<f64>>(place)? {
                Some(value) => field(to, &value.to_be_bytes())?,
                None => nothing(to),
            },
            Type::Bool => match row.get::<Option<bool>>(place)? {
                Some(value) => field(to, &[u8::from(value)])?,
                None => nothing(to),
            },
            Type::Text(_) | Type::Json => match row.text(place)? {
                Some(value) => field(to, value.as_bytes())?,
                None => nothing(to),
            },
            Type::Values => match row.bytes(place)? {
                Some(value) => field(to, value)?,
                None => nothing(to),
            },
            Type::Floats(_) => match row.get::<Option<Vec<f64>>>(place)? {
                Some(list) => field(to, &joined(list.iter().map(|value| value.to_be_bytes())))?,
                None => nothing(to),
            },
            Type::Ints(_) => match row.get::<Option<Vec<i64>>>(place)? {
                Some(list) => field(to, &joined(list.iter().map(|value| value.to_be_bytes())))?,
                None => nothing(to),
            },
        }
    }
    Ok(())
}

/// Appends a row of values.
pub(super) fn encode_values(values: &[Value], to: &mut Vec<u8>) -> Result<()> {
    for value in values {
        match value {
            Value::Null(_) => nothing(to),
            Value::Bool(value) => field(to, &[u8::from(*value)])?,
            Value::Int(value) => field(to, &value.to_be_bytes())?,
            Value::Float(value) => field(to, &value.to_be_bytes())?,
            Value::Text(value) => field(to, value.as_bytes())?,
            Value::Bytes(value) => field(to, value)?,
            Value::Ints(list) => field(to, &joined(list.iter().map(|value| value.to_be_bytes())))?,
            Value::Floats(list) => {
                field(to, &joined(list.iter().map(|value| value.to_be_bytes())))?;
            }
            Value::Texts(_) => return Err(LeddbError::input("no column holds a list of texts")),
        }
    }
    Ok(())
}

fn joined(parts: impl Iterator<Item = [u8; 8]>) -> Vec<u8> {
    parts.flatten().collect()
}

fn damaged(what: &str) -> LeddbError {
    LeddbError::Damaged { reason: format!("a stored row {what}") }
}

/// The bytes of each cell of a row; none: unknown.
pub(super) fn cells(mut row: &[u8], count: usize) -> impl Iterator<Item = Result<Option<&[u8]>>> {
    let mut left = count;
    std::iter::from_fn(move || {
        if left == 0 {
            return (!std::mem::take(&mut row).is_empty()).then(|| Err(damaged("is too long")));
        }
        left -= 1;
        let Some((length, rest)) = row.split_first_chunk::<4>() else {
            left = 0;
            row = &[];
            return Some(Err(damaged("is too short")));
        };
        row = rest;
        let length = i32::from_be_bytes(*length);
        if length == NOTHING {
            return Some(Ok(None));
        }
        let parts = usize::try_from(length).ok().and_then(|length| row.split_at_checked(length));
        if let Some((cell, rest)) = parts {
            row = rest;
            return Some(Ok(Some(cell)));
        }
        left = 0;
        row = &[];
        Some(Err(damaged("is too short")))
    })
}

fn word(cell: &[u8]) -> Result<[u8; 8]> {
    cell.try_into().map_err(|_| damaged("has a number of a wrong length"))
}

fn words(cell: &[u8]) -> Result<impl Iterator<Item = [u8; 8]>> {
    let (words, rest) = cell.as_chunks::<8>();
    if rest.is_empty() { Ok(words.iter().copied()) } else { Err(damaged("has a cut list")) }
}

/// The value of a cell.
pub(super) fn value(cell: Option<&[u8]>, kind: Type) -> Result<Value> {
    let Some(cell) = cell else { return Ok(Value::Null(kind)) };
    Ok(match kind {
        Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => {
            Value::Int(i64::from_be_bytes(word(cell)?))
        }
        Type::Float => Value::Float(f64::from_be_bytes(word(cell)?)),
        Type::Bool => Value::Bool(flag(cell)?),
        Type::Text(_) | Type::Json => Value::Text(
            std::str::from_utf8(cell).map_err(|_| damaged("has a text that is none"))?.to_string(),
        ),
        Type::Values => Value::Bytes(cell.to_vec()),
        Type::Floats(_) => Value::Floats(words(cell)?.map(f64::from_be_bytes).collect()),
        Type::Ints(_) => Value::Ints(words(cell)?.map(i64::from_be_bytes).collect()),
    })
}

fn flag(cell: &[u8]) -> Result<bool> {
    match cell {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(damaged("has a flag that is none")),
    }
}

/// All values of a row.
pub(crate) fn values(row: &[u8], columns: &[&'static Column]) -> Result<Vec<Value>> {
    let mut kinds = columns.iter().map(|column| column.kind);
    let mut values = Vec::with_capacity(columns.len());
    for cell in cells(row, columns.len()) {
        let cell = cell?;
        let kind = kinds.next().ok_or_else(|| damaged("has too many columns"))?;
        values.push(value(cell, kind)?);
    }
    Ok(values)
}

/// Appends a row in the form of a server's binary `COPY`.
pub(super) fn copy_form(row: &[u8], columns: &[&'static Column], to: &mut Vec<u8>) -> Result<()> {
    let count = i16::try_from(columns.len()).map_err(|_| too_long())?;
    to.extend_from_slice(&count.to_be_bytes());
    let mut kinds = columns.iter().map(|column| column.kind);
    for cell in cells(row, columns.len()) {
        let cell = cell?;
        let kind = kinds.next().ok_or_else(|| damaged("has too many columns"))?;
        let Some(cell) = cell else {
            nothing(to);
            continue;
        };
        let beyond = |_| damaged("has a number beyond its column");
        match kind {
            Type::Int32 => {
                let value = i64::from_be_bytes(word(cell)?);
                field(to, &i32::try_from(value).map_err(beyond)?.to_be_bytes())?;
            }
            Type::Int16 => {
                let value = i64::from_be_bytes(word(cell)?);
                field(to, &i16::try_from(value).map_err(beyond)?.to_be_bytes())?;
            }
            Type::Floats(_) => field(to, &list(cell, FLOAT8)?)?,
            Type::Ints(_) => field(to, &list(cell, INT8)?)?,
            _ => field(to, cell)?,
        }
    }
    Ok(())
}

/// Numbers of the server's types.
const INT8: u32 = 20;
const FLOAT8: u32 = 701;

/// A list as a server's array of one dimension that begins at 1.
fn list(cell: &[u8], kind: u32) -> Result<Vec<u8>> {
    let count = u32::try_from(words(cell)?.count()).map_err(|_| too_long())?;
    let mut array = Vec::with_capacity(20 + cell.len() / 8 * 12);
    for number in [u32::from(count > 0), 0, kind] {
        array.extend_from_slice(&number.to_be_bytes());
    }
    if count > 0 {
        array.extend_from_slice(&count.to_be_bytes());
        array.extend_from_slice(&1_u32.to_be_bytes());
    }
    for word in words(cell)? {
        array.extend_from_slice(&8_u32.to_be_bytes());
        array.extend_from_slice(&word);
    }
    Ok(array)
}
