//! Values of tables as values of scripts.

use ledama_base::operation::OperationError;
use ledama_tables::summary::Summary;
use ledama_tables::{Array, Complex64, Record, Value};
use rhai::{Array as List, Dynamic, FLOAT, INT, Map};

/// The longest array that becomes a script's array: scripts handle lists of
/// files, not samples.
const MAX_VALUES: usize = 1 << 16;

/// The value, unless it is too long for a script.
pub(super) fn checked(value: &Value) -> Result<Dynamic, OperationError> {
    match value {
        Value::Array(array) if array.len() > MAX_VALUES => Err(super::input(format!(
            "a cell of {} values is too long for a script; ask for `summary` or `digest`",
            array.len()
        ))),
        other => Ok(dynamic(other)),
    }
}

/// A record as a map; arrays longer than a script can use are left out.
pub(super) fn record(record: &Record) -> Map {
    record
        .iter()
        .map(|(name, value)| (name.into(), checked(value).unwrap_or(Dynamic::UNIT)))
        .collect()
}

/// What a column is like, as a map.
pub(super) fn summary(summary: &Summary) -> Map {
    let count = |count: u64| Dynamic::from_int(INT::try_from(count).unwrap_or(INT::MAX));
    let number = |value: Option<f64>| value.map_or(Dynamic::UNIT, Dynamic::from_float);
    Map::from([
        ("values".into(), count(summary.values)),
        ("undefined".into(), count(summary.undefined)),
        ("nan".into(), count(summary.nan)),
        ("min".into(), number(summary.min)),
        ("max".into(), number(summary.max)),
        ("mean".into(), number(summary.mean)),
        ("std".into(), number(summary.std)),
        ("set".into(), summary.set.map_or(Dynamic::UNIT, count)),
    ])
}

fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Float(value) => FLOAT::from(*value).into(),
        Value::Double(value) => (*value).into(),
        Value::Complex(value) => complex(Complex64::new(value.re.into(), value.im.into())),
        Value::DComplex(value) => complex(*value),
        Value::String(text) | Value::Table(text) => text.clone().into(),
        Value::Record(fields) => record(fields).into(),
        Value::Array(array) => nested(array),
        other => other.as_i64().map_or(Dynamic::UNIT, Dynamic::from_int),
    }
}

fn complex(value: Complex64) -> Dynamic {
    Map::from([("re".into(), value.re.into()), ("im".into(), value.im.into())]).into()
}

/// An array of arrays, one level for each axis.
fn nested(array: &Array) -> Dynamic {
    let values: List = match array {
        Array::Bool(values) => values.iter().map(|v| dynamic(&Value::Bool(*v))).collect(),
        Array::UChar(values) => values.iter().map(|v| dynamic(&Value::UChar(*v))).collect(),
        Array::Short(values) => values.iter().map(|v| dynamic(&Value::Short(*v))).collect(),
        Array::UShort(values) => values.iter().map(|v| dynamic(&Value::UShort(*v))).collect(),
        Array::Int(values) => values.iter().map(|v| dynamic(&Value::Int(*v))).collect(),
        Array::UInt(values) => values.iter().map(|v| dynamic(&Value::UInt(*v))).collect(),
        Array::Int64(values) => values.iter().map(|v| dynamic(&Value::Int64(*v))).collect(),
        Array::Float(values) => values.iter().map(|v| dynamic(&Value::Float(*v))).collect(),
        Array::Double(values) => values.iter().map(|v| dynamic(&Value::Double(*v))).collect(),
        Array::Complex(values) => values.iter().map(|v| dynamic(&Value::Complex(*v))).collect(),
        Array::DComplex(values) => values.iter().map(|v| complex(*v)).collect(),
        Array::String(values) => values.iter().map(|v| v.clone().into()).collect(),
    };
    let mut values = values;
    // Gathered from the fastest axis outwards; the slowest is the list itself.
    for axis in array.shape().iter().skip(1).rev() {
        values = values.chunks((*axis).max(1)).map(|part| part.to_vec().into()).collect();
    }
    values.into()
}
